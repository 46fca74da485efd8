"""Russian labels of the section «Начисления»."""

from __future__ import annotations

PROPERTIES = {
    "price_category": "ценовая категория",
    "voltage_level": "уровень напряжения",
    "loss_percent": "процент потерь",
}
"""What billing computes with, by the name that its change has in the audit log."""
