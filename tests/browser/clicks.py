"""Count what a person does on a page: presses of the mouse, choices from lists, files chosen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

_LISTEN = """() => document.addEventListener(
    "pointerdown", event => event.isTrusted && window.countPress(), true)"""


class Clicks:
    """Counts trusted presses in a window, from the page that is open now on."""

    def __init__(self, page: Page) -> None:
        self.count = 0
        page.expose_function("countPress", self._press)
        page.add_init_script(f"({_LISTEN})()")
        page.evaluate(_LISTEN)

    def _press(self, *_: Any) -> None:
        self.count += 1

    def choose(self, list_: Locator, label: str) -> None:
        """Choose from a list: Playwright does it without a press."""
        self.count += 1
        list_.select_option(label=label)

    def attach(self, field: Locator, name: str, content: bytes) -> None:
        """Choose a file: the press that opens the window for it."""
        self.count += 1
        field.set_input_files([{"name": name, "mimeType": "application/pdf", "buffer": content}])
