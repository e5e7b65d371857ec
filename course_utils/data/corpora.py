"""Tagged sentences: every word with its part of speech (lessons 04, 05), and with its entity or chunk (lesson 05).

`load_corpus` is the door for lesson 04: the Penn Treebank sample of NLTK if it lies on this computer, else the
course's built-in tagged English. `load_chunked` is the door for lesson 05, with CoNLL-2000 in place of the sample.
NLTK's packages are read here as the files that they are: its own reader refuses folders that a group may write to and
reads only below its own list of folders. On the real packages both give the same words and tags
(`tests/test_corpora.py` compares them on a small one).
"""

import fnmatch
import operator
import os
import re
import tempfile
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.errors import AssetError, DataError

__all__ = [
    "BROWN_GENRES", "TaggedSentences", "TaggedSplits", "brown", "conll2000", "fetch_treebank", "load_corpus",
    "load_chunked", "other_genre", "penn_treebank", "treebank_place",
]

TRACE = "-NONE-"  # the tag of what is not said but only understood; 0, *T*-1 and *U* are such "words"
TEST_SHARE, VALIDATION_SHARE = 0.15, 0.15  # the second of what the first leaves, as in the source document
BROWN_GENRES = {  # the first letters of a genre's files, as the package's cats.txt has them
    "news": "ca", "editorial": "cb", "reviews": "cc", "religion": "cd", "hobbies": "ce", "lore": "cf",
    "belles_lettres": "cg", "government": "ch", "learned": "cj", "fiction": "ck", "mystery": "cl",
    "science_fiction": "cm", "adventure": "cn", "romance": "cp", "humor": "cr",
}
TREEBANK_URL = "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/treebank.zip"
TREEBANK_HASH = "sha256:9da92d76c3666cfb6cddeaed0f7e86b344cce0f0928a286d439e555f19c37399"
TREEBANK_SIZE = 1_740_034
TREEBANK_LICENCE = (  # what the README of the package and NLTK's index say
    "The Penn Treebank sample comes from NLTK: a 5 % fragment of the Penn Treebank, (C) LDC 1995, made available "
    "under fair use to illustrate tools of NLTK. For non-commercial use only."
)

Sentences = tuple[tuple[str, ...], ...]
Pairs = list[list[tuple[str, str]]]


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences as words with one tag each (introduced in lesson 04).

    Attributes
    ----------
    words : tuple of tuples of str
        One tuple of words for each sentence; their lengths differ. Other sequences are turned into tuples.
    tags : tuple of tuples of str
        The same shape as `words`.
    entities : tuple of tuples of str, optional
        The same shape again: ``"PERSON"``, ``"ORG"``, ``"GPE"``, or ``"O"`` for all other words.
    chunks : tuple of tuples of str, optional
        The same shape again: ``"B-NP"`` for the first word of a noun phrase, ``"I-NP"`` for its further words, so
        with other phrases, and ``"O"`` for words in none.

    Raises
    ------
    DataError
        If there is no sentence, a sentence is empty, a word is no text, or the shapes differ. The message
        names the sentence, counted from 1.
    """

    words: Sentences = field(repr=False)
    tags: Sentences = field(repr=False)
    entities: Sentences | None = field(default=None, repr=False)
    chunks: Sentences | None = field(default=None, repr=False)

    def __post_init__(self):
        # Students hand in lists; tuples keep a loaded corpus from being changed by accident.
        object.__setattr__(self, "words", _checked(self.words, "word"))
        object.__setattr__(self, "tags", _checked(self.tags, "tag", self.words))
        if self.entities is not None:
            object.__setattr__(self, "entities", _checked(self.entities, "entity", self.words))
        if self.chunks is not None:
            object.__setattr__(self, "chunks", _checked(self.chunks, "chunk", self.words))

    def __len__(self) -> int:
        return len(self.words)

    @property
    def tokens(self) -> int:
        """Number of words, punctuation marks included, every occurrence counted."""
        return sum(map(len, self.words))

    @property
    def pairs(self) -> Pairs:
        """Each sentence as a list of (word, tag), as NLTK's taggers and conditional random fields want it."""
        return [list(zip(words, tags, strict=True)) for words, tags in zip(self.words, self.tags, strict=True)]

    def vocabulary(self) -> set[str]:
        """Return the different words; ``"The"`` and ``"the"`` are two."""
        return {word for sentence in self.words for word in sentence}

    def tag_counts(self) -> dict[str, Counter]:
        """Return for each word, in lower case, how often it has which tag."""
        counts = defaultdict(Counter)
        for words, tags in zip(self.words, self.tags, strict=True):
            for word, tag in zip(words, tags, strict=True):
                counts[word.lower()][tag] += 1
        return dict(counts)

    def unseen(self, sentences: Iterable[Sequence[str]]) -> list[list[bool]]:
        """Mark the words of other sentences that these have not, capitals aside."""
        known = {word.lower() for word in self.vocabulary()}
        return [[word.lower() not in known for word in sentence] for sentence in sentences]

    def subset(self, n: int, seed: int = 0) -> "TaggedSentences":
        """Return `n` sentences drawn without replacement, in random order.

        With one seed the subsets are nested: the smaller one is the beginning of the larger one, so that a
        learning curve adds sentences and exchanges none.

        Raises
        ------
        DataError
            If `n` is smaller than 1 or larger than this set, or the seed is no whole number from 0 up.
        """
        if not _is_whole(n, 1) or n > len(self):
            raise DataError(f"A subset of {n!r} sentences was asked for; there are {len(self)}.",
                            f"ask for 1 to {len(self)} sentences.")
        return self._chosen(_random(seed).permutation(len(self))[:n])

    def _chosen(self, indices) -> "TaggedSentences":
        layers = (self.words, self.tags, self.entities, self.chunks)
        return TaggedSentences(*(layer and tuple(layer[index] for index in indices) for layer in layers))


@dataclass(frozen=True)
class TaggedSplits:
    """Training, validation and test sentences, and where they came from (introduced in lesson 04).

    Attributes
    ----------
    name : str
        ``"built-in"``, ``"treebank"`` or ``"conll2000"``.
    train, validation, test : TaggedSentences
        The three parts.
    tag_names : tuple of str
        All tags of the training part, sorted. Left out, it is made here.
    notes : tuple of str
        What a reader has to know to judge results on these splits, each a sentence.
    source : str
        Where the sentences came from, for instance ``"Penn Treebank sample, treebank.zip in the cache folder"``.

    Raises
    ------
    DataError
        If `tag_names` was given and is not what the training part has.
    """

    name: str
    train: TaggedSentences
    validation: TaggedSentences
    test: TaggedSentences
    tag_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self):
        found = tuple(sorted({tag for sentence in self.train.tags for tag in sentence}))
        if self.tag_names and tuple(self.tag_names) != found:
            raise DataError(f"{len(self.tag_names)} tag names were given, and the training part has {len(found)} tags, "
                            "or the order is another.", "leave tag_names out, or sort the tags of the training part.")
        object.__setattr__(self, "tag_names", found)

    @property
    def unseen_share(self) -> float:
        """Share of the test tokens whose word never occurs in training, capitals aside."""
        return sum(map(sum, self.train.unseen(self.test.words))) / self.test.tokens

    def describe(self) -> str:
        """Return one paragraph on what was loaded, from where, how much, and what to know about it."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        lines = [
            f"{self.source or f'{self.name} corpus'}:",
            ", ".join(f"{len(part):,} {name}" for name, part in parts.items()) + " sentences",
            "(" + ", ".join(f"{part.tokens:,}" for part in parts.values()) + " tokens);",
            f"{len(self.tag_names)} tags;",
            f"{100 * self.unseen_share:.1f} % of the test tokens are words that training never shows.",
        ]
        strange = sum(tag not in self.tag_names for sentence in self.test.tags for tag in sentence)
        if strange:
            lines.append(f"Test tokens with a tag that training never shows: {strange}.")
        trained_on = set(self.train.words)
        copies = sum(sentence in trained_on for sentence in self.test.words)
        if copies:
            lines.append(f"Test sentences that stand word for word in training: {copies}.")
        # A folder's name may hold bytes that are no text; a notebook could not print them.
        return " ".join([*lines, *self.notes]).encode(errors="replace").decode()


def load_corpus(
    sizes: Sequence[int], new_share: float | None = None, seed: int = 0, source: str | None = None,
) -> TaggedSplits:
    """Return the tagged sentences of a lesson (introduced in lesson 04).

    With ``"auto"`` (the default of ``COURSE_CORPUS``) the Penn Treebank sample is taken if it lies in ``COURSE_DATA``, in
    ``data/``, in the cache folder (``course fetch treebank``) or where NLTK looks, else the built-in corpus. A
    ``COURSE_DATA`` that is set must hold it: the course never falls back to other data in silence. Nothing is
    downloaded. What was taken stands in `TaggedSplits.name` and is told by `TaggedSplits.describe`.

    Parameters
    ----------
    sizes : three ints
        Training, validation and test sentences: exactly so many of the built-in corpus, at most so many of
        the treebank.
    new_share : float
        How often the built-in corpus takes a word that no training sentence uses, see
        `course_utils.data.english.make_corpus` for it and its default; the treebank has its own share.
    seed : int
        Moves every random choice.
    source : str, optional
        ``"auto"``, ``"built-in"`` or ``"treebank"``; by default what ``COURSE_CORPUS`` says.

    Raises
    ------
    DataError
        If the treebank was asked for or belongs into ``COURSE_DATA`` and is not there, it cannot be read, or an
        argument is none of the above.
    """
    sizes = _checked_sizes(sizes)
    return penn_treebank(sizes, seed) if _is_taken("corpora/treebank", source) else _built_in(sizes, new_share, seed)


def load_chunked(
    sizes: Sequence[int], new_share: float | None = None, seed: int = 0, source: str | None = None,
) -> TaggedSplits:
    """Return sentences with parts of speech and chunks, entities too if the course makes them (introduced in lesson 05).

    As `load_corpus`, with the corpus of CoNLL-2000 in place of the Penn Treebank sample: both are text of the Wall
    Street Journal, and only the first has chunks.

    Parameters
    ----------
    sizes, new_share, seed
        As in `load_corpus`.
    source : str, optional
        ``"auto"`` (CoNLL-2000 if it is on this computer, else the built-in corpus), ``"built-in"``, or
        ``"treebank"`` (CoNLL-2000); by default what ``COURSE_CORPUS`` says.

    Raises
    ------
    DataError
        If CoNLL-2000 was asked for or belongs into ``COURSE_DATA`` and is not there, it cannot be read, or an
        argument is none of the above.
    """
    sizes = _checked_sizes(sizes)
    return conll2000(sizes, seed) if _is_taken("corpora/conll2000", source) else _built_in(sizes, new_share, seed)


def _is_taken(package: str, source: str | None) -> bool:
    """Tell whether a package of NLTK is to be read; if not, the built-in corpus is to be made."""
    source, name = source or settings.corpus_source(), package.split("/")[1]
    if source not in settings.CORPUS_SOURCES:
        raise DataError(f"The source {source!r} is none that the course knows.",
                        f"choose one of {', '.join(settings.CORPUS_SOURCES)}.")
    own = settings.data_folder()
    if source != "built-in" and own is not None and _look_in(own, package) is None:
        raise DataError(
            f"COURSE_DATA is the folder {own.name!r}, and it holds no {name}: neither {name}.zip nor the folder "
            f"corpora with {name}.zip or {name}.",
            f"copy NLTK's {name}.zip into it, or remove COURSE_DATA to use the built-in corpus.",
        )
    return source == "treebank" or (source == "auto" and _find(package) is not None)


def _built_in(sizes: tuple[int, int, int], new_share: float | None, seed: int) -> TaggedSplits:
    from course_utils.data import english

    share = english.NEW_SHARE if new_share is None else new_share
    return english.make_corpus(*sizes, new_share=share, seed=seed)


def other_genre(corpus: TaggedSplits, number: int, seed: int = 0) -> tuple[TaggedSentences, str, Callable]:
    """Return sentences of another kind than those of a corpus, to see how far a tagger carries (introduced in lesson 04).

    For the built-in corpus and for the treebank that is the built-in *talk*; for the treebank it is fiction from the
    Brown Corpus if NLTK's packages ``brown`` and ``universal_tagset`` are on this computer.

    Parameters
    ----------
    corpus : TaggedSplits
        What the tagger learned from.
    number : int
        Sentences, at most.
    seed : int
        Moves the draw.

    Returns
    -------
    sentences : TaggedSentences
    name : str
        What they are.
    coarse : callable
        Turns tags of the corpus, sentence by sentence, into those of these sentences: the 12 universal ones for
        Brown, else the same.
    """
    if corpus.name == "treebank" and all(map(_find, ("corpora/brown", "taggers/universal_tagset"))):
        table = _universal("en-ptb")
        return (brown("fiction", number, seed), "fiction of the Brown Corpus, 12 universal tags",
                lambda tags: [[table.get(tag, "X") for tag in sentence] for sentence in tags])
    from course_utils.data import english

    # The test words, new and known, so that both kinds are as frequent as in the news.
    return english.make_sentences(number, genre="talk", part="test", seed=seed), "built-in talk", lambda tags: tags


# The packages of NLTK ------------------------------------------------------------------------------------------


def treebank_place() -> str | None:
    """Return where the Penn Treebank sample was found, in words, or None. It was not opened yet."""
    found = _find("corpora/treebank")
    return found and found[1]


def penn_treebank(at_most: Sequence[int] | None = None, seed: int = 0, universal: bool = False) -> TaggedSplits:
    """Read the Penn Treebank sample of NLTK and split it (introduced in lesson 04).

    Looked for, in this order: the folder ``COURSE_DATA``, the checkout's ``data/``, the cache folder, where
    ``course fetch treebank`` puts it, and the folders of ``nltk.data.path``. In each of them it may be
    ``treebank.zip`` or the unpacked folder ``treebank``, alone, in ``corpora/`` or in ``nltk_data/corpora/``.

    Traces (tag ``-NONE-``) are left out, because nobody writes them and every tagger gets them right, and so are
    sentences that have no other word. 15 % of the sentences become the test part and 15 % of the rest the
    validation part. Sentences of the same words go into one part.

    Parameters
    ----------
    at_most : three ints, optional
        Largest numbers of training, validation and test sentences. They are drawn from the three parts by
        `TaggedSentences.subset`, so that a smaller number is part of a larger one.
    seed : int
        Moves the split and the draws.
    universal : bool
        Replace the 45 tags of the treebank by the 12 universal ones (Petrov, Das and McDonald 2012), which `brown`
        can have, too. Needs NLTK's package ``universal_tagset``, looked for in the same places.

    Returns
    -------
    TaggedSplits
        Named ``"treebank"``.

    Raises
    ------
    DataError
        If it is not there, is damaged, or has too few different sentences to be split.

    Notes
    -----
    M. P. Marcus, B. Santorini and M. A. Marcinkiewicz, *Building a Large Annotated Corpus of English: The Penn
    Treebank*, Computational Linguistics 19(2), 1993, describe the corpus and its tags.
    """
    limits = None if at_most is None else _checked_sizes(at_most)
    texts, place = _read("corpora/treebank", "combined/wsj_*.mrg")
    # A sentence begins with a bracket that is not indented, and its words are the innermost brackets: (NN join).
    blocks = [block for text in texts for block in re.split(r"^(?=\()", text, flags=re.MULTILINE)]
    read = [[(word, tag) for tag, word in re.findall(r"\(([^\s()]+) ([^\s()]+)\)", block)] for block in blocks]
    everything = sum(map(len, read))
    kept = [[pair for pair in sentence if pair[1] != TRACE] for sentence in read]
    traces = everything - sum(map(len, kept))
    kept = [sentence for sentence in kept if sentence]
    sentences = _tagged(kept, "treebank", place, "en-ptb" if universal else None)
    parts, notes = _split(sentences, seed, place, test=TEST_SHARE, validation=VALIDATION_SHARE)
    left_out = f"{traces:,} traces (tag {TRACE}, {100 * traces / everything:.1f} % of the tokens) were left out."
    return TaggedSplits("treebank", **_limited(parts, limits, seed), notes=(left_out, *notes),
                        source=f"Penn Treebank sample, {place}")


def conll2000(at_most: Sequence[int] | None = None, seed: int = 0) -> TaggedSplits:
    """Read the corpus of CoNLL-2000 of NLTK: parts of speech and chunks (introduced in lesson 05).

    Looked for in the same places as the treebank. Its test part is the test part of the shared task, ``test.txt``. 15 %
    of the sentences of ``train.txt`` become the validation part; sentences of the same words stay together. The parts
    of speech were given by a tagger, the chunks were made from the trees of the Penn Treebank.

    Parameters
    ----------
    at_most : three ints, optional
        Largest numbers of training, validation and test sentences, drawn as in `penn_treebank`.
    seed : int
        Moves the choice of the validation part and the draws.

    Returns
    -------
    TaggedSplits
        Named ``"conll2000"``, with `chunks` in all three parts.

    Raises
    ------
    DataError
        If it is not there, is damaged, or has too few different sentences to be split.

    Notes
    -----
    E. F. Tjong Kim Sang and S. Buchholz, *Introduction to the CoNLL-2000 Shared Task: Chunking*, CoNLL 2000, describe
    the task and its data.
    """
    limits = None if at_most is None else _checked_sizes(at_most)
    (training, place), (test, _) = (_chunked(file) for file in ("train.txt", "test.txt"))
    parts, notes = _split(training, seed, place, validation=VALIDATION_SHARE)
    return TaggedSplits("conll2000", **_limited({**parts, "test": test}, limits, seed), notes=notes,
                        source=f"CoNLL-2000, {place}")


def brown(
    genre: str = "news", at_most: int | None = None, seed: int = 0, universal: bool = True,
) -> TaggedSentences:
    """Read one genre of the Brown Corpus of NLTK, to test a tagger on other texts (introduced in lesson 04).

    Looked for in the same places as the treebank. Its tags are not those of the Penn Treebank; the universal
    ones are common to both.

    Parameters
    ----------
    genre : str
        A key of `BROWN_GENRES`, such as ``"news"`` or ``"fiction"``.
    at_most : int, optional
        Largest number of sentences, drawn by `TaggedSentences.subset`; all in their order if it is left out.
    seed : int
        Moves the draw.
    universal : bool
        Give the 12 universal tags (Petrov, Das and McDonald 2012); needs NLTK's package ``universal_tagset``.

    Raises
    ------
    DataError
        If it is not there, is damaged, or has no such genre.

    Notes
    -----
    W. N. Francis and H. Kučera, *Brown Corpus Manual*, Brown University 1979, describe the corpus and its tags.
    """
    if genre not in BROWN_GENRES:
        raise DataError(f"The Brown Corpus has no genre {genre!r}.", f"choose one of {', '.join(BROWN_GENRES)}.")
    if at_most is not None and not _is_whole(at_most, 1):
        raise DataError(f"at_most is {at_most!r}.", "give a whole number from 1 up, or leave it out for all.")
    texts, place = _read("corpora/brown", f"{BROWN_GENRES[genre]}[0-9][0-9]")
    lines = [line.split() for text in texts for line in text.splitlines() if line.strip()]
    # Words such as 1/2 hold the separator themselves, so the last one counts.
    read = [[(word, tag.upper()) for word, _, tag in (token.rpartition("/") for token in line)] for line in lines]
    sentences = _tagged(read, "brown", place, "en-brown" if universal else None)
    return sentences if at_most is None else sentences.subset(min(at_most, len(sentences)), seed)


def fetch_treebank() -> Path:
    """Print the licence, download the Penn Treebank sample into the cache folder, check its hash (lesson 04).

    An intact file that is there already is kept.

    Returns
    -------
    pathlib.Path
        ``nltk_data/corpora/treebank.zip`` of the cache folder, which NLTK itself can read, too.

    Raises
    ------
    AssetError
        If it cannot be reached, or is not the file that the course was made with.
    """
    import pooch

    from course_utils import assets

    print(TREEBANK_LICENCE)
    path = settings.cache_folder() / "nltk_data" / "corpora" / "treebank.zip"
    if path.is_file() and "sha256:" + pooch.file_hash(str(path)) == TREEBANK_HASH:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    source = assets.Source(TREEBANK_URL, TREEBANK_HASH, TREEBANK_SIZE)
    print(f"Fetching the Penn Treebank sample ({TREEBANK_SIZE / 1e6:.1f} MB) from {TREEBANK_URL}", flush=True)
    with tempfile.TemporaryDirectory(".partial", "treebank.", path.parent) as folder:
        try:
            downloaded = assets.download(source, Path(folder))
        except AssetError as error:
            raise AssetError(
                f"The treebank could not be fetched. {error.problem}",
                "on a computer with the open internet run `python -m nltk.downloader treebank`, copy its "
                "nltk_data/corpora/treebank.zip into a folder here, and set COURSE_DATA to that folder.",
            ) from error
        assets.write_atomically(path, downloaded.read_bytes())
    return path


def _roots() -> Iterator[tuple[Path, str]]:
    """Give the folders that may hold packages of NLTK, each with a name that can be printed."""
    own = settings.data_folder()
    if own is not None:
        yield own, f"the folder {own.name!r} (COURSE_DATA)"
    yield settings.project_folder() / "data", "the folder data/"
    yield settings.cache_folder() / "nltk_data", "the cache folder"
    import nltk.data  # takes most of a second, so it comes last

    yield from ((Path(folder), "a data folder of NLTK") for folder in nltk.data.path if folder)


def _look_in(root: Path, package: str) -> Path | None:
    """Return the zip or the folder of a package such as ``corpora/treebank`` in one folder, unopened."""
    kind, name = package.split("/")
    for folder in (root / kind, root, root / "nltk_data" / kind):
        for path in (folder / f"{name}.zip", folder / name):
            if os.path.exists(path):
                return path
    return None


def _find(package: str) -> tuple[Path, str] | None:
    for root, where in _roots():
        path = _look_in(root, package)
        if path is not None:
            return path, f"{path.name} in {where}"
    return None


def _read(package: str, wanted: str) -> tuple[list[str], str]:
    """Return the texts of a package's files that match, sorted by name, and where the package was found."""
    found, (_, name) = _find(package), package.split("/")
    if found is None:
        raise DataError(
            f"NLTK's package {name!r} was not found on this computer.",
            f"run {_command_for(name)}, or set COURSE_DATA to a folder that holds {name}.zip.",
        )
    path, place = found
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = sorted(fnmatch.filter(archive.namelist(), f"{name}/{wanted}"))
                contents = [archive.read(member) for member in names]
        else:
            contents = [file.read_bytes() for file in sorted(path.glob(wanted))]
        texts = [content.decode() for content in contents]
        problem = "" if texts else f"it has no file {name}/{wanted}"
    except UnicodeDecodeError:
        problem = "its text is not UTF-8"
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # also encrypted ones
        problem = getattr(error, "strerror", None) or str(error) or "it is cut off"
    if problem:
        raise _unusable(name, place, problem)
    return texts, place


def _unusable(name: str, place: str, problem: str) -> DataError:
    return DataError(f"{place} cannot be used: {problem}.",
                     f"move it away and get another copy with {_command_for(name)}.")


def _command_for(name: str) -> str:
    """Return what to type to get a package of NLTK, for messages."""
    fetch = "`course fetch treebank` or " if name == "treebank" else ""
    return f"{fetch}`python -m nltk.downloader {name}`"


def _tagged(pairs: Pairs, name: str, place: str, mapping: str | None) -> TaggedSentences:
    """Make sentences of what was read; `mapping` names the table that leads to universal tags, if they are wanted."""
    if not pairs:
        raise _unusable(name, place, "no sentence is in it")
    if mapping:
        rows = _universal(mapping)
        # As NLTK does it: a tag that the table lacks, such as Brown's rare compounds, becomes X ("other").
        pairs = [[(word, rows.get(tag, "X")) for word, tag in sentence] for sentence in pairs]
    return TaggedSentences(*([[pair[layer] for pair in sentence] for sentence in pairs] for layer in (0, 1)))


def _universal(mapping: str) -> dict[str, str]:
    """Return the table from the tags of a corpus to the universal ones."""
    (text,), _ = _read("taggers/universal_tagset", f"{mapping}.map")
    return dict(line.split("\t") for line in text.splitlines() if line.count("\t") == 1)


def _chunked(file: str) -> tuple[TaggedSentences, str]:
    """Read a file of CoNLL-2000: a word, its tag and its chunk in each line, a blank line after each sentence."""
    (text,), place = _read("corpora/conll2000", file)
    sentences: list[list[list[str]]] = [[]]
    for number, line in enumerate(text.split("\n"), 1):
        columns = line.split()
        if not columns:
            sentences.append([])
        elif len(columns) == 3 and re.fullmatch("O|[BI]-.+", columns[2]):
            sentences[-1].append(columns)
        else:
            raise _unusable("conll2000", place, f"line {number} of {file} is {line[:40]!r} instead of a word, its tag "
                                                "and its chunk")
    sentences = [sentence for sentence in sentences if sentence]
    if not sentences:
        raise _unusable("conll2000", place, f"no sentence is in {file}")
    words, tags, chunks = ([[row[column] for row in sentence] for sentence in sentences] for column in range(3))
    return TaggedSentences(words, tags, chunks=chunks), place


def _split(
    sentences: TaggedSentences, seed: int, place: str, **shares: float,
) -> tuple[dict[str, TaggedSentences], tuple[str, ...]]:
    """Return the parts by name, and a note if sentences repeat an earlier one.

    Each share is one of what those before it leave; ``"train"`` takes the rest.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, words in enumerate(sentences.words):
        groups.setdefault(words, []).append(index)
    room, left = {}, len(sentences)
    for name, share in shares.items():
        room[name] = int(np.ceil(share * left))  # rounded up, as scikit-learn does it
        left -= room[name]
    room["train"] = len(sentences)  # takes all that the others have no room for
    chosen: dict[str, list[int]] = {name: [] for name in room}
    together = list(groups.values())
    for position in _random(seed).permutation(len(together)):
        name = next(name for name in room if len(chosen[name]) + len(together[position]) <= room[name])
        chosen[name] += together[position]
    if not all(chosen.values()):
        raise DataError(f"{place} has {len(groups)} different sentences in {len(sentences)}: too few for "
                        f"{'three' if len(room) == 3 else 'two'} parts.", "add sentences, or use source='built-in'.")
    copies = len(sentences) - len(groups)
    note = f"{copies:,} sentences repeat an earlier one word for word; copies are in one part."
    return {name: sentences._chosen(indices) for name, indices in chosen.items()}, (note,) if copies else ()


def _limited(
    parts: dict[str, TaggedSentences], limits: tuple[int, int, int] | None, seed: int,
) -> dict[str, TaggedSentences]:
    """Return at most so many sentences of the training, validation and test part."""
    if limits is None:
        return parts
    return {name: parts[name].subset(min(limit, len(parts[name])), seed)
            for name, limit in zip(("train", "validation", "test"), limits, strict=True)}


# Checks --------------------------------------------------------------------------------------------------------


def _checked(sentences: Sequence[Sequence[str]], what: str, words: Sentences | None = None) -> Sentences:
    """Return words, tags, entities or chunks as tuples of tuples; if `words` are given, of their shape."""
    many = {"word": "words", "tag": "tags", "entity": "entities", "chunk": "chunks"}[what]
    sentences = _as_tuple(sentences)
    if not isinstance(sentences, tuple) or not sentences:
        raise DataError(f"There are no sentences of {many}.", f"hand in at least one, as a sequence of {many}.")
    sentences = tuple(map(_as_tuple, sentences))
    if words is not None and len(sentences) != len(words):
        raise DataError(f"There are {len(words)} sentences of words and {len(sentences)} of {many}: "
                        f"sentence {min(len(words), len(sentences)) + 1} has only one of the two.",
                        f"give each sentence its words and its {many}.")
    for number, sentence in enumerate(sentences, 1):
        if not isinstance(sentence, tuple):
            raise DataError(f"Sentence {number} is {str(sentence)[:40]!r} instead of a sequence of {many}.",
                            f"split a text into {many}, for instance with .split().")
        if words is not None and len(sentence) != len(words[number - 1]):
            raise DataError(f"Sentence {number} has {len(words[number - 1])} words and {len(sentence)} {many}; "
                            f"it begins with {words[number - 1][0]!r}.", f"give each word one {what}.")
        if not sentence:
            raise DataError(f"Sentence {number} is empty.", "leave it out, together with its tags.")
        for position, item in enumerate(sentence, 1):
            if not isinstance(item, str) or not item:
                raise DataError(f"In sentence {number} the {what} {position} is {item!r}, which is no text.",
                                "turn it into text with str(), or leave the sentence out.")
    return sentences


def _as_tuple(items):
    """Return a sequence as a tuple; a text, which is a sequence of letters, and all else as they are."""
    return items if isinstance(items, str) or not isinstance(items, Iterable) else tuple(items)


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, int, int]:
    if not isinstance(sizes, Sequence) or len(sizes) != 3 or not all(_is_whole(size, 1) for size in sizes):
        raise DataError(f"The numbers of sentences are {sizes!r}.",
                        "give three whole numbers from 1 up, for train, validation and test.")
    return tuple(map(operator.index, sizes))


def _is_whole(number: int, least: int) -> bool:
    try:
        return operator.index(number) >= least
    except TypeError:
        return False


def _random(seed: int) -> np.random.Generator:
    if not _is_whole(seed, 0):
        raise DataError(f"The seed is {seed!r}.", "use a whole number from 0 up.")
    return np.random.default_rng(seed)
