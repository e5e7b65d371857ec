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

# Of the slide in view: its words, its smallest type, the widths of its figures, and what is wrong with it.
EXAMINE = """smallest => {
    const slide = Reveal.getCurrentSlide(), problems = [], figures = [];
    const foot = document.querySelector(".slide-number").getBoundingClientRect();
    let least = Infinity;
    const outside = ({ left, top, right, bottom }) => right > left
        && (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1);
    const within = element =>
        !element.closest("aside.notes, mjx-assistive-mml") && !element.parentElement.closest("svg");
    for (const element of [...slide.querySelectorAll("*")].filter(within)) {
        const words = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        const name = `${element.nodeName.toLowerCase()} ${(element.alt ?? element.textContent).trim().slice(0, 40)}`;
        const tell = what => problems.push(`${what}: ${name}`);
        if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1) tell("scrolls sideways");
        if (style.overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1) tell("scrolls");
        if (!words.length && !["IMG", "svg"].includes(element.nodeName)) continue;
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) tell("is never shown");
        const range = document.createRange();   // words may stick out of their element
        const boxes = words.flatMap(node => { range.selectNode(node); return [...range.getClientRects()]; });
        if ([box, ...boxes].some(outside)) tell("is cut off");
        if (box.bottom > foot.top + 1 && box.right > foot.left) tell("covers the slide's number");
        if (element.nodeName === "IMG") {
            if (!element.naturalWidth) tell("does not load");
            figures.push(Math.round(box.width));
            continue;
        }
        const size = element.nodeName === "svg" ? box.width / element.viewBox.baseVal.width * 1000   // an em of MathJax
            : parseFloat(style.fontSize) * (element.currentCSSZoom ?? 1);
        if (size < smallest - 0.05) tell(`has type of ${size.toFixed(1)} px`);
        least = Math.min(least, size);
    }
    return { words: slide.innerText, least, problems, figures };
}"""
# Whether anything but the running title shows before the first click.
BEGINS = """() => [...Reveal.getCurrentSlide().querySelectorAll(":scope > :not(.running, aside) *")].some(element =>
    (element.nodeName === "IMG" || element.innerText?.trim())
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
    page.add_style_tag(content=".reveal * { transition: none !important; }")


def walk(page, address: str, pictures: Path | None = None) -> Walk:
    """Look at each slide of a deck in a Playwright page of 1280 x 720; keep pictures of them in a folder."""
    open_deck(page, address)
    found = Walk()
    indices = page.evaluate("Reveal.getSlides().map(slide => Reveal.getIndices(slide)).map(({h, v}) => [h, v ?? 0])")
    for h, v in indices:
        name = f"{h + 1}.{v + 1}"
        page.evaluate("([h, v]) => Reveal.slide(h, v, -1)", [h, v])
        if not page.evaluate(BEGINS):
            found.problems.append(f"slide {name} begins empty")
        page.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [h, v])
        seen = page.evaluate(EXAMINE, SMALLEST_TEXT)
        found.slides.append((h, v))
        found.words.append(seen["words"])
        found.figures += seen["figures"]
        found.smallest = min(found.smallest, seen["least"])
        found.problems += [f"slide {name} {problem}" for problem in dict.fromkeys(seen["problems"])]
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=pictures / f"{h + 1:02}.{v + 1:02}.png")
    found.problems += [f"asked another host: {refused}" for refused in page.refused]
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
        print(
            f"{deck.name}: {len(found.slides)} slides, smallest type {found.smallest:.1f} px, "
            f"narrowest figure {min(found.figures, default=0)} px, {len(found.problems)} problems"
        )
        print(*(f"  {problem}" for problem in found.problems), sep="\n", end="\n" if found.problems else "")
        for sheet in contact_sheets(folder) if folder else ():
            print(f"  {sheet}")
        bad += len(found.problems)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
