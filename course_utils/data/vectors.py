"""Word vectors: GloVe, a word2vec file of the reader's, or our own trained on a piece of Wikipedia (lesson 04).

All come as gensim's ``KeyedVectors``, so the cells of the lesson run on any of them. What is made here is kept in
the cache folder ``word_vectors`` together with a hash, and made again when the file is damaged.

Mikolov, Chen, Corrado and Dean (2013), "Efficient Estimation of Word Representations in Vector Space", ICLR workshop.
Mikolov, Sutskever, Chen, Corrado and Dean (2013), "Distributed Representations of Words and Phrases and their
Compositionality", NIPS. Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation", EMNLP.
"""

import bz2
import gzip
import hashlib
import importlib.metadata
import itertools
import json
import zlib
from pathlib import Path

import numpy as np

from course_utils import assets, settings
from course_utils.data._checks import checked_whole
from course_utils.errors import AssetError, DataError, EnvironmentProblem

__all__ = ["find_vectors", "glove", "load_word2vec", "train_word2vec", "wikipedia_sentences"]

GOOGLE_NEWS = ("GoogleNews-vectors-negative300.bin", "GoogleNews-vectors-negative300.bin.gz")
GOOGLE_NEWS_LIMIT = 200_000  # 240 MB of numbers; all three million words would be 3.6 GB
WIKIPEDIA = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
VERSION = 1  # part of the names in the cache: raise it when the sentences or the training change
LONGEST_HEADER = 100
WIDEST = 10_000
CONTROL_BYTES = frozenset(range(32)) - frozenset(b"\t\r\n")  # no text holds them, and nearly every binary file does
DOWNLOAD_HINT = "download it again, and compare its size with the one that its publisher names."


def glove(limit: int | None = None):
    """Return the GloVe 6B vectors, learned on Wikipedia of 2014 and Gigaword 5: 400,000 lower-case words.

    The numbers stay in the file and are mapped into memory: only the rows that are looked at take up room, and
    two notebooks share them. They can therefore not be changed.

    Parameters
    ----------
    limit : int, optional
        Only so many of the most frequent words.

    Returns
    -------
    gensim.models.KeyedVectors
        ``vectors`` is float32 of shape (400000, 50), or (limit, 50); the most frequent word comes first.

    Raises
    ------
    DataError
        If the limit is not a whole number from 1 up.
    AssetError
        If the asset ``glove`` cannot be fetched.
    """
    import h5py

    limit = None if limit is None else checked_whole(limit, "limit")
    path = assets.fetch("glove")
    with h5py.File(path, "r") as file:
        table = file["vectors/array_0"]
        # asarray: a row that a student prints should look like any array, not like a "memmap".
        vectors = np.asarray(np.memmap(path, table.dtype, "r", table.id.get_offset(), table.shape))
        words = _words(file["words/array_0"][()])
    return _keyed_vectors(words[:limit], vectors[:limit])


def load_word2vec(path: str | Path, limit: int = 400_000):
    """Return the vectors of a word2vec file, binary or text, such as those of Google News.

    Which of the two it is shows in the file, not in its name; a name that ends in ``.gz`` means a compressed file.
    Broken characters in words become "�", and of two equal words the first counts.

    Parameters
    ----------
    path : path
        The file. Its first line is the number of words and the width of the vectors.
    limit : int
        At most so many words, from the start of the file, where the most frequent ones usually are.

    Returns
    -------
    gensim.models.KeyedVectors
        ``vectors`` is float32 of shape (words, width).

    Raises
    ------
    DataError
        If the file is missing, cut off, empty or of another kind (a pickle is never opened), if its numbers are
        not all finite, or if the limit is not a whole number from 1 up.
    """
    from gensim.models import KeyedVectors

    path, limit = Path(path), checked_whole(limit, "limit")
    try:
        binary = _is_binary(path, limit)
        # "replace": the original program cuts long words inside a character.
        loaded = KeyedVectors.load_word2vec_format(str(path), binary=binary, limit=limit, unicode_errors="replace")
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path.name} ends before all its words have come.", DOWNLOAD_HINT) from error
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path.name}.", "check the path and the spelling.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.",
                        "check that it is a file that you may read; only a gzip file may end in .gz.") from error
    except MemoryError as error:
        raise DataError(f"{path.name} does not fit into memory.", "ask for fewer words with `limit`.") from error
    except ValueError as error:
        raise DataError(f"{path.name} is no word2vec file: something that should be a number is none.",
                        DOWNLOAD_HINT) from error
    count = loaded.next_index  # of words that occur twice gensim leaves empty rows at the end, called None
    words, vectors = loaded.index_to_key[:count], loaded.vectors[:count]
    _check_loaded(words, vectors, path.name)
    return _keyed_vectors(words, vectors)


def find_vectors():
    """Return the best word vectors that are here, and one line that says which.

    That is the reader's Google News file if it lies in ``COURSE_DATA`` or in ``data/`` of the checkout (its
    200,000 most frequent words, which take 240 MB), and GloVe otherwise. A broken file of the reader's is an
    error: other vectors never take its place in silence.

    Returns
    -------
    vectors : gensim.models.KeyedVectors
        float32 of shape (200000, 300) or (400000, 50).
    description : str
        Which vectors, how many words, their width, and the name of the file.

    Raises
    ------
    DataError
        If the Google News file is there and cannot be used.
    AssetError
        If GloVe is needed and cannot be fetched.
    SettingsError
        If ``COURSE_DATA`` names no folder.
    """
    folders = [folder for folder in (settings.data_folder(), settings.project_folder() / "data") if folder]
    for path in (folder / name for folder in folders for name in GOOGLE_NEWS):
        if path.is_file():
            vectors, what, file = load_word2vec(path, GOOGLE_NEWS_LIMIT), "Google News word2vec", path.name
            break
    else:
        vectors, what, file = glove(), "GloVe 6B", assets.ASSETS["glove"].path.name
    return vectors, f"{what}: {len(vectors):,} words, {vectors.vector_size} numbers each, from {file}"


def wikipedia_sentences() -> list[list[str]]:
    """Return the text of about a hundred articles of English Wikipedia, a list of lower-case words a paragraph.

    It is the excerpt that gensim brings for its own tests (articles from "Anarchism" on, 2017; CC BY-SA 3.0, the
    authors of Wikipedia). Headings, galleries, redirects and lines of fewer than eight words are left out, and so are
    numbers, punctuation and words of one letter or of more than 15.

    Returns
    -------
    list of list of str
        About 7,000 paragraphs, 429,000 words in all.

    Raises
    ------
    EnvironmentProblem
        If gensim is installed without its test data.
    """
    from gensim.test.utils import datapath

    source = Path(datapath(WIKIPEDIA))
    if not source.is_file():
        raise EnvironmentProblem("The excerpt of Wikipedia is missing: gensim is installed without its test data.",
                                 "run `pip install --force-reinstall --no-deps gensim`.")
    path = _cache_path("wikipedia-text", {"size": source.stat().st_size})
    layers = _kept(path)
    if layers is None:
        text = "\n".join(" ".join(sentence) for sentence in _paragraphs(source))
        layers = {"text": (_text_array(text),)}
        _keep(path, layers)
    return [line.split(" ") for line in _words(layers["text"][0])]


def train_word2vec(vector_size: int = 50, epochs: int = 25, seed: int = 0, min_count: int = 10, window: int = 5):
    """Train word2vec on :func:`wikipedia_sentences`: skip-gram with negative sampling (Mikolov et al. 2013).

    One thread, so that the same seed gives the same vectors. The learning rate (0.05) is twice gensim's, frequent
    words are thinned out more (3e-5), and rare words get no vector: this text is tiny, where the usual settings expect
    a thousand times as much. About ten seconds; the vectors of each setting are kept in the cache.

    Parameters
    ----------
    vector_size : int
        Width of the vectors.
    epochs : int
        Passes over the text.
    seed : int
        Moves the first vectors and all random choices.
    min_count : int
        Words that occur less often get no vector.
    window : int
        Farthest neighbour that is predicted, in words.

    Returns
    -------
    gensim.models.KeyedVectors
        float32 of shape (words, vector_size), the most frequent word first.

    Raises
    ------
    DataError
        If a number is not a whole number from 1 (the seed: from 0) up, or no word occurs `min_count` times.
    EnvironmentProblem
        If gensim is installed without its test data.
    """
    parameters = {
        "vector_size": checked_whole(vector_size, "vector_size"),
        "epochs": checked_whole(epochs, "epochs"),
        "seed": checked_whole(seed, "seed", 0),
        "min_count": checked_whole(min_count, "min_count"),
        "window": checked_whole(window, "window"),
    }
    path = _cache_path("wikipedia-word2vec", parameters)
    layers = _kept(path)
    if layers is None:
        trained = _trained(parameters)
        layers = {"vectors": (trained.vectors,), "words": (_text_array("\n".join(trained.index_to_key)),)}
        _keep(path, layers)
    return _keyed_vectors(_words(layers["words"][0]), layers["vectors"][0])


# ---------------------------------------------------------------------- words as bytes, vectors with words


def _text_array(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def _words(text: np.ndarray) -> list[str]:
    """Split UTF-8 text at its newlines only: some words of GloVe are what `splitlines` would split at, too."""
    return text.tobytes().decode().split("\n")


def _keyed_vectors(words: list[str], vectors: np.ndarray):
    """Return gensim's object for these words; its own `add_vectors` would copy all and take seconds."""
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(vectors.shape[1])
    keyed.vectors, keyed.index_to_key, keyed.next_index = vectors, words, len(words)
    keyed.key_to_index = {word: index for index, word in enumerate(words)}
    return keyed


# ---------------------------------------------------------------------- word2vec files


def _opened(path: Path):
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _is_binary(path: Path, limit: int) -> bool:
    """Tell the two kinds of word2vec files apart, and refuse what gensim would not, or not in plain words."""
    with _opened(path) as file:
        header = file.readline(LONGEST_HEADER)
        count, width = _sizes(header, path.name)
        start = file.tell()
        sample = file.read(100 + 4 * width)
        numbers = sample.partition(b" ")[2]
        if not numbers:
            raise EOFError
        if not CONTROL_BYTES.isdisjoint(sample) or not numbers.split(b"\n")[0].isascii():
            return True
        file.seek(start)
        _check_lines(file, min(count, limit), width, path.name)
        return False


def _sizes(header: bytes, name: str) -> tuple[int, int]:
    """Return the number of words and the width that the first line of a word2vec file tells."""
    if not header:
        raise DataError(f"{name} is empty.", DOWNLOAD_HINT)
    if header[0] == 0x80:  # the first byte of every pickle since Python 2.3
        raise DataError(f"{name} is a pickle: opening one can run any program, so the course opens none.",
                        "save the vectors with gensim's `save_word2vec_format` where they were made.")
    if header.startswith(b"\x1f\x8b"):
        raise DataError(f"{name} is compressed, but its name does not say so.", "let its name end in .gz.")
    fields = header.split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        raise DataError(f"{name} is no word2vec file: its first line is not two numbers, such as `400000 50`.",
                        "if it is a text file of vectors, write the number of words and their width above it.")
    count, width = map(int, fields)
    if count < 1 or not 1 <= width <= WIDEST:
        raise DataError(f"The first line of {name} speaks of {count:,} words and vectors of {width:,} numbers.",
                        f"use a file with at least one word and a width from 1 to {WIDEST:,}.")
    return count, width


def _check_lines(file, count: int, width: int, name: str) -> None:
    """Count the numbers of each line of a text file: gensim would repeat a single number over the whole vector."""
    number = 0
    for number, line in enumerate(itertools.islice(file, count), 1):
        found = line.rstrip().count(b" ")
        if found != width:
            raise DataError(f"Word {number:,} of {name} comes with {found} numbers instead of {width}.",
                            "each line must be a word without spaces, then its numbers, with one space between them.")
    if number < count:
        raise EOFError


def _check_loaded(words: list[str], vectors: np.ndarray, name: str) -> None:
    if not np.isfinite([vectors.min(), vectors.max()]).all():  # both are NaN if any number is
        raise DataError(f"Some numbers of {name} are infinite or not numbers (NaN).", DOWNLOAD_HINT)
    broken = sum("\ufffd" in word for word in words)
    if 2 * broken > len(words):  # what a wrong width does: pieces of numbers are taken for words
        raise DataError(f"Most words of {name} are no UTF-8 text: its first line may be wrong, or its encoding.",
                        DOWNLOAD_HINT)


# ---------------------------------------------------------------------- the excerpt of Wikipedia


def _paragraphs(source: Path):
    """Yield the words of each paragraph; gensim's own WikiCorpus would start processes for so small a file."""
    from gensim.corpora import wikicorpus

    with bz2.open(source) as file:
        for _title, page, _number in wikicorpus.extract_pages(file, filter_namespaces=("0",)):
            for line in wikicorpus.filter_wiki(page).split("\n"):
                words = wikicorpus.tokenize(line)
                if len(words) >= 8 and not line.startswith(("=", "File:", "#REDIRECT")):
                    yield words


def _trained(parameters: dict[str, int]):
    from gensim.models import Word2Vec

    sentences = wikipedia_sentences()
    try:
        return Word2Vec(sentences, sg=1, hs=0, negative=5, alpha=0.05, sample=3e-5, workers=1, **parameters).wv
    except RuntimeError as error:  # gensim's word for an empty vocabulary
        raise DataError(f"No word occurs {parameters['min_count']} times.", "give a smaller `min_count`.") from error


# ---------------------------------------------------------------------- the cache


def _cache_path(name: str, parameters: dict[str, int]) -> Path:
    """Return the file that keeps what was made with these parameters by these versions."""
    key = json.dumps([VERSION, importlib.metadata.version("gensim"), parameters], sort_keys=True).encode()
    return settings.cache_folder() / "word_vectors" / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}.h5"


def _kept(path: Path) -> assets.Layers | None:
    """Return the layers of a kept file, or None if there is none or it is not what was written."""
    if not path.is_file():
        return None
    try:
        layers = assets.read_layers(path)
        (digest,) = layers.pop("sha256")
        if digest.tobytes().decode() == assets.numbers_hash(layers):
            return layers
    except (AssetError, KeyError, ValueError):  # not such a file, or without the hash
        pass
    print(f"The cached file {path.name} is damaged; it is made again.")
    return None


def _keep(path: Path, layers: assets.Layers) -> None:
    digest = np.frombuffer(assets.numbers_hash(layers).encode(), np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        assets.write_layers(path, layers | {"sha256": (digest,)})
    except OSError as error:
        print(f"{path.name} could not be cached ({error.strerror or error}); the lesson goes on without.")
