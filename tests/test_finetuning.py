"""What is frozen stays frozen, what trains moves at its own rate, and a saved model is the model."""

import numpy as np
import pytest

from course_utils.data.batches import batches
from course_utils.errors import DataError
from course_utils.vision import finetuning


@pytest.fixture
def network():
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3, activation="relu", name="block4_conv1"), layers.MaxPooling2D(name="block4_pool"),
        layers.Conv2D(4, 2, activation="relu", name="block5_conv1"), layers.Flatten(name="flat"),
        layers.Dense(2, activation="softmax", name="answer"),
    ])


@pytest.fixture
def pictures():
    generator = np.random.default_rng(0)
    images = generator.standard_normal((32, 8, 8, 3)).astype("float32")
    return images, (images.mean((1, 2, 3)) > 0).astype(int)


def moved(network, before):
    return {"/".join(weight.path.split("/")[-2:]): float(np.abs(weight.numpy() - old).max()) for weight, old in zip(network.weights, before)}


def fitted(network, pictures, optimizer="adam", compile_first=True):
    before = network.get_weights()
    if compile_first:
        network.compile(optimizer, "sparse_categorical_crossentropy")
    network.fit(*pictures, epochs=2, verbose=0, shuffle=False)
    return moved(network, before)


def test_frozen_layers_stay_frozen_and_the_others_move(network, pictures):
    assert finetuning.train_from(network, "block5_conv1") == ["block5_conv1", "answer"]
    for path, distance in fitted(network, pictures).items():
        assert (distance == 0) == path.startswith("block4"), path


def test_freezing_after_compile_changes_nothing_until_compiled_again(network, pictures):
    # The trap that lesson 02 shows: if Keras ever changes this, the lesson must change too.
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(*pictures, epochs=1, verbose=0)
    finetuning.train_from(network, "block5_conv1")
    assert fitted(network, pictures, compile_first=False)["block4_conv1/kernel"] > 0
    assert fitted(network, pictures)["block4_conv1/kernel"] == 0


def test_the_two_halves_are_the_whole(network, pictures):
    lower, upper = finetuning.split_at(network, "block4_pool")
    np.testing.assert_allclose(upper(lower(pictures[0])), network(pictures[0]), rtol=1e-5)


def test_training_the_upper_half_trains_the_whole_unless_it_is_a_fresh_copy(network, pictures):
    lower, upper = finetuning.split_at(network, "block4_pool")
    activations, before = np.asarray(lower(pictures[0])), network.get_weights()
    copy = finetuning.fresh_copy(upper)
    np.testing.assert_allclose(copy(activations), upper(activations), rtol=1e-6)
    fitted(copy, (activations, pictures[1]))
    assert max(moved(network, before).values()) == 0
    fitted(upper, (activations, pictures[1]))
    distance = moved(network, before)
    assert distance["block5_conv1/kernel"] > 0 and distance["block4_conv1/kernel"] == 0


@pytest.mark.parametrize("call", [finetuning.split_at, finetuning.train_from])
def test_an_unknown_layer_gives_one_clear_error_with_the_known_names(network, call):
    with pytest.raises(DataError, match="block5_conv1"):
        call(network, "block6_conv1")


def test_cutting_after_the_last_layer_gives_one_clear_error(network):
    with pytest.raises(DataError, match="last layer"):
        finetuning.split_at(network, "answer")


def test_each_block_takes_steps_of_its_own_length(network, pictures):
    # Adam's first step is about the rate itself, so the ratio of the steps is the ratio of the rates.
    start = network.get_weights()

    def step(factors):
        network.set_weights(start)
        network.compile(finetuning.differential_adam(.01, factors), "sparse_categorical_crossentropy")
        network.fit(*pictures, batch_size=32, epochs=1, verbose=0, shuffle=False)
        return moved(network, start)

    plain, chosen = step({}), step({"block4": 0.0, "block5": 0.1})
    assert chosen["block4_conv1/kernel"] == 0 < plain["block4_conv1/kernel"]
    assert chosen["block5_conv1/kernel"] == pytest.approx(.1 * plain["block5_conv1/kernel"], rel=.02)
    assert chosen["answer/kernel"] == pytest.approx(plain["answer/kernel"], rel=.02)


def test_two_runs_of_fine_tuning_predict_the_same(network, pictures):
    import keras

    def run():
        keras.utils.set_random_seed(4)
        tuned = finetuning.fresh_copy(network)
        tuned.compile(finetuning.differential_adam(.01, {"block4": .1}), "sparse_categorical_crossentropy")
        tuned.fit(batches(*pictures, 5, seed=4), epochs=2, verbose=0)
        return tuned.predict(pictures[0], verbose=0)

    first = run()
    np.testing.assert_allclose(run(), first, atol=1e-6)
    assert not np.allclose(first, network.predict(pictures[0], verbose=0))


def test_timing_a_step_learns_nothing(network, pictures):
    before = network.get_weights()
    assert finetuning.seconds_per_step(network, *pictures, repeats=1) > 0
    assert max(moved(network, before).values()) == 0


def test_a_negative_factor_gives_one_clear_error():
    with pytest.raises(DataError, match="factors from 0"):
        finetuning.differential_adam(.01, {"block5": -1})


def test_the_longest_matching_name_counts_in_nested_models_too():
    factors = {"block5": 0.5, "block5_conv1": 0.1}
    found = [finetuning._factor(path, factors) for path in (
        "vgg16_after_block4_pool/block5_conv1/kernel", "vgg16_after_block4_pool/block5_conv2/kernel", "head/dense/bias")]
    assert found == [0.1, 0.5, 1.0]


def test_the_saved_model_takes_plain_pixels_and_predicts_the_same(tmp_path, pictures, network):
    import keras
    from keras.applications.vgg16 import preprocess_input

    lower, upper = finetuning.split_at(network, "block4_pool")
    whole = finetuning.assemble(lower, upper, image_shape=(8, 8, 3))
    pixels = np.random.default_rng(3).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    expected = network(preprocess_input(pixels.astype("float32")))
    np.testing.assert_allclose(whole.predict(pixels, verbose=0), expected, rtol=1e-4, atol=1e-5)
    whole.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(pixels, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_the_best_epoch_can_be_loaded_again(network, pictures, tmp_path):
    import keras

    file = tmp_path / "new" / "best.weights.h5"
    images, labels = pictures
    network.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    wreck_at_the_end = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 30 else 100.0)
    history = network.fit(images, labels, epochs=32, verbose=0, validation_data=(images, labels),
                          callbacks=[wreck_at_the_end, *finetuning.best_epoch(file, patience=40)])
    best = max(history.history["val_accuracy"])
    assert history.history["val_accuracy"][-1] < best        # or the test could not tell best from last
    network.load_weights(file)
    assert (network.predict(images, verbose=0).argmax(1) == labels).mean() == pytest.approx(best)


def test_a_checkpoint_with_another_ending_gives_one_clear_error():
    with pytest.raises(DataError, match=".weights.h5"):
        finetuning.best_epoch("model.keras")


def test_augmented_copies_are_seeded_and_changed_but_upright():
    images = np.zeros((6, 32, 32, 3), np.uint8)
    images[:, :16] = 255                        # bright above, dark below
    first, second, other = (finetuning.augmented(images, 2, seed=seed, batch_size=5) for seed in (1, 1, 2))
    assert first.shape == (12, 32, 32, 3) and first.dtype == np.uint8
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    assert all(not np.array_equal(copy, images[0]) for copy in first)
    assert (first[:, :8].mean((1, 2, 3)) > first[:, -8:].mean((1, 2, 3)) + 100).all()
    assert finetuning.augmented(images, 0).shape == (0, 32, 32, 3)
