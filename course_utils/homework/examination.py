"""Examine one homework: run the student's cells in a kernel, the tests outside it, and count the points.

The tests never run where the student's code runs. A test asks the kernel for plain values and judges them here, so that
nothing in the notebook can change the verdict: no redefined ``assert``, no object that equals everything, no reading of
the tests.
"""

import contextlib
import html
import io
import os
import re
import sys
import time
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.homework import notebook as notebooks
from course_utils.homework._wire import said
from course_utils.homework.assignment import NotYet, examining, lesson_address
from course_utils.homework.kernels import failed_output

__all__ = ["Examination", "Verdict", "examine", "examine_unreadable"]


@dataclass(frozen=True)
class Verdict:
    """What became of one test.

    Attributes
    ----------
    test : str
        nbgrader's name of the cell.
    says : str
        The first line of the test: what it checks.
    points, of : float
        Points won, and points to win.
    problem : str
        What is not right yet; empty if all is.
    """

    test: str
    says: str
    points: float
    of: float
    problem: str = ""


@dataclass
class Examination:
    """The examined notebook, with its outputs.

    Attributes
    ----------
    notebook : NotebookNode
        Executed; a failed test has an error as its output, as nbgrader wants it.
    verdicts : list of Verdict
        One for each test, in order.
    incident : str
        Why the kernel had to be stopped; empty if it had not.
    seconds, peak_mib : float
        What it took.
    """

    notebook: NotebookNode
    verdicts: list[Verdict] = field(default_factory=list)
    incident: str = ""
    seconds: float = 0.0
    peak_mib: float = 0.0

    @property
    def points(self) -> float:
        """Points of all tests."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def of(self) -> float:
        """Points that the tests could give. Written answers are not in it."""
        return sum(verdict.of for verdict in self.verdicts)


def examine(notebook: NotebookNode, kernel, secret: str = "", site: str = "", hidden: bool = True) -> Examination:
    """Run a notebook from top to bottom and judge it.

    Parameters
    ----------
    notebook : NotebookNode
        The lecturer's cells with a student's answers, from :func:`~course_utils.homework.notebook.assemble`. It is changed.
    kernel : JupyterKernel or InThisProcess
        Where the student's cells run.
    secret : str
        What hidden tests draw their data from.
    site : str
        Address of the reading site, for links to the lessons' sections.
    hidden : bool
        Whether the hidden tests run too.

    Returns
    -------
    Examination
        Points and outputs.
    """
    result, started = Examination(notebook), time.monotonic()
    namespace = {"__name__": "__examiner__"}
    with examining(kernel.ask, secret), _quiet_figures():
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            if notebooks.is_test(cell):
                result.verdicts.append(_judge(cell, namespace, site, hidden))
                continue
            cell.outputs = kernel.run(cell.source)
            if notebooks.is_locked(cell) and notebooks.HERE_ONLY not in cell.metadata.get("tags", []):
                _run_here(cell.source, namespace)
    result.incident = getattr(kernel, "incident", "")
    result.seconds, result.peak_mib = time.monotonic() - started, getattr(kernel, "peak_mib", 0.0)
    return result


def examine_unreadable(source: NotebookNode, problem: CourseError) -> Examination:
    """Return an examination without points for a submission that cannot be read; its pages say why.

    Parameters
    ----------
    source : NotebookNode
        The lecturer's notebook.
    problem : CourseError
        What is wrong with the submission.
    """
    notebook = notebooks.assemble(source, source).notebook
    result = Examination(notebook, incident=problem.problem)
    for cell in notebook.cells:
        if notebooks.is_solution(cell):
            cell.source = notebooks.empty_answer(cell)
        elif notebooks.is_test(cell):
            result.verdicts.append(_failed(cell, notebooks.grade_id(cell), problem, problem.problem, ""))
    return result


def _run_here(code: str, namespace: dict) -> str:
    """Run the lecturer's code in the examiner's process and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<lecturer's cell>", "exec"), namespace)
    return printed.getvalue()


def _judge(cell: NotebookNode, namespace: dict, site: str, hidden: bool) -> Verdict:
    name, of = notebooks.grade_id(cell), float(cell.metadata.nbgrader["points"])
    says = cell.source.splitlines()[0].lstrip("# ") if cell.source.strip() else name
    try:
        # In a copy of the names: what one test defines is not there for the next.
        printed = _run_here(cell.source if hidden else notebooks.visible(cell.source), dict(namespace))
    except Exception as error:
        return _failed(cell, says, error, str(error) if isinstance(error, CourseError) else _blamed(error), site)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)] if printed else []
    return Verdict(name, says, of, of)


def _failed(cell: NotebookNode, says: str, error: Exception, problem: str, site: str) -> Verdict:
    """Give a test no points, and its cell the outputs that say why."""
    name, of = notebooks.grade_id(cell), float(cell.metadata.nbgrader["points"])
    cell.outputs = [_explained(error, problem, site), failed_output(type(error).__name__, f"{name}: 0 of {of:g} points")]
    return Verdict(name, says, 0.0, of, problem)


def _blamed(error: Exception) -> str:
    """Say that a test stopped at an answer that it did not expect, without a line of the test."""
    return f"The test could not use your answer ({said(error)})."


def _explained(error: Exception, problem: str, site: str) -> NotebookNode:
    """Return an output that says what is not right, with a link to the section of the lesson."""
    text = html.escape(getattr(error, "problem", problem))
    if isinstance(error, NotYet):
        place = lesson_address(error.lesson, error.section)
        page, _, heading = place.partition("#")
        on_site = f"{site.rstrip('/')}/{page.removesuffix('.ipynb')}.html#{_page_anchor(heading)}"
        link = on_site if site else quote(place, safe="/#")
        text += (f'<br>Look again at <a href="{html.escape(link)}">lesson {error.lesson}, '
                 f"“{html.escape(error.section)}”</a>.")
    return nbformat.v4.new_output("display_data", {"text/html": f"<p>{text}</p>", "text/plain": problem})


def _page_anchor(heading: str) -> str:
    """Return the anchor that Sphinx gives to a heading."""
    kept = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", kept).lstrip("-0123456789").rstrip("-")


@contextlib.contextmanager
def _quiet_figures():
    """Let no figure of a locked cell open a window or stay in memory. Matplotlib is slow to import: only if it is used."""
    asked, loaded = os.environ.get("MPLBACKEND"), sys.modules.get("matplotlib")
    before = loaded.get_backend() if loaded else None
    os.environ["MPLBACKEND"] = "Agg"
    if loaded:
        loaded.use("Agg")
    try:
        yield
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if before:
            loaded.use(before)
        os.environ.pop("MPLBACKEND") if asked is None else os.environ.update(MPLBACKEND=asked)
