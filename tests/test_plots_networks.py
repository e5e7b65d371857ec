"""Drawn networks: the wider the more channels; and measured layers stand where they were measured, under the roof."""

import itertools

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch

from course_utils import plots
from course_utils.errors import DataError

ALT = "Blocks or points that a test has made up."
CHAINS = {"bottleneck": [("input", 256), ("1 × 1", 64), ("3 × 3", 64), ("out", 256)], "short": [("input", 4), ("mix", 1024)]}
POINTS = {"full": [(100, 300, "56²"), (250, 310, "28²")], "depthwise": [(2.2, 40, "56²"), (2.1, 9, "7²")]}


def boxes(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def overlapping(extents):
    return any(one.overlaps(other) for one, other in itertools.combinations(extents, 2))


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_width_of_a_box_grows_with_the_root_of_its_channels_on_one_scale():
    widths = np.array([box.get_width() for box in boxes(plots.blocks(CHAINS, alt=ALT))])
    np.testing.assert_allclose(widths[[0, 3, 5]] / widths[5], np.sqrt(np.array([256, 256, 1024]) / 1024), rtol=1e-6)
    assert widths[4] < widths[1] < widths[0]               # too narrow for their numbers, they are a little wider


def test_layers_stand_below_each_other_with_their_text_and_number():
    figure = plots.blocks(CHAINS, alt=ALT, title="Two blocks")
    assert figure.alt_text == ALT and figure.get_suptitle() == "Two blocks"
    heights = [box.get_y() for box in boxes(figure)]
    assert heights[:4] == sorted(heights[:4], reverse=True) and heights[0] == heights[4]
    assert {"bottleneck", "short", "256", "64", "4", "1,024", "1 × 1", "3 × 3", "mix"} <= set(words(figure))
    figure.draw_without_rendering()
    seen = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    assert not overlapping(seen)
    assert all(0 <= box.x0 and box.x1 <= figure.bbox.x1 and 0 <= box.y0 and box.y1 <= figure.bbox.y1 for box in seen)


def test_a_shortcut_passes_beside_all_boxes_and_texts_that_it_goes_around():
    figure = plots.blocks({"v2": [("input", 24), ("1 × 1", 144), ("depthwise 3 × 3, ReLU6", 144), ("linear", 24)],
                           "other": [("input", 9)], "third": [("input", 9)]}, shortcuts={"v2": (0, 3)}, alt=ALT)
    assert "+" in words(figure) and "+" not in words(plots.blocks(CHAINS, alt=ALT))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    column = axes.transData.transform((axes.lines[0].get_xdata()[1], 0))[0]
    around = [text for text in axes.texts if text.get_text() in ("144", "depthwise 3 × 3, ReLU6", "1 × 1", "linear")]
    assert len(around) == 5 and all(text.get_window_extent().x0 > column for text in around)
    assert all(box.get_window_extent().x0 > column for box in boxes(figure)) and column > 0


def test_a_number_fits_into_its_box_and_long_names_stay_in_their_column():
    layers = [("input", 4), ("depthwise 3 × 3, stride 2, ReLU6", 2048), ("projection to fewer", 16)]
    figure = plots.blocks({f"name of 25 characters: {k:02}": layers for k in range(4)}, alt=ALT)
    figure.draw_without_rendering()
    seen = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not overlapping(seen)
    numbers = [text for text in figure.axes[0].texts if text.get_text() in ("4", "2,048", "16")]
    for text, box in zip(numbers, boxes(figure), strict=True):
        inside, outside = text.get_window_extent(), box.get_window_extent()
        assert outside.x0 < inside.x0 and inside.x1 < outside.x1


def test_points_stand_where_they_were_measured_under_the_roof_of_the_computer():
    figure = plots.roofline(500, 50, POINTS, alt=ALT)
    roof, *series, ridge = figure.axes[0].lines
    x, y = roof.get_data()
    np.testing.assert_allclose(y, np.minimum(500, 50 * np.asarray(x)))
    assert ridge.get_data() == ([10], [500]) and 10 in x        # 500 / 50
    for line, (name, row) in zip(series, POINTS.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_allclose(np.transpose(line.get_data()), [point[:2] for point in row])
    assert len({line.get_marker() for line in series}) == len(series)
    assert {"arithmetic: 500 GFLOP/s", "memory: 50 GB/s", "7²", "28²"} <= set(words(figure))


def test_names_of_points_do_not_lie_on_each_other():
    crowd = {"full": [(100 + k, 300 + k, f"layer {k}") for k in range(12)]}
    figure = plots.roofline(500, 50, crowd, alt=ALT)
    figure.draw_without_rendering()
    seen = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not overlapping(seen)
    assert sum("layer" in word for word in words(figure)) < 12


def test_a_point_above_the_roof_is_drawn_too():
    figure = plots.roofline(500, 50, {"cached": [(1, 400, "7²"), (900, 900, "")]}, alt=ALT)
    (left, right), (low, high) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    assert left < 1 and right > 900 and low < 400 and high > 900


@pytest.mark.parametrize(("chains", "options", "message"), [
    ({}, {}, "one to 4 chains"), ([("a", 1)], {}, "one to 4 chains"), ({str(k): [("a", 1)] for k in range(5)}, {}, "one to 4"),
    ({"a": []}, {}, "0 layers"), ({"a": [("x", 0)]}, {}, "without channels"), ({"a": ["x"]}, {}, "cannot be read"),
    ({"a": [("x", 1)] * 9}, {}, "9 layers"),
    ({"a": [("x", 1), ("y", 1)]}, {"shortcuts": {"a": (1, 0)}}, "not there"),
    ({"a": [("x", 1), ("y", 1)]}, {"shortcuts": {"b": (0, 1)}}, "not there"),
    ({"a": [("x", 1), ("y", 1)]}, {"shortcuts": {"a": (0, 2)}}, "not there"),
])
def test_chains_that_cannot_be_drawn_give_one_clear_error(chains, options, message):
    with pytest.raises(DataError, match=message) as error:
        plots.blocks(chains, alt=ALT, **options)
    assert error.value.hint


@pytest.mark.parametrize(("peak", "bandwidth", "points", "message"), [
    (0, 40, POINTS, "peak is 0"), (500, float("nan"), POINTS, "bandwidth is nan"), (500, 40, {}, "no kinds of layers"),
    (500, 40, {"a": []}, "no points"), (500, 40, {"a": [(1, 0, "x")]}, "not positive"),
    (500, 40, {"a": [(1, 2)]}, "cannot be read"),
])
def test_measurements_that_cannot_be_drawn_give_one_clear_error(peak, bandwidth, points, message):
    with pytest.raises(DataError, match=message) as error:
        plots.roofline(peak, bandwidth, points, alt=ALT)
    assert error.value.hint
