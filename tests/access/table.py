"""Who gets what from every route: the one place where a new route states whom it is for.

A column an actor, in the order of ACTORS: anonymous, the patient whose object it is, a patient of the same clinic, a
patient of another, then of the same clinic physiotherapist, surgeon, coordinator and auditor, then a surgeon of
another clinic. Objects in an address are the first patient's. 404 is what a stranger hears, 403 a colleague whose role
does not do that. Writes of the API carry a body that is right; forms of the pages are sent empty, so that 400 is what
somebody hears whom the door let in. On the knee stands a hold, so that a physiotherapist's order waits (409).
"""

from __future__ import annotations

from tests.access.world import ACTORS

OUTSIDE = """
GET    /health/live                                                           200 200 200 200 200 200 200 200 200
GET    /health/pages                                                          200 200 200 200 200 200 200 200 200
GET    /health/ready                                                          200 200 200 200 200 200 200 200 200
GET    /api/schema/                                                           200 200 200 200 200 200 200 200 200
GET    /api/docs/                                                             302 403 403 403 200 200 200 200 200
GET    /                                                                      302 302 302 302 302 302 302 302 302
GET    /accounts/login/                                                       200 200 200 200 200 200 200 200 200
POST   /accounts/login/                                                       200 200 200 200 200 200 200 200 200
PUT    /accounts/login/                                                       200 200 200 200 200 200 200 200 200
GET    /accounts/logout/                                                      405 405 405 405 405 405 405 405 405
GET    /demo/mail/                                                            404 404 404 404 404 404 404 404 404
POST   /accounts/logout/                                                      302 302 302 302 302 302 302 302 302
GET    /unsubscribe/<str:token>/                                              200 200 200 200 200 200 200 200 200
POST   /unsubscribe/<str:token>/                                              200 200 200 200 200 200 200 200 200
GET    /l/<slug:code>/                                                        302 302 302 302 302 302 302 302 302
GET    /worker.js                                                             200 200 200 200 200 200 200 200 200
"""

API = """
GET    /api/v1/me/                                                            401 200 200 200 200 200 200 200 200
GET    /api/v1/episodes/                                                      401 200 200 200 200 200 200 200 200
POST   /api/v1/episodes/                                                      401 403 403 403 201 201 201 403 201
GET    /api/v1/episodes/<str:episode>/                                        401 200 404 404 200 200 200 403 404
PATCH  /api/v1/episodes/<str:episode>/                                        401 403 404 404 200 200 200 403 404
GET    /api/v1/episodes/<str:episode>/facts/                                  401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/facts/                                  401 403 404 404 201 201 403 403 404
POST   /api/v1/episodes/<str:episode>/facts/<str:fact>/withdraw/              401 403 404 404 200 200 403 403 404
GET    /api/v1/episodes/<str:episode>/holds/                                  401 200 404 404 200 200 403 403 404
POST   /api/v1/holds/<str:hold>/release/                                      401 403 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/sign-plan/                              401 403 404 404 403 201 403 403 404
GET    /api/v1/episodes/<str:episode>/restrictions/                           401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/restrictions/                           401 403 404 404 409 201 403 403 404
POST   /api/v1/restrictions/<str:restriction>/acknowledge/                    401 200 404 404 403 403 403 403 404
GET    /api/v1/episodes/<str:episode>/clearances/                             401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/clearances/                             401 403 404 404 403 201 403 403 404
GET    /api/v1/episodes/<str:episode>/check-ins/                              401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/check-ins/                              401 201 404 404 201 201 403 403 404
GET    /api/v1/episodes/<str:episode>/check-ins/<str:check_in>/               401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/check-ins/<str:check_in>/amend/         401 201 404 404 201 201 403 403 404
GET    /api/v1/episodes/<str:episode>/measurements/                           401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/measurements/                           401 201 404 404 201 201 403 403 404
GET    /api/v1/episodes/<str:episode>/milestones/                             401 200 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/milestones/                             401 201 404 404 201 201 403 403 404
POST   /api/v1/episodes/<str:episode>/milestones/<str:milestone>/confirm/     401 403 404 404 200 200 403 403 404
POST   /api/v1/episodes/<str:episode>/milestones/<str:milestone>/withdraw/    401 403 404 404 200 200 403 403 404
GET    /api/v1/episodes/<str:episode>/today/                                  401 200 404 404 200 200 403 403 404
GET    /api/v1/episodes/<str:episode>/assessment/                             401 200 404 404 200 200 403 403 404
GET    /api/v1/worklist/                                                      401 403 403 403 200 200 403 403 200
GET    /api/v1/alerts/                                                        401 403 403 403 200 200 403 403 200
POST   /api/v1/alerts/<str:alert>/acknowledge/                                401 403 404 404 200 200 403 403 404
POST   /api/v1/alerts/<str:alert>/close/                                      401 403 404 404 200 200 403 403 404
GET    /api/v1/protocols/                                                     401 200 200 200 200 200 200 200 200
GET    /api/v1/protocols/<str:key>/                                           401 200 200 200 200 200 200 200 200
GET    /api/v1/<path:rest>                                                    404 404 404 404 404 404 404 404 404
POST   /api/v1/<path:rest>                                                    404 404 404 404 404 404 404 404 404
PUT    /api/v1/<path:rest>                                                    404 404 404 404 404 404 404 404 404
PATCH  /api/v1/<path:rest>                                                    404 404 404 404 404 404 404 404 404
DELETE /api/v1/<path:rest>                                                    404 404 404 404 404 404 404 404 404
"""

PATIENT_PAGES = """
GET    /today/                                                                302 200 200 200 403 403 403 403 403
POST   /restrictions/<uuid:public_id>/seen/                                   302 302 404 404 403 403 403 403 404
GET    /check-in/                                                             302 200 200 200 403 403 403 403 403
POST   /check-in/                                                             302 400 400 400 403 403 403 403 403
GET    /check-in/<uuid:public_id>/                                            302 200 404 404 200 200 403 403 404
POST   /check-in/<uuid:public_id>/                                            302 400 404 404 400 400 403 403 404
GET    /check-in/done/<uuid:public_id>/                                       302 200 404 404 200 200 403 403 404
GET    /progress/                                                             302 200 200 200 403 403 403 403 403
GET    /plan/                                                                 302 200 200 200 403 403 403 403 403
GET    /reminders/                                                            302 200 200 200 403 403 403 403 403
POST   /reminders/                                                            302 400 400 400 403 403 403 403 403
POST   /reminders/test/                                                       302 400 400 400 403 403 403 403 403
POST   /reminders/list/<uuid:public_id>/read/                                 302 302 404 404 403 403 403 403 404
GET    /settings/                                                             302 200 200 200 403 403 403 403 403
POST   /settings/                                                             302 400 400 400 403 403 403 403 403
POST   /settings/tokens/                                                      302 400 400 400 403 403 403 403 403
POST   /settings/tokens/<uuid:public_id>/revoke/                              302 302 404 404 404 404 404 404 404
POST   /push/                                                                 302 400 400 400 403 403 403 403 403
POST   /push/<uuid:public_id>/forget/                                         302 302 404 404 404 404 404 404 404
"""

STAFF_PAGES = """
GET    /worklist/                                                             302 403 403 403 200 200 403 403 200
GET    /alerts/                                                               302 403 403 403 200 200 403 403 200
GET    /patients/                                                             302 403 403 403 200 200 200 403 200
GET    /episodes/new/                                                         302 403 403 403 200 200 200 403 200
POST   /episodes/new/                                                         302 403 403 403 400 400 400 403 400
GET    /episodes/<str:episode>/                                               302 403 404 404 200 200 200 403 404
GET    /episodes/<str:episode>/check-ins/                                     302 403 404 404 200 200 403 403 404
POST   /episodes/<str:episode>/check-ins/                                     302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/sign-plan/                                     302 403 404 404 403 302 403 403 404
POST   /episodes/<str:episode>/restrictions/                                  302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/clearances/                                    302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/holds/<str:row>/release/                       302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/measurements/                                  302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/milestones/                                    302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/milestones/<str:row>/confirm/                  302 403 404 404 302 302 403 403 404
POST   /episodes/<str:episode>/milestones/<str:row>/withdraw/                 302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/facts/                                         302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/facts/<str:row>/withdraw/                      302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/reviews/<slug:key>/book/                       302 403 404 404 400 400 400 403 404
POST   /episodes/<str:episode>/reviews/<slug:key>/done/                       302 403 404 404 400 400 400 403 404
POST   /episodes/<str:episode>/look/                                          302 403 404 404 302 302 403 403 404
POST   /episodes/<str:episode>/alerts/<str:row>/acknowledge/                  302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/alerts/<str:row>/close/                        302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/alerts/<str:row>/hand-over/                    302 403 404 404 400 400 403 403 404
POST   /episodes/<str:episode>/details/                                       302 403 404 404 400 400 400 403 404
GET    /protocols/                                                            302 200 200 200 200 200 200 200 200
GET    /protocols/<slug:key>/                                                 302 200 200 200 200 200 200 200 200
GET    /calls/                                                                302 403 403 403 200 200 403 403 200
POST   /calls/<uuid:public_id>/                                               302 404 404 404 400 400 403 403 404
GET    /operations/                                                           302 403 403 403 200 200 200 403 200
POST   /operations/resume/                                                    302 403 403 403 403 403 403 403 403
POST   /operations/messages/<uuid:public_id>/replay/                          302 403 404 404 302 302 302 403 404
"""

ADMIN = dict.fromkeys(ACTORS, 302)
"""The admin site sends everybody here to its own sign-in, whatever they ask for and however."""

SIGN_IN_TO_ADMIN = """
GET    /admin/login/                                                          200 200 200 200 200 200 200 200 200
POST   /admin/login/                                                          200 200 200 200 200 200 200 200 200
"""


def _rows(text: str) -> dict[str, dict[str, int]]:
    rows = {}
    for line in text.strip().splitlines():
        method, path, *statuses = line.split()
        rows[f"{method} {path}"] = dict(zip(ACTORS, map(int, statuses), strict=True))
    return rows


TABLE = _rows(OUTSIDE) | _rows(API) | _rows(PATIENT_PAGES) | _rows(STAFF_PAGES) | _rows(SIGN_IN_TO_ADMIN)
