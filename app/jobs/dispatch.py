"""Run work that nobody has to wait for: in the worker, or after the response."""

from __future__ import annotations

from collections.abc import Callable

from flask import after_this_request, current_app
from flask.wrappers import Response


def run_after_response(task: str, work: Callable[[], None]) -> None:
    """Enqueue a task for the worker; without one, run it when the response has been sent."""
    if enqueue := current_app.extensions.get(task):
        enqueue()
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def run_when_sent(response: Response) -> Response:
        def run_work() -> None:
            with app.app_context():
                work()

        response.call_on_close(run_work)
        return response
