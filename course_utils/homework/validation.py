"""Does a homework's source hold what it promises? Asked before it is handed out, and by the tests of the course."""

import ast
import copy
import re
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from course_utils import settings
from course_utils.homework import notebook as notebooks
from course_utils.homework.examination import Examination, examine

__all__ = ["Finding", "examine_blank", "handed_out", "rules", "validate"]

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.M)
TRIAL_SECRET = "validation"
SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """One line of the validation.

    Attributes
    ----------
    ok : bool
        Whether all is well.
    says : str
        What was looked at, and what is wrong.
    """

    ok: bool
    says: str

    def __str__(self) -> str:
        return f"{'OK  ' if self.ok else 'FAIL'}  {self.says}"


def handed_out(source: NotebookNode) -> NotebookNode:
    """Return the students' version of a source, made by nbgrader without a gradebook."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions

    made = copy.deepcopy(source)
    for step in (ClearSolutions(), ClearOutput(), ClearHiddenTests()):
        made, _ = step.preprocess(made, {"language": "python"})
    return made


def rules(source: NotebookNode) -> list[str]:
    """Return what is wrong with the cells of a source, one sentence each. Nothing is run."""
    problems, names = [], [notebooks.grade_id(cell) for cell in source.cells if notebooks.grade_id(cell)]
    answers = [notebooks.grade_id(cell) for cell in source.cells
               if notebooks.is_solution(cell) and cell.cell_type == "code"]
    problems += [f"{name}: the name is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    for cell in source.cells:
        name = notebooks.grade_id(cell)
        if notebooks.is_solution(cell) and "### BEGIN SOLUTION" not in cell.source:
            problems.append(f"{name}: there is no ### BEGIN SOLUTION")
        if cell.get("outputs"):
            problems.append(f"{name}: the source holds outputs")
        if notebooks.is_test(cell):
            problems += [f"{name}: {problem}" for problem in _test_rules(cell, answers)]
    for name in answers:
        if not any(test.startswith(f"{name}_") for test in notebooks.tasks(source)):
            problems.append(f"{name}: no test has a name that begins with {name}_")
    if not any(notebooks.is_written(cell) for cell in source.cells):
        problems.append("no written answer")
    return problems


def _test_rules(cell: NotebookNode, answers: list[str]) -> list[str]:
    problems, name = [], notebooks.grade_id(cell)
    if not any(name.startswith(f"{answer}_") for answer in answers):
        problems.append("the name does not begin with that of a solution")
    if not re.match(r"# Task \d+ · \S", cell.source):
        problems.append("the first line is not “# Task 2 · What it checks.”")
    if notebooks.visible(cell.source) == cell.source.rstrip():
        problems.append("there is no hidden part")
    try:
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source))):
            problems.append("it uses assert; a check says more")
    except SyntaxError as error:
        problems.append(f"it is not Python: {error.msg}, line {error.lineno}")
    places = re.findall(r'homework\.check\(\s*\d+,\s*"(\d\d)",\s*"([^"]+)"\s*\)', cell.source)
    if not places:
        problems.append('there is no homework.check(2, "01", "A heading")')
    return problems + [f"lesson {lesson} has no heading “{section}”" for lesson, section in places
                       if section not in _headings(lesson)]


def _headings(lesson: str) -> set[str]:
    found = sorted((settings.project_folder() / "notebooks").glob(f"{lesson}_*.ipynb"))
    cells = nbformat.read(found[0], as_version=4).cells if found else []
    return {heading for cell in cells if cell.cell_type == "markdown" for heading in HEADING.findall(cell.source)}


def examine_blank(source: NotebookNode, kernel) -> Examination:
    """Examine the homework as it is handed out, with the hidden tests."""
    return examine(notebooks.assemble(source, handed_out(source)).notebook, kernel, TRIAL_SECRET)


def validate(source: NotebookNode, new_kernel) -> list[Finding]:
    """Try a source: its cells, all points for its solutions, none for the version that is handed out.

    Parameters
    ----------
    source : NotebookNode
        With the cohort's name in it.
    new_kernel : callable
        Returns a kernel to run it in, as a context manager.
    """
    problems = rules(source)
    findings = [Finding(False, problem) for problem in problems] or [Finding(True, "names, marks and sections of the cells")]
    with new_kernel() as kernel:
        result = examine(notebooks.assemble(source, source).notebook, kernel, TRIAL_SECRET)
    findings += [Finding(False, f"the solution fails {verdict.test}: {verdict.problem}") for verdict in result.verdicts
                 if verdict.problem]
    findings.append(Finding(result.points == result.of and not result.incident,
                            f"the solutions win {result.points:g} of {result.of:g} points {result.incident}".rstrip()))
    findings.append(Finding(result.seconds <= SECONDS, f"they take {result.seconds:.0f} seconds and {result.peak_mib:,.0f} MiB"))
    with new_kernel() as kernel:
        blank = examine_blank(source, kernel)
    findings.append(Finding(blank.points == 0, f"the version that is handed out wins {blank.points:g} points"))
    return findings
