"""``course bench``: one table that tells a maintainer that nothing got slower, as ratios of times taken in turn.

Seconds say more of a computer than of a change. So each row compares what the course does with something else in the same
run, such as the processor's own limit, another library, or the obvious way; a round times both, one after the other, and the
row is the median of the rounds. A row is never lost: it is measured, left out for a reason that is told, or failed.
"""

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils import assets, settings
from course_utils.errors import CourseError

__all__ = ["LeftOut", "Measure", "Outcome", "UnknownRow", "broken", "cores", "markdown", "measure", "run", "select", "write"]

ROUNDS, QUICK_ROUNDS = 7, 2
BUSY = 0.5                          # average number of programs that want a core, above which it is told
HEADINGS = ("Row", "What, compared with what", "Ratio", "Spread", "Bound", "")


class UnknownRow(CourseError):
    """A row was asked for that the table does not have."""


class LeftOut(CourseError):
    """A row cannot be measured here, and that is nobody's fault: another processor, an extra that is not installed."""


@dataclass(frozen=True)
class Measure:
    """A row of the table before it is measured.

    Attributes
    ----------
    name, group : str
        Either selects it.
    what : str
        What is divided by what, for a reader.
    run : callable
        Takes the number of rounds and returns a ratio for each, or raises :class:`LeftOut`.
    lower, upper : float, optional
        What the median must hold.
    unit : str
        Behind the number: ``"×"``, ``""`` for a share, ``"s"``.
    """

    name: str
    group: str
    what: str
    run: Callable[[int], Sequence[float]]
    lower: float | None = None
    upper: float | None = None
    unit: str = "×"

    @property
    def bound(self) -> str:
        """The bounds as text, such as ``"≥ 1.8 ×"``."""
        sides = [(sign, side) for sign, side in (("≥", self.lower), ("≤", self.upper)) if side is not None]
        return " and ".join(f"{sign} {self.number(side)}" for sign, side in sides) or "–"

    def number(self, value: float) -> str:
        """A ratio as text."""
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f} {self.unit}".strip()


@dataclass(frozen=True)
class Outcome:
    """A row of the table after it was measured, left out or failed.

    Attributes
    ----------
    measure : Measure
        The row.
    ratios : tuple of float
        One for each round; empty unless it was measured.
    left_out, failed : str
        Why there is no number.
    """

    measure: Measure
    ratios: tuple[float, ...] = ()
    left_out: str = ""
    failed: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """``"ok"``, ``"BEHIND"``, ``"FAILED"`` or ``"left out"``."""
        if self.failed:
            return "FAILED"
        if not self.ratios:
            return "left out"
        low = -float("inf") if self.measure.lower is None else self.measure.lower
        high = float("inf") if self.measure.upper is None else self.measure.upper
        return "ok" if low <= self.median <= high else "BEHIND"     # NaN is neither: it is behind

    def cells(self) -> tuple[str, ...]:
        """The cells of the table, in the order of its headings."""
        number = self.measure.number
        found = "–", "–"
        if self.ratios:
            found = number(self.median), f"{number(min(self.ratios))} to {number(max(self.ratios))}"
        return self.measure.name, self.measure.what, *found, self.measure.bound, self.verdict

    @property
    def note(self) -> str:
        """One line that says why there is no number; empty where there is one."""
        reason = self.failed or self.left_out
        return f"{self.measure.name}: {' '.join(reason.split())}" if reason else ""


def select(rows: Sequence[Measure], names: Sequence[str]) -> list[Measure]:
    """Return the rows with these names or of these groups, in the order of the table, or all.

    Raises
    ------
    UnknownRow
        If there is no such row or group. Nothing has been measured then.
    """
    known: dict[str, list[Measure]] = {}
    for row in rows:
        for name in {row.name, row.group}:
            known.setdefault(name, []).append(row)
    if unknown := [name for name in names if name not in known]:
        groups = ", ".join(dict.fromkeys(row.group for row in rows))
        raise UnknownRow(f"There is no row or group {', '.join(unknown)}.",
                         f"a group ({groups}), or one of the rows {', '.join(row.name for row in rows)}.")
    chosen = {row.name for name in names for row in known[name]}
    return [row for row in rows if not names or row.name in chosen]


def measure(rows: Sequence[Measure], rounds: int, tell: Callable[[str], None] = lambda line: None) -> list[Outcome]:
    """Measure each row and return as many outcomes as there are rows; one that fails does not end the others.

    Parameters
    ----------
    rows : sequence of Measure
        What to measure.
    rounds : int
        How often, each.
    tell : callable
        Gets a line before each row, for somebody who waits.
    """
    outcomes = []
    for number, row in enumerate(rows, 1):
        tell(f"{number}/{len(rows)}  {row.name}: {row.what}")
        try:
            ratios = tuple(float(ratio) for ratio in row.run(rounds))
            outcomes.append(Outcome(row, ratios) if ratios else Outcome(row, failed="it measured nothing"))
        except LeftOut as reason:
            outcomes.append(Outcome(row, left_out=str(reason)))
        except Exception as error:  # whatever it is, the table tells it: a row must not vanish
            outcomes.append(Outcome(row, failed=f"{type(error).__name__}: {error}"))
        settings.release_memory()
    return outcomes


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return the table as Markdown, and below it a line for each row without a number."""
    rows = [HEADINGS, *(outcome.cells() for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"- {outcome.note}" for outcome in outcomes if outcome.note]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def broken(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the names of the rows that are behind their bound, or failed."""
    return [outcome.measure.name for outcome in outcomes if outcome.verdict in ("BEHIND", "FAILED")]


def write(outcomes: Sequence[Outcome], rounds: int) -> Path:
    """Write ``bench.md`` and ``bench.json`` into the build folder and return the first."""
    from importlib import metadata

    folder = settings.build_folder()
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"processor": _processor(), "cores": cores(), "python": platform.python_version(),
               "tensorflow": metadata.version("tensorflow"), "rounds": rounds}
    rows = [{"name": one.measure.name, "group": one.measure.group, "what": one.measure.what, "ratios": list(one.ratios),
             "median": one.median if one.ratios else None, "lower": one.measure.lower, "upper": one.measure.upper,
             "unit": one.measure.unit, "verdict": one.verdict, "note": one.note} for one in outcomes]
    header = ", ".join(f"{name}: {value}" for name, value in machine.items())
    path = folder / "bench.md"
    assets.write_atomically(path, f"# Is anything slower?\n\n{header}\n\n{markdown(outcomes)}\n".encode())
    content = json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n"
    assets.write_atomically(folder / "bench.json", content.encode())
    return path


def _load() -> float:
    """Return how many programs wanted a core in the last minute; 0 where nobody counts them."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):   # Windows
        return 0.0


def cores() -> int:
    """Return how many cores this process may use, in a container often fewer than the computer has."""
    from joblib import cpu_count

    return cpu_count()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def run(names: Sequence[str], quick: bool, check: bool) -> int:
    """Measure, print and write the table; return 1 if ``check`` is asked for and a row is behind or failed, else 0."""
    from course_utils.cli import bench_rows

    os.environ["TQDM_DISABLE"] = "1"    # progress bars of each round would be many
    rounds, load = QUICK_ROUNDS if quick else ROUNDS, _load()
    chosen = select(bench_rows.rows(), names)
    outcomes = measure(chosen, rounds, lambda line: print(line, file=sys.stderr, flush=True))
    print(markdown(outcomes))
    if load > BUSY:
        print(f"\nWhen this began, {load:.1f} other programs wanted a core. On a busy computer ratios scatter: repeat it idle.")
    print(f"\nWritten to {write(outcomes, rounds)}.")
    behind = broken(outcomes)
    if behind:
        print(f"Behind: {', '.join(behind)}.", file=sys.stderr)
    return int(bool(behind and check))
