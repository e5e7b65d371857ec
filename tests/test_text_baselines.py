"""Taggers without a network: what they learn, what they cannot know, and that a second training is the first."""

import random
import subprocess
import sys

import pytest

from course_utils.errors import DataError

from course_utils import settings
from course_utils.data import english
from course_utils.data.corpora import TaggedSentences
from course_utils.text.baselines import ConditionalRandomField, MostFrequentTag, Perceptron, word_features
from course_utils.text.metrics import token_accuracy

TAGGERS = [MostFrequentTag, Perceptron, ConditionalRandomField]


@pytest.fixture(scope="module")
def corpus():
    return english.make_corpus(150, 1, 60)


@pytest.fixture(scope="module")
def chain():
    """Sentences in which the first word decides the tags of all others, which look alike: only a chain can carry it."""
    kinds = [(word, length) for length in range(5, 13) for word in "xy"] * 20
    return TaggedSentences([[word, *["o"] * length] for word, length in kinds],
                           [[word.upper()] * (length + 1) for word, length in kinds])


# ---------------------------------------------------------------------- the most frequent tag


def test_each_word_gets_its_most_frequent_tag_and_unseen_words_that_of_all():
    train = TaggedSentences([["Flies", "fly", "."], ["the", "flies", "flies"], ["the", "fly", "Ah"]],
                            [["NNS", "VBP", "."], ["DT", "NNS", "VBZ"], ["DT", "NN", "UH"]])
    tagger = MostFrequentTag(train)
    assert tagger.tag([["THE", "flies", "ah"], ["zebra", "fly", "."]]) == [["DT", "NNS", "UH"], ["NNS", "VBP", "."]]


# ---------------------------------------------------------------------- the perceptron


def test_the_perceptron_comes_from_its_seed_and_leaves_pythons_own_generator_alone(corpus):
    random.seed(5)
    before = random.getstate()
    first = Perceptron(corpus.train, iterations=2, seed=1)
    assert random.getstate() == before
    random.seed(6)
    again, other = (Perceptron(corpus.train, iterations=2, seed=seed) for seed in (1, 2))
    assert again.tagger.model.weights == first.tagger.model.weights != other.tagger.model.weights
    assert again.tag(corpus.test.words) == first.tag(corpus.test.words)


def test_not_even_the_import_of_nltk_moves_pythons_generator():
    program = ("import random; from course_utils.data.corpora import TaggedSentences\n"
               "from course_utils.text.baselines import Perceptron; random.seed(5); before = random.getstate()\n"
               "Perceptron(TaggedSentences([['yes']], [['UH']])); print(random.getstate() == before)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=settings.project_folder())
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


def test_pythons_generator_is_put_back_even_if_the_training_fails(corpus):
    before = random.getstate()
    with pytest.raises(TypeError):
        Perceptron(corpus.train, iterations="two")
    assert random.getstate() == before


def test_the_perceptron_does_not_use_the_ready_made_weights_of_nltk(chain):
    assert Perceptron(chain, iterations=1).tagger.classes == {"X", "Y"}


# ---------------------------------------------------------------------- the chain


@pytest.mark.parametrize("algorithm", ["ap", "lbfgs"])
def test_the_chain_carries_a_tag_further_than_its_features_reach(chain, algorithm):
    tagger = ConditionalRandomField(chain, algorithm=algorithm)
    asked = [["x", *["o"] * 9], ["y", *["o"] * 9]]
    assert tagger.tag(asked) == [["X"] * 10, ["Y"] * 10]
    assert len({tags[5] for tags in MostFrequentTag(chain).tag(asked)}) == 1


def test_a_second_chain_is_the_first(corpus):
    # CRFsuite shuffles with the generator of the C library, which everything in the process moves.
    first, second = (ConditionalRandomField(corpus.train, iterations=2) for _ in range(2))
    assert first._model == second._model


def test_the_chain_keeps_the_model_that_it_reads():
    # python-crfsuite holds a pointer only: when the bytes were freed, tagging crashed or read anything.
    program = (
        "from course_utils.data import english; from course_utils.text.baselines import ConditionalRandomField\n"
        "import gc; corpus = english.make_corpus(80, 1, 20); tagger = ConditionalRandomField(corpus.train, 2)\n"
        "before = tagger.tag(corpus.test.words); gc.collect()\n"
        "waste = [bytes([number]) * size for size in range(1_000, 1_000_000, 9_999) for number in (0, 255)]\n"
        "print(before == tagger.tag(corpus.test.words))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=settings.project_folder())
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


def test_the_features_of_a_word_see_itself_its_spelling_and_two_words_to_each_side():
    sentence = ["Zoë", "saw", "the", "well-known", "cat", "."]
    features = word_features(sentence)
    assert len(features) == 6
    assert {"word=zoë", "shape=Capital", "first=True", "-1=<", "-2=<<", "+1=saw", "+2=the"} <= set(features[0])
    assert {"word=.", "first=False", "+1=>", "+2=>>", "-1=cat", "-2=well-known", "shape=mark"} <= set(features[5])
    assert {"shape=with hyphen", "ends=own", "begins=we"} <= set(features[3])
    for place in range(6):
        changed = [word if abs(place - other) <= 2 else "elephant" for other, word in enumerate(sentence)]
        assert word_features(changed)[place] == features[place]


# ---------------------------------------------------------------------- all three


@pytest.mark.parametrize("make", TAGGERS)
def test_they_learn_the_built_in_corpus_and_answer_for_whatever_is_asked(make, corpus):
    tagger = make(corpus.train)
    assert tagger.seconds >= 0
    assert token_accuracy(corpus.test.tags, tagger.tag(corpus.test.words)).value > 0.7
    asked = [["zyzzyva"], ["👩‍👩‍👧", "東京", "هاتف", "\\", ":", "a:b", "x=1", "-", "7"], ["the", "dog"] * 1000, ["The"]]
    found = tagger.tag(asked)
    assert list(map(len, found)) == list(map(len, asked))
    assert {tag for tags in found for tag in tags} <= set(corpus.tag_names)
    for nothing in ([[], ["the"]], [], "the dog", ["the dog"], [[1]]):
        with pytest.raises(DataError):
            tagger.tag(nothing)


@pytest.mark.parametrize("make", [Perceptron, ConditionalRandomField])
def test_what_looks_around_is_better_than_what_does_not(make, corpus):
    simple, better = (token_accuracy(corpus.test.tags, one(corpus.train).tag(corpus.test.words)).value
                      for one in (MostFrequentTag, make))
    assert better > simple


@pytest.mark.parametrize("make", TAGGERS)
def test_one_word_is_enough_to_learn_from(make):
    assert make(TaggedSentences([["yes"]], [["UH"]])).tag([["yes"], ["no", "."]]) == [["UH"], ["UH", "UH"]]
