"""Grade the submissions of a cohort: find them, examine them side by side, record the points, tell what happened."""

import csv
import hashlib
import importlib.metadata
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_utils import assets
from course_utils.errors import CourseError, DataError, EnvironmentProblem
from course_utils.homework import notebook as notebooks
from course_utils.homework.gradebook import Cohort, Grade
from course_utils.homework.kernels import Limits
from course_utils.homework.sandbox import Sandbox

__all__ = ["Row", "collect", "grade", "plain", "safe", "save_table", "students"]

ENGINE = 1                  # to be raised when the same submission may get other points
NAMES = "a name has letters from a to z, digits, points, hyphens, underscores, at most 40, and no spaces."
STUDENT = notebooks.COHORT_NAME     # what may be the name of a folder everywhere, and in nbgrader
STARTING_SECONDS = 120      # for a kernel and for reading; not the student's


@dataclass
class Row(Grade):
    """A line of the table at the end: the student's points in the gradebook, and what happened.

    Attributes
    ----------
    of : float
        All points of the homework.
    happened : list of str
        What the lecturer should know, one sentence each.
    seconds, peak_mib : float
        Of the examination.
    examined : bool
        Whether it was examined in this run, or its result was there.
    failed : bool
        Whether this computer could not examine it; no points were recorded then.
    """

    of: float = 0.0
    happened: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak_mib: float = 0.0
    examined: bool = False
    failed: bool = False


def collect(cohort: Cohort, homework: str, folder: Path) -> list[str]:
    """Copy what students sent into the cohort's folder.

    Parameters
    ----------
    cohort : Cohort
        Where to.
    homework : str
        Which homework.
    folder : pathlib.Path
        Either one notebook a student, named after the student, or one folder a student.

    Returns
    -------
    list of str
        Sentences about what was left out.

    Raises
    ------
    DataError
        If the folder is not there, or is the cohort's own.
    """
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.", "unpack what the students sent into a folder, and name it.")
    if folder.is_relative_to(cohort.folder) or cohort.folder.is_relative_to(folder):
        raise DataError(f"{folder} belongs to the cohort's own folder.", "leave --from out to grade what lies there.")
    left_out = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        student = entry.stem if entry.is_file() else entry.name
        if entry.is_file() and entry.suffix != ".ipynb":
            left_out.append(f"{plain(entry.name)} is not a notebook.")
        elif not STUDENT.fullmatch(student):
            left_out.append(f"{plain(entry.name)} is not used: {NAMES}")
        else:
            place = cohort.folder / "submitted" / student / homework
            place.mkdir(parents=True, exist_ok=True)
            copied = set()
            for file in [entry] if entry.is_file() else _notebooks_below(entry):
                name = notebooks.source_path(homework).name if entry.is_file() else file.name
                if name in copied:
                    left_out.append(f"{student} has two notebooks called {plain(name)}; the outer one is used.")
                    continue
                copied.add(name)
                shutil.copyfile(file, place / name)
    return left_out


def _notebooks_below(folder: Path) -> list[Path]:
    """Return the notebooks of a student's folder, the outermost first, without Jupyter's own copies and without links."""
    found = [file for file in folder.rglob("*.ipynb") if file.is_file() and not file.is_symlink()
             and not any(part.startswith(".") for part in file.relative_to(folder).parts)]
    return sorted(found, key=lambda file: (len(file.parts), file))


def plain(text: str) -> str:
    """Return text that a terminal and a file can take: a name may hold half letters, and orders to the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def students(cohort: Cohort, homework: str) -> list[str]:
    """Return the names of all who have a folder under ``submitted/``, whether or not this homework is in it."""
    folder = cohort.folder / "submitted"
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []
    if not found:
        raise DataError(f"There are no submissions in {folder}.",
                        f"name the folder with what the students sent: course homework grade {homework} --from FOLDER.")
    return found


def _submission(cohort: Cohort, homework: str, student: str) -> tuple[Path, list[str]]:
    """Return the file of a student, and what is odd about its name."""
    folder, name = cohort.folder / "submitted" / student / homework, notebooks.source_path(homework).name
    if folder.is_symlink() or folder.parent.is_symlink():       # it would be somebody else's notebook
        return cohort.folder / "submitted" / student / ".link" / name, ["The folder is a link; it was not followed."]
    found = os.listdir(folder) if os.access(folder, os.R_OK | os.X_OK) and folder.is_dir() else []
    if name in found:
        return folder / name, []
    others = sorted(folder / one for one in found if one.endswith(".ipynb") and not one.startswith("."))
    if len(others) == 1:
        return others[0], [f"The notebook was called {plain(others[0].name)}."]
    if others:
        return folder / name, [f"There are {len(others)} notebooks and none is called {name}."]
    return folder / name, ["No notebook was handed in."]


@contextmanager
def _alone(cohort: Cohort) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(cohort.folder / "grading.lock", timeout=1):
            yield
    except Timeout as error:
        raise EnvironmentProblem(f"Another run grades the cohort {cohort.name}.", "wait for it, or stop it.") from error


def grade(cohort: Cohort, homework: str, sandbox: Sandbox, jobs: int = 2, limits: Limits | None = None,
          only: Sequence[str] = (), tell: Callable[[str], None] = lambda line: None) -> list[Row]:
    """Examine all submissions that have not been examined, and record their points.

    A run that was stopped goes on where it was: a submission, the homework and the limits together are the key of a
    result, and results are written in one step.

    Parameters
    ----------
    cohort : Cohort
        Whose submissions.
    homework : str
        Such as ``hw01``.
    sandbox : Sandbox
        From :func:`~course_utils.homework.sandbox.find_sandbox`.
    jobs : int
        Submissions at a time.
    limits : Limits, optional
        What one submission may use.
    only : sequence of str
        Only these students; by default all.
    tell : callable
        Takes a line of progress.

    Returns
    -------
    list of Row
        One for each student, by name.

    Raises
    ------
    DataError
        If there are no submissions, or the homework was not released for this cohort.
    """
    import nbformat

    source = cohort.source(homework)
    if not source.is_file():
        raise DataError(f"{homework} was not released for the cohort {cohort.name}.",
                        f"run course homework release {homework} --cohort {cohort.name} first; the students need that version.")
    everybody = students(cohort, homework)
    if unknown := sorted(set(only) - set(everybody)):
        raise DataError(f"There is no submission of {', '.join(unknown)}.", f"one of {', '.join(everybody[:20])}.")
    limits, rows, waiting = limits or Limits(), {}, []
    of = sum(notebooks.tasks(nbformat.read(source, as_version=4)).values())
    with _alone(cohort), tempfile.TemporaryDirectory(prefix="grading-") as desk:
        for student in [name for name in everybody if not only or name in only]:
            rows[student] = Row(student, of=of)
            if not STUDENT.fullmatch(student):
                rows[student].happened.append(f"The folder is not used: {NAMES}")
                rows[student].failed = True
                continue
            path, odd = _submission(cohort, homework, student)
            rows[student].happened += odd
            key = _key(path, source, cohort, limits, sandbox)
            if not _known(cohort, homework, student, key):
                waiting.append((student, path, key))
        _examine_all(cohort, homework, sandbox, limits, waiting, jobs, Path(desk), rows, tell)
        for number, row in enumerate(rows.values(), 1):
            if not row.failed:
                _record(cohort, homework, row)
                tell(f"recorded {number} of {len(rows)}: {row.student}")
        grades = {grade.student: grade.points for grade in cohort.grades(homework)}
        for row in rows.values():
            row.points = {} if row.failed else grades.get(row.student, {})
    return list(rows.values())


def _key(submission: Path, source: Path, cohort: Cohort, limits: Limits, sandbox: Sandbox) -> str:
    """Return a hash of everything that the points of a submission depend on."""
    digest = hashlib.sha256(json.dumps([ENGINE, cohort.secret, cohort.site, asdict(limits), sandbox.isolated, submission.name,
                                        importlib.metadata.version("numpy")]).encode())
    digest.update(source.read_bytes())
    try:
        small = submission.is_file() and submission.stat().st_size <= notebooks.LARGEST_SUBMISSION
        digest.update(submission.read_bytes() if small else repr(submission.stat().st_size).encode())
    except OSError as error:
        digest.update(str(error.errno).encode())
    return digest.hexdigest()


def _result_file(cohort: Cohort, homework: str, student: str) -> Path:
    return cohort.folder / "results" / homework / f"{student}.json"


def _read(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):
        return {}


def _known(cohort: Cohort, homework: str, student: str, key: str) -> bool:
    return cohort.examined(homework, student).is_file() and _read(_result_file(cohort, homework, student)).get("key") == key


def _examine_all(cohort, homework, sandbox, limits, waiting, jobs, desk, rows, tell) -> None:
    running, total = {}, len(waiting)
    waiting = list(waiting)
    try:
        while waiting or running:
            while waiting and len(running) < max(1, jobs):
                student, path, key = waiting.pop(0)
                running[student] = _start(cohort, homework, student, path, key, sandbox, limits, desk)
            time.sleep(0.05)
            for student, (process, started, log) in list(running.items()):
                late = time.monotonic() - started > limits.seconds + STARTING_SECONDS
                if process.poll() is None and not late:
                    continue
                _end(process)
                del running[student]
                row = rows[student]
                row.examined = True
                if process.returncode != 0 or late:
                    row.failed = True
                    said = log.read_text(errors="replace").strip().splitlines()
                    stopped = f"the examiner stopped ({said[-1] if said else process.returncode})."
                    why = "it took too long." if late else said[0] if said and process.returncode == 3 else stopped
                    row.happened.append(f"Not examined: {plain(why)}")
                tell(f"examined {total - len(waiting) - len(running)} of {total}: {student}")
    finally:
        for process, *_ in running.values():
            _end(process)


def _start(cohort, homework, student, path, key, sandbox, limits, desk) -> tuple[subprocess.Popen, float, Path]:
    job = desk / f"{student}.json"
    content = {"source": str(cohort.source(homework)), "submission": str(path), "secret": cohort.secret, "site": cohort.site,
               "sandbox": sandbox.program, "limits": asdict(limits), "key": key,
               "notebook": str(cohort.examined(homework, student)), "result": str(_result_file(cohort, homework, student))}
    job.touch(mode=0o600)
    job.write_text(json.dumps(content), encoding="utf-8")
    log = desk / f"{student}.log"
    with open(log, "wb") as file:
        process = subprocess.Popen([sys.executable, "-m", "course_utils.homework._worker", str(job)], stdin=subprocess.DEVNULL,
                                   stdout=file, stderr=file, start_new_session=True)
    return process, time.monotonic(), log


def _end(process: subprocess.Popen) -> None:
    """End a worker; bubblewrap ends with it, and so does everything inside."""
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()


def _record(cohort: Cohort, homework: str, row: Row) -> None:
    """Record an examination in the gradebook if it is not there, and tell in the row what happened."""
    file = _result_file(cohort, homework, row.student)
    result, mark = _read(file), file.with_suffix(".recorded")
    if not mark.is_file() or mark.read_text(encoding="utf-8") != result["key"]:
        try:
            cohort.record(homework, row.student)
        except CourseError as error:
            row.failed = True
            row.happened.append(error.problem)
            return
        assets.write_atomically(mark, result["key"].encode())
    row.seconds, row.peak_mib = result["seconds"], result["peak_mib"]
    if result["incident"] and "No notebook" not in " ".join(row.happened):
        row.happened.append(result["incident"].rstrip(".") + ".")
    row.happened += result["remarks"]


def save_table(cohort: Cohort, homework: str, rows: Sequence[Row]) -> Path:
    """Write ``grades-hw01.csv`` into the cohort's folder and return its place. Empty cells wait for a person."""
    path = cohort.folder / f"grades-{homework}.csv"
    names = list(next((row.points for row in rows if row.points), {}))
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["student", "points", "of", *names, "happened"])
    for row in rows:
        cells = ["" if row.points.get(name) is None else f"{row.points[name]:g}" for name in names]
        table.writerow([row.student, f"{row.total:g}", f"{row.of:g}", *cells, safe(" ".join(row.happened))])
    assets.write_atomically(path, text.getvalue().encode())
    return path


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip()[:1] in set("=+-@") or text[:1] in set("\t\r") else text
