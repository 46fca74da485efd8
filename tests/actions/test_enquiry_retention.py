"""Enquiries, consents and contacts of the departed go when the texts say so, and not before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.actions.enquiries import retention
from app.extensions import db
from app.jobs.retention import delete_expired
from app.lib.clock import Clock
from app.models import (
    Account,
    Attachment,
    Base,
    Consent,
    Enquiry,
    EnquiryDraft,
    EnquiryEntry,
    Membership,
    Registration,
)
from config import RetentionSettings
from tests.conftest import NOW, ZONE, make_config
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]
DAYS = RetentionSettings(enquiry_days=100, consent_days=200)


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A portal with times of its own, on either database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("make_app")(retention=DAYS)
        return
    other: Flask = request.getfixturevalue("postgres_app")
    url = other.extensions["config"].database_url
    app = create_app(make_config(tmp_path, database_url=url, retention=DAYS))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def advance_portal(portal: Flask) -> Callable[[float], None]:
    """Let days pass for the portal."""
    moment = [NOW]

    def advance(days: float) -> None:
        moment[0] += timedelta(days=days)
        portal.extensions["clock"] = Clock(ZONE, moment[0])

    return advance


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def attach(session: Session, enquiry: Enquiry, **owner: int) -> str:
    """A file of an enquiry, in the file store; its key there."""
    key: str = current_app.extensions["attachment_storage"].store.save(b"%PDF-1.7")
    session.add(
        Attachment(
            contract_id=enquiry.contract_id,
            account_id=enquiry.account_id,
            name="Акт.pdf",
            media_type="application/pdf",
            size=8,
            sha256="0" * 64,
            storage_key=key,
            attached_at=ago(150),
            **owner,
        )
    )
    session.flush()
    return key


def consent(session: Session, name: str, **values: object) -> None:
    """A consent that is known by its version."""
    session.add(
        Consent(
            purpose="personal-data",
            version=name,
            text_sha256="0" * 64,
            form="registration",
            given_at=ago(1000),
            address="192.0.2.7",
            user_agent="Firefox",
            **values,
        )
    )
    session.flush()


def consents(session: Session) -> set[str]:
    return set(session.scalars(select(Consent.version)))


def stored(key: str) -> bool:
    store = current_app.extensions["attachment_storage"].store
    return key in store.list_before(datetime.max.replace(tzinfo=NOW.tzinfo))


@pytest.mark.parametrize(
    ("status", "answered", "closed", "goes"),
    [
        ("answered", 101, None, True),
        ("answered", 99, None, False),
        ("closed", 101, 5, True),
        ("closed", 99, 5, False),
        ("closed", None, 101, True),
        ("closed", None, 99, False),
        ("rejected", None, 101, True),
        ("rejected", 300, 99, False),
        ("in_work", 300, None, False),
        ("registered", None, None, False),
        ("needs_details", None, None, False),
    ],
)
def test_an_enquiry_goes_so_long_after_its_answer_and_never_unanswered(
    portal: Flask, status: str, answered: int | None, closed: int | None, goes: bool
) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        make.enquiry(
            contract,
            account,
            status=status,
            registered_at=ago(900),
            answered_at=answered and ago(answered),
            closed_at=closed and ago(closed),
        )
        session.commit()
        delete_expired()
        assert count(session, Enquiry) == (0 if goes else 1)
        assert count(session, EnquiryEntry) == (0 if goes else 1)


def test_thread_draft_and_files_go_with_the_enquiry_and_nothing_of_another(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        old = make.enquiry(contract, account, status="answered", answered_at=ago(101))
        young = make.enquiry(contract, account, status="answered", answered_at=ago(99))
        keys = {}
        for enquiry in (old, young):
            entry = make.entry(enquiry, "Ответ", author="staff")
            draft = EnquiryDraft(
                contract_id=contract.id,
                account_id=account.id,
                enquiry_id=enquiry.id,
                typed={"text": "Еще"},
                changed_at=ago(1),
            )
            session.add(draft)
            session.flush()
            keys[enquiry.id] = [
                attach(session, enquiry, entry_id=entry.id),
                attach(session, enquiry, draft_id=draft.id),
            ]
        remaining, deleted = keys[young.id], keys[old.id]
        young_id = young.id
        session.commit()
        delete_expired()
        assert session.scalars(select(Enquiry.id)).all() == [young_id]
        assert set(session.scalars(select(EnquiryEntry.enquiry_id))) == {young_id}
        assert session.scalars(select(EnquiryDraft.enquiry_id)).all() == [young_id]
        assert set(session.scalars(select(Attachment.storage_key))) == set(remaining)
        assert [stored(key) for key in (*remaining, *deleted)] == [True, True, False, False]


def test_the_consent_of_a_deleted_enquiry_stays_as_evidence_for_its_own_time(
    portal: Flask, advance_portal: Callable[[float], None]
) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        enquiry = make.enquiry(contract, account, status="answered", answered_at=ago(101))
        consent(session, "enquiry", account_id=account.id, enquiry_id=enquiry.id)
        session.commit()
        delete_expired()
        row = session.scalars(select(Consent)).one()
        assert (row.enquiry_id, row.ended_at) == (None, NOW)
        advance_portal(199)
        delete_expired()
        assert consents(session) == {"enquiry"}
        advance_portal(2)
        delete_expired()
        assert consents(session) == set()


def test_a_consent_goes_so_long_after_it_was_withdrawn_and_else_not(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        enquiry = make.enquiry(contract, account)
        consent(session, "holds", account_id=account.id)
        consent(session, "long ago", account_id=account.id, withdrawn_at=ago(201))
        consent(session, "lately", account_id=account.id, withdrawn_at=ago(199))
        consent(session, "of an enquiry", account_id=account.id, enquiry_id=enquiry.id)
        session.commit()
        delete_expired()
        assert consents(session) == {"holds", "lately", "of an enquiry"}


def test_a_consent_and_contacts_go_so_long_after_the_last_access(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        ids = {}
        for number, (name, ages) in enumerate(
            {
                "all long ago": (201, 300),
                "one lately": (201, 199),
                "one is left": (300, None),
                "closed long ago": (201,),
            }.items(),
            start=10,
        ):
            contract = make.contract(f"000{number}-ЭС")
            account = make.account(contract, email=f"{number}@example.org", phone="+79120000000")
            ids[name] = account.id
            session.query(Membership).filter_by(account_id=account.id).delete()
            for at, age in enumerate(ages):
                session.add(
                    Membership(
                        account_id=account.id,
                        contract_id=make.contract(f"00{number}{at}-ЭС").id,
                        role="owner",
                        created_at=ago(900),
                        revoked_at=ago(age) if age else None,
                    )
                )
            consent(session, name, account_id=account.id)
        closed = session.get_one(Account, ids["closed long ago"])
        closed.disabled_at = ago(201)
        session.commit()
        delete_expired()
        delete_expired()
        assert consents(session) == {"one lately", "one is left"}
        session.expire_all()
        cleared = {
            name
            for name, key in ids.items()
            if (row := session.get_one(Account, key)).email == "" and row.phone is None
        }
        assert cleared == {"all long ago", "closed long ago"}
        assert session.get_one(Account, ids["all long ago"]).disabled_at == NOW
        assert session.get_one(Account, ids["closed long ago"]).disabled_at == ago(201)


def test_a_consent_of_a_refused_registration_goes_after_the_decision(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        contract = Factory(session).contract()
        for name, state, age in (
            ("refused long ago", "refused", 201),
            ("refused lately", "refused", 199),
            ("waits for a clerk", "unproved", None),
        ):
            row = Registration(
                contract_id=contract.id,
                state=state,
                created_at=ago(400),
                decided_at=ago(age) if age else None,
                address="192.0.2.7",
                user_agent="",
            )
            session.add(row)
            session.flush()
            consent(session, name, registration_id=row.id)
        session.commit()
        delete_expired()
        assert consents(session) == {"refused lately", "waits for a clerk"}


def test_an_addition_that_is_being_written_keeps_its_enquiry(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        enquiry = make.enquiry(
            contract, make.account(contract), status="answered", answered_at=ago(101)
        )
        session.commit()
        enquiry_id = enquiry.id
        session.rollback()
        is_written, may_commit = threading.Event(), threading.Event()

        def add() -> None:
            with Session(db.engine) as other:
                row = other.get_one(Enquiry, enquiry_id)
                Factory(other).entry(row, "Дополнение")
                row.status, row.answered_at = "in_work", None
                other.flush()
                is_written.set()
                may_commit.wait(5)
                other.commit()

        def in_context() -> None:
            with portal.app_context():
                add()

        writer = threading.Thread(target=in_context)
        writer.start()
        assert is_written.wait(5)
        threading.Timer(0.3, may_commit.set).start()
        assert retention.purge_enquiries(session, ago(100), NOW) == (0, [])
        session.commit()
        writer.join()
        session.expire_all()
        assert session.get_one(Enquiry, enquiry_id).status == "in_work"
        assert count(session, EnquiryEntry) == 2


def test_all_go_batch_after_batch(portal: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        for _ in range(5):
            make.enquiry(contract, account, status="answered", answered_at=ago(101))
        session.commit()
        delete_expired()
        assert count(session, Enquiry) == 0


def test_the_pages_tell_the_times_that_are_set_and_what_has_ended(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(retention=DAYS)
    with app.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        enquiry = make.enquiry(contract, account, status="answered", answered_at=ago(101))
        consent(session, "2026-11-22", account_id=account.id, enquiry_id=enquiry.id)
        contract_id = contract.id
        session.commit()
        delete_expired()
    page = PageClient(app)
    rows = page.get("consents.personal_data").select("tbody tr")
    told = {
        " ".join(row.th.text.split()): " ".join(row.select("td")[-1].text.split()) for row in rows
    }
    assert told["Обращения и файлы"] == "100 дней после ответа; черновики — 30 дней"
    assert told["Согласия: текст, время, адрес"].startswith("200 дней после отзыва или конца")
    page.sign_in("00123", PASSWORD)
    soup = page.get("profile.consents", contract_id=contract_id)
    cells = [" ".join(cell.text.split()) for cell in soup.select("#consents tbody td")]
    assert cells[-2] == "обращение"
    assert cells[-1].startswith("обращение удалено ")
    assert not soup.select("#consents a[href$='/withdraw']")
