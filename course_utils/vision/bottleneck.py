"""Bottleneck features: what a frozen network says of each image, computed once and kept (lesson 02).

Donahue et al. (2014), "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition", ICML.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import tempfile
import weakref
import zipfile
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.errors import DataError
from course_utils.vision.folding import fold_normalisations

__all__ = ["extract_features", "feature_key"]

# A batch as large as fits: its largest maps hold so many numbers, 12 million or 48 MB of float32. Larger ones gain a few
# percent and cost a hundred MiB; in smaller ones the weights are brought into the processor's form for few images.
NUMBERS_AT_ONCE = 12_000_000
FEWEST, MOST = 4, 32
WORTH_FOLDING = 100     # images: copying and compiling MobileNetV2 again takes as long as about so many
_folded = weakref.WeakKeyDictionary()   # of each network: the hash of its weights, and its folded copy


def _update(digest, value) -> None:
    digest.update(json.dumps(value, sort_keys=True, default=str).encode())


def _layers(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        else:
            yield layer


def feature_key(model, images: np.ndarray, preprocess=None) -> str:
    """Return the name under which features are cached: a hash of everything that they depend on.

    That is the images' bytes, what the preprocessing makes of the first image, the model's layers and weights, and the
    versions of Keras and TensorFlow. The automatic numbers in Keras' layer names play no part, nor does freezing.
    """
    digest = hashlib.blake2b(digest_size=16)
    _update(digest, [importlib.metadata.version(name) for name in ("keras", "tensorflow")])
    _update(digest, [list(images.shape), str(images.dtype)])
    # What the preprocessing does, not what it is called: a reader edits a function and keeps its name.
    probe = images[:1].astype(np.float32)
    digest.update(np.ascontiguousarray(probe if preprocess is None else preprocess(probe)).data)
    digest.update(np.ascontiguousarray(images).data)
    for layer in _layers(model):
        config = {key: value for key, value in layer.get_config().items() if key not in ("name", "trainable")}
        _update(digest, [type(layer).__name__, config, list(layer.output.shape[1:])])
        for weight in layer.get_weights():
            digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _images_at_once(model, images: np.ndarray) -> int:
    """Return how many images fit into a batch."""
    side = max(images.shape[1:3], default=1)      # a network for any size leaves it open; maps do not grow beyond it
    outputs = [getattr(layer, "output", None) for layer in _layers(model)]
    shapes = [output.shape[1:] for output in outputs if hasattr(output, "shape")] or [images.shape[1:]]
    largest = max(math.prod(length or side for length in shape) for shape in shapes)
    return min(MOST, max(FEWEST, NUMBERS_AT_ONCE // max(largest, 1)))


def _as_folded(model):
    """Return the network without its normalisations, made again only after its weights have changed."""
    if not any(type(layer).__name__ == "BatchNormalization" for layer in _layers(model)):
        return model
    digest = hashlib.blake2b(digest_size=16)
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    known, folded = _folded.get(model, (None, None))
    if known != digest.digest():
        folded = fold_normalisations(model)
        if folded is not model:                 # which would keep itself alive here
            _folded[model] = digest.digest(), folded
    return folded


def _load(path: Path) -> np.ndarray | None:
    """Return the cached features, or None if there are none or the file is damaged (a zip knows its checksums)."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive["features"]
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        print(f"The cached features {path.name} are damaged; they are computed again.")
        return None


def _save(path: Path, features: np.ndarray) -> None:
    """Write the features under another name first, so that a half-written file is never taken for a whole one."""
    scratch = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            scratch = file.name
            np.savez(file, features=features)
        os.replace(scratch, path)
    except OSError as error:
        print(f"The features could not be cached ({error.strerror}); the lesson goes on without.")
        if scratch and os.path.exists(scratch):
            os.unlink(scratch)


def extract_features(model, images: np.ndarray, preprocess=None, batch_size: int | None = None,
                     cache: bool = True) -> np.ndarray:
    """Run images through a frozen network, batch by batch, or find the features of an earlier run.

    For many images the normalisations of a network are folded into its convolutions first
    (:func:`course_utils.vision.folding.fold_normalisations`): the same features up to rounding, MobileNetV2's in half the time.

    Parameters
    ----------
    model : keras.Model
        Any model with one output, such as ``keras.Model(base.input, base.get_layer("block4_pool").output)``.
    images : numpy.ndarray
        uint8 or float, shape (n, height, width, channels). They are never changed.
    preprocess : callable, optional
        Applied to a float32 copy of each batch, such as ``keras.applications.vgg16.preprocess_input``.
    batch_size : int, optional
        Images at a time; by default as many as fit into about 50 MB at the network's widest place (VGG16 at 150 px: 8).
    cache : bool
        Whether to look for, and keep, the features in the course's cache.

    Returns
    -------
    numpy.ndarray
        float16, shape (n, *model.outputs[0].shape[1:]); float32 where float16 would overflow.

    Raises
    ------
    DataError
        If the images do not fit the model.
    """
    from tqdm import tqdm

    images = np.asarray(images)
    expected = tuple(model.inputs[0].shape[1:])
    fits = images.ndim == len(expected) + 1 and all(e in (None, i) for e, i in zip(expected, images.shape[1:]))
    if not fits:
        raise DataError(f"Images of shape {images.shape} do not fit a model that takes (n, {str(expected)[1:]}.",
                        "load the images at the size that the model was built for.")
    cache = cache and len(images) > 0
    path = settings.cache_folder() / "features" / f"{feature_key(model, images, preprocess)}.npz" if cache else None
    features = _load(path) if cache else None
    if features is not None and len(features) == len(images):
        return features
    features = np.empty((len(images), *model.outputs[0].shape[1:]), np.float16)
    batch_size = batch_size or _images_at_once(model, images)
    network = _as_folded(model) if len(images) >= WORTH_FOLDING else model
    with tqdm(total=len(images), desc="features", unit="image", leave=False) as bar:
        for start in range(0, len(images), batch_size):
            batch = images[start:start + batch_size].astype(np.float32)   # a copy: preprocess_input works in place
            batch = batch if preprocess is None else np.asarray(preprocess(batch))
            # predict_on_batch: `predict` builds a data pipeline on every call, which costs more than a small batch.
            output = np.asarray(network.predict_on_batch(batch)).astype(np.float32)
            if features.dtype == np.float16 and np.abs(output).max() > np.finfo(np.float16).max:
                features = features.astype(np.float32)
            features[start:start + batch_size] = output
            bar.update(len(batch))
    if cache:
        _save(path, features)
    return features
