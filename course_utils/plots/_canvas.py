"""What all figures share: colours, style, ``show`` and ``png``, checks of inputs, and names at line ends."""

import io
import sys
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from course_utils.errors import DataError

__all__ = [
    "COLOURS", "DPI", "INK", "QUIET_INK", "SERIES", "SMALLEST_TEXT", "STYLE", "WIDTH",
    "check_number_of_series", "check_same_length", "checked_alt", "checked_numbers", "contrast", "finished",
    "label_ends", "new_figure", "png", "readable", "show", "text_on", "triple", "wrapped",
]

#: Okabe and Ito's palette (2008).
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
# One colour, marker and dash for each line of a figure, in this order. Orange, sky and yellow are left
# out: a thin line in them has less than 3:1 contrast on white (WCAG 2.2, 1.4.11).
SERIES = [
    (COLOURS["blue"], "o", "-"),
    (COLOURS["vermillion"], "s", (0, (6, 2))),
    (COLOURS["green"], "^", (0, (1, 1.2))),
    (COLOURS["purple"], "D", (0, (6, 2, 1, 2))),
    (COLOURS["black"], "v", (0, (3, 1.5))),
]
WIDTH = 8.0  # inches: the text column of JupyterLab and of the site is about 800 pixels wide
DPI = 100
SMALLEST_TEXT = 10
INK, QUIET_INK = "#1A1A1A", "#595959"  # both above 4.5:1 on white (WCAG AA)
# Bytes. Above, a picture is stored with 256 colours instead of 16 million: photographs then take a third.
LARGE_PICTURE = 250_000
SHORTEST_ALT = 20

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET_INK,
    "axes.facecolor": "white",
    "axes.formatter.use_mathtext": False,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.5,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "legend.fontsize": 10.5,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.5,
    "savefig.dpi": DPI,
    "savefig.facecolor": "white",
    "text.color": INK,
    "xtick.color": QUIET_INK,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALLEST_TEXT,
    "ytick.color": QUIET_INK,
    "ytick.labelcolor": INK,
    "ytick.labelsize": SMALLEST_TEXT,
}


def show(figure: Figure, alt: str | None = None) -> None:
    """Show a figure in the notebook, with its sentence for readers who cannot see it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure of this module, or one of your own.
    alt : str, optional
        What the figure shows, in a sentence. A figure of this module has one already.

    Raises
    ------
    DataError
        If the figure has no such sentence.
    """
    from IPython.display import Image, display

    alt = checked_alt(alt or getattr(figure, "alt_text", ""))
    # IPython stores the sentence as output.metadata["image/png"]["alt"]; nbconvert writes it into <img>.
    display(Image(data=png(figure), format="png", alt=alt))
    if "matplotlib.pyplot" in sys.modules:  # a reader's own figure would be shown again at the cell's end
        sys.modules["matplotlib.pyplot"].close(figure)


def png(figure: Figure) -> bytes:
    """Return the figure as the bytes of a PNG file, small enough to be committed with a notebook.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.
    """
    from PIL import Image

    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    picture = Image.open(buffer).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, format="png", optimize=True)
    if buffer.tell() > LARGE_PICTURE:
        buffer = io.BytesIO()
        _with_few_colours(picture).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def new_figure(width: float, height: float, alt: str) -> Figure:
    """Return an empty figure of so many inches that carries its sentence."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    figure.alt_text = checked_alt(alt)
    return figure


def finished(figure: Figure) -> Figure:
    """Return the figure, laid out in the style of the course."""
    # Ticks are made when a figure is first drawn, in the style of that moment: draw it in ours.
    figure.draw_without_rendering()
    return figure


def checked_alt(alt: str) -> str:
    """Return the sentence in one line, or refuse one that is missing or too short."""
    alt = " ".join(str(alt or "").split())
    if len(alt) < SHORTEST_ALT:
        raise DataError(
            "This figure has no sentence for readers who cannot see it." if not alt else
            f"The alt text {alt!r} is too short to tell what the figure shows.",
            'write what one learns from it, such as alt="Accuracy grows with the number of images."',
        )
    return alt


def check_same_length(first: Sequence, name: str, **others: Sequence | None) -> None:
    """Refuse sequences that are not as long as the first; None is left out."""
    for other, values in others.items():
        if values is not None and len(values) != len(first):
            raise DataError(
                f"There are {len(first)} {name} but {len(values)} {other}.",
                f"give one of {other} for each of {name}.",
            )


def check_number_of_series(series: Mapping, what: str) -> None:
    """Refuse no series at all, and more than there are styles."""
    if not series:
        raise DataError(f"There are no {what} to draw.", "give at least one, with its name.")
    if len(series) > len(SERIES):
        raise DataError(
            f"{len(series)} {what} in one figure cannot be told apart.",
            f"draw at most {len(SERIES)} in one figure.",
        )


def checked_numbers(values, what: str, *, size: int | None = None, gaps: bool = False) -> np.ndarray:
    """Return the values as decimals of shape (n,), all finite; with ``gaps`` some may be NaN or None."""
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{what} cannot be read as a row of numbers.", "give a list of numbers.") from None
    if numbers.ndim != 1 or numbers.size == 0:
        raise DataError(f"{what}: the shape is {numbers.shape}; (n,) is needed.", "give a list of numbers.")
    if size is not None and numbers.size != size:
        raise DataError(f"{what}: {numbers.size} values, but {size} are needed.", "give one for each point.")
    if gaps and np.isnan(numbers).all():
        raise DataError(f"{what} has no values at all.", "leave it out of the figure.")
    if not np.isfinite(numbers[~np.isnan(numbers)] if gaps else numbers).all():
        raise DataError(f"{what}: some values are no numbers.", "look for a division by 0 before.")
    return numbers


def triple(score, method: str) -> tuple[float, float, float]:
    """Return a score as (value, low, high), or refuse one without an interval that holds it."""
    if hasattr(score, "low"):
        score = (score.value, score.low, score.high)
    try:
        value, low, high = map(float, score)
    except (TypeError, ValueError):
        raise DataError(
            f"A score of {method!r} is {score!r}; a value with its interval is needed.",
            "give metrics.accuracy(labels, predictions), or (value, low, high).",
        ) from None
    if not low <= value <= high:
        raise DataError(
            f"A score of {method!r} is {value:.3g}, outside its interval {low:.3g} to {high:.3g}.",
            "give value, lower end and upper end in this order.",
        )
    return value, low, high


def wrapped(text: str, columns: int) -> str:
    """Return the text, broken to fit below one of so many columns of a figure."""
    # About 11 characters of 10.5 points fit an inch.
    return textwrap.fill(text, max(8, int(11.3 * (WIDTH / columns - 0.1))))


def label_ends(figure: Figure, axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write each line's name beside its last point, pushed apart where names would overlap."""
    figure.draw_without_rendering()  # the layout fixes where on the page the points lie
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    heights = axes.transData.transform([(x, y) for x, y, _, _ in ends])[:, 1]
    texts = [textwrap.fill(name, 24) for _, _, name, _ in ends]
    room = [1.35 * SMALLEST_TEXT * DPI / 72 * (text.count("\n") + 1) for text in texts]
    order = np.argsort(heights, kind="stable")
    gaps = np.array([(room[lower] + room[upper]) / 2 for lower, upper in zip(order, order[1:])])
    places = heights[order].copy()
    half = np.array(room)[order] / 2
    for _ in range(200):  # push neighbours apart by halves until all have room
        # Beside the axes, not above or below: the axes would shrink, and the names with them.
        places = np.clip(places, axes.bbox.y0 + half, axes.bbox.y1 - half)
        overlap = gaps - np.diff(places)
        if np.all(overlap < 0.5):
            break
        for lower in np.flatnonzero(overlap > 0):
            places[lower] -= overlap[lower] / 2
            places[lower + 1] += overlap[lower] / 2
    for place, number in zip(places, order):
        x, y, _, colour = ends[number]
        level = axes.transData.inverted().transform((0, place))[1]
        axes.annotate(
            texts[number], (x, y), (1.04, level), textcoords=("axes fraction", "data"), va="center",
            color=readable(colour), fontsize=10.5, fontweight="bold", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 5,
                        "relpos": (0, 0.5)},
        )


def _with_few_colours(picture):
    """The picture with 256 colours: the paper's white and the 255 that suit it best, dithered."""
    from PIL import Image

    # Every ninth pixel shows the colours as well as all do, in a tenth of the time.
    thinned = Image.fromarray(np.ascontiguousarray(np.asarray(picture)[::3, ::3]))
    best = thinned.quantize(255, method=Image.Quantize.MEDIANCUT, kmeans=1).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([255, 255, 255, *best])
    dithered = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    # Pillow takes a near white for white now and then, which would tint the paper.
    numbers = np.where((np.asarray(picture) == 255).all(axis=2), 0, np.asarray(dithered))
    exact = Image.fromarray(numbers.astype("uint8"))
    exact.putpalette(dithered.getpalette())
    return exact


def _luminance(colour) -> float:
    """Relative luminance of WCAG 2.2, 0 (black) to 1 (white)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first, second) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def readable(colour) -> tuple[float, float, float]:
    """The colour, as dark as text on white has to be (4.5:1)."""
    rgb = np.array(to_rgb(colour))
    while contrast(rgb, "white") < 4.5:
        rgb = rgb * 0.95
    return tuple(rgb)


def text_on(background) -> str:
    """Black or white, whichever is read better on the background; one of them always has 4.5:1."""
    return max(("black", "white"), key=lambda colour: contrast(colour, background))
