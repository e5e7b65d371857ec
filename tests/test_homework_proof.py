"""Every homework of the course: its cells keep the rules, and each submission wins what it should and no more."""

import copy

import notebook_lint
import pytest
from homework_proof import (
    COHORTS, Mutant, Wrong, blank, cases, changed, frozen_answers, load, lost, near, own_tests, packed,
    run, solutions, without_pictures,
)

from course_utils.homework import notebook as notebooks
from course_utils.homework import validation

HOMEWORKS = sorted(notebooks.sources())
LONGEST_SOLUTION = 30       # lines


@pytest.fixture(scope="module", params=HOMEWORKS)
def homework(request):
    """Name, source, wrong submissions and mutants; everything of one homework runs before the next."""
    return request.param, load(request.param), cases(request.param)


def test_every_lesson_from_01_has_a_homework():
    lessons = sorted(path.name[:2] for path in notebooks.homework_folder().parent.glob("[0-9][0-9]_*.ipynb"))
    assert [f"hw{number}" for number in lessons if number != "00"] == HOMEWORKS


def test_the_cells_keep_the_rules(homework):
    name, source, _ = homework
    assert validation.rules(source) == []
    of_every_notebook = (notebook_lint.valid_format, notebook_lint.unique_ids, notebook_lint.no_absolute_paths,
                         notebook_lint.names_defined, notebook_lint.formulas_stand_alone, notebook_lint.links_resolve,
                         notebook_lint.kernel_is_python3, notebook_lint.small_file)
    path = notebooks.source_path(name)
    assert [problem for rule in of_every_notebook for problem in rule(notebook_lint.read(path), path)] == []


def test_the_size_is_that_of_a_homework(homework):
    name, source, module = homework
    points, code = notebooks.tasks(source), solutions(source)
    assert 5 <= len({test.partition("_")[0][:5] for test in points}) <= 8 and 15 <= sum(points.values()) <= 40
    assert max(len(text.splitlines()) for text in code.values()) <= LONGEST_SOLUTION
    assert len(module.WRONG) >= 6 and len({wrong.name for wrong in module.WRONG}) == len(module.WRONG)
    assert any(wrong.fools_the_visible_tests for wrong in module.WRONG)
    assert {mutant.cell for mutant in module.MUTANTS} == set(code)


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_solutions_win_all_points_in_every_cohort(homework, cohort):
    source = load(homework[0], cohort)
    result = run(source if cohort == COHORTS[0] else without_pictures(source))
    assert {verdict.test: verdict.problem for verdict in result.verdicts if verdict.problem} == {}
    assert result.points == result.of > 0


def test_a_blank_notebook_wins_nothing(homework):
    _, source, _ = homework
    result = run(without_pictures(source), blank(source))
    assert result.points == 0 and len(result.verdicts) >= 5
    assert all(verdict.problem for verdict in result.verdicts)


def test_wrong_submissions_win_exactly_what_they_should_and_a_slip_of_the_pen_costs_points(homework):
    _, source, module = homework
    source, wrong_points, survivors = without_pictures(source), {}, []
    for one in packed([*module.WRONG, *module.MUTANTS]):
        wrongs, mutants = [case for case in one if isinstance(case, Wrong)], [case for case in one if isinstance(case, Mutant)]
        changes, expected = changed(source, one), set().union(*(wrong.lost for wrong in wrongs))
        result = run(source, changes)
        of_mutants = {test for test in lost(result) for mutant in mutants if near(test, mutant.cell)}
        survivors += [mutant for mutant in mutants if not own_tests(source, mutant.cell) & lost(result)]
        if lost(result) - of_mutants != expected:
            wrong_points[" + ".join(wrong.name for wrong in wrongs)] = sorted((lost(result) - of_mutants) ^ expected)
        # A student reads a sentence, never a traceback of ours.
        assert all("\n  File" not in verdict.problem for verdict in result.verdicts)
        if wrongs and wrongs[0].fools_the_visible_tests:
            assert expected and lost(run(source, changes, hidden=False)) == set(), wrongs[0].name
    assert wrong_points == {} and survivors == []


def test_the_answers_of_another_cohort_fail(homework):
    name, source, _ = homework
    last = frozen_answers(load(name, COHORTS[1]))
    gone = lost(run(without_pictures(source), last)) if last else set()
    assert [cell for cell in last if not own_tests(source, cell) & gone] == []


def test_the_proof_notices_a_test_that_cannot_fail(homework):
    """The proof itself: with tests that always pass, blank notebooks and wrong answers win."""
    _, source, _ = homework
    if homework[0] != HOMEWORKS[0]:
        pytest.skip("once is enough")
    toothless = copy.deepcopy(source)
    for cell in toothless.cells:
        if notebooks.is_test(cell):
            cell.source = "pass"
    assert run(toothless, blank(source)).points > 0
    assert validation.rules(toothless)


