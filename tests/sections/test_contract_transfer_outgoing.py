"""What is on its way out when a contract changes hands: to billing, and to people."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.actions.billing_export import export_for_billing
from app.actions.messages import claim_message
from app.integrations.file_store import FolderFileStore
from app.models import ContactUpdate, Contract, Message
from tests.conftest import NOW
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.registering import Person
from tests.sections.transfer_scene import OLD, PENDING, Scene, scene

__all__ = ["scene"]


@pytest.mark.parametrize(("decision", "rows"), [("", 0), ("same", 1), ("other", 0)])
def test_billing_never_takes_a_former_person_s_contact_for_the_new_customer_s(
    scene: Scene, tmp_path: Path, decision: str, rows: int
) -> None:
    scene.session.add(
        ContactUpdate(
            contract_id=scene.contract.id,
            account_id=scene.account.id,
            field="email",
            old="",
            new=OLD,
            changed_at=NOW,
        )
    )
    scene.session.commit()
    scene.enqueue()
    if decision:
        scene.decide(decision)
    exported = export_for_billing(scene.session, FolderFileStore(tmp_path / "out"), NOW)
    assert exported.counts.get("contacts_out.csv", 0) == rows


def test_a_queued_link_of_a_registration_that_ended_is_not_sent(
    scene: Scene, outbox: Outbox
) -> None:
    starter = Person(PageClient(scene.app), {"email": "someone@example.org"})
    starter.save(starter.page.open(starter.enter(PENDING, "960000000300").location))
    message = scene.session.scalars(select(Message).filter_by(kind="registration_notice")).one()
    message.status, message.next_try_at = "waiting", NOW
    scene.session.commit()
    scene.enqueue(PENDING)
    transports = scene.app.extensions["transports"]
    assert claim_message(scene.session, message.id, transports, NOW) is None
    assert message.last_error == "у договора сменился потребитель"
    contract = scene.session.scalars(select(Contract).filter_by(number=PENDING)).one()
    assert contract.transferred_at is None
