"""Profile, seed, folders and sizes: everything that a reader can set, in one place.

Six environment variables steer the course; each has a default that works.

=================== ============================================================================
``COURSE_PROFILE``  ``quick`` (default; CI and Binder) or ``full`` (sizes of the source documents)
``COURSE_SEED``     whole number, default 0: moves every random choice of a lesson at once
``COURSE_DATA``     folder with your own data (for lesson 02: class folders of photographs)
``COURSE_CORPUS``   ``auto`` (default: the Penn Treebank sample if it is here), ``built-in``, ``treebank``
``COURSE_CACHE``    where downloads, rendered images and features are kept between runs
``COURSE_BUILD``    where the site and the results ledger go, default ``build/`` of the checkout
=================== ============================================================================
"""

import ctypes
import gc
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_utils.errors import SettingsError

__all__ = [
    "CORPUS_SOURCES", "AdaptationSizes", "FewShotSizes", "ImageSizes", "MultitaskSizes", "ShiftSizes", "StartSizes",
    "TextSizes", "adaptation_sizes", "banner", "build_folder", "cache_folder", "compute_dtype", "corpus_source",
    "data_folder", "data_name", "few_shot_sizes", "image_sizes", "is_static", "model_folder", "multitask_sizes",
    "profile", "project_folder", "quietly", "release_memory", "seed", "shift_sizes", "start_sizes", "text_sizes",
]

PROFILES = ("quick", "full")
CORPUS_SOURCES = ("auto", "built-in", "treebank")
BUILT_IN = "built-in"  # the name of the data that the course makes itself


@dataclass(frozen=True)
class ImageSizes:
    """How much an image lesson computes.

    Attributes
    ----------
    train, validation, test : int
        Numbers of images, all classes together.
    image_size : int
        Height and width in pixels.
    augmented_copies : int
        Randomly changed copies of each training image that fine-tuning sees beside the original.
    scratch_epochs, head_epochs, finetune_epochs : int
        Passes over the training images for the network from scratch, the head, and fine-tuning.
    """

    train: int
    validation: int
    test: int
    image_size: int
    augmented_copies: int
    scratch_epochs: int
    head_epochs: int
    finetune_epochs: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """Numbers of training, validation and test images."""
        return self.train, self.validation, self.test


@dataclass(frozen=True)
class StartSizes:
    """How much lesson 00 computes.

    Attributes
    ----------
    draws : int
        Draws of labelled pictures, without overlap.
    labelled, test : int
        Pictures in a draw, and test pictures.
    image_size : int
        Their height and width in pixels.
    scratch_epochs : int
        Passes of the network from scratch.
    digits : tuple of int
        Digits to learn from and to be tested on.
    repeats : int
        Seeds of each miniature.
    """

    draws: int
    labelled: int
    test: int
    image_size: int
    scratch_epochs: int
    digits: tuple[int, int]
    repeats: int


@dataclass(frozen=True)
class ShiftSizes:
    """How much lesson 01 computes.

    Attributes
    ----------
    repeats : int
        Data sets that each experiment on made tables is repeated on, each with a seed of its own.
    tests : int
        Repetitions of each test for shift, for its power.
    pictures : tuple of int
        Rendered pictures: clear water for training, clear water for testing, turbid water.
    image_size : int
        Height and width of these pictures in pixels.
    """

    repeats: int
    tests: int
    pictures: tuple[int, int, int]
    image_size: int


@dataclass(frozen=True)
class TextSizes:
    """How much lesson 04 computes.

    Attributes
    ----------
    train, validation, test : int
        Numbers of sentences; at most so many where the corpus is not made by the course.
    curve : dict of int to int
        Numbers of training sentences, and passes over each: few sentences need more of them. All sentences come last.
    seeds : int
        Repetitions of each point of the curve, with other sentences and other first numbers.
    epochs : int
        Passes over all sentences for the taggers that are trained once.
    units : int
        Memory of these taggers, for each direction.
    dropout : float
        Share of their numbers that are left out in training.
    learning_rate : float
        Their first one.
    """

    train: int
    validation: int
    test: int
    curve: dict[int, int]
    seeds: int
    epochs: int
    units: int
    dropout: float
    learning_rate: float

    def points(self, sentences: int) -> tuple[list[int], list[int]]:
        """Return the numbers of sentences of a curve up to all, and the passes over each."""
        known = [number for number in self.curve if number < sentences]
        last = [*self.curve.values()][-1]
        return [*known, sentences], [*(self.curve[number] for number in known), last]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Numbers of training, validation and test sentences."""
        return self.train, self.validation, self.test


@dataclass(frozen=True)
class MultitaskSizes:
    """How much lesson 05 computes.

    Attributes
    ----------
    seeds, text_seeds : int
        Repetitions of each training of heads and of taggers, with other examples and other first numbers.
    tables : int
        Made tables for each number of tasks.
    pictures : tuple of int
        Training and test pictures.
    image_size : int
        Their height and width in pixels.
    picture_epochs : dict of int to int
        Numbers of training pictures, and passes over each; all pictures come last.
    sentences : tuple of int
        Training, validation and test sentences; at most so many where the corpus is not made by the course.
    few, many : int
        Sentences with labels of both tasks, and further ones with parts of speech alone.
    few_epochs, both_epochs, many_epochs : int
        Passes over the few; over three times as many; and over few and many together.
    units : int
        Memory of a tagger, for each direction.
    dates : tuple of int
        Dates to learn from and to be tested on.
    date_epochs : int
        Passes over the dates.
    """

    seeds: int
    text_seeds: int
    tables: int
    pictures: tuple[int, int]
    image_size: int
    picture_epochs: dict[int, int]
    sentences: tuple[int, int, int]
    few: int
    many: int
    few_epochs: int
    both_epochs: int
    many_epochs: int
    units: int
    dates: tuple[int, int]
    date_epochs: int


@dataclass(frozen=True)
class AdaptationSizes:
    """How much lesson 06 computes.

    Attributes
    ----------
    seeds : int
        Repetitions of each experiment on digits, moons, reviews, radio maps and firms, with other draws.
    network_seeds : int
        Repetitions of the adversarial networks on digits.
    digits : tuple of int
        Source and target digits; the rest of the 1,797 are the test.
    pictures : tuple of int
        Rendered pictures: source, target without labels, test.
    image_size : int
        Their height and width in pixels.
    """

    seeds: int
    network_seeds: int
    digits: tuple[int, int]
    pictures: tuple[int, int, int]
    image_size: int


@dataclass(frozen=True)
class FewShotSizes:
    """How much lesson 07 computes.

    Attributes
    ----------
    counts : tuple of int
        Training, validation and test pictures, all 24 species together.
    image_size : int
        Their height and width in pixels.
    shots : tuple of int
        Labels of each class, from few to many.
    draws : int
        Repetitions with other labelled examples.
    network_shots : tuple of int
        The shots with which networks are trained as well.
    network_draws : int
        Repetitions of these.
    steps : int
        Training steps of a network on few labels.
    episodes : int
        Small tasks for each number of classes.
    head_epochs : int
        Passes over all training pictures for the head.
    """

    counts: tuple[int, int, int]
    image_size: int
    shots: tuple[int, ...]
    draws: int
    network_shots: tuple[int, ...]
    network_draws: int
    steps: int
    episodes: int
    head_epochs: int


IMAGE_SIZES = {
    ("02", "quick"): ImageSizes(600, 200, 400, 150, 0, 8, 30, 3),
    ("02", "full"): ImageSizes(2000, 800, 1000, 150, 1, 20, 30, 6),
    ("03", "quick"): ImageSizes(739, 104, 104, 160, 0, 3, 25, 2),   # 843 labelled pictures, as in the source document
    ("03", "full"): ImageSizes(739, 104, 104, 160, 0, 60, 25, 6),
}
START_SIZES = {
    "quick": StartSizes(3, 100, 200, 150, 10, (200, 300), 20),
    "full": StartSizes(10, 100, 1000, 150, 30, (1000, 700), 100),
}
SHIFT_SIZES = {
    "quick": ShiftSizes(20, 40, (400, 200, 200), 112),
    "full": ShiftSizes(100, 200, (1000, 600, 600), 150),
}

TEXT_SIZES = {
    "quick": TextSizes(2000, 300, 500, {100: 40, 300: 20, 1000: 8, 2000: 6}, 3, 4, 48, 0.2, 8e-3),
    "full": TextSizes(6000, 500, 2000, {100: 100, 300: 40, 1000: 12, 6000: 6}, 5, 14, 128, 0.5, 4e-3),
}

MULTITASK_SIZES = {
    "quick": MultitaskSizes(
        seeds=3, text_seeds=2, tables=50, pictures=(600, 400), image_size=112, picture_epochs={100: 40, 600: 12},
        sentences=(1000, 100, 500), few=100, many=800, few_epochs=40, both_epochs=20, many_epochs=10, units=32,
        dates=(3000, 500), date_epochs=8,
    ),
    "full": MultitaskSizes(
        seeds=5, text_seeds=3, tables=200, pictures=(2000, 1000), image_size=112, picture_epochs={100: 40, 600: 12, 2000: 8},
        sentences=(4000, 500, 1000), few=100, many=2900, few_epochs=40, both_epochs=20, many_epochs=8, units=48,
        dates=(8000, 2000), date_epochs=8,
    ),
}

ADAPTATION_SIZES = {
    "quick": AdaptationSizes(10, 3, (400, 500), (300, 200, 200), 112),
    "full": AdaptationSizes(20, 5, (800, 500), (1000, 400, 600), 112),
}

FEW_SHOT_SIZES = {
    "quick": FewShotSizes(
        counts=(720, 240, 384), image_size=160, shots=(1, 2, 5, 10, 20), draws=10, network_shots=(1, 5, 20), network_draws=2,
        steps=100, episodes=150, head_epochs=20,
    ),
    "full": FewShotSizes(
        counts=(1440, 480, 960), image_size=160, shots=(1, 2, 5, 10, 20, 40), draws=30, network_shots=(1, 2, 5, 10, 20, 40),
        network_draws=5, steps=200, episodes=1000, head_epochs=30,
    ),
}


def profile() -> str:
    """Return the profile of this run, ``"quick"`` or ``"full"``.

    Raises
    ------
    SettingsError
        If ``COURSE_PROFILE`` is neither.
    """
    value = os.environ.get("COURSE_PROFILE", "").strip().lower() or "quick"
    if value not in PROFILES:
        raise SettingsError(
            f"COURSE_PROFILE is {value!r}, which is no profile of this course.",
            f"set it to one of {', '.join(PROFILES)}, or remove it.",
        )
    return value


def seed() -> int:
    """Return the seed that all random choices of a lesson start from (default 0).

    Raises
    ------
    SettingsError
        If ``COURSE_SEED`` is not a whole number from 0 up.
    """
    value = os.environ.get("COURSE_SEED", "").strip() or "0"
    if not value.isdecimal():
        raise SettingsError(f"COURSE_SEED is {value!r}, not a whole number from 0 up.", "set COURSE_SEED=0.")
    return int(value)


def image_sizes(lesson: str) -> ImageSizes:
    """Return the sizes of an image lesson, such as ``"02"``, in the profile of this run."""
    try:
        return IMAGE_SIZES[lesson, profile()]
    except KeyError:
        known = ", ".join(sorted({name for name, _ in IMAGE_SIZES}))
        raise SettingsError(f"Lesson {lesson!r} has no image sizes.", f"ask for one of {known}.") from None


def start_sizes() -> StartSizes:
    """Return the sizes of lesson 00 in the profile of this run."""
    return START_SIZES[profile()]


def shift_sizes() -> ShiftSizes:
    """Return the sizes of lesson 01 in the profile of this run."""
    return SHIFT_SIZES[profile()]


def text_sizes() -> TextSizes:
    """Return the sizes of lesson 04 in the profile of this run."""
    return TEXT_SIZES[profile()]


def multitask_sizes() -> MultitaskSizes:
    """Return the sizes of lesson 05 in the profile of this run."""
    return MULTITASK_SIZES[profile()]


def adaptation_sizes() -> AdaptationSizes:
    """Return the sizes of lesson 06 in the profile of this run."""
    return ADAPTATION_SIZES[profile()]


def few_shot_sizes() -> FewShotSizes:
    """Return the sizes of lesson 07 in the profile of this run."""
    return FEW_SHOT_SIZES[profile()]


def corpus_source() -> str:
    """Return which tagged sentences lessons 04 and 05 take: ``"auto"`` (default), ``"built-in"`` or ``"treebank"``.

    Raises
    ------
    SettingsError
        If ``COURSE_CORPUS`` is none of them.
    """
    value = os.environ.get("COURSE_CORPUS", "").strip().lower() or "auto"
    if value not in CORPUS_SOURCES:
        raise SettingsError(f"COURSE_CORPUS is {value!r}, which is no source of sentences.",
                            f"set it to one of {', '.join(CORPUS_SOURCES)}, or remove it.")
    return value


def is_static() -> bool:
    """Tell whether this run is stored to be read later, so that a picture must stand where a widget would.

    ``course run`` sets ``COURSE_STATIC=1``; nobody is there to move a slider.
    """
    return os.environ.get("COURSE_STATIC", "").strip() not in ("", "0")


def project_folder() -> Path:
    """Return the course's checkout, or the working folder if the package is installed without one."""
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def build_folder() -> Path:
    """Return the folder for what a run makes: the site and the results ledger. It may not exist yet."""
    value = os.environ.get("COURSE_BUILD", "").strip()
    return Path(value).expanduser().resolve() if value else project_folder() / "build"


def cache_folder() -> Path:
    """Return the folder that keeps downloads, rendered images and features. It may not exist yet."""
    value = os.environ.get("COURSE_CACHE", "").strip()
    if value:
        return Path(value).expanduser().resolve()
    import pooch

    return Path(pooch.os_cache("transfer-learning-course"))


def model_folder(lesson: str) -> Path:
    """Return the folder for the networks that this run of a lesson trains; runs of another kind have their own."""
    return build_folder() / "models" / f"{lesson}-{profile()}-{data_name()}-seed{seed()}"


def data_folder() -> Path | None:
    """Return the reader's own data folder, or None when the built-in data are used.

    Raises
    ------
    SettingsError
        If ``COURSE_DATA`` names no folder: the course never falls back to other data in silence.
    """
    value = os.environ.get("COURSE_DATA", "").strip()
    if not value:
        return None
    folder = Path(value).expanduser()
    # Notebooks run with notebooks/ as working folder; a path typed at the top of the checkout works too.
    for candidate in (folder, project_folder() / folder):
        if candidate.is_dir():
            return candidate.resolve()
    raise SettingsError(
        f"COURSE_DATA is {value!r}, and there is no such folder.",
        "give the full path of the folder, or remove COURSE_DATA to use the built-in data.",
    )


def data_name() -> str:
    """Return the name of this run's data for tables: ``"built-in"``, or the name of the reader's folder."""
    folder = data_folder()
    return folder.name if folder else BUILT_IN


def banner(data: str | None = None, dtype: str | None = None) -> str:
    """Return the line that every lesson prints first: which profile, data, seed and number format it ran with.

    Parameters
    ----------
    data : str, optional
        Name of the data, for a lesson that has no use for the reader's own; by default :func:`data_name`.
    dtype : str, optional
        Number format of the networks, for a lesson that does not use the fast one of this processor.
    """
    dtype = dtype or compute_dtype()
    return f"profile: {profile()} · data: {data or data_name()} · seed: {seed()} · networks compute in {dtype}"


def compute_dtype() -> str:
    """Return the Keras dtype policy that is fast on this processor.

    ``"mixed_bfloat16"`` where the processor multiplies bfloat16 in hardware (it halves the time of VGG16 at
    the same accuracy, see lesson 02), else ``"float32"``: emulated bfloat16 is slower than float32.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:  # macOS and Windows have no such file; their TensorFlow wheels gain nothing from bfloat16
        return "float32"
    return "mixed_bfloat16" if ("avx512_bf16" in flags or "amx_bf16" in flags) else "float32"


def release_memory() -> None:
    """Give memory that nothing uses any more back to the operating system.

    Networks that refer to themselves wait for Python's collector, and glibc keeps what was freed. In lesson 02 this gave
    back some tens of MiB: little, but Binder has 2 GiB in all.
    """
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # not glibc: macOS, Windows, Alpine
        pass


@contextmanager
def quietly():
    """Hide what TensorFlow's libraries print while they are imported; show it after all if the import fails.

    They write to the process's error stream before any of their own settings can keep them from it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    error_stream = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except BaseException:
            messages.seek(0)
            os.write(error_stream, messages.read())
            raise
        finally:
            os.dup2(error_stream, 2)
            os.close(error_stream)
