"""Sign-in of staff: two factors, each code once, sessions that end soon."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.second_factor import totp_secret
from app.domain.staff import StaffRole
from app.lib.totp import code_at
from app.models import AuditEvent, Contract, Department, RecoveryCode, StaffMember, StaffSession
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient


def secret_of(page: PageClient, session: Session, login: str) -> str:
    session.expire_all()
    member = session.scalars(select(StaffMember).filter_by(login=login)).one()
    return totp_secret(page.app.config["SECRET_KEY"], member.totp_seed)


def enter_password(page: PageClient, login: str = "operator", password: str = PASSWORD, **more):
    return page.submit(page.get("staff.sign_in"), login=login, password=password, **more)


def test_the_password_alone_opens_nothing(page, contract: Contract) -> None:
    enter_password(page)
    answer = page.client.get(page.url("staff.dashboard"))
    assert answer.status_code == 302
    assert "/staff/sign-in" in answer.headers["Location"]
    assert page.client.get(page.url("home.index", contract_id=contract.id)).status_code == 302


def test_password_and_code_open_the_staff_pages(page, contract: Contract, session: Session) -> None:
    page.sign_in_staff()
    assert "Сегодня" in page.get("staff.dashboard").h1.text
    (event,) = session.scalars(select(AuditEvent).filter_by(action="staff.signed_in"))
    assert event.address == "127.0.0.1"


def test_the_same_code_does_not_open_twice(page, app, contract: Contract, session) -> None:
    code = code_at(secret_of(page, session, "operator"), NOW)
    enter_password(page)
    page.submit(page.get("staff.second_factor"), code=code)
    other = PageClient(app)
    enter_password(other)
    other.submit(other.get("staff.second_factor"), 422, code=code)
    assert "Код не подходит" in other.check_last().text


def test_a_wrong_password_an_unknown_login_and_a_closed_person_get_the_same_answer(
    page, contract: Contract, make: Factory, advance_clock
) -> None:
    make.staff(StaffRole.OPERATOR, login="gone").disabled_at = NOW
    make.commit()
    texts = set()
    for login, password in (("operator", "не тот"), ("nobody", PASSWORD), ("gone", PASSWORD)):
        page.submit(page.get("staff.sign_in"), 422, login=login, password=password)
        texts.add(page.check_last().select_one("#error-summary").text)
    assert len(texts) == 1
    assert "Логин или пароль не подходят" in texts.pop()


def test_codes_are_not_tried_without_end(page, contract: Contract, session: Session) -> None:
    enter_password(page)
    for _ in range(10):
        page.submit(page.get("staff.second_factor"), 422, code="000000")
    right = code_at(secret_of(page, session, "operator"), NOW)
    answer = page.submit(page.get("staff.second_factor"), 429, code=right)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_new_clerk_sets_up_an_authenticator_changes_the_password_and_is_in(
    page, admin, contract: Contract, session: Session
) -> None:
    form = admin.get("staff.member_new")
    admin.submit(form, 200, login="Novikova", name="Новикова Вера", role="operator")
    password = admin.check_last().select_one("#first-password").text
    enter_password(page, "novikova", password)
    setup = page.get("staff.second_factor")
    shown = setup.select_one("#secret").text
    assert shown == secret_of(page, session, "novikova")
    assert setup.select_one(".qr svg")
    page.submit(setup, 200, code=code_at(shown, NOW))
    codes = [item.text for item in page.check_last().select(".points li")]
    assert len(codes) == 10
    # Until the password is one's own, everything leads to its form.
    answer = page.client.get(page.url("staff.readings"))
    assert answer.headers["Location"] == page.url("staff.password")
    form = page.get("staff.password")
    page.submit(form, current=password, password="мой новый пароль")
    assert "Сегодня" in page.get("staff.dashboard").h1.text


def test_a_recovery_code_opens_once_and_stands_nowhere_in_the_clear(
    page, app, contract: Contract, session: Session
) -> None:
    page.sign_in_staff()
    page.submit(page.get("staff.password"), 422, proof="не тот")
    assert "пароль не подходит" in page.check_last().select_one("#proof-error").text
    page.submit(page.get("staff.password"), 200, proof=PASSWORD)
    code = page.check_last().select_one(".points li").text
    assert code not in {row.code_hash for row in session.scalars(select(RecoveryCode))}
    for status in (303, 422):
        other = PageClient(app)
        enter_password(other)
        other.submit(other.get("staff.second_factor"), status, code=code.upper())


def test_a_session_of_the_staff_ends_after_15_minutes_and_after_8_hours(
    page, app, contract: Contract, advance_clock
) -> None:
    page.sign_in_staff()
    advance_clock(minutes=14)
    page.get("staff.dashboard")
    advance_clock(minutes=30)
    assert page.client.get(page.url("staff.dashboard")).status_code == 302
    advance_clock()
    page = PageClient(app)
    page.sign_in_staff()
    for minutes in range(10, 8 * 60, 10):
        advance_clock(minutes=minutes)
        page.client.get(page.url("staff.dashboard"))
    page.get("staff.dashboard")
    advance_clock(hours=8, minutes=1)
    assert page.client.get(page.url("staff.dashboard")).status_code == 302


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(page, clerk, app) -> None:
    cookie = clerk.client.get_cookie("kabinet")
    clerk.submit(clerk.get("staff.dashboard"), action=clerk.url("staff.sign_out"))
    thief = PageClient(app)
    thief.client.set_cookie("kabinet", cookie.value)
    assert thief.client.get(thief.url("staff.dashboard")).status_code == 302


def test_the_half_open_session_is_another_one_than_the_open_one(page, contract, session) -> None:
    page.sign_in_staff()
    rows = session.scalars(select(StaffSession).order_by(StaffSession.id)).all()
    assert [row.ended_at is not None for row in rows] == [True, False]
    assert rows[0].token_hash != rows[1].token_hash


def test_an_address_after_the_sign_in_page_stays_on_this_host(
    page, contract: Contract, session
) -> None:
    code = code_at(secret_of(page, session, "operator"), NOW)
    form = page.open(page.url("staff.sign_in", next="//evil.example/"))
    page.submit(form, login="operator", password=PASSWORD)
    page.submit(page.get("staff.second_factor", next="https:evil.example"), code=code)
    assert page.last.headers["Location"] == page.url("staff.dashboard")


def test_a_role_taken_away_counts_at_the_next_request(
    page, app, admin, contract: Contract, session: Session
) -> None:
    page.sign_in_staff("manager")
    page.get("staff.members")
    member = session.scalars(select(StaffMember).filter_by(login="manager")).one()
    form = admin.get("staff.member", staff_id=member.id)
    admin.submit(form, name=member.name, role="operator", is_active="y")
    assert page.client.get(page.url("staff.members")).status_code == 403
    admin.submit(
        admin.get("staff.member", staff_id=member.id),
        name=member.name,
        role="operator",
        is_active="",
    )
    assert page.client.get(page.url("staff.dashboard")).status_code == 302


def test_the_last_administrator_cannot_be_taken_away(admin, session: Session) -> None:
    member = session.scalars(select(StaffMember).filter_by(login="admin")).one()
    form = admin.get("staff.member", staff_id=member.id)
    admin.submit(form, 422, name=member.name, role="operator", is_active="y")
    assert "последний администратор" in admin.check_last().text


def test_a_taken_or_unusable_login_is_refused_beside_the_field(admin) -> None:
    for login, phrase in (("Operator", "такой логин уже есть"), ("вера", "латинские буквы")):
        admin.submit(admin.get("staff.member_new"), 422, login=login, name="Вера", role="operator")
        soup = admin.check_last()
        assert phrase in soup.select_one("#login-error").text
        assert soup.select_one("#name")["value"] == "Вера"


def test_a_reset_ends_sessions_and_asks_for_a_new_authenticator(
    page, admin, contract: Contract, session: Session
) -> None:
    page.sign_in_staff()
    old = secret_of(page, session, "operator")
    member = session.scalars(select(StaffMember).filter_by(login="operator")).one()
    admin.submit(
        admin.get("staff.member", staff_id=member.id),
        200,
        action=admin.url("staff.member_reset", staff_id=member.id),
    )
    password = admin.check_last().select_one("#first-password").text
    assert page.client.get(page.url("staff.dashboard")).status_code == 302
    enter_password(page, password=password)
    assert page.get("staff.second_factor").select_one("#secret").text != old


def test_the_command_line_makes_the_first_administrator(app, session: Session) -> None:
    runner = app.test_cli_runner()
    command = [
        "staff-create",
        "root.admin",
        "--name",
        "Анна",
        "--role",
        "admin",
        "--password-stdin",
    ]
    result = runner.invoke(args=command, input="надежный пароль\n")
    assert result.exit_code == 0, result.output
    again = runner.invoke(args=command, input="надежный пароль\n")
    assert "логин занят" in again.output
    member = session.scalars(select(StaffMember)).one()
    assert (member.role, member.must_change_password) == ("admin", True)
    assert member.totp_confirmed_at is None
    assert "root.admin" in runner.invoke(args=["staff-list"]).output
    secret = secret_of(PageClient(app), session, "root.admin")
    assert runner.invoke(args=["staff-code", "root.admin"]).output.strip() == code_at(secret, NOW)


def test_a_set_up_link_sets_the_first_password_once(page, app, session: Session) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(
        args=["staff-create", "boss", "--name", "Анна", "--role", "admin", "--link"]
    )
    assert made.exit_code == 0, made.output
    path = made.output.split()[-1].removeprefix("http://localhost")
    soup = page.open(path)
    assert "boss" in soup.text
    assert page.last.headers["Referrer-Policy"] == "no-referrer"
    page.submit(soup, 422, password="короткий", password_again="другой")
    page.submit(soup, password="надежный пароль", password_again="надежный пароль")
    page.open(path, 410)
    member = session.scalars(select(StaffMember)).one()
    assert member.must_change_password is False
    page.submit(page.get("staff.sign_in"), login="boss", password="надежный пароль")
    assert page.last.location.endswith("/sign-in/code")


def test_a_set_up_link_dies_after_three_days_and_with_a_newer_one(
    page, app, session: Session, advance_clock
) -> None:
    runner = app.test_cli_runner()
    arguments = ["staff-create", "boss", "--name", "Анна", "--role", "admin", "--link"]
    first = runner.invoke(args=arguments).output.split()[-1]
    second = runner.invoke(args=["staff-reset", "boss", "--link"]).output.split()[-1]
    page.open(first.removeprefix("http://localhost"), 410)
    page.open(second.removeprefix("http://localhost"))
    page.open(second.removeprefix("http://localhost")[:-2], 404)
    advance_clock(hours=73)
    page.open(second.removeprefix("http://localhost"), 410)


def test_access_is_given_by_a_link_or_by_a_password(app) -> None:
    command = ["staff-create", "boss", "--name", "Анна", "--role", "admin"]
    for options in ([], ["--link", "--password-stdin"]):
        result = app.test_cli_runner().invoke(args=command + options)
        assert result.exit_code == 2
        assert "нужно одно из двух" in result.output


def test_nobody_can_sign_in_as_staff_of_a_fresh_portal(page) -> None:
    for login in ("admin", "staff", "operator"):
        page.submit(page.get("staff.sign_in"), 422, login=login, password=login)


def test_no_table_holds_the_second_factor(page, contract: Contract, session: Session) -> None:
    secret = secret_of(page, session, "operator")
    member = session.scalars(select(StaffMember).filter_by(login="operator")).one()
    assert secret not in {str(value) for value in vars(member).values()}


def test_a_new_password_is_another_one_and_gives_a_new_session(page, app, contract) -> None:
    page.sign_in_staff()
    thief = PageClient(app)
    thief.client.set_cookie("kabinet", page.client.get_cookie("kabinet").value)
    page.submit(page.get("staff.password"), 422, current=PASSWORD, password=PASSWORD)
    assert "текущий пароль" in page.check_last().select_one("#password-error").text
    page.submit(page.get("staff.password"), current=PASSWORD, password="совсем другой пароль")
    page.get("staff.dashboard")
    assert thief.client.get(thief.url("staff.dashboard")).status_code == 302


def test_passwords_that_may_not_be_set_do_not_count_as_wrong_ones(page, contract) -> None:
    page.sign_in_staff()
    for _ in range(12):
        page.submit(page.get("staff.password"), 422, current=PASSWORD, password="123")
    assert "короче 8" in page.check_last().text


def test_a_department_that_is_switched_off_stays_with_who_has_it(
    admin, make, session: Session
) -> None:
    old = Department(external_id="D9", name="Старое отделение", is_active=False)
    session.add(old)
    session.flush()
    member = make.staff(StaffRole.OPERATOR, login="vera", department_id=old.id)
    make.commit()
    form = admin.get("staff.member", staff_id=member.id)
    admin.submit(
        form,
        name="Вера",
        role="manager",
        is_active="y",
        department=form.select_one("#department [selected]")["value"],
    )
    session.refresh(member)
    assert (member.role, member.department_id) == ("manager", old.id)
