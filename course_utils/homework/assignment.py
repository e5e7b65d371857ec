"""A homework inside its notebook: data drawn for the cohort, and checks that say what to look at again."""

import hashlib
import json
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from course_utils import settings
from course_utils.errors import CourseError, SettingsError
from course_utils.homework import _wire
from course_utils.homework._wire import Named

__all__ = ["PRACTICE", "Check", "Homework", "Named", "NotYet", "examining", "lesson_address"]

PRACTICE = "practice"       # the cohort of everybody who works alone
LARGEST_SEED = 2**31
WAITING = "the cell of the task still waits for your code."
_EXAMINER: ContextVar[tuple | None] = ContextVar("examiner", default=None)


class NotYet(CourseError):
    """A check of a homework that does not hold yet, with the section of the lesson to look at again.

    Parameters
    ----------
    problem, hint : str
        As for :class:`~course_utils.errors.CourseError`.
    lesson, section : str
        Number of the lesson, and the heading in it.
    """

    def __init__(self, problem: str, hint: str = "", lesson: str = "", section: str = ""):
        self.lesson, self.section = lesson, section
        super().__init__(problem, hint)


def lesson_address(lesson: str, section: str) -> str:
    """Return where a lesson's section is, from the top of the checkout: ``notebooks/01_….ipynb#The-heading``."""
    found = sorted((settings.project_folder() / "notebooks").glob(f"{lesson}_*.ipynb"))
    return f"notebooks/{found[0].name if found else lesson}#{section.replace(' ', '-')}"


@contextmanager
def examining(ask: Callable[[str, str], str], secret: str):
    """Let every :class:`Homework` made inside ask another process for answers, and know the secret of hidden tests.

    Parameters
    ----------
    ask : callable
        Takes an expression and encoded values and returns what :func:`~course_utils.homework._wire.answer` does.
    secret : str
        Known to the lecturer alone; hidden tests draw their data from it.
    """
    token = _EXAMINER.set((ask, secret))
    try:
        yield
    finally:
        _EXAMINER.reset(token)


def _seed(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:8], "big") % LARGEST_SEED


class Homework:
    """One homework for one cohort.

    Parameters
    ----------
    name : str
        Such as ``hw01``.
    cohort : str
        Whose homework it is. Every cohort has data of its own, so that the answers of last year fail.
    answers : dict
        The notebook's variables: ``globals()``.
    """

    def __init__(self, name: str, cohort: str, answers: dict):
        self.name, self.cohort = name, cohort
        examiner = _EXAMINER.get()
        self._secret = examiner[1] if examiner else None
        self._ask = examiner[0] if examiner else lambda expression, values: _wire.answer(expression, values, answers)

    def __repr__(self) -> str:
        return f"Homework {self.name}, cohort {self.cohort}"

    def seed(self, label: str) -> int:
        """Return the cohort's seed for one purpose, such as ``"task 2"``: from 0 to 2³¹ - 1."""
        return _seed(self.name, self.cohort, label)

    def random(self, label: str) -> np.random.Generator:
        """Return a random generator that starts from :meth:`seed`."""
        return np.random.default_rng(self.seed(label))

    def check(self, task: int, lesson: str, section: str) -> "Check":
        """Return the checks of a task.

        Parameters
        ----------
        task : int
            Its number.
        lesson, section : str
            What to look at again if a check does not hold: number of the lesson, and a heading in it.
        """
        return Check(self, task, lesson, section)


class Check:
    """The checks of one task. They see answers as plain numbers, text and arrays, whatever the notebook holds.

    Parameters
    ----------
    homework : Homework
        The homework.
    task : int
        Number of the task.
    lesson, section : str
        What to look at again.
    """

    def __init__(self, homework: Homework, task: int, lesson: str, section: str):
        self._homework, self.task, self.lesson, self.section = homework, task, lesson, section

    def fail(self, problem: str) -> None:
        """Say that the task is not right yet.

        Raises
        ------
        NotYet
            Always.
        """
        title = self.section.replace("*", "")       # as a page shows it
        hint = f"look again at lesson {self.lesson}, “{title}” ({lesson_address(self.lesson, title)})."
        raise NotYet(f"Task {self.task}: {problem}", hint, self.lesson, title)

    def evaluate(self, expression: str, **values):
        """Return the value of an expression among the student's variables, as a plain value.

        Parameters
        ----------
        expression : str
            Python, such as ``"[layer.trainable for layer in model.layers]"``.
        **values
            Further variables of the expression: numbers, text, arrays, lists, dictionaries or :class:`Named`.

        Raises
        ------
        NotYet
            If the expression stops, or its value is not plain.
        """
        return self._answered(expression, values, f"`{expression}`")

    def _answered(self, expression: str, values: dict, shown: str):
        reply = json.loads(self._homework._ask(expression, _wire.encode(values)))
        if "value" in reply:
            return _wire.decode(reply["value"])
        if reply.get("kind") == "NameError" and reply.get("missing"):
            missing = str(reply["missing"])[:80]
            self.fail(f"there is no `{missing}` yet; the cell of the task defines it, and it must run.")
        if reply.get("kind") == "NotImplementedError":
            self.fail(WAITING)
        self.fail(f"{shown} stopped. {reply['error'][:2 * _wire.LONGEST_TEXT]}")

    def value(self, name: str):
        """Return a variable of the student, as a plain value. Raises as :meth:`evaluate`."""
        return self.evaluate(name)

    def call(self, function: str, *arguments, **named):
        """Call a function of the student and return its result, as a plain value. Raises as :meth:`evaluate`.

        Parameters
        ----------
        function : str
            Its name.
        *arguments, **named
            Plain values, or :class:`Named` for a variable of the student's notebook.
        """
        given = {f"argument_{number}": value for number, value in enumerate(arguments, 1)}
        words = [*given, *(f"{name}={name}" for name in named)]
        return self._answered(f"{function}({', '.join(words)})", given | named, f"your function `{function}`")

    def unseen(self, label: str = "") -> np.random.Generator:
        """Return a random generator for hidden tests, which starts from the lecturer's secret."""
        return np.random.default_rng(self.unseen_seed(label))

    def unseen_seed(self, label: str = "") -> int:
        """Return a seed for hidden tests.

        Raises
        ------
        SettingsError
            Outside grading: nobody but the lecturer knows the secret.
        """
        if self._homework._secret is None:
            raise SettingsError("Hidden tests run only when a homework is graded.",
                                "run `course homework validate` to try the source of a homework.")
        return _seed(self._homework.name, self._homework.cohort, f"task {self.task}", label, self._homework._secret)

    def holds(self, condition, otherwise: str) -> None:
        """Raise :class:`NotYet` with the sentence ``otherwise`` unless the condition is true."""
        if not bool(condition):
            self.fail(otherwise)

    def numbers(self, got, shape: tuple[int, ...] | None = None, what: str = "your answer") -> np.ndarray:
        """Return an answer as an array of finite numbers, and of this shape.

        Raises
        ------
        NotYet
            If it is something else; the sentence says what.
        """
        if got is None:
            self.fail(f"{what} is None; does the function return its result?")
        try:
            array = np.asarray(got)
            if array.dtype.kind == "U":      # numpy would read the text "3" as a number
                raise TypeError(array.dtype)
            array = array.astype(float)
        except (ValueError, TypeError, OverflowError):
            self.fail(f"{what} should be numbers and is {_shown(got)}.")
        if shape is not None and array.shape != tuple(shape):
            self.fail(f"{what} should have the shape {tuple(shape)} and has {array.shape}.")
        if not np.isfinite(array).all():
            self.fail(f"{what} holds a number that is infinite or not a number (nan).")
        return array

    def close(self, got, want, within: float = 1e-6, what: str = "your answer", show: bool = False) -> None:
        """Check numbers.

        Parameters
        ----------
        got, want : number or array
            The student's and the right ones.
        within : float
            The largest allowed distance between two of them.
        what : str
            What they are: the beginning of the sentence about them.
        show : bool
            Whether the sentence gives the right number away.

        Raises
        ------
        NotYet
            If a number is further away, or the answer has another shape.
        """
        want = np.asarray(want, float)
        got = self.numbers(got, want.shape, what)
        wrong = np.abs(got - want) > within
        if wrong.any():
            place = np.unravel_index(np.argmax(np.abs(got - want)), want.shape) if want.ndim else ()
            share = f", {int(wrong.sum())} of {wrong.size} differ" if want.ndim else ""
            wanted = f" and should be {want[place]:.6g}" if show else ", which is not right"
            self.fail(f"{what} is {got[place]:.6g}{f' at {tuple(map(int, place))}' if place else ''}{wanted}{share}.")

    def equal(self, got, want, what: str = "your answer", show: bool = False) -> None:
        """Check text, truth values, lists, sets and dictionaries, item by item. Parameters as for :meth:`close`."""
        if _simple(got) != _simple(want):
            wanted = f" and should be {_shown(want)}" if show else ", which is not right"
            self.fail(f"{what} is {_shown(got)}{wanted}.")


def _simple(value):
    if isinstance(value, np.ndarray):
        return _simple(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_simple(item) for item in value]
    if isinstance(value, dict):
        return {key: _simple(item) for key, item in value.items()}
    value = value.item() if isinstance(value, np.generic) else value
    return (bool, value) if isinstance(value, bool) else value     # True is not 1


def _shown(value) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
