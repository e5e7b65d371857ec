"""Tests of the figures that lesson 01 introduces: what is drawn, and what is refused."""

import numpy as np
import pytest
from matplotlib.text import Text
from scipy.stats import norm
from test_plots import ALT, LONG_NAMES, _words, _world

from course_utils import metrics, plots
from course_utils.errors import DataError
from course_utils.plots import _canvas

# Curves


def _curves(x, series, **options):
    return plots.curves(x, series, alt=ALT, **{"xlabel": "distance", "ylabel": "error"} | options)


def test_curves_draw_the_values_with_the_names_at_the_ends():
    figure = _curves([0, 1, 2], {"source": [0.1, 0.2, 0.3], "target": [0.3, 0.2, 0.1]})
    (axes,) = figure.axes
    first, second = axes.lines
    np.testing.assert_allclose(first.get_xydata(), [[0, 0.1], [1, 0.2], [2, 0.3]])
    np.testing.assert_allclose(second.get_ydata(), [0.3, 0.2, 0.1])
    assert first.get_marker() != second.get_marker() and first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert {"source", "target"} <= set(_words(figure))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("distance", "error")


@pytest.mark.parametrize("one", [
    (0.8, 0.7, 0.9), metrics.Accuracy(0.8, 0.7, 0.9, 100), np.array([0.8, 0.7, 0.9])
])
def test_triples_are_a_line_with_a_band(one):
    figure = _curves([1, 2], {"head": [one, (0.5, 0.4, 0.55)]})
    (line,), (band, _) = figure.axes[0].lines, figure.axes[0].collections
    np.testing.assert_allclose(line.get_ydata(), [0.8, 0.5])
    corners = band.get_paths()[0].vertices
    for corner in ([1, 0.7], [1, 0.9], [2, 0.4], [2, 0.55]):
        assert np.isclose(corners, corner).all(axis=1).any()


def test_a_series_may_have_gaps_and_a_point_between_two_gaps_has_a_mark():
    values = [0.1, 0.2, None, 0.4, np.nan, 0.6]
    (line,) = _curves(range(6), {"a": values}, markers=False).axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.1, 0.2, np.nan, 0.4, np.nan, 0.6])
    assert line.get_markevery() == [3, 5]
    band = _curves(range(3), {"a": [(1, 0, 2), None, (1, 0, 2)]}).axes[0]
    bars = band.collections[1].get_segments()
    assert [bar.tolist() for bar in bars] == [[[0, 0], [0, 2]], [[2, 0], [2, 2]]]


def test_the_name_of_a_series_that_stops_early_points_to_its_last_value():
    figure = _curves(range(4), {"a": [1, 2, np.nan, np.nan], "b": [0, 0, 0, 0]})
    ends = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert ends == {"a": (1, 2), "b": (3, 0)}


def test_thousands_of_points_are_a_line_without_marks():
    figure = _curves(np.arange(3000), {"rolling": np.linspace(0.9, 0.7, 3000)}, markers=False)
    (line,) = figure.axes[0].lines
    assert line.get_markevery() == [] and line.get_xdata().size == 3000


def test_references_lie_across_and_events_stand_upright_each_named_once():
    figure = _curves(
        np.arange(10), {"a": np.arange(10)}, references={"chance": 0.5},
        events={"drift": 4, "alarm": [7, 5]}, title="Drift",
    )
    (axes,) = figure.axes
    _, across, *upright = axes.lines
    assert list(across.get_ydata()) == [0.5, 0.5]
    assert [line.get_xdata()[0] for line in upright] == [4, 5, 7]
    assert upright[0].get_linestyle() != upright[1].get_linestyle() == upright[2].get_linestyle()
    words = _words(figure)
    assert [words.count(name) for name in ("chance", "drift", "alarm")] == [1, 1, 1]
    assert next(text for text in axes.texts if text.get_text() == "alarm").xy == (5, 1)


def test_names_of_events_overlap_neither_each_other_nor_the_title():
    figure = _curves(
        range(9), {"a": range(9)}, events={name: 3 + 0.2 * at for at, name in enumerate(LONG_NAMES[:4])},
        title="A title that is long enough to reach the events, at least where they stand",
    )
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [Text.get_window_extent(text) for text in axes.texts if text.get_text() in LONG_NAMES]
    (title,) = [text for text in figure.findobj(Text) if text.get_text().startswith("A title")]
    boxes.append(title.get_window_extent())
    boxes.sort(key=lambda box: box.y0)
    assert len(boxes) == 5 and boxes[0].y0 >= axes.bbox.y1
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in zip(boxes, boxes[1:]))


def test_names_of_lines_that_end_together_stay_beside_the_axes():
    figure = _curves([0, 1], {name: [0.5, 1] for name in LONG_NAMES}, references={"top": 1.0, "low": 0.0})
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = sorted((Text.get_window_extent(text) for text in axes.texts), key=lambda box: box.y0)
    assert len(boxes) == 7
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in zip(boxes, boxes[1:]))
    assert boxes[0].y0 > axes.bbox.y0 - 3 and boxes[-1].y1 < axes.bbox.y1 + 3


@pytest.mark.parametrize(("x", "labels"), [
    ([10, 100, 1000], ["10", "20", "50", "100", "200", "500", "1,000"]),
    ([1, 1e6], ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"]),
])
def test_a_logarithmic_axis_has_plain_numbers(x, labels):
    (axes,) = _curves(x, {"a": x}, logarithmic="x").axes
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "distance (logarithmic)"
    low, high = axes.get_xlim()
    assert [label.get_text() for label in axes.get_xticklabels()] == labels
    assert all(low <= tick <= high for tick in axes.get_xticks())


@pytest.mark.parametrize(("x", "series", "options", "words"), [
    ([], {"a": []}, {}, "shape"),
    ("ab", {"a": [1, 2]}, {}, "cannot be read"),
    ([1, 1], {"a": [1, 2]}, {}, "must increase"),
    ([1, np.inf], {"a": [1, 2]}, {}, "no numbers"),
    ([0, 1], {"a": [1, 2]}, {"logarithmic": "x"}, "above 0, and x holds 0"),
    ([1, 2], {"a": [1, 2]}, {"logarithmic": "x", "events": {"e": -1}}, "above 0"),
    ([1, 2], {}, {}, "no series"),
    ([1, 2], {str(number): [1, 2] for number in range(6)}, {}, "6 series"),
    ([1, 2], {"a": [1, 2, 3]}, {}, "'a': 3 values, but 2 are needed"),
    ([1, 2], {"a": [np.nan, None]}, {}, "'a' has no values at all"),
    ([1, 2], {"a": [1, "b"]}, {}, "'a' cannot be read"),
    ([1, 2], {"a": [1, np.inf]}, {}, "'a': some values"),
    ([1, 2], {"a": [(1, 0, 2), (3, 0, 2)]}, {}, "outside its interval"),
    ([1, 2], {"a": [(1, 0, 2), 1]}, {}, "a value with its interval"),
    ([1, 2], {"a": [1, 2]}, {"references": {"r": np.nan}}, "reference 'r'"),
    ([1, 2], {"a": [1, 2]}, {"events": {"e": []}}, "event 'e'"),
    ([1, 2], {"a": [1, 2]}, {"events": {str(number): 1 for number in range(5)}}, "5 kinds"),
])
def test_what_makes_no_curves_is_refused(x, series, options, words):
    with pytest.raises(DataError, match=words):
        _curves(x, series, **options)


# Table of values


def _cells(axes):
    """The texts of each cell, from top to bottom."""
    cells = {}
    for text in sorted(axes.texts, key=lambda text: text.get_position()[1]):
        column, row = text.get_position()
        cells.setdefault((round(row), round(column)), []).append(text.get_text())
    return cells


def _frames(axes):
    return {
        (round(patch.get_y() + 0.46), round(patch.get_x() + 0.48))
        for patch in axes.patches if patch.get_gid() == "best"
    }


VALUES, SPREADS = [[0.5, 0.7, 0.45], [0.9, 0.8, np.nan]], [[0.1, 0.1, 0.1], [0.01, 0.02, 0.3]]


def test_a_table_has_each_value_above_its_spread_and_marks_differences_beyond_their_margin():
    figure = plots.value_matrix(VALUES, ["a", "b"], ["none", "weights", "mean"], alt=ALT, spreads=SPREADS,
                                margins=[[0, 0.15, 0.1], [0, 0.05, np.nan]], baseline=0, xlabel="method", ylabel="world")
    assert "by more than chance explains" in " ".join(figure.get_supxlabel().split())
    (axes,) = figure.axes
    assert _cells(axes) == {
        (0, 0): ["0.50", "± 0.10"], (0, 1): ["0.70 ▲", "± 0.10"], (0, 2): ["0.45", "± 0.10"],
        (1, 0): ["0.90", "± 0.01"], (1, 1): ["0.80 ▼", "± 0.02"], (1, 2): ["–"],
    }
    assert _frames(axes) == {(0, 1), (1, 0)}
    bold = {text.get_text() for text in axes.texts if text.get_fontweight() == "bold"}
    assert bold == {"0.70 ▲", "0.90"}
    (hatched,) = [patch for patch in axes.patches if patch.get_gid() == "no value"]
    assert hatched.get_hatch() and (hatched.get_x(), hatched.get_y()) == (1.5, 0.5)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "weights", "mean"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("method", "world")


def test_the_colours_of_a_table_are_differences_on_a_symmetric_scale_that_is_told():
    figure = plots.value_matrix(VALUES, ["a", "b"], ["none", "weights", "mean"], alt=ALT, baseline=0)
    (picture,) = figure.axes[0].images
    np.testing.assert_allclose(picture.get_array().filled(9), [[0, 0.2, -0.05], [0, -0.1, 9]])
    assert picture.get_clim() == pytest.approx((-0.2, 0.2))
    equal, better, worse = (np.array(picture.cmap(picture.norm(value))[:3]) for value in (0, 0.2, -0.2))
    assert equal.min() > 0.99 and better[2] > better[0] + 0.3 and worse[0] > worse[2] + 0.3
    note = " ".join(figure.get_supxlabel().split())
    assert "“none”" in note and "better by 0.2" in note and "by more than" not in note
    assert figure._supxlabel.get_fontsize() >= 10


def test_without_margins_every_difference_that_is_seen_has_a_mark():
    figure = plots.value_matrix([[0.5, 0.501, 0.52, 0.4]], ["a"], list("wxyz"), alt=ALT, baseline=0)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50", "0.50", "0.52 ▲", "0.40 ▼"]
    assert _frames(figure.axes[0]) == {(0, 2)}


def test_the_best_are_framed_together_when_they_show_the_same_number():
    figure = plots.value_matrix([[0.501, 0.5, 0.4]], ["a"], list("xyz"), alt=ALT, baseline=2)
    assert _frames(figure.axes[0]) == {(0, 0), (0, 1)}


def test_a_table_without_baseline_compares_nothing():
    figure = plots.value_matrix([[0.5, -0.001], [2, 3]], ["a", "b"], ["x", "y"], alt=ALT, digits=1)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["0.5", "0.0", "2.0", "3.0"]
    assert not axes.patches and not figure.get_supxlabel()
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, -0.001], [2, 3]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[[np.nan, 1], [np.nan, np.nan]], [[1, 1], [2, 2]]])
def test_a_table_with_nothing_to_compare_can_be_drawn(values):
    figure = plots.value_matrix(values, ["a", "b"], ["x", "y"], alt=ALT, baseline=0)
    assert not any("▲" in text.get_text() or "▼" in text.get_text() for text in figure.axes[0].texts)
    plots.value_matrix(values, ["a", "b"], ["x", "y"], alt=ALT)


def test_a_difference_is_compared_with_its_margin_before_rounding():
    figure = plots.value_matrix([[0.5, 0.5151]], ["a"], ["x", "y"], alt=ALT, margins=[[0, 0.019]], baseline=0)
    assert "0.52" in _words(figure)
    margin_unknown = [[np.nan, np.nan]]
    figure = plots.value_matrix([[0.5, 0.7]], ["a"], ["x", "y"], alt=ALT, margins=margin_unknown, baseline=0)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50", "0.70"]


@pytest.mark.parametrize("baseline", [None, 0])
def test_text_in_a_table_is_readable_on_every_colour(baseline):
    values = np.c_[np.zeros(25), np.linspace(-1, 1, 25)]
    figure = plots.value_matrix(
        values, ["a"] * 25, ["x", "y"], alt=ALT, spreads=values ** 2, baseline=baseline
    )
    (axes,) = figure.axes
    (picture,) = axes.images
    for text in axes.texts:
        column, row = text.get_position()
        background = picture.cmap(picture.norm(picture.get_array()[round(row), round(column)]))
        assert _canvas.contrast(text.get_color(), background[:3]) >= 4.5
    outside = set(figure.findobj(Text)) - set(axes.texts)
    assert all(_canvas.contrast(text.get_color(), "white") >= 4.5 for text in outside)


def test_numbers_do_not_leave_their_cells():
    values = -np.random.default_rng(0).random((3, 8)) - 1
    figure = plots.value_matrix(
        values, LONG_NAMES[:3], ["a"] * 8, alt=ALT, spreads=abs(values) / 9, baseline=0, ylabel="world"
    )
    figure.draw_without_rendering()
    (axes,) = figure.axes
    cell = axes.bbox.width / 8
    assert max(text.get_window_extent().width for text in axes.texts) < cell


@pytest.mark.parametrize(("values", "rows", "columns", "options", "words"), [
    ([[1, 2]], ["a"], ["x"], {}, r"shape \(1, 2\), but there are 1 names of rows and 1 of columns"),
    ([1, 2], ["a"], ["x"], {}, "shape"),
    ([], [], [], {}, "shape"),
    ([[1, 2], [3]], ["a", "b"], ["x", "y"], {}, "cannot be read"),
    ([["a"]], ["a"], ["x"], {}, "cannot be read"),
    ([[np.nan]], ["a"], ["x"], {}, "no finite number"),
    ([[np.inf]], ["a"], ["x"], {}, "no finite number"),
    ([[1, 2]], ["a"], ["x", "y"], {"spreads": [1, 2]}, "spreads have the shape"),
    ([[1, 2]], ["a"], ["x", "y"], {"margins": [1, 2], "baseline": 0}, "margins have the shape"),
    ([[1, 2]], ["a"], ["x", "y"], {"margins": [[0, -1]], "baseline": 0}, "margins is negative"),
    ([[1, 2]], ["a"], ["x", "y"], {"spreads": [[1, -2]]}, "negative"),
    ([[1, 2]], ["a"], ["x", "y"], {"baseline": 2}, "no column 2 to compare with; the columns are 0 to 1"),
    ([[1, 2]], ["a"], ["x", "y"], {"baseline": "x"}, "no column 'x'"),
    (np.ones((31, 1)), ["a"] * 31, ["x"], {}, "31 rows"),
    (np.ones((1, 9)), ["a"], ["x"] * 9, {}, "9 columns"),
    (np.ones((1, 8)), ["a"], ["x"] * 8, {"digits": 9}, "do not fit into 8 columns"),
])
def test_what_makes_no_table_is_refused(values, rows, columns, options, words):
    with pytest.raises(DataError, match=words):
        plots.value_matrix(values, rows, columns, alt=ALT, **options)


# Tree

ANIMALS = {"animal": {"fish": {"ray": {}, "eel": None}, "whale": {}}}


def _boxes(figure):
    figure.draw_without_rendering()
    return {text.get_text(): text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts}


def test_a_tree_grows_from_left_to_right_with_evenly_spaced_leaves():
    boxes = _boxes(plots.tree(ANIMALS, alt=ALT, title="Animals"))
    assert list(boxes) == ["animal", "fish", "ray", "eel", "whale"]
    assert boxes["animal"].x1 < boxes["fish"].x0 == boxes["whale"].x0 and boxes["fish"].x1 < boxes["ray"].x0
    middles = [(boxes[leaf].y0 + boxes[leaf].y1) / 2 for leaf in ("ray", "eel", "whale")]
    assert middles[0] > middles[1] > middles[2]
    assert np.diff(middles)[0] == pytest.approx(np.diff(middles)[1], abs=1)
    assert (boxes["fish"].y0 + boxes["fish"].y1) / 2 == pytest.approx((middles[0] + middles[1]) / 2, abs=1)


def test_lines_of_a_tree_join_each_box_with_the_one_that_it_hangs_on():
    figure = plots.tree(ANIMALS, alt=ALT)
    (axes,) = figure.axes
    places = {text.get_text(): text.get_position() for text in axes.texts}
    ends = [line.get_xydata() for line in axes.lines]
    for child, parent in (("fish", "animal"), ("whale", "animal"), ("ray", "fish"), ("eel", "fish")):
        (branch,) = [line for line in ends if len(line) == 3 and np.allclose(line[-1], places[child])]
        (trunk,) = [line for line in ends if len(line) == 2 and np.allclose(line[0], places[parent])]
        np.testing.assert_allclose(trunk[-1], branch[0])


def test_boxes_of_a_large_tree_with_long_names_do_not_overlap():
    tall = {"a name of many words that needs more than three lines in its narrow box": {"leaf": {}}}
    figure = plots.tree(
        {LONG_NAMES[0]: {**{f"{one} {two}": {f"{three}, {one}, {two}": {} for three in LONG_NAMES[:3]}
                            for one in LONG_NAMES[:3] for two in range(3)}, **tall}}, alt=ALT,
    )
    figure.draw_without_rendering()
    boxes = [text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 39 and figure.get_size_inches()[0] == _canvas.WIDTH
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1:])


def test_a_formula_stays_on_one_line():
    names = {f"a long name before P(y | x) {number}": {"leaf with a long name": {}} for number in range(3)}
    figure = plots.tree({"a root with a long name": {"a branch with a long name": names}}, alt=ALT)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert sum("P(y | x)" in text for text in texts) == 3 and any("\n" in text for text in texts)


def test_the_text_of_a_tree_is_readable_on_its_boxes():
    figure = plots.tree({"a": {"b": {"c": {"d": {}}}}}, alt=ALT)
    for text in figure.axes[0].texts:
        assert _canvas.contrast(text.get_color(), text.get_bbox_patch().get_facecolor()[:3]) >= 4.5


@pytest.mark.parametrize(("branches", "words"), [
    ({}, "one root, and this one has 0"),
    ({"a": {}, "b": {}}, "one root, and this one has 2"),
    (["a"], "no dict"),
    ({"a": ["b"]}, r"below 'a' in the tree is \['b'\]"),
    ({"a": {"b": {"c": {"d": {"e": {}}}}}}, "5 levels"),
    ({"a": {str(number): {} for number in range(41)}}, "41 leaves"),
])
def test_what_makes_no_tree_is_refused(branches, words):
    with pytest.raises(DataError, match=words):
        plots.tree(branches, alt=ALT)


# Densities of two worlds


def test_each_world_has_its_densities_above_its_probabilities():
    figure = plots.shift_densities({"prior": _world(), "other": _world()}, alt=ALT)
    above, _, below, _ = figure.axes
    assert [axes.get_title("left") for axes in figure.axes] == ["prior", "other", "", ""]
    source, target = above.lines
    np.testing.assert_allclose(source.get_ydata(), _world()["source_density"])
    np.testing.assert_allclose(target.get_ydata(), _world()["target_density"])
    np.testing.assert_allclose(below.lines[0].get_ydata(), _world()["source_posterior"])
    assert source.get_linestyle() == "-" != target.get_linestyle()
    assert (source.get_color(), target.get_color()) == (plots.COLOURS["blue"], plots.COLOURS["vermillion"])
    words = _words(figure)
    assert words.count("source") == words.count("target") == 1


def test_upright_lines_stand_where_the_probabilities_cross_one_half():
    below = plots.shift_densities({"prior": _world()}, alt=ALT).axes[1]
    upright = [line.get_xdata()[0] for line in below.lines if len(line.get_xdata()) == 2 and
               line.get_xdata()[0] == line.get_xdata()[1]]
    assert upright == pytest.approx([0, 1], abs=0.01)


@pytest.mark.parametrize(("posterior", "crossings"), [
    ([0.9, 0.5, 0.1], [1]), ([0.9, 0.5, 0.5, 0.1], [1.5]), ([0.1, 0.9, 0.4], [0.5, 1.8]),
    ([0.9, 0.5, 0.9], []), ([0.5, 0.5], []), ([0.9, 0.8], []),
])
def test_a_curve_that_only_touches_one_half_does_not_cross_it(posterior, crossings):
    size = len(posterior)
    world = {"x": range(size), "source_density": [1] * size, "target_density": [1] * size,
             "source_posterior": posterior, "target_posterior": [1] * size}
    below = plots.shift_densities({"a": world}, alt=ALT).axes[1]
    found = [line.get_xdata()[0] for line in below.lines if list(line.get_ydata()) == [0, 1]]
    assert found == pytest.approx(crossings)


def test_the_panels_of_a_row_share_their_axes_and_hold_the_highest_density():
    high = _world() | {"target_density": norm.pdf(_world()["x"], 0, 0.1)}
    figure = plots.shift_densities({"low": _world(), "high": high, "third": _world()}, alt=ALT)
    limits = {axes.get_ylim() for axes in figure.axes[:3]}
    ((low, top),) = limits
    assert low == 0 and top > high["target_density"].max()
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


@pytest.mark.parametrize(("change", "words"), [
    ({"x": None}, "no 'x'"),
    ({"source_density": [1]}, "source_density of the world 'a': 1 values, but 50 are needed"),
    ({"x": np.zeros(50)}, "must increase"),
    ({"target_density": -np.ones(50)}, "target_density of 'a' is negative"),
    ({"target_posterior": np.full(50, 2)}, "not between 0 and 1"),
    ({"target_posterior": np.full(50, np.nan)}, "no numbers"),
])
def test_what_is_no_world_is_refused(change, words):
    world = {key: value for key, value in (_world() | change).items() if value is not None}
    with pytest.raises(DataError, match=words):
        plots.shift_densities({"a": world}, alt=ALT)


@pytest.mark.parametrize("count", [0, 5])
def test_one_to_four_worlds_can_be_drawn(count):
    with pytest.raises(DataError, match=f"{count} worlds"):
        plots.shift_densities({str(number): _world() for number in range(count)}, alt=ALT)


# Decision regions

POINTS = np.array([[0.0, 0], [1, 0], [0, 1], [4, 2]])


def _panel(**changes):
    return {"points": POINTS, "labels": [0, 1, 1, 0], "boundaries": {"line": lambda at: at[:, 0]}} | changes


def _marks(axes):
    return {marks.get_gid(): marks for marks in axes.collections if str(marks.get_gid()).startswith("class")}


def test_classes_differ_in_mark_filling_and_colour():
    axes = plots.decision_regions({"source": _panel()}, alt=ALT).axes[0]
    first, second = _marks(axes).values()
    np.testing.assert_allclose(first.get_offsets(), POINTS[[0, 3]])
    np.testing.assert_allclose(second.get_offsets(), POINTS[[1, 2]])
    assert len(first.get_facecolor()) and not len(second.get_facecolor())
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)
    assert all(_canvas.contrast(marks.get_edgecolor()[0][:3], "white") >= 3 for marks in (first, second))


def test_the_area_of_a_mark_is_proportional_to_its_weight():
    figure = plots.decision_regions({"equal": _panel(), "weighted": _panel(sizes=[1, 2, 3, 6])}, alt=ALT)
    equal, weighted = (_marks(axes) for axes in figure.axes)
    (area,) = set(equal["class 0"].get_sizes())
    np.testing.assert_allclose(weighted["class 0"].get_sizes(), [2 * area, area / 3])  # large ones below
    np.testing.assert_allclose(weighted["class 1"].get_sizes(), [area, 2 / 3 * area])


def test_a_boundary_lies_where_its_score_is_one_half():
    axes = plots.decision_regions({"source": _panel()}, alt=ALT).axes[0]
    (boundary,) = [one for one in axes.collections if one.get_gid() == "line"]
    np.testing.assert_allclose(boundary.get_paths()[0].vertices[:, 0], 0.5)


def test_a_boundary_has_the_same_line_in_every_panel_and_one_name_in_the_legend():
    lines = {"first": lambda at: at[:, 0], "second": lambda at: at[:, 1]}
    figure = plots.decision_regions({
        "a": _panel(boundaries=lines), "b": _panel(boundaries={"second": lines["second"]}), "c": _panel(),
    }, alt=ALT)
    lines = [[one for one in axes.collections if one.get_gid() == "second"] for axes in figure.axes[:2]]
    (here,), (there,) = lines
    np.testing.assert_allclose(here.get_edgecolor(), there.get_edgecolor())
    assert str(here.get_linestyle()) == str(there.get_linestyle())
    assert [_words(figure).count(name) for name in ("first", "second", "line", "class 0")] == [1, 1, 1, 1]
    assert len({axes.get_xlim() for axes in figure.axes[:3]}) == 1
    assert len({axes.get_ylim() for axes in figure.axes[:3]}) == 1
    assert [axes.get_title("left") for axes in figure.axes[:3]] == ["a", "b", "c"]
    assert [axes.get_xlabel() for axes in figure.axes[:3]] == ["", "x₁", "x₁"]


@pytest.mark.filterwarnings("error")
def test_a_classifier_that_decides_for_one_class_everywhere_has_no_boundary():
    always = {"always": lambda at: np.ones(len(at))}
    figure = plots.decision_regions({"a": _panel(boundaries=always)}, alt=ALT)
    assert [one for one in figure.axes[0].collections if one.get_gid() == "always"] == []
    assert "always" in _words(figure)
    plots.decision_regions({"a": {"points": [[1, 2]], "labels": [True]}}, alt=ALT)


@pytest.mark.parametrize(("changes", "words"), [
    ({"points": [0, 1, 0, 1]}, r"shape \(n, 2\), not \(4,\)"),
    ({"points": np.ones((4, 3))}, "shape"),
    ({"points": np.full((4, 2), np.nan)}, "finite"),
    ({"points": "abcd"}, "shape"),
    ({"labels": [0, 1]}, "labels of the panel 'a': 2 values, but 4 are needed"),
    ({"labels": [0, 1, 2, 1]}, "not 0 and 1 only"),
    ({"sizes": [1, 2]}, "sizes of the panel 'a'"),
    ({"sizes": [1, 2, -1, 1]}, "0 or more"),
    ({"sizes": [0, 0, 0, 0]}, "not all 0"),
    ({"boundaries": {"b": lambda at: at}}, r"'b' returned numbers of shape \(40000, 2\)"),
    ({"boundaries": {"b": lambda at: at[:, 0] * np.nan}}, "finite"),
    ({"boundaries": {str(number): len for number in range(6)}}, "6 boundaries"),
])
def test_what_makes_no_panel_is_refused(changes, words):
    with pytest.raises(DataError, match=words):
        plots.decision_regions({"a": _panel(**changes)}, alt=ALT)


@pytest.mark.parametrize(("panels", "columns", "words"), [
    ({}, 2, "no panels"), ({"a": {"points": POINTS}}, 2, "no 'labels'"), ({"a": _panel()}, 0, "0 columns"),
])
def test_panels_that_make_no_figure_are_refused(panels, columns, words):
    with pytest.raises(DataError, match=words):
        plots.decision_regions(panels, alt=ALT, columns=columns)


# Weighted regression


def test_bubbles_have_the_areas_of_their_weights_and_the_effective_size_is_told():
    figure = plots.weighted_fit([0, 1, 2], [5, 6, 7], [1, 0, 3], {"fit": lambda at: at}, alt=ALT)
    (axes,) = figure.axes
    (bubbles,) = axes.collections
    np.testing.assert_allclose(bubbles.get_offsets(), [[2, 7], [0, 5], [1, 6]])  # large ones below
    areas = bubbles.get_sizes()
    assert areas[0] == pytest.approx(3 * areas[1]) and 0 < areas[2] < areas[1]  # the smallest can still be seen
    assert "effective sample size: 1.6 of 3" in _words(figure)


def test_lines_go_over_source_and_target_whose_ticks_stand_at_the_bottom():
    figure = plots.weighted_fit(
        [0, 1], [0, 1], [1, 1], {"a": lambda at: 2 * at, "b": lambda at: -at}, alt=ALT, target_x=[2, 3],
        xlabel="age", ylabel="price",
    )
    (axes,) = figure.axes
    first, second, ticks = axes.lines
    x, y = first.get_data()
    assert (x[0], x[-1]) == (0, 3)
    np.testing.assert_allclose(y, 2 * x)
    assert first.get_linestyle() != second.get_linestyle() and first.get_marker() != second.get_marker()
    assert ticks.get_xdata().tolist() == [2, 3] and ticks.get_marker() == "|"
    low, high = axes.get_ylim()
    assert -0.5 < low < 0 and 1 < high < 1.5  # the examples set the scale, not the line that runs away
    assert low < ticks.get_ydata()[0] == ticks.get_ydata()[1] < low + 0.1 * (high - low)
    assert {"a", "b", "target x", "age", "price"} <= set(_words(figure))


@pytest.mark.parametrize(("y", "weights", "lines", "words"), [
    ([1], [1, 1], {"a": lambda at: at}, "y: 1 values, but 2 are needed"),
    ([1, 2], [1], {"a": lambda at: at}, "The weights: 1 values, but 2"),
    ([1, 2], [1, -1], {"a": lambda at: at}, "0 or more"),
    ([1, 2], [0, 0], {"a": lambda at: at}, "not all 0"),
    ([1, np.nan], [1, 1], {"a": lambda at: at}, "no numbers"),
    ([1, 2], [1, 1], {}, "no lines"),
    ([1, 2], [1, 1], {"a": lambda at: 3.0}, r"'a' returned numbers of shape \(\)"),
    ([1, 2], [1, 1], {str(number): np.sin for number in range(6)}, "6 lines"),
])
def test_what_makes_no_weighted_fit_is_refused(y, weights, lines, words):
    with pytest.raises(DataError, match=words):
        plots.weighted_fit([0, 1], y, weights, lines, alt=ALT)


def test_target_examples_must_be_numbers():
    with pytest.raises(DataError, match="target_x"):
        plots.weighted_fit([0, 1], [0, 1], [1, 1], {"a": np.sin}, alt=ALT, target_x=[])


def test_the_figures_of_lesson_01_are_drawn_without_a_warning(recwarn):
    plots.png(plots.shift_densities({"a": _world()}, alt=ALT))
    plots.png(plots.decision_regions({"a": _panel()}, alt=ALT))
    plots.png(plots.tree(ANIMALS, alt=ALT))
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(("low", "high"), [(3, 4), (1.5, 4), (0.011, 0.018)])
def test_a_logarithmic_axis_over_a_narrow_range_has_round_numbers_too(low, high):
    (axes,) = _curves([1, 2], {"a": [low, high]}, logarithmic="y").axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) >= 2 and max(map(len, labels)) <= 6


def test_a_logarithmic_y_axis_refuses_zero_and_marks_its_label():
    figure = plots.curves([1, 2], {"a": [0.01, 10]}, alt="A line that rises steeply.", xlabel="x", ylabel="error", logarithmic="y")
    (axes,) = figure.axes
    assert (axes.get_yscale(), axes.get_xscale(), axes.get_ylabel()) == ("log", "linear", "error (logarithmic)")
    assert len(axes.get_yticks()) >= 3 and np.all(np.array(axes.get_yticks()) > 0)
    for row, reference in (([0, 1], {}), ([1, 2], {"limit": -1})):
        with pytest.raises(DataError, match="above 0, and y holds"):
            plots.curves([1, 2], {"a": row}, alt="A line that cannot be drawn.", xlabel="x", ylabel="y",
                         logarithmic="y", references=reference)
    with pytest.raises(DataError, match="names no axes"):
        plots.curves([1, 2], {"a": [1, 2]}, alt="A line that cannot be drawn.", xlabel="x", ylabel="y", logarithmic="z")
