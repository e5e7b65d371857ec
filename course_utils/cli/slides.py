"""Turn lessons into decks of slides for a lecture hall, which ask no other host for anything."""

import html
import importlib.util
import re
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

from course_utils import settings
from course_utils.cli import run, site
from course_utils.cli.course_map import read_opening
from course_utils.cli.site_source import without_progress_bars
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = ["build", "deck_path", "slides_folder"]

# The folder that all decks load from, and what of the installed packages goes there.
LIBRARY = "library"
REVEAL = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
SANS = "dist/theme/fonts/source-sans-pro"
MONO = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "LICENSE_DEJAVU")
OURS = ("deck.css", "pages.js")
HIGHLIGHTING = "xcode"  # its colours have enough contrast on the light grey behind code
WIDEST_INDENT = 24
FOR_TESTS = re.compile(r"^#\s*NBVAL_\w+\n", re.MULTILINE)
# A block of code inside Markdown, as nbconvert writes it with and without a language.
FENCE = re.compile(
    r'(?:<div class="highlight">)?<pre>(?:<span></span>|<code[^>]*>)(.*?)\n?(?:</code>)?</pre>(?:\s*</div>)?', re.DOTALL
)
TAG = re.compile(r"<[^>]+>")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # a terminal's
NO_ALT = ' alt="No description has been provided for this image"'  # nbconvert's, which tells a listener nothing
ANCHOR = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def slides_folder() -> Path:
    """Return the folder of the decks. It may not exist yet."""
    return settings.build_folder() / "slides"


def deck_path(lesson: run.Lesson) -> Path:
    """Return where the deck of a lesson is written."""
    return slides_folder() / f"{lesson.path.stem}.html"


def build(chosen: Sequence[run.Lesson]) -> list[Path]:
    """Make the decks of these lessons: from ``build/executed/`` where they were executed, else as they are.

    Parameters
    ----------
    chosen : sequence of Lesson
        What to make, in this order.

    Returns
    -------
    list of pathlib.Path
        The decks, of which each was printed.

    Raises
    ------
    SiteExtraMissing
        If the packages that decks are made with are not installed.
    EnvironmentProblem
        If notebooks cannot be read or have nothing to show. The decks of the others are made.
    PageProblem
        If a figure has no alt text, or a deck would load something from another host.
    """
    current = {deck_path(lesson) for lesson in run.lessons()}
    for old in set(slides_folder().glob("*.html")) - current:
        old.unlink()  # of a lesson that is gone or has another name now
    _fill_library(slides_folder() / LIBRARY)
    there = {deck_path(lesson).name for lesson in chosen} | {path.name for path in slides_folder().glob("*.html")}
    decks, problems = [], []
    for lesson in chosen:
        executed = run.executed_folder() / lesson.path.name
        source = executed if executed.exists() else lesson.path
        deck = deck_path(lesson)
        try:
            page = _render(_read(source), lesson.number, there)
        except CourseError as problem:
            problems.append(problem)
            continue
        deck.write_text(page, encoding="utf-8")
        is_old = source == executed and executed.stat().st_mtime < lesson.path.stat().st_mtime
        changed = f"; the lesson was changed since: `course run {lesson.number}`" if is_old else ""
        print(f"{deck}  (from {source.parent.name}/{source.name}{changed})")
        decks.append(deck)
    if problems:
        said = "\n".join(f"  - {problem.problem}" for problem in problems)
        raise EnvironmentProblem(f"Not every lesson has slides now:\n{said}", problems[0].hint)
    site.refuse_problems(slides_folder(), "The slides were made", decks)
    return decks


def _fill_library(library: Path) -> None:
    """Copy what all decks share out of the installed packages."""
    names = ("sphinx_revealjs", "sphinx-mathjax-offline", "matplotlib", "nbconvert")
    places = {name: importlib.util.find_spec(name) for name in names}
    if missing := [name for name, place in places.items() if place is None]:
        raise site.SiteExtraMissing(
            f"The slides need a package that is missing ({', '.join(missing)}).", "`pip install -e .[site]`."
        )
    reveal, mathjax, matplotlib, _ = (Path(place.origin).parent for place in places.values())
    reveal = reveal / "_static" / "revealjs"
    copies = [(reveal / name, f"reveal/{Path(name).name}") for name in REVEAL]
    copies += [(path, f"fonts/{path.name}") for path in [*(reveal / SANS).glob("*.woff"), reveal / SANS / "LICENSE"]]
    copies += [(matplotlib / "mpl-data" / "fonts" / "ttf" / name, f"fonts/{name}") for name in MONO]
    copies += [(mathjax / "static" / "mathjax" / "tex-svg.js", "mathjax/tex-svg.js")]
    for original, name in copies:
        if not original.is_file():
            raise site.SiteExtraMissing(
                f"The installed packages lack {original.name}, which the slides need.", "`pip install -U -e .[site]`."
            )
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, library / name)
    for name in OURS:
        (library / name).write_text(_own_file(name), encoding="utf-8")
    (library / "highlight.css").write_text(_highlighting(), encoding="utf-8")


def _own_file(name: str) -> str:
    return (resources.files("course_utils.cli") / "deck" / name).read_text(encoding="utf-8")


def _highlighting() -> str:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style=HIGHLIGHTING, nobackground=True).get_style_defs("pre.code")


def _read(source: Path):
    """Read a notebook and keep of it what an audience should see."""
    notebook = run.read(source)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # What it prints in one go is one output, also where the kernel sent it in two parts.
            kept = []
            for output in without_progress_bars(cell.outputs):
                is_printed = output.output_type == "stream"
                if is_printed and output.name != "stdout":
                    continue
                if is_printed and kept and kept[-1].output_type == "stream":
                    kept[-1].text += output.text
                else:
                    kept.append(output)
            cell.outputs = kept
            cell.source = FOR_TESTS.sub("", cell.source)
    return notebook


def _render(notebook, number: str, there: set[str]) -> str:
    """Return the deck's page. ``there`` are the decks that a link may lead to."""
    from nbconvert import SlidesExporter

    exporter = SlidesExporter(
        raw_template=_own_file("slides.html.j2"),
        extra_template_basedirs=[],  # by default the folder that the reader happens to be in
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_filter("highlighted_lines", _highlighted_lines)
    exporter.register_filter("printed_lines", _printed_lines)
    title = f"{number} — {read_opening(notebook, number).title}"
    try:
        page, _ = exporter.from_notebook_node(notebook, {"deck_title": title})
    except ValueError as error:  # nbconvert's, when no cell is left to show
        raise EnvironmentProblem(
            f"The lesson {title!r} has no slides: {error}", "give a cell the slide type 'slide'."
        ) from None
    page = FENCE.sub(lambda found: _fence(found[1]), page.replace(NO_ALT, ""))
    return ANCHOR.sub(lambda found: _link(found, there), page)


def _link(found: re.Match, there: set[str]) -> str:
    """Let a link to another lesson lead to its deck; of what a deck cannot reach only the words stay."""
    address, words = html.unescape(found[1]), found[2]
    if re.match(r"(?:https?|mailto):", address):
        return found[0]
    deck = re.sub(r"\.ipynb$", ".html", unquote(address.partition("#")[0]).removeprefix("./"))
    return f'<a href="{html.escape(deck)}">{words}</a>' if deck in there else words


def _highlighted_lines(source: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    marked = highlight(source, get_lexer_by_name("ipython3", stripnl=False), HtmlFormatter(nowrap=True))
    return _lines(source, marked.split("\n"))


def _printed_lines(text: str) -> str:
    from nbconvert.filters import ansi2html

    lines, colours = [], ""
    for line in text.strip("\n").split("\n"):
        lines.append(colours + line)
        colours = "".join(COLOUR.findall(lines[-1])).rpartition("\x1b[0m")[2]  # those that go on in the next line
    return _lines(COLOUR.sub("", text.strip("\n")), [ansi2html(line) for line in lines])


def _fence(marked: str) -> str:
    """Return code of a Markdown cell as that of code cells is, which can be parted between its lines."""
    text = html.unescape(TAG.sub("", marked))
    return f'<pre class="code">{_lines(text, [html.escape(line) for line in text.split(chr(10))])}</pre>'


def _lines(text: str, marked: Sequence[str]) -> str:
    """Wrap each line, so that where it wraps it can be indented, and a long text be parted between lines."""
    return "".join(
        f'<span class="line" style="--indent:{min(len(line) - len(line.lstrip()), WIDEST_INDENT)}ch">{shown}\n</span>'
        for line, shown in zip(text.split("\n"), marked)
    )
