"""What the rooms check alike."""

from numbers import Integral

from course_utils.errors import DataError

__all__ = ["checked_whole"]

LARGEST = 2**32 - 1  # the largest seed that every random generator takes


def checked_whole(value, what: str, least: int = 1) -> int:
    """Return a whole number from `least` up, or refuse everything else."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= value <= LARGEST:
        raise DataError(f"{what} is {value!r}.", f"give a whole number from {least} up.")
    return int(value)
