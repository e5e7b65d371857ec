"""Look at this computer: does it have what the course needs, and what does the course use?"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from course_utils import settings
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = ["Finding", "examine", "memory", "short_report"]

PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "scikit-learn",
    "matplotlib",
    "pillow",
    "jupyterlab",
    "ipykernel",
    "nbclient",
)
MEMORY_GIB, DISK_GIB = 2, 1
START_SECONDS = 180
# In a process of its own: a TensorFlow that this processor cannot run would take the doctor down with it.
START = "import keras; print(keras.backend.backend(), float(keras.ops.sum(keras.ops.ones((2, 2)))))"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: ``OK`` or ``FAIL``, what was looked at, what was found."""

    ok: bool
    subject: str
    found: str

    def __str__(self) -> str:
        return f"{'OK' if self.ok else 'FAIL':4}  {self.subject:<13} {self.found}"


def examine() -> Iterator[Finding]:
    """Look at one thing after the other, and yield what was found at once.

    Returns
    -------
    iterator of Finding
        Nothing is raised: a problem is a finding that is not ``ok`` and says the next thing to try.
    """
    yield _finding("python", _python)
    for package in PACKAGES:
        yield _finding(package, partial(_version, package))
    yield _finding("start", _start)
    for subject, look in [
        ("profile", settings.profile),
        ("seed", lambda: str(settings.seed())),
        ("data", _data),
        ("dtype", settings.compute_dtype),
        ("cache", _cache),
    ]:
        yield _finding(subject, look)
    yield from _assets()
    for subject, look in [("disk", _disk), ("memory", _memory), ("cores", _cores)]:
        yield _finding(subject, look)


def short_report() -> Iterator[Finding]:
    """Look at what a lesson can look at from inside: the same findings without folders, free disk, and a second start of Keras.

    Introduced in lesson 00.

    Returns
    -------
    iterator of Finding
        As :func:`examine`; no line names a folder, so that a stored lesson does not show whose computer it ran on.
    """
    yield _finding("python", lambda: _python().split(" on ")[0])
    yield _finding("packages", lambda: f"{len([_version(package) for package in PACKAGES])} of {len(PACKAGES)} are installed")
    yield _finding("profile", settings.profile)
    yield _finding("data", settings.data_name)
    yield _finding("dtype", settings.compute_dtype)
    yield from _assets()
    yield _finding("memory", lambda: f"{MEMORY_GIB} GiB are needed, {_memory()} are here")


def _finding(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(True, subject, look())
    except CourseError as error:
        return Finding(False, subject, str(error).replace("\n", " "))
    except OSError as error:
        return Finding(False, subject, f"cannot be looked at: {error}")


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2]:
        raise EnvironmentProblem(
            f"Python {platform.python_version()} is too old.", "install Python 3.11 or newer."
        )
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise EnvironmentProblem(
            f"{package} is not installed.", "`make setup`, or `pip install -e .`"
        ) from None


def _start() -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", START],
            capture_output=True,
            text=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=START_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentProblem(
            f"Keras did not start within {START_SECONDS} seconds.", "close other programs and look again."
        ) from None
    words = done.stdout.split()
    if done.returncode or words[-1:] != ["4.0"]:
        ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        last = (done.stderr.strip().splitlines() or [f"it ended with {ended}"])[-1]
        raise EnvironmentProblem(
            f"Keras does not start: {last}.", "remove the folder .venv and run `make setup`."
        )
    if words[0] != "tensorflow":
        raise EnvironmentProblem(
            f"Keras runs on {words[0]}.", "remove KERAS_BACKEND; the lessons need TensorFlow."
        )
    return "Keras starts and computes on TensorFlow"


def _data() -> str:
    folder = settings.data_folder()
    return f"your own: {folder}" if folder else "built-in (COURSE_DATA is not set)"


def _cache() -> str:
    folder = settings.cache_folder()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise EnvironmentProblem(f"{folder} cannot be written.", "set COURSE_CACHE to a folder of yours.")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    return f"{folder}, {size / 2**20:,.0f} MiB"


def _assets() -> Iterator[Finding]:
    from course_utils import assets

    try:
        rows = assets.status()
    except (CourseError, OSError) as error:
        yield Finding(False, "assets", str(error).replace("\n", " "))
        return
    for row in rows:
        if not row["present"]:
            found = "not here yet. Try: course fetch"
        elif not row["verified"]:
            found = "damaged. Try: course fetch"
        else:
            found = f"{row['size'] / 2**20:,.1f} MiB, checked by its hash"
        yield Finding(row["present"] and row["verified"], row["name"], found)


def _disk() -> str:
    folder = next(
        parent for parent in (settings.cache_folder(), *settings.cache_folder().parents) if parent.exists()
    )
    free = shutil.disk_usage(folder).free / 2**30
    if free < DISK_GIB:
        raise EnvironmentProblem(
            f"Only {free:.1f} GiB are free for the cache.", "make room, or set COURSE_CACHE."
        )
    return f"{free:,.1f} GiB free for the cache"


def memory() -> int:
    """Return how many bytes of memory this computer has, or the container that this process runs in."""
    import psutil

    total = psutil.virtual_memory().total
    try:  # a container, such as Binder's, may allow less than the computer has
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        pass
    return total


def _memory() -> str:
    total = memory() / 2**30
    if total < MEMORY_GIB * 0.95:
        raise EnvironmentProblem(f"{total:.1f} GiB is too little.", f"use a computer with {MEMORY_GIB} GiB.")
    return f"{total:,.1f} GiB"


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return str(usable)
