"""What the opening of each lesson says of it, and the map of the course drawn from that.

A map that is kept beside the lessons goes stale; this one is read from their first cells each time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Opening", "map_svg", "read_opening"]

BOX, GAP = (210, 58), (30, 46)  # width and height of a lesson's box, and the room between two of them


@dataclass(frozen=True)
class Opening:
    """What a lesson says of itself in its first cells.

    Attributes
    ----------
    number : str
        Two digits, the beginning of the file's name.
    title : str
        The first heading, without the number.
    question : str
        The text behind "**Question**" as Markdown; empty where there is none.
    minutes : int or None
        Minutes to read: the first number behind "**Minutes**".
    to_run : str
        How long it runs, in words, such as "about one minute"; empty where nothing is said.
    builds_on : tuple of str
        Numbers of the lessons that stand behind "**You should know**".
    """

    number: str
    title: str
    question: str = ""
    minutes: int | None = None
    to_run: str = ""
    builds_on: tuple[str, ...] = ()

    @property
    def short_title(self) -> str:
        """The title up to its first colon."""
        return self.title.partition(":")[0]


def read_opening(notebook, number: str) -> Opening:
    """Read the first Markdown cells of a lesson.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The lesson.
    number : str
        Two digits.
    """
    lesson = [cell for cell in notebook.cells if "speaker-notes" not in cell.metadata.get("tags", [])]
    text = "\n\n".join(cell.source for cell in lesson[:4] if cell.cell_type == "markdown")
    title = re.search(r"^#\s+(?:\d\d\s*[—–-]\s*)?(.+?)\s*$", text, re.MULTILINE)
    minutes = re.search(r"\*\*Minutes\b[^\d]*(\d+)(?:[^;\n]*;\s*(.+?) to run)?", text)
    known = re.findall(r"\blessons? (\d\d(?:(?:, | and |, and )\d\d)*)", _after(text, "You should know"))
    to_run = minutes[2] or "" if minutes else ""
    if to_run and "minute" not in to_run and "second" not in to_run:
        to_run += " minute" if to_run.endswith("one") else " minutes"  # "two to run" in the lesson
    return Opening(
        number,
        title[1] if title else f"Lesson {number}",
        _after(text, "Question"),
        int(minutes[1]) if minutes else None,
        to_run,
        tuple(sorted({one for group in known for one in re.findall(r"\d\d", group)} - {number})),
    )


def _after(text: str, lead_in: str) -> str:
    """Return the rest of the paragraph behind a bold lead-in, in one line."""
    found = re.search(rf"\*\*{lead_in}\b[.:]?\*\*[.:]?\s*(.+?)(?:\n\s*\n|\Z)", text, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def map_svg(openings: Sequence[Opening], links: Mapping[str, str]) -> str:
    """Draw which lesson builds on which, as an SVG that takes its colours from the page.

    Parameters
    ----------
    openings : sequence of Opening
        The lessons; the first is drawn as the way in to those that build on no other.
    links : mapping of str to str
        Address of each lesson's page by its number; a lesson without one has a dashed box.

    Returns
    -------
    str
        One ``<svg>`` without empty lines. Who hears the page hears at each box what the lesson builds on.
    """
    known = {one.number: one for one in openings}
    before = {one.number: [number for number in one.builds_on if number in known] for one in openings}
    entrance = openings[0].number
    for number, others in before.items():
        if not others and number != entrance:
            others.append(entrance)
    rows = _rows(before)
    width = max(map(len, rows)) * (BOX[0] + GAP[0]) + GAP[0]
    height = len(rows) * (BOX[1] + GAP[1]) + GAP[1] / 2
    place = {}
    for y, row in enumerate(rows):
        margin = (width - len(row) * (BOX[0] + GAP[0]) + GAP[0]) / 2
        top = GAP[1] / 4 + y * (BOX[1] + GAP[1])
        place |= {number: (margin + x * (BOX[0] + GAP[0]), top) for x, number in enumerate(row)}
    shapes = [
        _arrow(place[other], place[number], stated=other in known[number].builds_on)
        for number, others in before.items()
        for other in _not_by_another_way(number, others, before)
    ]
    shapes += [_box(known[number], place[number], links.get(number)) for number in place]
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="group" aria-label="Which lesson builds on which">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{''.join(shapes)}</svg>"
    )


def _rows(before: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Put each lesson below all that it builds on, and near to them."""
    depth: dict[str, int] = {}
    for number in sorted(before):  # a lesson builds on earlier ones only
        depth[number] = 1 + max((depth[other] for other in before[number] if other in depth), default=-1)
    rows = [[number for number in depth if depth[number] == level] for level in range(max(depth.values()) + 1)]
    position: dict[str, float] = {}
    for row in rows:
        above = {number: [position.get(other, 0.5) for other in before[number]] or [0.5] for number in row}
        row.sort(key=lambda number: sum(above[number]) / len(above[number]))
        position |= {number: (index + 0.5) / len(row) for index, number in enumerate(row)}
    return rows


def _not_by_another_way(number: str, others: Sequence[str], before: Mapping[str, Sequence[str]]) -> list[str]:
    """Leave out an arrow where a chain of other arrows says the same."""

    def behind(start: str) -> set[str]:
        return {start}.union(*(behind(other) for other in before[start] if other < start))

    others = [other for other in others if other < number]
    return [other for other in others if not any(other in behind(rival) for rival in others if rival != other)]


def _arrow(start: tuple[float, float], end: tuple[float, float], *, stated: bool) -> str:
    x1, y1, x2, y2 = start[0] + BOX[0] / 2, start[1] + BOX[1], end[0] + BOX[0] / 2, end[1] - 2
    middle = (y1 + y2) / 2
    curve = f"M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"
    dashes = "" if stated else ' stroke-dasharray="5 5"'
    return f'<path class="arrow" d="{curve}" marker-end="url(#tip)"{dashes}/>'


def _box(one: Opening, corner: tuple[float, float], link: str | None) -> str:
    said = f"Lesson {one.number}, {one.title}: builds on {' and '.join(one.builds_on) or 'no other lesson'}"
    x, y = corner
    dashes = "" if link else ' stroke-dasharray="5 5"'
    drawn = (
        f'<rect x="{x:g}" y="{y:g}" width="{BOX[0]}" height="{BOX[1]}" rx="8"{dashes}/>'
        f'<text class="number" x="{x + BOX[0] / 2:g}" y="{y + 23:g}">{escape(one.number)}</text>'
        f'<text x="{x + BOX[0] / 2:g}" y="{y + 45:g}">{escape(one.short_title)}</text>'
    )
    if not link:
        return f'<g role="img" aria-label="{escape(said)} (not in this site)">{drawn}</g>'
    return f'<a href="{escape(link)}" aria-label="{escape(said)}">{drawn}</a>'
