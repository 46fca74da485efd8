"""Static text compressed as far as it goes, once for each version.

Pages are compressed anew for every answer, so quickly; style sheet and scripts are what a first
visit waits for and never change, so they are worth the 60 ms that they take once.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import brotli
from flask import Flask, request
from flask.wrappers import Response

from app.lib.static_files import COMPRESSED, strip_comments

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.compress,
    "zstd": lambda content: zstd.compress(content, 19),
    "gzip": lambda content: gzip.compress(content, mtime=0),
}
"""The smallest first."""


def init_app(app: Flask) -> None:
    """Register after the extension that compresses pages, so as to come before it."""
    app.after_request(compress_static)


def compress_static(response: Response) -> Response:
    """Replace the content of a style sheet or a script by the smallest form that is accepted."""
    if request.endpoint != "static" or response.status_code != 200 or request.method != "GET":
        return response
    name = (request.view_args or {})["filename"]
    accepted = request.accept_encodings
    encoding = next((found for found in _COMPRESSORS if accepted[found] > 0), None)
    if Path(name).suffix not in COMPRESSED or encoding is None:
        return response
    response.direct_passthrough = False
    version = response.headers.get("ETag", "")
    response.set_data(_compress(encoding, version, strip_comments(name, response.get_data())))
    response.headers["Content-Encoding"] = encoding
    response.vary.add("Accept-Encoding")
    response.headers["ETag"] = f"W/{version.removeprefix('W/')}"
    return response


@lru_cache(maxsize=32)
def _compress(encoding: str, version: str, content: bytes) -> bytes:
    """Compress once; ``version`` stands for the file, two that are equal share the result."""
    return _COMPRESSORS[encoding](content)
