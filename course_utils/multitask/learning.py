"""Training with several targets: each head learns from its own labels, and not where they are missing (lesson 05)."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from course_utils.errors import DataError
from course_utils.training import falling_rate, renewed

__all__ = ["MISSING", "example_batches", "label_weights", "learn", "learn_often"]

MISSING = -1  # the class of an example that nobody has labelled for a task; for a number it is NaN


def label_weights(targets: Mapping[str, np.ndarray], weights: Mapping[str, float] | None = None,
                  per_label: bool = False) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return targets without gaps, and the weight of each label in its task's loss. Introduced in lesson 05.

    Keras divides a loss by the number of *examples*, labelled or not: a task with labels for a tenth of them pulls a
    tenth as hard. `per_label` divides by the number of labels instead.

    Parameters
    ----------
    targets : dict of str to array (n, ...)
        Classes as whole numbers, :data:`MISSING` where unknown; or decimal numbers, NaN where unknown.
    weights : dict of str to float, optional
        Weight of a task's loss, 1 for those that are not named.
    per_label : bool
        Whether a task's labels weigh as much together as if no label were missing.

    Returns
    -------
    filled, label_weights : dict of str to numpy.ndarray
        Same shapes as the targets; where a label is missing, filled up with 0 and with weight 0.

    Raises
    ------
    DataError
        If a weight is for no task, a weight is negative, the targets differ in length, or a task has no label at all.
    """
    weights = dict(weights or {})
    arrays = {task: np.asarray(values) for task, values in targets.items()}
    strange = [task for task in weights if task not in arrays]
    if strange:
        raise DataError(f"There is a weight for {strange[0]!r}, which is no task.", f"the tasks are {', '.join(arrays)}.")
    if len({len(values) for values in arrays.values()}) > 1:
        lengths = ", ".join(f"{task} {len(values)}" for task, values in arrays.items())
        raise DataError(f"The tasks have different numbers of labels: {lengths}.",
                        f"give each example one for each task, {MISSING} (or NaN) where it is unknown.")
    filled, label_weights = {}, {}
    for task, values in arrays.items():
        known = ~np.isnan(values) if values.dtype.kind == "f" else values != MISSING
        if not known.any():
            raise DataError(f"No example has a label for {task!r}.", "leave the task out, or give it some labels.")
        weight = weights.get(task, 1.0)
        if not weight >= 0:
            raise DataError(f"The weight of {task!r} is {weight!r}.", "give 0 for none, or a positive number.")
        filled[task] = np.where(known, values, np.zeros((), values.dtype))
        label_weights[task] = (known * weight / (known.mean() if per_label else 1.0)).astype("float32")
    return filled, label_weights


def example_batches(inputs, targets: Mapping[str, np.ndarray], *, weights: Mapping[str, float] | None = None,
                    per_label: bool = False, batch_size: int = 32, epochs: int = 1, seed: int = 0):
    """Return batches of inputs, targets and weights of labels, in a new order in each epoch. Introduced in lesson 05.

    Parameters
    ----------
    inputs : array (n, ...), or dict of str to such arrays
        What the network reads.
    targets, weights, per_label
        As in :func:`label_weights`.
    batch_size : int
        The last batch of an epoch may be smaller.
    epochs : int
        Passes over the examples that the batches hold: Keras takes a while to begin each pass of its own.
    seed : int
        For the order.

    Returns
    -------
    tf.data.Dataset

    Raises
    ------
    DataError
        As :func:`label_weights`, and if there are not as many inputs as labels.
    """
    import tensorflow as tf

    filled, label_weight = label_weights(targets, weights, per_label)
    n = len(next(iter(filled.values())))
    for values in inputs.values() if isinstance(inputs, Mapping) else [inputs]:
        if len(values) != n:
            raise DataError(f"There are {len(values)} inputs and {n} labels.", "give each example one of each.")
    everything = tf.nest.map_structure(tf.convert_to_tensor, (inputs, filled, label_weight))
    # Numbers of examples are shuffled and batched, not the examples: rows of features are long.
    batches = tf.data.Dataset.range(n).shuffle(n, seed=seed).batch(batch_size).repeat(epochs)
    drawn = batches.map(lambda chosen: tf.nest.map_structure(lambda values: tf.gather(values, chosen), everything))
    return drawn.prefetch(4)


def learn(network, batches, losses: Mapping[str, object], *, learning_rate: float = 1e-3, epochs: int = 1,
          like=None, **options):
    """Train a network with several heads, and return it. Introduced in lesson 05.

    Adam, with a rate that falls along a cosine from the first batch to the last. ``network.history.history`` holds the
    loss of each task after each epoch. Names are compared before Keras sees them: it would drop a target that fits no
    head without a word, or stop with a page of text.

    Parameters
    ----------
    network : keras.Model
        With a dictionary of outputs, see :func:`course_utils.multitask.sharing.hard_sharing`.
    batches : tf.data.Dataset
        Of inputs, dictionary of targets, dictionary of weights: see :func:`example_batches`.
    losses : dict of str to keras.losses.Loss
        One for each head.
    learning_rate : float
        The first one.
    epochs : int
        Passes over `batches`.
    like : keras.Model, optional
        A network of an earlier run with the same layers and the same losses, which are not compared: its compiled
        functions are used again, see :func:`course_utils.training.renewed`, and it is what is returned.
    **options
        For ``fit``, such as ``validation_data``.

    Returns
    -------
    keras.Model
        Its attribute ``seconds`` holds the processor seconds of this training, compiling included.

    Raises
    ------
    DataError
        If heads, targets and losses are not of the same tasks.
    """
    import keras

    if not isinstance(getattr(network, "output", None), Mapping):
        raise DataError("The network's outputs have no names.", "build it with sharing.hard_sharing.")
    heads = set(network.output)
    for names, what in ((losses, "loss"), (batches.element_spec[1], "target")):
        _check_names(heads, set(names), what)
    if like is not None:
        network = renewed(like, network)
    if not network.compiled:
        network.compile(keras.optimizers.Adam(learning_rate, clipnorm=5.0), loss=dict(losses), jit_compile=False,
                        steps_per_execution=16)
    begun = time.process_time()
    network.fit(batches, epochs=epochs, verbose=0, shuffle=False, callbacks=[falling_rate(learning_rate)], **options)
    network.seconds = time.process_time() - begun
    return network


def learn_often(build: Callable, batches_of: Callable, losses: Mapping[str, object], score: Callable, runs: int, *,
                learning_rate: float = 1e-3, kept: dict | None = None, key=None) -> dict[str, np.ndarray]:
    """Train the same network several times, with other first numbers and other batches. Introduced in lesson 05.

    Parameters
    ----------
    build, batches_of : callable
        Take the number of the run, 0, 1, …, and return a network and its batches, see :func:`learn`.
    losses : dict of str to keras.losses.Loss
        One for each head.
    score : callable
        Takes the trained network and returns a dictionary with a number for each task.
    runs : int
        How many.
    learning_rate : float
        The first one.
    kept : dict, optional
        Where the network of the last run is kept under `key`, compiled: later calls with this key begin with it, and all
        runs of a key must be of the same layers and losses.
    key : hashable
        The network's name in `kept`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (runs,)
        What `score` returned, and the processor seconds of each training under ``"seconds"``.

    Raises
    ------
    DataError
        As :func:`learn`.
    """
    kept, found = {} if kept is None else kept, []
    for number in range(runs):
        network = learn(build(number), batches_of(number), losses, learning_rate=learning_rate, like=kept.get(key))
        kept[key] = network
        found.append({**score(network), "seconds": network.seconds})
    return {name: np.array([scores[name] for scores in found]) for name in found[0]}


def _check_names(heads: set[str], names: set[str], what: str) -> None:
    if names == heads:
        return
    strange, missing = sorted(names - heads), sorted(heads - names)
    if strange:
        problem = f"There is a {what} for {strange[0]!r}, and no head of that name."
    else:
        problem = f"The head {missing[0]!r} has no {what}."
    raise DataError(problem, f"the heads are {', '.join(sorted(heads))}: use exactly these names.")
