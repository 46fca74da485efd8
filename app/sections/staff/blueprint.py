"""Blueprint ``staff``, shared by the areas of the staff section."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.sections.staff.labels import MENU, ROLES
from app.web.session import current_clerk

bp = Blueprint("staff", __name__, url_prefix="/staff")


@bp.app_context_processor
def menu() -> dict[str, Any]:
    """Menu and role for every page that staff see, error pages included."""
    return {"staff_menu": MENU, "staff_role": lambda: ROLES[current_clerk().role]}
