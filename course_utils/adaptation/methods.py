"""Ways from a source to a target behind one interface, so that they can be compared on the same examples (lesson 06).

A method takes a scikit-learn classifier and a :class:`Task`, and returns a function from target points (n, d) to classes::

    classes = METHODS["CORAL"](LogisticRegression(), task)(test_X)
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NearestCentroid
from threadpoolctl import threadpool_limits

from course_utils.adaptation.alignment import ColumnAlignment, CorrelationAlignment, FeatureAugmentation
from course_utils.adaptation.autoencoders import MarginalizedDenoiser
from course_utils.data._checks import checked_pair, checked_whole
from course_utils.errors import DataError

__all__ = ["METHODS", "Task", "balanced_choice", "compare", "predictions"]


@dataclass(frozen=True, eq=False)
class Task:
    """What a method may see: the source with labels, the target without, and a few target examples with labels.

    Attributes
    ----------
    source_X, source_y, target_X : numpy.ndarray
        Source points (n, d) and classes (n,), target points (m, d).
    few_X, few_y : numpy.ndarray
        The labelled target examples, (k, d) and (k,); k may be 0.
    """

    source_X: np.ndarray
    source_y: np.ndarray
    target_X: np.ndarray
    few_X: np.ndarray
    few_y: np.ndarray

    def pooled(self, source_X=None) -> tuple[np.ndarray, np.ndarray]:
        """Return points and classes of the source, as it is or moved, and of the few."""
        source_X = self.source_X if source_X is None else source_X
        return np.concatenate([source_X, self.few_X]), np.concatenate([self.source_y, self.few_y])


def _nothing(model, task: Task) -> Callable:
    return model.fit(task.source_X, task.source_y).predict


def _columns(model, task: Task) -> Callable:
    return model.fit(*task.pooled(ColumnAlignment().fit(task.source_X, task.target_X).transform(task.source_X))).predict


def _coral(model, task: Task) -> Callable:
    return model.fit(*task.pooled(CorrelationAlignment().fit(task.source_X, task.target_X).transform(task.source_X))).predict


def _denoising(model, task: Task) -> Callable:
    denoiser = MarginalizedDenoiser(noise=0.7, layers=3).fit(np.concatenate([task.source_X, task.target_X]))
    model.fit(denoiser.transform(task.source_X), task.source_y)
    return lambda X: model.predict(denoiser.transform(X))


def _pool(model, task: Task) -> Callable:
    return model.fit(*task.pooled()).predict


def _augment(model, task: Task) -> Callable:
    augment = FeatureAugmentation().fit(task.source_X)
    rows = np.concatenate([augment.transform(task.source_X, "source"), augment.transform(task.few_X, "target")])
    model.fit(rows, task.pooled()[1])
    return lambda X: model.predict(augment.transform(X, "target"))


def _tune(model, task: Task) -> Callable:
    if "warm_start" not in model.get_params() or "max_iter" not in model.get_params():
        raise DataError(f"{type(model).__name__} cannot be trained further from a warm start.", "tune a LogisticRegression.")
    model.fit(task.source_X, task.source_y).set_params(warm_start=True, max_iter=5)
    if set(task.few_y) != set(task.source_y):
        raise DataError("Some class has no labelled target example, and tuning would forget it.",
                        "label some of each class: see balanced_choice.")
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # five steps are meant to be too few
        return model.fit(task.few_X, task.few_y).predict


def _alone(model, task: Task) -> Callable:
    return model.fit(task.few_X, task.few_y).predict


def _prototypes(model, task: Task) -> Callable:
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of columns that never vary in a class
        return NearestCentroid().fit(task.few_X, task.few_y).predict


#: Name → function of (model, task). "columns + pool" and "CORAL + pool" are the functions of "columns" and "CORAL": these add
#: the few labelled target examples if there are any, and :func:`predictions` gives some to the pooling names alone.
#: "prototypes" is a nearest centroid whatever the model.
METHODS: Mapping[str, Callable] = {
    "nothing": _nothing, "columns": _columns, "CORAL": _coral, "mSDA": _denoising, "pool": _pool, "augment": _augment,
    "tune": _tune, "columns + pool": _columns, "CORAL + pool": _coral, "prototypes": _prototypes, "alone": _alone,
}
WITHOUT_LABELS = ("nothing", "columns", "CORAL", "mSDA")


def balanced_choice(labels, number: int) -> np.ndarray:
    """Return the positions of the first examples of each class, about `number` in all. Introduced in lesson 06.

    Parameters
    ----------
    labels : sequence of int, shape (n,)
        Classes.
    number : int
        How many, all classes together; at least one of each.

    Raises
    ------
    DataError
        If a class would get none, or has too few examples.
    """
    labels = np.asarray(labels)
    classes = np.unique(labels)
    each = number // len(classes)
    positions = [np.flatnonzero(labels == one)[:each] for one in classes]
    if each < 1 or min(map(len, positions)) < each:
        raise DataError(f"{number} labels for {len(classes)} classes are {each} of each, and some class has not as many.",
                        f"ask for at least {len(classes)}, and for no more than the rarest class allows.")
    return np.concatenate(positions)


def predictions(model, pair, methods: Sequence[str], labels: int = 0) -> dict[str, np.ndarray]:
    """Return what each method says of the test examples. Introduced in lesson 06.

    Parameters
    ----------
    model : scikit-learn classifier
        Cloned for each method, never changed. The name of a method may also be ``"ceiling"``: all target labels, no source.
    pair : object with source_X, source_y, target_X, target_y, test_X
        Such as :class:`course_utils.data.domains.Domains`.
    methods : sequence of str
        Keys of `METHODS`, or ``"ceiling"``.
    labels : int
        Labelled target examples, balanced; those of `pair.target_y`.

    Raises
    ------
    DataError
        If a method is not known, or needs labels and gets none.
    """
    if isinstance(methods, str):
        methods = [methods]
    checked_pair(pair.source_X, pair.target_X)
    checked_pair(pair.target_X, pair.test_X, rows=1)
    chosen = balanced_choice(pair.target_y, checked_whole(labels, "The number of labels")) if labels else np.zeros(0, int)
    for name in methods:
        if name not in (*METHODS, "ceiling"):
            raise DataError(f"{name!r} is no method.", f"choose from {', '.join(METHODS)}, ceiling.")
        if not labels and name not in (*WITHOUT_LABELS, "ceiling"):
            raise DataError(f"{name!r} needs target labels.", "say how many, such as labels=50.")
    found = {}
    # On small matrices threads wait for each other longer than they compute: beside other programs, fifteen times as long.
    with threadpool_limits(1):
        for name in methods:
            if name == "ceiling":
                found[name] = clone(model).fit(pair.target_X, pair.target_y).predict(pair.test_X)
                continue
            few = np.zeros(0, int) if name in WITHOUT_LABELS else chosen
            task = Task(pair.source_X, pair.source_y, pair.target_X, pair.target_X[few], pair.target_y[few])
            found[name] = METHODS[name](clone(model), task)(pair.test_X)
    return found


def compare(model, pair, methods: Sequence[str], labels: int = 0) -> list[float]:
    """Return the accuracy of each method on ``pair.test_X`` and ``pair.test_y``. Introduced in lesson 06.

    Parameters and errors as in :func:`predictions`.
    """
    return [float(np.mean(found == pair.test_y)) for found in predictions(model, pair, methods, labels).values()]
