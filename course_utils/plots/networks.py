"""Networks as drawings: blocks of layers, and how near they come to a computer's limits (lesson 03)."""

import itertools
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.patheffects import withStroke

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    INK, QUIET_INK, SERIES, SMALLEST_TEXT, STYLE, WIDTH, check_number_of_series, finished, new_figure, readable,
)

__all__ = ["blocks", "name_points", "named_points", "roofline"]

MOST_CHAINS, MOST_LAYERS = 4, 8
BOX, STEP = 0.42, 0.95       # height of a box and distance of two, in inches
LETTER = 0.078               # mean width of a letter of the smallest text, in inches
FILL, EDGE = "#E3F0F8", "#1F6E9C"
GREY = "#8C8C8C"
# Where a point's name may stand, the best first: (whether a thin line must join them, (offset in points, alignment)).
NEAR = [(False, place) for place in (((0, 9), "center"), ((0, -17), "center"), ((9, -4), "left"), ((-9, -4), "right"))]
FAR = [(False, place) for place in (((8, 6), "left"), ((-8, 6), "right"), ((8, -14), "left"), ((-8, -14), "right"))] + [
    (True, ((reach * np.cos(angle), reach * np.sin(angle) - 4), "left" if np.cos(angle) > 0.1 else "right"))
    for reach in (24, 38, 54, 72, 92) for angle in np.radians(np.arange(20, 380, 30))
]


@matplotlib.rc_context(STYLE)
def roofline(
    peak: float, bandwidth: float, points: Mapping[str, Sequence[tuple[float, float, str]]], *, alt: str, title: str = "",
) -> Figure:
    """Draw measured layers under the two limits of a computer: its arithmetic and its memory. Introduced in lesson 03.

    Williams, Waterman and Patterson (2009), "Roofline: an insightful visual performance model for multicore
    architectures", Communications of the ACM 52(4). Both axes are logarithmic.

    Parameters
    ----------
    peak : float
        Largest speed of arithmetic, in GFLOP/s.
    bandwidth : float
        Largest speed of memory, in GB/s.
    points : dict of str to sequence of (float, float, str)
        For each kind of layer its measurements: operations for each byte moved, GFLOP/s reached, and a short name. At
        most five kinds. A point may lie above the sloping roof: its numbers then came from a cache.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If a number is not positive, or there are no points.
    """
    check_number_of_series(points, "kinds of layers")
    rows = {str(name): _checked_measurements(row, str(name)) for name, row in points.items()}
    for value, what in ((peak, "peak"), (bandwidth, "bandwidth")):
        if not (np.isfinite(value) and value > 0):
            raise DataError(f"The {what} is {value!r}.", "measure it: a positive number.")
    intensity = np.concatenate([numbers[:, 0] for numbers, _ in rows.values()])
    speed = np.concatenate([numbers[:, 1] for numbers, _ in rows.values()])
    ridge = peak / bandwidth
    left, right = min(intensity.min(), ridge) / 2, max(intensity.max(), ridge) * 2.2
    figure = new_figure(WIDTH, 4.6, alt)
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(min(speed.min(), bandwidth * left) / 1.8, 3 * max(peak, speed.max())), xlabel="operations for each byte moved (FLOP/byte, logarithmic)",
             ylabel="operations a second (GFLOP/s, logarithmic)", title=title)
    axes.grid(which="major")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.plot([left, ridge, right], [bandwidth * left, peak, peak], color=GREY, linewidth=4, solid_joinstyle="round", zorder=1)
    for (name, (numbers, names)), (colour, marker, _) in zip(rows.items(), SERIES):
        axes.plot(*numbers.T, linestyle="", marker=marker, color=colour, markersize=8, label=name, zorder=3)
    axes.legend(loc="upper left", frameon=True, edgecolor="#DDDDDD")
    axes.annotate(f"arithmetic: {peak:,.0f} GFLOP/s", (right, max(peak, speed.max())), (-4, 17), textcoords="offset points",
                  ha="right", color=QUIET_INK, fontweight="bold")
    figure.draw_without_rendering()          # the layout fixes the angle at which the sloping roof is seen
    start, end = axes.transData.transform([(left, bandwidth * left), (ridge, peak)])
    angle = np.arctan2(*(end - start)[::-1])
    middle = axes.transData.inverted().transform((start + end) / 2)
    axes.annotate(f"memory: {bandwidth:,.0f} GB/s", middle, (-10 * np.sin(angle), 10 * np.cos(angle)), color=QUIET_INK,
                  textcoords="offset points", ha="center", va="center", rotation=np.degrees(angle), rotation_mode="anchor",
                  fontweight="bold")
    axes.plot(ridge, peak, marker="|", markersize=16, color=INK, markeredgewidth=1.5, zorder=2)
    name_points(axes, list(rows.values()), [colour for colour, _, _ in SERIES])
    return finished(figure)


@matplotlib.rc_context(STYLE)
def blocks(
    chains: Mapping[str, Sequence[tuple[str, int]]], *, alt: str, shortcuts: Mapping[str, tuple[int, int]] | None = None,
    title: str = "",
) -> Figure:
    """Draw chains of layers side by side, each layer a box: the more channels, the wider. Introduced in lesson 03.

    The width of a box grows with the square root of its channels, on one scale for all chains, so that both narrow and
    wide ones can be seen; but the number of channels always fits into it.

    Parameters
    ----------
    chains : dict of str to sequence of (str, int)
        For each chain its layers from top to bottom: what the layer does, and its number of output channels. At most four
        chains of eight layers.
    alt : str
        What the figure shows, in a sentence.
    shortcuts : dict of str to (int, int), optional
        For chains with a shortcut the positions of the layers that it joins; the sum stands below the second.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If there are too many chains or layers, a number of channels is not positive, or a shortcut joins nothing.
    """
    chains = _checked_chains(chains)
    shortcuts = dict(shortcuts or {})
    for name, ends in shortcuts.items():
        if name not in chains or not 0 <= ends[0] < ends[1] < len(chains[name]):
            raise DataError(f"A shortcut of {name!r} joins the layers {tuple(ends)}, which are not there.",
                            "give the positions of two layers of a chain, the upper one first.")
    width = WIDTH / max(2, len(chains))
    layers = max(map(len, chains.values()))
    widest = max(channels for chain in chains.values() for _, channels in chain)
    room = width - 1.3                                  # for the numbers on one side and the shortcut on the other
    height = STEP * layers + 0.65 + 0.35 * bool(shortcuts)
    figure = new_figure(width * len(chains), height + 0.4 * bool(title), alt)
    figure.set_layout_engine("none")                    # places are in inches here
    axes = figure.add_axes((0, 0, 1, height / (height + 0.4 * bool(title))))
    axes.set(xlim=(0, width * len(chains)), ylim=(-height + 0.45, 0.45))
    letters = int((width - 0.2) / LETTER)               # that fit into the column of one chain
    axes.axis("off")
    for number, (name, chain) in enumerate(chains.items()):
        middle = width * (number + 0.5)
        axes.text(middle, 0.2, textwrap.fill(name, int(0.7 * letters)), ha="center", va="center", fontsize=12, fontweight="bold")
        half = [max(room * np.sqrt(channels / widest), 0.13 + 0.1 * len(f"{channels:,}")) / 2 for _, channels in chain]
        for place, (text, channels) in enumerate(chain):
            y = -STEP * place - 0.42
            axes.add_patch(FancyBboxPatch((middle - half[place], y - BOX / 2), 2 * half[place], BOX, facecolor=FILL,
                                          edgecolor=EDGE, linewidth=1.2, boxstyle="round,pad=0,rounding_size=0.06"))
            axes.text(middle, y, f"{channels:,}", ha="center", va="center", fontsize=11, fontweight="bold")
            if place:
                axes.add_patch(_arrow((middle, y + STEP - BOX / 2), (middle, y + BOX / 2)))
                axes.text(middle, y + STEP / 2, textwrap.fill(text, letters), ha="center", va="center", fontsize=SMALLEST_TEXT,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
            elif text:
                axes.text(middle + half[0] + 0.08, y, textwrap.fill(text, max(6, int((width / 2 - half[0] - 0.1) / LETTER))), ha="left", va="center", fontsize=SMALLEST_TEXT, color=QUIET_INK)
        if name in shortcuts:
            _draw_shortcut(axes, middle, width, half, chain, *shortcuts[name])
    axes.text(0.1, -height + 0.47, "number: channels; width of a box: its square root", va="bottom", fontsize=SMALLEST_TEXT,
              color=QUIET_INK)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


def _draw_shortcut(axes, middle: float, width: float, half: list[float], chain: list, first: int, last: int) -> None:
    """Draw a line from the side of one box around the next ones, and their texts, to a sum below the other."""
    texts = [LETTER * len(text) / 2 for text, _ in chain[first + 1:last + 1]]
    side = middle - min(width / 2 - 0.06, max(*half[first:last + 1], *texts) + 0.15)
    top, bottom = -STEP * first - 0.42, -STEP * last - 0.42 - BOX / 2 - 0.32
    colour = SERIES[1][0]
    axes.plot([middle - half[first], side, side, middle - 0.12], [top, top, bottom, bottom], color=colour, linewidth=1.8)
    axes.plot([middle, middle], [bottom + 0.32, bottom + 0.11], color=QUIET_INK, linewidth=1.3)
    axes.text(middle, bottom, "+", ha="center", va="center", fontsize=13, fontweight="bold", color=readable(colour),
              bbox={"boxstyle": "circle,pad=0.08", "facecolor": "white", "edgecolor": colour, "linewidth": 1.5})
    axes.text(middle + 0.24, bottom, "shortcut", ha="left", va="center", fontsize=SMALLEST_TEXT, color=readable(colour))


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> FancyArrowPatch:
    return FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=QUIET_INK, linewidth=1.3, shrinkA=0, shrinkB=0)


def name_points(axes, rows: Sequence, colours: Sequence, *, paths: Sequence = (), all_of_them: bool = False) -> int:
    """Write the points' names beside them, where they meet no name, no other point and, if they can, no path.

    ``rows`` holds pairs of places (k, 2) and k names. A name without room is left out; with ``all_of_them`` it stands
    further away at the end of a thin line. Return how many were left out.
    """
    missing = 0
    everything = axes.transData.transform(np.concatenate([numbers for numbers, _ in rows]))
    lines = [np.linspace(start, end, 200) for path in paths
             for start, end in itertools.pairwise(axes.transData.transform(path))]
    dots = np.concatenate(lines) if lines else np.empty((0, 2))
    taken = [artist.get_window_extent() for artist in (axes.get_legend(), *axes.texts) if artist]
    for (numbers, names), colour in zip(rows, colours):
        for point, place, name in zip(numbers, axes.transData.transform(numbers), names):
            if not name:
                continue
            others = [other for other in everything if not np.allclose(other, place)]
            style = {"textcoords": "offset points", "color": readable(colour), "fontsize": SMALLEST_TEXT,
                     "path_effects": [withStroke(linewidth=2.5, foreground="white")], "zorder": 6}
            crossing = None                             # the first place that only a path crosses
            for distance, (offset, align) in NEAR + (FAR if all_of_them else []):
                text = axes.annotate(name, point, offset, ha=align, **style)
                box = text.get_window_extent()
                text.remove()
                free = not any(box.overlaps(other) for other in taken)
                inside = (axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1 and axes.bbox.y0 < box.y0
                          and box.y1 < axes.bbox.y1)
                if not (free and inside) or any(box.padded(4).contains(*other) for other in others):
                    continue
                met = ((dots > [box.x0, box.y0]) & (dots < [box.x1, box.y1])).all(axis=1).any()
                if not met:
                    break
                crossing = crossing or (distance, offset, align, box)
            else:
                if crossing is None:
                    missing += 1
                    continue
                distance, offset, align, box = crossing
            leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 5}
            axes.annotate(name, point, offset, ha=align, arrowprops=leader if distance else None, **style)
            taken.append(box)
    return missing


def named_points(row, name: str, triple: str) -> tuple[np.ndarray, list[str]]:
    """Return triples (x, y, text) as numbers (k, 2) and k texts; `triple` says in the error what they should be."""
    try:
        numbers = np.array([(float(x), float(y)) for x, y, _ in row])
        names = [str(text) for _, _, text in row]
    except (TypeError, ValueError):
        raise DataError(f"A point of {name!r} cannot be read.", f"give triples ({triple}).") from None
    if not len(numbers):
        raise DataError(f"{name!r} has no points.", "leave it out of the figure.")
    return numbers, names


def _checked_measurements(row, name: str) -> tuple[np.ndarray, list[str]]:
    """Return one kind of layer as numbers (k, 2), all positive, and k names."""
    numbers, names = named_points(row, name, "FLOP/byte, GFLOP/s, short name")
    if not (np.isfinite(numbers).all() and (numbers > 0).all()):
        raise DataError(f"A point of {name!r} is not positive; a logarithmic axis has no place for it.", "check how it was timed.")
    return numbers, names


def _checked_chains(chains) -> dict[str, list[tuple[str, int]]]:
    if not isinstance(chains, Mapping) or not 1 <= len(chains) <= MOST_CHAINS:
        count = len(chains) if isinstance(chains, Mapping) else "no dict and so no"
        raise DataError(f"Blocks are drawn for one to {MOST_CHAINS} chains, and there are {count}.",
                        'begin with {"name": [("layer", channels), ...]}.')
    checked = {}
    for name, chain in chains.items():
        try:
            rows = [(str(text), int(channels)) for text, channels in chain]
        except (TypeError, ValueError):
            raise DataError(f"A layer of {str(name)!r} cannot be read.", "give pairs (what it does, channels).") from None
        if not 1 <= len(rows) <= MOST_LAYERS or any(channels < 1 for _, channels in rows):
            raise DataError(f"The chain {str(name)!r} has {len(rows)} layers, or one without channels.",
                            f"give one to {MOST_LAYERS} layers with one channel or more.")
        checked[str(name)] = rows
    return checked
