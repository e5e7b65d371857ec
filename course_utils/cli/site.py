"""Render the executed lessons to a reading site that asks no other host for anything."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from course_utils import results, settings
from course_utils.cli import run
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = ["PageProblem", "SiteExtraMissing", "Summary", "build", "page_problems", "refuse_problems", "summarise"]

TITLE = "Transfer learning: an open course"
# The values of Sphinx' conf.py; a file of their own would be one more thing to find.
SETTINGS = {
    "project": TITLE,
    "html_title": TITLE,
    "extensions": ["myst_nb", "sphinx-mathjax-offline"],
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        # No buttons that lead to another host: what the reader needs is in the checkout.
        "use_download_button": True,
        "use_fullscreen_button": True,
        "use_repository_button": False,
        "use_issues_button": False,
        "home_page_in_toc": True,
        "show_toc_level": 2,
        "launch_buttons": {"thebe": False, "binderhub_url": "", "colab_url": ""},
    },
    "html_css_files": ["course.css"],
    "html_copy_source": True,
    "html_show_sphinx": False,
    "nb_execution_mode": "off",
    "nb_render_plugin": "course",  # DescribedImages, by the entry point in pyproject.toml
    "nb_ipywidgets_js": {},
    "nb_merge_streams": True,
    "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence", "deflist"],
    "myst_heading_anchors": 3,
    # One lesson can be executed alone: links to lessons that are not in this build are no fault.
    "suppress_warnings": ["toc.not_included", "myst.xref_missing", "mystnb.unknown_mime_type"],
}
# Wide enough for tables and code; what is longer wraps, because nobody sees what must be scrolled to.
STYLE = """
.bd-main .bd-content .bd-article-container { max-width: 62rem; }
div.cell pre { white-space: pre-wrap; }
"""
STYLE_LOADS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")
WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"\]\(<?([^)\s#>]+)")


class SiteExtraMissing(EnvironmentProblem):
    """The packages that render the site are an extra, and it is not installed."""


class PageProblem(CourseError):
    """A page of the site has an image without description, or would ask another host for something."""


@dataclass(frozen=True)
class Summary:
    """What the index says of a lesson.

    Attributes
    ----------
    title : str
        The first heading of the notebook.
    minutes : int or None
        The number behind "**Minutes**" in its first Markdown cells.
    """

    title: str
    minutes: int | None


def summarise(notebook) -> Summary:
    """Read title and minutes from the first Markdown cells of a notebook."""
    opening = "\n\n".join(cell.source for cell in notebook.cells[:4] if cell.cell_type == "markdown")
    title = re.search(r"^#\s+(.+?)\s*$", opening, re.MULTILINE)
    minutes = re.search(r"\*\*Minutes\*\*\D*(\d+)", opening)
    return Summary(title[1] if title else "A lesson without a title", int(minutes[1]) if minutes else None)


def build() -> Path:
    """Render ``build/executed/*.ipynb`` and an index to ``build/site/``.

    Returns
    -------
    pathlib.Path
        The first page.

    Raises
    ------
    SiteExtraMissing
        If the packages that render the site are not installed.
    EnvironmentProblem
        If no lesson was executed.
    PageProblem
        If an image has no alt text, or a page would load something from another host.
    """
    try:
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        import course_utils.cli.described_images  # noqa: F401  MyST-NB loads it by its entry point
    except ImportError as error:
        raise SiteExtraMissing(
            f"The reading site needs a package that is missing ({error.name}).",
            "`pip install -e .[site]`, or `course run --no-site`.",
        ) from None
    source, target = settings.build_folder() / "site-source", settings.build_folder() / "site"
    for old in (source, target):
        shutil.rmtree(old, ignore_errors=True)
    _write_source(source)
    (source / "style").mkdir()
    (source / "style" / "course.css").write_text(STYLE)
    try:
        with patch_docutils(), docutils_namespace():
            application = Sphinx(
                source,
                None,
                target,
                settings.build_folder() / "site-doctrees",
                "html",
                confoverrides={**SETTINGS, "html_static_path": [str(source / "style")]},
                freshenv=True,
                status=None,
                warning=sys.stderr,
            )
            application.build(force_all=True)
    except Exception as error:
        # Sphinx, MyST-NB and the theme each have exceptions of their own; to the reader it is one thing.
        raise EnvironmentProblem(
            f"Sphinx stopped: {error}", "`course run --no-site` does without the site."
        ) from error
    refuse_problems(target, "The site was built")
    index = target / "index.html"
    print(f"The site: {index}")
    return index


def refuse_problems(site: Path, done: str) -> None:
    """Raise a :class:`PageProblem` with everything that is wrong with the pages in a folder, if anything is."""
    if problems := list(page_problems(site)):
        raise PageProblem(
            f"{done}, but:\n" + "\n".join(f"  - {problem}" for problem in problems),
            "change the cell of the lesson that made it.",
        )


def page_problems(site: Path) -> Iterator[str]:
    """Yield a sentence for each image without alt text and each thing that a page loads from another host."""
    for page in sorted(site.rglob("*.html")):
        reader = _PageReader()
        reader.feed(page.read_text(encoding="utf-8"))
        for problem in reader.problems:
            yield f"{page.relative_to(site)}: {problem}"
    for style in sorted(site.rglob("*.css")):
        for address in STYLE_LOADS.findall(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: loads {address}"


class _PageReader(HTMLParser):
    """Collect what the browser would load from elsewhere, and images that say nothing."""

    def __init__(self):
        super().__init__()
        self.problems: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        loaded = (
            values.get("src") or (values.get("href") if tag == "link" else None) or values.get("poster") or ""
        )
        if tag == "link" and values.get("rel") in ("canonical", "author", "license"):
            loaded = ""  # a name, not a request
        if re.match(r"(?:https?:)?//", loaded):
            self.problems.append(f"<{tag}> loads {loaded}")
        self._read_style(values.get("style") or "")
        self.in_style = tag == "style"
        # Sphinx puts the file's name where there is no description, which tells a listener nothing.
        source, alt = values.get("src") or "", values.get("alt")
        if tag == "img" and (alt is None or alt.rpartition("/")[2] == source.rpartition("/")[2]):
            self.problems.append(f"the image {source[-60:]} has no alt text")

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self._read_style(data)

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def _read_style(self, text: str) -> None:
        self.problems.extend(f"a style loads {address}" for address in STYLE_LOADS.findall(text))


def _write_source(source: Path) -> None:
    """Lay out what Sphinx reads like the checkout, so that the relative links of the lessons hold."""
    import nbformat

    executed = {
        path.name: path
        for path in sorted(run.executed_folder().glob("[0-9][0-9]_*.ipynb"))
        if not path.name.endswith(".failed.ipynb")
    }
    lines, names = [], []
    for lesson in run.lessons():
        there = lesson.path.name in executed
        notebook = nbformat.read(executed[lesson.path.name] if there else lesson.path, as_version=4)
        summary = summarise(notebook)
        minutes = f", {summary.minutes} minutes" if summary.minutes else ""
        if not there:
            lines.append(f"- {summary.title}{minutes} (not executed; `course run {lesson.number}` does it)")
            continue
        name = f"notebooks/{lesson.path.stem}"
        names.append(name)
        lines.append(f"- [{summary.title}]({name}.ipynb){minutes}")
        _copy_lesson(notebook, lesson.path, source)
    if not names:
        raise EnvironmentProblem("No lesson was executed, so there is nothing to show.", "course run")
    rows, _ = results.table()
    built_in = [row for row in rows if row.data == results.BUILT_IN]
    measured = results.markdown_table(built_in) if built_in else "Nothing was measured yet."
    (source / "index.md").write_text(
        "\n".join(
            [
                f"# {TITLE}",
                "",
                "## Lessons",
                "",
                *lines,
                "",
                "## What was measured on this computer",
                "",
                measured,
                "",
                "```{toctree}",
                ":hidden:",
                *names,
                "```",
                "",
            ]
        ),
        encoding="utf-8",
    )


def _copy_lesson(notebook, original: Path, source: Path) -> None:
    """Copy an executed lesson, and each file of the checkout that it links to, to the same relative place."""
    import nbformat

    checkout = original.parent.parent.resolve()
    copy = source / "notebooks" / original.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    for cell in notebook.cells:
        if (
            cell.cell_type == "code"
        ):  # a progress bar would need a script from another host, and is over anyway
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    nbformat.write(notebook, copy)
    for cell in notebook.cells:
        for link in LINK.findall(cell.source) if cell.cell_type == "markdown" else ():
            linked = (original.parent / link).resolve()
            if linked.is_file() and linked.is_relative_to(checkout) and linked.suffix != ".ipynb":
                place = source / linked.relative_to(checkout)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(linked, place)
