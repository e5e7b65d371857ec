"""One size of the rows of growth of `course bench`: for a process of its own, whose peak of memory is nobody else's."""

import time

from course_utils import settings

__all__ = ["KINDS", "main"]


def main(kind: str, number: int) -> dict[str, float]:
    """Return the seconds that one item takes, and the peak of memory in MiB without data that went in and came out."""
    from course_utils.results import peak_memory_mib

    with settings.quietly():
        import tensorflow  # noqa: F401
    work, carried = KINDS[kind](number)
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return {"seconds_each": seconds / number, "mib": peak_memory_mib() - carried() / 2**20}


def _extraction(number: int):
    import numpy as np

    from course_utils.vision import backbones, bottleneck

    images = np.random.default_rng(0).integers(0, 256, (number, 96, 96, 3), dtype=np.uint8)
    model, found = backbones.mobilenetv2((96, 96, 3)), []
    bottleneck.extract_features(model, images[:100], cache=False)

    def work():
        found.append(bottleneck.extract_features(model, images, cache=False))

    return work, lambda: images.nbytes + found[0].nbytes


def _text(number: int):
    from course_utils.data import english
    from course_utils.text.tagger import Tagger

    corpus = english.make_corpus(number, 50, 50)
    tagger = Tagger(corpus.train, units=48)
    return corpus, tagger


def _training(number: int):
    _, tagger = _text(number)
    tagger.fit(epochs=1)
    return lambda: tagger.fit(epochs=2), lambda: 0


def _tagging(number: int):
    corpus, tagger = _text(number)
    tagger.tag(corpus.train.words)
    return lambda: tagger.tag(corpus.train.words), lambda: 0


KINDS = {"extraction": _extraction, "tagging": _tagging, "training": _training}
