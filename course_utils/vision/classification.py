"""From a file on the disk to names with probabilities (lesson 03), and: is it a dog at all? (lesson 07)"""

import os
from collections.abc import Callable, Sequence

import numpy as np

from course_utils.data import photos
from course_utils.data._checks import are_probabilities
from course_utils.errors import DataError

__all__ = ["DOG_CLASSES", "classify_image", "dog_probability", "prepare_image"]

IMAGENET_CLASSES = 1000
DOG_CLASSES = range(151, 269)   # of ImageNet's: 118 breeds, from Chihuahua to Mexican hairless; wolves begin at 269


def prepare_image(path: str | os.PathLike, image_size: int, preprocess: Callable | None = None) -> np.ndarray:
    """Read one photograph as a batch of one that a network can take. Introduced in lesson 03.

    Parameters
    ----------
    path : str or path
        Any picture that `course_utils.data.photos.load_image` reads.
    image_size : int
        Height and width in pixels that the network was built for.
    preprocess : callable, optional
        The ``preprocess_input`` of this network. None for a network that has it inside.

    Returns
    -------
    numpy.ndarray
        float32, shape (1, image_size, image_size, 3).

    Raises
    ------
    DataError
        If there is no such file, or it is no picture.
    """
    pixels = photos.load_image(path, image_size)[np.newaxis].astype(np.float32)
    return pixels if preprocess is None else np.asarray(preprocess(pixels))


def classify_image(path: str | os.PathLike, model, class_names: Sequence[str], preprocess: Callable | None = None,
                   top: int = 5) -> list[tuple[str, float]]:
    """Return the most probable names of one photograph, the best first. Introduced in lesson 03.

    The probabilities add up to 1 over the classes that the network *knows*: it has no name for anything else, and gives
    one of its own to whatever it sees.

    Parameters
    ----------
    path : str or path
        See :func:`prepare_image`.
    model : keras.Model
        From one square RGB image to a probability for each class.
    class_names : sequence of str
        Names of the outputs, in their order.
    preprocess : callable, optional
        See :func:`prepare_image`.
    top : int
        How many names.

    Returns
    -------
    list of (str, float)

    Raises
    ------
    DataError
        If the picture cannot be read, the model takes no square image of a known size, gives no probabilities, or has
        not one output for each name.
    """
    if top < 1:
        raise DataError(f"top is {top!r}.", "ask for one name or more.")
    shape, outputs = tuple(model.inputs[0].shape[1:]), tuple(model.outputs[0].shape[1:])
    if len(shape) != 3 or shape[0] is None or shape[0] != shape[1]:
        raise DataError(f"The model {model.name!r} takes inputs of shape {shape}, no square image of a known size.",
                        "build it for one size, such as keras.Input((160, 160, 3)).")
    if outputs != (len(class_names),):
        raise DataError(f"The model {model.name!r} has outputs of shape {outputs} for {len(class_names)} names.",
                        "give its own class names, in the order of its outputs.")
    probabilities = np.asarray(model.predict_on_batch(prepare_image(path, shape[0], preprocess)), float)[0]
    if not are_probabilities(probabilities):
        raise DataError(f"The outputs of {model.name!r} add up to {probabilities.sum():.3g}: they are no probabilities.",
                        "end the model with a softmax.")
    best = np.argsort(-probabilities, kind="stable")[:top]
    return [(class_names[k], float(probabilities[k])) for k in best]


def dog_probability(probabilities: np.ndarray) -> np.ndarray:
    """Return how sure a classifier of ImageNet's 1,000 classes is that it sees a dog of any breed. Introduced in lesson 07.

    The sum over all breeds: a network that hesitates between two terriers is sure of the dog. (To ask whether the one most
    probable class is a breed, as is often done, throws that away, and leaves no threshold to choose.)

    Parameters
    ----------
    probabilities : numpy.ndarray
        Shape (n, 1000), in ImageNet's order, such as ``keras.applications`` networks with their top give.

    Returns
    -------
    numpy.ndarray
        Shape (n,).

    Raises
    ------
    DataError
        If they are not probabilities of 1,000 classes.
    """
    probabilities = np.asarray(probabilities, float)
    if probabilities.ndim != 2 or probabilities.shape[1] != IMAGENET_CLASSES:
        raise DataError(f"The probabilities have the shape {probabilities.shape}, not (n, {IMAGENET_CLASSES}).",
                        "use a network with ImageNet's own head: include_top=True.")
    if not are_probabilities(probabilities):
        raise DataError("The rows do not add up to 1: they are no probabilities.", "end the model with a softmax.")
    return probabilities[:, DOG_CLASSES.start:DOG_CLASSES.stop].sum(1)
