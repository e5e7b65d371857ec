"""Tests of ``course slides``, on tiny lessons: what a deck is made of, and what an audience sees of it."""

import base64
import functools
import html
import http.server
import importlib.util
import io
import os
import re
import threading

import nbformat
import numpy as np
import pytest

import browser
from course_utils.cli import main, slides
from deck_walk import open_deck, walk

ALT = 'Accuracy rises to "0.9" & then levels off'
for package in ("sphinx_revealjs", "nbconvert"):
    pytest.importorskip(package, reason="the extra `site` is not installed")


def words(kind, source):
    return nbformat.v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def code(kind, source, *outputs):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"slideshow": {"slide_type": kind}})


def printed(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def figure(width, height, alt=ALT):
    import matplotlib.image

    file = io.BytesIO()
    matplotlib.image.imsave(file, np.full((height, width, 3), 0.5), format="png")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    return nbformat.v4.new_output("display_data", data=data, metadata={"image/png": {"alt": alt}} if alt else {})


def write(folder, name, *cells):
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), folder / name)


def deck(checkout, *cells):
    """Make the deck of a lesson of these cells; return its path."""
    write(checkout / "notebooks", "02_two.ipynb", *cells)
    assert main(["slides", "2"]) == 0
    return checkout / "build/slides/02_two.html"


def test_cells_become_slides_slides_below_and_clicks_without_prompts_and_what_only_tests_read(checkout):
    page = deck(
        checkout,
        words("slide", "# 02 — Two & more"),
        code("fragment", "# NBVAL_CHECK_OUTPUT\nx = 1 < 2", printed("4"), printed("2\n"), printed("W: slow", "stderr")),
        words("subslide", "Below"),
        words("skip", "Left out"),
        words("slide", "## Next"),
    ).read_text(encoding="utf-8")
    assert "<title>02 — Two &amp; more</title>" in page
    nesting = "".join("s" if "/" in tag else "S" for tag in re.findall(r"</?section *>", page))
    assert nesting == "SSsSssSSss"
    assert page.count('class="fragment"') == 1
    lines = re.findall(r'<span class="line"[^>]*>(.*?)\n</span>', page)
    assert [re.sub("<.*?>", "", line) for line in lines] == ["x = 1 &lt; 2", "42"]
    assert not re.search(r"In&nbsp;|Left out|W: slow|NBVAL", page)


def test_the_executed_lesson_is_shown_where_there_is_one_and_the_command_says_so(checkout, capsys):
    write(checkout / "build/executed", "02_two.ipynb", words("slide", "# executed"))
    assert "executed" in deck(checkout, words("slide", "# as it is")).read_text()
    out = capsys.readouterr().out
    assert str(checkout / "build/slides/02_two.html") in out and "executed/02_two.ipynb" in out
    (checkout / "build/executed/02_two.ipynb").unlink()
    assert main(["slides"]) == 0
    assert "as it is" in (checkout / "build/slides/02_two.html").read_text()
    assert "notebooks/02_two.ipynb" in capsys.readouterr().out


def test_a_figure_has_its_alt_text_and_one_without_is_told(checkout, capsys):
    shown = code("slide", "plot()", figure(8, 4))
    assert re.findall("alt=(['\"])(.*?)\\1", html.unescape(deck(checkout, shown).read_text())) == [("'", ALT)]
    write(checkout / "notebooks", "02_two.ipynb", code("slide", "plot()", figure(8, 4, alt=None)))
    assert main(["slides"]) == 2
    assert "02_two.html" in (err := capsys.readouterr().err) and "no alt text" in err and "Traceback" not in err


def test_links_lead_to_other_decks_and_to_the_web_and_of_others_only_the_words_stay(checkout):
    write(checkout / "notebooks", "03_three.ipynb", words("slide", "# three"))
    assert main(["slides", "3"]) == 0
    text = "[three](03_three.ipynb#end) [four](04_four.ipynb) [data](../data/README.md) [web](https://keras.io/)"
    page = deck(checkout, words("slide", text)).read_text()
    links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page)
    assert links == [("03_three.html", "three"), ("https://keras.io/", "web")]
    assert "four" in page and "data" in page


def test_a_progress_bar_that_needs_a_script_from_another_host_is_left_out(checkout):
    bar = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "100%"}
    page = deck(checkout, code("slide", "tqdm()", nbformat.v4.new_output("display_data", data=bar))).read_text()
    assert "100%" not in page and "widget" not in page
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//|require|jquery", page)


def test_an_unknown_lesson_is_one_message(checkout, capsys):
    write(checkout / "notebooks", "02_two.ipynb", words("slide", "# two"))
    assert main(["slides", "7"]) == 2
    assert "no lesson 07" in capsys.readouterr().err and not (checkout / "build").exists()


NO_OUTPUTS = '{"cells": [{"cell_type": "code", "metadata": {}, "source": "1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("text", ["{", "[]", NO_OUTPUTS, None], ids=["no JSON", "no notebook", "no outputs", "nothing to show"])
def test_a_lesson_that_makes_no_deck_is_one_message_and_the_others_have_theirs(checkout, capsys, text):
    write(checkout / "notebooks", "02_two.ipynb", words("skip", "# two"))
    write(checkout / "notebooks", "03_three.ipynb", words("slide", "# three"))
    if text:
        (checkout / "notebooks/02_two.ipynb").write_text(text)
    assert main(["slides"]) == 2
    assert "Try: " in (err := capsys.readouterr().err) and "Traceback" not in err
    assert [path.name for path in (checkout / "build/slides").glob("*.html")] == ["03_three.html"]


def test_a_deck_says_when_the_lesson_was_changed_since_it_ran_and_one_of_no_lesson_goes(checkout, capsys):
    write(checkout / "build/executed", "02_two.ipynb", words("slide", "# two"))
    os.utime(checkout / "build/executed/02_two.ipynb", (1, 1))
    (checkout / "build/slides").mkdir()
    (checkout / "build/slides/99_old.html").write_text("<img>")
    deck(checkout, words("slide", "# two"))
    assert "`course run 02`" in capsys.readouterr().out
    assert not (checkout / "build/slides/99_old.html").exists()


def test_html_in_words_and_colours_over_several_lines_stay(checkout):
    page = deck(checkout, words("slide", "H<sub>2</sub>O, key <kbd>S</kbd>"),
                code("slide", "run()", printed("\x1b[31mred one\nred two\x1b[0m\nplain"))).read_text()
    assert "H<sub>2</sub>O, key <kbd>S</kbd>" in page
    one, two, three = re.findall(r'<span class="line"[^>]*>(.*?)\n</span>', page)[1:]
    assert "ansi-red" in one and "ansi-red" in two and three == "plain"


def test_a_picture_that_is_not_there_is_told(checkout, capsys):
    write(checkout / "notebooks", "02_two.ipynb", words("slide", "![A map of the course](gone.png)"))
    assert main(["slides"]) == 2
    assert "gone.png is not there" in capsys.readouterr().err


def test_a_missing_extra_is_one_message_with_the_command_that_installs_it(checkout, capsys, monkeypatch):
    write(checkout / "notebooks", "02_two.ipynb", words("slide", "# two"))
    found = importlib.util.find_spec
    monkeypatch.setattr(slides.importlib.util, "find_spec", lambda name: None if "reveal" in name else found(name))
    assert main(["slides"]) == 2
    err = capsys.readouterr().err
    assert "sphinx_revealjs" in err and "pip install -e .[site]" in err and len(err.splitlines()) == 2


LONG = [
    words("slide", "# 02 — Everything that is too large"),
    words("notes", "Say **hello**, and $x^2$."),
    words("slide", "## Code and a print"),
    code("fragment", "\n".join(f"value_{i} = [{', '.join(['number'] * 9)}]" for i in range(20)), printed("one line\n")),
    words("slide", "## Sixty lines"),
    code("fragment", "for i in range(60): print(i)", printed("".join(f"row {i:02} {'x' * 150}\n" for i in range(60)))),
    words("slide", "## A tall figure and a flat one"),
    code("fragment", "plots.show()", figure(400, 1200), printed("said of the tall one\n")),
    code("fragment", "plots.show()", figure(800, 400), printed("said of the flat one\n")),
    words("fragment", "**Explain.** The figure says so, " + "at some length, " * 12),
    words("slide", "## A table"),
    words("fragment", "| " + " | ".join(f"column {i}" for i in range(12)) + " |\n" + "|---" * 12 + "|\n"
          + "\n".join("| " + " | ".join(f"some words {row}.{i}" for i in range(12)) + " |" for row in range(30))),
    words("slide", "## Words\n\n" + "A sentence of seven words is here. " * 22),
    words("fragment", "\n".join(f"- item {i}: " + "and so on, " * 20 for i in range(15))),
    words("slide", "## Fences\n\n```python\n" + "\n".join(f"fenced_{i} = 'x' < y" for i in range(60)) + "\n```"),
    words("fragment", "```\n" + "\n".join(f"plain {i}" for i in range(60)) + "\n```"),
    words("slide", "## One paragraph\n\n" + "word " * 900),
    words("slide", "## A formula\n\n$$" + " + ".join(f"x_{{{i}}}" for i in range(22)) + "$$"),
    words("slide", "## Only a heading"),
    code("subslide", "unbroken = '" + "x" * 1500 + "'"),
]


@pytest.fixture(scope="module")
def long_deck(checkout_of_the_module):
    """Return the deck of a lesson of which nothing fits, and where it is served."""
    made = deck(checkout_of_the_module, *LONG)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=made.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made, f"http://127.0.0.1:{server.server_port}/{made.name}"
        server.shutdown()


@browser.needed
def test_nothing_is_cut_off_scrolled_or_small_however_long_a_cell_is(long_deck):
    with browser.page() as page:
        found = walk(page, long_deck[0].as_uri())
    # A single paragraph of 900 words, which no lesson may have, is drawn smaller rather than cut off.
    ((h, v),) = [place for place, text in zip(found.slides, found.words) if text.count("word word") > 9]
    assert [problem for problem in found.problems if not problem.startswith(f"slide {h + 1}.{v + 1} ")] == []
    assert all("type of" in problem for problem in found.problems)
    text = "\n".join(found.words)
    assert [int(row) for row in re.findall(r"^row (\d\d) x", text, re.MULTILINE)] == list(range(60))
    assert [row for row in range(30) if not re.search(rf"some words\s+{row}\.11", text)] == []
    assert [i for i in range(15) if f"item {i}:" not in text] == [] and text.count("number") == 180
    assert [i for i in range(60) if f"fenced_{i} = 'x' < y\n" not in text or f"plain {i}\n" not in text] == []
    assert text.count("Sixty lines (continued)") >= 2 and text.count("column 11") >= 2  # the head of the table, again
    assert "hello" not in text


@browser.needed
def test_an_explanation_that_had_to_leave_its_figure_has_it_beside_it_again(long_deck):
    with browser.page() as page:
        open_deck(page, long_deck[0].as_uri())
        words_beside = page.evaluate("[...document.querySelectorAll('.pair')].map(pair => pair.textContent)")
        sources = page.evaluate("new Set([...document.querySelectorAll('.page img')].map(image => image.src)).size")
    assert len(words_beside) == 1 and "The figure says so" in words_beside[0] and sources == 2


@browser.needed
def test_a_click_shows_one_cell_and_no_slide_begins_empty(checkout):
    clicks = [code("fragment", "1", printed("one")), code("fragment", "2", printed("two"))]
    made = deck(checkout, words("slide", "## Title"), *clicks)
    seen = """[...document.querySelectorAll('.printed')].filter(
        text => text.checkVisibility({ visibilityProperty: true })).map(text => text.innerText.trim())"""
    with browser.page() as page:
        open_deck(page, made.as_uri())
        shown = [page.evaluate(seen)]
        for _ in range(2):
            page.keyboard.press("Space")
            shown.append(page.evaluate(seen))
    assert shown == [[], ["one"], ["one", "two"]]


@browser.needed
@pytest.mark.parametrize("served", [False, True], ids=["from the disk", "from a server"])
def test_the_speakers_window_shows_the_notes_and_the_audience_does_not_see_them(long_deck, served):
    with browser.page() as page:
        open_deck(page, long_deck[1] if served else long_deck[0].as_uri())
        assert not page.evaluate("[...document.querySelectorAll('aside.notes')].some(note => note.checkVisibility())")
        with page.expect_popup() as opened:
            page.keyboard.press("s")
        notes = "document.querySelector('.speaker-controls-notes .value')"
        opened.value.wait_for_function(f"{notes}?.innerText.includes('Say hello')")
        assert opened.value.evaluate(f"{notes}.querySelectorAll('svg').length") == 1  # the formula, once
        assert (page.refused, page.errors) == ([], [])


@browser.needed
def test_the_deck_prints_one_page_a_slide_with_nothing_cut_off(long_deck):
    with browser.page() as page:
        open_deck(page, long_deck[0].as_uri())
        number = page.evaluate("Reveal.getTotalSlides()")
        open_deck(page, long_deck[0].as_uri() + "?print-pdf")
        page.wait_for_function(f"document.querySelectorAll('.pdf-page').length === {number}")
        outside = page.evaluate("""[...document.querySelectorAll('.pdf-page')].filter(sheet => {
            const edge = sheet.getBoundingClientRect();
            return [...sheet.querySelectorAll('section.page > *:not(aside)')].some(part => {
                const box = part.getBoundingClientRect();
                return box.bottom > edge.bottom || box.right > edge.right || box.left < edge.left + 40;
            });
        }).length""")
        assert outside == 0
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == number
