"""A source that breaks a rule is told so before it is handed out; what is handed out holds no solution."""

import contextlib
import copy

import nbformat
import pytest
from homework_submissions import ALL, LARGEST_TEST, MEAN_TEST, small_homework
from nbformat.v4 import new_code_cell

from course_utils.homework import notebook as notebooks
from course_utils.homework.kernels import InThisProcess
from course_utils.homework.validation import Finding, examine_blank, handed_out, rules, validate


def new_kernel():
    """Return a kernel as a context manager."""
    return contextlib.nullcontext(InThisProcess())


def cell_of(notebook, name):
    """Return the cell with this name."""
    return next(cell for cell in notebook.cells if notebooks.grade_id(cell) == name)


def replace(name, old, new):
    """Return a change of the code of a cell."""
    def change(source):
        assert old in cell_of(source, name).source
        cell_of(source, name).source = cell_of(source, name).source.replace(old, new)
    return change


def mark(name, **marks):
    """Return a change of the marks of a cell."""
    return lambda source: cell_of(source, name).metadata.nbgrader.update(marks)


def remove(name):
    """Return a change that takes a cell away."""
    return lambda source: source.cells.remove(cell_of(source, name))


def twice(source):
    source.cells.append(copy.deepcopy(cell_of(source, "setup")))


def with_outputs(source):
    source.cells.append(new_code_cell("1", metadata={"nbgrader": {"grade_id": "extra", "locked": True}},
                                      outputs=[nbformat.v4.new_output("stream", text="1")]))


# --- rules

def test_the_small_homework_keeps_the_rules():
    assert rules(small_homework()) == []


@pytest.mark.parametrize(("change", "problems"), [
    (twice, ["setup: the name is there twice"]),
    (with_outputs, ["extra: the source holds outputs"]),
    (replace("task1", "### BEGIN SOLUTION", "# here"), ["task1: there is no ### BEGIN SOLUTION"]),
    (replace("task3", "### BEGIN SOLUTION", ""), ["task3: there is no ### BEGIN SOLUTION"]),
    (mark("task1_mean", grade_id="mean"), ["mean: the name does not begin with that of a solution",
                                           "task1: no test has a name that begins with task1_"]),
    (mark("task1_mean", grade_id="task11_mean"), ["task11_mean: the name does not begin with that of a solution",
                                                  "task1: no test has a name that begins with task1_"]),
    (remove("task1_mean"), ["task1: no test has a name that begins with task1_"]),
    (remove("task3"), ["no written answer"]),
    (replace("task1_mean", "# Task 1 · Your", "# Your"),
     ["task1_mean: the first line is not “# Task 2 · What it checks.”"]),
    (replace("task1_mean", " · Your mean is the mean, also of columns that you have not seen.", " · "),
     ["task1_mean: the first line is not “# Task 2 · What it checks.”"]),
    (replace("task2_largest", LARGEST_TEST, notebooks.visible(LARGEST_TEST)),
     ["task2_largest: there is no hidden part"]),
    (replace("task2_largest", "### END HIDDEN TESTS", ""), ["task2_largest: there is no hidden part"]),
    (replace("task1_mean", "for label in", "assert x.size\nfor label in"),
     ["task1_mean: it uses assert; a check says more"]),
    (replace("task1_mean", "for label in", "for for label in"),
     ["task1_mean: it is not Python: invalid syntax, line 6"]),
    (replace("task1_mean", 'check = homework.check(1, "01", "We saw")', "check = other"),
     ['task1_mean: there is no homework.check(2, "01", "A heading")']),
    (replace("task1_mean", "We saw", "Nobody saw"), ["task1_mean: lesson 01 has no heading “Nobody saw”"]),
    (replace("task1_mean", '"01"', '"77"'), ["task1_mean: lesson 77 has no heading “We saw”"]),
])
def test_each_broken_rule_is_found_and_nothing_else(change, problems):
    source = small_homework()
    change(source)
    assert rules(source) == problems


def test_words_about_assert_and_a_check_over_two_lines_break_no_rule():
    source = small_homework()
    replace("task1_mean", "for label in", "# no assert here\nfor label in")(source)
    replace("task1_mean", 'homework.check(1, "01", "We saw")', 'homework.check(\n    1, "01",\n    "We saw"\n)')(source)
    assert rules(source) == []


# --- handed out

def test_what_is_handed_out_has_no_solution_and_no_hidden_test():
    source = small_homework()
    with_outputs(source)
    before = copy.deepcopy(source)
    made = handed_out(source)
    text = nbformat.writes(made)
    for secret in ("SOLUTION", "HIDDEN", "x.sum()", "column.max()", "unseen", "Rubric", "far away"):
        assert secret in nbformat.writes(source) and secret not in text
    assert source == before and all(not cell.get("outputs") for cell in made.cells)
    assert "raise NotImplementedError()" in cell_of(made, "task1").source
    assert cell_of(made, "task1").source.startswith('def mean(x):\n    """Return the mean of a column."""\n')
    assert cell_of(made, "task3").source == notebooks.EMPTY_ANSWER
    assert cell_of(made, "setup").source == cell_of(source, "setup").source


def test_what_the_examiner_takes_for_visible_is_what_nbgrader_leaves():
    made = handed_out(small_homework())
    for name, code in (("task1_mean", MEAN_TEST), ("task2_largest", LARGEST_TEST)):
        assert notebooks.visible(code) == cell_of(made, name).source.rstrip() != code
    assert notebooks.assemble(small_homework(), made).remarks == []


def test_what_is_handed_out_wins_nothing():
    result = examine_blank(small_homework(), InThisProcess())
    assert (result.points, result.of) == (0, ALL) and len(result.verdicts) == 2


# --- validation

def failed(source):
    """Return what the validation does not like."""
    return [finding.says for finding in validate(source, new_kernel) if not finding.ok]


def test_the_small_homework_is_valid():
    findings = validate(small_homework(), new_kernel)
    assert all(finding.ok for finding in findings) and len(findings) == 4
    said = [str(finding) for finding in findings]
    assert said[:2] == ["OK    names, marks and sections of the cells", "OK    the solutions win 5 of 5 points"]
    assert said[2].startswith("OK    they take ")
    assert said[3] == "OK    the version that is handed out wins 0 points"
    assert str(Finding(False, "no")) == "FAIL  no"


def test_a_solution_that_is_wrong_is_found():
    source = small_homework()
    replace("task2", "column.max()", "column.min()")(source)
    first, second = failed(source)
    assert first.startswith("the solution fails task2_largest: Task 2: largest is ") and "not right" in first
    assert second == "the solutions win 3 of 5 points"


def test_a_test_that_passes_without_an_answer_is_found():
    source = small_homework()
    replace("task1_mean", MEAN_TEST,
            MEAN_TEST[:MEAN_TEST.index("check.close")] + "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS")(source)
    assert failed(source) == ["the version that is handed out wins 3 points"]


def test_a_broken_rule_is_in_the_validation():
    source = small_homework()
    remove("task3")(source)
    assert failed(source) == ["no written answer"]


def test_a_kernel_that_was_stopped_is_found():
    class Stopped(InThisProcess):
        incident = "It ran longer than 240 seconds"

    findings = validate(small_homework(), lambda: contextlib.nullcontext(Stopped()))
    assert [finding.says for finding in findings if not finding.ok] == [
        "the solutions win 5 of 5 points It ran longer than 240 seconds"]


def test_each_examination_has_a_kernel_of_its_own():
    entered, left = [], []

    @contextlib.contextmanager
    def counted():
        entered.append(InThisProcess())
        yield entered[-1]
        left.append(entered[-1])

    validate(small_homework(), counted)
    assert len(entered) == 2 and entered == left and entered[0] is not entered[1]
