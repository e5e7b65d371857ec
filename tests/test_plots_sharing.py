"""Figures of several tasks: every arrow of a wiring arrives and crosses no box; what is Pareto-optimal is filled."""

import itertools
import warnings

import numpy as np
import pytest
from matplotlib.patches import ArrowStyle, FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text
from test_plots import ALT, _photographs, _words

from course_utils import plots
from course_utils.errors import DataError
from course_utils.plots import sharing

# Wirings

HARD = {
    "rows": [["photograph"], ["shared body"], ["species", "direction"]],
    "arrows": [("photograph", "shared body"), ("shared body", "species"), ("shared body", "direction")],
    "task": {"shared body": "shared", "species": "species", "direction": "direction"},
}
SOFT = {
    "rows": [["photograph"], ["block A", "block B"], ["cross-stitch unit"], ["species", "direction"]],
    "arrows": [
        ("photograph", "block A"), ("photograph", "block B"), ("block A", "cross-stitch unit"),
        ("block B", "cross-stitch unit"), ("cross-stitch unit", "species"), ("cross-stitch unit", "direction"),
    ],
    "task": {"block A": "species", "species": "species", "block B": "direction", "direction": "direction"},
}
CASCADE = {
    "rows": ["photograph", "body", "direction", "species"],
    "arrows": [("photograph", "body"), ("body", "direction"), ("direction", "species", "logits"), ("body", "species")],
}
DECODERS = {
    "rows": [["encoder"], ["decoder 1", "decoder 2"], ["output 1", "output 2"]],
    "arrows": [("encoder", "decoder 1", "states"), ("decoder 1", "decoder 2"), ("decoder 1", "output 1"),
               ("decoder 1", "output 2")],
    "loose": ["decoder 2"],
}
TOWERS = {
    "rows": [["photograph"], ["tower A", "tower B", "tower C"], ["species", "direction", "size"]],
    "arrows": [("tower A", "tower B", "α"), ("tower B", "tower A"), ("species", "size", "hint"),
               ("tower A", "species"), ("tower C", "tower A"), ("size", "tower C", "feedback")],
}
SKIPS = {
    "rows": [["in"], ["a"], ["b"], ["c"], ["out 1", "out 2"]],
    "arrows": [("in", "a"), ("a", "b"), ("b", "c"), ("c", "out 1"), ("c", "out 2"), ("a", "c", "skip"), ("in", "b"),
               ("in", "c"), ("b", "out 1"), ("a", "out 2", "long way"), ("out 1", "in", "back")],
}
BUSY = {        # two arrows go down beside a level one, and one passes a pair that an arrow joins
    "rows": [["a", "b", "c"], ["d"], ["e", "f", "g"], ["h"]],
    "arrows": [("g", "f"), ("g", "a"), ("g", "b"), ("c", "b", "note"), ("f", "a"), ("g", "h", "note"), ("h", "d"),
               ("e", "f", "note"), ("h", "c")],
}
LONG = {
    "rows": [["a photograph of 150 × 150 pixels"], ["all the layers that both of the tasks share"],
             ["the species of the animal", "the direction in which it swims"]],
    "arrows": [("a photograph of 150 × 150 pixels", "the direction in which it swims", "a long note about it")],
}
EVERY = {"hard": HARD, "soft": SOFT, "cascade": CASCADE, "decoders": DECODERS, "towers": TOWERS, "skips": SKIPS,
         "busy": BUSY, "long": LONG}


def _boxes(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def _arrows(figure):
    return {patch.get_gid(): patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)}


def _line(arrow):
    """Points along an arrow, in inches of the panel's axes."""
    (line,) = arrow._path_original.interpolated(40).to_polygons(closed_only=False)
    return np.array(line)


def _overlap(extents):
    return any(one.overlaps(other) for one, other in itertools.combinations(extents, 2))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("beside", [1, 2])
def test_arrows_begin_and_end_at_their_boxes_and_cross_no_other(name, beside):
    panels = {"one": EVERY[name], "two": {"rows": ["x", "y"], "arrows": []}} if beside == 2 else {"one": EVERY[name]}
    figure = plots.wiring(panels, alt=ALT)
    boxes = {box.get_gid(): box.get_bbox() for box in _boxes(figure)}
    arrows = _arrows(figure)
    assert len(arrows) == len({frozenset(arrow[:2]) for arrow in EVERY[name]["arrows"]})
    for ends, arrow in arrows.items():
        first, second = ends.split(" → ")
        line = _line(arrow)
        for end, point in ((first, line[0]), (second, line[-1])):
            box = boxes[end]
            inside = box.x0 - 1e-6 <= point[0] <= box.x1 + 1e-6 and box.y0 - 1e-6 <= point[1] <= box.y1 + 1e-6
            to_edge = np.abs(point - box.get_points()).min()
            assert inside and to_edge < 1e-6, ends
        for box_name, box in boxes.items():
            shrunk = box.padded(-0.005) if box_name in (first, second) else box.padded(0.02)
            within = (line > shrunk.min).all(axis=1) & (line < shrunk.max).all(axis=1)
            assert not within.any(), (ends, box_name)


@pytest.mark.parametrize("panels", [
    dict(list(EVERY.items())[:3]), dict(list(EVERY.items())[3:6]), {"long": LONG}, {"busy": BUSY},
    {"long": LONG, "hard": HARD, "skips": SKIPS, "towers": TOWERS},
    {"a name of a panel that is longer than its column is wide": LONG, "towers": TOWERS},
])
def test_no_text_of_a_wiring_lies_on_another_and_names_fit_into_their_boxes(panels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plots.wiring(panels, alt=ALT, title="A title above")
    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]
    assert not _overlap([text.get_window_extent() for text in texts])
    page = figure.bbox.padded(1)
    assert all(page.contains(*corner) for text in texts for corner in text.get_window_extent().get_points())
    for box in _boxes(figure):
        held = [text for text in figure.axes[0].texts
                if " ".join(text.get_text().replace("-\n", "-").split()) == box.get_gid()]
        outside = box.get_window_extent()
        assert any(outside.containsx(text.get_window_extent().x0) and outside.containsx(text.get_window_extent().x1)
                   and outside.containsy(text.get_window_extent().y0) and outside.containsy(text.get_window_extent().y1)
                   for text in held), box.get_gid()


def test_rows_stand_above_each_other_from_the_input_to_the_outputs():
    boxes = {box.get_gid(): box for box in _boxes(plots.wiring({"hard": HARD}, alt=ALT))}
    heights = [boxes[row[0]].get_y() for row in HARD["rows"]]
    assert heights == sorted(heights) and len(set(heights)) == 3
    assert boxes["species"].get_y() == boxes["direction"].get_y()
    assert boxes["species"].get_x() < boxes["direction"].get_x()


def test_tasks_have_a_colour_and_a_mark_and_shared_boxes_neither():
    figure = plots.wiring({"hard": HARD, "soft": SOFT}, alt=ALT)
    boxes = [(box.get_gid(), box.get_facecolor()) for box in _boxes(figure)]
    fills = {name: {fill for box, fill in boxes if box == name} for name in ("species", "direction", "shared body")}
    assert all(len(fill) == 1 for fill in fills.values())          # the same in both panels
    assert len(set.union(*fills.values())) == 3
    marks = {line.get_gid(): line.get_marker() for line in figure.axes[0].lines if line.get_gid()}
    assert marks["mark of species"] == marks["mark of block A"] != marks["mark of direction"]
    assert "mark of shared body" not in marks and "mark of photograph" not in marks
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["shared", "task: species", "task: direction"]


def test_a_loose_box_has_a_dashed_frame_that_the_legend_explains():
    figure = plots.wiring({"printed": DECODERS}, alt=ALT)
    dashed = [box.get_gid() for box in _boxes(figure) if box.get_linestyle() not in ("-", "solid")]
    assert dashed == ["decoder 2"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["not connected"]
    assert not plots.wiring({"plain": CASCADE}, alt=ALT).legends


def test_two_arrows_there_and_back_are_one_with_two_heads_and_lie_level():
    arrows = _arrows(plots.wiring({"towers": TOWERS}, alt=ALT))
    assert "tower B → tower A" not in arrows
    both = arrows["tower A → tower B"]
    assert isinstance(both.get_arrowstyle(), ArrowStyle.CurveFilledAB)
    assert isinstance(arrows["tower A → species"].get_arrowstyle(), ArrowStyle.CurveFilledB)
    assert np.ptp(_line(both)[:, 1]) < 1e-9


def test_notes_stand_by_their_arrows_but_not_on_boxes_or_arrows():
    figure = plots.wiring({"skips": SKIPS, "cascade": CASCADE}, alt=ALT)
    notes = [text for text in figure.axes[0].texts if text.get_text() in ("skip", "long way", "back", "logits")]
    assert len(notes) == 4
    lines = [figure.axes[0].transData.transform(_line(arrow)) for arrow in _arrows(figure).values()]
    for note in notes:
        extent = Text.get_window_extent(note)
        assert not any(extent.overlaps(box.get_window_extent()) for box in _boxes(figure))
        assert not any(extent.count_contains(line) for line in lines)


def test_panels_stand_side_by_side_as_far_as_their_names_leave_room():
    def columns(figure):
        titles = [text for text in figure.axes[0].texts if text.get_fontsize() == 12]
        return len({round(text.get_position()[0], 3) for text in titles})

    assert columns(plots.wiring({"a": HARD, "b": SOFT, "c": CASCADE}, alt=ALT)) == 3
    assert columns(plots.wiring(dict.fromkeys("abcd", HARD), alt=ALT)) == 2
    assert columns(plots.wiring(dict.fromkeys("abc", HARD), alt=ALT, columns=1)) == 1
    wide = {"rows": [[f"normalisation {number}" for number in range(5)]]}
    assert columns(plots.wiring({"a": wide, "b": HARD}, alt=ALT)) == 1


@pytest.mark.parametrize(("panels", "message"), [
    ({}, "one to 4 panels"), ([HARD], "one to 4 panels"), (dict.fromkeys("abcde", HARD), "there are 5"),
    ({"a": {}}, "has no rows"), ({"a": {"rows": []}}, "0 rows"), ({"a": {"rows": [["x"], []]}}, "2 rows with 1, 0"),
    ({"a": {"rows": [list("abcdef")]}}, "1 rows with 6"), ({"a": {"rows": list("abcdefghi")}}, "9 rows"),
    ({"a": HARD | {"arrow": []}}, "has 'arrow'"), ({"a": "x"}, "has 'x'"),
    ({"a": {"rows": ["x", "x"]}}, "called 'x'"), ({"a": {"rows": [""]}}, "no name"),
    ({"a": HARD | {"arrows": [("photograph", "head"), ("stem", "head")]}}, "no box 'head', 'stem'"),
    ({"a": HARD | {"task": {"head": "species"}}}, "no box 'head'"),
    ({"a": HARD | {"loose": ["head"]}}, "no box 'head'"),
    ({"a": HARD | {"arrows": ["photograph"]}}, "is 'photograph'"),
    ({"a": HARD | {"arrows": [("photograph",)]}}, "An arrow"),
    ({"a": HARD | {"arrows": [("species", "species")]}}, "to itself"),
    ({"a": HARD | {"loose": ["shared body"]}}, "leads to 'species'"),
    ({"a": {"rows": [list("abcdef")[:5]], "task": {box: f"task {box}" for box in "abcde"}},
      "b": {"rows": ["x"], "task": {"x": "task x"}}}, "6 tasks"),
])
def test_wirings_that_cannot_be_drawn_give_one_clear_error(panels, message):
    with pytest.raises(DataError, match=message) as error:
        plots.wiring(panels, alt=ALT)
    assert error.value.hint


def test_columns_that_leave_no_room_are_refused():
    wide = {"rows": [[f"normalisation {number}" for number in range(5)]], "arrows": []}
    with pytest.raises(DataError, match="panel 'a' find no room"):
        plots.wiring(dict.fromkeys("abcd", wide), alt=ALT, columns=4)
    for columns in (0, 5, 1.5):
        with pytest.raises(DataError, match="columns cannot be drawn"):
            plots.wiring({"a": HARD}, alt=ALT, columns=columns)


# Trade-off

POINTS = {"hard": [(0.6, 0.9, "0.1"), (0.7, 0.8, "0.5"), (0.65, 0.7, "0.9")],
          "soft": [(0.5, 0.5, "a"), (0.8, 0.75, "b")]}


def _trade_off(series, **options):
    return plots.trade_off(series, alt=ALT, **{"xlabel": "species", "ylabel": "direction"} | options)


@pytest.mark.parametrize(("points", "optimal"), [
    ([(1, 2)], [True]),
    ([(1, 2), (2, 1)], [True, True]),
    ([(1, 1), (2, 2)], [False, True]),
    ([(1, 2), (1, 2)], [True, True]),                     # the same twice: none is better
    ([(1, 2), (1, 3)], [False, True]),                    # equal on one axis, worse on the other
    ([(1, 2), (2, 2), (2, 1)], [False, True, False]),
    ([(1, 3), (2, 2), (3, 1), (2, 1), (1, 1)], [True, True, True, False, False]),
    ([(-1, -2), (-2, -1), (-3, -3)], [True, True, False]),
])
def test_a_point_is_pareto_optimal_if_none_is_as_good_on_both_axes_and_better_on_one(points, optimal):
    assert sharing._pareto_optimal(np.array(points, dtype=float)).tolist() == optimal


def test_pareto_optimal_points_of_all_series_are_filled_and_dominated_ones_hollow():
    figure = _trade_off(POINTS)
    (axes,) = figure.axes
    joined = {line.get_gid(): line.get_xydata().tolist() for line in axes.lines if line.get_gid() in POINTS}
    assert joined == {name: [list(point[:2]) for point in row] for name, row in POINTS.items()}
    marks = {kind: np.concatenate([line.get_xydata() for line in axes.lines if line.get_gid() == kind]).tolist()
             for kind in ("Pareto-optimal", "dominated")}
    assert marks == {"Pareto-optimal": [[0.6, 0.9], [0.7, 0.8], [0.8, 0.75]], "dominated": [[0.65, 0.7], [0.5, 0.5]]}
    fills = {line.get_gid(): line.get_markerfacecolor() for line in axes.lines}
    assert fills["dominated"] == "white" != fills["Pareto-optimal"]
    assert {"hard", "soft", "Pareto-optimal", "dominated", "0.1", "0.5", "0.9", "a", "b"} <= set(_words(figure))
    assert "more is better" in axes.get_xlabel() and "more is better" in axes.get_ylabel()


def test_references_are_crosses_with_guide_lines_and_dominate_nothing():
    figure = _trade_off(POINTS, references={"two single networks": (0.9, 0.95)}, title="Weights")
    (axes,) = figure.axes
    (cross,) = [line for line in axes.lines if line.get_gid() == "reference"]
    assert cross.get_xydata().tolist() == [[0.9, 0.95]] and cross.get_marker() == "x"
    guides = [line.get_data() for line in axes.lines if not line.get_gid()]
    assert [0.9, 0.9] in [list(x) for x, _ in guides] and [0.95, 0.95] in [list(y) for _, y in guides]
    assert "two single networks" in _words(figure)
    assert sum(len(line.get_xdata()) for line in axes.lines if line.get_gid() == "Pareto-optimal") == 3


def test_labels_of_a_trade_off_are_all_there_and_lie_on_nothing():
    random = np.random.default_rng(1)
    series = {f"method {k}": [(*random.normal(0.8, 0.02, 2), f"{k}.{at}") for at in range(7)] for k in range(4)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = _trade_off(series, references={"two single networks": (0.8, 0.8)})
    (axes,) = figure.axes
    assert len(axes.texts) == 29
    extents = [Text.get_window_extent(text) for text in axes.texts]
    assert not _overlap(extents)
    points = axes.transData.transform([point[:2] for row in series.values() for point in row])
    assert not any(extent.count_contains(points) for extent in extents)
    assert all(axes.bbox.x0 <= extent.x0 and extent.x1 <= axes.bbox.x1 for extent in extents)


def test_all_equal_points_and_empty_labels_can_be_drawn():
    figure = _trade_off({"a": [(1, 1, ""), (1, 1, "same")]})
    assert "dominated" not in _words(figure) and "same" in _words(figure)


@pytest.mark.parametrize(("series", "options", "message"), [
    ({}, {}, "no series"), ({str(k): [(1, 2, "")] for k in range(6)}, {}, "6 series"), ({"a": []}, {}, "no points"),
    ({"a": [(1, 2)]}, {}, "cannot be read"), ({"a": [(1, "x", "")]}, {}, "cannot be read"),
    ({"a": [(1, np.nan, "")]}, {}, "no finite number"),
    (POINTS, {"references": {"r": (1,)}}, "reference 'r': 1 values"),
    (POINTS, {"references": {"r": "x"}}, "cannot be read|shape"),
    (POINTS, {"references": {str(k): (1, k) for k in range(4)}}, "4 references"),
    ({"a": [(0, 0, "a label that is far too long " * 9), (1, 1, "")]}, {}, "find no room"),
])
def test_a_trade_off_that_cannot_be_drawn_gives_one_clear_error(series, options, message):
    with pytest.raises(DataError, match=message) as error:
        _trade_off(series, **options)
    assert error.value.hint


# Histograms


def _histograms(groups, **options):
    return plots.histograms(groups, alt=ALT, **{"xlabel": "cosine"} | options)


def test_a_histogram_has_the_share_of_values_in_each_bin_and_the_mean():
    figure = _histograms({"a": [-0.75, -0.25, -0.25, 0.25], "b": [1.0000001, 0.5]}, bins=[-1, -0.5, 0, 0.5, 1])
    above, below = figure.axes
    assert [bar.get_height() for bar in above.patches if hasattr(bar, "get_height")] == [0.25, 0.5, 0.25, 0]
    assert [bar.get_height() for bar in below.patches if hasattr(bar, "get_height")] == [0, 0, 0, 1]
    means = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_gid() == "mean"]
    np.testing.assert_allclose(means, [-0.25, 0.75])
    words = {"mean −0.25", "mean 0.75", "a (4 values)", "b (2 values)", "cosine", "share of values"}
    assert words <= set(_words(figure))
    assert above.get_xlim() == below.get_xlim() and above.get_ylim() == below.get_ylim()
    assert above.get_subplotspec().rowspan.start < below.get_subplotspec().rowspan.start


def test_zero_is_marked_only_where_the_range_holds_it():
    def zeros(figure):
        return [line for axes in figure.axes for line in axes.lines if line.get_gid() == "zero"]

    assert len(zeros(_histograms({"a": [-1, 1], "b": [1, 2], "c": [0]}))) == 3
    assert not zeros(_histograms({"a": [1, 2]}))


def test_all_groups_have_the_same_bins_and_one_value_can_be_drawn():
    figure = _histograms({"a": np.arange(10), "b": [100]}, bins=5)
    bars = [[bar.get_x() for bar in axes.patches if hasattr(bar, "get_height")] for axes in figure.axes]
    np.testing.assert_allclose(bars, [np.linspace(0, 100, 6)[:-1]] * 2)
    assert "b (1 value)" in _words(figure) and "mean 3.00" in _words(_histograms({"a": [3, 3]}, bins=4))


def test_marks_stand_in_all_groups_and_are_named_once_above():
    figure = _histograms({"a": [0, 1, 2], "b": [1, 2]}, marks={"threshold": 0.5, "limit": 1.5}, title="Marks")
    for axes in figure.axes:
        assert {0.5, 1.5} <= {line.get_xdata()[0] for line in axes.lines}
    words = _words(figure)
    assert (words.count("threshold"), words.count("limit")) == (1, 1)


@pytest.mark.parametrize("groups", [
    {"a": np.linspace(-1, 1, 30), "b": [0.01] * 9, "c": [-0.01] * 3, "d": [1, 1], "e": [-1]},
    {f"a rather long name of a group {k}": np.linspace(0, 1, 9) ** k for k in range(2, 5)},
])
def test_no_text_of_histograms_lies_on_another(groups):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = _histograms(groups, bins=np.linspace(-1, 1, 21), marks={"here": -0.5, "there": 0.9}, title="Title")
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    shown = [Text.get_window_extent(text) for text in texts]
    ticks = {id(label) for axes in figure.axes for label in axes.get_xticklabels() + axes.get_yticklabels()}
    assert not _overlap([extent for text, extent in zip(texts, shown) if id(text) not in ticks])
    means = [text for text in texts if text.get_text().startswith("mean")]
    for axes, text in zip(figure.axes, means, strict=True):
        extent = Text.get_window_extent(text)
        assert axes.bbox.x0 <= extent.x0 and extent.x1 <= axes.bbox.x1 + 12


@pytest.mark.parametrize(("groups", "options", "message"), [
    ({}, {}, "no groups"), ({str(k): [1] for k in range(6)}, {}, "6 groups"), ({"a": []}, {}, "group 'a'"),
    ({"a": [np.nan]}, {}, "group 'a'"), ({"a": [1]}, {"bins": 0}, "0 bins"), ({"a": [1]}, {"bins": 2.5}, "2.5 bins"),
    ({"a": [1]}, {"bins": [1, 0]}, "must increase"), ({"a": [1]}, {"bins": [1]}, "must increase"),
    ({"a": [1, 7]}, {"bins": [0, 2]}, "1 values of 'a', such as 7"), ({"a": [1]}, {"marks": {"m": np.inf}}, "mark 'm'"),
    ({"a": [1]}, {"marks": {str(k): k for k in range(5)}}, "5 kinds of marks"),
])
def test_histograms_that_cannot_be_drawn_give_one_clear_error(groups, options, message):
    with pytest.raises(DataError, match=message) as error:
        _histograms(groups, **options)
    assert error.value.hint


# A gallery of several tasks

PREDICTED = {"species": ["shark", "ray", "eel"], "direction": ["left", "left", "right"]}
TRUE = {"direction": ["left", "right", "left"], "species": ["shark", "ray", "shark"]}


def _gallery(predicted, true, **options):
    return plots.prediction_gallery(_photographs(3, 20), predicted, true, alt=ALT, **options)


def test_each_task_has_a_line_in_the_order_of_the_predictions():
    figure = _gallery(PREDICTED, TRUE, columns=3)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "✓ shark\n✓ left", "✓ ray\n✗ left (right)", "✗ eel (shark)\n✗ right (left)",
    ]


def test_the_frame_is_thick_and_dashed_if_any_task_is_wrong():
    frames = [axes.patches[0] for axes in _gallery(PREDICTED, TRUE).axes if axes.patches]
    assert [frame.get_gid() for frame in frames] == ["right", "wrong", "wrong"]
    assert frames[0].get_linewidth() < frames[1].get_linewidth()
    assert frames[0].get_linestyle() != frames[1].get_linestyle() == frames[2].get_linestyle()


def test_a_long_caption_is_broken_and_overlaps_none_beside_it():
    names = ["bottlenose dolphin", "humpback whale", "bottlenose dolphin"]
    sizes = ["small"] * 3
    figure = _gallery({"species": names, "size": sizes}, {"species": names[::-1], "size": sizes}, columns=5)
    figure.draw_without_rendering()
    captions = [axes.xaxis.label for axes in figure.axes]
    assert "\n✓ small" in captions[1].get_text()
    assert not _overlap([caption.get_window_extent() for caption in captions])


def test_a_mapping_of_one_task_is_drawn_too():
    figure = _gallery({"species": ["a"] * 3}, {"species": ["a", "b", "a"]})
    assert [axes.get_xlabel() for axes in figure.axes if axes.images] == ["✓ a", "✗ a (b)", "✓ a"]


@pytest.mark.parametrize(("predicted", "true", "options", "message"), [
    (PREDICTED, TRUE, {"probabilities": [1, 1, 1]}, "one task only"),
    (PREDICTED, {"species": ["shark"] * 3}, {}, "not of the same tasks: species, direction; and species"),
    (PREDICTED, ["shark"] * 3, {}, "a plain sequence"), (["shark"] * 3, TRUE, {}, "a plain sequence"),
    ({}, {}, {}, "none; and none"),
    (PREDICTED | {"species": ["shark"]}, TRUE, {}, "3 images but 1 predicted of 'species'"),
    (PREDICTED, TRUE | {"direction": ["left"] * 4}, {}, "3 images but 4 true of 'direction'"),
])
def test_tasks_that_do_not_fit_together_are_refused(predicted, true, options, message):
    with pytest.raises(DataError, match=message) as error:
        _gallery(predicted, true, **options)
    assert error.value.hint
