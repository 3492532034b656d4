"""What this process gives up, through the kernel, before it touches anything untrusted. Linux; best effort by design.

Each function returns whether it took hold, so that a test and an operator can see what protects a machine.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

_NOBODY = 65534
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000

# Landlock (linux/landlock.h), the rights of its first version.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_ALL_RIGHTS = (1 << 13) - 1
_FILE_RIGHTS = 1 | 1 << 1 | 1 << 2  # execute, write, read: what may be asked of a path that is not a folder
_PR_SET_NO_NEW_PRIVS = 38


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def leave_network() -> bool:
    """Move to a network namespace with nothing in it. Needs root, or unprivileged user namespaces."""
    libc = _libc()
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def drop_root(must_read: Path) -> bool:
    """Become `nobody` for good, when running as root and `nobody` can read the file and the interpreter."""
    needed = (must_read, Path(sys.prefix), Path(sys.base_prefix))
    if os.geteuid() != 0 or not all(map(_world_readable, needed)):
        return os.geteuid() != 0
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)
    return True


def _world_readable(path: Path) -> bool:
    folders_open = all(folder.stat().st_mode & 0o001 for folder in path.parents)
    return folders_open and bool(path.stat().st_mode & 0o004)


def runtime_folders() -> list[Path]:
    """What the interpreter and its libraries read."""
    found = {
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(__file__).parents[2],
        Path("/usr"),
        Path("/lib"),
        Path("/lib64"),
    }
    found |= {Path("/etc/localtime"), Path("/usr/share/zoneinfo"), Path("/proc"), Path("/sys"), Path("/dev/null")}
    return sorted(path for path in found if path.exists())


def restrict_files(readable: Sequence[Path], writable: Sequence[Path]) -> bool:
    """Landlock: from here on, this process reads only `readable` and writes only `writable`, and what is in them."""
    libc = _libc()
    rights = struct.pack("Q", _ALL_RIGHTS)
    ruleset = libc.syscall(_CREATE_RULESET, rights, len(rights), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(libc, ruleset, path, _READ_FILE | _READ_DIR)
        for path in writable:
            _allow(libc, ruleset, path, _ALL_RIGHTS)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not path.is_dir():
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, fd)
        libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(fd)
