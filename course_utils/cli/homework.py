"""``course homework``: hand out, check, grade and give feedback (notebooks/homework/README.md)."""

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from course_utils.errors import CourseError, DataError

__all__ = ["add_parser", "run"]

EXIT_FAILED = 1
FIT = 110      # columns of the table


def add_parser(commands) -> None:
    """Add the command and its five steps to the parser of ``course``."""
    parser = commands.add_parser(
        "homework", help="hand out, check, grade and give feedback",
        description="Graded homework. Students: check. Lecturers: validate, release, grade, written, feedback; "
        "notebooks/homework/README.md tells all about it.")
    steps = parser.add_subparsers(title="steps", dest="step", required=True, metavar="STEP")

    def step(name: str, text: str, cohort: bool = True) -> argparse.ArgumentParser:
        made = steps.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if cohort:
            made.add_argument("homework", metavar="HOMEWORK", help="such as hw01")
            made.add_argument("--cohort", default="practice", metavar="NAME",
                              help="whose homework, such as 2027S; default: practice")
            made.add_argument("--folder", type=Path, metavar="FOLDER",
                              help="folder of all cohorts; default: grading/ of the checkout")
        made.set_defaults(command=run)
        return made

    step("list", "print all homeworks with their tasks and points", cohort=False)
    check = step("check", "students: run the visible tests of your notebook and say what is missing", cohort=False)
    check.add_argument("notebook", metavar="NOTEBOOK", help="your notebook, or hw01 for the one in this folder")
    step("validate", "lecturers: try the source: all points for its solutions, none for a blank notebook")
    release = step("release", "lecturers: make the students' version for a cohort")
    release.add_argument("--site", metavar="ADDRESS", help="where your students read the course, for links in the feedback")
    grade = step("grade", "lecturers: examine and grade what the students sent")
    grade.add_argument("students", nargs="*", metavar="STUDENT", help="only these; default: all")
    grade.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help="take the notebooks from here first")
    grade.add_argument("--jobs", type=int, default=2, metavar="N", help="submissions at a time, default 2")
    grade.add_argument("--seconds", type=float, default=None, metavar="S", help="time for one submission, default 240")
    grade.add_argument("--memory", type=int, default=None, metavar="MIB", help="memory for one submission, default 3072")
    written = step("written", "lecturers: write the written answers into a table, or read your points from it")
    written.add_argument("--points", type=Path, metavar="TABLE", help="read the points from this table")
    step("feedback", "lecturers: write a feedback page for each student")


def run(options: argparse.Namespace) -> int:
    """Do one step and return the exit code."""
    return globals()[f"_{options.step}"](options)


def _cohort(options: argparse.Namespace, site: str | None = None):
    from course_utils.homework import gradebook
    from course_utils.homework import notebook as notebooks

    options.homework = notebooks.source_path(options.homework).name[:4]
    return gradebook.open_cohort(options.cohort, options.folder, site)


def _list(_options) -> int:
    import nbformat

    from course_utils.homework import notebook as notebooks

    for name, path in notebooks.sources().items():
        source = nbformat.read(path, as_version=4)
        points = notebooks.tasks(source)
        by_hand = sum(cell.metadata.nbgrader["points"] for cell in source.cells if notebooks.is_written(cell))
        print(f"{name}  {path.stem[5:].replace('_', ' '):24} {len(points):2} graded cells, {sum(points.values()):g} points, "
              f"{by_hand:g} of them by hand")
    return 0


def _check(options) -> int:
    from course_utils.homework import checking

    report = checking.check(checking.find(options.notebook))
    print(report)
    return 0 if report.complete else EXIT_FAILED


def _validate(options) -> int:
    from course_utils.homework import notebook as notebooks
    from course_utils.homework import validation
    from course_utils.homework.kernels import JupyterKernel, Limits
    from course_utils.homework.sandbox import find_sandbox

    source = notebooks.read_source(options.homework, options.cohort)
    print(f"{notebooks.source_path(options.homework).name}, cohort {options.cohort}")
    findings = validation.validate(source, lambda: JupyterKernel(Limits(), find_sandbox()))
    for finding in findings:
        print(finding)
    return 0 if all(finding.ok for finding in findings) else EXIT_FAILED


def _release(options) -> int:
    cohort = _cohort(options, options.site)
    again = cohort.handed_out(options.homework).exists()
    place = cohort.release(options.homework)
    print(f"{'Made again' if again else 'Made'} for the cohort {cohort.name}. Hand out this notebook:\n  {place}")
    print(f"Keep {cohort.folder} to yourself: the solutions, the secret of the hidden tests and the gradebook are in it.")
    return 0


def _grade(options) -> int:
    from dataclasses import replace

    from course_utils.homework import grading
    from course_utils.homework.kernels import Limits
    from course_utils.homework.sandbox import find_sandbox

    cohort, sandbox = _cohort(options), find_sandbox()
    chosen = {"seconds": options.seconds, "memory": options.memory}
    limits = replace(Limits(), **{name: value for name, value in chosen.items() if value is not None})
    if sandbox.warning:
        print(f"Warning: {sandbox.warning}\n", file=sys.stderr)
    if options.source:
        for sentence in grading.collect(cohort, options.homework, options.source):
            print(f"Left out: {sentence}")
    rows = grading.grade(cohort, options.homework, sandbox, options.jobs, limits, options.students, _tell)
    _tell("")
    print("\n".join(_table(rows)))
    if not options.students:
        print(f"\nThe table is in {grading.save_table(cohort, options.homework, rows)}")
    waiting = sum(row.waiting for row in rows)
    if waiting:
        print(f"{waiting} with a written answer that waits for you: course homework written {options.homework} {_where(options)}")
    return EXIT_FAILED if any(row.failed for row in rows) else 0


def _where(options) -> str:
    """Return the words that name the cohort in the next command."""
    return f"--cohort {options.cohort}" + (f" --folder {options.folder}" if options.folder else "")


def _tell(line: str) -> None:
    """Show progress in one line that is written over; nothing where the output is a file."""
    if sys.stderr.isatty():
        print(f"\r{line[:78]:78}", end="" if line else "\r", file=sys.stderr, flush=True)


def _table(rows: Iterable) -> list[str]:
    import textwrap

    rows = list(rows)
    width = max(7, *(len(row.student) for row in rows))
    lines = [f"{'student':{width}}  points      tests     sec   MiB  what happened"]
    for row in rows:
        tests = "".join("." if points is None else "+" if points else "-" for points in row.points.values())
        points = "   not graded" if row.failed else f"{row.total:5g} of {row.of:<4g}"
        head = f"{row.student:{width}}  {points} {tests:9} {row.seconds:4.0f} {row.peak_mib:5.0f}  "
        told = textwrap.wrap(" ".join(row.happened), max(40, FIT - len(head))) or [""]
        lines += [f"{head}{told[0]}".rstrip(), *(" " * len(head) + more for more in told[1:])]
    lines.append(f"{'':{width}}  + passed, - failed, . waits for a person")
    return lines


def _written(options) -> int:
    from course_utils.homework import grading

    cohort = _cohort(options)
    if options.points:
        print(f"Read the points of {cohort.enter_points(options.homework, options.points)} answers.")
        return 0
    rows = cohort.written_answers(options.homework)
    if not rows:
        raise DataError(f"There are no written answers of {options.homework}.",
                        f"course homework grade {options.homework} comes first.")
    place = cohort.folder / f"written-{options.homework}.csv"
    if place.exists():
        raise DataError(f"{place} is there already, perhaps with your points.", "read it with --points, then move it away.")
    with open(place, "w", newline="", encoding="utf-8-sig") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows({**row, "answer": grading.safe(row["answer"])} for row in rows)
    print(f"Fill in points and comments, then: course homework written {options.homework} {_where(options)} --points {place}")
    return 0


def _feedback(options) -> int:
    cohort = _cohort(options)
    grades = cohort.grades(options.homework)
    if not grades:
        raise DataError(f"Nobody has points in {options.homework}.", f"course homework grade {options.homework} comes first.")
    failed = 0
    for number, grade in enumerate(grades, 1):
        try:
            cohort.write_feedback(options.homework, grade.student)
        except CourseError as error:        # one page that cannot be made must not cost the others theirs
            failed += 1
            print(f"{grade.student}: {error}", file=sys.stderr)
        _tell(f"feedback {number} of {len(grades)}: {grade.student}")
    _tell("")
    print(f"{len(grades) - failed} pages in {cohort.folder / 'feedback'}, one folder a student.")
    waiting = [grade.student for grade in grades if grade.waiting]
    if waiting:
        print(f"Not final: the written answers of {len(waiting)} students wait for points.")
    return EXIT_FAILED if failed else 0
