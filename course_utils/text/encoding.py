"""From words to numbers: vocabulary, ids, padding, spelling and the matrix of word vectors (lesson 04)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.errors import DataError

__all__ = ["INITIAL_RANGE", "PAD", "SHAPES", "UNKNOWN", "Coverage", "Vocabulary", "checked_sentences", "embedding_matrix",
           "form_in", "label_ids", "labels_from", "pad", "word_ids", "word_shape"]

PAD, UNKNOWN = 0, 1  # the first two rows of every vocabulary: no word at all, and a word that is not in it
SHAPES = ("no word", "lower", "Capital", "UPPER", "mixed", "number", "with digit", "with hyphen", "mark")
INITIAL_RANGE = 0.05  # of rows without a vector: what Keras' Embedding begins with


class Vocabulary:
    """The words of the training sentences, each with a number. Introduced in lesson 04.

    Number 0 is padding and 1 stands for all words that are not in it; the others follow by frequency.

    Parameters
    ----------
    words : iterable of str
        The words in their order; a word that comes twice counts once.
    lowercase : bool
        Whether ``The`` and ``the`` are one word. Capitals are evidence, too: see :func:`word_shape`.
    """

    def __init__(self, words: Iterable[str], lowercase: bool = True):
        self.lowercase = lowercase
        self.words: tuple[str, ...] = tuple(dict.fromkeys(map(self._form, words)))
        self._numbers = {word: number for number, word in enumerate(self.words, UNKNOWN + 1)}

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], lowercase: bool = True) -> "Vocabulary":
        """Return the vocabulary of sentences, the most frequent words first."""
        counts = Counter(word.lower() if lowercase else word for sentence in sentences for word in sentence)
        return cls((word for word, _ in counts.most_common()), lowercase)

    def _form(self, word: str) -> str:
        return word.lower() if self.lowercase else word

    def __len__(self) -> int:
        """Rows of an embedding: the words, padding and the unknown word."""
        return len(self.words) + UNKNOWN + 1

    def __contains__(self, word: str) -> bool:
        return self._form(word) in self._numbers

    def number(self, word: str) -> int:
        """Return the number of a word, that of the unknown word if it is not in the vocabulary."""
        return self._numbers.get(self._form(word), UNKNOWN)

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """Return the numbers of a sentence's words."""
        return [self.number(word) for word in sentence]

    def extended(self, words: Iterable[str]) -> "Vocabulary":
        """Return the vocabulary with more words behind its own, whose numbers stay."""
        return Vocabulary([*self.words, *words], self.lowercase)


def pad(sequences: Sequence[Sequence[int]], length: int | None = None, value: int = PAD) -> np.ndarray:
    """Put sequences of different lengths into one array, filled up at the end. Introduced in lesson 04.

    Parameters
    ----------
    sequences : sequence of sequences of int
        Numbers of words or tags.
    length : int, optional
        Columns of the array; by default as many as the longest sequence has. Nothing is ever cut off.
    value : int
        What the rest of a row is filled with.

    Returns
    -------
    numpy.ndarray of int32, shape (sequences, length)

    Raises
    ------
    DataError
        If there is no sequence, or one is longer than ``length``.
    """
    if not len(sequences):
        raise DataError("There are no sentences to encode.", "give a list with at least one sentence.")
    longest = max(map(len, sequences))
    if length is not None and longest > length:
        raise DataError(
            f"A sentence has {longest} words, and there is room for {length}.",
            "leave length out: cutting words off would leave them without a tag, and out of the accuracy.",
        )
    padded = np.full((len(sequences), longest if length is None else length), value, dtype="int32")
    for row, sequence in zip(padded, sequences):
        row[:len(sequence)] = sequence
    return padded


def word_shape(word: str) -> int:
    """Return how a word is written, as its position in :data:`SHAPES`. Introduced in lesson 04."""
    if not any(letter.isalnum() for letter in word):
        return SHAPES.index("mark")
    if any(letter.isdigit() for letter in word):
        return SHAPES.index("with digit" if any(letter.isalpha() for letter in word) else "number")
    if "-" in word:
        return SHAPES.index("with hyphen")
    if word.islower() or not any(letter.isupper() for letter in word):  # scripts without capitals, too
        return SHAPES.index("lower")
    if word.isupper() and len(word) > 1:
        return SHAPES.index("UPPER")
    return SHAPES.index("Capital" if word[0].isupper() and not any(letter.isupper() for letter in word[1:]) else "mixed")


def word_ids(sentences: Sequence[Sequence[str]], vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """Return the padded numbers of words and of how they are written, as a network reads them. Introduced in lesson 05.

    Returns
    -------
    dict of str to numpy.ndarray of int32, shape (sentences, length)
        ``"words"`` and ``"shapes"``, see :func:`course_utils.text.tagger.word_evidence`.
    """
    return {"words": pad([vocabulary.encode(words) for words in sentences]),
            "shapes": pad([[word_shape(word) for word in words] for words in sentences])}


def label_ids(labels: Sequence[Sequence[str]], names: Sequence[str], gap: int = PAD) -> np.ndarray:
    """Return the padded numbers of labels: their place in `names`. Introduced in lesson 05.

    Parameters
    ----------
    labels : sequence of sequence of str
        One label for each word.
    names : sequence of str
        All labels, each once.
    gap : int
        What stands for padding, and for a label that is not in `names`, such as a tag that training never showed.

    Returns
    -------
    numpy.ndarray of int32, shape (sentences, length)
    """
    numbers = {name: number for number, name in enumerate(names)}
    return pad([[numbers.get(label, gap) for label in row] for row in labels], value=gap)


def labels_from(scores: np.ndarray, names: Sequence[str], sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the label with the highest score for each word; what is said of padding is dropped. Introduced in lesson 05.

    Parameters
    ----------
    scores : numpy.ndarray, shape (sentences, length, labels)
        What a network returned for the sentences.
    names : sequence of str
        The labels in the order of the scores.
    sentences : sequence of sequence of str
        The words; their number tells where padding begins.
    """
    best = np.asarray(scores).argmax(axis=-1)
    return [[names[number] for number in row[:len(words)]] for row, words in zip(best, sentences)]


@dataclass(frozen=True)
class Coverage:
    """How much of a vocabulary has a vector.

    Attributes
    ----------
    words, covered : int
        Words of the vocabulary, and those with a vector.
    missing : tuple of str
        Words without one, the most frequent first.
    """

    words: int
    covered: int
    missing: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.covered:,} of {self.words:,} words have a vector ({self.covered / max(1, self.words):.1%})"
        more = " …" if len(self.missing) > 8 else ""
        return f"{text}; without one: {', '.join(self.missing[:8])}{more}" if self.missing else text


def form_in(vectors, word: str) -> str | None:
    """Return the form of a word that has a vector: as it is, lower, with a capital, in capitals. Introduced in lesson 04.

    GloVe is in lower case; Google News knows *NATO* and *Lisbon* as they are written.
    """
    forms = (word, word.lower(), word.capitalize(), word.upper())
    return next((form for form in forms if form in vectors), None)


def embedding_matrix(vocabulary: Vocabulary, vectors=None, width: int = 50, seed: int = 0) -> tuple[np.ndarray, Coverage]:
    """Return the first numbers of an embedding: a word's vector where there is one, else random. Introduced in lesson 04.

    Parameters
    ----------
    vocabulary : Vocabulary
        Decides the rows.
    vectors : gensim.models.KeyedVectors, optional
        Pretrained vectors; left out, all rows are random. Words are looked up by :func:`form_in`.
    width : int
        Columns if there are no vectors.
    seed : int
        For the random rows.

    Returns
    -------
    matrix : numpy.ndarray of float32, shape (len(vocabulary), width of the vectors)
        Row 0, the padding, is zero; row 1, the unknown word, is the mean of all words that have a vector.
    coverage : Coverage
    """
    width = vectors.vector_size if vectors is not None else width
    matrix = np.random.default_rng(seed).uniform(-INITIAL_RANGE, INITIAL_RANGE, (len(vocabulary), width)).astype("float32")
    matrix[PAD] = 0.0
    missing, found = [], []
    for row, word in enumerate(vocabulary.words, UNKNOWN + 1):
        name = None if vectors is None else form_in(vectors, word)
        if name is None:
            missing.append(word)
        else:
            matrix[row] = vectors[name]
            found.append(row)
    if found:
        matrix[UNKNOWN] = matrix[found].mean(axis=0)
    return matrix, Coverage(len(vocabulary.words), len(found), tuple(missing))


def checked_sentences(sentences: Iterable[Iterable[str]]) -> list[list[str]]:
    """Return sentences as lists of words, or say what is wrong with them. Introduced in lesson 04.

    Raises
    ------
    DataError
        If there are none, one has no words, or something is no word or no list of words.
    """
    outer = [sentences] if isinstance(sentences, str) else _listed(sentences)
    if any(isinstance(sentence, str) for sentence in outer):
        raise DataError("A sentence is one text here, not a list of words.", 'split it: [["Dogs", "bark", "."]].')
    listed = [_listed(sentence) for sentence in outer]
    if not listed or not all(listed):
        raise DataError("A sentence has no words." if listed else "There are no sentences to tag.",
                        "leave empty sentences out.")
    strange = [word for sentence in listed for word in sentence if not isinstance(word, str)]
    if strange:
        raise DataError(f"{strange[0]!r} is no word, which is a text.", "turn numbers into words with str().")
    return listed


def _listed(items) -> list:
    if not isinstance(items, Iterable):
        raise DataError(f"{items!r} stands where a list should.",
                        'give sentences as lists of words: [["Dogs", "bark", "."]].')
    return list(items)
