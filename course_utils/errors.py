"""The exceptions that a student may meet, each with what was wrong and the next thing to try."""

__all__ = ["AssetError", "CourseError", "DataError", "EnvironmentProblem", "SettingsError"]


class CourseError(Exception):
    """Base class of the course's exceptions.

    Parameters
    ----------
    problem : str
        What was wrong with the input, in one sentence.
    hint : str, optional
        The next thing to try, in one sentence.
    """

    def __init__(self, problem: str, hint: str = ""):
        self.problem, self.hint = problem, hint
        super().__init__(f"{problem}\nTry: {hint}" if hint else problem)


class SettingsError(CourseError):
    """A ``COURSE_...`` environment variable has a value that the course does not know."""


class AssetError(CourseError):
    """A weights or data file from outside could not be had, or is not the file that it should be."""


class DataError(CourseError):
    """The photographs, tables or texts that were handed in cannot be used as they are."""


class EnvironmentProblem(CourseError):
    """The machine or the installation lacks something that the course needs."""
