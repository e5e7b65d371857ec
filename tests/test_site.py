"""Tests of the reading site, on tiny lessons in a checkout of their own; and of the pages beside the lessons."""

import base64
import io
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote

import browser
import nbformat
import pytest

from course_utils import cli, results, settings
from course_utils.cli import course_map, main, site, site_source

CHECKOUT = Path(settings.__file__).resolve().parents[1]
ALT = "Accuracy rises to 0.9 & then levels off"
LONG_LINE = f"print('{'a very long line of code ' * 12}')"
OPENING = """# 02 — Shark or dolphin: who swims there?

**Question.** How much of what a network knows
can you *borrow*?

**You should know** what a convolution is (lesson 01).

**Minutes** 45 to read and try; about one minute to run.

We saw $a^2 + b^2$ and read [the data](../data/README.md)."""
WIDE_TABLE = f"|{'|'.join(f' column_{number} ' for number in range(14))}|\n|{'---|' * 14}\n|{'0.123456 |' * 14}"
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated.*Sphinx API")  # the theme's and MyST's own


def write_notebook(path, *cells):
    """Write a notebook; a str is a Markdown cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [nbformat.v4.new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=language), path)


def code(source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1)


def shown(data, **metadata):
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


def figure(alt=ALT):
    import matplotlib.pyplot as pyplot

    drawn, _ = pyplot.subplots(figsize=(1, 1))
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png")
    pyplot.close(drawn)
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return code("figure", shown({"image/png": base64.b64encode(buffer.getvalue()).decode()}, **metadata))


def progress_bar():
    """A progress bar as ipywidgets stores it."""
    view = {"model_id": "a", "version_major": 2, "version_minor": 0}
    return code("tqdm", shown({"application/vnd.jupyter.widget-view+json": view, "text/plain": "0% 0/3"}))


@pytest.fixture(scope="module")
def built(checkout_of_the_module):
    """A site of two executed lessons of three, its pages beside them, and what Sphinx had to say."""
    course = checkout_of_the_module
    links = ("See [later](03_later.ipynb#end), [the first](01_first.ipynb) and "
             "[the solutions](homework/hw02_two.ipynb). Write `layers[3](x)`.")
    tags = {"tags": ["remove-cell", "speaker-notes"]}
    notes = nbformat.v4.new_markdown_cell("Ask the audience about whiskers.", metadata=tags)
    first = "# 01 — First\n\n**Question.** What is turbid water?\n\n**Minutes** 20 to read; two to run."
    cells = (OPENING, figure(), progress_bar(), notes, code(LONG_LINE), WIDE_TABLE,
             code("x", shown({"text/markdown": "Now read [the first](01_first.ipynb).", "text/plain": "x"})),
             f"## What we saw\n\n{links}")
    for folder in ("notebooks", "build/executed"):
        write_notebook(course / folder / "01_first.ipynb", first)
        write_notebook(course / folder / "02_two.ipynb", *cells)
    write_notebook(course / "notebooks/03_later.ipynb", "# 03 — Later\n\n**You should know** lessons 01 and 02.")
    write_notebook(course / "notebooks/homework/hw02_two.ipynb", "# The solution is 42")
    for name, text in {
        "data/README.md": "# Where the data come from\n\nSee [the licence](../LICENSE).",
        "LICENSE": "MIT",
        "notebooks/homework/README.md": f"# Homework\n\n## Students\n\n`keras.applications.{'MobileNet' * 9}`",
        "notebooks/instructors.md": "# For instructors\n\n[Homework](homework/README.md#students), [two](02_two.ipynb)",
    }.items():
        (course / name).parent.mkdir(exist_ok=True)
        (course / name).write_text(text)
    results.record("02", "features_accuracy", 0.92, n=400)
    with pytest.MonkeyPatch.context() as patch:
        said = io.StringIO()
        patch.setattr(sys, "stderr", said)
        index = site.build()
    return index.parent, said.getvalue()


def words(page):
    return " ".join(re.sub("<[^>]+>", "", page.read_text()).split())


def test_the_first_page_tells_of_each_lesson_what_its_first_cell_tells(built):
    front = words(built[0] / "index.html")
    assert "02 · Shark or dolphin: who swims there?" in front
    assert "How much of what a network knows can you borrow?" in front
    assert "45 minutes to read · about one minute to run · builds on 01 · homework hw02" in front
    assert "20 minutes to read · two minutes to run · builds on no other lesson" in front
    assert "03 Later (not executed; course run 03 does it)" in front


def test_the_first_page_leads_to_every_page(built):
    folder, _ = built
    front = (folder / "index.html").read_text()
    for page in ("notebooks/01_first", "notebooks/02_two", "measured", "notebooks/homework/README",
                 "notebooks/instructors", "data/README"):
        assert f'href="{page}.html"' in front and (folder / f"{page}.html").is_file()
    assert re.search('<a href="notebooks/02_two.html" aria-label="Lesson 02, [^"]*: builds on 01">', front)   # the map


def test_the_measured_claims_have_a_page_of_their_own(built):
    measured = words(built[0] / "measured.html")
    assert "02 Shark or dolphin# The quick profile: every claim holds." in measured
    assert "features_accuracy ≥ 0.90 0.920" in measured


def test_a_lesson_keeps_its_alt_texts_formulas_and_files_and_asks_no_other_host(built):
    folder, said = built
    page = (folder / "notebooks/02_two.html").read_text()
    assert f'alt="{ALT.replace("&", "&amp;")}"' in page
    scripts = re.findall(r'<script[^>]*src="([^"]*mathjax[^"]*)"', page)
    assert scripts and all((folder / "notebooks" / script.split("?")[0]).resolve().is_file() for script in scripts)
    assert "0/3" not in page and "widget-view" not in page
    assert (folder / "_sources/notebooks/02_two.ipynb").is_file() and "_sources/notebooks/02_two.ipynb" in page
    assert list(site.page_problems(folder)) == []
    assert "WARNING" not in said


def test_links_to_lessons_without_a_page_and_to_solutions_are_words_and_the_others_are_followed(built):
    folder, _ = built
    page = (folder / "notebooks/02_two.html").read_text()
    assert "See later, <a" in page and "and the solutions." in page and "layers[3](x)" in page
    assert page.count('href="01_first.html"') >= 2   # of a cell, and of an output
    assert not list(folder.rglob("*hw02*")) and "The solution is 42" not in (folder / "searchindex.js").read_text()


def test_speaker_notes_are_neither_on_the_page_nor_found_by_the_search(built):
    folder, _ = built
    assert "whiskers" not in (folder / "notebooks/02_two.html").read_text()
    assert "whisker" not in (folder / "searchindex.js").read_text()
    assert "turbid" in (folder / "searchindex.js").read_text()


@pytest.mark.slow
@browser.needed
def test_in_a_browser_the_site_is_accessible_fits_a_phone_finds_words_and_asks_no_other_host(built):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False}
    folder, _ = built
    pages = [page for page in sorted(folder.rglob("*.html")) if "_static" not in page.parts]
    assert len(pages) == 9
    looked_at = [page for page in pages if page.name in ("index.html", "measured.html", "02_two.html", "404.html")]
    with browser.page(390, 844) as page:
        for scheme, these in (("light", pages), ("dark", looked_at)):
            page.emulate_media(color_scheme=scheme)
            for path in these:
                page.goto(path.as_uri())
                if path.name != "404.html":   # it loads nothing, also no theme
                    assert page.evaluate("document.documentElement.dataset.theme") == scheme
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
                if path in looked_at:   # all kinds of content
                    found = axe.run(page, options=rules).response
                    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], path.name
                    assert "color-contrast" in [one["id"] for one in found["passes"]]   # it did look
        page.goto(f"{(folder / 'search.html').as_uri()}?q=turbid")
        found = page.locator("#search-results li a").first
        found.wait_for()
        assert "01_first.html" in found.get_attribute("href")
        page.goto((folder / "notebooks/01_first.html").as_uri())
        assert page.locator("a.right-next").get_attribute("href") == "02_two.html"
        page.goto((folder / "notebooks/02_two.html").as_uri())
        page.locator("#what-we-saw h2").hover()
        page.locator("#what-we-saw h2 a.headerlink").click()
        assert page.url.endswith("#what-we-saw")
        page.route("**/notebooks/homework/gone.html", lambda route: route.fulfill(path=folder / "404.html"))
        page.goto((folder / "notebooks/homework/gone.html").as_uri())
        page.get_by_role("link").click()
        assert page.url == (folder / "index.html").as_uri()
        assert page.refused == []


def test_an_image_without_alt_text_a_dead_link_and_a_thing_from_another_host_fail_the_site(checkout):
    write_notebook(checkout / "notebooks/02_two.ipynb", "# A")
    loads = shown({"text/html": '<script src="//example.org/x.js"></script><a href="nowhere.html">x</a>'})
    write_notebook(checkout / "build/executed/02_two.ipynb", "# A", figure(alt=""), code("x", loads))
    with pytest.raises(site.PageProblem) as caught:
        site.build()
    said = str(caught.value)
    assert "no alt text" in said and "example.org/x.js" in said and "nowhere.html leads to no page" in said


@pytest.mark.parametrize(
    ("html", "problems"),
    [
        ('<img src="data:image/png;base64,AA" alt="A shark">', 0),
        ('<img src="nowhere.png" alt="A shark">', 1),
        ('<img src="data:image/png;base64,AA" srcset="https://example.org/a.png 2x" alt="A shark">', 1),
        ('<object data="https://example.org/a.svg"></object>', 1),
        ('<svg><image xlink:href="https://example.org/a.png"/></svg>', 1),
        ('<img src="data:image/png;base64,AA">', 1),
        ('<img src="page.html" alt="../page.html">', 1),
        ('<img src="https://example.org/a.png" alt="x">', 1),
        ('<link rel="stylesheet" href="//example.org/a.css">', 1),
        ('<link rel="canonical" href="https://example.org/">', 0),
        ('<a href="https://example.org/">read</a><a href="mailto:a@example.org">write</a>', 0),
        ('<iframe src="http://example.org/"></iframe>', 1),
        ("<style>p {background: url(https://example.org/a.png)}</style>", 1),
        ('<a href="page.html?q=1#here">x</a><a href="#h%65re">x</a><p id="here">', 0),
        ('<a href="#there">x</a>', 1),
        ('<a href="page.html#there">x</a>', 1),
        ('<a href="other.html">x</a>', 1),
    ],
)
def test_a_page_problem_is_what_a_browser_loads_or_cannot_find_and_no_link_elsewhere(tmp_path, html, problems):
    (tmp_path / "page.html").write_text(f"<html>{html}</html>")
    assert len(list(site.page_problems(tmp_path))) == problems


def test_a_site_without_its_extra_is_a_notice_and_no_failure(checkout, monkeypatch, capsys):
    write_notebook(checkout / "notebooks/02_two.ipynb", "# A")
    monkeypatch.setitem(sys.modules, "sphinx.application", None)
    assert main(["run"]) == 0
    assert "pip install -e .[site]" in capsys.readouterr().err


def test_a_site_of_nothing_is_one_message(checkout):
    write_notebook(checkout / "notebooks/02_two.ipynb", "# A")
    with pytest.raises(Exception, match="No lesson was executed") as caught:
        site.build()
    assert caught.type.__module__.startswith("course_utils")


def test_the_map_leaves_out_what_a_chain_of_arrows_says_and_dashes_what_is_not_needed_or_not_there():
    openings = [course_map.Opening("00", "Start: here"), course_map.Opening("01", "One"),
                course_map.Opening("02", "Two", builds_on=("01",)),
                course_map.Opening("03", "Three & more", builds_on=("01", "02"))]
    drawn = course_map.map_svg(openings, {"00": "00.html", "01": "01.html", "03": "03.html"})
    arrows = re.findall(r'<path class="arrow"[^>]*>', drawn)
    assert [("dash" in arrow) for arrow in arrows] == [True, False, False]   # 00 to 01, 01 to 02, 02 to 03
    assert re.findall(r'<a href="([^"]+)"', drawn) == ["00.html", "01.html", "03.html"]
    assert 'aria-label="Lesson 02, Two: builds on 01 (not in this site)"' in drawn
    assert 'aria-label="Lesson 03, Three &amp; more: builds on 01 and 02"' in drawn and ">Start<" in drawn


# The course's own lessons and pages.

LESSONS = sorted((CHECKOUT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
INSTRUCTORS = CHECKOUT / "notebooks/instructors.md"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_says_what_the_first_page_needs_and_builds_on_earlier_ones(path):
    one = course_map.read_opening(nbformat.read(path, as_version=4), path.name[:2])
    assert one.title in path.read_text(encoding="utf-8") and one.question.endswith(("?", "."))
    assert one.minutes and re.search("minute|second", one.to_run)
    assert all(before < one.number for before in one.builds_on)


@pytest.mark.parametrize("page", ["README.md", *site_source.PAGES])
def test_every_relative_link_of_a_page_leads_to_a_file_and_a_heading(page):
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    links = [link for _, link in site_source.LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    assert links or page.startswith(("data", "notebooks/homework"))
    for link in links:
        file, _, fragment = unquote(link).partition("#")
        target = (CHECKOUT / page).parent / file if file else CHECKOUT / page
        assert target.exists(), link
        if fragment:
            lines = target.read_text(encoding="utf-8").splitlines()
            headings = [line.lstrip("# ").lower() for line in lines if line.startswith("#")]
            assert fragment in [re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings], link


def test_every_course_command_of_the_instructors_page_exists():
    lines = re.findall(r"^(?:\w+=\S+ )*course .*$", INSTRUCTORS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        words = shlex.split(line, comments=True)
        cli._parser().parse_args(words[words.index("course") + 1:])


def test_the_minutes_of_the_workshop_add_up():
    rows = re.findall(r"^\| (\d\d):(\d\d) \| (\d+) \|", INSTRUCTORS.read_text(encoding="utf-8"), re.MULTILINE)
    starts = [60 * int(hour) + int(minute) for hour, minute, _ in rows]
    assert len(rows) >= 10
    assert [start + int(length) for start, (*_, length) in zip(starts, rows)][:-1] == starts[1:]


def test_the_instructors_page_says_of_each_lesson_what_the_lesson_and_the_readme_say():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    text = INSTRUCTORS.read_text(encoding="utf-8")
    for path in LESSONS:
        one = course_map.read_opening(nbformat.read(path, as_version=4), path.name[:2])
        (row,) = re.findall(rf"^\| \[{one.number} .*?\| (\d+) \| ([^|]*) \| (\d+; \d+) \|", text, re.MULTILINE)
        assert int(row[0]) == one.minutes
        assert set(re.findall(r"\b0\d\b", row[1])) == set(one.builds_on)
        said = rf"^\| {one.number} \| \[.*\| (\d+) \| (\d+) s; (\d+) s when [^|]*\|$"
        (in_readme,) = re.findall(said, readme, re.MULTILINE)
        assert in_readme == (row[0], *row[2].split("; "))
