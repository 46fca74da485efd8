"""Telephone and address of an enquiry: extensions are shown, domains are shown as people write."""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.actions.billing_export import export_for_billing
from app.integrations.file_store import FolderFileStore
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import NEW, enquiries, filled, send, submit_form


def test_an_extension_is_kept_shown_and_handed_to_billing(
    page: PageClient, make: Factory, tmp_path: Path
) -> None:
    shown = send(page, phone="8 (3513) 57-00-00 доб.105")
    assert "+7 351 357-00-00, доб. 105" in shown.text
    [enquiry] = enquiries(make)
    assert enquiry.phone == "+73513570000;ext=105"
    make.staff(login="operator")
    make.commit()
    clerk = PageClient(page.app)
    clerk.sign_in_staff("operator")
    card = clerk.get("staff.enquiry", enquiry_id=enquiry.id)
    assert "+7 351 357-00-00, доб. 105" in card.text
    export_for_billing(make.session, FolderFileStore(tmp_path / "out"), NOW)
    [file] = (tmp_path / "out").iterdir()
    with zipfile.ZipFile(file) as package:
        written = package.read("enquiries_out.csv").decode("utf-8-sig")
    assert "+73513570000 доб. 105" in written


def test_a_number_and_an_address_are_refused_with_the_reason(page: PageClient) -> None:
    data = filled(page.open(NEW), phone="8 912 345-67-8", email="buh@mail.гu")
    text = submit_form(page, data, 422).text
    assert "в номере не хватает цифр" in text
    assert "10-й знак в «buh@mail.гu» — русская буква «г», нужна латинская" in text
    assert 'value="8 912 345-67-8"' in text


def test_a_domain_in_russian_is_stored_for_smtp_and_shown_for_people(
    page: PageClient, make: Factory
) -> None:
    shown = send(page, email="buh@почта.рф")
    [enquiry] = enquiries(make)
    assert enquiry.email == "buh@xn--80a1acny.xn--p1ai"
    assert "buh@почта.рф" in shown.text
    assert "xn--" not in shown.text
    # As browsers send what was typed into a field for addresses.
    soup = page.open(NEW)
    answer = submit_form(page, filled(soup, email="buh@xn--80a1acny.xn--p1ai", text=""), 422)
    assert 'value="buh@почта.рф"' in answer.text
