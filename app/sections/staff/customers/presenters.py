"""What the accounts and registrations on the card of a contract show, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from app.domain.contacts import show_email, show_phone
from app.queries.customers import AccountCard
from app.sections.staff.labels import CUSTOMER_ROLES
from app.web.filters import moment
from app.web.user_agents import describe_user_agent


@dataclass(frozen=True, slots=True)
class Action:
    """A button that posts something by itself; ``name`` tells it from others for a reader."""

    url: str
    label: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is signed in."""

    browser: str
    address: str
    since: datetime
    last_seen: datetime
    end: Action


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account at the contract.

    Attributes:
        access: role, and what limits it.
        state: shape and label of whether the account is open.
        facts: name and value of what else is known.
    """

    email: str
    access: str
    state: tuple[str, str]
    facts: Sequence[tuple[str, str]]
    sessions: Sequence[SessionRow]
    actions: Sequence[Action]


def present_accounts(contract_id: int, cards: Sequence[AccountCard]) -> list[AccountView]:
    """Decide what the accounts of a contract show."""
    here = url_for("staff.customer", contract_id=contract_id)
    return [_present(f"{here}/accounts/{card.account.id}", card) for card in cards]


def _present(here: str, card: AccountCard) -> AccountView:
    account = card.account
    access = CUSTOMER_ROLES.get(card.role, card.role)
    if card.is_revoked:
        access += ", отозван"
    elif card.is_suspended:
        access += ", закрыт до решения о смене потребителя"
    state = ("ok", "Открыта")
    if account.disabled_at:
        state = ("no", f"Закрыта с {moment(account.disabled_at)}")
    return AccountView(
        show_email(account.email) if account.email else "",
        access,
        state,
        _facts(card),
        [
            SessionRow(
                describe_user_agent(browser.user_agent),
                browser.address or "",
                browser.created_at,
                browser.last_seen_at,
                Action(
                    f"{here}/sessions/{browser.id}/end",
                    "Завершить",
                    f"Завершить сеанс: {describe_user_agent(browser.user_agent)}, "
                    f"{moment(browser.created_at)}",
                ),
            )
            for browser in card.sessions
        ],
        _actions(here, card),
    )


def _facts(card: AccountCard) -> list[tuple[str, str]]:
    account = card.account
    person = ", ".join(text for text in (account.person_name, account.position) if text)
    phone = "не указан"
    if account.phone:
        confirmed = "подтвержден" if account.phone_confirmed_at else "не подтвержден"
        phone = f"{show_phone(account.phone)}, {confirmed}"
    return [
        ("Контактное лицо", person or "не указано"),
        ("E-mail", "подтвержден" if account.email_confirmed_at else "не подтвержден"),
        ("Телефон", phone),
        ("Второй фактор", "подключен" if card.has_second_factor else "не подключен"),
        ("Создана", moment(account.created_at)),
    ]


def _actions(here: str, card: AccountCard) -> list[Action]:
    if card.is_revoked:
        return []
    if card.account.disabled_at:
        return [Action(f"{here}/unblock", "Разблокировать")]
    actions = []
    if not card.is_suspended:
        actions.append(Action(f"{here}/recovery", "Отправить ссылку для нового пароля"))
    if card.has_second_factor:
        actions.append(Action(f"{here}/second-factor/reset", "Отключить второй фактор"))
    if card.sessions:
        actions.append(Action(f"{here}/sessions/end", "Завершить все сеансы"))
    return [*actions, Action(f"{here}/block", "Заблокировать")]
