"""What the rooms of `vision` check alike."""

from numbers import Integral

from course_utils.errors import DataError

__all__ = ["checked_whole"]


def checked_whole(value, what: str, least: int = 1) -> int:
    """Return a whole number from `least` up, or refuse everything else."""
    if not isinstance(value, Integral) or value < least:
        raise DataError(f"{what} is {value!r}.", f"give a whole number, {least} or more.")
    return int(value)
