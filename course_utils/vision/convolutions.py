"""Convolutions by hand, and what they cost by count (lesson 03). What they cost by the clock: `course_utils.vision.speed`.

One multiply-add is one weight of a kernel, multiplied and added, at one position of the output. Biases, batch
normalisation, activations and pooling count as 0 multiply-adds: that is the convention of Howard et al. (2017),
"MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications" (arXiv:1704.04861).
"""

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np

from course_utils.data._checks import checked_whole
from course_utils.errors import DataError

__all__ = [
    "Cost", "LayerCount", "Total", "UncountedLayerWarning", "convolve", "convolve_depthwise", "convolve_separable",
    "convolve_spatially", "cost_ratio", "count_layer", "count_model", "separable_cost", "standard_cost",
    "total",
]

# The kernels of a counted layer: each of their weights works once at every position of the output. That holds with
# groups too, where a kernel is thinner, and with strides and dilation, which change the positions and not the kernel.
KERNELS = {
    "Conv2D": ("kernel",),
    "DepthwiseConv2D": ("kernel",),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel"),
    "Dense": ("kernel",),
}

# Layers and operations of Keras that work number by number, or only move numbers: 0 multiply-adds by the convention.
FREE = frozenset("""
    InputLayer Identity BatchNormalization Activation ReLU LeakyReLU PReLU ELU Softmax
    Dropout SpatialDropout2D GaussianDropout GaussianNoise AlphaDropout ActivityRegularization
    MaxPooling2D AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D
    ZeroPadding2D Cropping2D UpSampling2D Flatten Reshape Permute RepeatVector
    Average Concatenate Maximum Minimum Rescaling Normalization Resizing CenterCrop
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomCrop RandomContrast RandomBrightness
    Absolute Add Subtract Multiply Divide TrueDivide Negative Square Sqrt Clip Cast GetItem Stack Squeeze ExpandDims
    Transpose Mean Max Min Sum Pad Relu Relu6 Sigmoid HardSigmoid Tanh Silu
""".split())


class UncountedLayerWarning(UserWarning):
    """A layer was met whose multiply-adds this module does not know; they are missing in the sum."""


@dataclass(frozen=True)
class LayerCount:
    """What one use of a layer costs. Introduced in lesson 03.

    Attributes
    ----------
    name : str
        Name of the layer.
    kind : str
        Name of its class, such as ``"DepthwiseConv2D"``.
    input_shape, output_shape : tuple
        Without the batch axis, such as ``(224, 224, 3)``; a tuple of shapes where there are several.
    parameters : int
        All numbers that the layer keeps, biases and moving averages too, as Keras' ``count_params()``.
    multiply_adds : int
        For one image.
    """

    name: str
    kind: str
    input_shape: tuple
    output_shape: tuple
    parameters: int
    multiply_adds: int


class Cost(NamedTuple):
    """Cost of a layer that exists only on paper, see :func:`standard_cost`."""

    multiply_adds: int
    parameters: int


class Total(NamedTuple):
    """Cost of a whole network, see :func:`total`."""

    parameters: int
    multiply_adds: int


# ---- by hand ----------------------------------------------------------------------------------------------------


def convolve(images: np.ndarray, kernel: np.ndarray, strides: int = 1, padding: str = "valid") -> np.ndarray:
    """Standard convolution: every filter looks at all channels of a patch. Introduced in lesson 03.

    As in all deep-learning libraries the kernel is not flipped, and there is no bias. Made to be read, not to be fast.

    Parameters
    ----------
    images : array (n, height, width, channels in)
        Numbers of any kind; computed with at least float32.
    kernel : array (kernel height, kernel width, channels in, channels out)
        As ``keras.layers.Conv2D`` keeps it.
    strides : int or (int, int)
        Step of the kernel down and to the right.
    padding : {"valid", "same"}
        "valid": only whole patches. "same": zeros around the image, so that a step of 1 keeps its size; where their
        number is odd, the last row or column gets the additional one, as in Keras.

    Returns
    -------
    numpy.ndarray
        Shape (n, out height, out width, channels out).

    Raises
    ------
    DataError
        If a shape, the strides or the padding does not fit.
    """
    images, kernel = _checked(images, kernel, ("kernel height", "kernel width", "channels in", "channels out"))
    patches = _patches(images, kernel.shape[:2], strides, padding)
    return np.tensordot(patches, kernel, axes=([4, 5, 3], [0, 1, 2]))


def convolve_depthwise(images: np.ndarray, kernel: np.ndarray, strides: int = 1, padding: str = "valid") -> np.ndarray:
    """Depthwise convolution: one filter for each channel, and no channel sees another. Introduced in lesson 03.

    Parameters
    ----------
    images : array (n, height, width, channels)
        See :func:`convolve`, also for the strides and the padding.
    kernel : array (kernel height, kernel width, channels, 1)
        As ``keras.layers.DepthwiseConv2D`` keeps it.

    Returns
    -------
    numpy.ndarray
        Shape (n, out height, out width, channels).

    Raises
    ------
    DataError
        If a shape, the strides or the padding does not fit.
    """
    images, kernel = _checked(images, kernel, ("kernel height", "kernel width", "channels", "1"))
    if kernel.shape[3] != 1:
        raise DataError(f"A depthwise kernel of shape {kernel.shape} has {kernel.shape[3]} filters for each channel.",
                        "give a kernel of shape (kernel height, kernel width, channels, 1).")
    patches = _patches(images, kernel.shape[:2], strides, padding)
    return np.einsum("nhwcij,ijc->nhwc", patches, kernel[..., 0])


def convolve_separable(images: np.ndarray, depthwise_kernel: np.ndarray, pointwise_kernel: np.ndarray,
                       strides: int = 1, padding: str = "valid") -> np.ndarray:
    """Depthwise separable convolution: first look around in each channel, then mix the channels. Introduced in lesson 03.

    Sifre (2014), "Rigid-Motion Scattering for Image Classification", thesis; Howard et al. (2017), arXiv:1704.04861.

    Parameters
    ----------
    images : array (n, height, width, channels in)
        See :func:`convolve`, also for the strides, which belong to the depthwise half, and the padding.
    depthwise_kernel : array (kernel height, kernel width, channels in, 1)
        As ``keras.layers.SeparableConv2D`` keeps it.
    pointwise_kernel : array (1, 1, channels in, channels out)
        The weights of the mixture.

    Returns
    -------
    numpy.ndarray
        Shape (n, out height, out width, channels out).

    Raises
    ------
    DataError
        If a shape, the strides or the padding does not fit.
    """
    if np.shape(pointwise_kernel)[:2] != (1, 1):
        raise DataError(f"A pointwise kernel has a height and a width of 1, not the shape {np.shape(pointwise_kernel)}.",
                        "give a kernel of shape (1, 1, channels in, channels out).")
    return convolve(convolve_depthwise(images, depthwise_kernel, strides, padding), pointwise_kernel)


def convolve_spatially(images: np.ndarray, column: np.ndarray, row: np.ndarray, strides: int = 1,
                       padding: str = "valid") -> np.ndarray:
    """Spatially separable convolution: a column and then a row, the same for every channel. Introduced in lesson 03.

    Equal to a depthwise convolution with the kernel ``np.outer(column, row)``, with k + k multiplications at a
    position instead of k · k. Few kernels are such a product.

    Parameters
    ----------
    images : array (n, height, width, channels)
        See :func:`convolve`, also for the strides and the padding.
    column : array (kernel height,)
        Weights from top to bottom.
    row : array (kernel width,)
        Weights from left to right.

    Returns
    -------
    numpy.ndarray
        Shape (n, out height, out width, channels).

    Raises
    ------
    DataError
        If a shape, the strides or the padding does not fit.
    """
    column, row = _numbers(column, "column"), _numbers(row, "row")
    for line, what in ((column, "column"), (row, "row")):
        if line.ndim != 1:
            raise DataError(f"The {what} has the shape {line.shape}.", "give a flat list of weights, such as [1, 2, 1].")
    down, right = _pair(strides, "strides")
    images = _numbers(images, "images")
    channels = images.shape[-1] if images.ndim else 1
    column = np.repeat(column[:, None, None, None], channels, axis=2)
    row = np.repeat(row[None, :, None, None], channels, axis=2)
    return convolve_depthwise(convolve_depthwise(images, column, (down, 1), padding), row, (1, right), padding)


# ---- by count ---------------------------------------------------------------------------------------------------


def standard_cost(size: int, channels_in: int, channels_out: int, kernel: int, bias: bool = True) -> Cost:
    """Return the cost of a standard convolution. Introduced in lesson 03.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the *output*: the kernel is applied once for each of its positions.
    channels_in, channels_out : int
        Number of channels.
    kernel : int or (int, int)
        Height and width of the kernel.
    bias : bool
        Whether each channel of the output has a bias, one parameter. MobileNet has none.

    Returns
    -------
    Cost
        (multiply_adds, parameters).

    Raises
    ------
    DataError
        If a number is not a whole number from 1 up.

    Examples
    --------
    >>> standard_cost(8, channels_in=3, channels_out=256, kernel=5)
    Cost(multiply_adds=1228800, parameters=19456)
    """
    positions, weights = math.prod(_pair(size, "size")), math.prod(_pair(kernel, "kernel"))
    weights *= checked_whole(channels_in, "channels_in") * checked_whole(channels_out, "channels_out")
    return Cost(positions * weights, weights + bias * channels_out)


def separable_cost(size: int, channels_in: int, channels_out: int, kernel: int, bias: bool = True) -> Cost:
    """Return the cost of a depthwise and a pointwise convolution, one after the other. Introduced in lesson 03.

    Parameters
    ----------
    size, channels_in, channels_out, kernel
        See :func:`standard_cost`.
    bias : bool
        Whether both halves have biases. ``keras.layers.SeparableConv2D`` has them only after the pointwise half:
        `channels_in` parameters fewer.

    Returns
    -------
    Cost
        (multiply_adds, parameters).

    Raises
    ------
    DataError
        If a number is not a whole number from 1 up.

    Examples
    --------
    >>> separable_cost(8, channels_in=3, channels_out=256, kernel=5)
    Cost(multiply_adds=53952, parameters=1102)
    """
    # A depthwise filter sees one channel: it costs what a standard convolution to a single channel costs.
    depthwise = standard_cost(size, channels_in, 1, kernel, bias=False)
    pointwise = standard_cost(size, channels_in, channels_out, 1, bias=False)
    biases = bias * (channels_in + channels_out)
    return Cost(depthwise.multiply_adds + pointwise.multiply_adds, depthwise.parameters + pointwise.parameters + biases)


def cost_ratio(channels_out: int, kernel: int) -> float:
    """Return separable / standard multiply-adds, 1 / N + 1 / D_K², which no other size enters. Introduced in lesson 03.

    Parameters
    ----------
    channels_out : int
        N, the number of channels of the output.
    kernel : int or (int, int)
        D_K, height and width of the kernel.

    Raises
    ------
    DataError
        If a number is not a whole number from 1 up.
    """
    return 1 / checked_whole(channels_out, "channels_out") + 1 / math.prod(_pair(kernel, "kernel"))


def count_layer(layer) -> LayerCount:
    """Return parameters and multiply-adds of one layer, read from the layer itself. Introduced in lesson 03.

    Parameters
    ----------
    layer : keras.layers.Layer
        A layer that has been built: it is part of a model, or was called on an input. A layer that is used several
        times is counted as in its first use; :func:`count_model` counts each.

    Returns
    -------
    LayerCount

    Raises
    ------
    DataError
        If it is a model, or does not know its input size.

    Warns
    -----
    UncountedLayerWarning
        If the multiply-adds of such a layer are not known here.
    """
    import keras

    if _has_graph(layer):
        raise DataError(f"{layer.name!r} is a model, not a layer.", "use count_model(model), and total(...) of its answer.")
    if not isinstance(layer, keras.layers.Layer):
        raise DataError(f"This is a {type(layer).__name__}, not a Keras layer.", "take a layer from model.layers.")
    count, known = _row(layer, *_shapes_of(layer), layer.weights)
    _warn([] if known else [count])
    return count


def count_model(model) -> list[LayerCount]:
    """Return parameters and multiply-adds of every use of a layer, in the order of computation. Introduced in lesson 03.

    Models inside the model are opened, with the input size that they get there. A layer that is used twice appears
    twice, with its parameters in the first row only. Input layers have no row. The parameters add up to
    ``model.count_params()``.

    Parameters
    ----------
    model : keras.Model
        Sequential, or made with ``keras.Model(inputs, outputs)``, for inputs of one size.

    Returns
    -------
    list of LayerCount

    Raises
    ------
    DataError
        If the model has not been built, leaves the size of its input open, or keeps its layers in Python code.

    Warns
    -----
    UncountedLayerWarning
        Once, with the names of all layers whose multiply-adds are not known here; their parameters are counted.
    """
    if not _has_graph(model):
        raise DataError(f"{type(model).__name__} shows no graph of layers to count.",
                        "make the model with keras.Sequential or keras.Model(inputs, outputs); "
                        "for a single layer use count_layer(layer).")
    try:
        inputs = model.inputs
    except AttributeError:  # a Sequential without an input
        inputs = None
    if not model.built or not inputs:
        raise DataError(f"The model {model.name!r} has not been built: the size of its input is not known.",
                        "begin it with keras.Input((height, width, channels)), or call it once on a batch.")
    counts, uncounted, seen = [], [], set()

    def visit(layer, before, after):
        # Two layers may share a weight, and a layer may be used twice: it is stored once.
        new = [weight for weight in getattr(layer, "weights", ()) if id(weight) not in seen]
        seen.update(map(id, new))
        count, known = _row(layer, before, after, new)
        counts.append(count)
        if not known:
            uncounted.append(count)

    _walk(model, inputs if len(inputs) > 1 else inputs[0], visit)
    left = [weight for weight in model.weights if id(weight) not in seen]
    if left:  # weights of the model's own, which belong to no layer of the graph
        counts.append(LayerCount(model.name, type(model).__name__, _shape(inputs), _shape(model.outputs), _size(left), 0))
        uncounted.append(counts[-1])
    _warn(uncounted)
    return counts


def total(counts: Iterable[LayerCount]) -> Total:
    """Return the sums (parameters, multiply_adds) of a network. Introduced in lesson 03.

    Parameters
    ----------
    counts : iterable of LayerCount
        What :func:`count_model` returned, or a part of it.
    """
    counts = list(counts)
    return Total(sum(count.parameters for count in counts), sum(count.multiply_adds for count in counts))


# ---- helpers ----------------------------------------------------------------------------------------------------


def _pair(value, what: str) -> tuple[int, int]:
    """Return (vertical, horizontal) of one number or of two."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(isinstance(one, Integral) and one >= 1 for one in pair):
        raise DataError(f"{what} is {value!r}.", "give a whole number, 1 or more, or two of them: (down, right).")
    return int(pair[0]), int(pair[1])


def _numbers(array, what: str) -> np.ndarray:
    """Return an array with at least float32, in which sums of many products of pixels have room."""
    try:
        array = np.asarray(array)
    except ValueError:  # lists of different lengths
        raise DataError(f"The {what} must be an array of numbers.", "give all rows the same length.") from None
    if array.dtype.kind not in "buif":
        raise DataError(f"The {what} must be made of numbers, not of {array.dtype}.", "convert with .astype('float32').")
    return array.astype(np.result_type(array.dtype, np.float32), copy=False)


def _checked(images, kernel, axes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return images and kernel as arrays of numbers that fit each other."""
    images, kernel = _numbers(images, "images"), _numbers(kernel, "kernel")
    if images.ndim != 4:
        raise DataError(f"Images of shape {images.shape} are no batch of images (n, height, width, channels).",
                        "for a single image, hand in image[np.newaxis].")
    if kernel.ndim != 4:
        raise DataError(f"A kernel of shape {kernel.shape} does not have the axes ({', '.join(axes)}).",
                        "add the missing axes with kernel.reshape(...).")
    if 0 in images.shape[1:] or 0 in kernel.shape:
        raise DataError(f"Images of shape {images.shape} or a kernel of shape {kernel.shape} hold no numbers.",
                        "check how the image was cut.")
    if images.shape[3] != kernel.shape[2]:
        raise DataError(f"The images have {images.shape[3]} channels, and the kernel is made for {kernel.shape[2]}.",
                        "give the kernel as many channels (its third axis) as the images have (their last).")
    return images, kernel


def _patches(images: np.ndarray, size: tuple[int, int], strides, padding: str) -> np.ndarray:
    """Return what lies under the kernel at each position, a view: (n, out height, out width, channels, *size)."""
    strides = _pair(strides, "strides")
    if padding not in ("valid", "same"):
        raise DataError(f"padding is {padding!r}.", 'use "valid" or "same".')
    if padding == "same":
        width = [(0, 0), (0, 0), (0, 0), (0, 0)]
        for axis, step, length in zip((1, 2), strides, size):
            outputs = math.ceil(images.shape[axis] / step)
            zeros = max((outputs - 1) * step + length - images.shape[axis], 0)
            width[axis] = (zeros // 2, zeros - zeros // 2)
        images = np.pad(images, width)
    if images.shape[1] < size[0] or images.shape[2] < size[1]:
        height, width = images.shape[1:3]
        raise DataError(f"A kernel of {size[0]} x {size[1]} does not fit into images of {height} x {width}.",
                        'use a smaller kernel, or padding="same".')
    patches = np.lib.stride_tricks.sliding_window_view(images, size, axis=(1, 2))
    return patches[:, ::strides[0], ::strides[1]]


def _has_graph(layer) -> bool:
    """Whether it is a model whose layers can be read, one after the other: Sequential, or made from inputs and outputs."""
    import keras

    return isinstance(layer, keras.Sequential) or isinstance(layer, keras.Model) and hasattr(layer, "operations")


def _tensors(structure) -> list:
    import keras

    return [tensor for tensor in keras.tree.flatten(structure) if isinstance(tensor, keras.KerasTensor)]


def _walk(model, inputs, visit):
    """Call visit(layer, inputs, outputs) for each use of a layer, on shapes alone; return the outputs of the model."""
    import keras

    def use(layer):
        def call(*args, **kwargs):
            if _has_graph(layer):
                return _walk(layer, args[0] if args else kwargs["inputs"], visit)
            outputs = layer.compute_output_spec(*args, **kwargs)
            visit(layer, _tensors((args, kwargs)), _tensors(outputs))
            return outputs
        return call

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            inputs = use(layer)(inputs)
        return inputs
    # Keras has no public way through a graph that passes by every *use* of a layer, at the sizes of this use:
    # model.layers has each layer once, and a model inside a model remembers the size with which it was made.
    return model._run_through_graph(inputs, operation_fn=use)


def _shapes_of(layer) -> tuple[list, list]:
    """Return inputs and outputs of a layer: from the model that it is part of, else as it was built."""
    import keras

    try:
        return _tensors(layer.input), _tensors(layer.output)
    except (AttributeError, ValueError):  # in no model, or used several times
        config = layer.get_build_config() or {} if layer.built else {}
    shapes = list(config["shapes_dict"].values()) if "shapes_dict" in config else [config.get("input_shape")]
    if None in shapes:
        raise DataError(f"The layer {layer.name!r} has not been built: the size of its input is not known.",
                        "call it on a batch of images first, or take it from a model.")
    tensors = [keras.tree.map_shape_structure(keras.KerasTensor, shape) for shape in shapes]
    return _tensors(tensors), _tensors(layer.compute_output_spec(*tensors))


def _shape(tensors: list) -> tuple:
    shapes = tuple(tuple(tensor.shape[1:]) for tensor in tensors)
    return shapes[0] if len(shapes) == 1 else shapes


def _size(weights: list) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _row(layer, before: list, after: list, weights: list) -> tuple[LayerCount, bool]:
    """Return the count of one use of a layer, and whether its multiply-adds are known."""
    kind, multiply_adds = type(layer).__name__, 0
    # A class of somebody else that is called Conv2D may compute anything.
    of_keras = type(layer).__module__.partition(".")[0] == "keras"
    if of_keras and kind in KERNELS:
        shape = after[0].shape
        positions = shape[2:] if getattr(layer, "data_format", None) == "channels_first" else shape[1:-1]
        if None in positions:
            raise DataError(f"The layer {layer.name!r} leaves its output size open: {tuple(shape[1:])}.",
                            "build the model for one size, such as keras.Input((224, 224, 3)).")
        multiply_adds = math.prod(positions) * sum(math.prod(getattr(layer, name).shape) for name in KERNELS[kind])
    count = LayerCount(layer.name, kind, _shape(before), _shape(after), _size(weights), multiply_adds)
    return count, of_keras and (kind in KERNELS or kind in FREE)


def _warn(uncounted: list[LayerCount]) -> None:
    if uncounted:
        # A layer that is used twice is named once.
        names = ", ".join(dict.fromkeys(f"{count.name} ({count.kind})" for count in uncounted))
        warnings.warn(f"The multiply-adds of these layers are not counted, only their parameters: {names}.",
                      UncountedLayerWarning, stacklevel=3)
