"""Invitations of people to contracts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.accounts import Account
from app.models.base import Base, Key, Moment
from app.models.contracts import Contract


class Invitation(Base):
    """An offer of access by email; the link in it is signed with the nonce."""

    __tablename__ = "invitations"

    id: Mapped[Key]
    nonce: Mapped[str] = mapped_column(String(22))
    email: Mapped[str] = mapped_column(String(254), index=True)
    person_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    access_until: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(String(200))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    withdrawn_at: Mapped[Moment | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """Who has accepted it."""

    is_limited: Mapped[bool] = mapped_column(server_default=false(), default=False)
    """Whether it offers nothing but the supply points of its ``InvitationPoint`` rows."""

    invited_by: Mapped[Account] = relationship(lazy="raise", foreign_keys=invited_by_id)


class InvitationContract(Base):
    """One of the contracts that an invitation offers."""

    __tablename__ = "invitation_contracts"
    __table_args__ = (Index(None, "contract_id"),)

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)

    contract: Mapped[Contract] = relationship(lazy="raise")


class InvitationPoint(Base):
    """A supply point that a limited invitation offers."""

    __tablename__ = "invitation_points"
    __table_args__ = (Index(None, "supply_point_id"),)

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    supply_point_id: Mapped[int] = mapped_column(ForeignKey("supply_points.id"), primary_key=True)
