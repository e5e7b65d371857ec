"""Accuracies with intervals, and fair comparisons of two classifiers (lesson 02 introduces them).

An accuracy on 400 test images is an estimate: other 400 images would have given another number. Each
function here says how far the number can be trusted.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student
from threadpoolctl import threadpool_limits

from course_utils.errors import DataError

__all__ = [
    "Accuracy", "PairedComparison", "Spread", "accuracy", "checked_weights", "effective_sample_size", "mcnemar",
    "mean_and_spread", "over_seeds", "spread_lines", "wilson_interval",
]


@dataclass(frozen=True)
class Accuracy:
    """A share of right predictions with its Wilson interval.

    Attributes
    ----------
    value : float
        Share of right predictions, 0 to 1.
    low, high : float
        Ends of the interval.
    n : int
        Number of test examples.
    confidence : float
        Confidence level of the interval.
    """

    value: float
    low: float
    high: float
    n: int
    confidence: float = 0.95

    def __str__(self) -> str:
        percent = f"{100 * self.confidence:g} %"
        return f"{self.value:.3f} ({percent} interval {self.low:.3f}–{self.high:.3f}, n = {self.n})"


@dataclass(frozen=True)
class PairedComparison:
    """Two classifiers compared on the same test examples.

    Attributes
    ----------
    difference : float
        Accuracy of A minus accuracy of B.
    low, high : float
        Ends of the interval of the difference.
    only_a, only_b : int
        Examples that A alone, and that B alone, predicts rightly.
    p_value : float
        Exact two-sided McNemar test of "neither is better".
    n : int
        Number of test examples.
    confidence : float
        Confidence level of the interval.
    """

    difference: float
    low: float
    high: float
    only_a: int
    only_b: int
    p_value: float
    n: int
    confidence: float = 0.95

    def __str__(self) -> str:
        p_value = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return (
            f"{_signed(self.difference)} ({100 * self.confidence:g} % interval {_signed(self.low)} to "
            f"{_signed(self.high)}; only A right: {self.only_a}, only B right: {self.only_b}, "
            f"n = {self.n}; exact McNemar {p_value})"
        )


@dataclass(frozen=True)
class Spread:
    """A number that was measured with several seeds.

    Attributes
    ----------
    mean : float
        Mean over the seeds.
    standard_deviation : float or None
        Sample standard deviation (divided by n − 1); None with a single seed, which has no spread.
    n : int
        Number of seeds.
    """

    mean: float
    standard_deviation: float | None
    n: int

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Return Student's interval of the *mean*, which shrinks with more seeds; None with a single seed."""
        _check_confidence(confidence)
        if self.standard_deviation is None:
            return None
        half = student.ppf((1 + confidence) / 2, self.n - 1) * self.standard_deviation / math.sqrt(self.n)
        return self.mean - float(half), self.mean + float(half)

    def __str__(self) -> str:
        if self.standard_deviation is None:
            return f"{self.mean:.3f} (1 seed)"
        return f"{self.mean:.3f} ± {self.standard_deviation:.3f} (standard deviation, {self.n} seeds)"


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the ends of the Wilson score interval of a share.

    It stays inside 0 to 1 and keeps a sensible width for 0 and n successes, where the textbook's
    "± 1.96 standard errors" has width zero.

    Parameters
    ----------
    successes : int
        Number of right predictions.
    n : int
        Number of predictions.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    DataError
        If there are no predictions, or more successes than predictions.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22, 209-212.
    """
    if n != int(n) or n < 1:
        raise DataError(f"An interval needs at least one prediction, and n is {n}.", "check the test split.")
    if successes != int(successes) or not 0 <= successes <= n:
        raise DataError(
            f"{successes} right predictions of {n} is not possible.",
            f"give a whole number from 0 to {n}; a share must be multiplied by n first.",
        )
    _check_confidence(confidence)
    low, high = binomtest(int(successes), int(n)).proportion_ci(confidence, method="wilson")
    return float(low), float(high)


def accuracy(labels: Sequence, predictions: Sequence, confidence: float = 0.95) -> Accuracy:
    """Return the share of right predictions with its Wilson interval.

    Parameters
    ----------
    labels, predictions : sequence of int or str, shape (n,)
        True and predicted class of each example; any number of classes.
    confidence : float
        Confidence level of the interval.

    Raises
    ------
    DataError
        If the two do not fit together, are empty, or hold probabilities instead of classes.

    Examples
    --------
    >>> print(accuracy([0, 1, 1, 0], [0, 1, 0, 0]))
    0.750 (95 % interval 0.301–0.954, n = 4)
    """
    right = _right(labels, predictions, "predictions")
    low, high = wilson_interval(right.sum(), right.size, confidence)
    return Accuracy(float(right.mean()), low, high, right.size, confidence)


def mcnemar(
    labels: Sequence, predictions_a: Sequence, predictions_b: Sequence, confidence: float = 0.95
) -> PairedComparison:
    """Compare two classifiers on the same test examples.

    Only the examples on which the two disagree tell which is better. If neither is, each such example
    is a fair coin: the p-value is the exact binomial one. The interval of the difference is Newcombe's
    method 10, which combines the two Wilson intervals and the correlation of the two classifiers.

    Parameters
    ----------
    labels, predictions_a, predictions_b : sequence of int or str, shape (n,)
        True classes, and the classes that A and B predict, in the same order.
    confidence : float
        Confidence level of the interval.

    Returns
    -------
    PairedComparison
        The difference is the accuracy of A minus that of B: above 0 where A is better.

    Raises
    ------
    DataError
        If the three do not fit together, are empty, or hold probabilities instead of classes.

    References
    ----------
    McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions or
    percentages. Psychometrika 12, 153-157.
    Newcombe, R. G. (1998). Improved confidence intervals for the difference between binomial proportions
    based on paired data. Statistics in Medicine 17, 2635-2650.
    """
    right_a = _right(labels, predictions_a, "predictions_a")
    right_b = _right(labels, predictions_b, "predictions_b")
    both, neither = int((right_a & right_b).sum()), int((~right_a & ~right_b).sum())
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    disagree = only_a + only_b
    p_value = float(binomtest(only_a, disagree, 0.5).pvalue) if disagree else 1.0
    difference, low, high = _newcombe_interval(both, only_a, only_b, neither, confidence)
    return PairedComparison(difference, low, high, only_a, only_b, p_value, right_a.size, confidence)


def mean_and_spread(values: Sequence[float]) -> Spread:
    """Return mean and sample standard deviation of a number measured with several seeds.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One value for each seed.

    Raises
    ------
    DataError
        If there is no value, or one is not a finite number.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise DataError(
            f"A mean over seeds needs a list of one number or more, and this has shape {array.shape}.",
            "collect one value for each seed in a list.",
        )
    if not np.isfinite(array).all():
        raise DataError(
            "One of the values is not a finite number.",
            "find the seed that failed, and leave none out in silence.",
        )
    return Spread(float(array.mean()), float(array.std(ddof=1)) if array.size > 1 else None, array.size)


def over_seeds(experiment: Callable[[int], Sequence[float]], seeds: Sequence[int]) -> np.ndarray:
    """Run an experiment once for each seed and collect its numbers. Introduced in lesson 01.

    Parameters
    ----------
    experiment : callable
        Takes a seed and returns one number, or k of them in a fixed order.
    seeds : sequence of int
        One run for each.

    Returns
    -------
    numpy.ndarray
        float64, shape (len(seeds), k).

    Raises
    ------
    DataError
        If there are no seeds, or the runs return different numbers of numbers.
    """
    # On small matrices two threads wait for each other longer than they compute, most of all on a busy computer.
    with threadpool_limits(1):
        rows = [np.atleast_1d(np.asarray(experiment(int(seed)), dtype=float)) for seed in seeds]
    if not rows or len({row.shape for row in rows}) > 1:
        raise DataError(f"The experiment returned rows of the shapes {sorted({row.shape for row in rows})}.",
                        "give at least one seed, and return the same numbers in every run.")
    return np.stack(rows)


def spread_lines(names: Sequence[str], table: np.ndarray) -> str:
    """Return one line for each column of a table of runs: its name, mean and standard deviation. Introduced in lesson 01.

    Parameters
    ----------
    names : sequence of str, length k
        Names of the columns.
    table : array (runs, k)
        What :func:`over_seeds` returned.

    Raises
    ------
    DataError
        If the names are not as many as the columns.
    """
    columns = np.atleast_2d(table).T
    if len(names) != len(columns):
        raise DataError(f"There are {len(names)} names for {len(columns)} columns.", "name each column.")
    width = max(map(len, names))
    return "\n".join(f"{name:{width}}  {mean_and_spread(column)}" for name, column in zip(names, columns))


def effective_sample_size(weights: np.ndarray) -> float:
    """Return the number of equally weighted points that are worth as much: (Σw)² / Σw². Introduced in lesson 01.

    n for equal weights, 1 if a single point carries all. Kish (1965), "Survey Sampling", Wiley.

    Parameters
    ----------
    weights : array (n,)
        Weights from 0 up, not all of them 0.

    Raises
    ------
    DataError
        If there are no weights, one is negative or no number, or all are 0.
    """
    weights = checked_weights(weights)
    weights = weights / weights.max()  # squares of tiny or huge weights would leave the range of floats
    return float(weights.sum() ** 2 / (weights**2).sum())


def checked_weights(weights: np.ndarray) -> np.ndarray:
    """Return weights as float64 (n,), all finite, none negative, not all 0.

    Raises
    ------
    DataError
        Otherwise.
    """
    try:
        weights = np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise DataError("A weight is no number.", "check the ratio that it comes from.") from None
    if weights.ndim != 1 or weights.size == 0:
        raise DataError(f"The weights have the shape {weights.shape}.", "give one weight for each example.")
    if not (np.isfinite(weights).all() and weights.min() >= 0):
        raise DataError("A weight is negative or no finite number.", "check the ratio that it comes from.")
    if weights.max() == 0:
        raise DataError("All weights are 0.", "source and target do not overlap; weights cannot help.")
    return weights


def _newcombe_interval(
    both: int, only_first: int, only_second: int, neither: int, confidence: float
) -> tuple[float, float, float]:
    """Difference first − second of two paired shares with the ends of Newcombe's method 10."""
    n = both + only_first + only_second + neither
    first, second = both + only_first, both + only_second
    difference = (first - second) / n
    low_1, high_1 = wilson_interval(first, n, confidence)
    low_2, high_2 = wilson_interval(second, n, confidence)
    margins = first * (n - first) * second * (n - second)
    covariance = both * neither - only_first * only_second
    if covariance > 0:  # Newcombe's continuity correction, for a positive correlation only
        covariance = max(covariance - n / 2, 0)
    phi = covariance / math.sqrt(margins) if margins else 0.0
    below_1, above_1 = first / n - low_1, high_1 - first / n
    below_2, above_2 = second / n - low_2, high_2 - second / n
    # The radicand cannot be negative for |phi| <= 1; max() only guards against rounding.
    low = difference - math.sqrt(max(below_1**2 - 2 * phi * below_1 * above_2 + above_2**2, 0.0))
    high = difference + math.sqrt(max(above_1**2 - 2 * phi * above_1 * below_2 + below_2**2, 0.0))
    return difference, low, high


def _right(labels: Sequence, predictions: Sequence, name: str) -> np.ndarray:
    """Whether each prediction is right, after all checks; bool, shape (n,)."""
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    for array, what in ((labels, "labels"), (predictions, name)):
        if array.ndim != 1:
            raise DataError(
                f"{what} has shape {array.shape}, but one class for each example is needed, shape (n,).",
                "turn probabilities into classes first: (p > 0.5).astype(int).ravel(), or p.argmax(axis=1).",
            )
        fractions = array[array != np.round(array)] if array.dtype.kind == "f" else array[:0]
        if fractions.size:
            raise DataError(
                f"{what} holds numbers that are no classes, such as {fractions[0]:.3g}.",
                "turn probabilities into classes first, for instance with (p > 0.5).astype(int).",
            )
    if labels.size != predictions.size:
        raise DataError(
            f"There are {labels.size} labels but {predictions.size} {name}.",
            "predict the whole test split, once, in its own order.",
        )
    if labels.size == 0:
        raise DataError("There are no labels.", "check that the test split is not empty.")
    if (labels.dtype.kind in "US") != (predictions.dtype.kind in "US"):
        raise DataError(
            f"labels and {name} are of different kinds: {labels[0]!r} and {predictions[0]!r}.",
            "use class names in both, or class numbers in both.",
        )
    return labels == predictions


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise DataError(f"confidence is {confidence}, not between 0 and 1.", "use 0.95 for 95 %.")


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("-", "−")
