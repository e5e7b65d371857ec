"""Tests of the figures: what they show, to whom it can be read, and how large they are."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from nbclient import NotebookClient
from PIL import Image

from course_utils import metrics, plots
from course_utils.errors import DataError
from course_utils.plots import _canvas

ALT = "A figure that was made for a test, with nothing to learn from it."


def _photographs(count=24, size=150, seed=0):
    """Photographs at their worst for a PNG file: smooth colours under strong noise."""
    random = np.random.default_rng(seed)
    ramp = np.linspace(40, 200, size)[None, :, None, None] + random.integers(-40, 40, (count, 1, 1, 3))
    noise = random.normal(0, 20, (count, size, size, 3))
    return np.clip(ramp + noise, 0, 255).astype("uint8")


def _history(epochs=5):
    return {
        "loss": [1 / (1 + epoch) for epoch in range(epochs)], "val_loss": [0.5] * epochs,
        "accuracy": [0.6 + 0.05 * epoch for epoch in range(epochs)], "val_accuracy": [0.7] * epochs,
        "learning_rate": [0.1] * epochs,
    }


def _every_figure():
    images = _photographs(6, 40)
    names = ["shark", "dolphin"] * 3
    scores = [(0.8, 0.75, 0.85), (0.9, 0.86, 0.93)]
    return {
        "image_gallery": plots.image_gallery(images, names, alt=ALT, title="Six"),
        "prediction_gallery": plots.prediction_gallery(
            images, names, names[::-1], alt=ALT, probabilities=[0.9] * 6
        ),
        "training_curves": plots.training_curves(_history(), alt=ALT, smoothing=0.5),
        "several_curves": plots.training_curves({"one": _history(), "two": _history(8)}, alt=ALT),
        "learning_curve": plots.learning_curve(
            [100, 200], {"head": scores, "scratch": scores}, alt=ALT, chance=0.5
        ),
        "confusion_matrix": plots.confusion_matrix(names, names[::-1], alt=ALT),
        "large_matrix": plots.confusion_matrix(list(range(15)), list(range(15)), alt=ALT),
        "feature_maps": plots.feature_maps({"block1": np.random.default_rng(0).random((9, 9, 16))}, alt=ALT),
        "reliability": plots.reliability({"one": _table_of_bins()}, alt=ALT),
        "reliabilities": plots.reliability({name: _table_of_bins() for name in "abc"}, alt=ALT, title="Three"),
        **_figures_of_decisions(),
        **_figures_of_networks(),
        **_figures_of_tasks(images),
        **_figures_of_texts(),
        **_figures_of_shift(["source", "target"], "none"),
        **{f"long_{name}": figure for name, figure in _figures_of_shift(LONG_NAMES, "long").items()},
    }


def _table_of_bins(counts=(0, 30, 250, 40, 1000)):
    counts = np.array(counts)
    confidence = np.where(counts > 0, np.arange(5) / 5 + 0.1, np.nan)
    return SimpleNamespace(edges=np.linspace(0, 1, 6), counts=counts, confidence=confidence, accuracy=confidence - 0.05, error=0.05)


def _figures_of_decisions():
    text = "Keep the network frozen, train a linear head, compare with a simple model on your own inputs"
    advice = {(row, column): text for row in ("many", "few", "none") for column in ("close", "distant")}
    pairs = {name: ([0.5, 0.6], [0.7, 0.9]) for name in ("instances", "parameters", LONG_NAMES[0], "relations")}
    return {
        "decision_grid": plots.decision_grid(advice, alt=ALT, here=("few", "distant"), xlabel="source", ylabel="labels", title="Grid"),
        "plain_decision_grid": plots.decision_grid({("one", "a"): "do"}, alt=ALT),
        "before_after": plots.before_after(pairs, alt=ALT, ylabel="accuracy", title="Four"),
    }


def _figures_of_networks():
    points = np.random.default_rng(0).normal(size=(90, 2))
    chains = {"wide to narrow": [("input", 256), ("1 × 1, ReLU", 64), ("1 × 1", 256)], "one": [("", 3)]}
    measured = {"full": [(100, 300, "56²"), (200, 310, "28²")], "depthwise": [(2.2, 40, "56²"), (2.1, 9, "7²")]}
    return {
        "embedding": plots.embedding({"PCA": points, "t-SNE": -points}, np.arange(90) % 3, ["a", "b", "c"], alt=ALT),
        "ringed_embedding": plots.embedding({"PCA": points}, np.arange(90) % 3, ["a", "b", "c"], alt=ALT,
                                            highlight=np.arange(90) < 4, title="Ringed"),
        "blocks": plots.blocks(chains, shortcuts={"wide to narrow": (0, 2)}, alt=ALT, title="Two"),
        "roofline": plots.roofline(500, 40, measured, alt=ALT, title="Roof"),
    }


def _figures_of_tasks(images):
    panel = {
        "rows": [["input"], ["shared body"], ["species", "direction"], ["both together"]],
        "arrows": [("input", "shared body"), ("shared body", "species", "features"), ("species", "direction"),
                   ("species", "both together"), ("input", "both together", "skip")],
        "task": {"shared body": "shared", "species": "species", "direction": "direction"}, "loose": ["direction"],
    }
    loose = {"rows": ["words", "encoder", "tags"], "loose": "encoder",
             "arrows": [("words", "encoder"), ("words", "tags")]}
    points = [(0.6, 0.9, "0.1"), (0.7, 0.8, "0.5"), (0.65, 0.7, "0.9")]
    groups = {name: np.random.default_rng(0).normal(0.1, 0.3, 60) for name in ("block 1", "block 4")}
    tasks = {"species": ["shark", "dolphin"] * 3, "direction": ["left"] * 6}
    return {
        "wiring": plots.wiring({"one": panel}, alt=ALT),
        "wirings": plots.wiring({"hard": panel, LONG_NAMES[0]: loose, "third": panel}, alt=ALT, title="Wirings"),
        "trade_off": plots.trade_off(
            {"hard": points, "soft": [(y, x, label) for x, y, label in points]}, xlabel="species", ylabel="direction",
            alt=ALT, references={"two single networks": (0.72, 0.88)}, title="Weights",
        ),
        "histograms": plots.histograms(groups, xlabel="cosine", alt=ALT, title="Cosines"),
        "marked_histograms": plots.histograms(groups, xlabel="cosine", alt=ALT, marks={"here": 0.3, "there": 1.4}),
        "gallery_of_tasks": plots.prediction_gallery(
            images, tasks, {"species": ["shark"] * 6, "direction": ["left", "right"] * 3}, alt=ALT
        ),
    }


def _figures_of_texts():
    words, tags = ["Sharks", "do", "n't", "eat", "much", "."] * 12, ["NNS", "VBP", "RB", "VB", "JJ", "."] * 12
    pairs = {"man": (0, 0), "woman": (1, 1), "king": (3, 0), "queen": (4, 1.1)}
    return {
        "tag_strip": plots.tag_strip(words[:6], tags[:6], [0.9] * 6, alt=ALT),
        "long_tag_strip": plots.tag_strip(
            [words[:9], words * 3], [tags[:9], tags * 3], [[0.9] * 9, [1] * 216], alt=ALT, title="Long",
            unknown=[[True] * 9, [False] * 216], true_tags=[["NN"] * 9, tags * 3],
        ),
        "word_map": plots.word_map(list(pairs.values()), list(pairs), alt=ALT, title="Pairs",
                                   arrows=[("man", "woman"), ("king", "queen")]),
        "crowded_word_map": plots.word_map(np.random.default_rng(0).normal(size=(40, 2)) ** 3, ["vectors"] * 40,
                                           [f"group {number % 10}" for number in range(40)], alt=ALT),
    }


LONG_NAMES = [f"name of 25 characters: {number:02}" for number in range(5)]


def _world():
    x = np.linspace(-4, 4, 50)
    bell = np.exp(-x ** 2 / 2)
    return {
        "x": x, "source_density": bell / 2.5, "target_density": bell / 2,
        "source_posterior": 1 / (1 + np.exp(-x)), "target_posterior": 1 / (1 + np.exp(1 - x)),
    }


def _figures_of_shift(names, title):
    """The figures of lesson 01, with these names wherever a figure takes names."""
    x = np.arange(1, 7)
    scores = {name: [(0.8, 0.75, 0.85)] * 6 for name in names}
    table = np.random.default_rng(0).random((len(names), len(names)))
    points = np.random.default_rng(0).normal(size=(60, 2))
    lines = {name: lambda at, slope=slope: 0.1 * slope * at for slope, name in enumerate(names)}
    panel = {
        "points": points, "labels": points[:, 0] > 0, "sizes": np.arange(60),
        "boundaries": {
            name: lambda at, slope=slope: 0.5 + at[:, 0] - slope * at[:, 1]
            for slope, name in enumerate(names)
        },
    }
    twigs = {name: {leaf: {} for leaf in names[:2]} for name in names[:3]}
    return {
        "curves": plots.curves(
            x, scores, alt=ALT, xlabel="distance", ylabel="error", title=title, logarithmic="x",
            references={names[0]: 0.8, names[1]: 0.5},
            events={name: at for at, name in enumerate(names[:4], 1)},
        ),
        "value_matrix": plots.value_matrix(
            table, names, names, alt=ALT, spreads=table / 9, baseline=0, title=title, xlabel="method",
            ylabel="world",
        ),
        "plain_value_matrix": plots.value_matrix(table, names, names, alt=ALT),
        "tree": plots.tree({names[0]: {name: twigs for name in names}}, alt=ALT, title=title),
        "shift_densities": plots.shift_densities(
            {name: _world() for name in names[:4]}, alt=ALT, title=title
        ),
        "decision_regions": plots.decision_regions({name: panel for name in names}, alt=ALT, title=title),
        "one_decision_regions": plots.decision_regions({names[0]: panel}, alt=ALT, title=title),
        "weighted_fit": plots.weighted_fit(
            points[:, 0], points[:, 1], np.arange(60), lines, alt=ALT, target_x=points[:9, 0], title=title
        ),
    }


@pytest.fixture(scope="module")
def figures():
    return _every_figure()


def _texts(figure):
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def _words(figure):
    return [text.get_text() for text in _texts(figure)]


def test_every_function_of_the_package_is_among_the_figures_tested_here(figures):
    assert set(plots.__all__) - {"COLOURS", "explore", "png", "show", "smooth"} <= set(figures)


def test_every_function_returns_a_figure_with_its_alt_text(figures):
    for figure in figures.values():
        assert isinstance(figure, Figure)
        assert figure.alt_text == ALT


def test_no_text_is_smaller_than_10_points(figures):
    for name, figure in figures.items():
        smallest = min(text.get_fontsize() for text in _texts(figure))
        assert smallest >= 10, name


def test_every_text_on_white_has_the_contrast_of_wcag_aa(figures):
    for name, figure in figures.items():
        for text in _texts(figure):
            if "matrix" not in name:  # cells have backgrounds of their own, tested below
                assert _canvas.contrast(text.get_color(), "white") >= 4.5, (name, text.get_text())


def test_text_in_a_matrix_is_readable_on_every_blue():
    truth = [0] * 100 + [1] * 100
    guesses = [0] * 60 + [1] * 40 + [1] * 100
    axes = plots.confusion_matrix(truth, guesses, alt=ALT).axes[0]
    picture = axes.images[0]
    for text in axes.texts:
        column, row = text.get_position()
        background = picture.cmap(picture.norm(picture.get_array()[round(row), round(column)]))
        assert _canvas.contrast(text.get_color(), background[:3]) >= 4.5


def test_the_lines_differ_in_colour_marker_and_dash_and_stand_out():
    colours, markers, dashes = zip(*_canvas.SERIES)
    assert len(set(colours)) == len(set(markers)) == len(set(map(str, dashes))) == len(_canvas.SERIES)
    assert min(_canvas.contrast(colour, "white") for colour in colours) >= 3 - 0.05


def test_contrast_equals_the_values_of_wcag():
    assert _canvas.contrast("white", "black") == pytest.approx(21)
    assert _canvas.contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)


def test_nothing_leaves_the_figure(figures):
    for name, figure in figures.items():
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        box = figure.get_tightbbox()  # inches, of all that is drawn
        assert box.x0 > -0.03 and box.y0 > -0.03, name
        assert box.x1 < width + 0.03 and box.y1 < height + 0.03, name


def test_figures_fit_the_text_column(figures):
    for name, figure in figures.items():
        assert figure.get_size_inches()[0] <= _canvas.WIDTH + 0.01, name


@pytest.mark.parametrize("alt", ["", "   ", "a gallery"])
def test_a_figure_without_a_sentence_is_refused(alt):
    with pytest.raises(DataError, match="sentence|too short"):
        plots.image_gallery(_photographs(1, 8), alt=alt)


def test_pyplot_is_neither_imported_nor_left_with_open_figures():
    code = (
        "import sys, numpy as np\nfrom course_utils import plots\n"
        f"figure = plots.image_gallery(np.zeros((2, 8, 8, 3), 'uint8'), alt={ALT!r})\nplots.png(figure)\n"
        "print('matplotlib.pyplot' in sys.modules, 'tensorflow' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


def test_the_readers_own_style_is_left_alone():
    with matplotlib.rc_context({"font.size": 33, "axes.facecolor": "black"}):
        figure = plots.training_curves(_history(), alt=ALT)
        assert matplotlib.rcParams["font.size"] == 33
    assert figure.axes[0].get_facecolor()[:3] == (1, 1, 1)
    assert max(text.get_fontsize() for text in _texts(figure)) < 20


# show and png


def test_show_stores_the_sentence_in_the_notebook(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    assert plots.show(plots.image_gallery(_photographs(1, 8), alt=ALT)) is None
    (picture,) = shown
    data, metadata = picture._repr_mimebundle_()
    assert metadata == {"image/png": {"alt": ALT}}
    assert data["image/png"].startswith("iVBORw0KGgo")


def test_a_real_notebook_shows_the_figure_once_and_keeps_its_sentence(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "import matplotlib.pyplot as plt\nfrom course_utils import plots\n"
        f"plots.show(plots.training_curves({_history()!r}, alt={ALT!r}))\n"
        f"figure, axes = plt.subplots()\nplots.show(figure, alt={ALT!r})"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    # The kernel must find this checkout, wherever pytest was started.
    paths = [str(Path(plots.__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute(env=environment)
    outputs = notebook.cells[0].outputs
    assert [list(output.data) for output in outputs] == [["image/png", "text/plain"]] * 2
    assert [output.metadata["image/png"]["alt"] for output in outputs] == [ALT, ALT]


def test_show_refuses_a_readers_own_figure_without_a_sentence():
    with pytest.raises(DataError, match="no sentence"):
        plots.show(Figure())


def test_show_closes_a_pyplot_figure_so_that_it_is_not_shown_twice(monkeypatch):
    import IPython.display
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(IPython.display, "display", lambda picture: None)
    figure = plt.figure()
    plots.show(figure, alt=ALT)
    assert not plt.fignum_exists(figure.number)


def test_a_gallery_of_24_photographs_has_less_than_600_kb():
    assert len(plots.png(plots.image_gallery(_photographs(24), ["ray"] * 24, alt=ALT))) < 600_000


def test_even_pure_noise_has_less_than_600_kb():
    noise = np.random.default_rng(0).integers(0, 256, (24, 150, 150, 3), dtype=np.uint8)
    assert len(plots.png(plots.image_gallery(noise, alt=ALT))) < 600_000


def test_few_colours_keep_white_paper_white_and_photographs_true():
    figure = plots.image_gallery(_photographs(12), alt=ALT)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=_canvas.DPI)
    before = np.asarray(Image.open(buffer).convert("RGB")).astype(float)
    stored = Image.open(io.BytesIO(plots.png(figure)))
    assert stored.mode == "P"
    after = np.asarray(stored.convert("RGB")).astype(float)
    paper = (before == 255).all(axis=2)
    assert (after[paper] == 255).all()
    assert abs((after - before)[~paper].mean()) < 1.5
    assert np.abs(after - before)[~paper].mean() < 12


def test_a_line_figure_keeps_all_its_colours_and_is_small():
    data = plots.png(plots.training_curves(_history(), alt=ALT))
    assert len(data) < 100_000
    assert Image.open(io.BytesIO(data)).mode == "RGB"


def test_the_same_figure_gives_the_same_bytes():
    first, second = (plots.png(plots.image_gallery(_photographs(3), alt=ALT)) for _ in range(2))
    assert first == second


# Galleries


def test_a_gallery_shows_each_image_with_its_label():
    images = _photographs(3, 20)
    figure = plots.image_gallery(images, ["shark", "ray", "eel"], alt=ALT, columns=2)
    tiles = [axes for axes in figure.axes if axes.images]
    assert [axes.get_xlabel() for axes in tiles] == ["shark", "ray", "eel"]
    for axes, image in zip(tiles, images):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)


@pytest.mark.parametrize("make", [
    lambda image: image / 255,
    lambda image: image.astype("float32"),
    lambda image: image.astype("int64"),
    lambda image: image.astype("float16"),
])
def test_the_usual_scales_of_pixels_give_the_same_picture(make):
    image = _photographs(1, 20)[0]
    figure = plots.image_gallery([make(image)], alt=ALT)
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), image)


def test_grey_images_and_images_of_other_sizes_can_be_drawn():
    figure = plots.image_gallery([np.zeros((9, 20)), np.zeros((20, 9, 1)), np.zeros((4, 4, 3))], alt=ALT)
    assert [axes.images[0].get_array().shape[:2] for axes in figure.axes[:3]] == [(9, 20), (20, 9), (4, 4)]


@pytest.mark.parametrize(("images", "words"), [
    ([], "no images"),
    ([np.zeros((1, 8, 8, 3))], r"shape \(1, 8, 8, 3\)"),
    ([np.zeros((8, 8, 2))], r"shape \(8, 8, 2\)"),
    ([np.full((8, 8, 3), -100.0)], "before preprocess_input"),
    ([np.full((8, 8, 3), np.nan)], "nan"),
    (["shark.jpg"], "shape"),
])
def test_what_is_no_image_is_refused(images, words):
    with pytest.raises(DataError, match=words):
        plots.image_gallery(images, alt=ALT)


def test_labels_must_be_as_many_as_images():
    with pytest.raises(DataError, match="3 images but 2 labels"):
        plots.image_gallery(_photographs(3, 8), ["a", "b"], alt=ALT)


def test_right_and_wrong_differ_in_sign_frame_and_colour():
    figure = plots.prediction_gallery(
        _photographs(2, 20), ["ray", "ray"], ["ray", "eel"], alt=ALT, probabilities=[0.98, 0.7]
    )
    right, wrong = figure.axes[:2]
    assert right.get_xlabel() == "✓ ray (ray)\np = 0.98"
    assert wrong.get_xlabel() == "✗ ray (eel)\np = 0.70"
    (thin,), (thick,) = right.patches, wrong.patches
    assert (thin.get_gid(), thick.get_gid()) == ("right", "wrong")
    assert thick.get_linewidth() > 2 * thin.get_linewidth()
    assert thin.get_linestyle() != thick.get_linestyle()
    assert thin.get_edgecolor() != thick.get_edgecolor()


def test_a_long_label_is_broken_so_that_captions_do_not_touch():
    names = ["scalloped hammerhead shark"] * 5
    figure = plots.prediction_gallery(_photographs(5, 20), names, names, alt=ALT)
    figure.draw_without_rendering()
    boxes = [axes.xaxis.label.get_window_extent() for axes in figure.axes]
    assert all(left.x1 <= right.x0 for left, right in zip(boxes, boxes[1:]))


def test_rounding_makes_no_certainty():
    figure = plots.prediction_gallery(
        _photographs(2, 8), ["a", "a"], ["a", "a"], alt=ALT, probabilities=[0.9999, 1.0]
    )
    assert [axes.get_xlabel().splitlines()[-1] for axes in figure.axes[:2]] == ["p = 0.99", "p = 1.00"]


@pytest.mark.parametrize("probabilities", [[0.5, 1.2], [0.5, float("nan")], [[0.1, 0.9], [0.2, 0.8]]])
def test_what_is_no_probability_is_refused(probabilities):
    with pytest.raises(DataError, match="between 0 and 1"):
        plots.prediction_gallery(_photographs(2, 8), "ab", "ab", alt=ALT, probabilities=probabilities)


# Curves


def test_smoothing_equals_the_average_done_by_hand():
    np.testing.assert_allclose(plots.smooth([1, 0, 1], 0.8), [1, 0.8, 0.84])
    np.testing.assert_array_equal(plots.smooth([3, 1, 2], 0), [3, 1, 2])


@pytest.mark.parametrize("smoothing", [-0.1, 1, float("nan")])
def test_smoothing_outside_0_to_1_is_refused(smoothing):
    with pytest.raises(DataError, match="smoothing"):
        plots.smooth([1, 2], smoothing)


def test_smoothing_leaves_the_values_it_was_given_alone():
    values = np.array([1.0, 0.0])
    plots.smooth(values, 0.5)
    np.testing.assert_array_equal(values, [1, 0])


def test_one_run_shows_training_and_validation_with_their_names():
    figure = plots.training_curves(_history(), alt=ALT)
    loss, accuracy = figure.axes
    assert (loss.get_title("left"), accuracy.get_title("left")) == ("loss", "accuracy")
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), _history()["accuracy"])
    np.testing.assert_array_equal(accuracy.lines[0].get_xdata(), [1, 2, 3, 4, 5])
    assert {"training", "validation"} <= set(_words(figure))


def test_smoothed_curves_keep_the_measured_points_faintly_visible():
    figure = plots.training_curves(_history(), alt=ALT, smoothing=0.8)
    smoothed, measured = figure.axes[1].lines[:2]
    np.testing.assert_allclose(measured.get_ydata(), _history()["accuracy"])
    np.testing.assert_allclose(smoothed.get_ydata(), plots.smooth(_history()["accuracy"], 0.8))
    assert measured.get_linestyle() == "None" and measured.get_alpha() < 0.5


def test_a_keras_history_object_can_be_handed_in():
    class History:
        history = _history()

    assert len(plots.training_curves(History(), alt=ALT).axes) == 2
    assert "fine-tuned" in _words(plots.training_curves({"fine-tuned": History()}, alt=ALT))


def test_a_run_of_one_epoch_without_validation_can_be_drawn():
    figure = plots.training_curves({"loss": [0.3]}, alt=ALT, metrics=["loss"])
    assert "training" in _words(figure) and "validation" not in _words(figure)


@pytest.mark.parametrize(("history", "words"), [
    ({}, "no training run"),
    (None, "no training run"),
    ({"loss": [1.0]}, "no 'accuracy'; it recorded loss"),
    ({"loss": [], "accuracy": []}, "no epoch"),
    ({"a": _history(), "b": {"loss": [1.0]}}, "of 'b' has no 'accuracy'"),
    ({str(number): _history() for number in range(6)}, "6 runs"),
])
def test_what_is_no_training_run_is_refused(history, words):
    with pytest.raises(DataError, match=words):
        plots.training_curves(history, alt=ALT)


def test_a_learning_curve_has_a_log_axis_with_the_sizes_and_their_intervals():
    scores = [metrics.accuracy([1] * 100, [1] * right + [0] * (100 - right)) for right in (70, 80, 90)]
    figure = plots.learning_curve([50, 100, 200], {"head": scores}, alt=ALT)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["50", "100", "200"]
    assert not axes.get_xticklabels(minor=True)
    bars = axes.collections[0].get_segments()
    for bar, score in zip(bars, scores, strict=True):
        np.testing.assert_allclose(bar[:, 1], [score.low, score.high])
    assert "head" in _words(figure)


def test_a_size_that_was_not_measured_is_left_out():
    row = [None, (0.8, 0.7, 0.9), None]
    figure = plots.learning_curve([50, 100, 200], {"head": row}, alt=ALT)
    assert len(figure.axes[0].collections[0].get_segments()) == 1


def test_names_of_lines_that_end_together_do_not_overlap():
    row = [(0.8, 0.7, 0.9), (0.9, 0.8, 0.95)]
    names = ["first", "second", "third with a very long name indeed", "fourth"]
    figure = plots.learning_curve([50, 100], {name: row for name in names}, alt=ALT, chance=0.9)
    figure.draw_without_rendering()
    # Text.get_window_extent of an annotation would include its line.
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]
    boxes.sort(key=lambda box: box.y0)
    assert len(boxes) == 5
    assert all(lower.y1 <= upper.y0 for lower, upper in zip(boxes, boxes[1:]))


@pytest.mark.parametrize(("sizes", "scores", "words"), [
    ([100, 50], {"head": [None, None]}, "increase"),
    ([0, 50], {"head": [None, None]}, "above 0"),
    ([], {"head": []}, "increase"),
    ([50], {}, "no methods"),
    ([50], {"head": [None]}, "no scores"),
    ([50, 100], {"head": [(0.5, 0.4, 0.6)]}, "1 scores for 2 sizes"),
    ([50], {"head": [0.5]}, "a value with its interval"),
    ([50], {"head": [(0.4, 0.5, 0.6)]}, "outside its interval"),
    ([50], {str(number): [(0.5, 0.4, 0.6)] for number in range(6)}, "6 methods"),
])
def test_scores_that_make_no_curve_are_refused(sizes, scores, words):
    with pytest.raises(DataError, match=words):
        plots.learning_curve(sizes, scores, alt=ALT)


# Confusion matrix


def test_a_matrix_has_counts_and_row_percentages_with_true_classes_as_rows():
    figure = plots.confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["dolphin", "shark"], alt=ALT)
    (axes,) = figure.axes
    cells = {(round(text.get_position()[1]), round(text.get_position()[0])): [] for text in axes.texts}
    for text in axes.texts:
        column, row = text.get_position()
        cells[round(row), round(column)].append(text.get_text())
    assert cells == {
        (0, 0): ["2", "67 %"], (0, 1): ["1", "33 %"], (1, 0): ["0", "0 %"], (1, 1): ["1", "100 %"]
    }
    assert [text.get_text() for text in axes.get_yticklabels()] == ["dolphin", "shark"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_a_class_without_examples_has_no_percentage():
    figure = plots.confusion_matrix(["ray"], ["eel"], alt=ALT)
    assert _words(figure).count("–") == 2


def test_class_names_give_the_order_of_named_classes():
    figure = plots.confusion_matrix(["ray", "eel"], ["ray", "eel"], ["ray", "eel"], alt=ALT)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["ray", "eel"]


@pytest.mark.parametrize(("true", "predicted", "names", "words"), [
    ([], [], None, "shapes"),
    ([0, 1], [0], None, "shapes"),
    ([0, 1], [[0.2], [0.8]], None, "shapes"),
    ([0, 2], [0, 1], ["a", "b"], "class 2 has no name"),
    (["a"], ["c"], ["a", "b"], "class c has no name"),
    (list(range(21)), list(range(21)), None, "21 classes"),
])
def test_classes_that_make_no_matrix_are_refused(true, predicted, names, words):
    with pytest.raises(DataError, match=words):
        plots.confusion_matrix(true, predicted, names, alt=ALT)


# Feature maps


def test_the_most_active_channels_come_first():
    maps = np.zeros((1, 5, 5, 4)) + [0.1, 0.9, 0.0, 0.5]
    figure = plots.feature_maps(maps, alt=ALT, channels=2)
    assert [axes.get_xlabel() for axes in figure.findobj(matplotlib.axes.Axes) if axes.images] == [
        "channel 1", "channel 3"
    ]


def test_chosen_channels_are_drawn_in_the_order_given():
    maps = np.arange(5 * 5 * 4, dtype=float).reshape(5, 5, 4)
    figure = plots.feature_maps({"block1": maps}, alt=ALT, channels=[3, 0])
    tiles = [axes for axes in figure.findobj(matplotlib.axes.Axes) if axes.images]
    np.testing.assert_array_equal(tiles[0].images[0].get_array(), maps[:, :, 3])
    np.testing.assert_array_equal(tiles[1].images[0].get_array(), maps[:, :, 0])
    assert any(text.startswith("block1") and "2 of 4 channels" in text for text in _words(figure))


@pytest.mark.parametrize(("maps", "channels", "words"), [
    ({}, 8, "no feature maps"),
    (np.zeros((2, 5, 5, 4)), 8, r"shape \(2, 5, 5, 4\)"),
    (np.zeros((5, 5)), 8, "shape"),
    (np.full((5, 5, 4), np.inf), 8, "no numbers"),
    (np.zeros((5, 5, 4)), [4], "do not all exist: there are 4"),
    ({"block1": np.zeros((5, 5, 4))}, [-1], "in 'block1'"),
    (np.zeros((5, 5, 4)), 0, "0 channels"),
])
def test_what_are_no_feature_maps_is_refused(maps, channels, words):
    with pytest.raises(DataError, match=words):
        plots.feature_maps(maps, alt=ALT, channels=channels)


def test_bfloat16_activations_can_be_drawn():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    assert plots.feature_maps(np.ones((4, 4, 2), dtype=bfloat16), alt=ALT)
