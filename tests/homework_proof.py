"""Prove a homework: the source wins all points, a blank one none, wrong ones exactly what they should.

``python tests/homework_proof.py hw01`` prints what each submission wins, while you write the homework. The wrong
submissions and the mutants of hw01 stand in ``tests/homework_cases/hw01.py``.
"""

import ast
import copy
import importlib
import sys
import time
from dataclasses import dataclass, field

import nbformat
import numpy as np

from course_utils.homework import _wire, validation
from course_utils.homework import notebook as notebooks
from course_utils.homework.examination import Examination, examine
from course_utils.homework.kernels import InThisProcess

SECRET = "a secret of the tests"
COHORTS = ("practice", "2027S")
ONLY_SHOWS = "only-shows"       # a tag


@dataclass(frozen=True)
class Wrong:
    """A submission that somebody might hand in.

    Attributes
    ----------
    name, why : str
        What it is called, and the misconception or the trick in one sentence.
    changes : dict of str to str
        The code in place of the solution, by the name of the cell.
    lost : set of str
        Tests that give no points; all others give all of theirs.
    fools_the_visible_tests : bool
        Whether all visible tests pass: the answers were made up for them.
    """

    name: str
    why: str
    changes: dict[str, str]
    lost: set[str] = field(default_factory=set)
    fools_the_visible_tests: bool = False


@dataclass(frozen=True)
class Mutant:
    """A solution with a slip of the pen: ``old`` becomes ``new`` in the cell, and the cell's tests must notice."""

    cell: str
    old: str
    new: str


def load(name: str, cohort: str = COHORTS[0]) -> nbformat.NotebookNode:
    """Return the source of a homework for a cohort."""
    return notebooks.read_source(name, cohort)


def cases(name: str):
    """Return the module with the wrong submissions and the mutants."""
    return importlib.import_module(f"homework_cases.{name}")


def solutions(source) -> dict[str, str]:
    """Return the code of the solution cells."""
    return {notebooks.grade_id(cell): cell.source for cell in source.cells
            if notebooks.is_solution(cell) and cell.cell_type == "code"}


def run(source, changes: dict[str, str] | None = None, hidden: bool = True) -> Examination:
    """Examine a source whose solutions were replaced."""
    source, changes = copy.deepcopy(source), dict(changes or {})
    for cell in source.cells:
        if notebooks.grade_id(cell) in changes:
            cell.source = changes.pop(notebooks.grade_id(cell))
    assert not changes, f"no such cell: {', '.join(changes)}"
    return examine(source, InThisProcess(), SECRET, hidden=hidden)


def lost(result: Examination) -> set[str]:
    """Return the tests that gave no points."""
    return {verdict.test for verdict in result.verdicts if not verdict.points}


def blank(source) -> dict[str, str]:
    """Return the solution cells as they are handed out."""
    return solutions(validation.handed_out(source))


def mutated(source, round_of: list[Mutant]) -> dict[str, str]:
    """Return the solutions with one mutant in each of the cells."""
    code = solutions(source)
    for mutant in round_of:
        assert code[mutant.cell].count(mutant.old) == 1, f"{mutant.cell}: {mutant.old!r} must be there once"
    return {mutant.cell: code[mutant.cell].replace(mutant.old, mutant.new) for mutant in round_of}


def packed(cases_of: list[Wrong | Mutant]) -> list[list[Wrong | Mutant]]:
    """Split wrong submissions and mutants into few lists, so that those of a list can be one submission.

    They change other cells and lose other tests. A hundred notebooks that differ in one cell would take minutes;
    ``python tests/homework_proof.py hw01`` still runs each of them alone.
    """
    split: list[list[Wrong | Mutant]] = []
    for case in cases_of:
        free = next((one for one in split if all(_apart(case, other) for other in one)), None)
        if free is None:
            split.append(free := [])
        free.append(case)
    return split


def _apart(one: Wrong | Mutant, other: Wrong | Mutant) -> bool:
    if any(getattr(case, "fools_the_visible_tests", False) for case in (one, other)):
        return False
    if _cells(one) & _cells(other):
        return False
    # What a wrong answer loses must not be a test that the other one may lose, too.
    return not any(near(test, cell) for case, beside in ((one, other), (other, one))
                   for test in getattr(case, "lost", ()) for cell in _cells(beside))


def _cells(case: Wrong | Mutant) -> set[str]:
    return {case.cell} if isinstance(case, Mutant) else set(case.changes)


def near(test: str, cell: str) -> bool:
    """Return whether a test belongs to the cell or to the same task: ``task5b_sizes`` and ``task5a``."""
    return test[:5] == cell[:5]


def changed(source, cases_of: list[Wrong | Mutant]) -> dict[str, str]:
    """Return the code of the cells that these cases change."""
    code = mutated(source, [case for case in cases_of if isinstance(case, Mutant)])
    return code | {cell: text for case in cases_of if isinstance(case, Wrong) for cell, text in case.changes.items()}


def without_pictures(source):
    """Return a copy without the cells that only show something: drawing takes longer than most tests, which do not look."""
    source = copy.deepcopy(source)
    source.cells = [cell for cell in source.cells if ONLY_SHOWS not in cell.metadata.get("tags", [])]
    return source


def own_tests(source, cell: str) -> set[str]:
    """Return the tests of a solution cell: those whose names begin with its name."""
    return {name for name in notebooks.tasks(source) if name.startswith(f"{cell}_")}


def frozen_answers(source) -> dict[str, str]:
    """Return, for cells that only set plain values, code that sets the values of this cohort: last year's answers."""
    kernel, answers = InThisProcess(), {}
    for cell in source.cells:
        if cell.cell_type != "code" or notebooks.is_test(cell):
            continue
        assert not [one for one in kernel.run(cell.source) if one.output_type == "error"]
        if not notebooks.is_solution(cell):
            continue
        tree = ast.parse(cell.source).body
        if any(isinstance(one, (ast.FunctionDef, ast.ClassDef)) for one in tree):
            continue
        names = {target.id for one in tree for target in ast.walk(one)
                 if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)}
        try:
            values = {name: _wire.decode(_wire.encode(kernel.namespace[name])) for name in sorted(names)
                      if name in kernel.namespace}
        except Exception:
            continue
        answers[notebooks.grade_id(cell)] = "import numpy as np\nfrom numpy import array, nan, inf\n" + "\n".join(
            f"{name} = {_literal(value)}" for name, value in values.items())
    return answers


def _literal(value) -> str:
    return f"np.array({value.tolist()!r})" if isinstance(value, np.ndarray) else repr(value)


def main(name: str) -> None:
    """Print what every submission of a homework wins."""
    source, module = load(name), cases(name)
    points = {verdict.test: verdict.of for verdict in run(source).verdicts}

    def show(title: str, result: Examination, expected: set[str] | None = None) -> None:
        mark = "" if expected is None else "  as it should" if lost(result) == expected else f"  EXPECTED {sorted(expected)}"
        print(f"{title:34} {result.points:5g} of {result.of:g}  {result.seconds:5.1f} s  lost {sorted(lost(result))}{mark}")

    for cohort in COHORTS:
        show(f"source, {cohort}", result := run(load(name, cohort)), set())
        for verdict in result.verdicts:
            if verdict.problem:
                print("     ", verdict.test, verdict.problem)
    show("blank", run(source, blank(source)), set(points))
    for wrong in module.WRONG:
        result = run(source, wrong.changes)
        show(wrong.name, result, wrong.lost)
        for verdict in result.verdicts:
            if verdict.problem:
                print("     ", verdict.test, "|", verdict.problem.replace("\n", " | "))
        if wrong.fools_the_visible_tests:
            show(f"{wrong.name}, visible tests", run(source, wrong.changes, hidden=False), set())
    for number, one in enumerate(packed(module.MUTANTS)):
        result = run(source, mutated(source, one))
        show(f"mutants, round {number}", result)
        for mutant in one:
            if not own_tests(source, mutant.cell) & lost(result):
                print("      SURVIVED:", mutant)
    last = frozen_answers(load(name, COHORTS[1]))
    result = run(source, last)
    show(f"last year's answers in {sorted(last)}", result)
    for cell in last:
        if not own_tests(source, cell) & lost(result):
            print("      STILL RIGHT:", cell)


if __name__ == "__main__":
    import homework_proof       # the module that the cases import, not a second one with classes of its own

    started = time.monotonic()
    homework_proof.main(sys.argv[1])
    print(f"{time.monotonic() - started:.0f} s in all")
