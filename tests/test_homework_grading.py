"""A whole round trip as a lecturer makes it, with honest, wrong, damaged and hostile submissions in real kernels."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import nbformat
import pytest
from homework_submissions import ALL, FIRST, STEM, small_homework, submissions

from course_utils import cli
from course_utils.errors import DataError, EnvironmentProblem
from course_utils.homework import gradebook, grading
from course_utils.homework import notebook as notebooks
from course_utils.homework.kernels import JupyterKernel, Limits
from course_utils.homework.sandbox import WARNING, Sandbox, find_sandbox

HOMEWORK = "hw98"
# Small, so that the vandals are stopped soon. A machine under load needs time to start a kernel.
LIMITS = Limits(cell_seconds=5, seconds=60, memory=500, disk=32, processes=16, output=300)
HARMLESS = {"right", "blank", "partial", "deleted_tests", "broken_json", "no_notebook", "kills_its_kernel", "forges",
            "links_to_another", "speaks_nbgrader"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The small homework as the only one of the course."""
    folder = tmp_path_factory.mktemp("sources")
    nbformat.write(small_homework(), folder / f"{STEM}.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "homework_folder", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def graded(sources, tmp_path_factory):
    """A graded cohort: the cohort, its submissions by name, the rows, and what must have stayed empty."""
    folder, outside = tmp_path_factory.mktemp("grading"), tmp_path_factory.mktemp("outside")
    cohort = gradebook.open_cohort("2027S", folder, site="https://course.example/site")
    cohort.release(HOMEWORK)
    handed_out = nbformat.read(cohort.handed_out(HOMEWORK), as_version=4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        kinds = {one.name: one for one in submissions(outside, server.getsockname()[1])}
        if not find_sandbox().isolated:     # never let a vandal loose on a machine without a sandbox
            kinds = {name: one for name, one in kinds.items() if name in HARMLESS}
        for one in kinds.values():
            one.write(handed_out, cohort.folder / "submitted" / one.name / HOMEWORK)
        rows = grading.grade(cohort, HOMEWORK, find_sandbox(), limits=LIMITS)
        try:
            visitors = server.accept()
        except BlockingIOError:
            visitors = None
    return cohort, kinds, {row.student: row for row in rows}, outside, visitors


def outputs(cohort, student):
    """Return all that is written in the outputs of an examined notebook."""
    notebook = nbformat.read(cohort.examined(HOMEWORK, student), as_version=4)
    return "\n".join(json.dumps(output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)


def test_the_students_version_has_no_solution_and_no_hidden_test(graded):
    cohort, *_ = graded
    text = cohort.handed_out(HOMEWORK).read_text()
    assert "YOUR CODE HERE" in text and "YOUR ANSWER HERE" in text and 'cohort=\\"2027S\\"' in text
    assert "SOLUTION" not in text and "HIDDEN" not in text and "x.sum() / len(x)" not in text and "Rubric" not in text
    assert cohort.secret not in text


def test_every_submission_wins_exactly_its_points(graded):
    _, kinds, rows, *_ = graded
    assert {name: rows[name].total for name in kinds} == {name: one.points for name, one in kinds.items()}
    assert not any(row.failed for row in rows.values())


def test_the_table_says_what_happened(graded):
    _, kinds, rows, *_ = graded
    told = {name: " ".join(rows[name].happened) for name in kinds}
    assert {name: told[name] for name, one in kinds.items() if one.happened not in told[name]} == {}
    assert {name: told[name] for name in ("right", "blank", "partial") if told[name]} == {}


def test_an_answer_that_is_not_there_needs_no_person(graded):
    _, _, rows, *_ = graded
    assert rows["blank"].points["task3"] == rows["no_notebook"].points["task3"] == 0
    assert rows["right"].points["task3"] is None


@pytest.mark.skipif(not find_sandbox().isolated, reason="needs bubblewrap")
def test_nothing_gets_out_of_the_sandbox(graded):
    cohort, _, _, outside, visitors = graded
    assert visitors is None
    assert list(outside.iterdir()) == []
    for student in ("reads", "writes_outside", "opens_a_socket"):
        said = outputs(cohort, student)
        assert not any(word in said for word in ("FOUND", "WROTE", "CONNECTED")), said
    assert cohort.secret not in "".join(outputs(cohort, student) for student in ("reads", "forges", "right"))


@pytest.mark.skipif(not find_sandbox().isolated, reason="needs bubblewrap")
def test_nothing_stays_behind(graded):
    import psutil

    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])
            if "left-by-a-student" in " ".join(process.info["cmdline"] or [])]
    assert left == []


def test_a_second_run_examines_nothing_and_changes_no_grade(graded):
    cohort, _, rows, *_ = graded
    again = {row.student: row for row in grading.grade(cohort, HOMEWORK, find_sandbox(), limits=LIMITS)}
    assert not any(row.examined for row in again.values())
    assert {name: row.points for name, row in again.items()} == {name: row.points for name, row in rows.items()}
    assert {name: row.happened for name, row in again.items()} == {name: row.happened for name, row in rows.items()}


def test_the_grades_leave_as_a_table(graded):
    cohort, kinds, rows, *_ = graded
    with open(grading.save_table(cohort, HOMEWORK, list(rows.values())), newline="") as file:
        table = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: float(table[name]["points"]) for name in kinds} == {name: one.points for name, one in kinds.items()}
    assert table["right"]["task3"] == "" and table["blank"]["task3"] == "0"


def test_points_for_written_answers_come_from_a_table_and_stay(graded, tmp_path, capsys):
    cohort, *_ = graded
    common = [HOMEWORK, "--cohort", "2027S", "--folder", str(cohort.folder.parent)]
    assert cli.main(["homework", "written", *common]) == 0
    place = cohort.folder / f"written-{HOMEWORK}.csv"
    with open(place, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {"right", "partial"} <= {row["student"] for row in rows}
    assert not [row for row in rows if row["answer"].startswith("=")]       # a spreadsheet would run it
    for row in rows:
        if row["student"] == "partial":
            row.update(points="1,5", comment="The median is missing.")
    edited = tmp_path / "edited.csv"

    def save(text_of_points):
        with open(edited, "w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows({**row, "points": text_of_points or row["points"]} for row in rows)

    save("9")
    assert cli.main(["homework", "written", *common, "--points", str(edited)]) == 2
    assert "points from 0 to 2" in capsys.readouterr().err
    save("")
    assert cli.main(["homework", "written", *common, "--points", str(edited)]) == 0
    grades = {grade.student: grade for grade in cohort.grades(HOMEWORK)}
    assert grades["partial"].total == FIRST + 1.5 and not grades["partial"].waiting
    cohort.record(HOMEWORK, "partial")      # graded again, as after a mended test
    assert {grade.student: grade for grade in cohort.grades(HOMEWORK)}["partial"].total == FIRST + 1.5
    assert cli.main(["homework", "written", *common]) == 2      # the table is there already


def test_feedback_sends_the_student_to_the_lesson_and_hides_the_hidden_tests(graded, capsys):
    cohort, kinds, *_ = graded
    pages = {student: cohort.write_feedback(HOMEWORK, student).read_text() for student in kinds}
    assert all('<meta http-equiv="Content-Security-Policy" content="script-src https://cdnjs' in page for page in pages.values())
    assert not [student for student, page in pages.items() if re.search(r"<[^>]*\bonerror", page)]
    page = pages["partial"]
    assert 'href="https://course.example/site/notebooks/01_dataset_shift.html#we-saw"' in page
    assert "largest is" in page and "which is not right" in page
    assert "unseen" not in page and "HIDDEN" not in page and cohort.secret not in page
    assert "<script>alert" not in pages["right"]
    assert "document.title" not in outputs(cohort, "shows_a_script") if "shows_a_script" in kinds else True


def test_a_run_that_was_killed_goes_on(graded, sources, tmp_path):
    _, kinds, *_ = graded
    cohort = gradebook.open_cohort("killed", tmp_path)
    cohort.release(HOMEWORK)
    handed_out = nbformat.read(cohort.handed_out(HOMEWORK), as_version=4)
    for name in ("right", "partial", "deleted_tests"):
        kinds[name].write(handed_out, cohort.folder / "submitted" / name / HOMEWORK)
    code = ("import sys; from pathlib import Path; from course_utils.homework import gradebook, grading, notebook, sandbox\n"
            f"notebook.homework_folder = lambda: Path({str(sources)!r})\n"
            f"cohort = gradebook.open_cohort('killed', Path({str(tmp_path)!r}))\n"
            f"grading.grade(cohort, {HOMEWORK!r}, sandbox.find_sandbox(), jobs=1, tell=print)")
    run = subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert run.stdout.readline().startswith("examined 1")
    run.kill()
    run.wait()
    run.stdout.close()
    results = cohort.folder / "results" / HOMEWORK
    finished = {path.stem for path in results.glob("*.json")}
    assert finished
    (results / f"{sorted(finished)[0]}.recorded").write_text("half")      # and the gradebook was not finished
    rows = grading.grade(cohort, HOMEWORK, find_sandbox(), jobs=1)
    assert {row.student: row.total for row in rows} == {"right": ALL, "partial": FIRST, "deleted_tests": ALL}
    assert {row.student for row in rows if row.examined}.isdisjoint(finished)


def test_a_changed_submission_is_examined_again_and_only_that_one(graded):
    cohort, kinds, rows, *_ = graded
    folder = cohort.folder / "submitted" / "blank" / HOMEWORK
    kept = (folder / f"{STEM}.ipynb").read_bytes()
    kinds["partial"].write(nbformat.read(cohort.handed_out(HOMEWORK), as_version=4), folder)
    try:
        again = grading.grade(cohort, HOMEWORK, find_sandbox(), limits=LIMITS)
        assert [row.student for row in again if row.examined] == ["blank"]
        assert {row.student: row.total for row in again}["blank"] == FIRST
    finally:
        (folder / f"{STEM}.ipynb").write_bytes(kept)


def test_notebooks_are_collected_from_a_flat_folder_or_from_one_folder_a_student(sources, tmp_path):
    cohort = gradebook.open_cohort("c", tmp_path / "grading")
    inbox = tmp_path / "inbox"
    (inbox / "bert").mkdir(parents=True)
    (inbox / "anna.ipynb").write_text("{}")
    (inbox / "bert" / "solution.ipynb").write_text("{}")
    for folder in (".ipynb_checkpoints", "old"):
        (inbox / "bert" / folder).mkdir()
        (inbox / "bert" / folder / "solution.ipynb").write_text("an older one")
    (inbox / "notes.txt").write_text("")
    (inbox / "=cmd.ipynb").write_text("{}")
    os.symlink("/etc/passwd", inbox / "carl.ipynb")
    left_out = grading.collect(cohort, HOMEWORK, inbox)
    assert len(left_out) == 3 and all(word in " ".join(left_out) for word in ("notes.txt", "=cmd", "bert has two"))
    assert (cohort.folder / "submitted" / "bert" / HOMEWORK / "solution.ipynb").read_text() == "{}"
    assert grading.students(cohort, HOMEWORK) == ["anna", "bert"]
    assert (cohort.folder / "submitted" / "anna" / HOMEWORK / f"{STEM}.ipynb").is_file()
    with pytest.raises(DataError, match="no folder"):
        grading.collect(cohort, HOMEWORK, tmp_path / "nowhere")
    with pytest.raises(DataError, match="own folder"):
        grading.collect(cohort, HOMEWORK, cohort.folder / "submitted")


def test_what_comes_too_early_is_told(sources, tmp_path):
    cohort = gradebook.open_cohort("early", tmp_path)
    with pytest.raises(DataError, match="not released"):
        grading.grade(cohort, HOMEWORK, find_sandbox())
    cohort.release(HOMEWORK)
    with pytest.raises(DataError, match="no submissions"):
        grading.grade(cohort, HOMEWORK, find_sandbox())


def test_two_runs_do_not_grade_one_cohort_at_once(graded):
    from filelock import FileLock

    cohort, *_ = graded
    with FileLock(cohort.folder / "grading.lock"), pytest.raises(EnvironmentProblem, match="Another run"):
        grading.grade(cohort, HOMEWORK, find_sandbox(), limits=LIMITS)


def test_a_cohort_keeps_its_secret_and_a_damaged_one_is_not_replaced(tmp_path):
    first, other = gradebook.open_cohort("a", tmp_path, site="https://x.example"), gradebook.open_cohort("b", tmp_path)
    assert gradebook.open_cohort("a", tmp_path).secret == first.secret != other.secret
    assert gradebook.open_cohort("a", tmp_path).site == "https://x.example"
    (first.folder / "cohort.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        gradebook.open_cohort("a", tmp_path)
    with pytest.raises(notebooks.SubmissionProblem):
        gradebook.open_cohort("../a", tmp_path)


def test_without_bubblewrap_the_lecturer_is_warned_and_limits_remain(tmp_path):
    assert Sandbox().warning == WARNING and not Sandbox().isolated
    with JupyterKernel(Limits(cell_seconds=20, seconds=30, memory=300), Sandbox()) as kernel:
        assert kernel.run("x = 1") == []
        kernel.run("rows = []\nwhile True:\n    rows.append(bytearray(2**24))")
        assert "300 MiB of memory" in kernel.incident
        assert kernel.run("1")[0].ename == "KernelStopped"


def test_a_kernel_leaves_no_folder(tmp_path, monkeypatch):
    kernel = JupyterKernel(Limits(), find_sandbox())
    runtime = kernel._runtime
    assert runtime.is_dir()
    assert kernel.run("print(1)")[0].text == "1\n"
    kernel.close()
    assert not runtime.exists()


def test_the_command_grades_from_a_folder_and_prints_a_table(sources, tmp_path, capsys):
    common = [HOMEWORK, "--cohort", "cli", "--folder", str(tmp_path / "grading")]
    assert cli.main(["homework", "release", *common]) == 0
    handed_out = tmp_path / "grading" / "cli" / "release" / HOMEWORK / f"{STEM}.ipynb"
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(handed_out, inbox / "anna.ipynb")
    (inbox / "bert.ipynb").write_text("not a notebook")
    started = time.monotonic()
    assert cli.main(["homework", "grade", *common, "--from", str(inbox), "--seconds", "60"]) == 0
    assert time.monotonic() - started < 120
    said = capsys.readouterr()
    assert "anna         0 of 7" in said.out and "is not a notebook, or a damaged one" in said.out
    assert ("Warning: No bubblewrap" in said.err) is not find_sandbox().isolated
    assert cli.main(["homework", "feedback", *common]) == 0
    assert "2 pages" in capsys.readouterr().out
    assert cli.main(["homework", "list"]) == 0
    assert "hw98  averages" in capsys.readouterr().out
    assert cli.main(["homework", "grade", "hw77"]) == 2
    assert "There is no homework hw77" in capsys.readouterr().err
