"""The ledger of measured claims: what the lessons say in numbers, and whether this computer agrees.

A lesson records its headline numbers with :func:`record`; each run (lesson, profile, data, seed) is one small
JSON file under ``build/results/``. :func:`table` puts the seeds together and :func:`check` tells whether the
claims hold. So a lecturer knows what students should see, and a maintainer knows that a change broke a claim.
"""

import contextlib
import json
import math
import os
import platform
import re
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from course_utils import assets, settings
from course_utils.errors import CourseError

__all__ = [
    "BUILT_IN",
    "CLAIMS",
    "CellClock",
    "Claim",
    "ResultsError",
    "Row",
    "broken_claims",
    "check",
    "ledger",
    "markdown_table",
    "peak_memory_mib",
    "record",
    "table",
    "text_table",
]

BUILT_IN = settings.BUILT_IN
LIBRARIES = ("keras", "numpy", "scikit-learn", "tensorflow")
SEEDS_WITHOUT_SLACK = 3
RUN = f"{os.getpid()}-{os.urandom(4).hex()}"  # tells this process's measurements from those of an earlier run


class ResultsError(CourseError):
    """A result is no number, has no place in the table of claims, or breaks its claim."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a lesson that a number can refute.

    Attributes
    ----------
    sentence : str
        What is measured, for the reader of the table.
    lower, upper : float, optional
        The claim holds from ``lower`` to ``upper``, both included, on the mean over the seeds.
    strict : bool
        The bounds themselves do not count: a gain of exactly zero is no gain.
    unit : str
        ``""`` for shares and differences of shares, ``"×"``, ``"layers"``, ``"MiB"`` or ``"s"``.
    one_seed_slack : float
        How far beyond a bound the mean may lie while fewer than three seeds were run: about one standard
        error of a share measured on 400 test images. One seed can miss a true claim by chance.
    profiles : tuple of str
        Profiles in which the bounds are asserted; in the others the number is only reported.
    speed : bool
        Seconds depend on how fast and how idle the computer is: beyond the bound is a notice, not a broken
        claim. Ratios of two times in one run are not of this kind.
    """

    sentence: str
    lower: float | None = None
    upper: float | None = None
    strict: bool = False
    unit: str = ""
    one_seed_slack: float = 0.0
    profiles: tuple[str, ...] = settings.PROFILES
    speed: bool = False

    def holds(self, mean: float, seeds: int, profile: str) -> bool | None:
        """Tell whether a mean over so many seeds agrees; None where no bound is asserted."""
        if profile not in self.profiles or (self.lower is None and self.upper is None):
            return None
        slack = self.one_seed_slack if seeds < SEEDS_WITHOUT_SLACK else 0.0
        low = -math.inf if self.lower is None else self.lower - slack
        high = math.inf if self.upper is None else self.upper + slack
        return low < mean < high if self.strict else low <= mean <= high

    def bound(self) -> str:
        """Return the bounds as short text, such as ``"≥ 0.90"``."""
        more, less = (">", "<") if self.strict else ("≥", "≤")
        if None not in (self.lower, self.upper) and self.number(self.lower, 2) == self.number(self.upper, 2):
            return f"= {self.number(self.lower, 2)}"  # exact, or as exact as the digits show
        sides = [(more, self.lower), (less, self.upper)]
        return " and ".join(f"{sign} {self.number(side, 2)}" for sign, side in sides if side is not None)

    def number(self, value: float, digits: int = 3) -> str:
        """Return a value with its unit, rounded as this kind of number deserves."""
        if not self.unit:
            text = f"{value:.{digits}f}"
            return "0" if value == 0 else text.removeprefix("-") if float(text) == 0 else text
        rounded = (
            f"{value:.1f}" if self.unit == "×" and value < 20 and value != int(value) else f"{value:,.0f}"
        )
        return f"{rounded} {self.unit}"


def _claims_of_timed_shapes() -> dict[tuple[str, str], Claim]:
    """Return two claims for each of the five shapes that lesson 03 times: the ratio by count, the gain by the clock."""
    claims = {}
    for side, channels, ratio in ((112, "32 → 64", 7.9), (56, "128 → 128", 8.4), (28, "256 → 256", 8.7),
                                  (14, "512 → 512", 8.8), (7, "1,024 → 1,024", 8.9)):
        shape = f"{side}² places, {channels} channels: standard / separable"
        # The count is exact; README's table shows one decimal of it, and both must lie within the bounds.
        claims["03", f"mac_ratio_{side}"] = Claim(
            f"{shape} by count", lower=round(ratio - 0.049, 3), upper=round(ratio + 0.049, 3), unit="×"
        )
        claims["03", f"measured_speedup_{side}"] = Claim(f"{shape} by the clock", lower=1.0, strict=True, unit="×")
    return claims


def _claims_of_cost(lesson: str, seconds: float) -> dict[tuple[str, str], Claim]:
    """Return the two claims that every lesson makes: what fits on Binder, and how long one waits."""
    return {
        (lesson, "peak_memory_mib"): Claim(
            "Peak memory of the lesson's kernel", upper=1536, unit="MiB", profiles=("quick",)
        ),
        (lesson, "lesson_seconds"): Claim(
            "Time of all cells on two idle cores", upper=seconds, unit="s", profiles=("quick",), speed=True
        ),
    }


CLAIMS: dict[tuple[str, str], Claim] = {
    ("00", "scratch_accuracy"): Claim(
        "100 labelled pictures: test accuracy of a small network from scratch, mean of the draws", upper=0.65, one_seed_slack=0.03
    ),
    ("00", "features_accuracy"): Claim("The same labels on VGG16's features", lower=0.84, one_seed_slack=0.02),
    ("00", "promise_gain"): Claim("What the borrowed features add to 100 labels", lower=0.22, one_seed_slack=0.03),
    ("00", "instances_gain"): Claim("Instances, weighted: accuracy added", lower=0.15),
    ("00", "features_gain"): Claim("Features, from data without labels: accuracy added", lower=0.02),
    ("00", "parameters_gain"): Claim("Parameters, 20 labels and a prior at the source's weights: accuracy added", lower=0.05),
    ("00", "parameters_over_source"): Claim("The same against the source's weights unchanged", lower=0.02),
    ("00", "relations_gain"): Claim("Relations, a rule under other names: F1 added", lower=0.20),
    ("00", "opposite_loss"): Claim("Opposite task, 10 labels: accuracy that a strong prior costs (negative transfer)", lower=0.30),
    ("00", "opposite_loss_many"): Claim("The same with 640 labels", upper=0.02),
    ("00", "checked_loss"): Claim("Opposite task, 10 labels: cost when labels choose the prior's strength", upper=0.12),
    ("00", "distant_top_loss"): Claim("Digits, 50 labels: pixels minus VGG16's last block", lower=0.08),
    ("00", "distant_lower_gain"): Claim("Digits, 50 labels: block 4 minus block 5", lower=0.12),
    **_claims_of_cost("00", seconds=30),
    ("01", "covariate_weights_gain"): Claim(
        "Covariate shift, straight model: accuracy that importance weights add", lower=0.15
    ),
    ("01", "right_model_weights_gain"): Claim(
        "Covariate shift, right model: accuracy that importance weights add", lower=-0.03, upper=0.01
    ),
    ("01", "prior_em_gain"): Claim("Prior shift: accuracy that EM adds", lower=0.15),
    ("01", "wrong_remedy_gain"): Claim(
        "Covariate shift, straight model: accuracy that EM adds", upper=0.0, strict=True
    ),
    ("01", "concept_weights_gain"): Claim("Concept shift: accuracy that weights add", lower=-0.01, upper=0.01),
    ("01", "concept_labels_gain"): Claim("Concept shift: accuracy that 40 target labels add", lower=0.15),
    ("01", "selection_labels_gain"): Claim(
        "Selected by x and y: 40 target labels minus the best of the other remedies", lower=0.0, strict=True
    ),
    ("01", "twin_em_gain"): Claim(
        "Same inputs, covariate instead of prior shift: accuracy that EM adds", upper=0.0, strict=True
    ),
    ("01", "effective_share"): Claim(
        "Effective sample size of the weights in Shimodaira's example, share of n", lower=0.25, upper=0.60
    ),
    ("01", "false_alarm_rate"): Claim("Largest rate of false alarms of four tests, level 0.05", upper=0.10),
    ("01", "power_pixel"): Claim(
        "One pixel brighter (harmless): alarms of the test of each pixel, 200 images", lower=0.95
    ),
    ("01", "power_noise"): Claim(
        "A tenth of the images noise (harmful): alarms of the same test", upper=0.30
    ),
    ("01", "drift_detector_gain"): Claim(
        "Sudden drift: accuracy after the turn, detector minus no training", lower=0.30
    ),
    ("01", "breast_em_gain"): Claim("Breast cancer selected by class: accuracy that EM adds", lower=0.03),
    ("01", "breast_wrong_remedy_gain"): Claim(
        "Breast cancer selected by radius: accuracy that EM adds", upper=-0.03
    ),
    ("01", "turbid_loss"): Claim(
        "Sea animals: accuracy in clear water minus accuracy in turbid water", lower=0.03
    ),
    **_claims_of_cost("01", seconds=60),
    ("02", "scratch_accuracy"): Claim(
        "Test accuracy of a small network trained from scratch", upper=0.75, profiles=("quick",), one_seed_slack=0.022
    ),
    ("02", "features_accuracy"): Claim(
        "Test accuracy of a new head on VGG16's features", lower=0.90, one_seed_slack=0.015
    ),
    ("02", "finetuned_accuracy"): Claim(
        "Test accuracy after fine-tuning block5", lower=0.93, one_seed_slack=0.013
    ),
    ("02", "finetuning_gain"): Claim(
        "Fine-tuned minus features, on the same test images", lower=0.0, strict=True, one_seed_slack=0.012
    ),
    ("02", "preprocess_gain"): Claim(
        "Accuracy with `preprocess_input` minus accuracy with 1/255", lower=0.0, strict=True
    ),
    ("02", "cached_head_speedup"): Claim(
        "30 epochs of head training: running the base each time, over cached features", lower=20, unit="×"
    ),
    **_claims_of_cost("02", seconds=90),
    ("03", "scratch_accuracy"): Claim(
        "Five groups: test accuracy of a MobileNet from scratch, averages up to date", upper=0.50, profiles=("quick",)
    ),
    ("03", "transfer_accuracy"): Claim(
        "Five groups: test accuracy of a new head on MobileNetV2's features", lower=0.88, one_seed_slack=0.03
    ),
    ("03", "probe_accuracy"): Claim(
        "Held-out accuracy of a probe on the features that the dog head calls dogs", lower=0.88, one_seed_slack=0.01
    ),
    **_claims_of_timed_shapes(),
    ("03", "measured_share"): Claim(
        "Measured speed-up as a share of the counted one, mean of five shapes", upper=0.9
    ),
    ("03", "bn_layers_moved"): Claim(
        "Of 52 normalisations: averages that `fit` moves in spite of `training=False`", lower=52, upper=52, unit="layers"
    ),
    ("03", "bn_layers_moved_frozen"): Claim(
        "The same with the normalisations themselves frozen", lower=0, upper=0, unit="layers"
    ),
    ("03", "bn_averages_gain"): Claim(
        "Fine-tuned with free normalisations: accuracy that up-to-date averages add", lower=0.0, strict=True,
        one_seed_slack=0.02
    ),
    **_claims_of_cost("03", seconds=90),
    ("04", "baseline_accuracy"): Claim(
        "Words tagged rightly by each word's most frequent tag", lower=0.86, upper=0.89
    ),
    ("04", "padding_metric"): Claim("Accuracy of the recipe that counts padding to 50 places", lower=0.95),
    ("04", "padding_excess"): Claim("The same minus its accuracy on words", lower=0.03),
    ("04", "token_accuracy_random"): Claim("LSTM, random vectors: accuracy on words", lower=0.88, upper=0.95),
    ("04", "token_accuracy_fair"): Claim("The same with word dropout", lower=0.91),
    ("04", "token_accuracy_frozen"): Claim("LSTM, frozen borrowed vectors", lower=0.90),
    ("04", "token_accuracy_tuned"): Claim("LSTM, tuned borrowed vectors", lower=0.95),
    ("04", "unseen_accuracy_random"): Claim("Unseen words, random vectors", upper=0.60),
    ("04", "unseen_accuracy_fair"): Claim("Unseen words, random vectors with word dropout", lower=0.50),
    ("04", "unseen_accuracy_frozen"): Claim("Unseen words, frozen borrowed vectors", lower=0.75),
    ("04", "unseen_accuracy_tuned"): Claim("Unseen words, tuned borrowed vectors", lower=0.75),
    ("04", "gain_with_300"): Claim("300 training sentences: accuracy that tuned vectors add to random ones", lower=0.04),
    ("04", "word_dropout_gain"): Claim(
        "Unseen words: accuracy that word dropout adds to random vectors", lower=0.0, strict=True, one_seed_slack=0.03
    ),
    ("04", "unseen_gain"): Claim("Unseen words: tuned vectors minus random ones", lower=0.20),
    ("04", "fair_gain"): Claim("Unseen words: tuned vectors minus random ones with word dropout", lower=0.05),
    ("04", "perceptron_accuracy"): Claim("Averaged perceptron with spelling", lower=0.96),
    ("04", "crf_accuracy"): Claim("Linear chain (CRF) with spelling", lower=0.97),
    ("04", "best_accuracy"): Claim("LSTM with borrowed vectors and spelling", lower=0.98),
    ("04", "genre_loss"): Claim("The same tagger: accuracy lost in another genre", lower=0.05),
    ("04", "own_analogies"): Claim("Analogies answered by vectors of a small text", upper=0.20),
    ("04", "borrowed_analogies"): Claim("Analogies answered by the borrowed vectors", lower=0.40),
    **_claims_of_cost("04", seconds=60),
    ("05", "table_gain"): Claim("32 related small tables: squared error that a shared linear body saves", lower=0.2),
    ("05", "table_negative_transfer"): Claim("32 unrelated ones: squared error that it adds (negative transfer)", lower=0.1),
    ("05", "species_single"): Claim("VGG16's features, species: accuracy of a single network", lower=0.87),
    ("05", "species_gain"): Claim("Species: gain by sharing 64 units with the direction", lower=-0.03, upper=0.03),
    ("05", "facing_single"): Claim("VGG16's features, direction: accuracy of a single network", lower=0.90),
    ("05", "facing_gain"): Claim("Direction: gain by sharing 64 units with the species", lower=-0.03, upper=0.03),
    ("05", "negative_transfer_gap"): Claim(
        "One shared unit: accuracy that the two tasks lose together (negative transfer)", lower=0.25
    ),
    ("05", "wide_cosine"): Claim("Mean cosine of their gradients after two epochs, 64 units", lower=-0.15, upper=0.20),
    ("05", "narrow_cosine"): Claim("The same with one unit", upper=0.0, strict=True),
    ("05", "shouting_gap"): Claim(
        "Species beside depth in metres: accuracy lost", lower=0.0, strict=True, one_seed_slack=0.01
    ),
    ("05", "reweighted_gap"): Claim("The same with weight 0.03 for the depth", upper=0.02, one_seed_slack=0.01),
    ("05", "learned_weights_gap"): Claim("The same with learned weights", upper=0.02, one_seed_slack=0.01),
    ("05", "tags_single"): Claim("300 sentences, tags: accuracy of a single network", lower=0.90),
    ("05", "tags_hard_gain"): Claim("Tags: gain by hard sharing, equal passes", lower=-0.03, upper=0.03),
    ("05", "tags_equal_compute_gain"): Claim("Tags: gain by hard sharing, equal compute", lower=0.0, strict=True),
    ("05", "chunks_single"): Claim("300 sentences, chunks: F1 of a single network", lower=0.85),
    ("05", "chunks_hard_gain"): Claim("Chunks: gain by hard sharing, equal passes", lower=-0.03, upper=0.03),
    ("05", "chunks_equal_compute_gain"): Claim("Chunks: gain by hard sharing, equal compute", lower=0.0, strict=True),
    ("05", "chunks_cascade_gain"): Claim(
        "Chunks: gain by the tags' labels in a cascade", lower=0.0, strict=True, one_seed_slack=0.01
    ),
    ("05", "chunks_crf"): Claim("Chunks: F1 of a linear chain (CRF)", lower=0.85),
    ("05", "scarce_chunks_alone"): Claim("100 labelled sentences, chunks alone: F1", lower=0.70, upper=0.88),
    ("05", "scarce_chunks_unweighted_gain"): Claim(
        "Chunks: gain by further sentences with tags, hard sharing", lower=0.0, strict=True, one_seed_slack=0.02
    ),
    ("05", "scarce_chunks_best_gain"): Claim("Chunks: gain by them in a cascade with weight 10", lower=0.03),
    ("05", "scarce_entities_alone"): Claim("100 labelled sentences, entities alone: F1", lower=0.65, upper=0.85),
    ("05", "scarce_entities_unweighted_gain"): Claim(
        "Entities: gain by further sentences with tags, hard sharing", upper=0.0, strict=True, one_seed_slack=0.03
    ),
    ("05", "swamping_gap"): Claim(
        "Entities: F1 that loud tags cost against silent ones, same training (negative transfer)", lower=0.0, strict=True
    ),
    ("05", "scarce_entities_best_gain"): Claim(
        "Entities: gain by them in a cascade with weight 10", lower=-0.06, upper=0.08
    ),
    ("05", "exact_match_both_iso"): Claim("Dates, each decoder reads the encoder: ISO exactly right", lower=0.95),
    ("05", "exact_match_both_long"): Claim("Dates, each decoder reads the encoder: long form exactly right", lower=0.95),
    ("05", "exact_match_chain_iso"): Claim(
        "Dates, the second decoder reads the ISO text: ISO exactly right", lower=0.95, one_seed_slack=0.03
    ),
    ("05", "exact_match_chain_long"): Claim(
        "Dates, the second decoder reads the ISO text: long form exactly right", lower=0.40, upper=0.58
    ),
    **_claims_of_cost("05", seconds=120),
    ("06", "contrast_columns_gain"): Claim("Digits of low contrast: accuracy that aligned columns add", lower=0.10),
    ("06", "contrast_coral_over_columns"): Claim("The same: CORAL minus aligned columns", lower=-0.03, upper=0.03),
    ("06", "sensor_columns_gain"): Claim("Digits through an uneven sensor: accuracy that aligned columns add", lower=0.04),
    ("06", "sensor_coral_over_columns"): Claim("The same: CORAL minus aligned columns", lower=-0.03, upper=0.03),
    ("06", "rotated_coral_gain"): Claim("Digits turned by 30°: accuracy that CORAL adds", lower=0.08),
    ("06", "rotated_labels_gain"): Claim("The same: 20 labels with augmentation minus CORAL", lower=0.10),
    ("06", "rotated_augment_gain"): Claim("The same, 50 labels: augmentation minus pooling", lower=0.04),
    ("06", "rotated_source_gain"): Claim("The same: augmentation minus the labels alone", lower=-0.03, upper=0.04),
    ("06", "msda_on_pixels"): Claim("Six targets: what a denoiser for words adds to pixels", upper=-0.05),
    ("06", "inverted_pool"): Claim("Inverted digits: accuracy of the source and 50 labels pooled", upper=0.02),
    ("06", "inverted_alone"): Claim("Inverted digits: accuracy of the 50 labels alone", lower=0.75),
    ("06", "inverted_reverse_validation"): Claim("Inverted digits, all wrong: reverse validation of CORAL says", lower=0.75),
    ("06", "inverted_reverse_before"): Claim("The same without alignment", upper=0.75),
    ("06", "distance_misranks"): Claim(
        "A-distance after CORAL: low contrast (right) minus inverted (wrong)", lower=-0.5, upper=0.5
    ),
    ("06", "moons_gain"): Claim("Moons turned by 35°: accuracy that domain confusion adds", lower=0.05),
    ("06", "dann_digits"): Claim("Digits turned by 30°: accuracy of confusion at its best strength", upper=0.65),
    ("06", "dann_below_labels"): Claim("The same: 50 labels pooled minus confusion", lower=0.10),
    ("06", "msda_gain"): Claim("Reviews of another topic: accuracy that mSDA adds", lower=0.08),
    ("06", "msda_control_gain"): Claim("The same: against mSDA that saw the source alone", lower=0.08),
    ("06", "grey_coral_gain"): Claim("Grey camera: accuracy that CORAL adds", lower=0.02, one_seed_slack=0.03),
    ("06", "blue_pixels_gain"): Claim("Blue camera: accuracy that stretched pixels add", lower=0.04, one_seed_slack=0.03),
    ("06", "turbid_below_clear"): Claim(
        "Turbid water, source and 200 target labels: accuracy below clear water", lower=0.05, one_seed_slack=0.03
    ),
    ("06", "turbid_labels_gain"): Claim(
        "Turbid water: what labels of the target, without the source, add", upper=0.05, one_seed_slack=0.03
    ),
    ("06", "radio_columns_gain"): Claim("Radio map of last year: accuracy that aligned columns add", lower=0.08),
    ("06", "radio_less_is_more"): Claim("The same: gain by leaving out the stations that moved", lower=0.05),
    ("06", "relations_ranks_gain"): Claim("Roles in another firm: ranks minus counts, balanced accuracy", lower=0.10),
    **_claims_of_cost("06", seconds=60),
    ("07", "colours_accuracy"): Claim("20 reef fish (chance 0.05): test accuracy of the mean colour", upper=0.14),
    ("07", "head_accuracy"): Claim(
        "Test accuracy of the source's head on MobileNetV2's features", lower=0.58, one_seed_slack=0.03
    ),
    ("07", "test_choice_excess"): Claim(
        "Accuracy that choosing the best epoch on the test set adds", lower=0.005, one_seed_slack=0.005
    ),
    ("07", "renamed_accuracy"): Claim("Accuracy after one more folder moved the list of names", upper=0.10),
    ("07", "neighbour_share"): Claim("Share of the mistakes that stay within the family (chance about 0.13)", lower=0.30),
    ("07", "tiny_batch_accuracy"): Claim("BatchNormalization head trained with batches of one: test accuracy", upper=0.15),
    ("07", "tiny_batch_plain"): Claim("The same without BatchNormalization", lower=0.40),
    ("07", "one_shot_accuracy"): Claim("One label a class: nearest centroid, mean of all draws", lower=0.18, upper=0.40),
    ("07", "best_draw_excess"): Claim("The same: best draw minus the mean", lower=0.02),
    ("07", "logistic_gain_one"): Claim(
        "One label: logistic regression minus nearest centroid", lower=-0.03, upper=0.03
    ),
    ("07", "finetuning_gain_one"): Claim(
        "One label: fine-tuned minus logistic regression", lower=-0.03, upper=0.06, one_seed_slack=0.02
    ),
    ("07", "dense_gain_one"): Claim("One label: the source's head minus logistic regression", upper=0.02, one_seed_slack=0.02),
    ("07", "logistic_gain_twenty"): Claim("20 labels: logistic regression minus nearest centroid", lower=0.04),
    ("07", "finetuning_gain_twenty"): Claim(
        "20 labels: fine-tuned minus logistic regression", lower=0.0, strict=True, one_seed_slack=0.02
    ),
    ("07", "dense_gain_twenty"): Claim("20 labels: the source's head minus logistic regression", upper=0.02, one_seed_slack=0.02),
    ("07", "twenty_shot_logistic"): Claim("20 labels: logistic regression", lower=0.58, one_seed_slack=0.03),
    ("07", "five_way_one_shot"): Claim("Episodes of 5 classes, one label each: nearest centroid", lower=0.42, upper=0.75),
    ("07", "near_area"): Claim(
        "Held-out species, largest probability: area under the ROC curve", lower=0.55, upper=0.85, one_seed_slack=0.05
    ),
    ("07", "far_area"): Claim("Other sea animals, largest probability: area under the ROC curve", lower=0.55, one_seed_slack=0.05),
    ("07", "far_area_distance"): Claim(
        "Other sea animals, distance to the centroid: area under the ROC curve", lower=0.75, one_seed_slack=0.05
    ),
    ("07", "near_area_distance"): Claim(
        "Held-out species, distance to the centroid: area under the ROC curve", lower=0.5, upper=0.80, one_seed_slack=0.05
    ),
    ("07", "false_rejections"): Claim("Threshold for 5 % on validation: known test pictures refused", lower=0.01, upper=0.12),
    ("07", "near_rejections"): Claim("The same: pictures of held-out species refused", upper=0.35),
    ("07", "calibration_error"): Claim("Expected calibration error of the head", lower=0.04, one_seed_slack=0.01),
    ("07", "calibration_gain"): Claim("What temperature scaling takes away of it", lower=0.0, strict=True, one_seed_slack=0.01),
    ("07", "temperature"): Claim("The fitted temperature", lower=1.0, strict=True, one_seed_slack=0.05),
    ("07", "temperature_area_gain"): Claim(
        "Held-out species: area that temperature scaling adds", lower=-0.03, upper=0.03
    ),
    **_claims_of_cost("07", seconds=60),
}


@dataclass(frozen=True)
class Row:
    """One line of the table: a claim as measured over the seeds of one profile and one data set.

    Attributes
    ----------
    lesson, name, profile, data : str
        Which number, in which profile, on which data.
    claim : Claim
        The sentence and its bounds.
    seeds : tuple of int
        The seeds that were run; empty if the claim was not measured.
    mean : float
        Mean over the seeds; NaN if not measured.
    spread : tuple of float or None
        Smallest and largest value over two or more seeds; for one seed the interval that the lesson recorded.
    n : int or None
        Number of cases (images, sentences, drawn data sets) that each value stands on.
    holds : bool or None
        Whether the bound holds; None without a bound, or if not measured.
    """

    lesson: str
    name: str
    profile: str
    data: str
    claim: Claim
    seeds: tuple[int, ...] = ()
    mean: float = math.nan
    spread: tuple[float, float] | None = None
    n: int | None = None
    holds: bool | None = None

    def measured(self) -> str:
        """Return the mean as text."""
        return self.claim.number(self.mean) if self.seeds else "not measured"

    def spread_text(self) -> str:
        """Return the spread over the seeds, or the interval of the one seed, as text."""
        if self.spread is None:
            return "–"
        low, high = (self.claim.number(value).removesuffix(self.claim.unit).strip() for value in self.spread)
        return f"{low} to {high}" if len(self.seeds) > 1 else f"95 % interval {low} to {high}"

    def verdict(self) -> str:
        """Return in a word or two whether the claim holds."""
        if not self.seeds:
            return "not measured"
        if self.holds is None:
            return "no bound here"
        if self.holds:
            return "holds"
        if self.data != BUILT_IN:
            return "does not hold on your data"
        return "slower than promised" if self.claim.speed else "BROKEN"


def record(
    lesson: str,
    name: str,
    value: float,
    *,
    interval: tuple[float, float] | None = None,
    n: int | None = None,
    note: str = "",
    data: str = BUILT_IN,
) -> None:
    """Write one measured number of a lesson into the ledger (introduced in lesson 02).

    The first number that a process records for a lesson begins that run's file anew, and later ones join it:
    a number that a lesson no longer measures cannot live on. Profile, seed, dtype policy and the versions of
    the libraries are kept beside it. The file is replaced in one step, so a crash never leaves half of one.

    Parameters
    ----------
    lesson, name : str
        A key of ``CLAIMS``, such as ``"02", "features_accuracy"``.
    value : float
        The measured number, finite.
    interval : pair of float, optional
        Lower and upper end of the 95 % interval.
    n : int, optional
        Number of cases that the value stands on.
    note : str
        Anything a reader of the JSON file should know.
    data : str
        ``"built-in"``, or a name for the reader's own data.

    Raises
    ------
    ResultsError
        If the claim is unknown, a number is not finite, or ``n`` is not positive.
    """
    if (lesson, name) not in CLAIMS:
        names = ", ".join(known for number, known in CLAIMS if number == lesson)
        lessons = ", ".join(sorted({number for number, _ in CLAIMS}))
        raise ResultsError(
            f"Lesson {lesson!r} has no claim {name!r}.",
            f"use one of {names}, or add it to CLAIMS in course_utils/results.py."
            if names
            else f"use a lesson with claims ({lessons}), or add one to CLAIMS in course_utils/results.py.",
        )
    measurement = {"value": _finite(value, name), "interval": None, "n": None, "note": note}
    if interval is not None:
        ends = [_finite(end, f"an end of the interval of {name}") for end in interval]
        if len(ends) != 2 or ends[0] > ends[1]:
            raise ResultsError(f"The interval of {name} is {tuple(ends)}.", "give (lower end, upper end).")
        measurement["interval"] = ends
    if n is not None:
        if int(n) != n or n < 1:
            raise ResultsError(f"The number of cases of {name} is {n!r}.", "give a whole number from 1 up.")
        measurement["n"] = int(n)

    folder = _folder()
    path = folder / f"{lesson}-{settings.profile()}-{_slug(data)}-seed{settings.seed()}.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        measurements = run["measurements"] if run["run"] == RUN else {}
    except (OSError, ValueError, KeyError, TypeError):
        measurements = {}  # no file yet, or a damaged one: this run replaces it
    run = {
        "run": RUN,
        "lesson": lesson,
        "profile": settings.profile(),
        "data": data,
        "seed": settings.seed(),
        "dtype": settings.compute_dtype(),
        "python": platform.python_version(),
        "libraries": _versions(),
        "measurements": {**measurements, name: measurement},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        assets.write_atomically(path, (json.dumps(run, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise ResultsError(
            f"The ledger in {folder} cannot be written ({error.strerror}).",
            "make room or set COURSE_BUILD to a folder that you may write to.",
        ) from error


def ledger() -> tuple[list[dict], list[str]]:
    """Read every run of the ledger.

    Returns
    -------
    runs : list of dict
        One for each readable file, as :func:`record` wrote it.
    notices : list of str
        One sentence for each file or number that was left out, and why.
    """
    runs, notices = [], []
    for path in sorted(_folder().glob("*.json")):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            known = {}
            for name, one in run["measurements"].items():
                if (run["lesson"], name) not in CLAIMS:
                    notices.append(
                        f"{path.name}: {name} is no claim of lesson {run['lesson']} any more; left out."
                    )
                    continue
                _finite(one["value"], name)
                if one["interval"] is not None:
                    low, high = one["interval"]
                    _finite(low, name), _finite(high, name)
                known[name] = one
            run["measurements"] = known
            if not isinstance(run["seed"], int) or not all(
                isinstance(run[k], str) for k in ("profile", "data")
            ):
                raise ValueError("wrong types")
            run["libraries"].items()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ResultsError):
            notices.append(f"{path.name} is damaged and was left out. Run the lesson again to replace it.")
            continue
        runs.append(run)
    return runs, notices


def table(*, profile: str | None = None, data: str | None = None) -> tuple[list[Row], list[str]]:
    """Put the seeds together: one row for each claim, profile and data set that was measured.

    Parameters
    ----------
    profile, data : str, optional
        Keep only this profile, or only these data. With both, a claim that was not measured has a row too.

    Returns
    -------
    rows : list of Row
        In the order of ``CLAIMS``.
    notices : list of str
        What :func:`ledger` left out, and seeds that were run with different library versions.
    """
    runs, notices = ledger()
    groups = defaultdict(list)
    for run in runs:
        if profile in (None, run["profile"]) and data in (None, run["data"]):
            groups[run["lesson"], run["profile"], run["data"]].append(run)
    for (lesson, run_profile, run_data), group in groups.items():
        if len({(run.get("dtype"), *sorted(run["libraries"].items())) for run in group}) > 1:
            notices.append(
                f"Lesson {lesson} ({run_profile}, {run_data}): the seeds were run with different library "
                "versions or dtypes, and their mean mixes them. Run all seeds again."
            )
    if profile and data:
        for lesson, _ in CLAIMS:
            groups.setdefault((lesson, profile, data), [])
    rows = [
        _row(lesson, name, claim, group_profile, group_data, group)
        for (lesson, name), claim in CLAIMS.items()
        for (group_lesson, group_profile, group_data), group in sorted(
            groups.items(), key=lambda item: item[0]
        )
        if group_lesson == lesson
    ]
    return [row for row in rows if row.seeds or (profile and data)], notices


def broken_claims(rows: Iterable[Row]) -> list[str]:
    """Return one sentence for each row on the built-in data that is missing, or whose bound does not hold.

    Speed is not among them, see :class:`Claim`; nor are the reader's own data, to which no claim was made.
    """
    broken = []
    for row in rows:
        if row.data != BUILT_IN:
            continue
        if not row.seeds:
            broken.append(f"lesson {row.lesson}, {row.name}: not measured in the {row.profile} profile")
        elif row.holds is False and not row.claim.speed:
            broken.append(
                f"lesson {row.lesson}, {row.name}: {row.measured()} over {_seeds_text(row.seeds)}, "
                f"claimed {row.claim.bound()} ({row.claim.sentence})"
            )
    return broken


def check(lesson: str, *, data: str = BUILT_IN) -> list[Row]:
    """Compare a lesson's claims with what was measured in this profile (introduced in lesson 02).

    On the built-in data a broken claim is an error. On the reader's own data the bounds are only a
    comparison: the row says so, and nothing is raised.

    Parameters
    ----------
    lesson : str
        Number of a lesson with claims.
    data : str
        ``"built-in"``, or the name that was given to :func:`record`.

    Returns
    -------
    list of Row
        One for each claim; :func:`text_table` prints them.

    Raises
    ------
    ResultsError
        If the lesson has no claims, or a claim on the built-in data was not measured or does not hold.
    """
    if lesson not in {number for number, _ in CLAIMS}:
        raise ResultsError(
            f"Lesson {lesson!r} has no claims to check.", "add them to course_utils/results.py."
        )
    rows, notices = table(profile=settings.profile(), data=data)
    rows = [row for row in rows if row.lesson == lesson]
    for notice in notices:
        print(f"Notice: {notice}", file=sys.stderr)
    if broken := broken_claims(rows):
        raise ResultsError(
            "These claims do not hold:\n" + "\n".join(f"  - {sentence}" for sentence in broken),
            f"run the whole lesson from its first cell, or `course run {lesson} --seeds 3`: one seed may be "
            f"unlucky. Results of earlier runs lie in {_folder()}.",
        )
    return rows


def text_table(rows: Iterable[Row]) -> str:
    """Return the rows as a plain table for a terminal or a notebook."""
    cells = [("lesson", "claim", "bound", "measured", "spread", "n", "seeds", "profile", "data", "")]
    cells += [
        (
            row.lesson,
            row.name,
            row.claim.bound(),
            row.measured(),
            row.spread_text(),
            str(row.n or "–"),
            str(len(row.seeds)),
            row.profile,
            row.data,
            row.verdict(),
        )
        for row in rows
    ]
    if len(cells) == 1:
        return "Nothing was measured yet. Try: course run"
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def markdown_table(rows: Iterable[Row]) -> str:
    """Return the rows as the Markdown table that stands in README.md and on the site's first page."""
    lines = [
        "| Lesson | What is measured | Claim | Measured | Spread | n | Seeds | Profile |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.lesson} | {row.claim.sentence}: `{row.name}` | {row.claim.bound()} | {row.measured()} | "
        f"{row.spread_text()} | {row.n or '–'} | {len(row.seeds)} | {row.profile} |"
        for row in rows
    ]
    return "\n".join(lines)


class CellClock:
    """Adds up the seconds in which cells run; reading and thinking between them do not count.

    Start it in the first cell of a notebook. Outside a notebook it counts from its start.
    """

    def __init__(self):
        self._finished, self._begun = 0.0, time.perf_counter()
        try:
            from IPython import get_ipython
        except ImportError:
            return
        if shell := get_ipython():
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)

    def _begin(self, *_):
        self._begun = time.perf_counter()

    def _end(self, *_):
        self._finished, self._begun = self.seconds(), None

    def seconds(self) -> float:
        """Return the seconds so far, those of the running cell included."""
        return self._finished + (time.perf_counter() - self._begun if self._begun is not None else 0.0)


def peak_memory_mib() -> float:
    """Return the largest resident memory that this process has had so far, in MiB."""
    try:
        # Not getrusage on Linux: its peak is inherited through exec, so that a kernel started by a large
        # program would report that program's memory.
        status = Path("/proc/self/status").read_text()
        if high_water := re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE):
            return int(high_water[1]) / 1024
    except OSError:
        pass
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024  # macOS counts bytes, others KiB


def _row(lesson: str, name: str, claim: Claim, profile: str, data: str, group: list[dict]) -> Row:
    measured = sorted(
        ((run["seed"], run["measurements"][name]) for run in group if name in run["measurements"]),
        key=lambda pair: pair[0],
    )
    if not measured:
        return Row(lesson, name, profile, data, claim)
    values = [one["value"] for _, one in measured]
    spread = (min(values), max(values)) if len(values) > 1 else measured[0][1]["interval"]
    mean = math.fsum(values) / len(values)
    return Row(
        lesson,
        name,
        profile,
        data,
        claim,
        tuple(seed for seed, _ in measured),
        mean,
        tuple(spread) if spread else None,
        measured[0][1].get("n"),
        claim.holds(mean, len(values), profile),
    )


def _seeds_text(seeds: tuple[int, ...]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _folder() -> Path:
    return settings.build_folder() / "results"


def _slug(data: str) -> str:
    slug = re.sub(r"[^a-z0-9_]+", "-", data.lower()).strip("-")[:40]
    # Two names that differ in their special characters only must not share a file.
    return slug if slug == data else f"{slug}-{zlib.crc32(data.encode()):08x}"


def _finite(value: float, what: str) -> float:
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ResultsError(
            f"{what} is {value!r}, not a finite number.", "look for the step that went wrong before it."
        )
    return number


@cache
def _versions() -> dict[str, str]:
    installed = {}
    for library in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[library] = metadata.version(library)
    return installed
