"""Figures of lesson 00: a table of decisions with the reader's own case, and scores before and after a transfer."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, STYLE, WIDTH, check_same_length, checked_numbers, finished, new_figure, readable, wrapped,
)

__all__ = ["before_after", "decision_grid"]


@matplotlib.rc_context(STYLE)
def decision_grid(
    advice: Mapping[tuple[str, str], str], *, alt: str, here: tuple[str, str] | None = None, xlabel: str = "",
    ylabel: str = "", title: str = "",
) -> Figure:
    """Draw a table of advice, and frame the cell of the reader's case. Introduced in lesson 00.

    Parameters
    ----------
    advice : dict of (row, column) to str
        The text of each cell, all rows with the same columns; the first row stands on top.
    alt : str
        What the figure shows, in a sentence.
    here : tuple (row, column), optional
        The cell to frame.
    xlabel, ylabel, title : str
        Names of the columns' and the rows' meaning, and text above.

    Raises
    ------
    DataError
        If a cell is missing, or `here` is none of them.
    """
    rows, columns = (list(dict.fromkeys(str(key[place]) for key in advice)) for place in (0, 1))
    if not advice or len(advice) != len(rows) * len(columns):
        raise DataError(f"{len(advice)} cells do not fill {len(rows)} rows and {len(columns)} columns.", "give each cell once.")
    if here is not None and here not in advice:
        raise DataError(f"The table has no cell {here!r}.", f"use a row of {', '.join(rows)} and a column of {', '.join(columns)}.")
    figure = new_figure(WIDTH, 0.9 + 1.05 * len(rows), alt)
    axes = figure.subplots()
    letters = int(11.3 * (WIDTH - 1.4) / len(columns)) - 2
    for (row, column), text in advice.items():
        x, y = columns.index(column), rows.index(row)
        chosen = (row, column) == here
        axes.add_patch(Rectangle((x + 0.02, y + 0.04), 0.96, 0.92, facecolor="#E3EFF7" if chosen else "#F5F5F5",
                                 edgecolor=COLOURS["vermillion"] if chosen else "#BBBBBB", linewidth=3 if chosen else 0.8))
        axes.text(x + 0.5, y + (0.58 if chosen else 0.5), textwrap.fill(text, letters), ha="center", va="center",
                  fontweight="bold" if chosen else "normal")
        if chosen:
            axes.text(x + 0.5, y + 0.17, "▼ your case", ha="center", va="center", color=readable(COLOURS["vermillion"]))
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0), xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if title:
        axes.set_title(title)
    return finished(figure)


@matplotlib.rc_context(STYLE)
def before_after(
    scores: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, alt: str, ylabel: str, title: str = "",
    names: tuple[str, str] = ("before", "after"),
) -> Figure:
    """Draw paired scores, one thin line for each seed and one thick line for their mean. Introduced in lesson 00.

    Parameters
    ----------
    scores : dict of str to (before, after)
        Two sequences of the same length, seed by seed; at most six names.
    alt : str
        What the figure shows, in a sentence.
    ylabel, title : str
        Name of the score, and text above.
    names : tuple of str
        What the two columns are called.

    Raises
    ------
    DataError
        If there are no scores, more than six names, or pairs of different lengths.
    """
    if not 1 <= len(scores) <= 6:
        raise DataError(f"{len(scores)} comparisons do not fit in one figure.", "give one to six.")
    figure = new_figure(WIDTH, 3.4, alt)
    for axes, (name, (before, after)) in zip(figure.subplots(1, len(scores), sharey=True, squeeze=False)[0], scores.items()):
        check_same_length(before, "scores before", after=after)
        pair = np.array([checked_numbers(values, f"The scores of {name!r}") for values in (before, after)])
        axes.plot([0, 1], pair, color=QUIET_INK, linewidth=0.7, alpha=0.4)
        axes.plot([0, 1], pair.mean(axis=1), color=COLOURS["blue"], marker="o", linewidth=3, zorder=3)
        for place, value in enumerate(pair.mean(axis=1)):
            axes.annotate(f"{value:.2f}", (place, value), (0, 9), textcoords="offset points", ha="center", color=INK, fontweight="bold",
                          bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5}, zorder=4)
        axes.set_xticks([0, 1], names)
        axes.set_xlim(-0.35, 1.35)
        axes.set_title(wrapped(str(name), len(scores)), fontsize=10.5)
        axes.grid(axis="y")
    figure.axes[0].set_ylabel(ylabel)
    if title:
        figure.suptitle(title)
    return finished(figure)
