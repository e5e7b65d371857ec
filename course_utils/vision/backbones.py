"""Networks that were trained on ImageNet, ready to be used as feature extractors, and a head for dogs (lessons 02, 03)."""

import warnings
from collections.abc import Callable
from numbers import Integral
from pathlib import Path

from course_utils import assets, settings
from course_utils.errors import AssetError, DataError, SettingsError

__all__ = ["mobilenetv2", "mobilenetv2_weights", "vgg16", "vgg16_weights", "with_dog_breeds_head"]

DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")
SMALLEST_SIDE = 32  # both networks halve the side five times
WEIGHTS_HINT = "leave out `weights` to use the pretrained weights."


def vgg16_weights() -> Path:
    """Return the ImageNet weights file of VGG16's convolutional base; the first call downloads it (61 MB).

    Lesson 02 gives it to Keras: ``keras.applications.VGG16(weights=vgg16_weights(), include_top=False)``.

    Returns
    -------
    pathlib.Path
        An HDF5 file with 13 kernels (height, width, channels in, channels out) and 13 biases.

    Raises
    ------
    AssetError
        If the file cannot be had.
    """
    return assets.fetch("vgg16")


def vgg16(
    input_shape: tuple[int | None, int | None, int] = (150, 150, 3),
    dtype: str | None = None,
    weights: Path | str | None = None,
):
    """Return the convolutional base of VGG16 with its ImageNet weights (lesson 02).

    The network of Simonyan and Zisserman (2015, arXiv:1409.1556) without its three dense layers. It expects
    RGB images from 0 to 255 that went through ``keras.applications.vgg16.preprocess_input``.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width (each 32 or more; None for any) and 3 channels.
    dtype : str, optional
        Keras dtype policy: ``"float32"``, or ``"mixed_bfloat16"`` or ``"mixed_float16"``, which keep float32
        weights but compute, and return, 16-bit numbers. By default the fast one of this processor, see
        :func:`course_utils.settings.compute_dtype`. The global policy of Keras is the same afterwards.
    weights : path, optional
        Another weights file of this network, for instance your own. By default :func:`vgg16_weights`.

    Returns
    -------
    keras.Model
        From (batch, height, width, 3) to (batch, height // 32, width // 32, 512).

    Raises
    ------
    DataError
        If ``input_shape`` does not fit the network.
    SettingsError
        If ``dtype`` is none of the three.
    AssetError
        If the weights cannot be had, or are not those of this network. The weights are never random.
    """
    return _base("VGG16", 150, input_shape, dtype, weights, vgg16_weights)


def mobilenetv2_weights() -> Path:
    """Return the weights file of MobileNetV2's convolutional base; the first call downloads it (20 MB).

    It fits ``keras.applications.MobileNetV2(weights=mobilenetv2_weights(), include_top=False)``.

    Returns
    -------
    pathlib.Path
        An HDF5 file with 52 kernels, each followed by the scale, offset, mean and variance that normalise it.

    Raises
    ------
    AssetError
        If the file cannot be had.
    """
    return assets.fetch("mobilenetv2")


def mobilenetv2(
    input_shape: tuple[int | None, int | None, int] = (160, 160, 3),
    dtype: str | None = None,
    weights: Path | str | None = None,
):
    """Return the convolutional base of MobileNetV2 with pretrained weights (lesson 03).

    The network of Sandler et al. (2018, arXiv:1801.04381), width 1, without its dense layer. Its weights were
    learned on ImageNet, and those after block 13 were then tuned on 19 breeds of dogs (``data/README.md``).
    It expects RGB images from 0 to 255 through ``keras.applications.mobilenet_v2.preprocess_input``.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width (each 32 or more; best 160, which the weights were learned at) and 3 channels. None for
        any multiple of 32: for other sides Keras then pads in another way than with a number.
    dtype : str, optional
        As for :func:`vgg16`, but by default ``"float32"``: when measured, 16 bits made this network no faster
        and changed its features by a tenth.
    weights : path, optional
        Another weights file of this network, for instance your own. By default :func:`mobilenetv2_weights`.

    Returns
    -------
    keras.Model
        From (batch, height, width, 3) to (batch, height / 32, width / 32, 1280), rounded up.

    Raises
    ------
    DataError
        If ``input_shape`` does not fit the network.
    SettingsError
        If ``dtype`` is none of the three.
    AssetError
        If the weights cannot be had, or are not those of this network. The weights are never random.
    """
    return _base("MobileNetV2", 160, input_shape, dtype or "float32", weights, mobilenetv2_weights)


def with_dog_breeds_head(base):
    """Return MobileNetV2 with the head that its last blocks were tuned for: 19 breeds of dogs. Introduced in lesson 03.

    Parameters
    ----------
    base : keras.Model
        What :func:`mobilenetv2` returned; its layers are shared, not copied.

    Returns
    -------
    keras.Model
        From (batch, height, width, 3) to 19 probabilities, in the order of :data:`course_utils.assets.DOG_BREEDS`.

    Raises
    ------
    DataError
        If `base` does not end in maps of 1,280 channels.
    AssetError
        If the head cannot be had.
    """
    shapes = [tuple(output.shape[1:]) for output in base.outputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][2] != 1280:
        raise DataError(f"The head reads maps of 1,280 channels, and {base.name!r} ends in {', '.join(map(str, shapes))}.",
                        "give it backbones.mobilenetv2().")
    path = assets.fetch("dog_breeds_head")
    import keras

    pooled = keras.layers.GlobalAveragePooling2D()(base.output)
    head = keras.layers.Dense(len(assets.DOG_BREEDS), activation="softmax", name="dense", dtype="float32")
    model = keras.Model(base.input, head(pooled), name="mobilenetv2_dog_breeds")
    head.set_weights(assets.read_layers(path)["dense"])
    return model


def _base(name: str, usual_side: int, input_shape, dtype, weights, pretrained: Callable[[], Path]):
    """Build the network of ``keras.applications`` without its top and load its weights."""
    _check_input_shape(name, usual_side, input_shape)
    dtype = dtype or settings.compute_dtype()
    if dtype not in DTYPES:
        raise SettingsError(f"dtype is {dtype!r}, which is not known.", f"use one of {', '.join(DTYPES)}.")
    path = Path(weights) if weights is not None else pretrained()
    if not path.is_file():
        raise AssetError(f"There is no weights file {path}.", WEIGHTS_HINT)
    import keras

    policy_before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)  # keras.applications has no argument for it
    try:
        network = getattr(keras.applications, name)
        model = network(weights=None, include_top=False, input_shape=tuple(input_shape))
    finally:
        keras.config.set_dtype_policy(policy_before)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a wrong file Keras warns at length before it fails
            model.load_weights(path)
    except Exception as error:  # Keras and HDF5 have a dozen kinds of error for a wrong file
        problem = f"{path} does not hold the weights of {name} without its top."
        raise AssetError(problem, WEIGHTS_HINT) from error
    return model


def _check_input_shape(name: str, usual_side: int, shape) -> None:
    example = (usual_side, usual_side, 3)
    hint = f"give (height, width, 3), for instance {example}, and convert grey images to RGB."
    if not isinstance(shape, (tuple, list)) or len(shape) != 3 or shape[2] != 3:
        raise DataError(f"{name} reads colour images with 3 channels, but input_shape is {shape!r}.", hint)
    for side in shape[:2]:
        if side is not None and not (isinstance(side, Integral) and side >= SMALLEST_SIDE):
            problem = f"{name} needs images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels"
            raise DataError(f"{problem}, but input_shape is {shape!r}.", hint)
