"""Rules over the whole portal: a new route, file or table has to keep them."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.domain.access import Permission
from app.models import Contract
from config import ROOT
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient
from tests.staff_access import STAFF_ACCESS

PUBLIC, SIGNED_IN, MONEY = "public", "signed_in", Permission.SEE_MONEY.value
SUBMIT = Permission.SUBMIT_READINGS.value
CONTRACT = Permission.SEE_CONTRACT.value
OWN = Permission.MANAGE_ACCOUNT.value
ASK, READ = Permission.SEND_ENQUIRIES.value, Permission.SEE_ENQUIRIES.value
# Who may open what. A route without a row here fails the suite.
ACCESS = {
    "appearance.choose": PUBLIC,
    "appearance.index": PUBLIC,
    "auth.extend_session": SIGNED_IN,
    "auth.sign_in": PUBLIC,
    "auth.sign_in_submit": PUBLIC,
    "auth.sign_out": SIGNED_IN,
    "charges.document": MONEY,
    "charges.file": MONEY,
    "charges.index": MONEY,
    "charges.statement": MONEY,
    "charges.statement_file": MONEY,
    "consents.index": PUBLIC,
    "consents.personal_data": PUBLIC,
    "contacts.confirm": PUBLIC,
    "contacts.confirm_submit": PUBLIC,
    "edo.contract": CONTRACT,
    "edo.index": PUBLIC,
    "enquiries.add": ASK,
    "enquiries.add_draft": ASK,
    "enquiries.close": ASK,
    "enquiries.discard": ASK,
    "enquiries.draft": ASK,
    "enquiries.enquiry": READ,
    "enquiries.file": READ,
    "enquiries.index": READ,
    "enquiries.move": ASK,
    "enquiries.new": ASK,
    "enquiries.new_submit": ASK,
    "enquiries.rate": ASK,
    "files.download": MONEY,
    "files.file": MONEY,
    "files.order": MONEY,
    "home.index": CONTRACT,
    "invoices.index": MONEY,
    "invoices.invoice": MONEY,
    "invoices.order_file": MONEY,
    "invoices.pdf": MONEY,
    "manual.index": PUBLIC,
    "pay.bank_details": Permission.MANAGE_MONEY.value,
    "pay.bank_details_submit": Permission.MANAGE_MONEY.value,
    "pay.index": MONEY,
    "pay.item": MONEY,
    "pay.order_file": MONEY,
    "payments.file": MONEY,
    "payments.index": MONEY,
    "profile.consent": OWN,
    "profile.consent_withdraw": OWN,
    "profile.consents": OWN,
    "profile.contacts": OWN,
    "profile.contacts_submit": OWN,
    "profile.end_all_sessions": OWN,
    "profile.end_session": OWN,
    "profile.index": CONTRACT,
    "profile.password": OWN,
    "profile.password_submit": OWN,
    "profile.phone": OWN,
    "profile.phone_submit": OWN,
    "profile.sessions": OWN,
    "readings.act": Permission.SEE_READINGS.value,
    "readings.all_meters": SUBMIT,
    "readings.all_meters_submit": SUBMIT,
    "readings.history": Permission.SEE_READINGS.value,
    "readings.history_file": Permission.SEE_READINGS.value,
    "readings.index": Permission.SEE_READINGS.value,
    "readings.meter": SUBMIT,
    "readings.meter_submit": SUBMIT,
    "readings.receipt": Permission.SEE_READINGS.value,
    "readings.receipt_pdf": Permission.SEE_READINGS.value,
    "readings.withdraw": SUBMIT,
    "recovery.submit": PUBLIC,
    "recovery.code": PUBLIC,
    "recovery.code_submit": PUBLIC,
    "recovery.index": PUBLIC,
    "recovery.password": PUBLIC,
    "recovery.password_submit": PUBLIC,
    "recovery.sent": PUBLIC,
    "registration.check_code": PUBLIC,
    "registration.confirm": PUBLIC,
    "registration.confirm_submit": PUBLIC,
    "registration.first_entry": PUBLIC,
    "registration.first_entry_submit": PUBLIC,
    "registration.form": PUBLIC,
    "registration.email_sent": PUBLIC,
    "registration.proof": PUBLIC,
    "registration.proof_submit": PUBLIC,
    "registration.resend_email": PUBLIC,
    "registration.save": PUBLIC,
    "registration.send_code": PUBLIC,
    "registration.stop": PUBLIC,
    "registration.stop_submit": PUBLIC,
    "service.contract_choice": SIGNED_IN,
    "service.health": PUBLIC,
    "service.root": PUBLIC,
    "settlements.index": MONEY,
    "settlements.statement": MONEY,
    "settlements.statement_file": MONEY,
    "settlements.turnover_file": MONEY,
}
# Pages with a fragment of their own, and how to open them.
FRAGMENTS = (
    "appearance.index",
    "auth.sign_in",
    "charges.index",
    "charges.statement",
    "consents.index",
    "consents.personal_data",
    "edo.contract",
    "edo.index",
    "enquiries.index",
    "enquiries.new",
    "home.index",
    "invoices.index",
    "manual.index",
    "pay.bank_details",
    "pay.index",
    "payments.index",
    "profile.consents",
    "profile.contacts",
    "profile.index",
    "profile.password",
    "profile.sessions",
    "readings.index",
    "recovery.index",
    "recovery.sent",
    "registration.first_entry",
    "service.contract_choice",
    "settlements.index",
    "settlements.statement",
)


NEEDED: dict[str, dict[str, object]] = {
    "charges.document": {"charge_id": 1},
    "invoices.invoice": {"invoice_id": 1},
    "invoices.order_file": {"invoice_id": 1},
    "invoices.pdf": {"invoice_id": 1},
    "enquiries.add": {"enquiry_id": 1},
    "enquiries.add_draft": {"enquiry_id": 1},
    "enquiries.close": {"enquiry_id": 1},
    "enquiries.enquiry": {"enquiry_id": 1},
    "enquiries.file": {"enquiry_id": 1, "attachment_id": 1},
    "enquiries.move": {"enquiry_id": 1},
    "enquiries.rate": {"enquiry_id": 1},
    "profile.consent": {"consent_id": 1},
    "profile.consent_withdraw": {"consent_id": 1},
    "profile.end_session": {"session_id": 1},
    "files.download": {"file_id": 1},
    "files.file": {"file_id": 1},
    "pay.item": {"code": "interest"},
    "pay.order_file": {},
    "readings.history": {"meter_id": 1},
    "readings.history_file": {"meter_id": 1, "extension": "csv"},
    "readings.meter": {"meter_id": 1},
    "readings.meter_submit": {"meter_id": 1},
    "readings.receipt": {"receipt_id": 1},
    "readings.receipt_pdf": {"receipt_id": 1},
    "readings.withdraw": {"receipt_id": 1},
}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.commit()
    return contract


def values_for(endpoint: str, contract: Contract) -> dict[str, object]:
    section = endpoint.split(".", maxsplit=1)[0]
    if endpoint == "consents.index":
        return {"purpose": "personal-data"}
    if endpoint in ("consents.personal_data", "edo.index"):
        return {}
    if section in ("registration", "recovery", "contacts"):
        return {"token": "unsigned"}
    if section in ("auth", "service", "manual", "appearance"):
        return {}
    more = NEEDED.get(endpoint, {"extension": "csv"} if endpoint.endswith("file") else {})
    return {"contract_id": contract.id} | more


def test_every_route_states_its_access_and_is_in_the_table(app: Flask) -> None:
    views = {name: view for name, view in app.view_functions.items() if name != "static"}
    stated = {name: getattr(view, "access", None) for name, view in views.items()}
    assert stated == ACCESS | STAFF_ACCESS


@pytest.mark.parametrize("endpoint", sorted(set(ACCESS) - {"appearance.choose"}))
def test_nobody_gets_only_what_is_public(
    page: PageClient, contract: Contract, endpoint: str
) -> None:
    url = page.url(endpoint, **values_for(endpoint, contract))
    rules = page.app.url_map.iter_rules(endpoint)
    is_write = not any("GET" in (rule.methods or ()) for rule in rules)
    answer = page.client.post(url) if is_write else page.client.get(url)
    if ACCESS[endpoint] == PUBLIC:
        assert answer.status_code in (200, 302, 400, 404)
    else:
        assert answer.status_code in (302, 400)
        assert "Ромашка" not in answer.text
    if not is_write and ACCESS[endpoint] != PUBLIC:
        partial = page.client.get(url, headers=PARTIAL)
        assert (partial.status_code, partial.text) == (401, "")
        assert partial.headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.parametrize(
    "endpoint", sorted(name for name in ACCESS if ACCESS[name] not in (PUBLIC, SIGNED_IN))
)
def test_another_customer_gets_the_same_404_as_for_a_missing_contract(
    page: PageClient, make: Factory, contract: Contract, endpoint: str
) -> None:
    make.account(make.contract("00999-ЭС"))
    make.commit()
    page.sign_in("00999")
    values = values_for(endpoint, contract)
    soup = page.get("appearance.index")
    token = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    answers = []
    for number in (contract.id, 10**9, 2**70):
        url = page.url(endpoint, **(values | {"contract_id": number}))
        is_write = not any(
            "GET" in (rule.methods or ()) for rule in page.app.url_map.iter_rules(endpoint)
        )
        answers.append(page.client.post(url, data=token) if is_write else page.client.get(url))
    assert {answer.status_code for answer in answers} == {404}
    bodies = {answer.text.replace(answer.headers["X-Request-Id"], "") for answer in answers}
    assert len(bodies) == 1


def test_get_requests_do_not_commit(page: PageClient, contract: Contract) -> None:
    page.sign_in("00123")
    commits: list[Session] = []

    def note(session: Session) -> None:
        commits.append(session)

    event.listen(Session, "after_commit", note)
    try:
        for endpoint in FRAGMENTS:
            page.client.get(page.url(endpoint, **values_for(endpoint, contract)))
    finally:
        event.remove(Session, "after_commit", note)
    assert not commits


@pytest.mark.parametrize("endpoint", FRAGMENTS)
def test_every_page_renders_whole_and_as_a_fragment(
    page: PageClient, contract: Contract, endpoint: str
) -> None:
    if endpoint != "auth.sign_in":
        page.sign_in("00123")
    values = values_for(endpoint, contract)
    whole = page.get(endpoint, **values)
    part = page.fragment(endpoint, **values)
    assert part.select_one("#results")
    assert whole.select_one("#results").select_one("*").name
    assert not part.select("nav.nav, footer")


def test_the_migrations_lead_to_the_models_and_back(make_app) -> None:
    app = make_app()
    with app.app_context():
        check()
        downgrade(revision="base")
        upgrade()


def test_migrations_never_import_the_application() -> None:
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        assert "app" not in {
            name.split(".")[0]
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or node.names[0].name]
        }


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (*python_files("app", "tests"), ROOT / "config.py")
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_views_are_short_and_hold_no_queries() -> None:
    for file in (ROOT / "app" / "sections").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                length = (node.end_lineno or 0) - node.body[0].lineno + 1
                assert length <= 25, (file, node.name, length)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "select", file


def test_templates_hold_no_inline_code() -> None:
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert ' style="' not in text, file
        assert " onclick" not in text, file
        assert "<script>" not in text, file


def test_time_is_asked_only_of_the_clock() -> None:
    allowed = {ROOT / "app" / "integrations" / "clock.py", ROOT / "app" / "logs.py"}
    for file in set(python_files("app")) - allowed:
        text = file.read_text(encoding="utf-8")
        assert "datetime.now(" not in text, file
        assert "date.today(" not in text, file


def test_layers_point_one_way() -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_vendored_script_is_the_one_on_record() -> None:
    folder = ROOT / "static" / "vendor"
    record = (folder / "VENDORED.txt").read_text(encoding="utf-8")
    (script,) = folder.glob("htmx-4*.min.js")
    assert hashlib.sha256(script.read_bytes()).hexdigest() in record
    assert (folder / "htmx-LICENSE.txt").exists()
    assert (ROOT / "static" / "fonts" / "OFL.txt").exists()
