"""A student's own notebook: it is found wherever it lies, run as it is, and what is missing is said in plain words."""

import contextlib
import copy

import nbformat
import pytest
from homework_submissions import GOOD, small_homework
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import settings
from course_utils.errors import DataError
from course_utils.homework import checking
from course_utils.homework import notebook as notebooks
from course_utils.homework.checking import Report, check, find
from course_utils.homework.examination import Verdict
from course_utils.homework.kernels import InThisProcess
from course_utils.homework.validation import handed_out

PASSES = Verdict("task1_mean", "Task 1 · The mean.", 3, 3)
FAILS = Verdict("task2_largest", "Task 2 · The largest.", 0, 2, "Task 2: it is 3.\nTry: look again.")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The student's working folder; the course is elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path / "nowhere")
    return tmp_path


def save(path, notebook=None):
    """Save a notebook, the small homework with its hidden tests taken out unless another is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(students_version() if notebook is None else notebook, path)
    return path


def students_version():
    """Return the small homework without hidden tests and without answers."""
    made = small_homework()
    for cell in made.cells:
        if notebooks.is_test(cell):
            cell.source = notebooks.visible(cell.source)
        elif notebooks.is_solution(cell):
            cell.source = "raise NotImplementedError()" if cell.cell_type == "code" else notebooks.EMPTY_ANSWER
    return made


# --- find

def test_a_path_is_that_file_whatever_its_name(folder):
    mine = save(folder / "a" / "my homework (2).ipynb")
    assert find(str(mine)) == mine
    assert find("a/my homework (2).ipynb").samefile(mine)


def test_a_path_may_begin_at_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    mine = save(folder / "a" / "mine.ipynb")
    assert find("~/a/mine.ipynb") == mine


@pytest.mark.parametrize("words", ["hw98", "HW98", "98"])
def test_a_number_finds_the_notebook_in_or_below_the_folder(folder, words):
    save(folder / "hw97_other.ipynb")
    mine = save(folder / "a" / "b" / "hw98_averages.ipynb")
    assert find(words) == mine


def test_a_number_of_one_digit_is_enough(folder):
    mine = save(folder / "hw01_shift.ipynb")
    assert find("1") == find("hw1") == find("01") == mine


@pytest.mark.parametrize("place", [
    ".ipynb_checkpoints", "source/hw98", "autograded/anna/hw98", "examined/anna/hw98", "submitted/anna/hw98",
])
def test_checkpoints_and_the_folders_of_grading_are_not_the_students(folder, place):
    save(folder / place / "hw98_averages.ipynb")
    with pytest.raises(DataError, match="no notebook of hw98"):
        find("hw98")
    mine = save(folder / "mine" / "hw98_averages.ipynb")
    assert find("hw98") == mine


@pytest.mark.parametrize("place", ["source", "submitted/me", "examined"])
def test_a_working_folder_with_such_a_name_is_the_students(folder, monkeypatch, place):
    mine = save(folder / place / "course" / "hw98_averages.ipynb")
    monkeypatch.chdir(folder / place)
    assert find("hw98") == mine


def test_the_lecturers_source_is_not_the_students_wherever_it_lies(folder):
    save(folder / "notebooks" / "homework" / "hw98_averages.ipynb", small_homework())
    (folder / "hw98_damaged.ipynb").write_bytes(b"\xff")
    (folder / "hw98_folder.ipynb").mkdir()
    with pytest.raises(DataError, match="no notebook of hw98"):
        find("hw98")
    mine = save(folder / "hw98_averages.ipynb")
    assert find("hw98") == mine


def test_two_notebooks_are_both_named(folder):
    save(folder / "hw98_averages.ipynb")
    save(folder / "hw98_averages (1).ipynb")
    with pytest.raises(DataError, match="more than one notebook") as error:
        find("hw98")
    assert "hw98_averages.ipynb" in error.value.problem and "hw98_averages (1).ipynb" in error.value.problem
    assert "name the file" in error.value.hint


@pytest.mark.parametrize("words", ["nothing.ipynb", "hw", "hw123", "homework 1", "", "hw9x", "../hw98"])
def test_words_that_name_nothing(folder, words):
    save(folder / "hw98_averages.ipynb")
    with pytest.raises(DataError) as error:
        find(words)
    assert error.value.problem == f"There is no notebook {words}." and error.value.hint


# --- report

def test_a_complete_report_says_what_decides(tmp_path):
    report = Report(tmp_path / "hw98.ipynb", [PASSES, PASSES])
    assert report.complete
    assert str(report) == ("hw98.ipynb\n  passes   Task 1 · The mean.\n  passes   Task 1 · The mean.\n"
                           "2 of 2 visible tests pass. Hidden tests, with other data, decide about the points.")


def test_an_incomplete_report_says_what_to_do(tmp_path):
    report = Report(tmp_path / "hw98.ipynb", [PASSES, FAILS], ["The written answer task3 is empty."])
    assert not report.complete
    assert str(report) == ("hw98.ipynb\n  passes   Task 1 · The mean.\n  not yet  Task 2 · The largest.\n"
                           "           Task 2: it is 3.\n           Try: look again.\n"
                           "  missing  The written answer task3 is empty.\n1 of 2 visible tests pass.")


@pytest.mark.parametrize(("verdicts", "missing"), [([PASSES], ["x"]), ([FAILS], []), ([PASSES, FAILS], [])])
def test_one_gap_is_enough_for_incomplete(tmp_path, verdicts, missing):
    report = Report(tmp_path, verdicts, missing)
    assert not report.complete and "decide" not in str(report)


# --- check

def test_a_notebook_without_tests_is_refused_before_a_kernel_starts(folder, monkeypatch):
    monkeypatch.setattr(checking, "JupyterKernel", None)
    with pytest.raises(notebooks.SubmissionProblem, match="has no tests"):
        check(save(folder / "hw98_averages.ipynb", new_notebook(cells=[new_code_cell("1")])))
    with pytest.raises(notebooks.SubmissionProblem, match="is empty"):
        (folder / "empty.ipynb").touch()
        check(folder / "empty.ipynb")


def test_cells_that_the_course_has_and_the_notebook_has_not(folder, monkeypatch):
    path = save(folder / "hw98_averages.ipynb")
    assert checking._lost_cells(path, {"setup"}) == []      # no checkout to compare with
    monkeypatch.setattr(settings, "project_folder", lambda: folder)
    save(folder / "notebooks" / "homework" / "hw98_averages.ipynb", small_homework())
    assert checking._lost_cells(path, {"setup", "task1", "task1_mean", "task3", None}) == [
        "The cell task2 is gone; get the notebook again.", "The cell task2_largest is gone; get the notebook again."]
    assert checking._lost_cells(folder / "my own.ipynb", set()) == []


def test_a_half_solved_notebook_is_run_as_it_is(folder):
    mine = handed_out(small_homework())
    by_name = {notebooks.grade_id(cell): cell for cell in mine.cells}
    by_name["task1"].source = "def mean(x):\n    return 3.0      # passes what is visible"
    mine.cells += [new_code_cell("open('was-here', 'w').close()\nundefined"), copy.deepcopy(by_name["task2"])]
    mine.cells[-1].id = "again"
    path = save(folder / "mine" / "hw98_averages.ipynb", mine)
    before = path.read_bytes()
    report = check(path)
    assert [(one.test, one.points) for one in report.verdicts] == [("task1_mean", 3), ("task2_largest", 0)]
    assert "there is no `largest` yet" in report.verdicts[1].problem
    assert report.missing == [
        "The cell task2 is there twice; delete one.", "The written answer task3 is empty.",
        "Your own cell  stops: NameError: name 'undefined' is not defined"]
    assert not report.complete and "1 of 2 visible tests pass." in str(report)
    assert path.read_bytes() == before and (path.parent / "was-here").exists()      # in its own folder


@pytest.fixture
def without_a_kernel(monkeypatch):
    """Run the notebook in this process."""
    monkeypatch.setattr(checking, "JupyterKernel", lambda *arguments: contextlib.nullcontext(InThisProcess()))


def answered(notebook, **answers):
    """Return a notebook with these answers."""
    for cell in notebook.cells:
        cell.source = answers.get(notebooks.grade_id(cell), cell.source)
    return notebook


def test_a_solved_notebook_is_complete(folder, without_a_kernel):
    mine = answered(students_version(), **GOOD, task3="My words.")
    report = check(save(folder / "hw98_averages.ipynb", mine))
    assert report.complete and report.missing == [] and len(report.verdicts) == 2
    mine = answered(mine, task3="  \n")
    assert check(save(folder / "hw98_averages.ipynb", mine)).missing == ["The written answer task3 is empty."]


def test_only_the_visible_tests_are_run(folder, without_a_kernel):
    mine = answered(small_homework(), task1="def mean(x):\n    return 3.0", task2="largest = 0")
    assert check(save(folder / "mine.ipynb", mine)).complete
