"""Set the limits that the system itself enforces, then become an IPython kernel. Runs before the student's code.

Called by its path with: MiB of the largest file, bytes of address space, connection file.
"""

import sys

__all__ = ["main"]


def main(largest_file: str, address_space: str, connection: str) -> None:
    """Limit this process and everything that it will start, and run the kernel."""
    try:
        import resource
    except ImportError:     # Windows has none
        pass
    else:
        limits = {"RLIMIT_FSIZE": int(largest_file) * 2**20, "RLIMIT_AS": int(address_space), "RLIMIT_CORE": 0,
                  "RLIMIT_NOFILE": 1024, "RLIMIT_NPROC": 1024}
        for name, most in limits.items():
            kind = getattr(resource, name, None)
            if kind is None:
                continue
            _, hard = resource.getrlimit(kind)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            try:
                resource.setrlimit(kind, (most, most))
            except (ValueError, OSError):       # a system that does not know this limit; the watcher outside remains
                continue
    sys.path[0] = ""        # the folder of this file is not for the student's imports
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=["-f", connection])


if __name__ == "__main__":
    main(*sys.argv[1:])
