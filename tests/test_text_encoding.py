"""Words become numbers by the training sentences alone, and no word is lost on the way."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils import settings
from course_utils.errors import DataError
from course_utils.text.encoding import (
    PAD, SHAPES, UNKNOWN, Vocabulary, embedding_matrix, label_ids, labels_from, pad, word_ids, word_shape,
)

SENTENCES = [["The", "cat", "sat"], ["the", "dog", "sat"], ["the", "mat"]]


@pytest.fixture
def vectors():
    """Vectors of three numbers for four names, one of them in capitals and one in two ways."""
    from gensim.models import KeyedVectors

    made = KeyedVectors(vector_size=3)
    made.add_vectors(["the", "NATO", "us", "US"], np.arange(12, dtype="float32").reshape(4, 3))
    return made


# ---------------------------------------------------------------------- vocabulary


def test_words_are_numbered_by_frequency_and_among_equals_in_their_order():
    assert Vocabulary.of(SENTENCES).words == ("the", "sat", "cat", "dog", "mat")
    assert Vocabulary.of(SENTENCES, lowercase=False).words == ("sat", "the", "The", "cat", "dog", "mat")


def test_the_order_is_the_same_in_every_run_of_python():
    program = ("from course_utils.text.encoding import Vocabulary\n"
               "print(Vocabulary.of([[chr(97 + n % 26) + chr(97 + n // 26) for n in range(300)]]).words)")
    said = {subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                           cwd=settings.project_folder(), env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")}
    assert len(said) == 1


def test_the_first_two_numbers_are_no_words():
    vocabulary = Vocabulary.of(SENTENCES)
    assert (PAD, UNKNOWN) == (0, 1) and len(vocabulary) == 7
    assert vocabulary.encode(["the", "sat", "mat"]) == [2, 3, 6]
    assert sorted(map(vocabulary.number, vocabulary.words)) == list(range(2, len(vocabulary)))


def test_words_that_training_never_shows_are_unknown_and_do_not_enter_by_being_asked_for():
    vocabulary = Vocabulary.of(SENTENCES)
    for _ in range(2):
        assert vocabulary.encode(["the", "zebra", "👩‍👩‍👧", "東京", ""]) == [2, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    assert "zebra" not in vocabulary and len(vocabulary) == 7


def test_capitals_are_one_word_or_two_as_it_was_said():
    both, apart = Vocabulary.of(SENTENCES), Vocabulary.of(SENTENCES, lowercase=False)
    assert both.number("THE") == both.number("The") == both.number("the") == 2 and "CAT" in both
    assert apart.number("The") != apart.number("the") and apart.number("THE") == UNKNOWN and "CAT" not in apart


def test_more_words_stand_behind_and_move_no_number():
    vocabulary = Vocabulary.of(SENTENCES)
    larger = vocabulary.extended(["Zebra", "the", "zebra", "ant"])
    assert larger.words == (*vocabulary.words, "zebra", "ant") and len(vocabulary) == 7
    assert larger.encode(vocabulary.words) == vocabulary.encode(vocabulary.words)
    assert "The" in Vocabulary(["The"], lowercase=False).extended(["a"]).words


# ---------------------------------------------------------------------- padding


def test_padding_fills_up_at_the_end():
    padded = pad([[5, 6, 7], [8], []])
    assert padded.tolist() == [[5, 6, 7], [8, PAD, PAD], [PAD] * 3] and padded.dtype == "int32"
    assert pad([[5], [6, 7]], length=3, value=-1).tolist() == [[5, -1, -1], [6, 7, -1]]
    assert pad([[5, 6]], length=2).tolist() == [[5, 6]]


def test_nothing_is_ever_cut_off():
    long = list(range(2, 702))
    assert pad([long, [2]])[0].tolist() == long
    for room in (2, 0):
        with pytest.raises(DataError, match=f"has 3 words, and there is room for {room}"):
            pad([[1], [2, 3, 4]], length=room)


def test_no_sentences_cannot_be_padded():
    with pytest.raises(DataError, match="no sentences"):
        pad([])


# ---------------------------------------------------------------------- spelling


@pytest.mark.parametrize(("word", "shape"), [
    ("dog", "lower"), ("naïve", "lower"), ("don't", "lower"), ("'s", "lower"), ("straße", "lower"),
    ("Dog", "Capital"), ("Łódź", "Capital"), ("I", "Capital"), ("É", "Capital"), ("Mr.", "Capital"),
    ("NATO", "UPPER"), ("U.S.", "UPPER"), ("ΑΘΗΝΑ", "UPPER"),
    ("iPhone", "mixed"), ("McDonald", "mixed"), ("O'Brien", "mixed"), ("eBAY", "mixed"),
    ("7", "number"), ("1,234.5", "number"), ("1990-91", "number"), ("-3", "number"), ("3\\/4", "number"), ("٣", "number"),
    ("1990s", "with digit"), ("B2B", "with digit"), ("30-day", "with digit"),
    ("well-known", "with hyphen"), ("-LRB-", "with hyphen"), ("Franco-German", "with hyphen"),
    ("--", "mark"), ("-", "mark"), (".", "mark"), ("``", "mark"), ("$", "mark"), ("👩‍👩‍👧", "mark"), ("😀", "mark"), ("", "mark"),
    ("東京", "lower"), ("هاتف", "lower"), ("हिन्दी", "lower"),
])
def test_the_shape_tells_how_a_word_is_written(word, shape):
    assert SHAPES[word_shape(word)] == shape


def test_no_word_has_the_shape_of_padding():
    assert SHAPES[PAD] == "no word"
    assert all(word_shape(chr(letter)) != PAD for letter in range(0x3000))


# ---------------------------------------------------------------------- the matrix


def test_each_word_has_the_row_of_its_number(vectors):
    vocabulary = Vocabulary(["zebra", "us", "the"])
    matrix, coverage = embedding_matrix(vocabulary, vectors)
    assert matrix.shape == (5, 3) and matrix.dtype == "float32"
    np.testing.assert_array_equal(matrix[vocabulary.encode(["the", "us"])], [vectors["the"], vectors["us"]])
    assert not matrix[PAD].any()
    np.testing.assert_allclose(matrix[UNKNOWN], (vectors["the"] + vectors["us"]) / 2)
    assert matrix[vocabulary.number("zebra")].any() and np.abs(matrix[vocabulary.number("zebra")]).max() <= 0.05
    assert (coverage.words, coverage.covered, coverage.missing) == (3, 2, ("zebra",))
    assert "2 of 3" in str(coverage) and "66.7%" in str(coverage) and "zebra" in str(coverage)


def test_a_word_is_looked_up_as_it_is_written_and_then_in_lower_case(vectors):
    vocabulary = Vocabulary(["US", "us", "NATO", "The", "Us"], lowercase=False)
    matrix, coverage = embedding_matrix(vocabulary, vectors)
    np.testing.assert_array_equal(matrix[2:], vectors[["US", "us", "NATO", "the", "us"]])
    assert coverage.missing == ()


def test_the_width_is_that_of_the_vectors_and_else_the_one_that_was_asked_for(vectors):
    vocabulary = Vocabulary(["the"])
    assert embedding_matrix(vocabulary, vectors, width=50)[0].shape == (3, 3)
    matrix, coverage = embedding_matrix(vocabulary, width=7)
    assert matrix.shape == (3, 7) and coverage.covered == 0 and coverage.missing == ("the",)
    assert not matrix[PAD].any() and matrix[UNKNOWN].any()


def test_the_random_rows_come_from_the_seed():
    vocabulary = Vocabulary(map(str, range(50)))
    first, again, other = (embedding_matrix(vocabulary, seed=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first[1:] != other[1:]).mean() > 0.99 and len(np.unique(first[1:], axis=0)) == 51


def test_the_vectors_themselves_are_not_changed(vectors):
    before = vectors.vectors.copy()
    matrix, _ = embedding_matrix(Vocabulary(["the"]), vectors)
    matrix += 1
    np.testing.assert_array_equal(vectors.vectors, before)


def test_a_vocabulary_without_any_vector_or_any_word_has_its_two_rows(vectors):
    matrix, coverage = embedding_matrix(Vocabulary(["zebra"]), vectors)
    assert np.isfinite(matrix).all() and coverage.covered == 0
    matrix, coverage = embedding_matrix(Vocabulary([]), vectors)
    assert matrix.shape == (2, 3) and "0 of 0" in str(coverage)


def test_words_and_their_shapes_become_numbers_side_by_side():
    inputs = word_ids([["The", "zebra", "sat"], ["MAT"]], Vocabulary.of(SENTENCES))
    vocabulary = Vocabulary.of(SENTENCES)
    assert inputs["words"].tolist() == [vocabulary.encode(["the", "zebra", "sat"]), [vocabulary.number("mat"), PAD, PAD]]
    assert [SHAPES[shape] for shape in inputs["shapes"].ravel()] == ["Capital", "lower", "lower", "UPPER", "no word", "no word"]


def test_labels_become_their_places_and_come_back():
    labels, names = [["NN", "DT"], ["VB"]], ["DT", "NN", "VB"]
    assert label_ids(labels, names).tolist() == [[1, 0], [2, PAD]]
    assert label_ids([["NN", "UH"], ["VB"]], names, gap=-1).tolist() == [[1, -1], [2, -1]]  # training never showed UH
    scores = np.eye(3)[label_ids(labels, names)]
    assert labels_from(scores, names, labels) == labels
