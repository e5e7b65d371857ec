"""The rows of ``course bench``: what is compared with what, and what each must hold.

Bounds are what two quiet cores gave, with room to spare: they tell of a change, not of a wish. Where another library is faster the
bound says by how much, so that it does not get worse. On two cores LiteRT is twice as fast with MobileNetV2 and onnxruntime one and
a half times: they keep a depthwise convolution, its ReLU6 and its sum in the processor's cache, and TensorFlow's kernels write each
map to memory. XLA was twenty times slower. Converting costs 15 seconds and 330 MiB, more than a lesson's thousand pictures save.
"""

import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.cli.bench import LeftOut, Measure, cores

__all__ = ["rows"]

SIDES = {"vgg16": 150, "mobilenetv2": 160}
IMAGES = {"vgg16": 16, "mobilenetv2": 128}      # VGG16 is slow; and MobileNetV2's normalisations are folded for many only
EPOCHS = 30
GROWTH = {"extraction": (100, 500, 2000), "training": (300, 1200, 4000), "tagging": (300, 1200, 4000)}
GROWTH_ROUNDS = 2                   # each takes three fresh processes


def rows() -> list[Measure]:
    """Return every row of the table, in its order; nothing is measured or imported yet."""
    vgg16, mobilenet = "VGG16, 150 px", "MobileNetV2, 160 px"
    return [
        Measure("import-seconds", "start", "`import course_utils`, beyond `python -c pass`", _import_seconds,
                upper=0.1, unit="s"),
        Measure("import-heavy", "start", "TensorFlow, Keras or NumPy loaded by it", _import_heavy, upper=0, unit="modules"),
        Measure("vgg16-peak", "extraction", f"{vgg16}, float32: operations a second, over a matrix product's",
                partial(_shares_of_peak, "vgg16"),
                lower=0.75, unit=""),
        Measure("vgg16-onnxruntime", "extraction", f"{vgg16}, float32: onnxruntime's seconds over ours",
                partial(_against_onnxruntime, "vgg16"), lower=0.9),
        Measure("vgg16-bfloat16", "extraction", f"{vgg16}: float32's seconds over bfloat16's", _vgg16_bfloat16, lower=1.8),
        Measure("vgg16-cached", "extraction", f"{vgg16}, {EPOCHS} epochs of a head: base in each epoch, over features once",
                _vgg16_cached, lower=8),
        Measure("mobilenetv2-peak", "extraction", f"{mobilenet}: operations a second, over a matrix product's",
                partial(_shares_of_peak, "mobilenetv2"), lower=0.2, unit=""),
        Measure("mobilenetv2-keras", "extraction", f"{mobilenet}: seconds of Keras' predict_on_batch, batches of 4, over ours",
                _mobilenetv2_keras, lower=1.4),
        Measure("mobilenetv2-onnxruntime", "extraction", f"{mobilenet}: onnxruntime's seconds over ours",
                partial(_against_onnxruntime, "mobilenetv2"), lower=0.4),
        Measure("mobilenetv2-litert", "extraction", f"{mobilenet}: LiteRT's seconds over ours", _mobilenetv2_litert,
                lower=0.4),
        Measure("rendering-processes", "pictures", "sea animals, 150 px: seconds of one process over those of two",
                _rendering_processes, lower=1.4),
        Measure("rendering-jpeg", "pictures", "the same: seconds to render, over those to read a photograph of 12 megapixels",
                _rendering_jpeg, upper=0.2),
        Measure("tagging-perceptron", "text", "seconds to tag of NLTK's averaged perceptron, over our LSTM's",
                _tagging_perceptron, lower=1),
        Measure("tagging-crf", "text", "the same of a conditional random field", _tagging_crf, lower=0.2),
        Measure("tagging-batches", "text", "`predict`, a sentence at a time, over our batches", _tagging_batches, lower=20),
        Measure("vectors-gensim", "text", "20,000 vectors: gensim's reader of text files, over ours", _vectors_gensim,
                lower=2),
        Measure("interval-scipy", "text", "interval of a tagger's accuracy: scipy.stats.bootstrap's seconds over ours",
                _interval_scipy, lower=0.9),
        *(Measure(f"{kind}-{name}", "growth", f"{kind}: {what}, {sizes[-1]:,} over {sizes[0]:,} or {sizes[1]:,}",
                  partial(_growth, kind, key), upper=most)
          for kind, sizes in GROWTH.items()      # seconds scatter by a tenth, memory does not
          for name, key, what, most in (("time", "seconds_each", "seconds an item", 1.25),
                                        ("memory", "mib", "peak memory without the data", 1.1))),
        *_lessons(),
    ]


def _in_turn(functions: dict[str, Callable[[], object]], rounds: int) -> list[dict[str, float]]:
    """Return the seconds of each function in each round, after one that is not counted."""
    from course_utils.vision.speed import interleaved_medians

    interleaved_medians(functions, 1, 0)
    return [interleaved_medians(functions, 1, 0) for _ in range(rounds)]


def _ratios(other: Callable[[], object], ours: Callable[[], object], rounds: int) -> list[float]:
    """Return the seconds of something else over ours, round by round."""
    return [seconds["other"] / seconds["ours"] for seconds in _in_turn({"other": other, "ours": ours}, rounds)]


def _extra(module: str):
    """Return a module of the extra `bench`."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise LeftOut(f"{module.partition('.')[0]} is not installed.", 'pip install -e ".[bench]"') from None


# ---- start ------------------------------------------------------------------------------------------------------


def _python(program: str) -> str:
    """Return what a fresh Python prints that finds this package."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout


def _import_seconds(rounds: int) -> list[float]:
    functions = {"bare": lambda: _python("pass"), "import": lambda: _python("import course_utils")}
    return [seconds["import"] - seconds["bare"] for seconds in _in_turn(functions, max(rounds, 5))]


def _import_heavy(_rounds: int) -> list[float]:
    return [float(_python("import sys, course_utils; print(len({'tensorflow', 'keras', 'numpy'} & {*sys.modules}))"))]


# ---- extraction -------------------------------------------------------------------------------------------------


@cache
def _network(name: str, dtype: str | None = "float32"):
    with settings.quietly():
        import keras  # noqa: F401
    from course_utils.vision import backbones

    return getattr(backbones, name)(dtype=dtype)


@cache
def _images(name: str, number: int) -> np.ndarray:
    """Return noise in the range that the network expects."""
    low, high = {"vgg16": (-120, 150), "mobilenetv2": (-1, 1)}[name]
    side = SIDES[name]
    return np.random.default_rng(0).uniform(low, high, (number, side, side, 3)).astype(np.float32)


def _extraction(name: str, dtype: str | None = "float32", number: int = 0) -> Callable[[], object]:
    from course_utils.vision import bottleneck

    images = _images(name, number or IMAGES[name])
    model = _network(name, dtype)
    return lambda: bottleneck.extract_features(model, images, cache=False)


def _shares_of_peak(name: str, rounds: int) -> list[float]:
    from course_utils.vision.convolutions import count_model, total
    from course_utils.vision.speed import interleaved_medians, matrix_product_peak

    extract = _extraction(name)
    operations = 2 * total(count_model(_network(name))).multiply_adds * IMAGES[name]
    extract()       # the first call compiles
    shares, peak = [], matrix_product_peak(repeats=3)
    for _ in range(rounds):
        seconds = interleaved_medians({"ours": extract}, 1, 0)["ours"]
        after = matrix_product_peak(repeats=3)      # the limit before and after: a computer that cools down has two
        shares.append(operations / seconds / 1e9 / ((peak + after) / 2))
        peak = after
    return shares


def _against_onnxruntime(name: str, rounds: int) -> list[float]:
    onnxruntime = _extra("onnxruntime")
    from course_utils.cli._onnx import onnx_bytes

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = cores(), 3
    session = onnxruntime.InferenceSession(onnx_bytes(_network(name)), options, providers=["CPUExecutionProvider"])
    images = _images(name, IMAGES[name])

    def other():
        parts = [images[start:start + 16].transpose(0, 3, 1, 2) for start in range(0, len(images), 16)]
        return np.concatenate([session.run(None, {"images": part})[0] for part in parts])

    ours = _extraction(name)
    _same(other().transpose(0, 2, 3, 1), ours())
    return _ratios(other, ours, rounds)


def _same(first: np.ndarray, second: np.ndarray) -> None:
    """Stop if the two are not the same features: a fast answer may be wrong."""
    difference, size = np.abs(first - second.astype(np.float32)).max(), np.abs(first).max()
    if not difference <= 2e-3 * size:      # ours are kept as float16
        raise ValueError(f"the features differ by {difference:.3g} where the largest is {size:.3g}")


def _vgg16_bfloat16(rounds: int) -> list[float]:
    if settings.compute_dtype() != "mixed_bfloat16":
        raise LeftOut("This processor does not multiply bfloat16.", "run it on one with AVX512-BF16 or AMX.")
    return _ratios(_extraction("vgg16"), _extraction("vgg16", "mixed_bfloat16"), rounds)


def _vgg16_cached(rounds: int) -> list[float]:
    extract = _extraction("vgg16", None, 4 * IMAGES["vgg16"])
    from course_utils.vision import heads

    labels = np.arange(4 * IMAGES["vgg16"]) % 2
    head = heads.dense_head((4, 4, 512))
    head.compile("adam", "sparse_categorical_crossentropy")

    def epochs(number):
        head.fit(extract().astype(np.float32), labels, batch_size=16, epochs=number, verbose=0)

    return [EPOCHS * ratio for ratio in _ratios(partial(epochs, 1), partial(epochs, EPOCHS), rounds)]


def _mobilenetv2_keras(rounds: int) -> list[float]:
    model, images = _network("mobilenetv2"), _images("mobilenetv2", IMAGES["mobilenetv2"])

    def other():
        return np.concatenate([model.predict_on_batch(images[start:start + 4]) for start in range(0, len(images), 4)])

    ours = _extraction("mobilenetv2")
    _same(other(), ours())
    return _ratios(other, ours, rounds)


def _mobilenetv2_litert(rounds: int) -> list[float]:
    interpreters = _extra("ai_edge_litert.interpreter")
    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()), settings.quietly():
        converted = tf.lite.TFLiteConverter.from_keras_model(_network("mobilenetv2")).convert()
    interpreter = interpreters.Interpreter(model_content=converted, num_threads=cores())
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, (8, 160, 160, 3))
    interpreter.allocate_tensors()
    images, result = _images("mobilenetv2", IMAGES["mobilenetv2"]), interpreter.get_output_details()[0]["index"]

    def one_batch(start):
        interpreter.set_tensor(place, images[start:start + 8])
        interpreter.invoke()
        return interpreter.get_tensor(result)

    def other():
        return np.concatenate([one_batch(start) for start in range(0, len(images), 8)])

    ours = _extraction("mobilenetv2")
    _same(other(), ours())
    return _ratios(other, ours, rounds)


# ---- pictures ---------------------------------------------------------------------------------------------------


def _rendering_processes(rounds: int) -> list[float]:
    if cores() < 2:
        raise LeftOut("This computer has one core.", "run it on one with two.")
    from course_utils.data import sea_animals

    seeds = iter(range(10**6, 2 * 10**6))       # other pictures each time: a folder that exists is not rendered again

    def render(processes: str):
        before = os.environ.get("LOKY_MAX_CPU_COUNT")
        os.environ["LOKY_MAX_CPU_COUNT"] = processes
        try:
            with tempfile.TemporaryDirectory() as folder:
                sea_animals.class_folders(96, 2, 2, seed=next(seeds), parent=Path(folder))
        finally:
            os.environ.pop("LOKY_MAX_CPU_COUNT")
            if before is not None:
                os.environ["LOKY_MAX_CPU_COUNT"] = before

    return _ratios(partial(render, "1"), partial(render, "2"), rounds)


def _rendering_jpeg(rounds: int) -> list[float]:
    from PIL import Image

    from course_utils.data import sea_animals

    large = sea_animals.render_images(2, image_size=1024).images[0]
    file = io.BytesIO()
    Image.fromarray(large).resize((4000, 3000)).save(file, "JPEG", quality=90)

    def read():
        for _ in range(8):
            Image.open(file).convert("RGB").resize((150, 150))

    return [1 / ratio for ratio in _ratios(read, lambda: sea_animals.render_images(8, seed=1), rounds)]


# ---- text -------------------------------------------------------------------------------------------------------


@cache
def _corpus():
    from course_utils.data import english

    return english.make_corpus(1000, 50, 500)


@cache
def _tagger():
    with settings.quietly():
        import keras  # noqa: F401
    from course_utils.text.tagger import Tagger

    return Tagger(_corpus().train, units=48).fit(epochs=1)


def _against_baseline(name: str, rounds: int, **options) -> list[float]:
    from course_utils.text import baselines

    other, sentences = getattr(baselines, name)(_corpus().train, **options), _corpus().test.words
    return _ratios(lambda: other.tag(sentences), lambda: _tagger().tag(sentences), rounds)


def _tagging_perceptron(rounds: int) -> list[float]:
    return _against_baseline("Perceptron", rounds, iterations=1)


def _tagging_crf(rounds: int) -> list[float]:
    return _against_baseline("ConditionalRandomField", rounds, iterations=2)


def _tagging_batches(rounds: int) -> list[float]:
    tagger, sentences, few = _tagger(), _corpus().test.words, 50

    def other():
        for sentence in sentences[:few]:
            tagger.model.predict(tagger.encode([sentence]), verbose=0)

    return [ratio * len(sentences) / few for ratio in _ratios(other, lambda: tagger.tag(sentences), rounds)]


def _vectors_gensim(rounds: int) -> list[float]:
    from gensim.models import KeyedVectors

    from course_utils.data import vectors

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "vectors.txt")
        vectors.glove(20_000).save_word2vec_format(file)
        return _ratios(lambda: KeyedVectors.load_word2vec_format(file), lambda: vectors.glove(20_000), rounds)


def _interval_scipy(rounds: int) -> list[float]:
    from scipy.stats import bootstrap

    from course_utils.text import metrics

    tags = _corpus().test.tags
    said = [[tag if place % 9 else "" for place, tag in enumerate(sentence)] for sentence in tags]
    hits = np.array([sum(map(str.__eq__, *pair)) for pair in zip(tags, said)], float)
    words = np.array([*map(len, tags)], float)

    def other():
        return bootstrap((hits, words), lambda right, of, axis: right.sum(axis) / of.sum(axis), paired=True, vectorized=True,
                         n_resamples=metrics.RESAMPLES, method="percentile", rng=0)

    return _ratios(other, lambda: metrics.token_accuracy(tags, said), rounds)


# ---- growth -----------------------------------------------------------------------------------------------------


@cache
def _grown(kind: str, rounds: int) -> list[dict[int, dict]]:
    """Return what each size took, round by round."""
    program = "import json; from course_utils.cli import _growth; print(json.dumps(_growth.main({!r}, {})))"
    return [{number: json.loads(_python(program.format(kind, number)).splitlines()[-1]) for number in GROWTH[kind]}
            for _ in range(rounds)]


def _growth(kind: str, key: str, rounds: int) -> list[float]:
    sizes = GROWTH[kind]
    # Not over the smallest alone: what each call costs once is a large share there, and would hide that items get slower.
    return [max(found[sizes[-1]][key] / found[size][key] for size in sizes[:-1])
            for found in _grown(kind, min(rounds, GROWTH_ROUNDS))]


# ---- lessons ----------------------------------------------------------------------------------------------------

README_ROW = re.compile(r"^\| (\d\d) \|.*`(lesson_seconds|peak_memory_mib)` \| ≤ ([\d,.]+) \S+ \| ([\d,.]+) ", re.MULTILINE)


def _lessons() -> list[Measure]:
    """Return two rows for each lesson: what `course run` measured here, or else what README.md says."""
    from course_utils import results

    found = {}
    readme = settings.project_folder() / "README.md"
    if readme.is_file():
        for lesson, name, bound, value in README_ROW.findall(readme.read_text(encoding="utf-8")):
            found[lesson, name] = float(value.replace(",", "")) / float(bound.replace(",", "")), "README.md"
    with contextlib.suppress(OSError):
        for row in results.table(profile="quick", data=results.BUILT_IN)[0]:
            if row.seeds and row.claim.upper and row.name in ("lesson_seconds", "peak_memory_mib"):
                found[row.lesson, row.name] = row.mean / row.claim.upper, "the last `course run`"
    claims = [key for key in results.CLAIMS if key[1] in ("lesson_seconds", "peak_memory_mib")]

    def measured(key, _rounds):
        if key not in found:
            raise LeftOut(f"Lesson {key[0]} has not been run here, and README.md does not say.", f"course run {key[0]}")
        return [found[key][0]]

    return [Measure(f"lesson-{key[0]}-{'time' if key[1] == 'lesson_seconds' else 'memory'}", "lessons",
                    f"lesson {key[0]}: {'seconds' if key[1] == 'lesson_seconds' else 'peak memory'} over what it may take, "
                    f"from {found[key][1] if key in found else 'nowhere'}", partial(measured, key), upper=1) for key in claims]
