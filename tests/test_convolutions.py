"""Convolutions by hand are Keras' convolutions, and their cost is the one that the papers print."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import convolutions as cv

SHAPES = [(2, 7, 7, 3), (1, 8, 11, 4), (3, 6, 5, 1), (1, 12, 12, 3)]

# Howard et al. (2017), Table 1: kind, filter shape, input size. The paper prints "s2" for the last depthwise row; its
# own next row, still 7 x 7, shows that the step is 1.
TABLE_1 = [
    ("Conv2D", (3, 3, 3, 32), (224, 224, 3)),
    ("DepthwiseConv2D", (3, 3, 32), (112, 112, 32)), ("Conv2D", (1, 1, 32, 64), (112, 112, 32)),
    ("DepthwiseConv2D", (3, 3, 64), (112, 112, 64)), ("Conv2D", (1, 1, 64, 128), (56, 56, 64)),
    ("DepthwiseConv2D", (3, 3, 128), (56, 56, 128)), ("Conv2D", (1, 1, 128, 128), (56, 56, 128)),
    ("DepthwiseConv2D", (3, 3, 128), (56, 56, 128)), ("Conv2D", (1, 1, 128, 256), (28, 28, 128)),
    ("DepthwiseConv2D", (3, 3, 256), (28, 28, 256)), ("Conv2D", (1, 1, 256, 256), (28, 28, 256)),
    ("DepthwiseConv2D", (3, 3, 256), (28, 28, 256)), ("Conv2D", (1, 1, 256, 512), (14, 14, 256)),
    *5 * [("DepthwiseConv2D", (3, 3, 512), (14, 14, 512)), ("Conv2D", (1, 1, 512, 512), (14, 14, 512))],
    ("DepthwiseConv2D", (3, 3, 512), (14, 14, 512)), ("Conv2D", (1, 1, 512, 1024), (7, 7, 512)),
    ("DepthwiseConv2D", (3, 3, 1024), (7, 7, 1024)), ("Conv2D", (1, 1, 1024, 1024), (7, 7, 1024)),
    ("Conv2D", (1024, 1000), (1, 1, 1024)),     # the paper's FC; Keras writes it as a 1 x 1 convolution
]


@pytest.fixture
def layers():
    import keras

    return keras.layers


@pytest.fixture(scope="module")
def mobilenet():
    import keras

    return keras.applications.MobileNet(weights=None)


@pytest.fixture(scope="module")
def mobilenet_counts(mobilenet):
    return cv.count_model(mobilenet)


@pytest.fixture(scope="module")
def open_mobilenet():
    """MobileNet's base, made without a fixed size of the images."""
    import keras

    return keras.applications.MobileNet(weights=None, include_top=False, input_shape=(None, None, 3), name="base")


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def with_random_weights(layer, images):
    layer(images[:1])
    generator = np.random.default_rng(1)
    layer.set_weights([(generator.standard_normal(weight.shape) / math.sqrt(weight[..., 0].size)).astype("float32")
                       for weight in layer.get_weights()])
    return layer


# ---- by hand ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 2), (1, 1), (5, 3)])
@pytest.mark.parametrize("shape", SHAPES)
def test_convolutions_by_hand_equal_those_of_keras(layers, shape, kernel, strides, padding):
    images = random(*shape)
    options = {"strides": strides, "padding": padding, "use_bias": False}
    for layer, function in ((layers.Conv2D(6, kernel, **options), cv.convolve),
                            (layers.DepthwiseConv2D(kernel, **options), cv.convolve_depthwise),
                            (layers.SeparableConv2D(6, kernel, **options), cv.convolve_separable)):
        expected = np.asarray(with_random_weights(layer, images)(images))
        by_hand = function(images, *layer.get_weights(), strides=strides, padding=padding)
        assert by_hand.shape == expected.shape and by_hand.dtype == np.float32
        np.testing.assert_allclose(by_hand, expected, rtol=0, atol=1e-5, err_msg=type(layer).__name__)


def test_a_convolution_equals_four_nested_loops():
    images, kernel = random(2, 6, 7, 3), random(3, 2, 3, 4)
    expected = np.zeros((2, 2, 3, 4))
    for image, row, column, out in np.ndindex(expected.shape):
        patch = images[image, 2 * row:2 * row + 3, 2 * column:2 * column + 2]
        expected[image, row, column, out] = (patch.astype(float) * kernel[..., out]).sum()
    np.testing.assert_allclose(cv.convolve(images, kernel, strides=2), expected, atol=1e-5)


def test_strides_may_differ_down_and_to_the_right(layers):
    images = random(1, 9, 9, 2)
    layer = with_random_weights(layers.Conv2D(3, 3, strides=(1, 2), padding="same", use_bias=False), images)
    by_hand = cv.convolve(images, layer.get_weights()[0], layer.strides, "same")
    np.testing.assert_allclose(by_hand, np.asarray(layer(images)), atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (1, 2)])
def test_a_column_and_a_row_equal_their_outer_product(strides, padding):
    images, column, row = random(2, 9, 8, 3), [1., 2., 1.], [-1., 0., 1., 3.]
    kernel = np.repeat(np.outer(column, row)[:, :, None, None], 3, axis=2)
    expected = cv.convolve_depthwise(images, kernel, strides, padding)
    by_hand = cv.convolve_spatially(images, column, row, strides, padding)
    assert by_hand.shape == expected.shape
    np.testing.assert_allclose(by_hand, expected, atol=1e-5)


def test_a_sobel_filter_finds_the_edge_and_nothing_else():
    image = np.zeros((1, 5, 6, 1), np.uint8)
    image[:, :, 3:] = 200        # four times 200 does not fit into the 8 bits of a pixel
    assert cv.convolve_spatially(image, [1, 2, 1], [-1, 0, 1])[0, :, :, 0].tolist() == 3 * [[0, 800, 800, 0]]
    assert cv.convolve(image, np.ones((3, 3, 1, 1), np.uint8)).max() == 9 * 200


def test_no_channel_of_a_depthwise_convolution_sees_another():
    images, kernel = random(1, 6, 6, 3), random(3, 3, 3, 1)
    changed = images.copy()
    changed[..., 1] += 1
    difference = np.abs(cv.convolve_depthwise(changed, kernel) - cv.convolve_depthwise(images, kernel)).max((0, 1, 2))
    assert difference[1] > .01 and difference[[0, 2]].max() == 0


def test_images_and_kernels_stay_as_they_were_and_no_images_give_no_output():
    images, kernel = random(1, 6, 6, 3), random(3, 3, 3, 2)
    before = images.copy(), kernel.copy()
    cv.convolve(images, kernel, padding="same")
    assert np.array_equal(images, before[0]) and np.array_equal(kernel, before[1])
    assert cv.convolve(images[:0], kernel).shape == (0, 4, 4, 2)


IMAGES, KERNEL = np.zeros((1, 6, 6, 3)), np.zeros((3, 3, 3, 4))


@pytest.mark.parametrize(("function", "arguments", "message"), [
    (cv.convolve, (IMAGES[0], KERNEL), "no batch of images"),
    (cv.convolve, (IMAGES, KERNEL[..., 0]), "does not have the axes"),
    (cv.convolve, (IMAGES[..., :2], KERNEL), "2 channels, and the kernel is made for 3"),
    (cv.convolve, (IMAGES[:, :2], KERNEL), "does not fit into images of 2 x 6"),
    (cv.convolve, (IMAGES[:, :0], KERNEL, 1, "same"), "hold no numbers"),
    (cv.convolve, (IMAGES, KERNEL, 0), "strides is 0"),
    (cv.convolve, (IMAGES, KERNEL, 1.5), "strides is 1.5"),
    (cv.convolve, (IMAGES, KERNEL, (1, 1, 1)), "strides is"),
    (cv.convolve, (IMAGES, KERNEL, 1, "full"), "padding is 'full'"),
    (cv.convolve, (IMAGES.astype(str), KERNEL), "made of numbers"),
    (cv.convolve, ([[1, 2], [3]], KERNEL), "array of numbers"),
    (cv.convolve_depthwise, (IMAGES, KERNEL), "4 filters for each channel"),
    (cv.convolve_depthwise, (IMAGES, KERNEL[:, :, :2, :1]), "3 channels, and the kernel is made for 2"),
    (cv.convolve_separable, (IMAGES, KERNEL[..., :1], KERNEL), "pointwise kernel has a height and a width of 1"),
    (cv.convolve_separable, (IMAGES, KERNEL[..., :1], np.zeros((1, 1, 2, 4))), "3 channels, and the kernel is made for 2"),
    (cv.convolve_spatially, (IMAGES, [[1, 2]], [1]), "column has the shape"),
    (cv.convolve_spatially, (IMAGES, [1], 2), "row has the shape"),
    (cv.convolve_spatially, (IMAGES[0], [1], [1]), "no batch of images"),
    (cv.convolve_spatially, (IMAGES, 7 * [1], [1]), "does not fit"),
    (cv.convolve_spatially, (1, [1], [1]), "no batch of images"),
])
def test_an_input_that_does_not_fit_gives_one_clear_error(function, arguments, message):
    with pytest.raises(DataError, match=message) as error:
        function(*arguments)
    assert error.value.hint


# ---- by formula -------------------------------------------------------------------------------------------------


def test_the_example_of_12_by_12_images_costs_what_paper_and_pencil_say():
    assert cv.standard_cost(8, 3, 256, 5) == (1_228_800, 19_456)
    assert cv.separable_cost(8, 3, 256, 5) == (53_952, 1_102)


def test_multiplying_by_the_input_size_gives_the_wrong_numbers_that_are_often_read():
    # "2.8 M" takes 12 x 12 positions where there are 8 x 8; "60 K" does so in the depthwise half only.
    assert round(cv.standard_cost(12, 3, 256, 5).multiply_adds, -5) == 2_800_000
    depthwise, pointwise = cv.standard_cost(12, 3, 1, 5).multiply_adds, cv.standard_cost(8, 3, 256, 1).multiply_adds
    assert round(depthwise + pointwise, -3) == 60_000


def test_the_formulas_count_the_multiplications_that_the_convolutions_by_hand_do():
    # A picture of ones under a kernel of ones: the sum of the output is the number of its multiplications.
    ones = np.ones((1, 12, 12, 3))
    standard = cv.convolve(ones, np.ones((5, 5, 3, 256)))
    assert standard.sum() == cv.standard_cost(standard.shape[1:3], 3, 256, 5).multiply_adds
    depthwise = cv.convolve_depthwise(ones, np.ones((5, 5, 3, 1)))
    pointwise = cv.convolve(np.ones_like(depthwise), np.ones((1, 1, 3, 256)))
    assert depthwise.sum() + pointwise.sum() == cv.separable_cost(8, 3, 256, 5).multiply_adds


@pytest.mark.parametrize(("function", "size", "channels", "millions", "parameters"), [
    (cv.standard_cost, 14, 512, 462, 2.36), (cv.separable_cost, 14, 512, 52.3, .27),
    (cv.separable_cost, 14, 384, 29.6, .15), (cv.separable_cost, 10, 384, 15.1, .15),
])
def test_the_formulas_give_table_3_of_the_mobilenet_paper(function, size, channels, millions, parameters):
    cost = function(size, channels, channels, 3, bias=False)
    assert cost.multiply_adds / 1e6 == pytest.approx(millions, rel=2e-3)
    assert cost.parameters / 1e6 == pytest.approx(parameters, abs=.005)


@pytest.mark.parametrize(("size", "channels_in", "channels_out", "kernel"), [
    (8, 3, 256, 5), (112, 32, 64, 3), ((7, 9), 1024, 1024, (3, 5)), (1, 1, 1, 1)])
def test_the_ratio_needs_only_the_kernel_and_the_channels_of_the_output(size, channels_in, channels_out, kernel):
    separable, standard = (function(size, channels_in, channels_out, kernel).multiply_adds
                           for function in (cv.separable_cost, cv.standard_cost))
    assert cv.cost_ratio(channels_out, kernel) == pytest.approx(float(Fraction(separable, standard)), rel=1e-12)


@pytest.mark.parametrize("arguments", [(0, 3, 4, 3), (8, 0, 4, 3), (8, 3, 2.5, 3), (8, 3, 4, -1), ((8, 8, 8), 3, 4, 3),
                                       ("8", 3, 4, 3)])
def test_sizes_that_are_no_whole_numbers_give_one_clear_error(arguments):
    for function in (cv.standard_cost, cv.separable_cost):
        with pytest.raises(DataError, match="whole number"):
            function(*arguments)


def test_a_ratio_for_no_channels_gives_one_clear_error():
    with pytest.raises(DataError, match="channels_out is 0"):
        cv.cost_ratio(0, 3)


# ---- by count ---------------------------------------------------------------------------------------------------


def test_mobilenet_has_the_parameters_and_multiply_adds_of_its_paper(mobilenet, mobilenet_counts):
    whole = cv.total(mobilenet_counts)
    assert whole == (4_253_864, 568_740_352)
    assert round(whole.multiply_adds / 1e6) == 569        # as the paper prints it
    assert whole.parameters == mobilenet.count_params()


def test_the_layers_of_mobilenet_are_table_1_of_its_paper_row_by_row(mobilenet_counts):
    rows = [count for count in mobilenet_counts if count.multiply_adds]
    # Before a depthwise step of 2, Keras adds a row and a column of zeros in a layer of its own.
    padded = {pad.output_shape: pad.input_shape for pad in mobilenet_counts if pad.kind == "ZeroPadding2D"}
    assert list(padded) == [(113, 113, 64), (57, 57, 128), (29, 29, 256), (15, 15, 512)]
    found = [(row.kind, padded.get(row.input_shape, row.input_shape)) for row in rows]
    assert found == [(kind, size) for kind, _, size in TABLE_1]
    after_each = [size[:2] for _, _, size in TABLE_1[1:-1]] + [(7, 7), (1, 1)]      # the pooling comes before the last
    for row, (_, kernel, _), after in zip(rows, TABLE_1, after_each, strict=True):
        bias = 1000 if row.name == "conv_preds" else 0
        assert row.parameters == math.prod(kernel) + bias, row
        assert row.output_shape == (*after, kernel[-1]), row
        assert row.multiply_adds == math.prod(after) * math.prod(kernel), row


def test_the_shares_of_the_kinds_of_layers_are_table_2_of_the_mobilenet_paper(mobilenet_counts):
    rows = [count for count in mobilenet_counts if count.multiply_adds]
    groups = {"pointwise": rows[2:-1:2], "depthwise": rows[1:-1:2], "first": rows[:1], "classes": rows[-1:]}
    biases = 1000     # the paper leaves them out
    for name, work, weights in [("pointwise", 94.86, 74.59), ("depthwise", 3.06, 1.06), ("classes", .18, 24.33),
                                ("first", 1.91, .02)]:      # printed as 1.19, with which the four do not add up to 100
        part, whole = cv.total(groups[name]), cv.total(rows)
        assert 100 * part.multiply_adds / whole.multiply_adds == pytest.approx(work, abs=.0051), name
        kept = part.parameters - biases * (name == "classes")
        assert 100 * kept / (whole.parameters - biases) == pytest.approx(weights, abs=.0051), name


def test_mobilenet_with_standard_convolutions_costs_what_table_4_of_its_paper_says(mobilenet_counts):
    rows = [count for count in mobilenet_counts if count.multiply_adds]
    blocks = list(zip(rows[1:-1:2], rows[2:-1:2]))
    assert len(blocks) == 13
    costs = [cv.standard_cost(pointwise.output_shape[:2], depthwise.input_shape[2], pointwise.output_shape[2], 3, bias=False)
             for depthwise, pointwise in blocks]
    ends = cv.total([rows[0], rows[-1]])
    # It prints 4866: 1.3 million less than the sum of its own rows, three in ten thousand.
    assert ends.multiply_adds + sum(cost.multiply_adds for cost in costs) == 4_867_293_184
    assert (ends.parameters + sum(cost.parameters for cost in costs)) / 1e6 == pytest.approx(29.3, abs=.05)


@pytest.mark.parametrize(("side", "printed"), [(224, 569), (192, 418), (160, 290), (128, 186)])
def test_a_model_inside_a_model_is_counted_at_the_size_that_it_gets_there(open_mobilenet, side, printed):
    import keras

    inputs = keras.Input((side, side, 3))
    outputs = open_mobilenet(inputs / 127.5 - 1, training=False)
    outputs = keras.layers.Dense(1000)(keras.layers.GlobalAveragePooling2D()(outputs))
    model = keras.Model(inputs, outputs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = cv.total(cv.count_model(model))
    convolutions, dense = 567_716_352, 1_024_000    # at 224 px; only the first depends on the size
    assert whole == (model.count_params(), convolutions * side**2 // 224**2 + dense)
    # Table 7 of the MobileNet paper, which rounds 290.7 down, and 568.7 up
    assert abs(whole.multiply_adds / 1e6 - printed) < 1


def test_the_base_of_mobilenet_has_its_parameters_and_without_a_size_no_count(open_mobilenet):
    import keras

    base = keras.Sequential([keras.Input((224, 224, 3)), open_mobilenet])
    counts = cv.count_model(base)
    assert cv.total(counts) == (3_228_864, 568_740_352 - 1_024_000)
    assert counts[-1].output_shape == (7, 7, 1024) and "conv_pw_13" in [count.name for count in counts]
    with pytest.raises(DataError, match="leaves its output size open"):
        cv.count_model(open_mobilenet)


def test_half_the_width_is_a_quarter_of_the_pointwise_and_half_of_the_depthwise_cost(mobilenet_counts):
    import keras

    half = cv.count_model(keras.applications.MobileNet(weights=None, alpha=.5))
    whole = cv.total(half)
    assert round(whole.multiply_adds / 1e6) == 149 and round(whole.parameters / 1e6, 1) == 1.3      # Table 6
    for wide, thin in zip(mobilenet_counts, half, strict=True):
        if wide.name.startswith("conv_pw") and wide.multiply_adds:
            assert wide.multiply_adds == 4 * thin.multiply_adds
        elif wide.name.startswith(("conv_dw", "conv1")):
            assert wide.multiply_adds == 2 * thin.multiply_adds


def test_vgg16_has_the_parameters_and_multiply_adds_that_are_known():
    import keras

    model = keras.applications.VGG16(weights=None)
    whole = cv.total(cv.count_model(model))
    assert whole.parameters == model.count_params() == 138_357_544
    assert whole.multiply_adds == 15_470_264_320


@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50"])
def test_other_networks_are_counted_without_a_warning(name):
    import keras

    known = {"MobileNetV2": (3_538_984, 300_774_272), "ResNet50": (25_636_712, 3_857_973_248)}
    model = getattr(keras.applications, name)(weights=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cv.total(cv.count_model(model)) == known[name]


def built(layer, shape):
    layer.build((None, *shape))
    return layer


@pytest.mark.parametrize(("kind", "options", "shape", "parameters", "multiply_adds", "after"), [
    ("Conv2D", {"filters": 8, "kernel_size": 3}, (10, 12, 4), 296, 8 * 10 * 288, (8, 10, 8)),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "strides": 2, "padding": "same"}, (11, 12, 4), 296, 36 * 288, (6, 6, 8)),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "groups": 2}, (10, 10, 4), 152, 64 * 144, (8, 8, 8)),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "dilation_rate": 2}, (10, 10, 4), 296, 36 * 288, (6, 6, 8)),
    ("Conv2D", {"filters": 8, "kernel_size": (1, 3), "use_bias": False}, (5, 5, 1), 24, 15 * 24, (5, 3, 8)),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}, (4, 10, 12), 296, 80 * 288, (8, 8, 10)),
    ("DepthwiseConv2D", {"kernel_size": 3}, (10, 10, 4), 40, 64 * 36, (8, 8, 4)),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (10, 10, 4), 80, 64 * 72, (8, 8, 8)),
    ("SeparableConv2D", {"filters": 8, "kernel_size": 3, "strides": 2}, (11, 11, 4), 76, 25 * 68, (5, 5, 8)),
    ("Dense", {"units": 5}, (7,), 40, 35, (5,)),
    ("Dense", {"units": 5}, (3, 4, 7), 40, 12 * 35, (3, 4, 5)),
    ("BatchNormalization", {}, (6, 6, 4), 16, 0, (6, 6, 4)),
    ("PReLU", {"shared_axes": [1, 2]}, (6, 6, 4), 4, 0, (6, 6, 4)),
    ("MaxPooling2D", {}, (6, 6, 4), 0, 0, (3, 3, 4)),
    ("Flatten", {}, (6, 6, 4), 0, 0, (144,)),
    ("Dropout", {"rate": .5}, (6,), 0, 0, (6,)),
])
def test_a_layer_costs_its_kernel_at_every_position(layers, kind, options, shape, parameters, multiply_adds, after):
    layer = built(getattr(layers, kind)(**options), shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        count = cv.count_layer(layer)
    assert count == cv.LayerCount(layer.name, kind, shape, after, parameters, multiply_adds)


def test_the_formulas_are_the_counts_of_keras_layers(layers):
    standard, depthwise, pointwise, separable = (built(layer, shape) for layer, shape in (
        (layers.Conv2D(256, 5), (12, 12, 3)), (layers.DepthwiseConv2D(5), (12, 12, 3)),
        (layers.Conv2D(256, 1), (8, 8, 3)), (layers.SeparableConv2D(256, 5), (12, 12, 3))))
    assert cv.total([cv.count_layer(standard)]) == cv.standard_cost(8, 3, 256, 5)[::-1]
    halves = cv.total([cv.count_layer(depthwise), cv.count_layer(pointwise)])
    assert halves == cv.separable_cost(8, 3, 256, 5)[::-1]
    assert cv.total([cv.count_layer(separable)]) == (halves.parameters - 3, halves.multiply_adds)    # one bias, not two


def test_a_layer_of_a_model_and_a_layer_called_on_images_know_their_sizes(mobilenet, mobilenet_counts, layers):
    by_name = {count.name: count for count in mobilenet_counts}
    for name in ("conv1", "conv1_bn", "conv_dw_2", "conv_pad_2", "conv_preds", "predictions"):
        assert cv.count_layer(mobilenet.get_layer(name)) == by_name[name]
    assert cv.count_layer(mobilenet.layers[0]).multiply_adds == 0
    layer = layers.Conv2D(2, 3)
    layer(np.zeros((5, 6, 6, 1)))
    assert cv.count_layer(layer).output_shape == (4, 4, 2)


def test_a_layer_that_is_used_twice_works_twice_and_is_stored_once(layers):
    import keras

    inputs, shared = keras.Input((8, 8, 3)), layers.Conv2D(3, 3, name="shared")
    model = keras.Model(inputs, shared(shared(inputs)))
    first, second = cv.count_model(model)
    assert (first.parameters, second.parameters) == (84, 0)
    assert (first.multiply_adds, second.multiply_adds) == (36 * 81, 16 * 81)
    assert model.count_params() == 84
    assert cv.count_layer(shared) == first


def test_branches_and_models_in_models_in_models_are_counted(layers):
    import keras

    small = keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(2, 1, name="inner")], name="small")
    middle = keras.Sequential([small, layers.Activation("relu")], name="middle")
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, layers.Add(name="both")([middle(inputs), inputs]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counts = cv.count_model(model)
    assert [count.kind for count in counts] == ["Conv2D", "Activation", "Add"]
    assert counts[-1].input_shape == ((4, 4, 2), (4, 4, 2)) and counts[-1].output_shape == (4, 4, 2)
    assert cv.total(counts) == (model.count_params(), 64)


def test_layers_of_unknown_cost_are_named_in_one_warning_and_their_parameters_counted(layers):
    import keras

    class Conv2D(layers.Layer):     # the name alone is no proof
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],))

        def call(self, x):
            return x * self.scale

    inputs = keras.Input((6, 6, 4))
    x = Conv2D(name="disguised")(layers.Conv2DTranspose(4, 2, name="upwards")(inputs))
    x = layers.Lambda(lambda x: x @ np.eye(4, dtype="float32"), output_shape=(7, 7, 4), name="anything")(x)
    x = keras.ops.einsum("nhwc,nhwc->nhwc", x, x)
    model = keras.Model(inputs, layers.Conv2D(1, 1)(x))
    with pytest.warns(cv.UncountedLayerWarning) as caught:
        counts = cv.count_model(model)
    assert len(caught) == 1 and caught[0].filename == __file__
    message = str(caught[0].message)
    for name in ("upwards (Conv2DTranspose)", "disguised (Conv2D)", "anything (Lambda)", "(Einsum)"):
        assert message.count(name) == 1
    assert cv.total(counts) == (model.count_params(), 49 * 4)
    assert [count.parameters for count in counts] == [68, 4, 0, 0, 5]
    with pytest.warns(cv.UncountedLayerWarning, match="upwards") as caught:
        assert cv.count_layer(model.get_layer("upwards")).parameters == 68
    assert len(caught) == 1


def test_weights_that_belong_to_the_model_itself_are_not_lost(layers):
    import keras

    class Odd(keras.Model):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.spare = layers.Dense(3, name="spare")
            self.spare.build((None, 4))

    inputs = keras.Input((4,))
    model = Odd(inputs, layers.Dense(2)(inputs))
    with pytest.warns(cv.UncountedLayerWarning, match="Odd"):
        counts = cv.count_model(model)
    assert cv.total(counts) == (model.count_params(), 8) == (25, 8)


def test_counting_leaves_the_model_as_it_was(mobilenet):
    before = len(mobilenet.layers), mobilenet.get_layer("conv1").output.shape, mobilenet.get_weights()[0].copy()
    assert cv.count_model(mobilenet) == cv.count_model(mobilenet)
    layer = mobilenet.get_layer("conv1")        # a second use of it would make its output ambiguous
    assert (len(mobilenet.layers), layer.output.shape) == before[:2]
    assert np.array_equal(mobilenet.get_weights()[0], before[2])


def test_what_cannot_be_counted_gives_one_clear_error(layers, mobilenet):
    import keras

    class InCode(keras.Model):
        def call(self, x):
            return x

    for thing, message in [(keras.Sequential([layers.Dense(2)]), "has not been built"), (keras.Sequential(), "built"),
                           (InCode(), "no graph"), (layers.Dense(2), "no graph"), (3, "no graph")]:
        with pytest.raises(DataError, match=message) as error:
            cv.count_model(thing)
        assert error.value.hint
    for thing, message in [(layers.Conv2D(2, 3), "has not been built"), (layers.Flatten(), "has not been built"),
                           (layers.ReLU(), "has not been built"), (mobilenet, "is a model"), (3, "not a Keras layer"),
                           (built(layers.Conv2D(2, 3), (None, None, 3)), "leaves its output size open")]:
        with pytest.raises(DataError, match=message) as error:
            cv.count_layer(thing)
        assert error.value.hint


def test_nothing_costs_nothing():
    assert cv.total([]) == (0, 0)
