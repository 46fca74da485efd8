"""Read from its form what an announcement is of and for whom; what is wrong is said beside it."""

from __future__ import annotations

from app.actions.announcements import Scope
from app.domain.announcements import AnnouncementAudience, AnnouncementKind
from app.domain.mailings import ListFault, read_list
from app.extensions import db
from app.queries import announcement_audiences as queries
from app.queries.mailings.audiences import choose_listed
from app.sections.staff.content.forms import AnnouncementForm
from app.sections.staff.mailings.labels import describe_fault
from app.web.field_errors import field_error

SHOWN_FAULTS = 10


def read_scope(form: AnnouncementForm) -> Scope | None:
    """The scope of a valid form; None: it means no contract, or a list has mistakes."""
    kind, audience = AnnouncementKind(form.kind.data), AnnouncementAudience(form.audience.data)
    if audience is AnnouncementAudience.ALL:
        return Scope(kind)
    box = form.boxes[audience]
    typed = box.data.strip()
    if audience is AnnouncementAudience.DEPARTMENT:
        return Scope(kind, audience, typed, queries.of_department(int(typed)))
    if audience is AnnouncementAudience.ADDRESS:
        found = queries.of_address(typed)
        if not queries.is_any(db.session(), found):
            box.errors = [field_error(box, "по такому адресу точек поставки нет")]
            return None
        return Scope(kind, audience, typed, found)
    ids, faults = _listed(audience, typed)
    if faults:
        said = "; ".join(describe_fault(fault, "список") for fault in faults[:SHOWN_FAULTS])
        box.errors = [field_error(box, said)]
        return None
    return Scope(kind, audience, typed, ids)


def _listed(audience: AnnouncementAudience, typed: str) -> tuple[list[int], list[ListFault]]:
    if audience is AnnouncementAudience.POINTS:
        return queries.find_of_points(db.session(), typed.splitlines())
    numbers, faults = read_list(typed)
    chosen, unknown = choose_listed(db.session(), numbers)
    return [contract.contract_id for contract in chosen], [*faults, *unknown]
