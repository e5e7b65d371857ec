"""None of these: when a classifier should refuse to give one of its names (lesson 07).

Hendrycks and Gimpel (2017), "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
Networks", ICLR.
"""

from dataclasses import dataclass

import numpy as np

from course_utils.errors import DataError

__all__ = ["Rejection", "rejection_curve", "rejection_threshold"]


@dataclass(frozen=True)
class Rejection:
    """What a score rejects at every threshold.

    Attributes
    ----------
    false_rejections, rejections : numpy.ndarray
        Shares of known and of unknown examples that are rejected, both from 0 to 1, shape (points,).
    area : float
        Area under the curve: the probability that an unknown example scores lower than a known one.
    """

    false_rejections: np.ndarray
    rejections: np.ndarray
    area: float

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Return the share of unknown examples that is rejected at each share of false rejections."""
        return np.interp(shares, self.false_rejections, self.rejections)


def _checked_scores(scores, what: str) -> np.ndarray:
    scores = np.asarray(scores, float)
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise DataError(f"The scores of {what} examples have the shape {scores.shape}, or one is no finite number.",
                        "give one number for each example, large for what is known.")
    return scores


def rejection_curve(known: np.ndarray, unknown: np.ndarray) -> Rejection:
    """Return the ROC curve of rejecting what scores low, and its area. Introduced in lesson 07.

    Parameters
    ----------
    known, unknown : numpy.ndarray
        Scores, shape (n,) and (m,), such as the largest probability, or minus the distance to the nearest centroid.

    Returns
    -------
    Rejection

    Raises
    ------
    DataError
        If there are no scores, or one is no number.
    """
    from sklearn.metrics import roc_auc_score, roc_curve

    known, unknown = _checked_scores(known, "known"), _checked_scores(unknown, "unknown")
    is_unknown = np.r_[np.zeros(len(known)), np.ones(len(unknown))]
    strangeness = -np.r_[known, unknown]
    false_rejections, rejections, _ = roc_curve(is_unknown, strangeness)
    return Rejection(false_rejections, rejections, float(roc_auc_score(is_unknown, strangeness)))


def rejection_threshold(validation: np.ndarray, false_rejection: float = 0.05) -> float:
    """Return the score below which this share of known validation examples lies. Introduced in lesson 07.

    No unknown example is needed, and none must be used: those that will come are of other kinds.

    Parameters
    ----------
    validation : numpy.ndarray
        Scores of known examples that trained nothing, shape (n,).
    false_rejection : float
        Share of them that may be rejected, between 0 and 1.

    Raises
    ------
    DataError
        If there are no scores, or the share is not between 0 and 1.
    """
    if not 0 < false_rejection < 1:
        raise DataError(f"The share of false rejections is {false_rejection!r}.", "give a number between 0 and 1, such as 0.05.")
    return float(np.quantile(_checked_scores(validation, "known"), false_rejection))
