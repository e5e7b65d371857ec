"""A recurrent part-of-speech tagger: words in, one tag each out (lesson 04)."""

import copy
import time
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import softmax

from course_utils.data.corpora import TaggedSentences
from course_utils.errors import DataError
from course_utils.text.encoding import (
    INITIAL_RANGE, SHAPES, UNKNOWN, Vocabulary, checked_sentences, embedding_matrix, form_in, pad, word_shape,
)
from course_utils.text.recurrent import fused_lstm, is_not_padding, lengths_of
from course_utils.training import falling_rate, renewed

__all__ = ["CELLS", "Tagger", "read_both_ways", "recurrent_tagger", "sentence_batches", "word_evidence"]

CELLS = ("SimpleRNN", "GRU", "LSTM")
SUFFIX_LENGTHS = (1, 2, 3)
MOST_LETTERS = 16  # of a word, for the convolution over its letters: the first and the last eight
PREDICT_BATCH = 128
FUSED_UP_TO = 64  # units; with 128 Keras' own LSTM took half the time of the fused one, with 64 the other way round


def sentence_batches(inputs: dict[str, np.ndarray], labels, lengths: Sequence[int], batch_size: int = 32,
                     epochs: int = 1, word_dropout: float = 0.0, seed: int = 0, weights=None):
    """Return batches of sentences of about the same length, in a new order each epoch. Introduced in lesson 04.

    A batch is cut to its longest sentence, so that little is computed on padding; padding gets the weight 0. The
    shapes are declared as unknown, so that TensorFlow compiles one function for all lengths.

    Parameters
    ----------
    inputs : dict of str to numpy.ndarray of int, shape (sentences, longest, ...)
        Padded numbers for each input of the network.
    labels : numpy.ndarray of int, shape (sentences, longest), or dict of str to such arrays
        Padded tags; a dictionary if each word has labels of several tasks (lesson 05).
    lengths : sequence of int
        Words of each sentence.
    batch_size : int
        The last batch of an epoch may be smaller.
    epochs : int
        Passes over the sentences that the batches hold, one after the other: Keras takes a while to begin each of its own.
    word_dropout : float
        Share of the words that are replaced by the unknown word, others in each epoch, so that it learns something, too.
    seed : int
        For the order and for the words that are replaced.
    weights : numpy.ndarray, or dict of str to such arrays, optional
        Weights of the labels, in their shape; by default 1 for words.

    Returns
    -------
    tf.data.Dataset
        Of inputs, labels and weights, to be handed to ``fit``.
    """
    import tensorflow as tf

    lengths = np.asarray(lengths)
    random = np.random.default_rng(seed)

    def all_epochs():
        for _ in range(epochs):
            # A little noise, so that no two epochs have the same batches.
            batches = _by_length(lengths + random.uniform(0, 2, len(lengths)), batch_size)
            random.shuffle(batches)
            yield from map(one_batch, batches)

    def one_batch(chosen):
        length = lengths[chosen].max()
        is_word = np.arange(length) < lengths[chosen, None]
        batch = {name: array[chosen, :length] for name, array in inputs.items()}
        if word_dropout:
            batch["words"] = np.where(is_word & (random.random(is_word.shape) < word_dropout), UNKNOWN, batch["words"])
        cut = tf.nest.map_structure(lambda array: array[chosen, :length], (labels, labels if weights is None else weights))
        return batch, cut[0], tf.nest.map_structure(
            lambda array: (is_word if weights is None else is_word * array).astype("float32"), cut[1])

    def unknown(arrays, kind):
        return tf.nest.map_structure(lambda array: tf.TensorSpec((None, None, *array.shape[2:]), kind), arrays)

    signature = (unknown(inputs, tf.int32), unknown(labels, tf.int32), unknown(labels, tf.float32))
    batches = tf.data.Dataset.from_generator(all_epochs, output_signature=signature)
    return batches.apply(tf.data.experimental.assert_cardinality(epochs * -(-len(lengths) // batch_size))).prefetch(4)


def _by_length(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Return the places of the sentences, the short ones first, in batches."""
    order = np.argsort(lengths, kind="stable")
    return [order[start:start + batch_size] for start in range(0, len(order), batch_size)]


def recurrent_tagger(matrix: np.ndarray, n_tags: int, *, cell: str = "LSTM", units: int = 32, bidirectional: bool = True,
                     trainable: bool = True, dropout: float = 0.0, extra_width: int = 0, extra_rows: int = 0,
                     n_suffixes: Sequence[int] = (), n_letters: int = 0, seed: int = 0):
    """Return an untrained tagger: embedding, recurrent layer, one dense layer for each word. Introduced in lesson 04.

    Parameters
    ----------
    matrix : numpy.ndarray of float32, shape (vocabulary, width)
        First numbers of the embedding, see :func:`~course_utils.text.encoding.embedding_matrix`.
    n_tags : int
        Tags to choose from.
    cell : str
        ``"SimpleRNN"``, ``"GRU"`` or ``"LSTM"``.
    units : int
        Numbers in the recurrent layer's memory, for each direction.
    bidirectional : bool
        Whether a second layer reads from right to left.
    trainable : bool
        Whether the matrix may change.
    dropout : float
        Share of numbers that are set to 0 before and after the recurrent layer in training.
    extra_width : int
        Columns of a second embedding that begins with random numbers and always learns.
    extra_rows : int
        Its rows; words with a number from here on get its row of the unknown word. By default all words have one.
    n_suffixes : sequence of int
        Rows of an embedding for each kind of word ending. With it comes one for how a word is written
        (:data:`~course_utils.text.encoding.SHAPES`).
    n_letters : int
        Rows of an embedding of letters, which a convolution over each word reads (Chiu and Nichols 2016).
    seed : int
        For first numbers and dropout. (Keras' global seed would make TensorFlow forget what it has compiled.)

    Returns
    -------
    keras.Model
        From ``{"words": (sentences, length), ...}`` to scores (logits) of shape (sentences, length, n_tags). Padding,
        number 0, is masked: recurrent layers skip it.

    Raises
    ------
    DataError
        If the cell is unknown.
    """
    import keras

    if cell not in CELLS:
        raise DataError(f"There is no recurrent layer {cell!r} here.", f"take one of {', '.join(CELLS)}.")
    layers, seeds = keras.layers, _seeds(seed)
    inputs, hidden = _evidence(matrix, trainable, extra_width, extra_rows, bool(n_suffixes), n_suffixes, n_letters, seeds)
    hidden = layers.Dropout(dropout, seed=next(seeds))(hidden) if dropout else hidden
    hidden = _with_context(hidden, inputs[0], cell, units, bidirectional, seeds)
    hidden = layers.Dropout(dropout, seed=next(seeds))(hidden) if dropout else hidden
    scores = layers.Dense(n_tags, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)), name="scores")
    return keras.Model(inputs, scores(hidden))


def word_evidence(matrix: np.ndarray, *, dropout: float = 0.0, seed: int = 0):
    """Return the inputs of a tagger, and what they say of each word: its vector and how it is written.

    For networks with other bodies than that of :func:`recurrent_tagger`. Introduced in lesson 05.

    Parameters
    ----------
    matrix : numpy.ndarray of float32, shape (vocabulary, width)
        First numbers of the embedding, which learns.
    dropout : float
        Share of numbers that are set to 0 in training.
    seed : int
        For first numbers and dropout.

    Returns
    -------
    inputs : list of two Keras tensors
        ``"words"`` and ``"shapes"``, see :func:`~course_utils.text.encoding.word_shape`, of shape (sentences, length).
    values : Keras tensor, shape (sentences, length, width + 8)
    """
    import keras

    seeds = _seeds(seed)
    inputs, values = _evidence(matrix, True, 0, 0, True, (), 0, seeds)
    return inputs, keras.layers.Dropout(dropout, seed=next(seeds))(values) if dropout else values


def read_both_ways(values, words, units: int, *, dropout: float = 0.0, seed: int = 0):
    """Return the memory of an LSTM after each word, read from both sides. Introduced in lesson 05.

    Parameters
    ----------
    values : Keras tensor, shape (sentences, length, width)
        What is read, see :func:`word_evidence`.
    words : Keras tensor, shape (sentences, length)
        Numbers of the words; padding is skipped.
    units : int
        Numbers in its memory, for each direction.
    dropout : float
        Share of the memory that is set to 0 in training.
    seed : int
        For first numbers and dropout.

    Returns
    -------
    Keras tensor, shape (sentences, length, 2 * units)
    """
    import keras

    seeds = _seeds(seed)
    hidden = _with_context(values, words, "LSTM", units, True, seeds)
    return keras.layers.Dropout(dropout, seed=next(seeds))(hidden) if dropout else hidden


def _seeds(seed: int):
    return iter(np.random.SeedSequence(seed).generate_state(16).tolist())


def _evidence(matrix, trainable, extra_width, extra_rows, shapes, n_suffixes, n_letters, seeds):
    """Return the inputs, and what they say of each word: its vector, and how it is written."""
    import keras

    layers = keras.layers

    def embedding(rows, width, name):
        first = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE, seed=next(seeds))
        return layers.Embedding(rows, width, embeddings_initializer=first, name=name)

    words = keras.Input((None,), dtype="int32", name="words")
    inputs = [words]
    parts = [layers.Embedding(*matrix.shape, weights=[matrix], trainable=trainable, name="vectors")(words)]
    if extra_width:
        extra_rows = extra_rows or len(matrix)
        trained = layers.Lambda(lambda numbers: keras.ops.where(numbers < extra_rows, numbers, UNKNOWN), name="trained_words")
        parts.append(embedding(extra_rows, extra_width, "extra_vectors")(trained(words)))
    if shapes:
        inputs.append(keras.Input((None,), dtype="int32", name="shapes"))
        parts.append(embedding(len(SHAPES), 8, "shape_vectors")(inputs[-1]))
    for length, rows in zip(SUFFIX_LENGTHS, n_suffixes):
        inputs.append(keras.Input((None,), dtype="int32", name=f"suffixes_{length}"))
        parts.append(embedding(rows, 16, f"suffix_{length}_vectors")(inputs[-1]))
    if n_letters:
        inputs.append(keras.Input((None, MOST_LETTERS), dtype="int32", name="letters"))
        letters = embedding(n_letters, 16, "letter_vectors")(inputs[-1])
        # Conv2D with a window of one word and three letters: TimeDistributed(Conv1D) cannot take any length.
        glorot = keras.initializers.GlorotUniform(seed=next(seeds))
        letters = layers.Conv2D(32, (1, 3), padding="same", activation="relu", kernel_initializer=glorot,
                                name="letter_patterns")(letters)
        parts.append(layers.Lambda(_strongest, name="strongest_pattern")(letters))
    return inputs, layers.Concatenate(name="evidence")(parts) if len(parts) > 1 else parts[0]


def _with_context(values, words, cell: str, units: int, bidirectional: bool, seeds):
    """Return the memory of a recurrent layer after each word, from both sides if it is bidirectional."""
    import keras

    layers = keras.layers
    if cell == "LSTM" and units <= FUSED_UP_TO:
        lengths = layers.Lambda(lengths_of)(words)
        read = [fused_lstm(units, backward=backward, seed=next(seeds))(values, lengths)
                for backward in ((False, True) if bidirectional else (False,))]
        return layers.Concatenate()(read) if bidirectional else read[0]

    def recurrent(**options):
        return getattr(layers, cell)(
            units, return_sequences=True, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)), **options,
        )

    both = layers.Bidirectional(recurrent(), backward_layer=recurrent(go_backwards=True)) if bidirectional else recurrent()
    return both(values, mask=layers.Lambda(is_not_padding, name="is_word")(words))


def _strongest(patterns):
    import keras

    return keras.ops.max(patterns, axis=2)


class Tagger:
    """A recurrent tagger with its vocabulary: learns from tagged sentences, tags others. Introduced in lesson 04.

    Parameters
    ----------
    train : TaggedSentences
        Decides vocabulary, tags and spelling; :meth:`fit` learns from it.
    vectors : gensim.models.KeyedVectors, optional
        Pretrained vectors; without them all rows of the embedding begin at random.
    known : iterable of sequence of str
        Other sentences that will be tagged. Those of their words that ``vectors`` have get a row, too: training
        cannot change it, so this is as if the whole file of vectors were carried along. Without vectors such words
        stay unknown.
    spelling : bool
        Whether the tagger also sees how a word is written: capitals and digits, its last letters, all its letters.
    seed : int
        For first numbers, order of the batches and dropout.
    like : Tagger, optional
        An earlier tagger of the same ``options``, and with at least as many words and tags, whose compiled network is
        used again: that saves a second, and ends the earlier tagger. The tags are then those of the earlier one.
    **options
        For :func:`recurrent_tagger`: ``cell``, ``units``, ``bidirectional``, ``trainable``, ``dropout``,
        ``extra_width``.

    Attributes
    ----------
    model : keras.Model
        The network.
    vocabulary : Vocabulary
        Words with a row.
    tag_names : tuple of str
        Tags of the training sentences, in the order of the scores.
    coverage : Coverage
        How many words have a vector.
    seconds : float
        Processor seconds of the last :meth:`fit`.
    """

    def __init__(self, train: TaggedSentences, vectors=None, *, known: Iterable[Sequence[str]] = (),
                 spelling: bool = False, seed: int = 0, like: "Tagger | None" = None, **options):
        self.train, self.vectors, self.seed, self.seconds = train, vectors, seed, 0.0
        own = tuple(sorted({tag for tags in train.tags for tag in tags}))
        self.tag_names = like.tag_names if like else own
        strange = sorted(set(own) - set(self.tag_names))
        if strange:
            raise DataError(f"The earlier tagger has no tag {strange[0]!r}.", "leave out `like`.")
        self.vocabulary = Vocabulary.of(train.words)
        trained_rows = len(self.vocabulary)
        if vectors is not None:
            self.vocabulary = self._vocabulary_with(known)
        matrix, self.coverage = embedding_matrix(self.vocabulary, vectors, seed=seed)
        self.suffixes, self.letters = [], None
        if spelling:
            self.suffixes = [Vocabulary.of(_endings(train.words, length)) for length in SUFFIX_LENGTHS]
            self.letters = Vocabulary.of((list(word) for s in train.words for word in s), lowercase=False)
        self.options = {**options, "extra_rows": trained_rows if options.get("extra_width") else 0,
                        "n_suffixes": [len(one) for one in self.suffixes],
                        "n_letters": len(self.letters) if spelling else 0}
        if like is not None:  # empty rows behind the last word
            matrix = np.pad(matrix, ((0, max(0, like.rows - len(matrix))), (0, 0)))
        self.model = recurrent_tagger(matrix, len(self.tag_names), seed=seed, **self.options)
        if like is not None:
            self.model = _renewed(like, self)

    @property
    def rows(self) -> int:
        """Rows of the embedding: the vocabulary, and the empty ones behind it of a network that is used again."""
        return self.model.get_layer("vectors").input_dim

    def _vocabulary_with(self, sentences: Iterable[Sequence[str]]) -> Vocabulary:
        """Return the vocabulary, and behind it those words of the sentences that the vectors have."""
        return self.vocabulary.extended(
            word for sentence in sentences for word in sentence if form_in(self.vectors, word)
        )

    def encode(self, sentences: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
        """Return the network's inputs: padded numbers of words and, if it sees them, of spelling."""
        inputs = {"words": pad([self.vocabulary.encode(sentence) for sentence in sentences])}
        if self.letters is not None:
            inputs["shapes"] = pad([[word_shape(word) for word in sentence] for sentence in sentences])
            for length, suffixes in zip(SUFFIX_LENGTHS, self.suffixes):
                inputs[f"suffixes_{length}"] = pad([suffixes.encode(endings) for endings in _endings(sentences, length)])
            inputs["letters"] = self._letters(sentences)
        return inputs

    def _letters(self, sentences) -> np.ndarray:
        encoded = np.zeros((len(sentences), max(map(len, sentences)), MOST_LETTERS), dtype="int32")
        half = MOST_LETTERS // 2
        for row, sentence in zip(encoded, sentences):
            for place, word in zip(row, sentence):
                seen = word if len(word) <= MOST_LETTERS else word[:half] + word[-half:]
                place[:len(seen)] = self.letters.encode(list(seen))
        return encoded

    def fit(self, *, epochs: int = 6, batch_size: int = 32, learning_rate: float = 1e-2,
            word_dropout: float = 0.0) -> "Tagger":
        """Learn from the training sentences.

        Adam with a rate that falls along a cosine from the first batch to the last; the gradient of each array of weights is
        cut to length 5.
        """
        import keras

        numbers = {tag: number for number, tag in enumerate(self.tag_names)}
        labels = pad([[numbers[tag] for tag in tags] for tags in self.train.tags])
        lengths = [len(words) for words in self.train.words]
        batches = sentence_batches(self.encode(self.train.words), labels, lengths, batch_size, epochs,
                                   word_dropout, self.seed)
        if not self.model.compiled:
            self.model.compile(keras.optimizers.Adam(learning_rate, clipnorm=5.0), jit_compile=False, steps_per_execution=8,
                               loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        begun = time.process_time()
        self.model.fit(batches, verbose=0, shuffle=False, callbacks=[falling_rate(learning_rate)])
        self.seconds = time.process_time() - begun
        return self

    def knowing(self, sentences: Sequence[Sequence[str]]) -> "Tagger":
        """Return a copy that also has a row for those words of other sentences that its vectors have.

        The copy tags; it is not meant to be trained further.
        """
        other = copy.copy(self)
        if self.vectors is not None:
            other.vocabulary = self._vocabulary_with(checked_sentences(sentences))
        new_rows = max(0, len(other.vocabulary) - self.rows)
        matrix = np.pad(self.model.get_layer("vectors").get_weights()[0], ((0, new_rows), (0, 0)))
        for word in other.vocabulary.words[len(self.vocabulary.words):]:
            matrix[other.vocabulary.number(word)] = self.vectors[form_in(self.vectors, word)]
        other.model = recurrent_tagger(matrix, len(self.tag_names), **self.options)
        for new, old in zip(other.model.layers, self.model.layers):
            if new.name != "vectors":
                new.set_weights(old.get_weights())
        return other

    def probabilities(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Return for each sentence an array of shape (words, tags) whose rows sum to 1."""
        sentences = checked_sentences(sentences)
        lengths = np.array([len(sentence) for sentence in sentences])
        found: list = [None] * len(sentences)
        for chosen in _by_length(lengths, PREDICT_BATCH):
            scores = self.model.predict_on_batch(self.encode([sentences[place] for place in chosen]))
            for place, rows in zip(chosen, softmax(scores, axis=-1)):
                found[place] = rows[:lengths[place]]
        return found

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the most probable tag of each word.

        Words that neither training nor ``known`` had are "unknown", even if the vectors have them: see :meth:`knowing`.
        """
        return [[self.tag_names[number] for number in rows.argmax(axis=1)] for rows in self.probabilities(sentences)]


def _endings(sentences: Iterable[Sequence[str]], length: int) -> list[list[str]]:
    return [[word[-length:] for word in sentence] for sentence in sentences]


def _renewed(earlier: Tagger, tagger: Tagger):
    """Return the compiled network of an earlier tagger with the first numbers of another."""
    if earlier.options != tagger.options:
        raise DataError("The earlier tagger has other options.", "leave out `like`.")
    return renewed(earlier.model, tagger.model)
