"""The reliability diagram shows each bin's share, its confidence, the gap between them, and how many it holds."""

from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import plots
from course_utils.errors import DataError

ALT = "A reliability diagram that was made for a test of its marks."


def table(**changes):
    values = {"edges": np.linspace(0, 1, 5), "counts": np.array([0, 4, 10, 1200]),
              "confidence": np.array([np.nan, .4, .6, .9]), "accuracy": np.array([np.nan, .5, .6, .7]), "error": .1234}
    return SimpleNamespace(**{**values, **changes})


def test_bars_gaps_lines_and_counts_are_those_of_the_table():
    axes = plots.reliability({"as trained": table()}, alt=ALT).axes[0]
    bars = [bar for bar in axes.patches if bar.get_facecolor()[3]]
    gaps = [bar for bar in axes.patches if not bar.get_facecolor()[3]]
    assert [bar.get_height() for bar in bars] == pytest.approx([.5, .6, .7])           # the empty bin has no bar
    assert [bar.get_x() for bar in bars] == pytest.approx([.25, .5, .75])
    assert [(gap.get_y(), gap.get_height()) for gap in gaps] == [pytest.approx(pair) for pair in ((.4, .1), (.6, 0), (.7, .2))]
    assert [segment[0, 1] for segment in axes.collections[0].get_segments()] == pytest.approx([.4, .6, .9])
    assert [text.get_text() for text in axes.texts] == ["4", "10", "1,200"]
    assert axes.get_title(loc="left") == "as trained: error 0.123"


def test_panels_stand_side_by_side_with_one_scale():
    panels = plots.reliability({"before": table(), "after": table(error=.01)}, alt=ALT).axes
    assert len(panels) == 2 and panels[0].get_ylim() == panels[1].get_ylim()
    assert panels[0].get_ylabel() and not panels[1].get_ylabel()


@pytest.mark.parametrize(("panels", "message"), [
    ({}, "0 panels"), ({name: table() for name in "abcd"}, "4 panels"), ({"a": "none"}, "no table of bins"),
    ({"a": table(counts=np.zeros(4))}, "no prediction"), ({"a": table(accuracy=np.zeros(3))}, "counts of shape"),
])
def test_what_cannot_be_drawn_is_refused(panels, message):
    with pytest.raises(DataError, match=message):
        plots.reliability(panels, alt=ALT)
