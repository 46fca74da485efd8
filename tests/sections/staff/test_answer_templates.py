"""Ready answers: edited in the directories, put into the answer by a button."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Account, AnswerTemplate, AuditEvent, Enquiry, EnquiryEntry
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import submit_form
from tests.sections.staff.enquiry_steps import URL, form_of

TEXT = "Здравствуйте, {имя}!\n\nПо договору {договор} сделан перерасчет ({номер обращения})."


def add_template(make: Factory, name: str = "Перерасчет", **values: object) -> AnswerTemplate:
    row = AnswerTemplate(name=name, **({"text": TEXT, "is_active": True} | values))
    make.session.add(row)
    make.commit()
    return row


def insert(clerk: PageClient, template: object, status: int = 200, text: str = ""):
    data = form_of(clerk.open(URL), "messages") | {"template": str(template), "text": text}
    submit_form(clerk, data, status, f"{URL}/template")
    return clerk.check_last()


def test_an_administrator_adds_a_template_that_a_clerk_then_chooses(
    admin: PageClient, clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    soup = admin.get("staff.directory_new", kind="answers")
    assert soup.select_one("[name=topic_id] option").text == "Любой"
    admin.submit(soup, name="Перерасчет", text=TEXT, is_active="y")
    listed = admin.open(admin.last.location)
    assert [cell.text.strip() for cell in listed.select("tbody tr > *")][1] == "Любой"
    [action] = make.session.scalars(
        select(AuditEvent.action).where(AuditEvent.action.startswith("answer_template"))
    )
    assert action == "answer_template.added"
    options = clerk.open(URL).select("[name=template] option")
    assert [option.text for option in options] == ["Выберите шаблон", "Перерасчет"]


def test_a_template_with_an_unknown_placeholder_is_refused_beside_its_text(
    admin: PageClient, contract, make: Factory
) -> None:
    soup = admin.get("staff.directory_new", kind="answers")
    admin.submit(soup, 422, name="Долг", text="Вы должны {сумма}", is_active="y")
    soup = admin.check_last()
    assert "подстановки {сумма} нет" in soup.select_one("#text-error").text
    assert "Вы должны {сумма}" in soup.select_one("#text").text
    assert make.session.scalars(select(AnswerTemplate)).all() == []


def test_the_button_fills_the_answer_and_sends_nothing(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    account = make.session.scalars(select(Account)).one()
    account.person_name = "Анна Петровна"
    template = add_template(make)
    soup = insert(clerk, template.id)
    assert soup.select_one("#text").text.strip() == (
        "Здравствуйте, Анна Петровна!\n\nПо договору 00123-ЭС сделан перерасчет (2026-000001)."
    )
    assert len(make.session.scalars(select(EnquiryEntry)).all()) == 1


def test_a_person_without_a_name_is_their_organisation(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    assert "Здравствуйте, ООО «Ромашка»!" in insert(clerk, add_template(make).id).text


def test_what_was_typed_stays_before_the_template(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    template = add_template(make, text="С уважением.")
    soup = insert(clerk, template.id, text="Долг закрыт.")
    assert soup.select_one("#text").text.strip() == "Долг закрыт.\n\nС уважением."
    assert soup.select_one("[name=template] option[selected]")["value"] == ""


def test_without_a_choice_the_page_says_so_and_the_text_stays(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    add_template(make)
    soup = insert(clerk, "", 422, text="Начато")
    assert "выберите из списка" in soup.select_one("#template-error").text
    assert "Начато" in soup.select_one("#text").text


def test_templates_of_the_topic_come_first_and_switched_off_ones_are_not_offered(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    add_template(make, "А чужой", topic_id=enquiry.topic_id + 1)
    add_template(make, "Б общий")
    add_template(make, "В свой", topic_id=enquiry.topic_id)
    off = add_template(make, "Г выключен", is_active=False)
    names = [option.text for option in clerk.open(URL).select("[name=template] option")][1:]
    assert names == ["В свой", "Б общий", "А чужой"]
    insert(clerk, off.id, 422)
