"""The tests for shift cry wolf as rarely as they say, and see what is large; the watch on a stream does both."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from threadpoolctl import threadpool_limits

from course_utils.data import shifted
from course_utils.errors import DataError
from course_utils.shift import detection

TESTS = {
    "KS": lambda a, b, seed=0: detection.kolmogorov_smirnov_test(a, b),
    "MMD": lambda a, b, seed=0: detection.mean_discrepancy_test(a, b, permutations=59, seed=seed),
    "classifier": lambda a, b, seed=0: detection.classifier_two_sample_test(a, b, seed=seed),
}
all_tests = pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)


@pytest.fixture(autouse=True)
def one_thread():
    """Hundreds of tiny fits: threads that wait for each other would take most of the time."""
    with threadpool_limits(1):
        yield


def alarms(test, draw, repetitions):
    """Share of alarms at level 0.05, over samples of their own."""
    return np.mean([test(*draw(np.random.default_rng(seed)), seed).detected() for seed in range(repetitions)])


def normal(n, d=1, moved=0.0, wider=1.0, m=None):
    return lambda generator: (generator.standard_normal((n, d)), moved + wider * generator.standard_normal((m or n, d)))


@all_tests
@pytest.mark.parametrize("d", [1, 3])
def test_where_nothing_has_changed_an_alarm_is_as_rare_as_its_level(test, d):
    assert 0.01 <= alarms(test, normal(50, d), 300) <= 0.09


@all_tests
def test_samples_of_unequal_size_raise_no_more_false_alarms(test):
    assert alarms(test, normal(40, 2, m=120), 200) <= 0.1


@all_tests
def test_power_grows_with_the_samples_and_a_large_shift_is_nearly_always_seen(test):
    few, more = (alarms(test, normal(n, 2, moved=0.6), 60) for n in (20, 80))
    assert few + 0.2 < more
    assert alarms(test, normal(60, 2, moved=1.5), 60) > 0.9


@all_tests
def test_no_test_of_inputs_sees_that_the_labelling_rule_has_changed(test):
    def draw(generator):
        data = shifted.make_shifted("concept", n_source=50, n_target=50, seed=int(generator.integers(2**31)))
        return data.source_X, data.target_X

    assert alarms(test, draw, 300) <= 0.09


@all_tests
def test_the_covariate_shift_of_the_lesson_is_seen(test):
    for seed in range(10):
        data = shifted.make_shifted("covariate", n_source=80, n_target=80, seed=seed)
        assert test(data.source_X, data.target_X).detected(0.02)


def test_a_kernel_sees_a_wider_spread_that_a_straight_line_cannot_see():
    wider = normal(100, 2, wider=2.0)
    assert alarms(TESTS["MMD"], wider, 40) > 0.9
    assert alarms(TESTS["classifier"], wider, 150) <= 0.12
    assert alarms(lambda a, b, seed: detection.classifier_two_sample_test(
        a, b, classifier=QuadraticDiscriminantAnalysis(), seed=seed), wider, 40) > 0.9


def test_looking_at_each_column_sees_the_one_of_many_that_has_moved():
    def draw(generator):
        source, target = normal(80, 20)(generator)
        target[:, 7] += 1.2
        return source, target

    assert alarms(TESTS["KS"], draw, 40) > 0.9


def test_the_ks_statistic_is_the_largest_gap_of_the_distribution_functions_and_p_is_corrected():
    generator = np.random.default_rng(3)
    source, target = generator.normal(size=(40, 3)), generator.normal(0.4, 1, (50, 3))
    gaps = []
    for a, b in zip(source.T, target.T):
        at = np.concatenate([a, b])
        gaps.append(np.abs((a <= at[:, None]).mean(axis=1) - (b <= at[:, None]).mean(axis=1)).max())
    whole = detection.kolmogorov_smirnov_test(source, target)
    single = [detection.kolmogorov_smirnov_test(a, b) for a, b in zip(source.T, target.T)]
    assert whole.statistic == pytest.approx(max(gaps))
    assert whole.p_value == pytest.approx(3 * min(one.p_value for one in single))
    assert detection.kolmogorov_smirnov_test(source, source).p_value == 1


def test_the_mmd_statistic_is_the_squared_distance_of_the_kernel_means():
    generator = np.random.default_rng(0)
    source, target = generator.normal(size=(15, 2)), generator.normal(1, 1, (25, 2))

    def mean_kernel(a, b):
        return np.exp(-cdist(a, b) ** 2 / (2 * 0.7**2)).mean()

    by_hand = mean_kernel(source, source) + mean_kernel(target, target) - 2 * mean_kernel(source, target)
    found = detection.mean_discrepancy_test(source, target, width=0.7)
    assert found.statistic == pytest.approx(by_hand)
    assert detection.mean_discrepancy_test(source, source).statistic == pytest.approx(0, abs=1e-12)
    assert detection.mean_discrepancy_test(source, source).p_value == 1


def test_no_p_value_of_permutations_is_smaller_than_their_number_allows():
    source, target = normal(30, moved=50)(np.random.default_rng(0))
    for permutations in (1, 9, 99):
        found = detection.mean_discrepancy_test(source, target, permutations=permutations)
        assert found.p_value == 1 / (permutations + 1)
    p_values = [TESTS["MMD"](*normal(10)(np.random.default_rng(seed))).p_value for seed in range(50)]
    assert min(p_values) >= 1 / 60 and max(p_values) <= 1
    np.testing.assert_allclose(np.array(p_values) * 60, np.round(np.array(p_values) * 60), atol=1e-9)


@pytest.mark.parametrize("test", [TESTS["MMD"], TESTS["classifier"]], ids=["MMD", "classifier"])
def test_the_same_seed_gives_the_same_result_and_leaves_the_samples_alone(test):
    source, target = normal(60, 2, moved=0.3)(np.random.default_rng(1))
    copies = source.copy(), target.copy()
    assert test(source, target, 5) == test(source, target, 5)
    assert len({test(source, target, seed).p_value for seed in range(8)}) > 1
    assert np.array_equal(source, copies[0]) and np.array_equal(target, copies[1])


def test_the_classifiers_statistic_is_an_accuracy_on_points_that_it_did_not_see():
    class Memory(QuadraticDiscriminantAnalysis):
        """Knows by heart what it has seen, and guesses 1 for all else."""

        def fit(self, X, y):
            self.seen_ = {row.tobytes(): label for row, label in zip(X, y)}
            return self

        def predict(self, X):
            return np.array([self.seen_.get(row.tobytes(), 1) for row in X])

    apart = normal(41, moved=30)(np.random.default_rng(0))
    assert detection.classifier_two_sample_test(*apart, classifier=Memory()).statistic == 0.5
    seen = detection.classifier_two_sample_test(*apart)
    assert seen.statistic == 1 and seen.p_value == pytest.approx(0.5**40)


def test_a_models_outputs_show_moved_class_shares_and_are_quiet_without():
    def draw(kind):
        def outputs(generator):
            seed = int(generator.integers(2**31))
            data = shifted.make_shifted(kind, direction="Y→X", n_source=60, n_target=60, seed=seed)
            return [np.column_stack([1 - share, share]) for share in
                    (data.source_posterior(data.source_X), data.source_posterior(data.target_X))]
        return outputs

    def test(a, b, seed):
        return detection.black_box_shift_test(a, b)

    assert 0.01 <= alarms(test, draw("none"), 300) <= 0.09
    assert alarms(test, draw("prior"), 40) > 0.9


def test_an_outcome_reads_as_a_sentence_and_knows_its_level():
    outcome = detection.ShiftTest("Classifier", 0.61234, 0.0312)
    assert str(outcome) == "Classifier: statistic 0.612, p = 0.031"
    assert str(detection.ShiftTest("Classifier", 1, 1e-9)) == "Classifier: statistic 1.000, p < 0.001"
    assert outcome.detected() and not outcome.detected(0.01) and detection.ShiftTest("", 0, 0.05).detected()


GOOD = np.random.default_rng(0).normal(size=(20, 2))
HOLE = np.where(np.arange(40).reshape(20, 2) == 7, np.nan, GOOD)


@all_tests
@pytest.mark.parametrize(("source", "target", "words"), [
    ([], GOOD, "source has 0 examples"),
    (GOOD, GOOD[:1], "target has 1 examples"),
    (GOOD, HOLE, "1 of 20 rows of the target hold NaN or infinity, the first is row 3"),
    (GOOD * np.inf, GOOD, "20 of 20 rows of the source"),
    (GOOD, GOOD[:, :1], "source has 2 columns, the target 1"),
    (GOOD, [["a", "b"]] * 20, "target holds something that is no number"),
])
def test_samples_that_cannot_be_tested_are_refused_with_their_reason(test, source, target, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        test(source, target)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: detection.mean_discrepancy_test(GOOD, GOOD, permutations=0), "0 permutations"),
    (lambda: detection.classifier_two_sample_test(GOOD[:3], GOOD), "source has 3 examples; at least 4"),
    (lambda: detection.black_box_shift_test(GOOD, GOOD), "source probabilities are no probabilities"),
    (lambda: detection.black_box_shift_test([[0.5, 0.5]] * 4, [[0.2, 0.3, 0.5]] * 4), "3 classes, the source has 2"),
    (lambda: detection.black_box_shift_test([0.5] * 4, [0.5] * 4), "have one column"),
    (lambda: detection.DriftDetector(warning=3, drift=2), "warns at 3 and sounds the alarm at 2"),
    (lambda: detection.DriftDetector(warning=0), "warns at 0"),
])
def test_a_call_that_makes_no_sense_is_refused_with_its_reason(call, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        call()


def watch(mistakes, **settings):
    """States after each example; a new start after each alarm."""
    detector, states = detection.DriftDetector(**settings), []
    for mistake in mistakes:
        states.append(detector.update(mistake))
        if states[-1] == "drift":
            detector.reset()
    return np.array(states)


def old_models_mistakes(kind, seed, **more):
    stream = shifted.drifting_stream(kind, seed=seed, **more)
    return (stream.X[:, 0] > 0) != stream.y, stream


def test_over_a_stable_stream_alarms_are_few():
    alarms = [(watch(old_models_mistakes("none", seed, n=1500)[0]) == "drift").sum() for seed in range(60)]
    assert np.mean(alarms) < 0.45


def test_a_sudden_drift_is_found_soon_and_announced():
    for seed in range(20):
        mistakes, stream = old_models_mistakes("sudden", seed)
        states = watch(mistakes)[stream.turn:]
        found = (states == "drift").argmax()
        assert states[found] == "drift" and found < 150
        assert "warning" in states[:found]


def test_a_gradual_drift_is_found_before_it_is_over():
    for seed in range(10):
        mistakes, stream = old_models_mistakes("gradual", seed)
        assert "drift" in watch(mistakes)[stream.turn:stream.turn + 600]


def test_inputs_that_move_while_the_model_stays_right_raise_no_alarm():
    for seed in range(5):
        mistakes, stream = old_models_mistakes("virtual", seed, noise=0)
        assert TESTS["KS"](stream.X[:stream.turn], stream.X[stream.turn:]).detected(0.001)
        assert set(watch(mistakes)) == {"stable"}


def test_the_states_equal_the_rule_done_by_hand():
    mistakes = np.random.default_rng(4).random(400) < np.r_[[0.1] * 250, [0.5] * 150]
    detector, seen = detection.DriftDetector(warning=1.5, drift=2.5, start=40), []
    sums = []
    for n, mistake in enumerate(mistakes, start=1):
        rate = (mistakes[:n].sum() + 1) / (n + 2)
        sums.append((rate + np.sqrt(rate * (1 - rate) / n), rate, np.sqrt(rate * (1 - rate) / n)))
        least = min(sums[39:], default=None)
        expected = "stable"
        for name, times in (("warning", 1.5), ("drift", 2.5)):
            if least and sums[-1][0] > least[1] + times * least[2]:
                expected = name
        assert detector.update(mistake) == detector.state == expected
        seen.append(expected)
    assert set(seen) == {"stable", "warning", "drift"}


def test_a_first_mistake_after_many_right_answers_is_no_alarm():
    for right in (30, 100, 1000):
        assert "drift" not in watch([False] * right + [True])


def test_no_alarm_comes_before_the_start():
    mistakes = [False] * 50 + [True] * 150
    for start in (30, 100, 150):
        states = watch(mistakes, start=start)
        assert set(states[:start - 1]) == {"stable"}
        assert ("drift" in states) == (start < 150)


def test_always_wrong_is_bad_but_no_drift():
    assert set(watch([True] * 500)) == {"stable"}


def test_a_less_patient_detector_sounds_the_alarm_earlier():
    mistakes = np.tile([True] + [False] * 9, 10).tolist() + [True, False] * 100  # one in ten, then every second one
    early, late = ((watch(mistakes, drift=drift) == "drift").argmax() for drift in (3, 6))
    assert 100 < early < late


def test_a_reset_detector_is_as_new():
    mistakes = np.random.default_rng(0).random(200) < np.r_[[0.05] * 100, [0.6] * 100]
    detector = detection.DriftDetector()
    first = [detector.update(mistake) for mistake in mistakes]
    assert first[-1] == "drift"
    detector.reset()
    assert (detector.state, detector.n, detector.errors) == ("stable", 0, 0)
    assert [detector.update(mistake) for mistake in mistakes] == first


def test_alarm_rates_are_false_alarms_without_a_change_and_power_with_one():
    before = np.random.default_rng(0).normal(size=(600, 2))
    tests = {name: TESTS[name] for name in ("KS", "MMD")}
    quiet, loud, fewer = (detection.alarm_rates(tests, before, after, n=60, repeats=60, keep=keep) for after, keep in (
        (before, None), (before + [0, 1], None), (before, before[:, 0] > 0)))
    assert quiet.shape == (2,) and quiet.max() <= 0.15 and min(loud.min(), fewer.min()) > 0.9


def test_alarm_rates_hand_no_example_to_both_sides_and_only_those_that_are_kept():
    rows, keep, seen = np.arange(100.0)[:, None], np.arange(100) % 2 == 0, []

    def test(a, b):
        seen.append((set(a[:, 0]), set(b[:, 0])))
        return detection.ShiftTest("", 0, 0.05 if len(seen) <= 3 else 0.06)

    rates = detection.alarm_rates({"": test}, rows, rows, n=20, repeats=12, keep=keep)
    assert rates.tolist() == [0.25]
    for first, second in seen:
        assert len(first) == len(second) == 20 and not first & second and all(row % 2 == 0 for row in second)
    assert len({frozenset(first) for first, _ in seen}) == 12


@pytest.mark.parametrize(("change", "words"), [
    (dict(after=GOOD[:10]), "20 examples before and 10 after"),
    (dict(keep=[True]), r"keep has the shape \(1,\)"),
    (dict(n=11), "do not give two samples of 11"),
    (dict(keep=np.arange(20) < 5), "do not give two samples of 8"),
])
def test_alarm_rates_refuse_what_gives_no_two_samples(change, words):
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        detection.alarm_rates(**{**dict(tests=TESTS, before=GOOD, after=GOOD, n=8, repeats=30), **change})


def test_after_a_sudden_turn_each_strategy_is_as_right_as_what_it_remembers():
    late = {strategy: [] for strategy in detection.STRATEGIES}
    for seed in range(4):
        stream = shifted.drifting_stream("sudden", n=2000, seed=seed)
        for strategy in detection.STRATEGIES:
            right, alarms = detection.follow_stream(stream, strategy)
            assert np.isnan(right[:200]).all() and set(right[200:]) == {0, 1}
            assert right[200:1000].mean() > 0.85
            late[strategy].append(right[1300:].mean())
            assert bool(alarms) == (strategy == "detector")
            if alarms:
                assert any(1000 <= alarm <= 1100 for alarm in alarms) and all(alarm % 50 == 0 for alarm in alarms)
    never, history, window, detector = (np.mean(late[strategy]) for strategy in detection.STRATEGIES)
    assert never == pytest.approx(0.5, abs=0.05) and never + 0.1 < history < window - 0.05
    assert min(window, detector) > 0.9


def test_a_block_is_predicted_before_its_labels_are_used():
    stream = shifted.drifting_stream("none", n=400, noise=0)
    turned = shifted.Stream("none", stream.X, np.r_[stream.y[:300], 1 - stream.y[300:]], stream.share_of_new, 300)
    for strategy in detection.STRATEGIES:
        right, _ = detection.follow_stream(turned, strategy, start=100, block=100)
        assert right[200:300].mean() > 0.9 and right[300:].mean() < 0.1


@pytest.mark.parametrize(("change", "words"), [
    (dict(strategy="hope"), "'hope' is no strategy"), (dict(start=100), "cannot start at 100"),
    (dict(start=0), "cannot start at 0"), (dict(block=0), "blocks of 0"), (dict(window=0), "cannot start"),
])
def test_a_stream_that_cannot_be_followed_is_refused_with_its_reason(change, words):
    stream = shifted.drifting_stream("none", n=100)
    with pytest.raises(DataError, match=f"(?s){words}.*Try: "):
        detection.follow_stream(stream, **{**dict(strategy="never", start=50), **change})


def test_small_samples_do_not_raise_more_false_alarms():
    generator = np.random.default_rng(5)
    alarms = [detection.kolmogorov_smirnov_test(generator.normal(size=8), generator.normal(size=8)).detected()
              for _ in range(600)]
    assert np.mean(alarms) <= 0.06


def test_two_classes_are_one_test_of_outputs_not_two():
    generator = np.random.default_rng(6)
    source, target = (np.column_stack([1 - p, p]) for p in generator.beta([2, 3], 2, (60, 2)).T)
    outputs, single = detection.black_box_shift_test(source, target), detection.kolmogorov_smirnov_test(source[:, 0], target[:, 0])
    assert outputs.p_value == single.p_value


@pytest.mark.parametrize(("options", "words"), [
    ({"block": 500, "window": 200}, "window of 200"),
    ({"start": 1}, "all of class"),
])
def test_a_stream_that_could_never_be_learned_again_is_refused(options, words):
    with pytest.raises(DataError, match=words):
        detection.follow_stream(shifted.drifting_stream(seed=0), "detector", **options)


def test_no_draws_are_no_rate_of_alarms():
    with pytest.raises(DataError, match="0 draws"):
        detection.alarm_rates({}, np.zeros((9, 1)), np.zeros((9, 1)), n=3, repeats=0)


def test_a_kernel_without_width_is_named():
    with pytest.raises(DataError, match="width 0"):
        detection.mean_discrepancy_test([0.0, 1.0], [1.0, 2.0], width=0)
