"""Render the executed lessons to a reading site that asks no other host for anything."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from course_utils import results, settings
from course_utils.cli import run
from course_utils.cli.course_map import Opening, map_svg, read_opening
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = ["PageProblem", "SiteExtraMissing", "build", "page_problems"]

TITLE = "Transfer learning: an open course"
# The values of Sphinx' conf.py; a file of their own would be one more thing to find.
SETTINGS = {
    "project": TITLE,
    "html_title": TITLE,
    "language": "en",
    "extensions": ["myst_nb", "sphinx_design", "sphinx-mathjax-offline"],
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        # No buttons that lead to another host: what the reader needs is in the checkout.
        "use_download_button": True,
        "use_fullscreen_button": True,
        "use_repository_button": False,
        "use_issues_button": False,
        "footer_content_items": [],
        "home_page_in_toc": True,
        "show_toc_level": 2,
        "launch_buttons": {"thebe": False, "binderhub_url": "", "colab_url": ""},
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    },
    "html_css_files": ["course.css"],
    "html_copy_source": True,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_use_index": False,  # an index of Python names, of which the lessons define none
    "highlight_language": "none",  # of Markdown pages: their blocks are for a terminal; lessons say that theirs are Python
    "nb_execution_mode": "off",
    "nb_render_plugin": "course",  # DescribedImages, by the entry point in pyproject.toml
    "nb_ipywidgets_js": {},
    "nb_merge_streams": True,
    "nb_render_markdown_format": "myst",  # as the cells: otherwise links in an output are not followed
    "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence", "deflist"],
    "myst_heading_anchors": 3,
    # A page that is only linked to (README.md, say) stands in no list of contents.
    "suppress_warnings": ["toc.not_included", "mystnb.unknown_mime_type"],
}
# Wide enough for tables and code; what is longer wraps, because nobody sees what must be scrolled to.
STYLE = """
.bd-main .bd-content .bd-article-container { max-width: 62rem; }
div.cell pre, div.highlight pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.bd-article code, .bd-article code span.pre { white-space: normal; overflow-wrap: anywhere; }
#pst-header { display: none !important; } /* the theme's second search button, and an empty bar on a phone */
html { --pst-header-height: 0rem; }
a.headerlink:focus-visible { visibility: visible; opacity: 1; }
.course-map { overflow-x: auto; margin-block: 1rem; }
.course-map svg { width: 100%; min-width: 34rem; max-width: 46rem; height: auto; display: block; margin: auto; }
.course-map rect { fill: var(--pst-color-surface); stroke: var(--pst-color-text-muted); }
.course-map a:is(:hover, :focus-visible) rect { stroke: var(--pst-color-link); stroke-width: 3; }
.course-map text { fill: var(--pst-color-text-base); text-anchor: middle; font-size: 16px; }
.course-map .number { fill: var(--pst-color-text-muted); font-size: 15px; }
.course-map .arrow { fill: none; stroke: var(--pst-color-text-muted); stroke-width: 2; }
.course-map marker path { fill: var(--pst-color-text-muted); }
"""
# A server shows this page at any depth below the first one, so it can load nothing and has to find the first page.
NOT_FOUND = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not found · {TITLE}</title></head>
<body style="color: #111; background: #fff; font: 1.1rem sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>There is no such page</h1>
<p>The address may be of an older version of the course. <a id="first" href="index.html">Go to the first page</a>: it leads to all others.</p>
<script>
document.getElementById("first").href = location.pathname.replace(/\\/(notebooks|data)\\/.*$/, "/").replace(/[^\\/]*$/, "index.html");
</script></body></html>
"""
STYLE_LOADS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")
WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(<?([^)\s>]+)>?\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(<?([^)\s>]+)>?\)")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|//|#", re.IGNORECASE)
# Pages beside the lessons: file and name in the list of contents. What the checkout lacks is left out.
PAGES = {
    "notebooks/homework/README.md": "Homework",
    "notebooks/instructors.md": "For instructors",
    "data/README.md": "Data and weights",
    "README.md": "Install, run and change the course",
}


class SiteExtraMissing(EnvironmentProblem):
    """The packages that render the site are an extra, and it is not installed."""


class PageProblem(CourseError):
    """A page of the site has an image without description or a dead link, or would ask another host for something."""


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
        If an image has no alt text, a link leads nowhere, or a page would load something from another host.
    """
    try:
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        import course_utils.cli.described_images  # noqa: F401  MyST-NB loads it by its entry point
        import sphinx_design  # noqa: F401  newer in the extra than the others: an older environment may lack it
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
    (source / "extra").mkdir()
    (source / "extra" / "404.html").write_text(NOT_FOUND, encoding="utf-8")
    try:
        with patch_docutils(), docutils_namespace():
            application = Sphinx(
                source,
                None,
                target,
                settings.build_folder() / "site-doctrees",
                "html",
                confoverrides={
                    **SETTINGS,
                    "html_static_path": [str(source / "style")],
                    "html_extra_path": [str(source / "extra")],
                },
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
    if problems := list(page_problems(target)):
        raise PageProblem(
            "The site was built, but:\n" + "\n".join(f"  - {problem}" for problem in problems),
            "change the cell of the lesson that made it.",
        )
    index = target / "index.html"
    print(f"The site: {index}")
    return index


def page_problems(site: Path) -> Iterator[str]:
    """Yield a sentence for each image without alt text, each dead link and each thing that a page loads from another host."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        if "_static" not in path.relative_to(site).parts:  # the theme's own parts of pages
            reader = pages[path.resolve()] = _PageReader()
            reader.feed(path.read_text(encoding="utf-8"))
    for path, reader in pages.items():
        name = path.relative_to(site.resolve())
        for problem in reader.problems:
            yield f"{name}: {problem}"
        for link in dict.fromkeys(reader.links):
            target, _, fragment = link.partition("#")
            linked = (path.parent / unquote(target.partition("?")[0])).resolve() if target else path
            if not linked.is_file():
                yield f"{name}: the link {link} leads to no page"
            elif fragment and linked in pages and unquote(fragment) not in pages[linked].names:
                yield f"{name}: the link {link} leads to no place on that page"
    for style in sorted(site.rglob("*.css")):
        for address in STYLE_LOADS.findall(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: loads {address}"


class _PageReader(HTMLParser):
    """Collect what the browser would load from elsewhere, images that say nothing, links, and what they can lead to."""

    def __init__(self):
        super().__init__()
        self.problems: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = {"top"}  # a browser knows this one by itself
        self.in_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.names.update(filter(None, (values.get("id"), values.get("name") if tag == "a" else None)))
        link = values.get("href") or ""
        if tag == "a" and link not in ("", "#") and not re.match(r"[a-z][a-z+.-]*:|//", link, re.IGNORECASE):
            self.links.append(link)
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


@dataclass
class _Source:
    """What Sphinx reads: laid out like the checkout, so that the relative links of the lessons hold.

    Attributes
    ----------
    folder, checkout : pathlib.Path
        Where it is written, and where it comes from.
    lessons : set of pathlib.Path
        The lessons of this site, as they are called in the checkout. Links to other notebooks become plain words: lessons
        that were not executed have no page, and the sources of the homework hold its solutions.
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
                # A progress bar would need a script from another host, and is over anyway.
                cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
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

        for picture in PICTURE.findall(text):
            follow(picture)
        return LINK.sub(lambda found: found[0] if follow(found[2]) else found[1], text)


def _write_source(folder: Path) -> None:
    """Write all that Sphinx reads into an empty folder."""
    import nbformat

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
        notebook = nbformat.read(executed.get(lesson.path.name, lesson.path), as_version=4)
        openings.append(read_opening(notebook, lesson.number))
        if lesson.number in there:
            source.add_lesson(notebook, lesson.path.resolve())
    pages = {page: name for page, name in PAGES.items() if (checkout / page).is_file()}
    for page in pages:
        source.add_file(checkout / page)
    (folder / "measured.md").write_text(_measured(openings, readme="README.md" in pages), encoding="utf-8")
    (folder / "index.md").write_text(_index(openings, there, pages), encoding="utf-8")


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
    lines = [
        f"# {TITLE}",
        "",
        "Jupyter notebooks on real pretrained networks, executed on this computer. Here you read them; `course lab` opens them to be "
        "changed and run. Begin with the first, then follow the arrows of the map.",
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
        "A solid arrow: what a lesson says you should know. A dashed one: a good start, not needed. The cards above say the same in words.",
        "",
        "```{raw} html",
        f'<div class="course-map">{map_svg(openings, {number: f"{page}.html" for number, page in addresses.items()})}</div>',
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
    elsewhere = " The numbers of the course's authors stand in [its README](README.md#measured-claims)." if readme else ""
    lines = [
        "# What was measured on this computer",
        "",
        "Each row is a claim of a lesson on the built-in data, its bound, and what the runs on this computer gave: the mean over the "
        "seeds, and from the smallest to the largest (for one seed a 95 % interval where there is one). Seconds depend on the "
        "machine: they are reported, and break no claim." + elsewhere,
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
            lines += [f"The {profile} profile: " + ("**some claims are broken.**" if broken else "every claim holds."), ""]
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
