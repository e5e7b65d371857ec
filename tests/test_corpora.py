"""Tests of the tagged sentences, on tiny packages in NLTK's layout that are written here by hand."""

import hashlib
import http.server
import json
import random
import subprocess
import sys
import threading
import types
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import assets, settings
from course_utils.data import corpora, english
from course_utils.data.corpora import TaggedSentences, TaggedSplits
from course_utils.errors import AssetError, CourseError, DataError, SettingsError

VINKEN = """
( (S
    (NP-SBJ (NNP Pierre) (NNP Vinken) )
    (, ,)
    (VP (MD will)
      (VP (VB join) (NP (DT the) (NN board) ) (-NONE- *T*-1) ))
    (. .) ))
"""
READ = [("Pierre", "NNP"), ("Vinken", "NNP"), (",", ","), ("will", "MD"), ("join", "VB"), ("the", "DT"),
        ("board", "NN"), (".", ".")]
ONLY_A_TRACE = "( (S (NP (-NONE- *) ) ))\n"
BRACKETS = "( (NP (-LRB- -LRB-) (CD 3\\/4) (JJ|RB early) (-RRB- -RRB-) ))\n"
OTHER_SCRIPTS = "( (S (NNP Łódź) (NN 東京) (SYM 👩‍👩‍👧) (NN هاتف) ))\n"


def numbered(count, start=0):
    """Return the text of `count` different sentences."""
    return "".join(f"( (S (NN word{number}) (VBD fell) (. .) ))\n" for number in range(start, start + count))


def treebank_files(*texts):
    return {f"combined/wsj_{number:04}.mrg": text for number, text in enumerate(texts, 1)} | {
        "README": "A tiny one. (NN no) (NN sentence)", "tagged/wsj_0001.pos": "[ Pierre/NNP ]",
    }


def zip_package(path, files):
    """Write a package as NLTK zips it: all below a folder with its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}/", "")
        for name, text in files.items():
            archive.writestr(f"{path.stem}/{name}", text)
    return path


def unpack_package(path, files):
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Five places for packages, all empty; nothing of this computer is found."""
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.delenv("COURSE_CORPUS", raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path / "checkout")
    nltk = types.ModuleType("nltk")  # importing the real one takes most of a second
    nltk.data = types.ModuleType("nltk.data")
    nltk.data.path = ["", str(tmp_path / "missing"), str(tmp_path / "nltk")]
    monkeypatch.setitem(sys.modules, "nltk", nltk)
    monkeypatch.setitem(sys.modules, "nltk.data", nltk.data)
    (tmp_path / "own").mkdir()
    return SimpleNamespace(
        own=tmp_path / "own", data=tmp_path / "checkout" / "data", cache=tmp_path / "cache" / "nltk_data",
        nltk=tmp_path / "nltk",
    )


@pytest.fixture
def treebank(places):
    """Return a function that makes a treebank of texts where NLTK would find it."""
    return lambda *texts: zip_package(places.nltk / "corpora/treebank.zip", treebank_files(*texts))


def all_pairs(splits):
    return sorted(splits.train.pairs + splits.validation.pairs + splits.test.pairs)


def three(words=(("a", "b"), ("c",), ("d", "e"))):
    return TaggedSentences(words, [["T"] * len(sentence) for sentence in words])


# ---------------------------------------------------------------------- sentences


def test_sentences_know_their_tokens_pairs_and_vocabulary():
    tags, entities = [["DT", "DT"], ["NNP", "SYM"]], [["O", "O"], ["GPE", "O"]]
    sentences = TaggedSentences([["The", "the"], ["Łódź", "👩‍👩‍👧"]], tags, entities)
    assert (len(sentences), sentences.tokens) == (2, 4)
    assert sentences.words == (("The", "the"), ("Łódź", "👩‍👩‍👧"))
    assert sentences.entities == (("O", "O"), ("GPE", "O"))
    assert sentences.pairs == [[("The", "DT"), ("the", "DT")], [("Łódź", "NNP"), ("👩‍👩‍👧", "SYM")]]
    assert sentences.vocabulary() == {"The", "the", "Łódź", "👩‍👩‍👧"}
    assert len(repr(sentences)) < 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "no sentences"),
        ((None, None), "no sentences"),
        (([["a"], ["b"]], [["T"]]), "2 sentences of words and 1 of tags: sentence 2 has"),
        (([["a"]], []), "no sentences of tags"),
        (([["a"], ["b", "c"]], [["T"], ["T"]]), "Sentence 2 has 2 words and 1 tags; it begins with 'b'"),
        (([["a"], []], [["T"], []]), "Sentence 2 is empty"),
        (([["a"], "b c"], [["T"], ["T", "T"]]), r"Sentence 2 is 'b c'(.|\n)*split"),
        (([["a"], 7], [["T"], ["T"]]), "Sentence 2 is '7'"),
        (([["a"], ["b", 7]], [["T"], ["T", "T"]]), "sentence 2 the word 2 is 7"),
        (([["a"], ["b", ""]], [["T"], ["T", "T"]]), "sentence 2 the word 2 is ''"),
        (([["a"], ["b"]], [["T"], [float("nan")]]), "sentence 2 the tag 1 is nan"),
        (([["a"], ["b"]], [["T"], ["T"]], [["O"], ["O", "O"]]), "Sentence 2 has 1 words and 2 entities"),
        (([["a"], ["b"]], [["T"], ["T"]], [["O"]]), "1 of entities: sentence 2"),
        (([["a"], ["b"]], [["T"], ["T"]], None, [["O"], ["O", "O"]]), "Sentence 2 has 1 words and 2 chunks"),
        (([["a"]], [["T"]], None, [[0]]), "sentence 1 the chunk 1 is 0"),
    ],
)
def test_sentences_that_do_not_fit_are_refused_by_their_number(arguments, message):
    with pytest.raises(DataError, match=message) as caught:
        TaggedSentences(*arguments)
    assert caught.value.hint


def test_subsets_are_nested_without_repeats_and_decided_by_the_seed():
    words = [[f"word{number}"] for number in range(400)]
    sentences = TaggedSentences(words, [["NN"]] * 400, [["O"]] * 400, [[f"B-{number}"] for number in range(400)])
    small, large = sentences.subset(100, seed=3), sentences.subset(300, seed=3)
    assert large.words[:100] == small.words and len(set(large.words)) == 300
    assert small == sentences.subset(100, seed=3) != sentences.subset(100, seed=4)
    assert len(small.entities) == 100
    assert [chunk for (chunk,) in small.chunks] == [word.replace("word", "B-") for (word,) in small.words]
    assert sorted(sentences.subset(np.int64(400)).words) == sorted(sentences.words)


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (4, 0), (1.0, 0), ("2", 0), (None, 0), (2, -1), (2, 0.5)])
def test_a_subset_that_cannot_be_drawn_is_refused(n, seed):
    with pytest.raises(DataError, match="subset|seed"):
        three().subset(n, seed)


def test_splits_make_their_tag_names_and_refuse_others():
    part = TaggedSentences([["a", "b"]], [["Z", "A"]])
    assert TaggedSplits("built-in", part, part, part).tag_names == ("A", "Z")
    assert TaggedSplits("built-in", part, part, part, ("A", "Z")).tag_names == ("A", "Z")
    for wrong in (("Z", "A"), ("A",)):
        with pytest.raises(DataError, match="tag names"):
            TaggedSplits("built-in", part, part, part, wrong)


def test_the_description_tells_numbers_unseen_words_strange_tags_copies_and_notes():
    train = TaggedSentences([["the", "cat"], ["a", "cat"]], [["DT", "NN"]] * 2)
    test = TaggedSentences([["the", "cat"], ["The", "dog"]], [["DT", "NN"], ["DT", "XX"]])
    splits = TaggedSplits("built-in", train, train, test, notes=("A note.",))
    assert splits.unseen_share == 0.25  # "The" is known as "the"
    assert splits.describe() == (
        "built-in corpus: 2 train, 2 validation, 2 test sentences (4, 4, 4 tokens); 2 tags; 25.0 % of the test "
        "tokens are words that training never shows. Test tokens with a tag that training never shows: 1. Test "
        "sentences that stand word for word in training: 1. A note."
    )


# ---------------------------------------------------------------------- the treebank


def test_a_treebank_is_read_without_traces_and_what_has_only_traces_is_left_out(treebank):
    treebank(VINKEN + ONLY_A_TRACE, BRACKETS + OTHER_SCRIPTS)
    splits = corpora.penn_treebank()
    assert all_pairs(splits) == sorted([
        READ,
        [("-LRB-", "-LRB-"), ("3\\/4", "CD"), ("early", "JJ|RB"), ("-RRB-", "-RRB-")],
        [("Łódź", "NNP"), ("東京", "NN"), ("👩‍👩‍👧", "SYM"), ("هاتف", "NN")],
    ])
    assert splits.notes == ("2 traces (tag -NONE-, 11.1 % of the tokens) were left out.",)
    assert splits.name == "treebank" and "treebank.zip in a data folder of NLTK" in splits.describe()


def test_windows_line_ends_change_nothing(treebank):
    treebank((VINKEN + numbered(9)).replace("\n", "\r\n"))
    assert READ in all_pairs(corpora.penn_treebank())


def test_the_sizes_are_those_of_the_source_document_and_the_seed_decides(treebank):
    treebank(numbered(50), numbered(70, 50))
    splits = corpora.penn_treebank()
    parts = (splits.train, splits.validation, splits.test)
    assert [len(part) for part in parts] == [86, 16, 18]  # 0.15 of 120; 0.15 of 102, rounded up
    assert len({words for part in parts for words in part.words}) == 120
    assert corpora.penn_treebank() == splits != corpora.penn_treebank(seed=1)


def test_copies_go_into_one_part(treebank):
    treebank(*[numbered(40) + numbered(10) for _ in range(2)], numbered(60, 40))
    for seed in range(5):
        splits = corpora.penn_treebank(seed=seed)
        parts = [set(part.words) for part in (splits.train, splits.validation, splits.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 100
        assert len(splits.test) == 24  # 0.15 of 160, copies counted
    assert "60 sentences repeat an earlier one" in splits.describe()


def test_fewer_sentences_are_part_of_more(treebank):
    treebank(numbered(60))
    small, large = (corpora.penn_treebank(sizes) for sizes in [(10, 2, 3), (20, 4, 999)])
    assert [len(part) for part in (large.train, large.validation, large.test)] == [20, 4, 9]
    assert set(small.train.words) < set(large.train.words) and set(small.test.words) < set(large.test.words)


@pytest.mark.parametrize("sizes", [(1, 2), (1, 0, 3), 7, "abc", (1, 2.0, 3), ()])
def test_sizes_that_are_not_three_whole_numbers_are_refused(treebank, sizes):
    treebank(numbered(9))
    for ask in (corpora.penn_treebank, corpora.load_corpus):
        with pytest.raises(DataError, match="numbers of sentences"):
            ask(sizes)


@pytest.mark.parametrize("texts", [numbered(2), numbered(1) * 30])
def test_too_few_different_sentences_are_refused(treebank, texts):
    treebank(texts)
    with pytest.raises(DataError, match="too few for three parts"):
        corpora.penn_treebank()


def test_nltk_reads_the_same(treebank, places):
    path = treebank(VINKEN + BRACKETS, ONLY_A_TRACE + numbered(3))
    zip_package(path.with_name("brown.zip"), BROWN)
    for made in (places.nltk, *places.nltk.rglob("*")):
        made.chmod(made.stat().st_mode & ~0o022)  # NLTK reads nothing that a group may write
    program = (
        "import json, sys, nltk; nltk.data.path[:] = [sys.argv[1]]; from nltk.corpus import treebank, brown\n"
        "print(json.dumps([[*treebank.tagged_sents()], [*brown.tagged_sents(categories='news')]]))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(places.nltk)], capture_output=True, text=True, check=True)
    in_treebank, in_brown = ([[*map(tuple, sentence)] for sentence in corpus] for corpus in json.loads(done.stdout))
    traceless = [[pair for pair in sentence if pair[1] != "-NONE-"] for sentence in in_treebank]
    assert all_pairs(corpora.penn_treebank()) == sorted(filter(None, traceless))
    assert corpora.brown("news", universal=False).pairs == in_brown


# ---------------------------------------------------------------------- where it is looked for


@pytest.mark.parametrize("below", ["corpora", ".", "nltk_data/corpora"])
@pytest.mark.parametrize("unpacked", [True, False])
def test_course_data_may_hold_the_treebank_in_several_ways(places, monkeypatch, below, unpacked):
    write, name = (unpack_package, "treebank") if unpacked else (zip_package, "treebank.zip")
    write(places.own / below / name, treebank_files(VINKEN, numbered(8)))
    monkeypatch.setenv("COURSE_DATA", str(places.own))
    splits = corpora.load_corpus((99, 99, 99))
    assert READ in all_pairs(splits)
    assert f"Penn Treebank sample, {name} in the folder 'own' (COURSE_DATA): " in splits.describe()
    assert str(places.own.parent) not in splits.describe()


def test_the_places_come_in_order(places, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(places.own))
    found = [corpora.treebank_place()]
    for folder in (places.nltk, places.cache, places.data, places.own):
        zip_package(folder / "corpora/treebank.zip", treebank_files(numbered(9)))
        found.append(corpora.treebank_place())
    assert found == [None] + [f"treebank.zip in {where}" for where in (
        "a data folder of NLTK", "the cache folder", "the folder data/", "the folder 'own' (COURSE_DATA)")]


def test_an_intact_zip_is_taken_before_an_empty_folder_of_the_same_name(treebank):
    path = treebank(numbered(9))
    path.with_suffix("").mkdir()
    assert corpora.penn_treebank().train.tokens


def test_a_missing_treebank_is_one_sentence_with_what_to_do():
    assert corpora.treebank_place() is None
    with pytest.raises(DataError, match="'treebank' was not found.*\n.*course fetch treebank.*COURSE_DATA"):
        corpora.penn_treebank()


def write_bytes(content):
    def write(path):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)

    return write


def flip_a_byte(path):
    zip_package(path, treebank_files(numbered(200)))
    data = bytearray(path.read_bytes())
    data[data.index(b".mrg") + 60] ^= 0xFF
    path.write_bytes(data)


def cut(path):
    zip_package(path, treebank_files(numbered(200)))
    path.write_bytes(path.read_bytes()[:-300])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (write_bytes(b"not a zip"), "not a zip file"),
        (write_bytes(b""), "not a zip file"),
        (cut, "not a zip file"),
        (flip_a_byte, "."),
        (lambda path: zip_package(path, {"README": "nothing else"}), "no file treebank/combined/wsj_"),
        (lambda path: zip_package(path, {"combined/wsj_0001.mrg": "no bracket"}), "no sentence"),
        (lambda path: zip_package(path, {"combined/wsj_0001.mrg": ONLY_A_TRACE}), "no sentence"),
        (lambda path: zip_package(path, {"combined/wsj_0001.mrg": "( (NN é) )".encode("latin-1")}), "not UTF-8"),
        (lambda path: path.with_suffix("").mkdir(parents=True), "no file treebank/combined/wsj_"),
    ],
)
def test_a_damaged_treebank_is_one_sentence_with_what_to_do(places, damage, problem):
    damage(places.data / "treebank.zip")
    with pytest.raises(DataError, match=f"in the folder data/ cannot be used: .*{problem}.*\n.*move it away"):
        corpora.load_corpus((5, 5, 5))


def test_whatever_is_damaged_nothing_but_our_own_error_comes_out(places):
    path = zip_package(places.data / "treebank.zip", treebank_files(numbered(30)))
    intact, randomly = path.read_bytes(), random.Random(0)
    for _ in range(300):
        data = bytearray(intact)
        for _ in range(randomly.randint(1, 4)):
            data[randomly.randrange(len(data))] = randomly.randrange(256)
        path.write_bytes(data)
        try:
            corpora.penn_treebank()
        except CourseError as error:
            assert error.hint


# ---------------------------------------------------------------------- the built-in corpus or the treebank


@pytest.fixture
def built_in(monkeypatch):
    """The built-in corpus, which only notes what it is asked for."""
    asked = []
    english = types.ModuleType("course_utils.data.english")

    def make_corpus(train, validation, test, new_share, seed):
        asked.append((train, validation, test, new_share, seed))
        return TaggedSplits("built-in", three(), three(), three())

    english.make_corpus, english.NEW_SHARE = make_corpus, 0.5
    monkeypatch.setitem(sys.modules, "course_utils.data.english", english)
    monkeypatch.setattr("course_utils.data.english", english, raising=False)
    return asked


def test_without_a_treebank_the_built_in_corpus_is_made(built_in, monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    assert corpora.load_corpus((30, 10, 20), new_share=0.1, seed=5).name == "built-in"
    corpora.load_corpus((30, 10, 20), new_share=0.0)
    corpora.load_corpus((30, 10, 20))
    assert built_in == [(30, 10, 20, 0.1, 5), (30, 10, 20, 0.0, 0), (30, 10, 20, 0.5, 0)]


def test_a_treebank_is_taken_unless_the_built_in_corpus_was_asked_for(built_in, treebank, monkeypatch):
    treebank(numbered(40))
    for static in ("0", "1"):
        monkeypatch.setenv("COURSE_STATIC", static)
        assert corpora.load_corpus((9, 3, 4)).name == "treebank"
        assert corpora.load_corpus((9, 3, 4), source="treebank").name == "treebank"
    assert corpora.load_corpus((9, 3, 4)) == corpora.penn_treebank((9, 3, 4))
    assert corpora.load_corpus((9, 3, 4), source="built-in").name == "built-in"


def test_a_course_data_without_a_treebank_is_never_replaced_in_silence(built_in, treebank, places, monkeypatch):
    treebank(numbered(40))
    monkeypatch.setenv("COURSE_DATA", str(places.own))
    for source in ("auto", "treebank"):
        with pytest.raises(DataError, match="folder 'own', and it holds no treebank.*\n.*remove COURSE_DATA"):
            corpora.load_corpus((9, 3, 4), source=source)
    assert corpora.load_corpus((9, 3, 4), source="built-in").name == "built-in"
    monkeypatch.setenv("COURSE_CORPUS", "built-in")
    assert corpora.load_corpus((9, 3, 4)).name == "built-in"


def test_the_setting_decides_unless_the_lesson_does(built_in, treebank, monkeypatch):
    monkeypatch.setenv("COURSE_CORPUS", "treebank")
    with pytest.raises(DataError, match="was not found"):
        corpora.load_corpus((9, 3, 4))
    treebank(numbered(40))
    assert corpora.load_corpus((9, 3, 4)).name == "treebank"
    assert corpora.load_corpus((9, 3, 4), source="built-in").name == "built-in"
    monkeypatch.setenv("COURSE_CORPUS", "built-in")
    assert corpora.load_corpus((9, 3, 4)).name == "built-in"
    assert corpora.load_corpus((9, 3, 4), source="auto").name == "treebank"
    monkeypatch.setenv("COURSE_CORPUS", "brown")
    with pytest.raises(SettingsError, match="COURSE_CORPUS is 'brown'"):
        corpora.load_corpus((9, 3, 4))


def test_a_treebank_that_was_asked_for_and_is_missing_and_an_unknown_source_are_refused(built_in):
    with pytest.raises(DataError, match="was not found"):
        corpora.load_corpus((9, 3, 4), source="treebank")
    with pytest.raises(DataError, match="'brown' is none.*\n.*auto, built-in, treebank"):
        corpora.load_corpus((9, 3, 4), source="brown")
    assert built_in == []


# ---------------------------------------------------------------------- Brown and the universal tags

BROWN = {
    "ca01": "\n\n\tThe/at Fulton/np-tl jury/nn said/vbd ``/`` 1/2/cd ./.\n\n\n\tYes/rb ./.\n",
    "ca02": "\tA/at jury/nn\n", "ck01": "\tShe/pps smiled/vbd\n", "cats.txt": "ca01 news\nca02 news\nck01 fiction\n",
}
MAPS = {"en-ptb.map": "NN\tNOUN\nNNP\tNOUN\nMD\tVERB\nVB\tVERB\nVBD\tVERB\nDT\tDET\n.\t.\n,\t.\n\n",
        "en-brown.map": "AT\tDET\nNP-TL\tNOUN\nNN\tNOUN\nVBD\tVERB\n``\t.\nCD\tNUM\n.\t.\n"}


@pytest.fixture
def universal(places):
    return zip_package(places.nltk / "taggers/universal_tagset.zip", MAPS)


@pytest.mark.parametrize("write", [zip_package, unpack_package])
def test_a_genre_of_brown_is_read_in_order(places, write):
    write(places.nltk / "corpora" / ("brown.zip" if write is zip_package else "brown"), BROWN)
    news = corpora.brown(universal=False)
    assert news.pairs[0] == [("The", "AT"), ("Fulton", "NP-TL"), ("jury", "NN"), ("said", "VBD"), ("``", "``"),
                             ("1/2", "CD"), (".", ".")]
    assert len(news) == 3 and corpora.brown("fiction", universal=False).words == (("She", "smiled"),)
    assert len(corpora.brown(at_most=2, universal=False)) == 2
    assert corpora.brown(at_most=9, universal=False).vocabulary() == news.vocabulary()


def test_both_corpora_can_have_the_universal_tags(places, universal, treebank):
    zip_package(places.nltk / "corpora/brown.zip", BROWN)
    treebank(VINKEN, numbered(9))
    assert corpora.brown().tags[:2] == (("DET", "NOUN", "NOUN", "VERB", ".", "NUM", "."), ("X", "."))
    splits = corpora.penn_treebank(universal=True)
    assert set(splits.tag_names) <= {".", "NOUN", "VERB", "DET"}
    (vinken,) = (sentence for sentence in all_pairs(splits) if len(sentence) == len(READ))
    assert [tag for _, tag in vinken] == ["NOUN", "NOUN", ".", "VERB", "VERB", "DET", "NOUN", "."]


def test_what_is_missing_for_brown_is_named(places):
    with pytest.raises(DataError, match="'brown' was not found.*\n.*nltk.downloader brown"):
        corpora.brown()
    zip_package(places.data / "brown.zip", BROWN)
    with pytest.raises(DataError, match="'universal_tagset' was not found.*\n.*nltk.downloader universal_tagset"):
        corpora.brown()
    with pytest.raises(DataError, match="no genre 'sport'.*\n.*news"):
        corpora.brown("sport")
    with pytest.raises(DataError, match="at_most is 0"):
        corpora.brown(at_most=0, universal=False)
    with pytest.raises(DataError, match=r"no file brown/cr\[0-9\]"):
        corpora.brown("humor")


# ---------------------------------------------------------------------- CoNLL-2000

CHUNKED = "The DT B-NP\nboard NN I-NP\nhas VBZ B-VP\nmet VBN I-VP\n. . O\n\n"


def chunked(count, start=0):
    """Return the text of `count` different sentences with chunks."""
    return "".join(f"word{number} NN B-NP\nfell VBD B-VP\n\n" for number in range(start, start + count))


@pytest.fixture
def conll(places):
    """Return a function that makes CoNLL-2000 of two texts where NLTK would find it."""
    return lambda train, test: zip_package(
        places.nltk / "corpora/conll2000.zip", {"train.txt": train, "test.txt": test, "README": "no sentence"})


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace("\n", "\r\n"),
                                    lambda text: f"\n\n{text.strip()}", lambda text: text.replace("\n\n", "\n \n\n")])
def test_words_tags_and_chunks_of_conll_2000_are_read(conll, change):
    conll(change(chunked(9)), change(CHUNKED + chunked(1, 50)))
    splits = corpora.conll2000()
    assert splits.name == "conll2000" and "CoNLL-2000, conll2000.zip in a data folder of NLTK:" in splits.describe()
    assert splits.test == TaggedSentences(
        [["The", "board", "has", "met", "."], ["word50", "fell"]], [["DT", "NN", "VBZ", "VBN", "."], ["NN", "VBD"]],
        chunks=[["B-NP", "I-NP", "B-VP", "I-VP", "O"], ["B-NP", "B-VP"]])
    assert [len(part) for part in (splits.train, splits.validation)] == [7, 2]
    assert {*splits.train.chunks, *splits.validation.chunks} == {("B-NP", "B-VP")}


def test_nltk_reads_the_same_chunks(conll, places):
    conll(CHUNKED + chunked(9), CHUNKED)
    for made in (places.nltk, *places.nltk.rglob("*")):
        made.chmod(made.stat().st_mode & ~0o022)  # NLTK reads nothing that a group may write
    program = (
        "import json, sys, nltk; nltk.data.path[:] = [sys.argv[1]]; from nltk.corpus import conll2000\n"
        "print(json.dumps([conll2000.iob_sents(file) for file in ('train.txt', 'test.txt')], default=list))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(places.nltk)], capture_output=True, text=True, check=True)
    train, test = ([[tuple(row) for row in sentence] for sentence in part] for part in json.loads(done.stdout))
    splits = corpora.conll2000()
    ours = [[[*zip(*layers)] for layers in zip(part.words, part.tags, part.chunks)]
            for part in (splits.train, splits.validation, splits.test)]
    assert sorted(ours[0] + ours[1]) == sorted(train) and ours[2] == test


def test_the_test_part_of_conll_2000_stays_and_the_seed_draws_the_validation_part(conll):
    conll(chunked(100), chunked(20, 100))
    first, again, other = (corpora.conll2000(seed=seed) for seed in (0, 0, 1))
    assert first == again and first.test == other.test and {*first.validation.words} != {*other.validation.words}
    assert [len(part) for part in (first.train, first.validation, first.test)] == [85, 15, 20]
    assert len({*first.train.words, *first.validation.words}) == 100
    small, large = (corpora.conll2000(sizes) for sizes in [(10, 2, 3), (20, 4, 999)])
    assert [len(part) for part in (large.train, large.validation, large.test)] == [20, 4, 20]
    assert set(small.train.words) < set(large.train.words) and set(small.test.words) < set(large.test.words)


def test_copies_in_the_training_file_of_conll_2000_go_into_one_part(conll):
    conll(chunked(50) + chunked(30), chunked(5))
    for seed in range(5):
        splits = corpora.conll2000(seed=seed)
        assert not {*splits.train.words} & {*splits.validation.words} and len(splits.validation) == 12
    assert "30 sentences repeat an earlier one" in splits.describe()
    assert "stand word for word in training" in splits.describe()  # the test file is not touched


@pytest.mark.parametrize(("train", "test", "problem"), [
    (chunked(9) + "word NN\n", chunked(3), "line 28 of train.txt is 'word NN' instead of a word, its tag and its"),
    (chunked(9), "word NN B-NP more\n", "line 1 of test.txt is 'word NN B-NP more'"),
    (chunked(9), chunked(1) + "word NN NP\n", "line 4 of test.txt is 'word NN NP'"),
    (chunked(9), chunked(1) + "word NN B-\n", "line 4 of test.txt"),
    (chunked(9), " \n\n", "no sentence is in test.txt"),
    ("", chunked(9), "no sentence is in train.txt"),
])
def test_a_damaged_conll_2000_is_one_sentence_with_what_to_do(conll, train, test, problem):
    conll(train, test)
    with pytest.raises(DataError, match=f"cannot be used: {problem}.*\n.*nltk.downloader conll2000"):
        corpora.load_chunked((5, 5, 5))


def test_a_conll_2000_without_one_of_its_files_or_with_too_few_sentences_is_refused(places, conll):
    zip_package(places.data / "conll2000.zip", {"train.txt": chunked(9)})
    with pytest.raises(DataError, match="no file conll2000/test.txt"):
        corpora.conll2000()
    (places.data / "conll2000.zip").unlink()
    conll(chunked(1) * 5, chunked(3))
    with pytest.raises(DataError, match="1 different sentences in 5: too few for two parts"):
        corpora.conll2000()
    with pytest.raises(DataError, match="numbers of sentences"):
        corpora.conll2000((1, 0, 3))


# ---------------------------------------------------------------------- chunks


def test_sentences_with_chunks_are_those_of_conll_2000_or_else_built_in(conll, treebank, built_in, monkeypatch):
    treebank(numbered(40))  # it has one layer only
    assert corpora.load_chunked((9, 3, 4)).name == "built-in"
    conll(chunked(40), chunked(20, 40))
    for source in ("auto", "treebank"):
        assert corpora.load_chunked((9, 3, 4), seed=2, source=source) == corpora.conll2000((9, 3, 4), 2)
    assert corpora.load_chunked((9, 3, 4), 0.1, seed=5, source="built-in").name == "built-in"
    monkeypatch.setenv("COURSE_CORPUS", "built-in")
    assert corpora.load_chunked((9, 3, 4)).name == "built-in"
    assert built_in == [(9, 3, 4, 0.5, 0), (9, 3, 4, 0.1, 5), (9, 3, 4, 0.5, 0)]
    assert corpora.load_corpus((9, 3, 4), source="auto").name == "treebank"


def test_the_built_in_corpus_has_chunks_and_entities():
    corpus = corpora.load_chunked((30, 10, 20))
    assert corpus == corpora.load_corpus((30, 10, 20))
    assert all(part.chunks and part.entities for part in (corpus.train, corpus.validation, corpus.test))


@pytest.mark.parametrize("unpacked", [True, False])
def test_a_course_data_without_conll_2000_is_never_replaced_in_silence(conll, built_in, places, monkeypatch, unpacked):
    conll(chunked(40), chunked(20, 40))
    zip_package(places.own / "treebank.zip", treebank_files(numbered(40)))
    monkeypatch.setenv("COURSE_DATA", str(places.own))
    for source in ("auto", "treebank"):
        with pytest.raises(DataError, match="folder 'own', and it holds no conll2000.*\n.*conll2000.zip into it"):
            corpora.load_chunked((9, 3, 4), source=source)
    assert corpora.load_chunked((9, 3, 4), source="built-in").name == "built-in"
    write, name = (unpack_package, "conll2000") if unpacked else (zip_package, "conll2000.zip")
    write(places.own / "corpora" / name, {"train.txt": chunked(9), "test.txt": chunked(3)})
    assert f"{name} in the folder 'own'" in corpora.load_chunked((9, 3, 4)).describe()


def test_chunks_that_cannot_be_had_are_refused(built_in):
    with pytest.raises(DataError, match="'conll2000' was not found.*\n.*`python -m nltk.downloader conll2000`"):
        corpora.load_chunked((9, 3, 4), source="treebank")
    with pytest.raises(DataError, match="'brown' is none.*\n.*auto, built-in, treebank"):
        corpora.load_chunked((9, 3, 4), source="brown")
    with pytest.raises(DataError, match="numbers of sentences"):
        corpora.load_chunked((9, 3))
    assert built_in == []


# ---------------------------------------------------------------------- another genre


@pytest.mark.parametrize(("name", "packages"), [
    ("built-in", ["corpora/brown", "taggers/universal_tagset"]), ("treebank", []), ("treebank", ["corpora/brown"]),
    ("treebank", ["taggers/universal_tagset"]),
])
def test_the_other_genre_is_built_in_talk_with_the_same_tags(places, name, packages):
    for package in packages:
        zip_package(places.nltk / f"{package}.zip", BROWN if "brown" in package else MAPS)
    sentences, called, coarse = corpora.other_genre(TaggedSplits(name, three(), three(), three()), 12, seed=3)
    talk, again = (english.make_sentences(12, genre=genre, part="test", seed=3) for genre in ("talk", "news"))
    assert sentences == talk != again and "talk" in called
    assert coarse([["NN", "VBD"], ["XYZ"]]) == [["NN", "VBD"], ["XYZ"]]
    assert corpora.other_genre(TaggedSplits(name, three(), three(), three()), 12, seed=4)[0] != talk


def test_the_talk_has_words_and_tags_that_the_built_in_news_can_teach():
    corpus = english.make_corpus(300, 1, 1, seed=1)
    sentences, _, coarse = corpora.other_genre(corpus, 40, seed=1)
    known = {word.lower() for word in corpus.train.vocabulary()}
    words = [word.lower() for sentence in sentences.words for word in sentence]
    assert len(sentences) == 40 and 0.5 < sum(word in known for word in words) / len(words) < 1
    assert not set(sentences.words) & set(corpus.train.words)


def test_the_other_genre_of_the_treebank_is_brown_if_both_packages_are_there(places, universal):
    fiction = {f"ck{number:02}": f"She/pps saw/vbd {number}/cd cats/nns ./.\n" for number in range(1, 9)}
    zip_package(places.nltk / "corpora/brown.zip", {**BROWN, **fiction})
    treebank = TaggedSplits("treebank", three(), three(), three())
    sentences, called, coarse = corpora.other_genre(treebank, 5, seed=3)
    assert sentences == corpora.brown("fiction", 5, seed=3) and len(sentences) == 5
    assert len(corpora.other_genre(treebank, 99)[0]) == 8
    assert "Brown" in called and "fiction" in called
    assert coarse([["NNP", "MD", "."], ["STRANGE"]]) == [["NOUN", "VERB", "."], ["X"]]
    assert {tag for tags in sentences.tags for tag in tags} <= {"X", "VERB", "NUM", "."}


# ---------------------------------------------------------------------- fetching


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    """A web server on this machine that gives the treebank away; ``status`` and ``content`` can be changed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(assets, "time", SimpleNamespace(sleep=lambda _: None))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.asked, web.status = 0, 200
        web.content = zip_package(tmp_path / "published/treebank.zip", treebank_files(VINKEN, numbered(9))).read_bytes()
        monkeypatch.setattr(corpora, "TREEBANK_URL", f"http://127.0.0.1:{web.server_port}/treebank.zip")
        monkeypatch.setattr(corpora, "TREEBANK_HASH", "sha256:" + hashlib.sha256(web.content).hexdigest())
        monkeypatch.setattr(corpora, "TREEBANK_SIZE", len(web.content))
        threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
        yield web
        web.shutdown()


def test_the_fetched_treebank_is_found_kept_and_replaced_if_damaged(publisher, capsys):
    path = corpora.fetch_treebank()
    out = capsys.readouterr().out
    assert "non-commercial" in out.splitlines()[0] and "Fetching" in out
    assert READ in all_pairs(corpora.penn_treebank())
    assert corpora.treebank_place() == "treebank.zip in the cache folder"
    assert corpora.fetch_treebank() == path and publisher.asked == 1
    path.write_bytes(b"damaged")
    assert corpora.fetch_treebank().read_bytes() == publisher.content and publisher.asked == 2
    assert [file.name for file in path.parent.iterdir()] == ["treebank.zip"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda web: setattr(web, "status", 404), "error 404"),
        (lambda web: setattr(web, "status", 503), r"transfer broke.*\(3 tries\)"),
        (lambda web: setattr(web, "content", web.content[::-1]), "Wrong hash"),
    ],
)
def test_a_treebank_that_cannot_be_fetched_is_one_message_with_the_other_way(publisher, change, said):
    change(publisher)
    with pytest.raises(AssetError, match=said) as caught:
        corpora.fetch_treebank()
    assert "nltk.downloader treebank" in caught.value.hint and "COURSE_DATA" in caught.value.hint
    assert list((settings.cache_folder() / "nltk_data/corpora").iterdir()) == []


def test_importing_starts_no_nltk():
    program = "import sys, course_utils.data.corpora; print([name for name in sys.modules if 'nltk' in name])"
    folder = Path(corpora.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout.strip() == "[]"
