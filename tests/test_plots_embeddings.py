"""Pictures of features: every point is there, each class has its own mark, and the legend names them."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course_utils import plots
from course_utils.errors import DataError
from course_utils.plots import _canvas, _points

ALT = "Points of three classes that a test has made up."
NAMES = ["ray", "shark", "turtle"]
POINTS = np.random.default_rng(0).normal(size=(60, 2))
LABELS = np.arange(60) % 3


def marks(axes):
    """The collection of all points of the axes, in the drawn order."""
    return next(part for part in axes.collections if part.get_gid() == "points")


def test_each_panel_shows_all_its_points_at_one_scale_and_no_numbers():
    panels = {"PCA": POINTS, "t-SNE": 3 * POINTS * [1, .3] + 1}
    figure = plots.embedding(panels, LABELS, NAMES, alt=ALT)
    assert figure.alt_text == ALT and [axes.get_title(loc="left") for axes in figure.axes] == list(panels)
    for axes, points in zip(figure.axes, panels.values()):
        drawn = np.asarray(marks(axes).get_offsets())
        np.testing.assert_allclose(drawn[np.lexsort(drawn.T)], points[np.lexsort(points.T)])
        assert not len(axes.get_xticks()) and not len(axes.get_yticks()) and axes.get_aspect() == 1


def test_each_class_has_its_own_colour_and_mark():
    axes = plots.embedding({"PCA": POINTS}, LABELS, NAMES, alt=ALT).axes[0]
    of_class = {}
    for point, colour, path in zip(marks(axes).get_offsets(), marks(axes).get_facecolor(), marks(axes).get_paths()):
        label = LABELS[np.flatnonzero((POINTS == point).all(1))[0]]
        of_class.setdefault(label, set()).add((tuple(colour[:3]), path.vertices.tobytes()))
    assert [len(looks) for looks in of_class.values()] == [1, 1, 1]
    colours, shapes = zip(*(look for looks in of_class.values() for look in looks))
    assert len(set(colours)) == len(set(shapes)) == 3


def test_panels_may_have_their_own_points_and_labels():
    panels, labels = {"source": POINTS, "target": POINTS[:20]}, {"source": LABELS, "target": LABELS[:20]}
    figure = plots.embedding(panels, labels, NAMES, highlight={"source": LABELS == 0, "target": LABELS[:20] == 1}, alt=ALT)
    assert [len(marks(axes).get_offsets()) for axes in figure.axes] == [60, 20]
    with pytest.raises(DataError, match="no labels for the panel 'target'"):
        plots.embedding(panels, {"source": LABELS}, NAMES, alt=ALT)


def test_a_long_legend_takes_more_rows_and_stays_on_the_page():
    labels = np.arange(60) % 10
    figure = plots.embedding({str(k): POINTS for k in range(3)}, labels, [f"a species with a long name, {k}" for k in range(10)],
                             highlight=labels == 1, alt=ALT)
    box = figure.legends[0].get_window_extent()
    assert 0 <= box.x0 and box.x1 <= figure.bbox.x1 and 0 <= box.y0 and box.y1 <= min(axes.bbox.y0 for axes in figure.axes)


def test_marks_can_be_told_apart_and_seen():
    colours, markers = zip(*_points.CLASSES)
    assert len(set(markers)) == len({to_rgb(colour) for colour in colours}) == len(_points.CLASSES)
    assert all(_canvas.contrast(colour, "white") >= 2.9 for colour in colours)


def test_the_legend_names_classes_in_their_order_and_the_rings():
    wrong = LABELS == 1
    figure = plots.embedding({"PCA": POINTS}, LABELS, NAMES, highlight=wrong, highlight_name="taken for a ray", alt=ALT)
    legend, = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*NAMES, "ringed: taken for a ray"]
    rings, = (part for part in figure.axes[0].collections if part.get_gid() == "ring")
    np.testing.assert_allclose(rings.get_offsets(), POINTS[wrong])


def test_no_class_lies_on_top_of_all_others():
    figure = plots.embedding({"PCA": np.zeros((60, 2))}, LABELS, NAMES, alt=ALT)
    colours = [tuple(colour) for colour in marks(figure.axes[0]).get_facecolor()]
    changes = sum(one != other for one, other in zip(colours, colours[1:]))
    assert changes > 10


@pytest.mark.parametrize(("arguments", "message"), [
    (({}, LABELS, NAMES), "0 panels"), ((POINTS, LABELS, NAMES), "Panels without names"),
    (({str(k): POINTS for k in range(4)}, LABELS, NAMES), "4 panels"),
    (({"a": POINTS}, LABELS, [str(k) for k in range(11)]), "cannot be told apart"),
    (({"a": POINTS}, LABELS, ["ray", "ray", "shark"]), "the same name"),
    (({"a": POINTS}, LABELS + 1, NAMES), "label 3"), (({"a": POINTS}, LABELS / 2, NAMES), "label 0.5"),
    (({"a": POINTS}, LABELS[:5], NAMES), "5 values"), (({"a": POINTS.T}, LABELS, NAMES), "shape"),
    (({"a": POINTS * np.nan}, LABELS, NAMES), "no numbers"), (({"a": [["x", "y"]]}, LABELS, NAMES), "shape"),
])
def test_bad_input_gives_one_clear_error(arguments, message):
    with pytest.raises(DataError, match=message) as error:
        plots.embedding(*arguments, alt=ALT)
    assert error.value.hint


@pytest.mark.parametrize("highlight", [np.arange(60), [3, 5], LABELS[:5] == 0])
def test_a_highlight_is_true_or_false_for_each_point(highlight):
    with pytest.raises(DataError, match="True or False for each"):
        plots.embedding({"a": POINTS}, LABELS, NAMES, highlight=highlight, alt=ALT)
