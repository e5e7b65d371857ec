"""The recurrent tagger: padding is never seen, what is frozen stays, and the seed decides the rest."""

import numpy as np
import pytest

from course_utils.data.corpora import TaggedSentences
from course_utils.errors import DataError
from course_utils.text import tagger as module
from course_utils.text.encoding import PAD, UNKNOWN, Vocabulary, pad
from course_utils.text.tagger import CELLS, Tagger, read_both_ways, recurrent_tagger, sentence_batches, word_evidence

NOUNS, VERBS = ([f"{letter}{number}" for number in range(12)] for letter in "nv")
SEEN = 8  # of each kind in training; the others only have vectors


def true_tags(sentences):
    return [["NN" if word[0].lower() == "n" else "VB" for word in sentence] for sentence in sentences]


@pytest.fixture(scope="module")
def vectors():
    """Nouns and verbs lie in two clusters."""
    from gensim.models import KeyedVectors

    random = np.random.default_rng(0)
    made = KeyedVectors(vector_size=6)
    for words, side in ((NOUNS, 1), (VERBS, -1)):
        made.add_vectors(words, (side + 0.3 * random.standard_normal((len(words), 6))).astype("float32"))
    return made


@pytest.fixture(scope="module")
def train():
    """Forty sentences of nouns and verbs in any order, the first of one word."""
    random = np.random.default_rng(1)
    words = [[str(word) for word in random.choice([*NOUNS[:SEEN], *VERBS[:SEEN]], length)]
             for length in (1, *random.integers(2, 9, 39))]
    return TaggedSentences(words, true_tags(words))


@pytest.fixture(scope="module")
def new():
    """Words that no training sentence has, of all lengths in any order."""
    random = np.random.default_rng(2)
    return [[str(word) for word in random.choice([*NOUNS[SEEN:], *VERBS[SEEN:]], length)] for length in (3, 1, 7, 2, 7, 1, 4)]


OPTIONS = {"cell": "SimpleRNN", "units": 4, "bidirectional": False}


@pytest.fixture(scope="module")
def trained(train, vectors, new):
    """A tagger on frozen vectors."""
    return Tagger(train, vectors, known=new, trainable=False, **OPTIONS).fit(epochs=12, batch_size=8, learning_rate=0.03)


def matrix_of(tagger, name="vectors"):
    return matrix_in(tagger.model, name)


def matrix_in(model, name):
    return model.get_layer(name).get_weights()[0]


def assert_same(first, second, atol=0.0):
    assert len(first) == len(second)
    for one, other in zip(first, second):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


# ---------------------------------------------------------------------- batches

LENGTHS = [3, 1, 9, 2, 2, 5, 8, 1, 4, 7, 6]


@pytest.fixture
def numbers():
    """Eleven sentences of which no two share a number; labels and letters can be told from the numbers."""
    words = pad([[100 * place + position + 2 for position in range(length)] for place, length in enumerate(LENGTHS, 1)])
    return {"words": words, "letters": np.stack([words, words * 2], axis=2)}, words % 97


def batches_of(numbers, **options):
    inputs, labels = numbers
    return list(sentence_batches(inputs, labels, LENGTHS, **options).as_numpy_iterator())


def sentences_in(batches):
    """Return the places of the sentences of each batch, counted from 1."""
    return [tuple(batch["letters"][:, 0, 0] // 100) for batch, _, _ in batches]


def test_every_sentence_comes_once_in_each_epoch_whole_and_with_its_own_tags(numbers):
    batches = batches_of(numbers, batch_size=4, epochs=3)
    assert len(batches) == 9
    for epoch in range(3):
        places = [place for chosen in sentences_in(batches[3 * epoch:3 * epoch + 3]) for place in chosen]
        assert sorted(places) == list(range(1, 12))
    for batch, labels, weights in batches:
        lengths = [LENGTHS[place - 1] for place in batch["words"][:, 0] // 100]
        assert batch["words"].shape == labels.shape == weights.shape == (len(lengths), max(lengths))
        assert weights.sum(axis=1).tolist() == lengths
        np.testing.assert_array_equal(weights, (batch["words"] != PAD).astype("float32"))
        np.testing.assert_array_equal(labels, batch["words"] % 97)
        np.testing.assert_array_equal(batch["letters"], np.stack([batch["words"], batch["words"] * 2], axis=2))


def test_the_number_of_batches_is_known_before(numbers):
    assert len(sentence_batches(*numbers, LENGTHS, batch_size=4, epochs=3)) == 9
    assert len(sentence_batches(*numbers, LENGTHS, batch_size=11)) == 1


def test_sentences_of_a_batch_are_about_equally_long():
    random = np.random.default_rng(0)
    lengths = random.integers(1, 40, 200)
    words = pad([[2] * length for length in lengths])
    weights = [weight.numpy() for _, _, weight in sentence_batches({"words": words}, words, lengths, batch_size=10)]
    assert sum(weight.size for weight in weights) < 1.2 * lengths.sum() < 0.7 * words.size
    assert [weight.shape[1] for weight in weights] != sorted(weight.shape[1] for weight in weights)  # but in any order


def test_the_order_comes_from_the_seed_and_is_another_in_each_epoch(numbers):
    first, again, other = (sentences_in(batches_of(numbers, batch_size=2, epochs=4, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    epochs = [first[start:start + 6] for start in range(0, 24, 6)]
    assert len(set(map(tuple, epochs))) == 4
    assert len({frozenset(map(frozenset, epoch)) for epoch in epochs}) > 1  # other company, too


def test_words_are_dropped_at_random_and_padding_never():
    lengths = [5, 10] * 100
    words = pad([range(2, length + 2) for length in lengths])
    before = words.copy()
    shapes = np.where(words == PAD, PAD, 7)
    dropped = []
    for batch, labels, weights in sentence_batches({"words": words, "shapes": shapes}, words, lengths, 40, 2, 0.3, seed=3):
        found, is_word = batch["words"].numpy(), weights.numpy() == 1
        np.testing.assert_array_equal(found == PAD, ~is_word)
        np.testing.assert_array_equal(batch["shapes"].numpy() == 7, is_word)  # nothing else is dropped
        np.testing.assert_array_equal(np.where(found == UNKNOWN, labels.numpy(), found), labels.numpy())
        dropped.append((found == UNKNOWN)[is_word])
    assert np.concatenate(dropped).mean() == pytest.approx(0.3, abs=0.03)
    halves = np.array_split(np.concatenate(dropped), 2)
    assert (halves[0] != halves[1]).any()
    np.testing.assert_array_equal(words, before)


def test_labels_of_several_tasks_are_cut_together_and_padding_has_no_weight(numbers):
    inputs, labels = numbers
    random = np.random.default_rng(0)
    given = {"tag": random.random(labels.shape).astype("float32"), "chunk": (labels % 3 > 0).astype("float32")}
    of_word = {word: {task: array.flat[place] for task, array in given.items()}
               for place, word in enumerate(inputs["words"].flat)}
    tasks = {"tag": labels, "chunk": labels + 5}
    plain, weighted = (batches_of((inputs, tasks), batch_size=4, weights=weights) for weights in (None, given))
    assert len(plain) == len(weighted) == 3
    for (batch, cut, ones), (same, _, weights) in zip(plain, weighted):
        words = batch["words"]
        is_word = (words != PAD).astype("float32")
        np.testing.assert_array_equal(same["words"], words)
        np.testing.assert_array_equal(cut["tag"], words % 97)
        np.testing.assert_array_equal(cut["chunk"], words % 97 + 5)
        for task in ("tag", "chunk"):
            np.testing.assert_array_equal(ones[task], is_word)
            expected = [[of_word[word][task] if word else 0 for word in row] for row in words]
            np.testing.assert_array_equal(weights[task], np.array(expected, "float32"))


def test_weights_of_one_task_multiply_those_of_padding(numbers):
    inputs, labels = numbers
    for batch, _, weights in batches_of(numbers, batch_size=4, weights=labels + 2.5):
        np.testing.assert_array_equal(weights, np.where(batch["words"] == PAD, 0, batch["words"] % 97 + 2.5))


# ---------------------------------------------------------------------- the network


def network(cell="LSTM", bidirectional=True, spelling=False):
    """Return a tagger of random numbers everywhere, so that padding and biases could be seen."""
    spelled = {"n_suffixes": (5, 6, 7), "n_letters": 9} if spelling else {}
    random = np.random.default_rng(0)
    model = recurrent_tagger(random.standard_normal((12, 3)), 4, cell=cell, units=3, bidirectional=bidirectional,
                             extra_width=2, **spelled)
    model.set_weights([random.standard_normal(weight.shape) for weight in model.get_weights()])
    return model


def inputs_of(model, sentences=3, words=4):
    """Return numbers of words, and of spelling where the network sees it."""
    random = np.random.default_rng(1)
    rows = {"words": 12, "shapes": 9, "suffixes_1": 5, "suffixes_2": 6, "suffixes_3": 7, "letters": 9}
    return {one.name: random.integers(1, rows[one.name], (sentences, words, *one.shape[2:])).astype("int32")
            for one in model.inputs}


def scores_of(model, inputs):
    return np.array(model(inputs, training=False))


@pytest.mark.parametrize("spelling", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_scores_do_not_depend_on_the_padding_behind(cell, bidirectional, spelling):
    model = network(cell, bidirectional, spelling)
    inputs = inputs_of(model)
    alone = scores_of(model, inputs)
    assert alone.shape == (3, 4, 4)
    for behind in (1, 7):
        longer = {name: np.pad(array, [(0, 0), (0, behind)] + [(0, 0)] * (array.ndim - 2)) for name, array in inputs.items()}
        np.testing.assert_allclose(scores_of(model, longer)[:, :4], alone, atol=1e-5)


def test_a_word_that_is_no_padding_behind_would_be_seen():
    model = network()
    words = inputs_of(model)["words"]
    longer = np.pad(words, [(0, 0), (0, 1)], constant_values=UNKNOWN)
    assert np.abs(scores_of(model, {"words": longer})[:, :4] - scores_of(model, {"words": words})).max() > 1e-3


@pytest.mark.parametrize("bidirectional", [False, True])
def test_only_a_reader_from_right_to_left_knows_what_comes(bidirectional):
    model = network("GRU", bidirectional)
    words = np.array([[2, 3, 4], [2, 3, 5], [9, 3, 4]])
    first, other_end, other_start = scores_of(model, {"words": words})
    assert (np.abs(first[0] - other_end[0]).max() > 1e-3) == bidirectional
    assert np.abs(first[2] - other_start[2]).max() > 1e-4


@pytest.mark.parametrize("name", ["words", "shapes", "suffixes_1", "suffixes_2", "suffixes_3", "letters"])
def test_every_kind_of_evidence_reaches_the_scores(name):
    model = network(spelling=True)
    inputs = inputs_of(model)
    changed = {**inputs, name: np.where(inputs[name] == 2, 3, 2).astype("int32")}
    assert np.abs(scores_of(model, changed) - scores_of(model, inputs)).max() > 1e-3


def test_an_unknown_cell_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match="'Transformer'.*\n.*SimpleRNN, GRU, LSTM"):
        recurrent_tagger(np.zeros((3, 2)), 2, cell="Transformer")


def test_the_first_numbers_come_from_the_seed_and_the_matrix_is_the_one_handed_in():
    matrix = np.random.default_rng(0).standard_normal((12, 3)).astype("float32")
    first, again, other = (recurrent_tagger(matrix, 4, cell="GRU", units=3, extra_width=2, n_suffixes=(5, 6, 7), n_letters=9,
                                            seed=seed) for seed in (1, 1, 2))
    for model in (first, again, other):
        np.testing.assert_array_equal(model.get_layer("vectors").get_weights()[0], matrix)
    assert_same(first.get_weights(), again.get_weights())
    random = [(one, two) for one, two in zip(first.get_weights(), other.get_weights()) if one.any() and not np.array_equal(one, matrix)]
    assert len(random) >= 11 and all(np.abs(one - two).max() > 0.01 for one, two in random)
    kernels = [weight for weight in first.get_weights() if weight.shape == (3, 9)]  # recurrent, forward and backward
    assert len(kernels) == 2 and not np.allclose(*kernels)


# ---------------------------------------------------------------------- the parts of other networks

MATRIX = np.random.default_rng(3).standard_normal((12, 3)).astype("float32")
WORDS = {"words": np.array([[2, 3, 4, 5], [6, 7, 0, 0], [9, 0, 0, 0]]),
         "shapes": np.array([[1, 2, 3, 4], [8, 7, 0, 0], [2, 0, 0, 0]])}


def evidence(**options):
    import keras

    return keras.Model(*word_evidence(MATRIX, **options))


def body(units=3, **options):
    import keras

    inputs, values = word_evidence(MATRIX)
    return keras.Model(inputs, read_both_ways(values, inputs[0], units, **options))


def test_the_evidence_is_the_vector_of_each_word_and_how_it_is_written():
    model = evidence()
    assert [one.name for one in model.inputs] == ["words", "shapes"]
    assert model.output_shape == (None, None, 11)
    expected = np.concatenate([MATRIX[WORDS["words"]], matrix_in(model, "shape_vectors")[WORDS["shapes"]]], axis=2)
    np.testing.assert_array_equal(scores_of(model, WORDS), expected)


def test_both_embeddings_of_the_evidence_learn():
    model = evidence()
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.train_on_batch(WORDS, np.full((3, 4, 11), 9.0))
    moved = [np.flatnonzero((new != old).any(axis=1)).tolist() for old, new in zip(before, model.get_weights())]
    assert moved == [np.unique(WORDS[name]).tolist() for name in ("words", "shapes")]


@pytest.mark.parametrize(("make", "random"), [
    (evidence, [False, True]),  # not the matrix that is handed in
    (body, [False, False] + [True, True, False] * 2),  # not the evidence below it, nor the biases
])
def test_the_seed_decides_the_first_numbers_and_the_dropout_of_a_part(make, random):
    first, again, other = (make(dropout=0.5, seed=seed) for seed in (1, 1, 2))
    assert_same(first.get_weights(), again.get_weights())
    differ = [np.abs(one - two).max() > 0.01 for one, two in zip(first.get_weights(), other.get_weights())]
    assert differ == random
    other.set_weights(first.get_weights())
    plain = make(seed=1)
    np.testing.assert_array_equal(scores_of(first, WORDS), scores_of(plain, WORDS))
    dropped = [np.array(model(WORDS, training=True)) == 0 for model in (first, again, other)]
    assert 0.2 < dropped[0].mean() < 0.8 and (scores_of(plain, WORDS) != 0).all()
    np.testing.assert_array_equal(dropped[0], dropped[1])
    assert (dropped[0] != dropped[2]).any()


@pytest.mark.parametrize("units", [3, module.FUSED_UP_TO + 1])
def test_reading_both_ways_padding_plays_no_part(units):
    model = body(units)
    found = scores_of(model, WORDS)
    assert found.shape == (3, 4, 2 * units)
    longer = scores_of(model, {name: np.pad(array, [(0, 0), (0, 5)]) for name, array in WORDS.items()})
    for row, length in enumerate((4, 2, 1)):
        alone = scores_of(model, {name: array[row:row + 1, :length] for name, array in WORDS.items()})
        np.testing.assert_allclose(found[row, :length], alone[0], atol=1e-6)
        np.testing.assert_allclose(longer[row, :length], alone[0], atol=1e-6)


@pytest.mark.parametrize("units", [3, module.FUSED_UP_TO + 1])
def test_one_half_of_the_memory_knows_what_came_and_the_other_what_comes(units):
    model = body(units)
    words = np.array([[2, 3, 4], [2, 3, 5], [9, 3, 4]])
    middle = scores_of(model, {"words": words, "shapes": np.ones_like(words)})[:, 1]
    other_end, other_start = np.abs(middle[1:] - middle[0]).reshape(2, 2, units).max(axis=2) > 1e-4
    assert other_end.tolist() == [False, True] and other_start.tolist() == [True, False]


# ---------------------------------------------------------------------- vocabulary and spelling


def test_the_vocabulary_is_that_of_training_and_with_vectors_of_known_words_that_have_one(train, vectors, new):
    known = [*new, ["zebra", NOUNS[-1].upper()]]
    alone, carried = Tagger(train, known=known, **OPTIONS), Tagger(train, vectors, known=known, **OPTIONS)
    assert alone.vocabulary.words == Vocabulary.of(train.words).words
    assert carried.vocabulary.words[:len(alone.vocabulary.words)] == alone.vocabulary.words
    assert {*carried.vocabulary.words} == {*alone.vocabulary.words, *(word for sentence in new for word in sentence), NOUNS[-1]}
    assert set(alone.encode(new)["words"].ravel()) == {PAD, UNKNOWN}
    assert UNKNOWN not in carried.encode(new)["words"]
    assert carried.coverage.covered == len(carried.vocabulary.words) and alone.coverage.covered == 0


def test_spelling_is_encoded_from_the_training_words_alone():
    train = TaggedSentences([["Running", "dogs", "x1"]], [["VBG", "NNS", "NN"]])
    tagger = Tagger(train, spelling=True, **OPTIONS)
    long = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    inputs = tagger.encode([["running", "Walking", "zebra", long, "👩‍👩‍👧", ""], ["dogs"]])
    assert {name: array.shape for name, array in inputs.items()} == {
        "words": (2, 6), "shapes": (2, 6), "suffixes_1": (2, 6), "suffixes_2": (2, 6), "suffixes_3": (2, 6), "letters": (2, 6, 16)}
    for name in ("suffixes_1", "suffixes_2", "suffixes_3"):
        running, walking, zebra = inputs[name][0, :3]
        assert running == walking > UNKNOWN == zebra
    assert inputs["letters"][0, 0, 0] == UNKNOWN != tagger.letters.number("R")  # r and R are two letters
    assert inputs["letters"][1, 0].tolist() == [*tagger.letters.encode([*"dogs"]), *[PAD] * 12]
    assert all((array[1, 1:] == PAD).all() for array in inputs.values())
    lower = Tagger(TaggedSentences([[long.lower()]], [["NN"]]), spelling=True, **OPTIONS)
    assert lower.encode([[long.lower()]])["letters"][0, 0].tolist() == lower.letters.encode([*"abcdefghstuvwxyz"])


def test_spelling_tells_the_tag_of_words_that_nobody_knows():
    stems = ["walk", "sing", "bark", "jump", "quick", "load", "harm", "fond"]
    words = [[stems[place % 8] + ending for ending in endings] for place in range(24) for endings in (("ing", "ly"), ("ly", "ing", "ing"))]
    train = TaggedSentences(words, [["VBG" if word.endswith("ing") else "RB" for word in sentence] for sentence in words])
    tagger = Tagger(train, spelling=True, **OPTIONS).fit(epochs=6, batch_size=8, learning_rate=0.03, word_dropout=0.3)
    assert tagger.tag([["glowing", "softly", "boldly"], ["rudely"]]) == [["VBG", "RB", "RB"], ["RB"]]


# ---------------------------------------------------------------------- learning


def test_words_that_only_the_vectors_know_are_tagged_by_their_vector(trained, new):
    assert trained.tag(new) == true_tags(new)  # in the order in which they were given, though batches are sorted
    assert trained.seconds > 0 and trained.tag_names == ("NN", "VB")


def test_without_vectors_such_words_are_all_one(train, new):
    tagger = Tagger(train, known=new, **OPTIONS)
    assert_same(tagger.probabilities([[NOUNS[-1], NOUNS[0]]]), tagger.probabilities([[VERBS[-1], NOUNS[0]]]))
    assert np.abs(tagger.probabilities([[NOUNS[0]]])[0] - tagger.probabilities([[VERBS[0]]])[0]).max() > 0


def test_the_order_stays_over_several_batches(trained, new, monkeypatch):
    whole = trained.probabilities(new)
    monkeypatch.setattr(module, "PREDICT_BATCH", 2)
    assert_same(trained.probabilities(new), whole, atol=1e-5)


def test_probabilities_have_the_length_of_the_sentence_and_sum_to_one(trained, new):
    found = trained.probabilities(new)
    assert [rows.shape for rows in found] == [(len(sentence), 2) for sentence in new]
    for rows in found:
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
        assert (rows >= 0).all()
    assert_same(trained.probabilities(new), found)


def test_a_long_sentence_is_tagged_and_changes_nothing_for_its_neighbours(trained, new):
    long = [NOUNS[-1] if place % 3 else VERBS[0] for place in range(500)]
    found = trained.probabilities([new[0], long, new[1]])
    assert [trained.tag_names[number] for number in found[1].argmax(axis=1)] == true_tags([long])[0]
    assert_same([found[0], found[2]], trained.probabilities(new[:2]), atol=1e-5)


def test_a_frozen_matrix_stays_bit_for_bit_and_the_extra_one_learns(train, vectors, new):
    tagger = Tagger(train, vectors, known=new, trainable=False, extra_width=2, **OPTIONS)
    before, extra = matrix_of(tagger), matrix_of(tagger, "extra_vectors")
    np.testing.assert_array_equal(before[tagger.vocabulary.number(NOUNS[-1])], vectors[NOUNS[-1]])
    tagger.fit(epochs=1, batch_size=8)
    np.testing.assert_array_equal(matrix_of(tagger), before)
    assert (matrix_of(tagger, "extra_vectors") != extra).any()


def test_a_matrix_that_learns_moves_the_rows_of_the_training_words_only(train, vectors, new):
    tagger = Tagger(train, vectors, known=new, **OPTIONS)
    before = matrix_of(tagger)
    tagger.fit(epochs=2, batch_size=8)
    moved = np.flatnonzero((matrix_of(tagger) != before).any(axis=1))
    assert moved.tolist() == sorted({number for sentence in train.words for number in tagger.vocabulary.encode(sentence)})


# A learning rate, dropout of both kinds and other numbers than the first ones: all that a second network could forget.
FIT = {"epochs": 2, "batch_size": 8, "learning_rate": 0.02, "word_dropout": 0.3}
SEEDED = {**OPTIONS, "cell": "GRU", "dropout": 0.3}


def test_the_seed_decides_and_an_earlier_network_is_as_good_as_a_new_one(train, new):
    first, again = (Tagger(train, seed=1, **SEEDED) for _ in range(2))
    start = first.model.get_weights()
    assert_same(again.model.get_weights(), start)
    found = first.fit(**FIT).probabilities(train.words)
    assert_same(again.fit(**FIT).probabilities(train.words), found, atol=1e-5)
    assert first.model.optimizer.iterations == 2 * 5  # every batch, though Keras takes several in one step

    other = Tagger(train, seed=2, like=again, **SEEDED)
    assert max(np.abs(one - two).max() for one, two in zip(other.model.get_weights(), start)) > 0.01
    different = other.fit(**FIT).probabilities(train.words)
    assert max(np.abs(one - two).max() for one, two in zip(different, found)) > 1e-3

    renewed = Tagger(train, seed=1, like=other, **SEEDED)
    assert_same(renewed.model.get_weights(), start)
    assert_same(renewed.fit(**FIT).probabilities(train.words), found, atol=1e-4)

    # Half of the sentences have fewer words: the rows behind stay empty, and the tags are those of the earlier one.
    part = TaggedSentences([NOUNS[:2], NOUNS[1:3]], [["NN"] * 2] * 2)
    small = Tagger(part, seed=1, like=renewed, **SEEDED)
    assert small.tag_names == ("NN", "VB") and not matrix_of(small)[len(small.vocabulary):].any()
    before = small.model.get_weights()
    small.fit(**{**FIT, "learning_rate": 0.0})
    assert_same(small.model.get_weights(), before)  # the rate is the one of this fit
    assert set(small.fit(epochs=20, learning_rate=0.05).tag([NOUNS[:3], new[0]])[0]) == {"NN"}


def test_an_earlier_network_that_does_not_fit_is_refused(train, vectors):
    earlier = Tagger(train, **OPTIONS)
    for other in ({"units": 5}, {"cell": "GRU"}, {"trainable": False}, {"dropout": 0.1}, {"spelling": True}):
        with pytest.raises(DataError, match="other options.*\n.*leave out `like`"):
            Tagger(train, like=earlier, **{**OPTIONS, **other})
    more = TaggedSentences([*train.words, ["more", "words"]], [*train.tags, ["NN", "NN"]])
    for fresh in ((train, vectors), (more,)):
        with pytest.raises(DataError, match="other sizes.*\n.*leave out `like`"):
            Tagger(*fresh, like=earlier, **OPTIONS)
    with pytest.raises(DataError, match="no tag 'UH'"):
        Tagger(TaggedSentences([["yes"]], [["UH"]]), like=earlier, **OPTIONS)


# ---------------------------------------------------------------------- more words for a trained tagger


def test_a_trained_tagger_gets_to_know_the_words_of_other_sentences(train, vectors, new):
    tagger = Tagger(train, vectors, trainable=False, **OPTIONS).fit(epochs=12, batch_size=8, learning_rate=0.03)
    asked = [*new, ["N9", "zebra"]]
    before, vocabulary = tagger.probabilities(asked), tagger.vocabulary
    assert set(tagger.encode(new)["words"].ravel()) == {PAD, UNKNOWN}
    knowing = tagger.knowing(asked)
    assert knowing.tag(new) == true_tags(new) != tagger.tag(new)
    assert_same(knowing.probabilities(train.words), tagger.probabilities(train.words), atol=1e-6)
    assert knowing.encode([["N9", "zebra"]])["words"][0].tolist() == [knowing.vocabulary.number("n9"), UNKNOWN]
    # The tagger itself stays as it was, and can be asked for another copy.
    assert tagger.vocabulary is vocabulary and matrix_of(tagger).shape[0] == len(vocabulary)
    assert_same(tagger.probabilities(asked), before)
    assert_same(tagger.knowing(new[:1]).knowing(new).probabilities(new), knowing.probabilities(new), atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"extra_width": 2}, {"spelling": True, "extra_width": 2, "dropout": 0.2}])
def test_new_words_move_no_other_number_of_any_network(train, vectors, new, options):
    tagger = Tagger(train, vectors, **{**OPTIONS, "cell": "LSTM", "bidirectional": True, **options})
    random = np.random.default_rng(0)
    tagger.model.set_weights([random.standard_normal(weight.shape) for weight in tagger.model.get_weights()])
    knowing = tagger.knowing(new)
    assert_same(knowing.probabilities(train.words), tagger.probabilities(train.words), atol=1e-5)
    for word in (NOUNS[-1], VERBS[-1]):
        np.testing.assert_array_equal(matrix_of(knowing)[knowing.vocabulary.number(word)], vectors[word])
    direct = Tagger(train, vectors, known=new, **{**OPTIONS, "cell": "LSTM", "bidirectional": True, **options})
    assert direct.vocabulary.words == knowing.vocabulary.words
    direct.model.set_weights(knowing.model.get_weights())
    assert_same(knowing.probabilities(new), direct.probabilities(new), atol=1e-5)


def test_without_vectors_nothing_more_is_known(train, new):
    tagger = Tagger(train, **OPTIONS)
    assert_same(tagger.knowing(new).probabilities(new), tagger.probabilities(new), atol=1e-6)


def test_a_tagger_with_empty_rows_gets_to_know_words_too(train, vectors, new):
    earlier = Tagger(train, vectors, **OPTIONS)
    small = Tagger(TaggedSentences([NOUNS[:2]], [["NN"] * 2]), vectors, like=earlier, **OPTIONS)
    few, many = small.knowing([NOUNS[-1:]]), small.knowing([NOUNS, VERBS])
    for tagger in (few, many):
        np.testing.assert_array_equal(matrix_of(tagger)[tagger.vocabulary.number(NOUNS[-1])], vectors[NOUNS[-1]])
        assert tagger.encode([NOUNS[-1:]])["words"].max() < len(matrix_of(tagger))
    assert len(many.tag(new)) == len(new)


# ---------------------------------------------------------------------- what is handed in


@pytest.mark.parametrize(("sentences", "message"), [
    ([], "no sentences to tag"), ([[]], "has no words"), ([["n1"], []], "has no words"),
    ("Dogs bark.", "one text.*\n.*split"), (["Dogs bark."], "one text.*\n.*split"), ([["n1"], "n2"], "one text"),
    ([[1, 2]], "1 is no word"), ([["n1", None]], "None is no word"), ([["n1", 2.5]], r"2\.5 is no word"),
    ([1, 2], "1 stands where a list"), (7, "7 stands where"), (None, "None stands where"), ([["n1"], None], "None stands"),
])
def test_what_is_no_list_of_sentences_is_refused_with_what_to_do(trained, sentences, message):
    for ask in (trained.tag, trained.probabilities):
        with pytest.raises(DataError, match=message) as caught:
            ask(sentences)
        assert caught.value.hint


def test_sentences_may_come_in_any_container(trained, new):
    expected = trained.tag(new)
    assert trained.tag(tuple(map(tuple, new))) == trained.tag(iter(new)) == expected
    assert trained.tag([np.array(sentence) for sentence in new]) == expected


def test_other_scripts_and_signs_get_an_answer(train, new):
    asked = [["東京", "هاتف", "हिन्दी"], ["👩‍👩‍👧"], ["", "\x00", "ﬁ", "İ", "x" * 1000], [NOUNS[0]]]
    for spelling in (False, True):
        tagger = Tagger(train, spelling=spelling, **OPTIONS)
        found = tagger.tag(asked)
        assert list(map(len, found)) == [3, 1, 5, 1] and {tag for tags in found for tag in tags} <= {"NN", "VB"}
