"""Walk through a lesson in JupyterLab as a student does, with a browser: ``python tests/lab_walk.py 00 --pictures FOLDER``.

The walk takes place in a copy of the checkout, because JupyterLab saves the notebooks that it has open.
"""

import argparse
import contextlib
import json
import os
import queue
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import browser
import nbformat

CHECKOUT = Path(__file__).resolve().parents[1]
CELL = ".jp-Notebook .jp-Cell"
SLIDER = ".widget-interact .widget-slider .noUi-handle"


@dataclass
class Lab:
    """A running ``course lab``: its address with the token, its log, and its process."""

    address: str
    token: str
    log: Path
    process: subprocess.Popen

    def url(self, path: str = "lab") -> str:
        """Return the address of a page, with the token."""
        return f"{self.address}/{path}?token={self.token}"


def copy_course(target: Path, *notebooks: Path) -> Path:
    """Copy the package and these notebooks into a folder that the course takes for a checkout."""
    shutil.copytree(CHECKOUT / "course_utils", target / "course_utils", ignore=shutil.ignore_patterns("__pycache__"))
    (target / "notebooks").mkdir()
    for notebook in notebooks:
        shutil.copy(notebook, target / "notebooks")
    return target


@contextlib.contextmanager
def course_lab(checkout: Path, **environment: str) -> Iterator[Lab]:
    """Run ``course lab`` of a checkout without opening a browser, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    # What a reader may have set: the command has to leave it in force.
    own = checkout / "own-jupyter"
    own.mkdir(exist_ok=True)
    server = {"open_browser": False, "allow_root": True, "ip": "127.0.0.1", "port": port, "port_retries": 0}
    settings = {"ServerApp": server, "IdentityProvider": {"token": token}}
    (own / "jupyter_server_config.json").write_text(json.dumps(settings))
    log = checkout / "lab.log"
    with log.open("wb") as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", "course_utils", "lab"],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout), "JUPYTER_CONFIG_PATH": str(own),
                 "COURSE_BUILD": str(checkout / "build"), **environment},
            stdin=subprocess.DEVNULL, stdout=messages, stderr=messages,
        )
    lab = Lab(f"http://127.0.0.1:{port}", token, log, process)
    try:
        for _ in range(300):
            if process.poll() is not None:
                raise RuntimeError(f"course lab ended with {process.returncode}:\n{log.read_text()}")
            try:
                urllib.request.urlopen(lab.url("api"), timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        else:
            raise RuntimeError(f"course lab does not answer:\n{log.read_text()}")
        yield lab
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for_notebook(page, name: str) -> None:
    """Wait until a notebook is open and its kernel idle."""
    page.locator(".jp-NotebookPanel .jp-Notebook").first.wait_for(timeout=60_000)
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text=name).first.wait_for(timeout=30_000)
    # Whoever runs a cell before there is a kernel is asked for one.
    page.locator("#jp-main-statusbar", has_text="| Idle").wait_for(timeout=60_000)


def run_all(page, seconds: float = 1500) -> float:
    """Clear all outputs, run all cells, wait until the last one or an error; return how many seconds that took."""
    _choose(page, "Edit", "editmenu:clear-all")
    started = time.perf_counter()
    _choose(page, "Run", "runmenu:run-all")
    page.wait_for_function("""() => {
        const prompts = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell .jp-InputPrompt")];
        const states = prompts.map(prompt => prompt.textContent);
        const failed = document.querySelector(".jp-Notebook [data-mime-type='application/vnd.jupyter.error']");
        const kernel = document.querySelector(".jp-Notebook-ExecutionIndicator")?.dataset.status;
        const ended = states.every(state => /[0-9]/.test(state)) || (failed && !states.join().includes("*"));
        return kernel === "idle" && ended;
    }""", timeout=seconds * 1000, polling=500)  # each frame would take the kernel its processor
    return time.perf_counter() - started


def _choose(page, menu: str, command: str) -> None:
    page.locator("#jp-MainMenu .lm-MenuBar-itemLabel", has_text=menu).first.click()
    page.locator(f"li[data-command='{command}']").click()


def problems(page) -> list[str]:
    """Return what a student should not see: error outputs, dialogs, pop-ups, requests to other hosts."""
    mime = "application/vnd.jupyter."
    errors = page.locator(f"{CELL} [data-mime-type='{mime}error']").all_text_contents()
    # A finished progress bar of tqdm leaves a line of blanks.
    warnings = filter(str.strip, page.locator(f"{CELL} [data-mime-type='{mime}stderr']").all_text_contents())
    dialogs = page.locator(".jp-Dialog, .Toastify__toast").all_text_contents()
    return [f"{kind}: {text}" for kind, texts in (("error", errors), ("warning", warnings), ("pop-up", dialogs),
                                                  ("request to another host", page.refused)) for text in texts]


def picture_under(page, control) -> str:
    """Return the picture (a data address) under a control of ``plots.explore``."""
    return control.locator("xpath=ancestor::div[contains(@class, 'widget-interact')]").locator(
        ".jp-OutputArea img").last.get_attribute("src")


def move_slider(page, number: int = 0, seconds: float = 30) -> tuple[str, str]:
    """Move a slider to its end (and, if that changes nothing, its beginning); return the pictures before and after."""
    slider = page.locator(SLIDER).nth(number)
    slider.scroll_into_view_if_needed()
    before = after = picture_under(page, slider)
    slider.focus()
    for key in ("End", "Home"):
        slider.press(key)
        deadline = time.monotonic() + seconds
        while after == before and time.monotonic() < deadline:
            page.wait_for_timeout(100)
            after = picture_under(page, slider)
        if after != before:
            break
    return before, after


def first_picture(notebook: Path) -> tuple[float, float]:
    """Return the seconds from the start of a kernel to its first picture, and the processor seconds of the kernel."""
    import psutil
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager

    cells = [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    started = time.perf_counter()
    manager.start_kernel(cwd=str(notebook.parent), env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        kernel = psutil.Process(manager.provisioner.pid)
        for source in cells:
            client.execute(source)
            while True:
                message = client.get_iopub_msg(timeout=120)
                if "image/png" in message["content"].get("data", {}):
                    return time.perf_counter() - started, sum(kernel.cpu_times()[:2])
                if message["msg_type"] == "error":
                    raise RuntimeError("\n".join(message["content"]["traceback"]))
                if message["content"].get("execution_state") == "idle":
                    break
        raise RuntimeError(f"{notebook.name} shows no picture.")
    except queue.Empty:
        raise RuntimeError(f"{notebook.name} was silent for two minutes.") from None
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def memory_of(process: subprocess.Popen) -> dict[str, float]:
    """Return the MiB in memory of JupyterLab's server and of all its kernels."""
    import psutil

    server = psutil.Process(process.pid)
    kernels = sum(child.memory_info().rss for child in server.children(recursive=True))
    return {"server": server.memory_info().rss / 2**20, "kernels": kernels / 2**20}


def walk(number: str, pictures: Path) -> list[str]:
    """Open a lesson, run it, move each of its sliders, look at it; return what a student should not meet."""
    (lesson,) = (CHECKOUT / "notebooks").glob(f"{number}_*.ipynb")
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        checkout = copy_course(Path(folder), *sorted((CHECKOUT / "notebooks").glob("[0-9][0-9]_*.ipynb")))
        with course_lab(checkout) as lab, browser.page(1440, 900) as page:
            page.goto(lab.url("lab" if number == "00" else f"lab/tree/notebooks/{lesson.name}"))
            wait_for_notebook(page, lesson.name)
            page.locator(".jp-TableOfContents .jp-tocItem").nth(3).wait_for(timeout=30_000)
            page.locator("#jp-main-statusbar", has_text="Mem:").wait_for(timeout=30_000)
            page.screenshot(path=pictures / f"{number}-opened.png")
            seconds = run_all(page)
            print(f"{lesson.name}: all cells in {seconds:.0f} s; MiB of memory {memory_of(lab.process)}")
            found = problems(page)
            for index in range(page.locator(SLIDER).count()):
                before, after = move_slider(page, index)
                print(f"slider {index + 1}: the picture under it {'changed' if after != before else 'STAYED'}")
                if before == after:
                    found.append(f"slider {index + 1} moves and the picture under it stays")
                page.screenshot(path=pictures / f"{number}-slider-{index + 1}.png")
            found += [problem for problem in problems(page) if problem not in found]
            for index, heading in enumerate(page.locator(".jp-TableOfContents .jp-tocItem-content").all()[1:12:5]):
                heading.click()
                page.wait_for_timeout(1500)
                page.screenshot(path=pictures / f"{number}-heading-{index + 1}.png")
            found += [f"script: {error}" for error in page.errors]
            shutil.copy(lab.log, pictures / f"{number}-lab.log")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="+", metavar="LESSON", help="two digits, such as 00")
    parser.add_argument("--pictures", type=Path, default=Path("build/lab-walk"), help="folder for the screenshots")
    parser.add_argument("--first-picture", action="store_true", help="measure only how long the first picture takes")
    options = parser.parse_args()
    found = []
    for number in options.lessons:
        if options.first_picture:
            total, busy = first_picture(next((CHECKOUT / "notebooks").glob(f"{number}_*.ipynb")))
            print(f"{number}: first picture {total:.1f} s after the start of the kernel ({busy:.1f} s of a processor)")
        else:
            found += [f"{number}: {problem}" for problem in walk(number, options.pictures)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
