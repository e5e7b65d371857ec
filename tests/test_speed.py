"""Fair timing, arithmetic intensity by hand, and limits of this computer that its layers respect."""

import time
import types

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import speed
from course_utils.vision.convolutions import LayerCount


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when a function says so."""
    fake = types.SimpleNamespace(now=0.0, calls=[])
    fake.perf_counter = lambda: fake.now
    monkeypatch.setattr(speed, "time", fake)

    def lasting(name, seconds):
        def function():
            fake.calls.append(name)
            fake.now += seconds(sum(call == name for call in fake.calls))
        return function
    fake.lasting = lasting
    return fake


def test_functions_take_turns_and_the_warm_up_is_not_timed(clock):
    medians = speed.interleaved_medians({"a": clock.lasting("a", lambda call: 100 if call <= 2 else 1),
                                         "b": clock.lasting("b", lambda call: call)}, repeats=3, warmup=2)
    assert clock.calls == 5 * ["a", "b"]
    assert medians == {"a": 1, "b": 4}


def test_a_busy_moment_moves_no_median(clock):
    busy = lambda usual: lambda call: 50 * usual if 4 <= call <= 9 else usual       # noqa: E731
    medians = speed.interleaved_medians({name: clock.lasting(name, busy(usual)) for name, usual in (("a", 1), ("b", 3))},
                                        repeats=15, warmup=0)
    assert medians == {"a": 1, "b": 3}


def test_the_real_clock_is_in_seconds():
    medians = speed.interleaved_medians({"none": lambda: None, "sleep": lambda: time.sleep(.01)}, repeats=3, warmup=0)
    assert medians["sleep"] >= .0099 and 0 <= medians["none"] < medians["sleep"]


@pytest.mark.parametrize(("functions", "options", "message"), [
    ({}, {}, "nothing to time"), ({"a": 3}, {}, "nothing to time"), ([len], {}, "nothing to time"),
    ({"a": len}, {"repeats": 0}, "repeats is 0"), ({"a": len}, {"warmup": -1}, "warmup is -1"),
    ({"a": len}, {"warmup": .5}, "warmup is 0.5"),
])
def test_nothing_to_time_gives_one_clear_error(functions, options, message):
    with pytest.raises(DataError, match=message):
        speed.interleaved_medians(functions, **options)


def layer(kind="Conv2D", before=(8, 8, 3), after=(8, 8, 16), parameters=432, multiply_adds=27_648):
    return LayerCount("layer", kind, before, after, parameters, multiply_adds)


def test_the_intensity_is_operations_over_bytes_and_weights_serve_the_whole_batch():
    # By hand: 2 * 27,648 operations; 192 numbers in, 1,024 out, 432 weights, four bytes each.
    assert speed.arithmetic_intensity(layer()) == pytest.approx(55_296 / (4 * 1_648))
    assert speed.arithmetic_intensity(layer(), 10) == pytest.approx(552_960 / (4 * (12_160 + 432)))
    limit = 55_296 / (4 * 1_216)                       # a huge batch: the weights no longer count
    assert speed.arithmetic_intensity(layer(), 10**6) == pytest.approx(limit, rel=1e-3)


def test_a_depthwise_layer_does_little_with_each_byte():
    depthwise = layer("DepthwiseConv2D", (28, 28, 256), (28, 28, 256), 9 * 256, 9 * 256 * 28 * 28)
    pointwise = layer("Conv2D", (28, 28, 256), (28, 28, 256), 256 * 256, 256 * 256 * 28 * 28)
    # 18 operations for the 8 bytes of a number in and a number out, however many channels there are.
    assert speed.arithmetic_intensity(depthwise, 10**4) == pytest.approx(18 / 8, rel=1e-3)
    assert speed.arithmetic_intensity(pointwise, 8) > 20 * speed.arithmetic_intensity(depthwise, 8)


def test_several_inputs_have_no_intensity():
    for count in (layer(before=((8, 8, 3), (8, 8, 3))), layer(after=((8, 8, 3), (8, 8, 3)))):
        with pytest.raises(DataError, match="several inputs or outputs"):
            speed.arithmetic_intensity(count)


@pytest.mark.parametrize("function", [lambda n: speed.arithmetic_intensity(layer(), n), speed.matrix_product_peak,
                                      speed.memory_bandwidth, lambda n: speed.memory_bandwidth(1, repeats=n)])
@pytest.mark.parametrize("number", [0, -1, 1.5, "8"])
def test_sizes_are_whole_numbers(function, number):
    with pytest.raises(DataError, match="give a whole number from 1 up"):
        function(number)


def test_the_peak_counts_two_operations_a_multiply_add(monkeypatch):
    monkeypatch.setattr(speed, "_fastest", lambda function, repeats: 0.5)
    assert speed.matrix_product_peak(100) == pytest.approx(2 * 100**3 / 0.5 / 1e9)


def test_a_limit_is_the_fastest_run_after_one_that_does_not_count(clock):
    function = clock.lasting("a", lambda call: {1: 1, 3: 4}.get(call, 9))
    assert speed._fastest(function, 5) == 4 and len(clock.calls) == 6


def test_the_bandwidth_counts_reading_and_writing_and_all_is_copied(monkeypatch):
    seen = []

    def copied_at_once(function, repeats):
        seen.append(len(function()))
        return 0.5
    monkeypatch.setattr(speed, "_fastest", copied_at_once)
    monkeypatch.setattr(speed.np, "copyto", lambda target, source: seen.append(source.nbytes))
    assert speed.memory_bandwidth(2) == pytest.approx(2 * 2 * 2**20 / 0.5 / 1e9)
    *parts, workers = seen
    assert sum(parts) == 2 * 2**20 and workers == len(parts)


def test_a_matrix_product_is_faster_than_adding_numbers_up():
    peak, bandwidth = speed.matrix_product_peak(512, 3), speed.memory_bandwidth(16, 3)
    adding = np.ones(10**6, np.float32)
    seconds = speed.interleaved_medians({"add": lambda: adding + adding}, 3)["add"]
    assert peak > 10**6 / seconds / 1e9 and bandwidth > .1
