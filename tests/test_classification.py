"""One photograph in, names with probabilities out, and one clear error for everything else."""

import numpy as np
import pytest
from PIL import Image

from course_utils.errors import DataError
from course_utils.vision import classification

keras = pytest.importorskip("keras")
NAMES = ("red", "green", "blue")


@pytest.fixture
def green(tmp_path):
    Image.new("RGB", (50, 40), (10, 200, 30)).save(tmp_path / "green.png")
    return tmp_path / "green.png"


@pytest.fixture(scope="module")
def colours():
    """A network that finds the strongest colour: the mean of each channel, then a softmax."""
    layers = keras.layers
    return keras.Sequential([keras.Input((32, 32, 3)), layers.GlobalAveragePooling2D(), layers.Rescaling(1 / 100),
                             layers.Softmax()])


def test_a_picture_becomes_a_batch_of_one(green):
    batch = classification.prepare_image(green, 32)
    assert batch.shape == (1, 32, 32, 3) and batch.dtype == np.float32
    assert np.allclose(batch, [10, 200, 30])
    assert np.allclose(classification.prepare_image(green, 32, lambda pixels: pixels / 200), [.05, 1, .15])


def test_the_best_name_comes_first_and_the_probabilities_are_the_networks(green, colours):
    answer = classification.classify_image(green, colours, NAMES)
    assert [name for name, _ in answer] == ["green", "blue", "red"]
    expected = np.exp([2, .3, .1]) / np.exp([2, .3, .1]).sum()
    assert np.allclose([probability for _, probability in answer], expected, atol=1e-5)
    assert classification.classify_image(green, colours, NAMES, top=1) == answer[:1]


def test_preprocessing_is_used(green, colours):
    answer = classification.classify_image(green, colours, NAMES, preprocess=lambda pixels: pixels[..., ::-1], top=3)
    assert [name for name, _ in answer] == ["green", "red", "blue"]


def test_bad_input_gives_one_clear_error(green, colours, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    layers = keras.layers
    open_size = keras.Sequential([keras.Input((None, None, 3)), layers.GlobalAveragePooling2D(), layers.Softmax()])
    no_softmax = keras.Sequential([keras.Input((32, 32, 3)), layers.GlobalAveragePooling2D()])
    for arguments, message in [
        ((tmp_path / "none.png", colours, NAMES), "no file 'none.png'"),
        ((tmp_path / "text.png", colours, NAMES), "cannot be used"),
        ((green, colours, NAMES[:2]), "for 2 names"),
        ((green, open_size, NAMES), "no square image of a known size"),
        ((green, no_softmax, NAMES), "no probabilities"),
        ((green, colours, NAMES, None, 0), "top is 0"),
    ]:
        with pytest.raises(DataError, match=message) as error:
            classification.classify_image(*arguments)
        assert error.value.hint


def fake_imagenet_head(seed=0):
    """A network with ImageNet's 1,000 outputs: red pictures are terriers of many kinds, green ones a cat, blue ones a wolf."""
    kernel = np.zeros((3, 1000), np.float32)
    kernel[0, 180:190], kernel[1, 281], kernel[2, 269] = 8, 12, 12
    dense = keras.layers.Dense(1000, activation="softmax")
    model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Rescaling(1 / 255), dense])
    dense.set_weights([kernel, np.zeros(1000, np.float32)])
    return model


def test_the_probability_of_a_dog_is_the_sum_over_its_breeds(tmp_path):
    pictures = np.stack([np.full((32, 32, 3), 255 * np.eye(3)[colour]) for colour in range(3)])
    probabilities = fake_imagenet_head().predict(pictures, verbose=0)
    share = classification.dog_probability(probabilities)
    assert share == pytest.approx(probabilities[:, 151:269].sum(1))
    assert share[0] > .9 and probabilities[0].max() < .1      # sure of the dog, not of the breed
    assert share[1] < .01 and share[2] < .01                  # a cat; and 269, a wolf, is no dog


def test_the_breeds_are_118_and_their_ends_belong_to_them():
    assert len(classification.DOG_CLASSES) == 118
    assert classification.dog_probability(np.eye(1000)[[150, 151, 268, 269]]).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(("probabilities", "message"), [
    (np.full((2, 19), 1 / 19), "not \\(n, 1000\\)"), (np.ones((1, 1000)), "no probabilities"), (np.full(1000, .001), "shape"),
])
def test_outputs_that_are_not_imagenets_are_refused(probabilities, message):
    with pytest.raises(DataError, match=message):
        classification.dog_probability(probabilities)
