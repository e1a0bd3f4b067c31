"""What each write endpoint of the API takes, so that only the door can refuse it."""

from __future__ import annotations

from typing import Any

TODAY = "2026-06-15"

ENROLMENT: dict[str, Any] = {
    "patient": {
        "given_name": "Ada",
        "family_name": "Quist",
        "birth_date": "1971-03-09",
        "sex": "female",
        "body_weight_kg": 84,
    },
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": "2026-05-25",
    "protocol": "mowhto_std",
}
CHECK_IN = {"date": TODAY, "pain_load": 3, "symptoms": []}

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/episodes/": ENROLMENT,
    "PATCH /api/v1/episodes/<str:episode>/": {"graft": "none"},
    "POST /api/v1/episodes/<str:episode>/facts/": {"kind": "modifier", "value": "diabetes"},
    "POST /api/v1/episodes/<str:episode>/facts/<str:fact>/withdraw/": {"reason": "Never smoked."},
    "POST /api/v1/holds/<str:hold>/release/": {"basis": "The scan shows no clot."},
    "POST /api/v1/episodes/<str:episode>/sign-plan/": {},
    "POST /api/v1/episodes/<str:episode>/restrictions/": {"max_percent": 10, "starts_on": TODAY, "reason": "Pain."},
    "POST /api/v1/restrictions/<str:restriction>/acknowledge/": {},
    "POST /api/v1/episodes/<str:episode>/clearances/": {
        "gate": "G6",
        "decision": "refused",
        "basis": "Gap open.",
        "decided_on": TODAY,
    },
    "POST /api/v1/episodes/<str:episode>/closings/": {"outcome": "moved", "note": "Went abroad."},
    "POST /api/v1/episodes/<str:episode>/reopening/": {"reason": "Came back."},
    "POST /api/v1/episodes/<str:episode>/check-ins/": CHECK_IN,
    "POST /api/v1/episodes/<str:episode>/check-ins/<str:check_in>/amend/": CHECK_IN,
    "POST /api/v1/episodes/<str:episode>/measurements/": {"kind": "flexion", "value": 95, "measured_on": TODAY},
    "POST /api/v1/episodes/<str:episode>/milestones/": {"key": "SLR_NOLAG", "reached_on": TODAY},
    "POST /api/v1/episodes/<str:episode>/milestones/<str:milestone>/confirm/": {},
    "POST /api/v1/episodes/<str:episode>/milestones/<str:milestone>/withdraw/": {"reason": "Wrong day."},
    "POST /api/v1/proposals/<str:proposal>/agree/": {},
    "POST /api/v1/proposals/<str:proposal>/refuse/": {"reason": "Not yet."},
    "POST /api/v1/alerts/<str:alert>/acknowledge/": {"note": "Calling."},
    "POST /api/v1/alerts/<str:alert>/close/": {"outcome": "seen", "note": "Seen."},
}
