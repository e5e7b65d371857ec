"""The bench loses no row, chooses what it is asked for, says why a row has no number, and fails only on what is behind."""

import json

import numpy as np
import pytest

from course_utils.cli import bench, bench_rows, main
from course_utils.cli.bench import LeftOut, Measure, UnknownRow


def missing(_rounds):
    return bench_rows._extra("a_package_that_nobody_has") and []


def wrong(_rounds):
    raise ValueError("no such\nthing")


ROWS = [
    Measure("fast", "first", "one over two", lambda rounds: [2.0, 3.0, 2.5][:rounds], lower=2),
    Measure("slow", "first", "two over one", lambda rounds: [0.5] * rounds, lower=0.9, unit=""),
    Measure("absent", "second", "needs an extra", missing, lower=1),
    Measure("wrong", "second", "breaks", wrong, upper=1),
    Measure("silent", "third", "returns nothing", lambda rounds: [], upper=1),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_BUILD", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(bench_rows, "rows", lambda: ROWS)
    return tmp_path


def test_every_row_that_was_chosen_is_in_the_table_whatever_became_of_it():
    outcomes = bench.measure(ROWS, 3)
    assert [one.verdict for one in outcomes] == ["ok", "BEHIND", "left out", "FAILED", "FAILED"]
    lines = bench.markdown(outcomes).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:7]] == [row.name for row in ROWS]
    assert lines[-3:] == [
        '- absent: a_package_that_nobody_has is not installed. Try: pip install -e ".[bench]"',
        "- wrong: ValueError: no such thing",
        "- silent: it measured nothing",
    ]
    assert [cell.strip() for cell in lines[2].split("|")[3:7]] == ["2.50 ×", "2.00 × to 3.00 ×", "≥ 2.00 ×", "ok"]


@pytest.mark.parametrize(("lower", "upper", "ratios", "verdict"), [
    (1, None, [1.0], "ok"), (1, None, [0.99], "BEHIND"), (None, 1, [1.0], "ok"), (None, 1, [1.01], "BEHIND"),
    (1, 2, [5, 1.5, 0.1], "ok"), (1, 2, [5, 5, 1.5], "BEHIND"), (None, None, [7], "ok"), (1, None, [float("nan")], "BEHIND"),
])
def test_the_median_decides(lower, upper, ratios, verdict):
    outcome, = bench.measure([Measure("row", "group", "", lambda rounds: ratios, lower, upper)], 1)
    assert outcome.verdict == verdict


def test_names_and_groups_choose_rows_in_the_order_of_the_table_and_once():
    chosen = bench.select(ROWS, ["wrong", "first", "fast"])
    assert [row.name for row in chosen] == ["fast", "slow", "wrong"]
    assert bench.select(ROWS, []) == ROWS


def test_a_name_that_is_not_there_is_told_before_anything_is_measured():
    with pytest.raises(UnknownRow, match="no row or group fest.*\n.*first, second, third.*fast, slow"):
        bench.select(ROWS, ["fast", "fest"])


@pytest.mark.parametrize(("words", "code"), [
    (["fast"], 0), (["fast", "--check"], 0), (["slow"], 0), (["slow", "--check"], 1), (["wrong", "--check"], 1),
    (["absent", "--check"], 0), (["--check", "--quick"], 1), (["nowhere"], 2),
])
def test_only_with_check_what_is_behind_or_failed_is_an_error(folder, capsys, words, code):
    assert main(["bench", *words]) == code
    assert ("| fast" in capsys.readouterr().out) == (not {"slow", "wrong", "absent", "nowhere"} & {*words})


def test_the_table_is_written_beside_every_single_ratio(folder, capsys):
    main(["bench", "first", "absent"])
    table = (folder / "bench.md").read_text(encoding="utf-8")
    assert all(line in table for line in capsys.readouterr().out.splitlines() if line.startswith("|"))
    written = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    assert [(row["name"], row["median"], row["verdict"]) for row in written["rows"]] == [
        ("fast", 2.5, "ok"), ("slow", 0.5, "BEHIND"), ("absent", None, "left out")]
    assert written["rows"][0]["ratios"][:3] == [2.0, 3.0, 2.5] and written["machine"]["cores"] >= 1


def test_fewer_rounds_when_it_must_be_quick(folder, monkeypatch):
    asked = []
    row = Measure("row", "group", "", lambda rounds: asked.append(rounds) or [1.0])
    monkeypatch.setattr(bench_rows, "rows", lambda: [row])
    main(["bench"])
    main(["bench", "--quick"])
    assert asked == [bench.ROUNDS, bench.QUICK_ROUNDS] and bench.QUICK_ROUNDS < bench.ROUNDS


def test_a_busy_computer_is_told(folder, monkeypatch, capsys):
    monkeypatch.setattr(bench, "_load", lambda: 9.5)
    main(["bench", "fast"])
    assert "other programs" in capsys.readouterr().out


def test_the_real_rows_have_names_of_their_own_and_something_to_hold():
    rows = bench_rows.rows()
    names = [row.name for row in rows]
    assert len(set(names)) == len(names) and not set(names) & {row.group for row in rows}
    assert {row.group for row in rows} == {"start", "extraction", "pictures", "text", "growth", "lessons"}
    assert all(row.lower is not None or row.upper is not None for row in rows)
    for lesson in range(8):
        assert {f"lesson-{lesson:02}-time", f"lesson-{lesson:02}-memory"} <= {*names}


def test_the_rows_are_listed_without_tensorflow():
    names = bench_rows._python("import sys; from course_utils.cli import bench_rows; bench_rows.rows(); "
                               "print({'tensorflow', 'keras', 'onnxruntime'} & {*sys.modules})")
    assert names.strip() == "set()"


def test_a_lesson_s_cost_comes_from_the_ledger_and_without_one_from_the_readme(tmp_path, monkeypatch):
    from course_utils import results

    monkeypatch.setenv("COURSE_BUILD", str(tmp_path))
    monkeypatch.setattr(bench_rows.settings, "project_folder", lambda: tmp_path)
    rows = {row.name: row for row in bench_rows.rows()}
    with pytest.raises(LeftOut, match="Lesson 03 has not been run here"):
        rows["lesson-03-time"].run(1)
    (tmp_path / "README.md").write_text("| 03 | Time: `lesson_seconds` | ≤ 1,000 s | 2,000 s | 1 to 2 | – | 3 | quick |\n", "utf-8")
    row = {row.name: row for row in bench_rows.rows()}["lesson-03-time"]
    assert row.run(1) == [2.0] and "README.md" in row.what
    results.record("03", "lesson_seconds", 45.0)
    row = {row.name: row for row in bench_rows.rows()}["lesson-03-time"]
    assert row.run(1) == [0.5] and "course run" in row.what


def test_a_ratio_is_taken_within_a_round(monkeypatch):
    clock = iter(np.cumsum([0, 0, 0, 0, 0, 4, 0, 2, 0, 30, 0, 10]).tolist())   # a warm-up, and two rounds: 4 to 2, 30 to 10
    from course_utils.vision import speed

    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    assert bench_rows._ratios(lambda: None, lambda: None, 2) == [2.0, 3.0]


def test_growth_is_over_the_smaller_size_that_flatters_least(monkeypatch):
    found = {300: {"mib": 10.0}, 1200: {"mib": 4.0}, 4000: {"mib": 5.0}}
    monkeypatch.setattr(bench_rows, "_grown", lambda kind, rounds: [found] * rounds)
    assert bench_rows._growth("training", "mib", 7) == [1.25] * bench_rows.GROWTH_ROUNDS


def test_a_size_of_growth_is_measured_after_a_warm_up_and_without_its_data(monkeypatch):
    from course_utils import results
    from course_utils.cli import _growth

    done = []
    monkeypatch.setitem(_growth.KINDS, "nothing", lambda number: (lambda: done.append(number), lambda: 2**21))
    monkeypatch.setattr(results, "peak_memory_mib", lambda: 12.0)
    found = _growth.main("nothing", 5)
    assert done == [5] and found["mib"] == 10 and 0 <= found["seconds_each"] < 1


def test_features_that_differ_are_no_comparison():
    bench_rows._same(np.ones((2, 3)), np.ones((2, 3), np.float16))
    with pytest.raises(ValueError, match="the features differ"):
        bench_rows._same(np.ones((2, 3)), np.full((2, 3), 1.01, np.float16))
    with pytest.raises(ValueError, match="the features differ"):
        bench_rows._same(np.ones(3), np.full(3, np.nan, np.float16))


def test_a_network_as_onnx_says_the_same_as_in_keras():
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra bench")
    import keras

    from course_utils.cli._onnx import onnx_bytes

    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((9, 11, 3))
    grown = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(inputs)
    deep = layers.ReLU(6.0)(layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(grown)))
    joined = layers.MaxPooling2D(2)(layers.ZeroPadding2D(((0, 1), (1, 0)))(layers.Add()([grown, deep])))
    model = keras.Model(inputs, joined)
    images = np.random.default_rng(0).normal(size=(3, 9, 11, 3)).astype("float32")
    session = onnxruntime.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    found, = session.run(None, {"images": images.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), model.predict_on_batch(images), atol=1e-5)
    with pytest.raises(NotImplementedError, match="Softmax"):
        onnx_bytes(keras.Model(inputs, layers.Softmax(name="end")(inputs)))
