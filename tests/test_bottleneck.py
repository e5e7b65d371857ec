"""Features are computed once, in small batches, and a cache entry is trusted only if all that it depends on is the same."""

import functools

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import bottleneck
from course_utils.vision.folding import fold_normalisations as fold


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path / "features"


@pytest.fixture(scope="module")
def network():
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="first"),
                             keras.layers.MaxPooling2D(name="second")])


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)


@pytest.fixture
def calls(network, monkeypatch):
    """Count the batches that the network really computes."""
    sizes, original = [], type(network).predict_on_batch
    monkeypatch.setattr(type(network), "predict_on_batch", lambda self, x: sizes.append(len(x)) or original(self, x))
    return sizes


def halve(batch):
    batch /= 2          # in place, as Keras' own preprocess_input does
    return batch


def test_features_equal_the_network_s_output(network, images):
    features = bottleneck.extract_features(network, images, batch_size=3)
    expected = np.asarray(network(images.astype("float32")))
    assert features.dtype == np.float16 and features.shape == expected.shape
    np.testing.assert_allclose(features, expected, rtol=2e-3, atol=.05)


def test_batches_are_small_and_the_images_stay_as_they_were(network, images, calls):
    before = images.copy()
    bottleneck.extract_features(network, images, halve, batch_size=4)
    assert calls == [4, 4, 2]
    assert np.array_equal(images, before)


def test_a_batch_holds_as_many_images_as_fit_at_the_network_s_widest_place(network, images, calls, monkeypatch):
    many = np.concatenate(7 * [images])
    bottleneck.extract_features(network, many, cache=False)
    monkeypatch.setattr(bottleneck, "NUMBERS_AT_ONCE", 6 * 6 * 6 * 4 + 5)        # its widest place has 6 x 6 x 4
    bottleneck.extract_features(network, images, cache=False)
    monkeypatch.setattr(bottleneck, "NUMBERS_AT_ONCE", 1)
    bottleneck.extract_features(network, images, cache=False)
    assert calls == [32, 32, 6] + [6, 4] + [4, 4, 2]


def test_of_many_images_the_features_are_those_of_the_network_as_it_is_now_without_its_normalisations(monkeypatch):
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    normalisation = keras.layers.BatchNormalization()
    model = keras.Model(inputs, normalisation(keras.layers.Conv2D(4, 3)(inputs)))
    images = np.random.default_rng(0).normal(size=(bottleneck.WORTH_FOLDING, 8, 8, 3)).astype("float32")
    folded = []
    monkeypatch.setattr(bottleneck, "fold_normalisations", lambda model: folded.append(fold(model)) or folded[-1])

    def found(images):
        return bottleneck.extract_features(model, images, cache=False)

    first = found(images)
    np.testing.assert_allclose(first, model.predict_on_batch(images), atol=2e-3)
    found(images[:-1])                                                           # few: not worth it
    found(images)
    assert len(folded) == 1 and len(folded[0].layers) == 2
    normalisation.set_weights([weight + 1 for weight in normalisation.get_weights()])
    again = found(images)
    assert len(folded) == 2 and np.abs(again - first).max() > 0.1
    np.testing.assert_allclose(again, model.predict_on_batch(images), atol=5e-3)


def test_float_images_are_not_changed_by_preprocessing_in_place(network, images):
    pixels = images.astype("float32")
    before = pixels.copy()
    bottleneck.extract_features(network, pixels, halve, cache=False)
    assert np.array_equal(pixels, before)


def test_a_second_call_computes_nothing(network, images, calls):
    first = bottleneck.extract_features(network, images)
    del calls[:]
    assert np.array_equal(bottleneck.extract_features(network, images), first)
    assert calls == []


def test_another_image_weight_or_preprocessing_is_computed_anew(network, images):
    import keras

    key = bottleneck.feature_key(network, images)
    other = images.copy()
    other[0, 0, 0, 0] ^= 1
    assert bottleneck.feature_key(network, other) != key
    assert bottleneck.feature_key(network, images, halve) != key
    different = [lambda x: x / 2, lambda x: x / 3, np.sqrt, lambda x: np.log1p(x), functools.partial(np.multiply, 3)]
    assert len({bottleneck.feature_key(network, images, function) for function in different}) == len(different)
    same = keras.models.clone_model(network)
    same.set_weights(network.get_weights())
    same.trainable = False
    assert bottleneck.feature_key(same, images) == key
    same.set_weights([weight + 1e-3 for weight in network.get_weights()])
    assert bottleneck.feature_key(same, images) != key


def test_another_library_version_is_computed_anew(network, images, monkeypatch):
    key = bottleneck.feature_key(network, images)
    monkeypatch.setattr(bottleneck.importlib.metadata, "version", lambda name: "0.0")
    assert bottleneck.feature_key(network, images) != key


def test_another_precision_is_computed_anew(images):
    import keras

    keys = {bottleneck.feature_key(keras.Sequential([
        keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, kernel_initializer="ones", dtype=dtype)]), images)
        for dtype in ("float32", "mixed_bfloat16")}
    assert len(keys) == 2


@pytest.mark.parametrize("damage", [lambda b: b[:len(b) // 2], lambda b: b"", lambda b: b[:300] + b"\xff" + b[301:]])
def test_a_damaged_entry_is_computed_again_with_a_notice(network, images, own_cache, calls, capsys, damage):
    good = bottleneck.extract_features(network, images)
    entry, = own_cache.glob("*.npz")
    entry.write_bytes(damage(entry.read_bytes()))
    del calls[:]
    assert np.array_equal(bottleneck.extract_features(network, images), good)
    assert calls and "computed again" in capsys.readouterr().out
    assert [path.suffix for path in own_cache.iterdir()] == [".npz"]


def test_a_full_disk_costs_only_the_cache(network, images, own_cache, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bottleneck.os, "replace", full)
    assert len(bottleneck.extract_features(network, images)) == 10
    assert "No space left" in capsys.readouterr().out
    assert list(own_cache.iterdir()) == []


def test_features_too_large_for_half_precision_keep_their_value(images):
    import keras

    large = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1000.0)])
    features = bottleneck.extract_features(large, images, batch_size=5)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, images * 1000.0)


def test_no_images_give_no_features(network, images, own_cache):
    assert bottleneck.extract_features(network, images[:0]).shape == (0, 3, 3, 4)
    assert not own_cache.exists()


@pytest.mark.parametrize("shape", [(10, 9, 8, 3), (10, 8, 8)])
def test_images_that_do_not_fit_give_one_clear_error(network, shape):
    with pytest.raises(DataError, match="do not fit"):
        bottleneck.extract_features(network, np.zeros(shape, np.uint8))
