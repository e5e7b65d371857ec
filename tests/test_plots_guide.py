"""Figures of lesson 00: the table of decisions and scores before and after."""

import pytest

from course_utils import plots
from course_utils.errors import DataError

ALT = "A figure for a test of the guide's figures."
ADVICE = {(row, column): f"{row} and {column}" for row in ("many", "few") for column in ("close", "distant")}


def _texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_only_the_readers_cell_is_marked():
    figure = plots.decision_grid(ADVICE, alt=ALT, here=("few", "close"))
    assert [text for text in _texts(figure) if "your case" in text] == ["▼ your case"]
    widths = [patch.get_linewidth() for patch in figure.axes[0].patches]
    assert widths.index(max(widths)) == 2 and widths.count(max(widths)) == 1
    assert not any("your case" in text for text in _texts(plots.decision_grid(ADVICE, alt=ALT)))


def test_the_first_row_stands_on_top():
    axes = plots.decision_grid(ADVICE, alt=ALT).axes[0]
    heights = {text.get_text(): axes.transData.transform(text.get_position())[1] for text in axes.texts}
    assert heights["many and close"] > heights["few and close"]


@pytest.mark.parametrize(("advice", "here", "words"), [
    ({}, None, "0 cells"), ({("a", "b"): "x", ("c", "d"): "y"}, None, "2 cells"), (ADVICE, ("none", "close"), "no cell"),
])
def test_a_table_with_holes_and_a_case_outside_are_refused(advice, here, words):
    with pytest.raises(DataError, match=words):
        plots.decision_grid(advice, alt=ALT, here=here)


def test_the_means_before_and_after_are_written_at_their_points():
    figure = plots.before_after({"one": ([0.5, 0.7], [0.8, 1.0]), "two": ([0.1], [0.3])}, alt=ALT, ylabel="accuracy")
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["0.60", "0.90", "0.10", "0.30"]
    assert [len(axes.lines) for axes in figure.axes] == [3, 2]  # a line for each seed and their mean


@pytest.mark.parametrize(("scores", "words"), [
    ({}, "0 comparisons"), ({str(k): ([0], [1]) for k in range(7)}, "7 comparisons"), ({"a": ([0, 1], [1])}, "after"),
    ({"a": ([float("nan")], [1])}, "'a'"), ({"a": ([], [])}, "'a'"),
])
def test_scores_that_are_no_pairs_are_refused(scores, words):
    with pytest.raises(DataError, match=words):
        plots.before_after(scores, alt=ALT, ylabel="accuracy")
