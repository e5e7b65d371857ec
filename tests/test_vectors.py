import bz2
import gzip
import mmap
import pickle
import subprocess
import sys

import h5py
import numpy as np
import pytest
from gensim.models import KeyedVectors

from course_utils import assets, settings
from course_utils.assets import Asset
from course_utils.data import vectors
from course_utils.errors import AssetError, DataError, EnvironmentProblem

# A line break of Unicode inside a word, an empty accent, other alphabets: GloVe has such words.
WORDS = ["the", ",", "king", "queen", "man", "woman", "café", "東京", "half\x85word", "naïve\u2028x"]


def table(words=len(WORDS), width=4, seed=0):
    return np.random.default_rng(seed).normal(size=(words, width)).astype("float32")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path / "checkout")
    return tmp_path / "cache" / "word_vectors"


@pytest.fixture
def tiny_glove(monkeypatch):
    """The asset "glove" with ten words, as it lies in the cache after it was fetched."""
    text = np.frombuffer("\n".join(WORDS).encode(), np.uint8)
    layers = {"vectors": (table(),), "words": (text,)}
    shapes = {"vectors": (table().shape,), "words": (text.shape,)}
    asset = Asset("glove", "tiny GloVe", "CC0", 5000, assets.numbers_hash(layers), shapes, ())
    monkeypatch.setattr(assets, "ASSETS", {"glove": asset})
    asset.path.parent.mkdir(parents=True)
    assets.write_layers(asset.path, layers)
    return asset


# ---------------------------------------------------------------------- GloVe


def test_importing_the_module_starts_neither_gensim_nor_h5py():
    program = ("import sys, course_utils.data.vectors\n"
               "print({'gensim', 'h5py', 'tensorflow', 'keras', 'duckdb', 'scipy'} & {*sys.modules})")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_glove_gives_each_word_its_own_row(tiny_glove):
    keyed = vectors.glove()
    assert keyed.index_to_key == WORDS and len(keyed) == len(WORDS) and keyed.vector_size == 4
    for word, row in zip(WORDS, table(), strict=True):
        np.testing.assert_array_equal(keyed[word], row)
    assert type(keyed["king"]) is np.ndarray  # it prints as an array, not as a "memmap"


def test_glove_is_mapped_from_the_file_and_cannot_be_changed(tiny_glove):
    keyed = vectors.glove()
    below = keyed.vectors
    while isinstance(below, np.ndarray):
        below = below.base
    assert isinstance(below, mmap.mmap) and keyed.vectors.flags.aligned
    with pytest.raises(ValueError, match="read-only"):
        keyed.vectors[0] = 0


def test_what_students_call_works_as_on_vectors_that_gensim_loaded_itself(tiny_glove, tmp_path):
    keyed = vectors.glove()
    usual = KeyedVectors(4)
    usual.add_vectors(WORDS, table())
    (tmp_path / "questions.txt").write_text(": family\nman king woman queen\nman woman king queen\n")
    for one in (keyed, usual):
        assert "king" in one and "kings" not in one
    calls = [
        lambda one: one.most_similar(positive=["king", "woman"], negative=["man"], topn=3),
        lambda one: one.most_similar("café", topn=2),
        lambda one: one.similarity("king", "queen"),
        lambda one: one.doesnt_match(["king", "queen", "東京"]),
        lambda one: one.evaluate_word_analogies(str(tmp_path / "questions.txt")),
        lambda one: one.most_similar("king", topn=2, restrict_vocab=5),
        lambda one: one.get_index("queen"),
    ]
    for call in calls:
        assert call(keyed) == call(usual)
    with pytest.raises(KeyError):
        keyed["kings"]


def test_a_limit_keeps_the_most_frequent_words(tiny_glove):
    keyed = vectors.glove(limit=3)
    assert keyed.index_to_key == WORDS[:3] and keyed.vectors.shape == (3, 4) and "queen" not in keyed
    assert len(vectors.glove(limit=10**6)) == len(WORDS)


@pytest.mark.parametrize("limit", [0, -1, 2.5, "all", True, float("nan")])
def test_a_wrong_limit_is_one_sentence(limit, tiny_glove, tmp_path):
    for call in (lambda: vectors.glove(limit), lambda: vectors.load_word2vec(tmp_path / "any.bin", limit)):
        with pytest.raises(DataError, match="limit is .*\nTry: give a whole number from 1 up"):
            call()


def test_glove_that_cannot_be_fetched_is_the_error_of_the_assets(tiny_glove):
    tiny_glove.path.write_bytes(b"damaged")
    with pytest.raises(AssetError), pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "_build", lambda *_: (_ for _ in ()).throw(AssetError("No network.")))
        vectors.glove()


# ---------------------------------------------------------------------- word2vec files


def binary_file(words=WORDS, numbers=None, header=None, end=b"\n", encoding="utf-8"):
    """What the original program writes; gensim's own files have no line break after each vector."""
    numbers = table(len(words)) if numbers is None else numbers
    header = header or f"{len(words)} {numbers.shape[1]}\n"
    rows = (word.encode(encoding) + b" " + row.tobytes() + end for word, row in zip(words, numbers, strict=True))
    return header.encode() + b"".join(rows)


def text_file(words=WORDS, numbers=None, header=None, end="\n"):
    numbers = table(len(words)) if numbers is None else numbers
    header = header or f"{len(words)} {numbers.shape[1]}"
    rows = (" ".join([word, *(f"{number:.9g}" for number in row)]) for word, row in zip(words, numbers, strict=True))
    return (end.join([header, *rows]) + end).encode()


GOOD = {
    "binary": binary_file(),
    "binary of gensim": binary_file(end=b""),
    "text": text_file(),
    "text of Windows": text_file(end="\r\n"),
    "text without a last line break": text_file()[:-1],
    "text with exponents": text_file(numbers=table() * np.float32(1e-12)),
}


@pytest.mark.parametrize("name", ["vectors.bin", "vectors.txt", "vectors", "vectors.bin.gz", "vectors.txt.gz"])
@pytest.mark.parametrize("kind", GOOD)
def test_a_good_file_is_read_whatever_its_name(tmp_path, kind, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(GOOD[kind]) if name.endswith(".gz") else GOOD[kind])
    keyed = vectors.load_word2vec(str(path))
    scale = np.float32(1e-12) if "exponents" in kind else np.float32(1)
    assert keyed.index_to_key == WORDS and keyed.vectors.dtype == np.float32
    np.testing.assert_allclose(keyed.vectors, table() * scale, rtol=1e-6)


def test_a_binary_file_whose_first_number_looks_like_a_line_break_is_binary(tmp_path):
    numbers = table(width=50)
    numbers[0, 0] = np.frombuffer(b"\n\n\n\n", np.float32)[0]
    (tmp_path / "vectors.bin").write_bytes(binary_file(numbers=numbers))
    np.testing.assert_array_equal(vectors.load_word2vec(tmp_path / "vectors.bin").vectors, numbers)


@pytest.mark.parametrize("content", [binary_file(), text_file()], ids=["binary", "text"])
def test_a_limit_reads_only_the_first_words_and_needs_no_more_of_the_file(tmp_path, content):
    path = tmp_path / "vectors.bin"
    path.write_bytes(content[:-10])
    assert vectors.load_word2vec(path, limit=3).index_to_key == WORDS[:3]


def test_single_numbers_as_vectors_are_read(tmp_path):
    path = tmp_path / "narrow.txt"
    path.write_bytes(text_file(["one", "two"], table(2, 1)))
    assert vectors.load_word2vec(path).vectors.shape == (2, 1)


@pytest.mark.parametrize("write", [binary_file, text_file])
def test_a_word_with_broken_characters_is_kept_with_a_replacement(tmp_path, write):
    path = tmp_path / "vectors.bin"
    path.write_bytes(write().replace("café".encode(), "café".encode()[:-1]))
    keyed = vectors.load_word2vec(path)
    assert keyed.index_to_key == ["caf\ufffd" if word == "café" else word for word in WORDS]


def test_of_two_equal_words_the_first_counts(tmp_path):
    path = tmp_path / "twice.txt"
    path.write_bytes(text_file(["a", "b", "a"], table(3)))
    keyed = vectors.load_word2vec(path)
    assert keyed.index_to_key == ["a", "b"] and keyed.vectors.shape == (2, 4)
    np.testing.assert_allclose(keyed["a"], table(3)[0], rtol=1e-6)


def with_number(value):
    numbers = table()
    numbers[3, 2] = value
    return numbers


BAD = {
    "empty": (b"", "is empty"),
    "binary cut inside a vector": (binary_file()[:-9], "ends before all its words"),
    "binary cut after a word": (binary_file(["a"], table(1))[:-17], "ends before all its words"),
    "header only": (b"10 4\n", "ends before all its words"),
    "text cut between lines": (b"".join(text_file().splitlines(keepends=True)[:-2]), "ends before all its words"),
    "text cut inside a line": (text_file()[:-20], "of bad.bin comes with . numbers instead of 4"),
    "text cut after one number": (b"2 3\na 1 2 3\nb 1", "Word 2 of bad.bin comes with 1 numbers instead of 3"),
    "text of another width": (text_file(header="10 5"), "Word 1 of bad.bin comes with 4 numbers instead of 5"),
    "text with a word of two words": (b"1 2\nnew york 1 2\n", "Word 1 of bad.bin comes with 3 numbers"),
    "text with tabs": (b"2 2\na\t1\t2\nb\t1\t2 \n", "Word 1 of bad.bin comes with 0 numbers"),
    "text with a letter for a number": (b"2 2\na 1 2\nb 1 x\n", "should be a number"),
    "binary of a smaller width": (binary_file(numbers=table(width=50), header="10 49\n"), "no UTF-8 text"),
    "binary of a larger width": (binary_file(header="10 9\n"), "ends before all its words"),
    "more words than there are": (binary_file(header="11 4\n"), "ends before all its words"),
    "other encoding": (binary_file(["mädchen", "männer", "füße"], encoding="latin-1"), "no UTF-8 text"),
    "no header": (text_file().partition(b"\n")[2], "first line is not two numbers"),
    "header of three": (b"10 4 1\n", "first line is not two numbers"),
    "no words": (b"0 4\n", "speaks of 0 words"),
    "no width": (b"4 0\n", "vectors of 0 numbers"),
    "negative": (b"-4 4\n", "first line is not two numbers"),
    "absurd width": (b"4 999999999\nx ", "vectors of 999,999,999 numbers"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no word2vec file"),
    "a pickle": (pickle.dumps({"a": [1.0]}), "pickle"),
    "compressed without .gz": (gzip.compress(binary_file()), "name end in .gz"),
    "NaN, binary": (binary_file(numbers=with_number(np.nan)), "NaN"),
    "NaN, text": (text_file(numbers=with_number(np.nan)), "NaN"),
    "infinite": (binary_file(numbers=with_number(-np.inf)), "infinite"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_error_in_plain_words(tmp_path, case):
    content, said = BAD[case]
    (tmp_path / "bad.bin").write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        vectors.load_word2vec(tmp_path / "bad.bin")
    assert caught.value.hint and "bad.bin" in caught.value.problem and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("content", [binary_file(), gzip.compress(binary_file())[:-12], b""])
def test_a_bad_compressed_file_is_one_error_in_plain_words(tmp_path, content):
    (tmp_path / "bad.bin.gz").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read|ends before|is empty") as caught:
        vectors.load_word2vec(tmp_path / "bad.bin.gz")
    assert caught.value.hint


def test_a_pickle_is_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    (tmp_path / "trap.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match="pickle"):
        vectors.load_word2vec(tmp_path / "trap.bin")
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(DataError, match="no file nowhere.bin"):
        vectors.load_word2vec(tmp_path / "nowhere.bin")
    with pytest.raises(DataError, match="cannot be read"):
        vectors.load_word2vec(tmp_path)


# ---------------------------------------------------------------------- which vectors are there


def test_without_a_file_of_the_readers_glove_is_found(tiny_glove):
    keyed, description = vectors.find_vectors()
    assert keyed.index_to_key == WORDS
    assert description == "GloVe 6B: 10 words, 4 numbers each, from glove.h5"


@pytest.mark.parametrize("name", vectors.GOOGLE_NEWS)
@pytest.mark.parametrize("place", ["COURSE_DATA", "checkout"])
def test_the_google_news_file_of_the_reader_comes_first(tmp_path, monkeypatch, name, place):
    folder = tmp_path / "mine" if place == "COURSE_DATA" else tmp_path / "checkout" / "data"
    folder.mkdir(parents=True)
    if place == "COURSE_DATA":
        monkeypatch.setenv("COURSE_DATA", str(folder))
    (folder / name).write_bytes(gzip.compress(binary_file()) if name.endswith(".gz") else binary_file())
    monkeypatch.setattr(vectors, "GOOGLE_NEWS_LIMIT", 6)
    keyed, description = vectors.find_vectors()
    assert keyed.index_to_key == WORDS[:6]
    assert description == f"Google News word2vec: 6 words, 4 numbers each, from {name}"


def test_a_broken_google_news_file_is_an_error_and_not_glove(tiny_glove, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    (tmp_path / vectors.GOOGLE_NEWS[0]).write_bytes(binary_file()[:-9])
    with pytest.raises(DataError, match="ends before"):
        vectors.find_vectors()


# ---------------------------------------------------------------------- Wikipedia, and vectors of our own

SENTENCES = [f"the {one} rules the {other} with the {thing}".split()
             for one in ("king", "queen") for other in ("city", "café") for thing in ("army", "law", "東京")]
SETTING = {"vector_size": 6, "epochs": 2, "min_count": 2}


@pytest.fixture
def parsed(monkeypatch):
    """How often the excerpt was parsed; twelve short sentences stand in its place."""
    times = []
    monkeypatch.setattr(vectors, "_paragraphs", lambda source: times.append(source) or iter(SENTENCES))
    return times


def wiki_pages(tmp_path, monkeypatch, text):
    page = f"<page><title>T</title><ns>0</ns><id>1</id><revision><text>{text}</text></revision></page>"
    other = page.replace("<ns>0", "<ns>4").replace("one two", "talk talk")
    dump = f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">{page}{other}</mediawiki>'
    (tmp_path / "dump.bz2").write_bytes(bz2.compress(dump.encode()))
    monkeypatch.setattr("gensim.test.utils.datapath", lambda _: str(tmp_path / "dump.bz2"))


def test_markup_headings_and_short_lines_are_left_out(tmp_path, monkeypatch):
    wiki_pages(tmp_path, monkeypatch, "\n".join([
        "== A heading of one two three four five six seven words ==",
        "'''One''' two [[link|Three]] four {{template}} café 1999 six; seven eight. I.",
        "File:gallery.jpg|A caption of one two three four five six seven words",
        "* only four short words",
        "#REDIRECT [[one two three four five six seven eight nine]]",
    ]))
    assert vectors.wikipedia_sentences() == ["one two three four café six seven eight".split()]


def test_the_real_excerpt_is_clean_text():
    sentences = vectors.wikipedia_sentences()
    words = [word for sentence in sentences for word in sentence]
    assert len(sentences) > 5_000 and 400_000 < len(words) < 450_000
    assert min(map(len, sentences)) >= 8 and sentences[0][:4] == ["anarchism", "is", "political", "philosophy"]
    assert all(word == word.lower() and 2 <= len(word) <= 15 and " " not in word for word in set(words))
    assert vectors.wikipedia_sentences() == sentences


def test_the_text_is_parsed_once(parsed, cache):
    assert vectors.wikipedia_sentences() == SENTENCES and vectors.wikipedia_sentences() == SENTENCES
    assert len(parsed) == 1 and [path.suffix for path in cache.iterdir()] == [".h5"]


def test_a_gensim_without_its_test_data_is_one_sentence(monkeypatch):
    monkeypatch.setattr("gensim.test.utils.datapath", lambda name: f"/nowhere/{name}")
    with pytest.raises(EnvironmentProblem, match="without its test data.*\nTry: "):
        vectors.wikipedia_sentences()


def test_trained_vectors_are_the_same_from_the_cache_and_from_a_second_training(parsed, cache):
    first = vectors.train_word2vec(**SETTING)
    assert first.vectors.shape == (len(first), 6) and {"the", "café", "東京"} <= set(first.index_to_key)
    assert first.index_to_key[0] == "the" and first.most_similar("king", topn=1)
    cached = vectors.train_word2vec(**SETTING)
    for path in cache.iterdir():
        path.unlink()
    again = vectors.train_word2vec(**SETTING)
    for other in (cached, again):
        assert other.index_to_key == first.index_to_key
        np.testing.assert_array_equal(other.vectors, first.vectors)


def test_the_cache_is_used_and_each_setting_has_its_own(parsed, monkeypatch, cache):
    for change in ({}, {"seed": 1}, {"epochs": 3}, {"vector_size": 5}, {"window": 2}, {"min_count": 1}):
        vectors.train_word2vec(**SETTING | change)
    assert len(list(cache.glob("wikipedia-word2vec-*"))) == 6
    monkeypatch.setattr(vectors, "_trained", lambda _: pytest.fail("it trained again"))
    vectors.train_word2vec(**SETTING)
    for name, value in {"VERSION": 99, "importlib.metadata.version": lambda _: "99"}.items():
        with monkeypatch.context() as patch, pytest.raises(pytest.fail.Exception, match="trained again"):
            patch.setattr(f"course_utils.data.vectors.{name}", value)
            vectors.train_word2vec(**SETTING)


def flip_a_number(path):
    with h5py.File(path, "r+") as file:
        layer = "vectors" if "vectors" in file else "text"
        array = file[layer]["array_0"][()]
        array.flat[5] += 1
        file[layer]["array_0"][...] = array


def drop_the_hash(path):
    with h5py.File(path, "r+") as file:
        file.attrs["layer_names"] = [name for name in file.attrs["layer_names"] if name != b"sha256"]


DAMAGES = {
    "a number flipped": flip_a_number,
    "without its hash": drop_the_hash,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not HDF5"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["word2vec", "text"])
def test_a_damaged_cache_is_made_again_and_never_trusted(parsed, cache, capsys, damage, kind):
    right = vectors.train_word2vec(**SETTING).vectors
    (path,) = cache.glob(f"wikipedia-{kind}-*")
    DAMAGES[damage](path)
    assert vectors.wikipedia_sentences() == SENTENCES
    np.testing.assert_array_equal(vectors.train_word2vec(**SETTING).vectors, right)
    assert capsys.readouterr().out.count("damaged") == 1
    vectors.wikipedia_sentences(), vectors.train_word2vec(**SETTING)
    assert capsys.readouterr().out == ""


def test_a_cache_that_cannot_be_written_costs_time_only(parsed, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    assert len(vectors.train_word2vec(**SETTING)) > 5
    assert "could not be cached" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vector_size": 0}, "vector_size is 0"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"seed": -1}, "seed is -1.*\n.*from 0 up"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"window": None}, "window is None"),
        ({"min_count": "5"}, "min_count is '5'"),
        ({"min_count": 10_000}, "No word occurs 10000 times.*\n.*smaller `min_count`"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(parsed, change, said):
    with pytest.raises(DataError, match=said):
        vectors.train_word2vec(**SETTING | change)
