"""From plain rows of the record to the frozen facts that the pure core reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tracker import models as rows_of
from tracker.clinical.history import (
    Alert,
    CheckIn,
    Clearance,
    Hold,
    Limit,
    Measurement,
    Order,
    Reached,
    ReviewDone,
)
from tracker.clinical.terms import (
    REPORTERS,
    Aids,
    Analgesia,
    Decision,
    Exercises,
    FactKind,
    Fall,
    Gate,
    PainSite,
    ReportedLoad,
    Role,
    Swelling,
    Symptom,
    Urgency,
)
from tracker.selectors.record import ANSWERS, Rows

Row = Mapping[str, Any]

SPELT = 36
"""Letters of an id with its hyphens."""


def instant(text: str) -> datetime:
    """An aware instant in UTC; SQLite keeps it without its zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:10])


def day_in(zone: str, text: str | None) -> date | None:
    """The calendar date that `zone` reads at a stored instant."""
    return None if text is None else instant(text).astimezone(ZoneInfo(zone)).date()


def number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def name(value: Any) -> str:
    """An id in one spelling, whichever database it came from: SQLite leaves the hyphens out."""
    text = str(value)
    return text if len(text) == SPELT else str(UUID(text))


def nested(value: Any) -> Any:
    """JSON within JSON: SQLite gives it as text."""
    return json.loads(value) if isinstance(value, str) else value


def limit(row: Row) -> Limit:
    return Limit(row["max_percent"], number(row["cap_kg"]), bool(row["full"]))


def check_ins(rows: Rows) -> tuple[CheckIn, ...]:
    """Oldest day first, within a day oldest entry first; the last of each day is its current one."""
    ordered = sorted(rows["check_in"], key=lambda row: (row["date"], row["entered_at"]))
    last_of_day = {row["date"]: at for at, row in enumerate(ordered)}
    return tuple(_check_in(row, current=last_of_day[row["date"]] == at) for at, row in enumerate(ordered))


def check_in_of(row: rows_of.CheckIn) -> CheckIn:
    """A check-in that was just made, which is its day's current one."""
    plain = {name: getattr(row, name) for name in ANSWERS.split()}
    plain |= {"id": str(row.pk), "date": row.date.isoformat(), "entered_at": row.entered_at.isoformat()}
    return _check_in(plain, current=True)


def _check_in(row: Row, *, current: bool) -> CheckIn:
    symptoms = nested(row["symptoms"])
    return CheckIn(
        id=name(row["id"]),
        date=date.fromisoformat(row["date"]),
        entered_at=instant(row["entered_at"]),
        pain_rest=row["pain_rest"],
        pain_load=row["pain_load"],
        pain_worst=row["pain_worst"],
        pain_night=row["pain_night"],
        pain_site=PainSite(row["pain_site"]) if row["pain_site"] else None,
        reported_load=ReportedLoad(row["reported_load"]) if row["reported_load"] else None,
        reported_load_kg=number(row["reported_load_kg"]),
        aids=Aids(row["aids"]) if row["aids"] else None,
        exercises=Exercises(row["exercises"]) if row["exercises"] else None,
        swelling=Swelling(row["swelling"]) if row["swelling"] else None,
        analgesia=Analgesia(row["analgesia"]) if row["analgesia"] else None,
        pain_eased=_flag(row["pain_eased"]),
        can_load=_flag(row["can_load"]),
        symptoms=None if symptoms is None else frozenset(map(Symptom, symptoms)),
        fall=Fall(row["fall"]) if row["fall"] else None,
        limit_percent=row["limit_percent"],
        limit_kg=row["limit_kg"],
        current=current,
    )


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def orders(rows: Rows) -> tuple[Order, ...]:
    """Every restriction row ever signed, oldest start first."""
    seen = _first_seen(rows)
    ordered = sorted(rows["order"], key=lambda row: (row["starts_on"], row["recorded_at"]))
    return tuple(_order(row, seen) for row in ordered)


def _first_seen(rows: Rows) -> dict[str, datetime]:
    seen: dict[str, datetime] = {}
    for row in rows["seen"]:
        key, at = name(row["restriction_id"]), instant(row["at"])
        seen[key] = min(at, seen.get(key, at))
    return seen


def _order(row: Row, seen: Mapping[str, datetime]) -> Order:
    key = name(row["id"])
    origin = name(row["origin_id"]) if row["origin_id"] else key
    return Order(
        id=key,
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=day(row["ends_on"]),
        limit=limit(row),
        kg=row["max_kg"],
        aids=Aids(row["aids"]),
        recorded_at=instant(row["recorded_at"]),
        authority=bool(row["authority"]),
        superseded=row["superseded_by_id"] is not None,
        brace_min=row["brace_min"],
        brace_max=row["brace_max"],
        signed_by=row["by"],
        signed_role=Role(row["role"]),
        source=row["source"],
        reason=row["reason"],
        acknowledged_at=seen.get(key) or seen.get(origin),
    )


def clearances(rows: Rows) -> tuple[Clearance, ...]:
    found = (
        Clearance(
            gate=Gate(row["gate"]),
            decision=Decision(row["decision"]),
            decided_on=date.fromisoformat(row["decided_on"]),
            entered_at=instant(row["entered_at"]),
            basis=row["basis_digest"],
            id=name(row["id"]),
        )
        for row in rows["clearance"]
    )
    return tuple(sorted(found, key=lambda clearance: clearance.entered_at))


def holds(rows: Rows) -> tuple[Hold, ...]:
    found = (
        Hold(
            id=name(row["id"]),
            code=row["code"],
            since=date.fromisoformat(row["since"]),
            limit=limit(row),
            put_back=bool(row["put_back"]),
            released_on=day(row["released_on"]),
        )
        for row in rows["hold"]
    )
    return tuple(sorted(found, key=lambda hold: hold.since))


def alerts(rows: Rows) -> tuple[Alert, ...]:
    events: dict[str, dict[str, datetime]] = {}
    for row in rows["alert_event"]:
        events.setdefault(name(row["alert_id"]), {})[row["kind"]] = instant(row["at"])
    found = (_alert(row, events.get(name(row["id"]), {})) for row in rows["alert"])
    return tuple(sorted(found, key=lambda alert: alert.opened_at))


def _alert(row: Row, events: Mapping[str, datetime]) -> Alert:
    state = "closed" if "closed" in events else "acknowledged" if "acknowledged" in events else "open"
    return Alert(
        id=name(row["id"]),
        code=row["code"],
        urgency=Urgency(row["urgency"]),
        cause=row["cause"],
        state=state,
        opened_at=instant(row["opened_at"]),
        closed_at=events.get("closed"),
        evidence=nested(row["evidence"]),
    )


def measurements(rows: Rows) -> tuple[Measurement, ...]:
    ordered = sorted(rows["measurement"], key=lambda row: (row["measured_on"], row["entered_at"]))
    return tuple(map(_measurement, ordered))


def measurement_of(row: rows_of.Measurement) -> Measurement:
    """A measurement that was just made."""
    plain = {name: getattr(row, name) for name in ("kind", "value", "role")}
    return _measurement({**plain, "id": str(row.pk), "measured_on": row.measured_on.isoformat()})


def _measurement(row: Row) -> Measurement:
    return Measurement(
        id=name(row["id"]),
        kind=row["kind"],
        value=Decimal(str(row["value"])),
        on=date.fromisoformat(row["measured_on"]),
        by_patient=row["role"] in REPORTERS,
    )


def reached(rows: Rows) -> tuple[Reached, ...]:
    """Standing milestone records; a withdrawn one is history."""
    events: dict[str, set[str]] = {}
    for row in rows["milestone_event"]:
        events.setdefault(name(row["record_id"]), set()).add(row["kind"])
    return tuple(
        Reached(
            key=row["key"],
            on=date.fromisoformat(row["reached_on"]),
            confirmed="confirmed" in events.get(name(row["id"]), ()),
            value=number(row["value"]),
        )
        for row in sorted(rows["milestone"], key=lambda row: row["reached_on"])
        if "withdrawn" not in events.get(name(row["id"]), ())
    )


def reviews(rows: Rows, zone: str) -> tuple[ReviewDone, ...]:
    """Reviews by kind; `zone` is the clinic's, where the appointments are."""
    return tuple(
        ReviewDone(row["kind"], day(row["done_on"]), day_in(zone, row["booked_at"]), row["result"])
        for row in rows["review"]
    )


def clinicians_weight(rows: Rows) -> Decimal | None:
    """The latest body weight in kg that a clinician entered, as a measurement or as a fact of the plan."""
    weighed = [
        (row["measured_on"], row["entered_at"], row["value"]) for row in _weights(rows) if row["role"] not in REPORTERS
    ]
    stated = [
        (row["since"], row["recorded_at"], row["value"])
        for row in rows["fact"]
        if row["kind"] == FactKind.BODY_WEIGHT and row["gone"] is None
    ]
    return _latest([*weighed, *stated])


def patients_weight(rows: Rows) -> Decimal | None:
    """The latest body weight in kg that the patient entered."""
    weighed = (row for row in _weights(rows) if row["role"] in REPORTERS)
    return _latest([(row["measured_on"], row["entered_at"], row["value"]) for row in weighed])


def _weights(rows: Rows) -> list[dict[str, Any]]:
    return [row for row in rows["measurement"] if row["kind"] == "body_weight_kg"]


def _latest(weights: list[tuple[str, str, Any]]) -> Decimal | None:
    return number(max(weights, key=lambda weight: weight[:2])[2]) if weights else None
