"""The customer's own bank details."""

from __future__ import annotations

from app.web.bank_fields import BankFields


class BankDetailsForm(BankFields):
    """What a payment order is made with."""
