"""Heads learn what is in the features, and nothing where nothing is."""

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import heads


@pytest.fixture
def features():
    generator = np.random.default_rng(0)
    labels = np.arange(120) % 3
    maps = generator.standard_normal((120, 2, 2, 12)).astype(np.float16)
    maps[np.arange(120), :, :, labels] += 2
    return maps, labels


@pytest.mark.parametrize("make", [heads.logistic_regression_head, heads.linear_svm_head])
def test_linear_heads_find_the_signal_and_only_the_signal(features, make):
    maps, labels = features
    assert make().fit(maps[:60], labels[:60]).score(maps[60:], labels[60:]) > .9
    shuffled = np.random.default_rng(1).permutation(labels)
    assert make().fit(maps[:60], shuffled[:60]).score(maps[60:], shuffled[60:]) < .6


def test_the_dense_head_learns_three_classes_and_is_reproducible(features):
    import keras

    maps, labels = features
    probabilities = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        head = heads.dense_head(maps.shape[1:], n_classes=3, units=16, seed=2)
        head.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
        head.fit(maps[:60], labels[:60], epochs=40, verbose=0)
        probabilities.append(head.predict(maps[60:], verbose=0))
    assert (probabilities[0].argmax(1) == labels[60:]).mean() > .9
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-5)
    np.testing.assert_allclose(probabilities[0].sum(1), 1, atol=1e-5)


def test_another_seed_gives_other_initial_weights():
    first, second = (heads.dense_head((2, 2, 4), seed=seed).get_weights()[0] for seed in (0, 5))
    assert not np.allclose(first, second)


def test_one_class_gives_one_clear_error():
    with pytest.raises(DataError, match="two classes"):
        heads.dense_head((2, 2, 4), n_classes=1)


def test_flat_features_give_one_clear_error():
    with pytest.raises(DataError, match="feature maps"):
        heads.global_average(np.zeros((4, 10)))


def test_the_batch_normalised_head_has_the_parameters_of_the_source():
    head = heads.batch_normalised_head((7, 7, 2048), 133)
    assert head.count_params() == 437_333
    assert sum(int(np.prod(weight.shape)) for weight in head.non_trainable_weights) == 400


def test_the_batch_normalised_head_learns_and_a_batch_of_one_teaches_it_nothing(features):
    import keras

    maps, labels = features

    def test_accuracy(batch_size):
        head = heads.batch_normalised_head(maps.shape[1:], 3, units=16, seed=1)
        head.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
        head.fit(maps[:60].astype("float32"), labels[:60], batch_size=batch_size, epochs=15, verbose=0)
        return np.mean(head.predict(maps[60:], verbose=0).argmax(1) == labels[60:])

    assert test_accuracy(20) > .9
    assert test_accuracy(1) < .7


def test_every_network_head_needs_two_classes():
    for make in (heads.dense_head, heads.batch_normalised_head):
        with pytest.raises(DataError, match="1 class"):
            make((2, 2, 3), 1)
