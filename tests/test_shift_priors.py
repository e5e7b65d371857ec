"""Estimated class shares against the true ones, and the correction of probabilities against Bayes' rule by hand."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone

from course_utils.data import shifted
from course_utils.errors import DataError
from course_utils.shift import priors

ESTIMATORS = [priors.SaerensEM(), priors.BlackBoxShift(), priors.BlackBoxShift(soft=True)]
NAMES = ["EM", "hard BBSE", "soft BBSE"]
estimators = pytest.mark.parametrize("estimator", ESTIMATORS, ids=NAMES)


def two(share):
    return np.column_stack([1 - share, share])


def outputs(data):
    """What a perfect source model says about the source and about the target."""
    return two(data.source_posterior(data.source_X)), two(data.source_posterior(data.target_X))


def errors(estimator, kind, n, seeds=8):
    """Errors of the share of class 1, one for each seed."""
    found = []
    for seed in range(seeds):
        data = shifted.make_shifted(kind, direction="Y→X", n_source=n, n_target=n, seed=seed)
        source, target = outputs(data)
        found.append(clone(estimator).fit(source, data.source_y).estimate(target)[1] - data.target_prior[1])
    return np.abs(found)


# Ten values of x and their counts in three classes: a world that a table holds exactly.
COUNTS = np.random.default_rng(0).integers(1, 30, (10, 3)) + 40 * (np.arange(10)[:, None] // 4 == np.arange(3))


def world(repeats):
    """Probabilities P_source(y|x) and labels of all examples, each class repeated so many times."""
    rows, labels = (index.ravel() for index in np.indices(COUNTS.shape))
    times = (COUNTS * repeats).ravel()
    return np.repeat((COUNTS / COUNTS.sum(axis=1, keepdims=True))[rows], times, axis=0), np.repeat(labels, times)


@pytest.mark.parametrize("repeats", [(1, 1, 1), (1, 6, 2), (9, 1, 1), (0, 1, 3)])
@pytest.mark.parametrize(("estimator", "within"), [
    (priors.SaerensEM(iterations=3000, tolerance=1e-11), 2e-4), (ESTIMATORS[1], 1e-9), (ESTIMATORS[2], 1e-9),
], ids=NAMES)
def test_three_shares_are_found_exactly_where_only_the_shares_have_changed(estimator, within, repeats):
    source, labels = world((1, 1, 1))
    target, target_labels = world(repeats)
    truth = np.bincount(target_labels, minlength=3) / len(target_labels)
    found = clone(estimator).fit(source, labels).estimate(target)
    assert found.shape == (3,) and found.sum() == pytest.approx(1) and found.min() >= 0
    np.testing.assert_allclose(found, truth, atol=within)


@estimators
def test_from_perfect_probabilities_the_true_share_is_found_and_more_data_find_it_better(estimator):
    few, many = errors(estimator, "prior", 200), errors(estimator, "prior", 8000)
    assert many.max() < 0.06
    assert many.mean() < 0.6 * few.mean()


@estimators
def test_without_a_shift_the_estimate_is_the_sources_share(estimator):
    assert errors(estimator, "none", 4000).max() < 0.04


@estimators
def test_estimators_beat_counting_which_leans_to_the_source(estimator):
    counted = []
    for seed in range(8):
        data = shifted.make_shifted("prior", n_source=2, n_target=1000, seed=seed)
        share = priors.classify_and_count(outputs(data)[1])[1]
        assert data.source_prior[1] < share < data.target_prior[1]
        counted.append(data.target_prior[1] - share)
    assert errors(estimator, "prior", 1000).mean() < 0.5 * np.mean(counted)


def test_a_moved_p_of_x_given_y_is_mistaken_for_moved_shares():
    # As the module says: if more than the shares has changed, nothing warns.
    assert errors(priors.SaerensEM(), "concept", 4000).min() > 0.1


def test_counting_counts_the_largest_probability_of_each_row():
    outputs = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.5, 0.4, 0.1], [1, 0, 0]]
    assert priors.classify_and_count(outputs).tolist() == [0.75, 0.25, 0]


def test_the_likelihood_never_falls_along_the_path_of_em():
    for seed in range(5):
        data = shifted.make_shifted("prior", n_target=300, seed=seed)
        source, target = outputs(data)
        em = priors.SaerensEM().fit(source, data.source_y)
        found = em.estimate(target)
        likelihood = np.log((target[None] * (em.path_ / em.source_prior_)[:, None]).sum(axis=2)).sum(axis=1)
        assert len(likelihood) > 5 and (np.diff(likelihood) > -1e-6).all() and likelihood[-1] > likelihood[0] + 10
        np.testing.assert_array_equal(em.path_[0], np.bincount(data.source_y) / len(data.source_y))
        np.testing.assert_array_equal(em.path_[-1], found)
        np.testing.assert_allclose(em.path_.sum(axis=1), 1)


def test_em_stops_at_the_most_likely_share():
    data = shifted.make_shifted("prior", n_target=400, seed=2)
    source, target = outputs(data)
    em = priors.SaerensEM().fit(source, data.source_y)
    shares = np.linspace(0.01, 0.99, 981)
    likelihood = np.log(target @ (two(shares) / em.source_prior_).T).sum(axis=0)
    assert em.estimate(target)[1] == pytest.approx(shares[likelihood.argmax()], abs=0.002)


def test_em_does_no_more_iterations_than_allowed():
    data = shifted.make_shifted("prior")
    source, target = outputs(data)
    em = priors.SaerensEM(iterations=3, tolerance=0).fit(source, data.source_y)
    em.estimate(target)
    assert em.path_.shape == (4, 2)


def test_corrected_probabilities_are_the_targets_true_posterior():
    data = shifted.make_shifted("prior", n_target=2000)
    corrected = priors.adjust_probabilities(outputs(data)[1], data.source_prior, data.target_prior)
    np.testing.assert_allclose(corrected[:, 1], data.target_posterior(data.target_X), atol=3e-5)


def test_the_correction_equals_bayes_rule_by_hand_for_three_classes():
    # Three normal classes; P(y|x) under both sets of shares straight from the densities.
    x = np.linspace(-2, 4, 30)
    likelihood = norm.pdf(x[:, None], [0, 1, 2], [1, 0.8, 1.3])
    source, target = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    before, after = (likelihood * shares / (likelihood @ shares)[:, None] for shares in (source, target))
    np.testing.assert_allclose(priors.adjust_probabilities(before, source, target), after, rtol=1e-9)
    np.testing.assert_allclose(priors.adjust_probabilities(after, target, source), before, rtol=1e-9)
    np.testing.assert_allclose(priors.adjust_probabilities(before, source, source), before, rtol=1e-9)
    # 0.8 * (0.9 / 0.5) against 0.2 * (0.1 / 0.5): 1.44 to 0.04
    assert priors.adjust_probabilities([[0.8, 0.2]], [0.5, 0.5], [0.9, 0.1])[0, 0] == pytest.approx(1.44 / 1.48)


def test_the_zeros_of_a_forest_stop_neither_the_correction_nor_em():
    certain = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    corrected = priors.adjust_probabilities(certain, [0.5, 0.5], [0.9, 0.1])
    np.testing.assert_allclose(corrected, certain, atol=1e-4)
    np.testing.assert_allclose(corrected.sum(axis=1), 1)
    gone = priors.adjust_probabilities(certain, [0.5, 0.5], [1, 0])  # class 1 is excluded, whatever the forest says
    assert gone.tolist() == [[1, 0]] * 4
    em = priors.SaerensEM().fit(certain[:2], [0, 1])
    np.testing.assert_allclose(em.estimate(certain), [0.75, 0.25], atol=1e-3)
    np.testing.assert_allclose(em.estimate(np.eye(2)[[0] * 50]), [1, 0], atol=1e-3)


@estimators
def test_adjusting_corrects_with_the_estimate_and_makes_more_answers_right(estimator):
    data = shifted.make_shifted("prior", n_source=4000, n_target=4000, seed=1)
    source, target = outputs(data)
    fitted = clone(estimator).fit(source, data.source_y)
    np.testing.assert_array_equal(
        fitted.adjust(target), priors.adjust_probabilities(target, fitted.source_prior_, fitted.estimate(target)))
    right = [(answer.argmax(axis=1) == data.target_y).mean() for answer in
             (target, fitted.adjust(target), two(data.target_posterior(data.target_X)))]
    assert right[1] > right[0] + 0.1 and right[1] > right[2] - 0.03


def test_black_box_shift_needs_no_true_probabilities_only_a_useful_model():
    # Squeezed to 0.5 ± 0.1, the probabilities are wrong; EM believes them, and BBSE does not mind.
    found = {name: [] for name in NAMES}
    for seed in range(5):
        data = shifted.make_shifted("prior", n_source=4000, n_target=4000, seed=seed)
        source, target = (0.4 + 0.2 * probabilities for probabilities in outputs(data))
        answers = source.argmax(axis=1)  # the squeezing moves no answer
        assert (answers == outputs(data)[0].argmax(axis=1)).all()
        for name, estimator in zip(NAMES, ESTIMATORS):
            share = clone(estimator).fit(source, data.source_y).estimate(target)[1]
            found[name].append(abs(share - data.target_prior[1]))
    assert max(np.mean(found["hard BBSE"]), np.mean(found["soft BBSE"])) < 0.05 < 0.1 < np.mean(found["EM"])


@pytest.mark.parametrize("numbers", [(100, 100), (1000, 20)])
def test_the_confusion_matrix_and_its_condition_are_those_of_the_definition(numbers):
    # P(predicted | true) is (0.9, 0.1) and (0.2, 0.8) whatever the shares are.
    labels = np.repeat([0, 1], numbers)
    predicted = np.concatenate([np.arange(n) >= share * n for n, share in zip(numbers, (0.9, 0.2))]).astype(int)
    fitted = priors.BlackBoxShift().fit(np.eye(2)[predicted], labels)
    joint = np.array([[0.9, 0.2], [0.1, 0.8]]) * np.array(numbers) / sum(numbers)
    np.testing.assert_allclose(fitted.confusion_, joint)
    assert fitted.condition_ == pytest.approx(np.linalg.cond([[0.9, 0.2], [0.1, 0.8]]))


def test_the_condition_tells_a_good_model_from_a_poor_one():
    data = shifted.make_shifted("prior", n_source=4000)
    source, _ = outputs(data)
    noise = np.random.default_rng(0).random(len(source))
    poor = np.where((noise < 0.8)[:, None], two((noise > 0.4).astype(float)), source)
    conditions = [priors.BlackBoxShift().fit(one, data.source_y).condition_ for one in (source, poor)]
    assert 1 <= conditions[0] < 5 < conditions[1]


@pytest.mark.parametrize(("soft", "probabilities"), [
    (False, np.tile([0.9, 0.1], (6, 1))),  # never says class 1
    (True, np.tile([0.9, 0.1], (6, 1))),
    (False, np.eye(3)[[0, 0, 1, 1, 1, 1]]),  # classes 1 and 2 look the same
    (True, np.tile([[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]], (3, 1))),
])
def test_a_model_that_cannot_tell_two_classes_apart_gives_one_clear_error(soft, probabilities):
    labels = np.arange(6) // (6 // probabilities.shape[1])
    with pytest.raises(DataError, match="(?s)confusion matrix cannot be inverted.*Try: "):
        priors.BlackBoxShift(soft=soft).fit(probabilities, labels)


def test_a_share_below_0_becomes_0_and_the_rest_sums_to_1():
    labels = np.repeat([0, 1], 10)
    predicted = np.eye(2)[np.r_[[0] * 8, [1] * 2, [0] * 3, [1] * 7]]
    # Even a target of class 0 alone would be predicted as 1 in two cases of ten; here it never is.
    assert priors.BlackBoxShift().fit(predicted, labels).estimate(np.eye(2)[[0] * 9]).tolist() == [1, 0]


GOOD = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
BAD_PROBABILITIES = [
    (np.where(GOOD == 0.2, np.nan, GOOD), "1 of 4 rows.*NaN"),
    (2 * GOOD, "rows of the .* are no probabilities"),
    (GOOD - [0.5, -0.5], "rows of the .* are no probabilities"),
    (GOOD[:, 1], "have one column"),
    (GOOD[:, 1:], "have one column"),
    (GOOD[:0], "0 examples"),
    ([["a", "b"]], "no number"),
]


@pytest.mark.parametrize(("wrong", "words"), BAD_PROBABILITIES)
def test_what_are_no_probabilities_is_refused_everywhere(wrong, words):
    labels = [0, 1, 0, 1]
    for use in (priors.classify_and_count, lambda one: priors.adjust_probabilities(one, [0.5, 0.5], [0.1, 0.9]),
                lambda one: priors.SaerensEM().fit(one, labels), lambda one: priors.BlackBoxShift().fit(one, labels),
                priors.SaerensEM().fit(GOOD, labels).estimate, priors.BlackBoxShift().fit(GOOD, labels).adjust):
        with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
            use(wrong)


@estimators
@pytest.mark.parametrize(("labels", "words"), [
    ([0, 1, 0], r"4 source probabilities and labels of shape \(3,\)"),
    ([[0], [1], [0], [1]], r"shape \(4, 1\)"),
    ([0, 1, 2, 1], "whole numbers from 0 to 1"),
    ([-1, 1, 0, 1], "whole numbers from 0 to 1"),
    ([0.0, 1.0, 0.5, 1.0], "whole numbers"),
    (["cat", "dog", "cat", "dog"], "whole numbers"),
    ([1, 1, 1, 1], "Class 0 has no example"),
])
def test_labels_that_do_not_fit_are_refused_with_their_reason(estimator, labels, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        clone(estimator).fit(GOOD, labels)


@estimators
def test_other_classes_in_the_target_and_a_missing_fit_are_named(estimator):
    with pytest.raises(DataError, match="3 classes, the source has 2"):
        clone(estimator).fit(GOOD, [0, 1, 0, 1]).estimate(np.full((4, 3), 1 / 3))
    for use in (clone(estimator).estimate, clone(estimator).adjust):
        with pytest.raises(DataError, match="(?s)does not know the source yet.*call fit"):
            use(GOOD)


@pytest.mark.parametrize(("source", "target", "words"), [
    ([0.5, 0.25, 0.25], [0.5, 0.5], "source's shares have the shape"),
    ([0.5, 0.5], [0.5, 0.6], "target's shares .* do not sum to 1"),
    ([1.5, -0.5], [0.5, 0.5], "source's shares"),
    ([0.5, 0.5], [np.nan, 0.5], "target's shares"),
    ([0.0, 1.0], [0.5, 0.5], "Class 0 does not occur in the source"),
])
def test_shares_that_cannot_be_are_refused_with_their_reason(source, target, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        priors.adjust_probabilities(GOOD, source, target)


@estimators
def test_fit_returns_the_estimator_and_leaves_the_arrays_alone(estimator):
    probabilities, labels = GOOD.copy(), np.array([0, 1, 0, 1])
    fitted = clone(estimator)
    assert fitted.fit(probabilities, labels) is fitted and fitted.source_prior_.tolist() == [0.5, 0.5]
    fitted.adjust(probabilities)
    assert np.array_equal(probabilities, GOOD) and labels.tolist() == [0, 1, 0, 1]
