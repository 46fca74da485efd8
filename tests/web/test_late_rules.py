"""Addresses of rules that compile late are those that Werkzeug's own give."""

from __future__ import annotations

from werkzeug.routing import Map, Rule

from app.web.urls import LateRule

RULES = (
    ("/contracts/<int:contract_id>/", "home"),
    ("/files/statement.<any(pdf, xlsx):extension>", "file"),
    ("/a b/«имя»/<path:rest>", "odd"),
)
VALUES = (
    ("home", {"contract_id": 5}),
    ("home", {"contract_id": 5, "first": "2026-01", "многое": ["1", "2"]}),
    ("file", {"extension": "pdf"}),
    ("odd", {"rest": "x/й"}),
)


def test_addresses_are_the_same_the_first_time_and_again() -> None:
    late, ours = (
        Map([kind(rule, endpoint=name) for rule, name in RULES]).bind("localhost")
        for kind in (LateRule, Rule)
    )
    for endpoint, values in (*VALUES, *VALUES):
        for append_unknown in (True, False):
            assert late.build(endpoint, values, append_unknown=append_unknown) == ours.build(
                endpoint, values, append_unknown=append_unknown
            )
