"""The examiner's verdicts: points for what is right, a sentence for what is not, and never a line of a test."""

import json
import re

import nbformat
import pytest
from homework_submissions import ALL, EQUALS, FIRST, GOOD, SECOND, small_homework
from nbformat.v4 import new_code_cell

from course_utils.homework import _worker, examination, validation
from course_utils.homework import notebook as notebooks
from course_utils.homework.assignment import lesson_address
from course_utils.homework.examination import examine, examine_unreadable
from course_utils.homework.kernels import InThisProcess
from course_utils.homework.notebook import SubmissionProblem

BLANK = {"task1": "def mean(x):\n    raise NotImplementedError()", "task2": "raise NotImplementedError()"}


def cell_of(notebook, name):
    """Return the cell with this name."""
    return next(cell for cell in notebook.cells if notebooks.grade_id(cell) == name)


def examined(site="", hidden=True, kernel=None, secret="secret", **changes):
    """Examine the small homework with good answers, except for these."""
    source = small_homework()
    for name, code in {**GOOD, **changes}.items():
        cell_of(source, name).source = code
    return examine(source, kernel or InThisProcess(), secret, site, hidden)


def verdict(result, name="task1_mean"):
    """Return the verdict of a test."""
    return next(one for one in result.verdicts if one.test == name)


def page(result, name="task1_mean"):
    """Return what the page shows below a test."""
    return cell_of(result.notebook, name).outputs[0].data["text/html"]


# --- points

def test_right_answers_win_all_points():
    result = examined()
    assert (result.points, result.of, result.incident) == (ALL, ALL, "")
    assert [(one.test, one.says, one.points, one.of, one.problem) for one in result.verdicts] == [
        ("task1_mean", "Task 1 · Your mean is the mean, also of columns that you have not seen.", FIRST, FIRST, ""),
        ("task2_largest", "Task 2 · The largest number of your column.", SECOND, SECOND, "")]
    assert cell_of(result.notebook, "task1_mean").outputs == [] and result.seconds > 0


@pytest.mark.parametrize(("changes", "lost", "says"), [
    ({"task2": "largest = column.mean()"}, "task2_largest", "largest is 2.7"),
    ({"task2": "largest = 'three'"}, "task2_largest", "largest should be numbers and is 'three'"),
    ({"task2": "largest = column"}, "task2_largest", "largest should have the shape () and has (50,)"),
    ({"task2": "largest = print"}, "task2_largest", "cannot be checked"),
    ({"task2": "largest = = 3"}, "task2_largest", "there is no `largest` yet"),
    ({"task2": EQUALS + "largest = Yes(3)"}, "task2_largest", "largest is 3, which is not right"),
    ({"task1": "def mean(x):\n    return 3.0"}, "task1_mean", "your mean of another column is 3, which is not right"),
    ({"task1": "def mean(x):\n    pass"}, "task1_mean",
     "your mean of 1, 2, 6 is None; does the function return its result?"),
    ({"task1": "def mean(x):\n    return 4.5"}, "task1_mean", "your mean of 1, 2, 6 is 4.5 and should be 3."),
    ({"task1": "def mean(x):\n    return x.average()"}, "task1_mean", "has no attribute 'average' (line 2"),
    ({"task1": "def mean(x):\n    x *= 0\n    return x.sum()"}, "task1_mean",
     "your mean of 1, 2, 6 is 0 and should be 3."),
    ({"task1": "def mean(x):\n    raise SystemExit"}, "task1_mean", "SystemExit"),
    ({"task1": "class Mute(Exception):\n    def __str__(self): raise self\ndef mean(x):\n    raise Mute"}, "task1_mean",
     "Mute, whose message"),
    ({"task1": BLANK["task1"]}, "task1_mean", "the cell of the task still waits for your code."),
    ({"task2": BLANK["task2"]}, "task2_largest", "there is no `largest` yet"),
])
def test_a_wrong_answer_loses_its_own_test_and_no_other(changes, lost, says):
    result = examined(**changes)
    assert [one.test for one in result.verdicts if one.problem] == [lost] and verdict(result, lost).points == 0
    assert says in verdict(result, lost).problem and result.points == ALL - verdict(result, lost).of


def test_a_blank_notebook_wins_nothing():
    result = examined(**BLANK)
    assert result.points == 0 and result.of == ALL and all(one.problem for one in result.verdicts)


def test_the_answer_of_another_cohort_wins_nothing():
    kernel = InThisProcess()
    examined(kernel=kernel)
    source = notebooks.with_cohort(small_homework(), "2027S")
    cell_of(source, "task2").source = f"largest = {kernel.namespace['largest']}"
    assert examine(source, InThisProcess(), "secret").points == FIRST


def test_without_the_hidden_tests_an_answer_for_the_visible_one_is_enough():
    changes = {"task1": "def mean(x):\n    return 3.0", "task2": "largest = 0"}
    assert examined(hidden=False, **changes).points == ALL
    assert examined(hidden=True, **changes).points == 0
    assert examined(hidden=False, **BLANK).points == 0


def test_the_hidden_data_depend_on_the_secret():
    first = "def mean(x):\n    return 3.0 if len(x) == 3 else x[0]"
    told = [verdict(examined(secret=secret, task1=first)).problem for secret in ("a", "b", "a ", "a")]
    assert len(set(told)) == 3 and told[0] == told[3] and all("your mean of another column" in one for one in told)


# --- outputs

def test_a_failed_test_has_an_error_as_output_and_the_points_in_it():
    outputs = cell_of(examined(task2="largest = 0").notebook, "task2_largest").outputs
    assert [one.output_type for one in outputs] == ["display_data", "error"]
    assert outputs[1].ename == "NotYet" and outputs[1].evalue == "task2_largest: 0 of 2 points"


def test_a_message_names_the_lesson_and_links_to_its_section_in_the_checkout():
    result = examined(task1="def mean(x):\n    return 4.5")
    assert verdict(result).problem == ("Task 1: your mean of 1, 2, 6 is 4.5 and should be 3.\n"
                                       "Try: look again at lesson 01, “We saw” "
                                       "(notebooks/01_dataset_shift.ipynb#We-saw).")
    assert page(result) == ('<p>Task 1: your mean of 1, 2, 6 is 4.5 and should be 3.<br>Look again at '
                            '<a href="notebooks/01_dataset_shift.ipynb#We-saw">lesson 01, “We saw”</a>.</p>')
    assert cell_of(result.notebook, "task1_mean").outputs[0].data["text/plain"] == verdict(result).problem


@pytest.mark.parametrize("site", ["https://example.org/course", "https://example.org/course/"])
def test_with_a_reading_site_the_link_leads_to_its_page(site):
    link = 'href="https://example.org/course/notebooks/01_dataset_shift.html#we-saw"'
    assert link in page(examined(site=site, task1="def mean(x):\n    return 4.5"))


def test_what_a_student_wrote_is_shown_as_text():
    result = examined(task2="largest = '<script>alert(1)</script> & more'")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page(result, "task2_largest")
    result = examined(task1="def mean(x):\n    raise ValueError('<img src=x onerror=alert(1)>')")
    assert "ValueError: &lt;img src=x" in page(result) and "<img" not in page(result)


def test_the_anchor_is_the_one_that_sphinx_gives():
    nodes = pytest.importorskip("docutils.nodes")
    headings = {heading for number in range(8) for heading in validation._headings(f"{number:02}")}
    headings |= {"Déjà vu — or not", "1.2 Next", "A_b  c", "What’s new?", "-x-", "Über: 3 Wörter"}
    assert len(headings) > 50
    for heading in headings:
        _, _, asked = lesson_address("01", heading).partition("#")
        assert examination._page_anchor(asked) == nodes.make_id(heading)


def test_what_a_test_prints_is_shown_and_only_if_it_passes():
    cell = cell_of(source := small_homework(), "task1_mean")
    cell.source = f"{cell.source}\nprint('well', 'done')"
    result = examine(source, InThisProcess(), "secret")
    assert [one.text for one in cell_of(result.notebook, "task1_mean").outputs] == ["well done\n"]
    cell.source = f"print('not shown')\n{cell.source}"
    cell_of(source, "task1").source = BLANK["task1"]
    result = examine(source, InThisProcess(), "secret")
    assert "not shown" not in json.dumps(cell_of(result.notebook, "task1_mean").outputs)


def test_a_students_cell_has_what_it_printed_and_where_it_stopped():
    result = examined(task2="print('so far')\nlargest = 1 / 0", task1=GOOD["task1"] + "\nprint(mean(column) > 0)")
    assert cell_of(result.notebook, "task1").outputs[0].text == "True\n"
    printed, stopped = cell_of(result.notebook, "task2").outputs
    assert printed.text == "so far\n" and (stopped.ename, stopped.evalue) == ("ZeroDivisionError", "division by zero")
    nbformat.validate(result.notebook)
    result = examined(task2="class Mute(Exception):\n    def __str__(self): raise self\nraise Mute")
    assert cell_of(result.notebook, "task2").outputs[0].ename == "Mute" and result.points == FIRST


@pytest.mark.parametrize("answer", ["{'a': 1}", "[]", "None", "'text'", "[[1, 2]]"])
def test_a_test_that_stops_at_a_strange_answer_blames_it_without_a_line_of_the_test(answer):
    source = small_homework()
    cell_of(source, "task2").source = f"largest = {answer}"
    cell_of(source, "task2_largest").source = (
        "# Task 2 · Strange answers.\ncheck = homework.check(2, '01', 'We saw')\n"
        "wanted_secretly = check.value('largest')[7] + 1\ncheck.holds(wanted_secretly > 0, 'no')")
    result = examine(source, InThisProcess(), "secret")
    said = verdict(result, "task2_largest")
    assert re.match(r"The test could not use your answer \((Key|Index|Type)Error: .+\)\.$", said.problem)
    assert said.points == 0
    assert "wanted_secretly" not in json.dumps([said.problem, cell_of(result.notebook, "task2_largest").outputs])
    assert verdict(result, "task2_largest").says == "Task 2 · Strange answers."


def test_a_very_long_message_of_such_a_test_is_cut():
    source = small_homework()
    cell_of(source, "task2").source = "largest = 'x' * 10**6"
    cell_of(source, "task2_largest").source = "float(homework.check(2, '01', 'We saw').value('largest'))"
    assert 100 < len(verdict(examine(source, InThisProcess()), "task2_largest").problem) < 3000


# --- where what runs

def test_the_examiner_runs_locked_cells_and_never_the_students():
    kernel = InThisProcess()
    result = examined(kernel=kernel, task2="largest = max(column)\ncolumn = column * 0")
    assert kernel.namespace["column"].max() == 0
    assert result.points == ALL        # the lecturer's column is another one


def test_cells_for_the_student_only_are_not_run_by_the_examiner():
    source, kernel = small_homework(), InThisProcess()
    cell = new_code_cell("column = column * 0\nimported = True",
                         metadata={"nbgrader": {"locked": True, "grade_id": "show"}})
    source.cells.insert(2, cell)
    assert examine(source, InThisProcess(), "secret").points == ALL
    cell.source = "imported = True\ncolumn = column + 1"
    cell.metadata["tags"] = [notebooks.HERE_ONLY]
    result = examine(source, kernel, "secret")
    assert kernel.namespace["imported"] and result.points == FIRST
    cell.metadata["tags"] = ["another"]
    assert examine(source, InThisProcess(), "secret").points == ALL


def test_a_cell_that_the_student_added_runs_in_the_kernel_only():
    source = small_homework()
    source.cells.insert(2, new_code_cell("column = column * 0 + 1"))
    cell_of(source, "task2").source = GOOD["task2"]
    assert examine(source, InThisProcess(), "secret").points == FIRST


def test_the_incident_of_the_kernel_and_its_memory_are_in_the_result():
    kernel = InThisProcess()
    kernel.incident, kernel.peak_mib = "It ended the kernel", 12.5
    result = examined(kernel=kernel)
    assert (result.incident, result.peak_mib) == ("It ended the kernel", 12.5)


def test_figures_are_closed_and_the_backend_is_the_one_before():
    import matplotlib
    import matplotlib.pyplot as plt

    before = matplotlib.get_backend()
    matplotlib.use("svg")
    try:
        source = small_homework()
        cell_of(source, "setup").source += ("\nimport matplotlib, matplotlib.pyplot as plt\nplt.plot(column)\n"
                                            "backend = matplotlib.get_backend()")
        kernel = InThisProcess()
        examine(source, kernel, "secret")
        assert kernel.namespace["backend"].lower() == "agg"
        assert matplotlib.get_backend() == "svg" and plt.get_fignums() == []
        cell_of(source, "setup").source = "1 / 0"
        with pytest.raises(ZeroDivisionError):      # the lecturer's own cell
            examine(source, InThisProcess(), "secret")
        assert matplotlib.get_backend() == "svg"
    finally:
        matplotlib.use(before)


# --- what cannot be read

def test_an_unreadable_submission_has_no_points_and_a_page_that_says_why():
    source = small_homework()
    result = examine_unreadable(source, SubmissionProblem("<b>It</b> is empty.", "save it."))
    assert (result.points, result.of, result.incident) == (0, ALL, "<b>It</b> is empty.")
    assert [(one.test, one.points, one.of, one.problem) for one in result.verdicts] == [
        ("task1_mean", 0, FIRST, "<b>It</b> is empty."), ("task2_largest", 0, SECOND, "<b>It</b> is empty.")]
    for name in ("task1_mean", "task2_largest"):
        shown, error = cell_of(result.notebook, name).outputs
        assert shown.data["text/html"] == "<p>&lt;b&gt;It&lt;/b&gt; is empty.</p>"
        assert (error.output_type, error.ename) == ("error", "SubmissionProblem") and "0 of" in error.evalue
    answers = [cell_of(result.notebook, name).source for name in ("task1", "task2", "task3")]
    assert answers == ["", "", notebooks.EMPTY_ANSWER]
    assert cell_of(source, "task1").source == cell_of(small_homework(), "task1").source
    nbformat.validate(result.notebook)


# --- what is kept

def test_half_a_character_in_an_output_does_not_stop_the_examination_from_being_kept(tmp_path):
    result = examined(task1="def mean(x):\n    raise ValueError('half \\ud800 a letter')")
    _worker._write(tmp_path / "a" / "b.ipynb", tmp_path / "c" / "d.json", result, ["Odd."], "key")
    kept = json.loads((tmp_path / "c" / "d.json").read_text())
    assert (kept["points"], kept["of"], kept["key"], kept["remarks"]) == (SECOND, ALL, "key", ["Odd."])
    assert list(kept["failed"]) == ["task1_mean"]
    assert "half ? a letter" in (tmp_path / "a" / "b.ipynb").read_text(encoding="utf-8")
