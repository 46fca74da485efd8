"""Work that nobody has to wait for: by the worker, or after the answer."""

from __future__ import annotations

from collections.abc import Callable

from flask import after_this_request, current_app
from flask.wrappers import Response


def do_later(task: str, work: Callable[[], None]) -> None:
    """Have the worker do its task; without one the work is done when the answer has been sent."""
    if later := current_app.extensions.get(task):
        later()
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def leave(response: Response) -> Response:
        def do() -> None:
            with app.app_context():
                work()

        response.call_on_close(do)
        return response
