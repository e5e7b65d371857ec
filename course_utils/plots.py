"""The figures of the course: galleries, curves, confusion matrices and feature maps.

Every function returns a :class:`matplotlib.figure.Figure` and asks for ``alt``, a sentence that says what
the figure shows to a reader who cannot see it. The figure carries the sentence as ``figure.alt_text``, and
``show(figure)`` stores it in the notebook beside the picture::

    plots.show(plots.image_gallery(images, names, alt="Six photographs: three sharks and three dolphins."))

Nothing here touches ``matplotlib.pyplot``: no figure is open behind your back, and none is shown twice.
The colours are those of Okabe and Ito, told apart with every common kind of colour vision; no figure says
with colour alone what it says.
"""

import io
import sys
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from course_utils.errors import DataError

__all__ = [
    "COLOURS", "confusion_matrix", "feature_maps", "image_gallery", "learning_curve", "png",
    "prediction_gallery", "show", "smooth", "training_curves",
]

#: Okabe and Ito's palette (2008).
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
# One colour, marker and dash for each line of a figure, in this order. Orange, sky and yellow are left
# out: a thin line in them has less than 3:1 contrast on white (WCAG 2.2, 1.4.11).
SERIES = [
    (COLOURS["blue"], "o", "-"),
    (COLOURS["vermillion"], "s", (0, (6, 2))),
    (COLOURS["green"], "^", (0, (1, 1.2))),
    (COLOURS["purple"], "D", (0, (6, 2, 1, 2))),
    (COLOURS["black"], "v", (0, (3, 1.5))),
]
WIDTH = 8.0  # inches: the text column of JupyterLab and of the site is about 800 pixels wide
DPI = 100
SMALLEST_TEXT = 10
INK, QUIET_INK = "#1A1A1A", "#595959"  # both above 4.5:1 on white (WCAG AA)
# Bytes. Above, a picture is stored with 256 colours instead of 16 million: photographs then take a third.
LARGE_PICTURE = 250_000
SHORTEST_ALT = 20

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET_INK,
    "axes.facecolor": "white",
    "axes.formatter.use_mathtext": False,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.5,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "legend.fontsize": 10.5,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.5,
    "savefig.dpi": DPI,
    "savefig.facecolor": "white",
    "text.color": INK,
    "xtick.color": QUIET_INK,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALLEST_TEXT,
    "ytick.color": QUIET_INK,
    "ytick.labelcolor": INK,
    "ytick.labelsize": SMALLEST_TEXT,
}


def show(figure: Figure, alt: str | None = None) -> None:
    """Show a figure in the notebook, with its sentence for readers who cannot see it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure of this module, or one of your own.
    alt : str, optional
        What the figure shows, in a sentence. A figure of this module has one already.

    Raises
    ------
    DataError
        If the figure has no such sentence.
    """
    from IPython.display import Image, display

    alt = _checked_alt(alt or getattr(figure, "alt_text", ""))
    # IPython stores the sentence as output.metadata["image/png"]["alt"]; nbconvert writes it into <img>.
    display(Image(data=png(figure), format="png", alt=alt))
    if "matplotlib.pyplot" in sys.modules:  # a reader's own figure would be shown again at the cell's end
        sys.modules["matplotlib.pyplot"].close(figure)


def png(figure: Figure) -> bytes:
    """Return the figure as the bytes of a PNG file, small enough to be committed with a notebook.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.
    """
    from PIL import Image

    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    picture = Image.open(buffer).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, format="png", optimize=True)
    if buffer.tell() > LARGE_PICTURE:
        buffer = io.BytesIO()
        _with_few_colours(picture).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


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
    _check_same_length(images, "images", labels=labels)
    captions = None if labels is None else [_wrapped(str(label), columns) for label in labels]
    figure, _ = _grid_of_images(images, captions, columns, title, alt)
    return _finished(figure)


@matplotlib.rc_context(STYLE)
def prediction_gallery(
    images: Sequence, predicted: Sequence[str], true: Sequence[str], *, alt: str,
    probabilities: Sequence[float] | None = None, columns: int = 5, title: str = "",
) -> Figure:
    """Draw images with the predicted label and, in parentheses, the true one. Introduced in lesson 02.

    A right prediction has a tick and a thin frame, a wrong one a cross and a thick dashed frame.

    Parameters
    ----------
    images : sequence of arrays, each (height, width, 3), (height, width, 1) or (height, width)
        As in :func:`image_gallery`.
    predicted, true : sequence of str, shape (n,)
        Class names.
    alt : str
        What the figure shows, in a sentence.
    probabilities : sequence of float, shape (n,), optional
        Probability that the model gives to the *predicted* class.
    columns : int
        Images in a row.
    title : str
        Text above the gallery.

    Raises
    ------
    DataError
        If the inputs do not fit together, or a probability is not between 0 and 1.
    """
    images = _checked_images(images)
    _check_same_length(images, "images", predicted=predicted, true=true, probabilities=probabilities)
    rights = [str(guess) == str(truth) for guess, truth in zip(predicted, true)]
    marked = [f"{'✓' if right else '✗'} {guess}" for right, guess in zip(rights, predicted)]
    captions = [f"{guess} ({truth})" for guess, truth in zip(marked, true)]
    if any("\n" in _wrapped(caption, columns) for caption in captions):  # then on two lines, in every caption
        captions = [
            _wrapped(guess, columns) + "\n" + _wrapped(f"({truth})", columns)
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
    figure, tiles = _grid_of_images(images, captions, columns, title, alt)
    for axes, right in zip(tiles, rights):
        colour = COLOURS["blue"] if right else COLOURS["vermillion"]
        width, dash = (1.2, "solid") if right else (3.5, (0, (3, 1)))
        # No clipping, so that a thick frame keeps its outer half.
        axes.add_patch(Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, fill=False, edgecolor=colour, linewidth=width,
            linestyle=dash, clip_on=False, gid="right" if right else "wrong",
        ))
        if not right:
            axes.xaxis.label.set_color(_readable(colour))
    return _finished(figure)


def smooth(values: Sequence[float], smoothing: float) -> np.ndarray:
    """Return the exponential moving average of a curve.

    Each point is ``smoothing`` × the average so far + (1 − ``smoothing``) × the new value; the first point
    stays as it is.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One value for each epoch.
    smoothing : float
        0 leaves the curve as it is; 0.8 makes it smooth. Below 1.

    Raises
    ------
    DataError
        If ``smoothing`` is not from 0 to below 1.
    """
    if not 0 <= smoothing < 1:
        raise DataError(
            f"smoothing is {smoothing}, not from 0 to below 1.", "use 0 for none, 0.8 for a smooth curve."
        )
    average = np.array(values, dtype=float)
    for step in range(1, average.size):
        average[step] = smoothing * average[step - 1] + (1 - smoothing) * average[step]
    return average


@matplotlib.rc_context(STYLE)
def training_curves(
    histories, *, alt: str, smoothing: float = 0.0, metrics: Sequence[str] = ("loss", "accuracy"),
    title: str = "",
) -> Figure:
    """Draw loss and accuracy over the epochs, for one training run or several. Introduced in lesson 02.

    One run: training and validation as two lines. Several runs: a colour for each, solid for validation,
    dashed for training.

    Parameters
    ----------
    histories : keras.callbacks.History, dict of lists, or dict of name to either
        What ``model.fit`` returned, or its ``.history``; several with a name each.
    alt : str
        What the figure shows, in a sentence.
    smoothing : float
        Strength of the exponential smoothing, see :func:`smooth`. The measured points then stay visible
        as faint dots.
    metrics : sequence of str
        One panel for each; validation is looked up as ``val_`` + name.
    title : str
        Text above the panels.

    Raises
    ------
    DataError
        If there is no run, no epoch, or no such metric.
    """
    runs = _checked_runs(histories, metrics)
    figure = _new_figure(WIDTH if len(metrics) > 1 else 0.7 * WIDTH, 3.6, alt)
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(panels, metrics):
        ends = []
        for number, (name, history) in enumerate(runs.items()):
            colour, marker, _ = SERIES[number]
            curves = [("training", metric, (0, (4, 2)), 1.5), ("validation", f"val_{metric}", "-", 2.2)]
            curves = [curve for curve in curves if curve[1] in history]
            for part, key, dash, width in curves:
                if len(runs) == 1 and part == "validation":
                    colour, marker, _ = SERIES[1]
                values = np.asarray(history[key], dtype=float)
                epochs = np.arange(1, values.size + 1)
                line = smooth(values, smoothing)
                axes.plot(
                    epochs, line, color=colour, linestyle=dash, linewidth=width,
                    marker=marker if smoothing == 0 else "", markersize=4.5,
                    markevery=max(1, values.size // 10),
                )
                if smoothing > 0 or values.size == 1:
                    axes.plot(epochs, values, marker, markersize=3, color=colour, alpha=0.35)
                if len(runs) == 1 or part == curves[-1][0]:
                    ends.append((values.size, line[-1], part if len(runs) == 1 else name, colour))
        axes.set(title=metric, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.set_xlim(left=min(0.9, 1 - 0.03 * max(end[0] for end in ends)))
        axes.grid(axis="y")
        if len(runs) == 1 or axes is panels[-1]:  # the names of several runs take room: once is enough
            _label_ends(figure, axes, ends)
    if len(runs) == 1:
        title = title or next(iter(runs))
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    if len(runs) > 1 and any(f"val_{metrics[0]}" in run for run in runs.values()):
        panels[0].set_title("solid: validation, dashed: training", loc="right", color=QUIET_INK,
                            fontsize=SMALLEST_TEXT, fontweight="normal")
    return _finished(figure)


@matplotlib.rc_context(STYLE)
def learning_curve(
    sizes: Sequence[int], scores: Mapping[str, Sequence], *, alt: str, chance: float | None = None,
    ylabel: str = "test accuracy", xlabel: str = "training images", title: str = "",
) -> Figure:
    """Draw how good each method is with more and more data. Introduced in lesson 02.

    Parameters
    ----------
    sizes : sequence of int, shape (k,)
        Numbers of training examples, from small to large; drawn on a logarithmic axis.
    scores : dict of str to sequence, each of length k
        For each method and size a :class:`course_utils.metrics.Accuracy`, or a triple (value, low, high),
        or None where it was not measured. At most five methods.
    alt : str
        What the figure shows, in a sentence.
    chance : float, optional
        Score of guessing, drawn as a thin line.
    ylabel, xlabel, title : str
        Texts of the figure.

    Raises
    ------
    DataError
        If the sizes do not increase, the lengths do not fit, or an interval does not hold its value.
    """
    sizes = np.asarray(sizes, dtype=float)
    if sizes.ndim != 1 or sizes.size == 0 or sizes[0] <= 0 or np.any(np.diff(sizes) <= 0):
        raise DataError("The sizes must be numbers above 0 that increase.", "sort them: [50, 100, 200].")
    _check_number_of_series(scores, "methods")
    figure = _new_figure(WIDTH, 4.4, alt)
    axes = figure.subplots()
    ends = []
    for number, (method, row) in enumerate(scores.items()):
        if len(row) != sizes.size:
            raise DataError(
                f"The method {method!r} has {len(row)} scores for {sizes.size} sizes.",
                "give one score for each size, and None where there is none.",
            )
        known = [(size, *_triple(score, method)) for size, score in zip(sizes, row) if score is not None]
        if not known:
            raise DataError(f"The method {method!r} has no scores at all.", "leave it out of the figure.")
        size, value, low, high = np.array(known).T
        colour, marker, dash = SERIES[number]
        # Methods stand side by side by 1.5 %, so that no interval hides another.
        place = size * 1.015 ** (2 * number - len(scores) + 1)
        axes.errorbar(
            place, value, yerr=[value - low, high - value], color=colour, marker=marker, linestyle=dash,
            elinewidth=1.4, capsize=4, capthick=1.4, markersize=8, markeredgecolor="white",
            markeredgewidth=0.8,
        )
        ends.append((place[-1], value[-1], method, colour))
    if chance is not None:
        axes.axhline(chance, color=QUIET_INK, linewidth=1, linestyle=(0, (2, 2)))
        ends.append((sizes[-1], chance, "chance", QUIET_INK))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axes.grid(axis="y")
    axes.set(xlabel=f"{xlabel} (logarithmic)", ylabel=ylabel)
    if title:
        axes.set_title(title)
    _label_ends(figure, axes, ends)
    return _finished(figure)


@matplotlib.rc_context(STYLE)
def confusion_matrix(
    true: Sequence, predicted: Sequence, class_names: Sequence[str] | None = None, *, alt: str,
    title: str = "",
) -> Figure:
    """Draw which classes are taken for which: counts, and percentages of each true class.

    Introduced in lesson 02. Rows are true classes, columns predicted ones.

    Parameters
    ----------
    true, predicted : sequence of int or str, shape (n,)
        Classes as names, or as numbers that point into ``class_names``.
    class_names : sequence of str, optional
        Names of the classes in the order of the rows. Default: the classes that occur, sorted.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the matrix.

    Raises
    ------
    DataError
        If the inputs do not fit together, or there are more than 20 classes.
    """
    from sklearn.metrics import confusion_matrix as count_pairs

    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.ndim != 1 or true.shape != predicted.shape or true.size == 0:
        raise DataError(
            f"True and predicted classes have the shapes {true.shape} and {predicted.shape}.",
            "give one class for each example in both, not probabilities.",
        )
    found = set(true.tolist()) | set(predicted.tolist())
    if class_names is None:
        classes = sorted(found, key=lambda value: (isinstance(value, str), value))
        class_names = [str(value) for value in classes]
    else:
        class_names = [str(name) for name in class_names]
        classes = class_names if true.dtype.kind in "US" else list(range(len(class_names)))
        if not found <= set(classes):
            unknown = sorted(map(str, found - set(classes)))[0]
            raise DataError(f"The class {unknown} has no name in class_names.", "name all classes, in order.")
    if len(classes) > 20:
        raise DataError(
            f"A matrix of {len(classes)} classes cannot be read.", "draw the classes that are confused most."
        )
    counts = count_pairs(true, predicted, labels=classes)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)

    large = len(classes) <= 8  # then a cell has room for two lines
    longest = max(map(len, class_names))
    margin = 0.6 + 0.085 * longest
    side = len(classes) * min(1.25 if len(classes) <= 3 else 0.85, (WIDTH - margin) / len(classes))
    tilted = longest * 0.1 > side / len(classes)
    below = 0.45 + 0.065 * longest if tilted else 0.65
    figure = _new_figure(side + margin, side + below + (0.35 if title else 0), alt)
    axes = figure.subplots()
    blues = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", COLOURS["blue"], "#003A5C"])
    axes.imshow(shares, cmap=blues, vmin=0, vmax=1.15)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column] == 0 and not large:
            continue  # a large matrix is mostly zeros: leave them out so that the mistakes stand out
        colour = _text_on(blues(shares[row, column] / 1.15))
        axes.text(
            column, row - (0.1 if large else 0), f"{counts[row, column]:,}", ha="center", va="center",
            color=colour, fontsize=15 if large else SMALLEST_TEXT,
            fontweight="bold" if row == column else "normal",
        )
        if large:
            percent = f"{100 * shares[row, column]:.0f} %" if totals[row, 0] else "–"
            axes.text(
                column, row + 0.25, percent, ha="center", va="center", color=colour, fontsize=SMALLEST_TEXT
            )
    axes.set_xticks(range(len(classes)), class_names)
    axes.set_yticks(range(len(classes)), class_names)
    if tilted:
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_xticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#C8C8C8", linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="predicted class", ylabel="true class")
    if title:
        axes.set_title(title)
    return _finished(figure)


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
    figure = _new_figure(WIDTH, sum(heights.values()) + (0.45 if title else 0), alt)
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
    return _finished(figure)


def _new_figure(width: float, height: float, alt: str) -> Figure:
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    figure.alt_text = _checked_alt(alt)
    return figure


def _finished(figure: Figure) -> Figure:
    # Ticks are made when a figure is first drawn, in the style of that moment: draw it in ours.
    figure.draw_without_rendering()
    return figure


def _checked_alt(alt: str) -> str:
    alt = " ".join(str(alt or "").split())
    if len(alt) < SHORTEST_ALT:
        raise DataError(
            "This figure has no sentence for readers who cannot see it." if not alt else
            f"The alt text {alt!r} is too short to tell what the figure shows.",
            'write what one learns from it, such as alt="Accuracy grows with the number of images."',
        )
    return alt


def _check_same_length(first: Sequence, name: str, **others: Sequence | None) -> None:
    for other, values in others.items():
        if values is not None and len(values) != len(first):
            raise DataError(
                f"There are {len(first)} {name} but {len(values)} {other}.",
                f"give one of {other} for each of {name}.",
            )


def _check_number_of_series(series: Mapping, what: str) -> None:
    if not series:
        raise DataError(f"There are no {what} to draw.", "give at least one, with its name.")
    if len(series) > len(SERIES):
        raise DataError(
            f"{len(series)} {what} in one figure cannot be told apart.",
            f"draw at most {len(SERIES)} in one figure.",
        )


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


def _wrapped(text: str, columns: int) -> str:
    # About 11 characters of 10.5 points fit an inch.
    return textwrap.fill(text, max(8, int(11.3 * (WIDTH / columns - 0.1))))


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
    figure = _new_figure(tile * columns, height, alt)
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


def _checked_runs(histories, metrics: Sequence[str]) -> dict[str, Mapping]:
    """The runs by name, each a mapping of metric to values, all with the metrics and an epoch or more."""
    plain = getattr(histories, "history", histories)
    if not isinstance(plain, Mapping) or not plain:
        raise DataError("There is no training run to draw.", "hand in what model.fit(...) returned.")
    runs = {str(name): getattr(run, "history", run) for name, run in plain.items()}
    if not any(isinstance(run, Mapping) for run in runs.values()):
        runs = {"": plain}
    _check_number_of_series(runs, "runs")
    for name, run in runs.items():
        of = f" of {name!r}" if name else ""
        for metric in metrics:
            if not isinstance(run, Mapping) or metric not in run:
                known = ", ".join(run) if isinstance(run, Mapping) and run else "nothing"
                raise DataError(
                    f"The training run{of} has no {metric!r}; it recorded {known}.",
                    "choose other metrics=..., or give metrics=[\"accuracy\"] to model.compile.",
                )
            if len(run[metric]) == 0:
                raise DataError(f"The training run{of} has no epoch.", "train for at least one epoch.")
    return runs


def _triple(score, method: str) -> tuple[float, float, float]:
    if hasattr(score, "low"):
        score = (score.value, score.low, score.high)
    try:
        value, low, high = map(float, score)
    except (TypeError, ValueError):
        raise DataError(
            f"A score of {method!r} is {score!r}; a value with its interval is needed.",
            "give metrics.accuracy(labels, predictions), or (value, low, high).",
        ) from None
    if not low <= value <= high:
        raise DataError(
            f"A score of {method!r} is {value:.3g}, outside its interval {low:.3g} to {high:.3g}.",
            "give value, lower end and upper end in this order.",
        )
    return value, low, high


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


def _label_ends(figure: Figure, axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write each line's name beside its last point, pushed apart where names would overlap."""
    figure.draw_without_rendering()  # the layout fixes where on the page the points lie
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    heights = axes.transData.transform([(x, y) for x, y, _, _ in ends])[:, 1]
    texts = [textwrap.fill(name, 24) for _, _, name, _ in ends]
    room = [1.35 * SMALLEST_TEXT * DPI / 72 * (text.count("\n") + 1) for text in texts]
    order = np.argsort(heights, kind="stable")
    gaps = np.array([(room[lower] + room[upper]) / 2 for lower, upper in zip(order, order[1:])])
    places = heights[order].copy()
    for _ in range(200):  # push neighbours apart by halves until all have room
        overlap = gaps - np.diff(places)
        if np.all(overlap < 0.5):
            break
        for lower in np.flatnonzero(overlap > 0):
            places[lower] -= overlap[lower] / 2
            places[lower + 1] += overlap[lower] / 2
    for place, number in zip(places, order):
        x, y, _, colour = ends[number]
        level = axes.transData.inverted().transform((0, place))[1]
        axes.annotate(
            texts[number], (x, y), (1.04, level), textcoords=("axes fraction", "data"), va="center",
            color=_readable(colour), fontsize=10.5, fontweight="bold", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 5},
        )


def _with_few_colours(picture):
    """The picture with 256 colours: the paper's white and the 255 that suit it best, dithered."""
    from PIL import Image

    # Every ninth pixel shows the colours as well as all do, in a tenth of the time.
    thinned = Image.fromarray(np.ascontiguousarray(np.asarray(picture)[::3, ::3]))
    best = thinned.quantize(255, method=Image.Quantize.MEDIANCUT, kmeans=1).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([255, 255, 255, *best])
    dithered = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    # Pillow takes a near white for white now and then, which would tint the paper.
    numbers = np.where((np.asarray(picture) == 255).all(axis=2), 0, np.asarray(dithered))
    exact = Image.fromarray(numbers.astype("uint8"))
    exact.putpalette(dithered.getpalette())
    return exact


def _luminance(colour) -> float:
    """Relative luminance of WCAG 2.2, 0 (black) to 1 (white)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(first, second) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _readable(colour) -> tuple[float, float, float]:
    """The colour, as dark as text on white has to be (4.5:1)."""
    rgb = np.array(to_rgb(colour))
    while _contrast(rgb, "white") < 4.5:
        rgb = rgb * 0.95
    return tuple(rgb)


def _text_on(background) -> str:
    """Black or white, whichever is read better on the background; one of them always has 4.5:1."""
    return max(("black", "white"), key=lambda colour: _contrast(colour, background))
