"""Tests of accuracies, intervals and paired comparisons."""

import math

import numpy as np
import pytest

from course_utils import metrics
from course_utils.errors import DataError


@pytest.mark.parametrize(("successes", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662),  # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
])
def test_wilson_interval_equals_the_published_values(successes, n, low, high):
    assert metrics.wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_equals_the_formula_done_by_hand():
    z, n, share = 1.959964, 400, 366 / 400
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert metrics.wilson_interval(366, 400) == pytest.approx((centre - half, centre + half), abs=1e-6)


def test_wilson_interval_of_none_and_of_all_right_has_width_and_stays_inside():
    low, high = metrics.wilson_interval(0, 50)
    assert low == 0 and 0.05 < high < 0.1
    assert metrics.wilson_interval(50, 50) == pytest.approx((1 - high, 1 - low))


def test_wilson_interval_covers_the_true_share_as_often_as_it_says():
    random = np.random.default_rng(0)
    for share in (0.5, 0.9, 0.97):
        draws = random.binomial(100, share, size=4000)
        ends = {k: metrics.wilson_interval(k, 100) for k in np.unique(draws)}
        covered = np.mean([ends[k][0] <= share <= ends[k][1] for k in draws])
        assert 0.925 <= covered <= 0.98


def test_more_confidence_gives_a_wider_interval():
    low, high = metrics.wilson_interval(80, 100, 0.95)
    wide_low, wide_high = metrics.wilson_interval(80, 100, 0.99)
    assert wide_low < low < high < wide_high


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (5, 4), (-1, 4), (0.9, 10), (1, -3)])
def test_an_impossible_count_is_refused(successes, n):
    with pytest.raises(DataError):
        metrics.wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(DataError, match="confidence"):
        metrics.wilson_interval(3, 4, confidence)


def test_accuracy_reads_as_a_sentence():
    labels, predictions = [1] * 400, [1] * 366 + [0] * 34
    assert str(metrics.accuracy(labels, predictions)) == "0.915 (95 % interval 0.884–0.939, n = 400)"


def test_accuracy_counts_many_classes_and_names_alike():
    numbers = metrics.accuracy([0, 1, 2, 2], [0, 2, 2, 2])
    names = metrics.accuracy(["ray", "shark", "eel", "eel"], ["ray", "eel", "eel", "eel"])
    assert numbers == names
    assert (numbers.value, numbers.n) == (0.75, 4)


@pytest.mark.parametrize(("labels", "predictions", "words"), [
    ([0, 1], [0, 1, 1], "2 labels but 3"),
    ([], [], "no labels"),
    ([0, 1], [[0.1], [0.9]], r"shape \(2, 1\)"),
    ([0, 1], [0.1, 0.9], "no classes, such as 0.1"),
    ([0, 1], ["shark", "ray"], "different kinds"),
])
def test_accuracy_refuses_what_are_no_classes(labels, predictions, words):
    with pytest.raises(DataError, match=words):
        metrics.accuracy(labels, predictions)


def _paired(both, only_a, only_b, neither):
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return [1] * len(a), a, b


@pytest.mark.parametrize(("table", "difference", "low", "high"), [
    # (both, only A, only B, neither); airway data in Fagerland, Lydersen & Laake (2014): -0.507 to -0.026
    ((1, 1, 7, 12), -0.286, -0.507, -0.026),
    # Altman et al. (2000), Statistics with confidence, table 6.2: 0.011 to 0.226
    ((14, 5, 0, 22), 0.122, 0.011, 0.226),
])
def test_paired_interval_equals_the_published_values(table, difference, low, high):
    result = metrics.mcnemar(*_paired(*table))
    assert (result.difference, result.low, result.high) == pytest.approx((difference, low, high), abs=6e-4)


def test_mcnemar_equals_the_coin_tossed_by_hand():
    result = metrics.mcnemar(*_paired(1, 1, 7, 12))
    assert (result.only_a, result.only_b, result.n) == (1, 7, 21)
    assert result.p_value == pytest.approx(2 * (1 + 8) / 2**8)


def test_exchanging_the_classifiers_turns_the_sign():
    labels, a, b = _paired(50, 15, 4, 31)
    forward, back = metrics.mcnemar(labels, a, b), metrics.mcnemar(labels, b, a)
    assert forward.difference == pytest.approx(0.11)
    assert (back.difference, back.low, back.high) == pytest.approx(
        (-forward.difference, -forward.high, -forward.low)
    )
    assert back.p_value == forward.p_value


def test_equal_classifiers_have_no_difference_and_p_1():
    labels, a, _ = _paired(90, 0, 0, 10)
    result = metrics.mcnemar(labels, a, a)
    assert (result.difference, result.p_value) == (0, 1)
    assert result.low < 0 < result.high


def test_classifiers_that_are_both_perfect_can_be_compared():
    result = metrics.mcnemar([0, 1, 2], [0, 1, 2], [0, 1, 2])
    assert (result.difference, result.p_value) == (0, 1)


def test_paired_interval_covers_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(1)
    shares = (0.80, 0.09, 0.04, 0.07)  # both, only A, only B, neither: A is better by 0.05
    inside = []
    for _ in range(400):
        result = metrics.mcnemar(*_paired(*random.multinomial(200, shares)))
        inside.append(result.low <= 0.05 <= result.high)
    assert 0.91 <= np.mean(inside) <= 0.99


def test_mcnemar_rarely_cries_wolf_and_sees_a_large_gain():
    random = np.random.default_rng(2)

    def share_found(*shares):
        tables = random.multinomial(200, shares, size=300)
        return np.mean([metrics.mcnemar(*_paired(*table)).p_value < 0.05 for table in tables])

    assert share_found(0.8, 0.06, 0.06, 0.08) <= 0.06
    assert share_found(0.7, 0.02, 0.18, 0.10) >= 0.99


def test_a_comparison_reads_as_a_sentence():
    text = str(metrics.mcnemar(*_paired(14, 5, 0, 22)))
    assert text.startswith("+0.122 (95 % interval +0.011 to +0.226; only A right: 5, only B right: 0, n = 41")
    assert text.endswith("exact McNemar p = 0.062)")


def test_mcnemar_names_the_predictions_that_do_not_fit():
    with pytest.raises(DataError, match="2 labels but 1 predictions_b"):
        metrics.mcnemar([0, 1], [0, 1], [0])


def test_mean_and_spread_divides_by_n_minus_1():
    spread = metrics.mean_and_spread([0.92, 0.94, 0.96])
    assert (spread.mean, spread.standard_deviation, spread.n) == (pytest.approx(0.94), pytest.approx(0.02), 3)
    assert str(spread) == "0.940 ± 0.020 (standard deviation, 3 seeds)"


def test_a_single_seed_has_no_spread():
    spread = metrics.mean_and_spread([0.9])
    assert spread.standard_deviation is None
    assert str(spread) == "0.900 (1 seed)"


@pytest.mark.parametrize("values", [[], [0.9, float("nan")], [[0.1, 0.2]]])
def test_values_without_a_mean_are_refused(values):
    with pytest.raises(DataError):
        metrics.mean_and_spread(values)


def test_an_experiment_is_run_once_for_each_seed_in_order():
    table = metrics.over_seeds(lambda seed: (seed, seed**2), [3, 1, 2])
    assert table.tolist() == [[3, 9], [1, 1], [2, 4]]
    assert metrics.over_seeds(float, [5]).tolist() == [[5]]


@pytest.mark.parametrize(("experiment", "seeds"), [(float, []), (lambda seed: [0] * seed, [1, 2])])
def test_runs_that_make_no_table_are_one_clear_error(experiment, seeds):
    with pytest.raises(DataError, match="rows of the shapes"):
        metrics.over_seeds(experiment, seeds)


def test_each_column_of_runs_becomes_a_line_with_its_spread():
    lines = metrics.spread_lines(["a", "longer"], np.array([[1.0, 0.5], [3.0, 0.5]])).splitlines()
    assert lines[0].startswith("a       2.000 ± 1.414") and lines[1].startswith("longer  0.500 ± 0.000")
    with pytest.raises(DataError, match="1 names for 2 columns"):
        metrics.spread_lines(["a"], np.zeros((3, 2)))


def test_the_interval_of_a_mean_over_seeds_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(0)
    intervals = [metrics.mean_and_spread(generator.normal(7, 2, 5)).interval() for _ in range(2000)]
    assert np.mean([low <= 7 <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.015)
    assert metrics.mean_and_spread([0.5]).interval() is None
    with pytest.raises(DataError, match="confidence"):
        metrics.mean_and_spread([0.5, 0.6]).interval(95)
