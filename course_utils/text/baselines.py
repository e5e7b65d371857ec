"""Taggers without a network: what a recurrent one has to beat (lesson 04)."""

import random
import time
from collections import Counter
from collections.abc import Sequence

from course_utils.data.corpora import TaggedSentences
from course_utils.text.encoding import SHAPES, checked_sentences, word_shape

__all__ = ["ConditionalRandomField", "MostFrequentTag", "Perceptron", "word_features"]


class MostFrequentTag:
    """Gives each word the tag that it has most often in training, and unseen words the most frequent tag of all.

    Introduced in lesson 04.

    Parameters
    ----------
    train : TaggedSentences
        What it counts.

    Attributes
    ----------
    seconds : float
        Processor seconds of the training.
    """

    def __init__(self, train: TaggedSentences):
        begun = time.process_time()
        self.tag_of = {word: tags.most_common(1)[0][0] for word, tags in train.tag_counts().items()}
        self.usual = Counter(tag for tags in train.tags for tag in tags).most_common(1)[0][0]
        self.seconds = time.process_time() - begun

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return a tag for each word."""
        return [[self.tag_of.get(word.lower(), self.usual) for word in sentence] for sentence in checked_sentences(sentences)]


class Perceptron:
    """NLTK's averaged perceptron, trained here: spelling, the words around, and the two tags before (Honnibal 2013).

    It decides from left to right and never takes a tag back.

    Introduced in lesson 04. The tagger that NLTK offers ready-made has probably seen the Penn Treebank: never a baseline.

    Parameters
    ----------
    train : TaggedSentences
        What it learns from.
    iterations : int
        Passes over the sentences.
    seed : int
        For their order.

    Attributes
    ----------
    seconds : float
        Processor seconds of the training.
    """

    def __init__(self, train: TaggedSentences, iterations: int = 5, seed: int = 0):
        before = random.getstate()  # NLTK shuffles with Python's own generator, and moves it even when it is imported
        try:
            from nltk.tag.perceptron import PerceptronTagger

            begun = time.process_time()
            self.tagger = PerceptronTagger(load=False)
            random.seed(seed)
            self.tagger.train(train.pairs, nr_iter=iterations)
        finally:
            random.setstate(before)
        self.seconds = time.process_time() - begun

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return a tag for each word."""
        return [[tag for _, tag in self.tagger.tag(sentence)] for sentence in checked_sentences(sentences)]


class ConditionalRandomField:
    """A linear chain over spelling and neighbours: the best sequence of tags, not the best tag of each word.

    Introduced in lesson 04: the model of Lafferty, McCallum and Pereira (2001), by default trained with the rule of Collins
    (2002) instead of by likelihood; python-crfsuite does the work.

    Parameters
    ----------
    train : TaggedSentences
        What it learns from.
    iterations : int
        Passes over the sentences, or steps of the optimiser.
    algorithm : str
        ``"ap"``, the averaged perceptron, or ``"lbfgs"``: slower, a little better.

    Attributes
    ----------
    seconds : float
        Processor seconds of the training.
    """

    def __init__(self, train: TaggedSentences, iterations: int = 10, algorithm: str = "ap"):
        import tempfile
        from pathlib import Path

        import pycrfsuite

        begun = time.process_time()
        trainer = pycrfsuite.Trainer(algorithm, {"max_iterations": iterations}, verbose=False)
        for words, tags in zip(train.words, train.tags):
            trainer.append(word_features(words), tags)
        self.tagger = pycrfsuite.Tagger()
        with tempfile.TemporaryDirectory() as folder:  # it trains into a file only
            file = Path(folder) / "tagger.crfsuite"
            _reset_random_of_c()
            trainer.train(str(file))
            self._model = file.read_bytes()
        self.tagger.open_inmemory(self._model)  # keeps no copy: without self._model it would read memory that is freed
        self.seconds = time.process_time() - begun

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return a tag for each word."""
        return [self.tagger.tag(word_features(sentence)) for sentence in checked_sentences(sentences)]


def _reset_random_of_c() -> None:
    """CRFsuite shuffles with C's own generator. It gets the seed that a program begins with, so that each training is the first."""
    import ctypes
    import sys

    ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).srand(1)


def word_features(sentence: Sequence[str]) -> list[list[str]]:
    """Return for each word what a chain looks at: itself, its spelling, and two words to each side. Introduced in lesson 04."""
    lowered = ["<<", "<", *(word.lower() for word in sentence), ">", ">>"]
    features = []
    for place, word in enumerate(sentence):
        before2, before, low, after, after2 = lowered[place:place + 5]
        features.append([
            "bias", f"word={low}", f"shape={SHAPES[word_shape(word)]}", f"first={place == 0}",
            *(f"ends={low[-length:]}" for length in (1, 2, 3, 4)), *(f"begins={low[:length]}" for length in (1, 2, 3)),
            f"-1={before}", f"+1={after}", f"-2={before2}", f"+2={after2}", f"-1,0={before}|{low}", f"0,+1={low}|{after}",
            f"-1ends={before[-3:]}", f"+1ends={after[-3:]}",
        ])
    return features
