"""The figure of calibration: is a model as often right as it is sure?"""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, SMALLEST_TEXT, STYLE, WIDTH, finished, new_figure,
)

__all__ = ["reliability"]

MOST_PANELS = 3


@matplotlib.rc_context(STYLE)
def reliability(panels: Mapping[str, object], *, alt: str, title: str = "") -> Figure:
    """Draw for each bin of confidence the share of right predictions as a bar. Introduced in lesson 07.

    On the dashed diagonal a model is as often right as it is sure. The mean confidence of a bin is a short thick line;
    the hatched gap between it and the bar is the calibration error of the bin. The number above a bar counts its predictions.

    Parameters
    ----------
    panels : dict of str to object
        At most three, each with ``edges``, shape (bins + 1,), ``counts``, ``confidence`` and ``accuracy``, shape
        (bins,), and ``error``, such as `course_utils.vision.calibration.reliability` returns.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there is no panel, or more than three, or what is given is no such table.
    """
    if not 1 <= len(panels) <= MOST_PANELS:
        raise DataError(f"{len(panels)} panels cannot be drawn.", f"give one to {MOST_PANELS}, each with its name.")
    tables = {str(name): _checked(table, str(name)) for name, table in panels.items()}
    figure = new_figure(WIDTH if len(tables) > 1 else 0.55 * WIDTH, 4.2 if len(tables) < 3 else 3.4, alt)
    row = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axes, (name, table) in zip(row, tables.items()):
        edges, counts, confidence, accuracy, error = table
        filled = counts > 0
        left, width = edges[:-1][filled], np.diff(edges)[filled]
        share, sure = accuracy[filled], confidence[filled]
        axes.bar(left, share, width, align="edge", color=COLOURS["sky"], edgecolor="white", linewidth=1, gid="accuracy")
        axes.bar(left, np.abs(sure - share), width, np.minimum(sure, share), align="edge", facecolor="none", hatch="////",
                 edgecolor=COLOURS["vermillion"], linewidth=0.8, gid="gap")
        axes.hlines(sure, left, left + width, color=COLOURS["vermillion"], linewidth=2.6, gid="confidence")
        axes.plot([0, 1], [0, 1], color=QUIET_INK, linestyle=(0, (4, 3)), linewidth=1)
        for x, y, count in zip(left + width / 2, np.maximum(share, sure), counts[filled]):
            axes.text(x, y + 0.015, f"{count:,}", ha="center", va="bottom", fontsize=SMALLEST_TEXT, color=INK)
        axes.set(xlim=(0, 1), ylim=(0, 1.1), xlabel="confidence", title=f"{name}: error {error:.3f}")
        axes.set_yticks(np.linspace(0, 1, 6))
    row[0].set_ylabel("share that is right")
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


def _checked(table, name: str) -> tuple:
    try:
        edges, counts, confidence, accuracy = (
            np.asarray(getattr(table, key), float) for key in ("edges", "counts", "confidence", "accuracy")
        )
        error = float(table.error)
    except (AttributeError, TypeError, ValueError):
        raise DataError(f"The panel {name!r} holds no table of bins.", "give what calibration.reliability returned.") from None
    if not (edges.ndim == 1 and counts.shape == confidence.shape == accuracy.shape == (edges.size - 1,) and counts.sum() > 0):
        raise DataError(f"The panel {name!r} has {edges.size} ends of bins and counts of shape {counts.shape}, or no prediction.",
                        "give one count, confidence and accuracy for each bin.")
    return edges, counts.astype(int), confidence, accuracy, error
