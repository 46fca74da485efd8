"""Second factor of customers: authenticators, recovery codes, roles that must have one."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.second_factor import new_seed
from app.models.base import Base, Key, Moment


class SecondFactor(Base):
    """The authenticator of an account; it counts from ``confirmed_at``, the first right code.

    ``seed`` is not its secret: that is made from it and the installation's key, so that a copy of
    this table makes no codes.
    """

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    seed: Mapped[str] = mapped_column(String(32), default=new_seed)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """TOTP time step of the last code that was accepted; no code is accepted twice."""
    confirmed_at: Mapped[Moment | None]


class AccountRecoveryCode(Base):
    """A recovery code: replaces one code of the authenticator when the telephone is lost."""

    __tablename__ = "account_recovery_codes"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[Moment | None]


class SecondFactorRole(Base):
    """A role whose people must have a second factor at a contract; its owner decides."""

    __tablename__ = "second_factor_roles"

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)
