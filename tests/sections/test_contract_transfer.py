"""A contract that changed hands, as its former people, a clerk and the new customer meet it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app.actions.accounts.sessions import create_account
from app.domain.access import Role
from app.domain.staff import StaffRole
from app.extensions import db
from app.models import (
    Account,
    BankDetails,
    Contract,
    ContractTransfer,
    EnquiryDraft,
    Message,
    PreparedFile,
    ReadingReceipt,
    Recovery,
    Registration,
)
from tests.conftest import NOW
from tests.factories import PASSWORD
from tests.outbox import Outbox
from tests.pages import PARTIAL, PageClient
from tests.sections.enquiries.steps import fields_of
from tests.sections.registering import Person
from tests.sections.transfer_scene import (
    NEW,
    NEW_INN,
    OLD,
    OLD_INN,
    OWNED,
    PENDING,
    Scene,
    scene,
)

__all__ = ["scene"]


def test_everything_of_the_former_people_ends_with_the_import(
    scene: Scene, outbox: Outbox, app: Flask
) -> None:
    old, contract, session = scene.old, scene.contract, scene.session
    form = old.get("enquiries.new", contract_id=contract.id).select_one("form.enquiry")
    draft = fields_of(form) | {"text": "Тайна старой компании"}
    assert (
        old.client.post(f"/contracts/{contract.id}/enquiries/draft", data=draft).status_code == 200
    )
    file = PreparedFile(
        contract_id=contract.id,
        account_id=scene.account.id,
        document="settlements",
        extension="pdf",
        options={},
        row_count=1,
        status="ready",
        tries=1,
        created_at=NOW,
        expires_at=NOW + timedelta(days=2),
        name="Справка",
        storage_key="x",
    )
    session.add(file)
    session.commit()
    asker = PageClient(app)
    asker.submit(asker.get("recovery.index"), login=OWNED, channel="mail")
    recovery_link = outbox.link(OLD)
    assert asker.open(recovery_link)
    starter = Person(PageClient(app), {"email": "someone@example.org"})
    started = starter.enter(PENDING, "960000000300").location
    starter.save(starter.page.open(started))
    confirm_link = outbox.link("someone@example.org")
    paths = [
        old.url("home.index", contract_id=contract.id),
        old.url("charges.index", contract_id=contract.id),
        old.url("files.file", contract_id=contract.id, file_id=file.id),
        old.url("files.download", contract_id=contract.id, file_id=file.id),
        old.url("enquiries.new", contract_id=contract.id),
    ]
    assert old.client.get(paths[0]).status_code == 200

    output = scene.enqueue(OWNED, PENDING)

    assert "contracts.csv — 2 договора сменили потребителя" in output
    assert f"contracts.csv:2:customer_id — договор {OWNED} сменил потребителя" in output
    for path in paths:
        page = old.client.get(path)
        assert (page.status_code, "Нова" in page.text) == (302, False), path
        part = old.client.get(path, headers=PARTIAL)
        assert (part.status_code, "HX-Redirect" in part.headers) == (401, True), path
    asker.open(recovery_link, 410)
    starter.page.open(started, 410)
    starter.page.open(confirm_link, 410)
    starter.page.client.post(confirm_link)
    session.expire_all()
    assert session.scalars(select(Account)).all() == [scene.account]
    wrong, right = (
        PageClient(app).sign_in(OWNED, password, 422).text
        for password in ("неверный пароль 2", PASSWORD)
    )
    assert len(wrong) == len(right)
    assert "не подходят" in right
    assert "Нова" not in right


def test_a_session_that_was_made_while_the_import_ran_opens_nothing(scene: Scene) -> None:
    scene.enqueue()
    scene.session.execute(db.text("UPDATE account_sessions SET ended_at = NULL"))
    scene.session.commit()
    path = scene.old.url("home.index", contract_id=scene.contract.id)
    assert scene.old.client.get(path).status_code == 302
    assert scene.old.client.get(path, headers=PARTIAL).status_code == 401


def test_an_account_with_another_contract_keeps_its_session_and_loses_this_one(
    scene: Scene,
) -> None:
    other = scene.make.contract("00777-ЭС")
    scene.make.membership(scene.account, other, Role.ACCOUNTANT)
    scene.make.commit()
    scene.enqueue()
    path = scene.old.url("home.index", contract_id=scene.contract.id)
    assert scene.old.client.get(path).status_code == 404
    part = scene.old.client.get(path, headers=PARTIAL)
    assert part.status_code == 404
    assert "Нова" not in part.text
    scene.old.get("home.index", contract_id=other.id)
    assert PageClient(scene.app).sign_in(OWNED, PASSWORD, 422)


def test_nobody_registers_and_nobody_is_told_before_the_decision(
    scene: Scene, outbox: Outbox
) -> None:
    active = Person(PageClient(scene.app)).enter(OWNED, OLD_INN, 422).text
    before = len(outbox.emails(OLD))
    scene.enqueue()
    for inn in (NEW_INN, OLD_INN):
        answer = Person(PageClient(scene.app)).enter(OWNED, inn, 422)
        assert len(answer.text) == len(active)
    assert scene.session.scalars(select(Registration)).all() == []
    assert len(outbox.emails(OLD)) == before


def test_the_clerk_s_task_and_the_same_organisation(scene: Scene, outbox: Outbox) -> None:
    scene.enqueue()
    clerk = scene.clerk()
    task = clerk.get("staff.dashboard").select_one(".tasks a:-soup-contains('сменил потребителя')")
    soup = clerk.open(task["href"])
    assert OWNED in soup.select_one("tbody").text
    card = clerk.get("staff.customer", contract_id=scene.contract.id)
    soup = clerk.open(card.select_one("a:-soup-contains('решить')")["href"])
    assert OLD_INN in soup.text
    assert NEW_INN in soup.text
    clerk.submit(soup, 422, decision="")
    assert "Выберите решение" in clerk.check_last().text
    clerk.submit(soup, decision="same")
    again = clerk.submit(soup, 409, decision="other")
    assert "уже решил" in again.text
    scene.session.expire_all()
    (row,) = scene.session.scalars(select(ContractTransfer)).all()
    assert (row.decision, row.decided_by_id is not None) == ("same", True)
    back = PageClient(scene.app)
    back.sign_in(OWNED)
    assert "Нова" in back.get("profile.index", contract_id=scene.contract.id).text
    restored = scene.session.scalars(select(Message).filter_by(kind="transfer_restored")).one()
    assert restored.recipient == OLD


def test_two_clerks_decide_once(scene: Scene) -> None:
    scene.enqueue()
    first, second = scene.clerk(), scene.clerk(StaffRole.MANAGER)
    pages = [row.get("staff.transfer", contract_id=scene.contract.id) for row in (first, second)]
    first.submit(pages[0], decision="other")
    assert "уже решил" in second.submit(pages[1], 409, decision="same").text
    PageClient(scene.app).sign_in(OWNED, PASSWORD, 422)


def test_a_change_that_comes_while_the_page_is_open_is_not_decided_unread(scene: Scene) -> None:
    scene.enqueue()
    clerk = scene.clerk()
    soup = clerk.get("staff.transfer", contract_id=scene.contract.id)
    gamma = "000000555;ul;Гамма;;5257000012;525701001;;"
    scene.enqueue(customer=gamma, key="000000555")
    answer = clerk.submit(soup, 409, decision="same")
    assert "прислал нового потребителя" in answer.text
    assert "Гамма" in answer.text
    scene.decide("other")
    rows = scene.session.scalars(select(ContractTransfer)).all()
    assert [row.decision for row in rows] == ["other", "other"]


def test_back_at_the_former_customer_the_clerk_is_told(scene: Scene) -> None:
    scene.enqueue()
    zarya = f"000000101;ul;Завод «Заря»;;{OLD_INN};960001002;buh@zavod-zarya.example.org;"
    scene.enqueue(customer=zarya, key="000000101")
    PageClient(scene.app).sign_in(OWNED, PASSWORD, 422)
    soup = scene.clerk().get("staff.transfer", contract_id=scene.contract.id)
    assert "вернулся к прежнему потребителю" in soup.text
    scene.decide("same")
    PageClient(scene.app).sign_in(OWNED)


def leave_traces(scene: Scene) -> tuple[int, int]:
    """What the old company's person wrote and entered: ids of an enquiry and of a receipt."""
    enquiry = scene.make.enquiry(scene.contract, scene.account, registered_at=NOW)
    scene.session.add(
        BankDetails(
            contract_id=scene.contract.id,
            account="40702810200000000102",
            bic="049600777",
            bank_name="Банк старой компании",
            corr_account="30101810900000000777",
            changed_at=NOW,
            changed_by=scene.account.id,
        )
    )
    receipt = ReadingReceipt(
        idempotency_key=str(uuid4()),
        contract_id=scene.contract.id,
        account_id=scene.account.id,
        submitted_at=NOW,
        address="127.0.0.1",
    )
    scene.session.add(receipt)
    scene.make.commit()
    return enquiry.id, receipt.id


def test_the_new_company_registers_as_anybody_and_sees_figures_but_nothing_of_people(
    scene: Scene, advance_clock
) -> None:
    enquiry_id, receipt_id = leave_traces(scene)
    scene.enqueue()
    advance_clock(minutes=5)
    scene.decide("other")
    advance_clock(minutes=10)
    nova = scene.new_company()
    here = {"contract_id": scene.contract.id}
    assert "Нова" in nova.get("profile.index", **here).text
    charges = nova.get("charges.index", first="2026-08-01", last="2026-10-31", **here)
    assert "1207/Э" in charges.text
    assert "Откуда взялась сумма?" not in nova.get("enquiries.index", **here).text
    nova.get("enquiries.enquiry", 404, enquiry_id=enquiry_id, **here)
    nova.get("readings.receipt", 404, receipt_id=receipt_id, **here)
    assert f"№ {receipt_id} от" not in nova.get("readings.index", **here).text
    details = nova.get("pay.bank_details", **here)
    assert "Банк старой компании" not in str(details)
    nova.submit(
        details,
        account="40702810200000000102",
        bic="049600777",
        bank_name="Банк новой компании",
        corr_account="30101810900000000777",
    )
    assert "Банк новой компании" in str(nova.get("pay.bank_details", **here))
    # Staff still see what the former people wrote; the former password opens nothing.
    scene.clerk().get("staff.enquiry", enquiry_id=enquiry_id)
    PageClient(scene.app).sign_in(OWNED, PASSWORD, 422)


def test_a_decision_for_another_customer_refuses_what_waits_and_ends_prepared_files(
    scene: Scene, outbox: Outbox
) -> None:
    starter = Person(PageClient(scene.app), {"email": "someone@example.org"})
    starter.save(starter.page.open(starter.enter(PENDING, "960000000300").location))
    scene.session.add(
        PreparedFile(
            contract_id=scene.contract.id,
            account_id=scene.account.id,
            document="settlements",
            extension="pdf",
            options={},
            row_count=1,
            status="ready",
            tries=1,
            created_at=NOW,
            expires_at=NOW + timedelta(days=2),
            name="Справка",
            storage_key="x",
        )
    )
    scene.session.commit()
    scene.enqueue(OWNED, PENDING)
    pending = scene.session.scalars(select(Contract).filter_by(number=PENDING)).one()
    clerk = scene.clerk()
    soup = clerk.get("staff.transfer", contract_id=pending.id)
    assert "Начатых регистраций прежнего потребителя: 1" in soup.text
    clerk.submit(soup, decision="other")
    scene.decide("other")
    assert [row.state for row in scene.session.scalars(select(Registration))] == ["refused"]
    (file,) = scene.session.scalars(select(PreparedFile))
    assert file.expires_at == NOW
    assert scene.session.scalars(select(Message).filter_by(kind="transfer_open")).first()


def test_a_registration_goes_on_where_it_is_the_same_organisation(
    scene: Scene, outbox: Outbox
) -> None:
    starter = Person(PageClient(scene.app), {"email": "primerova@example.org"})
    starter.save(starter.page.open(starter.enter(PENDING, "960000000300").location))
    link = outbox.link("primerova@example.org")
    scene.enqueue(PENDING)
    starter.page.open(link, 410)
    pending = scene.session.scalars(select(Contract).filter_by(number=PENDING)).one()
    clerk = scene.clerk()
    clerk.submit(clerk.get("staff.transfer", contract_id=pending.id), decision="same")
    starter.page.open(link)


def test_documents_and_contacts_of_the_former_customer_prove_nothing(
    scene: Scene, outbox: Outbox, advance_clock
) -> None:
    """Billing still has the former accountant's address for the new customer."""
    stale = f"000000999;ul;Общество «Нова»;ООО «Нова»;{NEW_INN};960001001;{OLD}, {NEW};"
    zarya = f"000000101;ul;Завод «Заря»;;{OLD_INN};960001002;{OLD};"
    scene.enqueue(customer=zarya, key="000000101")
    scene.enqueue(customer=stale)
    scene.decide("other")
    advance_clock(minutes=1)
    told = len(outbox.emails(OLD))
    stranger = Person(PageClient(scene.app), {"email": OLD, "phone": "+7 912 999-99-99"})
    stranger.save(stranger.page.open(stranger.enter(OWNED, NEW_INN).location))
    proof = stranger.page.submit(stranger.page.open(outbox.link(OLD))).location
    assert proof.endswith("/proof"), "a contact of both sides opens nothing by itself"
    answer = stranger.page.submit(stranger.page.open(proof), 422, amount="460999,29")
    assert "Такой суммы в документах нет" in answer.text
    assert len(outbox.emails(OLD)) == told + 1, "only the link that was asked for"
    scene.make.charge(scene.contract, date(2026, 11, 30), "321.00")
    scene.make.commit()
    stranger.page.submit(stranger.page.open(proof), 303, amount="321,00")


def test_many_with_the_same_inn_are_decided_together_after_they_were_named(scene: Scene) -> None:
    create_account(scene.session, PENDING, "two@example.org", PASSWORD, NOW)
    scene.session.commit()
    rekeyed = f"K-1;ul;Завод «Заря»;;{OLD_INN};960001002;;"
    scene.enqueue(OWNED, customer=rekeyed, key="K-1")
    scene.enqueue(PENDING)
    operator = scene.clerk()
    operator.get("staff.transfers_same_inn", 403)
    manager = scene.clerk(StaffRole.MANAGER)
    soup = manager.get("staff.transfers_same_inn")
    assert OWNED in soup.select_one("tbody").text
    assert PENDING not in soup.select_one("tbody").text
    form = fields_of(soup.select_one("main form[method=post]"))
    url = "/staff/transfers/same-inn"
    assert manager.client.post(url, data=form).status_code == 422
    nothing = {name: value for name, value in form.items() if name != "transfer_ids"}
    assert manager.client.post(url, data=nothing | {"is_checked": "y"}).status_code == 422
    assert manager.client.post(url, data=form | {"is_checked": "y"}).status_code == 303
    assert manager.client.post(url, data=form | {"is_checked": "y"}).status_code == 409
    PageClient(scene.app).sign_in(OWNED)
    PageClient(scene.app).sign_in(PENDING, PASSWORD, 422)
    # A row whose ИНН is another is never decided by this page, whatever is sent.
    other = scene.session.scalars(select(ContractTransfer).filter_by(decided_at=None)).one()
    forged = form | {"is_checked": "y", "transfer_ids": str(other.id)}
    assert manager.client.post(url, data=forged).status_code == 409
    PageClient(scene.app).sign_in(PENDING, PASSWORD, 422)


def test_a_draft_waits_for_the_same_organisation(scene: Scene) -> None:
    scene.session.add(
        EnquiryDraft(
            contract_id=scene.contract.id,
            account_id=scene.account.id,
            enquiry_id=0,
            typed={"text": "Начатое обращение"},
            changed_at=NOW,
        )
    )
    scene.session.commit()
    scene.enqueue()
    scene.decide("same")
    back = PageClient(scene.app)
    back.sign_in(OWNED)
    assert "Начатое обращение" in back.get("enquiries.new", contract_id=scene.contract.id).text


def test_recoveries_end_with_the_last_contract(scene: Scene, outbox: Outbox) -> None:
    scene.enqueue()
    before = len(outbox.emails(OLD))
    asker = PageClient(scene.app)
    asker.submit(asker.get("recovery.index"), login=OWNED, channel="mail")
    assert len(outbox.emails(OLD)) == before
    assert all(row.account_id is None for row in scene.session.scalars(select(Recovery)))
