"""Encoder and decoder: padding is never read, nobody looks ahead, and free writing is stepwise writing."""

import numpy as np
import pytest

from course_utils import settings
from course_utils.errors import DataError
from course_utils.text.encoding import PAD, UNKNOWN
from course_utils.text.translation import END, START, Memory, decoder, encoder, letter_ids, letters_of, written_freely

with settings.quietly():
    import keras

LETTERS = letters_of(["abc", "xyz"])
NAMES = ("", "?", *LETTERS.words)
UNITS = 6
TEXTS = ["abcab", "ca", "b"]
BEFORE = ["xyz", "", "zy"]  # what was written so far


def shaken(network):
    """Return the network with random numbers everywhere, so that padding and biases could be seen."""
    random = np.random.default_rng(0)
    network.set_weights([random.normal(size=weight.shape) for weight in network.get_weights()])
    return network


def numbers_input(name):
    return keras.Input((None,), dtype="int32", name=name)


def reader(**options):
    text = numbers_input("text")
    memory = encoder(text, len(LETTERS), UNITS, **options)
    return keras.Model(text, {"values": memory.values, "is_letter": memory.is_letter,
                              "hidden": memory.state[0], "memory": memory.state[1]})


def writer(**options):
    """A decoder whose memory is handed in."""
    before = numbers_input("before")
    shapes = {"values": (None, UNITS), "is_letter": (None,), "hidden": (UNITS,), "memory": (UNITS,)}
    inputs = {name: keras.Input(shape, dtype="bool" if name == "is_letter" else "float32", name=name)
              for name, shape in shapes.items()}
    memory = Memory(inputs["values"], inputs["is_letter"], [inputs["hidden"], inputs["memory"]])
    found = decoder(before, memory, len(LETTERS), UNITS, **options)
    return keras.Model({"before": before, **inputs}, {"values": found.values, "is_letter": found.is_letter,
                                                      "hidden": found.state[0], "memory": found.state[1]})


def answers(network, inputs):
    found = network(inputs, training=False)
    return {name: np.asarray(part) for name, part in found.items()}


def longer(numbers, by=4):
    return np.pad(numbers, [(0, 0), (0, by)])


def assert_same_for_letters(found, expected, lengths):
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(found["values"][row, :length], expected["values"][row, :length], atol=1e-6)
    for state in ("hidden", "memory"):
        np.testing.assert_allclose(found[state], expected[state], atol=1e-6)


@pytest.fixture(scope="module")
def read():
    return shaken(reader())


@pytest.fixture(scope="module")
def write():
    return shaken(writer())


@pytest.fixture
def memory():
    """Random numbers: seven places, of which one text has all, one four and one a single letter."""
    random = np.random.default_rng(1)
    return {"values": random.normal(size=(3, 7, UNITS)).astype("float32"),
            "is_letter": np.arange(7) < np.array([[7], [4], [1]]),
            "hidden": random.normal(size=(3, UNITS)).astype("float32"),
            "memory": random.normal(size=(3, UNITS)).astype("float32")}


# ---------------------------------------------------------------------- letters


def test_letters_are_sorted_behind_the_marks_and_capitals_count_as_small_ones():
    assert letters_of(["b a", "cab"]).words == (START, END, " ", "a", "b", "c")
    assert {*letters_of(["Aab"]).words} == {START, END, "a", "b"}
    assert letters_of(["Aab"]).number("B") == letters_of(["Aab"]).number("b") > UNKNOWN


def test_letters_become_numbers_with_marks_around_and_padding_behind():
    letters = letters_of(["ab"])
    assert letters.encode([START, END, *"ab"]) == [2, 3, 4, 5]
    found = letter_ids(["ba", "a"], letters)
    assert found.dtype == "int32" and found.tolist() == [[5, 4], [4, PAD]]
    assert letter_ids(["ba", "a"], letters, start=True).tolist() == [[2, 5, 4], [2, 4, PAD]]
    assert letter_ids(["ba", "a"], letters, end=True).tolist() == [[5, 4, 3], [4, 3, PAD]]
    assert letter_ids(["ba", ""], letters, start=True, end=True).tolist() == [[2, 5, 4, 3], [2, 3, PAD, PAD]]
    assert letter_ids(["a!"], letters).tolist() == [[4, UNKNOWN]]


@pytest.mark.parametrize(("texts", "message"), [
    (["ab", "a<b"], "'a<b' has '<' or '>'"), ([">"], "'>' has"), ([], "no sentences"),
    (["a", ""], "empty.*\n.*leave it out"),
])
def test_texts_with_marks_and_texts_of_nothing_are_refused(texts, message):
    with pytest.raises(DataError, match=message):
        letter_ids(texts, LETTERS)


# ---------------------------------------------------------------------- the encoder


def test_an_encoder_reads_each_text_as_if_it_stood_alone(read):
    text = letter_ids(TEXTS, LETTERS)
    found = answers(read, text)
    assert {name: part.shape for name, part in found.items()} == {
        "values": (3, 5, UNITS), "is_letter": (3, 5), "hidden": (3, UNITS), "memory": (3, UNITS)}
    np.testing.assert_array_equal(found["is_letter"], text != PAD)
    assert_same_for_letters(answers(read, longer(text)), found, (5, 2, 1))
    for row, one in enumerate(TEXTS):
        alone = answers(read, letter_ids([one], LETTERS))
        assert_same_for_letters({name: part[row:row + 1] for name, part in found.items()}, alone, [len(one)])


def test_the_state_of_an_encoder_is_what_each_side_knows_at_its_end(read):
    found = answers(read, letter_ids(TEXTS, LETTERS))
    half = UNITS // 2
    for row, one in enumerate(TEXTS):
        np.testing.assert_array_equal(found["hidden"][row, :half], found["values"][row, len(one) - 1, :half])
        np.testing.assert_array_equal(found["hidden"][row, half:], found["values"][row, 0, half:])
    # The output of an LSTM is a gate, between 0 and 1, times the tanh of its memory.
    gate = found["hidden"] / np.tanh(found["memory"])
    assert ((gate > 0) & (gate < 1)).all()


def test_an_encoder_reads_from_both_sides(read):
    first, other_end, other_start = answers(read, letter_ids(["abc", "aba", "cbc"], LETTERS))["values"][:, 1]
    half = UNITS // 2
    changed = np.abs([other_end - first, other_start - first]).reshape(2, 2, half).max(axis=2) > 1e-4
    assert changed.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("make", [reader, writer])
def test_the_seed_decides_the_first_numbers(make):
    first, again, other = (make(seed=seed).get_weights() for seed in (1, 1, 4))
    for one, same, two in zip(first, again, other):
        np.testing.assert_array_equal(one, same)
        assert (one.ndim == 1) == np.array_equal(one, two)  # all but the biases


# ---------------------------------------------------------------------- the decoder


def test_a_decoder_gives_what_its_formula_says(write, memory):
    before = letter_ids(BEFORE, LETTERS, start=True)
    found = answers(write, {"before": before, **memory})["values"]
    lstm = next(layer for layer in write.layers if "lstm" in layer.name)
    asks, joins = (layer.get_weights() for layer in write.layers if isinstance(layer, keras.layers.Dense))
    hidden = np.asarray(keras.Model(write.input, lstm.output[0])({"before": before, **memory}))
    for row, (length, letters) in enumerate(zip((4, 1, 3), (7, 4, 1))):
        values = memory["values"][row, :letters]
        scores = np.exp(hidden[row, :length] @ asks[0] @ values.T / np.sqrt(UNITS))
        seen = scores / scores.sum(axis=1, keepdims=True) @ values
        expected = np.tanh(np.hstack([hidden[row, :length], seen]) @ joins[0] + joins[1])
        np.testing.assert_allclose(found[row, :length], expected, atol=1e-5)


def test_attention_looks_at_letters_alone(write, memory):
    before = letter_ids(BEFORE, LETTERS, start=True)
    found = answers(write, {"before": before, **memory})
    behind = np.where(memory["is_letter"][..., None], memory["values"], 50).astype("float32")
    assert_same_for_letters(answers(write, {"before": before, **memory, "values": behind}), found, (4, 1, 3))
    one = memory["values"] + 3 * (np.arange(7) == 3)[:, None].astype("float32")  # a letter of the first two texts
    changed = np.abs(answers(write, {"before": before, **memory, "values": one})["values"] - found["values"])
    assert [changed[row, :length].max() > 1e-3 for row, length in enumerate((4, 1, 3))] == [True, True, False]


def test_a_place_depends_on_the_letters_before_it_alone(write, memory):
    expected = answers(write, {"before": letter_ids(["xyzx"] * 3, LETTERS, start=True), **memory})["values"]
    for place in range(1, 5):
        written = "xyzx"[:place - 1] + "c" + "xyzx"[place:]
        found = answers(write, {"before": letter_ids([written] * 3, LETTERS, start=True), **memory})["values"]
        np.testing.assert_array_equal(np.abs(found - expected).max(axis=(0, 2)) > 1e-4, np.arange(5) >= place)


def test_what_stands_behind_the_letters_of_a_decoder_plays_no_part(write, memory):
    before = letter_ids(BEFORE, LETTERS, start=True)
    found = answers(write, {"before": before, **memory})
    np.testing.assert_array_equal(found["is_letter"], before != PAD)
    assert_same_for_letters(answers(write, {"before": longer(before), **memory}), found, (4, 1, 3))


@pytest.mark.parametrize("part", ["hidden", "memory"])
def test_a_decoder_begins_with_the_state_that_it_is_given(write, memory, part):
    before = letter_ids(BEFORE, LETTERS, start=True)
    found = answers(write, {"before": before, **memory})
    other = answers(write, {"before": before, **memory, part: memory[part] + 1})
    assert (np.abs(other["values"][:, 0] - found["values"][:, 0]).max(axis=1) > 1e-4).all()
    assert (np.abs(other["hidden"] - found["hidden"]).max(axis=1) > 1e-4).all()


# ---------------------------------------------------------------------- writing

ROWS = ["a", "b", "c", "ab", "ba", "ac", "ca", "bc", "cb", "aa", "bb", "cc"]
FORTH = [text.translate(str.maketrans("abc", "xyz")) for text in ROWS]
BACK = [text[::-1] for text in FORTH]
LONGEST = {"forth": 3, "back": 3}


def translator(units=16):
    """Two decoders in a row: the second one reads what the first one writes, and never the text."""
    inputs = {name: numbers_input(name) for name in ("text", "forth_before", "back_before")}
    memory, scores = encoder(inputs["text"], len(LETTERS), units), {}
    for seed, name in enumerate(LONGEST, 1):
        memory = decoder(inputs[f"{name}_before"], memory, len(LETTERS), units, seed=seed)
        glorot = keras.initializers.GlorotUniform(seed=seed)
        scores[name] = keras.layers.Dense(len(LETTERS), kernel_initializer=glorot, name=name)(memory.values)
    return keras.Model(inputs, scores)


@pytest.fixture(scope="module")
def trained():
    """A translator that has learnt the twelve texts."""
    network = translator()
    targets = {name: letter_ids(texts, LETTERS, end=True) for name, texts in (("forth", FORTH), ("back", BACK))}
    inputs = {"text": letter_ids(ROWS, LETTERS), "forth_before": letter_ids(FORTH, LETTERS, start=True),
              "back_before": letter_ids(BACK, LETTERS, start=True)}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(0.02), {name: loss for name in LONGEST}, jit_compile=False)
    weights = {name: (rows != PAD).astype("float32") for name, rows in targets.items()}
    network.fit(inputs, targets, sample_weight=weights, batch_size=len(ROWS), epochs=80, verbose=0)
    return network


def by_hand(network, text, longest):
    """Write for one text, letter by letter; nothing is padded."""
    written = {name: "" for name in longest}
    for name, most in longest.items():
        for _ in range(most):
            before = {f"{one}_before": letter_ids([letters], LETTERS, start=True) for one, letters in written.items()}
            scores = network({"text": letter_ids([text], LETTERS), **before}, training=False)
            letter = NAMES[np.asarray(scores[name])[0, -1].argmax()]
            if letter == END:
                break
            written[name] += letter
    return written


def test_a_trained_network_writes_rightly_and_stops_at_the_end_mark(trained):
    written = written_freely(trained, letter_ids(ROWS, LETTERS), LETTERS, LONGEST)
    assert written == {"forth": FORTH, "back": BACK} and list(written) == ["forth", "back"]


def test_free_writing_is_quiet_about_the_single_letter_at_the_start(recwarn):
    written_freely(translator(4), letter_ids(["a"], LETTERS), LETTERS, {"forth": 1, "back": 1})
    assert not [one for one in recwarn if "softmax" in str(one.message)]


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("longest", [{"forth": 3, "back": 3}, {"forth": 1, "back": 2}])
def test_free_writing_of_a_trained_network_is_stepwise_writing(trained, longest):
    asked = ["ab", "c", "abca", "cc"]  # one that is longer than all that it has learnt
    written = written_freely(trained, letter_ids(asked, LETTERS), LETTERS, longest)
    expected = [by_hand(trained, text, longest) for text in asked]
    assert written == {name: [one[name] for one in expected] for name in longest}


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
def test_free_writing_of_any_network_is_stepwise_writing_up_to_the_longest():
    network = shaken(translator(UNITS))
    for name in LONGEST:
        kernel, bias = network.get_layer(name).get_weights()
        bias[:LETTERS.number(END)] = -1e9  # neither padding nor unknown letters nor the start
        network.get_layer(name).set_weights([kernel, bias])
    asked, longest = ["a", "bc", "cabba", "ccc"], {"forth": 6, "back": 4}
    written = written_freely(network, letter_ids(asked, LETTERS), LETTERS, longest)
    expected = [by_hand(network, text, longest) for text in asked]
    assert written == {name: [one[name] for one in expected] for name in longest}
    assert {name: max(map(len, texts)) for name, texts in written.items()} == longest


class Scripted:
    """Writes what it is told, and notes what it reads."""

    def __init__(self, **scripts):
        self.scripts, self.read = scripts, []

    def predict_on_batch(self, inputs):
        self.read.append({name: rows.tolist() for name, rows in inputs.items()})
        scores = {}
        for name, texts in self.scripts.items():
            length = inputs[f"{name}_before"].shape[1]
            chosen = [[NAMES.index(letter) for letter in text[:length]] for text in texts]
            scores[name] = np.eye(len(LETTERS))[chosen]
        return scores


def test_one_output_is_written_after_the_other_and_read_as_in_training():
    text = letter_ids(["ab", "c"], LETTERS)
    network = Scripted(second=["ab>a", "cc>x"], first=["xyz>", "x>zy"])
    written = written_freely(network, text, LETTERS, {"first": 4, "second": 2})
    assert list(written.items()) == [("first", ["xyz", "x"]), ("second", ["ab", "cc"])]
    assert len(network.read) == 6
    assert all(one["text"] == text.tolist() for one in network.read)
    start = letter_ids(["", ""], LETTERS, start=True).tolist()
    assert [one["second_before"] for one in network.read[:5]] == [start] * 5
    assert [len(one["first_before"][0]) for one in network.read] == [1, 2, 3, 4, 5, 5]
    # Behind the end there is padding, not the mark and what was written after it.
    in_training = letter_ids(["xyz", "x"], LETTERS, start=True)
    assert [one["first_before"] for one in network.read[4:]] == [longer(in_training, 1).tolist()] * 2
    assert network.read[5]["second_before"] == letter_ids(["a", "c"], LETTERS, start=True).tolist()


def test_padding_ends_a_text_like_the_mark():
    network = Scripted(only=["xyz", ["y", "", "z"], "zzz"])
    written = written_freely(network, letter_ids(["a"] * 3, LETTERS), LETTERS, {"only": 3})
    assert written == {"only": ["xyz", "y", "zzz"]}
