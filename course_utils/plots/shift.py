"""Figures of dataset shift: densities, boundaries and weights, and a tree of terms (lesson 01)."""

import itertools
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from course_utils.errors import DataError
from course_utils.metrics import effective_sample_size
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, SERIES, SMALLEST_TEXT, STYLE, WIDTH, check_number_of_series, checked_numbers,
    finished, label_ends, new_figure, wrapped,
)

__all__ = ["decision_regions", "shift_densities", "tree", "weighted_fit"]

# Backgrounds of a tree's boxes from the root on; ink has at least 4.5:1 on each.
LEVEL_TINTS = ["#BFDDEF", "#E3F0F8", "#FFFFFF", "#FFFFFF"]
MOST_LEAVES = 40
SMALLEST_AREA = 4  # square points
# The two classes of a scatter plot: a mark each, and colours that no line of SERIES has.
CLASS_MARKS = [
    {"marker": "o", "facecolor": COLOURS["sky"], "edgecolor": "#1F6E9C", "linewidth": 0.7},
    {"marker": "^", "facecolor": "none", "edgecolor": "#A36A00", "linewidth": 1.2},
]


@matplotlib.rc_context(STYLE)
def tree(branches: Mapping, *, alt: str, title: str = "") -> Figure:
    """Draw how terms belong together, from one root on the left to leaves on the right.

    Introduced in lesson 01.

    Parameters
    ----------
    branches : dict of str to dict
        One root with its branches, such as ``{"animal": {"fish": {"ray": {}, "eel": {}}, "whale": {}}}``;
        an empty dict is a leaf. At most four levels, the root among them, and 40 leaves.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the tree.

    Raises
    ------
    DataError
        If there is not exactly one root, a branch is no dict, or the tree is too large to be read.
    """
    if not isinstance(branches, Mapping) or len(branches) != 1:
        count = len(branches) if isinstance(branches, Mapping) else "no dict and so no"
        raise DataError(f"A tree has one root, and this one has {count}.", 'begin with {"the root": {...}}.')
    boxes = _tree_boxes(branches)
    leaves = 1 + max(box["last"] for box in boxes)
    levels = 1 + max(box["level"] for box in boxes)
    if levels > len(LEVEL_TINTS) or leaves > MOST_LEAVES:
        raise DataError(
            f"A tree of {levels} levels and {leaves} leaves cannot be read.",
            f"draw a part of it: at most {len(LEVEL_TINTS)} levels and {MOST_LEAVES} leaves.",
        )
    gap, padding, letter, line = 0.42, 0.18, 0.082, 0.185  # inches
    widths = _column_letters(boxes, levels, (WIDTH - 0.1 - gap * (levels - 1) - padding * levels) / letter)
    starts = np.cumsum([0, *(letter * width + padding + gap for width in widths)])
    heights = np.zeros(leaves)  # inches that belong to each leaf: those of its box, and a space
    for box in reversed(boxes):  # leaves before the box that they hang on
        box["text"] = _filled(box["name"], widths[box["level"]])
        mine = slice(box["first"], box["last"] + 1)
        missing = line * (box["text"].count("\n") + 1) + 0.22 - heights[mine].sum()
        heights[mine] += max(0, missing) / (box["last"] + 1 - box["first"])
    ends = np.cumsum([0, *heights])
    figure = new_figure(WIDTH, ends[-1] + 0.1 + (0.35 if title else 0), alt)
    axes = figure.subplots()
    axes.set(xlim=(0, WIDTH - 0.1), ylim=(ends[-1], 0))
    axes.axis("off")
    style = {"color": QUIET_INK, "linewidth": 1.1, "zorder": 1, "solid_capstyle": "round"}
    for box in boxes:
        x, y = starts[box["level"]] + padding / 2, (ends[box["first"]] + ends[box["last"] + 1]) / 2
        box["y"] = y
        if box["branches"]:
            bend = starts[box["level"] + 1] - 0.55 * gap
            axes.plot([x, bend], [y, y], **style)  # from the text on: the box covers the beginning
        if box["parent"] is not None:
            bend = starts[box["level"]] - 0.55 * gap
            axes.plot([bend, bend, x], [box["parent"]["y"], y, y], **style)
        axes.text(
            x, y, box["text"], va="center", ha="left", fontsize=SMALLEST_TEXT, linespacing=1.15, zorder=2,
            fontweight="bold" if box["level"] == 0 else "normal",
            bbox={"boxstyle": "round,pad=0.35,rounding_size=0.4", "facecolor": LEVEL_TINTS[box["level"]],
                  "edgecolor": QUIET_INK, "linewidth": 0.9},
        )
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def shift_densities(worlds: Mapping[str, Mapping], *, alt: str, title: str = "") -> Figure:
    """Draw what changes between source and target: how often each x is, and what x says about the class.

    Introduced in lesson 01. One column for each world: above the densities P(x), below the probabilities
    P(y = 1 | x), with a thin upright line where they cross 0.5.

    Parameters
    ----------
    worlds : dict of str to dict
        Each with ``x``, ``source_density``, ``target_density``, ``source_posterior`` and
        ``target_posterior``, sequences of shape (k,). At most four worlds.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there are no worlds or too many, a curve is missing or has another length, x does not increase,
        a density is negative, or a probability is not between 0 and 1.
    """
    if not 1 <= len(worlds) <= 4:
        raise DataError(f"{len(worlds)} worlds cannot be drawn side by side.", "draw one to four.")
    worlds = {str(name): _checked_world(world, str(name)) for name, world in worlds.items()}
    figure = new_figure(WIDTH if len(worlds) > 1 else 0.65 * WIDTH, 4.8 + (0.35 if title else 0), alt)
    panels = figure.subplots(2, len(worlds), squeeze=False, sharex="all", sharey="row")
    source, target = SERIES[0], SERIES[1]
    for (above, below), (name, world) in zip(panels.T, worlds.items()):
        above.fill_between(world["x"], world["source_density"], color=source[0], alpha=0.15, linewidth=0)
        for part, (colour, _, dash), width in (("source", source, 2.6), ("target", target, 2)):
            style = {"color": colour, "linestyle": dash}
            above.plot(world["x"], world[f"{part}_density"], linewidth=width, **style)
            below.plot(world["x"], world[f"{part}_posterior"], linewidth=width, **style)
            for crossing in _crossings(world["x"], world[f"{part}_posterior"], 0.5):
                below.axvline(crossing, linewidth=1.2, **style)
        below.axhline(0.5, color=QUIET_INK, linewidth=0.8, linestyle=(0, (1, 2)))
        above.set_title(wrapped(name, len(worlds) + 1))
        below.set(xlabel="x", ylim=(-0.03, 1.03), yticks=[0, 0.5, 1])
        below.xaxis.set_major_locator(MaxNLocator(6 if len(worlds) < 4 else 4, steps=[1, 2, 5, 10]))
        above.yaxis.set_major_locator(MaxNLocator(4))
    panels[0, 0].set_ylim(bottom=0)  # of the whole row, and last: it ends the automatic limits
    panels[0, 0].set_ylabel("density P(x)")
    panels[1, 0].set_ylabel("P(y = 1 | x)")
    figure.legend(
        handles=[
            Line2D([], [], color=source[0], linestyle=source[2], linewidth=2.6, label="source"),
            Line2D([], [], color=target[0], linestyle=target[2], linewidth=2, label="target"),
            Line2D([], [], color=QUIET_INK, linestyle="none", marker="|", markersize=14, markeredgewidth=1.2,
                   label="upright: P(y = 1 | x) crosses 0.5"),
        ],
        loc="outside lower center", ncols=3 if len(worlds) > 1 else 2, handlelength=3,
    )
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def decision_regions(
    panels: Mapping[str, Mapping], *, alt: str, columns: int = 2, title: str = ""
) -> Figure:
    """Draw points of two classes in the plane and the boundaries of classifiers. Introduced in lesson 01.

    Parameters
    ----------
    panels : dict of str to dict
        For each panel ``points``, shape (n, 2), ``labels``, shape (n,), 0 or 1, if you like ``sizes``, shape
        (n,), weights that the area of a mark is proportional to, and ``boundaries``, a dict of name to a
        function that takes points, shape (m, 2), and returns the score of class 1, shape (m,): the boundary
        is where it crosses 0.5. At most five boundaries; a name has the same line in every panel.
    alt : str
        What the figure shows, in a sentence.
    columns : int
        Panels in a row.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there are no panels, shapes do not fit together, labels are not 0 or 1, weights are negative, or
        a boundary does not return one number for each point.
    """
    if not panels:
        raise DataError("There are no panels to draw.", 'give {"a name": {"points": ..., "labels": ...}}.')
    if columns < 1:
        raise DataError(f"A figure cannot have {columns} columns.", "use 1, 2 or 3.")
    panels = {str(name): _checked_panel(panel, str(name)) for name, panel in panels.items()}
    boundaries = list(dict.fromkeys(name for panel in panels.values() for name in panel["boundaries"]))
    if boundaries:
        check_number_of_series(dict.fromkeys(boundaries), "boundaries")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    entries = ["class 0", "class 1", *boundaries]
    width = WIDTH if columns > 1 else 0.7 * WIDTH
    legend_columns = max(1, min(len(entries), int(width / (0.085 * max(map(len, entries)) + 0.85))))
    legend_rows = -(-len(entries) // legend_columns)
    height = rows * (min(0.85 * width / columns, 3.6) + 0.3) + 0.25 * legend_rows + (0.35 if title else 0)
    figure = new_figure(width, height, alt)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes in grid[len(panels):]:
        axes.axis("off")
    points = np.concatenate([panel["points"] for panel in panels.values()])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.07 * (high - low), 1.0)
    low, high = low - margin, high + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200))
    everywhere = np.column_stack([across.ravel(), up.ravel()])
    for number, (axes, (name, panel)) in enumerate(zip(grid, panels.items())):
        _scatter_classes(axes, panel)
        for boundary, score in panel["boundaries"].items():
            colour, _, dash = SERIES[boundaries.index(boundary)]
            scores = _checked_scores(score(everywhere), boundary, len(everywhere)).reshape(across.shape)
            if scores.min() < 0.5 < scores.max():  # else one class everywhere: no boundary to draw
                axes.contour(
                    across, up, scores, levels=[0.5], colors=[colour], linestyles=[dash], linewidths=2.4,
                ).set(path_effects=[withStroke(linewidth=4.6, foreground="white")], gid=boundary)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        axes.set_title(wrapped(name, columns))
        if number + columns >= len(panels):
            axes.set_xlabel("x₁")
            axes.tick_params(labelbottom=True)
        if number % columns == 0:
            axes.set_ylabel("x₂")
    handles = [
        Line2D([], [], linestyle="none", marker=mark["marker"], markersize=8, label=f"class {label}",
               markerfacecolor=mark["facecolor"], markeredgecolor=mark["edgecolor"],
               markeredgewidth=mark["linewidth"])
        for label, mark in enumerate(CLASS_MARKS)
    ] + [
        Line2D([], [], color=colour, linestyle=dash, linewidth=2.4, label=boundary)
        for boundary, (colour, _, dash) in zip(boundaries, SERIES)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=legend_columns, handlelength=3)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def weighted_fit(
    x: Sequence[float], y: Sequence[float], weights: Sequence[float], lines: Mapping[str, Callable], *,
    alt: str, target_x: Sequence[float] | None = None, title: str = "", xlabel: str = "x", ylabel: str = "y",
) -> Figure:
    """Draw weighted examples as bubbles, and what regressions make of them. Introduced in lesson 01.

    Parameters
    ----------
    x, y : sequence of float, shape (n,)
        The examples.
    weights : sequence of float, shape (n,)
        The area of each bubble is proportional to its weight, but never too small to be seen; 0 or more.
    lines : dict of str to function
        Each takes x, shape (m,), and returns y, shape (m,). At most five.
    alt : str
        What the figure shows, in a sentence.
    target_x : sequence of float, shape (t,), optional
        Where the target's examples lie, drawn as ticks at the bottom.
    title, xlabel, ylabel : str
        Texts of the figure.

    Raises
    ------
    DataError
        If the lengths do not fit, a weight is negative, all weights are 0, or a line does not return one
        number for each x.
    """
    x = checked_numbers(x, "x")
    y = checked_numbers(y, "y", size=x.size)
    weights = _checked_weights(weights, "The weights", x.size)
    target_x = None if target_x is None else checked_numbers(target_x, "target_x")
    check_number_of_series(lines, "lines")
    lines = {str(name): line for name, line in lines.items()}
    figure = new_figure(WIDTH, 4.4, alt)
    axes = figure.subplots()
    order = np.argsort(-weights, kind="stable")  # small bubbles above large ones
    axes.scatter(
        x[order], y[order], s=np.maximum(weights / weights.mean() * _mean_area(x.size), SMALLEST_AREA)[order],
        facecolor="#8C8C8C66", edgecolor="#6E6E6E", linewidth=0.7, zorder=2,
    )
    # The examples set the scale: a line that shoots away outside them must not flatten what there is to see.
    low, high = axes.get_ylim()
    everything = x if target_x is None else np.concatenate([x, target_x])
    places = np.linspace(everything.min(), everything.max(), 200)
    ends = []
    for number, (name, line) in enumerate(lines.items()):
        colour, marker, dash = SERIES[number]
        heights = _checked_scores(line(places), name, places.size)
        axes.plot(
            places, heights, color=colour, linestyle=dash, linewidth=2.4, marker=marker,
            markevery=(5 * number + 5, 40), markeredgecolor="white", markeredgewidth=0.7, zorder=3,
        )
        seen = np.flatnonzero((low <= heights) & (heights <= high))
        last = seen[-1] if seen.size else -1
        ends.append((places[last], np.clip(heights[last], low, high), name, colour))
    axes.set_ylim(low - (0.08 * (high - low) if target_x is not None else 0), high + 0.1 * (high - low))
    if target_x is not None:
        bottom = axes.get_ylim()[0] + 0.03 * (high - low)
        ticks = np.full(target_x.size, bottom)
        axes.plot(target_x, ticks, "|", color=INK, markersize=10, markeredgewidth=0.8)
        ends.append((target_x.max(), bottom, "target x", INK))
    axes.text(
        0.01, 0.985, f"effective sample size: {effective_sample_size(weights):.1f} of {x.size}", transform=axes.transAxes,
        va="top", ha="left", fontsize=SMALLEST_TEXT, color=INK, zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )
    axes.grid(axis="y")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        axes.set_title(title)
    label_ends(figure, axes, ends)
    return finished(figure)


def _tree_boxes(branches: Mapping) -> list[dict]:
    """Every box of the tree: its name, level, first and last leaf, and the box that it hangs on."""
    boxes, leaves = [], itertools.count()

    def add(name, below, level, parent):
        if below is not None and not isinstance(below, Mapping):
            raise DataError(
                f"What is below {name!r} in the tree is {below!r}, no dict.", "write {} below a leaf."
            )
        box = {"name": str(name), "level": level, "parent": parent, "branches": bool(below)}
        boxes.append(box)
        children = [add(child, more, level + 1, box) for child, more in (below or {}).items()]
        if children:
            box["first"], box["last"] = children[0]["first"], children[-1]["last"]
        else:
            box["first"] = box["last"] = next(leaves)
        return box

    for name, below in branches.items():
        add(name, below, 0, None)
    return boxes


def _filled(name: str, letters: int) -> str:
    """The name in lines of so many letters; short formulas such as P(y | x) stay whole."""
    whole = re.sub(r"\([^()]{1,9}\)", lambda formula: formula[0].replace(" ", "\xa0"), name)
    return textwrap.fill(whole, letters).replace("\xa0", " ")


def _column_letters(boxes: list[dict], levels: int, room: float) -> list[int]:
    """How many letters wide each level may be: whole names where they fit, else all long ones the same."""
    longest = [max(len(box["name"]) for box in boxes if box["level"] == level) for level in range(levels)]
    most = max(longest)
    while most > 8 and sum(min(length, most) for length in longest) > room:
        most -= 1
    return [max(1, min(length, most)) for length in longest]


def _checked_world(world: Mapping, name: str) -> dict[str, np.ndarray]:
    keys = ["x", "source_density", "target_density", "source_posterior", "target_posterior"]
    missing = [key for key in keys if key not in world]
    if missing:
        raise DataError(f"The world {name!r} has no {missing[0]!r}.", f"give {', '.join(keys)}.")
    x = checked_numbers(world["x"], f"x of the world {name!r}")
    checked = {
        key: checked_numbers(world[key], f"{key} of the world {name!r}", size=x.size) for key in keys
    }
    if np.any(np.diff(x) <= 0):
        raise DataError(f"x of the world {name!r} must increase.", "use np.linspace(low, high, 200).")
    for part in ("source", "target"):
        density, posterior = checked[f"{part}_density"], checked[f"{part}_posterior"]
        if density.min() < 0:
            raise DataError(
                f"{part}_density of {name!r} is negative somewhere.", "give a density, not its logarithm."
            )
        if posterior.min() < 0 or posterior.max() > 1:
            raise DataError(
                f"{part}_posterior of {name!r} is not between 0 and 1 everywhere.",
                "give the probability of class 1 at each x.",
            )
    return checked


def _crossings(x: np.ndarray, values: np.ndarray, level: float) -> list[float]:
    """Where the curve goes from below the level to above it or back, between the points too."""
    above = values - level
    sides = np.flatnonzero(above)
    found = []
    for left, right in zip(sides, sides[1:]):
        if above[left] * above[right] > 0:
            continue
        if right > left + 1:  # on the level for a point or more
            found.append(float(x[left + 1:right].mean()))
        else:
            share = above[left] / (above[left] - above[right])
            found.append(float(x[left] + share * (x[right] - x[left])))
    return found


def _checked_panel(panel: Mapping, name: str) -> dict:
    """A panel with its points, labels, weights of mean 1, and boundaries by name."""
    missing = [key for key in ("points", "labels") if key not in panel]
    if missing:
        raise DataError(f"The panel {name!r} has no {missing[0]!r}.", "give points and labels.")
    try:
        points = np.asarray(panel["points"], dtype=float)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise DataError(
            f"The points of the panel {name!r} must be finite numbers of shape (n, 2), not {points.shape}.",
            "choose two columns: features[:, [0, 1]].",
        )
    labels = checked_numbers(panel["labels"], f"The labels of the panel {name!r}", size=len(points))
    if not np.isin(labels, (0, 1)).all():
        raise DataError(
            f"The labels of the panel {name!r} are not 0 and 1 only.", "write labels == 1 for one class."
        )
    sizes = panel.get("sizes")
    sizes = np.ones(len(points)) if sizes is None else sizes
    sizes = _checked_weights(sizes, f"The sizes of the panel {name!r}", len(points))
    boundaries = {str(key): score for key, score in (panel.get("boundaries") or {}).items()}
    return {"points": points, "labels": labels, "sizes": sizes / sizes.mean(), "boundaries": boundaries}


def _checked_weights(weights, what: str, size: int) -> np.ndarray:
    weights = checked_numbers(weights, what, size=size)
    if weights.min() < 0 or weights.max() == 0:
        raise DataError(f"{what} must be 0 or more, and not all 0.", "look at weights.min() and .max().")
    return weights


def _checked_scores(scores, name: str, size: int) -> np.ndarray:
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (size,) or not np.isfinite(scores).all():
        raise DataError(
            f"The function {name!r} returned numbers of shape {scores.shape}; finite ones of shape ({size},) "
            "are needed.",
            "return one number for each point; of a classifier that is model.predict_proba(points)[:, 1].",
        )
    return scores


def _mean_area(count: int) -> float:
    """Area in square points of a mark of weight 1: small where there are many."""
    return float(np.clip(6000 / count, 9, 45))


def _scatter_classes(axes, panel: Mapping) -> None:
    order = np.argsort(-panel["sizes"], kind="stable")  # small marks above large ones
    points, labels, sizes = panel["points"][order], panel["labels"][order], panel["sizes"][order]
    for label, mark in enumerate(CLASS_MARKS):
        chosen = labels == label
        axes.scatter(
            *points[chosen].T, s=sizes[chosen] * _mean_area(len(points)), alpha=0.75, gid=f"class {label}",
            zorder=1, **mark,
        )
