"""Accuracies of taggers are counted on words, F1 on spans, and the intervals know that sentences hang together."""

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
    metrics.token_accuracy, metrics.per_tag, metrics.span_f1,
    lambda tags, other: metrics.compare_taggers(tags, other, tags),
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


# ---------------------------------------------------------------------- spans


@pytest.mark.parametrize(("labels", "found"), [
    ("", set()),
    ("O O", set()),
    ("B-NP I-NP O B-NP", {(0, 2, "NP"), (3, 4, "NP")}),
    ("B-NP B-NP I-NP", {(0, 1, "NP"), (1, 3, "NP")}),
    ("B-NP I-NP B-VP I-VP", {(0, 2, "NP"), (2, 4, "VP")}),
    ("O I-NP I-NP", {(1, 3, "NP")}),  # as conlleval does it
    ("B-NP I-VP I-VP I-NP", {(0, 1, "NP"), (1, 3, "VP"), (3, 4, "NP")}),
    ("PERSON PERSON O ORG GPE", {(0, 2, "PERSON"), (3, 4, "ORG"), (4, 5, "GPE")}),
    ("O PERSON O PERSON", {(1, 2, "PERSON"), (3, 4, "PERSON")}),
    ("B BOOK BOOK I", {(0, 1, "B"), (1, 3, "BOOK"), (3, 4, "I")}),  # plain labels, although they begin with B or I
])
def test_spans_of_both_kinds_of_labels_are_found(labels, found):
    assert metrics.spans(labels.split()) == found


def test_a_text_has_no_spans():
    with pytest.raises(DataError, match="the text 'B-NP O'.*\n.*list of labels"):
        metrics.spans("B-NP O")


def test_a_span_counts_if_both_ends_and_the_kind_are_right():
    true = [["B-NP", "I-NP", "O", "B-VP"], ["PERSON", "PERSON", "O", "ORG"], ["O", "B-NP"]]
    found = [["B-NP", "O", "O", "B-VP"], ["PERSON", "PERSON", "ORG", "GPE"], ["O", "B-NP"]]
    score = metrics.span_f1(true, found)  # 5 true spans, 6 predicted ones, 3 right ones
    assert (score.precision, score.recall, score.value, score.n) == (3 / 6, 3 / 5, 6 / 11, 5)
    assert score.low <= score.value <= score.high
    assert metrics.span_f1(true, true).value == metrics.span_f1(true, true).low == 1


def test_a_tagger_that_finds_nothing_gets_0_though_most_of_its_words_are_right():
    true, nothing = [["O"] * 9 + ["ORG"]] * 20, [["O"] * 10] * 20
    score = metrics.span_f1(true, nothing)
    assert metrics.token_accuracy(true, nothing).value == 0.9
    assert (score.value, score.low, score.high, score.precision, score.recall, score.n) == (0, 0, 0, 0, 0, 20)
    assert metrics.span_f1(true, [["ORG"] + ["O"] * 9] * 20).value == 0


def test_without_a_true_span_there_is_no_f1():
    with pytest.raises(DataError, match="no true span.*\n.*O"):
        metrics.span_f1([["O", "O"]], [["O", "B-NP"]])
    with pytest.raises(DataError, match="no sentences"):
        metrics.span_f1([], [])
    rare = metrics.span_f1([["O"], ["ORG"], ["O"]], [["O"], ["ORG"], ["O"]])
    assert (rare.low, rare.high) == (1, 1)  # draws without a true span are left out


def test_a_score_of_spans_reads_like_an_accuracy():
    score = metrics.SpanScore(0.5, 0.25, 0.75, 0.4, 2 / 3, 12)
    assert str(score) == "F1 0.500 (95 % interval 0.250–0.750, precision 0.400, recall 0.667, n = 12)"


@pytest.fixture
def chunked():
    """Return a function that makes true and predicted BIO labels, drawn at random and independently of each other."""
    def make(number, agreeing=0.8):
        generator = np.random.default_rng(0)
        rows = [generator.choice(["B-NP", "I-NP", "B-VP", "I-VP", "O"], size=(2, length)).tolist()
                for length in generator.integers(1, 12, number)]
        return [true for true, _ in rows], [
            [label if generator.random() < agreeing else other for label, other in zip(true, found)]
            for true, found in rows
        ]

    return make


def test_the_interval_of_f1_narrows_with_more_sentences_and_comes_from_the_seed(chunked):
    few, many = (metrics.span_f1(*chunked(number)) for number in (100, 1600))
    assert few.low < few.value < few.high and many.low < many.value < many.high
    assert width(many) == pytest.approx(width(few) / 4, rel=0.3)
    again, other = (metrics.span_f1(*chunked(100), seed=seed) for seed in (0, 1))
    assert few == again != other and few.value == other.value


def test_the_interval_of_f1_holds_the_truth_as_often_as_it_says(chunked):
    true, found = chunked(4000)
    truth = metrics.span_f1(true, found).value
    scores = [metrics.span_f1(true[start:start + 100], found[start:start + 100]) for start in range(0, 4000, 100)]
    assert sum(score.low <= truth <= score.high for score in scores) >= 34  # of 40; 38 are expected


@pytest.mark.parametrize("agreeing", [0.0, 0.5, 0.9])
def test_f1_is_that_of_nltk(chunked, agreeing):
    from nltk.chunk import ChunkScore, conlltags2tree

    true, found = chunked(300, agreeing)
    theirs = ChunkScore()
    for rows in zip(true, found):
        # An I- that follows nothing of its kind begins a chunk there, too.
        theirs.score(*(conlltags2tree([(str(place), "T", label) for place, label in enumerate(row)]) for row in rows))
    ours = metrics.span_f1(true, found)
    assert (ours.precision, ours.recall, ours.value) == pytest.approx(
        (theirs.precision(), theirs.recall(), theirs.f_measure()))
