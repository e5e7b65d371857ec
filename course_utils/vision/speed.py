"""What a layer costs by the clock: fair timing, and the two limits of a computer that explain it (lesson 03).

The roofline: a layer that needs many operations for each byte that it moves is limited by arithmetic, one that needs
few by memory. Williams, Waterman and Patterson (2009), "Roofline: an insightful visual performance model for multicore
architectures", Communications of the ACM 52(4).
"""

import math
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from course_utils.data._checks import checked_whole
from course_utils.errors import DataError
from course_utils.vision.convolutions import LayerCount

__all__ = ["arithmetic_intensity", "interleaved_medians", "matrix_product_peak", "memory_bandwidth"]

BYTES = 4  # of a float32


def interleaved_medians(functions: dict[str, Callable[[], object]], repeats: int = 11, warmup: int = 2) -> dict[str, float]:
    """Time functions in turn, A B C A B C ..., so that a busy moment of the computer hits all. Introduced in lesson 03.

    The median, and not the mean: a few slow calls, while another program ran, do not move it.

    Parameters
    ----------
    functions : dict of str to callable
        Each without arguments; it must return only when its work is done.
    repeats : int
        Timed rounds, at least 1.
    warmup : int
        Rounds before, not timed: a first call compiles, and fills the caches.

    Returns
    -------
    dict of str to float
        Median seconds of a call.

    Raises
    ------
    DataError
        If there is nothing to call, or the rounds are not whole numbers.
    """
    return {name: statistics.median(values) for name, values in _seconds_in_turn(functions, repeats, warmup).items()}


def arithmetic_intensity(count: LayerCount, batch_size: int = 1) -> float:
    """Return the floating-point operations of a layer for each byte that it has to move. Introduced in lesson 03.

    A multiply-add is two operations. Moved are, at least once each and as float32: its inputs, its outputs, its
    parameters; these serve the whole batch.

    Parameters
    ----------
    count : LayerCount
        Of :func:`course_utils.vision.convolutions.count_layer`, for a layer with one input and one output.
    batch_size : int
        Number of images that pass through it together.

    Returns
    -------
    float
        FLOP/byte.

    Raises
    ------
    DataError
        If the layer has several inputs or outputs, or the batch size is no whole number from 1 up.
    """
    checked_whole(batch_size, "batch_size")
    if not all(isinstance(side, int) for side in (*count.input_shape, *count.output_shape)):
        raise DataError(f"The layer {count.name!r} has several inputs or outputs: {count.input_shape}, {count.output_shape}.",
                        "take a layer with one of each, such as a convolution.")
    numbers = batch_size * (math.prod(count.input_shape) + math.prod(count.output_shape)) + count.parameters
    return 2 * count.multiply_adds * batch_size / (BYTES * numbers)


def matrix_product_peak(size: int = 2048, repeats: int = 9) -> float:
    """Return the speed of this computer in a product of two matrices, in GFLOP/s, with TensorFlow. Introduced in lesson 03.

    No convolution can be much faster: in a matrix product each number that is fetched is used `size` times.

    Parameters
    ----------
    size : int
        Rows and columns of the matrices.
    repeats : int
        Timed products; the fastest counts, since a limit is what is possible.

    Raises
    ------
    DataError
        If a number is not a whole number from 1 up.
    """
    checked_whole(size, "size")
    import tensorflow as tf

    numbers = np.random.default_rng(0).random((size, size), np.float32)
    matrix = tf.constant(numbers)
    product = tf.function(lambda: tf.linalg.matmul(matrix, matrix))
    return 2 * size**3 / _fastest(product, repeats) / 1e9


def memory_bandwidth(mebibytes: int = 128, repeats: int = 9) -> float:
    """Return how fast this computer copies memory, in GB/s, every byte read and every byte written counted.

    Introduced in lesson 03. All processor cores copy together, as in the STREAM benchmark: McCalpin (1995), "Memory
    bandwidth and machine balance in current high performance computers".

    Parameters
    ----------
    mebibytes : int
        Size of the copied array. With its copy it must be larger than the processor's caches, or those are measured.
    repeats : int
        Timed copies; the fastest counts.

    Raises
    ------
    DataError
        If a number is not a whole number from 1 up.
    """
    checked_whole(mebibytes, "mebibytes")
    from joblib import cpu_count

    source = np.ones(mebibytes * 2**20 // BYTES, np.float32)
    target = np.empty_like(source)
    workers = cpu_count()                          # in a container often fewer than the computer has
    parts = list(zip(np.array_split(target, workers), np.array_split(source, workers)))
    with ThreadPoolExecutor(workers) as pool:      # NumPy releases Python's lock while it copies
        seconds = _fastest(lambda: list(pool.map(lambda pair: np.copyto(*pair), parts)), repeats)
    return 2 * source.nbytes / seconds / 1e9


def _fastest(function: Callable[[], object], repeats: int) -> float:
    """Return the seconds of the fastest call, after one that is not timed."""
    return min(_seconds_in_turn({"once": function}, repeats, warmup=1)["once"])


def _seconds_in_turn(functions: dict[str, Callable[[], object]], repeats: int, warmup: int) -> dict[str, list[float]]:
    """Return the seconds of each timed call."""
    if not isinstance(functions, dict) or not functions or not all(map(callable, functions.values())):
        raise DataError("There is nothing to time.", 'give names and functions, such as {"standard": lambda: model(x)}.')
    checked_whole(repeats, "repeats")
    checked_whole(warmup, "warmup", 0)
    seconds = {name: [] for name in functions}
    for turn in range(warmup + repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            end = time.perf_counter()
            if turn >= warmup:
                seconds[name].append(end - start)
    return seconds
