"""The shipped Caddyfile and gunicorn configuration withstand hostile and slow clients."""

from __future__ import annotations

import difflib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import create_app
from app.extensions import db
from app.security import HEADERS
from config import ROOT
from tests.conftest import make_config, need
from tests.factories import Factory
from tests.pages import PageClient, check_page
from tests.proxy.clients import Answer, Probe, ask, check_probes, probe, slow_clients, slow_readers
from tests.proxy.servers import CADDY, SECRET, Servers, caddy_version, caddyfile
from tests.sections.enquiries.steps import PDF, body_of, files, filled

pytestmark = pytest.mark.long
NUMBER = "00123-ЭС"
NEW = "/contracts/1/enquiries/new"
FORM = "application/x-www-form-urlencoded"
MB = 1_000_000
SHIPPED = ("Caddyfile", "Caddyfile.current")
FIRST_LINE = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n"


@pytest.fixture(scope="module")
def servers(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both servers, and a customer who is signed in."""
    need(bool(caddy_version()), "caddy")
    folder = tmp_path_factory.mktemp("proxy")
    shutil.copy(empty_database, folder / "kabinet.sqlite3")
    app = create_app(make_config(folder, secret_key=SECRET))
    with app.app_context():
        make = Factory(db.session())
        make.supplier()
        make.import_run()
        make.account(make.contract(NUMBER))
        make.commit()
    page = PageClient(app)
    page.sign_in(NUMBER)
    cookie = page.client.get_cookie("kabinet")
    assert cookie is not None
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    servers = Servers(folder, f"kabinet={cookie.value}")
    servers.start_gunicorn()
    with servers.caddy():
        yield servers
    servers.stop_gunicorn()
    assert servers.listener is not None
    servers.listener.close()


@pytest.fixture
def pages(servers: Servers) -> list[Callable[[], Answer]]:
    """A page for anybody and one of a customer, through the reverse proxy."""
    return [
        lambda: ask(servers.tls_port, "/sign-in"),
        lambda: ask(servers.tls_port, "/contracts/1/", Cookie=servers.cookie),
    ]


@pytest.fixture(scope="module")
def quiet(servers: Servers) -> Probe:
    """How long pages need on this machine while nobody attacks."""
    pages = [
        lambda: ask(servers.tls_port, "/sign-in"),
        lambda: ask(servers.tls_port, "/contracts/1/", Cookie=servers.cookie),
    ]
    probe(pages, 1)
    found = probe(pages, 3)
    assert found.statuses == {200}
    return found


def begin(path: str, kind: str = FORM, length: int = 5_000, extra: str = "") -> bytes:
    head = FIRST_LINE % (path.encode(), kind.encode(), length)
    return head + extra.encode() + b"\r\n"


SLOW_HEADER = b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = begin("/sign-in") + b"login="


@pytest.mark.parametrize("start", [SLOW_HEADER, SLOW_BODY], ids=["headers", "bodies"])
def test_two_hundred_slow_clients_stop_no_page(
    servers: Servers, pages: list[Callable[[], Answer]], quiet: Probe, start: bytes
) -> None:
    def attack() -> Probe:
        with slow_clients(servers.tls_port, 200, start) as ended:
            found = probe(pages, 4)
            assert len(ended) < 20, "the attack is over already"
        return found

    check_probes(attack, quiet)


def test_forty_slow_uploads_of_somebody_signed_in_stop_no_page(
    servers: Servers, pages: list[Callable[[], Answer]], quiet: Probe
) -> None:
    kind = "multipart/form-data; boundary=b"
    start = begin(NEW, kind, 5 * MB, f"Cookie: {servers.cookie}\r\n")
    start += b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'

    def attack() -> Probe:
        with slow_clients(servers.tls_port, 40, start, fast=1_200_000) as ended:
            found = probe(pages, 5)
        assert ended, "those that are too many are told so"
        assert all(b" 503 " in answer[:20] or b" 502 " in answer[:20] for answer in ended)
        return found

    check_probes(attack, quiet)


@pytest.mark.parametrize(
    ("start", "first"),
    [(SLOW_BODY, b"HTTP/1.1 503"), (SLOW_HEADER, b""), (b"", b"")],
    ids=["bodies", "headers", "silent"],
)
def test_without_the_proxy_sixteen_slow_clients_stop_no_page_and_come_to_an_end(
    servers: Servers, quiet: Probe, start: bytes, first: bytes
) -> None:
    pages = [lambda: ask(servers.port, "/sign-in", tls=False)]

    def attack() -> Probe:
        with slow_clients(servers.port, 16, start, tls=False) as ended:
            found = probe(pages, 3)
            end = time.monotonic() + 30
            while len(ended) < 16 and time.monotonic() < end:
                time.sleep(0.2)
            assert len(ended) == 16, "a client that trickles is not waited for"
        assert any(answer.startswith(first) for answer in ended)
        return found

    check_probes(attack, quiet)


@pytest.mark.parametrize("path", ["/sign-in", NEW, "/static/site.css"])
def test_too_large_a_body_is_always_413_in_russian(servers: Servers, path: str) -> None:
    for size in [1_200_000] * 30 + [12 * MB]:
        answer = ask(servers.tls_port, path, "POST", b"x" * size, Content_Type=FORM)
        assert answer.status == 413
        assert "Слишком большой запрос" in answer.text
        check_headers(answer)


def check_headers(answer: Answer) -> None:
    for name, value in HEADERS.items():
        if name != "Content-Security-Policy":
            assert answer.headers[name.lower()] == [value]
    (policy,) = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(
        policy.split("; ")
    )
    assert answer.headers["cache-control"] == ["no-store"]
    assert "server" not in answer.headers


def test_large_upload_costs_little_memory_and_keeps_what_was_typed(servers: Servers) -> None:
    page = ask(servers.tls_port, NEW, Cookie=servers.cookie)
    cookie = page.headers["set-cookie"][0].split(";")[0]
    data = filled(check_page(page.text), text="Мой вопрос")
    sent = body_of(data | {"files": files(("a.pdf", PDF + b"0" * 26 * MB))})
    before = memory(servers)
    for _ in range(3):
        answer = ask(
            servers.tls_port,
            NEW,
            "POST",
            sent["data"],
            Cookie=cookie,
            Content_Type=sent["content_type"],
        )
        assert answer.status == 413
        assert "Мой вопрос" in answer.text
        text = b"text=" + b"x" * 15 * MB
        refused = ask(servers.tls_port, NEW, "POST", text, Cookie=servers.cookie, Content_Type=FORM)
        assert refused.status == 413
    assert memory(servers) - before < 50 * 1024


def test_slow_readers_of_a_large_attachment_stop_no_page(
    servers: Servers, pages: list[Callable[[], Answer]], quiet: Probe
) -> None:
    page = ask(servers.tls_port, NEW, Cookie=servers.cookie)
    cookie = page.headers["set-cookie"][0].split(";")[0]
    data = filled(check_page(page.text), text="Мой вопрос")
    sent = body_of(data | {"files": files(("a.pdf", PDF + b"0" * 9 * MB))})
    posted = ask(
        servers.tls_port,
        NEW,
        "POST",
        sent["data"],
        Cookie=cookie,
        Content_Type=sent["content_type"],
    )
    assert posted.status == 303
    thread = ask(servers.tls_port, posted.headers["location"][0], Cookie=cookie)
    link = check_page(thread.text).select_one("a[href*='/files/']")["href"]

    def attack() -> Probe:
        with slow_readers(servers.tls_port, 20, link, cookie):
            return probe(pages, 4)

    check_probes(attack, quiet)
    whole = ask(servers.tls_port, link, Cookie=cookie)
    assert (whole.status, len(whole.body)) == (200, len(PDF) + 9 * MB)


def test_a_body_that_is_no_body_is_the_clients_mistake(servers: Servers) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", servers.port), 20) as connection:
        connection.sendall(head + b"ZZ\r\nlogin=x\r\n0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def memory(servers: Servers) -> int:
    """The most that a worker has needed, KiB."""
    statuses = [
        Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in servers.workers()
    ]
    lines = [line for status in statuses for line in status.splitlines()]
    return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_answers_that_are_not_200_are_compressed_too(servers: Servers) -> None:
    for path, status in (("/nowhere", 404), ("/sign-in", 200)):
        for encoding in ("gzip", "zstd"):
            answer = ask(servers.tls_port, path, Accept_Encoding=encoding)
            assert answer.status == status
            assert answer.headers["content-encoding"] == [encoding], (path, encoding)


def test_pages_of_the_portal_pass_untouched(servers: Servers) -> None:
    for path, status in (("/nowhere", 404), ("/sign-out", 405)):
        answer = ask(servers.tls_port, path)
        assert answer.status == status
        assert answer.headers["x-request-id"][0] in answer.text


def test_what_gunicorn_refuses_itself_is_a_russian_page(servers: Servers) -> None:
    long = ask(servers.tls_port, "/sign-in?x=" + "y" * 8_100)
    assert (long.status, "Слишком длинный адрес" in long.text) == (414, True)
    check_headers(long)
    fields = {f"X_{number}": "1" for number in range(120)}
    many = ask(servers.tls_port, "/sign-in", **fields)
    assert 400 <= many.status < 500
    assert "Запрос не понят" in many.text
    check_headers(many)


def test_plain_http_leads_to_tls(servers: Servers) -> None:
    answer = ask(servers.http_port, "/sign-in?a=1", tls=False)
    assert (answer.status, answer.headers["location"]) == (301, ["https://localhost/sign-in?a=1"])
    assert "server" not in answer.headers


def test_a_restart_under_load_fails_no_request_and_sends_none_twice(servers: Servers) -> None:
    statuses: list[object] = []
    agents: list[str] = []
    is_over = threading.Event()

    def load(number: int) -> None:
        count = 0
        while not is_over.is_set():
            count += 1
            agent = f"restart {number} {count}"
            is_write = count % 2
            if is_write:
                agents.append(agent)
            try:
                answer = ask(
                    servers.tls_port,
                    "/sign-in",
                    "POST" if is_write else "GET",
                    "login=x" if is_write else None,
                    timeout=150,
                    User_Agent=agent,
                    Content_Type=FORM,
                )
                statuses.append(answer.status)
            except OSError as error:
                statuses.append(repr(error))

    threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    servers.stop_gunicorn()
    time.sleep(0.5)
    servers.start_gunicorn()
    time.sleep(1)
    is_over.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert set(statuses) == {200, 400}, "a form without its token is 400"
    got = [event["agent"] for event in servers.answered() if event["method"] == "POST"]
    assert sorted(agent for agent in got if str(agent).startswith("restart")) == sorted(agents)


def test_while_the_portal_is_down_the_proxy_answers_in_russian(servers: Servers) -> None:
    down = Servers(servers.folder, servers.cookie)
    with down.caddy(lb_try_duration="1s"):
        for method in ("GET", "POST"):
            answer = ask(down.tls_port, "/sign-in", method, "a=b" if method == "POST" else None)
            assert answer.status == 502
            assert check_page(answer.text).h1.text == "Личный кабинет не отвечает"
            check_headers(answer)
            assert answer.headers["strict-transport-security"]
        style = ask(down.tls_port, "/error-page.css")
        assert (style.status, b"main {" in style.body) == (200, True)


def test_both_files_say_the_same_but_for_what_is_spelled_otherwise() -> None:
    ours, current = (
        (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines()[1:] for name in SHIPPED
    )
    changes = [line.split() for line in difflib.ndiff(ours, current) if line.startswith(("+", "-"))]
    assert sorted(changes) == [
        ["+", "request_buffers", "1MB"],
        ["-", "buffer_requests"],
        ["-", "max_buffer_size", "1MB"],
    ]


def test_the_installed_caddy_takes_the_file_that_is_for_it(tmp_path: Path) -> None:
    need(bool(caddy_version()), "caddy")
    subprocess.run(
        [CADDY, "validate", "--adapter", "caddyfile", "--config", str(caddyfile())],
        check=True,
        capture_output=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )


def test_pages_of_the_proxy_are_whole_and_say_what_the_portal_says() -> None:
    for path in (ROOT / "deploy/errors").glob("*.html"):
        soup = check_page(path.read_text(encoding="utf-8"))
        assert path.stem in soup.main.text
    text = caddyfile().read_text(encoding="utf-8")
    for name, value in HEADERS.items():
        if name != "Content-Security-Policy":
            assert f"{name} {value}" in text or f'{name} "{value}"' in text
