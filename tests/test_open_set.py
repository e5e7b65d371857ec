"""Rejection: the area is the chance that an unknown scores lower, and the threshold keeps its promise."""

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import open_set


def test_the_area_is_the_probability_that_an_unknown_scores_lower():
    generator = np.random.default_rng(0)
    known, unknown = generator.normal(1, 1, 300), generator.normal(0, 1, 200)
    by_counting = np.mean(unknown[:, None] < known)
    assert open_set.rejection_curve(known, unknown).area == pytest.approx(by_counting)


def test_a_curve_by_hand():
    curve = open_set.rejection_curve(np.array([.9, .8, .7, .3]), np.array([.75, .2]))
    assert curve.area == pytest.approx(6 / 8)
    # All below .75 refused: one of two unknown costs one of four known; below .8: both, for two.
    assert curve.at(np.array([0, .5, 1])) == pytest.approx([.5, 1, 1])


@pytest.mark.parametrize(("known", "unknown", "area"), [([3, 4], [1, 2], 1), ([1, 2], [3, 4], 0), ([1, 1], [1, 1], .5)])
def test_perfect_upside_down_and_blind_scores(known, unknown, area):
    assert open_set.rejection_curve(np.array(known), np.array(unknown)).area == area


def test_the_threshold_rejects_that_share_of_new_known_examples():
    generator = np.random.default_rng(1)
    threshold = open_set.rejection_threshold(generator.random(4000), .05)
    assert np.mean(generator.random(4000) < threshold) == pytest.approx(.05, abs=.015)
    assert open_set.rejection_threshold(np.arange(101), .1) == 10


@pytest.mark.parametrize(("call", "message"), [
    (lambda: open_set.rejection_curve([], [1.]), "known examples have the shape"),
    (lambda: open_set.rejection_curve([1.], [np.nan]), "unknown examples"),
    (lambda: open_set.rejection_curve([[1.]], [1.]), "shape"),
    (lambda: open_set.rejection_threshold([1., 2.], 5), "false rejections is 5"),
    (lambda: open_set.rejection_threshold([], .05), "shape"),
])
def test_bad_input_gives_one_clear_error(call, message):
    with pytest.raises(DataError, match=message) as error:
        call()
    assert error.value.hint
