"""Lifetimes and rate limits of registrations, as an installation sets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.actions.sms_codes import CodeRules
from app.domain.rate_limits import LimitedAction, RateLimit


@dataclass(frozen=True, slots=True)
class RegistrationRules:
    """Lifetimes, limits, and whether a contact that is not on record needs proof."""

    needs_proof: bool
    link_life: timedelta
    stop_life: timedelta
    codes: CodeRules
    sms_prefixes: tuple[str, ...]
    limits: Mapping[LimitedAction, Sequence[RateLimit]]
    proof_lockout: RateLimit
    """Wrong totals for one contract, by whomever, after which a right one opens nothing by itself
    but is recorded for a clerk."""
