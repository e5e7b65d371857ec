"""Figures of features in the plane: where PCA, t-SNE and their like put the examples of each class (lessons 03 and 06)."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_utils.errors import DataError
from course_utils.plots._canvas import INK, STYLE, WIDTH, checked_numbers, finished, new_figure
from course_utils.plots._points import checked_class_names, checked_points, legend_below, legend_mark, scatter

__all__ = ["embedding"]

MOST_PANELS = 3


@matplotlib.rc_context(STYLE)
def embedding(
    panels: Mapping[str, Sequence], labels, class_names: Sequence[str], *, highlight=None,
    highlight_name: str = "wrong", alt: str, title: str = "",
) -> Figure:
    """Draw examples as points in the plane, a colour and a marker for each class. Introduced in lesson 03.

    The axes have no numbers: the units of t-SNE mean nothing, and those of PCA little. Both axes of a panel have
    the same scale, so that a distance to the right is as long as the same distance upwards; two panels have not.

    Parameters
    ----------
    panels : dict of str to array, shape (n, 2)
        For each panel the places of the examples, such as ``{"PCA": ..., "t-SNE": ...}``. One to three.
    labels : sequence of int, shape (n,), or dict of panel name to such
        The class of each example, as its position in ``class_names``.
    class_names : sequence of str
        At most ten. A class keeps its colour and marker from figure to figure, and is named if it has examples.
    highlight : sequence of bool, shape (n,), or dict of panel name to such, optional
        Examples that get a ring, for instance ``predicted != true``.
    highlight_name : str
        What the ringed examples are, for the legend.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there are no panels or too many, shapes do not fit together, a label has no name, or a highlight is not
        True or False.
    """
    if not isinstance(panels, Mapping) or not 1 <= len(panels) <= MOST_PANELS:
        count = f"{len(panels)} panels" if isinstance(panels, Mapping) else "Panels without names"
        raise DataError(f"{count} cannot be drawn side by side.", 'give one to three: {"PCA": points}.')
    class_names = checked_class_names(class_names)
    points = {name: checked_points(places, name) for name, places in panels.items()}
    labels = {name: _checked_labels(row, name, len(points[name]), class_names)
              for name, row in _for_each_panel(labels, points, "labels").items()}
    rings = {} if highlight is None else {
        name: _checked_rings(row, name, len(points[name]))
        for name, row in _for_each_panel(highlight, points, "highlight").items()
    }
    width = WIDTH if len(panels) > 1 else 0.7 * WIDTH
    side = width / len(panels)
    figure = new_figure(width, side, alt)
    figure.get_layout_engine().set(w_pad=0.07)
    for axes, (name, places) in zip(figure.subplots(1, len(panels), squeeze=False)[0], points.items()):
        # Square points: small marks where there are many. A ring stands 2.5 points away from its mark.
        area = np.clip(1500 * side ** 2 / len(places), 14, 45)
        scatter(axes, places, labels[name], area)
        if rings:
            axes.scatter(*places[rings[name]].T, s=(area ** 0.5 + 5) ** 2, facecolor="none", edgecolor=INK,
                         linewidth=1.3, zorder=3, gid="ring")
        low, high = places.min(axis=0), places.max(axis=0)
        half = 0.54 * (high - low).max() or 1.0  # half a side of the square that holds all, and a small margin
        middle = (low + high) / 2
        axes.set(xticks=[], yticks=[], xlim=(middle[0] - half, middle[0] + half),
                 ylim=(middle[1] - half, middle[1] + half), aspect="equal")
        axes.spines[:].set(visible=True, color="#BDBDBD")
        axes.set_title(textwrap.fill(str(name), int(9.4 * side)))  # so many bold letters of 12 points fit
    present = sorted({label for row in labels.values() for label in row.tolist()})
    handles = [legend_mark(class_names[label], label) for label in present]
    if rings:
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=11, markerfacecolor="none",
                              markeredgecolor=INK, markeredgewidth=1.3, label=f"ringed: {highlight_name}"))
    if title:
        figure.suptitle(textwrap.fill(title, int(9 * width)), x=0.01, ha="left")
    legend_below(figure, handles)
    figure.draw_without_rendering()  # the layout tells what room the texts leave
    room = figure.axes[0].get_position(original=True)
    # As high as makes the room of each panel a square: not a stripe of paper stays unused.
    figure.set_figheight(figure.get_figheight() * (1 - room.height) + width * room.width)
    return finished(figure)


def _for_each_panel(given, panels: Mapping, what: str) -> dict:
    """What was given for each panel: the same for all, or what a mapping holds for each."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(panels, given)
    missing = [name for name in panels if name not in given]
    if missing:
        raise DataError(
            f"There is no {what} for the panel {missing[0]!r}.", f"give {what} for each panel, or one for all."
        )
    return {name: given[name] for name in panels}


def _checked_labels(labels, name: str, size: int, class_names: list[str]) -> np.ndarray:
    numbers = checked_numbers(labels, f"The labels of the panel {name!r}", size=size)
    if np.any(numbers != np.round(numbers)) or numbers.min() < 0 or numbers.max() >= len(class_names):
        wrong = next(number for number in numbers if number not in range(len(class_names)))
        raise DataError(
            f"The label {wrong:g} of the panel {name!r} has no name; there are {len(class_names)} class names.",
            f"give positions in class_names: 0 to {len(class_names) - 1}.",
        )
    return numbers.astype(int)


def _checked_rings(highlight, name: str, size: int) -> np.ndarray:
    rings = np.asarray(highlight)
    if rings.dtype != bool or rings.shape != (size,):
        raise DataError(
            f"The highlight of the panel {name!r} holds {rings.dtype} of shape {rings.shape}; True or False for each "
            f"of {size} points is needed.",
            "give a comparison, such as predicted != true.",
        )
    return rings
