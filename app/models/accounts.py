"""Accounts of customers, their memberships in contracts, sessions, and rate limit hits."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, false, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, Moment
from app.models.contracts import Contract

PHONE_END = literal_column("substr(phone, length(phone) - 5)", String)
"""SQL: the last six digits of an account's telephone, as its index has them: without parameters, by
which neither database would know it. Migrations that rebuild the table on SQLite (``batch``) lose
an index over an expression and have to make it anew."""


class Account(Base):
    """A person's sign-in. The password is an argon2id hash."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_phone_end", PHONE_END),)

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), index=True)
    login_email: Mapped[str | None] = mapped_column(String(254), unique=True)
    """The address, in lower case, that an invited person signs in with."""
    phone: Mapped[str | None] = mapped_column(String(16))
    person_name: Mapped[str | None] = mapped_column(String(200))
    position: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str]
    email_confirmed_at: Mapped[Moment | None]
    phone_confirmed_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]
    calendar_nonce: Mapped[str | None] = mapped_column(String(22))
    """What the signed address of the calendar is tied to; None: there is none."""


class Membership(Base):
    """Access of an account to a contract, in a role; a contract has one owner at a time."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index(
            "uq_memberships_owner",
            "contract_id",
            unique=True,
            sqlite_where=text("role = 'owner' AND revoked_at IS NULL"),
            postgresql_where=text("role = 'owner' AND revoked_at IS NULL"),
        ),
        Index(None, "account_id", "contract_id"),
        Index(None, "contract_id"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    role: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    suspended_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("contract_transfers.id"), index=True
    )
    """The change of customer that closed the contract to this account until a clerk decides."""
    paused_at: Mapped[Moment | None]
    """Since when the owner has suspended this person's access."""
    access_until: Mapped[date | None]
    """Last day of access, in the supplier's zone."""
    note: Mapped[str | None] = mapped_column(String(200))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    is_limited: Mapped[bool] = mapped_column(server_default=false(), default=False)
    """Whether it opens nothing but the supply points of its ``MembershipPoint`` rows."""

    account: Mapped[Account] = relationship(lazy="raise", foreign_keys=account_id)
    contract: Mapped[Contract] = relationship(lazy="raise")


class MembershipPoint(Base):
    """A supply point that a limited membership opens."""

    __tablename__ = "membership_points"
    __table_args__ = (Index(None, "supply_point_id"),)

    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"), primary_key=True)
    supply_point_id: Mapped[int] = mapped_column(ForeignKey("supply_points.id"), primary_key=True)


class AccountSession(Base):
    """A signed-in browser. The cookie holds the token, the table only its SHA-256."""

    __tablename__ = "account_sessions"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))

    account: Mapped[Account] = relationship(lazy="raise")


class RateLimitHit(Base):
    """One counted attempt of a rate-limited action; its subject is stored as a keyed hash."""

    __tablename__ = "rate_limit_hits"
    __table_args__ = (
        Index(None, "action", "subject_hash", "hit_at"),
        Index("ix_rate_limit_hits_address", "action", "address", "hit_at"),
        Index("ix_rate_limit_hits_action", "action", "hit_at"),
    )

    id: Mapped[Key]
    action: Mapped[str] = mapped_column(String(16))
    subject_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    hit_at: Mapped[Moment]
    succeeded: Mapped[bool]
