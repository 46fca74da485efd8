"""Every address of the cabinet after a contract has changed hands: as its former people, with what
they still hold in their browsers, and as the new customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

from bs4 import BeautifulSoup
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.access import Role
from app.domain.period import Month
from app.models import (
    Attachment,
    BankDetails,
    EnquiryDraft,
    Meter,
    PreparedFile,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from tests.conftest import NOW
from tests.pages import PARTIAL, PageClient
from tests.routes import contract_routes
from tests.sections.test_security_access import crawl
from tests.sections.transfer_scene import OLD, Scene, scene

__all__ = ["scene"]

TRACE = "Следов"
"""Stands in everything that the former people have typed."""
TYPED = (TRACE, "sledov@example.org", "912 444", "40702810200000000102", OLD, "Откуда взялась")


def leave_traces(scene: Scene) -> None:
    make, contract, account = scene.make, scene.contract, scene.account
    account.person_name = account.position = f"{TRACE} Иван"
    account.phone, account.phone_confirmed_at = "+79124444444", NOW
    ids = {"contract_id": contract.id, "account_id": account.id}
    enquiry = make.enquiry(
        contract,
        account,
        registered_at=NOW,
        organisation=TRACE,
        address=TRACE,
        email="sledov@example.org",
        details={"meter": TRACE},
        source_label=TRACE,
        source_path="/x",
        status="needs_details",
    )
    entry = make.entry(enquiry, f"{TRACE}: вопрос", author_name=TRACE)
    draft = EnquiryDraft(**ids, enquiry_id=0, typed={"text": TRACE}, changed_at=NOW)
    details = BankDetails(
        contract_id=contract.id,
        account="40702810200000000102",
        bic="049600777",
        bank_name=TRACE,
        corr_account="30101810900000000777",
        changed_at=NOW,
        changed_by=account.id,
    )
    file = PreparedFile(
        **ids,
        document="settlements",
        extension="pdf",
        options={},
        row_count=1,
        status="ready",
        tries=1,
        created_at=NOW,
        expires_at=NOW + timedelta(days=2),
        name=TRACE,
        storage_key="x",
    )
    scene.session.add_all([draft, details, file])
    scene.session.flush()
    for owner in ({"entry_id": entry.id}, {"draft_id": draft.id}):
        scene.session.add(
            Attachment(
                **ids,
                **owner,
                name=f"{TRACE}.pdf",
                media_type="application/pdf",
                size=1,
                sha256="0" * 64,
                storage_key=str(uuid4()),
                attached_at=NOW,
            )
        )
    registers = scene.session.scalars(
        select(Register)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(SupplyPoint.contract_id == contract.id, Register.direction == "A+")
    ).all()
    for status in ("rejected", "sent"):
        receipt = ReadingReceipt(
            idempotency_key=str(uuid4()), **ids, submitted_at=NOW, address="127.0.0.1"
        )
        scene.session.add(receipt)
        scene.session.flush()
        for register in registers:
            scene.session.add(
                SubmittedReading(
                    submission_id=str(uuid4()),
                    receipt_id=receipt.id,
                    register_id=register.id,
                    period=Month(2026, 11),
                    taken_on=NOW.date(),
                    value=Decimal(4242),
                    rolled_over=False,
                    is_late=False,
                    doubts=[],
                    source="portal",
                    status=status,
                    reason=f"{TRACE} отказ",
                )
            )
    make.commit()


def forms_of(soup: BeautifulSoup, path: str) -> dict[str, dict[str, str]]:
    """Where the forms of a page send, and what."""
    found = {}
    for form in soup.select("form[method=post]"):
        fields = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
        targets = {button["formaction"] for button in form.select("[formaction]")}
        found |= dict.fromkeys(targets | {form.get("action") or path}, fields)
    return found


def what_was_seen(scene: Scene) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Every address of the contract that links or rules lead to, and every form there."""
    here = f"/contracts/{scene.contract.id}/"
    forms: dict[str, dict[str, str]] = {}

    def visit(path: str, answer: TestResponse) -> None:
        if answer.mimetype == "text/html" and path.startswith(here):
            forms.update(forms_of(BeautifulSoup(answer.text, "lxml"), path))

    seen = {path for path in crawl(scene.old, "/", visit) if path.startswith(here)}
    unlinked = {
        scene.old.url(route.endpoint, **values)
        for route in contract_routes()
        for values in route.every_values(contract_id=scene.contract.id)
        if not route.is_write
    }
    for path in sorted(unlinked - seen):
        visit(path, scene.old.client.get(path))
    return sorted(seen | unlinked), {
        path: data for path, data in forms.items() if path.startswith(here)
    }


def replay(
    page: PageClient, paths: list[str], forms: dict[str, dict[str, str]], expected: set[int]
) -> None:
    """As page and as fragment; with the token of this browser."""
    for path, headers in product(paths, ({}, PARTIAL)):
        answer = page.client.get(path, headers=headers)
        assert answer.status_code in expected, (path, headers, answer.status_code)
        assert "Нова".encode() not in answer.data, path
    token = page.get("appearance.index").select_one("[name=csrf_token]")["value"]
    for (path, data), headers in product(forms.items(), ({}, PARTIAL)):
        answer = page.client.post(path, data=data | {"csrf_token": token}, headers=headers)
        assert answer.status_code in expected, (path, headers, answer.status_code)


def test_no_address_that_the_former_people_have_seen_opens_again(scene: Scene) -> None:
    leave_traces(scene)
    paths, forms = what_was_seen(scene)
    assert len(paths) > 100
    assert len(forms) > 5
    other = scene.make.contract("00777-ЭС")
    scene.make.commit()
    scene.enqueue()
    replay(scene.old, paths, forms, {302, 401})
    scene.make.membership(scene.account, other, Role.OWNER)
    scene.make.commit()
    back = PageClient(scene.app)
    back.sign_in("00777-ЭС")
    replay(back, paths, forms, {404})
    scene.decide("other")
    replay(back, paths, forms, {404})
    for path, text in texts_of(back).items():
        assert "Нова" not in text, path


def test_the_new_customer_meets_nothing_that_the_former_people_wrote(
    scene: Scene, advance_clock: Callable[..., datetime]
) -> None:
    leave_traces(scene)
    before = texts_of(scene.old)
    written = "".join(before.values())
    assert all(text in written for text in TYPED)
    scene.enqueue()
    advance_clock(minutes=5)
    scene.decide("other")
    advance_clock(minutes=10)
    nova = scene.new_company()
    shown = texts_of(nova)
    shown |= {path: text_of(nova.client.get(path)) for path in before.keys() - shown.keys()}
    for path, page in shown.items():
        assert not [text for text in TYPED if text in page], path


def texts_of(page: PageClient) -> dict[str, str]:
    """What every address that links lead to answers."""
    found: dict[str, str] = {}

    def visit(path: str, answer: TestResponse) -> None:
        found[path] = text_of(answer)

    crawl(page, "/", visit)
    return found


def text_of(answer: TestResponse) -> str:
    """Whatever it is; no-break spaces come back as spaces."""
    return answer.get_data().decode("utf-8", "ignore").replace("\xa0", " ")
