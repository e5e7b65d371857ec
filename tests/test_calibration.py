"""Calibration is measured as by hand, and a known temperature is found again."""

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import calibration


def test_reliability_equals_a_table_made_by_hand():
    probabilities = np.array([[.95, .05], [.9, .1], [.65, .35], [.35, .65], [.62, .38], [0., 1.]])
    labels = np.array([0, 1, 0, 0, 0, 1])
    table = calibration.reliability(probabilities, labels, bins=5)
    assert table.edges.tolist() == pytest.approx([0, .2, .4, .6, .8, 1])
    assert table.counts.tolist() == [0, 0, 0, 3, 3]
    assert table.confidence[3:] == pytest.approx([.64, .95]) and table.accuracy[3:] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(table.confidence[:3]).all() and np.isnan(table.accuracy[:3]).all()
    assert table.error == pytest.approx((3 * (2 / 3 - .64) + 3 * (.95 - 2 / 3)) / 6)


def test_a_perfect_model_has_little_error_and_a_boaster_what_it_boasts():
    generator = np.random.default_rng(0)
    share = generator.uniform(.5, 1, 20000)
    labels = (generator.random(20000) > share).astype(int)
    assert calibration.reliability(np.stack([share, 1 - share], 1), labels).error < .015
    boast = np.tile([1., 0.], (20000, 1))
    assert calibration.reliability(boast, labels).error == pytest.approx(labels.mean())


def drawn_scores(temperature, n=6000, classes=5):
    """Draw labels from softmax(scores / temperature)."""
    generator = np.random.default_rng(3)
    scores = generator.normal(0, 2, (n, classes))
    noise = generator.gumbel(size=scores.shape)
    return scores, (scores / temperature + noise).argmax(1)


@pytest.mark.parametrize("temperature", [.5, 1., 2.5])
def test_the_temperature_that_made_the_labels_is_found_again(temperature):
    scores, labels = drawn_scores(temperature)
    assert calibration.fit_temperature(scores, labels) == pytest.approx(temperature, rel=.08)


def test_scaling_repairs_the_error_and_changes_no_winner():
    scores, labels = drawn_scores(2.5)
    before = calibration.tempered(scores, 1)
    after = calibration.tempered(scores, calibration.fit_temperature(scores[:3000], labels[:3000]))
    assert np.array_equal(before.argmax(1), after.argmax(1)) and np.allclose(after.sum(1), 1)
    errors = [calibration.reliability(one[3000:], labels[3000:]).error for one in (before, after)]
    assert errors[0] > .1 and errors[1] < .04


def test_logarithms_of_probabilities_serve_as_scores():
    scores, labels = drawn_scores(2.)
    logarithms = np.log(calibration.tempered(scores, 1))
    assert calibration.fit_temperature(logarithms, labels) == pytest.approx(calibration.fit_temperature(scores, labels), rel=1e-3)
    np.testing.assert_allclose(calibration.tempered(logarithms, 3), calibration.tempered(scores, 3))


def test_scores_that_are_always_right_want_the_coldest_temperature():
    scores = np.eye(3)[np.arange(30) % 3]
    assert calibration.fit_temperature(scores, np.arange(30) % 3) < .06


@pytest.mark.parametrize(("call", "message"), [
    (lambda: calibration.reliability(np.ones((3, 2)), [0, 1, 0]), "no probabilities"),
    (lambda: calibration.reliability(np.full((3, 2), .5), [0, 1]), "do not fit together"),
    (lambda: calibration.reliability(np.full((3, 2), .5), [0, 1, 2]), "do not point into 2 classes"),
    (lambda: calibration.reliability(np.full((3, 2), .5), [0, 1, 1], bins=0), "bins is 0"),
    (lambda: calibration.reliability(np.full(3, .5), [0, 1, 1]), "do not fit together"),
    (lambda: calibration.fit_temperature(np.full((2, 2), -np.inf), [0, 1]), "no finite number"),
    (lambda: calibration.tempered(np.ones((2, 2)), 0), "temperature is 0"),
])
def test_bad_input_gives_one_clear_error(call, message):
    with pytest.raises(DataError, match=message) as error:
        call()
    assert error.value.hint
