"""nbgrader's part: the students' version, the gradebook, the feedback pages (https://nbgrader.readthedocs.io).

nbgrader is an extra of the course. Nothing here runs a student's code: nbgrader reads the outputs of the examination.
"""

import base64
import csv
import hashlib
import importlib.util
import json
import os
import re
import secrets
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_utils import assets, settings
from course_utils.errors import DataError, EnvironmentProblem
from course_utils.homework import notebook as notebooks
from course_utils.homework.assignment import PRACTICE

__all__ = ["Cohort", "Grade", "open_cohort"]

EXAMINED = "examined"
LONGEST_ANSWER = 30_000     # characters in the table; a spreadsheet's cell holds 32 767
OWN_SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.S)


@dataclass
class Grade:
    """The points of one student in one homework.

    Attributes
    ----------
    student : str
        Name of the student's folder.
    points : dict of str to float or None
        By the names of the cells; None for a written answer that nobody has graded yet.
    """

    student: str
    points: dict[str, float | None] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All points so far; written answers without points count nothing."""
        return sum(points or 0 for points in self.points.values())

    @property
    def waiting(self) -> bool:
        """Whether an answer waits for a person."""
        return None in self.points.values()


class Cohort:
    """The folder of one cohort: sources, students' versions, submissions, the gradebook. Holds personal data.

    Parameters
    ----------
    name : str
        The cohort, such as ``2027S``.
    folder : pathlib.Path
        Its folder.
    secret : str
        What hidden tests draw their data from.
    site : str
        Address of the reading site for links in feedback; empty for none.
    """

    def __init__(self, name: str, folder: Path, secret: str, site: str = ""):
        self.name, self.folder, self.secret, self.site = name, folder, secret, site

    def source(self, homework: str) -> Path:
        """Return the place of a homework's source with the cohort's name in it."""
        return self.folder / "source" / homework / notebooks.source_path(homework).name

    def handed_out(self, homework: str) -> Path:
        """Return the place of the students' version."""
        return self.folder / "release" / homework / notebooks.source_path(homework).name

    def examined(self, homework: str, student: str) -> Path:
        """Return the place of an examined submission."""
        return self.folder / EXAMINED / student / homework / notebooks.source_path(homework).name

    def feedback(self, homework: str, student: str) -> Path:
        """Return the place of a feedback page."""
        return self.folder / "feedback" / student / homework / f"{notebooks.source_path(homework).stem}.html"

    # --- nbgrader

    def _api(self):
        from nbgrader.apps.api import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config import Config

        config = Config()
        config.CourseDirectory.root = str(self.folder)
        config.CourseDirectory.submitted_directory = EXAMINED
        config.Execute.enabled = False          # the examination has run the cells, and its outputs count
        config.ClearOutput.enabled = False
        config.SanitizeHTML.enabled = True      # no script of a student on a page that others open
        config.SanitizeHTML.tags = ["a", "b", "blockquote", "br", "code", "em", "i", "li", "ol", "p", "strong", "ul"]
        config.GenerateFeedback.preprocessors = [
            "nbgrader.preprocessors.GetGrades", "nbgrader.preprocessors.ClearHiddenTests",
            "nbconvert.preprocessors.sanitize.SanitizeHTML", "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
        ]
        return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)

    @contextmanager
    def _nbgrader(self) -> Iterator[None]:
        """Give nbgrader what it needs around it: its programs, a working folder of ours, and silence."""
        import logging

        if importlib.util.find_spec("nbgrader") is None:
            raise EnvironmentProblem("nbgrader is not installed.",
                                     'run make setup, or .venv/bin/pip install -e ".[grading]".')
        before, level, path = Path.cwd(), logging.root.manager.disable, os.environ.get("PATH", "")
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), path])     # it calls alembic by its name
        os.chdir(self.folder)
        logging.disable(logging.INFO)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")         # of its database library, about its own code
                yield
        finally:
            logging.disable(level)
            os.chdir(before)
            os.environ["PATH"] = path

    @staticmethod
    def _done(answer: dict, what: str) -> None:
        if not answer["success"]:
            said = ((answer.get("log") or "") + (answer.get("error") or "")).splitlines()
            errors = [line.strip() for line in said if re.match(r"\s*[\w.]*(Error|Exception|Entry)\b", line)]
            raise DataError(f"nbgrader could not {what}: {(errors or ['it did not say why'])[0]}",
                            "run `course homework validate` and look at the cells' names and marks.")

    def release(self, homework: str) -> Path:
        """Write the source for this cohort and let nbgrader make the students' version of it. Returns its place."""
        source = notebooks.read_source(homework, self.name)
        self.source(homework).parent.mkdir(parents=True, exist_ok=True)
        assets.write_atomically(self.source(homework), nbformat.writes(source).encode())
        with self._nbgrader():
            self._done(self._api().generate_assignment(homework), f"make the students' version of {homework}")
        return self.handed_out(homework)

    def record(self, homework: str, student: str) -> None:
        """Let nbgrader read the points of an examined submission into the gradebook. Points given by hand stay."""
        with self._nbgrader():
            self._done(self._api().autograde(homework, student), f"read the points of {student}")

    def write_feedback(self, homework: str, student: str) -> Path:
        """Let nbgrader write the feedback page of a student, without the hidden tests. Returns its place."""
        with self._nbgrader():
            self._done(self._api().generate_feedback(homework, student), f"write the feedback for {student}")
        page = self.feedback(homework, student)
        assets.write_atomically(page, _without_scripts(page.read_text(encoding="utf-8")).encode())
        return page

    # --- points

    @contextmanager
    def _gradebook(self) -> Iterator:
        if importlib.util.find_spec("nbgrader"):
            from nbgrader.api import Gradebook
        with self._nbgrader(), Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as book:
            yield book

    def grades(self, homework: str) -> list[Grade]:
        """Return the points of all students whose submissions were recorded, by name."""
        with self._gradebook() as book:
            rows = []
            for submission in book.assignment_submissions(homework):
                points = {}
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        value = grade.manual_score if grade.manual_score is not None else grade.auto_score
                        points[grade.name] = None if value is None else float(value)
                rows.append(Grade(submission.student.id, points))
            return sorted(rows, key=lambda row: row.student)

    def written_answers(self, homework: str) -> list[dict[str, str]]:
        """Return the written answers of all students, ready to be a table: student, cell, answer, of, points, comment."""
        rows = []
        source = nbformat.read(self.source(homework), as_version=4)
        of = {notebooks.grade_id(cell): cell.metadata.nbgrader["points"] for cell in source.cells if notebooks.is_written(cell)}
        for grade in self.grades(homework):
            path = self.examined(homework, grade.student)
            if not path.is_file():
                continue
            for cell in nbformat.read(path, as_version=4).cells:
                name = notebooks.grade_id(cell)
                if name in of:
                    points = grade.points.get(name)
                    rows.append({"student": grade.student, "cell": name, "answer": cell.source[:LONGEST_ANSWER],
                                 "of": f"{of[name]:g}", "points": "" if points is None else f"{points:g}", "comment": ""})
        return rows

    def enter_points(self, homework: str, table: Path) -> int:
        """Read points for written answers from a CSV table; rows without points are left out. Returns how many were read.

        Raises
        ------
        DataError
            If a row cannot be right. Nothing is entered then.
        """
        known = {(row["student"], row["cell"]): float(row["of"]) for row in self.written_answers(homework)}
        entries = []
        try:
            with open(table, newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"The table {table} cannot be read ({error}).", "save it as CSV in UTF-8.") from error
        for line, row in enumerate(rows, 2):
            key, text = (row.get("student"), row.get("cell")), (row.get("points") or "").strip().replace(",", ".")
            if not text:
                continue
            try:
                points = float(text)
            except ValueError:
                points = -1.0
            if key not in known or not 0 <= points <= known[key]:
                raise DataError(f"Line {line} of {table.name} gives {text!r} points to {key[0]}, {key[1]}.",
                                f"points from 0 to {known.get(key, 0):g} for a student and a cell of {homework}." if key in known
                                else "names as `course homework written` writes them.")
            entries.append((*key, points, (row.get("comment") or "").strip()))
        stem = notebooks.source_path(homework).stem
        with self._gradebook() as book:
            for student, cell, points, comment in entries:
                grade = book.find_grade(cell, stem, homework, student)
                grade.manual_score, grade.needs_manual_grade = points, False
                if comment:
                    book.find_comment(cell, stem, homework, student).manual_comment = comment
            book.db.commit()
        return len(entries)


def _without_scripts(page: str) -> str:
    """Let a page run only nbconvert's own scripts: no link, picture or formula of a student can bring one."""
    own = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in OWN_SCRIPT.findall(page)]
    allowed = " ".join(["https://cdnjs.cloudflare.com", "'unsafe-eval'", *(f"'sha256-{one}'" for one in sorted(set(own)))])
    rule = f'<meta http-equiv="Content-Security-Policy" content="script-src {allowed}; object-src \'none\'; base-uri \'none\'">'
    return re.sub(r"<head>", lambda found: found.group() + rule, page, count=1)


def open_cohort(name: str = PRACTICE, folder: Path | None = None, site: str | None = None) -> Cohort:
    """Return a cohort; the first time its folder and its secret are made.

    Parameters
    ----------
    name : str
        The cohort.
    folder : pathlib.Path, optional
        Folder of all cohorts, by default ``grading/`` of the checkout: neither git nor ``make clean`` touch it.
    site : str, optional
        Address of the reading site, kept for later.

    Raises
    ------
    SubmissionProblem
        If the name cannot be a folder's.
    DataError
        If the cohort's own file is damaged.
    """
    if not notebooks.COHORT_NAME.fullmatch(name):
        raise notebooks.SubmissionProblem(f"{name!r} cannot be the name of a cohort.",
                                          "use letters, digits, points and hyphens, such as 2027S.")
    place = (folder or settings.project_folder() / "grading").expanduser().resolve() / name
    file, kept = place / "cohort.json", {}
    if file.exists():
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            if not (isinstance(kept, dict) and isinstance(kept.get("secret"), str) and kept["secret"]):
                raise ValueError(kept)
        except (OSError, ValueError) as error:
            raise DataError(f"The file {file} is damaged.",
                            "bring it back from a copy: the hidden tests depend on it.") from error
    content = {"cohort": name, "secret": kept.get("secret") or secrets.token_hex(16),
               "site": kept.get("site", "") if site is None else site}
    if content != kept:
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
        assets.write_atomically(file, json.dumps(content, indent=1).encode())
    return Cohort(name, place, content["secret"], content["site"])
