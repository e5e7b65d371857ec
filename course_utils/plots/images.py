"""Figures of images: galleries, predictions, and what a convolutional network sees (lesson 02)."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, DPI, SMALLEST_TEXT, STYLE, WIDTH, check_same_length, finished, new_figure, readable, wrapped,
)

__all__ = ["feature_maps", "image_gallery", "prediction_gallery"]


@matplotlib.rc_context(STYLE)
def image_gallery(
    images: Sequence, labels: Sequence[str] | None = None, *, alt: str, columns: int = 6, title: str = ""
) -> Figure:
    """Draw images in a grid, each with its label below. Introduced in lesson 02.

    Parameters
    ----------
    images : sequence of arrays, each (height, width, 3), (height, width, 1) or (height, width)
        Whole numbers from 0 to 255, or decimals from 0 to 1 or from 0 to 255. Sizes may differ.
    labels : sequence of str, optional
        One label for each image.
    alt : str
        What the figure shows, in a sentence.
    columns : int
        Images in a row.
    title : str
        Text above the gallery.

    Raises
    ------
    DataError
        If there are no images, the labels are not as many, or an image cannot be drawn.
    """
    images = _checked_images(images)
    check_same_length(images, "images", labels=labels)
    captions = None if labels is None else [wrapped(str(label), columns) for label in labels]
    figure, _ = _grid_of_images(images, captions, columns, title, alt)
    return finished(figure)


@matplotlib.rc_context(STYLE)
def prediction_gallery(
    images: Sequence, predicted: Sequence[str] | Mapping[str, Sequence[str]],
    true: Sequence[str] | Mapping[str, Sequence[str]], *, alt: str,
    probabilities: Sequence[float] | None = None, columns: int = 5, title: str = "",
) -> Figure:
    """Draw images with the predicted label and, in parentheses, the true one. Introduced in lesson 02.

    A right prediction has a tick and a thin frame, a wrong one a cross and a thick dashed frame. With several tasks
    (lesson 05) each has a line of its own, the true label only where the prediction is wrong, and the frame is thick
    and dashed if any of them is wrong.

    Parameters
    ----------
    images : sequence of arrays, each (height, width, 3), (height, width, 1) or (height, width)
        As in :func:`image_gallery`.
    predicted, true : sequence of str, shape (n,), or dict of str to such sequences
        Class names; for several tasks by the task's name, in the order of the lines.
    alt : str
        What the figure shows, in a sentence.
    probabilities : sequence of float, shape (n,), optional
        Probability that the model gives to the *predicted* class; for one task only.
    columns : int
        Images in a row.
    title : str
        Text above the gallery.

    Raises
    ------
    DataError
        If the inputs do not fit together, a probability is not between 0 and 1, or there are probabilities for several
        tasks.
    """
    images = _checked_images(images)
    several = isinstance(predicted, Mapping) or isinstance(true, Mapping)
    if several:
        rights, captions = _captions_of_tasks(images, predicted, true, probabilities, columns)
    else:
        rights, captions = _captions(images, predicted, true, probabilities, columns)
    figure, tiles = _grid_of_images(images, captions, columns, title, alt)
    for axes, right in zip(tiles, rights):
        colour = COLOURS["blue"] if right else COLOURS["vermillion"]
        width, dash = (1.2, "solid") if right else (3.5, (0, (3, 1)))
        # No clipping, so that a thick frame keeps its outer half.
        axes.add_patch(Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, fill=False, edgecolor=colour, linewidth=width,
            linestyle=dash, clip_on=False, gid="right" if right else "wrong",
        ))
        if not right and not several:                   # of several tasks some may be right
            axes.xaxis.label.set_color(readable(colour))
    return finished(figure)


@matplotlib.rc_context(STYLE)
def feature_maps(
    maps, *, alt: str, channels: int | Sequence[int] = 8, columns: int = 8, title: str = ""
) -> Figure:
    """Draw channels of a convolutional layer for one image: what the network sees. Introduced in lesson 02.

    Every channel has its own scale, from its smallest value (dark) to its largest (bright).

    Parameters
    ----------
    maps : array (height, width, channels) or (1, height, width, channels), or dict of layer name to such
        Activations of one layer, or of several: one block of rows for each.
    alt : str
        What the figure shows, in a sentence.
    channels : int or sequence of int
        How many channels, those with the largest mean activation first; or the numbers of the channels.
    columns : int
        Channels in a row.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If an array has another shape, has values that are no numbers, or a channel does not exist.
    """
    layers = maps if isinstance(maps, Mapping) else {"": maps}
    if not layers:
        raise DataError("There are no feature maps to draw.", "give the output of a layer for one image.")
    layers = {str(name): _checked_maps(str(name), values) for name, values in layers.items()}
    chosen = {name: _chosen_channels(name, values, channels) for name, values in layers.items()}
    rows = {name: -(-len(numbers) // columns) for name, numbers in chosen.items()}
    tile = WIDTH / columns
    heights = {name: rows[name] * (tile + 0.2) + (0.3 if name else 0) for name in layers}
    figure = new_figure(WIDTH, sum(heights.values()) + (0.45 if title else 0), alt)
    parts = figure.subfigures(len(layers), 1, squeeze=False, height_ratios=list(heights.values()))[:, 0]
    for part, (name, values) in zip(parts, layers.items()):
        if name:
            height, width, depth = values.shape
            text = f"{name}   {height} × {width}, {len(chosen[name])} of {depth} channels"
            part.suptitle(text, x=0.01, ha="left", fontsize=11)
        tiles = part.subplots(rows[name], columns, squeeze=False).ravel()
        for axes in tiles:
            axes.axis("off")
        for axes, channel in zip(tiles, chosen[name]):
            axes.axis("on")
            axes.imshow(values[:, :, channel], cmap="viridis")
            axes.set_anchor("N")
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"channel {channel}", fontsize=SMALLEST_TEXT, labelpad=2)
            axes.spines[:].set_visible(False)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return finished(figure)


def _captions(images, predicted, true, probabilities, columns: int) -> tuple[list[bool], list[str]]:
    """Whether each prediction is right, and what stands below the image."""
    check_same_length(images, "images", predicted=predicted, true=true, probabilities=probabilities)
    rights = [str(guess) == str(truth) for guess, truth in zip(predicted, true)]
    marked = [f"{'✓' if right else '✗'} {guess}" for right, guess in zip(rights, predicted)]
    captions = [f"{guess} ({truth})" for guess, truth in zip(marked, true)]
    if any("\n" in wrapped(caption, columns) for caption in captions):  # then on two lines, in every caption
        captions = [
            wrapped(guess, columns) + "\n" + wrapped(f"({truth})", columns)
            for guess, truth in zip(marked, true)
        ]
    if probabilities is not None:
        shares = np.asarray(probabilities, dtype=float)
        if shares.ndim != 1 or not np.all((shares >= 0) & (shares <= 1)):
            raise DataError(
                "The probabilities must be one number between 0 and 1 for each image.",
                "give the probability of the predicted class: probabilities.max(axis=1).",
            )
        # Rounding must not turn 0.999 into a certainty that the model does not have.
        shown = np.where(shares < 1, np.minimum(shares, 0.99), 1)
        captions = [f"{text}\np = {share:.2f}" for text, share in zip(captions, shown)]
    return rights, captions


def _captions_of_tasks(images, predicted, true, probabilities, columns: int) -> tuple[list[bool], list[str]]:
    """Whether all predictions for an image are right, and what stands below it: a line for each task."""
    by_task = isinstance(predicted, Mapping) and isinstance(true, Mapping)
    if not by_task or not predicted or set(predicted) != set(true):
        tasks = [", ".join(map(str, given)) or "none" if isinstance(given, Mapping) else "a plain sequence"
                 for given in (predicted, true)]
        raise DataError(
            f"Predicted and true labels are not of the same tasks: {tasks[0]}; and {tasks[1]}.",
            'give both by task: {"species": [...], "direction": [...]}.',
        )
    if probabilities is not None:
        raise DataError(
            "Probabilities can be written below an image for one task only, and there are several tasks.",
            "leave probabilities out, or draw one task.",
        )
    rights, captions = [True] * len(images), [[] for _ in images]
    for task, guesses in predicted.items():
        truths = true[task]
        check_same_length(images, "images", **{f"predicted of {task!r}": guesses, f"true of {task!r}": truths})
        for number, (guess, truth) in enumerate(zip(guesses, truths)):
            right = str(guess) == str(truth)
            rights[number] &= right
            caption = f"✓ {guess}" if right else f"✗ {guess} ({truth})"
            captions[number].append(caption if _fits(caption, columns) else wrapped(caption, columns))
    return rights, ["\n".join(lines) for lines in captions]


def _fits(caption: str, columns: int) -> bool:
    """Whether the caption fits in one line below one of so many columns."""
    width = Figure(dpi=DPI).text(0, 0, caption, fontsize=10.5).get_window_extent().width
    return width / DPI < WIDTH / max(1, columns) - 0.08


def _checked_images(images: Sequence) -> list[np.ndarray]:
    """All images as uint8, (height, width) or (height, width, 3)."""
    images = [np.asarray(image) for image in images]
    if not images:
        raise DataError("There are no images to draw.", "check the folder that they come from.")
    for number, image in enumerate(images):
        if not (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] in (1, 3))) or 0 in image.shape:
            raise DataError(
                f"Image {number} has the shape {image.shape}; (height, width, 3) is needed.",
                "hand in single images, not batches: images[:6], not [images].",
            )
        if image.dtype.kind not in "uifb" and image.dtype.name != "bfloat16":
            raise DataError(f"Image {number} holds {image.dtype}, not numbers.", "read the image file first.")
    images = [image[:, :, 0] if image.ndim == 3 and image.shape[-1] == 1 else image for image in images]
    decimals = all(image.dtype.kind not in "ui" for image in images)
    lowest, highest = min(float(image.min()) for image in images), max(float(image.max()) for image in images)
    if not (lowest >= 0 and highest <= 255):  # also true for values that are not a number
        raise DataError(
            f"The images hold values from {lowest:.3g} to {highest:.3g}; 0 to 255, or 0 to 1, can be drawn.",
            "draw the images as they were before preprocess_input.",
        )
    scale = 255 if decimals and highest <= 1 else 1
    return [np.round(image.astype("float32") * scale).astype("uint8") for image in images]


def _grid_of_images(
    images: list[np.ndarray], captions: list[str] | None, columns: int, title: str, alt: str
) -> tuple[Figure, list]:
    if columns < 1:
        raise DataError(f"A gallery cannot have {columns} columns.", "use 4, 5 or 6.")
    rows = -(-len(images) // columns)
    tile = WIDTH / columns  # a gallery that fills less than a row keeps the size of its tiles
    shape = max(image.shape[0] / image.shape[1] for image in images)
    lines = max((caption.count("\n") + 1 for caption in captions), default=0) if captions else 0
    columns = min(columns, len(images))
    height = rows * (tile * min(shape, 1.5) + 0.2 * lines) + (0.45 if title else 0.05)
    figure = new_figure(tile * columns, height, alt)
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.03, wspace=0.0, hspace=0.02)
    tiles = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in tiles[len(images):]:
        axes.axis("off")
    for number, (axes, image) in enumerate(zip(tiles, images)):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation_stage="rgba")
        axes.set(xticks=[], yticks=[])
        axes.set_anchor("N")
        axes.spines[:].set_visible(False)
        if captions:
            axes.set_xlabel(captions[number], fontsize=10.5, labelpad=5)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure, list(tiles[: len(images)])


def _checked_maps(name: str, values) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim == 4 and values.shape[0] == 1:
        values = values[0]
    of = f" of {name!r}" if name else ""
    if values.ndim != 3 or 0 in values.shape:
        raise DataError(
            f"The feature maps{of} have the shape {values.shape}; (height, width, channels) is needed.",
            "take one image of the batch: maps[0].",
        )
    values = values.astype("float32")  # bfloat16 cannot be drawn
    if not np.isfinite(values).all():
        raise DataError(f"The feature maps{of} hold values that are no numbers.", "check the model's input.")
    return values


def _chosen_channels(name: str, values: np.ndarray, channels: int | Sequence[int]) -> list[int]:
    depth = values.shape[-1]
    if not isinstance(channels, int):
        chosen = [int(channel) for channel in channels]
        if not chosen or min(chosen) < 0 or max(chosen) >= depth:
            raise DataError(
                f"Channels {chosen} do not all exist{f' in {name!r}' if name else ''}: there are {depth}.",
                f"choose from 0 to {depth - 1}.",
            )
        return chosen
    if channels < 1:
        raise DataError(f"{channels} channels cannot be drawn.", "ask for 8, for instance.")
    return np.argsort(-values.mean(axis=(0, 1)), kind="stable")[:channels].tolist()
