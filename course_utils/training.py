"""What the course's networks share when they are trained: one compiled network for many runs, and a rate that falls."""

import math
from collections.abc import Callable

import numpy as np

from course_utils.errors import DataError

__all__ = ["falling_rate", "renewed", "scheduled"]


def renewed(compiled, fresh):
    """Return a compiled network with the first numbers of a fresh one, its optimizer as new. Introduced in lesson 04.

    To compile a network takes TensorFlow longer than to train a small one. A run with another seed, or with other
    examples, needs other first numbers, not another network.

    Parameters
    ----------
    compiled : keras.Model
        The network of an earlier run. Its numbers are lost: copy them first if the run still matters.
    fresh : keras.Model
        The same layers with the numbers that the new run begins with, seeds of dropout included.

    Returns
    -------
    keras.Model
        `compiled`.

    Raises
    ------
    DataError
        If the two do not have the same arrays of numbers.
    """
    shapes, wanted = ([tuple(variable.shape) for variable in model.variables] for model in (compiled, fresh))
    if shapes != wanted:
        raise DataError("The earlier network has other layers or other sizes than the new one.",
                        "let it be built and compiled anew: leave out `like`.")
    for variable, new in zip(compiled.variables, fresh.variables):  # unlike `weights`, with the seeds of dropout
        variable.assign(new)
    for variable in compiled.optimizer.variables if compiled.compiled else ():
        if "learning_rate" not in variable.path:
            variable.assign(np.zeros(variable.shape, variable.dtype))
    return compiled


def falling_rate(learning_rate: float):
    """Return a callback for ``fit``: the rate falls along half a cosine from the first batch to the last.

    Introduced in lesson 04. Loshchilov and Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR.

    Parameters
    ----------
    learning_rate : float
        The first one.
    """
    return scheduled(lambda model, share: model.optimizer.learning_rate.assign(learning_rate * (1 + math.cos(math.pi * share)) / 2))


def scheduled(change: Callable):
    """Return a callback for ``fit`` that calls ``change(model, share)`` before each batch. Introduced in lesson 06.

    Parameters
    ----------
    change : callable
        Takes the model and the share of all batches that were trained on, from 0 to below 1.
    """
    import keras

    class Scheduled(keras.callbacks.Callback):
        epoch = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            # Not counted here: Keras calls once for several batches (`steps_per_execution`).
            change(self.model, (self.epoch + batch / self.params["steps"]) / self.params["epochs"])

    return Scheduled()
