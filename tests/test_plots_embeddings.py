"""Pictures of features: every point is there, each class has its own mark, and the legend names them."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course_utils import plots
from course_utils.errors import DataError
from course_utils.plots import _canvas, embeddings

ALT = "Points of three classes that a test has made up."
NAMES = ["ray", "shark", "turtle"]
POINTS = np.random.default_rng(0).normal(size=(60, 2))
LABELS = np.arange(60) % 3


def drawn(axes):
    """All points of the axes, sorted, without the rings."""
    offsets = [part.get_offsets() for part in axes.collections if len(part.get_facecolor())]
    points = np.concatenate(offsets)
    return points[np.lexsort(points.T)]


def test_each_panel_shows_all_its_points_and_no_numbers():
    panels = {"PCA": POINTS, "t-SNE": 3 * POINTS + 1}
    figure = plots.embedding(panels, LABELS, NAMES, alt=ALT)
    assert figure.alt_text == ALT and [axes.get_title(loc="left") for axes in figure.axes] == list(panels)
    for axes, points in zip(figure.axes, panels.values()):
        np.testing.assert_allclose(drawn(axes), points[np.lexsort(points.T)])
        assert not len(axes.get_xticks()) and not len(axes.get_yticks())


def test_each_class_has_its_own_colour_and_mark():
    figure = plots.embedding({"PCA": POINTS}, LABELS, NAMES, alt=ALT)
    of_class = {}
    for part in figure.axes[0].collections:
        for point in part.get_offsets():
            label = LABELS[np.flatnonzero((POINTS == point).all(1))[0]]
            look = tuple(part.get_facecolor()[0][:3]), part.get_paths()[0].vertices.tobytes()
            of_class.setdefault(label, set()).add(look)
    assert [len(looks) for looks in of_class.values()] == [1, 1, 1]
    colours, marks = zip(*(look for looks in of_class.values() for look in looks))
    assert len(set(colours)) == len(set(marks)) == 3


def test_marks_can_be_told_apart_and_seen():
    markers, colours = zip(*embeddings.MARKS)
    assert len(set(markers)) == len({to_rgb(colour) for colour in colours}) == len(embeddings.MARKS)
    assert all(_canvas.contrast(colour, "white") >= 2.9 for colour in colours)


def test_the_legend_names_classes_in_their_order_and_the_rings():
    wrong = LABELS == 1
    figure = plots.embedding({"PCA": POINTS}, LABELS, NAMES, highlight=wrong, highlight_name="taken for a ray", alt=ALT)
    legend, = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*NAMES, "taken for a ray"]
    rings, = (part for part in figure.axes[0].collections if not len(part.get_facecolor()) and len(part.get_offsets()))
    np.testing.assert_allclose(rings.get_offsets(), POINTS[wrong])


def test_no_class_lies_on_top_of_all_others():
    figure = plots.embedding({"PCA": np.zeros((60, 2))}, LABELS, NAMES, alt=ALT)
    colours = [tuple(part.get_facecolor()[0]) for part in figure.axes[0].collections if len(part.get_facecolor())]
    changes = sum(one != other for one, other in zip(colours, colours[1:]))
    assert changes > 10


@pytest.mark.parametrize(("arguments", "message"), [
    (({}, LABELS, NAMES), "one to three panels"), ((POINTS, LABELS, NAMES), "one to three panels"),
    (({str(k): POINTS for k in range(4)}, LABELS, NAMES), "one to three panels"),
    (({"a": POINTS}, LABELS, [str(k) for k in range(11)]), "cannot be told apart"),
    (({"a": POINTS}, LABELS + 1, NAMES), "no positions"), (({"a": POINTS}, LABELS / 2, NAMES), "no positions"),
    (({"a": POINTS}, LABELS[:5], NAMES), "5 labels"), (({"a": POINTS.T}, LABELS, NAMES), "shape"),
    (({"a": POINTS * np.nan}, LABELS, NAMES), "no finite number"), (({"a": [["x", "y"]]}, LABELS, NAMES), "no numbers"),
])
def test_bad_input_gives_one_clear_error(arguments, message):
    with pytest.raises(DataError, match=message) as error:
        plots.embedding(*arguments, alt=ALT)
    assert error.value.hint
