"""Render the executed lessons to a reading site that asks no other host for anything."""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from course_utils import settings
from course_utils.cli.site_source import TITLE, write_source
from course_utils.errors import CourseError, EnvironmentProblem

__all__ = ["PageProblem", "SiteExtraMissing", "build", "page_problems", "refuse_problems"]

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
    "highlight_language": "none",  # blocks of Markdown pages are for a terminal; lessons say that theirs are Python
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
.bd-main .bd-content .bd-sidebar-secondary { width: 13rem; }
div.cell pre { font-size: 0.82rem; }
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
<title>Not found · {TITLE}</title>
<style>body {{ color: #111; background: #fff; font: 1.1rem sans-serif; max-width: 40rem; margin: 4rem auto }}</style>
</head><body>
<h1>There is no such page</h1>
<p>The address may be of an older version of the course.
<a id="first" href="index.html">Go to the first page</a>: it leads to all others.</p>
<script>
const folder = location.pathname.replace(/^(.*)\\/(?:notebooks|data)\\/.*$/, "$1/").replace(/[^\\/]*$/, "");
document.getElementById("first").href = folder + "index.html";
</script></body></html>
"""
STYLE_LOADS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")


class SiteExtraMissing(EnvironmentProblem):
    """The packages that render the site and the slides are an extra, and it is not installed."""


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

        import sphinx_design  # noqa: F401  newer in the extra than the others: an older environment may lack it

        import course_utils.cli.described_images  # noqa: F401  MyST-NB loads it by its entry point
    except ImportError as error:
        raise SiteExtraMissing(
            f"The reading site needs a package that is missing ({error.name}).",
            "`pip install -e .[site]`, or `course run --no-site`.",
        ) from None
    source, target = settings.build_folder() / "site-source", settings.build_folder() / "site"
    for old in (source, target):
        shutil.rmtree(old, ignore_errors=True)
    write_source(source)
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
    refuse_problems(target, "The site was built")
    index = target / "index.html"
    print(f"The site: {index}")
    return index


def refuse_problems(site: Path, done: str, chosen: Sequence[Path] | None = None) -> None:
    """Raise a :class:`PageProblem` with everything that is wrong in a folder of pages, or with chosen ones of them."""
    if problems := list(page_problems(site, chosen)):
        raise PageProblem(
            f"{done}, but:\n" + "\n".join(f"  - {problem}" for problem in problems),
            "change the cell of the lesson that made it.",
        )


def page_problems(site: Path, chosen: Sequence[Path] | None = None) -> Iterator[str]:
    """Yield a sentence for each image without alt text, each dead link and each thing loaded from another host."""
    pages = {}
    for path in sorted(site.rglob("*.html") if chosen is None else chosen):
        if "_static" not in path.relative_to(site).parts:  # the theme's own parts of pages
            reader = pages[path.resolve()] = _PageReader()
            reader.feed(path.read_text(encoding="utf-8"))
    for path, reader in pages.items():
        name = path.relative_to(site.resolve())
        for problem in reader.problems:
            yield f"{name}: {problem}"
        for picture in dict.fromkeys(reader.pictures):
            if not (path.parent / unquote(picture.partition("?")[0])).is_file():
                yield f"{name}: the image {picture} is not there"
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
    """Collect what a browser would load from elsewhere, images that say nothing, links, and what they can lead to."""

    def __init__(self):
        super().__init__()
        self.problems: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.names: set[str] = {"top"}  # a browser knows this one by itself
        self.in_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.names.update(filter(None, (values.get("id"), values.get("name") if tag == "a" else None)))
        link = values.get("href") or ""
        if tag == "a" and link not in ("", "#") and not re.match(r"[a-z][a-z+.-]*:|//", link, re.IGNORECASE):
            self.links.append(link)
        loads = [values.get("src"), values.get("poster"), values.get("data")]
        loads += re.split(r"[,\s]+", values.get("srcset") or "")
        is_name = tag == "link" and values.get("rel") in ("canonical", "author", "license")  # and no request
        if tag in ("link", "image", "use", "feimage") and not is_name:
            loads += [link, values.get("xlink:href")]
        for loaded in filter(None, loads):
            if re.match(r"(?:https?:)?//", loaded):
                self.problems.append(f"<{tag}> loads {loaded}")
        self._read_style(values.get("style") or "")
        self.in_style = tag == "style"
        # Sphinx puts the file's name where there is no description, which tells a listener nothing.
        source, alt = values.get("src") or "", values.get("alt")
        if tag == "img" and (alt is None or alt.rpartition("/")[2] == source.rpartition("/")[2]):
            self.problems.append(f"the image {source[-60:]} has no alt text")
        if tag == "img" and source and not re.match(r"[a-z][a-z+.-]*:|//", source, re.IGNORECASE):
            self.pictures.append(source)

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self._read_style(data)

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def _read_style(self, text: str) -> None:
        self.problems.extend(f"a style loads {address}" for address in STYLE_LOADS.findall(text))
