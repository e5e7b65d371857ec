"""The fused LSTM: Keras' arithmetic, in both directions, whatever stands behind the words."""

import numpy as np
import pytest

from course_utils.text.recurrent import fused_lstm

LENGTHS = np.array([7, 3, 5, 1], dtype="int32")
VALUES = np.random.default_rng(0).normal(size=(4, 7, 5)).astype("float32")
IS_WORD = np.arange(7) < LENGTHS[:, None]


def keras_layer(backward):
    import keras

    layer = keras.layers.LSTM(6, return_sequences=True, go_backwards=backward, bias_initializer="normal")
    layer.build(VALUES.shape)
    return layer


def by_keras(layer, values, backward):
    """Keras turns what it read backward round, padding and all: each sentence alone, without padding, is plain."""
    rows = [np.asarray(layer(values[row:row + 1, :length]))[0] for row, length in enumerate(LENGTHS)]
    return [row[::-1] if backward else row for row in rows]


@pytest.mark.parametrize("backward", [False, True])
def test_numbers_are_those_of_keras(backward):
    theirs, ours = keras_layer(backward), fused_lstm(6, backward=backward)
    ours(VALUES, LENGTHS)
    ours.set_weights(theirs.get_weights())
    found = np.asarray(ours(VALUES, LENGTHS))
    for row, expected in enumerate(by_keras(theirs, VALUES, backward)):
        np.testing.assert_allclose(found[row, :LENGTHS[row]], expected, atol=1e-6)


@pytest.mark.parametrize("backward", [False, True])
def test_gradients_are_those_of_keras(backward):
    import keras
    import tensorflow as tf

    layer = keras_layer(False)
    ours = fused_lstm(6, backward=backward)
    ours(VALUES, LENGTHS)
    ours.set_weights(layer.get_weights())
    weights = np.random.default_rng(1).normal(size=(4, 7, 6)).astype("float32") * IS_WORD[..., None]
    values = tf.constant(VALUES)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(values)
        mine = tf.reduce_sum(ours(values, LENGTHS) * weights)
        turned = tf.reverse_sequence(values, LENGTHS, 1, 0) if backward else values
        read = layer(turned, mask=IS_WORD)
        theirs = tf.reduce_sum((tf.reverse_sequence(read, LENGTHS, 1, 0) if backward else read) * weights)
    assert keras.ops.isclose(mine, theirs, rtol=1e-4)
    for one, other in zip(tape.gradient(mine, [values, *ours.weights]), tape.gradient(theirs, [values, *layer.weights])):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.parametrize("backward", [False, True])
def test_what_stands_behind_the_words_does_not_matter(backward):
    layer = fused_lstm(6, backward=backward)
    other = np.concatenate([np.where(IS_WORD[..., None], VALUES, 99), np.full((4, 3, 5), -7)], axis=1).astype("float32")
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(layer(VALUES, LENGTHS)[row, :length], layer(other, LENGTHS)[row, :length], atol=1e-6)


def test_the_first_bias_keeps_the_memory_and_the_seed_decides_the_other_numbers():
    same, again, other = (fused_lstm(6, seed=seed) for seed in (1, 1, 2))
    for layer in (same, again, other):
        layer(VALUES, LENGTHS)
    np.testing.assert_array_equal(same.bias, [0] * 6 + [1] * 6 + [0] * 12)
    np.testing.assert_array_equal(same.kernel, again.kernel)
    assert not np.allclose(same.kernel, other.kernel) and not np.allclose(same.recurrent_kernel, other.recurrent_kernel)
    np.testing.assert_allclose(same.recurrent_kernel @ np.transpose(same.recurrent_kernel), np.eye(6), atol=1e-5)
