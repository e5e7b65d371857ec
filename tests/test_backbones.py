import h5py
import numpy as np
import pytest

from course_utils import assets, settings
from course_utils.errors import AssetError, DataError, SettingsError
from course_utils.vision import backbones


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


NETWORKS = {"vgg16": "VGG16", "mobilenetv2": "MobileNetV2"}


def weights_of(network):
    return getattr(backbones, f"{network}_weights")()


def imagenet_arrays(network="vgg16"):
    return [array for arrays in assets.read_layers(weights_of(network)).values() for array in arrays]


def test_vgg16_has_the_imagenet_weights_and_the_shape_of_its_features():
    model = backbones.vgg16((64, 96, 3), dtype="float32")
    assert model.output_shape == (None, 2, 3, 512) and model.count_params() == 14_714_688
    for got, expected in zip(model.get_weights(), imagenet_arrays(), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_mobilenetv2_has_the_weights_of_the_file_in_the_order_of_keras():
    model = backbones.mobilenetv2(dtype="float32")
    assert model.output_shape == (None, 5, 5, 1280) and model.count_params() == 2_257_984
    in_keras = {layer.name: tuple(w.shape for w in layer.weights) for layer in model.layers if layer.weights}
    assert list(in_keras.items()) == list(assets.ASSETS["mobilenetv2"].layers.items())
    in_file = assets.read_layers(backbones.mobilenetv2_weights())
    for layer, arrays in in_file.items():
        for got, expected in zip(model.get_layer(layer).get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(got, expected, err_msg=layer)
    normalisation = model.get_layer("block_16_project_BN")  # Keras' own word for the second and third
    np.testing.assert_array_equal(normalisation.beta, in_file["block_16_project_BN"][1])
    np.testing.assert_array_equal(normalisation.moving_mean, in_file["block_16_project_BN"][2])


@pytest.mark.parametrize(
    ("network", "module", "side"), [("vgg16", "vgg16", 40), ("mobilenetv2", "mobilenet_v2", 64)]
)
def test_the_line_of_the_notebook_gives_the_same_features(keras, network, module, side):
    application = getattr(keras.applications, NETWORKS[network])
    notebook = application(weights=weights_of(network), include_top=False, input_shape=(side, side, 3))
    pixels = np.random.default_rng(0).uniform(0, 255, (1, side, side, 3)).astype("float32")
    batch = getattr(keras.applications, module).preprocess_input(pixels)
    ours = getattr(backbones, network)((None, None, 3), dtype="float32").predict_on_batch(batch)
    np.testing.assert_allclose(ours, notebook.predict_on_batch(batch), rtol=1e-5, atol=1e-5)
    assert ours.max() > 0


def test_mixed_bfloat16_computes_in_16_bits_keeps_32_bit_weights_and_the_global_policy(keras):
    before = keras.config.dtype_policy().name
    model = backbones.vgg16((32, 32, 3), dtype="mixed_bfloat16")
    layer = model.get_layer("block1_conv1")
    assert layer.compute_dtype == "bfloat16" and layer.kernel.dtype == "float32"
    assert keras.config.dtype_policy().name == before
    np.testing.assert_array_equal(model.get_weights()[0], imagenet_arrays()[0])


def test_mobilenetv2_in_16_bits_keeps_32_bit_weights_and_statistics(keras):
    before = keras.config.dtype_policy().name
    model = backbones.mobilenetv2((32, 32, 3), dtype="mixed_bfloat16")
    assert {layer.compute_dtype for layer in model.layers} == {"bfloat16"}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == before


def test_features_of_mobilenetv2_tell_rendered_sharks_from_dolphins(keras):
    from sklearn.linear_model import LogisticRegression

    from course_utils.data import sea_animals

    model, features, labels = backbones.mobilenetv2(dtype="float32"), {}, {}
    for split in ("train", "test"):
        drawn = sea_animals.render_images(80, image_size=160, split=split)
        batch = keras.applications.mobilenet_v2.preprocess_input(drawn.images.astype("float32"))
        features[split] = model.predict(batch, batch_size=16, verbose=0).mean(axis=(1, 2))
        labels[split] = drawn.labels
    classifier = LogisticRegression(max_iter=3000).fit(features["train"], labels["train"])
    assert classifier.score(features["test"], labels["test"]) > 0.72  # guessing: 0.5


def test_the_default_dtype_is_the_fast_one_of_this_processor(monkeypatch):
    for dtype, computes in [("mixed_bfloat16", "bfloat16"), ("float32", "float32")]:
        monkeypatch.setattr(settings, "compute_dtype", lambda dtype=dtype: dtype)
        assert backbones.vgg16((32, 32, 3)).get_layer("block5_conv3").compute_dtype == computes


def test_the_default_dtype_of_mobilenetv2_is_float32_on_every_processor(monkeypatch):
    monkeypatch.setattr(settings, "compute_dtype", lambda: "mixed_bfloat16")
    assert backbones.mobilenetv2((32, 32, 3)).get_layer("Conv_1").compute_dtype == "float32"


def test_the_global_policy_comes_back_even_if_keras_fails(keras, monkeypatch):
    before = keras.config.dtype_policy().name

    def fail(**_):
        raise RuntimeError("broken Keras")

    monkeypatch.setattr(keras.applications, "VGG16", fail)
    with pytest.raises(RuntimeError):
        backbones.vgg16((32, 32, 3), dtype="mixed_bfloat16")
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize(("network", "usual"), [("vgg16", "150, 150, 3"), ("mobilenetv2", "160, 160, 3")])
@pytest.mark.parametrize("shape", [(31, 150, 3), (150, 0, 3), (150.0, 150, 3), ("150", 150, 3)])
def test_a_side_below_32_pixels_or_no_whole_number_is_refused(network, usual, shape):
    with pytest.raises(DataError, match=rf"{NETWORKS[network]} needs .*at least 32 x 32 pixels.*\n.*{usual}"):
        getattr(backbones, network)(shape)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("shape", [(150, 150, 1), (150, 150, 4), (150, 150), 150, (3, 150, 150)])
def test_anything_but_three_channels_at_the_end_is_refused(network, shape):
    with pytest.raises(DataError, match=f"{NETWORKS[network]} .*3 channels"):
        getattr(backbones, network)(shape)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("dtype", ["float23", "int8", "bfloat", 3])
def test_an_unknown_dtype_is_told_the_known_ones(network, dtype):
    with pytest.raises(SettingsError, match="mixed_bfloat16"):
        getattr(backbones, network)((32, 32, 3), dtype=dtype)


# -------------------------------------------------------------------------------- wrong weights files


def not_hdf5(path, network):
    path.write_text("<html>log in first</html>")


def empty_hdf5(path, network):
    h5py.File(path, "w").close()


def other_shape(path, network):
    layers = dict(assets.read_layers(weights_of(network)))
    kernel_layer = {"vgg16": "block3_conv1", "mobilenetv2": "block_3_project"}[network]
    kernel, *rest = layers[kernel_layer]
    layers[kernel_layer] = (kernel[:, :, :-1], *rest)
    path.write_bytes(assets._hdf5_file(layers))


def a_layer_less(path, network):
    layers = dict(assets.read_layers(weights_of(network)))
    layers.popitem()
    path.write_bytes(assets._hdf5_file(layers))


def cut_off(path, network):
    whole = weights_of(network).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize("make", [not_hdf5, empty_hdf5, other_shape, a_layer_less, cut_off])
@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("vgg16", "mine.h5"), ("vgg16", "mine.weights.h5"), ("vgg16", "mine.bin"),
        ("mobilenetv2", "mine.h5"), ("mobilenetv2", "mine.weights.h5"),
    ],
)
def test_a_wrong_weights_file_is_one_clear_error_and_never_random_weights(tmp_path, make, network, name):
    make(tmp_path / name, network)
    with pytest.raises(AssetError, match=f"{name} does not hold the weights of {NETWORKS[network]} "):
        getattr(backbones, network)((32, 32, 3), dtype="float32", weights=tmp_path / name)


def test_the_weights_of_one_network_are_refused_by_the_other():
    with pytest.raises(AssetError, match="vgg16.h5 does not hold the weights of MobileNetV2"):
        backbones.mobilenetv2((32, 32, 3), weights=backbones.vgg16_weights())


def test_own_statistics_of_mobilenetv2_come_back_as_they_were_saved(tmp_path):
    model = backbones.mobilenetv2((32, 32, 3), dtype="float32")
    *others, variance = model.get_layer("Conv_1_bn").get_weights()
    model.get_layer("Conv_1_bn").set_weights([*others, variance + 1])
    model.save_weights(tmp_path / "mine.weights.h5")
    again = backbones.mobilenetv2((32, 32, 3), dtype="float32", weights=tmp_path / "mine.weights.h5")
    np.testing.assert_array_equal(again.get_layer("Conv_1_bn").get_weights()[3], variance + 1)


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


def test_the_dog_breeds_head_is_the_dense_layer_of_its_file_on_the_mean_of_the_maps(keras):
    base = backbones.mobilenetv2((64, 64, 3))
    classifier = backbones.with_dog_breeds_head(base)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    (kernel, bias), = assets.read_layers(assets.fetch("dog_breeds_head")).values()
    scores = np.asarray(base(images)).mean((1, 2)) @ kernel + bias
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(classifier(images), expected, atol=1e-5)
    assert classifier.output_shape == (None, len(assets.DOG_BREEDS))
    assert classifier.get_layer("Conv1") is base.get_layer("Conv1")


def test_the_dog_breeds_head_is_refused_by_another_network(keras):
    pixels = keras.Input((64, 64, 3))
    vectors = keras.Model(pixels, keras.layers.Dense(1280)(keras.layers.Flatten()(pixels)))
    for base in (backbones.vgg16((64, 64, 3), dtype="float32"), vectors):
        with pytest.raises(DataError, match="1,280 channels"):
            backbones.with_dog_breeds_head(base)
