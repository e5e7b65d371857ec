"""What came back is read as a stranger's: the lecturer's notebook is put together anew, with the answers in it."""

import copy
import json
import os

import nbformat
import pytest
from homework_submissions import GOOD, MEAN, MEAN_TEST, WRITTEN, small_homework
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from course_utils import settings
from course_utils.errors import EnvironmentProblem
from course_utils.homework import notebook as notebooks
from course_utils.homework.notebook import SubmissionProblem, UnknownHomework, assemble, read_submission

ANSWERS = {**GOOD, "task3": "My words."}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with homework 01 and 98."""
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path)
    folder = tmp_path / "notebooks" / "homework"
    folder.mkdir(parents=True)
    for name in ("hw01_shift", "hw98_averages"):
        nbformat.write(small_homework(), folder / f"{name}.ipynb")
    for name in ("hw1_no.ipynb", "hw99_notes.md", "readme.ipynb", "hwxx_no.ipynb"):
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def sent(tmp_path):
    """Write what a student sent, and read it."""
    def send(content):
        path = tmp_path / "sent.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_submission(path)
    return send


def raw(**more):
    """Return the small homework as it lies in a file."""
    return json.loads(nbformat.writes(small_homework())) | more


def cell_of(notebook, name):
    """Return the cell with this name."""
    return next(cell for cell in notebook.cells if notebooks.grade_id(cell) == name)


def names_of(notebook):
    """Return the names of the cells, or the code of those that have none."""
    return [notebooks.grade_id(cell) or cell.source for cell in notebook.cells]


# --- sources

def test_the_sources_are_the_notebooks_with_a_number_of_two_digits(checkout):
    assert notebooks.sources() == {"hw01": checkout / "hw01_shift.ipynb", "hw98": checkout / "hw98_averages.ipynb"}


@pytest.mark.parametrize("name", ["1", "01", "hw1", "hw01", "HW01", "Hw1"])
def test_a_homework_has_several_names(checkout, name):
    assert notebooks.source_path(name) == checkout / "hw01_shift.ipynb"


@pytest.mark.parametrize("name", ["2", "", "hw", "hw99", "001", "hwhw01", "../hw01", "hw01_shift", "-1", "1.0"])
def test_an_unknown_homework_gets_the_names_of_those_there_are(checkout, name):
    with pytest.raises(UnknownHomework, match=f"There is no homework {name}.\nTry: one of hw01, hw98"):
        notebooks.source_path(name)


def test_without_a_checkout_there_is_no_homework(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path)
    with pytest.raises(EnvironmentProblem, match="no folder notebooks/homework/"):
        notebooks.source_path("hw01")


# --- marks

def test_the_marks_say_whose_a_cell_is():
    told = {name: [kind for kind in ("solution", "written", "test", "locked") if getattr(notebooks, f"is_{kind}")(cell)]
            for name, cell in zip(names_of(small_homework()), small_homework().cells)}
    assert told == {"# Averages": [], "setup": ["locked"], "task1": ["solution"], "task1_mean": ["test", "locked"],
                    "task2": ["solution"], "task2_largest": ["test", "locked"], "task3": ["solution", "written"]}
    assert notebooks.tasks(small_homework()) == {"task1_mean": 3, "task2_largest": 2, "task3": 2}


@pytest.mark.parametrize("marks", [None, [], "task1", 3, {}, {"grade_id": 3}, {"grade_id": None, "grade": None}])
def test_odd_marks_are_no_marks(marks):
    cell = new_code_cell("", metadata={"nbgrader": marks})
    assert notebooks.grade_id(cell) is None and not notebooks.is_locked(cell) and not notebooks.is_solution(cell)
    assert notebooks.grade_id(new_code_cell("")) is None and not notebooks.is_test(new_code_cell(""))


# --- visible

@pytest.mark.parametrize(("code", "seen"), [
    ("a\nb\n", "a\nb"),
    ("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS", "a"),
    ("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc", "a\nc"),
    ("### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc\n### BEGIN HIDDEN TESTS\nd\n### END HIDDEN TESTS\ne\n",
     "c\ne"),
    ("for x in y:\n    a\n    ### BEGIN HIDDEN TESTS\n    b\n    ### END HIDDEN TESTS  \nc", "for x in y:\n    a\nc"),
])
def test_the_hidden_part_of_a_test_is_not_visible(code, seen):
    assert notebooks.visible(code) == seen


# --- cohort

def test_a_cohort_gets_its_name_into_the_one_locked_line():
    source = small_homework()
    cell_of(source, "task1").source += '\nHomework("hw98", cohort="mine")'
    made = notebooks.with_cohort(source, "2027S")
    assert 'Homework("hw98", cohort="2027S", answers=globals())' in cell_of(made, "setup").source
    assert 'cohort="mine"' in cell_of(made, "task1").source
    assert 'cohort="practice"' in cell_of(source, "setup").source


@pytest.mark.parametrize("name", ["2027S", "a", "1", "A.b-c_d", "x" * 40])
def test_good_names_of_cohorts(name):
    assert f'cohort="{name}"' in cell_of(notebooks.with_cohort(small_homework(), name), "setup").source


@pytest.mark.parametrize("name", [
    "", ".", "..", ".a", "-a", "_a", "a/b", "a\\b", "a b", "ä", "x" * 41, 'a"', "a\n", "../a", r"\1",
])
def test_bad_names_of_cohorts(name):
    with pytest.raises(SubmissionProblem, match="cannot be the name of a cohort"):
        notebooks.with_cohort(small_homework(), name)


@pytest.mark.parametrize("setup", [
    "", "homework = 1", 'Homework("hw98", "practice")', "Homework('hw98', cohort='practice')",
    'Homework("hw98", cohort="a")\nHomework("hw98", cohort="b")',
])
def test_a_source_makes_its_homework_once(setup):
    source = small_homework()
    cell_of(source, "setup").source = setup
    with pytest.raises(SubmissionProblem, match="exactly one locked cell"):
        notebooks.with_cohort(source, "2027S")


def test_the_line_with_the_cohort_stands_in_a_locked_cell():
    source = small_homework()
    cell_of(source, "setup").metadata.nbgrader.locked = False
    with pytest.raises(SubmissionProblem, match="exactly one locked cell"):
        notebooks.with_cohort(source, "2027S")


# --- reading

def test_of_a_cell_only_its_text_and_its_name_are_read(sent):
    content = raw()
    content["metadata"]["kernelspec"]["name"] = "evil"
    content["cells"][2] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}], "execution_count": 7}
    content["cells"][2]["metadata"] |= {"tags": ["student-only"], "collapsed": True}
    content["cells"][2]["metadata"]["nbgrader"]["points"] = 100
    content["cells"][6]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    got = sent(content)
    changed = [cell.source.replace("BEGIN HIDDEN", "BEGIN_HIDDEN").replace("END HIDDEN", "END_HIDDEN")
               for cell in small_homework().cells]
    assert [cell.source for cell in got.cells] == changed       # nbgrader must not look for its marks in an answer
    assert got.metadata == {}
    assert got.cells[2].metadata == {"nbgrader": {"grade_id": "task1"}}
    assert got.cells[2].outputs == [] and got.cells[2].execution_count is None
    assert "attachments" not in got.cells[6]


def test_the_source_may_be_a_list_of_lines(sent):
    content = raw()
    content["cells"][2]["source"] = MEAN.splitlines(keepends=True)
    content["cells"][4]["source"] = []
    got = sent(content)
    assert got.cells[2].source == MEAN and got.cells[4].source == ""


@pytest.mark.parametrize("minor", [0, 1, 4, 5, 99])
def test_every_minor_version_of_format_4_is_read(sent, minor):
    content = raw(nbformat_minor=minor)
    for cell in content["cells"]:
        del cell["id"]
    assert names_of(sent(content)) == names_of(small_homework())


@pytest.mark.parametrize("version", [2, 3])
def test_the_formats_before_it_are_read(sent, version):
    cell = {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "outputs": [], "language": "python", "metadata": {}}
    got = sent({"nbformat": version, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]})
    assert [cell.source for cell in got.cells] == ["a = 1\nb = 2"]


@pytest.mark.parametrize(("kind", "read"),
                         [("code", "code"), ("markdown", "markdown"), ("raw", "raw"), ("heading", "raw"), ("", "raw")])
def test_a_cell_of_an_unknown_type_is_a_raw_one(sent, kind, read):
    content = raw()
    content["cells"][0]["cell_type"] = kind
    assert sent(content).cells[0].cell_type == read


@pytest.mark.parametrize("name", [3, None, ["task1"], {"a": 1}])
def test_a_name_that_is_no_text_is_no_name(sent, name):
    content = raw()
    content["cells"][2]["metadata"]["nbgrader"]["grade_id"] = name
    content["cells"][3]["metadata"]["nbgrader"] = name
    assert [cell.metadata for cell in sent(content).cells[2:4]] == [{}, {}]


def test_half_a_character_is_read_as_what_can_be_saved(sent):
    content = raw()
    content["cells"][2]["source"] = "name = '\ud800'"
    assert sent(content).cells[2].source == "name = '?'"


def change(place, value):
    """Return the small homework as a file, with another value at this place."""
    content = target = raw()
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return content


@pytest.mark.parametrize("content", [
    b"{", b'{"cells": [', b"null", b"[]", b"3", b'"text"', b"{}", b"import os", b"[" * 200_000, b"9" * 5000,
    raw(cells=None), raw(cells={}), raw(cells=3), raw(cells="abc"), raw(cells=[3]), raw(cells=["abc"]), raw(cells=[[]]),
    raw(cells=[{}]), raw(cells=[None]),
    raw(nbformat=1), raw(nbformat=True), raw(nbformat=2), raw(nbformat=3), raw(nbformat=5), raw(nbformat=99),
    raw(nbformat=-1), raw(nbformat="4"), raw(nbformat=None), raw(nbformat=[4]), raw(nbformat_minor=None),
    raw(nbformat_minor="5"),
    {"nbformat": 2, "worksheets": []}, {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": 3},
    change(["cells", 2, "source"], None), change(["cells", 2, "source"], 3), change(["cells", 2, "source"], [3]),
    change(["cells", 2, "source"], {"a": 1}), change(["cells", 2, "source"], [["a"]]),
    change(["cells", 2, "cell_type"], []),
    change(["cells", 2, "metadata"], []), change(["cells", 2, "metadata"], "x"), change(["cells", 2, "metadata"], None),
])
def test_a_damaged_notebook_gets_one_sentence(sent, content):
    with pytest.raises(SubmissionProblem) as error:
        sent(content)
    assert error.value.problem == "sent.ipynb is not a notebook, or a damaged one."
    assert "save it and hand it in again" in error.value.hint


@pytest.mark.parametrize("key", ["nbformat", "nbformat_minor", "cells"])
def test_a_notebook_without_one_of_its_parts_is_damaged(sent, key):
    content = raw()
    del content[key]
    with pytest.raises(SubmissionProblem, match="a damaged one"):
        sent(content)


@pytest.mark.parametrize("metadata", [None, [], "x", {"kernelspec": 3}])
def test_what_the_notebook_says_about_itself_does_not_matter(sent, metadata):
    assert names_of(sent(raw(metadata=metadata))) == names_of(small_homework())


@pytest.mark.parametrize("content", [b"\xff\xfe{\0}\0", b'{"a": "\xe4"}'])
def test_a_file_that_is_no_text_cannot_be_read(sent, content):
    with pytest.raises(SubmissionProblem, match="sent.ipynb cannot be read"):
        sent(content)


def test_an_empty_file_says_so(sent):
    with pytest.raises(SubmissionProblem, match="sent.ipynb is empty"):
        sent(b"")


def test_a_file_that_is_too_large_is_not_opened(sent, monkeypatch):
    size = len(json.dumps(raw()))
    monkeypatch.setattr(notebooks, "LARGEST_SUBMISSION", size)
    assert len(sent(raw()).cells) == 7
    monkeypatch.setattr(notebooks, "LARGEST_SUBMISSION", size - 1)
    with pytest.raises(SubmissionProblem, match=r"sent.ipynb has \d+ MiB.\nTry: clear its outputs"):
        sent(raw())


def test_what_is_not_a_file_says_so(tmp_path, sent):
    sent(raw())
    (tmp_path / "folder.ipynb").mkdir()
    places = [tmp_path / "folder.ipynb", tmp_path / "nothing.ipynb"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ipynb")
        (tmp_path / "link.ipynb").symlink_to(tmp_path / "sent.ipynb")
        places += [tmp_path / "pipe.ipynb", tmp_path / "link.ipynb"]
    for place in places:
        with pytest.raises(SubmissionProblem, match=f"{place.name} is not a file"):
            read_submission(place)


# --- assembling

def submission(edit=lambda cells: None, **answers):
    """Return a submission with these answers, after an edit of the list of its cells."""
    made, answers = small_homework(), ANSWERS | answers
    for cell in made.cells:
        if notebooks.grade_id(cell) in answers:
            cell.source = answers[notebooks.grade_id(cell)]
        elif notebooks.is_test(cell):
            cell.source = notebooks.visible(cell.source)
    edit(made.cells)
    return made


def assembled(edit=lambda cells: None, **answers):
    """Return the submission in the lecturer's notebook."""
    return assemble(small_homework(), submission(edit, **answers))


def test_the_answers_stand_in_the_lecturers_notebook():
    got = assembled()
    assert got.remarks == [] and names_of(got.notebook) == names_of(small_homework())
    for name, answer in ANSWERS.items():
        assert cell_of(got.notebook, name).source == answer
    for name in ("setup", "task1_mean", "task2_largest"):
        assert cell_of(got.notebook, name) == cell_of(small_homework(), name) | {"id": cell_of(got.notebook, name).id}


def test_the_source_and_the_submission_stay_as_they_are():
    source, mine = small_homework(), submission()
    before = copy.deepcopy((source, mine))
    made = assemble(source, mine).notebook
    made.cells[1].metadata.nbgrader.locked, made.metadata.kernelspec.name = 7, "other"
    assert (source, mine) == before


def test_added_cells_stay_behind_the_cell_that_they_were_put_behind():
    def edit(cells):
        cells.insert(7, new_code_cell("at the end"))
        cells.insert(3, new_code_cell("after task 1, second"))
        cells.insert(3, new_code_cell("after task 1, first"))
        cells.insert(1, new_code_cell("second of all"))
        cells.insert(0, new_code_cell("first of all"))

    assert names_of(assembled(edit).notebook) == [
        "first of all", "second of all", "# Averages", "setup", "task1", "after task 1, first", "after task 1, second",
        "task1_mean", "task2", "task2_largest", "task3", "at the end"]


def test_added_cells_of_words_and_empty_ones_are_left_out():
    def edit(cells):
        cells[3:3] = [new_markdown_cell("my notes"), new_raw_cell("raw"), new_code_cell("  \n ")]

    assert names_of(assembled(edit).notebook) == names_of(small_homework())


def test_cells_that_were_moved_are_back_in_order():
    got = assembled(lambda cells: cells.reverse())
    assert names_of(got.notebook) == names_of(small_homework()) and got.remarks == []
    assert cell_of(got.notebook, "task1").source == GOOD["task1"]


@pytest.mark.parametrize(("name", "remarks"), [
    ("task1", ["The cell task1 is missing."]), ("task3", ["The cell task3 is missing."]), ("setup", []),
    ("task1_mean", ["Tests deleted: task1_mean; the lecturer's were run."]),
])
def test_a_deleted_cell_is_back(name, remarks):
    got = assembled(lambda cells: cells.remove(next(cell for cell in cells if notebooks.grade_id(cell) == name)))
    assert names_of(got.notebook) == names_of(small_homework()) and got.remarks == remarks
    empty = {"task1": "", "task3": notebooks.EMPTY_ANSWER}
    assert cell_of(got.notebook, name).source == empty.get(name, cell_of(small_homework(), name).source)


@pytest.mark.parametrize(("name", "remarks"), [
    ("setup", []), ("task1_mean", ["Tests changed: task1_mean; the lecturer's were run."]),
])
def test_a_locked_cell_that_was_changed_is_the_lecturers_again(name, remarks):
    got = assembled(**{name: "pass"})
    assert cell_of(got.notebook, name).source == cell_of(small_homework(), name).source and got.remarks == remarks


def test_space_around_a_test_is_no_change():
    assert assembled(task1_mean=f"\n{notebooks.visible(MEAN_TEST)}\n\n").remarks == []


def test_of_a_doubled_answer_the_first_one_counts():
    def edit(cells):
        again = copy.deepcopy(cells[2])
        again.source = "def mean(x):\n    return 0"
        cells.append(again)

    got = assembled(edit)
    assert got.remarks == ["The cell task1 is there twice; the first one counts."]
    assert names_of(got.notebook) == names_of(small_homework())
    assert cell_of(got.notebook, "task1").source == GOOD["task1"]


def test_a_doubled_test_is_not_run_twice():
    got = assembled(lambda cells: cells.append(copy.deepcopy(cells[3])))
    assert names_of(got.notebook) == names_of(small_homework()) and got.remarks == []


def test_a_renamed_cell_is_an_added_one_and_its_place_is_empty():
    def edit(cells):
        cells[2].metadata.nbgrader.grade_id = "my_task"

    got = assembled(edit)
    assert names_of(got.notebook) == ["# Averages", "setup", GOOD["task1"], "task1", *names_of(small_homework())[3:]]
    assert cell_of(got.notebook, "task1").source == "" and got.remarks == ["The cell task1 is missing."]


@pytest.mark.parametrize(("place", "name"), [(2, "task1"), (6, "task3")])
def test_an_answer_in_a_cell_of_another_type_is_taken_with_a_remark(place, name):
    other = {"code": new_markdown_cell, "markdown": new_code_cell}

    def edit(cells):
        cells[place] = other[cells[place].cell_type]("text", metadata=cells[place].metadata)

    got = assembled(edit)
    assert got.remarks == [f"The cell {name} is of another type."]
    cell = cell_of(got.notebook, name)
    assert cell.source == "text" and cell.cell_type == cell_of(small_homework(), name).cell_type


def test_a_test_that_became_words_is_the_lecturers_again():
    def edit(cells):
        cells[3] = new_markdown_cell("no test", metadata=cells[3].metadata)

    got = assembled(edit)
    assert cell_of(got.notebook, "task1_mean") == cell_of(small_homework(), "task1_mean") | {"id": "cell-3"}
    assert got.remarks == ["Tests changed: task1_mean; the lecturer's were run."]


def test_nothing_of_the_students_marks_and_outputs_is_left():
    mine = submission()
    mine.metadata["kernelspec"] = {"name": "evil", "display_name": "evil"}
    for number, cell in enumerate([*mine.cells, new_code_cell("added")]):
        cell.metadata["tags"] = ["student-only"]
        cell.metadata["secret_mark"] = "evil"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="evil")], 66
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"points": 666, "locked": True, "grade": True, "solution": False}
        cell.id = "evil"
    mine.cells.append(new_code_cell("added", metadata={"a": "evil"},
                                    outputs=[nbformat.v4.new_output("stream", text="evil")]))
    got = assemble(small_homework(), mine).notebook
    text = nbformat.writes(got)
    assert "evil" not in text and "student-only" not in text and "666" not in text
    assert notebooks.tasks(got) == notebooks.tasks(small_homework()) and got.metadata == small_homework().metadata
    assert names_of(got) == [*names_of(small_homework()), "added"]


def test_the_lecturers_outputs_are_not_in_it():
    source = small_homework()
    source.cells[1].outputs, source.cells[1].execution_count = [nbformat.v4.new_output("stream", text="x")], 3
    cell = assemble(source, submission()).notebook.cells[1]
    assert cell.outputs == [] and cell.execution_count is None


def test_every_cell_has_an_id_of_its_own():
    def edit(cells):
        cells[3:3] = [new_code_cell(str(number), id="task1") for number in range(5)]

    got = assembled(edit).notebook
    assert len({cell.id for cell in got.cells}) == len(got.cells) == 12
    nbformat.validate(got)


@pytest.mark.parametrize("cells",
                         [[], [new_code_cell("1")], [new_code_cell("1", metadata={"nbgrader": {"grade_id": "other"}})]])
def test_a_notebook_of_another_homework_is_refused(cells):
    with pytest.raises(SubmissionProblem, match="no cell of this homework"):
        assemble(small_homework(), new_notebook(cells=cells))


def test_one_cell_is_enough():
    got = assemble(small_homework(), new_notebook(cells=[cell_of(submission(), "task2")]))
    assert cell_of(got.notebook, "task2").source == GOOD["task2"] and cell_of(got.notebook, "task1").source == ""
    assert cell_of(got.notebook, "task3").source == notebooks.EMPTY_ANSWER != WRITTEN
    assert len(got.remarks) == 3
