"""A folder of this machine, or one that several machines share."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.lib.file_systems import find_kind, is_shared

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:50 / /srv/files rw shared:9 - nfs4 10.0.0.9:/files rw,vers=4.2
31 22 0:51 / /srv/my\\040files rw - fuse.glusterfs gluster:/kabinet rw
32 30 254:1 / /srv/files/local rw - xfs /dev/vdb rw
"""


@pytest.mark.parametrize(
    ("folder", "kind", "is_for_all"),
    [
        ("/var/lib/kabinet/files", "ext4", False),
        ("/srv/files/kabinet", "nfs4", True),
        ("/srv/files", "nfs4", True),
        ("/srv/files/local/x", "xfs", False),
        ("/srv/my files/x", "fuse.glusterfs", True),
        ("/srv/files2", "ext4", False),
    ],
)
def test_the_nearest_mount_decides(folder: str, kind: str, is_for_all: bool) -> None:
    assert find_kind(Path(folder), MOUNTS) == kind
    assert is_shared(Path(folder), MOUNTS) is is_for_all


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert is_shared(tmp_path) in (True, False)
