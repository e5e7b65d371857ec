"""A figure with controls: widgets for a reader who can move them, one picture for everybody else."""

import sys

import numpy as np
import pytest

from course_utils import plots
from course_utils.errors import DataError

drawn = []


def draw(kind="b", strength=1.0):
    drawn.append((kind, strength))
    return plots.curves([0, 1], {kind: [0, strength]}, alt="A line from zero to the strength.", xlabel="x", ylabel="y")


@pytest.fixture
def shown(monkeypatch):
    """Return the lists of the settings that were drawn and of what was displayed."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **_: displayed.extend(things))
    drawn.clear()
    return drawn, displayed


def test_a_stored_run_shows_one_picture_with_the_defaults(shown, monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    plots.explore(draw, kind=["a", "b"], strength=(0.0, 2.0, 0.5))
    assert shown[0] == [("b", 1.0)]
    assert [type(thing).__name__ for thing in shown[1]] == ["Image"]


def test_without_ipywidgets_the_picture_is_shown(shown, monkeypatch):
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    plots.explore(draw, kind=["a", "b"])
    assert shown[0] == [("b", 1.0)]


def test_the_controls_begin_at_the_defaults_and_draw_again_when_they_move(shown, monkeypatch):
    import ipywidgets

    monkeypatch.delenv("COURSE_STATIC", raising=False)
    made = []
    real = ipywidgets.interact

    def interact(function, **controls):
        made.append(controls)
        return real(function, **controls)

    monkeypatch.setattr(ipywidgets, "interact", interact)
    plots.explore(draw, kind=["a", "b"], strength=(0.0, 2.0, 0.5))
    (controls,) = made
    assert (controls["kind"].value, controls["kind"].options) == ("b", ("a", "b"))
    assert (controls["strength"].min, controls["strength"].max, controls["strength"].step) == (0.0, 2.0, 0.5)
    controls["kind"].value = "a"
    controls["strength"].value = 1.5
    assert shown[0][-1] == ("a", 1.5)


@pytest.mark.parametrize(("controls", "words"), [
    ({"colour": ["red"]}, "no parameter 'colour'"),
    ({"strength": (0.0, 2.0)}, "control 'strength'"),
    ({"kind": "ab"}, "control 'kind'"),
])
def test_a_control_that_cannot_work_is_refused_before_anything_is_drawn(shown, controls, words):
    with pytest.raises(DataError, match=words):
        plots.explore(draw, **controls)
    assert shown[0] == []


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
