"""Tests of the ``course`` command, on tiny lessons in a checkout of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from course_utils import results, settings
from course_utils.cli import doctor, main, run
from course_utils.errors import SettingsError

PACKAGE_PARENT = Path(settings.__file__).resolve().parents[1]


def write_lesson(checkout, name, *cells):
    """Write a notebook of code cells (str) and Markdown cells ({"md": str})."""
    made = [
        nbformat.v4.new_markdown_cell(cell["md"])
        if isinstance(cell, dict)
        else nbformat.v4.new_code_cell(cell)
        for cell in cells
    ]
    path = checkout / "notebooks" / name
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def printed(path):
    notebook = nbformat.read(path, as_version=4)
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def test_run_executes_each_seed_beside_the_notebook_in_this_python_and_leaves_the_notebook_alone(
    checkout, monkeypatch, capsys
):
    rogue = checkout / "jupyter" / "kernels" / "python3"
    rogue.mkdir(parents=True)
    (rogue / "kernel.json").write_text(
        json.dumps(
            {"argv": ["/bin/false", "{connection_file}"], "display_name": "rogue", "language": "python"}
        )
    )
    monkeypatch.setenv("JUPYTER_PATH", str(rogue.parents[1]))
    path = write_lesson(
        checkout,
        "02_two.ipynb",
        "import os, sys; print(sys.executable, os.getcwd())",
        "from course_utils import results, settings\n"
        "results.record('02', 'features_accuracy', 0.91 + settings.seed() / 100)\n"
        "print('seed', settings.seed())",
    )
    before = path.read_bytes()

    assert main(["run", "2", "--seeds", "2", "--no-site"]) == 0

    executed = printed(checkout / "build/executed/02_two.ipynb")
    assert f"{sys.executable} {path.parent}" in executed
    assert "seed 0" in executed  # what stays is what a reader gets without any setting
    assert path.read_bytes() == before
    (measured,), _ = results.table()
    assert (measured.seeds, measured.mean) == ((0, 1), pytest.approx(0.915))
    out = capsys.readouterr().out
    assert "seed 1 ... done in" in out and "features_accuracy" in out


def test_a_failing_lesson_is_described_and_the_others_still_run(checkout, capsys):
    write_lesson(
        checkout,
        "01_bad.ipynb",
        {"md": "# Bad"},
        "x = 1",
        "# divide\nprint('reached')\nx / 0",
        "print('never')",
    )
    write_lesson(checkout, "02_good.ipynb", "print('good')")
    old = checkout / "build/executed/01_bad.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("an earlier success")

    assert main(["run", "--no-site"]) == 1

    err = capsys.readouterr().err
    assert (
        "01_bad.ipynb, cell 3 of 4" in err
        and "| # divide" in err
        and "ZeroDivisionError: division by zero" in err
    )
    assert "Failed: 01 (seed 0)" in err and "Traceback" not in err
    assert "good" in printed(checkout / "build/executed/02_good.ipynb")
    assert not old.exists()
    assert "reached" in printed(old.with_suffix(".failed.ipynb"))


def test_a_kernel_that_dies_is_one_message_that_names_the_cell(checkout, capsys):
    write_lesson(checkout, "03_dies.ipynb", "x = 1", "import os\nos._exit(9)", "x")
    assert main(["run", "--no-site"]) == 1
    err = capsys.readouterr().err
    assert "cell 2 of 3" in err and "kernel died" in err and "Traceback" not in err


def test_the_cell_of_a_kernel_that_dies_is_not_taken_from_an_earlier_run(checkout, capsys):
    path = write_lesson(checkout, "03_dies.ipynb", "import os\nos._exit(9)", "x")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:  # as JupyterLab leaves it
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    nbformat.write(notebook, path)
    assert main(["run", "--no-site"]) == 1
    assert "cell 1 of 2" in capsys.readouterr().err


def test_a_cell_without_end_is_stopped(checkout, capsys, monkeypatch):
    monkeypatch.setattr(run, "CELL_SECONDS", 2)
    write_lesson(checkout, "03_loops.ipynb", "while True: pass")
    assert main(["run", "--no-site"]) == 1
    assert "longer than 2 seconds" in capsys.readouterr().err


def test_a_file_that_is_no_notebook_is_one_message(checkout, capsys):
    (checkout / "notebooks/03_broken.ipynb").write_text("{")
    assert main(["run", "--no-site"]) == 1
    assert "03_broken.ipynb is not a readable notebook" in capsys.readouterr().err


def test_an_unknown_lesson_names_the_known_ones_and_runs_nothing(checkout, capsys):
    write_lesson(checkout, "02_two.ipynb", "1")
    assert main(["run", "02", "77"]) == 2
    captured = capsys.readouterr()
    assert "no lesson 77" in captured.err and "02 (two)" in captured.err
    assert captured.out == "" and not (checkout / "build").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("COURSE_PROFILE", "fast"), ("COURSE_SEED", "-1"), ("COURSE_DATA", "no/such/folder")],
)
def test_a_wrong_setting_is_one_message_before_anything_runs(checkout, capsys, monkeypatch, variable, value):
    write_lesson(checkout, "02_two.ipynb", "1")
    monkeypatch.setenv(variable, value)
    assert main(["run"]) == 2
    captured = capsys.readouterr()
    assert variable in captured.err and "Traceback" not in captured.err
    assert not (checkout / "build").exists()


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_a_number_of_seeds_that_is_none_is_refused(checkout, capsys, count):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--seeds", count])
    assert stopped.value.code == 2


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_control_c_stops_the_run_and_its_kernel_without_a_traceback(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "course_utils").symlink_to(PACKAGE_PARENT / "course_utils")
    (tmp_path / "notebooks").mkdir()
    started = tmp_path / "kernel"
    write_lesson(
        tmp_path,
        "02_long.ipynb",
        f"import os, time, pathlib\npathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)",
    )
    program = (
        "import sys, pathlib\nfrom course_utils import settings\n"
        f"settings.project_folder = lambda: pathlib.Path({str(tmp_path)!r})\n"
        "from course_utils.cli import main\nsys.exit(main(['run', '--no-site']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "COURSE_BUILD": str(tmp_path / "build")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped" in err and "Traceback" not in err
    time.sleep(0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def healthy(monkeypatch):
    monkeypatch.setattr(doctor, "START", "print('tensorflow', 4.0)")
    from course_utils import assets

    monkeypatch.setattr(
        assets, "status", lambda: [{"name": "vgg16", "present": True, "size": 58_860_000, "verified": True}]
    )


def test_doctor_prints_one_ok_line_each_and_ends_with_zero(checkout, monkeypatch, capsys):
    healthy(monkeypatch)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("OK ") for line in lines)
    subjects = {line.split()[1] for line in lines}
    assert {
        "python",
        "tensorflow",
        "start",
        "profile",
        "seed",
        "data",
        "dtype",
        "cache",
        "vgg16",
        "disk",
        "memory",
        "cores",
    } <= subjects


def test_the_doctor_inside_a_lesson_names_no_folder_and_starts_no_second_keras(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor, "_start", lambda: pytest.fail("Keras was started again"))
    findings = list(doctor.short_report())
    assert [finding.subject for finding in findings][:5] == ["python", "packages", "profile", "data", "dtype"]
    assert findings[-1].subject == "memory" and not any("/" in finding.found for finding in findings)
    assert not any(finding.ok for finding in findings[5:-1])  # in an empty cache no asset is here


@pytest.mark.parametrize(
    ("subject", "found", "break_it"),
    [
        ("seed", "COURSE_SEED", lambda m: m.setenv("COURSE_SEED", "x")),
        ("data", "no such folder", lambda m: m.setenv("COURSE_DATA", "/no/such")),
        ("nosuchpackage", "not installed", lambda m: m.setattr(doctor, "PACKAGES", ("nosuchpackage",))),
        ("start", "signal", lambda m: m.setattr(doctor, "START", "import os; os.kill(os.getpid(), 4)")),
        ("start", "ModuleNotFoundError", lambda m: m.setattr(doctor, "START", "import no_such_module")),
        ("start", "torch", lambda m: m.setattr(doctor, "START", "print('torch', 4.0)")),
        ("disk", "free", lambda m: m.setattr(doctor, "DISK_GIB", 10**9)),
        ("memory", "too little", lambda m: m.setattr(doctor, "MEMORY_GIB", 10**9)),
        (
            "vgg16",
            "course fetch",
            lambda m: m.setattr(
                "course_utils.assets.status",
                lambda: [{"name": "vgg16", "present": False, "size": 0, "verified": False}],
            ),
        ),
        (
            "vgg16",
            "damaged",
            lambda m: m.setattr(
                "course_utils.assets.status",
                lambda: [{"name": "vgg16", "present": True, "size": 9, "verified": False}],
            ),
        ),
    ],
)
def test_doctor_fails_on_what_is_wrong_and_still_looks_at_the_rest(
    checkout, monkeypatch, capsys, subject, found, break_it
):
    healthy(monkeypatch)
    break_it(monkeypatch)
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = [line for line in lines if line.startswith("FAIL")]
    assert len(failed) == 1 and failed[0].split()[1] == subject and found in failed[0]
    assert lines[-1].split()[1] == "cores"


def test_results_check_fails_on_a_missing_and_on_a_broken_claim_and_passes_when_all_hold(checkout, capsys):
    write_lesson(checkout, "02_two.ipynb", "1")
    assert main(["results", "--check"]) == 1
    assert "features_accuracy: not measured" in capsys.readouterr().err
    good = {
        name: max(claim.lower or 0, 0) + 0.01 if claim.upper is None else claim.upper - 0.01
        for (lesson, name), claim in results.CLAIMS.items()
        if lesson == "02"
    }
    for name, value in good.items():
        results.record("02", name, value)
    assert main(["results", "--check"]) == 0
    results.record("02", "features_accuracy", 0.5)
    assert main(["results", "--check"]) == 1
    assert "BROKEN  lesson 02, features_accuracy: 0.500" in capsys.readouterr().err


def test_results_prints_the_table_of_the_readme_between_its_markers(checkout, capsys):
    results.record("02", "features_accuracy", 0.92)
    assert main(["results", "--markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("<!-- results:begin -->\n|") and out.endswith("|\n<!-- results:end -->\n")
    assert "| 0.920 |" in out


def test_results_notices_a_damaged_file(checkout, capsys):
    folder = checkout / "build/results"
    folder.mkdir(parents=True)
    (folder / "02-quick-built-in-seed0.json").write_text("{")
    assert main(["results"]) == 0
    captured = capsys.readouterr()
    assert "damaged" in captured.err and "Nothing was measured yet" in captured.out


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (SettingsError("It was wrong.", "this."), 2, "course fetch: It was wrong.\nTry: this."),
        (OSError(28, "No space left on device", "a.h5"), 2, "course fetch: a.h5: No space left on device\nTry: "),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_our_errors_and_control_c_are_a_message_and_an_exit_code(monkeypatch, capsys, error, code, message):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("course_utils.assets.fetch", fail)
    assert main(["fetch"]) == code
    assert message in capsys.readouterr().err


@pytest.fixture
def trained(monkeypatch):
    """The seeds that word vectors were asked for, instead of ten seconds of training."""
    from course_utils.data import vectors

    seeds = []
    monkeypatch.setattr(vectors, "train_word2vec", lambda seed: seeds.append(seed) or ["word"])
    return seeds


def test_fetch_gets_every_asset_and_hands_official_on(monkeypatch, capsys, tmp_path, trained):
    from course_utils import assets
    from course_utils.data import reef_fish, sea_animals

    asked = []
    monkeypatch.setattr(
        assets, "fetch", lambda name, official=False: asked.append((name, official)) or Path(__file__)
    )
    rendered = []
    monkeypatch.setattr(
        sea_animals, "class_folders", lambda *arguments: rendered.append(arguments) or Path(__file__)
    )
    monkeypatch.setattr(reef_fish, "class_folders", lambda *arguments: rendered.append(arguments) or Path(__file__))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    assert main(["fetch", "--official"]) == 0
    assert asked == [(name, True) for name in assets.ASSETS]
    assert trained == [0]
    assert rendered == [(600, 200, 400, sea_animals.SPECIES, 150, 0), (739, 104, 104, sea_animals.FIVE_SPECIES, 160, 0),
                        (720, 240, 384, 160, 0)]


def test_fetch_renders_nothing_for_a_reader_with_photographs(monkeypatch, tmp_path, trained):
    from course_utils import assets
    from course_utils.data import reef_fish, sea_animals

    monkeypatch.setattr(assets, "fetch", lambda name, official=False: Path(__file__))
    monkeypatch.setattr(sea_animals, "class_folders", lambda *_, **__: pytest.fail("rendered"))
    monkeypatch.setattr(reef_fish, "class_folders", lambda *_, **__: pytest.fail("rendered"))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert main(["fetch"]) == 0


def test_fetch_gets_only_what_is_named_and_the_treebank_only_by_its_name(monkeypatch, capsys, trained):
    from course_utils import assets
    from course_utils.data import corpora, sea_animals

    asked = []
    monkeypatch.setattr(assets, "fetch", lambda name, official=False: asked.append(name) or Path(__file__))
    monkeypatch.setattr(corpora, "fetch_treebank", lambda: asked.append("treebank") or Path(__file__))
    monkeypatch.setattr(sea_animals, "class_folders", lambda *_, **__: pytest.fail("rendered"))
    assert main(["fetch", "vgg16", "treebank"]) == 0
    assert asked == ["vgg16", "treebank"] and not trained
    assert "treebank: Penn Treebank sample, " in capsys.readouterr().out
    monkeypatch.setenv("COURSE_DATA", str(Path(__file__).parent))
    assert main(["fetch"]) == 0 and asked[2:] == list(assets.ASSETS)


def test_fetch_of_an_unknown_name_fetches_nothing_and_lists_the_known_ones(monkeypatch, capsys):
    monkeypatch.setattr("course_utils.assets.fetch", lambda *_, **__: pytest.fail("fetched"))
    assert main(["fetch", "vgg16", "huge"]) == 2
    error = capsys.readouterr().err
    assert "nothing called 'huge'" in error and "vgg16" in error.splitlines()[1] and "treebank" in error.splitlines()[1]


def test_python_dash_m_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "course_utils", "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
    )
    assert done.returncode == 0 and done.stdout.startswith("course ")
