"""The guide of lesson 00: advice for a case, the zoo, the map."""

import re

import pytest

from course_utils import guide, results, settings
from course_utils.errors import DataError


@pytest.mark.parametrize(("labels", "similarity", "cell", "word"), [
    (0, "close", "none", "without labels"), (0, "distant", "none", "Label"),
    (1, "close", "few", "frozen"), (guide.FEW - 1, "distant", "few", "lower layer"),
    (guide.FEW, "close", "many", "Fine-tune"), (10**6, "distant", "many", "from scratch"), (50.0, "close", "few", "linear head"),
])
def test_the_advice_follows_from_labels_and_similarity(labels, similarity, cell, word):
    assert guide.decision_cell(labels, similarity) == (cell, similarity)
    advice = guide.decide(labels, similarity)
    assert word in advice.do and advice.because.endswith(".")
    assert all(f"Lesson{'s' * (len(advice.lessons) > 1)}" in str(advice) and number in advice.links() for number in advice.lessons)


@pytest.mark.parametrize(("labels", "similarity", "words"), [
    (-1, "close", "-1 labels"), (2.5, "close", "2.5 labels"), ("many", "close", "'many' labels"), (True, "close", "True labels"),
    (float("nan"), "close", "nan labels"), (float("inf"), "close", "inf labels"), (None, "close", "None labels"),
    (5, "alike", "close, distant"), (5, 0.5, "close, distant"), (5, ["close"], "close, distant"),
])
def test_a_case_that_cannot_be_is_refused_with_what_to_try(labels, similarity, words):
    with pytest.raises(DataError, match=f"(?s){re.escape(words)}.*|.*{re.escape(words)}") as caught:
        guide.decide(labels, similarity)
    assert "Try: " in str(caught.value)


def test_every_case_has_advice_whose_lessons_are_on_the_map():
    assert set(guide.ADVICE) == {(amount, kind) for amount in ("none", "few", "many") for kind in guide.SIMILARITIES}
    assert {number for advice in guide.ADVICE.values() for number in advice.lessons} <= set(guide.LESSONS)


def test_advice_links_to_the_notebook_of_the_lesson():
    assert guide.ADVICE["many", "close"].links().startswith("[02 VGG16](02_vgg16_shark_dolphin.ipynb), ")


def test_the_map_names_every_notebook_that_is_there_and_only_claims_that_are_made():
    there = {path.name for path in (settings.project_folder() / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    assert there <= {lesson.file for lesson in guide.LESSONS.values()}
    for number, lesson in guide.LESSONS.items():
        assert lesson.file.startswith(f"{number}_")
        if lesson.file in there and lesson.headline:
            assert (number, lesson.headline) in results.CLAIMS


def test_the_map_shows_what_readme_measured_and_a_dash_for_the_rest(monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / guide.LESSONS["02"].file).write_text("{}")
    (tmp_path / "README.md").write_text("| 02 | After fine-tuning: `finetuned_accuracy` | ≥ 0.93 | 0.949 | – | 400 | 3 | quick |\n")
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path)
    rows = guide.lesson_map().splitlines()
    assert len(rows) == 2 + len(guide.LESSONS)
    assert "[VGG16](02_vgg16_shark_dolphin.ipynb)" in rows[4] and rows[4].endswith("| After fine-tuning: 0.949 |")
    assert rows[5].startswith("| 03 | MobileNet |") and rows[5].endswith("| – |")


def test_the_map_does_without_a_readme(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "project_folder", lambda: tmp_path)
    assert all(row.endswith("| – |") for row in guide.lesson_map().splitlines()[2:])


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "Xception"])
def test_the_parameters_of_the_zoo_are_those_of_the_built_networks(name):
    import keras

    (listed,) = [one for one in guide.ZOO if one.name == name]
    built = getattr(keras.applications, name)(weights=None)
    assert round(built.count_params() / 1e6, 1) == listed.parameters
    # A weight takes four bytes; the file holds little else.
    assert built.count_params() * 4 / 2**20 == pytest.approx(listed.megabytes, rel=0.04)
    del built
    keras.backend.clear_session()


def test_the_zoo_lists_networks_of_keras_smallest_first_and_marks_what_is_offline():
    import keras

    assert all(hasattr(keras.applications, one.name) for one in guide.ZOO)
    assert [one.parameters for one in guide.ZOO] == sorted(one.parameters for one in guide.ZOO)
    assert {one.name for one in guide.ZOO if one.offline} == {"VGG16", "MobileNetV2"}
    assert all(40 < one.top1 < 100 for one in guide.ZOO)
    assert "| VGG16 | 138.4 | 528 | 71.3 | 16 |" in guide.zoo_table()
