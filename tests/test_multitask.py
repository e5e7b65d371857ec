"""Sharing, training with several targets, and balance: each claim of the docstrings against a case with a known answer."""

import numpy as np
import pytest

from course_utils import settings
from course_utils.errors import DataError
from course_utils.multitask import balancing, learning, sharing

with settings.quietly():
    import keras
    import tensorflow as tf

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(24, 3)).astype("float32")
TARGETS = {"a": (INPUTS[:, 0] > 0).astype(int), "b": (INPUTS[:, 1] > 0).astype(int)}
CLASSES = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
LOSSES = {"a": CLASSES, "b": CLASSES}


def dense(width, seed=0, **options):
    return keras.layers.Dense(width, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), **options)


def shared(seed=0, tasks=("a", "b")):
    return sharing.hard_sharing(keras.Input((3,)), [dense(4, seed, activation="tanh")],
                                {task: dense(2, seed + 1, name=task) for task in tasks})


def towers(seed=0, **options):
    return sharing.soft_sharing(
        keras.Input((3,)), {task: [dense(4, seed + place, activation="tanh")] for place, task in enumerate("ab")},
        {task: dense(2, 5, name=task) for task in "ab"}, **options)


def batches(targets=TARGETS, **options):
    return learning.example_batches(INPUTS, targets, **{"batch_size": 8, **options})


def before_and_after(network, **options):
    """Whether each array of weights moves in one epoch, by name."""
    before = {weight.path: weight.numpy() for weight in network.trainable_weights}
    learning.learn(network, batches(**options), LOSSES, learning_rate=0.01)
    return {weight.path.split("/")[0]: not np.array_equal(weight.numpy(), before[weight.path])
            for weight in network.trainable_weights if weight.path.endswith("kernel")}


# ---------------------------------------------------------------------- labels and batches


def test_missing_labels_have_no_weight_and_a_harmless_value():
    filled, weights = learning.label_weights({"class": np.array([2, -1, 0, -1]), "number": np.array([0.5, np.nan, np.nan, -3.0])})
    assert filled["class"].tolist() == [2, 0, 0, 0] and weights["class"].tolist() == [1, 0, 1, 0]
    assert filled["number"].tolist() == [0.5, 0, 0, -3] and weights["number"].tolist() == [1, 0, 0, 1]


def test_a_negative_number_is_a_target_and_minus_one_is_missing_only_as_a_class():
    filled, weights = learning.label_weights({"number": np.array([-1.0, 2.0])})
    assert filled["number"].tolist() == [-1, 2] and weights["number"].tolist() == [1, 1]


def test_weights_multiply_and_per_label_makes_up_for_gaps():
    targets = {"full": np.array([0, 1, 0, 1]), "poor": np.array([1, -1, -1, -1])}
    _, weights = learning.label_weights(targets, {"poor": 0.5}, per_label=True)
    assert weights["full"].tolist() == [1, 1, 1, 1] and weights["poor"].tolist() == [2, 0, 0, 0]
    assert learning.label_weights(targets)[1]["poor"].sum() == 1  # a quarter of the pull, as the docstring says


@pytest.mark.parametrize(("targets", "weights", "problem"), [
    ({"a": np.array([0, 1])}, {"b": 1.0}, "weight for 'b', which is no task.*\n.*tasks are a"),
    ({"a": np.array([0, 1]), "b": np.array([0])}, None, "different numbers of labels: a 2, b 1"),
    ({"a": np.array([-1, -1])}, None, "No example has a label for 'a'"),
    ({"a": np.array([np.nan])}, None, "No example has a label for 'a'"),
    ({"a": np.array([0, 1])}, {"a": -1.0}, "weight of 'a' is -1.0"),
    ({"a": np.array([0, 1])}, {"a": float("nan")}, "weight of 'a' is nan"),
])
def test_labels_that_cannot_be_used_are_refused(targets, weights, problem):
    with pytest.raises(DataError, match=problem):
        learning.label_weights(targets, weights)


def test_batches_hold_every_example_once_an_epoch_with_its_own_labels():
    seen = [(x, y["a"], y["b"], w["a"]) for x, y, w in batches(epochs=2, weights={"a": 3.0})]
    assert [len(x) for x, *_ in seen] == [8] * 6
    for epoch in (seen[:3], seen[3:]):
        x, a, b, weights = (np.concatenate(column) for column in zip(*epoch))
        assert sorted(map(tuple, x)) == sorted(map(tuple, INPUTS))
        assert np.array_equal(a, x[:, 0] > 0) and np.array_equal(b, x[:, 1] > 0) and set(weights) == {3.0}


def test_the_order_depends_on_the_seed_alone_and_changes_between_epochs():
    def order(seed):
        return [x.numpy().tolist() for x, *_ in batches(seed=seed, epochs=2)]

    first = order(1)
    assert first == order(1) and first != order(2) and first[:3] != first[3:]


def test_batches_take_inputs_with_names_and_refuse_another_number_of_them():
    x, _, _ = next(iter(learning.example_batches({"one": INPUTS, "two": INPUTS[:, 0]}, TARGETS, batch_size=5)))
    assert x["one"].shape == (5, 3) and np.array_equal(x["one"][:, 0], x["two"])
    with pytest.raises(DataError, match="23 inputs and 24 labels"):
        learning.example_batches(INPUTS[:-1], TARGETS)


# ---------------------------------------------------------------------- training


def test_both_heads_learn_their_own_target():
    network = learning.learn(shared(), batches(epochs=200), LOSSES, learning_rate=0.05)
    outputs = network.predict_on_batch(INPUTS)
    for task, labels in TARGETS.items():
        assert np.mean(outputs[task].argmax(axis=1) == labels) > 0.9
    assert np.mean(outputs["a"].argmax(axis=1) == TARGETS["b"]) < 0.9
    assert {"a_loss", "b_loss", "loss"} <= set(network.history.history) and network.seconds > 0


def test_a_head_without_weight_does_not_move_and_moves_nobody():
    moved = before_and_after(shared(seed=3), weights={"b": 0.0})
    assert moved["a"] and not moved["b"]
    alone = learning.learn(shared(seed=3), batches(weights={"b": 0.0}), LOSSES, learning_rate=0.01)
    single = learning.learn(shared(seed=3, tasks=("a",)), batches({"a": TARGETS["a"]}), {"a": CLASSES}, learning_rate=0.01)
    np.testing.assert_allclose(alone.predict_on_batch(INPUTS)["a"], single.predict_on_batch(INPUTS)["a"], atol=1e-6)


@pytest.mark.parametrize(("targets", "losses", "problem"), [
    ({"a": TARGETS["a"], "bee": TARGETS["b"]}, LOSSES, "target for 'bee', and no head of that name.*\n.*heads are a, b"),
    ({"a": TARGETS["a"]}, LOSSES, "head 'b' has no target"),
    (TARGETS, {"a": CLASSES}, "head 'b' has no loss"),
    (TARGETS, {**LOSSES, "c": CLASSES}, "loss for 'c', and no head"),
])
def test_a_wrong_name_is_one_clear_error(targets, losses, problem):
    with pytest.raises(DataError, match=problem):
        learning.learn(shared(), batches(targets), losses)


def test_a_network_that_is_used_again_ends_where_a_new_one_does():
    earlier = learning.learn(shared(seed=1), batches(seed=1, epochs=4), LOSSES)
    again = learning.learn(shared(seed=2), batches(seed=2, epochs=4), LOSSES, like=earlier)
    fresh = learning.learn(shared(seed=2), batches(seed=2, epochs=4), LOSSES)
    assert again is earlier
    for one, other in zip(again.weights, fresh.weights):
        np.testing.assert_allclose(one, other, atol=1e-6)
    with pytest.raises(DataError, match="other layers or other sizes.*\n.*leave out `like`"):
        learning.learn(shared(tasks=("a",)), batches({"a": TARGETS["a"]}), {"a": CLASSES}, like=earlier)


def test_the_rate_falls_to_nearly_nothing():
    network = learning.learn(shared(), batches(epochs=50), LOSSES, learning_rate=0.02)
    assert 0 < float(network.optimizer.learning_rate) < 0.002


def test_repeated_training_is_what_single_trainings_give_and_keeps_one_network():
    def score(network):
        outputs = network.predict_on_batch(INPUTS)
        return {task: float(np.abs(outputs[task]).sum()) for task in TARGETS}

    kept = {}
    found = learning.learn_often(lambda number: shared(seed=number), lambda number: batches(seed=number, epochs=3), LOSSES, score, 3,
                                 learning_rate=0.01, kept=kept, key="pair")
    for number in range(3):
        alone = score(learning.learn(shared(seed=number), batches(seed=number, epochs=3), LOSSES, learning_rate=0.01))
        assert [found[task][number] for task in TARGETS] == pytest.approx([alone[task] for task in TARGETS], rel=1e-4)
    assert set(found) == {"a", "b", "seconds"} and (found["seconds"] > 0).all() and list(kept) == ["pair"]
    assert score(kept["pair"])["a"] == pytest.approx(found["a"][2])
    again = learning.learn_often(lambda number: shared(), lambda number: batches(), LOSSES, score, 1, kept=kept, key="pair")
    assert again["a"].shape == (1,)


# ---------------------------------------------------------------------- sharing


def test_hard_sharing_has_one_body_and_named_heads():
    network = shared()
    assert list(network.output) == ["a", "b"] and len(network.trainable_weights) == 6
    assert {task: scores.shape for task, scores in network(INPUTS).items()} == {"a": (24, 2), "b": (24, 2)}
    with pytest.raises(DataError, match="no task"):
        sharing.hard_sharing(keras.Input((3,)), [], {})


def test_towers_without_exchange_are_single_networks_side_by_side():
    network = towers()
    with tf.GradientTape() as tape:
        loss = CLASSES(TARGETS["a"], network(INPUTS)["a"])
    reached = [gradient is not None for gradient in tape.gradient(loss, [w.value for w in network.trainable_weights])]
    assert sum(reached) == 4 and len(reached) == 8  # kernel and bias of a's tower and of a's head


def test_cross_stitch_mixes_by_its_matrix_and_the_matrix_learns():
    layer = sharing.cross_stitch(3, own=0.8)
    values = [np.full((2, 4), number, "float32") for number in (1.0, 10.0, 100.0)]
    np.testing.assert_allclose([mixed[0, 0] for mixed in layer(values)], [0.8 + 1 + 10, 0.1 + 8 + 10, 0.1 + 1 + 80], rtol=1e-6)
    network = towers(stitch=True)
    shares = [weight for weight in network.trainable_weights if weight.path.endswith("shares")]
    assert len(shares) == 1
    before = shares[0].numpy()
    np.testing.assert_allclose(before, [[0.9, 0.1], [0.1, 0.9]], rtol=1e-6)
    learning.learn(network, batches(epochs=5), LOSSES, learning_rate=0.01)
    assert not np.allclose(before, shares[0].numpy())


def test_cross_stitch_of_nothing_but_own_numbers_changes_nothing():
    values = [INPUTS, 2 * INPUTS]
    for mixed, value in zip(sharing.cross_stitch(2, own=1.0)(values), values):
        np.testing.assert_allclose(mixed, value, rtol=1e-6)


def test_a_tie_pulls_the_towers_together_and_adds_their_squared_distance():
    network = towers(tie=0.5)
    network(INPUTS)
    kernels = [weight.numpy() for weight in network.trainable_weights if weight.shape == (3, 4)]
    np.testing.assert_allclose(float(sum(network.losses)), 0.5 * np.sum((kernels[0] - kernels[1]) ** 2), rtol=1e-5)
    assert len(network.trainable_weights) == 8  # listed once

    def distance(tie):
        trained = learning.learn(towers(tie=tie), batches(epochs=60), LOSSES, learning_rate=0.02)
        one, other = (weight.numpy() for weight in trained.trainable_weights if weight.shape == (3, 4))
        return np.linalg.norm(one - other)

    assert distance(10.0) < 0.1 < 0.5 < distance(0.0)


@pytest.mark.parametrize(("options", "problem"), [
    ({"towers": {"a": []}}, "towers for a and heads for a, b"),
    ({"towers": {"a": [dense(2)], "b": []}}, "different numbers of layers"),
    ({"tie": -1.0}, "weight of the penalty is -1.0"),
    ({"heads": {}}, "no task"),
])
def test_towers_that_do_not_fit_are_refused(options, problem):
    arguments = {"towers": {"a": [dense(2)], "b": [dense(2)]}, "heads": {"a": dense(2, name="a"), "b": dense(2, name="b")}, **options}
    with pytest.raises(DataError, match=problem):
        sharing.soft_sharing(keras.Input((3,)), **arguments)


@pytest.mark.parametrize("arguments", [(1, 0.9), (2, 1.5), (2, -0.1), (2, float("nan"))])
def test_a_cross_stitch_that_cannot_be_is_refused(arguments):
    with pytest.raises(DataError, match="tower|own share"):
        sharing.cross_stitch(*arguments)


# ---------------------------------------------------------------------- balance


def linear_pair(first, second):
    """A body of one number, and heads that want it to grow or to shrink."""
    body = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    heads = {task: keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(sign), name=task)
             for task, sign in (("a", first), ("b", second))}
    return sharing.hard_sharing(keras.Input((1,)), [body], heads)


@pytest.mark.parametrize(("signs", "targets", "cosine"), [((1, 1), (3, 3), 1.0), ((1, 1), (3, -3), -1.0), ((1, -1), (3, -3), 1.0)])
def test_the_cosine_of_two_tasks_on_one_number_is_one_or_minus_one(signs, targets, cosine):
    squares = dict.fromkeys("ab", keras.losses.MeanSquaredError())
    data = learning.example_batches(np.ones((4, 1), "float32"), {task: np.full((4, 1), float(target), "float32")
                                                                   for task, target in zip("ab", targets)}, batch_size=2)
    network = linear_pair(*signs)
    agreement = balancing.gradient_agreement(network, data, squares)
    np.testing.assert_allclose(agreement.cosines["a", "b"], [cosine] * 2, atol=1e-6)
    # loss (output - target)^2, output 1 or -1 times the body's 1: the derivative is 2 (output - target) times the head's number
    expected = {task: abs(2 * (sign - target)) for task, sign, target in zip("ab", signs, targets)}
    for task, length in expected.items():
        np.testing.assert_allclose(agreement.norms[task], [length] * 2, rtol=1e-6)
    assert f"{cosine:+.3f}" in str(agreement)


def test_weights_of_labels_change_the_length_and_not_the_angle():
    network = shared()
    plain, loud = (balancing.gradient_agreement(network, batches(weights=weights), LOSSES) for weights in (None, {"b": 50.0}))
    np.testing.assert_allclose(plain.cosines["a", "b"], loud.cosines["a", "b"], atol=1e-5)
    np.testing.assert_allclose(50 * plain.norms["b"], loud.norms["b"], rtol=1e-4)


def test_a_batch_without_labels_for_a_task_has_no_cosine():
    gaps = {**TARGETS, "b": np.where(np.arange(24) < 1, TARGETS["b"], learning.MISSING)}
    agreement = balancing.gradient_agreement(shared(), batches(gaps), LOSSES)
    assert np.isfinite(agreement.cosines["a", "b"]).tolist().count(True) == 1 and "nan" not in str(agreement)


def test_gradients_that_cannot_be_compared_are_refused():
    with pytest.raises(DataError, match="nothing to be compared with"):
        balancing.gradient_agreement(shared(), batches(), {"a": CLASSES})
    with pytest.raises(DataError, match="no head 'c'"):
        balancing.gradient_agreement(shared(), batches(), {"a": CLASSES, "c": CLASSES})
    with pytest.raises(DataError, match="share no weights"):
        balancing.gradient_agreement(towers(), batches(), LOSSES)
    with pytest.raises(DataError, match="no batches"):
        balancing.gradient_agreement(shared(), [], LOSSES)


def test_learned_weights_find_the_variance_of_the_noise():
    noise = {"quiet": 0.5, "loud": 4.0}
    inputs = RANDOM.normal(size=(2000, 2)).astype("float32")
    targets = {task: (inputs[:, :1] + deviation * RANDOM.normal(size=(2000, 1))).astype("float32") for task, deviation in noise.items()}
    network = sharing.hard_sharing(keras.Input((2,)), [], {task: dense(1, name=task) for task in noise})
    weighted = balancing.uncertainty_weighted(network, speed=5.0)
    learning.learn(weighted, learning.example_batches(inputs, targets, epochs=20), dict.fromkeys(noise, keras.losses.MeanSquaredError()),
                   learning_rate=0.02)
    # exp(-s) L + s / 2 is smallest at exp(-s) = 1 / (2 L)
    for task, deviation in noise.items():
        assert weighted.task_weights()[task] == pytest.approx(1 / (2 * deviation**2), rel=0.15)


def test_learned_weights_keep_missing_labels_out():
    gaps = {**TARGETS, "b": np.where(np.arange(24) < 12, TARGETS["b"], learning.MISSING)}
    filled, weights = learning.label_weights(gaps)

    def trained(filling):
        filled["b"] = np.where(weights["b"] == 0, filling, gaps["b"])
        data = tf.data.Dataset.from_tensor_slices((INPUTS, filled, weights)).batch(8)
        return learning.learn(balancing.uncertainty_weighted(shared()), data, LOSSES, learning_rate=0.05)(INPUTS)

    np.testing.assert_allclose(trained(0)["b"], trained(1)["b"], atol=1e-6)


def test_learned_weights_need_named_outputs_and_a_speed():
    with pytest.raises(DataError, match="no names"):
        balancing.uncertainty_weighted(keras.Sequential([keras.Input((3,)), dense(2)]))
    for speed in (0, -1.0, float("nan")):
        with pytest.raises(DataError, match="speed"):
            balancing.uncertainty_weighted(shared(), speed)
