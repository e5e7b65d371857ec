"""Has anything changed? Tests of two samples, and a watch on a stream (lesson 01).

Each test asks whether source and target could come from one distribution and returns a :class:`ShiftTest`. What is
detected need not be harmful, and what is harmful need not be detected: a test on X cannot see P(y|x). Rabanser,
Günnemann and Lipton (2019), "Failing loudly", NeurIPS, compare such tests.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import binomtest, ks_2samp
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_utils.data._checks import checked_pair, checked_probabilities
from course_utils.errors import DataError
from course_utils.metrics import over_seeds
from course_utils.shift.weighting import median_distance

__all__ = [
    "STRATEGIES", "DriftDetector", "ShiftTest", "alarm_rates", "black_box_shift_test", "classifier_two_sample_test",
    "follow_stream", "kolmogorov_smirnov_test", "mean_discrepancy_test",
]

STRATEGIES = ("never", "history", "window", "detector")


@dataclass(frozen=True)
class ShiftTest:
    """The outcome of a test of "source and target are the same".

    Attributes
    ----------
    name : str
        Which test.
    statistic : float
        Its statistic, the larger the more different.
    p_value : float
        Probability of so large a statistic if nothing had changed.
    """

    name: str
    statistic: float
    p_value: float

    def detected(self, alpha: float = 0.05) -> bool:
        """Tell whether the test sounds an alarm at level `alpha`."""
        return self.p_value <= alpha

    def __str__(self) -> str:
        p_value = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return f"{self.name}: statistic {self.statistic:.3f}, {p_value}"


def kolmogorov_smirnov_test(source, target) -> ShiftTest:
    """Compare each column alone, and correct for having looked at many (Bonferroni). Introduced in lesson 01.

    Parameters
    ----------
    source, target : array (n, d) and (m, d)
        Two samples.

    Returns
    -------
    ShiftTest
        The statistic is the largest difference of two distribution functions.

    Raises
    ------
    DataError
        If a sample is empty, holds NaN, or the widths differ.
    """
    source, target = checked_pair(source, target)
    # The smallest p-value belongs to the largest difference, since all columns have the same numbers of rows.
    column = max(range(source.shape[1]), key=lambda number: _largest_difference(source[:, number], target[:, number]))
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # "exact" gives way where ties are many
        test = ks_2samp(source[:, column], target[:, column])
    return ShiftTest("Kolmogorov-Smirnov", float(test.statistic), float(min(1.0, test.pvalue * source.shape[1])))


def _largest_difference(source: np.ndarray, target: np.ndarray) -> float:
    """Return the largest difference of the two samples' distribution functions."""
    points = np.concatenate([source, target])
    return np.abs(np.searchsorted(np.sort(source), points, "right") / len(source)
                  - np.searchsorted(np.sort(target), points, "right") / len(target)).max()


def mean_discrepancy_test(source, target, *, permutations: int = 200, width: float | None = None,
                          seed: int = 0) -> ShiftTest:
    """Compare kernel means (MMD), with a p-value from permutations. Introduced in lesson 01.

    Gretton, Borgwardt, Rasch, Schölkopf and Smola (2012), "A kernel two-sample test", Journal of Machine Learning
    Research 13.

    Parameters
    ----------
    source, target : array (n, d) and (m, d)
        Two samples.
    permutations : int
        Random relabellings; the smallest possible p-value is 1 / (permutations + 1).
    width : float, optional
        Of the Gaussian kernel, above 0; by default the median distance in both samples together.
    seed : int
        Of the relabellings.

    Returns
    -------
    ShiftTest
        The statistic is the squared discrepancy.

    Raises
    ------
    DataError
        As `kolmogorov_smirnov_test`, or without permutations.
    """
    source, target = checked_pair(source, target)
    if permutations < 1:
        raise DataError(f"{permutations} permutations give no p-value.", "use 200.")
    both = np.concatenate([source, target])
    width = median_distance(both, seed) if width is None else width
    if not width > 0:
        raise DataError(f"A kernel cannot have the width {width}.", "leave width out.")
    kernel = np.exp(-cdist(both, both, "sqeuclidean") / (2 * width**2))
    # A sign that is 1/n on the source and -1/m on the target: sᵀKs is the squared distance of the two means.
    signs = np.repeat([1 / len(source), -1 / len(target)], [len(source), len(target)])
    generator = np.random.default_rng(seed)
    shuffled = np.column_stack([signs, *(generator.permutation(signs) for _ in range(permutations))])
    observed, *others = ((kernel @ shuffled) * shuffled).sum(axis=0)
    as_large = 1 + sum(other >= observed - 1e-12 for other in others)
    return ShiftTest("Kernel mean discrepancy", float(observed), as_large / (permutations + 1))


def classifier_two_sample_test(source, target, *, classifier=None, seed: int = 0) -> ShiftTest:
    """Train a classifier to tell source from target; if it beats a coin on held-out points, they differ. Introduced in lesson 01.

    Lopez-Paz and Oquab (2017), "Revisiting classifier two-sample tests", ICLR. The larger sample is cut to the size of
    the smaller, so that a coin is right half of the time; one half of the points trains, the other half tests. (With
    cross-validation every point would test, but the folds share training data and the binomial test is too sure of
    itself: 10 % false alarms instead of 5 %, measured on normal samples of 100 points.)

    Parameters
    ----------
    source, target : array (n, d) and (m, d)
        Two samples of at least 4 points.
    classifier : scikit-learn classifier, optional
        By default logistic regression on standardised columns. It sees only what it can: a linear one sees means.
    seed : int
        Of the halves.

    Returns
    -------
    ShiftTest
        The statistic is the held-out accuracy.

    Raises
    ------
    DataError
        As `kolmogorov_smirnov_test`.
    """
    source, target = checked_pair(source, target, rows=4)
    generator = np.random.default_rng(seed)
    half = min(len(source), len(target)) // 2
    source, target = (generator.choice(sample, 2 * half, replace=False) for sample in (source, target))
    origin = np.repeat([0, 1], half)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)) if classifier is None else clone(classifier)
    model.fit(np.concatenate([source[:half], target[:half]]), origin)
    right = int((model.predict(np.concatenate([source[half:], target[half:]])) == origin).sum())
    return ShiftTest("Classifier", right / (2 * half),
                     float(binomtest(right, 2 * half, 0.5, alternative="greater").pvalue))


def black_box_shift_test(source_probabilities, target_probabilities) -> ShiftTest:
    """Compare a model's outputs instead of its inputs: one test for each class. Introduced in lesson 01.

    The model has thrown away what does not matter to it. Lipton, Wang and Smola (2018), ICML; the best single test in
    Rabanser et al. (2019).

    Parameters
    ----------
    source_probabilities, target_probabilities : array (n, k) and (m, k)
        Class probabilities on *held-out* source data, and on target data.

    Raises
    ------
    DataError
        If they are no probabilities, or of different classes.
    """
    source = checked_probabilities(source_probabilities, "source probabilities")
    target = checked_probabilities(target_probabilities, "target probabilities", source.shape[1])
    if source.shape[1] == 2:  # the second column says the same again, and Bonferroni would pay for it twice
        source, target = source[:, :1], target[:, :1]
    test = kolmogorov_smirnov_test(source, target)
    return ShiftTest("Model's outputs", test.statistic, test.p_value)


def alarm_rates(tests: Mapping[str, Callable], before, after, *, n: int, repeats: int, keep=None, alpha: float = 0.05,
                seed: int = 0) -> np.ndarray:
    """Return how often each test sounds the alarm on n examples before and n *other* ones after a change.

    Introduced in lesson 01. Where nothing changed that is the false-alarm rate, elsewhere the power.

    Parameters
    ----------
    tests : dict of str to callable
        Each takes two samples and returns a :class:`ShiftTest`.
    before, after : array (m, d)
        The same examples before and after the change, row by row.
    n : int
        Size of each sample.
    repeats : int
        Number of random draws.
    keep : bool array (m,), optional
        Examples that still occur after the change; by default all.
    alpha : float
        Level of the tests.
    seed : int
        Of the draws.

    Returns
    -------
    numpy.ndarray
        float64, shape (len(tests),): shares from 0 to 1.

    Raises
    ------
    DataError
        If the rows do not fit, or there are too few for two samples without a common example.
    """
    before, after = checked_pair(before, after)
    if min(n, repeats) < 1:
        raise DataError(f"{repeats} draws of {n} examples give no share of alarms.", "use n=200, repeats=40.")
    keep = np.ones(len(before), bool) if keep is None else np.asarray(keep, bool)
    if len(after) != len(before) or keep.shape != (len(before),):
        raise DataError(f"There are {len(before)} examples before and {len(after)} after the change, and keep has the "
                        f"shape {keep.shape}.", "give the same examples, row by row.")

    def one_draw(number):
        rows = np.random.default_rng([seed, number]).permutation(len(before))
        later = rows[n:][keep[rows[n:]]][:n]
        if len(later) < n:
            raise DataError(f"{len(before)} examples do not give two samples of {n}.", "use a smaller n.")
        return [test(before[rows[:n]], after[later]).detected(alpha) for test in tests.values()]

    return over_seeds(one_draw, range(repeats)).mean(axis=0)


class DriftDetector:
    """Watch a model's errors, one after the other, and say when they have grown: DDM. Introduced in lesson 01.

    It remembers when the error rate p plus its standard deviation s was smallest, warns at p + 2s and sounds the alarm
    at p + 3s of that moment. It needs labels: it watches mistakes, not inputs. Gama, Medas, Castillo and Rodrigues
    (2004), "Learning with drift detection", SBIA. Other than there, the rate is (errors + 1) / (n + 2): a good model
    makes no mistake in its first examples, s would be 0, and the first mistake would sound the alarm.

    Parameters
    ----------
    warning, drift : float
        Numbers of standard deviations.
    start : int
        No alarm before so many examples. The paper has 30; then a third of all quiet streams of 1,500 examples had a
        false alarm, with 100 a fifth (measured at 5 % errors).

    Attributes
    ----------
    state : str
        ``"stable"``, ``"warning"`` or ``"drift"``, after the last update.
    """

    def __init__(self, warning: float = 2.0, drift: float = 3.0, start: int = 100):
        if not 0 < warning < drift:
            raise DataError(f"The detector warns at {warning} and sounds the alarm at {drift} standard deviations.",
                            "give warning < drift, for instance 2 and 3.")
        self.warning, self.drift, self.start = warning, drift, start
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the model was trained again."""
        self.n, self.errors, self.state = 0, 0, "stable"
        self._least, self._least_rate, self._least_deviation = np.inf, 0.0, 0.0

    def update(self, is_error: bool) -> str:
        """Tell the detector whether the model was wrong; return the new state."""
        self.n, self.errors = self.n + 1, self.errors + bool(is_error)
        rate = (self.errors + 1) / (self.n + 2)
        deviation = np.sqrt(rate * (1 - rate) / self.n)
        if self.n < self.start:
            return self.state
        if rate + deviation <= self._least:
            self._least, self._least_rate, self._least_deviation = rate + deviation, rate, deviation
        excess = rate + deviation - self._least_rate
        self.state = ("drift" if excess > self.drift * self._least_deviation else
                      "warning" if excess > self.warning * self._least_deviation else "stable")
        return self.state


def follow_stream(stream, strategy: str, *, model=None, start: int = 200, block: int = 50, window: int = 200):
    """Predict a stream block by block and train again as the strategy says. Introduced in lesson 01.

    A block is predicted first; then its labels arrive. ``"never"`` keeps the model of the first `start` examples,
    ``"history"`` trains on all so far after each block, ``"window"`` on the last `window`. ``"detector"`` keeps its model until
    :class:`DriftDetector` sounds an alarm; then it trains after each block on all since the alarm's block, until
    it has twice the window.

    Parameters
    ----------
    stream : object with X (n, d) and y (n,)
        Such as :class:`course_utils.data.shifted.Stream`.
    strategy : {"never", "history", "window", "detector"}
        When to train again, and on what.
    model : scikit-learn classifier, optional
        By default logistic regression.
    start, block, window : int
        Numbers of examples.

    Returns
    -------
    right : numpy.ndarray
        float64, shape (n,): 1 where the prediction was right, 0 where wrong, NaN for the first `start` examples.
    alarms : list of int
        First example of each block in which the detector sounded the alarm.

    Raises
    ------
    DataError
        If the strategy is unknown, the stream is not longer than `start` or begins with one class only, or a block is
        larger than the window.
    """
    if strategy not in STRATEGIES:
        raise DataError(f"{strategy!r} is no strategy.", f"choose from {', '.join(STRATEGIES)}.")
    X, y = np.asarray(stream.X), np.asarray(stream.y)
    if not 0 < start < len(y) or not 1 <= block <= window:
        raise DataError(f"A stream of {len(y)} examples cannot start at {start} with blocks of {block} and a window of "
                        f"{window}.", "use a longer stream or a smaller start, and a window of a block or more.")
    if len(np.unique(y[:start])) < 2:
        raise DataError(f"The first {start} examples are all of class {y[0]}.", "use a larger start.")
    model = LogisticRegression() if model is None else clone(model)
    model.fit(X[:start], y[:start])
    right, detector, alarms = np.full(len(y), np.nan), DriftDetector(), []
    for begin in range(start, len(y), block):
        end = min(begin + block, len(y))
        right[begin:end] = model.predict(X[begin:end]) == y[begin:end]
        if strategy == "detector" and "drift" in [detector.update(not one) for one in right[begin:end]]:
            alarms.append(begin)
            detector.reset()
        since = {"never": None, "history": 0, "window": max(0, end - window),
                 "detector": alarms[-1] if alarms and end - alarms[-1] <= 2 * window else None}[strategy]
        if since is not None and len(np.unique(y[since:end])) > 1:
            model.fit(X[since:end], y[since:end])
    return right, alarms
