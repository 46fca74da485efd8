"""The blueprint of the section, which its modules of routes share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("charges", __name__, url_prefix="/contracts/<id:contract_id>/charges")
