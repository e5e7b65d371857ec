"""Importance weights against the true density ratio, and the formulas against their definitions done by brute force."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from course_utils.data import shifted
from course_utils.errors import DataError
from course_utils.shift import weighting

LEAST_CORRELATION = {
    weighting.LogisticRatio: 0.9, weighting.KernelDensityRatio: 0.85, weighting.LeastSquaresRatio: 0.75,
    weighting.KernelMeanMatching: 0.85,
}
ESTIMATORS = list(LEAST_CORRELATION)
RATIOS = ESTIMATORS[:3]  # these also know the ratio at new points


@pytest.fixture(autouse=True)
def one_thread():
    """Hundreds of tiny fits: threads that wait for each other would take most of the time."""
    with threadpool_limits(1):
        yield


def covariate(n, seed):
    return shifted.make_shifted("covariate", n_source=n, n_target=n, seed=seed)


def correlation(weights, truth):
    return np.corrcoef(weights, truth)[0, 1]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("made", [
    lambda seed: shifted.make_shifted("covariate", seed=seed), lambda seed: shifted.make_shifted_regression(seed=seed)])
def test_weights_go_up_and_down_with_the_true_ratio(estimator, made):
    for seed in range(3):
        data = made(seed)
        weights = estimator().fit(data.source_X, data.target_X).weights_
        assert correlation(weights, data.density_ratio(data.source_X)) > LEAST_CORRELATION[estimator]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_more_data_bring_the_weights_nearer_to_the_true_ratio(estimator):
    def error(n):
        errors = []
        for seed in range(6):
            data = covariate(n, seed)
            ratio = data.density_ratio(data.source_X)
            errors.append(np.abs(estimator().fit(data.source_X, data.target_X).weights_ - ratio / ratio.mean()).mean())
        return np.mean(errors)

    assert error(800) < 0.85 * error(100)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_without_a_shift_all_weights_are_near_1(estimator):
    data = shifted.make_shifted("none", n_target=400, seed=1)
    weights = estimator().fit(data.source_X, data.target_X).weights_
    assert weighting.effective_sample_size(weights) > 0.8 * 400
    assert np.quantile(np.abs(weights - 1), 0.8) < 0.5


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_weighted_source_has_nearly_the_targets_mean_and_spread(estimator):
    data = covariate(400, 3)
    weights = estimator().fit(data.source_X, data.target_X).weights_
    x, target = data.source_X[:, 0], data.target_X[:, 0]
    assert weights.shape == (400,) and weights.min() >= 0 and weights.mean() == pytest.approx(1)
    assert abs((weights * x).mean() - target.mean()) < 0.25 * abs(x.mean() - target.mean())
    centred = (weights * (x - (weights * x).mean()) ** 2).mean() ** 0.5
    assert abs(centred - target.std()) < abs(x.std() - target.std())


@pytest.mark.parametrize("estimator", RATIOS)
def test_at_new_points_the_ratio_is_near_the_true_one_and_at_the_source_it_is_the_weights(estimator):
    data, new = covariate(600, 0), covariate(600, 9)
    ratio = estimator().fit(data.source_X, data.target_X)
    found, truth = ratio.predict(new.source_X), new.density_ratio(new.source_X)
    # Of ranks: dividing two densities may give one absurd ratio, which alone would decide about the usual correlation.
    assert spearmanr(found, truth).statistic > 0.95
    assert found.mean() == pytest.approx(1, abs=0.3)
    np.testing.assert_allclose(weighting.normalise_weights(ratio.predict(data.source_X)), ratio.weights_)


@pytest.mark.parametrize("estimator", RATIOS)
def test_the_ratio_is_one_of_densities_and_not_of_numbers_of_examples(estimator):
    data = shifted.make_shifted("none", n_source=1200, n_target=200, seed=2)
    assert np.median(estimator().fit(data.source_X, data.target_X).predict(data.target_X)) == pytest.approx(1, abs=0.25)


def test_logistic_regression_of_degree_2_finds_shimodairas_ratio():
    data = shifted.make_shifted_regression(n_source=20_000, n_target=10_000, seed=0)
    x = np.linspace(-0.6, 0.9, 16)[:, None]
    found = weighting.LogisticRatio(degree=2, C=1e4).fit(data.source_X, data.target_X).predict(x)
    np.testing.assert_allclose(np.log(found), np.log(data.density_ratio(x)), atol=0.15)


def test_degree_1_is_enough_for_equal_spreads_and_too_little_for_unequal_ones():
    generator = np.random.default_rng(0)
    source, shift = generator.normal(0, 1, (3000, 1)), generator.normal(0.5, 1, (3000, 1))
    truth = np.exp(0.5 * source[:, 0] - 0.125)
    assert correlation(weighting.LogisticRatio(degree=1, C=1e4).fit(source, shift).weights_, truth) > 0.99
    narrow = generator.normal(0, 0.5, (3000, 1))
    truth = np.exp(-1.5 * source[:, 0] ** 2)
    assert correlation(weighting.LogisticRatio(degree=1).fit(source, narrow).weights_, truth) < 0.3
    assert correlation(weighting.LogisticRatio(degree=2).fit(source, narrow).weights_, truth) > 0.99


def test_a_strong_penalty_pulls_all_weights_to_1():
    data = covariate(300, 0)
    free, held = (weighting.LogisticRatio(C=C).fit(data.source_X, data.target_X).weights_ for C in (1, 1e-5))
    assert np.abs(held - 1).max() < 0.1 < np.abs(free - 1).max()


def held_out_error(source, target, centres, width, penalty):
    """uLSIF's leave-one-out error as defined: fit without the i-th pair, look at the i-th pair."""
    def kernels(points):
        return np.exp(-cdist(points, centres, "sqeuclidean") / (2 * width**2))

    errors = []
    for i in range(len(source)):
        at_source, at_target = kernels(np.delete(source, i, 0)), kernels(np.delete(target, i, 0))
        matrix = at_source.T @ at_source / len(at_source) + penalty * np.eye(len(centres))
        coefficients = np.maximum(np.linalg.solve(matrix, at_target.mean(axis=0)), 0)
        errors.append((kernels(source[[i]]) @ coefficients) ** 2 / 2 - kernels(target[[i]]) @ coefficients)
    return np.mean(errors)


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
@pytest.mark.parametrize("penalty", [0.001, 0.1, 10])
@pytest.mark.parametrize("width", [0.3, 1.0])
def test_ulsifs_closed_leave_one_out_error_equals_leaving_each_pair_out(width, penalty):
    data = covariate(40, 0)
    fitted = weighting.LeastSquaresRatio(n_kernels=15, widths=(width,), penalties=(penalty,)).fit(
        data.source_X, data.target_X)
    assert fitted.centres_.shape == (15, 2) and fitted.penalty_ == penalty
    assert fitted.width_ == pytest.approx(width * weighting.median_distance(data.target_X))
    # Which source point goes with which target point is drawn in fit, so the error is asked for in the given order.
    closed = fitted._leave_one_out(data.source_X, data.target_X, fitted.width_, penalty)
    assert closed == pytest.approx(
        held_out_error(data.source_X, data.target_X, fitted.centres_, fitted.width_, penalty), rel=1e-8)


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
def test_ulsif_takes_the_width_and_penalty_of_the_smallest_error():
    data = covariate(60, 1)
    scores = {(width, penalty): weighting.LeastSquaresRatio(widths=(width,), penalties=(penalty,)).fit(
        data.source_X, data.target_X).score_ for width in (0.25, 1, 4) for penalty in (0.01, 1)}
    chosen = weighting.LeastSquaresRatio(widths=(0.25, 1, 4), penalties=(0.01, 1)).fit(data.source_X, data.target_X)
    width, penalty = min(scores, key=scores.get)
    assert (chosen.score_, chosen.penalty_) == (scores[width, penalty], penalty)
    assert chosen.width_ == pytest.approx(width * weighting.median_distance(data.target_X))


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
@pytest.mark.parametrize("settings", [
    dict(), dict(slack=0.0), dict(slack=0.05, ridge=0.0, iterations=3000), dict(largest=2.0, iterations=1000),
    dict(largest=1.5, slack=0.1, ridge=1.0), dict(width=0.5)])
def test_kernel_mean_matching_keeps_its_bounds_and_no_general_solver_does_better(settings):
    data = shifted.make_shifted("covariate", n_source=25, n_target=30, strength=0.7, seed=4)
    matching = weighting.KernelMeanMatching(**settings).fit(data.source_X, data.target_X)
    width = settings.get("width") or weighting.median_distance(data.target_X)
    slack, largest = settings.get("slack", 1 - 1 / np.sqrt(25)), settings.get("largest", 1000)
    kernel = np.exp(-cdist(data.source_X, data.source_X) ** 2 / (2 * width**2))
    kernel += settings.get("ridge", 0.3) * np.eye(25)
    pull = 25 / 30 * np.exp(-cdist(data.source_X, data.target_X) ** 2 / (2 * width**2)).sum(axis=1)

    def objective(weights):
        return weights @ kernel @ weights / 2 - pull @ weights

    found = matching.matched_
    assert found.min() >= 0 and found.max() <= largest and abs(found.mean() - 1) <= slack + 1e-9
    limits = [{"type": "ineq", "fun": lambda weights, sign=sign: slack + sign * (weights.mean() - 1)}
              for sign in (1, -1)]
    best = minimize(objective, np.ones(25), jac=lambda weights: kernel @ weights - pull, bounds=[(0, largest)] * 25,
                    constraints=limits, method="SLSQP", options={"maxiter": 1000, "ftol": 1e-12})
    assert best.success and objective(found) <= best.fun + 1e-4 * abs(best.fun)
    np.testing.assert_allclose(matching.weights_, found / found.mean())


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
def test_without_its_ridge_kernel_mean_matching_heaps_the_weight_on_few_points():
    data = covariate(100, 0)
    sizes = [weighting.effective_sample_size(weighting.KernelMeanMatching(ridge=ridge, iterations=2000).fit(
        data.source_X, data.target_X).weights_) for ridge in (0, 0.3)]
    assert sizes[0] < 0.7 * sizes[1]


def test_kernel_mean_matching_says_that_it_knows_no_new_points():
    with pytest.raises(DataError, match="source points only"):
        weighting.KernelMeanMatching().predict([[0.0]])


def test_the_effective_sample_size_counts_equal_weights_and_sees_a_single_one():
    assert weighting.effective_sample_size(np.full(37, 0.2)) == pytest.approx(37)
    assert weighting.effective_sample_size([0, 0, 5, 0]) == pytest.approx(1)
    assert weighting.effective_sample_size([1, 1, 0, 0]) == pytest.approx(2)
    assert weighting.effective_sample_size([3, 1]) == pytest.approx(16 / 10)


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e200, 1e307])
def test_tiny_and_huge_weights_have_the_size_and_the_shares_of_usual_ones(scale):
    usual = np.array([3.0, 1.0, 4.0, 2.0])
    assert weighting.effective_sample_size(usual * scale) == pytest.approx(100 / 30, rel=1e-3)
    np.testing.assert_allclose(weighting.normalise_weights(usual * scale), usual / 2.5, rtol=1e-3)


def test_the_effective_sample_size_tells_the_variance_of_a_weighted_mean():
    generator = np.random.default_rng(0)
    weights = generator.exponential(size=50) ** 2
    means = (generator.standard_normal((20_000, 50)) * weights).sum(axis=1) / weights.sum()
    assert 1 / means.var() == pytest.approx(weighting.effective_sample_size(weights), rel=0.05)


def test_clipping_holds_the_largest_back_and_leaves_mean_and_order():
    weights = np.array([1.0, 2.0, 3.0, 94.0])  # mean 25: bound 2 is 50
    np.testing.assert_allclose(weighting.clip_weights(weights, 2), np.array([1, 2, 3, 50]) / 14)
    np.testing.assert_allclose(weighting.clip_weights(weights, 4), weights / 25)
    size = weighting.effective_sample_size
    assert size(weighting.clip_weights(weights, 2)) > size(weights)
    assert weights.tolist() == [1, 2, 3, 94]


@pytest.mark.parametrize(("wrong", "words"), [
    ([], "shape"), ([[1.0]], "shape"), (2.0, "shape"), ([1, -1], "negative"), ([1, np.nan], "no finite"),
    ([1, np.inf], "no finite"), ([0, 0], "All weights are 0"),
])
@pytest.mark.parametrize("function", [
    weighting.effective_sample_size, weighting.normalise_weights, lambda weights: weighting.clip_weights(weights, 2)])
def test_what_are_no_weights_is_refused(function, wrong, words):
    with pytest.raises(DataError, match=words):
        function(wrong)


@pytest.mark.parametrize("model", [LinearRegression(), make_pipeline(FunctionTransformer(), LinearRegression())])
def test_a_weight_of_3_is_worth_three_examples_in_a_model_and_in_a_pipeline(model):
    X, y, weights = np.array([[0.0], [1.0], [3.0]]), np.array([1.0, 0.0, 5.0]), np.array([1, 3, 2])
    fitted = weighting.fit_weighted(model, X, y, weights)
    assert fitted is model
    repeated = LinearRegression().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(fitted.predict(X), repeated.predict(X))


def test_weights_of_the_true_ratio_bend_shimodairas_line_to_the_target():
    def error(weights):
        line = weighting.fit_weighted(LinearRegression(), data.source_X, data.source_y, weights)
        return np.mean((line.predict(data.target_X) - data.truth(data.target_X)) ** 2)

    for seed in range(5):
        data = shifted.make_shifted_regression(n_source=400, n_target=400, seed=seed)
        estimated = weighting.LogisticRatio().fit(data.source_X, data.target_X).weights_
        assert max(error(data.density_ratio(data.source_X)), error(estimated)) < 0.5 * error(np.ones(400))


@pytest.mark.parametrize("largest", [0.9, -1, np.nan])
def test_no_bound_below_the_mean_can_be_kept(largest):
    with pytest.raises(DataError, match="clipped at"):
        weighting.clip_weights([1, 2], largest)


def test_the_median_distance_is_that_of_the_definition_and_never_0():
    points = np.random.default_rng(0).normal(size=(40, 3))
    distances = cdist(points, points)[np.triu_indices(40, 1)]
    assert weighting.median_distance(points) == pytest.approx(np.median(distances))
    assert weighting.median_distance([[2.0]] * 5) == 1
    many = np.random.default_rng(1).normal(size=(2000, 3))
    assert weighting.median_distance(many) == weighting.median_distance(many) == pytest.approx(
        np.median(cdist(many, many)), rel=0.05)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("gap", [6, 20, 100, 1e6])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_source_far_from_the_target_is_never_weighted_in_silence(estimator, gap, dimensions):
    generator = np.random.default_rng(0)
    source, target = generator.standard_normal((100, dimensions)), generator.standard_normal((120, dimensions))
    target[:, 0] += gap
    ratio = estimator()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ratio.fit(source, target)
        except DataError as error:
            assert "No source point lies where target points are" in str(error)
            return
    (warning,) = caught
    assert warning.category is weighting.OverlapWarning and warning.filename == __file__
    size = weighting.effective_sample_size(ratio.weights_)
    assert f"100 source points are worth {size:.1f} points" in str(warning.message)
    assert np.isfinite(ratio.weights_).all() and ratio.weights_.mean() == pytest.approx(1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_usual_shift_is_weighted_without_a_warning(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in ("none", "covariate"):
            data = shifted.make_shifted(kind, seed=0)
            estimator().fit(data.source_X, data.target_X)


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_two_rows_and_columns_that_do_not_vary_give_finite_weights(estimator):
    generator = np.random.default_rng(0)
    source, target = generator.normal(size=(30, 2)), generator.normal(size=(20, 2))
    source[:, 1] = target[:, 1] = 7
    for pair in ((source, target), (source[:2], target[:2]), (np.ones((9, 1)), np.ones((9, 1)))):
        weights = estimator().fit(*pair).weights_
        assert np.isfinite(weights).all() and weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_estimator_keeps_to_scikit_learns_conventions(estimator):
    ratio = estimator()
    name, value = next(iter(ratio.get_params().items()))
    copy = clone(ratio.set_params(**{name: value}))
    assert copy is not ratio and copy.get_params() == ratio.get_params()
    data = covariate(50, 0)
    source, target = data.source_X.copy(), data.target_X.copy()
    assert ratio.fit(source, target) is ratio
    assert np.array_equal(source, data.source_X) and np.array_equal(target, data.target_X)
    assert not hasattr(clone(ratio), "weights_")
    np.testing.assert_array_equal(copy.fit(source, target).weights_, ratio.weights_)


@pytest.mark.parametrize("estimator", RATIOS)
def test_an_estimator_does_not_predict_before_it_is_fitted_or_other_columns(estimator):
    with pytest.raises(DataError, match="does not know source and target yet"):
        estimator().predict([[0.0]])
    data = covariate(50, 0)
    with pytest.raises(DataError, match="3 columns, the estimator was fitted on 2"):
        estimator().fit(data.source_X, data.target_X).predict([[1.0, 2.0, 3.0]])


@pytest.mark.filterwarnings("ignore::course_utils.shift.weighting.OverlapWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_list_of_numbers_is_one_column(estimator):
    data = shifted.make_shifted("covariate", n_source=40, n_target=50, dimensions=1)
    as_lists = estimator().fit(data.source_X[:, 0].tolist(), data.target_X[:, 0].tolist())
    np.testing.assert_array_equal(as_lists.weights_, estimator().fit(data.source_X, data.target_X).weights_)


GOOD = np.random.default_rng(0).normal(size=(20, 2))


def with_one(value):
    X = GOOD.copy()
    X[3, 1] = value
    return X


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("source", "target", "words"), [
    ([], GOOD, "source has 0 examples"),
    (GOOD, GOOD[:0], "target has 0 examples"),
    (GOOD[:1], GOOD, "source has 1 examples"),
    (GOOD, with_one(np.nan), "1 of 20 rows of the target hold NaN or infinity, the first is row 3"),
    (with_one(np.inf), GOOD, "1 of 20 rows of the source"),
    (GOOD, GOOD[:, :1], "source has 2 columns, the target 1"),
    (GOOD, [["blue", "red"]] * 20, "target holds something that is no number"),
    ([[1, 2], [3]], GOOD, "source holds something"),
    (GOOD[None], GOOD, r"source has the shape \(1, 20, 2\)"),
    (GOOD, np.empty((20, 0)), r"target has the shape \(20, 0\)"),
])
def test_samples_that_cannot_be_used_are_refused_with_their_reason(estimator, source, target, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        estimator().fit(source, target)


def test_the_order_of_the_rows_does_not_matter_much():
    data = covariate(600, 3)
    order, truth = np.argsort(data.source_X[:, 0]), data.density_ratio(data.source_X)
    for estimator in (weighting.LeastSquaresRatio(), weighting.KernelDensityRatio()):
        mixed = correlation(estimator.fit(data.source_X, data.target_X[:200]).weights_, truth)
        in_order = correlation(estimator.fit(data.source_X[order], data.target_X[:200]).weights_, truth[order])
        assert abs(mixed - in_order) < 0.08


@pytest.mark.parametrize(("estimator", "words"), [
    (weighting.KernelMeanMatching(largest=0.5), "bound 0.5"),
    (weighting.KernelMeanMatching(slack=-1), "slack -1"),
    (weighting.KernelMeanMatching(ridge=-1), "ridge -1"),
    (weighting.KernelMeanMatching(width=0), "width 0"),
    (weighting.LeastSquaresRatio(n_kernels=0), "0 kernels"),
    (weighting.LeastSquaresRatio(widths=()), "widths"),
    (weighting.LogisticRatio(degree=0), "degree 0"),
    (weighting.LogisticRatio(C=0), "C=0"),
    (weighting.KernelDensityRatio(bandwidths=()), "bandwidths"),
])
def test_a_parameter_that_allows_no_weights_is_named(estimator, words):
    data = covariate(40, 0)
    with pytest.raises(DataError, match=words):
        estimator.fit(data.source_X, data.target_X)


def test_mean_matching_without_slack_does_not_hide_that_nothing_overlaps():
    source = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(DataError, match="No source point"):
        weighting.KernelMeanMatching(slack=0).fit(source, source + 100)
