"""Open JupyterLab on the lessons, arranged for them, and leave the reader's own JupyterLab as it is."""

import os
import subprocess
import sys
from pathlib import Path

from course_utils import settings
from course_utils.cli import doctor, run

__all__ = ["command", "environment", "start"]

# Default settings, extensions left out, and the first layout. Binder takes the same folder: binder/start, postBuild.
JUPYTER = Path(__file__).parent / "jupyter"


def start() -> int:
    """Become JupyterLab (on Windows: start it and wait for its end).

    Returns
    -------
    int
        JupyterLab's own exit code.

    Raises
    ------
    EnvironmentProblem
        If there is no checkout of the course around this package.
    """
    if os.name == "posix":
        os.execve(sys.executable, command(), environment())  # Ctrl-C then belongs to JupyterLab alone
    return subprocess.call(command(), env=environment())


def command() -> list[str]:
    """Return the words that start JupyterLab, and make its first layout if there is none.

    The layout lies in a folder of the course. Once it is there it is the reader's: JupyterLab writes what was open.
    """
    workspaces = settings.build_folder() / "lab"
    if not any(workspaces.glob("*.jupyterlab-workspace")):
        from jupyterlab_server.workspaces_handler import WorkspacesManager

        layout = (JUPYTER / "workspace.json").read_text(encoding="utf-8")
        WorkspacesManager(str(workspaces)).save("default", layout)
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        # The checkout is the root, so that links from a lesson to data/ or course_utils/ can be followed.
        f"--ServerApp.root_dir={run.notebooks_folder().parent}",
        f"--LabApp.workspaces_dir={workspaces}",
        *([] if os.environ.get("MEM_LIMIT") else [f"--ResourceUseDisplay.mem_limit={doctor.memory()}"]),  # a hub's
    ]


def environment() -> dict[str, str]:
    """Return the environment of JupyterLab and its kernels: what the reader has configured, then the course's defaults."""
    from jupyter_core.paths import jupyter_config_dir

    configured = filter(None, [os.environ.get("JUPYTER_CONFIG_PATH"), jupyter_config_dir(), str(JUPYTER)])
    return {**run.kernel_environment(settings.seed()), "JUPYTER_CONFIG_PATH": os.pathsep.join(configured)}
