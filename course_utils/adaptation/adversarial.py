"""Domain confusion: features from which nobody can tell the domain, learned through a reversed gradient (lesson 06)."""

import math
from numbers import Real

import numpy as np

from course_utils.data._checks import checked_columns, checked_pair, checked_whole
from course_utils.errors import DataError
from course_utils.training import renewed, scheduled

__all__ = ["DomainAdversarialClassifier", "domain_adversarial_network", "gradient_reversal", "growing_strength"]


def gradient_reversal(strength: float = 0.0, name: str = "gradient_reversal"):
    r"""Return a layer that changes nothing forwards and turns the gradient round backwards. Introduced in lesson 06.

    What lies behind it learns to do its task better, what lies before it learns to make the task harder: the gradient is
    multiplied by :math:`-\lambda`. The strength λ is a weight that no optimizer changes, so that a callback can let it grow without
    compiling again. Ganin and Lempitsky (2015), "Unsupervised domain adaptation by backpropagation", ICML.

    Parameters
    ----------
    strength : float
        The first λ, from 0 up.
    name : str
        Of the layer.

    Returns
    -------
    keras.layers.Layer
        Its attribute ``strength`` is the weight.
    """
    _check_strength(strength)
    import keras

    class GradientReversal(keras.layers.Layer):
        def build(self, shape):
            self.strength = self.add_weight(name="strength", shape=(), trainable=False,
                                            initializer=keras.initializers.Constant(strength))

        def call(self, inputs):
            # λ(x − x) adds nothing to x, and the second x is the only one with a gradient.
            value = keras.ops.stop_gradient(inputs)
            return value + keras.ops.cast(self.strength, inputs.dtype) * (value - inputs)

    return GradientReversal(name=name)


def domain_adversarial_network(columns: int, classes: int, units: tuple[int, ...] = (32, 32), domain_units: int = 32,
                               seed: int = 0):
    """Return a body of dense layers with a head for the class and, behind a reversed gradient, one for the domain.

    Introduced in lesson 06. Ganin et al. (2016), "Domain-adversarial training of neural networks", Journal of Machine
    Learning Research 17.

    Parameters
    ----------
    columns, classes : int
        Width of the input, number of classes.
    units : tuple of int
        Widths of the body's layers; the last one is what both heads read.
    domain_units : int
        Width of the domain head's hidden layer.
    seed : int
        Of the first numbers.

    Returns
    -------
    keras.Model
        With the outputs ``"label"`` (classes,) and ``"domain"`` (1,), both logits: a *dictionary*, since Keras takes weights
        of examples by name for nothing else.
    """
    checked_whole(columns, "The number of columns")
    checked_whole(classes, "The number of classes", least=2)
    if not units:
        raise DataError("The body has no layers.", "give their widths, such as units=(32, 32).")
    import keras

    seeds = iter(range(seed * 100, seed * 100 + 100))

    def dense(width, activation=None, name=None):
        return keras.layers.Dense(width, activation, name=name,
                                  kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)))

    inputs = keras.Input((columns,))
    features = inputs
    for number, width in enumerate(units):
        features = dense(width, "relu", f"body_{number}")(features)
    reversed_ = gradient_reversal()(features)
    outputs = {"label": dense(classes, name="label")(features),
               "domain": dense(1, name="domain")(dense(domain_units, "relu", "domain_hidden")(reversed_))}
    return keras.Model(inputs, outputs, name="domain_adversarial_network")


def _check_strength(strength) -> None:
    if not (isinstance(strength, Real) and 0 <= strength < math.inf):
        raise DataError(f"The strength is {strength!r}.", "give a number from 0 up: the layer itself changes the sign.")


def growing_strength(layer, largest: float):
    r"""Return a callback for ``fit``: the strength grows from 0 to `largest` as training goes on. Introduced in lesson 06.

    After the share p of all batches it is :math:`\lambda\,(2 / (1 + e^{-10p}) - 1)`, as in Ganin et al. (2016): at first the domain
    head knows nothing, and to confuse it would teach nothing.

    Parameters
    ----------
    layer : keras.layers.Layer
        What :func:`gradient_reversal` returned, built.
    largest : float
        The λ at the end.
    """
    return scheduled(lambda model, share: layer.strength.assign(largest * (2 / (1 + math.exp(-10 * share)) - 1)))


class DomainAdversarialClassifier:
    """A dense network, trained on labels of the source and the confusion of source and target: DANN. Introduced in lesson 06.

    Parameters
    ----------
    strength : float
        The λ at the end of training. 0 trains the same network without confusion: the honest comparison.
    units : tuple of int
        Widths of the body's layers.
    epochs, batch_size : int
        Passes over the larger of the two samples, and examples of each domain in a batch.
    learning_rate : float
        Of Adam.
    seed : int
        Of the first numbers and the order.
    like : DomainAdversarialClassifier, optional
        Fitted earlier with the same layers: its compiled network is used again, and its own numbers are lost.

    Attributes
    ----------
    network_ : keras.Model
        After `fit`.
    """

    def __init__(self, strength: float = 1.0, *, units: tuple[int, ...] = (32, 32), epochs: int = 60, batch_size: int = 64,
                 learning_rate: float = 3e-3, seed: int = 0, like=None):
        self.strength, self.units, self.epochs, self.batch_size = strength, units, epochs, batch_size
        self.learning_rate, self.seed, self.like = learning_rate, seed, like

    def fit(self, source_X, source_y, target_X):
        """Train on source points (n, d) with classes 0 … k−1, and on target points (m, d) without; returns itself."""
        source, target = (sample.astype("float32") for sample in checked_pair(source_X, target_X))
        labels = np.asarray(source_y)
        if labels.shape != (len(source),) or labels.dtype.kind not in "iu" or labels.min() < 0:
            raise DataError(f"The source has {len(source)} points and labels of shape {labels.shape} and type {labels.dtype}.",
                            "give each point one class, as a whole number from 0 up.")
        _check_strength(self.strength)
        for value, what in ((self.epochs, "The number of epochs"), (self.batch_size, "The size of a batch")):
            checked_whole(value, what)
        import keras

        network = domain_adversarial_network(source.shape[1], int(labels.max()) + 1, self.units, seed=self.seed)
        if self.like is not None:
            network = renewed(self.like.fitted(), network)
            network.optimizer.learning_rate.assign(self.learning_rate)
            self.like = None
        if not network.compiled:
            network.compile(
                keras.optimizers.Adam(self.learning_rate), jit_compile=False, steps_per_execution=16,
                loss={"label": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                      "domain": keras.losses.BinaryCrossentropy(from_logits=True)})
        # One long epoch: Keras takes as long to begin one as to train on this many examples.
        network.fit(self._batches(source, labels, target), verbose=0, shuffle=False,
                    callbacks=[growing_strength(network.get_layer("gradient_reversal"), self.strength)])
        self.network_ = network
        return self

    def _batches(self, source, labels, target):
        """Batches that hold as many source as target examples; labels of the target weigh 0, what they say is never read."""
        import tensorflow as tf

        half = self.batch_size
        steps = max(len(source), len(target)) // half or 1
        kind = np.repeat([0.0, 1.0], half).astype("float32")[:, None]
        # Twice as heavy: half of the batch has no label, and Keras divides by the whole.
        weight = {"label": 2 * (1 - kind[:, 0]), "domain": np.ones(2 * half, "float32")}

        def endless(*arrays, seed):
            rows = tf.data.Dataset.from_tensor_slices(arrays)
            return rows.shuffle(len(arrays[0]), seed=seed).repeat().batch(half)

        def join(from_source, from_target):
            (x, y), (t,) = from_source, from_target
            return (tf.concat([x, t], 0), {"label": tf.concat([y, tf.zeros_like(y)], 0), "domain": tf.constant(kind)},
                    {name: tf.constant(values) for name, values in weight.items()})

        pairs = tf.data.Dataset.zip(endless(source, labels.astype("int32"), seed=self.seed),
                                    endless(target, seed=self.seed + 1).map(lambda x: (x,)))
        return pairs.map(join).take(steps * self.epochs).prefetch(2)

    def predict(self, X) -> np.ndarray:
        """Return the classes of points (k, d), shape (k,)."""
        return self._outputs(X, "label").argmax(axis=1)

    def domain_accuracy(self, source_X, target_X) -> float:
        """Return the domain head's accuracy on as many source as target points, the mean of both: 0.5 is confusion."""
        scores = [self._outputs(X, "domain")[:, 0] > 0 for X in (source_X, target_X)]
        return float((1 - scores[0].mean() + scores[1].mean()) / 2)

    def features(self, X) -> np.ndarray:
        """Return what both heads read, shape (k, units)."""
        import keras

        network = self.fitted()
        body = network.get_layer(f"body_{len(self.units) - 1}").output
        return np.asarray(keras.Model(network.input, body)(self._checked(X)))

    def fitted(self):
        """Return the trained ``keras.Model``, or refuse if there is none."""
        if not hasattr(self, "network_"):
            raise DataError("The classifier has not learned yet.", "call fit(source_X, source_y, target_X) first.")
        return self.network_

    def _checked(self, X) -> np.ndarray:
        return checked_columns(X, self.fitted().input.shape[1], "network").astype("float32")

    def _outputs(self, X, head: str) -> np.ndarray:
        return np.asarray(self.fitted()(self._checked(X))[head])
