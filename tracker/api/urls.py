"""Every address of the API. Names are fixed: add freely, rename nothing."""

from __future__ import annotations

from django.urls import URLPattern, path

from tracker.api import (
    alerts,
    assessment,
    checkins,
    clearances,
    closings,
    episodes,
    export,
    facts,
    holds,
    me,
    measurements,
    milestones,
    proposals,
    protocols,
    restrictions,
    today,
    worklist,
)
from tracker.api.base import NothingHere

app_name = "api"

# Ids are taken as text, so that a mistyped one answers as an unknown one does.
EPISODE = "episodes/<str:episode>/"

urlpatterns: list[URLPattern] = [
    path("me/", me.Me.as_view(), name="me"),
    path("episodes/", episodes.Episodes.as_view(), name="episodes"),
    path(EPISODE, episodes.EpisodeRow.as_view(), name="episode"),
    path(EPISODE + "facts/", facts.Facts.as_view(), name="facts"),
    path(EPISODE + "facts/<str:fact>/withdraw/", facts.Withdraw.as_view(), name="fact-withdraw"),
    path(EPISODE + "holds/", holds.Holds.as_view(), name="holds"),
    path("holds/<str:hold>/release/", holds.Release.as_view(), name="hold-release"),
    path(EPISODE + "sign-plan/", restrictions.SignPlan.as_view(), name="sign-plan"),
    path(EPISODE + "restrictions/", restrictions.Restrictions.as_view(), name="restrictions"),
    path(
        "restrictions/<str:restriction>/acknowledge/",
        restrictions.Acknowledge.as_view(),
        name="restriction-acknowledge",
    ),
    path(EPISODE + "proposals/", proposals.Proposals.as_view(), name="proposals"),
    path("proposals/<str:proposal>/agree/", proposals.Agree.as_view(), name="proposal-agree"),
    path("proposals/<str:proposal>/refuse/", proposals.Refuse.as_view(), name="proposal-refuse"),
    path(EPISODE + "clearances/", clearances.Clearances.as_view(), name="clearances"),
    path(EPISODE + "closings/", closings.Closings.as_view(), name="closings"),
    path(EPISODE + "reopening/", closings.Reopen.as_view(), name="episode-reopen"),
    path(EPISODE + "check-ins/", checkins.CheckIns.as_view(), name="check-ins"),
    path(EPISODE + "check-ins/<str:check_in>/", checkins.CheckInRow.as_view(), name="check-in"),
    path(EPISODE + "check-ins/<str:check_in>/amend/", checkins.Amend.as_view(), name="check-in-amend"),
    path(EPISODE + "measurements/", measurements.Measurements.as_view(), name="measurements"),
    path(EPISODE + "milestones/", milestones.Milestones.as_view(), name="milestones"),
    path(EPISODE + "milestones/<str:milestone>/confirm/", milestones.Confirm.as_view(), name="milestone-confirm"),
    path(EPISODE + "milestones/<str:milestone>/withdraw/", milestones.Withdraw.as_view(), name="milestone-withdraw"),
    path(EPISODE + "today/", today.Today.as_view(), name="today"),
    path(EPISODE + "export/", export.Export.as_view(), name="export"),
    path(EPISODE + "assessment/", assessment.AssessmentRow.as_view(), name="assessment"),
    path("worklist/", worklist.Worklist.as_view(), name="worklist"),
    path("alerts/", alerts.Alerts.as_view(), name="alerts"),
    path("alerts/<str:alert>/acknowledge/", alerts.Acknowledge.as_view(), name="alert-acknowledge"),
    path("alerts/<str:alert>/close/", alerts.Close.as_view(), name="alert-close"),
    path("protocols/", protocols.Protocols.as_view(), name="protocols"),
    path("protocols/<str:key>/", protocols.ProtocolRow.as_view(), name="protocol"),
    path("<path:rest>", NothingHere.as_view(), name="nothing-here"),
]
