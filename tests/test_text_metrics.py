"""Accuracies of taggers are counted on words, and their intervals know that sentences hang together."""

import dataclasses

import numpy as np
import pytest

from course_utils import metrics as general
from course_utils.data.corpora import TaggedSentences
from course_utils.errors import DataError
from course_utils.text import metrics

TAGS = [["DT", "NN", "VB"], ["NN"], ["DT", "NN", "VB", "."]]
FOUND = [["DT", "NN", "VB"], ["VB"], ["DT", "VB", "VB", "."]]


def sentences_of(rights, length):
    """Return true and predicted tags, wrong where an array of shape (sentences, length) says so."""
    return [["A"] * length] * len(rights), [["A" if right else "B" for right in row] for row in rights]


def width(accuracy):
    return accuracy.high - accuracy.low


# ---------------------------------------------------------------------- accuracy


def test_words_are_counted_not_sentences():
    accuracy = metrics.token_accuracy(TAGS, FOUND)
    assert (accuracy.value, accuracy.n) == (6 / 8, 8)
    assert metrics.token_accuracy([["A"] * 3, ["A"]], [["A"] * 3, ["B"]]).value == 0.75  # the mean of the two is 0.5
    assert accuracy.low <= accuracy.value <= accuracy.high
    assert metrics.token_accuracy(TAGS, TAGS).value == 1 and metrics.token_accuracy([["A"]], [["B"]]).value == 0


def test_only_marked_words_are_counted():
    where = [[False, True, False], [True], [False] * 4]
    accuracy = metrics.token_accuracy(TAGS, FOUND, where)
    assert (accuracy.value, accuracy.n) == (0.5, 2)
    assert np.isfinite([accuracy.low, accuracy.high]).all()  # draws without any marked word are left out
    everything = [[True] * len(sentence) for sentence in TAGS]
    assert metrics.token_accuracy(TAGS, FOUND, everything) == metrics.token_accuracy(TAGS, FOUND)


def test_where_no_word_is_marked_there_is_no_accuracy():
    with pytest.raises(DataError, match="No word is counted"):
        metrics.token_accuracy(TAGS, FOUND, [[False] * len(sentence) for sentence in TAGS])
    with pytest.raises(DataError, match="no sentences"):
        metrics.token_accuracy([], [])


def test_the_interval_is_wide_where_whole_sentences_are_wrong():
    rights = np.repeat(np.arange(200)[:, None] % 5 > 0, 20, axis=1)
    accuracy = metrics.token_accuracy(*sentences_of(rights, 20))
    low, high = general.wilson_interval(3200, 4000)
    assert accuracy.value == 0.8 and width(accuracy) > 3 * (high - low)
    # 200 independent sentences: the textbook's interval of a share
    assert width(accuracy) == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 200), rel=0.15)


def test_the_interval_is_the_usual_one_where_words_are_independent():
    rights = np.random.default_rng(0).random((200, 20)) < 0.8
    low, high = general.wilson_interval(int(rights.sum()), 4000)
    assert 0.8 < width(metrics.token_accuracy(*sentences_of(rights, 20))) / (high - low) < 1.25


def test_the_interval_comes_from_the_seed_and_the_value_does_not():
    rights = np.random.default_rng(0).random((50, 5)) < 0.7
    first, again, other = (metrics.token_accuracy(*sentences_of(rights, 5), seed=seed) for seed in (1, 1, 2))
    assert first == again != other and first.value == other.value


def test_padding_that_is_counted_makes_every_tagger_look_better():
    longest = max(map(len, TAGS))
    padded, found = (np.array([[*row, *["PAD"] * (longest - len(row))] for row in rows]) for rows in (TAGS, FOUND))
    assert (padded == found).mean() == 10 / 12 > metrics.token_accuracy(TAGS, FOUND).value


@pytest.mark.parametrize("measure", [
    metrics.token_accuracy, metrics.per_tag, lambda tags, other: metrics.compare_taggers(tags, other, tags),
    lambda tags, other: metrics.compare_taggers(tags, tags, other),
])
def test_predictions_that_do_not_fit_are_refused_by_their_sentence(measure):
    with pytest.raises(DataError, match="Sentence 2 has 1 tags and 3 predicted"):
        measure(TAGS, [TAGS[0], ["NN", "PAD", "PAD"], TAGS[2]])
    with pytest.raises(DataError, match="3 sentences with tags and 2 with predicted"):
        measure(TAGS, TAGS[:2])
    with pytest.raises(DataError, match="Sentence 1 is a text"):
        measure(["NN", "VB"], ["NN", "VB"])


def test_marks_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="Sentence 3 has 4 tags and 1 marks"):
        metrics.token_accuracy(TAGS, FOUND, [[True] * 3, [True], [True]])


# ---------------------------------------------------------------------- which words


def test_unseen_and_ambiguous_words_are_those_of_the_training_sentences_capitals_aside():
    train = TaggedSentences([["The", "saw", "cut"], ["they", "Saw", "the", "cut"]],
                            [["DT", "NN", "VBD"], ["PRP", "VBD", "DT", "VBD"]])
    asked = [["THE", "SAW", "zebra"], ["👩‍👩‍👧"], ["cut", "They"]]
    assert metrics.unseen_words(asked, train) == [[False, False, True], [True], [False, False]]
    assert metrics.ambiguous_words(asked, train) == [[False, True, False], [False], [False, False]]


def test_sentences_become_one_list():
    assert metrics.flat([["a", "b"], [], ["c"]]) == ["a", "b", "c"]


# ---------------------------------------------------------------------- tags and comparisons


@pytest.fixture
def noisy():
    """True and predicted tags of 60 sentences; the tag E is only ever predicted, D never."""
    random = np.random.default_rng(0)
    tags = [list(random.choice([*"ABCD"], size=length, p=[0.5, 0.3, 0.15, 0.05])) for length in random.integers(1, 9, 60)]
    return tags, [[tag if random.random() < 0.7 and tag != "D" else random.choice([*"ABCE"]) for tag in row] for row in tags]


def test_precision_and_recall_are_those_of_scikit_learn(noisy):
    from sklearn.metrics import precision_recall_fscore_support

    tags, found = noisy
    scores = metrics.per_tag(tags, found)
    names = [score.tag for score in scores]
    precision, recall, _, n = precision_recall_fscore_support(
        metrics.flat(tags), metrics.flat(found), labels=names, zero_division=0)
    assert sorted(names) == [*"ABCD"]
    assert [score.n for score in scores] == list(n) == sorted(n, reverse=True)
    np.testing.assert_allclose([score.precision for score in scores], precision)
    np.testing.assert_allclose([score.recall for score in scores], recall)
    assert scores[-1].tag == "D" and scores[-1].precision == scores[-1].recall == 0


def test_the_most_frequent_wrong_tag_is_told():
    tags, found = [["A"] * 6, ["B", "B"]], [["A", "A", "A", "C", "C", "B"], ["B", "B"]]
    first, second = metrics.per_tag(tags, found)
    assert (first.tag, first.n, first.precision, first.recall, first.often_taken_for) == ("A", 6, 1.0, 0.5, "C")
    assert (second.tag, second.precision, second.recall, second.often_taken_for) == ("B", 2 / 3, 1.0, "")
    assert "taken for C" in str(first) and "taken" not in str(second)


def test_taggers_are_compared_word_by_word(noisy):
    tags, found = noisy
    worse = [["A"] * len(row) for row in tags]
    compared = metrics.compare_taggers(tags, found, worse)
    expected = general.mcnemar(*(np.concatenate(rows) for rows in (tags, found, worse)))
    assert dataclasses.asdict(compared) == dataclasses.asdict(expected)
    assert compared.difference > 0 and metrics.compare_taggers(tags, worse, found).difference == -compared.difference
    assert compared.n == sum(map(len, tags))
