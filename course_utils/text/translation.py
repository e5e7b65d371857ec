"""Encoder and decoder: one text read letter by letter, others written letter by letter (lesson 05).

The two halves are functions on Keras tensors, so that a lesson can wire one encoder to several decoders.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from course_utils.errors import DataError
from course_utils.text.encoding import PAD, Vocabulary, pad
from course_utils.text.recurrent import fused_lstm, is_not_padding, lengths_of

__all__ = ["END", "START", "Memory", "decoder", "encoder", "letter_ids", "letters_of", "written_freely"]

START, END = "<", ">"  # what a decoder reads before its first letter, and what it writes after the last
WIDTH = 16  # numbers for each letter


class Memory(NamedTuple):
    """What an encoder or a decoder leaves for others to read.

    Attributes
    ----------
    values : Keras tensor, shape (texts, length, units)
        What it knows at each letter.
    is_letter : Keras tensor, shape (texts, length)
        False for padding.
    state : list of two Keras tensors, shape (texts, units)
        What its LSTM knows in the end.
    """

    values: object
    is_letter: object
    state: list


def letters_of(texts: Iterable[str]) -> Vocabulary:
    """Return the letters of texts as a vocabulary, with the marks for start and end. Introduced in lesson 05.

    Capitals count as small letters, and what is written is small.
    """
    return Vocabulary([START, END, *sorted({letter for text in texts for letter in text})])


def letter_ids(texts: Sequence[str], letters: Vocabulary, *, start: bool = False, end: bool = False) -> np.ndarray:
    """Return the numbers of the letters, padded: int32, shape (texts, length). Introduced in lesson 05.

    Parameters
    ----------
    texts : sequence of str
        Texts that have neither :data:`START` nor :data:`END` in them.
    letters : Vocabulary
        See :func:`letters_of`.
    start, end : bool
        Whether the start mark stands before, the end mark behind each text.

    Raises
    ------
    DataError
        If there is no text, one has a mark in it, or one is empty and gets no mark either.
    """
    marked = [text for text in texts if START in text or END in text]
    if marked:
        raise DataError(f"The text {marked[0]!r} has {START!r} or {END!r} in it, which mark start and end.", "replace them.")
    if not (start or end or all(texts)):
        raise DataError("A text is empty: there is nothing to read.", "leave it out.")
    return pad([letters.encode([START] * start + list(text) + [END] * end) for text in texts])


def encoder(text, n_letters: int, units: int = 64, seed: int = 0) -> Memory:
    """Read a text from both sides with LSTMs. Introduced in lesson 05.

    Parameters
    ----------
    text : Keras tensor of int32, shape (texts, length)
        Numbers of the letters.
    n_letters : int
        Size of their vocabulary.
    units : int
        Numbers in the memory, both sides together; even.
    seed : int
        For first numbers.
    """
    import keras

    values, lengths, is_letter = _letters(text, n_letters, seed)
    sides = [fused_lstm(units // 2, backward=backward, return_state=True, seed=seed + backward)(values, lengths)
             for backward in (False, True)]
    values, *state = (keras.layers.Concatenate()(list(parts)) for parts in zip(*sides))
    return Memory(values, is_letter, state)


def decoder(before, memory: Memory, n_letters: int, units: int = 64, seed: int = 0) -> Memory:
    """Read what was written before, begin with somebody else's state, and look at their values. Introduced in lesson 05.

    An LSTM gives a state h at each letter; attention weighs the other's values m by softmax(h W m / sqrt(units)), and the
    weighted mean joins h. Luong, Pham and Manning (2015), "Effective Approaches to Attention-based Neural Machine
    Translation", EMNLP; the root is from Vaswani et al. (2017).

    Parameters
    ----------
    before : Keras tensor of int32, shape (texts, length)
        The letters that were written before each place: in training the true ones (teacher forcing).
    memory : Memory
        Of the encoder, or of another decoder.
    n_letters, units, seed
        As for :func:`encoder`; as many units as the memory has.
    """
    import keras

    layers = keras.layers
    glorot = keras.initializers.GlorotUniform
    values, lengths, is_letter = _letters(before, n_letters, seed)
    hidden, *state = fused_lstm(units, return_state=True, seed=seed)(values, lengths, list(memory.state))
    asked = layers.Dense(units, use_bias=False, kernel_initializer=glorot(seed=seed + 2))(hidden) / np.sqrt(units)
    seen = layers.Attention()([asked, memory.values], mask=[None, memory.is_letter])
    both = layers.Concatenate()([hidden, seen])
    return Memory(layers.Dense(units, activation="tanh", kernel_initializer=glorot(seed=seed + 3))(both), is_letter, state)


def written_freely(network, text: np.ndarray, letters: Vocabulary, longest: dict[str, int]) -> dict[str, list[str]]:
    """Let a network write: each letter that it chooses is the next that it reads. Introduced in lesson 05.

    Parameters
    ----------
    network : keras.Model
        Reads ``text`` and, for each output ``"iso"``, what was written before as ``"iso_before"``; returns scores for the
        next letter at each place.
    text : numpy.ndarray of int32, shape (texts, length)
        See :func:`letter_ids`.
    letters : Vocabulary
        See :func:`letters_of`.
    longest : dict of str to int
        For each output the most letters to write, in the order of writing: a decoder that reads another one comes after it.

    Returns
    -------
    dict of str to list of str
        What was written before the end mark.
    """
    written = {name: np.full((len(text), 1), letters.number(START), "int32") for name in longest}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using a softmax over axis")  # over the one letter that is there so far
        for name, most in longest.items():
            ended = np.zeros(len(text), bool)
            for _ in range(most):
                scores = network.predict_on_batch({"text": text, **{f"{one}_before": rows for one, rows in written.items()}})
                chosen = scores[name][:, -1].argmax(axis=-1).astype("int32")
                ended |= np.isin(chosen, (letters.number(END), PAD))
                chosen[ended] = PAD  # as in training: nothing stands behind the last letter that others could read
                written[name] = np.column_stack([written[name], chosen])
    names = ("", "?", *letters.words)
    return {name: ["".join(names[number] for number in row[1:]) for row in rows] for name, rows in written.items()}


def _letters(numbers, n_letters: int, seed: int):
    """Return a trained vector for each letter, the lengths of the texts, and which places are letters."""
    import keras

    first = keras.initializers.RandomUniform(-0.5, 0.5, seed=seed)
    values = keras.layers.Embedding(n_letters, WIDTH, embeddings_initializer=first)(numbers)
    is_letter = keras.layers.Lambda(is_not_padding)(numbers)
    return values, keras.layers.Lambda(lengths_of)(numbers), is_letter
