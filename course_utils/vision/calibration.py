"""Does a confidence of 0.8 mean right in 8 of 10 cases? Measuring it, and repairing it with one number (lesson 07).

Guo, Pleiss, Sun and Weinberger (2017), "On Calibration of Modern Neural Networks", ICML.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from course_utils.data._checks import are_probabilities, checked_whole
from course_utils.errors import DataError

__all__ = ["Reliability", "fit_temperature", "reliability", "tempered"]

TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class Reliability:
    """How often predictions of about the same confidence are right.

    Attributes
    ----------
    edges : numpy.ndarray
        Ends of the bins of confidence, shape (bins + 1,), from 0 to 1.
    counts : numpy.ndarray
        int64, shape (bins,): predictions in each bin.
    confidence, accuracy : numpy.ndarray
        Their mean confidence and the share that is right, shape (bins,); NaN in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: mean gap between confidence and accuracy, each bin by its count."""
        filled = self.counts > 0
        gaps = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float(gaps @ self.counts[filled] / self.counts.sum())


def _checked_labels(labels, shape: tuple) -> np.ndarray:
    labels = np.asarray(labels)
    if len(shape) != 2 or 0 in shape or labels.shape != shape[:1]:
        raise DataError(f"Numbers of shape {shape} and labels of shape {labels.shape} do not fit together.",
                        "give one row for each example with a number for each class, and one label.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= shape[1]:
        raise DataError(f"The labels do not point into {shape[1]} classes.", f"give whole numbers from 0 to {shape[1] - 1}.")
    return labels


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> Reliability:
    """Sort predictions into bins of confidence and count how many are right. Introduced in lesson 07.

    The confidence of a prediction is its largest probability. The error that is measured so depends on the bins, and on
    few examples it is above 0 for a perfect model as well.

    Parameters
    ----------
    probabilities : numpy.ndarray
        Shape (n, classes); each row adds up to 1.
    labels : numpy.ndarray
        True classes, shape (n,).
    bins : int
        Number of bins of equal width.

    Returns
    -------
    Reliability

    Raises
    ------
    DataError
        If the shapes do not fit, or the rows are no probabilities.
    """
    checked_whole(bins, "bins")
    probabilities = np.asarray(probabilities, float)
    labels = _checked_labels(labels, probabilities.shape)
    if not are_probabilities(probabilities):
        raise DataError("The rows are no probabilities: they do not add up to 1.", "put a softmax on scores first.")
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(bin_of, values, bins) / counts for values in (confidence, right)]
    return Reliability(np.linspace(0, 1, bins + 1), counts, *means)


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature T for which softmax(scores / T) gives these labels the highest likelihood.

    Introduced in lesson 07. Fit it on validation examples: on training examples a network is nearly always right. T > 1
    makes a network less sure, T < 1 surer; which class is the most probable never changes.

    Parameters
    ----------
    scores : numpy.ndarray
        Logits, or logarithms of probabilities, shape (n, classes).
    labels : numpy.ndarray
        True classes, shape (n,).

    Returns
    -------
    float
        From 0.05 to 20.

    Raises
    ------
    DataError
        If the shapes do not fit, or a score is no finite number.
    """
    from scipy.optimize import minimize_scalar

    scores = np.asarray(scores, float)
    labels = _checked_labels(labels, scores.shape)
    if not np.isfinite(scores).all():
        raise DataError("A score is no finite number.", "give logits; of probabilities that may be 0, add a tiny number first.")

    def loss(logarithm):
        return -log_softmax(scores / np.exp(logarithm), axis=1)[np.arange(len(labels)), labels].mean()

    return float(np.exp(minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded").x))


def tempered(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(scores / temperature), shape (n, classes). Introduced in lesson 07.

    Raises
    ------
    DataError
        If the temperature is not above 0.
    """
    if not temperature > 0:
        raise DataError(f"The temperature is {temperature!r}.", "give a number above 0; 1 changes nothing.")
    return softmax(np.asarray(scores, float) / temperature, axis=1)
