"""What Sphinx reads: the executed lessons, the pages beside them, and the two pages that the site adds."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from course_utils import results
from course_utils.cli import run
from course_utils.cli.course_map import Opening, map_svg, read_opening
from course_utils.errors import EnvironmentProblem

__all__ = ["LINK", "PAGES", "TITLE", "without_progress_bars", "write_source"]

TITLE = "Transfer learning: an open course"
WIDGET = "application/vnd.jupyter.widget-view+json"
# Brackets in code and formulas are no links.
VERBATIM = r"(?s:```.*?```)|`[^`\n]*`|(?s:\$\$.*?\$\$)|\$[^$\n]+\$"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(<?([^)\s>]+)>?\)")
LINK_OR_VERBATIM = re.compile(f"{VERBATIM}|{LINK.pattern}")
PICTURE = re.compile(r"!\[[^\]]*\]\(<?([^)\s>]+)>?\)")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|//|#", re.IGNORECASE)
# Pages beside the lessons: file and name in the list of contents. What the checkout lacks is left out.
PAGES = {
    "notebooks/homework/README.md": "Homework",
    "notebooks/instructors.md": "For instructors",
    "data/README.md": "Data and weights",
    "README.md": "Install, run and change the course",
}


def write_source(folder: Path) -> None:
    """Write all that Sphinx reads into an empty folder.

    Raises
    ------
    EnvironmentProblem
        If no lesson was executed, or one is damaged.
    """
    executed = {
        path.name: path
        for path in sorted(run.executed_folder().glob("[0-9][0-9]_*.ipynb"))
        if not path.name.endswith(".failed.ipynb")
    }
    lessons = run.lessons()
    checkout = lessons[0].path.parents[1].resolve()
    there = {lesson.number: lesson.path for lesson in lessons if lesson.path.name in executed}
    if not there:
        raise EnvironmentProblem("No lesson was executed, so there is nothing to show.", "course run")
    source = _Source(folder, checkout, {path.resolve() for path in there.values()})
    openings = []
    for lesson in lessons:
        notebook = run.read(executed.get(lesson.path.name, lesson.path))
        openings.append(read_opening(notebook, lesson.number))
        if lesson.number in there:
            source.add_lesson(notebook, lesson.path.resolve())
    pages = {page: name for page, name in PAGES.items() if (checkout / page).is_file()}
    for page in pages:
        source.add_file(checkout / page)
    (folder / "measured.md").write_text(_measured(openings, readme="README.md" in pages), encoding="utf-8")
    (folder / "index.md").write_text(_index(openings, there, pages), encoding="utf-8")


def without_progress_bars(outputs: Sequence) -> list:
    """Leave out the outputs of a cell that would need a script from another host; what they showed is over anyway."""
    return [output for output in outputs if WIDGET not in output.get("data", {})]


@dataclass
class _Source:
    """What Sphinx reads: laid out like the checkout, so that the relative links of the lessons hold.

    Attributes
    ----------
    folder, checkout : pathlib.Path
        Where it is written, and where it comes from.
    lessons : set of pathlib.Path
        The lessons of this site, as they are called in the checkout. Links to other notebooks become plain words:
        lessons that were not executed have no page, and the sources of the homework hold its solutions.
    copied : set of pathlib.Path
        Files that are there already.
    """

    folder: Path
    checkout: Path
    lessons: set[Path]
    copied: set[Path] = field(default_factory=set)

    def add_lesson(self, notebook, original: Path) -> None:
        """Write an executed lesson, and each file of the checkout that it links to."""
        import nbformat

        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = self._settle(cell.source, original)
            for output in cell.get("outputs", []):
                if text := output.get("data", {}).get("text/markdown"):
                    output.data["text/markdown"] = self._settle("".join(text), original)
            if cell.cell_type == "code":
                cell.outputs = without_progress_bars(cell.outputs)
        nbformat.write(notebook, self._place(original))

    def add_file(self, original: Path) -> None:
        """Copy a file of the checkout; of a Markdown file also each file that it links to."""
        if original in self.copied:
            return
        self.copied.add(original)
        place = self._place(original)
        if original.suffix == ".md":
            place.write_text(self._settle(original.read_text(encoding="utf-8"), original), encoding="utf-8")
        else:
            shutil.copyfile(original, place)

    def _place(self, original: Path) -> Path:
        place = self.folder / original.relative_to(self.checkout)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _settle(self, text: str, original: Path) -> str:
        """Bring along what a text links to, and make plain words of links that have no page."""

        def follow(link: str) -> bool:
            if ELSEWHERE.match(link):
                return True
            linked = (original.parent / unquote(link.partition("#")[0])).resolve()
            if linked.suffix == ".ipynb":
                return linked in self.lessons
            if not linked.is_file() or not linked.is_relative_to(self.checkout):
                return False
            self.add_file(linked)
            return True

        def settle(found: re.Match) -> str:
            return found[0] if found[2] is None or follow(found[2]) else found[1]

        for picture in PICTURE.findall(text):
            follow(picture)
        return LINK_OR_VERBATIM.sub(settle, text)


def _index(openings: Sequence[Opening], there: Mapping[str, Path], pages: Mapping[str, str]) -> str:
    """Return the first page: a card for each lesson, the map, and the way to the other pages."""
    addresses = {number: f"notebooks/{path.stem}" for number, path in there.items()}
    homework = {path.name[2:4] for path in run.notebooks_folder().glob("homework/hw[0-9][0-9]_*.ipynb")}
    homework_page = "notebooks/homework/README.md" if "notebooks/homework/README.md" in pages else None
    seconds = {row.lesson: row.mean for row in _built_in() if row.name == "lesson_seconds"}
    cards, absent = [], []
    for one in openings:
        if one.number not in there:
            absent.append(f"- {one.number} {one.title} (not executed; `course run {one.number}` does it)")
            continue
        facts = [f"{one.minutes} minutes to read"] if one.minutes else []
        if one.number in seconds:
            facts.append(f"{seconds[one.number]:.0f} seconds to run here")
        elif one.to_run:
            facts.append(f"{one.to_run} to run")
        before = [f"[{number}]({addresses[number]}.ipynb)" if number in there else number for number in one.builds_on]
        facts.append(f"builds on {' and '.join(before)}" if before else "builds on no other lesson")
        if homework_page and one.number in homework:
            facts.append(f"[homework hw{one.number}]({homework_page}#students)")
        cards += [
            f":::{{grid-item-card}} [{one.number} · {one.title}]({addresses[one.number]}.ipynb)",
            one.question,
            "```{card-footer}",
            " · ".join(facts),
            "```",
            ":::",
            "",
        ]
    ways = ["[What was measured on this computer](measured.md): each claim of the lessons, its bound and the number"]
    ways += [f"[{name}]({page})" for page, name in pages.items()]
    drawing = map_svg(openings, {number: f"{page}.html" for number, page in addresses.items()})
    lines = [
        f"# {TITLE}",
        "",
        "Jupyter notebooks on real pretrained networks, executed on this computer. Here you read them; `course lab` "
        "opens them to be changed and run. Begin with the first, then follow the arrows of the map.",
        "",
        *(f"- {way}" for way in ways),
        "",
        "## Lessons",
        "",
        "::::{grid} 1 1 2 2",
        ":gutter: 3",
        "",
        *cards,
        "::::",
        "",
        *absent,
        "",
        "## Which lesson builds on which",
        "",
        "A solid arrow: what a lesson says you should know. A dashed one: a good start, not needed. The cards above "
        "say the same in words.",
        "",
        "```{raw} html",
        f'<div class="course-map">{drawing}</div>',
        "```",
        "",
    ]
    for caption, names in (
        ("Lessons", list(addresses.values())),
        ("More", ["measured", *(f"{name} <{page.removesuffix('.md')}>" for page, name in pages.items())]),
    ):
        lines += ["```{toctree}", ":hidden:", f":caption: {caption}", *names, "```", ""]
    return "\n".join(lines)


def _measured(openings: Sequence[Opening], *, readme: bool) -> str:
    """Return the page of the measured claims, lesson by lesson."""
    rows = _built_in()
    authors = " The numbers of the course's authors stand in [its README](README.md#measured-claims)." if readme else ""
    lines = [
        "# What was measured on this computer",
        "",
        "Each row is a claim of a lesson on the built-in data, its bound, and what the runs on this computer gave: "
        "the mean over the seeds, and from the smallest to the largest (for one seed a 95 % interval where there is one). "
        "Seconds depend on the machine: they are reported, and break no claim." + authors,
        "",
    ]
    if not rows:
        lines += ["Nothing was measured yet: `course run` does it.", ""]
    for one in openings:
        own = [row for row in rows if row.lesson == one.number]
        if own:
            lines += [f"## {one.number} {one.short_title}", ""]
        for profile in dict.fromkeys(row.profile for row in own):
            group = [row for row in own if row.profile == profile]
            broken = results.broken_claims(group)
            verdict = "**some claims are broken.**" if broken else "every claim holds."
            lines += [f"The {profile} profile: {verdict}", ""]
            lines += [*(f"- {sentence}" for sentence in broken), "", _claims(group), ""]
    return "\n".join(lines)


def _claims(rows: Sequence[results.Row]) -> str:
    """Return a narrower table than README.md's: lesson and profile stand above it, and numbers do not wrap."""
    lines = ["| What is measured | Claim | Measured | Spread | n | Seeds |", "|---|---|---|---|---|---|"]
    for row in rows:
        numbers = (row.claim.bound(), row.measured(), row.spread_text(), str(row.n or "–"), str(len(row.seeds)))
        unbroken = (re.sub(r"(?<=[≥≤=<>]) | (?=×|s$|MiB)", "\N{NO-BREAK SPACE}", number) for number in numbers)
        lines.append(f"| {row.claim.sentence}: `{row.name}` | {' | '.join(unbroken)} |")
    return "\n".join(lines)


def _built_in() -> list[results.Row]:
    return [row for row in results.table()[0] if row.data == results.BUILT_IN]
