"""Run a command under the system-call rules of a systemd unit, without systemd as PID 1.

python -m tests.deploy.sandbox deploy/kabinet.service COMMAND …

Covers what a hardened unit breaks a program with: SystemCallFilter=, RestrictAddressFamilies=,
MemoryDenyWriteExecute=, NoNewPrivileges= and an empty CapabilityBoundingSet=. Namespaces and
read-only folders are left to systemd.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4
SET_NO_NEW_PRIVS, DROP_CAPABILITY = 38, 24


class Comparison(ctypes.Structure):
    """libseccomp's ``scmp_arg_cmp``."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Every setting of a unit with its values, in their order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def members(group: str) -> Iterator[str]:
    """System calls of a group such as ``@system-service``, groups within it resolved."""
    if not group.startswith("@"):
        yield group
        return
    command = ["systemd-analyze", "syscall-filter", "--no-pager", group]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    for line in lines[1:]:
        if line.strip() and not line.strip().startswith("#"):
            yield from members(line.strip())


def allowed_calls(filters: list[str]) -> set[str]:
    """What SystemCallFilter= lines leave, the first of them a list of what is allowed."""
    allowed: set[str] = set()
    for line in filters:
        names = {name for group in line.lstrip("~").split() for name in members(group)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


class Filter:
    """One seccomp filter; several are stacked, as systemd does."""

    def __init__(self, default: int) -> None:
        self.library = ctypes.CDLL("libseccomp.so.2")
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action: int, name: str, *comparisons: Comparison) -> None:
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this architecture
            return
        array = (Comparison * len(comparisons))(*comparisons)
        code = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, len(comparisons), array
        )
        assert code == 0, (name, code)

    def load(self) -> None:
        assert self.library.seccomp_load(self.context) == 0


def confine(unit: Path) -> None:
    """Put this process under the rules of a unit."""
    settings = settings_of(unit)
    refused = ERRNO | getattr(errno, settings["SystemCallErrorNumber"][0])
    calls = Filter(refused)
    for name in allowed_calls(settings["SystemCallFilter"]):
        calls.rule(ALLOW, name)
    families = Filter(ALLOW)
    open_families = {
        getattr(socket, name) for name in settings["RestrictAddressFamilies"][0].split()
    }
    for family in set(range(64)) - open_families:
        families.rule(ERRNO | errno.EAFNOSUPPORT, "socket", Comparison(0, EQUAL, family, 0))
    memory = Filter(ALLOW)
    assert settings["MemoryDenyWriteExecute"] == ["yes"]
    both = PROT_WRITE | PROT_EXEC
    memory.rule(ERRNO | errno.EPERM, "mmap", Comparison(2, MASKED_EQUAL, both, both))
    for name in ("mprotect", "pkey_mprotect"):
        executable = Comparison(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC)
        memory.rule(ERRNO | errno.EPERM, name, executable)
    libc = ctypes.CDLL(None, use_errno=True)
    assert settings["CapabilityBoundingSet"] == [""]
    for capability in range(41):
        libc.prctl(DROP_CAPABILITY, capability, 0, 0, 0)
    assert libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    for rules in (memory, families, calls):
        rules.load()


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
