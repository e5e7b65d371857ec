"""The made shifts move what their table says, and the truths that come with them are true of the data."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2

from course_utils.data import shifted
from course_utils.errors import DataError

CASES = [(kind, direction, dimensions) for kind, directions in shifted.KINDS.items()
         for direction in directions for dimensions in (1, 2)]
# What stays of P(x), P(y|x), P(y) and P(x|y), and what moves. In "both" P(y) is not asked: the selection and the border
# are symmetric in x1, so that the class shares come out equal.
STAYS_AND_MOVES = {
    ("none", "X→Y"): ({"x", "y|x", "y", "x|y"}, set()),
    ("none", "Y→X"): ({"x", "y|x", "y", "x|y"}, set()),
    ("covariate", "X→Y"): ({"y|x"}, {"x"}),
    ("prior", "Y→X"): ({"x|y"}, {"y", "y|x", "x"}),
    ("concept", "X→Y"): ({"x"}, {"y|x"}),
    ("concept", "Y→X"): ({"y"}, {"x|y", "y|x", "x"}),
    ("both", "X→Y"): (set(), {"x", "y|x", "x|y"}),
}
EDGES = np.array([-np.inf, -1.5, -0.75, 0.0, 0.75, 1.5, np.inf])


def made(kind, direction, dimensions, **more):
    return shifted.make_shifted(kind, direction=direction, dimensions=dimensions, **more)


def grid(dimensions, reach=8.0, step=0.05):
    axis = np.arange(-reach, reach, step) + step / 2
    return np.array(list(product(axis, repeat=dimensions))), step**dimensions


def truths(data, side, points):
    """P(x), P(y|x), P(y) and, by Bayes' rule, P(x|y) of one side, the last as (n, 2)."""
    density, posterior = getattr(data, f"{side}_density")(points), getattr(data, f"{side}_posterior")(points)
    both = np.column_stack([1 - posterior, posterior])
    prior = getattr(data, f"{side}_prior")
    return {"x": density, "y|x": posterior, "y": prior, "x|y": density[:, None] * both / prior}


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_what_the_table_says_stays_equal_stays_and_what_it_says_moves_moves(kind, direction, dimensions):
    points, _ = grid(dimensions, reach=3, step=0.25)
    data = made(kind, direction, dimensions)
    source, target = truths(data, "source", points), truths(data, "target", points)
    stays, moves = STAYS_AND_MOVES[kind, direction]
    for name in stays:
        np.testing.assert_allclose(source[name], target[name], rtol=1e-6, atol=1e-9, err_msg=name)
    for name in moves:
        assert np.abs(source[name] - target[name]).max() > 0.1 * np.max(source[name]), name


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_density_posterior_and_prior_fit_each_other(kind, direction, dimensions):
    points, cell = grid(dimensions)
    data = made(kind, direction, dimensions)
    for side in ("source", "target"):
        truth = truths(data, side, points)
        assert truth["x"].sum() * cell == pytest.approx(1, abs=1e-6)
        assert (truth["x"] * truth["y|x"]).sum() * cell == pytest.approx(truth["y"][1], abs=1e-5)
        assert truth["y"].sum() == pytest.approx(1)
    np.testing.assert_allclose(data.density_ratio(points) * data.source_density(points), data.target_density(points))


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_the_samples_follow_the_true_density_and_the_true_posterior(kind, direction, dimensions):
    points, cell = grid(dimensions)
    places = np.digitize(points, EDGES[1:-1])
    n = 20_000
    data = made(kind, direction, dimensions, n_source=n, n_target=n, seed=11)
    for side in ("source", "target"):
        truth = truths(data, side, points)
        X, y = getattr(data, f"{side}_X"), getattr(data, f"{side}_y")
        counts, expected = [np.zeros((len(EDGES) - 1,) * dimensions + (2,)) for _ in range(2)]
        np.add.at(counts, (*np.digitize(X, EDGES[1:-1]).T, y), 1)
        for label, share in enumerate((1 - truth["y|x"], truth["y|x"])):
            np.add.at(expected, (*places.T, label), n * cell * truth["x"] * share)
        often = expected > 5
        statistic = ((counts - expected)[often] ** 2 / expected[often]).sum()
        assert chi2.sf(statistic, often.sum() - 1) > 1e-3
        assert counts[~often].sum() <= expected[~often].sum() + 5 * np.sqrt(expected[~often].sum() + 1)
        deviation = np.sqrt(truth["y"].prod() / n)
        assert abs(y.mean() - truth["y"][1]) < 4 * deviation


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_the_true_ratio_averages_1_and_turns_source_means_into_target_means(kind, direction, dimensions):
    # Half strength: at full strength a few source points carry the mean, and any result would be "within the error".
    n = 40_000
    data = made(kind, direction, dimensions, n_source=n, n_target=n, strength=0.5, seed=5)
    ratio = data.density_ratio(data.source_X)
    assert ratio.std() / np.sqrt(n) < 0.02
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / np.sqrt(n) + 1e-6
    for power in (1, 2):
        weighted, seen = ratio[:, None] * data.source_X**power, data.target_X**power
        error = np.sqrt((weighted.var(axis=0) + seen.var(axis=0)) / n)
        assert (np.abs(weighted.mean(axis=0) - seen.mean(axis=0)) < 4 * error).all()


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_strength_0_is_no_shift(kind, direction, dimensions):
    points, _ = grid(dimensions, reach=3, step=0.25)
    data = made(kind, direction, dimensions, strength=0)
    np.testing.assert_allclose(data.density_ratio(points), 1, rtol=1e-6)
    np.testing.assert_allclose(data.source_posterior(points), data.target_posterior(points), rtol=1e-9)
    np.testing.assert_allclose(data.source_prior, data.target_prior, rtol=1e-6)


@pytest.mark.parametrize(("kind", "direction", "dimensions"), [case for case in CASES if case[0] != "none"])
def test_more_strength_is_more_shift(kind, direction, dimensions):
    points, cell = grid(dimensions, step=0.1)

    def distance(strength):
        data = made(kind, direction, dimensions, strength=strength)
        source, target = (truths(data, side, points) for side in ("source", "target"))
        return np.abs(source["x|y"] * source["y"] - target["x|y"] * target["y"]).sum() * cell / 2

    distances = [distance(strength) for strength in (0.25, 0.5, 1, 2)]
    assert all(more > less + 0.01 for less, more in zip(distances, distances[1:]))


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_same_seed_same_data_and_another_seed_other_data(kind, direction, dimensions):
    first, again, other = (made(kind, direction, dimensions, n_source=20, n_target=30, seed=seed) for seed in (3, 3, 4))
    for name in ("source_X", "source_y", "target_X", "target_y"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.isin(first.source_X, other.source_X).any()
    assert not np.isin(first.source_X, first.target_X).any()


@pytest.mark.parametrize(("kind", "direction", "dimensions"), CASES)
def test_shapes_and_kinds_of_number_are_as_promised(kind, direction, dimensions):
    data = made(kind, direction, dimensions, n_source=30, n_target=50)
    assert (data.kind, data.direction) == (kind, direction)
    assert data.source_X.shape == (30, dimensions) and data.target_X.shape == (50, dimensions)
    assert data.source_X.dtype == data.target_X.dtype == np.float64
    assert data.source_y.shape == (30,) and data.target_y.shape == (50,)
    assert data.source_y.dtype == data.target_y.dtype == np.int64
    assert set(data.source_y) == set(data.target_y) == {0, 1}
    for name in ("source_density", "target_density", "density_ratio", "source_posterior", "target_posterior"):
        assert getattr(data, name)(data.target_X).shape == (50,)


def test_left_out_the_direction_is_the_one_in_which_the_kind_is_usual():
    assert {kind: shifted.make_shifted(kind, n_source=2, n_target=2).direction for kind in shifted.KINDS} == {
        "none": "X→Y", "covariate": "X→Y", "prior": "Y→X", "concept": "X→Y", "both": "X→Y"}


def test_the_border_is_curved_in_two_dimensions_and_two_points_in_one():
    flat = made("covariate", "X→Y", 1).target_posterior([[-2], [0], [2]])
    assert (flat > 0.5).tolist() == [True, False, True]
    curved = made("covariate", "X→Y", 2).target_posterior([[-2, 0], [0, 0], [2, 0]])
    assert (curved > 0.5).tolist() == [True, False, True]


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_world_of_both_is_a_selection_of_its_target_by_input_and_label(dimensions):
    data = made("both", "X→Y", dimensions)
    points, _ = grid(dimensions, reach=1, step=0.05)
    points = points[np.argsort(points[:, 0], kind="stable")]

    def favoured(points):  # P_source(x, y) / P_target(x, y) is P(selected | x, y), but for a factor
        posteriors = [np.column_stack([1 - share, share]) for share in
                      (data.source_posterior(points), data.target_posterior(points))]
        return posteriors[0] / posteriors[1] / data.density_ratio(points)[:, None]

    at, mirrored = favoured(points), favoured(points * np.r_[-1, [1] * (dimensions - 1)])
    np.testing.assert_allclose(at[:, 1], mirrored[:, 0], rtol=1e-6)
    assert (np.diff(at[:, 1]) >= -1e-9).all() and 10 < at.max() / at.min() < 50


def test_within_every_bin_the_selected_labels_have_the_true_share():
    data = made("both", "X→Y", 1, n_source=30_000, n_target=2, seed=2)
    order = np.argsort(data.source_X[:, 0])
    for rows in np.array_split(order, 30):
        share = data.source_posterior(data.source_X[rows])
        error = np.sqrt((share * (1 - share)).sum()) / len(rows)
        assert abs(data.source_y[rows].mean() - share.mean()) < 4 * error


@pytest.mark.parametrize(("wrong", "words"), [
    (dict(kind="drift"), "'drift' is no kind"),
    (dict(kind="none", direction="up"), "'up' is no direction"),
    (dict(kind="covariate", direction="Y→X"), "Covariate shift is not defined for Y→X"),
    (dict(kind="prior", direction="X→Y"), "Prior shift is not defined for X→Y"),
    (dict(kind="both", direction="Y→X"), "Both shift is not defined for Y→X"),
    (dict(kind="none", dimensions=3), "3 dimensions"),
    (dict(kind="none", strength=-1), "strength -1"),
    (dict(kind="none", strength=2.1), "strength 2.1"),
    (dict(kind="none", strength=float("nan")), "strength nan"),
    (dict(kind="none", n_source=1), "at least two"),
    (dict(kind="none", n_target=0), "at least two"),
])
def test_a_wrong_wish_is_named_with_what_to_write_instead(wrong, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        shifted.make_shifted(**wrong)


def test_the_regression_has_the_papers_curve_noise_and_inputs():
    n = 20_000
    data = shifted.make_shifted_regression(n_source=n, n_target=n, target_mean=-0.4, seed=1)
    assert data.source_X.shape == data.target_X.shape == (n, 1) and data.source_y.shape == data.target_y.shape == (n,)
    assert data.truth([[0.0], [1.0], [2.0], [-0.5]]).tolist() == [0.0, 0.0, 6.0, 0.375]
    for X, y, mean, deviation in ((data.source_X, data.source_y, 0.5, 0.5), (data.target_X, data.target_y, -0.4, 0.3)):
        noise = y - data.truth(X)
        for values, m, s in ((X[:, 0], mean, deviation), (noise, 0, 0.3)):
            assert abs(values.mean() - m) < 4 * s / np.sqrt(n) and values.std() == pytest.approx(s, rel=0.03)
        assert abs(np.corrcoef(noise, X[:, 0])[0, 1]) < 4 / np.sqrt(n)


def test_the_regressions_ratio_is_that_of_the_two_normals_and_turns_source_into_target():
    n = 40_000
    data = shifted.make_shifted_regression(n_source=n, n_target=n, seed=2)
    assert data.density_ratio([[0.0]]) == pytest.approx(0.5 / 0.3 * np.exp(0.5))
    ratio = data.density_ratio(data.source_X)
    for source, target in ((np.ones(n), np.ones(n)), (data.source_X[:, 0], data.target_X[:, 0]),
                           (data.source_y, data.target_y)):
        error = np.sqrt(((ratio * source).var() + target.var()) / n)
        assert error < 0.02 and abs((ratio * source).mean() - target.mean()) < 4 * error


def test_the_regression_is_fixed_by_its_seed_and_moving_the_target_leaves_the_source():
    first, again, moved, other = (shifted.make_shifted_regression(**wish) for wish in (
        dict(seed=1), dict(seed=1), dict(seed=1, target_mean=-1), dict(seed=2)))
    assert np.array_equal(first.source_y, again.source_y) and np.array_equal(first.target_y, again.target_y)
    assert np.array_equal(first.source_X, moved.source_X) and np.array_equal(first.source_y, moved.source_y)
    np.testing.assert_allclose(first.target_X - moved.target_X, 1)
    assert not np.isin(first.source_X, other.source_X).any()


@pytest.mark.parametrize("wrong", [
    dict(n_source=1), dict(n_target=1), dict(target_mean=np.nan), dict(target_mean=np.inf)])
def test_an_impossible_regression_gives_one_clear_error(wrong):
    with pytest.raises(DataError, match="at least two|target's mean is (nan|inf)"):
        shifted.make_shifted_regression(**wrong)


def table(n=20_000):
    generator = np.random.default_rng(0)
    X = generator.integers(0, 2, (n, 2))
    return np.column_stack([X, np.arange(n)]), generator.integers(0, 2, n)


def test_the_source_follows_its_selection_and_the_target_its_own():
    X, y = table()
    source_wish, target_wish = 0.1 + 0.3 * X[:, 0] + 0.4 * y, 0.9 - 0.6 * X[:, 1]
    sample = shifted.biased_sample(X, y, source_wish, target_wish, seed=4)
    for chosen, wish in ((sample.source_rows, source_wish), (sample.target_rows, target_wish)):
        for group in product((0, 1), repeat=3):
            members = (np.column_stack([X[:, :2], y]) == group).all(axis=1)
            share, chance = members[chosen].sum() / members.sum(), wish[members][0] / 2
            assert abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / members.sum())


def test_no_row_is_in_source_and_target_and_rows_keep_their_labels():
    X, y = table(1000)
    sample = shifted.biased_sample(X, y, 0.2 + 0.6 * y)
    assert len(set(sample.source_rows) | set(sample.target_rows)) == len(sample.source_rows) + len(sample.target_rows)
    for side in ("source", "target"):
        rows = getattr(sample, f"{side}_rows")
        assert np.array_equal(getattr(sample, f"{side}_X"), X[rows])
        assert np.array_equal(getattr(sample, f"{side}_y"), y[rows])


def test_left_alone_the_target_is_half_of_the_table_whatever_happens_to_the_source():
    X, y = table(1001)
    gentle, harsh = (shifted.biased_sample(X, y, wish, seed=6) for wish in (np.ones(1001), 0.02 + 0.1 * y))
    assert np.array_equal(gentle.target_rows, harsh.target_rows) and len(gentle.target_rows) == 501
    assert len(gentle.source_rows) == 500 and set(harsh.source_rows) < set(gentle.source_rows)


def test_a_table_is_cut_the_same_way_for_the_same_seed_only():
    X, y = table(200)
    first, again, other = (shifted.biased_sample(X, y, np.full(200, 0.5), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.source_rows, again.source_rows) and np.array_equal(first.target_rows, again.target_rows)
    assert set(first.target_rows) != set(other.target_rows)


def test_names_as_labels_and_lists_are_welcome():
    sample = shifted.biased_sample([[1.0], [2.0]] * 20, ["cat", "dog"] * 20, [1] * 40)
    assert set(sample.source_y) == set(sample.target_y) == {"cat", "dog"}
    assert ((sample.source_X[:, 0] == 1) == (sample.source_y == "cat")).all()


@pytest.mark.parametrize(("change", "words"), [
    (dict(X=np.zeros(20)), "X has the shape"),
    (dict(y=np.zeros(19)), r"y \(19,\)"),
    (dict(source_selection=np.ones(3)), r"selections \[\(3,\)"),
    (dict(target_selection=np.ones((20, 1))), r"\(20, 1\)"),
    (dict(source_selection=np.full(20, 1.1)), "no probabilities"),
    (dict(source_selection=np.full(20, -0.1)), "no probabilities"),
    (dict(target_selection=np.full(20, np.nan)), "no probabilities"),
    (dict(source_selection=np.zeros(20)), "leaves 0 rows.* in the source"),
    (dict(target_selection=np.zeros(20)), "leaves 0 rows.* in the target"),
    (dict(source_selection=np.arange(20) % 2), "1 class in the source"),
])
def test_a_selection_that_cannot_be_is_refused_with_its_reason(change, words):
    usual = dict(X=np.zeros((20, 1)), y=np.arange(20) % 2, source_selection=np.ones(20), target_selection=np.ones(20))
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        shifted.biased_sample(**{**usual, **change})


def wrong_by(rule, stream, rows):
    return np.mean((stream.X[rows, rule] > 0) != stream.y[rows])


@pytest.mark.parametrize(("kind", "before", "after"), [
    ("none", 0, 0), ("sudden", 0, 1), ("gradual", 0, 1), ("virtual", 0, 0)])
def test_the_rule_before_and_after_the_turn_is_the_kinds_and_the_rest_is_noise(kind, before, after):
    stream = shifted.drifting_stream(kind, n=20_000, turn=8_000, width=4_000, noise=0.05, seed=1)
    assert stream.X.shape == (20_000, 2) and stream.y.shape == (20_000,) and set(stream.y) == {0, 1}
    assert wrong_by(before, stream, slice(0, 8_000)) == pytest.approx(0.05, abs=0.01)
    assert wrong_by(after, stream, slice(12_000, None)) == pytest.approx(0.05, abs=0.01)
    if before != after:  # an old model then knows nothing
        assert wrong_by(before, stream, slice(12_000, None)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", shifted.STREAMS)
def test_without_noise_the_labels_are_the_rule(kind):
    stream = shifted.drifting_stream(kind, n=1000, noise=0)
    assert wrong_by(0, stream, slice(0, stream.turn)) == 0
    assert wrong_by(1 if kind in ("sudden", "gradual") else 0, stream, slice(stream.turn + 200, None)) == 0


def test_the_share_of_the_new_world_is_0_before_the_turn_and_rises_as_the_kind_says():
    share = {kind: shifted.drifting_stream(kind, n=100, turn=40, width=20).share_of_new for kind in shifted.STREAMS}
    assert not share["none"].any()
    step = (np.arange(100) >= 40).astype(float)
    assert np.array_equal(share["sudden"], step) and np.array_equal(share["virtual"], step)
    np.testing.assert_allclose(share["gradual"], np.clip((np.arange(100) - 39) / 20, 0, 1), atol=1e-12)


def test_a_gradual_stream_mixes_both_rules_in_the_stated_shares():
    stream = shifted.drifting_stream("gradual", n=40_000, turn=10_000, width=20_000, noise=0, seed=3)
    for rows in np.array_split(np.arange(10_000, 30_000), 5):  # the new rule contradicts the old half of the time
        assert wrong_by(0, stream, rows) == pytest.approx(stream.share_of_new[rows].mean() / 2, abs=0.025)


def test_in_a_virtual_stream_inputs_move_along_the_border_and_no_other_stream_moves_them():
    for kind in shifted.STREAMS:
        stream = shifted.drifting_stream(kind, n=8000, seed=2)
        change = stream.X[4000:].mean(axis=0) - stream.X[:4000].mean(axis=0)
        assert change == pytest.approx([0, 1.5 if kind == "virtual" else 0], abs=0.06)


def test_a_stream_is_fixed_by_its_seed_and_turns_in_the_middle_by_default():
    first, again, other = (shifted.drifting_stream(seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.X, again.X) and np.array_equal(first.y, again.y)
    assert not np.isin(first.X, other.X).any()
    assert (first.kind, first.turn, len(first.X)) == ("sudden", 1500, 3000)


@pytest.mark.parametrize(("wrong", "words"), [
    (dict(kind="slow"), "'slow' is no kind of stream"),
    (dict(n=9), "stream of 9"),
    (dict(n=100, turn=0), "turn at 0"),
    (dict(n=100, turn=100), "turn at 100"),
    (dict(width=0), "within 0"),
    (dict(noise=0.5), "noise 0.5"),
    (dict(noise=-0.1), "noise -0.1"),
    (dict(noise=float("nan")), "noise nan"),
])
def test_a_stream_that_cannot_be_is_refused_with_its_reason(wrong, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        shifted.drifting_stream(**wrong)
