"""Draws and episodes are what they say, and fine-tuning begins where the fitted classifier ended."""

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.vision import few_shot

LABELS = np.repeat([0, 1, 2, 5], [9, 7, 8, 6])


def test_a_draw_has_so_many_of_each_class_and_none_twice():
    chosen = few_shot.draw_support(LABELS, 3, seed=4)
    assert LABELS[chosen].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [5] * 3
    assert len(set(chosen.tolist())) == 12


def test_draws_of_one_seed_are_nested_and_another_seed_draws_others():
    one, three = (few_shot.draw_support(LABELS, shots, seed=2) for shots in (1, 3))
    assert set(one) < set(three)
    assert not np.array_equal(three, few_shot.draw_support(LABELS, 3, seed=3))
    assert np.array_equal(three, few_shot.draw_support(LABELS, 3, seed=2))


def test_every_example_has_the_same_chance_to_be_drawn():
    counts = np.zeros(len(LABELS))
    for seed in range(600):
        counts[few_shot.draw_support(LABELS, 2, seed)] += 1
    for label, size in ((0, 9), (5, 6)):
        assert counts[LABELS == label] / 600 == pytest.approx(2 / size, abs=.07)


@pytest.mark.parametrize(("shots", "message"), [(7, "Class 5 has 6"), (0, "shots is 0"), (1.5, "shots is 1.5")])
def test_a_draw_that_is_not_possible_is_refused(shots, message):
    with pytest.raises(DataError, match=message):
        few_shot.draw_support(LABELS, shots)


def test_an_episode_holds_its_classes_their_shots_and_all_their_queries():
    queries = np.array([5, 5, 2, 1, 0, 0, 2])
    for seed in range(8):
        episode = few_shot.draw_episode(LABELS, queries, ways=3, shots=2, seed=seed)
        assert len(set(episode.classes)) == 3 and list(episode.classes) == sorted(episode.classes)
        assert LABELS[episode.support].tolist() == np.repeat(episode.classes, 2).tolist()
        assert sorted(episode.query) == np.flatnonzero(np.isin(queries, episode.classes)).tolist()


def test_episodes_differ_and_each_class_takes_part():
    drawn = [few_shot.draw_episode(LABELS, LABELS, 2, 1, seed) for seed in range(40)]
    assert {label for episode in drawn for label in episode.classes.tolist()} == {0, 1, 2, 5}
    assert len({tuple(episode.support) for episode in drawn}) > 20


def test_an_episode_of_more_classes_than_there_are_is_refused():
    with pytest.raises(DataError, match="4 ways|3 have examples|at most 3"):
        few_shot.draw_episode(LABELS, np.array([0, 1, 2]), 4, 1)


@pytest.fixture(scope="module")
def small_network():
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    maps = keras.Input((3, 3, 4))
    output = keras.layers.BatchNormalization()(keras.layers.Conv2D(6, 1, activation="relu")(maps))
    return keras.Model(maps, output + 0.1)


@pytest.fixture(scope="module")
def fitted(small_network):
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    maps = generator.normal(0, .3, (60, 3, 3, 4)).astype(np.float32)
    maps[np.arange(60), :, :, labels] += 1
    averaged = small_network.predict(maps, verbose=0).mean((1, 2))
    unit = averaged / np.linalg.norm(averaged, axis=1, keepdims=True)
    return maps, labels, unit, LogisticRegression(C=100).fit(unit, labels)


def test_before_any_step_the_network_says_what_the_classifier_says(small_network, fitted):
    maps, _, unit, classifier = fitted
    model = few_shot.finetunable(small_network, classifier)
    np.testing.assert_allclose(model.predict(maps, verbose=0), classifier.predict_proba(unit), atol=1e-4)


def test_tuning_lowers_the_loss_moves_the_copy_alone_and_leaves_normalisations_still(small_network, fitted):
    import keras

    maps, labels, _, classifier = fitted
    before = [weight.copy() for weight in small_network.get_weights()]
    model = few_shot.finetunable(small_network, classifier)
    normalisation = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    kept = normalisation.get_weights()
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    first = model.evaluate(maps, labels, verbose=0)
    model.fit(maps, labels, epochs=5, verbose=0)
    assert model.evaluate(maps, labels, verbose=0) < .8 * first
    assert all(np.array_equal(old, new) for old, new in zip(before, small_network.get_weights()))
    assert all(np.array_equal(old, new) for old, new in zip(kept, normalisation.get_weights()))


def test_a_classifier_of_other_channels_is_refused(small_network):
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(0)
    for classes, channels in ((3, 5), (2, 6)):
        classifier = LogisticRegression().fit(generator.normal(size=(30, channels)), np.arange(30) % classes)
        with pytest.raises(DataError, match="three classes or more"):
            few_shot.finetunable(small_network, classifier)
    with pytest.raises(DataError, match="shape"):
        few_shot.finetunable(small_network, "no classifier")


@pytest.mark.parametrize(("classes", "expected"), [(7, 1), (20, 3), (24, 4)])
def test_held_out_classes_and_the_others_are_all_classes_once(classes, expected):
    away, known = few_shot.hold_out(classes, seed=3)
    assert len(away) == expected and sorted([*away, *known]) == list(range(classes))
    assert away.tolist() == sorted(away) and known.tolist() == sorted(known)
    assert any(few_shot.hold_out(classes, seed=other)[0].tolist() != away.tolist() for other in range(4, 9))


def test_too_few_classes_leave_nothing_to_learn():
    with pytest.raises(DataError, match="seven classes"):
        few_shot.hold_out(6)
