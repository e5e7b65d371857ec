"""The target's class shares, estimated from predictions alone (lesson 01).

Under prior-probability shift P(x|y) stays and P(y) moves. Then a source model's outputs on unlabelled target data
tell the new shares, and the shares correct the outputs. Both estimators work on arrays of class probabilities, from
any model::

    em = SaerensEM().fit(model.predict_proba(source_X), source_y)
    em.estimate(model.predict_proba(target_X))        # array of shares
    em.adjust(model.predict_proba(target_X))          # corrected probabilities

If P(x|y) moves as well, the same formulas make things worse: nothing in the outputs warns you.
"""

import numpy as np
from sklearn.base import BaseEstimator

from course_utils.data._checks import checked_probabilities
from course_utils.errors import DataError

__all__ = ["BlackBoxShift", "SaerensEM", "adjust_probabilities", "classify_and_count"]

SMALLEST = 1e-6  # a forest that says "impossible" must not stop the iteration for ever
WORST_CONDITION = 1e4


def classify_and_count(probabilities: np.ndarray) -> np.ndarray:
    """Return the share of each predicted class, shape (k,): what one would count. Introduced in lesson 01.

    Biased wherever the model errs, for it leans towards the source's shares. Forman (2008), "Quantifying counts and costs via
    classification", Data Mining and Knowledge Discovery 17.

    Parameters
    ----------
    probabilities : array (n, k)
        Class probabilities of unlabelled examples.

    Raises
    ------
    DataError
        If they are no probabilities.
    """
    probabilities = checked_probabilities(probabilities, "probabilities")
    return np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1]) / len(probabilities)


def adjust_probabilities(probabilities: np.ndarray, source_prior: np.ndarray, target_prior: np.ndarray) -> np.ndarray:
    """Return the probabilities that the same model would give under other class shares. Introduced in lesson 01.

    ``P_t(y|x) ∝ P_s(y|x) · P_t(y) / P_s(y)``, by Bayes' rule with an equal P(x|y). Saerens, Latinne and Decaestecker
    (2002), "Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14.

    Parameters
    ----------
    probabilities : array (n, k)
        P_s(y|x).
    source_prior, target_prior : array (k,)
        Class shares; those of the source all above 0.

    Returns
    -------
    array (n, k)

    Raises
    ------
    DataError
        If the shapes do not fit, or shares do not sum to 1.
    """
    probabilities = checked_probabilities(probabilities, "probabilities")
    source_prior = _checked_prior(source_prior, "source", probabilities.shape[1])
    target_prior = _checked_prior(target_prior, "target", probabilities.shape[1])
    if source_prior.min() == 0:
        raise DataError(f"Class {source_prior.argmin()} does not occur in the source.",
                        "no correction can bring back a class that the model never saw; label some target data.")
    joint = np.maximum(probabilities, SMALLEST) * target_prior / source_prior
    return joint / joint.sum(axis=1, keepdims=True)


class _PriorEstimator(BaseEstimator):
    """What both estimators share: the source's shares, and the correction with the estimated ones."""

    def fit(self, probabilities, labels):
        """Learn the source from class probabilities (n, k) and labels 0 … k−1, shape (n,).

        `SaerensEM` takes only the class shares from them. `BlackBoxShift` takes the confusion matrix, and needs *held-out*
        data for it: a validation split, or ``cross_val_predict(model, X, y, method="predict_proba")`` of scikit-learn.
        """
        probabilities = checked_probabilities(probabilities, "source probabilities")
        labels = np.asarray(labels)
        classes = probabilities.shape[1]
        if labels.shape != (len(probabilities),):
            raise DataError(f"There are {len(probabilities)} source probabilities and labels of shape {labels.shape}.",
                            "give one label for each row.")
        if labels.dtype.kind not in "iub" or labels.min() < 0 or labels.max() >= classes:
            raise DataError(f"The labels must be whole numbers from 0 to {classes - 1}, the columns of the probabilities.",
                            "use np.searchsorted(model.classes_, labels) to number them.")
        counts = np.bincount(labels.astype(int), minlength=classes)
        if counts.min() == 0:
            raise DataError(f"Class {counts.argmin()} has no example in the source.",
                            "hold out data of every class; stratify the split.")
        self.source_prior_ = counts / counts.sum()
        self._fit(probabilities, labels.astype(int))
        return self

    def adjust(self, probabilities) -> np.ndarray:
        """Estimate the target's shares from its unlabelled probabilities (n, k), and return these corrected."""
        shares = self.estimate(probabilities)  # first: it says so if fit was forgotten
        return adjust_probabilities(probabilities, self.source_prior_, shares)

    def _checked(self, probabilities):
        if not hasattr(self, "source_prior_"):
            raise DataError("The estimator does not know the source yet.", "call fit(probabilities, labels) first.")
        return checked_probabilities(probabilities, "target probabilities", len(self.source_prior_))


class SaerensEM(_PriorEstimator):
    """Shares and corrected outputs in turn, until both agree: maximum likelihood by EM. Introduced in lesson 01.

    Needs probabilities that mean what they say: calibrate first. Saerens, Latinne and Decaestecker (2002), Neural
    Computation 14; with calibration Alexandari, Kundaje and Shrikumar (2020), "Maximum likelihood with bias-corrected
    calibration is hard-to-beat at label shift adaptation", ICML.

    Parameters
    ----------
    iterations : int
        At most so many.
    tolerance : float
        Stop when no share moves by more.

    Attributes
    ----------
    path_ : numpy.ndarray
        The shares after each iteration of the last `estimate`, shape (iterations + 1, k), the source's first.
    """

    def __init__(self, iterations: int = 500, tolerance: float = 1e-6):
        self.iterations, self.tolerance = iterations, tolerance

    def _fit(self, probabilities, labels):
        pass

    def estimate(self, probabilities) -> np.ndarray:
        """Return the estimated shares of the target, shape (k,), from its probabilities (n, k)."""
        probabilities = self._checked(probabilities)
        path = [self.source_prior_]
        for _ in range(self.iterations):
            path.append(adjust_probabilities(probabilities, self.source_prior_, path[-1]).mean(axis=0))
            if np.abs(path[-1] - path[-2]).max() < self.tolerance:
                break
        self.path_ = np.array(path)
        return path[-1]


class BlackBoxShift(_PriorEstimator):
    """Solve "confusion matrix × ratio of shares = predicted shares": BBSE. Introduced in lesson 01.

    The model may be as wrong as it likes, as long as its confusion matrix can be inverted. Lipton, Wang and Smola (2018),
    "Detecting and correcting for label shift with black box predictors", ICML.

    Parameters
    ----------
    soft : bool
        Use the probabilities instead of the predicted classes: less noise where they are good.

    Attributes
    ----------
    confusion_ : numpy.ndarray
        Joint P_s(predicted, true), shape (k, k).
    condition_ : float
        Its condition number: by so much may an error of the predicted shares grow.
    """

    def __init__(self, soft: bool = False):
        self.soft = soft

    def _votes(self, probabilities):
        return probabilities if self.soft else np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]

    def _fit(self, probabilities, labels):
        self.confusion_ = self._votes(probabilities).T @ np.eye(probabilities.shape[1])[labels] / len(labels)
        # Of P(predicted | true): the rare class alone would make the joint matrix look bad.
        self.condition_ = float(np.linalg.cond(self.confusion_ / self.source_prior_))
        if not self.condition_ < WORST_CONDITION:
            raise DataError("The confusion matrix cannot be inverted: to the model two classes look the same.",
                            "use a better model, merge the two classes, or try soft=True.")

    def estimate(self, probabilities) -> np.ndarray:
        """Return the estimated shares of the target, shape (k,), from its probabilities (n, k)."""
        predicted = self._votes(self._checked(probabilities)).mean(axis=0)
        shares = np.maximum(np.linalg.solve(self.confusion_, predicted), 0) * self.source_prior_
        return shares / shares.sum()


def _checked_prior(prior, name: str, classes: int) -> np.ndarray:
    try:
        prior = np.asarray(prior, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"The {name}'s shares hold something that is no number.", "give one share for each class.") from None
    if prior.shape != (classes,):
        raise DataError(f"The {name}'s shares have the shape {prior.shape}, and there are {classes} classes.",
                        "give one share for each class.")
    if not (np.isfinite(prior).all() and prior.min() >= 0 and abs(prior.sum() - 1) < 1e-6):
        raise DataError(f"The {name}'s shares {prior} do not sum to 1.", "divide the counts by their sum.")
    return prior
