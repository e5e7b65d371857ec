"""The notebooks of a homework: the source with its solutions, the copy for students, and what came back.

The cells carry nbgrader's metadata (https://nbgrader.readthedocs.io): a *solution* cell is the student's, a *test* cell
and every other *locked* cell are the lecturer's.
"""

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils import settings
from course_utils.errors import CourseError, EnvironmentProblem
from course_utils.homework.assignment import PRACTICE

__all__ = [
    "EMPTY_ANSWER", "LARGEST_SUBMISSION", "Assembled", "SubmissionProblem", "UnknownHomework", "assemble", "empty_answer",
    "full_name", "grade_id", "homework_folder", "is_locked", "is_solution", "is_test", "is_written", "read_source", "read_submission", "source_path",
    "sources", "tasks", "visible", "with_cohort",
]

LARGEST_SUBMISSION = 20 * 2**20
MOST_CELLS, LONGEST_LINE, LONGEST_CELL = 1000, 5000, 100_000      # the pages are coloured line by line, and slowly
WORDS_OF_NBGRADER = re.compile(r"\b(BEGIN|END) (HIDDEN TESTS)")
MARKED = re.compile(r"^[ \t]*#+ BEGIN (HIDDEN TESTS)\n.*?^[ \t]*#+ END \1[ \t]*(?:\n|\Z)", re.M | re.S)
COHORT_LINE = re.compile(r'(Homework\("hw\d\d", cohort=)"[^"]*"')
COHORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
EMPTY_ANSWER = "YOUR ANSWER HERE"     # what nbgrader hands out; it gives no points for it
HERE_ONLY = "student-only"      # tag of a locked cell that the examiner need not run


class UnknownHomework(CourseError):
    """A homework was asked for that the course does not have."""


class SubmissionProblem(CourseError):
    """A submission that cannot be read: not a notebook, empty, too large, or of another homework."""


def homework_folder() -> Path:
    """Return the folder of the sources.

    Raises
    ------
    EnvironmentProblem
        If the package runs outside a checkout of the course.
    """
    folder = settings.project_folder() / "notebooks" / "homework"
    if not folder.is_dir():
        raise EnvironmentProblem(f"There is no folder notebooks/homework/ in {settings.project_folder()}.",
                                 "run the command inside a checkout of the course.")
    return folder


def sources() -> dict[str, Path]:
    """Return the sources by the names of the homeworks, ``hw01`` and so on."""
    return {path.name[:4]: path for path in sorted(homework_folder().glob("hw[0-9][0-9]_*.ipynb"))}


def full_name(words: str) -> str:
    """Return ``hw01`` for ``1``, ``01`` and ``hw01``."""
    return f"hw{words.lower().removeprefix('hw').zfill(2)}"


def source_path(name: str) -> Path:
    """Return the source of a homework; ``1``, ``01`` and ``hw01`` are the same.

    Raises
    ------
    UnknownHomework
        If there is none.
    """
    known, key = sources(), full_name(name)
    if key not in known:
        raise UnknownHomework(f"There is no homework {name}.", f"one of {', '.join(known) or 'a complete checkout'}.")
    return known[key]


def _mark(cell, key: str) -> bool:
    marks = cell.metadata.get("nbgrader")
    return isinstance(marks, dict) and bool(marks.get(key, False))


def grade_id(cell: NotebookNode) -> str | None:
    """Return nbgrader's name of a cell, or None."""
    marks = cell.metadata.get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else None


def is_solution(cell: NotebookNode) -> bool:
    """Return whether the student answers in this cell, in code or in words."""
    return _mark(cell, "solution")


def is_written(cell: NotebookNode) -> bool:
    """Return whether the cell is an answer that a person grades."""
    return _mark(cell, "solution") and _mark(cell, "grade")


def is_test(cell: NotebookNode) -> bool:
    """Return whether the cell is a test that gives points."""
    return cell.cell_type == "code" and _mark(cell, "grade") and not _mark(cell, "solution")


def is_locked(cell: NotebookNode) -> bool:
    """Return whether the cell is the lecturer's: a test, or one with nbgrader's mark ``locked``."""
    return not is_solution(cell) and (_mark(cell, "grade") or _mark(cell, "locked"))


def tasks(notebook: NotebookNode) -> dict[str, float]:
    """Return the points of each cell that gives some, by its name and in order."""
    return {grade_id(cell): float(cell.metadata.nbgrader["points"]) for cell in notebook.cells if _mark(cell, "grade")}


def visible(code: str) -> str:
    """Return the code of a test without its hidden part."""
    return MARKED.sub("", code).rstrip()


def with_cohort(source: NotebookNode, cohort: str) -> NotebookNode:
    """Return a copy of a source whose data are drawn for this cohort.

    Raises
    ------
    SubmissionProblem
        If the name cannot be a folder's, or the source has no line ``Homework("hw..", cohort="...", ...)``.
    """
    if not COHORT_NAME.fullmatch(cohort):
        raise SubmissionProblem(f"{cohort!r} cannot be the name of a cohort.",
                                "use letters, digits, points and hyphens, such as 2027S.")
    copy, lines = deepcopy(source), 0
    for cell in copy.cells:
        if cell.cell_type == "code" and is_locked(cell) and not is_test(cell):
            cell.source, found = COHORT_LINE.subn(rf'\1"{cohort}"', cell.source)
            lines += found
    if lines != 1:
        raise SubmissionProblem("The source does not make its Homework in exactly one locked cell.",
                                f'write homework = Homework("hw01", cohort="{PRACTICE}", answers=globals()) in one.')
    return copy


def read_source(name: str, cohort: str) -> NotebookNode:
    """Return the source of a homework for a cohort. Raises as :func:`source_path` and :func:`with_cohort`."""
    return with_cohort(nbformat.read(source_path(name), as_version=4), cohort)


def read_submission(path: Path) -> NotebookNode:
    """Read what a student sent.

    Raises
    ------
    SubmissionProblem
        With one sentence that says what is wrong with the file. Nothing of it is run.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise SubmissionProblem(f"{path.name} is not a file.", "hand in the notebook itself.")
        size = path.stat().st_size
        if not size:
            raise SubmissionProblem(f"{path.name} is empty.", "save the notebook and hand it in again.")
        if size > LARGEST_SUBMISSION:
            raise SubmissionProblem(f"{path.name} has {size / 2**20:.0f} MiB.", "clear its outputs and hand it in again.")
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content.get("cells"), list):
            if len(content["cells"]) > MOST_CELLS:
                raise SubmissionProblem(f"{path.name} has {len(content['cells'])} cells.", f"hand in at most {MOST_CELLS}.")
            content |= {"metadata": {}, "cells": [_slim(cell) for cell in content["cells"]]}
        notebook = nbformat.from_dict(content)
        notebook = nbformat.v4.upgrade(notebook) if notebook.get("nbformat") == 4 else nbformat.convert(notebook, 4)
        if not isinstance(notebook.cells, list):
            raise TypeError(type(notebook.cells))
        cells = [_plain_cell(cell) for cell in notebook.cells]
    except (OSError, UnicodeDecodeError) as error:
        raise SubmissionProblem(f"{path.name} cannot be read.", "save the notebook and hand it in again.") from error
    except SubmissionProblem:
        raise
    except Exception as error:      # whatever nbformat makes of a damaged notebook
        raise SubmissionProblem(f"{path.name} is not a notebook, or a damaged one.",
                                "open it in JupyterLab, save it and hand it in again.") from error
    return nbformat.v4.new_notebook(cells=cells)


def _slim(cell: dict) -> dict:
    """Return a cell without outputs and the like: a gigabyte, once it is objects."""
    marks = cell.get("metadata", {}).get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return {"cell_type": cell["cell_type"], "source": cell["source"],
            "metadata": {"nbgrader": {"grade_id": name}} if isinstance(name, str) else {}}


def _plain_cell(cell) -> NotebookNode:
    """Return the source and nbgrader's name of a cell, and nothing else of it."""
    text = cell["source"]
    text = "".join(text) if isinstance(text, list) else text
    if not isinstance(text, str) or not isinstance(cell.get("metadata", {}), dict):
        raise TypeError(type(text))
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    if len(text) > LONGEST_CELL or max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        raise SubmissionProblem(f"A cell holds more than {LONGEST_CELL:,} characters, or a line more than {LONGEST_LINE:,}.",
                                "read long data from where they are, and hand in the notebook again.")
    text = WORDS_OF_NBGRADER.sub(r"\1_\2", text)      # nbgrader would look for the other end, and stop
    text = text.encode("utf-8", "replace").decode()     # half a character (\ud800 in JSON) could not be saved
    made = new.get(cell["cell_type"], nbformat.v4.new_raw_cell)(text)
    marks = cell.get("metadata", {}).get("nbgrader")
    if isinstance(marks, dict) and isinstance(marks.get("grade_id"), str):
        made.metadata["nbgrader"] = {"grade_id": marks["grade_id"]}
    return made


def empty_answer(cell: NotebookNode) -> str:
    """Return what stands in a solution cell for which there is no answer; a person need not look at it."""
    return EMPTY_ANSWER if cell.cell_type == "markdown" else ""


@dataclass
class Assembled:
    """A submission put together anew: the answers of the student in the lecturer's notebook.

    Attributes
    ----------
    notebook : NotebookNode
        To be executed and graded.
    remarks : list of str
        What was missing, doubled or changed, one sentence each.
    """

    notebook: NotebookNode
    remarks: list[str] = field(default_factory=list)


def assemble(source: NotebookNode, submission: NotebookNode) -> Assembled:
    """Put the answers of a submission into the lecturer's notebook.

    Tests and locked cells are the lecturer's, whatever became of them; a deleted one is back. Cells that the student
    added stay where they are: behind the cell that they were put behind. An answer that is missing is empty.

    Parameters
    ----------
    source : NotebookNode
        The lecturer's notebook for this cohort, with solutions.
    submission : NotebookNode
        From :func:`read_submission`.

    Raises
    ------
    SubmissionProblem
        If no cell of the submission belongs to this homework.
    """
    known = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    answers, added, remarks, last = {}, {}, [], None
    for cell in submission.cells:
        name = grade_id(cell)
        if name in known and name not in answers:
            answers[name], last = cell, name
            continue
        if name in known and is_solution(known[name]):
            remarks.append(f"The cell {name} is there twice; the first one counts.")
        elif name not in known and cell.cell_type == "code" and cell.source.strip():
            added.setdefault(last, []).append(nbformat.v4.new_code_cell(cell.source))
    if not answers:
        raise SubmissionProblem("The notebook holds no cell of this homework.", "hand in the notebook that was handed out.")
    cells, deleted, edited = [*added.get(None, [])], [], []
    for cell in source.cells:
        cell, name = deepcopy(cell), grade_id(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if is_solution(cell):
            if name not in answers:
                remarks.append(f"The cell {name} is missing.")
            elif answers[name].cell_type != cell.cell_type:
                remarks.append(f"The cell {name} is of another type.")
            cell.source = answers[name].source if name in answers else empty_answer(cell)
        elif is_test(cell) and name not in answers:
            deleted.append(name)
        elif is_test(cell) and answers[name].source.strip() != visible(cell.source):
            edited.append(name)
        cells += [cell, *added.pop(name, [])] if name else [cell]
    remarks += [f"Tests {what}: {', '.join(names)}; the lecturer's were run."
                for what, names in (("deleted", deleted), ("changed", edited)) if names]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=deepcopy(source.metadata))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return Assembled(notebook, remarks)

