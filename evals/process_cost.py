"""A command or stages come in; their time, processor time, and memory or bytes written go out (Linux: reads /proc)."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.5  # between two looks at the memory; a look costs 2 ms a process


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu_seconds` is user and system time. `peak_bytes` is the proportional set size (PSS): shared pages count once, not once a process."""

    status: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    peak_resident_bytes: int  # the sum of resident sizes, as `top` shows them: shared pages count once for each process


def measure(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path | None = None) -> Cost:
    """Run a command to its end; what it prints goes to `log`."""
    started, peak, peak_resident = time.monotonic(), 0, 0
    with log.open("wb") as out, subprocess.Popen(command, env=dict(environment), stdout=out, stderr=out, cwd=folder) as process:
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            proportional, resident = memory(process.pid)
            peak, peak_resident = max(peak, proportional), max(peak_resident, resident)
            time.sleep(POLL_SECONDS)
    return Cost(process.returncode, time.monotonic() - started, usage.ru_utime + usage.ru_stime, peak, peak_resident)


def memory(root: int) -> tuple[int, int]:
    """Proportional and resident bytes of a process and all its descendants now."""
    proportional = resident = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:  # it ended meanwhile
            continue
        sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
        proportional += sizes.get("Pss", 0)
        resident += sizes.get("Rss", 0)
    return proportional, resident


def tree(root: int) -> set[int]:
    """A process and all its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()  # the name before ')' may hold spaces
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, grown = {root}, True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in found} - found
        found, grown = found | children, bool(children)
    return found


def written() -> int:
    """Bytes that this process has given the system to write, so far; what it wrote twice counts twice."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["wchar"])


class Watch:
    """Told what stage begins, or goes on, as `records.Progress`; knows what each took, and how much there was of it.

    `seconds` of the wall, `processor` of this process, `written` in bytes.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.written: dict[str, int] = {}
        self.of: dict[str, int] = {"judging": 0, "embedding": 0}
        self._stage, self._since = "", self._now()

    def __call__(self, stage: str, done: int, total: int) -> None:  # noqa: ARG002  # as the protocol has it
        """A stage begins or goes on, or with '' the last one ends."""
        now = self._now()
        if self._stage:
            for kept, after, before in zip((self.seconds, self.processor, self.written), now, self._since, strict=True):
                kept[self._stage] = kept.get(self._stage, 0) + after - before  # type: ignore[assignment, operator]
        self._stage, self._since, self.of[stage] = stage, now, total

    def told(self) -> str:
        """Every stage, wall (processor), and the sums."""
        stages = ", ".join(f"{stage} {self.seconds[stage]:.1f} ({self.processor[stage]:.1f})" for stage in self.seconds)
        return f"{stages} s; in all {sum(self.seconds.values()):.1f} ({sum(self.processor.values()):.1f}) s"

    @staticmethod
    def _now() -> tuple[float, float, int]:
        return time.perf_counter(), time.process_time(), written()
