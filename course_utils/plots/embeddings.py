"""Figures of features in the plane: where PCA, t-SNE and their like put the examples of each class (lessons 03 and 06)."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from course_utils.errors import DataError
from course_utils.plots._canvas import INK, SERIES, STYLE, WIDTH, checked_numbers, finished, new_figure

__all__ = ["embedding"]

# Each class has a colour and a marker of its own. The second five are as dark as marks on white have to be
# (3:1); two colours that are near each other never have similar markers.
CLASSES = [(colour, marker) for colour, marker, _ in SERIES] + [
    ("#AD7800", "P"), ("#7A7A7A", "*"), ("#6A3D9A", "X"), ("#2E8FCC", "p"), ("#8A8200", "<"),
]
# A star or a cross of the same size covers less paper than a disc: drawn larger, all look equally large.
AREA_FACTORS = {"*": 1.9, "P": 1.25, "X": 1.25, "^": 1.1, "v": 1.1, "<": 1.1, "s": 0.85, "D": 0.75}
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
    class_names = _checked_names(class_names)
    points = {name: _checked_points(places, name) for name, places in panels.items()}
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
        _scatter(axes, places, labels[name], area)
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
    handles = [
        Line2D([], [], linestyle="none", marker=CLASSES[label][1], color=CLASSES[label][0], label=class_names[label],
               markersize=7.5 * AREA_FACTORS.get(CLASSES[label][1], 1) ** 0.5, markeredgewidth=0)
        for label in present
    ]
    if rings:
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=11, markerfacecolor="none",
                              markeredgecolor=INK, markeredgewidth=1.3, label=f"ringed: {highlight_name}"))
    if title:
        figure.suptitle(textwrap.fill(title, int(9 * width)), x=0.01, ha="left")
    _legend_below(figure, handles)
    figure.draw_without_rendering()  # the layout tells what room the texts leave
    room = figure.axes[0].get_position(original=True)
    # As high as makes the room of each panel a square: not a stripe of paper stays unused.
    figure.set_figheight(figure.get_figheight() * (1 - room.height) + width * room.width)
    return finished(figure)


def _legend_below(figure: Figure, handles: list[Line2D]) -> None:
    """Name the handles below the axes, in as few rows as fit, and make the figure higher by these rows."""
    for columns in range(len(handles), 0, -1):
        rows = -(-len(handles) // columns)
        columns = -(-len(handles) // rows)  # as few as need no more rows, so that no row is nearly empty
        legend = figure.legend(
            handles=handles, loc="outside lower center", ncols=columns, handlelength=1.2, handletextpad=0.5,
            columnspacing=1.6, borderpad=0.1, borderaxespad=0.3,
        )
        box = legend.get_window_extent()
        if box.width < figure.bbox.width or columns == 1:
            break
        legend.remove()
    figure.set_figheight(figure.get_figheight() + box.height / figure.dpi)


def _scatter(axes, places: np.ndarray, labels: np.ndarray, area: float) -> None:
    """Draw the points in a mixed order: class after class, the last would hide the others where they overlap."""
    order = np.random.default_rng(0).permutation(len(places))
    kinds = [CLASSES[label] for label in labels[order]]
    factors = np.array([AREA_FACTORS.get(marker, 1) for _, marker in kinds])
    marks = axes.scatter(
        *places[order].T, s=area * factors, facecolor=[colour for colour, _ in kinds],
        edgecolor="white", linewidth=0.4, zorder=2, gid="points",
    )
    shapes = {marker: MarkerStyle(marker) for _, marker in CLASSES}
    shapes = {marker: shape.get_path().transformed(shape.get_transform()) for marker, shape in shapes.items()}
    marks.set_paths([shapes[marker] for _, marker in kinds])  # one collection, but a marker for each point


def _checked_names(class_names: Sequence[str]) -> list[str]:
    names = [class_names] if isinstance(class_names, str) else [str(name) for name in class_names]
    if not 1 <= len(names) <= len(CLASSES):
        raise DataError(
            f"{len(names)} classes cannot be told apart in one figure." if names else "There are no class names.",
            f"draw 1 to {len(CLASSES)} classes; leave the others out.",
        )
    if len(set(names)) < len(names):
        raise DataError("Two classes have the same name.", "give each position in class_names a name of its own.")
    return names


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


def _checked_points(places, name: str) -> np.ndarray:
    try:
        points = np.asarray(places, dtype=float)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise DataError(
            f"The points of the panel {name!r} have the shape {points.shape}; (n, 2) is needed.",
            "reduce the features to two numbers: PCA(2).fit_transform(features).",
        )
    if not np.isfinite(points).all():
        raise DataError(f"Some points of the panel {name!r} are no numbers.", "look at the features for NaN.")
    return points


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
