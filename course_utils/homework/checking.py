"""For students: run the visible tests of one's own notebook, and say what is missing in plain words."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_utils.errors import DataError
from course_utils.homework import notebook as notebooks
from course_utils.homework.assignment import WAITING
from course_utils.homework.examination import Verdict, examine
from course_utils.homework.kernels import JupyterKernel, Limits
from course_utils.homework.sandbox import Sandbox

__all__ = ["Report", "check", "find"]

NAME = re.compile(r"(?:hw)?\d{1,2}")
PATIENCE = Limits(cell_seconds=300, seconds=1200, memory=16384, disk=4096, processes=512, output=10240)


@dataclass
class Report:
    """What a check found.

    Attributes
    ----------
    path : pathlib.Path
        The notebook.
    verdicts : list of Verdict
        Of the visible tests.
    missing : list of str
        Sentences about what is not there.
    """

    path: Path
    verdicts: list[Verdict] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all visible tests pass and nothing is missing."""
        return not self.missing and not any(verdict.problem for verdict in self.verdicts)

    def __str__(self) -> str:
        lines = [f"{self.path.name}"]
        for verdict in self.verdicts:
            lines.append(f"  {'not yet' if verdict.problem else 'passes '}  {verdict.says}")
            said = verdict.problem.splitlines()
            lines += [f"           {line}" for line in (said[:1] if WAITING in verdict.problem else said)]
        lines += [f"  missing  {sentence}" for sentence in self.missing]
        passed = sum(not verdict.problem for verdict in self.verdicts)
        lines.append(f"{passed} of {len(self.verdicts)} visible tests pass."
                     + (" Hidden tests, with other data, decide about the points." if self.complete else ""))
        return "\n".join(lines)


def find(words: str) -> Path:
    """Return the notebook that a student means: a path, or ``hw01`` for the one in or below the working folder.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    path = Path(words).expanduser()
    if path.is_file():
        return path
    if not NAME.fullmatch(words.lower()):
        raise DataError(f"There is no notebook {words}.", "name the file, or hw01 for the homework in this folder.")
    stem = notebooks.full_name(words)
    found = [one for one in sorted(Path.cwd().rglob(f"{stem}_*.ipynb")) if _is_an_answer(one, Path.cwd())]
    if len(found) != 1:
        what = "no notebook" if not found else f"more than one notebook ({', '.join(str(one) for one in found[:4])})"
        raise DataError(f"There is {what} of {stem} in {Path.cwd()}.", "name the file: course homework check PATH.")
    return found[0]


def _is_an_answer(path: Path, folder: Path) -> bool:
    """Return whether a notebook may be a student's: not the lecturer's source, and none of the folders of grading."""
    if {".ipynb_checkpoints", "source", "autograded", "examined", "submitted"} & set(path.relative_to(folder).parts):
        return False
    try:
        return "### BEGIN HIDDEN TESTS" not in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def check(path: Path) -> Report:
    """Run a student's own notebook from top to bottom, in a fresh kernel and in its own folder.

    Parameters
    ----------
    path : pathlib.Path
        The notebook. It is not changed.

    Returns
    -------
    Report
        The visible tests, and what is missing.

    Raises
    ------
    SubmissionProblem
        If the file is not a homework.
    """
    plain = notebooks.read_submission(path)
    marked = nbformat.read(path, as_version=4)
    report = Report(path)
    if not notebooks.tasks(marked):
        raise notebooks.SubmissionProblem(f"{path.name} has no tests.", "use the notebook that was handed out.")
    names = [notebooks.grade_id(cell) for cell in plain.cells]
    report.missing += [f"The cell {name} is there twice; delete one." for name in sorted({*filter(None, names)})
                       if names.count(name) > 1]
    report.missing += _lost_cells(path, set(names))
    for cell in marked.cells:
        if notebooks.is_written(cell) and (notebooks.EMPTY_ANSWER in cell.source or not cell.source.strip()):
            report.missing.append(f"The written answer {notebooks.grade_id(cell)} is empty.")
    with JupyterKernel(PATIENCE, Sandbox(trusted=True), path.resolve().parent) as kernel:
        result = examine(marked, kernel, hidden=False)
    report.verdicts = result.verdicts
    if result.incident:
        report.missing.append(f"The kernel was stopped. {result.incident}.")
    report.missing += [f"Your own cell {notebooks.grade_id(cell) or ''} stops: {output.ename}: {output.evalue}"[:300]
                       for cell in marked.cells if cell.cell_type == "code" and not notebooks.is_test(cell)
                       for output in cell.outputs if output.output_type == "error" and output.ename != "NotImplementedError"]
    return report


def _lost_cells(path: Path, names: set[str | None]) -> list[str]:
    """Return what the course's own source has and the notebook has not, where the two can be compared."""
    try:
        source = nbformat.read(notebooks.source_path(path.name[:4]), as_version=4)
    except Exception:       # a homework of the lecturer's own, or no checkout: nothing to compare with
        return []
    lost = [name for name in (notebooks.grade_id(cell) for cell in source.cells) if name and name not in names]
    return [f"The cell {name} is gone; get the notebook again." for name in lost]
