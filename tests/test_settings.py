"""Settings come from the environment, and a wrong one is named."""

import subprocess
import sys

import pytest

from course_utils import settings
from course_utils.errors import SettingsError


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("PROFILE", "SEED", "DATA", "CORPUS", "CACHE", "BUILD", "STATIC"):
        monkeypatch.delenv(f"COURSE_{name}", raising=False)


def test_the_defaults_need_nothing():
    assert settings.profile() == "quick" and settings.seed() == 0
    assert settings.data_folder() is None and settings.data_name() == "built-in"
    assert settings.build_folder() == settings.project_folder() / "build"


@pytest.mark.parametrize("name, value, ask", [
    ("PROFILE", "fast", settings.profile), ("SEED", "-1", settings.seed), ("SEED", "one", settings.seed),
    ("DATA", "no/such/folder", settings.data_folder), ("CORPUS", "brown", settings.corpus_source),
])
def test_a_wrong_value_is_named_with_what_to_try(monkeypatch, name, value, ask):
    monkeypatch.setenv(f"COURSE_{name}", value)
    with pytest.raises(SettingsError, match=f"COURSE_{name}.*\n.*Try: "):
        ask()


def test_own_folders_are_used_and_named_without_their_path(monkeypatch, tmp_path):
    photos = tmp_path / "my_photos"
    photos.mkdir()
    monkeypatch.setenv("COURSE_DATA", str(photos))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    assert settings.data_folder() == photos and settings.cache_folder() == tmp_path
    assert "my_photos" in settings.banner() and str(tmp_path) not in settings.banner()
    assert "data: built-in" in settings.banner(data=settings.BUILT_IN)
    assert settings.banner(dtype="float32").endswith("networks compute in float32")


def test_the_full_profile_is_larger(monkeypatch):
    quick = settings.image_sizes("02")
    monkeypatch.setenv("COURSE_PROFILE", "full")
    full = settings.image_sizes("02")
    assert (full.train, full.validation, full.test) == (2000, 800, 1000) and full.train > quick.train


def test_the_full_profile_of_the_first_lesson_is_larger_and_its_draws_are_the_promised_hundred(monkeypatch):
    quick = settings.start_sizes()
    monkeypatch.setenv("COURSE_PROFILE", "full")
    full = settings.start_sizes()
    assert quick.labelled == full.labelled == 100 and quick.draws >= 3 and quick.repeats >= 10
    assert full.draws > quick.draws and full.test > quick.test and full.repeats > quick.repeats
    assert all(more > fewer for more, fewer in zip(full.digits, quick.digits))


def test_the_full_profile_of_the_shift_lesson_is_larger_in_every_number(monkeypatch):
    quick = settings.shift_sizes()
    monkeypatch.setenv("COURSE_PROFILE", "full")
    full = settings.shift_sizes()
    assert full.repeats > quick.repeats >= 20 and full.tests > quick.tests and full.image_size > quick.image_size
    assert all(more > fewer for more, fewer in zip(full.pictures, quick.pictures))


def test_the_full_profile_of_the_text_lesson_is_larger(monkeypatch):
    quick = settings.text_sizes()
    monkeypatch.setenv("COURSE_PROFILE", "full")
    full = settings.text_sizes()
    assert all(more > fewer for more, fewer in zip(full.counts, quick.counts))
    assert full.seeds > quick.seeds >= 2 and full.epochs > quick.epochs and full.units > quick.units


@pytest.mark.parametrize("profile", settings.PROFILES)
def test_the_sizes_of_the_multitask_lesson_fit_together(monkeypatch, profile):
    quick = settings.multitask_sizes()
    monkeypatch.setenv("COURSE_PROFILE", profile)
    sizes = settings.multitask_sizes()
    assert list(sizes.picture_epochs) == sorted(sizes.picture_epochs) and [*sizes.picture_epochs][-1] == sizes.pictures[0]
    assert max(3, 1 + sizes.many / sizes.few) * sizes.few <= sizes.sentences[0] and sizes.seeds >= 3
    assert sizes.both_epochs % 2 == 0  # half the passes are a whole number of them
    assert profile == "quick" or all(more > fewer for more, fewer in zip(
        (*sizes.pictures, *sizes.sentences, sizes.many, *sizes.dates), (*quick.pictures, *quick.sentences, quick.many, *quick.dates)))


@pytest.mark.parametrize("profile", settings.PROFILES)
def test_the_sizes_of_the_few_shot_lesson_fit_together(monkeypatch, profile):
    quick = settings.few_shot_sizes()
    monkeypatch.setenv("COURSE_PROFILE", profile)
    sizes = settings.few_shot_sizes()
    assert list(sizes.shots) == sorted(sizes.shots) and {1, 5, 20} <= set(sizes.network_shots) <= set(sizes.shots)
    assert all(count % 24 == 0 for count in sizes.counts) and sizes.shots[-1] < sizes.counts[0] // 24  # draws can differ
    assert sizes.draws > sizes.network_draws >= 2
    assert profile == "quick" or all(more > fewer for more, fewer in zip(
        (*sizes.counts, sizes.draws, sizes.network_draws, sizes.episodes), (*quick.counts, quick.draws, quick.network_draws, quick.episodes)))


@pytest.mark.parametrize("profile", settings.PROFILES)
def test_the_learning_curve_of_the_text_lesson_ends_with_all_sentences(monkeypatch, profile):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    sizes = settings.text_sizes()
    assert sizes.counts == (sizes.train, sizes.validation, sizes.test)
    counts, passes = list(sizes.curve), list(sizes.curve.values())
    assert counts == sorted(counts) and counts[-1] == sizes.train
    assert passes == sorted(passes, reverse=True) and passes[-1] >= 1


@pytest.mark.parametrize(("value", "source"), [
    (None, "auto"), ("", "auto"), ("  ", "auto"), ("built-in", "built-in"), (" Treebank\n", "treebank"), ("AUTO", "auto"),
])
def test_the_source_of_sentences_is_the_one_that_was_set(monkeypatch, value, source):
    if value is not None:
        monkeypatch.setenv("COURSE_CORPUS", value)
    assert settings.corpus_source() == source


@pytest.mark.parametrize(("value", "static"), [("1", True), ("", False), ("0", False)])
def test_a_run_is_static_when_it_is_said_to_be(monkeypatch, value, static):
    assert not settings.is_static()
    monkeypatch.setenv("COURSE_STATIC", value)
    assert settings.is_static() is static


def test_an_unknown_lesson_names_the_known_ones():
    with pytest.raises(SettingsError, match="02"):
        settings.image_sizes("99")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_that_nothing_uses_goes_back_to_the_system():
    program = ("from course_utils import settings\n"
               "def mib(): return int(open('/proc/self/statm').read().split()[1]) * 4096 / 2**20\n"
               "class Node: pass\n"
               "nodes = []\n"
               "for _ in range(1500):\n"
               "    node = Node(); node.itself, node.data = node, bytearray(60_000); nodes.append(node)\n"
               "del nodes, node; full = mib(); settings.release_memory(); print(full - mib())")
    released = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                              cwd=settings.project_folder()).stdout
    assert float(released) > 50


def test_quietly_hides_messages_but_not_those_of_a_failure():
    program = ("import os; from course_utils import settings\n"
               "with settings.quietly(): os.write(2, b'noise')\n"
               "os.write(2, b'news ')\n"
               "with settings.quietly(): os.write(2, b'cause'); raise ImportError('broken')")
    errors = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                            cwd=settings.project_folder()).stderr
    assert "noise" not in errors and errors.startswith("news cause") and "broken" in errors


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_sizes_of_the_adaptation_lesson_fit_together(monkeypatch, profile):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    sizes = settings.adaptation_sizes()
    assert sizes.seeds >= 10 and 3 <= sizes.network_seeds <= sizes.seeds
    assert sum(sizes.digits) < 1797 and sizes.digits[1] >= 500      # 500 target labels are the ceiling of the lesson's tables
    assert sizes.image_size == 112 and min(sizes.pictures) >= 150
