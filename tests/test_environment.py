"""Tests that the ways to install the course agree, and that the package keeps its floors."""

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import course_utils
from course_utils.cli import main

CHECKOUT = Path(course_utils.__file__).resolve().parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENTS = ("environment.yml", "binder/environment.yml")
MODULES = sorted(module.name for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."))

# DESIGN: a room imports only from floors below it; the rooms of the ground floor may know each other.
FLOORS = {
    "errors": 0,
    "settings": 0,
    "assets": 0,
    "data": 1,
    "metrics": 1,
    "training": 1,
    "plots": 2,
    "guide": 2,
    "results": 2,
    "homework": 2,
    "shift": 2,
    "vision": 2,
    "text": 2,
    "multitask": 2,
    "adaptation": 2,
    "cli": 3,
    "__main__": 4,
}


def conda(name):
    """Return the conda packages and the pip lines of an environment file."""
    dependencies = yaml.safe_load((CHECKOUT / name).read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    return [entry for entry in dependencies if isinstance(entry, str)], pip


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_conda_environment_has_python_and_pip_and_leaves_every_package_to_pyproject(name):
    packages, pip = conda(name)
    assert [re.split("[=<> ]", package)[0] for package in packages] == ["python", "pip"]
    assert len(pip) == 1


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_conda_environment_pins_a_python_that_the_course_supports(name):
    (version,) = [
        package.removeprefix("python=") for package in conda(name)[0] if package.startswith("python=")
    ]
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_conda_environment_installs_this_project_with_extras_that_exist(name):
    (line,) = conda(name)[1]
    path, extras = re.fullmatch(r"-e ([./]+)(?:\[([\w,]+)\])?", line).groups()
    assert ((CHECKOUT / name).parent / path).resolve() == CHECKOUT
    assert set((extras or "").split(",")) - {""} <= PROJECT["optional-dependencies"].keys()


def test_both_conda_environments_have_the_same_name_and_python():
    first, second = (yaml.safe_load((CHECKOUT / name).read_text()) for name in ENVIRONMENTS)
    assert first["name"] == second["name"] == PROJECT["name"]
    assert conda(ENVIRONMENTS[0])[0] == conda(ENVIRONMENTS[1])[0]


def test_pyproject_lists_no_package_twice():
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    names = [Requirement(line).name.lower().replace("_", "-") for lines in lists for line in lines]
    assert sorted(names) == sorted(set(names))


def test_the_makefile_and_the_setup_ask_for_extras_that_exist():
    (extras,) = re.findall(r"COURSE_EXTRAS:-([\w,]+)}", (CHECKOUT / ".ci/setup").read_text())
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()
    for extras in re.findall(r'-e "\.\[([\w,]+)\]', (CHECKOUT / "Makefile").read_text()):
        assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()


def test_the_public_ci_runs_the_same_check_on_pythons_that_the_course_supports():
    job = yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text())["jobs"]["test"]
    pythons = job["strategy"]["matrix"]["python"]
    assert len(pythons) >= 2 and all(
        SpecifierSet(PROJECT["requires-python"]).contains(one) for one in pythons
    )
    assert {"run": ".ci/run"} in job["steps"]
    assert "make test" in (CHECKOUT / ".ci/run").read_text()


@pytest.mark.parametrize("name", ["binder/postBuild", "binder/start", ".ci/run", ".ci/setup"])
def test_a_script_is_executable_and_has_no_syntax_error(name):
    assert os.access(CHECKOUT / name, os.X_OK)
    shell = (CHECKOUT / name).read_text().splitlines()[0].split()[-1].removeprefix("#!")
    assert subprocess.run([shell, "-n", CHECKOUT / name]).returncode == 0


@pytest.mark.parametrize("name", ["binder/postBuild", "Makefile"])
def test_every_course_command_of_a_script_exists(name, capsys):
    text = (CHECKOUT / name).read_text()
    commands = re.findall(r"^\s*@?(?:course|\$\(COURSE\)) +(\w+)((?: +--[\w-]+)*)", text, re.MULTILINE)
    assert len(commands) >= 2
    for command, options in commands:
        with pytest.raises(SystemExit) as stopped:
            main([command, "--help"])
        assert stopped.value.code == 0
        assert all(option in capsys.readouterr().out for option in options.split()[:1])


@pytest.mark.parametrize("modules", ["course_utils", ", ".join(MODULES)], ids=["package", "every module"])
def test_importing_starts_neither_tensorflow_nor_keras(modules):
    program = (
        f"import sys; import {modules}; print({{'tensorflow', 'keras', 'torch', 'jax'}} & {{*sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert (done.stdout.strip(), done.returncode) == ("set()", 0), done.stderr


def test_importing_the_package_alone_imports_nothing_else_of_it_and_no_numpy():
    program = (
        "import sys, course_utils\n"
        "print([name for name in sys.modules if name.startswith(('course_utils.', 'numpy'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["course_utils", *MODULES])
def test_every_name_in_all_of_a_module_exists_and_the_module_is_described(name):
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [public for public in module.__all__ if not hasattr(module, public)] == []
    assert module.__doc__


def room(module):
    """Return the room of a module: the first name after ``course_utils``."""
    return (module.split(".") + [""])[1]


def imported_modules(source, module, is_package):
    """Return every course_utils module that a source file imports, inside functions too."""
    found = []
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                if node.level
                else node.module
            )
            found += [f"{base}.{alias.name}" for alias in node.names] if base == "course_utils" else [base]
    return {name for name in found if name.startswith("course_utils.") and room(name) != "__version__"}


def upward_imports(module, imported):
    """Return the imports of a module that do not go to a floor below."""
    here = room(module)
    return {
        name
        for name in imported
        if room(name) != here
        and not (FLOORS[room(name)] < FLOORS[here] or FLOORS[room(name)] == FLOORS[here] == 0)
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_the_floors_below(module):
    assert room(module) in FLOORS, f"say in tests/test_environment.py on which floor {room(module)} is"
    path = Path(importlib.util.find_spec(module).origin)
    imported = imported_modules(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    assert upward_imports(module, imported) == set()


@pytest.mark.parametrize(
    ("source", "upward"),
    [
        ("from course_utils import cli", {"course_utils.cli"}),
        ("def f():\n    import course_utils.text.taggers", {"course_utils.text.taggers"}),
        ("from ..plots import gallery", {"course_utils.plots"}),
        ("from course_utils import settings, assets\nfrom . import heads\nimport numpy", set()),
    ],
)
def test_the_test_of_the_floors_finds_an_upward_import(source, upward):
    assert (
        upward_imports(
            "course_utils.vision.backbones", imported_modules(source, "course_utils.vision.backbones", False)
        )
        == upward
    )


# .ci/setup, with a Python that only pretends: it notes what it is asked and costs nothing.
PRETENDER = r"""#!/bin/sh
case "$*" in
    "-V") echo "Python $PRETEND_VERSION" ;;
    *version_info*) case "$PRETEND_VERSION" in 3.1[123].*) exit 0 ;; esac; exit 1 ;;
    *"venv, ensurepip"*) exit "${PRETEND_NO_VENV:-0}" ;;
    "-m venv --clear .venv") echo venv >> calls; rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *"print(sys.prefix)"*) echo "$(pwd -P)/.venv" ;;
    "-m pip --version") ;;
    "-m pip install"*)
        echo "$*" >> calls
        if [ -n "${PRETEND_PIP_SAYS:-}" ]; then echo "$PRETEND_PIP_SAYS"; exit 1; fi ;;
esac
"""


@pytest.fixture
def setup(tmp_path):
    """Return a function that runs .ci/setup in a checkout of its own, and the folder."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tools / name).write_text(PRETENDER)
        (tools / name).chmod(0o755)
    folder = tmp_path / "a checkout"
    (folder / ".ci").mkdir(parents=True)
    for name in ("pyproject.toml", ".ci/setup"):
        (folder / name).write_bytes((CHECKOUT / name).read_bytes())
    (folder / ".ci/setup").chmod(0o755)

    def run(**environment):
        for tool in (
            "sh",
            "dirname",
            "sed",
            "cat",
            "cksum",
            "df",
            "awk",
            "rm",
            "mkdir",
            "cp",
            "mv",
            "grep",
            "tail",
        ):
            found = next(Path(place) / tool for place in os.get_exec_path() if (Path(place) / tool).exists())
            if not (tools / tool).exists():
                (tools / tool).symlink_to(found)
        return subprocess.run(
            ["sh", ".ci/setup"],
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={"PATH": str(tools), "PRETEND_VERSION": "3.12.1", **environment},
        )

    run.tools, run.folder = tools, folder
    run.calls = lambda: (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return run


def test_setup_installs_once_and_again_only_when_pyproject_changes(setup):
    assert setup().returncode == 0
    assert setup.calls() == ["venv", "-m pip install -q -e .[test,site,grading]"]
    again = setup()
    assert (again.returncode, again.stdout, len(setup.calls())) == (0, "", 2)
    with (setup.folder / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert setup().returncode == 0
    assert setup.calls()[2:] == ["-m pip install -q -e .[test,site,grading]"]


def test_setup_makes_a_new_environment_for_another_python_and_in_a_moved_folder(setup):
    assert setup().returncode == 0
    assert setup(PRETEND_VERSION="3.13.0").returncode == 0
    assert len(setup.calls()) > 2
    before = len(setup.calls())
    setup.folder.rename(setup.folder.with_name("moved"))
    setup.folder.with_name("moved").rename(setup.folder)
    assert setup(PRETEND_VERSION="3.13.0").returncode == 0 and len(setup.calls()) == before
    stamp = setup.folder / ".venv/course-installed"
    stamp.write_text(stamp.read_text().replace("a checkout", "where it was"))
    assert setup(PRETEND_VERSION="3.13.0").returncode == 0 and len(setup.calls()) > before


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: No matching distribution found for tensorflow", "package index could not be reached"),
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: something new", "its messages are in .venv/course-install.log"),
    ],
)
def test_an_installation_that_fails_is_one_sentence_after_pips_own_and_the_next_run_tries_again(
    setup, said, sentence
):
    failed = setup(PRETEND_PIP_SAYS=said)
    assert failed.returncode != 0
    assert said in failed.stderr and sentence in failed.stderr.splitlines()[-1]
    assert len(failed.stderr.splitlines()) == 2
    assert setup().returncode == 0
    assert setup.calls()[-1].startswith("-m pip install")


@pytest.mark.parametrize("version", ["3.9.2", "3.14.0"])
def test_a_python_that_does_not_fit_is_one_sentence_that_names_it(setup, version):
    refused = setup(PRETEND_VERSION=version)
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1
    assert (
        f"Python {version}" in refused.stderr
        and "3.11 to 3.13" in refused.stderr
        and "PYTHON=" in refused.stderr
    )
    assert setup.calls() == []


def test_no_python_at_all_is_one_sentence(setup):
    for path in setup.tools.glob("python*"):
        path.unlink()
    refused = setup()
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1 and "no python3" in refused.stderr


def test_another_python_is_taken_when_python3_does_not_fit(setup):
    (setup.tools / "python3").write_text(PRETENDER.replace("$PRETEND_VERSION", "3.9.2"))
    assert setup().returncode == 0
    assert setup.calls()[0] == "venv"


def test_the_python_that_was_asked_for_is_the_only_one_that_is_tried(setup):
    refused = setup(PYTHON="/no/such/python")
    assert (
        refused.returncode != 0
        and "/no/such/python" in refused.stderr
        and len(refused.stderr.splitlines()) == 1
    )


def test_a_python_without_venv_is_one_sentence(setup):
    refused = setup(PRETEND_NO_VENV="1")
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1 and "no venv module" in refused.stderr


def test_too_little_room_is_one_sentence_before_anything_is_installed(setup):
    (setup.tools / "df").write_text("#!/bin/sh\necho head\necho disk 9999999 1 2097152 1% /\n")
    (setup.tools / "df").chmod(0o755)
    refused = setup()
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1 and "2048 MiB free" in refused.stderr
    assert setup.calls() == []


def test_uv_is_used_when_it_is_there_and_pip_when_uv_fails(setup):
    uv = setup.tools / "uv"
    uv.write_text('#!/bin/sh\necho "uv $*" >> calls\nexit ${UV_FAILS:-0}\n')
    uv.chmod(0o755)
    assert setup().returncode == 0
    assert setup.calls() == ["venv", "uv pip install --quiet --python .venv/bin/python -e .[test,site,grading]"]
    (setup.folder / ".venv/course-installed").unlink()
    assert setup(UV_FAILS="1").returncode == 0
    assert setup.calls()[-1] == "-m pip install -q -e .[test,site,grading]"
