"""An LSTM whose loop over the words runs inside TensorFlow's own kernel (lesson 04).

Keras' LSTM is a loop of many small operations; on a processor most of the time goes into starting them. The kernel
``BlockLSTM`` does the whole sentence at once. The arithmetic and the order of the weights are those of
``keras.layers.LSTM`` (``tests/test_text_recurrent.py`` compares numbers and gradients), a training step of
lesson 04 takes about half the time. With 128 units Keras' own is the faster one.
"""

from functools import lru_cache

from course_utils.text.encoding import PAD

__all__ = ["fused_lstm", "is_not_padding", "lengths_of"]


def is_not_padding(numbers):
    """Mark what is a word, or a letter: booleans in the shape of the padded numbers. Introduced in lesson 04."""
    import keras

    return keras.ops.not_equal(numbers, PAD)


def lengths_of(numbers):
    """Return how many words, or letters, each row of padded numbers has: int32, shape (rows,). Introduced in lesson 04."""
    import keras

    return keras.ops.sum(keras.ops.cast(is_not_padding(numbers), "int32"), axis=1)


@lru_cache(maxsize=1)
def _layer_class():
    """Make the class when it is needed: it inherits from Keras, which is slow to import."""
    import keras
    import tensorflow as tf

    class FusedLSTM(keras.layers.Layer):
        def __init__(self, units, backward, return_state, seed, **options):
            super().__init__(**options)
            self.units, self.backward, self.return_state, self.seed = units, backward, return_state, seed

        def build(self, values_shape, lengths_shape=None, state_shape=None):
            gates = 4 * self.units
            self.kernel = self.add_weight(
                (values_shape[-1], gates), keras.initializers.GlorotUniform(seed=self.seed), name="kernel")
            self.recurrent_kernel = self.add_weight(
                (self.units, gates), keras.initializers.Orthogonal(seed=self.seed + 1), name="recurrent_kernel")
            self.bias = self.add_weight((gates,), _forget_nothing, name="bias")

        def compute_output_shape(self, values_shape, lengths_shape=None, state_shape=None):
            hidden, last = (*values_shape[:2], self.units), (values_shape[0], self.units)
            return (hidden, last, last) if self.return_state else hidden

        def call(self, values, lengths, state=None):
            lengths = tf.cast(lengths, tf.int32)
            if self.backward:  # the words alone are turned round, padding stays behind them
                values = tf.reverse_sequence(values, lengths, 1, 0)
            values = tf.transpose(values, (1, 0, 2))
            nothing, unused = tf.zeros((tf.shape(values)[1], self.units)), tf.zeros((self.units,))
            hidden, memory = (nothing, nothing) if state is None else state
            # Not BlockLSTMV2, whose gradient takes the gates in another order than the kernel (TensorFlow 2.21).
            states = tf.raw_ops.BlockLSTM(
                seq_len_max=tf.cast(tf.shape(values)[0], tf.int64), x=values, cs_prev=memory, h_prev=hidden,
                w=_as_the_kernel_wants(tf.concat([self.kernel, self.recurrent_kernel], axis=0)),
                b=_as_the_kernel_wants(self.bias), wci=unused, wcf=unused, wco=unused, forget_bias=0.0,
                cell_clip=-1.0, use_peephole=False,
            )
            hidden = tf.transpose(states.h, (1, 0, 2))
            in_order = tf.reverse_sequence(hidden, lengths, 1, 0) if self.backward else hidden
            if not self.return_state:
                return in_order
            last = tf.stack([lengths - 1, tf.range(tf.shape(lengths)[0])], axis=1)  # what was read last, not padding
            return in_order, tf.gather_nd(states.h, last), tf.gather_nd(states.cs, last)

    def _as_the_kernel_wants(weights):
        """Put the gates from Keras' order (enter, forget, candidate, leave) into the kernel's."""
        enter, forget, candidate, leave = tf.split(weights, 4, axis=-1)
        return tf.concat([enter, candidate, forget, leave], axis=-1)

    def _forget_nothing(shape, dtype=None):
        """Return Keras' first bias: 1 for the gate that keeps the memory, else 0 (Jozefowicz et al. 2015)."""
        units = shape[0] // 4
        return tf.concat([tf.zeros(units), tf.ones(units), tf.zeros(2 * units)], axis=0)

    return FusedLSTM


def fused_lstm(units: int, *, backward: bool = False, return_state: bool = False, seed: int = 0):
    """Return an LSTM layer for padded sentences (Hochreiter and Schmidhuber 1997). Introduced in lesson 04.

    Parameters
    ----------
    units : int
        Numbers in its memory.
    backward : bool
        Whether it reads from the last word of each sentence to the first.
    return_state : bool
        Whether it also returns what it knows in the end, two arrays, which another LSTM can begin with (lesson 05).
    seed : int
        For its first numbers.

    Returns
    -------
    keras.Layer
        To be called with values of shape (sentences, length, width), the number of words of each sentence, int32, and
        perhaps the state of another LSTM. It returns the output after each word, (sentences, length, units); what it
        returns for padding means nothing. With ``return_state`` it returns three arrays: this one, and
        the output and the memory after the last word that it read, (sentences, units) each.
    """
    return _layer_class()(units, backward, return_state, seed)
