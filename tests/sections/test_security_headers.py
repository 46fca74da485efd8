"""Headers of every answer, caches, hosts, and what a scanner finds at well-known paths."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories import Factory
from tests.pages import PARTIAL, PageClient, check_page

NUMBER = "00123-ЭС"
HTTPS = "https://lk.example.ru"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SCANNED = r"""
/.env /.env.example /.git/HEAD /.git/config /.gitignore /.svn/entries /.htaccess /.DS_Store
/console /debug /admin /admin/ /administrator /login /phpmyadmin/ /wp-login.php /server-status
/metrics /actuator /actuator/env /api /api/v1 /graphql /swagger.json /openapi.json /robots.txt
/.well-known/security.txt /config.py /wsgi.py /requirements.txt /gunicorn.conf.py /pyproject.toml
/instance/kabinet.sqlite3 /instance/secret_key /kabinet.sqlite3 /app/__init__.py /tests/conftest.py
/templates/base.html /backup.zip /dump.sql /static/ /static /static/../config.py
/static/..%2fconfig.py /static/%2e%2e/config.py /static/..%252fconfig.py /static/..\config.py
/static/%5c..%5cconfig.py /static/....//config.py
/static/fonts/../../config.py /static/%00 /static/site.css%00.html /static/vendor
/../config.py /%2e%2e/config.py /..;/config.py /;/ /contracts/../../config.py /%c0%ae%c0%ae/
/sign-in/ /sign-in.bak /SIGN-IN
"""


@pytest.fixture
def contract_id(make: Factory) -> int:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return int(contract.id)


def ask_everything(app: Flask, contract_id: int, base_url: str) -> dict[str, TestResponse]:
    """One answer of every kind the portal gives."""
    app.add_url_rule("/broken", "broken", lambda: 1 / 0)
    client = app.test_client()
    here = {"base_url": base_url, "buffered": True}
    home = f"/contracts/{contract_id}/"
    answers = {
        "redirect to sign in": client.get(home, **here),
        "fragment signed out": client.get(home, headers=PARTIAL, **here),
        "sign-in page": client.get("/sign-in", **here),
        "403": client.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"}, **here),
        "400": client.post("/sign-in", **here),
        "400 host": client.get("/", base_url="http://evil.example", buffered=True),
        "404": client.get("/nowhere", **here),
        "404 static": client.get("/static/nowhere.css", **here),
        "405": client.get("/sign-out", **here),
        "413": client.post("/sign-in", data={"login": "x" * 1_100_000}, **here),
        "500": client.get("/broken", **here),
        "health": client.get("/health", **here),
        "manual": client.get("/manual", **here),
        "static": client.get("/static/site.css?v=1", **here),
        "options": client.open("/sign-in", method="OPTIONS", **here),
    }
    token = check_page(answers["sign-in page"].text).select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "login": NUMBER}
    answers["422"] = client.post("/sign-in", data=data | {"password": "не тот"}, **here)
    data["password"] = "верный пароль 1"
    answers["sign in"] = client.post("/sign-in", data=data, **here)
    answers["home"] = client.get(home, **here)
    for path in ("settlements", "settlements/statement.pdf", "settlements/statement.csv"):
        answers[path] = client.get(home + path, **here)
    answers["fragment"] = client.get(home + "settlements", headers=PARTIAL, **here)
    answers["304"] = client.get(
        "/static/site.css", headers={"If-None-Match": answers["static"].headers["ETag"]}, **here
    )
    answers["206"] = client.get("/static/site.css", headers={"Range": "bytes=0-9"}, **here)
    for status in ("400", "403", "404", "405", "413", "422", "500", "304", "206"):
        assert answers[status].status_code == int(status)
    assert answers["settlements/statement.pdf"].mimetype == "application/pdf"
    return answers


@pytest.mark.parametrize("base_url", ["http://localhost", HTTPS])
def test_every_answer_carries_the_headers_once(
    make_app: Callable[..., Flask], contract_id: int, base_url: str
) -> None:
    answers = ask_everything(make_app(base_url=base_url), contract_id, base_url)
    for name, answer in answers.items():
        for header, value in ALWAYS.items():
            assert answer.headers.getlist(header) == [value], (name, header)
        (policy,) = answer.headers.getlist("Content-Security-Policy")
        assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
            policy.split("; ")
        ), name
        assert "unsafe" not in policy
        assert "*" not in policy
        assert answer.headers["Permissions-Policy"], name
        assert len(answer.headers["X-Request-Id"]) == 16, name
        transport = answer.headers.getlist("Strict-Transport-Security")
        expected = ["max-age=31536000; includeSubDomains"] if base_url == HTTPS else []
        assert transport == expected, name


def test_only_static_files_may_be_kept(app: Flask, contract_id: int) -> None:
    answers = ask_everything(app, contract_id, "http://localhost")
    for name, answer in answers.items():
        if name in ("static", "304", "206"):
            continue
        assert answer.headers["Cache-Control"] == "no-store", name
        assert {"Cookie", "HX-Request-Type"} <= set(answer.headers["Vary"].split(", ")), name


def test_static_file_is_kept_for_ever_under_its_version_only(
    app: Flask, contract_id: int, page: PageClient
) -> None:
    page.sign_in(NUMBER)
    soup = page.get("home.index", contract_id=contract_id)
    assets = [tag["src"] for tag in soup.select("script")]
    assets += [tag["href"] for tag in soup.select("link[rel=stylesheet]")]
    assert len(assets) == 3
    for path in assets:
        answer = page.client.get(path, buffered=True)
        stored = answer.headers["Cache-Control"]
        assert {"immutable", "max-age=31536000"} <= set(stored.split(", ")), path
        # The same file for everybody: signing in must not load it again.
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers
        bare = page.client.get(path.split("?")[0], buffered=True).headers
        assert bare["Cache-Control"] == "no-cache"
        assert "Expires" not in bare


HOSTS = [
    *("evil.example", "evil.example:80", "localhost.evil.example", "evil@localhost", "a b", "é"),
    *("[::1", "localhost:x", "x" * 300, "", "localhost/evil", "localhost#", "127.0.0.1.evil"),
]


def test_host_that_is_not_ours_gets_a_russian_400(app: Flask) -> None:
    for host, path in product(HOSTS, ["/", "/sign-in", "/static/app.js", "/nowhere"]):
        answer = app.test_client().get(path, headers={"Host": host})
        assert answer.status_code == 400, (host, path)
        assert "Запрос не понят" in answer.text
        assert host == "" or host not in answer.text
        assert "Location" not in answer.headers


def test_forwarded_host_is_not_believed(make_app: Callable[..., Flask], contract_id: int) -> None:
    client = make_app(trusted_proxies=1).test_client()
    answer = client.get("/contracts", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code in (301, 308)
    assert "evil.example" not in str(answer.headers) + answer.text


def test_in_production_only_the_public_name_is_answered(make_app: Callable[..., Flask]) -> None:
    client = make_app(base_url=HTTPS, production=True).test_client()
    assert client.get("/sign-in", base_url=HTTPS).status_code == 200
    assert client.get("/sign-in", base_url="http://localhost").status_code == 400


def test_scanner_finds_nothing_but_the_known_pages(make_app: Callable[..., Flask]) -> None:
    client = make_app(metrics_token="").test_client()  # With a token /metrics answers 401.
    for path, method in product(SCANNED.split(), ["GET", "POST"]):
        answer = client.open(path, method=method)
        assert answer.status_code in (404, 405), (path, answer.status_code)
        assert answer.headers["X-Request-Id"] in answer.text, path
        for leaked in ("Traceback", "Werkzeug", "Flask", "SQL", "SECRET", "root:", ".py"):
            assert leaked not in answer.text, path


@pytest.mark.parametrize("path", ["//evil.example/", "///etc/passwd", "/static//etc/passwd"])
def test_path_with_two_slashes_stays_on_this_host(app: Flask, path: str) -> None:
    answer = app.test_client().get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in (404, 308)
    assert answer.location is None or answer.location.startswith("http://localhost/")


def test_no_answer_names_the_software_behind_it(app: Flask, contract_id: int) -> None:
    for name, answer in ask_everything(app, contract_id, "http://localhost").items():
        assert "Server" not in answer.headers, name
        assert "X-Powered-By" not in answer.headers, name
