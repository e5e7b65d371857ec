"""A folded network says the same with fewer layers, and whatever cannot be folded stays as it is."""

import numpy as np
import pytest

from course_utils.vision.folding import fold_normalisations


@pytest.fixture(scope="module")
def keras():
    import keras

    keras.utils.set_random_seed(0)
    return keras


def disturbed(model):
    """Give a network averages, scales and offsets as after a training."""
    random = np.random.default_rng(0)
    model.set_weights([weight + random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    return model


def agree(first, second, shape=(8, 9, 3), rounding=1e-5):
    images = np.random.default_rng(1).normal(size=(5, *shape)).astype("float32")
    expected = first.predict_on_batch(images)
    assert expected.std(0).max() > 0.01                             # it tells the images apart
    np.testing.assert_allclose(second.predict_on_batch(images), expected, atol=rounding * np.abs(expected).max())


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}])
@pytest.mark.parametrize("bias", [True, False])
def test_every_kind_of_convolution_takes_its_normalisation_in(keras, bias, options):
    layers = keras.layers
    inputs = output = keras.Input((8, 9, 3))
    for layer in (layers.Conv2D(4, 3, strides=2, use_bias=bias), layers.DepthwiseConv2D(3, use_bias=bias, padding="same"),
                  layers.DepthwiseConv2D(2, depth_multiplier=3, use_bias=bias), layers.Conv2D(6, 1, groups=3, use_bias=bias)):
        output = layers.ReLU()(layers.BatchNormalization(**options)(layer(output)))
    model = disturbed(keras.Model(inputs, output))
    folded = fold_normalisations(model)
    assert "BatchNormalization" in kinds(model) and "BatchNormalization" not in kinds(folded)
    agree(model, folded)


def test_mobilenetv2_loses_all_52_normalisations_and_its_features_stay(keras):
    network = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.35)
    for layer in network.layers:
        layer.momentum = 0.0                                        # of a normalisation: its averages become these images'
    network(np.random.default_rng(2).normal(size=(64, 32, 32, 3)), training=True)
    folded = fold_normalisations(network)
    assert (kinds(network).count("BatchNormalization"), kinds(folded).count("BatchNormalization")) == (52, 0)
    agree(network, folded, (32, 32, 3), rounding=1e-4)
    cut = keras.Model(network.input, network.get_layer("block_13_project_BN").output)
    agree(cut, fold_normalisations(cut), (32, 32, 3), rounding=1e-4)


def test_a_normalisation_stays_where_its_convolution_has_another_reader_an_activation_or_other_numbers(keras):
    layers = keras.layers
    inputs = keras.Input((8, 9, 3))
    forked = layers.Conv2D(3, 3, padding="same")(inputs)
    active = layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    coarse = layers.Conv2D(3, 3, padding="same", dtype="mixed_bfloat16")(inputs)
    seen = layers.Conv2D(3, 3, padding="same")(inputs)
    shared, first = layers.Conv2D(3, 3, padding="same"), layers.BatchNormalization()
    twice = [first(shared(inputs)), shared(forked)]
    normal = [layers.BatchNormalization()(one) for one in (forked, active, seen, inputs)]
    output = layers.Add()([forked, *normal, *twice, layers.BatchNormalization(dtype="float32")(coarse)])
    model = disturbed(keras.Model(inputs, [output, seen]))
    assert fold_normalisations(model) is model


def test_a_network_is_not_changed_and_learns_alone(keras):
    inputs = keras.Input((8, 9, 3))
    convolution = keras.layers.Conv2D(4, 3, name="convolution")
    model = disturbed(keras.Model(inputs, keras.layers.BatchNormalization()(convolution(inputs))))
    before = model.get_weights()
    folded = fold_normalisations(model)
    folded.set_weights([weight * 0 for weight in folded.get_weights()])
    assert all(map(np.array_equal, model.get_weights(), before))
    assert convolution.input is model.input                           # still a layer of one network


def test_what_has_no_graph_of_single_layers_is_left_alone(keras):
    chain = keras.Sequential([keras.Input((8, 9, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    inputs = keras.Input((8, 9, 3))
    nested = keras.Model(inputs, chain(inputs))
    assert fold_normalisations(chain) is chain and fold_normalisations(nested) is nested
