"""What the rooms check alike."""

from numbers import Integral

import numpy as np

from course_utils.errors import DataError

__all__ = ["are_probabilities", "checked_columns", "checked_pair", "checked_probabilities", "checked_sample", "checked_whole"]

LARGEST = 2**32 - 1  # the largest seed that every random generator takes


def checked_whole(value, what: str, least: int = 1) -> int:
    """Return a whole number from `least` up, or refuse everything else."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= value <= LARGEST:
        raise DataError(f"{what} is {value!r}.", f"give a whole number from {least} up.")
    return int(value)


def checked_sample(X, name: str, rows: int = 2) -> np.ndarray:
    """Return a sample as float64 (n, d); a list of single numbers becomes one column.

    Raises
    ------
    DataError
        If it is empty or too small, no table of numbers, or holds NaN or infinity.
    """
    try:
        X = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"The {name} holds something that is no number.",
                        "turn categories into columns of 0 and 1 first.") from None
    X = X[:, None] if X.ndim == 1 else X
    if X.ndim != 2 or X.shape[1] == 0:
        raise DataError(f"The {name} has the shape {X.shape}.", "give one row for each example, shape (n, d).")
    if len(X) < rows:
        raise DataError(f"The {name} has {len(X)} examples; at least {rows} are needed.",
                        "check the filter that chose them.")
    broken = ~np.isfinite(X).all(axis=1)
    if broken.any():
        raise DataError(f"{broken.sum()} of {len(X)} rows of the {name} hold NaN or infinity, the first is row "
                        f"{broken.argmax()}.", "drop these rows, or fill in the gaps, in source and target alike.")
    return X


def are_probabilities(rows: np.ndarray) -> bool:
    """Tell whether no number is negative and each row adds up to 1, as exactly as networks of 16 bits do."""
    return bool(np.all(rows >= 0) and np.allclose(rows.sum(axis=-1), 1, atol=1e-2))


def checked_columns(X, columns: int, fitted: str) -> np.ndarray:
    """Return new points as float64 (n, `columns`); `fitted` is what was fitted on so many columns.

    Raises
    ------
    DataError
        As `checked_sample`, and if the width is another.
    """
    X = checked_sample(X, "sample", rows=1)
    if X.shape[1] != columns:
        raise DataError(f"The points have {X.shape[1]} columns, the {fitted} was fitted on {columns}.",
                        "give the same columns, in the same order.")
    return X


def checked_pair(source, target, rows: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return source and target as float64 arrays of the same width.

    Raises
    ------
    DataError
        As `checked_sample`, and if the widths differ.
    """
    source, target = checked_sample(source, "source", rows), checked_sample(target, "target", rows)
    if source.shape[1] != target.shape[1]:
        raise DataError(f"The source has {source.shape[1]} columns, the target {target.shape[1]}.",
                        "give both the same columns, in the same order.")
    return source, target


def checked_probabilities(probabilities, name: str, classes: int | None = None) -> np.ndarray:
    """Return class probabilities as float64 (n, k) with rows that sum to one.

    Raises
    ------
    DataError
        If they are no probabilities of `classes` classes.
    """
    probabilities = checked_sample(probabilities, name, rows=1)
    if probabilities.shape[1] < 2:
        raise DataError(f"The {name} have one column; one for each class is needed.",
                        "hand in all of model.predict_proba(X), not its second column.")
    if classes is not None and probabilities.shape[1] != classes:
        raise DataError(f"The {name} have {probabilities.shape[1]} classes, the source has {classes}.",
                        "use the same model for source and target.")
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-3:
        raise DataError(f"The rows of the {name} are no probabilities: they must be from 0 up and sum to 1.",
                        "hand in model.predict_proba(X), not scores or logits.")
    return probabilities
