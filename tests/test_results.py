"""Tests of the ledger of measured claims."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import results
from course_utils.errors import CourseError

README = Path(__file__).resolve().parents[1] / "README.md"
GOOD = {
    "scratch_accuracy": 0.66,
    "features_accuracy": 0.92,
    "finetuned_accuracy": 0.945,
    "finetuning_gain": 0.025,
    "preprocess_gain": 0.17,
    "cached_head_speedup": 45.0,
    "peak_memory_mib": 1200.0,
    "lesson_seconds": 70.0,
}


@pytest.fixture(autouse=True)
def build(tmp_path, monkeypatch):
    for name in ("COURSE_PROFILE", "COURSE_SEED", "COURSE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_BUILD", str(tmp_path))
    return tmp_path / "results"


def record_all(monkeypatch, seed=0, data=results.BUILT_IN, **changes):
    monkeypatch.setenv("COURSE_SEED", str(seed))
    for name, value in {**GOOD, **changes}.items():
        results.record("02", name, value, n=400, data=data)


def row(name, **filters):
    rows, _ = results.table(**filters)
    return next(row for row in rows if row.name == name)


def test_a_recorded_number_comes_back_with_all_that_was_said_of_it(build):
    results.record("02", "features_accuracy", 0.92, interval=(0.89, 0.94), n=400, note="Dense head")
    (run,), notices = results.ledger()
    assert run["measurements"]["features_accuracy"] == {
        "value": 0.92,
        "interval": [0.89, 0.94],
        "n": 400,
        "note": "Dense head",
    }
    assert (run["profile"], run["seed"], run["data"]) == ("quick", 0, "built-in")
    assert run["libraries"]["numpy"] and run["dtype"] and run["python"]
    assert notices == []
    measured = row("features_accuracy")
    assert (measured.mean, measured.spread, measured.n, measured.seeds) == (0.92, (0.89, 0.94), 400, (0,))


def test_numbers_of_one_process_join_and_a_later_process_begins_anew(build, monkeypatch):
    results.record("02", "features_accuracy", 0.92)
    results.record("02", "finetuned_accuracy", 0.94)
    assert set(results.ledger()[0][0]["measurements"]) == {"features_accuracy", "finetuned_accuracy"}
    monkeypatch.setattr(results, "RUN", "a later process")
    results.record("02", "preprocess_gain", 0.1)
    assert set(results.ledger()[0][0]["measurements"]) == {"preprocess_gain"}


@pytest.mark.parametrize(
    ("lesson", "name", "known"),
    [("02", "feature_accuracy", "features_accuracy"), ("99", "features_accuracy", "02")],
)
def test_an_unknown_claim_is_refused_and_the_known_ones_are_named(build, lesson, name, known):
    with pytest.raises(CourseError, match=known):
        results.record(lesson, name, 0.9)
    assert not build.exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "0.9", True])
def test_what_is_no_finite_number_is_refused(build, value):
    with pytest.raises(CourseError, match="not a finite number"):
        results.record("02", "features_accuracy", value)
    assert not build.exists()


@pytest.mark.parametrize(
    "extra",
    [
        {"interval": (0.9, 0.8)},
        {"interval": (0.9, math.nan)},
        {"n": 0},
        {"n": 2.5},
        {"interval": (0.7, 0.8, 0.9)},
    ],
)
def test_a_wrong_interval_or_number_of_cases_is_refused(build, extra):
    with pytest.raises(CourseError):
        results.record("02", "features_accuracy", 0.9, **extra)


def test_a_write_that_fails_is_one_message_and_keeps_what_was_there(build, monkeypatch):
    results.record("02", "features_accuracy", 0.92)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results.os, "replace", full)
    with pytest.raises(CourseError, match="No space left"):
        results.record("02", "features_accuracy", 0.5)
    assert row("features_accuracy").mean == 0.92
    assert len(list(build.iterdir())) == 1


def test_data_sets_whose_names_look_alike_do_not_share_a_file(build):
    for data, value in [("my photos", 0.91), ("My Photos", 0.92), ("my-photos", 0.93)]:
        results.record("02", "features_accuracy", value, data=data)
    assert {row.data: row.mean for row in results.table()[0]} == {
        "my photos": 0.91,
        "My Photos": 0.92,
        "my-photos": 0.93,
    }


def test_the_mean_and_the_spread_are_over_the_seeds(monkeypatch):
    for seed, value in enumerate([0.90, 0.93, 0.96]):
        record_all(monkeypatch, seed, features_accuracy=value)
    measured = row("features_accuracy")
    assert measured.mean == pytest.approx(0.93)
    assert measured.spread == (0.90, 0.96)
    assert measured.seeds == (0, 1, 2)
    assert "0.900 to 0.960" in results.text_table([measured])


def test_one_seed_may_miss_a_bound_by_chance_and_the_mean_of_three_may_not(monkeypatch):
    record_all(monkeypatch, 0, features_accuracy=0.89)
    assert row("features_accuracy").holds is True
    for seed in (1, 2):
        record_all(monkeypatch, seed, features_accuracy=0.89)
    assert row("features_accuracy").holds is False


def test_an_exact_bound_is_told_as_one_number():
    assert results.Claim("layers", lower=52, upper=52, unit="layers").bound() == "= 52 layers"
    assert results.Claim("ratio", lower=7.86, upper=7.94, unit="×").bound() == "= 7.9 ×"
    assert results.Claim("share", lower=0.25, upper=0.6).bound() == "≥ 0.25 and ≤ 0.60"


def test_the_bound_is_on_the_mean_and_not_on_each_seed(monkeypatch):
    for seed, value in enumerate([0.85, 0.93, 0.95]):
        record_all(monkeypatch, seed, features_accuracy=value)
    assert results.check("02")[1].holds is True


def test_a_gain_of_exactly_zero_is_no_gain(monkeypatch):
    record_all(monkeypatch, preprocess_gain=0.0)
    assert row("preprocess_gain").holds is False


def test_check_returns_a_row_for_each_claim_when_all_hold(monkeypatch):
    record_all(monkeypatch)
    assert [row.name for row in results.check("02")] == [
        name for lesson, name in results.CLAIMS if lesson == "02"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scratch_accuracy", 0.80),
        ("features_accuracy", 0.85),
        ("finetuned_accuracy", 0.90),
        ("finetuning_gain", -0.03),
        ("preprocess_gain", -0.01),
        ("cached_head_speedup", 19.0),
        ("peak_memory_mib", 1600.0),
    ],
)
def test_check_names_a_broken_claim_with_its_value_and_its_bound(monkeypatch, name, value):
    record_all(monkeypatch, **{name: value})
    with pytest.raises(CourseError) as caught:
        results.check("02")
    broken = [line for line in str(caught.value).splitlines() if line.startswith("  - ")]
    assert len(broken) == 1
    assert name in broken[0] and results.CLAIMS["02", name].bound() in broken[0]


def test_check_names_a_claim_that_was_not_measured():
    results.record("02", "features_accuracy", 0.92)
    with pytest.raises(CourseError, match="finetuned_accuracy: not measured"):
        results.check("02")


def test_a_slow_computer_is_reported_and_breaks_no_claim(monkeypatch):
    record_all(monkeypatch, lesson_seconds=400)
    assert "slower than promised" in results.text_table(results.check("02"))


def test_the_full_profile_has_no_bound_on_time_and_memory_and_the_others_still_count(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    record_all(monkeypatch, lesson_seconds=4000, peak_memory_mib=9000)
    rows = {row.name: row for row in results.check("02")}
    assert rows["lesson_seconds"].holds is None and rows["peak_memory_mib"].holds is None
    record_all(monkeypatch, features_accuracy=0.5)
    with pytest.raises(CourseError, match="features_accuracy"):
        results.check("02")


def test_on_your_own_data_a_bound_is_a_comparison_and_never_an_error(monkeypatch):
    record_all(monkeypatch, data="my photos", features_accuracy=0.6)
    rows = results.check("02", data="my photos")
    assert "does not hold on your data" in results.text_table(rows)
    assert results.broken_claims(rows) == []


@pytest.mark.parametrize(("value", "shown"), [
    (0, "0"), (-0.0004, "0.000"), (0.0004, "0.000"), (-0.0016, "-0.002"), (0.5, "0.500"),
])
def test_a_share_is_shown_with_three_digits_and_no_negative_zero(value, shown):
    assert results.Claim("A difference.").number(value) == shown


def test_a_lesson_without_claims_cannot_be_checked():
    with pytest.raises(CourseError, match="no claims"):
        results.check("99")


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"lesson": "02"}',
        '{"lesson": "02", "measurements": []}',
        "\x00\xff",
        '{"lesson": "02", "seed": "0", "profile": "quick", "data": "built-in", "libraries": {},'
        ' "measurements": {}}',
        '{"lesson": "02", "seed": 0, "profile": "quick", "data": "built-in", "libraries": {},'
        ' "measurements": {"features_accuracy": {"value": "high", "interval": null}}}',
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_read(build, monkeypatch, damage):
    record_all(monkeypatch)
    (build / "02-quick-built-in-seed1.json").write_text(damage, encoding="latin-1")
    rows, notices = results.table()
    assert [row.seeds for row in rows] == [(0,)] * len(GOOD)
    assert len(notices) == 1 and "02-quick-built-in-seed1.json is damaged" in notices[0]


def test_recording_replaces_a_damaged_file(build):
    build.mkdir()
    (build / "02-quick-built-in-seed0.json").write_text("{")
    results.record("02", "features_accuracy", 0.92)
    assert results.ledger()[1] == []


def test_a_number_whose_claim_was_taken_out_is_named_and_left_out(build):
    results.record("02", "features_accuracy", 0.92)
    (path,) = build.glob("*.json")
    path.write_text(path.read_text().replace("features_accuracy", "former_claim"))
    runs, notices = results.ledger()
    assert runs[0]["measurements"] == {} and "former_claim" in notices[0]


def test_seeds_of_different_library_versions_are_noticed(build, monkeypatch):
    record_all(monkeypatch, 0)
    record_all(monkeypatch, 1)
    assert results.table()[1] == []
    path = build / "02-quick-built-in-seed1.json"
    run = json.loads(path.read_text())
    run["libraries"]["numpy"] = "0.0"
    path.write_text(json.dumps(run))
    assert "different library versions" in results.table()[1][0]


@pytest.mark.skipif(sys.platform != "linux", reason="only there is the peak of a parent inherited")
def test_peak_memory_is_that_of_this_process_and_not_of_the_one_that_started_it():
    before = results.peak_memory_mib()
    ballast = bytearray(300 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    here = results.peak_memory_mib()
    child = subprocess.run(
        [sys.executable, "-c", "from course_utils.results import peak_memory_mib; print(peak_memory_mib())"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert here > 300 and here >= before
    assert 5 < float(child.stdout) < 250


def readme_rows(text: str) -> list[list[str]]:
    """Return the cells of the table between the markers."""
    marked = re.findall(r"<!-- results:begin -->\n(.*?)<!-- results:end -->", text, re.DOTALL)
    assert len(marked) == 1, (
        "README.md needs the table of `course results --markdown`, once, with its two markers"
    )
    lines = [line for line in marked[0].strip().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def stale_rows(text: str) -> list[str]:
    """Return what a README table says that the table of claims or its own bound denies."""
    shown = {(cells[0], cells[1].rpartition(": ")[2].strip("`")): cells for cells in readme_rows(text)}
    stale = [f"missing: {key}" for key in results.CLAIMS.keys() - shown.keys()]
    stale += [f"no longer a claim: {key}" for key in shown.keys() - results.CLAIMS.keys()]
    for key in results.CLAIMS.keys() & shown.keys():
        _, sentence, bound, measured, _, _, seeds, profile = shown[key]
        claim = results.CLAIMS[key]
        if (sentence, bound) != (f"{claim.sentence}: `{key[1]}`", claim.bound()):
            stale.append(f"{key}: sentence or bound differs from course_utils/results.py")
        number = re.match(r"-?[\d,.]+", measured)
        if not number:
            stale.append(f"{key}: not measured")
        elif claim.holds(float(number[0].replace(",", "")), int(seeds), profile) is not True:
            stale.append(f"{key}: {measured} does not satisfy {bound} in the {profile} profile")
    return stale


def test_the_table_in_the_readme_makes_the_claims_of_the_course_and_its_numbers_satisfy_them():
    assert README.is_file(), "README.md is missing"
    assert stale_rows(README.read_text(encoding="utf-8")) == []


def test_the_printed_markdown_is_what_the_readme_needs_and_staleness_is_found(monkeypatch):
    of_one_lesson = {key: claim for key, claim in results.CLAIMS.items() if key[0] == "02"}
    monkeypatch.setattr(results, "CLAIMS", of_one_lesson)
    for seed in range(3):
        record_all(monkeypatch, seed)
    rows, _ = results.table(profile="quick", data=results.BUILT_IN)
    text = f"<!-- results:begin -->\n{results.markdown_table(rows)}\n<!-- results:end -->\n"
    assert stale_rows(text) == []
    assert stale_rows(text.replace("0.920 |", "0.820 |")) != []
    assert stale_rows(text.replace("≥ 0.90", "≥ 0.80")) != []
    assert stale_rows("\n".join(line for line in text.splitlines() if "preprocess_gain" not in line)) != []
    with pytest.raises(AssertionError, match="markers"):
        readme_rows("no table here")


def test_the_clock_counts_cells_and_not_the_time_between_them(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(results.time, "perf_counter", lambda: now[0])

    class Events:
        def __init__(self):
            self.hooks = {}

        def register(self, name, hook):
            self.hooks[name] = hook

    class Shell:
        events = Events()

    monkeypatch.setattr("IPython.get_ipython", Shell)
    clock = results.CellClock()
    now[0] += 2                                   # the rest of the first cell
    Shell.events.hooks["post_run_cell"](None)
    now[0] += 1000                                # the reader reads
    assert clock.seconds() == 2
    Shell.events.hooks["pre_run_cell"](None)
    now[0] += 3
    assert clock.seconds() == 5
    Shell.events.hooks["post_run_cell"](None)
    assert clock.seconds() == 5
