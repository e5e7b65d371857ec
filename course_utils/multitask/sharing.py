"""Ways to share a network between tasks: one body, towers that exchange, towers that stay alike (lesson 05)."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from course_utils.errors import DataError

__all__ = ["cross_stitch", "hard_sharing", "soft_sharing"]

OWN_SHARE = 0.9  # Misra et al. begin with 0.9 for a tower's own numbers and 0.1 for those of the other


def hard_sharing(inputs, body: Sequence[Callable], heads: Mapping[str, Callable]):
    """Return a network with one body and one head for each task. Introduced in lesson 05.

    Caruana (1997), "Multitask Learning", Machine Learning 28.

    Parameters
    ----------
    inputs : Keras tensor, or dict of them
        What the body reads; its first layer is called with it.
    body : sequence of layers
        One after the other, all shared.
    heads : dict of str to layer
        The last layer of each task.

    Returns
    -------
    keras.Model
        From the inputs to a dictionary with one output for each task. Its outputs are named after the tasks.

    Raises
    ------
    DataError
        If there is no task.
    """
    import keras

    _check_heads(heads)
    hidden = inputs
    for layer in body:
        hidden = layer(hidden)
    return keras.Model(inputs, {task: head(hidden) for task, head in heads.items()}, name="hard_sharing")


def soft_sharing(inputs, towers: Mapping[str, Sequence[Callable]], heads: Mapping[str, Callable], *,
                 stitch: bool = False, tie: float = 0.0):
    """Return a network with a tower of its own for each task; the towers exchange numbers, or are kept alike.

    Introduced in lesson 05. Cross-stitch units: Misra, Shrivastava, Gupta and Hebert (2016), "Cross-Stitch Networks for
    Multi-Task Learning", CVPR. Tied weights: Duong, Cohn, Bird and Cook (2015), "Low Resource Dependency Parsing:
    Cross-Lingual Parameter Sharing in a Neural Network Parser", ACL.

    Parameters
    ----------
    inputs : Keras tensor, or dict of them
        What all towers read.
    towers : dict of str to sequence of layers
        For each task as many layers as for the others; layers of one level return the same shape.
    heads : dict of str to layer
        The last layer of each task.
    stitch : bool
        Whether a cross-stitch unit mixes the towers after each level, see :func:`cross_stitch`.
    tie : float
        Weight of the penalty: the squared distance between the towers' weights, level by level, summed over all pairs
        of towers. Layers of one level need the same arrays of weights; if they begin at different numbers, they are
        pulled together first.

    Returns
    -------
    keras.Model
        From the inputs to a dictionary with one output for each task. Without `stitch` and `tie` these are
        single networks that merely stand side by side.

    Raises
    ------
    DataError
        If towers and heads are not of the same tasks, the towers are not equally high, `tie` is negative, or layers to
        be tied have different weights.
    """
    import keras

    _check_heads(heads)
    if set(towers) != set(heads):
        raise DataError(f"There are towers for {_listed(towers)} and heads for {_listed(heads)}.",
                        "give each task one tower and one head.")
    if len({len(tower) for tower in towers.values()}) > 1:
        raise DataError("The towers have different numbers of layers.", "give each task as many as the others.")
    if not tie >= 0:
        raise DataError(f"The weight of the penalty is {tie!r}.", "give 0 for none, or a positive number.")
    values = {task: inputs for task in heads}
    for level in zip(*(towers[task] for task in heads)):
        values = {task: layer(values[task]) for task, layer in zip(heads, level)}
        if tie:
            values = dict(zip(heads, _classes()["L2Tie"](level, tie)(list(values.values()))))
        if stitch:
            values = dict(zip(heads, cross_stitch(len(heads))(list(values.values()))))
    return keras.Model(inputs, {task: head(values[task]) for task, head in heads.items()}, name="soft_sharing")


def cross_stitch(tasks: int = 2, own: float = OWN_SHARE):
    """Return a layer in which each of several towers takes a share of all of them. Introduced in lesson 05.

    Output i is the sum over j of a[i, j] times input j, with a matrix that learns (Misra et al. 2016, with one number
    for each pair of towers).

    Parameters
    ----------
    tasks : int
        Number of towers.
    own : float
        Share of a tower's own numbers in the beginning; the others have equal parts of the rest. 1 is no exchange.

    Returns
    -------
    keras.Layer
        To be called with a list of `tasks` tensors of one shape; it returns such a list.

    Raises
    ------
    DataError
        If there are fewer than two towers, or the share is not from 0 to 1.
    """
    if tasks < 2:
        raise DataError(f"{tasks} tower has nobody to exchange with.", "give at least two towers.")
    if not 0 <= own <= 1:
        raise DataError(f"The own share is {own!r}.", "give a number from 0 to 1.")
    return _classes()["CrossStitch"](tasks, own)


@lru_cache(maxsize=1)
def _classes():
    """Make the layers when they are needed: they inherit from Keras, which is slow to import."""
    import keras

    class CrossStitch(keras.layers.Layer):
        def __init__(self, tasks, own, **options):
            super().__init__(**options)
            others = (1 - own) / (tasks - 1)
            self._first = np.full((tasks, tasks), others, "float32") + np.eye(tasks, dtype="float32") * (own - others)

        def build(self, shapes):
            self.shares = self.add_weight(self._first.shape, lambda shape, dtype=None: self._first, name="shares")

        def call(self, values):
            mixed = keras.ops.tensordot(self.shares, keras.ops.stack(values), axes=1)
            return [mixed[task] for task in range(len(values))]

        def compute_output_shape(self, shapes):
            return list(shapes)

    class L2Tie(keras.layers.Layer):
        def __init__(self, tied, strength, **options):
            super().__init__(**options)
            # Behind a function, or Keras would take the towers' weights for this layer's, and list them twice.
            self._weights_of_all = lambda: [layer.trainable_weights for layer in tied]
            self.strength = strength

        def call(self, values):
            of_all = self._weights_of_all()
            if len({tuple(tuple(one.shape) for one in weights) for weights in of_all}) > 1:
                raise DataError("The towers' layers of one level have different weights.", "give each tower the same layers.")
            pairs = [(first, second) for number, first in enumerate(of_all) for second in of_all[number + 1:]]
            distance = sum(keras.ops.sum(keras.ops.square(one - other))
                           for first, second in pairs for one, other in zip(first, second))
            self.add_loss(self.strength * distance)
            return list(values)

        def compute_output_shape(self, shapes):
            return list(shapes)

    return {"CrossStitch": CrossStitch, "L2Tie": L2Tie}


def _check_heads(heads: Mapping) -> None:
    if not heads:
        raise DataError("There is no task.", 'give a head for each: {"species": keras.layers.Dense(2), ...}.')


def _listed(names) -> str:
    return ", ".join(map(str, names))
