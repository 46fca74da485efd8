"""Text messages as files, for work on a laptop."""

from __future__ import annotations

from pathlib import Path

from app.integrations.outbox_folder import write_outbox_file


class FileSms:
    """Writes each message to ``INSTANCE_DIR/outbox``."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    def send(self, phone: str, text: str) -> str:
        content = f"Кому: {phone}\n\n{text}\n".encode()
        return write_outbox_file(self._outbox, "sms", phone, ".txt", content)
