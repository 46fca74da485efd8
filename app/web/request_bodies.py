"""Limit the size of request bodies before anything parses them.

Small bodies are read whole before the application looks at the request, so that a slow client holds
no database session, and what is too large is refused on every route alike. Only a multipart form of
somebody who may send files, or a billing batch, is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO

from flask import Flask, Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_content_length

from app.web import batch_uploads, uploads
from app.web.permissions import is_permitted
from config import Config

SMALL_BODY = 1_000_000
FIELD_BYTES = 500_000
"""Of one text field of a multipart form, and of a whole urlencoded one: the longest text that
staff write is 60 000 Cyrillic characters, six bytes each. The parser holds them in memory."""
UPLOAD_PARTS = 60
DISCARD = 110_000_000
"""How much of a refused body is read, as much as any form may have: a client that is still sending
would lose the answer, or the reverse proxy would."""
BLOCK = 64 * 1024


def flask_settings() -> dict[str, object]:
    """Limits of bodies that need nobody's permission."""
    return {
        "MAX_CONTENT_LENGTH": SMALL_BODY,
        "MAX_FORM_MEMORY_SIZE": FIELD_BYTES,
        "MAX_FORM_PARTS": 200,
    }


def init_app(app: Flask, config: Config) -> None:
    """Limit the body of every request; before every other request hook."""

    @app.before_request
    def limit_body() -> None:
        length = get_content_length(request.environ)
        if length is None and "wsgi.input_terminated" not in request.environ:
            return
        is_large = length is None or length > SMALL_BODY
        if is_large and _may_stream(app, config):
            g.is_streamed = True
            return
        if length is not None and is_large:
            _discard(length)
            raise RequestEntityTooLarge
        _read_whole(length)

    @app.after_request
    def read_the_rest(response: Response) -> Response:
        # What a view refuses before it reads the form: bad token, no access, a full disk.
        if g.pop("is_streamed", False):
            _discard(get_content_length(request.environ))
        return response


def _may_stream(app: Flask, config: Config) -> bool:
    """Whether the sender may send much to this route; cookies and headers are all that is asked."""
    view = app.view_functions.get(request.endpoint or "")
    if getattr(view, "accepts_batch", False):
        return batch_uploads.may_send()
    is_form = request.mimetype == "multipart/form-data"
    if not is_form or not getattr(view, "accepts_files", False) or not is_permitted(view):
        return False
    request.max_content_length = uploads.largest_body(config)
    request.max_form_parts = UPLOAD_PARTS
    return True


def _read_whole(length: int | None) -> None:
    environ = request.environ
    body = b"".join(_blocks(SMALL_BODY + 1))
    if len(body) > SMALL_BODY:
        _discard(length)
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise ClientDisconnected
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _discard(length: int | None) -> None:
    """Read what is left and forget it; of a body that has no end in sight nothing, or not all."""
    if length is None or length <= DISCARD:
        with suppress(HTTPException, OSError):
            for _ in _blocks(DISCARD):
                pass


def _blocks(limit: int) -> Iterator[bytes]:
    """The body as it arrives, up to ``limit`` bytes."""
    stream: IO[bytes] = request.environ["wsgi.input"]
    if "wsgi.input_terminated" not in request.environ:
        limit = min(limit, get_content_length(request.environ) or 0)
    while limit > 0 and (block := stream.read(min(BLOCK, limit))):
        limit -= len(block)
        yield block
