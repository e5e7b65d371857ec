"""Classifiers that sit on the features of a frozen network (lessons 02 and 07)."""

import numpy as np

from course_utils.errors import DataError

__all__ = ["batch_normalised_head", "dense_head", "global_average", "linear_svm_head", "logistic_regression_head"]


def global_average(features: np.ndarray) -> np.ndarray:
    """Average feature maps over their positions: (n, height, width, channels) to float32 (n, channels).

    Lin, Chen and Yan (2014), "Network in Network", ICLR.
    """
    features = np.asarray(features)
    if features.ndim != 4:
        raise DataError(f"Features of shape {features.shape} are no feature maps.",
                        "hand in an array of shape (n, height, width, channels).")
    return features.mean(axis=(1, 2), dtype=np.float32)


def dense_head(feature_shape, n_classes: int = 2, units: int = 256, dropout: float = 0.5, seed: int = 0):
    """Return an untrained Flatten - Dense - Dropout - softmax network on feature maps.

    Parameters
    ----------
    feature_shape : tuple of int
        Shape of one image's features, such as (4, 4, 512).
    n_classes : int
        Number of classes, at least 2. Two classes get two outputs as well: it is the same model as one sigmoid,
        and the same code serves any number of classes.
    units : int
        Width of the hidden layer.
    dropout : float
        Share of the hidden units that each training step leaves out (Srivastava et al. 2014).
    seed : int
        Of the initial weights and of the dropout.

    Returns
    -------
    keras.Sequential
    """
    import keras

    hidden, softmax = _dense_layers(units, n_classes, seed)
    dropped = keras.layers.Dropout(dropout, seed=seed)
    return keras.Sequential([keras.Input(tuple(feature_shape)), keras.layers.Flatten(), hidden, dropped, softmax], name="head")


def batch_normalised_head(feature_shape, n_classes: int, units: int = 200, dropout: float = 0.4, seed: int = 0):
    """Return an untrained average - Dense - BatchNormalization - Dropout - softmax network on feature maps.

    Introduced in lesson 07. Ioffe and Szegedy (2015), "Batch Normalization", ICML: in training each unit is normalised by
    the mean and variance of its batch, so that a batch of one example says nothing.

    Parameters
    ----------
    feature_shape : tuple of int
        Shape of one image's features, such as (7, 7, 2048), or (1, 1, 1280) if they were averaged before.
    n_classes, units, dropout, seed
        As for `dense_head`.

    Returns
    -------
    keras.Sequential
    """
    import keras

    hidden, softmax = _dense_layers(units, n_classes, seed)
    return keras.Sequential([
        keras.Input(tuple(feature_shape)),
        keras.layers.GlobalAveragePooling2D(),
        hidden,
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(dropout, seed=seed),
        softmax,
    ], name="batch_normalised_head")


def _dense_layers(units: int, n_classes: int, seed: int) -> tuple:
    """Return the hidden layer and the softmax of a head, each with a seed of its own for its first weights."""
    if n_classes < 2:
        raise DataError(f"A classifier cannot tell {n_classes} class apart.", "give at least two classes.")
    import keras

    first, second = (keras.initializers.GlorotUniform(seed=seed + k) for k in range(2))
    # float32: probabilities must add up to one, also on top of a network that computes in bfloat16
    return (keras.layers.Dense(units, activation="relu", kernel_initializer=first),
            keras.layers.Dense(n_classes, activation="softmax", kernel_initializer=second, dtype="float32"))


def _pipeline(classifier):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return make_pipeline(FunctionTransformer(global_average), StandardScaler(), classifier)


def logistic_regression_head(penalty: float = 100.0):
    """Return a scikit-learn pipeline: average over positions, standardise, logistic regression.

    Parameters
    ----------
    penalty : float
        Strength of the L2 penalty (1 / C of scikit-learn). Features outnumber the images, so it is large.
    """
    from sklearn.linear_model import LogisticRegression

    return _pipeline(LogisticRegression(C=1 / penalty, max_iter=2000))


def linear_svm_head(penalty: float = 1000.0, seed: int = 0):
    """Return a scikit-learn pipeline: average over positions, standardise, linear support vector machine.

    Razavian et al. (2014), "CNN Features off-the-shelf: an Astounding Baseline for Recognition", CVPR workshops.
    """
    from sklearn.svm import LinearSVC

    return _pipeline(LinearSVC(C=1 / penalty, random_state=seed))
