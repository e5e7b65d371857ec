"""Learning from a handful of labels: fair draws, episodes, and fine-tuning that starts from a fitted classifier (lesson 07).

Vinyals et al. (2016), "Matching Networks for One Shot Learning", NIPS; Snell, Swersky and Zemel (2017), "Prototypical
Networks for Few-shot Learning", NIPS.
"""

from dataclasses import dataclass

import numpy as np

from course_utils.data._checks import checked_whole
from course_utils.errors import DataError

__all__ = ["Episode", "draw_episode", "draw_support", "finetunable", "hold_out"]


@dataclass(frozen=True)
class Episode:
    """One small task: tell `ways` classes apart after seeing a few labelled examples of each.

    Attributes
    ----------
    classes : numpy.ndarray
        int64, shape (ways,): the classes of this task.
    support, query : numpy.ndarray
        int64: positions of the labelled examples, shape (ways x shots,), and of those to be named.
    """

    classes: np.ndarray
    support: np.ndarray
    query: np.ndarray


def hold_out(classes: int, share: float = 1 / 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Choose classes that nothing may learn from, to come back as unknown ones. Introduced in lesson 07.

    Parameters
    ----------
    classes : int
        How many there are; 7 or more, so that at least one goes and lesson 07's few-shot tasks keep their sizes.
    share : float
        Share of them to hold out.
    seed : int
        Of the choice.

    Returns
    -------
    away, known : numpy.ndarray
        int64, positions of the classes, both sorted.

    Raises
    ------
    DataError
        If there are too few classes.
    """
    if checked_whole(classes, "The number of classes") < 7:
        raise DataError(f"{classes} classes are too few to hold some out and to learn from the rest.",
                        "give a folder with seven classes or more.")
    shuffled = np.random.default_rng(seed).permutation(classes)
    away = max(1, round(classes * share))
    return np.sort(shuffled[:away]), np.sort(shuffled[away:])


def draw_support(labels: np.ndarray, shots: int, seed: int = 0) -> np.ndarray:
    """Draw the positions of `shots` examples of each class. Introduced in lesson 07.

    With one seed the draws are nested: two shots are the one shot and one more, so that a learning curve adds
    examples and exchanges none.

    Parameters
    ----------
    labels : numpy.ndarray
        Class of each example, shape (n,).
    shots : int
        Examples of each class, 1 or more.
    seed : int
        Of the draw.

    Returns
    -------
    numpy.ndarray
        int64, shape (classes x shots,), the classes one after the other.

    Raises
    ------
    DataError
        If a class has fewer examples.
    """
    checked_whole(shots, "shots")
    labels = np.asarray(labels)
    generator = np.random.default_rng(seed)
    drawn = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        if len(members) < shots:
            raise DataError(f"Class {label} has {len(members)} examples, and {shots} of each class were asked for.",
                            f"ask for at most {np.unique(labels, return_counts=True)[1].min()} shots.")
        drawn.append(members[:shots])
    return np.concatenate(drawn)


def draw_episode(support_labels: np.ndarray, query_labels: np.ndarray, ways: int, shots: int, seed: int = 0) -> Episode:
    """Draw an N-way K-shot task: N classes, K labelled examples of each, and all their queries. Introduced in lesson 07.

    Parameters
    ----------
    support_labels, query_labels : numpy.ndarray
        Classes of the examples that may be labelled, and of those that are to be named; two sets that share none.
    ways, shots : int
        Numbers of classes (2 or more) and of labelled examples of each.
    seed : int
        Of the draw.

    Returns
    -------
    Episode

    Raises
    ------
    DataError
        If there are fewer classes, or a class has fewer examples.
    """
    checked_whole(ways, "ways", 2)
    known = np.intersect1d(support_labels, query_labels)
    if len(known) < ways:
        raise DataError(f"{ways} classes were asked for, and {len(known)} have examples in both sets.",
                        f"ask for at most {len(known)} ways.")
    generator = np.random.default_rng(seed)
    classes = np.sort(generator.choice(known, ways, replace=False))
    members = np.flatnonzero(np.isin(support_labels, classes))
    support = members[draw_support(np.asarray(support_labels)[members], shots, int(generator.integers(2**31)))]
    return Episode(classes, support, np.flatnonzero(np.isin(query_labels, classes)))


def finetunable(upper, classifier):
    """Put a fitted logistic regression on the last layers of a network, so that both can be tuned together.

    Introduced in lesson 07. The averaged maps are brought to length 1, and a dense layer begins with the numbers of the
    classifier: tuning begins where the frozen features ended. A random head would first push the layers below about:
    Kumar et al. (2022), "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR.
    Normalisations stay frozen (lesson 03).

    Parameters
    ----------
    upper : keras.Model
        The last layers, from cached maps to maps. It is copied.
    classifier : sklearn.linear_model.LogisticRegression
        Fitted to averaged maps of length 1, for three classes or more.

    Returns
    -------
    keras.Model
        From the maps that `upper` reads to probabilities; not compiled.

    Raises
    ------
    DataError
        If the classifier does not read the channels of `upper`.
    """
    channels = upper.outputs[0].shape[-1]
    numbers = getattr(classifier, "coef_", np.empty((0, 0)))
    if numbers.shape[1] != channels or len(numbers) < 3:
        raise DataError(f"The classifier has numbers of shape {numbers.shape}, and the network ends in {channels} channels.",
                        "fit a logistic regression to the averaged maps of this network, for three classes or more.")
    import keras

    from course_utils.vision.finetuning import fresh_copy

    copy = fresh_copy(upper)
    for layer in copy.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(copy.output)
    unit = keras.layers.UnitNormalization(dtype="float32")(pooled)
    dense = keras.layers.Dense(len(numbers), activation="softmax", dtype="float32")
    model = keras.Model(copy.input, dense(unit))
    dense.set_weights([numbers.T.astype(np.float32), classifier.intercept_.astype(np.float32)])
    return model
