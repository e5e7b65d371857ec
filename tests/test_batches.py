"""Each example once an epoch, in an order that the seed fixes."""

import numpy as np
import pytest

from course_utils.data.batches import batches
from course_utils.errors import DataError


def epoch(dataset):
    found = [dataset[number] for number in range(len(dataset))]
    dataset.on_epoch_end()
    assert all(np.array_equal(inputs[:, 0], labels) for inputs, labels in found)    # inputs keep their labels
    return np.concatenate([labels for _, labels in found]).tolist()


def test_without_a_seed_the_order_is_that_of_the_arrays():
    dataset = batches(np.arange(10)[:, None], np.arange(10), batch_size=4)
    assert len(dataset) == 3 and epoch(dataset) == epoch(dataset) == list(range(10))


def test_with_a_seed_each_epoch_has_its_own_order_and_the_seed_repeats_it():
    first, again, other = (batches(np.arange(40)[:, None], np.arange(40), seed=seed) for seed in (1, 1, 2))
    orders = [epoch(first), epoch(first)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]) == list(range(40))
    assert [epoch(again), epoch(again)] == orders and epoch(other) != orders[0]


@pytest.mark.parametrize("inputs, labels", [(3, 2), (0, 0)])
def test_arrays_that_do_not_fit_give_one_clear_error(inputs, labels):
    with pytest.raises(DataError, match="fed together"):
        batches(np.zeros((inputs, 1)), np.zeros(labels))
