"""A figure with controls: widgets for a reader who can move them, one picture for everybody else."""

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
    ({"kind": ["a", "c"]}, "default of 'kind', 'b'"),
    ({"strength": (1.5, 2.0, 0.1)}, "default of 'strength', 1.0"),
])
def test_a_control_that_cannot_work_is_refused_before_anything_is_drawn(shown, controls, words):
    with pytest.raises(DataError, match=words):
        plots.explore(draw, **controls)
    assert shown[0] == []
