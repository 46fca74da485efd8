"""Blueprint of the section, which its modules of routes share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("readings", __name__, url_prefix="/contracts/<id:contract_id>/readings")
