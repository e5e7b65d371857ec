"""Examine one submission in a process of its own: ``python -m course_utils.homework._worker JOB``.

The job is a JSON file that only the lecturer can read; the result lies beside it when all is done.
"""

import contextlib
import json
import sys
from pathlib import Path

# nbformat loads jsonschema, which loads a grammar of internationalised addresses if that package is there: more than half of
# this process's time. It does without when the import fails; no schema of a notebook asks for such addresses.
sys.modules.setdefault("rfc3987_syntax", None)

import nbformat  # noqa: E402

from course_utils import assets  # noqa: E402
from course_utils.errors import CourseError  # noqa: E402
from course_utils.homework import notebook as notebooks  # noqa: E402
from course_utils.homework.examination import Examination, examine, examine_unreadable  # noqa: E402
from course_utils.homework.kernels import JupyterKernel, Limits  # noqa: E402
from course_utils.homework.sandbox import Sandbox  # noqa: E402

__all__ = ["main"]

LARGEST_WORKER = 8 * 2**30


def main(job_file: str) -> None:
    """Do a job and write ``result.json``, last of all."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        # A message from a stranger that is too large ends this process, not the computer. The kernel may raise it again.
        resource.setrlimit(resource.RLIMIT_AS, (LARGEST_WORKER, resource.getrlimit(resource.RLIMIT_AS)[1]))
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    source = nbformat.read(job["source"], as_version=4)
    remarks: list[str] = []
    try:
        assembled = notebooks.assemble(source, notebooks.read_submission(Path(job["submission"])))
        remarks = assembled.remarks
    except notebooks.SubmissionProblem as problem:
        result = examine_unreadable(source, problem)
    else:
        with JupyterKernel(Limits(**job["limits"]), Sandbox(job["sandbox"])) as kernel:
            result = examine(assembled.notebook, kernel, job["secret"], job["site"])
    _write(Path(job["notebook"]), Path(job["result"]), result, remarks, job["key"])


def _write(notebook: Path, result: Path, examination: Examination, remarks: list[str], key: str) -> None:
    notebook.parent.mkdir(parents=True, exist_ok=True)
    assets.write_atomically(notebook, nbformat.writes(examination.notebook).encode("utf-8", "replace"))
    content = {"key": key, "points": examination.points, "of": examination.of, "incident": examination.incident,
               "remarks": remarks, "seconds": examination.seconds, "peak_mib": examination.peak_mib,
               "failed": {verdict.test: verdict.problem for verdict in examination.verdicts if verdict.problem}}
    result.parent.mkdir(parents=True, exist_ok=True)
    assets.write_atomically(result, json.dumps(content).encode())


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
