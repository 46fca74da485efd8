"""«Справочники»: departments, topics and kinds of premises edited by staff."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.staff import StaffRole
from app.models import Account, AuditEvent, Department, EnquiryTopic, PremisesKind
from app.queries.enquiries.customer import list_topics
from app.sections.staff.content.directories import DIRECTORIES
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]


def lines(session: Session, beginning: str) -> list[AuditEvent]:
    session.expire_all()
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.action.startswith(beginning))
            .order_by(AuditEvent.id)
        )
    )


@pytest.fixture
def department(make: Factory, contract) -> Department:
    row = Department(
        external_id="001", name="Центральное отделение", is_active=True, phone="8 (3513) 1"
    )
    make.session.add(row)
    make.commit()
    return row


@pytest.fixture
def topic(make: Factory, department: Department) -> EnquiryTopic:
    row = EnquiryTopic(
        external_id="calc", name="Расчеты", department_id=department.id, is_active=True
    )
    make.session.add(row)
    make.commit()
    return row


def test_each_role_sees_on_the_index_what_it_may_change(admin: PageClient, app) -> None:
    links = {tag["href"] for tag in admin.get("staff.directories").select("#results a")}
    assert {
        "/staff/directories/announcements",
        "/staff/directories/departments",
        "/staff/directories/topics",
        "/staff/directories/premises",
        "/staff/directories/answers",
        "/staff/directories/supplier",
        "/staff/directories/texts",
    } == links
    manager = PageClient(app)
    manager.sign_in_staff("manager")
    soup = manager.get("staff.directories")
    assert [tag["href"] for tag in soup.select("#results a")] == [
        "/staff/directories/announcements"
    ]
    assert soup.select_one("nav [aria-current]").text == "Справочники"
    operator = PageClient(app)
    operator.sign_in_staff("operator")
    operator.get("staff.directories", status=403)


def test_a_department_of_billing_is_taken_over_by_a_change_and_given_back(
    admin: PageClient, session: Session, department: Department
) -> None:
    values = {"kind": "departments", "row_id": department.id}
    soup = admin.get("staff.directory_row", **values)
    assert "пришла из биллинга" in soup.select_one(".note").text
    assert not soup.select_one("form[action$=give-back]")
    admin.submit(soup, name="Главное отделение", work_hours="пн–пт 8:00–17:00")
    soup = admin.open(admin.last.location)
    assert "биллинг, изменено в кабинете" in soup.select_one("tbody").text
    session.expire_all()
    assert department.edited_at is not None
    assert (department.name, department.phone) == ("Главное отделение", "8 (3513) 1")
    [line] = lines(session, "department.")
    assert line.changes == {
        "name": ["Центральное отделение", "Главное отделение"],
        "work_hours": [None, "пн–пт 8:00–17:00"],
    }
    assert (line.staff_id, line.address) == (3, "127.0.0.1")

    soup = admin.get("staff.directory_row", **values)
    form = soup.select_one("form[action$=give-back]")
    admin.submit(soup, action=form["action"])
    assert "со следующей загрузкой" in admin.open(admin.last.location).text
    session.expire_all()
    assert department.edited_at is None
    assert department.name == "Главное отделение", "only the next import knows what billing says"
    assert lines(session, "department.given_back")


def test_a_change_of_nothing_takes_nothing_over(
    admin: PageClient, session: Session, department: Department
) -> None:
    admin.submit(
        admin.get("staff.directory_row", kind="departments", row_id=department.id),
        name=department.name,
    )
    session.expire_all()
    assert department.edited_at is None
    assert lines(session, "department.") == []


def test_only_the_term_of_answers_leaves_a_topic_with_billing(
    admin: PageClient, session: Session, topic: EnquiryTopic
) -> None:
    values = {"kind": "topics", "row_id": topic.id}
    soup = admin.get("staff.directory_row", **values)
    assert soup.select_one("#department_id option[selected]").text == "Центральное отделение"
    same = {"department_id": str(topic.department_id)}
    admin.submit(soup, answer_days="10", **same)
    session.expire_all()
    assert (topic.answer_days, topic.edited_at) == (10, None)
    assert lines(session, "topic.")[0].changes == {"answer_days": [None, 10]}
    admin.submit(admin.get("staff.directory_row", **values), answer_days="", department_id="")
    session.expire_all()
    assert (topic.answer_days, topic.department_id) == (None, None)
    assert topic.edited_at is not None


@pytest.mark.parametrize("days", ["0", "366", "-1", "1.5", "семь", "٣", "9" * 30])
def test_a_term_that_is_none_is_refused_and_kept(
    admin: PageClient, session: Session, topic: EnquiryTopic, days: str
) -> None:
    soup = admin.get("staff.directory_row", kind="topics", row_id=topic.id)
    admin.submit(soup, 422, answer_days=days, department_id="", name="Иначе")
    soup = admin.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    field = soup.select_one("#answer_days")
    assert (field["value"], field["aria-invalid"]) == (days, "true")
    assert soup.select_one("#error-summary a")["href"] == "#answer_days"
    assert soup.select_one("#name")["value"] == "Иначе"
    session.expire_all()
    assert topic.name == "Расчеты"


def test_a_topic_is_added_once_and_customers_can_choose_it(
    admin: PageClient, customer: PageClient, session: Session, topic: EnquiryTopic
) -> None:
    soup = admin.get("staff.directory_new", kind="topics")
    fields = {"name": "Зарядные станции", "department_id": str(topic.department_id)}
    admin.submit(soup, answer_days="5", **fields)
    admin.submit(soup, 422, answer_days="5", **fields)
    assert "уже есть" in admin.check_last().select_one("#name-error").text
    created = session.scalars(select(EnquiryTopic).filter_by(name="Зарядные станции")).one()
    assert created.external_id.startswith("portal:")
    assert (created.answer_days, created.withdrawn_at, created.edited_at) == (5, None, None)
    options = customer.open("/contracts/1/enquiries/new").select("#topic option")
    assert [option.text for option in options][1:] == ["Расчеты", "Зарядные станции"]
    page = admin.get("staff.directory_row", kind="topics", row_id=created.id)
    assert not page.select("#results .note")
    admin.submit(page, name="Зарядки", answer_days="", department_id="")
    session.expire_all()
    assert created.edited_at is None, "there is nothing to take it over from"
    soup = admin.get("appearance.index")
    token = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    url = admin.url("staff.directory_give_back", kind="topics", row_id=created.id)
    assert admin.client.post(url, data=token).status_code == 404


def test_topics_of_the_portal_stand_beside_its_own_until_billing_sends_some(
    session: Session, make: Factory, contract
) -> None:
    names = [topic.name for topic in list_topics(session)]
    assert "Иное" in names
    make.session.add(EnquiryTopic(external_id="portal:00aa11bb", name="Свой", is_active=True))
    make.commit()
    assert [topic.name for topic in list_topics(session)] == [*names, "Свой"]
    make.session.add(EnquiryTopic(external_id="calc", name="Расчеты", is_active=True))
    make.commit()
    assert [topic.name for topic in list_topics(session)] == ["Свой", "Расчеты"]


def test_what_is_switched_off_cannot_be_chosen_and_stays_in_enquiries(
    admin: PageClient, customer: PageClient, make: Factory, contract
) -> None:
    enquiry = make.enquiry(contract, make.session.scalars(select(Account)).one())
    make.commit()
    for kind, row_id in (("topics", enquiry.topic_id), ("premises", enquiry.premises_kind_id)):
        soup = admin.get("staff.directory_row", kind=kind, row_id=row_id)
        soup.select_one("#is_active").decompose()
        fields = {"department_id": "", "answer_days": ""} if kind == "topics" else {}
        admin.submit(soup, name="Выключено " + kind, **fields)
    form = customer.open("/contracts/1/enquiries/new").text
    assert "Выключено" not in form
    soup = customer.get("enquiries.enquiry", contract_id=contract.id, enquiry_id=enquiry.id)
    assert "Выключено topics" in soup.text


def test_the_last_kind_of_premises_cannot_be_switched_off(
    admin: PageClient, session: Session, make: Factory, contract
) -> None:
    kinds = session.scalars(select(PremisesKind).order_by(PremisesKind.id)).all()
    for item in kinds[1:]:
        item.is_active = False
    session.commit()
    soup = admin.get("staff.directory_row", kind="premises", row_id=kinds[0].id)
    soup.select_one("#is_active").decompose()
    admin.submit(soup, 422, name="Иначе")
    soup = admin.check_last()
    assert "последняя" in soup.select_one("#is_active-error").text
    assert soup.select_one("#name")["value"] == "Иначе"
    session.expire_all()
    assert kinds[0].is_active
    assert lines(session, "premises_kind.") == []


def test_kinds_of_premises_are_added_at_the_end_and_moved(
    admin: PageClient, session: Session, customer: PageClient
) -> None:
    last = session.scalars(select(PremisesKind.position)).all()
    soup = admin.get("staff.directory_new", kind="premises")
    assert soup.select_one("#position")["value"] == str(max(last) + 1)
    admin.submit(soup, name="Стройплощадка", position="0", status=422)
    assert "от 1 до 999" in admin.check_last().select_one("#position-error").text
    admin.submit(soup, name="=Гараж <b>", position="1")
    options = customer.open("/contracts/1/enquiries/new").select("#premises_kind option")
    assert options[2].text == "=Гараж <b>"
    assert lines(session, "premises_kind.added")[0].changes["name"] == [None, "=Гараж <b>"]


def test_a_department_that_is_off_stays_in_the_form_of_its_topic(
    admin: PageClient, session: Session, topic: EnquiryTopic, department: Department
) -> None:
    department.is_active = False
    session.commit()
    soup = admin.get("staff.directory_row", kind="topics", row_id=topic.id)
    chosen = soup.select_one("#department_id option[selected]")
    assert chosen.text == "Центральное отделение (выключено)"
    admin.submit(soup, answer_days="7", department_id=chosen["value"])


@pytest.mark.parametrize("key", [99, 2**63, 2**70])
@pytest.mark.parametrize("kind", ["departments", "topics", "premises"])
def test_what_is_not_there_is_not_found(admin: PageClient, kind: str, key: int) -> None:
    admin.get("staff.directory_row", status=404, kind=kind, row_id=key)


def test_a_withdrawn_record_of_billing_is_not_found_and_not_listed(
    admin: PageClient, session: Session, department: Department
) -> None:
    department.withdrawn_at = NOW
    session.commit()
    admin.get("staff.directory_row", status=404, kind="departments", row_id=department.id)
    assert "Записей пока нет" in admin.get("staff.directory", kind="departments").text


@pytest.mark.parametrize("email", ["нет", "a@", "a@b.example, x"])
def test_an_address_that_is_none_is_refused(
    admin: PageClient, department: Department, email: str
) -> None:
    soup = admin.get("staff.directory_row", kind="departments", row_id=department.id)
    admin.submit(soup, 422, email=email)
    soup = admin.check_last()
    assert "name@example.ru" in soup.select_one("#email-error").text
    assert soup.select_one("#email")["value"] == email


@pytest.mark.parametrize("kind", ["departments", "topics", "premises"])
def test_a_record_is_not_renamed_to_what_another_is_called(
    admin: PageClient, session: Session, topic: EnquiryTopic, department: Department, kind: str
) -> None:
    model = DIRECTORIES[kind].model
    more = {"position": 50} if kind == "premises" else {"external_id": "other"}
    session.add(row := model(name="Другое название", is_active=False, **more))
    session.commit()
    soup = admin.get("staff.directory_row", kind=kind, row_id=row.id)
    kinds = session.scalars(select(PremisesKind.name)).all()
    existing = {"departments": department.name, "topics": topic.name, "premises": kinds[0]}[kind]
    fields = {"department_id": "", "answer_days": "9"} if kind == "topics" else {}
    admin.submit(soup, 422, name=existing, **fields)
    page_with_errors = admin.check_last()
    assert "уже есть" in page_with_errors.select_one("#name-error").text
    assert page_with_errors.select_one("#name")["value"] == existing
    session.expire_all()
    assert row.name == "Другое название"
    # Billing may send the same name twice: all else of such a record can be changed.
    row.name = existing
    session.commit()
    admin.submit(
        admin.get("staff.directory_row", kind=kind, row_id=row.id), is_active="y", **fields
    )
    session.expire_all()
    assert row.is_active


def test_of_two_at_once_one_adds_a_kind_of_premises(
    app, admin: PageClient, session: Session
) -> None:
    other = PageClient(app)
    other.sign_in_staff("admin")
    check_two_adds(admin, other, session)


def test_of_two_at_once_one_adds_a_kind_of_premises_on_postgresql(
    postgres_app, postgres_session: Session
) -> None:
    Factory(postgres_session).staff(StaffRole.ADMIN)
    postgres_session.commit()
    clients = [PageClient(postgres_app) for _ in range(2)]
    for client in clients:
        client.sign_in_staff("admin")
    check_two_adds(*clients, postgres_session)


def check_two_adds(one: PageClient, other: PageClient, session: Session) -> None:
    soups = [row.get("staff.directory_new", kind="premises") for row in (one, other)]
    url = one.url("staff.directory_new", kind="premises")
    for round_ in range(5):
        data = [
            {
                "csrf_token": soup.select_one("[name=csrf_token]")["value"],
                "is_active": "y",
                "name": f"Ангар {round_}",
                "position": "9",
            }
            for soup in soups
        ]
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(
                lambda each: each[0].client.post(url, data=each[1]),
                zip((one, other), data, strict=True),
            )
            assert sorted(answer.status_code for answer in answers) == [303, 422]
    session.rollback()
    gone = delete(PremisesKind).where(PremisesKind.name.startswith("Ангар"))
    added = session.scalars(gone.returning(PremisesKind.id)).all()
    session.commit()
    assert len(added) == 5
