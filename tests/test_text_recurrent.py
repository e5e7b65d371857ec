"""The fused LSTM: Keras' arithmetic, in both directions, whatever stands behind the words or was read before."""

import numpy as np
import pytest

from course_utils.text.recurrent import fused_lstm

LENGTHS = np.array([7, 3, 5, 1], dtype="int32")
VALUES = np.random.default_rng(0).normal(size=(4, 7, 5)).astype("float32")
IS_WORD = np.arange(7) < LENGTHS[:, None]
STATE = list(np.random.default_rng(2).normal(size=(2, 4, 6)).astype("float32"))


def keras_layer(backward, **options):
    import keras

    layer = keras.layers.LSTM(6, return_sequences=True, go_backwards=backward, bias_initializer="normal", **options)
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


# ---------------------------------------------------------------------- the state of somebody else, and the own one


def both_with_state(backward, keras_backward):
    """Return Keras' layer and ours with the same weights; both return their last state."""
    theirs, ours = keras_layer(keras_backward, return_state=True), fused_lstm(6, backward=backward, return_state=True)
    ours(VALUES, LENGTHS)
    ours.set_weights(theirs.get_weights())
    return theirs, ours


@pytest.mark.parametrize("state", [None, STATE], ids=["from nothing", "from a state"])
@pytest.mark.parametrize("backward", [False, True])
def test_outputs_and_last_state_are_those_of_keras(backward, state):
    theirs, ours = both_with_state(backward, backward)
    found = [np.asarray(part) for part in ours(VALUES, LENGTHS, state)]
    assert [part.shape for part in found] == [(4, 7, 6), (4, 6), (4, 6)]
    for row, length in enumerate(LENGTHS):  # each alone, without padding
        begin = state and [part[row:row + 1] for part in state]
        outputs, *last = (np.asarray(part)[0] for part in theirs(VALUES[row:row + 1, :length], initial_state=begin))
        np.testing.assert_allclose(found[0][row, :length], outputs[::-1] if backward else outputs, atol=1e-6)
        np.testing.assert_allclose([found[1][row], found[2][row]], last, atol=1e-6)
        np.testing.assert_array_equal(found[1][row], found[0][row, 0 if backward else length - 1])


@pytest.mark.parametrize("backward", [False, True])
def test_padding_does_not_change_the_last_state_and_another_start_does(backward):
    layer = fused_lstm(6, backward=backward, return_state=True)
    expected = layer(VALUES, LENGTHS, STATE)[1:]
    longer = np.pad(np.where(IS_WORD[..., None], VALUES, 99), [(0, 0), (0, 3), (0, 0)], constant_values=-7)
    np.testing.assert_allclose(layer(longer.astype("float32"), LENGTHS, STATE)[1:], expected, atol=1e-6)
    for changed in ([STATE[0] + 1, STATE[1]], [STATE[0], STATE[1] + 1]):
        assert (np.abs(np.subtract(layer(VALUES, LENGTHS, changed)[1:], expected)).max(axis=-1) > 1e-4).all()


@pytest.mark.parametrize("backward", [False, True])
def test_gradients_through_outputs_and_states_are_those_of_keras(backward):
    import tensorflow as tf

    theirs, ours = both_with_state(backward, False)
    random = np.random.default_rng(1)
    of_output = random.normal(size=(4, 7, 6)).astype("float32") * IS_WORD[..., None]
    of_state = random.normal(size=(2, 4, 6)).astype("float32")
    values, state = tf.constant(VALUES), [tf.constant(part) for part in STATE]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([values, *state])
        turned = tf.reverse_sequence(values, LENGTHS, 1, 0) if backward else values
        read, *last = theirs(turned, mask=IS_WORD, initial_state=state)
        read = tf.reverse_sequence(read, LENGTHS, 1, 0) if backward else read
        sums = [tf.reduce_sum(outputs * of_output) + tf.reduce_sum(tf.stack(states) * of_state)
                for outputs, *states in (ours(values, LENGTHS, state), (read, *last))]
    np.testing.assert_allclose(*sums, rtol=1e-4)
    mine, expected = (tape.gradient(total, [values, *state, *layer.weights])
                      for total, layer in zip(sums, (ours, theirs)))
    for one, other in zip(mine, expected):
        assert np.abs(other).max() > 0.1
        np.testing.assert_allclose(one, other, atol=2e-5)
    assert not np.asarray(mine[0])[~IS_WORD].any()
