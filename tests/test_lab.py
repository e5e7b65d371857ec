"""`course lab`: JupyterLab as the reader meets it, with a small lesson."""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path

import browser
import lab_walk
import nbformat
import pytest
from jupyter_core.paths import jupyter_config_dir

from course_utils import settings
from course_utils.cli import doctor, lab, main

CHOSEN = json.loads((lab.JUPYTER / "labconfig/default_setting_overrides.json").read_text(encoding="utf-8"))
TRACKER = "@jupyterlab/notebook-extension:tracker"
LESSON = ["# Start here\n\n$a^2 = b$", "## First", "import os\nprint(os.environ['COURSE_SEED'])", "## Second", """
from course_utils import plots

def line(slope=1):
    return plots.curves([0, 1], {"line": [0, slope]}, xlabel="x", ylabel="y", alt="A line from zero to the slope.")

plots.explore(line, slope=(1, 5, 1))"""]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with one small lesson, and a reader who has settings of their own."""
    folder = tmp_path_factory.mktemp("checkout")
    cells = [nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text.strip())
             for text in LESSON]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lesson = folder / "00_start_here.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), lesson)
    lab_walk.copy_course(folder, lesson)
    own = folder / "home/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    own.parent.mkdir(parents=True)
    own.write_text('{"windowingMode": "none"}')
    return folder


@pytest.fixture(scope="module")
def running(checkout):
    """`course lab` of that checkout."""
    with lab_walk.course_lab(checkout, JUPYTER_CONFIG_DIR=str(checkout / "home"), COURSE_SEED="7",
                             COURSE_DATA="") as running:
        yield running


def ask(running, path):
    with urllib.request.urlopen(running.url(path), timeout=10) as answer:
        return json.load(answer)


def left_side(layout):
    return json.loads(layout.read_text())["data"]["layout-restorer:data"]["left"]["current"]


@browser.needed
def test_a_reader_opens_the_lab_runs_the_first_lesson_and_moves_a_slider(running, checkout):
    with browser.page(1280, 800) as page:
        page.goto(running.url())
        lab_walk.wait_for_notebook(page, "00_start_here.ipynb")
        headings = page.locator(".jp-TableOfContents .jp-tocItem-heading")
        headings.nth(2).wait_for()
        assert headings.all_inner_texts() == ["Start here", "First", "Second"]
        page.locator("#jp-main-statusbar", has_text=f"/ {doctor.memory() / 2**20:.2f} MB").wait_for()
        page.locator(".jp-Notebook mjx-container").first.wait_for()
        lab_walk.run_all(page, 60)
        assert page.locator(".jp-Notebook pre", has_text="7").first.is_visible()  # the environment reaches the kernel
        page.locator(lab_walk.SLIDER).wait_for()
        before, after = lab_walk.move_slider(page)
        assert before.startswith("data:image/png;base64,") and after != before
        assert lab_walk.problems(page) == [] and page.errors == []
        page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current .lm-TabBar-tabCloseIcon").click()
        page.locator(".jp-Dialog button.jp-mod-accept", has_text="Save").click()
        deadline = time.monotonic() + 20
        while ask(running, "api/kernels") and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        assert ask(running, "api/kernels") == []  # a closed lesson has given its memory back
        page.locator("li[data-id='filebrowser']").click()
        (layout,) = (checkout / "build/lab").iterdir()
        deadline = time.monotonic() + 30
        while "filebrowser" not in str(left_side(layout)) and time.monotonic() < deadline:  # saved a moment later
            page.wait_for_timeout(200)
        page.goto(running.url())     # another day: as it was left, no longer as it begins
        page.locator("#filebrowser").wait_for()
        assert not page.locator(".jp-TableOfContents").is_visible()


def test_the_settings_of_the_course_are_defaults_and_the_readers_own_win(running, checkout):
    own = checkout / "home/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    tracker = ask(running, f"lab/api/settings/{TRACKER}")
    assert tracker["schema"]["properties"]["codeCellConfig"]["default"]["lineNumbers"] is True
    assert tracker["settings"] == {"windowingMode": "none"} == json.loads(own.read_text())
    assert [path for path in (checkout / "home/lab").rglob("*") if path.is_file()] == [own]  # no layout of ours either


def test_a_student_sees_nothing_of_the_extensions_for_grading_and_for_installing(running):
    with urllib.request.urlopen(running.url(), timeout=10) as answer:
        page = answer.read().decode()
    disabled = page.split('"disabledExtensions":')[1].split("]")[0]
    assert "@jupyter/nbgrader" in disabled and "@jupyterlab/extensionmanager-extension" in disabled
    assert "nbgrader" not in running.log.read_text()


@pytest.mark.parametrize("name", sorted(CHOSEN))
def test_every_setting_of_the_course_is_one_that_the_installed_jupyterlab_knows(running, name):
    import jsonschema

    schema = ask(running, f"lab/api/settings/{name}")["schema"]
    assert CHOSEN[name].keys() <= schema["properties"].keys()
    jsonschema.validate(CHOSEN[name], schema)


@pytest.mark.skipif(os.name != "posix", reason="replaces this process there only")
def test_lab_becomes_jupyterlab_of_this_python_and_puts_the_readers_configuration_first(checkout, monkeypatch):
    class Replaced(Exception):
        """This process would be JupyterLab now."""

    def replace(*program_command_and_environment):
        raise Replaced(*program_command_and_environment)

    monkeypatch.setattr(os, "execve", replace)
    monkeypatch.setattr(settings, "project_folder", lambda: checkout)
    monkeypatch.setenv("COURSE_BUILD", str(checkout / "out"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    for _ in range(2):
        with pytest.raises(Replaced) as caught:
            main(["lab"])
        (layout,) = (checkout / "out/lab").iterdir()
        layout.write_text(layout.read_text().replace("0.22", "0.31")[:-3])  # and then the disk was full
    program, command, environment = caught.value.args
    assert program == sys.executable and command[1:3] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={checkout}" in command
    assert environment["JUPYTER_CONFIG_PATH"].split(os.pathsep) == ["mine", jupyter_config_dir(), str(lab.JUPYTER)]
    assert Path(environment["COURSE_BUILD"]).is_absolute()  # the kernels start in another folder
    assert "0.31" in layout.read_text()  # what the reader has arranged stays
