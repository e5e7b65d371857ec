"""Where to go: which method for which case, which pretrained network, which lesson (lesson 00)."""

import re
from dataclasses import dataclass
from numbers import Integral

from course_utils import settings
from course_utils.errors import DataError

__all__ = ["ADVICE", "Advice", "FEW", "LESSONS", "Lesson", "SIMILARITIES", "ZOO", "ZooNetwork", "decide", "decision_cell", "lesson_map",
           "zoo_table"]

#: Labels a class. Below, this course calls them few: a choice, not a measured border.
FEW = 200
SIMILARITIES = ("close", "distant")
AMOUNTS = ("none", "few", "many")


@dataclass(frozen=True)
class Lesson:
    """A row of the map.

    Attributes
    ----------
    title, file : str
        Of the notebook.
    question, transfers : str
        What it asks, and what is carried from source to target.
    minutes : int
        To read and try.
    headline : str
        Name of the claim that stands for the lesson.
    """

    title: str
    file: str
    question: str
    transfers: str
    minutes: int
    headline: str


LESSONS = {
    "00": Lesson("Start here", "00_start_here.ipynb", "What is it, and when does it help?", "a little of everything", 35, "promise_gain"),
    "01": Lesson("Dataset shift", "01_dataset_shift.ipynb", "Right yesterday, wrong today: what changed?", "instances, by weights", 75,
                 "covariate_weights_gain"),
    "02": Lesson("VGG16", "02_vgg16_shark_dolphin.ipynb", "How much can I borrow from a network?", "features, then parameters", 60,
                 "finetuned_accuracy"),
    "03": Lesson("MobileNet", "03_mobilenet.ipynb", "Where does lightness come from?", "features of a light network", 75, "transfer_accuracy"),
    "04": Lesson("Word2Vec and a tagger", "04_word2vec_tagger.ipynb", "What about words never seen in training?", "word vectors", 75,
                 "unseen_gain"),
    "05": Lesson("Multitask heads", "05_multitask_heads.ipynb", "When does sharing help, when does it hurt?", "a shared body", 75,
                 "scarce_chunks_best_gain"),
    "06": Lesson("Domain adaptation", "06_domain_adaptation.ipynb", "The same task in another place, with few labels or none?",
                 "instances, features, parameters, relations", 70, "rotated_coral_gain"),
    "07": Lesson("Many classes, few labels", "07_few_labels.ipynb", "What can one label a class do?", "features, prototypes", 75,
                 "one_shot_accuracy"),
}


@dataclass(frozen=True)
class Advice:
    """What to try first.

    Attributes
    ----------
    do, because : str
        The method, and the reason in a sentence.
    lessons : tuple of str
        Numbers of the lessons that work it out; keys of :data:`LESSONS`.
    """

    do: str
    because: str
    lessons: tuple[str, ...]

    def links(self) -> str:
        """Return the lessons as Markdown links, relative to the folder of the notebooks."""
        return ", ".join(f"[{number} {LESSONS[number].title}]({LESSONS[number].file})" for number in self.lessons)

    def __str__(self) -> str:
        return f"{self.do}. {self.because} Lesson{'s' * (len(self.lessons) > 1)} {' and '.join(self.lessons)}."


#: (amount of labels, similarity) → what to try first.
ADVICE = {
    ("many", "close"): Advice("Fine-tune the upper layers", "Enough labels to move weights that are nearly right.", ("02", "03")),
    ("many", "distant"): Advice("Train all layers; start from borrowed weights and from scratch, compare",
                                "Your labels can teach what the source did not know.", ("02", "03")),
    ("few", "close"): Advice("Keep the network frozen, train a linear head",
                               "It is the rival to beat: fine-tuning the last block from there may add a few points.", ("02", "07")),
    ("few", "distant"): Advice("Cut at a lower layer, and try a simple model on your own inputs",
                               "High layers know the source's objects, low ones edges and strokes.", ("02",)),
    ("none", "close"): Advice("Adapt without labels: weights, class shares, alignment",
                              "The task is the same, so the source's labels still count.", ("01", "06")),
    ("none", "distant"): Advice("Label fifty examples before anything else", "Without labels nobody can see negative transfer.", ("06",)),
}


def decision_cell(labels_per_class: int, similarity: str = "close") -> tuple[str, str]:
    """Return which cell of :data:`ADVICE` a case falls into. Introduced in lesson 00.

    Parameters
    ----------
    labels_per_class : int
        Labelled examples in the target, for each class; below :data:`FEW` they are few.
    similarity : {"close", "distant"}
        Whether the source's inputs look like the target's.

    Raises
    ------
    DataError
        If the number is no whole number from 0 up, or the similarity is unknown.
    """
    whole = isinstance(labels_per_class, Integral) or (isinstance(labels_per_class, float) and labels_per_class.is_integer())
    if not whole or isinstance(labels_per_class, bool) or labels_per_class < 0:
        raise DataError(f"{labels_per_class!r} labels for each class cannot be.", "give a whole number from 0 up.")
    if similarity not in SIMILARITIES:
        raise DataError(f"{similarity!r} is no similarity of source and target.", f"use one of {', '.join(SIMILARITIES)}.")
    return AMOUNTS[(labels_per_class > 0) + (labels_per_class >= FEW)], similarity


def decide(labels_per_class: int, similarity: str = "close") -> Advice:
    """Return what to try first: a rule of thumb, not a law. Introduced in lesson 00.

    Yosinski, Clune, Bengio and Lipson (2014), "How transferable are features in deep neural networks?", NIPS.

    Parameters
    ----------
    labels_per_class, similarity
        As in :func:`decision_cell`.

    Raises
    ------
    DataError
        As :func:`decision_cell`.
    """
    return ADVICE[decision_cell(labels_per_class, similarity)]


@dataclass(frozen=True)
class ZooNetwork:
    """A network of ``keras.applications`` as Keras' documentation lists it.

    Attributes
    ----------
    name : str
        Of the class in ``keras.applications``.
    parameters : float
        In millions, the 1,000-class head included.
    megabytes : int
        Of the weights file.
    top1 : float
        Accuracy on ImageNet's validation pictures in per cent.
    depth : int or None
        Layers with weights; None where the documentation gives none.
    offline : str
        What this course carries of it without the open internet, or ``""``.
    """

    name: str
    parameters: float
    megabytes: int
    top1: float
    depth: int | None
    offline: str = ""


#: The table "Available models" of https://keras.io/api/applications, a stored copy read on 25 November 2026.
ZOO = (
    ZooNetwork("MobileNetV2", 3.5, 14, 71.3, 105, "base, partly tuned on dogs (lessons 03, 07)"),
    ZooNetwork("MobileNet", 4.3, 16, 70.4, 55),
    ZooNetwork("NASNetMobile", 5.3, 23, 74.4, 389),
    ZooNetwork("EfficientNetV2B0", 7.2, 29, 78.7, None),
    ZooNetwork("EfficientNetV2S", 21.6, 88, 83.9, None),
    ZooNetwork("Xception", 22.9, 88, 79.0, 81),
    ZooNetwork("InceptionV3", 23.9, 92, 77.9, 189),
    ZooNetwork("ResNet50", 25.6, 98, 74.9, 107),
    ZooNetwork("ResNet50V2", 25.6, 98, 76.0, 103),
    ZooNetwork("InceptionResNetV2", 55.9, 215, 80.3, 449),
    ZooNetwork("ResNet152V2", 60.4, 232, 78.0, 307),
    ZooNetwork("EfficientNetV2L", 119.0, 479, 85.7, None),
    ZooNetwork("VGG16", 138.4, 528, 71.3, 16, "base (lessons 00, 01, 02, 05, 06)"),
    ZooNetwork("VGG19", 143.7, 549, 71.3, 19),
)


def zoo_table() -> str:
    """Return :data:`ZOO` as a Markdown table. Introduced in lesson 00."""
    rows = [f"| {one.name} | {one.parameters:.1f} | {one.megabytes} | {one.top1:.1f} | {one.depth or '–'} | {one.offline or '–'} |" for one in ZOO]
    return "\n".join(["| network | million parameters | MB | top-1, % | depth | offline in this course |", "|---|---|---|---|---|---|", *rows])


def lesson_map() -> str:
    """Return the map of the course as a Markdown table, with the measured headlines of README.md. Introduced in lesson 00.

    A lesson that is not there yet has no link, one that was not measured a dash.
    """
    readme = settings.project_folder() / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    lines = ["| | lesson | its question | what transfers | minutes | measured |", "|---|---|---|---|---|---|"]
    for number, one in LESSONS.items():
        found = re.search(rf"^\| {number} \| ([^|]*): `{one.headline}` \| [^|]* \| ([^|]*) \|", text, re.M) if one.headline else None
        there = (settings.project_folder() / "notebooks" / one.file).is_file()
        name = f"[{one.title}]({one.file})" if there else one.title
        lines.append(f"| {number} | {name} | {one.question} | {one.transfers} | {one.minutes} | "
                     f"{f'{found[1]}: {found[2].strip()}' if found else '–'} |")
    return "\n".join(lines)
