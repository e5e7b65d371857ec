"""Fine-tuning: train the last blocks of a pretrained network, gently, together with the new head (lesson 02).

Yosinski et al. (2014), "How transferable are features in deep neural networks?", NIPS; for learning rates that
differ from block to block: Howard and Ruder (2018), "Universal Language Model Fine-tuning", ACL.
"""

import time
from functools import lru_cache
from pathlib import Path

import numpy as np

from course_utils.errors import DataError

__all__ = [
    "assemble", "augmentation", "augmented", "best_epoch", "differential_adam", "fresh_copy",
    "seconds_per_step", "split_at", "train_from",
]


def _layer(model, name: str):
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise DataError(f"The model {model.name!r} has no layer {name!r}.", f"choose one of {', '.join(names)}.")
    return model.get_layer(name)


def split_at(model, layer_name: str):
    """Cut a chain of layers in two after `layer_name`.

    Parameters
    ----------
    model : keras.Model
        A chain, such as VGG16 without its top.
    layer_name : str
        The last layer of the lower part, such as ``"block4_pool"``.

    Returns
    -------
    lower, upper : keras.Model
        ``upper(lower(x))`` equals ``model(x)``. Both share their layers, and so their weights, with `model`.

    Raises
    ------
    DataError
        If there is no such layer, or nothing above it.
    """
    import keras

    last = _layer(model, layer_name)
    above = model.layers[model.layers.index(last) + 1:]
    if not above:
        raise DataError(f"{layer_name!r} is the last layer: nothing is left above it.", "cut further down.")
    lower = keras.Model(model.inputs[0], last.output, name=f"{model.name}_to_{layer_name}")
    entry = output = keras.Input(last.output.shape[1:], dtype=last.output.dtype)
    for layer in above:
        output = layer(output)
    return lower, keras.Model(entry, output, name=f"{model.name}_after_{layer_name}")


def _chain(model):
    """Yield the layers of a chain, those of chains inside it included, without the inputs."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _chain(layer)
        elif type(layer).__name__ != "InputLayer":
            yield layer


def fresh_copy(model):
    """Return a model with the same layers and weights that trains without touching the first one."""
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def train_from(model, layer_name: str) -> list[str]:
    """Freeze every layer below `layer_name`, let it and all above train, and return the names of those.

    Keras reads this when a model is *compiled*: after a call, compile again, or nothing changes.

    Raises
    ------
    DataError
        If there is no such layer.
    """
    first = model.layers.index(_layer(model, layer_name))
    for position, layer in enumerate(model.layers):
        layer.trainable = position >= first
    return [layer.name for layer in model.layers[first:] if layer.trainable_weights]


def _factor(path: str, factors: dict) -> float:
    """Return the factor of a weight: that of the longest name which one of its layers begins with, else 1."""
    parts = path.split("/")
    matching = [name for name in factors if any(part.startswith(name) for part in parts)]
    return factors[max(matching, key=len)] if matching else 1.0


@lru_cache(maxsize=1)
def _layerwise_adam():
    import keras

    @keras.saving.register_keras_serializable(package="course_utils")
    class LayerwiseAdam(keras.optimizers.Adam):
        """Adam whose step is multiplied, weight by weight, with the factor of its layer."""

        def __init__(self, factors=None, **arguments):
            super().__init__(**arguments)
            self.factors = dict(factors or {})

        def update_step(self, gradient, variable, learning_rate):
            path = self._trainable_variables[self._get_variable_index(variable)].path
            super().update_step(gradient, variable, learning_rate * _factor(path, self.factors))

        def get_config(self):
            return super().get_config() | {"factors": self.factors}

    return LayerwiseAdam


def differential_adam(learning_rate, factors: dict):
    """Return Adam with another learning rate for each block: lower blocks hold general features, so they move less.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        The rate of everything that `factors` does not name.
    factors : dict
        Multiple of the rate by the beginning of a layer's name, such as ``{"block4": 0.1, "block5": 0.3}`` or
        ``{"block5_conv1": 0.3, "block5": 0.6}``; the longest match counts.

    Raises
    ------
    DataError
        If a factor is negative or no number.
    """
    wrong = {name: factor for name, factor in factors.items() if not factor >= 0}
    if wrong:
        raise DataError(f"A learning rate cannot be multiplied with {wrong}.", "use factors from 0 up.")
    return _layerwise_adam()(learning_rate=learning_rate, factors=factors)


def augmentation(seed: int = 0):
    """Return Keras layers that change a photograph as a photographer might: mirror, tilt, shift, zoom.

    The ranges follow the source lesson's intent but keep the animal upright: a shark's tail that has been turned
    by 90 degrees looks like a dolphin's.
    """
    import keras

    layers = keras.layers
    return keras.Sequential([
        layers.RandomFlip("horizontal", seed=seed),
        layers.RandomRotation(20 / 360, fill_mode="reflect", seed=seed + 1),
        layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=seed + 2),
        layers.RandomZoom((-0.15, 0.1), fill_mode="reflect", seed=seed + 3),
    ], name="augmentation")


def augmented(images: np.ndarray, copies: int, seed: int = 0, batch_size: int = 50) -> np.ndarray:
    """Return `copies` randomly changed versions of each image, all of the first round first.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, shape (n, height, width, 3).
    copies : int
        Rounds; 0 gives an empty array.
    seed : int
        Same seed, same bytes.
    batch_size : int
        Images at a time.

    Returns
    -------
    numpy.ndarray
        uint8, shape (copies x n, height, width, 3).
    """
    change = augmentation(seed)
    changed = np.empty((copies * len(images), *images.shape[1:]), np.uint8)
    for position in range(0, len(changed), batch_size):
        rows = np.arange(position, min(position + batch_size, len(changed))) % len(images)
        batch = np.asarray(change(images[rows].astype(np.float32), training=True))
        changed[position:position + len(rows)] = np.clip(np.rint(batch), 0, 255)
    return changed


def best_epoch(path, patience: int = 3) -> list:
    """Return callbacks that write the weights of the best epoch by validation accuracy, and stop early.

    Afterwards ``model.load_weights(path)`` brings the best epoch back. Only weights are written: Adam's memory of the
    gradients would make the file three times as large.

    Parameters
    ----------
    path : str or pathlib.Path
        Where the best weights go; must end in ``.weights.h5``.
    patience : int
        Epochs without a better validation accuracy before training stops.

    Raises
    ------
    DataError
        If the name does not end in ``.weights.h5``.
    """
    import keras

    if not str(path).endswith(".weights.h5"):
        raise DataError(f"{Path(path).name!r} is no name for weights.", "let the file's name end in .weights.h5.")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return [
        keras.callbacks.ModelCheckpoint(str(path), monitor="val_accuracy", save_best_only=True, save_weights_only=True),
        keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=patience),
    ]


def seconds_per_step(model, inputs: np.ndarray, labels: np.ndarray, repeats: int = 3) -> float:
    """Return the seconds of one training step on one batch: the fastest of several, the first one not counted.

    The model is compiled for this with plain SGD at a learning rate of zero: time is measured, nothing is learned.
    """
    import keras

    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    model.train_on_batch(inputs, labels)   # builds the graph
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        model.train_on_batch(inputs, labels)
        times.append(time.perf_counter() - start)
    return min(times)


def assemble(*parts, image_shape):
    """Join preprocessing for VGG16, network and head into one model that takes plain RGB pixels from 0 to 255.

    With the preprocessing inside, nobody who loads the file can forget it.

    Parameters
    ----------
    *parts : keras.Model
        Chains of layers, in the order in which an image passes through them. Their layers are shared, not copied.
    image_shape : tuple of int
        Such as (150, 150, 3).

    Returns
    -------
    keras.Model
    """
    import keras
    from keras.applications.vgg16 import preprocess_input

    pixels = keras.Input(tuple(image_shape), name="pixels")
    output = preprocess_input(pixels)
    # Layer by layer: a nested model would take its optimiser along, twice the size of its weights.
    for layer in (layer for part in parts for layer in _chain(part)):
        output = layer(output)
    return keras.Model(pixels, output, name="classifier")
