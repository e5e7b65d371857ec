"""What a stranger's notebook may see and use while it is graded.

With bubblewrap (https://github.com/containers/bubblewrap): no network, no process but its own, nothing to write but a
small scratch folder, and nothing to read but Python, the course's package and its weights; no other submission, no
gradebook, no source of a homework. Without it only the limits on time, memory, processes and files remain.
"""

import os
import platform
import shutil
import struct
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from course_utils import settings

__all__ = ["Sandbox", "find_sandbox"]

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache",
          "/etc/localtime", "/etc/mime.types", "/nix/store")
WORK = "/scratch"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "NUMBER_OF_PROCESSORS", "COURSE_PROFILE", "COURSE_CORPUS")
ADDRESS_SPACE = 24 * 2**30      # TensorFlow reserves far more than it uses; what it uses is watched
WARNING = ("No bubblewrap here, so the submissions run with your own rights: they can read your files and reach the network. "
           "Limits on time, memory, processes and files remain.\n"
           "Better: grade on Linux with the package bubblewrap installed, or in a virtual machine that holds nothing else.")


class Sandbox:
    """A way to start kernels.

    Parameters
    ----------
    program : str
        Path of bubblewrap; empty for none.
    trusted : bool
        For the student's own notebook on the student's own machine: no limit on files and processes is set.
    """

    def __init__(self, program: str = "", trusted: bool = False):
        self.program, self.trusted = program, trusted

    @property
    def isolated(self) -> bool:
        """Whether a submission sees nothing but what it should."""
        return bool(self.program)

    @property
    def warning(self) -> str:
        """What the lecturer should know before anything runs; empty if all is well."""
        return "" if self.isolated or self.trusted else WARNING

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the environment variables of a kernel: few, and none that holds a secret."""
        home = WORK if self.program else str(scratch)
        kept = dict(os.environ) if self.trusted else {name: os.environ[name] for name in KEPT if name in os.environ}
        if self.trusted:
            return kept
        kept |= dict.fromkeys(THREADS, "1")
        return kept | {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home, "IPYTHONDIR": f"{home}/.ipython",
                       "JUPYTER_CONFIG_DIR": f"{home}/.jupyter", "COURSE_BUILD": f"{home}/build",
                       "COURSE_CACHE": str(settings.cache_folder()), "TF_CPP_MIN_LOG_LEVEL": "3",
                       "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                       "PYTHONPATH": str(_package().parent) if self.program else os.environ.get("PYTHONPATH", "")}

    def command(self, limits, runtime: Path, connection: Path) -> list[str]:
        """Return the command that starts a kernel.

        Parameters
        ----------
        limits : Limits
            What the kernel may use.
        runtime : pathlib.Path
            Folder of its sockets, which it may write to.
        connection : pathlib.Path
            Its connection file, in that folder.
        """
        kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", str(connection)]
        if self.trusted:
            return kernel
        kernel = [sys.executable, str(Path(__file__).with_name("_limited.py")), str(limits.disk), str(ADDRESS_SPACE),
                  str(connection)]
        if not self.program:
            return kernel
        readable = [path for path in SYSTEM if os.path.exists(path)]
        readable += sorted({str(Path(sys.base_prefix).resolve()), sys.base_prefix, sys.prefix, str(_package())})
        cache = settings.cache_folder()
        readable += [str(cache)] if cache.is_dir() else []
        size = str(limits.disk * 2**20)
        words = [self.program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
                 "--hostname", "homework", "--unsetenv", "JPY_PARENT_PID", "--proc", "/proc", "--dev", "/dev",
                 "--size", size, "--tmpfs", "/dev/shm",
                 "--remount-ro", "/dev", "--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", WORK]
        for path in readable:
            words += ["--ro-bind", path, path]
        words += ["--ro-bind", str(connection), str(connection), "--remount-ro", "/", "--chdir", WORK]
        rules = _forbidden()
        if not rules:
            return [*words, *kernel]
        (runtime / "rules").write_bytes(rules)
        return ["/bin/sh", "-c", 'exec 9<"$0"; exec "$@"', str(runtime / "rules"), *words, "--seccomp", "9", *kernel]

    def sockets(self, runtime: Path) -> str:
        """Return the beginning of the sockets' paths, as the kernel calls them."""
        return f"{WORK}/.s" if self.program else str(runtime / "s")


def _forbidden() -> bytes:
    """Return a filter for the system that refuses memory which belongs to no process, and so would not be counted."""
    calls = {"x86_64": (0xC000003E, (319, 447, 29)), "aarch64": (0xC00000B7, (279, 447, 194))}.get(platform.machine())
    if calls is None:
        return b""
    machine, numbers = calls            # memfd_create, memfd_secret, shmget
    rows = [(0x20, 0, 0, 4), (0x15, 1, 0, machine), (0x06, 0, 0, 0), (0x20, 0, 0, 0), (0x35, len(numbers) + 1, 0, 0x40000000)]
    rows += [(0x15, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    rows += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001)]        # allowed; refused as EPERM
    return b"".join(struct.pack("=HBBI", *row) for row in rows)


def _package() -> Path:
    return Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def find_sandbox() -> Sandbox:
    """Return the best sandbox of this machine: bubblewrap if it is installed and works, else one without isolation."""
    program = shutil.which("bwrap")
    if program:
        try:
            tried = subprocess.run([program, "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"],
                                   capture_output=True, timeout=20)
            if tried.returncode == 0:
                return Sandbox(program)
        except (OSError, subprocess.SubprocessError):
            pass
    return Sandbox()
