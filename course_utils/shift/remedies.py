"""What one can do about a shift, each remedy with the same interface, so that they can be compared (lesson 01).

A remedy takes a model, the data and a number of labelled target examples, and returns a function from points (n, d) to class
probabilities (n, k)::

    probabilities = REMEDIES["weights"](model, data, 40)
    answers = probabilities(data.target_X).argmax(axis=1)

The data are anything with ``source_X``, ``source_y``, ``target_X`` and ``target_y``, such as
:class:`course_utils.data.shifted.ShiftedData`.
"""

from collections.abc import Callable, Mapping

import numpy as np
from sklearn.base import clone

from course_utils.errors import DataError
from course_utils.shift.priors import SaerensEM, adjust_probabilities
from course_utils.shift.weighting import LogisticRatio, fit_weighted

__all__ = ["REMEDIES", "compare"]


def _nothing(model, data, labelled: int) -> Callable:
    return clone(model).fit(data.source_X, data.source_y).predict_proba


def _weights(model, data, labelled: int) -> Callable:
    ratio = LogisticRatio().fit(data.source_X, data.target_X)
    return fit_weighted(clone(model), data.source_X, data.source_y, ratio.weights_).predict_proba


def _prior_em(model, data, labelled: int) -> Callable:
    source_model = clone(model).fit(data.source_X, data.source_y)
    em = SaerensEM().fit(source_model.predict_proba(data.source_X), data.source_y)
    shares = em.estimate(source_model.predict_proba(data.target_X))
    return lambda X: adjust_probabilities(source_model.predict_proba(X), em.source_prior_, shares)


def _target_labels(model, data, labelled: int) -> Callable:
    X, y = data.target_X[:labelled], data.target_y[:labelled]
    if len(np.unique(y)) < len(np.unique(data.source_y)):
        raise DataError(f"The first {labelled} target examples do not hold every class.", "label more of them.")
    return clone(model).fit(X, y).predict_proba


#: Name of a remedy → function of (model, data, number of labelled target examples).
REMEDIES: Mapping[str, Callable] = {
    "nothing": _nothing, "weights": _weights, "prior EM": _prior_em, "target labels": _target_labels,
}


def compare(model, data, labelled: int = 40) -> dict[str, float]:
    """Return the target accuracy of each remedy, all on the same target examples. Introduced in lesson 01.

    The first `labelled` target examples are training data of the remedy "target labels", which uses nothing else; they
    test nobody. Weights come from :class:`LogisticRatio`, of degree 2.

    Parameters
    ----------
    model : scikit-learn classifier or pipeline
        It is cloned, never changed. Labels must be 0 … k−1.
    data : object with source_X, source_y, target_X, target_y
        A source and a target.
    labelled : int
        Number of labelled target examples.

    Returns
    -------
    dict of str to float
        In the order of `REMEDIES`.

    Raises
    ------
    DataError
        If nothing of the target is left to test on, its labelled part lacks a class, or the model has no
        probabilities or takes no weights.
    """
    if not hasattr(model, "predict_proba"):
        raise DataError(f"{type(model).__name__} gives no probabilities, and EM corrects nothing else.",
                        "use a model with predict_proba, or wrap it in CalibratedClassifierCV.")
    if labelled < 2:
        raise DataError(f"{labelled} labelled target examples train no model.", "use labelled=40.")
    X, y = data.target_X[labelled:], data.target_y[labelled:]
    if len(y) == 0:
        raise DataError(f"All {len(data.target_y)} target examples are labelled; none is left to test on.",
                        "draw a larger target.")
    return {name: float((remedy(model, data, labelled)(X).argmax(axis=1) == y).mean())
            for name, remedy in REMEDIES.items()}
