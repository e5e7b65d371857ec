"""Figures of several tasks at once: who shares what, what one task costs another, and whether they pull together."""

import functools
import re
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    DPI, INK, QUIET_INK, SERIES, SMALLEST_TEXT, STYLE, WIDTH, check_number_of_series, checked_numbers, finished,
    new_figure, readable,
)
from course_utils.plots._points import legend_below
from course_utils.plots.evaluation import EVENT_DASHES, EVENT_ROW, name_events
from course_utils.plots.networks import name_points, named_points

__all__ = ["histograms", "trade_off", "wiring"]

MOST_PANELS, MOST_ROWS, MOST_BOXES, MOST_REFERENCES = 4, 8, 5, 3
MOST_LINES = 4               # of a name in its box, before the figure takes fewer columns
SHARED = "shared"            # the task of a box that belongs to all
LOOSE = "not connected"
KEYS = ("rows", "arrows", "task", "loose")
# Inches.
PADDING, MARGIN, WIDEST_BOX, NARROWEST_BOX, WIDEST_SPACE = 0.15, 0.18, 1.6, 0.55, 0.8
SPACING, LINE = 1.25, 0.178  # of lines of the smallest text, as a factor and in inches
ROW_GAP, WIDEST_ROW_GAP = 0.42, 1.0
CLEAR = 0.09                 # between an arrow and a box that it passes
DOTS = (0, (1, 1.6))


@matplotlib.rc_context(STYLE)
def wiring(panels: Mapping[str, Mapping], *, alt: str, title: str = "", columns: int | None = None) -> Figure:
    """Draw networks as boxes and arrows, the input at the bottom and the outputs at the top. Introduced in lesson 05.

    A box that belongs to one task has that task's colour and, at its corner, that task's mark; a box marked as
    "shared" is grey with a thick frame; all others are white.

    Parameters
    ----------
    panels : dict of str to dict
        One to four networks by name, each with

        - ``"rows"``: names of boxes, row by row from the input to the outputs, such as
          ``[["image"], ["body"], ["species", "direction"]]``; at most eight rows of five boxes, each name once;
        - ``"arrows"``: pairs (from, to) or triples (from, to, note). Two arrows there and back become one with two
          heads; an arrow that would run through a box goes around it;
        - ``"task"``, optional: dict of box to task. ``"shared"`` as a task marks a box that belongs to all. At most
          five tasks in a figure;
        - ``"loose"``, optional: names of boxes from which no way leads to an output. Their frame is dashed.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the figure.
    columns : int, optional
        Panels side by side. Default: two of four, else as many as their names leave room for.

    Raises
    ------
    DataError
        If there are no panels or too many, a box is named that no row holds, a box that is called loose is not, or a
        name or note finds no room.
    """
    panels = _checked_panels(panels)
    tasks = list(dict.fromkeys(task for panel in panels.values() for task in panel["task"].values() if task != SHARED))
    if tasks:
        check_number_of_series(dict.fromkeys(tasks), "tasks")
    columns = _checked_columns(columns, panels)
    most = max(len(row) for panel in panels.values() for row in panel["rows"])
    width = WIDTH / columns if columns > 1 else min(WIDTH, max(4.4, 2 * most + 0.6))
    names = {name: _filled(name, width - 0.3, size=12, weight="bold") for name in panels}
    widest = _common_width(panels, width)
    plans = {name: _planned(panel, name, width, widest) for name, panel in panels.items()}
    lines = [list(panels)[first:first + columns] for first in range(0, len(panels), columns)]
    heights, talls = [], []
    for line in lines:
        tallest = max(plans[name]["height"] for name in line)
        for name in line:                               # the shorter one has longer arrows, as far as that looks well
            spare = (tallest - plans[name]["height"]) / max(1, len(panels[name]["rows"]) - 1)
            gap = min(WIDEST_ROW_GAP, plans[name]["gap"] + spare)
            if gap > plans[name]["gap"] + 0.02:
                plans[name] = _planned(panels[name], name, width, widest, gap)
        talls.append(max(plans[name]["height"] for name in line))
        heights.append(talls[-1] + 0.2 * max(names[name].count("\n") + 1 for name in line) + 0.15)
    above, between = 0.45 * bool(title) + 0.05, 0.3
    height = sum(heights) + between * (len(lines) - 1)
    figure = new_figure(width * columns, height + above, alt)
    figure.set_layout_engine("none")                    # places are in inches here
    below = _name_boxes(figure, panels, tasks)
    figure.set_figheight(height + above + below)
    axes = figure.add_axes((0, below / (height + above + below), 1, height / (height + above + below)))
    axes.set(xlim=(0, width * columns), ylim=(0, height))
    axes.axis("off")
    bottom = height
    for row, (line, inches) in enumerate(zip(lines, heights)):
        bottom -= inches
        for number, name in enumerate(line):
            left = width * number
            axes.text(left + width / 2, bottom + talls[row] + 0.15, names[name], ha="center", va="baseline",
                      fontsize=12, fontweight="bold", linespacing=SPACING)
            _draw_panel(axes, panels[name], plans[name], tasks, np.array([left, bottom]))
            if number:
                axes.plot([left, left], [bottom + 0.08, bottom + inches - 0.05], color="#C8C8C8", linewidth=1, zorder=0)
        bottom -= between
    if title:
        figure.suptitle(title, x=0.1 / (width * columns), y=1 - 0.1 / figure.get_figheight(), ha="left")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def trade_off(
    series: Mapping[str, Sequence[tuple[float, float, str]]], *, xlabel: str, ylabel: str, alt: str,
    references: Mapping[str, tuple[float, float]] | None = None, title: str = "",
) -> Figure:
    """Draw what one task gains and another loses: a point for each setting, more being better on both axes.

    Introduced in lesson 05. A point is Pareto-optimal if no other of the figure is at least as good on both axes and
    better on one: such points are filled, dominated ones hollow. References are not among them.

    Parameters
    ----------
    series : dict of str to sequence of (float, float, str)
        For each method its points in the order in which a line joins them: value on the x-axis, value on the y-axis,
        and a short label such as the weight of a loss. At most five methods.
    xlabel, ylabel : str
        What is measured on the axes.
    alt : str
        What the figure shows, in a sentence.
    references : dict of str to (float, float), optional
        Points to compare with, such as single-task networks: crosses with dotted guide lines. At most three.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If there are no points, one is not two finite numbers and a label, or the labels find no room.
    """
    check_number_of_series(series, "series")
    rows = {str(name): _checked_points(row, str(name)) for name, row in series.items()}
    crosses = {str(name): _checked_reference(place, str(name)) for name, place in (references or {}).items()}
    if len(crosses) > MOST_REFERENCES:
        raise DataError(f"{len(crosses)} references hide the points.", f"draw at most {MOST_REFERENCES}.")
    optimal = _pareto_optimal(np.concatenate([numbers for numbers, _ in rows.values()]))
    figure = new_figure(WIDTH, 4.7, alt)
    axes = figure.subplots()
    axes.margins(0.13)
    axes.grid()
    first, handles = 0, []
    for (name, (numbers, _)), (colour, marker, dash) in zip(rows.items(), SERIES):
        best = optimal[first:first + len(numbers)]
        first += len(numbers)
        axes.plot(*numbers.T, color=colour, linestyle=dash, linewidth=1.6, zorder=3, gid=name)
        style = {"linestyle": "none", "marker": marker, "markersize": 8.5, "markeredgecolor": colour,
                 "markeredgewidth": 1.8, "zorder": 4}
        axes.plot(*numbers[best].T, markerfacecolor=colour, gid="Pareto-optimal", **style)
        axes.plot(*numbers[~best].T, markerfacecolor="white", gid="dominated", **style)
        handles.append(Line2D([], [], color=colour, linestyle=dash, linewidth=1.6, marker=marker, markersize=7.5,
                              label=name))
    for place in crosses.values():
        axes.axvline(place[0], color=QUIET_INK, linewidth=1.2, linestyle=DOTS, zorder=1)
        axes.axhline(place[1], color=QUIET_INK, linewidth=1.2, linestyle=DOTS, zorder=1)
        axes.plot(*place, marker="x", markersize=10, markeredgewidth=2.6, color=INK, linestyle="none", zorder=5,
                  gid="reference")
    grey = {"linestyle": "none", "marker": "o", "markersize": 8, "markeredgecolor": QUIET_INK, "markeredgewidth": 1.6}
    if optimal.any():
        handles.append(Line2D([], [], markerfacecolor=QUIET_INK, label="Pareto-optimal", **grey))
    if not optimal.all():
        handles.append(Line2D([], [], markerfacecolor="white", label="dominated", **grey))
    axes.set(xlabel=f"{xlabel} (more is better →)", ylabel=f"{ylabel} (more is better →)")
    if title:
        axes.set_title(title)
    legend_below(figure, handles)
    figure.draw_without_rendering()                     # the layout fixes where on the page the points lie
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    named = {name: (place[None], [name]) for name, place in crosses.items()}
    paths = [numbers for numbers, _ in rows.values()]
    for x, y in crosses.values():
        paths += [np.column_stack([axes.get_xlim(), (y, y)]), np.column_stack([(x, x), axes.get_ylim()])]
    colours = [INK] * len(named) + [colour for colour, _, _ in SERIES]
    if name_points(axes, [*named.values(), *rows.values()], colours, paths=paths, all_of_them=True):
        raise DataError("The labels of the points find no room beside each other.",
                        "shorten them, or label only some points: an empty label is left out.")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def histograms(
    groups: Mapping[str, Sequence[float]], *, xlabel: str, alt: str, bins: int | Sequence[float] = 20,
    marks: Mapping[str, float] | None = None, title: str = "",
) -> Figure:
    """Draw how the values of several groups spread: histograms on one scale, one below the other.

    Introduced in lesson 05. Heights are shares of the group's values, so that groups of any size can be compared. A
    dashed line with a triangle marks each mean; where the range holds 0, a thin line stands there.

    Parameters
    ----------
    groups : dict of str to sequence of float
        The values of each group, in any number. At most five groups.
    xlabel : str
        What the values are.
    alt : str
        What the figure shows, in a sentence.
    bins : int or sequence of float
        Number of bins from the smallest value of all groups to the largest; or the edges, which must hold all values.
    marks : dict of str to float, optional
        Places to point out in all groups, drawn as thin upright lines with their names above. At most four.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If a group has no values, a value is no finite number, or edges do not increase or do not hold all values.
    """
    check_number_of_series(groups, "groups")
    values = {str(name): checked_numbers(row, f"The group {str(name)!r}") for name, row in groups.items()}
    edges = _checked_edges(bins, values)
    places = {str(name): checked_numbers([place], f"The mark {str(name)!r}") for name, place in (marks or {}).items()}
    if len(places) > len(EVENT_DASHES):
        raise DataError(f"{len(places)} kinds of marks cannot be told apart.", f"draw at most {len(EVENT_DASHES)}.")
    ends = np.array([edges[0], edges[-1], *(place[0] for place in places.values())])
    low, high = ends.min(), ends.max()
    figure = new_figure(WIDTH, 0.75 + 1.3 * len(values) + (0.35 if title else 0), alt)
    panels = figure.subplots(len(values), 1, squeeze=False, sharex=True, sharey=True)[:, 0]
    tallest = 0
    for axes, (name, row), (colour, _, _) in zip(panels, values.items(), SERIES):
        heights = np.histogram(np.clip(row, edges[0], edges[-1]), edges)[0] / row.size
        tallest = max(tallest, heights.max())
        axes.bar(edges[:-1], heights, np.diff(edges), align="edge", color=_tint(colour, 0.55), edgecolor="white",
                 linewidth=0.6, zorder=2)
        axes.stairs(heights, edges, color=colour, linewidth=1.3, zorder=3)
        if low <= 0 <= high:
            axes.axvline(0, color=INK, linewidth=1, zorder=4, gid="zero")
        for dash, place in zip(EVENT_DASHES[1:] + EVENT_DASHES[:1], places.values()):
            axes.axvline(place[0], color=QUIET_INK, linewidth=1.2, linestyle=dash, zorder=4)
        axes.set_title(f"{name} ({row.size:,} {'value' if row.size == 1 else 'values'})", fontsize=11)
        axes.grid(axis="y")
    top = 1.45 * tallest                                # room above the bars for the numbers of the means
    for axes, row, (colour, _, _) in zip(panels, values.values(), SERIES):
        mean, peak = row.mean(), 0.9 * top
        axes.plot([mean, mean], [0, peak], color=readable(colour), linewidth=2.2, linestyle=(0, (4, 2)), zorder=5,
                  gid="mean")
        axes.plot(mean, peak, marker="v", markersize=8, color=readable(colour), zorder=6)
        text = f"mean {_signed(mean, high - low)}"
        reach = (_size(text, 10.5, "bold")[0] + 0.15) / (WIDTH - 1) * (high - low) * 1.04
        lines = np.array([0, *(place[0] for place in places.values())])
        # On the side where it crosses fewer lines; of two such sides, where there is more room.
        crossed = {side: ((lines - mean) * side > 0) & ((lines - mean) * side < reach) for side in (1, -1)}
        spaces = {1: high - mean, -1: mean - low}
        side = min((1, -1), key=lambda each: (spaces[each] < reach, crossed[each].sum(), -spaces[each]))
        axes.annotate(text, (mean, peak), (8 * side, 0), va="center", ha="left" if side > 0 else "right",
                      textcoords="offset points", color=readable(colour), fontweight="bold", zorder=7,
                      path_effects=[withStroke(linewidth=3, foreground="white")])
    panels[0].set(ylim=(0, top), xlim=(low - 0.02 * (high - low), high + 0.02 * (high - low)))
    panels[0].yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    panels[0].yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    panels[-1].set_xlabel(xlabel)
    figure.supylabel("share of values", fontsize=11, color=INK)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    if places:
        rows = name_events(figure, panels[0], places, EVENT_DASHES[1:] + EVENT_DASHES[:1], QUIET_INK)
        panels[0].set_title(panels[0].get_title("left"), fontsize=11, pad=6 + EVENT_ROW * rows)
        figure.set_figheight(figure.get_figheight() + EVENT_ROW * rows / 72)
    return finished(figure)


def _pareto_optimal(points: np.ndarray) -> np.ndarray:
    """Which of the points (n, 2) no other one beats: at least as good on both axes and better on one. Shape (n,)."""
    as_good = (points[None] >= points[:, None]).all(axis=2)
    better = (points[None] > points[:, None]).any(axis=2)
    return ~(as_good & better).any(axis=1)


def _tint(colour, share: float) -> tuple[float, float, float]:
    """The colour mixed with so much white."""
    return tuple(share + (1 - share) * np.array(to_rgb(colour)))


def _signed(number: float, span: float) -> str:
    """The number with as many decimals as its axis shows differences."""
    decimals = int(np.clip(2 - np.floor(np.log10(span)), 0, 6)) if span > 0 else 2
    return f"{round(number, decimals) + 0.0:.{decimals}f}".replace("-", "−")


# Wirings: places are in inches, from the lower left corner of the panel. A box is (left, bottom, right, top); a route
# is a polygon line, shape (k, 2), from the edge of one box to the edge of another.


def _draw_panel(axes, panel: Mapping, plan: Mapping, tasks: list[str], corner: np.ndarray) -> None:
    for (first, second), (points, heads) in plan["routes"].items():
        line = _rounded(points + corner)                # a white edge tells it from an arrow that it crosses
        axes.add_patch(PathPatch(line, fill=False, edgecolor="white", linewidth=5, capstyle="butt", zorder=2))
        axes.add_patch(FancyArrowPatch(
            path=line, arrowstyle="<|-|>" if heads == 2 else "-|>", mutation_scale=12, color=QUIET_INK, linewidth=1.5,
            shrinkA=0, shrinkB=0, zorder=2, gid=f"{first} → {second}", joinstyle="miter",
        ))
    for text, place, _ in plan["notes"]:
        axes.text(*(place + corner), text, ha="center", va="center", fontsize=SMALLEST_TEXT, color=QUIET_INK,
                  linespacing=SPACING, zorder=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    for name, (left, bottom, right, top) in plan["boxes"].items():
        style, mark = _look(panel["task"].get(name), name in panel["loose"], tasks)
        axes.add_patch(FancyBboxPatch(
            (left + corner[0], bottom + corner[1]), right - left, top - bottom, gid=name, zorder=4,
            boxstyle="round,pad=0,rounding_size=0.06", **style,
        ))
        middle = corner + [(left + right) / 2, (bottom + top) / 2 + 0.015]
        axes.text(*middle, plan["texts"][name], ha="center", va="center_baseline", fontsize=SMALLEST_TEXT,
                  linespacing=SPACING, zorder=6)
        if mark:
            axes.plot(left + 0.03 + corner[0], top - 0.03 + corner[1], markersize=9, zorder=5, gid=f"mark of {name}",
                      **mark)


def _look(task: str | None, loose: bool, tasks: list[str]) -> tuple[dict, dict]:
    """How a box is drawn, and the mark at its corner; no mark where it belongs to no task."""
    style, mark = {"facecolor": "white", "edgecolor": QUIET_INK, "linewidth": 1.2}, {}
    if task == SHARED:
        style = {"facecolor": "#E6E6E6", "edgecolor": INK, "linewidth": 2.2}
    elif task is not None:
        colour, marker, _ = SERIES[tasks.index(task)]
        style = {"facecolor": _tint(colour, 0.82), "edgecolor": colour, "linewidth": 1.4}
        mark = {"marker": marker, "color": colour, "markeredgecolor": "white", "markeredgewidth": 1,
                "linestyle": "none"}
    if loose:
        style |= {"linestyle": (0, (4, 2.5)), "linewidth": 2.2}
    return style, mark


def _name_boxes(figure: Figure, panels: Mapping, tasks: list[str]) -> float:
    """Name tasks, shared and loose boxes below the panels; return the height that takes, in inches."""
    entries = []
    if any(SHARED in panel["task"].values() for panel in panels.values()):
        entries.append(((Patch(**_look(SHARED, False, tasks)[0]),), SHARED))
    for task in tasks:
        style, mark = _look(task, False, tasks)
        entries.append(((Patch(**style), Line2D([], [], markersize=8, **mark)), f"task: {task}"))
    if any(panel["loose"] for panel in panels.values()):
        entries.append(((Patch(**_look(None, True, tasks)[0]),), LOOSE))
    if not entries:
        return 0.1
    handles, labels = zip(*entries)
    for columns in range(len(entries), 0, -1):
        legend = figure.legend(
            handles, labels, loc="lower center", ncols=columns, handlelength=2.2, handleheight=1.3, columnspacing=1.8,
            handler_map={tuple: HandlerTuple(ndivide=1, pad=0)}, borderaxespad=0.4, labelspacing=0.6,
        )
        box = legend.get_window_extent()
        if box.width < figure.bbox.width or columns == 1:
            break
        legend.remove()
    return box.height / DPI + 0.2


def _common_width(panels: Mapping, width: float) -> float:
    """The width that the boxes of all panels have in common, if the longest name leaves them one."""
    first = (panel["rows"][0][0] for panel in panels.values())
    placed = [_placed(panel, width, MARGIN, ROW_GAP)[0] for panel in panels.values()]
    wide = min((boxes[name][2] - boxes[name][0] for boxes, name in zip(placed, first) if boxes), default=WIDEST_BOX)
    return wide if all(_is_roomy(panel, width, wide) for panel in panels.values()) else WIDEST_BOX


def _planned(panel: Mapping, name: str, width: float, widest: float, gap: float = ROW_GAP) -> dict:
    plan = _plan(panel, width, widest, gap)
    if not plan:
        raise DataError(f"The boxes and notes of the panel {name!r} find no room.",
                        "shorten names and notes, or use fewer columns.")
    return plan


def _plan(panel: Mapping, width: float, widest: float, gap: float = ROW_GAP) -> dict:
    """Places of boxes, routes and notes; margins and gaps grow until all have room. Empty where they find none."""
    tries = [(MARGIN + wider, gap + more) for wider in (0, 0.17, 0.34, 0.51) for more in (0, 0.12, 0.24, 0.4, 0.6)]
    tries.sort(key=lambda each: (not _is_roomy(panel, width, widest, each[0]), sum(each)))
    for margin, gap in tries:
        boxes, texts = _placed(panel, width, margin, gap, widest)
        if not boxes:
            continue
        routes = _routed(panel, boxes, gap)
        ends = np.concatenate([points for points, _ in routes.values()] or [np.empty((0, 2))])
        crossed = ends.size and (ends[:, 0].min() < 0.04 or ends[:, 0].max() > width - 0.04)
        notes, missing = _noted(panel, boxes, routes, width)
        if not missing and not crossed:
            low = min(0.0, ends[:, 1].min(initial=0) - 0.08, *(place[1] - size[1] / 2 for _, place, size in notes), 0.0)
            tops = [box[3] for box in boxes.values()] + [place[1] + size[1] / 2 for _, place, size in notes]
            top = max(*tops, ends[:, 1].max(initial=0) + 0.08, 0.0)
            up = np.array([0, 0.08 - low])
            return {
                "boxes": {key: box + np.tile(up, 2) for key, box in boxes.items()}, "texts": texts, "gap": gap,
                "routes": {key: (points + up, heads) for key, (points, heads) in routes.items()},
                "notes": [(text, place + up, size) for text, place, size in notes], "height": top - low + 0.14,
            }
    return {}


def _placed(panel: Mapping, width: float, margin: float, gap: float, widest: float = WIDEST_BOX) -> tuple[dict, dict]:
    """Boxes, and their names in lines; none where they would be too narrow."""
    most = max(map(len, panel["rows"]))
    between = _between(panel)
    room = width - 2 * margin
    wide = min(widest, (room - (most - 1) * between) / most)
    if wide < NARROWEST_BOX:
        return {}, {}
    pitch = min((room - wide) / (most - 1), wide + max(WIDEST_SPACE, between)) if most > 1 else 0
    texts = {name: _filled(name, wide - PADDING) for row in panel["rows"] for name in row}
    boxes, bottom = {}, 0.0
    for row in panel["rows"]:
        tall = LINE * max(texts[name].count("\n") + 1 for name in row) + 0.24
        for number, name in enumerate(row):
            left = width / 2 + (number - (len(row) - 1) / 2) * pitch - wide / 2
            boxes[name] = np.array([left, bottom, left + wide, bottom + tall])
        bottom += tall + gap
    return boxes, texts


def _between(panel: Mapping) -> float:
    """Inches between two boxes of a row: more where an arrow goes from one to the other, and for its note."""
    places = _places_in_rows(panel)
    sideways = [note for (first, second), (note, _) in panel["arrows"].items()
                if places[first][0] == places[second][0] and abs(places[first][1] - places[second][1]) == 1]
    if not sideways:
        return 0.26
    return max(0.44, *(_size(_filled(note, 0.9))[0] + 0.2 for note in sideways if note), 0.0)


def _places_in_rows(panel: Mapping) -> dict[str, tuple[int, int]]:
    return {name: (level, number) for level, row in enumerate(panel["rows"]) for number, name in enumerate(row)}


def _routed(panel: Mapping, boxes: Mapping, gap: float) -> dict:
    """The line of each arrow, and its number of heads."""
    places = _places_in_rows(panel)
    middles = {name: np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]) for name, box in boxes.items()}
    ways, lanes = {}, []
    for first, second in panel["arrows"]:
        (from_row, start), (to_row, end) = places[first], places[second]
        lane = None
        if from_row == to_row and abs(start - end) == 1:
            sides = ("right", "left") if start < end else ("left", "right")
        elif from_row == to_row:                        # around the boxes between: above them, or below the first row
            sides = ("bottom",) * 2 if 0 == from_row < len(panel["rows"]) - 1 else ("top",) * 2
        else:
            sides = ("top", "bottom") if from_row < to_row else ("bottom", "top")
            rows = panel["rows"][min(from_row, to_row) + 1:max(from_row, to_row)]
            obstacles = [boxes[name] for row in rows for name in row]
            for one, other in panel["arrows"]:          # nor through the arrow between two neighbours
                if places[one][0] == places[other][0] and any(one in row for row in rows):
                    left, right = sorted((boxes[one], boxes[other]), key=lambda box: box[0])
                    obstacles.append(np.array([left[2], left[1], right[0], right[3]]))
            if _hits(middles[first], middles[second], obstacles):
                sides, lane = _lane(first, second, panel, boxes, obstacles, sides, lanes)
        ways[first, second] = (sides, lane)
    # What leaves or enters a box on the same side stands side by side, in the order in which it comes.
    ports = {}
    for (first, second), (sides, lane) in ways.items():
        for name, other, side in ((first, second, sides[0]), (second, first, sides[1])):
            axis = 0 if side in ("top", "bottom") else 1
            towards = middles[other][axis] if axis or lane is None else lane
            ports.setdefault((name, side), []).append((towards - middles[name][axis], (first, second)))
    for (name, side), arrows in ports.items():
        box = boxes[name]
        axis = 0 if side in ("top", "bottom") else 1
        arrows.sort(key=lambda entry: entry[0])
        straight = [number for number, (distance, _) in enumerate(arrows) if abs(distance) < 0.02]
        zero = straight[0] if len(straight) == 1 else (len(arrows) - 1) / 2
        furthest = max(zero, len(arrows) - 1 - zero, 0.5)
        step = min(0.22 if axis == 0 else 0.15, 0.38 * (box[axis + 2] - box[axis]) / furthest)
        for number, (_, key) in enumerate(arrows):
            point = middles[name].copy()
            point[axis] += (number - zero) * step
            point[1 - axis] = box[{"left": 0, "bottom": 1, "right": 2, "top": 3}[side]]
            ports[name, side][number] = (key, point)
    found = {(name, side, key): point for (name, side), row in ports.items() for key, point in row}
    for (first, second), (sides, lane) in ways.items():
        for name, side in ((first, sides[0]), (second, sides[1])):
            if lane is not None and side in ("top", "bottom") and boxes[name][0] + 0.12 < lane < boxes[name][2] - 0.12:
                near = [point[0] for key, point in ports[name, side] if key != (first, second)]
                if all(abs(x - lane) > 0.12 for x in near):     # then it need not bend
                    found[name, side, (first, second)][0] = lane
    routes, runs = {}, {}
    for (first, second), (sides, lane) in ways.items():
        start, end = found[first, sides[0], (first, second)], found[second, sides[1], (first, second)]
        bends = []
        if lane is not None or sides[0] == sides[1]:
            for place, side in ((start, sides[0]), (end, sides[1])):
                if side in ("top", "bottom"):           # runs in the same gap lie at different heights
                    up = 1 if side == "top" else -1
                    level = runs.setdefault(round(place[1] + up * gap / 2, 1), [])
                    if (first, second) not in level:
                        level.append((first, second))
                    height = place[1] + up * gap * (0.4, 0.55, 0.7)[level.index((first, second)) % 3]
                else:
                    height = place[1]
                bends.append([place[0] if lane is None else lane, height])
            if lane is not None:
                bends = [[start[0], bends[0][1]], *bends, [end[0], bends[1][1]]]
        points = [start, *map(np.array, bends), end]
        routes[first, second] = (_without_repeats(points), panel["arrows"][first, second][1])
    return routes


def _without_repeats(points: list[np.ndarray]) -> np.ndarray:
    """The corners of a line, without those that repeat the one before or lie straight between two."""
    kept = [points[0]]
    for number, point in enumerate(points[1:], 1):
        if np.abs(point - kept[-1]).max() < 1e-6:
            continue
        after = points[number + 1:]
        ahead = next((other for other in after if np.abs(other - point).max() > 1e-6), None)
        back = point - kept[-1]
        if ahead is not None and abs(back[0] * (ahead - point)[1] - back[1] * (ahead - point)[0]) < 1e-6:
            continue
        kept.append(point)
    return np.array(kept)


def _lane(first, second, panel, boxes, obstacles, sides, lanes) -> tuple[tuple[str, str], float]:
    """Where an arrow passes the obstacles upright on the shortest way, and the sides on which it leaves and enters."""
    edges = sorted({edge for box in obstacles for edge in (box[0] - 0.18, box[2] + 0.18)})
    ends = sorted((boxes[first][1], boxes[second][1]))
    places = _places_in_rows(panel)

    def free_side(name, x):
        """The side of the box that faces x with nothing between, or None."""
        box = boxes[name]
        others = [boxes[other] for other in panel["rows"][places[name][0]] if other != name]
        if x > box[2] + 0.1 and not any(box[2] <= other[0] < x for other in others):
            return "right"
        if x < box[0] - 0.1 and not any(x < other[2] <= box[0] for other in others):
            return "left"
        return None

    best = None
    for edge in edges:
        lane, taken = edge, [x for x, low, high in lanes if low < ends[1] and ends[0] < high]
        outwards = 1 if edge > (edges[0] + edges[-1]) / 2 else -1
        while any(abs(lane - x) < 0.1 for x in taken):
            lane += 0.15 * outwards
        if any(box[0] - CLEAR < lane < box[2] + CLEAR for box in obstacles):
            continue
        facing = [free_side(name, lane) for name in (first, second)]
        cost = sum(abs((boxes[name][0] + boxes[name][2]) / 2 - lane) + 0.5 * (side is None)
                   for name, side in zip((first, second), facing)) + 0.7 * (lane != edge) - 1e-6 * lane
        if best is None or cost < best[0]:
            best = cost, lane, tuple(side or default for side, default in zip(facing, sides))
    _, lane, chosen = best                              # beside the outermost obstacle there is always one
    lanes.append((lane, *ends))
    return chosen, lane


def _noted(panel: Mapping, boxes: Mapping, routes: Mapping, width: float) -> tuple[list, bool]:
    """Notes as (text, middle, size), and whether one found no room beside boxes, other notes and other arrows."""
    placed = []
    dots = {key: _dotted(points) for key, (points, _) in routes.items()}
    for key, (points, _) in routes.items():
        note = panel["arrows"][key][0]
        if not note:
            continue
        text = _filled(note, 0.9)
        size = np.array(_size(text)) + 0.06
        for place, on_it in _candidates(points, size):
            low, high = place - size / 2, place + size / 2
            if low[0] < 0.02 or high[0] > width - 0.02:
                continue
            if any((low < box[2:] + 0.02).all() and (box[:2] - 0.02 < high).all() for box in boxes.values()):
                continue
            if any((np.abs(place - other) < (size + extent) / 2).all() for _, other, extent in placed):
                continue
            if any(((low - 0.02 < line) & (line < high + 0.02)).all(axis=1).any()
                   for other, line in dots.items() if other != key or not on_it):
                continue
            placed.append((text, place, size))
            break
        else:
            return placed, True
    return placed, False


def _candidates(points: np.ndarray, size: np.ndarray):
    """Places for a note, the best first, and whether it stands on the line: if it cannot stand beside a long one."""
    parts = sorted(zip(points, points[1:]), key=lambda part: -np.hypot(*(part[1] - part[0])))
    shares = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
    for share in shares:
        for start, end in parts:
            across, up = end - start
            room = size / 2 + 0.05
            if abs(up) > 0.3 * abs(across):             # beside it, on the side to which it leans
                shift = np.array([(room[0] + size[1] / 2 * abs(across / up)) * (1 if across > -1e-6 else -1), 0])
            else:
                shift = np.array([0, room[1] + size[0] / 2 * abs(up / across)])
            yield start + share * (end - start) + shift, False
            yield start + share * (end - start) - shift, False
    for share in shares:
        for start, end in parts:
            if np.hypot(*(end - start)) > size.max() + 0.5:
                yield start + share * (end - start), True


def _dotted(points: np.ndarray) -> np.ndarray:
    """Points along a line, close enough that no text slips between two."""
    return np.concatenate([np.linspace(start, end, 60) for start, end in zip(points, points[1:])])


def _hits(start: np.ndarray, end: np.ndarray, obstacles: list[np.ndarray]) -> bool:
    line = _dotted(np.array([start, end]))
    return any(((line > box[:2] - CLEAR) & (line < box[2:] + CLEAR)).all(axis=1).any() for box in obstacles)


def _rounded(points: np.ndarray, radius: float = 0.1) -> Path:
    """The line with round corners."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:]):
        back, on = before - corner, after - corner
        back, on = (part * min(radius / np.hypot(*part), 0.5) for part in (back, on))
        vertices += [corner + back, corner, corner + on]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _filled(text: str, room: float, size: float = SMALLEST_TEXT, weight: str = "normal") -> str:
    """The text in as few lines as fit into so many inches, of about equal length; a number stays with its word."""
    for glued in (re.sub(r" (?=[\dA-Z]{1,2}( |$))", "\xa0", text), text):
        lines = _lines(glued, room, size, weight)
        if _keeps_words(glued, lines):
            break
    return lines.replace("\xa0", " ")


def _lines(text: str, room: float, size: float, weight: str) -> str:
    letters = max(1, min(len(text), int(room / 0.05)))
    while letters > 1 and _size(textwrap.fill(text, letters), size, weight)[0] > room:
        letters -= 1
    lines = textwrap.fill(text, letters)
    while letters > 1:
        letters -= 1
        shorter = textwrap.fill(text, letters)
        if shorter.count("\n") > lines.count("\n") or _keeps_words(text, shorter) < _keeps_words(text, lines):
            break
        lines = shorter
    return lines


def _keeps_words(text: str, lines: str) -> bool:
    """Whether lines break only at spaces and after hyphens."""
    return lines.replace("-\n", "-").replace("\n", " ").split(" ") == re.split("[ \t\n]+", text.strip())


@functools.lru_cache(maxsize=4096)
def _size(text: str, size: float = SMALLEST_TEXT, weight: str = "normal") -> tuple[float, float]:
    """Width and height of a text in inches."""
    with matplotlib.rc_context(STYLE):
        drawn = Figure(dpi=DPI).text(0, 0, text, fontsize=size, fontweight=weight, linespacing=SPACING)
        box = drawn.get_window_extent()
    return box.width / DPI, box.height / DPI


def _checked_columns(columns: int | None, panels: Mapping) -> int:
    """Panels side by side: as asked for, or the most with which no name breaks a word or has many lines."""
    if columns is not None:
        if columns not in range(1, MOST_PANELS + 1):
            raise DataError(f"{columns!r} columns cannot be drawn.", f"use 1 to {MOST_PANELS}, or leave it out.")
        return min(columns, len(panels))
    for columns in range(2 if len(panels) == 4 else len(panels), 1, -1):
        width = WIDTH / columns
        widest = _common_width(panels, width)
        if all(_is_roomy(panel, width) and _plan(panel, width, widest) for panel in panels.values()):
            return columns
    return 1


def _is_roomy(panel: Mapping, width: float, widest: float = WIDEST_BOX, margin: float = MARGIN) -> bool:
    boxes, texts = _placed(panel, width, margin, ROW_GAP, widest)
    short = [text.count("\n") < MOST_LINES and _keeps_words(name, text) for name, text in texts.items()]
    return bool(boxes) and all(short)


def _checked_panels(panels) -> dict[str, dict]:
    if not isinstance(panels, Mapping) or not 1 <= len(panels) <= MOST_PANELS:
        count = len(panels) if isinstance(panels, Mapping) else "no dict and so no"
        raise DataError(f"Wirings are drawn in one to {MOST_PANELS} panels, and there are {count}.",
                        'begin with {"name": {"rows": [["input"], ["output"]], "arrows": [("input", "output")]}}.')
    return {str(name): _checked_panel(panel, str(name)) for name, panel in panels.items()}


def _checked_panel(panel, name: str) -> dict:
    """A panel with rows of names, arrows (from, to) with their note and number of heads, tasks and loose boxes."""
    unknown = [key for key in panel if key not in KEYS] if isinstance(panel, Mapping) else [panel]
    if unknown or "rows" not in panel:
        what = f"has {unknown[0]!r}, which says nothing" if unknown else "has no rows"
        raise DataError(f"The panel {name!r} {what}.", f"give a dict with {', '.join(map(repr, KEYS))}.")
    rows = [[row] if isinstance(row, str) else [str(box) for box in row] for row in panel["rows"]]
    if not 1 <= len(rows) <= MOST_ROWS or not all(1 <= len(row) <= MOST_BOXES for row in rows):
        counts = ", ".join(str(len(row)) for row in rows) or "no"
        raise DataError(f"The panel {name!r} has {len(rows)} rows with {counts} boxes.",
                        f"draw 1 to {MOST_ROWS} rows of 1 to {MOST_BOXES} boxes.")
    boxes = [box for row in rows for box in row]
    twice = sorted({box for box in boxes if boxes.count(box) > 1 or not box.strip()})
    if twice:
        raise DataError(f"Two boxes of the panel {name!r} are called {twice[0]!r}, or one has no name.",
                        "give each box a name of its own, such as “LSTM 1” and “LSTM 2”.")
    task = {str(box): str(owner) for box, owner in (panel.get("task") or {}).items()}
    loose = [panel["loose"]] if isinstance(panel.get("loose"), str) else [str(box) for box in panel.get("loose") or []]
    ends = []
    for arrow in panel.get("arrows") or []:
        if isinstance(arrow, str) or len(arrow) not in (2, 3):
            raise DataError(f"An arrow of the panel {name!r} is {arrow!r}.", "give (from, to) or (from, to, note).")
        ends.append(tuple(map(str, arrow)))
    named = [box for arrow in ends for box in arrow[:2]] + list(task) + loose
    missing = list(dict.fromkeys(box for box in named if box not in boxes))
    if missing:
        raise DataError(f"The panel {name!r} has no box {', '.join(map(repr, missing))}.",
                        f"name boxes of its rows: {', '.join(boxes)}.")
    arrows = {}
    for first, second, *note in ends:
        if first == second:
            raise DataError(f"An arrow of the panel {name!r} goes from {first!r} to itself.",
                            "write into the box's name that it is recurrent.")
        key = (second, first) if (second, first) in arrows else (first, second)
        before, heads = arrows.get(key, ("", 1))
        notes = dict.fromkeys(text for text in (before, *note) if text.strip())
        arrows[key] = (", ".join(notes), 2 if key != (first, second) else heads)
    reached = {box: {end for arrow, (_, heads) in arrows.items() if box in arrow
                     and (heads == 2 or box == arrow[0]) for end in arrow} - {box} for box in boxes}
    for box in loose:
        found, waiting = {box}, [box]
        while waiting:
            waiting = [end for start in waiting for end in reached[start] if end not in found and not found.add(end)]
        outputs = [end for end in rows[-1] if end in found and end not in loose]
        if outputs:
            raise DataError(f"The box {box!r} of the panel {name!r} is called loose, but leads to {outputs[0]!r}.",
                            "leave it out of loose, or take its arrow away.")
    return {"rows": rows, "arrows": arrows, "task": task, "loose": loose}


def _checked_points(row, name: str) -> tuple[np.ndarray, list[str]]:
    """The points of one series as finite numbers (k, 2), and k labels."""
    numbers, labels = named_points(row, name, "x, y, short label")
    if not np.isfinite(numbers).all():
        raise DataError(f"A point of {name!r} is no finite number.", "leave out what was not measured.")
    return numbers, labels


def _checked_reference(place, name: str) -> np.ndarray:
    return checked_numbers(place, f"The reference {name!r}", size=2)


def _checked_edges(bins, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The edges of the bins, which hold all values."""
    everything = np.concatenate(list(values.values()))
    if np.ndim(bins) == 0:
        if not isinstance(bins, (int, np.integer)) or not 1 <= bins <= 200:
            raise DataError(f"{bins!r} bins cannot be drawn.", "use a whole number from 1 to 200, or edges.")
        return np.histogram_bin_edges(everything, int(bins))
    edges = checked_numbers(bins, "The edges of the bins")
    if edges.size < 2 or np.any(np.diff(edges) <= 0):
        raise DataError("The edges of the bins must increase.", "use np.linspace(low, high, 21).")
    slack = 1e-6 * (edges[-1] - edges[0])               # a cosine may be 1.0000001
    for name, row in values.items():
        outside = row[(row < edges[0] - slack) | (row > edges[-1] + slack)]
        if outside.size:
            raise DataError(f"{outside.size} values of {name!r}, such as {outside[0]:g}, lie outside the bins.",
                            f"widen the edges: all values lie from {everything.min():g} to {everything.max():g}.")
    return edges
