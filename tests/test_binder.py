"""Binder without Docker: what repo2docker makes of binder/, as far as it can be known before an image is built."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import course_utils
from course_utils.cli import lab

CHECKOUT = Path(course_utils.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def picked():
    """The first of repo2docker's builders that says that this repository is its own."""
    app = pytest.importorskip("repo2docker.app")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(CHECKOUT)  # where repo2docker looks
        maker = app.Repo2Docker()
        builders = [builder(maker.base_image) for builder in maker.buildpacks]
        found = next(builder for builder in builders if builder.detect())
        found.platform = "linux/amd64"
        yield found


def test_binder_builds_a_conda_environment_with_our_python_and_jupyter_inside_it(picked):
    assert type(picked).__name__ == "CondaBuildPack"
    (python,) = [entry.removeprefix("python=") for entry in
                 yaml.safe_load((CHECKOUT / "binder/environment.yml").read_text())["dependencies"]
                 if isinstance(entry, str) and entry.startswith("python=")]
    assert picked.python_version == python
    assert not picked.separate_kernel_env  # else the kernel would not be where `course` and JupyterLab are


def test_the_image_gets_the_repository_then_its_packages_then_warm_caches_and_starts_with_our_settings(picked):
    steps = picked.render()
    order = [
        r"COPY .* src/ \$\{REPO_DIR\}/",
        r"env update -p \$\{NB_PYTHON_PREFIX\} --file \"binder/environment\.yml\"",
        r"RUN \./binder/postBuild",
        r"ENV R2D_ENTRYPOINT=\"\$\{REPO_DIR\}/binder/start\"",
        r"ENTRYPOINT ",
    ]
    places = [re.search(step, steps) for step in order]
    assert all(places), order[places.index(None)]
    assert [place.start() for place in places] == sorted(place.start() for place in places)
    # mamba starts pip in the folder of the environment's file: `-e ..` is the repository, which lies in the image by then.
    assert "src/environment.yml" not in steps


def test_a_visitors_server_starts_with_the_folder_of_settings_that_course_lab_takes():
    shown = subprocess.run(
        [CHECKOUT / "binder/start", "printenv", "JUPYTER_CONFIG_PATH"],
        capture_output=True, text=True, check=True, env={**os.environ, "REPO_DIR": str(CHECKOUT)},
    ).stdout.strip()
    assert Path(shown) == lab.JUPYTER


def test_the_first_layout_is_put_where_binders_jupyterlab_looks_and_opens_a_lesson_that_exists(tmp_path):
    (words,) = re.findall(r"^jupyter lab (workspaces import .*)$", (CHECKOUT / "binder/postBuild").read_text(), re.M)
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlab", *words.split()], cwd=CHECKOUT, capture_output=True, text=True,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    (layout,) = (tmp_path / "lab/workspaces").iterdir()
    layout = json.loads(layout.read_text())
    (opened,) = [value["data"]["path"] for name, value in layout["data"].items() if name.startswith("notebook:")]
    assert layout["metadata"]["id"] == "default" and (CHECKOUT / opened).is_file()
    assert layout["data"]["layout-restorer:data"]["left"]["current"] == "@jupyterlab/toc:plugin"
