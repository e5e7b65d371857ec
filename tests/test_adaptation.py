"""Adaptation without target labels: each claim of the docstrings against a case whose answer is known."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from course_utils import settings
from course_utils.adaptation import adversarial, alignment, divergence
from course_utils.adaptation.autoencoders import MarginalizedDenoiser
from course_utils.errors import DataError

with settings.quietly():
    import keras
    import tensorflow as tf

RANDOM = np.random.default_rng(0)
MIXING = np.array([[2.0, 0.5, 0.0], [0.0, 1.0, -0.7], [0.3, 0.0, 0.4]])
SOURCE = RANDOM.normal(size=(80, 3)) * [1, 5, 0.2] + [3, 0, -1]
TARGET = RANDOM.normal(size=(60, 3)) @ MIXING + [0, 10, 1]
LABELS = (SOURCE[:, 0] > 3).astype(int)
ALIGNMENTS = [alignment.ColumnAlignment, alignment.CorrelationAlignment]


@pytest.fixture(autouse=True)
def one_thread():
    """Many tiny fits: threads that wait for each other would take most of the time."""
    with threadpool_limits(1):
        yield


def with_one(value):
    X = SOURCE.copy()
    X[3, 1] = value
    return X


def covariance(sample):
    return np.cov(sample, rowvar=False)


# ---------------------------------------------------------------------- alignment


def test_each_column_gets_exactly_the_targets_mean_and_standard_deviation():
    moved = alignment.ColumnAlignment().fit(SOURCE, TARGET).transform(SOURCE)
    np.testing.assert_allclose(moved.mean(axis=0), TARGET.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(moved.std(axis=0), TARGET.std(axis=0))
    # Column by column: how columns go together stays as it was in the source.
    np.testing.assert_allclose(np.corrcoef(moved.T), np.corrcoef(SOURCE.T), atol=1e-12)


def test_new_points_move_as_the_sample_did_and_not_by_their_own_mean():
    aligned = alignment.ColumnAlignment().fit([[0.0], [2.0]], [[10.0], [16.0]])
    np.testing.assert_allclose(aligned.transform([[0.0], [2.0], [4.0]]), [[10], [16], [22]])
    np.testing.assert_allclose(aligned.transform([[4.0]]), [[22]])


@pytest.mark.parametrize("number", [0.1, 1e9 + 0.1, 1e-12, 0.0, -7.3])
def test_a_column_that_is_constant_in_one_of_the_samples_is_only_moved(number):
    source, target = SOURCE.copy(), TARGET.copy()
    source[:, 0], target[:, 1] = number, number
    moved = alignment.ColumnAlignment().fit(source, target).transform(source + [[0.5, 0, 0]])
    # Half a unit away from the constant stays half a unit away.
    np.testing.assert_allclose(moved[:, 0], target[:, 0].mean() + 0.5, atol=1e-6)
    np.testing.assert_allclose(moved[:, 1], source[:, 1] - source[:, 1].mean() + number, atol=1e-6)
    np.testing.assert_allclose(moved[:, 2].std(), target[:, 2].std())


@pytest.mark.parametrize("penalty", [1e-9, 1e-12])
def test_with_a_tiny_penalty_coral_gives_the_source_exactly_the_targets_covariance_and_mean(penalty):
    moved = alignment.CorrelationAlignment(penalty).fit(SOURCE, TARGET).transform(SOURCE)
    np.testing.assert_allclose(covariance(moved), covariance(TARGET), atol=1e-5)
    np.testing.assert_allclose(moved.mean(axis=0), TARGET.mean(axis=0), atol=1e-12)


def test_corals_map_equals_the_papers_formula_with_its_penalty():
    """Whitening and colouring by scipy's roots of a matrix, with λ times the mean variance on both diagonals."""
    from scipy.linalg import fractional_matrix_power as power

    ridge = 0.3 * SOURCE.var(axis=0, ddof=1).mean() * np.eye(3)
    wanted = power(covariance(SOURCE) + ridge, -0.5) @ power(covariance(TARGET) + ridge, 0.5)
    np.testing.assert_allclose(alignment.CorrelationAlignment(0.3).fit(SOURCE, TARGET).map_, wanted, atol=1e-10)


def test_a_covariance_known_before_is_recovered_from_gaussian_samples():
    generator = np.random.default_rng(1)
    angle = np.pi / 6
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    source = generator.normal(size=(20_000, 2))
    target = generator.normal(size=(20_000, 2)) * [3, 0.5] @ turn
    # The source is white: the map must be the symmetric root, stretched by 3 and ½ along the turned axes.
    map_ = alignment.CorrelationAlignment(1e-9).fit(source, target).map_
    np.testing.assert_allclose(map_, turn.T @ np.diag([3, 0.5]) @ turn, atol=0.05)


@pytest.mark.parametrize("penalty", [1e-9, 1.0, 100.0])
@pytest.mark.parametrize("means", [True, False])
def test_for_equal_samples_coral_is_the_identity_whatever_the_penalty(penalty, means):
    moved = alignment.CorrelationAlignment(penalty, means=means).fit(SOURCE, SOURCE).transform(SOURCE)
    np.testing.assert_allclose(moved, SOURCE, atol=1e-6)


def test_without_means_coral_is_linear_and_leaves_the_origin():
    aligned = alignment.CorrelationAlignment(means=False).fit(SOURCE, TARGET)
    np.testing.assert_array_equal(aligned.transform(np.zeros((1, 3))), np.zeros((1, 3)))
    np.testing.assert_allclose(aligned.transform(2 * SOURCE[:5] - SOURCE[5:10]),
                               2 * aligned.transform(SOURCE[:5]) - aligned.transform(SOURCE[5:10]))
    with_means = alignment.CorrelationAlignment().fit(SOURCE, TARGET)
    np.testing.assert_allclose(with_means.map_, aligned.map_)
    np.testing.assert_allclose(with_means.transform(SOURCE.mean(axis=0)[None]), TARGET.mean(axis=0)[None])


def test_a_large_penalty_leaves_the_shape_of_the_source():
    aligned = alignment.CorrelationAlignment(1e9).fit(SOURCE, TARGET)
    np.testing.assert_allclose(aligned.map_, np.eye(3), atol=1e-6)


def test_the_penalty_does_not_depend_on_the_unit_of_measurement():
    metres = alignment.CorrelationAlignment().fit(SOURCE, TARGET).transform(SOURCE)
    millimetres = alignment.CorrelationAlignment().fit(1000 * SOURCE, 1000 * TARGET).transform(1000 * SOURCE)
    np.testing.assert_allclose(millimetres, 1000 * metres)


@pytest.mark.parametrize("aligned", ALIGNMENTS)
def test_more_columns_than_examples_or_equal_rows_give_finite_points(aligned):
    wide = RANDOM.normal(size=(2, 6, 30))
    for source, target in (wide, (np.full((5, 2), 0.1), np.full((5, 2), 4.0)), (np.full((5, 2), 0.1), TARGET[:, :2])):
        assert np.isfinite(aligned().fit(source, target).transform(source)).all()


@pytest.mark.parametrize("aligned", ALIGNMENTS)
def test_an_alignment_changes_no_sample_and_can_be_cloned(aligned):
    source, target = SOURCE.copy(), TARGET.copy()
    fitted = aligned().fit(source, target)
    moved = fitted.transform(source)
    assert np.array_equal(source, SOURCE) and np.array_equal(target, TARGET) and moved.dtype == float
    copy = clone(fitted)
    assert not hasattr(copy, "source_mean_")
    np.testing.assert_array_equal(copy.fit(SOURCE.tolist(), TARGET.tolist()).transform(SOURCE), moved)


@pytest.mark.parametrize("aligned", ALIGNMENTS)
@pytest.mark.parametrize(("source", "target", "words"), [
    ([], TARGET, "source has 0 examples"),
    (SOURCE, TARGET[:1], "target has 1 examples"),
    (SOURCE, TARGET[:, :2], "source has 3 columns, the target 2"),
    (with_one(np.nan), TARGET, "1 of 80 rows of the source hold NaN or infinity, the first is row 3"),
    (TARGET, with_one(np.inf), "1 of 80 rows of the target"),
    (SOURCE, [["a", "b", "c"]] * 9, "target holds something that is no number"),
])
def test_samples_that_cannot_be_aligned_are_refused(aligned, source, target, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        aligned().fit(source, target)


@pytest.mark.parametrize("aligned", ALIGNMENTS)
def test_an_alignment_moves_nothing_before_it_is_fitted_and_no_other_columns(aligned):
    with pytest.raises(DataError, match=r"(?s)does not know source and target yet.*Try: call fit"):
        aligned().transform(SOURCE)
    with pytest.raises(DataError, match="points have 2 columns, the alignment was fitted on 3"):
        aligned().fit(SOURCE, TARGET).transform(SOURCE[:, :2])


@pytest.mark.parametrize("penalty", [0, -1, np.nan])
def test_coral_refuses_to_work_without_a_penalty(penalty):
    with pytest.raises(DataError, match="penalty is .*no inverse"):
        alignment.CorrelationAlignment(penalty).fit(SOURCE, TARGET)


# ---------------------------------------------------------------------- feature augmentation


def test_a_source_row_is_x_x_0_and_a_target_row_x_0_x():
    augment = alignment.FeatureAugmentation().fit([[1, 2]])
    assert augment.transform([[1, 2], [3, 4]], "source").tolist() == [[1, 2, 1, 2, 0, 0], [3, 4, 3, 4, 0, 0]]
    assert augment.transform([[1, 2]], "target").tolist() == [[1, 2, 0, 0, 1, 2]]
    assert augment.transform([[1, 2]]).tolist() == [[1, 2, 0, 0, 1, 2]]


def test_rows_of_one_domain_are_twice_as_alike_as_rows_of_two():
    augment = alignment.FeatureAugmentation().fit(SOURCE)
    source, target = augment.transform(SOURCE, "source"), augment.transform(TARGET, "target")
    np.testing.assert_allclose(source @ target.T, SOURCE @ TARGET.T)
    np.testing.assert_allclose(source @ source.T, 2 * SOURCE @ SOURCE.T)
    np.testing.assert_allclose(target @ target.T, 2 * TARGET @ TARGET.T)


def test_a_feature_with_opposite_meanings_is_learned_for_both_domains():
    generator = np.random.default_rng(2)
    X = generator.normal(size=(200, 2))
    common, opposite = X.T
    y_source, y_target = (common + opposite > 0).astype(int), (common - opposite > 0).astype(int)
    augment = alignment.FeatureAugmentation().fit(X)
    both = np.concatenate([augment.transform(X, "source"), augment.transform(X, "target")])
    model = LogisticRegression(C=100).fit(both, np.concatenate([y_source, y_target]))
    assert model.score(augment.transform(X, "source"), y_source) > 0.97
    assert model.score(augment.transform(X, "target"), y_target) > 0.97
    pooled = LogisticRegression(C=100).fit(np.concatenate([X, X]), np.concatenate([y_source, y_target]))
    assert pooled.score(X, y_target) < 0.85


def test_augmentation_refuses_a_third_domain_and_other_columns():
    augment = alignment.FeatureAugmentation().fit(SOURCE)
    with pytest.raises(DataError, match='(?s)\'test\' is no domain.*Try: say "source" or "target"'):
        augment.transform(SOURCE, "test")
    with pytest.raises(DataError, match="points have 2 columns, the augmentation was fitted on 3"):
        augment.transform(SOURCE[:, :2])
    with pytest.raises(DataError, match="row 3"):
        augment.transform(with_one(np.nan))


# ---------------------------------------------------------------------- marginalized denoising


def every_corruption(X, noise):
    """Least squares from all 2^d ways to delete features, each weighted by its chance, to the features."""
    rows, wanted, chances = [], [], []
    for kept in itertools.product([0, 1], repeat=X.shape[1]):
        rows.append(np.column_stack([X * kept, np.ones(len(X))]))
        wanted.append(X)
        chances.append(np.full(len(X), np.prod(np.where(kept, 1 - noise, noise))))
    root = np.sqrt(np.concatenate(chances))[:, None]
    return np.linalg.lstsq(root * np.concatenate(rows), root * np.concatenate(wanted), rcond=None)[0].T


@pytest.mark.parametrize("noise", [0.2, 0.5, 0.8])
def test_the_closed_form_equals_least_squares_over_every_corruption(noise):
    X = SOURCE @ MIXING
    (mapping,) = MarginalizedDenoiser(noise, ridge=1e-9).fit(X).maps_
    assert mapping.shape == (3, 4)
    np.testing.assert_allclose(mapping, every_corruption(X, noise), atol=1e-7)


def test_the_closed_form_is_the_limit_of_sampled_corruptions():
    X = np.random.default_rng(0).normal(size=(6, 3)) @ MIXING
    kept = np.random.default_rng(1).random((20_000, 6, 3)) < 0.5
    copies = np.column_stack([(X * kept).reshape(-1, 3), np.ones(120_000)])
    sampled = np.linalg.lstsq(copies, np.tile(X, (20_000, 1)), rcond=None)[0].T
    np.testing.assert_allclose(MarginalizedDenoiser(0.5, ridge=1e-9).fit(X).maps_[0], sampled, atol=0.02)


def test_without_noise_each_feature_is_rebuilt_from_itself_alone():
    (mapping,) = MarginalizedDenoiser(0, ridge=1e-9).fit(SOURCE).maps_
    np.testing.assert_allclose(mapping, np.eye(3, 4), atol=1e-6)


def test_layers_stand_side_by_side_and_each_reads_the_one_before():
    denoiser = MarginalizedDenoiser(layers=2).fit(SOURCE)
    features = denoiser.transform(TARGET)
    assert features.shape == (60, 9)
    np.testing.assert_array_equal(features[:, :3], TARGET)
    first = np.tanh(TARGET @ denoiser.maps_[0][:, :3].T + denoiser.maps_[0][:, 3])
    np.testing.assert_allclose(features[:, 3:6], first)
    # The second map is what a first one would be on the features that the first layer wrote.
    (second,) = MarginalizedDenoiser().fit(denoiser.transform(SOURCE)[:, 3:6]).maps_
    np.testing.assert_allclose(denoiser.maps_[1], second)
    np.testing.assert_allclose(features[:, 6:], np.tanh(first @ second[:, :3].T + second[:, 3]))


def test_a_word_without_a_label_takes_over_the_sign_of_its_neighbour():
    """Columns: great, awful (in both domains), sturdy (beside great) and leaky (beside awful) in the target only."""
    source = np.array([[1, 0, 0, 0], [0, 1, 0, 0]] * 10, float)
    target = np.array([[1, 0, 1, 0], [0, 1, 0, 1]] * 10, float)
    verdicts, unseen = np.array([1, 0] * 10), np.array([[0, 0, 1, 0], [0, 0, 0, 1]], float)
    assert np.ptp(LogisticRegression().fit(source, verdicts).decision_function(unseen)) == 0
    denoiser = MarginalizedDenoiser().fit(np.concatenate([source, target]))
    model = LogisticRegression().fit(denoiser.transform(source), verdicts)
    assert model.predict(denoiser.transform(unseen)).tolist() == [1, 0]
    rebuilt = denoiser.transform(unseen)[:, 4:]
    assert rebuilt[0, 0] > rebuilt[0, 1] and rebuilt[1, 1] > rebuilt[1, 0]


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_features_equal_dense_ones(form):
    X = np.random.default_rng(3).poisson(0.3, (40, 7))
    dense, thin = MarginalizedDenoiser(layers=2).fit(X), MarginalizedDenoiser(layers=2).fit(form(X))
    np.testing.assert_array_equal(thin.transform(form(X)), dense.transform(X))
    assert isinstance(thin.transform(form(X)), np.ndarray)


@pytest.mark.parametrize(("settings_", "X", "words"), [
    ({"noise": 1}, SOURCE, "noise is 1"), ({"noise": -0.1}, SOURCE, "noise is -0.1"),
    ({"noise": np.nan}, SOURCE, "noise is nan"),
    ({"layers": 0}, SOURCE, "number of layers is 0"), ({"layers": 1.5}, SOURCE, "number of layers is 1.5"),
    ({"ridge": 0}, SOURCE, "ridge is 0"), ({}, SOURCE[:1], "sample has 1 examples"), ({}, with_one(np.nan), "row 3"),
    ({}, ["good", "bad"], "no number"),
])
def test_what_cannot_be_denoised_is_refused(settings_, X, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        MarginalizedDenoiser(**settings_).fit(X)


def test_a_denoiser_refuses_to_transform_unfitted_and_other_columns():
    with pytest.raises(DataError, match="knows no examples yet"):
        MarginalizedDenoiser().transform(SOURCE)
    with pytest.raises(DataError, match="points have 2 columns, the denoiser was fitted on 3"):
        MarginalizedDenoiser().fit(SOURCE).transform(SOURCE[:, :2])


# ---------------------------------------------------------------------- divergence


def test_two_halves_of_one_sample_have_distance_0_and_separate_ones_2():
    generator = np.random.default_rng(0)
    same = [divergence.proxy_a_distance(*generator.normal(size=(2, 1000, 4))) for _ in range(3)]
    assert max(same) < 0.15
    far = generator.normal(size=(200, 4))
    assert divergence.proxy_a_distance(far, far + [40, 0, 0, 0]) == 2


def test_the_distance_of_two_gaussians_is_that_of_the_best_classifier():
    from scipy.stats import norm

    generator = np.random.default_rng(1)
    source = generator.normal(size=(8000, 1))
    for gap in (0.5, 1, 2):
        target = generator.normal(size=(8000, 1)) + gap
        assert divergence.proxy_a_distance(source, target) == pytest.approx(2 * (1 - 2 * norm.cdf(-gap / 2)), abs=0.04)


def test_a_larger_sample_is_cut_and_does_not_count_as_easy():
    generator = np.random.default_rng(2)
    assert divergence.proxy_a_distance(generator.normal(size=(2000, 2)), generator.normal(size=(200, 2))) < 0.35
    assert divergence.proxy_a_distance(SOURCE, TARGET) == divergence.proxy_a_distance(SOURCE, TARGET) > 1.5


def test_another_classifier_sees_what_a_line_cannot_and_is_not_changed():
    generator = np.random.default_rng(3)
    angles = generator.uniform(0, 2 * np.pi, (2, 300))
    inner, outer = (radius * np.column_stack([np.cos(a), np.sin(a)]) for radius, a in zip((1, 3), angles, strict=True))
    neighbours = KNeighborsClassifier(5)
    assert divergence.proxy_a_distance(inner, outer) < 0.6
    assert divergence.proxy_a_distance(inner, outer, classifier=neighbours) == 2
    assert not hasattr(neighbours, "classes_")


@pytest.mark.parametrize(("source", "target", "folds", "words"), [
    (SOURCE[:3], TARGET, 4, "source has 3 examples; at least 4"),
    (SOURCE, TARGET[:5], 6, "target has 5 examples; at least 6"),
    (SOURCE, TARGET, 1, "folds is 1"), (SOURCE, TARGET[:, :1], 4, "3 columns, the target 1"),
    (with_one(np.nan), TARGET, 4, "row 3"),
])
def test_a_distance_that_cannot_be_measured_is_refused(source, target, folds, words):
    with pytest.raises(DataError, match=words):
        divergence.proxy_a_distance(source, target, folds=folds)


def plain(source_X, source_y, target_X):
    return LogisticRegression(C=100).fit(source_X, source_y)


def test_reverse_validation_sends_half_there_and_tests_the_way_back_on_the_other_half():
    calls = []

    class Spy:
        def __init__(self, *given):
            calls.append(given)

        def predict(self, X):
            calls.append(X)
            return np.arange(len(X)) % 2

    score = divergence.reverse_validation(Spy, SOURCE, LABELS, TARGET)
    there, asked, back, tested = calls
    assert len(there[0]) == len(tested) == 40
    assert sorted(map(tuple, np.concatenate([there[0], tested]))) == sorted(map(tuple, SOURCE))
    np.testing.assert_array_equal(there[1], there[0][:, 0] > 3)
    np.testing.assert_array_equal(asked, TARGET)
    np.testing.assert_array_equal(back[0], TARGET)
    np.testing.assert_array_equal(back[1], np.arange(60) % 2)
    np.testing.assert_array_equal(back[2], there[0])
    assert score == np.mean((tested[:, 0] > 3) == np.arange(40) % 2)


def test_reverse_validation_is_high_for_a_harmless_shift_and_near_chance_for_answers_without_sense():
    generator = np.random.default_rng(0)
    source = generator.normal(size=(400, 2))
    labels, target = (source[:, 0] > 0).astype(int), generator.normal(size=(400, 2)) * 0.8 + [0.2, 0]
    assert divergence.reverse_validation(plain, source, labels, target) > 0.95

    class Senseless:
        def predict(self, X):
            return np.random.default_rng(1).integers(2, size=len(X))

    def senseless(X, y, other):
        return Senseless() if np.array_equal(other, target) else plain(X, y, other)  # the way back is honest

    assert divergence.reverse_validation(senseless, source, labels, target) < 0.8


def test_reverse_validation_falls_where_the_target_lost_what_the_classes_differ_in():
    generator = np.random.default_rng(0)
    source = generator.normal(size=(400, 2))
    labels = (source[:, 0] > 0).astype(int)
    # The first column collapsed: the sign of its rounding-sized rest, hidden behind a loud second column.
    collapsed = np.column_stack([generator.normal(size=400) * 1e-3, 30 * generator.normal(size=400)])
    harmless = generator.normal(size=(400, 2))
    scores = [divergence.reverse_validation(plain, source, labels, target) for target in (harmless, collapsed)]
    assert scores[0] > 0.95 and scores[1] < 0.8


def test_reverse_validation_does_not_see_that_classes_changed_places():
    """What the docstring does not promise: a journey with a wrong map comes home by the same map."""
    generator = np.random.default_rng(0)
    target = generator.normal(size=(400, 2))
    source = np.concatenate([target[:200] - [3, 0], target[200:] + [3, 0]])
    labels = np.repeat([0, 1], 200)
    assert divergence.reverse_validation(plain, source, labels, -source) > 0.95


def test_a_method_that_gives_the_whole_target_one_class_gets_0():
    far = SOURCE + [1000, 0, 0]
    assert divergence.reverse_validation(plain, SOURCE, LABELS, far) == 0


# ---------------------------------------------------------------------- gradient reversal


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 7.5])
def test_reversal_changes_nothing_forwards_and_multiplies_the_gradient_by_minus_its_strength(strength):
    layer = adversarial.gradient_reversal(strength)
    x = tf.constant([[1.5, -2.0, 0.25]])
    incoming = np.array([[2.0, -1.0, 10.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        total = tf.reduce_sum(y * tf.constant(incoming, "float32"))
    np.testing.assert_allclose(y, x, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(total, x), -strength * incoming, rtol=1e-6)
    assert layer.trainable_weights == [] and [w.name for w in layer.non_trainable_weights] == ["strength"]


def test_a_callback_changes_the_strength_of_a_compiled_network():
    """One weight w, loss −λ-reversed: plain descent raises w by rate · λ · mean(x), whatever was traced first."""
    layer = adversarial.gradient_reversal()
    inputs = keras.Input((1,))
    weight = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    network = keras.Model(inputs, layer(weight(inputs)))
    network.compile(keras.optimizers.SGD(0.5), loss=lambda true, predicted: keras.ops.mean(predicted, axis=-1))
    found = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            layer.strength.assign([0, 1, 3][epoch])

        def on_epoch_end(self, epoch, logs=None):
            found.append(float(weight.kernel.numpy().item()))

    network.fit(np.ones((4, 1), "float32"), np.zeros(4, "float32"), epochs=3, batch_size=4, verbose=0,
                callbacks=[Watch()])
    np.testing.assert_allclose(found, [0, 0.5, 2.0])


@pytest.mark.parametrize("strength", [-0.1, np.nan])
def test_a_negative_strength_is_refused(strength):
    with pytest.raises(DataError, match="(?s)strength is .*the layer itself changes the sign"):
        adversarial.gradient_reversal(strength)


def test_the_strength_grows_from_0_along_ganins_curve_and_nearly_to_the_largest():
    layer = adversarial.gradient_reversal(99.0)
    layer.build((None, 2))
    callback = adversarial.growing_strength(layer, 2.0)
    callback.set_params({"epochs": 4, "steps": 5})
    found = []
    for epoch in range(4):
        callback.on_epoch_begin(epoch)
        for batch in range(5):
            callback.on_train_batch_begin(batch)
            found.append(float(layer.strength.numpy()))
    assert found[0] == 0 and np.all(np.diff(found) > 0) and 1.999 < found[-1] < 2
    assert found[2] == pytest.approx(2 * np.tanh(0.5))   # a tenth of all batches: 2/(1 + e⁻¹) − 1
    assert found[10] == pytest.approx(2 * np.tanh(2.5))  # half of them
    np.testing.assert_allclose(found, 2 * np.tanh(5 * np.arange(20) / 20), rtol=1e-6)


# ---------------------------------------------------------------------- the network and the classifier


def moons(seed, degrees=35):
    """Two moons around their centre, with labels; and others that are turned."""
    (X, y), (target, target_y) = (make_moons(300, noise=0.1, random_state=seed + more) for more in (0, 100))
    angle, centre = np.deg2rad(degrees), X.mean(axis=0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return X - centre, y, (target - centre) @ turn, target_y


@pytest.fixture(scope="module")
def compiled():
    """A network that other tests of the same layers may use again."""
    X, y, target, _ = moons(0)
    return adversarial.DomainAdversarialClassifier(epochs=1).fit(X, y, target)


def test_the_network_gives_one_logit_for_each_class_and_one_for_the_domain():
    network = adversarial.domain_adversarial_network(5, 3, (8, 4), seed=1)
    outputs = network(RANDOM.normal(size=(7, 5)).astype("float32"))
    assert {name: tuple(values.shape) for name, values in outputs.items()} == {"label": (7, 3), "domain": (7, 1)}
    again, other = (adversarial.domain_adversarial_network(5, 3, (8, 4), seed=seed) for seed in (1, 2))
    pairs = list(zip(network.trainable_weights, again.trainable_weights, other.trainable_weights, strict=True))
    assert all(np.array_equal(one, two) for one, two, _ in pairs)
    assert not any(np.array_equal(one, three) for one, _, three in pairs if one.path.endswith("kernel"))


def test_the_domains_loss_pushes_the_body_the_other_way_and_the_head_the_usual_one():
    network = adversarial.domain_adversarial_network(3, 2, (4,), 4)
    X, kind = SOURCE[:20].astype("float32"), np.repeat([0.0, 1.0], 10)[:, None]
    names = ["body_0", "domain_hidden"]

    def gradients(strength):
        network.get_layer("gradient_reversal").strength.assign(strength)
        with tf.GradientTape() as tape:
            loss = keras.losses.BinaryCrossentropy(from_logits=True)(kind, network(X)["domain"])
        return [np.asarray(g) for g in tape.gradient(loss, [network.get_layer(name).kernel.value for name in names])]

    (nothing, head), (body, same_head), (double, _) = map(gradients, (0, 1, 2))
    assert np.all(nothing == 0) and np.abs(body).max() > 0
    np.testing.assert_allclose(double, 2 * body, rtol=1e-4)
    np.testing.assert_allclose(same_head, head, rtol=1e-4)
    # Without the reversal, a step along the body's gradient would be the way down; here it leads up.
    kernel = network.get_layer("body_0").kernel

    def loss_after(step):
        before = kernel.numpy()
        kernel.assign(before - step * body)
        loss = float(keras.losses.BinaryCrossentropy(from_logits=True)(kind, network(X)["domain"]))
        kernel.assign(before)
        return loss

    assert loss_after(0.01) > loss_after(0) > loss_after(-0.01)


@pytest.mark.parametrize(("columns", "classes", "words"), [
    (0, 2, "number of columns is 0"), (2, 1, "number of classes is 1"), (2.0, 2, "number of columns is 2.0")])
def test_a_network_without_columns_or_classes_is_refused(columns, classes, words):
    with pytest.raises(DataError, match=words):
        adversarial.domain_adversarial_network(columns, classes)


def test_a_batch_is_half_source_half_target_and_only_labels_of_the_source_weigh():
    source = np.column_stack([np.arange(40), np.zeros(40)]).astype("float32")
    target = 1000 + source[:25]
    labels = np.arange(40) % 3
    classifier = adversarial.DomainAdversarialClassifier(batch_size=8, epochs=3)
    batches = list(classifier._batches(source, labels, target))
    assert len(batches) == 3 * 5
    for x, y, weight in batches:
        x = x.numpy()
        assert x.shape == (16, 2) and (x[:8, 0] < 40).all() and (x[8:, 0] >= 1000).all()
        np.testing.assert_array_equal(y["label"].numpy()[:8], x[:8, 0] % 3)
        assert not y["label"].numpy()[8:].any()
        assert y["domain"].numpy()[:, 0].tolist() == [0] * 8 + [1] * 8
        assert weight["label"].numpy().tolist() == [2] * 8 + [0] * 8 and (weight["domain"].numpy() == 1).all()
    seen = np.concatenate([x.numpy()[:8, 0] for x, _, _ in batches]).reshape(3, 40)
    assert (np.sort(seen, axis=1) == np.arange(40)).all()  # each pass shows all of the larger sample
    assert any((one != other).any() for one, other in itertools.pairwise(seen))  # in another order
    beside = np.concatenate([x.numpy()[8:, 0] for x, _, _ in batches])
    assert set(np.bincount((beside - 1000).astype(int))) <= {4, 5}               # 120 of 25, in turn


def test_the_loss_is_the_mean_over_the_sources_labels_and_over_both_domains(compiled):
    X, y, target, _ = moons(1)
    (batch,) = compiled._batches(X.astype("float32"), y, target.astype("float32")).take(1)
    outputs = {name: np.asarray(values) for name, values in compiled.network_(batch[0]).items()}
    logits, labels = outputs["label"][:64], batch[1]["label"].numpy()[:64]
    label_loss = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(64), labels])
    sign = np.repeat([1, -1], 64)
    domain_loss = np.mean(np.log1p(np.exp(sign * outputs["domain"][:, 0])))
    found = compiled.network_.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(label_loss + domain_loss, rel=1e-4)


def test_confusion_helps_on_turned_moons_and_hides_the_domain(compiled):
    found = {}
    for strength in (0, 1):
        found[strength] = []
        for seed in range(3):
            X, y, target, target_y = moons(seed)
            classifier = adversarial.DomainAdversarialClassifier(strength, epochs=100, seed=seed, like=compiled)
            classifier.fit(X, y, target)
            found[strength].append([np.mean(classifier.predict(X) == y),
                                    np.mean(classifier.predict(target) == target_y),
                                    classifier.domain_accuracy(X, target)])
    without, with_confusion = (np.mean(found[strength], axis=0) for strength in (0, 1))
    assert min(without[0], with_confusion[0]) > 0.97
    assert without[1] < 0.8 and with_confusion[1] > without[1] + 0.08
    assert with_confusion[2] < without[2] - 0.08


def test_a_network_used_again_learns_what_a_fresh_one_does(compiled):
    X, y, target, _ = moons(2)
    settings_ = {"strength": 0.7, "epochs": 10, "seed": 5}
    fresh = adversarial.DomainAdversarialClassifier(**settings_).fit(X, y, target)
    again = adversarial.DomainAdversarialClassifier(**settings_, like=compiled).fit(X, y, target)
    assert again.network_ is compiled.network_ and again.network_ is not fresh.network_
    np.testing.assert_allclose(again.features(target), fresh.features(target), atol=1e-5)
    np.testing.assert_array_equal(again.predict(target), fresh.predict(target))
    assert again.domain_accuracy(X, target) == pytest.approx(fresh.domain_accuracy(X, target), abs=0.01)


def test_another_strength_and_another_target_teach_something_else(compiled):
    X, y, target, _ = moons(0)

    def features(strength, other):
        fitted = adversarial.DomainAdversarialClassifier(strength, epochs=5, like=compiled).fit(X, y, other)
        return fitted.features(X)

    # Without confusion what the target looks like changes nothing in the body.
    np.testing.assert_allclose(features(0, target), features(0, target + 5), atol=1e-6)
    assert np.abs(features(1, target) - features(1, target + 5)).max() > 0.01
    assert np.abs(features(1, target) - features(0, target)).max() > 0.01


def test_domain_accuracy_and_features_are_what_the_network_says(compiled):
    X, _, target, _ = moons(0)
    scores = [np.asarray(compiled.network_(sample.astype("float32"))["domain"])[:, 0] for sample in (X, target[:50])]
    right = np.mean(scores[0] <= 0), np.mean(scores[1] > 0)
    assert compiled.domain_accuracy(X, target[:50]) == pytest.approx(np.mean(right))
    head = compiled.network_.get_layer("label")
    logits = compiled.features(X) @ head.kernel.numpy() + head.bias.numpy()
    np.testing.assert_array_equal(compiled.predict(X), logits.argmax(axis=1))
    assert compiled.features(X).shape == (300, 32)


@pytest.mark.parametrize(("source_X", "source_y", "target_X", "settings_", "words"), [
    (SOURCE, LABELS[:-1], TARGET, {}, r"80 points and labels of shape \(79,\)"),
    (SOURCE, LABELS.astype(float), TARGET, {}, "type float64"),
    (SOURCE, np.where(LABELS, "cat", "dog"), TARGET, {}, "type <U3"),
    (SOURCE, LABELS - 1, TARGET, {}, "give each point one class, as a whole number from 0 up"),
    (SOURCE, LABELS[:, None], TARGET, {}, r"labels of shape \(80, 1\)"),
    (SOURCE, 0 * LABELS, TARGET, {}, "number of classes is 1"),
    (SOURCE, LABELS, TARGET[:, :2], {}, "source has 3 columns, the target 2"),
    (SOURCE, LABELS, [], {}, "target has 0 examples"),
    (with_one(np.nan), LABELS, TARGET, {}, "first is row 3"),
    (SOURCE, LABELS, TARGET, {"strength": -1}, "strength is -1"),
    (SOURCE, LABELS, TARGET, {"strength": np.nan}, "strength is nan"),
])
def test_a_classifier_refuses_what_it_cannot_learn_from(source_X, source_y, target_X, settings_, words):
    with pytest.raises(DataError, match=words):
        adversarial.DomainAdversarialClassifier(**settings_).fit(source_X, source_y, target_X)


def test_a_classifier_does_not_answer_before_it_has_learned_or_with_another_networks_layers(compiled):
    for question in (lambda model: model.predict(SOURCE), lambda model: model.domain_accuracy(SOURCE, TARGET)):
        with pytest.raises(DataError, match=r"(?s)has not learned yet.*Try: call fit\(source_X, source_y, target_X\)"):
            question(adversarial.DomainAdversarialClassifier())
    with pytest.raises(DataError, match="other layers or other sizes"):
        adversarial.DomainAdversarialClassifier(units=(3,), like=compiled).fit(SOURCE, LABELS, TARGET)


def test_a_network_used_again_takes_the_new_learning_rate():
    X, y = make_moons(60, noise=0.1, random_state=0)
    fast = adversarial.DomainAdversarialClassifier(epochs=2, learning_rate=1e-2).fit(X, y, X)
    slow = adversarial.DomainAdversarialClassifier(epochs=2, learning_rate=1e-5, like=fast).fit(X, y, X)
    assert float(slow.network_.optimizer.learning_rate) == pytest.approx(1e-5)


def test_a_classifier_without_training_or_with_other_points_is_refused():
    blank = adversarial.DomainAdversarialClassifier()
    for call in (lambda: blank.features(SOURCE), lambda: blank.predict(SOURCE),
                 lambda: adversarial.DomainAdversarialClassifier(like=blank).fit(SOURCE, LABELS, TARGET)):
        with pytest.raises(DataError, match="has not learned yet"):
            call()
    trained = adversarial.DomainAdversarialClassifier(epochs=1).fit(SOURCE, LABELS, TARGET)
    with pytest.raises(DataError, match="2 columns, the network was fitted on 3"):
        trained.predict(SOURCE[:, :2])
    with pytest.raises(DataError, match="NaN"):
        trained.features(with_one(np.nan))


@pytest.mark.parametrize("settings_", [{"epochs": 0}, {"batch_size": 0}, {"units": ()}, {"strength": np.inf}, {"strength": "1"}])
def test_settings_that_train_nothing_are_refused(settings_):
    with pytest.raises(DataError):
        adversarial.DomainAdversarialClassifier(**settings_).fit(SOURCE, LABELS, TARGET)


def test_reverse_validation_refuses_labels_that_are_not_the_sources():
    for labels in (LABELS[:30], np.zeros(len(SOURCE), int)):
        with pytest.raises(DataError, match="classes"):
            divergence.reverse_validation(plain, SOURCE, labels, TARGET)


def test_a_column_that_is_constant_but_for_rounding_is_only_moved():
    source = np.array([[0.3, 1.0], [0.1 + 0.2, 2.0]] * 5)
    assert alignment.ColumnAlignment().fit(source, TARGET[:, :2]).scale_[0] == 1


def test_coral_stays_finite_where_rounding_would_break_it():
    mapped = alignment.CorrelationAlignment(1e-6).fit(RANDOM.normal(size=(9, 20)), 1e7 * RANDOM.normal(size=(9, 20))).map_
    assert np.isfinite(mapped).all()
