"""How hard each task pulls, and in which direction: weights that learn, and gradients compared (lesson 05)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from course_utils.errors import DataError

__all__ = ["GradientAgreement", "gradient_agreement", "uncertainty_weighted"]


@dataclass(frozen=True)
class GradientAgreement:
    """Gradients of several tasks on the weights that they share, batch by batch.

    Attributes
    ----------
    cosines : dict of (str, str) to numpy.ndarray, shape (batches,)
        For each pair of tasks the cosine of the angle between their gradients: 1 where they want the same, 0
        where they do not meet, -1 where one undoes the other; NaN where one has no gradient, for want of labels.
    norms : dict of str to numpy.ndarray, shape (batches,)
        Length of each task's gradient: how hard it pulls.
    """

    cosines: dict[tuple[str, str], np.ndarray]
    norms: dict[str, np.ndarray]

    def __str__(self) -> str:
        pulls = ", ".join(f"{task} {np.median(norms[norms > 0]):.3g}" for task, norms in self.norms.items())
        compared = {pair: values[np.isfinite(values)] for pair, values in self.cosines.items()}
        lines = [f"{first} and {second}: mean cosine {values.mean():+.3f}, "
                 f"below 0 in {(values < 0).mean():.0%} of the batches"
                 for (first, second), values in compared.items()]
        return "\n".join([*lines, f"median length of the gradients: {pulls}"])


def gradient_agreement(network, batches, losses: Mapping[str, object]) -> GradientAgreement:
    """Compare the gradients of several tasks on the weights that all of them use. Introduced in lesson 05.

    Yu et al. (2020), "Gradient Surgery for Multi-Task Learning", NeurIPS, call a cosine below 0 a conflict.

    Parameters
    ----------
    network : keras.Model
        With a dictionary of outputs. It is not changed; dropout is left out.
    batches : iterable of (inputs, targets, weights)
        See :func:`course_utils.multitask.learning.example_batches`. The weights count.
    losses : dict of str to keras.losses.Loss
        One for each task to compare, at least two.

    Returns
    -------
    GradientAgreement

    Raises
    ------
    DataError
        If there are fewer than two tasks, a task has no head, the tasks share no weights, or there are no batches.
    """
    import tensorflow as tf

    if len(losses) < 2:
        raise DataError("The gradient of one task has nothing to be compared with.", "give the losses of two tasks.")
    strange = [task for task in losses if task not in network.output]
    if strange:
        raise DataError(f"There is no head {strange[0]!r}.", f"the heads are {', '.join(network.output)}.")
    weights, lengths, products = network.trainable_weights, {task: [] for task in losses}, {}
    for inputs, targets, label_weights in batches:
        with tf.GradientTape(persistent=True) as tape:
            outputs = network(inputs, training=False)
            values = {task: loss(targets[task], outputs[task], label_weights[task]) for task, loss in losses.items()}
        gradients = {task: tape.gradient(value, [weight.value for weight in weights]) for task, value in values.items()}
        shared = [number for number in range(len(weights))
                  if all(of_task[number] is not None for of_task in gradients.values())]
        if not shared:
            raise DataError("The tasks share no weights.", "compare the heads of one body (hard sharing).")
        flat = {task: np.concatenate([np.ravel(tf.convert_to_tensor(of_task[number])) for number in shared])
                for task, of_task in gradients.items()}
        for task, gradient in flat.items():
            lengths[task].append(np.linalg.norm(gradient))
        for first, second in combinations(flat, 2):
            product = flat[first] @ flat[second]
            largest = lengths[first][-1] * lengths[second][-1]
            products.setdefault((first, second), []).append(product / largest if largest > 0 else np.nan)
    if not products:
        raise DataError("There are no batches.", "give at least one.")
    return GradientAgreement({pair: np.array(values) for pair, values in products.items()},
                             {task: np.array(values) for task, values in lengths.items()})


def uncertainty_weighted(network, speed: float = 100.0):
    """Return a network whose tasks' weights learn beside it. Introduced in lesson 05.

    The loss is the sum over the tasks of exp(-s) · loss + s / 2, with a number s for each task that begins at 0: a task
    whose loss stays large gets a small weight, for exp(s) goes towards twice the loss. (The paper halves squared errors, so
    that exp(s) is the variance that stays unexplained; for classes it is a temperature.) Kendall, Gal and Cipolla (2018), "Multi-Task Learning Using Uncertainty to
    Weigh Losses for Scene Geometry and Semantics", CVPR.

    Parameters
    ----------
    network : keras.Model
        With a dictionary of outputs; its layers are used, not copied.
    speed : float
        How much faster than the network's weights the numbers s move.

    Returns
    -------
    keras.Model
        To be trained like the network. ``task_weights()`` returns exp(-s) of each task.

    Raises
    ------
    DataError
        If the network has no dictionary of outputs, or the speed is not positive.
    """
    if not isinstance(getattr(network, "output", None), Mapping):
        raise DataError("The network's outputs have no names.", "build it with sharing.hard_sharing.")
    if not speed > 0:
        raise DataError(f"The speed is {speed!r}.", "give a positive number.")
    return _weighted_class()(network, speed)


@lru_cache(maxsize=1)
def _weighted_class():
    """Make the class when it is needed: it inherits from Keras, which is slow to import."""
    import keras

    class UncertaintyWeighted(keras.Model):
        def __init__(self, network, speed):
            super().__init__(inputs=network.input, outputs=network.output, name="uncertainty_weighted")
            self._speed = speed
            self._log_variances = {
                task: self.add_weight((), "zeros", name=f"log_variance_{task}") for task in network.output
            }

        def compile(self, optimizer, loss, **options):
            self._task_losses = dict(loss)
            super().compile(optimizer, loss=loss, **options)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            total = sum(self.losses) if self.losses else 0.0
            for task, loss in self._task_losses.items():
                log_variance = self._speed * self._log_variances[task]
                weights = None if sample_weight is None else sample_weight[task]
                total += keras.ops.exp(-log_variance) * loss(y[task], y_pred[task], weights) + log_variance / 2
            return total

        def task_weights(self):
            return {task: float(keras.ops.exp(-self._speed * number)) for task, number in self._log_variances.items()}

    return UncertaintyWeighted
