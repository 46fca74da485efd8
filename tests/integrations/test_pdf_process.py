"""PDFs made by a helper process: the same documents, and no harm where it fails."""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.integrations.pdf_process import LONG, LayoutEndedError, LayoutError, PdfHelper

SECONDS = 60


@pytest.fixture
def helper() -> Iterator[PdfHelper]:
    helper = PdfHelper.start()
    yield helper
    helper.close()
    wait_until_ended(helper.pid)


def wait_until_ended(pid: int) -> None:
    end = time.monotonic() + SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < end, "the helper goes on"
        time.sleep(0.02)


def document(text: str, paragraphs: int = 1) -> str:
    style = "body { font-family: notosans }"
    body = "".join(f"<p>{text} {number}</p>" for number in range(paragraphs))
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def text_of(content: bytes | None) -> str:
    assert content is not None
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


LONG_DOCUMENT = document("Справка о расчетах за электрическую энергию", 700)


def test_short_and_long_documents_come_whole(helper: PdfHelper) -> None:
    assert len(LONG_DOCUMENT.encode()) > LONG
    assert "Счет 0" in text_of(helper.lay_out(document("Счет"), "Счет", SECONDS))
    assert "энергию 699" in text_of(helper.lay_out(LONG_DOCUMENT, "Справка", SECONDS))


def test_each_of_many_threads_gets_its_own_document(helper: PdfHelper) -> None:
    def ask(number: int) -> str:
        return text_of(helper.lay_out(document(f"Счет {number},"), "Счет", SECONDS))

    with ThreadPoolExecutor(6) as pool:
        texts = list(pool.map(ask, range(12)))
    assert [f"Счет {number}, 0" in text for number, text in enumerate(texts)] == [True] * 12


@pytest.mark.parametrize("html", [document("Счет"), LONG_DOCUMENT], ids=["short", "long"])
def test_a_document_that_takes_too_long_says_so_and_the_next_is_made(
    helper: PdfHelper, html: str
) -> None:
    with pytest.raises(LayoutError, match="longer than"):
        helper.lay_out(html, "Справка", 0)
    assert helper.lay_out(document("Счет"), "Счет", SECONDS)


def test_a_helper_that_is_gone_answers_nothing() -> None:
    helper = PdfHelper.start()
    os.kill(helper.pid, signal.SIGKILL)
    wait_until_ended(helper.pid)
    assert helper.lay_out(document("Счет"), "Счет", SECONDS) is None
    helper.close()


@pytest.mark.parametrize("html", [document("Счет"), LONG_DOCUMENT], ids=["short", "long"])
def test_a_helper_that_is_killed_over_a_document_leaves_a_short_one_to_who_asks(html: str) -> None:
    helper = PdfHelper.start()
    os.kill(helper.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(helper.lay_out, html, "Счет", SECONDS)
        # Nothing tells that it has been sent: a stopped helper takes nothing.
        time.sleep(0.5)
        os.kill(helper.pid, signal.SIGKILL)
        wait_until_ended(helper.pid)
        if html == LONG_DOCUMENT:
            with pytest.raises(LayoutEndedError):
                asked.result(SECONDS)
        else:
            assert asked.result(SECONDS) is None
    helper.close()


def test_it_goes_on_when_its_terminal_is_interrupted(helper: PdfHelper) -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        os.kill(helper.pid, number)
    assert helper.lay_out(document("Счет"), "Счет", SECONDS)


def test_it_holds_no_socket_and_no_file_of_the_process_that_started_it(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb"), socket.create_server(("127.0.0.1", 0)):
        helper = PdfHelper.start()
        assert helper.lay_out(document("Счет"), "Счет", SECONDS)
        held = {int(path.name) for path in Path(f"/proc/{helper.pid}/fd").iterdir()}
    assert held == {0, 1, 2, 3}
    helper.close()
    wait_until_ended(helper.pid)


def test_a_long_document_leaves_no_memory_in_use(helper: PdfHelper) -> None:
    helper.lay_out(document("Счет"), "Счет", SECONDS)
    before = most_memory(helper.pid)
    helper.lay_out(LONG_DOCUMENT, "Справка", SECONDS)
    # The text itself passes through, a few times; its layout is a hundred times as large.
    assert most_memory(helper.pid) - before < 3_000


def most_memory(pid: int) -> int:
    """Peak of a process, KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
