"""Scores of taggers: accuracy, counted on words and on nothing else (lesson 04), and F1 of spans (lesson 05)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from course_utils.data.corpora import TaggedSentences
from course_utils.errors import DataError
from course_utils.metrics import Accuracy, PairedComparison, mcnemar

__all__ = [
    "SpanScore", "TagScore", "ambiguous_words", "compare_taggers", "flat", "per_tag", "span_f1", "spans",
    "token_accuracy", "unseen_words",
]

Tags = Sequence[Sequence[str]]
Marks = Sequence[Sequence[bool]]
Span = tuple[int, int, str]
RESAMPLES = 1000


def flat(nested: Iterable[Iterable]) -> list:
    """Return the items of all sentences in one list. Introduced in lesson 04."""
    return [item for sentence in nested for item in sentence]


def token_accuracy(tags: Tags, predicted: Tags, where: Marks | None = None, seed: int = 0) -> Accuracy:
    """Return the share of words with the right tag, and its interval. Introduced in lesson 04.

    Padding is not there to be counted: both arguments are lists of sentences, each as long as its words. The words of
    a sentence are no independent examples, so the interval comes from resampling *sentences* (bootstrap; Efron 1979),
    and is wider than one that takes each word for an example of its own.

    Parameters
    ----------
    tags, predicted : sequence of sequence of str
        True and predicted tags, sentence by sentence.
    where : sequence of sequence of bool, optional
        Words to count, for instance :func:`unseen_words`; all by default.
    seed : int
        For the resampling.

    Returns
    -------
    Accuracy
        Its n is the number of words.

    Raises
    ------
    DataError
        If the sentences or their lengths do not fit together, or no word is counted.
    """
    right = _right(tags, predicted, where)
    hits = np.array([sum(sentence) for sentence in right], dtype=float)
    words = np.array([len(sentence) for sentence in right], dtype=float)
    if not words.sum():
        raise DataError("No word is counted.", "look at `where`: no word of these sentences is marked.")
    draws = _draws(len(right), seed)
    totals = draws @ words
    shares = (draws @ hits)[totals > 0] / totals[totals > 0]
    low, high = np.percentile(shares, (2.5, 97.5))
    return Accuracy(float(hits.sum() / words.sum()), float(low), float(high), int(words.sum()))


@lru_cache(maxsize=2)
def _draws(sentences: int, seed: int) -> np.ndarray:
    """Return how often each sentence is drawn in each resample; the same for all taggers, so it is kept."""
    draws = np.random.default_rng(seed).multinomial(sentences, np.full(sentences, 1 / sentences), RESAMPLES)
    draws.flags.writeable = False
    return draws


def unseen_words(sentences: Sequence[Sequence[str]], train: TaggedSentences) -> list[list[bool]]:
    """Mark the words that no training sentence has, capitals aside. Introduced in lesson 04."""
    return train.unseen(sentences)


def ambiguous_words(sentences: Sequence[Sequence[str]], train: TaggedSentences) -> list[list[bool]]:
    """Mark the words that have two tags or more in the training sentences, capitals aside. Introduced in lesson 04."""
    counts = train.tag_counts()
    return [[len(counts.get(word.lower(), ())) > 1 for word in sentence] for sentence in sentences]


def compare_taggers(tags: Tags, first: Tags, second: Tags) -> PairedComparison:
    """Compare two taggers on the same words with McNemar's test. Introduced in lesson 04.

    Parameters
    ----------
    tags, first, second : sequence of sequence of str
        True tags and those of the two taggers. The difference is that of the first minus that of the second.

    Returns
    -------
    PairedComparison
        See :func:`course_utils.metrics.mcnemar`. It takes each word for an example of its own; words of one sentence
        are not, so a p-value near 0.05 says little.

    Raises
    ------
    DataError
        If the sentences or their lengths do not fit together.
    """
    _right(tags, first), _right(tags, second)
    return mcnemar(flat(tags), flat(first), flat(second))


@dataclass(frozen=True)
class TagScore:
    """How well one tag is found.

    Attributes
    ----------
    tag : str
    n, missed : int
        Words that have it, and those of them that got another one.
    precision, recall : float
        Share of the words called so that are; share of these words that are found.
    often_taken_for : str
        The most frequent wrong tag of such words, empty if there is none.
    """

    tag: str
    n: int
    missed: int
    precision: float
    recall: float
    often_taken_for: str

    def __str__(self) -> str:
        confused = f", most often taken for {self.often_taken_for}" if self.often_taken_for else ""
        shares = f"precision {self.precision:.3f}   recall {self.recall:.3f}"
        return f"{self.tag:6} n = {self.n:5,}   missed {self.missed:4,}   {shares}{confused}"


def per_tag(tags: Tags, predicted: Tags) -> list[TagScore]:
    """Return precision and recall of each tag, the most frequent first. Introduced in lesson 04.

    Raises
    ------
    DataError
        If the sentences or their lengths do not fit together.
    """
    from sklearn.metrics import confusion_matrix

    _right(tags, predicted)
    true, found = flat(tags), flat(predicted)
    names = sorted({*true, *found})
    table = confusion_matrix(true, found, labels=names)
    scores = []
    for row in np.argsort(-table.sum(axis=1), kind="stable"):
        n, hits, called = table[row].sum(), table[row, row], table[:, row].sum()
        wrong = table[row].copy()
        wrong[row] = 0
        if n:
            confused = names[wrong.argmax()] if wrong.any() else ""
            precision = float(hits / called) if called else 0.0
            scores.append(TagScore(names[row], int(n), int(n - hits), precision, float(hits / n), confused))
    return scores


@dataclass(frozen=True)
class SpanScore:
    """How well spans of words are found.

    Attributes
    ----------
    value : float
        F1, the harmonic mean of precision and recall, 0 to 1.
    low, high : float
        Ends of the interval.
    precision, recall : float
        Share of the predicted spans that are right; share of the true spans that are found.
    n : int
        Number of true spans.
    confidence : float
        Confidence level of the interval.
    """

    value: float
    low: float
    high: float
    precision: float
    recall: float
    n: int
    confidence: float = 0.95

    def __str__(self) -> str:
        percent, shares = f"{100 * self.confidence:g} %", f"precision {self.precision:.3f}, recall {self.recall:.3f}"
        return f"F1 {self.value:.3f} ({percent} interval {self.low:.3f}–{self.high:.3f}, {shares}, n = {self.n})"


def spans(labels: Sequence[str]) -> set[Span]:
    """Return the spans of one sentence, such as noun phrases or names. Introduced in lesson 05.

    Parameters
    ----------
    labels : sequence of str
        One label for each word. ``"O"`` is outside of all spans. A span is ``"B-NP"`` with the ``"I-NP"`` that follow
        it, or a run of one plain label such as ``"PERSON"``, as long as it goes. An ``"I-NP"`` that follows nothing of
        its kind begins a span, as in the evaluation script of the CoNLL shared tasks.

    Returns
    -------
    set of tuples
        (start, end, kind) of each span; its words are ``words[start:end]``.

    Raises
    ------
    DataError
        If the labels are a text instead of a list.
    """
    if isinstance(labels, str):
        raise DataError(f"The labels are the text {labels[:40]!r}.", "give a list of labels, one for each word.")
    found: set[Span] = set()
    start, kind = 0, ""
    for position, label in enumerate([*labels, "O"]):  # the last one ends a span that reaches the end
        own = "" if label == "O" else label[2:] if label.startswith(("B-", "I-")) else label
        if own != kind or label.startswith("B-"):
            if kind:
                found.add((start, position, kind))
            start, kind = position, own
    return found


def span_f1(labels: Tags, predicted: Tags, seed: int = 0) -> SpanScore:
    """Return F1 of the spans, and its interval. Introduced in lesson 05.

    A span is found if its first word, its last word and its kind are right; half of it is nothing. Words outside of all
    spans do not count, so a tagger that says ``"O"`` to everything gets 0, whatever its accuracy. The interval comes
    from resampling sentences, as in :func:`token_accuracy`.

    Parameters
    ----------
    labels, predicted : sequence of sequence of str
        True and predicted labels, sentence by sentence; see :func:`spans`.
    seed : int
        For the resampling.

    Returns
    -------
    SpanScore
        F1 is 0 if no span was found.

    Raises
    ------
    DataError
        If the sentences or their lengths do not fit together, or there is no true span.

    Notes
    -----
    F1 is 1 - E, where E is the measure of C. J. van Rijsbergen, *Information Retrieval*, second edition, Butterworths
    1979, with the same weight for precision and recall. The shared task of CoNLL-2000 ranks chunkers by it.
    """
    _check_fit(labels, predicted, "predicted tags")
    pairs = [(spans(true), spans(found)) for true, found in zip(labels, predicted)]
    counts = np.array([(len(true & found), len(true), len(found)) for true, found in pairs], dtype=float)
    hits, true, found = counts.sum(axis=0)
    if not true:
        raise DataError("There is no true span.", "look at the true labels: each of them is O.")
    drawn = _draws(len(pairs), seed) @ counts
    drawn = drawn[drawn[:, 1] > 0]  # what has no true span has no F1
    low, high = np.percentile(2 * drawn[:, 0] / (drawn[:, 1] + drawn[:, 2]), (2.5, 97.5))
    return SpanScore(
        value=float(2 * hits / (true + found)), low=float(low), high=float(high),
        precision=float(hits / found) if found else 0.0, recall=float(hits / true), n=int(true),
    )


def _right(tags: Tags, predicted: Tags, where: Marks | None = None) -> list[list[bool]]:
    """Tell for each counted word whether its tag is right."""
    _check_fit(tags, predicted, "predicted tags")
    if where is not None:
        _check_fit(tags, where, "marks")
    marks = where if where is not None else [[True] * len(sentence) for sentence in tags]
    return [[tag == found for tag, found, counted in zip(*rows) if counted] for rows in zip(tags, predicted, marks)]


def _check_fit(tags: Tags, other: Tags | Marks, name: str) -> None:
    """Refuse what has not the sentences of the tags, each as long as its tags."""
    if len(other) != len(tags):
        raise DataError(f"There are {len(tags)} sentences with tags and {len(other)} with {name}.",
                        "give the same sentences in the same order.")
    for number, (first, second) in enumerate(zip(tags, other), 1):
        if isinstance(first, str) or isinstance(second, str):
            raise DataError(f"Sentence {number} is a text, not a list of tags.",
                            "give a list of tags for each sentence.")
        if len(first) != len(second):
            raise DataError(f"Sentence {number} has {len(first)} tags and {len(second)} {name}.",
                            "cut padding off first: each sentence is as long as its words.")
    if not len(tags):
        raise DataError("There are no sentences.", "give at least one.")
