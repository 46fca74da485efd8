"""Where a document is laid out: by the helper process while there is one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.web.pdf_responses import SECONDS, lay_out


class Helper:
    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked: list[tuple[str, str, int]] = []

    def lay_out(self, html: str, title: str, max_seconds: int) -> bytes | None:
        self.asked.append((html, title, max_seconds))
        return self.content


@pytest.mark.parametrize("content", [b"%PDF-helper", None], ids=["there", "gone"])
def test_the_helper_is_asked_and_done_without_where_it_is_gone(
    make_app: Callable[..., Flask], content: bytes | None
) -> None:
    app = make_app()
    helper = app.extensions["pdf_helper"] = Helper(content)
    with app.app_context():
        made = lay_out("<p>Счет</p>", "Счет")
    assert helper.asked == [("<p>Счет</p>", "Счет", SECONDS)]
    assert made.startswith(content or b"%PDF-1")
