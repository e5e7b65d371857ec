import h5py
import numpy as np
import pytest

from course_utils import assets, settings
from course_utils.errors import AssetError, DataError, SettingsError
from course_utils.vision import backbones


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def imagenet_arrays():
    return [array for pair in assets._hdf5_arrays(backbones.vgg16_weights()).values() for array in pair]


def test_vgg16_has_the_imagenet_weights_and_the_shape_of_its_features():
    model = backbones.vgg16((64, 96, 3), dtype="float32")
    assert model.output_shape == (None, 2, 3, 512) and model.count_params() == 14_714_688
    for got, expected in zip(model.get_weights(), imagenet_arrays(), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_the_line_of_the_notebook_gives_the_same_features(keras):
    path = backbones.vgg16_weights()
    notebook = keras.applications.VGG16(weights=path, include_top=False, input_shape=(40, 40, 3))
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 40, 40, 3)).astype("float32")
    batch = keras.applications.vgg16.preprocess_input(pixels)
    ours = backbones.vgg16((None, None, 3), dtype="float32").predict_on_batch(batch)
    np.testing.assert_allclose(ours, notebook.predict_on_batch(batch), rtol=1e-5, atol=1e-5)
    assert ours.max() > 0


def test_mixed_bfloat16_computes_in_16_bits_keeps_32_bit_weights_and_the_global_policy(keras):
    before = keras.config.dtype_policy().name
    model = backbones.vgg16((32, 32, 3), dtype="mixed_bfloat16")
    layer = model.get_layer("block1_conv1")
    assert layer.compute_dtype == "bfloat16" and layer.kernel.dtype == "float32"
    assert keras.config.dtype_policy().name == before
    np.testing.assert_array_equal(model.get_weights()[0], imagenet_arrays()[0])


def test_the_default_dtype_is_the_fast_one_of_this_processor(monkeypatch):
    for dtype, computes in [("mixed_bfloat16", "bfloat16"), ("float32", "float32")]:
        monkeypatch.setattr(settings, "compute_dtype", lambda dtype=dtype: dtype)
        assert backbones.vgg16((32, 32, 3)).get_layer("block5_conv3").compute_dtype == computes


def test_the_global_policy_comes_back_even_if_keras_fails(keras, monkeypatch):
    before = keras.config.dtype_policy().name

    def fail(**_):
        raise RuntimeError("broken Keras")

    monkeypatch.setattr(keras.applications, "VGG16", fail)
    with pytest.raises(RuntimeError):
        backbones.vgg16((32, 32, 3), dtype="mixed_bfloat16")
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize("shape", [(31, 150, 3), (150, 0, 3), (150.0, 150, 3), ("150", 150, 3)])
def test_a_side_below_32_pixels_or_no_whole_number_is_refused(shape):
    with pytest.raises(DataError, match="at least 32 x 32 pixels.*\n.*150, 150, 3"):
        backbones.vgg16(shape)


@pytest.mark.parametrize("shape", [(150, 150, 1), (150, 150, 4), (150, 150), 150, (3, 150, 150)])
def test_anything_but_three_channels_at_the_end_is_refused(shape):
    with pytest.raises(DataError, match="3 channels"):
        backbones.vgg16(shape)


@pytest.mark.parametrize("dtype", ["float23", "int8", "bfloat", 3])
def test_an_unknown_dtype_is_told_the_known_ones(dtype):
    with pytest.raises(SettingsError, match="mixed_bfloat16"):
        backbones.vgg16((32, 32, 3), dtype=dtype)


# -------------------------------------------------------------------------------- wrong weights files


def not_hdf5(path):
    path.write_text("<html>log in first</html>")


def empty_hdf5(path):
    h5py.File(path, "w").close()


def other_shape(path):
    layers = dict(assets._hdf5_arrays(backbones.vgg16_weights()))
    layers["block3_conv1"] = (layers["block3_conv1"][0][:, :, :, :100], layers["block3_conv1"][1])
    path.write_bytes(assets._hdf5_file(layers))


def a_layer_less(path):
    layers = dict(assets._hdf5_arrays(backbones.vgg16_weights()))
    del layers["block5_conv3"]
    path.write_bytes(assets._hdf5_file(layers))


def cut_off(path):
    path.write_bytes(backbones.vgg16_weights().read_bytes()[:30_000_000])


@pytest.mark.parametrize("make", [not_hdf5, empty_hdf5, other_shape, a_layer_less, cut_off])
@pytest.mark.parametrize("name", ["mine.h5", "mine.weights.h5", "mine.bin"])
def test_a_wrong_weights_file_is_one_clear_error_and_never_random_weights(tmp_path, make, name):
    make(tmp_path / name)
    with pytest.raises(AssetError, match=f"{name} does not hold the weights of VGG16"):
        backbones.vgg16((32, 32, 3), dtype="float32", weights=tmp_path / name)


def test_weights_of_a_part_of_the_network_are_refused(keras, tmp_path):
    model = backbones.vgg16((32, 32, 3), dtype="float32")
    keras.Model(model.input, model.get_layer("block4_pool").output).save_weights(tmp_path / "part.weights.h5")
    with pytest.raises(AssetError, match="does not hold the weights"):
        backbones.vgg16((32, 32, 3), dtype="float32", weights=tmp_path / "part.weights.h5")


def test_a_missing_weights_file_is_one_clear_error(tmp_path):
    with pytest.raises(AssetError, match="There is no weights file"):
        backbones.vgg16((32, 32, 3), weights=tmp_path / "none.h5")


def test_own_weights_come_back_as_they_were_saved(tmp_path):
    model = backbones.vgg16((32, 32, 3), dtype="float32")
    kernel, bias = model.get_layer("block5_conv3").get_weights()
    model.get_layer("block5_conv3").set_weights([kernel + 1, bias])
    model.save_weights(tmp_path / "mine.weights.h5")
    again = backbones.vgg16((32, 32, 3), dtype="float32", weights=str(tmp_path / "mine.weights.h5"))
    np.testing.assert_array_equal(again.get_layer("block5_conv3").get_weights()[0], kernel + 1)
