"""A walk through every slide of a deck, as the audience sees it.

``python tests/deck_walk.py build/slides/02*.html --pictures FOLDER`` prints what is wrong, and with ``--pictures``
keeps a PNG of each slide and sheets of nine to look through.
"""

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import browser

SMALLEST_TEXT = 18  # CSS pixels at 1280 x 720

# Of the slide in view: its words, how many pieces are visible, its smallest type, and what is wrong with it.
EXAMINE = """(smallest) => {
    const slide = Reveal.getCurrentSlide(), problems = [], seen = [];
    let least = Infinity;
    const short = element => element.nodeName.toLowerCase() + " " + JSON.stringify((element.alt ?? element.textContent).trim().slice(0, 40));
    const zoom = element => element.currentCSSZoom ?? 1;
    for (const element of slide.querySelectorAll("*")) {
        if (element.closest("aside.notes") || element.closest("mjx-assistive-mml") || (element.closest("mjx-container svg") && element.nodeName !== "svg")) continue;
        const own = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
        const drawn = element.nodeName === "IMG" || element.nodeName === "svg";
        const box = element.getBoundingClientRect();
        if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible") problems.push("scrolls sideways: " + short(element));
        if (element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible" ) problems.push("scrolls: " + short(element));
        if (!own && !drawn) continue;
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) problems.push("is never shown: " + short(element));
        if (own) {   // the words themselves may stick out of their box
            const range = document.createRange();
            range.selectNodeContents(element);
            for (const part of range.getClientRects()) if (part.width && (part.left < -1 || part.top < -1 || part.right > innerWidth + 1 || part.bottom > innerHeight + 1)) { problems.push("is cut off: " + short(element)); break; }
        }
        if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) problems.push("is cut off: " + short(element));
        const size = element.nodeName === "svg" ? box.width / element.viewBox.baseVal.width * 1000
            : own ? parseFloat(getComputedStyle(element).fontSize) * zoom(element) : Infinity;
        if (size < smallest - 0.05) problems.push(`has type of ${size.toFixed(1)} px: ` + short(element));
        least = Math.min(least, size);
        if (element.nodeName === "IMG" && !(element.complete && element.naturalWidth)) problems.push("does not load: " + short(element));
        if (element.nodeName === "IMG") seen.push(Math.round(box.width));
    }
    const foot = document.querySelector(".slide-number").getBoundingClientRect();
    for (const element of slide.querySelectorAll(".page > div")) {
        const box = element.getBoundingClientRect();
        if (box.bottom > foot.top + 2 && box.bottom > 0) problems.push("covers the slide number: " + short(element));
    }
    return { words: slide.innerText, least, problems, figures: seen, scale: Reveal.getScale() };
}"""
# Whether anything but the running title shows before the first click.
BEGINS = """() => [...Reveal.getCurrentSlide().querySelectorAll("*")].some(element =>
    !element.matches(".running") && !element.closest("aside") && (element.nodeName === "IMG" || element.innerText?.trim())
    && element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))"""


@dataclass
class Walk:
    """What a walk through a deck found.

    Attributes
    ----------
    slides : list of tuple of int
        Indices of all slides, horizontal and vertical, in their order.
    words : list of str
        The visible text of each.
    smallest : float
        The smallest type, formulas included, in pixels.
    figures : list of int
        The widths of all figures.
    problems : list of str
        A line for each thing that an audience would miss.
    """

    slides: list[tuple[int, int]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    smallest: float = float("inf")
    figures: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def open_deck(page, address: str) -> None:
    """Go to a deck and wait until it can be shown."""
    page.goto(address)
    page.wait_for_function("window.Reveal && Reveal.isReady()", timeout=60_000)


def walk(page, address: str, pictures: Path | None = None) -> Walk:
    """Look at each slide of a deck in a Playwright page of 1280 x 720; keep pictures of them in a folder."""
    open_deck(page, address)
    found = Walk()
    indices = page.evaluate("Reveal.getSlides().map(slide => Reveal.getIndices(slide)).map(({h, v}) => [h, v ?? 0])")
    for h, v in indices:
        name = f"{h + 1}.{v + 1}"
        page.evaluate("([h, v]) => Reveal.slide(h, v, -1)", [h, v])
        begins = page.evaluate(BEGINS)
        page.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [h, v])
        page.wait_for_timeout(30)
        if not begins:
            found.problems.append(f"slide {name} begins empty")
        page.add_style_tag(content=".reveal .fragment { transition: none !important; }") if not found.slides else None
        seen = page.evaluate(EXAMINE, SMALLEST_TEXT)
        found.slides.append((h, v))
        found.words.append(seen["words"])
        found.figures += seen["figures"]
        found.smallest = min(found.smallest, seen["least"])
        found.problems += [f"slide {name} {problem}" for problem in dict.fromkeys(seen["problems"])]
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=pictures / f"{h + 1:02}.{v + 1:02}.png")
    found.problems += [f"asked another host: {address}" for address in page.refused]
    found.problems += [f"script: {error}" for error in page.errors]
    return found


def contact_sheets(pictures: Path, columns: int = 3, rows: int = 3, width: int = 640) -> list[Path]:
    """Put the pictures of a walk on sheets."""
    from PIL import Image

    height = width * 9 // 16
    paths = sorted(pictures.glob("[0-9][0-9].[0-9][0-9].png"))
    sheets = []
    for first in range(0, len(paths), columns * rows):
        sheet = Image.new("RGB", (columns * (width + 6), rows * (height + 6)), "grey")
        for place, path in enumerate(paths[first:first + columns * rows]):
            with Image.open(path) as picture:
                small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(small, (place % columns * (width + 6) + 3, place // columns * (height + 6) + 3))
        sheets.append(pictures / f"sheet_{len(sheets) + 1:02}.png")
        sheet.save(sheets[-1])
    return sheets


def main() -> int:
    """Walk through the decks on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decks", nargs="+", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    bad = 0
    for deck in options.decks:
        folder = options.pictures / deck.stem if options.pictures else None
        for old in folder.glob("*.png") if folder else ():
            old.unlink()
        with browser.page() as page:
            found = walk(page, deck.resolve().as_uri(), folder)
        print(f"{deck.name}: {len(found.slides)} slides, smallest type {found.smallest:.1f} px, {len(found.problems)} problems")
        print(*(f"  {problem}" for problem in found.problems), sep="\n", end="\n" if found.problems else "")
        for sheet in contact_sheets(folder) if folder else ():
            print(f"  {sheet}")
        bad += len(found.problems)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
