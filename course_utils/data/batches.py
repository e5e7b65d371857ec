"""Feeding a network batch by batch, without a second copy of all images in memory (lesson 02)."""

from functools import lru_cache

import numpy as np

from course_utils.errors import DataError

__all__ = ["batches"]


@lru_cache(maxsize=1)
def _dataset_class():
    import keras

    class Batches(keras.utils.PyDataset):
        """Slices of two arrays, in a new order each epoch."""

        def __init__(self, inputs, labels, batch_size, generator):
            super().__init__()
            self.inputs, self.labels, self.batch_size, self.generator = inputs, labels, batch_size, generator
            self.order = np.arange(len(inputs))
            self.on_epoch_end()

        def __len__(self):
            return -(-len(self.inputs) // self.batch_size)

        def __getitem__(self, number):
            rows = self.order[number * self.batch_size:(number + 1) * self.batch_size]
            return self.inputs[rows], self.labels[rows]

        def on_epoch_end(self):
            if self.generator is not None:
                self.generator.shuffle(self.order)

    return Batches


def batches(inputs: np.ndarray, labels: np.ndarray, batch_size: int = 32, seed: int | None = None):
    """Return arrays as a dataset that Keras reads batch by batch.

    ``model.fit(images, labels)`` copies all images into TensorFlow's memory and keeps them there; this does not.
    `fit` mixes the order of the batches once more, with Python's own generator: call
    ``keras.utils.set_random_seed`` before it when a run must repeat.

    Parameters
    ----------
    inputs, labels : numpy.ndarray
        Of the same length n.
    batch_size : int
        The last batch may be smaller.
    seed : int, optional
        Of the order, which changes in each epoch. Without a seed the order is that of the arrays, as validation and
        prediction want it.

    Returns
    -------
    keras.utils.PyDataset

    Raises
    ------
    DataError
        If the lengths differ or there is nothing to feed.
    """
    if len(inputs) != len(labels) or not len(inputs):
        raise DataError(f"{len(inputs)} inputs and {len(labels)} labels cannot be fed together.",
                        "hand in as many labels as inputs, at least one of each.")
    generator = None if seed is None else np.random.default_rng(seed)
    return _dataset_class()(inputs, np.asarray(labels), batch_size, generator)
