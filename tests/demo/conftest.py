"""Packages that the tests read, written once per moment."""

from __future__ import annotations

import pytest

from tests.demo.reading import NOWS, Package, write


@pytest.fixture(scope="module", params=NOWS, ids=lambda now: now.date().isoformat())
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write(tmp_path_factory.mktemp("demo"), request.param)


@pytest.fixture(scope="module")
def leap_day(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write(tmp_path_factory.mktemp("leap"), NOWS[-1])
