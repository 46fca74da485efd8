"""What kind of file system a folder lies on: a disk of this machine, or one that machines share."""

from __future__ import annotations

from pathlib import Path

SHARED = (
    "nfs",
    "cifs",
    "smb",
    "ceph",
    "gluster",
    "lustre",
    "ocfs2",
    "gfs2",
    "9p",
    "virtiofs",
    "afs",
)
MOUNTS = Path("/proc/self/mountinfo")


def is_shared(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder lies on a network or cluster file system, as far as its kind tells.

    Args:
        mounts: in the form of ``/proc/self/mountinfo``; None: those of this process.
    """
    kind = find_kind(folder, MOUNTS.read_text(encoding="utf-8") if mounts is None else mounts)
    return kind.removeprefix("fuse.").startswith(SHARED)


def find_kind(folder: Path, mounts: str) -> str:
    """The kind of the file system whose mount point is the nearest above a folder."""
    nearest, kind = -1, ""
    resolved = folder.resolve()
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].replace("\\040", " "))
        # Of several mounts at one point the last one is seen.
        if resolved.is_relative_to(point) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), after.split()[0]
    return kind
