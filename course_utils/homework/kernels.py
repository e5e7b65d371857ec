"""Where a student's cells run: in a process of their own, with limits; or, for our own tests, in this one.

Both kinds have ``run(code)``, which returns the outputs of a cell, and ``ask(expression, values)``, which returns what
:func:`~course_utils.homework._wire.answer` says. The examiner needs nothing else.
"""

import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

import nbformat
from nbformat import NotebookNode

from course_utils.errors import EnvironmentProblem
from course_utils.homework import _wire
from course_utils.homework.sandbox import WORK, Sandbox

__all__ = ["InThisProcess", "JupyterKernel", "KernelStopped", "Limits", "failed_output"]

POLL_SECONDS = 0.1
LARGEST_MESSAGE = 16 * 2**20
GRACE_SECONDS = 5
MIB = 2**20
STOPPED = "KernelStopped"
SHOWN = ("text/plain", "image/png")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    cell_seconds, seconds : float
        Time for one cell, and for all.
    memory, disk : int
        MiB of memory of all its processes, and of files.
    processes : int
        Processes at a time.
    output : int
        KiB of outputs of all cells.
    """

    cell_seconds: float = 60
    seconds: float = 240
    memory: int = 3072
    disk: int = 256
    processes: int = 32
    output: int = 1024


class KernelStopped(Exception):
    """The kernel is gone; the message says why."""


def failed_output(kind: str, message: str, lines: list[str] | None = None) -> NotebookNode:
    """Return the output of a cell that stopped with an exception."""
    return nbformat.v4.new_output("error", ename=kind, evalue=message, traceback=lines or [f"{kind}: {message}"])


class InThisProcess:
    """Runs cells in this process: fast, and only for code that we wrote ourselves."""

    def __init__(self):
        self.namespace = {"__name__": "__main__"}

    def run(self, code: str) -> list[NotebookNode]:
        """Run a cell and return its outputs: one of what it printed, one if it stopped."""
        outputs, printed = [], io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "<cell>", "exec"), self.namespace)
        except Exception as error:
            outputs.append(failed_output(type(error).__name__, _wire.said(error).partition(": ")[2]))
        if printed.getvalue():
            outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue()))
        return outputs

    def ask(self, expression: str, values: str) -> str:
        """Return the value of an expression as JSON text."""
        with contextlib.redirect_stdout(io.StringIO()):
            return _wire.answer(expression, values, self.namespace)


class JupyterKernel:
    """An IPython kernel in a process tree of its own, watched from outside.

    Parameters
    ----------
    limits : Limits
        When one is passed, the kernel is stopped and :attr:`incident` says why.
    sandbox : Sandbox
        What the kernel may see.
    folder : pathlib.Path, optional
        Working folder where there is no sandbox, such as the student's own.

    Raises
    ------
    EnvironmentProblem
        If no kernel starts on this machine.
    """

    def __init__(self, limits: Limits, sandbox: Sandbox, folder: Path | None = None):
        import zmq
        from jupyter_client import KernelManager
        from jupyter_client.kernelspec import KernelSpec

        self.limits, self.incident, self.peak_mib = limits, "", 0.0
        self._printed, self._deadline = 0, time.monotonic() + limits.seconds
        self._runtime = Path(tempfile.mkdtemp(prefix="hw-", dir="/tmp" if os.path.isdir("/tmp") else None))
        self._runtime.chmod(0o700)
        self._scratch = self._runtime / "scratch"
        self._scratch.mkdir()
        connection = self._runtime / "kernel.json"
        command = sandbox.command(limits, self._runtime, connection)
        self._manager = KernelManager(connection_file=str(connection))
        if os.name == "posix":
            self._manager.transport = "ipc"
            self._manager.ip = sandbox.sockets(self._runtime)
        self._manager._kernel_spec = KernelSpec(argv=command, display_name="homework", language="python",
                                                interrupt_mode="message")
        self._manager.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self._manager.context.setsockopt(zmq.RCVHWM, 64)
        self._stop_watching, self._writable = threading.Event(), []
        try:
            self._manager.start_kernel(cwd=str(folder or self._scratch), env=sandbox.environment(self._scratch),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if sandbox.isolated:
                root = f"/proc/{self._inside()}/root"
                self._manager.ip = root + self._manager.ip
                self._writable = [f"{root}{place}" for place in (WORK, "/tmp", "/dev/shm")]
            self._client = self._manager.client()
            self._client.start_channels(stdin=False, hb=False)
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
            self._client.wait_for_ready(timeout=min(120, limits.seconds))
        except (RuntimeError, OSError) as error:
            self.close()
            raise EnvironmentProblem(f"No Python kernel started: {self.incident or error}",
                                     "run `course doctor`, and close other programs.") from error

    # --- watching

    def _pid(self) -> int | None:
        provisioner = self._manager.provisioner
        return getattr(provisioner, "pid", None)

    def _inside(self) -> int:
        """Return a process in the sandbox, as this side calls it: through it the sockets in there are reached."""
        import psutil

        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(psutil.Error):
                for process in psutil.Process(self._pid()).children():
                    if os.path.exists(f"/proc/{process.pid}/root{WORK}") and process.cmdline():
                        return process.pid
            time.sleep(0.02)
        raise OSError("the sandbox did not open")

    def _filled(self) -> tuple[int, int]:
        """Return files, folders among them, and bytes in what a sandbox can write to: they are memory."""
        files, written = 0, 0
        for place in self._writable:
            with contextlib.suppress(OSError):
                room = os.statvfs(place)
                files += room.f_files - room.f_ffree
                written += (room.f_blocks - room.f_bfree) * room.f_frsize
        return files, written

    def _watch(self) -> None:
        import psutil

        try:
            parent = psutil.Process(self._pid())
        except (psutil.Error, TypeError):
            return
        while not self._stop_watching.wait(POLL_SECONDS):
            memory, count = 0, 0
            try:
                for process in [parent, *parent.children(recursive=True)]:
                    with contextlib.suppress(psutil.Error):
                        memory += process.memory_info().rss
                        count += 1
            except psutil.Error:
                return
            files, written = self._filled()
            memory += written
            self.peak_mib = max(self.peak_mib, memory / MIB)
            if count > self.limits.processes + 4:      # bubblewrap's own, and the kernel
                self._stop(f"It started more than {self.limits.processes} processes")
            elif memory > self.limits.memory * MIB:
                self._stop(f"It used more than {self.limits.memory} MiB of memory")
            elif files > self.limits.disk * MIB / 4096:
                self._stop(f"It wrote more than {self.limits.disk} MiB, or too many files")
            elif _size(self._runtime, self.limits.disk * MIB) > self.limits.disk * MIB:
                self._stop(f"It wrote more than {self.limits.disk} MiB")
            elif time.monotonic() > self._deadline:
                self._stop(f"It ran longer than {self.limits.seconds:g} seconds")

    def _stop(self, reason: str) -> None:
        self.incident = self.incident or reason
        self._kill()

    def _kill(self) -> None:
        import psutil

        pid = self._pid()
        if pid is None:
            return
        with contextlib.suppress(psutil.Error, OSError):
            tree = psutil.Process(pid).children(recursive=True)
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL) if hasattr(os, "killpg") else None
            for process in tree:
                with contextlib.suppress(psutil.Error):
                    process.kill()

    # --- running

    def run(self, code: str) -> list[NotebookNode]:
        """Run a cell and return its outputs.

        A cell that takes too long is interrupted. Once the kernel is gone, every cell has one error as its output.
        """
        try:
            outputs, _ = self._execute(code, None)
        except KernelStopped as stopped:
            return [failed_output(STOPPED, str(stopped))]
        return outputs

    def ask(self, expression: str, values: str) -> str:
        """Return the value of an expression as JSON text; an error if the kernel does not answer."""
        ticket = secrets.token_hex(8)
        code = (f"__import__('course_utils.homework._wire').homework._wire.reply("
                f"{expression!r}, {values!r}, globals(), {ticket!r})")
        try:
            outputs, answer = self._execute(code, ticket)
        except KernelStopped as stopped:
            return json.dumps({"error": f"The kernel was stopped. {stopped}."})
        if answer is None:
            said = next((f"{one.ename}: {one.evalue}" for one in outputs if one.output_type == "error"), "")
            return json.dumps({"error": said[:_wire.LONGEST_TEXT] or "The notebook did not answer."})
        return answer

    def _execute(self, code: str, ticket: str | None) -> tuple[list[NotebookNode], str | None]:
        try:
            return self._executed(code, ticket)
        except KernelStopped:
            raise
        except Exception as error:      # a message that was made by hand: no signature, no such field, too deep
            self._stop("It sent a message that cannot be read")
            raise KernelStopped(self.incident) from error

    def _executed(self, code: str, ticket: str | None) -> tuple[list[NotebookNode], str | None]:
        if self.incident:
            raise KernelStopped(self.incident)
        message = self._client.execute(code, store_history=ticket is None, allow_stdin=False, stop_on_error=False)
        outputs, answer, interrupted, replied = [], None, 0.0, 0.0
        limit = time.monotonic() + self.limits.cell_seconds
        while True:
            now = time.monotonic()
            try:
                got = self._client.get_iopub_msg(timeout=0.2)
            except Empty:
                got = None
            if got is not None and got["parent_header"].get("msg_id") == message:
                kind = got["msg_type"]
                if kind == "status" and got["content"].get("execution_state") == "idle":
                    break
                payload = got["content"].get("data", {}).get(_wire.MIME) if kind == "display_data" else None
                if isinstance(payload, dict) and ticket and payload.get("ticket") == ticket:
                    answer = _checked_reply(payload.get("answer"))
                elif kind in ("stream", "display_data", "execute_result", "error"):
                    self._keep(outputs, got)
            if not self._alive():
                self.incident = self.incident or "It ended the kernel"
                raise KernelStopped(self.incident)
            if not replied and self._replied(message):
                replied = now
            if replied and now - replied > GRACE_SECONDS and got is None:
                self._stop("It sent an output that was too large")
            if now > limit and not interrupted:
                self._client.control_channel.send(self._client.session.msg("interrupt_request", {}))
                interrupted = now
            elif interrupted and now - interrupted > GRACE_SECONDS:
                self._stop(f"A cell ran longer than {self.limits.cell_seconds:g} seconds and could not be interrupted")
        if interrupted:
            outputs.append(failed_output("Timeout", f"The cell ran longer than {self.limits.cell_seconds:g} seconds."))
        return outputs, answer

    def _replied(self, message: str) -> bool:
        try:
            while True:
                if self._client.get_shell_msg(timeout=0)["parent_header"].get("msg_id") == message:
                    return True
        except Empty:
            return False

    def _alive(self) -> bool:
        process = getattr(self._manager.provisioner, "process", None)
        return process is not None and process.poll() is None

    def _keep(self, outputs: list[NotebookNode], message: dict) -> None:
        """Keep an output of a cell while there is room; text that follows text is joined."""
        self._printed += len(json.dumps(message["content"], default=str))
        if self._printed > self.limits.output * 1024:
            self._stop(f"It printed more than {self.limits.output} KiB")
            return
        try:
            output = nbformat.v4.output_from_msg(message)
        except (ValueError, KeyError):
            return
        if "data" in output:        # no script of a student on a page that the lecturer opens; a picture's width may hold one
            output.metadata = {}
            output.data = {kind: output.data[kind] for kind in SHOWN if kind in output.data}
        if outputs and output.output_type == "stream" == outputs[-1].output_type and output.name == outputs[-1].name:
            outputs[-1].text += output.text
        else:
            outputs.append(output)

    def close(self) -> None:
        """End the kernel and everything that it started, and remove its folder."""
        self._stop_watching.set()
        self._kill()
        if hasattr(self, "_client"):
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        with contextlib.suppress(Exception):
            self._manager.context.destroy(linger=0)
        with contextlib.suppress(RecursionError):
            shutil.rmtree(self._runtime, ignore_errors=True)
        if self._runtime.exists() and os.name == "posix":      # folders too deep, or closed, for Python
            subprocess.run(["chmod", "-R", "u+rwx", str(self._runtime)], stderr=subprocess.DEVNULL)
            subprocess.run(["rm", "-rf", str(self._runtime)], stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _checked_reply(text) -> str | None:
    """Return what the notebook sent if it has the form of an answer, else None: it may have been made by hand."""
    try:
        if not isinstance(text, str) or len(text) > 2 * _wire.MAX_BYTES:
            return None
        reply = json.loads(text)
        wanted = {"value": str} if "value" in reply else {"error": str}
        return text if all(isinstance(reply.get(key), kind) for key, kind in wanted.items()) else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _size(folder: Path, enough: int) -> int:
    """Return the bytes of the files in a folder; stop counting at ``enough``. A file counts for at least 4 KiB."""
    total, waiting = 0, [folder]
    while waiting and total <= enough:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        total += 4096
                    else:
                        total += max(4096, entry.stat(follow_symlinks=False).st_size)
                    if total > enough:
                        break
        except OSError:
            continue
    return total
