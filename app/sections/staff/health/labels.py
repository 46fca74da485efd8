"""Russian labels of the states of health checks."""

from __future__ import annotations

from app.domain.health import HealthState

STATES = {
    HealthState.OK: ("ok", "В\u00a0порядке"),
    HealthState.WARNING: ("wait", "Внимание"),
    HealthState.FAULT: ("no", "Неисправно"),
}
