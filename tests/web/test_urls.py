"""URLs with ids put in are those that Flask builds."""

from __future__ import annotations

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError, IntegerConverter

from app.lib.database import MAX_ID
from app.web.converters import IdConverter
from app.web.urls import build_url


def test_every_endpoint_with_ids_has_the_url_that_flask_builds(app: Flask) -> None:
    with app.test_request_context("/"):
        compared = 0
        for rule in app.url_map.iter_rules():
            converters = rule._converters
            if all(isinstance(one, IdConverter | IntegerConverter) for one in converters.values()):
                for number in (1, 4711, MAX_ID):
                    values = {name: number - place for place, name in enumerate(converters)}
                    assert build_url(rule.endpoint, **values) == url_for(rule.endpoint, **values)
                    compared += 1
    assert compared > 100


def test_values_that_are_no_ids_and_queries_are_built_as_ever(app: Flask) -> None:
    with app.test_request_context("/"):
        for values in (
            {"contract_id": 5, "about": "charge-7"},
            {"contract_id": 5, "page": 2},
            {"contract_id": 5, "saved": None},
            {"contract_id": 5, "shown": True},
        ):
            for _ in range(2):
                assert build_url("home.index", **values) == url_for("home.index", **values)


def test_an_unknown_endpoint_is_an_error_each_time(app: Flask) -> None:
    with app.test_request_context("/"):
        for _ in range(2):
            with pytest.raises(BuildError):
                build_url("home.nothing", contract_id=1)
