"""What a tree of processes costs: CPU seconds and proportional memory, by what each process is for."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# By the first word that its command line holds; a process of the graph that matches none is Ray's own.
KINDS = ("ingress", "gate", "transcriber", "recommender", "recorder", "haproxy")
CONTROL = "control plane"


@dataclass(frozen=True, slots=True)
class Usage:
    kind: str
    cpu_s: float
    pss_bytes: int


def usage(root: int) -> dict[int, Usage]:
    """Every process under `root`, itself included, by pid. One that ends meanwhile is left out."""
    found: dict[int, Usage] = {}
    for pid in tree(root):
        try:
            found[pid] = Usage(_kind(pid), _cpu_s(pid), _pss_bytes(pid))
        except (OSError, ValueError):
            continue
    return found


def tree(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            children[int(_stat(int(entry.name))[1])].append(int(entry.name))
        except (OSError, ValueError):
            continue
    found, ahead = [], [root]
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children[pid]
    return found


def cpu_by_kind(before: dict[int, Usage], after: dict[int, Usage]) -> dict[str, float]:
    """CPU seconds spent in between; a process that began in between counts from its start."""
    spent: dict[str, float] = defaultdict(float)
    for pid, now in after.items():
        spent[now.kind] += now.cpu_s - (before[pid].cpu_s if pid in before else 0.0)
    return dict(spent)


def pss_mb(processes: dict[int, Usage]) -> float:
    return sum(process.pss_bytes for process in processes.values()) / 2**20


def _kind(pid: int) -> str:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    if command.startswith("ray::ServeReplica:"):
        return next((kind for kind in KINDS if f":{kind}" in command), CONTROL)
    return "haproxy" if Path(command.split(" ", 1)[0]).name == "haproxy" else CONTROL


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _stat(pid: int) -> list[str]:
    """The fields after the command's name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _pss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
