"""Figures of how good a model is: curves, confusion matrices, and tables of scores with colours."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, SERIES, SMALLEST_TEXT, STYLE, WIDTH, check_number_of_series, checked_numbers,
    finished, label_ends, new_figure, text_on, triple,
)

__all__ = [
    "EVENT_DASHES", "EVENT_ROW", "confusion_matrix", "curves", "learning_curve", "name_events", "smooth",
    "training_curves", "value_matrix",
]

# Dashes of upright lines, one for each kind of event, and the height of a row of their names in points.
EVENT_DASHES = ["-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2))]
EVENT_ROW = 15


def smooth(values: Sequence[float], smoothing: float) -> np.ndarray:
    """Return the exponential moving average of a curve.

    Each point is ``smoothing`` × the average so far + (1 − ``smoothing``) × the new value; the first point
    stays as it is.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One value for each epoch.
    smoothing : float
        0 leaves the curve as it is; 0.8 makes it smooth. Below 1.

    Raises
    ------
    DataError
        If ``smoothing`` is not from 0 to below 1.
    """
    if not 0 <= smoothing < 1:
        raise DataError(
            f"smoothing is {smoothing}, not from 0 to below 1.", "use 0 for none, 0.8 for a smooth curve."
        )
    average = np.array(values, dtype=float)
    for step in range(1, average.size):
        average[step] = smoothing * average[step - 1] + (1 - smoothing) * average[step]
    return average


@matplotlib.rc_context(STYLE)
def training_curves(
    histories, *, alt: str, smoothing: float = 0.0, metrics: Sequence[str] = ("loss", "accuracy"),
    title: str = "",
) -> Figure:
    """Draw loss and accuracy over the epochs, for one training run or several. Introduced in lesson 02.

    One run: training and validation as two lines. Several runs: a colour for each, solid for validation,
    dashed for training.

    Parameters
    ----------
    histories : keras.callbacks.History, dict of lists, or dict of name to either
        What ``model.fit`` returned, or its ``.history``; several with a name each.
    alt : str
        What the figure shows, in a sentence.
    smoothing : float
        Strength of the exponential smoothing, see :func:`smooth`. The measured points then stay visible
        as faint dots.
    metrics : sequence of str
        One panel for each; validation is looked up as ``val_`` + name.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there is no run, no epoch, or no such metric.
    """
    runs = _checked_runs(histories, metrics)
    figure = new_figure(WIDTH if len(metrics) > 1 else 0.7 * WIDTH, 3.6, alt)
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(panels, metrics):
        ends = []
        for number, (name, history) in enumerate(runs.items()):
            colour, marker, _ = SERIES[number]
            curves = [("training", metric, (0, (4, 2)), 1.5), ("validation", f"val_{metric}", "-", 2.2)]
            curves = [curve for curve in curves if curve[1] in history]
            for part, key, dash, width in curves:
                if len(runs) == 1 and part == "validation":
                    colour, marker, _ = SERIES[1]
                values = np.asarray(history[key], dtype=float)
                epochs = np.arange(1, values.size + 1)
                line = smooth(values, smoothing)
                axes.plot(
                    epochs, line, color=colour, linestyle=dash, linewidth=width,
                    marker=marker if smoothing == 0 else "", markersize=4.5,
                    markevery=max(1, values.size // 10),
                )
                if smoothing > 0 or values.size == 1:
                    axes.plot(epochs, values, marker, markersize=3, color=colour, alpha=0.35)
                if len(runs) == 1 or part == curves[-1][0]:
                    ends.append((values.size, line[-1], part if len(runs) == 1 else name, colour))
        axes.set(title=metric, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.set_xlim(left=min(0.9, 1 - 0.03 * max(end[0] for end in ends)))
        axes.grid(axis="y")
        if len(runs) == 1 or axes is panels[-1]:  # the names of several runs take room: once is enough
            label_ends(figure, axes, ends)
    if len(runs) == 1:
        title = title or next(iter(runs))
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    if len(runs) > 1 and any(f"val_{metrics[0]}" in run for run in runs.values()):
        panels[0].set_title("solid: validation, dashed: training", loc="right", color=QUIET_INK,
                            fontsize=SMALLEST_TEXT, fontweight="normal")
    return finished(figure)


@matplotlib.rc_context(STYLE)
def learning_curve(
    sizes: Sequence[int], scores: Mapping[str, Sequence], *, alt: str, chance: float | None = None,
    ylabel: str = "test accuracy", xlabel: str = "training images", title: str = "",
) -> Figure:
    """Draw how good each method is with more and more data. Introduced in lesson 02.

    Parameters
    ----------
    sizes : sequence of int, shape (k,)
        Numbers of training examples, from small to large; drawn on a logarithmic axis.
    scores : dict of str to sequence, each of length k
        For each method and size a :class:`course_utils.metrics.Accuracy`, or a triple (value, low, high),
        or None where it was not measured. At most five methods.
    alt : str
        What the figure shows, in a sentence.
    chance : float, optional
        Score of guessing, drawn as a thin line.
    ylabel, xlabel, title : str
        Texts of the figure.

    Raises
    ------
    DataError
        If the sizes do not increase, the lengths do not fit, or an interval does not hold its value.
    """
    sizes = np.asarray(sizes, dtype=float)
    if sizes.ndim != 1 or sizes.size == 0 or sizes[0] <= 0 or np.any(np.diff(sizes) <= 0):
        raise DataError("The sizes must be numbers above 0 that increase.", "sort them: [50, 100, 200].")
    check_number_of_series(scores, "methods")
    figure = new_figure(WIDTH, 4.4, alt)
    axes = figure.subplots()
    ends = []
    for number, (method, row) in enumerate(scores.items()):
        if len(row) != sizes.size:
            raise DataError(
                f"The method {method!r} has {len(row)} scores for {sizes.size} sizes.",
                "give one score for each size, and None where there is none.",
            )
        known = [(size, *triple(score, method)) for size, score in zip(sizes, row) if score is not None]
        if not known:
            raise DataError(f"The method {method!r} has no scores at all.", "leave it out of the figure.")
        size, value, low, high = np.array(known).T
        colour, marker, dash = SERIES[number]
        # Methods stand side by side by 1.5 %, so that no interval hides another.
        place = size * 1.015 ** (2 * number - len(scores) + 1)
        axes.errorbar(
            place, value, yerr=[value - low, high - value], color=colour, marker=marker, linestyle=dash,
            elinewidth=1.4, capsize=4, capthick=1.4, markersize=8, markeredgecolor="white",
            markeredgewidth=0.8,
        )
        ends.append((place[-1], value[-1], method, colour))
    if chance is not None:
        axes.axhline(chance, color=QUIET_INK, linewidth=1, linestyle=(0, (2, 2)))
        ends.append((sizes[-1], chance, "chance", QUIET_INK))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axes.grid(axis="y")
    axes.set(xlabel=f"{xlabel} (logarithmic)", ylabel=ylabel)
    if title:
        axes.set_title(title)
    label_ends(figure, axes, ends)
    return finished(figure)


@matplotlib.rc_context(STYLE)
def curves(
    x: Sequence[float], series: Mapping[str, Sequence], *, alt: str, xlabel: str, ylabel: str,
    title: str = "", references: Mapping[str, float] | None = None,
    events: Mapping[str, float | Sequence[float]] | None = None, logarithmic: str = "",
    markers: bool = True,
) -> Figure:
    """Draw one quantity over another: a line for each series, with its name at its end.

    Introduced in lesson 01.

    Parameters
    ----------
    x : sequence of float, shape (k,)
        Numbers that increase.
    series : dict of str to sequence, each of length k
        For each point a number, or a triple (value, low, high), or a :class:`course_utils.metrics.Accuracy`;
        intervals are drawn as a band around the line. NaN or None leaves a gap. At most five series.
    alt : str
        What the figure shows, in a sentence.
    xlabel, ylabel, title : str
        Texts of the figure.
    references : dict of str to float, optional
        Values to compare with, drawn as thin dashed lines from left to right.
    events : dict of str to float or sequence of float, optional
        Places on the x-axis where something happens, drawn as thin upright lines; the name stands above the
        first of them. At most four names.
    logarithmic : {"", "x", "y", "xy"}
        Which axes are logarithmic.
    markers : bool
        Whether each line has marks; without them a line of thousands of points stays thin.

    Raises
    ------
    DataError
        If x does not increase, the lengths do not fit, a series has no values, or an interval does not hold
        its value.
    """
    x = checked_numbers(x, "x")
    if np.any(np.diff(x) <= 0):
        raise DataError("The values of x must increase.", "sort them, and each series in the same order.")
    check_number_of_series(series, "series")
    bands = {str(name): _checked_band(row, str(name), x.size) for name, row in series.items()}
    levels = {
        str(name): checked_numbers([level], f"The reference {str(name)!r}")[0]
        for name, level in (references or {}).items()
    }
    places = {
        str(name): np.sort(checked_numbers(np.atleast_1d(place), f"The event {str(name)!r}"))
        for name, place in (events or {}).items()
    }
    if len(places) > len(EVENT_DASHES):
        raise DataError(
            f"{len(places)} kinds of events cannot be told apart.", f"draw at most {len(EVENT_DASHES)}."
        )
    if logarithmic not in ("", "x", "y", "xy"):
        raise DataError(f"{logarithmic!r} names no axes.", 'use logarithmic="x", "y" or "xy".')
    depths = [row for band in bands.values() for row in band if row is not None]
    lowest = {"x": min([x[0], *(place[0] for place in places.values())]),
              "y": min(np.nanmin(row) for row in [*depths, *map(np.atleast_1d, levels.values())])}
    for axis in logarithmic:
        if lowest[axis] <= 0:
            raise DataError(
                f"A logarithmic axis has only numbers above 0, and {axis} holds {lowest[axis]:g}.",
                f"leave the point out, or draw without {axis!r} in logarithmic.",
            )
    lines = sum(textwrap.fill(name, 24).count("\n") + 1 for name in [*bands, *levels])
    figure = new_figure(WIDTH, max(4.0, 1.1 + 0.27 * lines), alt)
    axes = figure.subplots()
    ends = []
    for number, (name, (value, low, high)) in enumerate(bands.items()):
        colour, marker, dash = SERIES[number]
        known = ~np.isnan(value)
        before, after = np.r_[False, known[:-1]], np.r_[known[1:], False]
        alone = known & ~before & ~after  # a line has nothing to join here: without a mark it would vanish
        # Marks of different series stand at different points, so that none hides another.
        step = max(1, x.size // 12)
        marked = alone | (markers & ((np.arange(x.size) - number * step // 5) % step == 0))
        axes.plot(
            x, value, color=colour, linestyle=dash, marker=marker, markevery=np.flatnonzero(marked).tolist(),
            linewidth=2 if markers else 1.8, markeredgecolor="white", markeredgewidth=0.6, zorder=3,
        )
        if low is not None:
            axes.fill_between(x, low, high, color=colour, alpha=0.17, linewidth=0)
            axes.vlines(x[alone], low[alone], high[alone], color=colour, linewidth=1.4)
        last = np.flatnonzero(known)[-1]
        ends.append((x[last], value[last], name, colour))
    for name, level in levels.items():
        axes.axhline(level, color=QUIET_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
        ends.append((x[-1], level, name, QUIET_INK))
    for dash, place in zip(EVENT_DASHES, places.values()):
        for one in place:
            axes.axvline(one, color=INK, linewidth=1.1, linestyle=dash, zorder=2)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
    for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        if name in logarithmic:
            axis.axes.set(**{f"{name}scale": "log"})
            ticks = _log_ticks(*axis.get_view_interval())
            axis.set_minor_locator(NullLocator())
            axis.set_ticks(ticks, [f"{tick:,.10g}" for tick in ticks])
    axes.grid(axis="y")
    labels = {"x": xlabel, "y": ylabel}
    axes.set(**{f"{name}label": f"{label} (logarithmic)" if name in logarithmic else label
                for name, label in labels.items()})
    label_ends(figure, axes, ends)
    rows = name_events(figure, axes, places) if places else 0
    if title:
        axes.set_title(title, pad=6 + EVENT_ROW * rows)
    figure.set_figheight(figure.get_figheight() + EVENT_ROW * rows / 72)  # the axes keep their height
    return finished(figure)


@matplotlib.rc_context(STYLE)
def confusion_matrix(
    true: Sequence, predicted: Sequence, class_names: Sequence[str] | None = None, *, alt: str,
    title: str = "",
) -> Figure:
    """Draw which classes are taken for which: counts, and percentages of each true class.

    Introduced in lesson 02. Rows are true classes, columns predicted ones.

    Parameters
    ----------
    true, predicted : sequence of int or str, shape (n,)
        Classes as names, or as numbers that point into ``class_names``.
    class_names : sequence of str, optional
        Names of the classes in the order of the rows. Default: the classes that occur, sorted.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the matrix.

    Raises
    ------
    DataError
        If the inputs do not fit together, or there are more than 20 classes.
    """
    from sklearn.metrics import confusion_matrix as count_pairs

    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.ndim != 1 or true.shape != predicted.shape or true.size == 0:
        raise DataError(
            f"True and predicted classes have the shapes {true.shape} and {predicted.shape}.",
            "give one class for each example in both, not probabilities.",
        )
    found = set(true.tolist()) | set(predicted.tolist())
    if class_names is None:
        classes = sorted(found, key=lambda value: (isinstance(value, str), value))
        class_names = [str(value) for value in classes]
    else:
        class_names = [str(name) for name in class_names]
        classes = class_names if true.dtype.kind in "US" else list(range(len(class_names)))
        if not found <= set(classes):
            unknown = sorted(map(str, found - set(classes)))[0]
            raise DataError(f"The class {unknown} has no name in class_names.", "name all classes, in order.")
    if len(classes) > 20:
        raise DataError(
            f"A matrix of {len(classes)} classes cannot be read.", "draw the classes that are confused most."
        )
    counts = count_pairs(true, predicted, labels=classes)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)

    large = len(classes) <= 8  # then a cell has room for two lines
    longest = max(map(len, class_names))
    margin = 0.6 + 0.085 * longest
    side = len(classes) * min(1.25 if len(classes) <= 3 else 0.85, (WIDTH - margin) / len(classes))
    tilted = longest * 0.1 > side / len(classes)
    below = 0.45 + 0.065 * longest if tilted else 0.65
    figure = new_figure(side + margin, side + below + (0.35 if title else 0), alt)
    axes = figure.subplots()
    blues = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", COLOURS["blue"], "#003A5C"])
    axes.imshow(shares, cmap=blues, vmin=0, vmax=1.15)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column] == 0 and not large:
            continue  # a large matrix is mostly zeros: leave them out so that the mistakes stand out
        colour = text_on(blues(shares[row, column] / 1.15))
        axes.text(
            column, row - (0.1 if large else 0), f"{counts[row, column]:,}", ha="center", va="center",
            color=colour, fontsize=15 if large else SMALLEST_TEXT,
            fontweight="bold" if row == column else "normal",
        )
        if large:
            percent = f"{100 * shares[row, column]:.0f} %" if totals[row, 0] else "–"
            axes.text(
                column, row + 0.25, percent, ha="center", va="center", color=colour, fontsize=SMALLEST_TEXT
            )
    _rule_cells(axes, class_names, class_names, tilted)
    axes.set(xlabel="predicted class", ylabel="true class")
    if title:
        axes.set_title(title)
    return finished(figure)


@matplotlib.rc_context(STYLE)
def value_matrix(
    values, row_names: Sequence[str], column_names: Sequence[str], *, alt: str, spreads=None,
    baseline: int | None = None, margins=None, title: str = "", xlabel: str = "", ylabel: str = "",
    digits: int = 2,
) -> Figure:
    """Draw a table of numbers with a colour behind each. Introduced in lesson 01.

    Without ``baseline`` a darker cell has a larger value. With it, each row is compared with its value in
    that column: blue is better, red-orange worse, white equal; ▲ and ▼ mark the cells that are better or
    worse by more than chance explains, a thick frame the best of the row.

    Parameters
    ----------
    values : array, shape (rows, columns)
        NaN where there is no value: such a cell is hatched.
    row_names, column_names : sequence of str, shapes (rows,) and (columns,)
        At most 30 rows and 8 columns.
    alt : str
        What the figure shows, in a sentence.
    spreads : array, shape (rows, columns), optional
        Standard deviation of each value, written below it as ±; NaN where it is not known.
    baseline : int, optional
        Number of the column that each row is compared with, from 0.
    margins : array, shape (rows, columns), optional
        Half the width of the interval of each *difference* to the baseline: ▲ and ▼ stand where the difference is
        larger. (A spread of the values themselves says little of it when both were measured on the same data.)
        Without margins, ▲ and ▼ mark every difference that the digits show.
    title, xlabel, ylabel : str
        Texts of the figure.
    digits : int
        Decimals of each number.

    Raises
    ------
    DataError
        If the shapes do not fit together, there is no value, a spread or margin is negative, or there is no such
        column.
    """
    values, spreads, margins = _checked_table(values, row_names, column_names, spreads=spreads, margins=margins)
    rows, columns = values.shape
    if baseline is not None and baseline not in range(columns):
        raise DataError(
            f"There is no column {baseline!r} to compare with; the columns are 0 to {columns - 1}.",
            "count the columns from 0.",
        )
    shown = np.round(values, digits) + 0.0  # + 0.0: no minus before 0.00
    # Inches of the widest number with its mark, or with the ± before it.
    needed = 0.093 * (2 + max(len(f"{value:.{digits}f}") for value in shown[~np.isnan(shown)])) + 0.06
    for letters in (20, 14):  # narrower names of rows leave more room to the cells
        row_names = [textwrap.fill(str(name), letters) for name in row_names]
        margin = 0.45 + 0.08 * max(len(line) for name in row_names for line in name.split("\n"))
        cell = min(1.25, (WIDTH - margin - (0.3 if ylabel else 0)) / columns)
        if cell >= needed:
            break
    else:
        raise DataError(
            f"Numbers such as {np.nanmax(abs(shown)):.{digits}f} do not fit into {columns} columns.",
            "ask for fewer digits, or draw fewer columns.",
        )
    fitting = int(11 * cell) - 1
    tilted = max(len(word) for name in column_names for word in str(name).split() or [""]) > fitting
    column_names = [str(name) if tilted else textwrap.fill(str(name), fitting) for name in column_names]
    header = 0.062 * max(map(len, column_names)) if tilted else 0.2 * max(n.count("\n") for n in column_names)
    tallest = max(name.count("\n") + 1 for name in row_names)
    height = max(0.36 if spreads is None else 0.54, 0.19 * tallest + 0.12)
    width = max(4.5, margin + cell * columns)

    note, marks, frames = "", {}, set()
    if baseline is None:
        coloured = values
        colours = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", COLOURS["blue"]])
        low, high = np.nanmin(values), np.nanmax(values)
        limits = (low, high + 0.3 * (high - low)) if high > low else (low - 0.1, low + 1)
    else:
        coloured = values - values[:, [baseline]]
        colours = LinearSegmentedColormap.from_list(
            "worse_better", [COLOURS["vermillion"], "#FFFFFF", COLOURS["blue"]]
        )
        scale = np.abs(coloured[~np.isnan(coloured)]).max(initial=0.0)
        limits = (-scale, scale) if scale > 0 else (-1, 1)
        # Without margins a difference counts when a reader can see it.
        gains, limit = (shown - shown[:, [baseline]], 0.0) if margins is None else (coloured, margins)
        marks = {place: "▲" if gains[place] > 0 else "▼" for place in zip(*np.where(abs(gains) > limit))}
        best = np.where(np.isnan(shown), -np.inf, shown)
        frames = set(zip(*np.where((best == best.max(axis=1, keepdims=True)) & ~np.isnan(shown))))
        name = column_names[baseline].replace("\n", " ")
        note = (
            f"Colour: difference to “{name}” in the same row, from blue (better by {scale:.2g}) through "
            f"white (equal) to red-orange (worse by {scale:.2g}). ▲ better, ▼ worse"
            f"{'' if margins is None else ' by more than chance explains'}. Thick frame: best of the row."
        )
        note = textwrap.fill(note, int(13.5 * width), break_on_hyphens=False)
    figure = new_figure(
        width, height * rows + header + 0.45 + (0.25 if xlabel else 0) + (0.35 if title else 0)
        + (0.18 * (note.count("\n") + 1) + 0.1 if note else 0), alt,
    )
    axes = figure.subplots()
    axes.imshow(np.ma.masked_invalid(coloured), cmap=colours, vmin=limits[0], vmax=limits[1], aspect="auto")
    for row, column in np.ndindex(values.shape):
        place = (row, column)
        if np.isnan(values[place]):
            axes.add_patch(Rectangle(
                (column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor="#BDBDBD", hatch="///",
                linewidth=0, gid="no value",
            ))
            axes.text(column, row, "–", ha="center", va="center", color=INK, fontsize=10.5,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 2})
            continue
        shade = colours((coloured[place] - limits[0]) / (limits[1] - limits[0]))
        ink = text_on("white" if np.isnan(coloured[place]) else shade[:3])
        two_lines = spreads is not None and not np.isnan(spreads[place])
        text = f"{shown[place]:.{digits}f}".replace("-", "−") + (f" {marks[place]}" if place in marks else "")
        axes.text(
            column, row - (0.19 if two_lines else 0), text, ha="center", va="center_baseline", color=ink,
            fontsize=10.5, fontweight="bold" if place in frames else "normal",
        )
        if two_lines:
            axes.text(column, row + 0.22, f"± {spreads[place]:.{digits}f}", ha="center",
                      va="center_baseline", color=ink, fontsize=SMALLEST_TEXT)
        if place in frames:
            axes.add_patch(Rectangle(
                (column - 0.48, row - 0.46), 0.96, 0.92, fill=False, edgecolor=INK, linewidth=2.2,
                gid="best",
            ))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    _rule_cells(axes, row_names, column_names, tilted)
    axes.set_xlabel(xlabel, fontweight="bold")  # not to be taken for the name of a column
    axes.set_ylabel(ylabel, fontweight="bold")
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    if note:
        figure.supxlabel(note, x=0.01, ha="left", fontsize=SMALLEST_TEXT, color=QUIET_INK)
    return finished(figure)


def _rule_cells(axes, row_names: list[str], column_names: list[str], tilted: bool) -> None:
    """Name the rows and columns of a matrix and draw thin lines between its cells."""
    axes.set_xticks(range(len(column_names)), column_names)
    axes.set_yticks(range(len(row_names)), row_names)
    if tilted:
        top = axes.xaxis.get_ticks_position() == "top"
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="left" if top else "right", rotation_mode="anchor")
    axes.set_xticks(np.arange(len(column_names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(row_names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#C8C8C8", linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _checked_runs(histories, metrics: Sequence[str]) -> dict[str, Mapping]:
    """The runs by name, each a mapping of metric to values, all with the metrics and an epoch or more."""
    plain = getattr(histories, "history", histories)
    if not isinstance(plain, Mapping) or not plain:
        raise DataError("There is no training run to draw.", "hand in what model.fit(...) returned.")
    runs = {str(name): getattr(run, "history", run) for name, run in plain.items()}
    if not any(isinstance(run, Mapping) for run in runs.values()):
        runs = {"": plain}
    check_number_of_series(runs, "runs")
    for name, run in runs.items():
        of = f" of {name!r}" if name else ""
        for metric in metrics:
            if not isinstance(run, Mapping) or metric not in run:
                known = ", ".join(run) if isinstance(run, Mapping) and run else "nothing"
                raise DataError(
                    f"The training run{of} has no {metric!r}; it recorded {known}.",
                    "choose other metrics=..., or give metrics=[\"accuracy\"] to model.compile.",
                )
            if len(run[metric]) == 0:
                raise DataError(f"The training run{of} has no epoch.", "train for at least one epoch.")
    return runs


def _checked_band(scores, name: str, size: int) -> tuple:
    """A series as its values, and the lower and upper ends of its intervals or None, each of shape (k,)."""
    scores = list(scores)
    if not any(hasattr(score, "low") or np.ndim(score) for score in scores):
        return checked_numbers(scores, f"The series {name!r}", size=size, gaps=True), None, None
    rows = [(np.nan,) * 3 if _is_gap(score) else triple(score, name) for score in scores]
    return tuple(
        checked_numbers(column, f"The series {name!r}", size=size, gaps=True) for column in zip(*rows)
    )


def _is_gap(score) -> bool:
    numbers = np.asarray(getattr(score, "value", score))
    return score is None or (numbers.dtype.kind == "f" and bool(np.isnan(numbers).all()))


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high: 1, 2, 5, 10, … over a few powers of ten, else 1, 10, 100, …; evenly within one."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ([1, 2, 5], [1]):
        ticks = [step * power for power in powers for step in steps if low <= step * power <= high]
        if len(ticks) <= 8:
            break
    return ticks if len(ticks) > 1 else [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]


def name_events(
    figure: Figure, axes, places: Mapping[str, np.ndarray], dashes: Sequence = EVENT_DASHES, colour: str = INK,
) -> int:
    """Write each event's name above the axes like a flag on the first of its lines; return the rows used.

    A name that would run into the next line's flag stands a row higher: no flag crosses another's pole.
    """
    figure.draw_without_rendering()
    free = []  # (pixel where a flag starts, its row), from right to left
    for dash, (name, place) in sorted(zip(dashes, places.items()), key=lambda item: -item[1][1][0]):
        flag = axes.annotate(
            name, (place[0], 1), (3, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="bottom", ha="left", fontsize=SMALLEST_TEXT, annotation_clip=False,
        )
        box = flag.get_window_extent()
        row = max((1 + taken for start, taken in free if start < box.x1 + 6), default=0)
        free.append((box.x0, row))
        flag.set_position((3, 3 + EVENT_ROW * row))
        axes.annotate(
            "", (place[0], 1), (0, EVENT_ROW * (row + 1)), xycoords=("data", "axes fraction"),
            textcoords="offset points", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1.1, "linestyle": dash,
                        "shrinkA": 0, "shrinkB": 0},
        )
    return 1 + max(row for _, row in free)


def _checked_table(values, row_names: Sequence[str], column_names: Sequence[str], **beside) -> tuple:
    """Values and what is given beside them, by name, as decimals of shape (rows, columns); None stays None."""
    try:
        values = np.array(values, dtype=float)
        beside = {name: None if table is None else np.array(table, dtype=float) for name, table in beside.items()}
    except (TypeError, ValueError):
        raise DataError(
            "The table cannot be read as numbers.", "give rows of equal length, and NaN where nothing is."
        ) from None
    if values.shape != (len(row_names), len(column_names)) or values.size == 0:
        raise DataError(
            f"The values have the shape {values.shape}, but there are {len(row_names)} names of rows and "
            f"{len(column_names)} of columns.",
            "give one name for each row and each column.",
        )
    if len(row_names) > 30 or len(column_names) > 8:
        raise DataError(
            f"A table of {len(row_names)} rows and {len(column_names)} columns cannot be read.",
            "draw at most 30 rows and 8 columns; exchange them with values.T.",
        )
    if np.isinf(values).any() or np.isnan(values).all():
        raise DataError("The table has no finite number where one is needed.", "put NaN where nothing is.")
    for name, table in beside.items():
        if table is not None and table.shape != values.shape:
            raise DataError(
                f"The {name} have the shape {table.shape}, the values {values.shape}.",
                f"give one of the {name} for each value.",
            )
        if table is not None and (np.isinf(table).any() or np.any(table < 0)):
            raise DataError(
                f"One of the {name} is negative or infinite.", "give standard deviations, or half intervals."
            )
    return values, *beside.values()
