"""Static files come from the reverse proxy, packed, as the portal itself would send them."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from app.lib.static_files import strip_comments, version_of
from config import ROOT
from tests.conftest import need
from tests.proxy.clients import Answer, ask
from tests.proxy.servers import Servers, caddy_version

STYLE = ROOT / "static/site.css"
VERSIONED = f"/static/site.css?v={version_of(STYLE)}"
# What else the portal says is of no consequence for a file under its version.
SAME = (
    *("cache-control", "content-security-policy", "content-type", "cross-origin-opener-policy"),
    *("cross-origin-resource-policy", "permissions-policy", "referrer-policy", "vary"),
    *("x-content-type-options", "x-frame-options"),
)


@pytest.fixture(scope="module")
def servers(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    need(bool(caddy_version()), "caddy")
    folder = tmp_path_factory.mktemp("static")
    shutil.copy(empty_database, folder / "kabinet.sqlite3")
    servers = Servers(folder, "")
    servers.start_gunicorn()
    with servers.caddy():
        yield servers
    servers.stop_gunicorn()
    assert servers.listener is not None
    servers.listener.close()


def is_from_the_portal(answer: Answer) -> bool:
    return "x-request-id" in answer.headers


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
@pytest.mark.parametrize("name", ["site.css", "vendor/htmx-4.0.1.min.js", "manual/home.png"])
def test_a_file_of_its_version_is_the_portals_file_with_its_headers(
    servers: Servers, name: str, encoding: str
) -> None:
    file = ROOT / "static" / name
    path = f"/static/{name}?v={version_of(file)}"
    packed = ask(servers.tls_port, path, Accept_Encoding=encoding)
    ours = ask(servers.port, path, tls=False, Accept_Encoding=encoding)
    assert not is_from_the_portal(packed)
    assert is_from_the_portal(ours)
    for header in SAME:
        assert packed.headers[header] == ours.headers[header], header
    assert packed.headers["strict-transport-security"]
    assert "server" not in packed.headers
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    written = packed.headers.get("content-encoding", [None])[0]
    content = file.read_bytes()
    assert unpack[written](packed.body) == (strip_comments(name, content) if written else content)
    assert written == (None if file.suffix == ".png" or encoding == "identity" else encoding)


def test_a_packed_file_is_asked_for_again_by_its_etag(servers: Servers) -> None:
    etag = ask(servers.tls_port, VERSIONED).headers["etag"][0]
    again = ask(servers.tls_port, VERSIONED, If_None_Match=etag)
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/site.css", 200),
        ("/static/site.css?v=00000000", 200),
        ("/static/site.css?v=..%2F..%2Fdeploy%2Ferrors", 200),
        ("/static/nowhere.css?v=00000000", 404),
        (f"/static/?v={version_of(STYLE)}", 404),
        (f"/static/..%2Fsite.css?v={version_of(STYLE)}", 404),
        ("/static/fonts/NotoSans-Regular-subset.ttf", 200),
    ],
)
def test_what_is_not_packed_is_asked_of_the_portal(
    servers: Servers, path: str, status: int
) -> None:
    answer = ask(servers.tls_port, path)
    assert (answer.status, is_from_the_portal(answer)) == (status, True)


def test_nothing_is_written_to_a_packed_file(servers: Servers) -> None:
    answer = ask(servers.tls_port, VERSIONED, "POST", "x=1")
    assert (answer.status, is_from_the_portal(answer)) == (405, True)


def test_the_file_of_before_an_upgrade_is_not_taken_for_the_new_one(servers: Servers) -> None:
    packed = servers.home() / "static-packed"
    stale = packed / version_of(STYLE) / "static/site.css"
    hidden = stale.rename(stale.with_name("hidden"))
    try:
        answer = ask(servers.tls_port, VERSIONED, Accept_Encoding="br")
    finally:
        hidden.rename(stale)
    assert is_from_the_portal(answer)
    assert brotli.decompress(answer.body) == strip_comments("site.css", STYLE.read_bytes())
