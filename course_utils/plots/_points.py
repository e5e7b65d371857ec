"""Points in the plane, a colour and a marker for each class: what the figures of embeddings and of words share."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from course_utils.errors import DataError
from course_utils.plots._canvas import SERIES

__all__ = ["CLASSES", "checked_class_names", "checked_points", "legend_below", "legend_mark", "scatter"]

# Each class has a colour and a marker of its own. The second five are as dark as marks on white have to be
# (3:1); two colours that are near each other never have similar markers.
CLASSES = [(colour, marker) for colour, marker, _ in SERIES] + [
    ("#AD7800", "P"), ("#7A7A7A", "*"), ("#6A3D9A", "X"), ("#2E8FCC", "p"), ("#8A8200", "<"),
]
# A star or a cross of the same size covers less paper than a disc: drawn larger, all look equally large.
AREA_FACTORS = {"*": 1.9, "P": 1.25, "X": 1.25, "^": 1.1, "v": 1.1, "<": 1.1, "s": 0.85, "D": 0.75}


def legend_mark(name: str, number: int) -> Line2D:
    """Return the mark of a class for the legend."""
    colour, marker = CLASSES[number]
    return Line2D([], [], linestyle="none", marker=marker, color=colour, label=name, markeredgewidth=0,
                  markersize=7.5 * AREA_FACTORS.get(marker, 1) ** 0.5)


def legend_below(figure: Figure, handles: list[Line2D]) -> None:
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


def scatter(axes, places: np.ndarray, labels: np.ndarray, area: float) -> None:
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


def checked_class_names(class_names: Sequence[str]) -> list[str]:
    names = [class_names] if isinstance(class_names, str) else [str(name) for name in class_names]
    if not 1 <= len(names) <= len(CLASSES):
        raise DataError(
            f"{len(names)} classes cannot be told apart in one figure." if names else "There are no class names.",
            f"draw 1 to {len(CLASSES)} classes; leave the others out.",
        )
    if len(set(names)) < len(names):
        raise DataError("Two classes have the same name.", "give each position in class_names a name of its own.")
    return names


def checked_points(places, name: str) -> np.ndarray:
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
