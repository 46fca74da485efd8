"""Drafts of enquiries: how much one holds, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import Enquiry, EnquiryDraft
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import NEW, body_of, fields_of, filled, submit_form
from tests.sections.enquiries.test_thread import URL, enquiry, fields, reply

__all__ = ["enquiry"]


@pytest.mark.parametrize("do", ["save", "send", "attach"])
def test_a_draft_holds_so_much_and_says_what_is_over_it(
    page: PageClient, make: Factory, do: str
) -> None:
    soup = page.open(NEW)
    assert soup.select_one("#text")["maxlength"] == "20000"
    assert "до 20 000" in soup.select_one("#text-hint").text
    text = "я" * 20_001
    data = filled(soup, text=text, organisation="О" * 5_000)
    submit_form(page, data, 422, do=do)
    shown = page.check_last()
    assert "введено 20001" in shown.select_one("#text-error").text
    assert fields_of(shown.select_one("form.enquiry"))["text"] == text, "nothing typed is lost"
    draft = make.session.scalars(select(EnquiryDraft)).one()
    assert draft.typed["text"] == text[:20_000]
    assert len(draft.typed["organisation"]) == 1_000


def test_the_script_hears_that_a_draft_is_not_saved_whole(page: PageClient) -> None:
    url = "/contracts/1/enquiries/draft"
    data = filled(page.open(NEW))
    assert page.client.post(url, **body_of(data | {"text": "я" * 20_000})).status_code == 200
    assert page.client.post(url, **body_of(data | {"text": "я" * 20_001})).status_code == 422


def test_a_lost_session_says_that_a_long_text_is_not_kept_whole(
    page: PageClient, advance_clock: Callable[..., datetime]
) -> None:
    data = filled(page.open(NEW), text="я" * 20_001)
    advance_clock(minutes=45)
    answer = page.client.post(NEW, **body_of(data))
    assert "kept=part" in answer.headers["Location"]
    assert "Принято не все" in page.open(answer.headers["Location"]).text


@pytest.mark.parametrize("do", ["save", "send"])
def test_the_draft_of_an_addition_is_bounded_too(
    page: PageClient, enquiry: Enquiry, make: Factory, do: str
) -> None:
    text = "я" * 20_001
    submit_form(page, fields(page) | {"text": text}, 422, f"{URL}/messages", do=do)
    soup = page.check_last()
    assert "введено 20001" in soup.select_one("#text-error").text
    assert fields_of(soup.select_one("form.enquiry"))["text"] == text
    assert make.session.scalars(select(EnquiryDraft)).one().typed["text"] == text[:20_000]


def test_two_drafts_that_do_not_fit_into_one_stay_as_they_are(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory
) -> None:
    new = "/contracts/1/enquiries/new"
    form = fields_of(page.open(new).select_one("form.enquiry"))
    submit_form(page, form | {"text": "н" * 15_000}, do="save")
    submit_form(page, fields(page) | {"text": "д" * 6_000}, url=f"{URL}/messages", do="save")
    reply(app, "--do", "close")
    soup = page.open(URL)
    page.submit(soup, action=f"{URL}/draft/move", status=409)
    assert "больше 20000 знаков" in page.check_last().select_one("#error-summary").text
    drafts = make.session.scalars(select(EnquiryDraft).order_by(EnquiryDraft.enquiry_id)).all()
    assert [len(draft.typed["text"]) for draft in drafts] == [15_000, 6_000]
