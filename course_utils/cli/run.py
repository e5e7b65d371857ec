"""Find the lessons and execute them top to bottom, in the Python that runs this command."""

import asyncio
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils import settings
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = [
    "Lesson", "UnknownLesson", "execute", "executed_folder", "kernel_environment", "lessons", "notebooks_folder", "read",
    "select",
]

CELL_SECONDS = 1200


class UnknownLesson(CourseError):
    """A lesson was asked for that the course does not have."""


@dataclass(frozen=True)
class Lesson:
    """A numbered notebook.

    Attributes
    ----------
    number : str
        Two digits, the beginning of the file's name.
    path : pathlib.Path
        The notebook.
    """

    number: str
    path: Path


def notebooks_folder() -> Path:
    """Return the folder of the lessons.

    Raises
    ------
    EnvironmentProblem
        If the package runs outside a checkout of the course.
    """
    folder = settings.project_folder() / "notebooks"
    if not folder.is_dir():
        raise EnvironmentProblem(
            f"There is no folder notebooks/ in {folder.parent}.",
            "run the command inside a checkout of the course.",
        )
    return folder


def executed_folder() -> Path:
    """Return the folder of the executed lessons. It may not exist yet."""
    return settings.build_folder() / "executed"


def lessons() -> list[Lesson]:
    """Return all lessons in their order."""
    found = [Lesson(path.name[:2], path) for path in sorted(notebooks_folder().glob("[0-9][0-9]_*.ipynb"))]
    if not found:
        raise EnvironmentProblem(
            f"There is no lesson in {notebooks_folder()}.", "get a complete checkout of the course."
        )
    return found


def select(numbers: Sequence[str]) -> list[Lesson]:
    """Return the lessons with these numbers, or all; ``2`` and ``02`` are the same.

    Raises
    ------
    UnknownLesson
        If there is no such lesson. Nothing has been executed then.
    """
    known = lessons()
    wanted = {number.zfill(2) for number in numbers}
    if unknown := sorted(wanted - {lesson.number for lesson in known}):
        names = ", ".join(f"{lesson.number} ({lesson.path.stem[3:]})" for lesson in known)
        raise UnknownLesson(f"There is no lesson {', '.join(unknown)}.", f"one of {names}.")
    return [lesson for lesson in known if not wanted or lesson.number in wanted]


def read(path: Path):
    """Read a lesson.

    Parameters
    ----------
    path : pathlib.Path
        The notebook, or its executed copy.

    Returns
    -------
    nbformat.NotebookNode
        The notebook in format 4.

    Raises
    ------
    EnvironmentProblem
        If it is damaged.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        again = "`course run` makes it anew." if path.parent == executed_folder() else "get the file anew from the repository."
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise EnvironmentProblem(f"{path.name} is not a readable notebook: {said}", again) from None
    return notebook


def execute(chosen: Sequence[Lesson], seeds: int | None = None) -> list[str]:
    """Execute lessons into ``build/executed/``; a failing one is reported and the others still run.

    The notebooks themselves are never written. The copy that stays is the first seed's; a lesson that
    fails leaves ``NAME.failed.ipynb`` to look at.

    Parameters
    ----------
    chosen : sequence of Lesson
        What to execute, in this order.
    seeds : int, optional
        Run each with ``COURSE_SEED`` 0, 1, ... so many; by default once, with the seed of this run.

    Returns
    -------
    list of str
        The lessons that failed, such as ``"02 (seed 1)"``.
    """
    (
        settings.profile(),
        settings.data_folder(),
    )  # a wrong setting is one message now, not a traceback in a lesson
    chosen_seeds = range(seeds) if seeds else [settings.seed()]
    failures = []
    # The first seed comes last: the executed lesson that is kept is the one that the reader sees by default.
    for lesson in chosen:
        for seed in reversed(chosen_seeds):
            print(f"{lesson.path.name}  {settings.profile()}, seed {seed} ... ", end="", flush=True)
            started = time.perf_counter()
            problem = _execute_one(lesson, seed)
            print(f"{'FAILED' if problem else 'done'} in {time.perf_counter() - started:.0f} s", flush=True)
            if problem:
                failures.append(f"{lesson.number} (seed {seed})")
                print(problem, file=sys.stderr, flush=True)
    return failures


def _execute_one(lesson: Lesson, seed: int) -> str | None:
    """Execute one lesson and write its copy; return what went wrong, or None."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    target = executed_folder() / lesson.path.name
    failed = target.with_suffix(".failed.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in (target, failed):
        old.unlink(missing_ok=True)
    try:
        notebook = read(lesson.path)
    except EnvironmentProblem as error:
        return f"  {error}"
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # of an earlier run; after this one it tells which cells were begun
    client = NotebookClient(
        notebook,
        # No folder of kernels is searched, so "python3" is this Python and no other that somebody installed.
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": str(lesson.path.parent)}},
        store_widget_state=False,  # the site would need a script from another host to show it
    )
    problem = None
    log = target.with_suffix(".log")
    try:
        with log.open("wb") as kernel_messages:
            # A progress bar is for somebody who waits: in a stored notebook each of its states would be a line.
            environment = {**kernel_environment(seed), "TQDM_DISABLE": "1", "COURSE_STATIC": "1"}
            asyncio.run(_execute_cells(client, env=environment, stderr=kernel_messages))
    except CellExecutionError as error:
        problem = _describe(lesson, notebook, f"{error.ename}: {error.evalue}")
    except CellTimeoutError:
        problem = _describe(
            lesson, notebook, f"the cell took longer than {CELL_SECONDS} seconds and was stopped"
        )
    except (DeadKernelError, RuntimeError) as error:
        problem = _describe(
            lesson, notebook, f"the kernel died ({error}); often the computer has too little memory"
        )
    nbformat.write(notebook, failed if problem else target)
    return (
        f"{problem}\n  The lesson up to there: {failed}\n  Messages of its kernel: {log}" if problem else None
    )


async def _execute_cells(client, **kernel_options) -> None:
    """Execute all cells and shut the kernel down, also after Ctrl-C."""
    from nbclient.exceptions import DeadKernelError

    def refuse(*_):
        raise NotImplementedError  # as on Windows, where nbclient does without

    # nbclient's own handler kills the kernel and goes on; the one of asyncio.run cancels this coroutine.
    asyncio.get_running_loop().add_signal_handler = refuse
    try:
        await client.async_execute(cleanup_kc=True, **kernel_options)
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # nbclient takes any cancelling for a dead kernel
            raise asyncio.CancelledError from None
        raise


def kernel_environment(seed: int) -> dict[str, str]:
    """Return the environment of the kernel, whose working folder is another than ours."""
    package_parent = str(Path(__file__).resolve().parents[2])
    return {
        **os.environ,
        "COURSE_SEED": str(seed),
        "COURSE_BUILD": str(settings.build_folder()),
        "COURSE_CACHE": str(settings.cache_folder()),
        "COURSE_DATA": str(settings.data_folder() or ""),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package_parent])),
    }


def _describe(lesson: Lesson, notebook, what: str) -> str:
    """Say which cell failed, what it begins with, and how."""
    cells = [(index, cell) for index, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    stopped = [pair for pair in cells if any(output.output_type == "error" for output in pair[1].outputs)]
    # A killed kernel leaves no error output: the last cell that was begun is the one.
    begun = [pair for pair in cells if "execution" in pair[1].metadata]
    index, cell = (stopped or begun or cells or [(0, None)])[-1]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", what).strip()
    source = cell.source.strip().splitlines()[:6] if cell else []
    return "\n".join(
        [
            f"  {lesson.path.name}, cell {index} of {len(notebook.cells)}:",
            *(f"    | {line}" for line in source),
            *(f"  {line}" for line in plain.splitlines()),
        ]
    )
