"""Page of own names: every supply point and meter of a contract, and the order of the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask.wrappers import Response

from app.domain.custom_names import MAX_NAME, CustomNames, PointName, parse_name, parse_position
from app.domain.errors import CustomNameError
from app.domain.meter_lists import find_meters
from app.domain.meters import MeterState
from app.domain.search import MAX_TYPED
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.custom_names import get_custom_names
from app.queries.readings.meters import list_meter_states
from app.sections.readings import labels
from app.sections.readings.submission import SEARCHED, read_query
from app.web.context import clock
from app.web.forms import printable
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.policies import window_rules

PAGE_POINTS = 50


@dataclass(frozen=True, slots=True)
class NamedPoint:
    """A supply point with its meters and its present own name."""

    id: int
    meters: tuple[MeterState, ...]
    name: PointName

    @property
    def place(self) -> MeterState:
        """A meter, which knows the place of all of them."""
        return self.meters[0]


@dataclass(frozen=True, slots=True)
class NamedPoints:
    """A page of supply points, what they were searched by, and how many there are."""

    points: tuple[NamedPoint, ...]
    pager: Pager
    query: str
    total: int


def list_named(contract: VisibleContract) -> NamedPoints:
    """The supply points that ``q`` finds, a page of them, in the customer's order."""
    states = list_meter_states(db.session(), contract, clock().today(), window_rules())
    names = get_custom_names(db.session(), contract)
    query = read_query(request.args)
    by_point: dict[int, list[MeterState]] = {}
    for meter in find_meters(states, query):
        by_point.setdefault(meter.point_id, []).append(meter)
    pager = Pager.from_request(PAGE_POINTS, len(by_point))
    shown = list(by_point.items())[pager.offset : pager.offset + pager.size]
    points = tuple(
        NamedPoint(point_id, tuple(meters), names.points.get(point_id, PointName()))
        for point_id, meters in shown
    )
    return NamedPoints(points, pager, query, len({meter.point_id for meter in states}))


@dataclass
class NamesForm:
    """What stands in the boxes of the page, and what is wrong with it, by the ids of the boxes."""

    listed: NamedPoints
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    points: dict[int, PointName] = field(default_factory=dict)
    meters: dict[int, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: NamedPoints) -> NamesForm:
        """The form with the names as they are."""
        form = cls(listed)
        for point in listed.points:
            form.typed[f"name-{point.id}"] = point.name.name or ""
            form.typed[f"position-{point.id}"] = str(point.name.position or "")
            for meter in point.meters:
                form.typed[f"meter-name-{meter.id}"] = meter.custom_name or ""
        return form

    @classmethod
    def read(cls, listed: NamedPoints, data: Mapping[str, str]) -> NamesForm:
        """Read what was sent of the boxes of this page; a box that is not there stays as it is."""
        form = cls.of(listed)
        form.typed |= {
            box: printable(data[box])[:MAX_TYPED].strip() for box in form.typed if box in data
        }
        for point in listed.points:
            form._read_point(point)
        return form

    @property
    def names(self) -> CustomNames:
        """The names that were typed."""
        return CustomNames(self.points, self.meters)

    def _read_point(self, point: NamedPoint) -> None:
        name_box, position_box = f"name-{point.id}", f"position-{point.id}"
        name = self._parsed_name(name_box)
        try:
            position = parse_position(self.typed[position_box])
        except CustomNameError as error:
            self.errors[position_box] = labels.NAME_ERRORS[error.code]
            position = None
        self.points[point.id] = PointName(name, position)
        for meter in point.meters:
            self.meters[meter.id] = self._parsed_name(f"meter-name-{meter.id}")

    def _parsed_name(self, box: str) -> str | None:
        try:
            return parse_name(self.typed[box])
        except CustomNameError as error:
            self.errors[box] = labels.NAME_ERRORS[error.code]
            return None


def names_page(contract: VisibleContract, form: NamesForm) -> Response:
    """The page of own names."""
    return render_page(
        "readings/names.html",
        fragment="results",
        contract=contract,
        form=form,
        listed=form.listed,
        is_searchable=form.listed.total > SEARCHED,
        max_name=MAX_NAME,
        is_saved=request.args.get("saved") == "1" and not form.errors,
        status=422 if form.errors else 200,
    )
