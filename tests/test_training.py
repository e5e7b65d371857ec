"""One compiled network for many runs is as good as a new one each time, and the rate falls as it is said."""

import numpy as np
import pytest

from course_utils import settings
from course_utils.errors import DataError
from course_utils.training import falling_rate, renewed, scheduled

with settings.quietly():
    import keras

RANDOM = np.random.default_rng(0)
INPUTS, TARGETS = RANDOM.normal(size=(20, 3)).astype("float32"), RANDOM.normal(size=(20, 1)).astype("float32")


def network(seed, width=4, layers=1):
    def dense(units, number):
        return keras.layers.Dense(units, kernel_initializer=keras.initializers.GlorotUniform(seed=10 * seed + number))

    return keras.Sequential([keras.Input((3,)), *(dense(width, number) for number in range(layers)),
                             keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=seed), dense(1, 9)])


def learn(model, learning_rate=0.01):
    if not model.compiled:
        model.compile(keras.optimizers.Adam(learning_rate), "mse", metrics=["mae"])
    model.optimizer.learning_rate.assign(learning_rate)
    losses = model.fit(INPUTS, TARGETS, batch_size=5, epochs=2, shuffle=False, verbose=0).history
    return [*model.get_weights(), losses["loss"], losses["mae"]]


def numbers_of(variables):
    return [variable.numpy() for variable in variables]


def assert_same(first, second, atol=0.0):
    assert len(first) == len(second)
    for one, other in zip(first, second):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


@pytest.fixture(scope="module")
def used():
    """A network that has learnt, with seed 1; tests may renew it."""
    model = network(1)
    learn(model)
    return model


# ---------------------------------------------------------------------- renewed


def test_the_numbers_are_the_fresh_ones_seeds_of_dropout_included(used):
    learn(renewed(used, network(1)))
    fresh = network(2)
    expected = numbers_of(fresh.variables)
    assert len(expected) == len(fresh.weights) + 1  # the state of the dropout
    assert [np.array_equal(*pair) for pair in zip(numbers_of(used.variables), expected)].count(True) == 0
    assert renewed(used, fresh) is used
    assert_same(numbers_of(used.variables), expected)
    assert_same(numbers_of(fresh.variables), expected)


def test_the_optimizer_has_neither_moments_nor_steps_and_keeps_its_rate(used):
    learn(renewed(used, network(1)), learning_rate=0.25)
    before = values_of(used.optimizer)
    assert before["iteration"] == 8 and all(number.any() for number in before.values())
    renewed(used, network(2))
    after = values_of(used.optimizer)
    assert before.keys() == after.keys()
    assert [name for name, number in after.items() if number.any()] == ["learning_rate"] and after["learning_rate"] == 0.25


def values_of(optimizer):
    """The optimizer's numbers, without the prefix that Keras counts up."""
    return {variable.path.split("/", 1)[1]: variable.numpy() for variable in optimizer.variables}


def test_a_renewed_network_learns_what_a_new_one_learns(used):
    expected, other = learn(network(3)), learn(network(4))
    assert_same(learn(renewed(used, network(3))), expected, atol=1e-6)
    assert np.abs(expected[0] - other[0]).max() > 0.01


def test_a_network_that_is_not_compiled_is_renewed_too():
    model, fresh = network(1), network(2)
    assert_same(numbers_of(renewed(model, fresh).variables), numbers_of(fresh.variables))
    assert not model.compiled


@pytest.mark.parametrize("other", [{"width": 5}, {"layers": 2}])
def test_other_layers_or_sizes_are_refused_and_nothing_is_lost(used, other):
    before = numbers_of(used.variables + used.optimizer.variables)
    with pytest.raises(DataError, match="other sizes.*\n.*leave out `like`"):
        renewed(used, network(1, **other))
    assert_same(numbers_of(used.variables + used.optimizer.variables), before)


# ---------------------------------------------------------------------- a rate that falls


def rate_at(batch, n_batches=15):
    """Half a cosine from 0.2 at the first batch to 0 behind the last."""
    return 0.1 + 0.1 * np.cos(np.pi * batch / n_batches)


@pytest.mark.parametrize(("together", "begins"), [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 4]), (5, [0])])
def test_the_rate_is_half_a_cosine_over_all_batches_of_all_epochs(together, begins):
    seen = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(float(model.optimizer.learning_rate)))
    weight = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), weight])
    model.compile(keras.optimizers.SGD(9.0), lambda true, found: found, steps_per_execution=together)  # its slope is 1
    ones = np.ones((10, 1), "float32")
    callback = falling_rate(0.2)
    for _ in range(2):  # the second time from the start again
        model.fit(ones, ones, batch_size=2, epochs=3, verbose=0, callbacks=[callback, record])
    starts = [5 * epoch + begin for epoch in range(3) for begin in begins]
    np.testing.assert_allclose(seen, [rate_at(start) for start in starts] * 2, atol=1e-7)
    batches = np.diff([*starts, 15])  # taken with each rate
    np.testing.assert_allclose(weight.kernel, [[-2 * batches @ [rate_at(start) for start in starts]]], rtol=1e-5)


def test_a_schedule_hears_of_each_batch_and_epoch():
    import keras

    X, heard = np.ones((8, 2), "float32"), []
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(X, X[:, 0], batch_size=4, epochs=2, verbose=0,
              callbacks=[scheduled(lambda of, share: heard.append((of is model, share)))])
    assert heard == [(True, 0.0), (True, 0.25), (True, 0.5), (True, 0.75)]
