"""Addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from tracker.web import (
    alerts,
    calls,
    enrolment,
    episode_actions,
    episode_check_in,
    episodes,
    operations,
    patient_invites,
    patients,
    proposals,
    protocols,
    trail,
    records,
    worklist,
)

urlpatterns: list[URLPattern] = [
    path("worklist/", worklist.worklist, name="worklist"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<uuid:public_id>/", calls.record, name="call"),
    path("patients/", patients.patients, name="patients"),
    path("patients/records/", records.records, name="records"),
    path("patients/<uuid:patient>/record/", records.record, name="record"),
    path("patients/<uuid:patient>/record/decide/", records.decide, name="record-decide"),
    path("patients/<uuid:patient>/record/file/<slug:kind>/", records.file, name="record-file"),
    path("episodes/new/", enrolment.enrolment, name="enrolment"),
    path("episodes/<str:episode>/", episodes.episode, name="episode"),
    path("episodes/<str:episode>/check-ins/", episode_check_in.check_in, name="episode-check-in"),
    path("episodes/<str:episode>/invite/", patient_invites.invite, name="episode-invite"),
    path("episodes/<str:episode>/invite/print/", patient_invites.printed, name="episode-invite-print"),
    *episode_actions.patterns(),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<uuid:public_id>/agree/", proposals.agree, name="proposal-agree"),
    path("proposals/<uuid:public_id>/refuse/", proposals.refuse, name="proposal-refuse"),
    path("trail/", trail.trail, name="trail"),
    path("protocols/", protocols.listing, name="protocols"),
    path("protocols/<slug:key>/", protocols.protocol, name="protocol"),
    path("operations/", operations.operations, name="operations"),
    path("operations/resume/", operations.resume, name="operations-resume"),
    path("operations/messages/<uuid:public_id>/replay/", operations.replay, name="operations-replay"),
]
