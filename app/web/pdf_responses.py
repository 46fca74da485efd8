"""Lay out PDFs for browsers: rate-limited by account, two at a time on a machine.

A web server and a worker have a helper process for it; what else runs does it itself.
"""

from __future__ import annotations

import gc
from typing import cast

from flask import Flask, current_app

from app.actions import rate_limits
from app.domain.rate_limits import LimitedAction
from app.extensions import db
from app.integrations.pdf_process import PdfHelper
from app.lib.file_locks import hold_one_of
from app.queries.contracts import VisibleContract
from app.web.context import clock, config
from app.web.policies import pdf_limits
from app.web.session import current_browser, current_clerk, is_staff

LOCKS = ("pdf-1", "pdf-2")
QUEUE = tuple(f"queue-{number}" for number in range(1, 7))
"""Waiting requests, each holding a web-server thread; further ones are refused."""
WAIT = 20
"""Seconds; a short document takes a fraction of one."""
SECONDS = 60
"""After these a document is given up."""
JOB_WAIT = 600
JOB_SECONDS = 1800


def start_helper(app: Flask) -> None:
    """Start the process that lays out PDFs; not after a thread has been started."""
    if "pdf_helper" not in app.extensions:
        # What the collector does not look at stays unwritten, and so shared.
        gc.freeze()
        app.extensions["pdf_helper"] = PdfHelper.start()


def hit_pdf_limit(contract: VisibleContract) -> None:
    """Count a document that is about to be laid out.

    Raises:
        TooManyAttemptsError: this account had too many in the last minute.
    """
    browser = current_browser()
    rate_limits.hit(
        db.session(),
        LimitedAction.PDF,
        _asker(contract),
        browser.address,
        pdf_limits(),
        clock().now(),
        succeeded=True,
    )


def _asker(contract: VisibleContract) -> str:
    if is_staff():
        return f"staff:{current_clerk().staff_id}"
    return f"account:{contract.viewer.account_id}"


def lay_out(html: str, title: str) -> bytes:
    """The document, when one of the two places is free.

    Raises:
        AllLocksHeldError: too many wait already, or none became free in time.
    """
    folder = config().instance_dir / "locks"
    with hold_one_of(folder, QUEUE, 0), hold_one_of(folder, LOCKS, WAIT):
        return _render(html, title, SECONDS)


def lay_out_in_background(html: str, title: str) -> bytes:
    """The same for the worker: it may take long, and leaves one place to those who wait."""
    with hold_one_of(config().instance_dir / "locks", LOCKS[:1], JOB_WAIT):
        return _render(html, title, JOB_SECONDS)


def _render(html: str, title: str, max_seconds: int) -> bytes:
    helper = cast("PdfHelper | None", current_app.extensions.get("pdf_helper"))
    content = helper.lay_out(html, title, max_seconds) if helper else None
    if content is not None:
        return content
    from app.integrations.pdf import render_pdf  # noqa: PLC0415 - heavy

    return render_pdf(html, title, max_seconds)
