"""Each remedy helps where theory says so, hurts where it must, and never touches the model that it was given."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.svm import LinearSVC

from course_utils.data import shifted
from course_utils.errors import DataError
from course_utils.shift import remedies
from course_utils.shift.weighting import LogisticRatio, fit_weighted

STRAIGHT = make_pipeline(LogisticRegression(C=10))
CURVED = make_pipeline(PolynomialFeatures(2, include_bias=False), LogisticRegression(C=10, max_iter=1000))


def gains(kind, model, seeds=range(50, 55)):
    rows = [list(remedies.compare(model, shifted.make_shifted(kind, n_target=1040, seed=seed)).values()) for seed in seeds]
    return dict(zip(remedies.REMEDIES, np.mean(rows, axis=0) - np.mean(rows, axis=0)[0]))


def test_weights_help_a_straight_model_under_covariate_shift_and_em_hurts_it():
    gain = gains("covariate", STRAIGHT)
    assert gain["weights"] > 0.1 and gain["prior EM"] < -0.05


def test_weights_do_not_help_a_model_that_is_right():
    assert abs(gains("covariate", CURVED)["weights"]) < 0.02


def test_em_cures_prior_shift_and_weights_do_not():
    gain = gains("prior", CURVED)
    assert gain["prior EM"] > 0.1 and gain["weights"] < 0.05


def test_only_labels_cure_a_concept_shift():
    gain = gains("concept", CURVED)
    assert gain["target labels"] > 0.15 and max(gain["weights"], gain["prior EM"]) < 0.03


def test_old_data_are_better_than_a_few_labels_where_nothing_moved():
    assert gains("none", CURVED)["target labels"] < 0


@pytest.mark.parametrize("name", remedies.REMEDIES)
def test_a_remedy_returns_probabilities_and_leaves_the_model_alone(name):
    model, data = LogisticRegression(), shifted.make_shifted("covariate", n_target=200, seed=3)
    probabilities = remedies.REMEDIES[name](model, data, 40)(data.target_X)
    assert probabilities.shape == (200, 2) and np.allclose(probabilities.sum(axis=1), 1)
    assert not hasattr(model, "coef_")


def test_the_labelled_target_examples_test_nobody():
    data = shifted.make_shifted("none", n_target=400, seed=4)
    changed = shifted.ShiftedData(**{**data.__dict__, "target_y": np.r_[1 - data.target_y[:40], data.target_y[40:]]})
    before, after = remedies.compare(CURVED, data), remedies.compare(CURVED, changed)
    assert {name: before[name] == after[name] for name in before} == {
        "nothing": True, "weights": True, "prior EM": True, "target labels": False}


def test_the_weights_reach_the_last_step_of_a_pipeline_as_they_reach_a_bare_model():
    data = shifted.make_shifted("covariate", seed=5)
    weights = LogisticRatio().fit(data.source_X, data.target_X).weights_
    bare = fit_weighted(LogisticRegression(), data.source_X, data.source_y, weights)
    piped = fit_weighted(make_pipeline(LogisticRegression()), data.source_X, data.source_y, weights)
    plain = LogisticRegression().fit(data.source_X, data.source_y)
    assert np.allclose(bare.coef_, piped[-1].coef_) and not np.allclose(bare.coef_, plain.coef_)


def test_labels_of_one_class_only_are_one_clear_error():
    data = shifted.make_shifted("prior", n_target=200, seed=6)
    order = np.argsort(data.target_y)
    sorted_data = shifted.ShiftedData(
        **{**data.__dict__, "target_X": data.target_X[order], "target_y": data.target_y[order]})
    with pytest.raises(DataError, match="do not hold every class"):
        remedies.compare(STRAIGHT, sorted_data, labelled=10)


def test_nothing_left_to_test_on_is_one_clear_error():
    with pytest.raises(DataError, match="none is left to test on"):
        remedies.compare(STRAIGHT, shifted.make_shifted("none", n_target=40), labelled=40)


@pytest.mark.parametrize(("model", "words"), [
    (LinearSVC(), "LinearSVC gives no probabilities"),
    (KNeighborsClassifier(), "KNeighborsClassifier does not take weights"),
])
def test_a_model_that_a_remedy_cannot_use_is_named(model, words):
    with pytest.raises(DataError, match=words):
        remedies.compare(model, shifted.make_shifted("none", n_target=100))


def test_the_number_of_labelled_examples_and_of_weights_is_checked():
    data = shifted.make_shifted("none", n_target=100)
    with pytest.raises(DataError, match="-5 labelled"):
        remedies.compare(STRAIGHT, data, labelled=-5)
    with pytest.raises(DataError, match="3 weights for 400 examples"):
        fit_weighted(LogisticRegression(), data.source_X, data.source_y, [1, 1, 1])


def test_the_comparison_makes_no_noise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remedies.compare(CURVED, shifted.make_shifted("both", n_target=240, seed=7))
