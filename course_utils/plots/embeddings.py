"""Many points in two dimensions: pictures of features, each class with a mark of its own (lessons 03 and 06)."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, STYLE, WIDTH, check_same_length, finished, new_figure, readable,
)

__all__ = ["embedding"]

# A mark and a colour for each class; every colour has at least 3:1 on white.
MARKS = [
    ("o", COLOURS["blue"]), ("^", COLOURS["vermillion"]), ("s", "#007A5A"), ("D", "#B4518F"), ("P", INK),
    ("v", "#8A5A00"), ("X", "#2A7FB8"), ("<", "#7A3D00"), (">", "#5B5BB0"), ("p", QUIET_INK),
]
MOST_PANELS = 3


@matplotlib.rc_context(STYLE)
def embedding(
    panels: Mapping[str, np.ndarray], labels: Sequence[int], class_names: Sequence[str], *, alt: str,
    highlight: Sequence[bool] | None = None, highlight_name: str = "wrong", title: str = "",
) -> Figure:
    """Draw points in the plane, such as features after PCA or t-SNE, coloured and marked by class.

    Introduced in lesson 03. The axes carry no numbers: those of t-SNE mean nothing, and those of PCA little.

    Parameters
    ----------
    panels : dict of str to array, shape (n, 2)
        One picture for each name, at most three, all of the same n points.
    labels : sequence of int, shape (n,)
        Classes of the points, positions in `class_names`.
    class_names : sequence of str
        At most ten.
    alt : str
        What the figure shows, in a sentence.
    highlight : sequence of bool, shape (n,), optional
        Points to ring, for instance those that a classifier gets wrong.
    highlight_name : str
        What the ring means, for the legend.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If there are too many panels or classes, the shapes do not fit together, or a label has no name.
    """
    if not isinstance(panels, Mapping) or not 1 <= len(panels) <= MOST_PANELS:
        count = len(panels) if isinstance(panels, Mapping) else "no dict and so no"
        raise DataError(f"An embedding has one to three panels, and this one has {count}.", 'begin with {"PCA": points}.')
    if not 1 <= len(class_names) <= len(MARKS):
        raise DataError(f"{len(class_names)} classes cannot be told apart by their marks.",
                        f"draw one to {len(MARKS)} classes.")
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not all(0 <= label < len(class_names) for label in labels):
        raise DataError(f"The labels are no positions in the {len(class_names)} class names.",
                        "give whole numbers from 0, one for each point.")
    clouds = {str(name): _checked_points(points, str(name)) for name, points in panels.items()}
    for name, points in clouds.items():
        check_same_length(points, f"points of {name!r}", labels=labels, highlight=highlight)
    rings = np.zeros(len(labels), bool) if highlight is None else np.asarray(highlight, bool)

    side = WIDTH / max(2, len(clouds))
    figure = new_figure(side * len(clouds), side + 0.75, alt)
    area = float(np.clip(10_000 / max(len(labels), 1), 10, 40)) * (2 / max(2, len(clouds)))
    # In a drawn order by chance no class lies on top of the others.
    order = np.random.default_rng(0).permutation(len(labels))
    for axes, (name, points) in zip(np.ravel(figure.subplots(1, len(clouds))), clouds.items()):
        axes.set_title(name)
        axes.set(xticks=[], yticks=[])
        axes.margins(0.04)
        axes.spines[["top", "right"]].set_visible(True)
        for spine in axes.spines.values():
            spine.set_color("#BBBBBB")
        for part in np.array_split(order, 12):
            for label in np.unique(labels[part]):
                marker, colour = MARKS[label]
                chosen = part[labels[part] == label]
                axes.scatter(*points[chosen].T, s=area, marker=marker, color=colour, alpha=0.75, linewidth=0)
        axes.scatter(*points[rings].T, s=4 * area, marker="o", facecolor="none", edgecolor=INK, linewidth=1.1)
    handles = [_handle(*MARKS[label], str(name)) for label, name in enumerate(class_names)]
    if highlight is not None:
        handles.append(_handle("o", INK, highlight_name, hollow=True))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 3 * len(clouds)),
                  handletextpad=0.2, columnspacing=1.4)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


def _handle(marker: str, colour, name: str, hollow: bool = False):
    """Return the entry of the legend for one mark."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker=marker, markersize=9 if hollow else 7.5, label=name,
                  markerfacecolor="none" if hollow else readable(colour), markeredgecolor=colour if hollow else "none")


def _checked_points(points, name: str) -> np.ndarray:
    """Return points as decimals of shape (n, 2), all finite."""
    try:
        points = np.asarray(points, float)
    except (TypeError, ValueError):
        raise DataError(f"The points of {name!r} are no numbers.", "give an array of shape (n, 2).") from None
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise DataError(f"The points of {name!r} have the shape {points.shape}.",
                        "give an array of shape (n, 2): the first two columns of PCA, or the output of t-SNE.")
    if not np.isfinite(points).all():
        raise DataError(f"A point of {name!r} is no finite number.", "look for a division by 0 before.")
    return points
