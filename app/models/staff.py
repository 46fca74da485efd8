"""Staff: people, sessions, recovery codes; announcements and texts that they publish."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, Moment
from app.models.contracts import Department


class StaffMember(Base):
    """A clerk, manager or administrator.

    ``totp_seed`` is not the secret of the second factor: that is made from it and the
    installation's key, so that a copy of this table makes no codes.
    """

    __tablename__ = "staff"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    totp_seed: Mapped[str] = mapped_column(String(32))
    totp_step: Mapped[int] = mapped_column(BigInteger)
    """TOTP time step of the last code that was accepted; no code is accepted twice."""
    totp_confirmed_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]

    department: Mapped[Department | None] = relationship(lazy="raise")


class StaffSession(Base):
    """A browser of a clerk; it opens nothing before ``confirmed_at``, the second factor."""

    __tablename__ = "staff_sessions"

    id: Mapped[Key]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
    confirmed_at: Mapped[Moment | None]
    last_seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))


class RecoveryCode(Base):
    """A recovery code: replaces one code of the second factor when the telephone is lost."""

    __tablename__ = "staff_recovery_codes"
    __table_args__ = (UniqueConstraint("staff_id", "code_hash"),)

    id: Mapped[Key]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[Moment | None]


class Announcement(Base):
    """A notice on pages from ``begins_at`` to ``ends_at``, of planned works for example."""

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(8))
    audience: Mapped[str] = mapped_column(String(10))
    audience_text: Mapped[str] = mapped_column(Text)
    """How its contracts were chosen, as it was typed; empty: it is for everybody."""
    text: Mapped[str] = mapped_column(String(500))
    begins_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    created_at: Mapped[Moment]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class AnnouncementContract(Base):
    """A contract that an announcement is for, where it is not for everybody."""

    __tablename__ = "announcement_contracts"
    __table_args__ = (Index(None, "announcement_id"),)

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"), primary_key=True)


class TextVersion(Base):
    """A text that the supplier has written anew, in Markdown; never changed once published.

    ``purpose`` and ``version`` are those of ``integrations.consent_texts``; «edo» is among them.
    """

    __tablename__ = "text_versions"
    __table_args__ = (UniqueConstraint("purpose", "version"),)

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Moment]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
