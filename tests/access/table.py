"""Who gets what from every route: the one place where a new route states whom it is for.

Three tables, each to be read by itself:

WHO IS WHAT   what each actor is to each object: whose record it is, their role, or a stranger ("-").
POLICIES      what somebody of that kind hears, by name.
ROUTES        each method and address names its policy, what it answers to whom it lets in (`ok=`), and its exceptions.

Answers: a status; or `ok`, `no` (403), `login`, `factor` (set up a second factor), `confirm` (show again that it is you),
`place` (say where you act), `scope` (the token may not): on pages these lead elsewhere, the API refuses by that name.
Forms of pages are sent empty, so that there 400 is what somebody hears whom the door let in; writes of the API carry a
body that is right. On the knee stands a hold, so that a physiotherapist's order waits (409).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WHO_IS_WHAT = """
actor          here           own            same           far            moved          restricted     erased         absent
anonymous      out            out            .              .              .              .              .              out
owner          patient        patient        -              -              -              -              -              -
mate           patient        -              patient        .              .              .              .              .
far patient    patient        -              .              patient        .              .              .              -
paused         paused         -              .              .              .              paused         .              .
reader         reader         reader         -              .              .              .              .              -
writer         writer         writer         -              .              .              -              .              .
physio         physio         physio         physio         -              -              shut           -              -
surgeon        surgeon        surgeon        .              -              -              shut           -              .
coordinator    coordinator    coordinator    .              -              -              shut co        -              -
auditor        auditor        auditor        .              -              .              shut           -              .
far surgeon    surgeon        -              .              surgeon        surgeon        -              -              -
commuter here  physio         physio         .              -              -              .              .              .
commuter away  physio         -              .              physio         physio         .              .              .
operator       operator       -              .              .              .              .              .              -
deactivated    out            out            .              .              .              .              .              .
one factor     one factor     one factor     .              -              .              shut           .              .
stale          stale          stale          .              -              .              shut           .              .
program        program        program        .              -              .              shut           .              .
guest          physio         guest            .              .              .              -              .              .
undecided      undecided      -              .              -              .              .              .              .
lapsed         nobody         -              .              .              .              .              .              .
ended program  out            out            .              .              .              .              .              .
"""
"""`here` is what they are where a route names no object. A record that moved to the other clinic is theirs. Nobody works
with a restricted record: `shut`. One factor is a physiotherapist with a password alone; stale a surgeon whose sign-in is
six minutes old; program a surgeon's token that may read. Guest is a physiotherapist of the other clinic who opened this record in
an emergency; undecided works in both clinics and has not said where now; lapsed helped until yesterday. `.` is not asked, as it could only be what others hear."""

POLICIES = """
               out    patient  paused  reader  writer  physio  surgeon  coordinator  auditor  operator  -    shut  step
everybody      ok     ok       ok      ok      ok      ok      ok       ok           ok       ok        404  ok    .
signed in      login  ok       ok      ok      ok      ok      ok       ok           ok       ok        404  ok    .
signs in       200    302      302     302     302     302     302      302          302      302       404  302   .
account fresh  login  ok       ok      ok      ok      ok      ok       ok           ok       ok        404  ok    fresh
keys           login  ok       ok      ok      ok      ok      ok       ok           ok       no        404  ok    fresh
nobody         404    404      404     404     404     404     404      404          404      404       404  404   .

read           login  ok       ok      ok      ok      ok      ok       no           no       no        404  no    .
contact        login  ok       ok      ok      ok      ok      ok       ok           no       no        404  no    .
record         login  ok       no      no      ok      ok      ok       no           no       no        404  no    .
treat          login  no       no      no      no      ok      ok       no           no       no        404  no    .
arrange        login  no       no      no      no      ok      ok       ok           no       no        404  no    .
sign           login  no       no      no      no      ok      ok       no           no       no        404  no    fresh
surgeon signs  login  no       no      no      no      no      ok       no           no       no        404  no    fresh
patient        login  ok       ok      no      no      no      no       no           no       no        404  no    .
patient acts   login  ok       no      no      no      no      no       no           no       no        404  no    .
helped         login  ok       ok      ok      ok      no      no       no           no       no        404  no    .
operator       login  no       no      no      no      no      no       no           no       ok        404  no    .
protocols      login  ok       ok      ok      ok      ok      ok       ok           ok       no        404  ok    .
operations     login  no       no      no      no      ok      ok       ok           no       ok        404  no    .
reports        login  ok       no      no      ok      no      no       no           no       no        404  no    .
of a patient   login  ok       ok      no      no      no      no       no           no       no        role  no    .
export         login  ok       ok      no      no      ok      ok       no           no       no        404  no    fresh
arrange fresh  login  no       no      no      no      ok      ok       ok           no       no        404  no    fresh
coordinator    login  no       no      no      no      no      no       ok           no       no        404  no    .
coordinator fresh  login  no       no      no      no      no      no       ok           no       no        404  no    fresh
auditor        login  no       no      no      no      no      no       no           ok       no        404  no    .
admin          login  login    login   login   login   login   login    login        login    ok        404  login  .
mine           login  ok       ok      404     404     404     404      404          404      404       404  404   .
"""
"""`step: fresh` is done only shortly after a sign-in. `role`: patients hear 404, everybody else 403."""

API = """
GET    /api/v1/me/                                                            signed in  one_factor=factor  undecided=place
GET    /api/v1/episodes/                                                      signed in  one_factor=factor  operator=no  undecided=place
POST   /api/v1/episodes/                                                      arrange  ok=201
GET    /api/v1/episodes/<str:episode>/                                        contact  guest=ok
PATCH  /api/v1/episodes/<str:episode>/                                        arrange  ok=200  coordinator=no
GET    /api/v1/episodes/<str:episode>/facts/                                  read
POST   /api/v1/episodes/<str:episode>/facts/                                  treat  ok=201
POST   /api/v1/episodes/<str:episode>/facts/<str:fact>/withdraw/              treat  ok=202
GET    /api/v1/episodes/<str:episode>/holds/                                  read
POST   /api/v1/holds/<str:hold>/release/                                      sign  ok=200
POST   /api/v1/episodes/<str:episode>/sign-plan/                              surgeon signs  ok=201
GET    /api/v1/episodes/<str:episode>/restrictions/                           read
POST   /api/v1/episodes/<str:episode>/restrictions/                           sign  ok=201  physio=409
POST   /api/v1/restrictions/<str:restriction>/acknowledge/                    patient acts  ok=200
GET    /api/v1/episodes/<str:episode>/clearances/                             read
POST   /api/v1/episodes/<str:episode>/clearances/                             sign  ok=201  physio=no  one_factor=factor
GET    /api/v1/episodes/<str:episode>/closings/                               read
POST   /api/v1/episodes/<str:episode>/closings/                               sign  ok=409
POST   /api/v1/episodes/<str:episode>/reopening/                              surgeon signs  ok=409
GET    /api/v1/episodes/<str:episode>/check-ins/                              read
POST   /api/v1/episodes/<str:episode>/check-ins/                              record  ok=201
GET    /api/v1/episodes/<str:episode>/check-ins/<str:check_in>/               read
POST   /api/v1/episodes/<str:episode>/check-ins/<str:check_in>/amend/         record  ok=201
GET    /api/v1/episodes/<str:episode>/measurements/                           read
POST   /api/v1/episodes/<str:episode>/measurements/                           record  ok=201
GET    /api/v1/episodes/<str:episode>/milestones/                             read
POST   /api/v1/episodes/<str:episode>/milestones/                             record  ok=201
POST   /api/v1/episodes/<str:episode>/milestones/<str:milestone>/confirm/     treat  ok=200
POST   /api/v1/episodes/<str:episode>/milestones/<str:milestone>/withdraw/    treat  ok=200
GET    /api/v1/episodes/<str:episode>/today/                                  read
GET    /api/v1/episodes/<str:episode>/assessment/                             read
GET    /api/v1/worklist/                                                      treat
GET    /api/v1/alerts/                                                        treat
POST   /api/v1/alerts/<str:alert>/acknowledge/                                treat  ok=200
POST   /api/v1/alerts/<str:alert>/close/                                      treat  ok=200
GET    /api/v1/protocols/                                                     protocols
GET    /api/v1/protocols/<str:key>/                                           protocols
GET    /api/v1/<path:rest>                                                    nobody
POST   /api/v1/<path:rest>                                                    nobody
PUT    /api/v1/<path:rest>                                                    nobody
PATCH  /api/v1/<path:rest>                                                    nobody
DELETE /api/v1/<path:rest>                                                    nobody
"""

OUTSIDE = """
GET    /health/live                                                           everybody
GET    /health/pages                                                          everybody
GET    /health/ready                                                          everybody
GET    /api/schema/                                                           signed in  program=200
GET    /api/docs/                                                             arrange  auditor=ok  one_factor=403  undecided=403
GET    /                                                                      signed in  ok=302  operator=200  one_factor=factor  undecided=place
GET    /demo/mail/                                                            nobody
GET    /unsubscribe/<str:token>/                                              everybody
POST   /unsubscribe/<str:token>/                                              everybody  ok=200
GET    /l/<slug:code>/                                                        everybody  ok=302
GET    /about/                                                                everybody
GET    /about/security/                                                       everybody
GET    /about/safety/                                                         everybody
GET    /about/data/                                                           everybody
GET    /worker.js                                                             everybody
POST   /reports/csp/                                                          everybody  ok=204
"""

PATIENT_PAGES = """
GET    /today/                                                                helped
POST   /restrictions/<uuid:public_id>/seen/                                   patient acts  ok=302
GET    /check-in/                                                             reports
POST   /check-in/                                                             reports
GET    /check-in/<uuid:public_id>/                                            record
POST   /check-in/<uuid:public_id>/                                            record
GET    /check-in/done/<uuid:public_id>/                                       read
GET    /progress/                                                             helped
GET    /plan/                                                                 helped
GET    /reminders/                                                            patient
POST   /reminders/                                                            patient
POST   /reminders/test/                                                       patient
POST   /reminders/list/<uuid:public_id>/read/                                 patient  ok=302  reader=404  writer=404  guest=404
GET    /settings/                                                             patient
POST   /settings/                                                             patient
POST   /push/                                                                 patient
POST   /push/<uuid:public_id>/forget/                                         mine  ok=302
"""

STAFF_PAGES = """
GET    /worklist/                                                             treat
GET    /alerts/                                                               treat
GET    /patients/                                                             arrange
GET    /episodes/new/                                                         arrange
POST   /episodes/new/                                                         arrange
GET    /episodes/<str:episode>/                                               arrange  guest=ok
GET    /episodes/<str:episode>/check-ins/                                     treat
POST   /episodes/<str:episode>/check-ins/                                     treat
POST   /episodes/<str:episode>/sign-plan/                                     surgeon signs  ok=302
POST   /episodes/<str:episode>/restrictions/                                  sign
POST   /episodes/<str:episode>/clearances/                                    sign
POST   /episodes/<str:episode>/holds/<str:row>/release/                       sign
POST   /episodes/<str:episode>/closing/                                       sign
POST   /episodes/<str:episode>/reopening/                                     surgeon signs
POST   /episodes/<str:episode>/measurements/                                  treat
POST   /episodes/<str:episode>/milestones/                                    treat
POST   /episodes/<str:episode>/milestones/<str:row>/confirm/                  treat  ok=302
POST   /episodes/<str:episode>/milestones/<str:row>/withdraw/                 treat
POST   /episodes/<str:episode>/facts/                                         treat
POST   /episodes/<str:episode>/facts/<str:row>/withdraw/                      treat
POST   /episodes/<str:episode>/reviews/<slug:key>/book/                       arrange
POST   /episodes/<str:episode>/reviews/<slug:key>/done/                       arrange
POST   /episodes/<str:episode>/look/                                          treat  ok=302
POST   /episodes/<str:episode>/alerts/<str:row>/acknowledge/                  treat
POST   /episodes/<str:episode>/alerts/<str:row>/close/                        treat
POST   /episodes/<str:episode>/alerts/<str:row>/hand-over/                    treat
POST   /episodes/<str:episode>/details/                                       arrange
GET    /protocols/                                                            protocols
GET    /protocols/<slug:key>/                                                 protocols
GET    /calls/                                                                treat
POST   /calls/<uuid:public_id>/                                               treat  patient=404  paused=404  reader=404  writer=404  guest=404
GET    /operations/                                                           operations
POST   /operations/resume/                                                    operator
POST   /operations/messages/<uuid:public_id>/replay/                          arrange  ok=302  reader=404  writer=404  guest=404
"""

ACCOUNTS = """
GET    /accounts/login/                                                       signs in
POST   /accounts/login/                                                       signs in
GET    /accounts/logout/                                                      signed in
POST   /accounts/logout/                                                      everybody  ok=login
GET    /accounts/login/code/confirm/                                          signed in  ok=302
POST   /accounts/login/code/confirm/                                          signed in  ok=302
GET    /accounts/reauthenticate/                                              signed in
POST   /accounts/reauthenticate/                                              signed in  ok=200
GET    /accounts/inactive/                                                    everybody
GET    /accounts/signup/                                                      signs in
POST   /accounts/signup/                                                      signs in
GET    /accounts/email/                                                       account fresh
POST   /accounts/email/                                                       account fresh  ok=302
GET    /accounts/confirm-email/                                               everybody
POST   /accounts/confirm-email/                                               everybody  ok=405
GET    /accounts/password/change/                                             account fresh
POST   /accounts/password/change/                                             account fresh  ok=200
GET    /accounts/password/set/                                                account fresh  ok=302
POST   /accounts/password/set/                                                account fresh  ok=302
GET    /accounts/password/reset/                                              everybody
POST   /accounts/password/reset/                                              everybody  ok=200
GET    /accounts/confirm-email/<key>/                                         everybody
POST   /accounts/confirm-email/<key>/                                         nobody
GET    /accounts/password/reset/key/done/                                     everybody
GET    /accounts/password/reset/key/<uidb36>-<key>/                           everybody
POST   /accounts/password/reset/key/<uidb36>-<key>/                           everybody  ok=200
GET    /accounts/password/reset/done/                                         everybody
GET    /accounts/login/code/                                                  signs in
POST   /accounts/login/code/                                                  signs in
GET    /accounts/2fa/                                                         signed in
GET    /accounts/2fa/authenticate/                                            signed in  ok=302
POST   /accounts/2fa/authenticate/                                            signed in  ok=302
GET    /accounts/2fa/reauthenticate/                                          signed in  ok=confirm
POST   /accounts/2fa/reauthenticate/                                          signed in  ok=confirm
GET    /accounts/2fa/totp/activate/                                           account fresh
POST   /accounts/2fa/totp/activate/                                           account fresh  ok=200
GET    /accounts/2fa/totp/deactivate/                                         account fresh  ok=404
POST   /accounts/2fa/totp/deactivate/                                         account fresh  ok=404
GET    /accounts/2fa/recovery-codes/                                          account fresh  ok=404
GET    /accounts/2fa/recovery-codes/generate/                                 account fresh
POST   /accounts/2fa/recovery-codes/generate/                                 account fresh  ok=200
GET    /accounts/2fa/recovery-codes/download/                                 account fresh  ok=404
GET    /accounts/2fa/webauthn/                                                signed in
GET    /accounts/2fa/webauthn/add/                                            account fresh
POST   /accounts/2fa/webauthn/add/                                            account fresh  ok=200
GET    /accounts/2fa/webauthn/reauthenticate/                                 signed in  ok=confirm
POST   /accounts/2fa/webauthn/reauthenticate/                                 signed in  ok=confirm
GET    /accounts/2fa/webauthn/keys/<int:pk>/remove/                           account fresh  ok=404
POST   /accounts/2fa/webauthn/keys/<int:pk>/remove/                           account fresh  ok=404
GET    /accounts/2fa/webauthn/keys/<int:pk>/edit/                             account fresh  ok=404
POST   /accounts/2fa/webauthn/keys/<int:pk>/edit/                             account fresh  ok=404
GET    /accounts/2fa/webauthn/login/                                          signed in  ok=302
POST   /accounts/2fa/webauthn/login/                                          signed in  ok=302
GET    /accounts/sessions/                                                    signed in  ok=302
POST   /accounts/sessions/                                                    signed in  ok=302
GET    /accounts/where/                                                       signed in
POST   /accounts/where/                                                       signed in
GET    /account/                                                              signed in  one_factor=factor  undecided=place
GET    /account/confirm/                                                      signed in  ok=confirm
POST   /account/confirm/                                                      signed in  ok=confirm
GET    /account/awake/                                                        signed in
POST   /account/awake/                                                        signed in  ok=200
GET    /account/unlock/                                                       signed in  ok=302
POST   /account/unlock/                                                       signed in
POST   /account/browsers/end/                                                 signed in  ok=302
POST   /account/browsers/end-others/                                          signed in  ok=302
POST   /account/tokens/                                                       keys
POST   /account/tokens/<uuid:public_id>/end/                                  mine  ok=302
POST   /settings/tokens/                                                      keys
POST   /settings/tokens/<uuid:public_id>/revoke/                              mine  ok=302
"""

ADMIN = """
GET    /admin/                                                                admin
POST   /admin/                                                                admin  ok=200
GET    /admin/login/                                                          signed in  ok=302  operator=factor
POST   /admin/login/                                                          signed in  ok=302  operator=factor
GET    /admin/logout/                                                         everybody  ok=302
POST   /admin/logout/                                                         everybody  ok=302
GET    /admin/password_change/                                                admin  ok=302
POST   /admin/password_change/                                                admin  ok=302
GET    /admin/password_change/done/                                           admin
POST   /admin/password_change/done/                                           admin  ok=405
GET    /admin/autocomplete/                                                   admin  ok=403
POST   /admin/autocomplete/                                                   admin  ok=405
GET    /admin/jsi18n/                                                         admin
POST   /admin/jsi18n/                                                         admin  ok=405
GET    /admin/tracker/                                                        admin
POST   /admin/tracker/                                                        admin  ok=200
GET    /admin/tracker/clinic/                                                 admin
POST   /admin/tracker/clinic/                                                 admin  ok=200
GET    /admin/tracker/clinic/add/                                             admin  ok=403
POST   /admin/tracker/clinic/add/                                             admin  ok=403
GET    /admin/tracker/clinic/<path:object_id>/history/                        admin
POST   /admin/tracker/clinic/<path:object_id>/history/                        admin  ok=200
GET    /admin/tracker/clinic/<path:object_id>/delete/                         admin  ok=403
POST   /admin/tracker/clinic/<path:object_id>/delete/                         admin  ok=403
GET    /admin/tracker/clinic/<path:object_id>/change/                         admin
POST   /admin/tracker/clinic/<path:object_id>/change/                         admin  ok=403
GET    /admin/tracker/clinic/<path:object_id>/                                admin  ok=302
POST   /admin/tracker/clinic/<path:object_id>/                                admin  ok=302
GET    /admin/tracker/user/                                                   admin
POST   /admin/tracker/user/                                                   admin  ok=200
GET    /admin/tracker/user/add/                                               admin  ok=403
POST   /admin/tracker/user/add/                                               admin  ok=403
GET    /admin/tracker/user/<path:object_id>/history/                          admin
POST   /admin/tracker/user/<path:object_id>/history/                          admin  ok=200
GET    /admin/tracker/user/<path:object_id>/delete/                           admin  ok=403
POST   /admin/tracker/user/<path:object_id>/delete/                           admin  ok=403
GET    /admin/tracker/user/<path:object_id>/change/                           admin
POST   /admin/tracker/user/<path:object_id>/change/                           admin  ok=403
GET    /admin/tracker/user/<path:object_id>/                                  admin  ok=302
POST   /admin/tracker/user/<path:object_id>/                                  admin  ok=302
GET    /admin/<url>                                                           admin  ok=404
POST   /admin/<url>                                                           admin  ok=404
"""

RECORDS = """
GET    /emergency-access/                                                     treat  coordinator=ok  auditor=ok
POST   /emergency-access/                                                     sign
POST   /emergency-access/<uuid:public_id>/end/                                treat  ok=404
POST   /emergency-access/<uuid:public_id>/agree/                              sign  ok=404
GET    /transfers/                                                            treat
POST   /transfers/<uuid:public_id>/accept/                                    sign  ok=404
POST   /transfers/<uuid:public_id>/refuse/                                    sign  ok=404
POST   /transfers/<uuid:public_id>/take-back/                                 sign  ok=404
GET    /episodes/<str:episode>/transfer/                                      sign
POST   /episodes/<str:episode>/transfer/                                      sign
GET    /team/                                                                 coordinator fresh
POST   /team/invite/                                                          coordinator fresh
GET    /team/settings/                                                        coordinator fresh
POST   /team/settings/                                                        coordinator fresh
POST   /team/<uuid:public_id>/<slug:action>/                                  coordinator fresh  ok=404
GET    /api/v1/episodes/<str:episode>/proposals/                              treat  guest=ok
POST   /api/v1/proposals/<str:proposal>/agree/                                sign  ok=200  far_surgeon@moved=409  commuter_away@moved=409
POST   /api/v1/proposals/<str:proposal>/refuse/                               sign  ok=200
GET    /api/v1/episodes/<str:episode>/export/                                 export  program=scope
GET    /settings/record/                                                      patient
POST   /settings/record/ask/                                                  patient  ok=302
GET    /settings/record/file/<slug:kind>/                                     patient
GET    /settings/consent/                                                     patient
POST   /settings/consent/                                                     patient  ok=200
GET    /settings/caregivers/                                                  patient
POST   /settings/caregivers/                                                  patient
POST   /settings/caregivers/<uuid:public_id>/again/                           of a patient  ok=302
POST   /settings/caregivers/<uuid:public_id>/end/                             of a patient  ok=302
GET    /invites/address/                                                      nobody
POST   /invites/address/                                                      nobody
GET    /invites/consent/                                                      nobody
POST   /invites/consent/                                                      nobody
GET    /invites/confirm/                                                      nobody
POST   /invites/confirm/                                                      nobody
GET    /invites/ways/                                                         signed in
GET    /invites/<str:token>/                                                  nobody
POST   /invites/<str:token>/                                                  nobody
GET    /who-looked/                                                           patient
GET    /patients/records/                                                     coordinator
GET    /patients/<uuid:patient>/record/                                       sign  coordinator=ok  shut_co=ok  one_factor@far=factor  one_factor@moved=factor  one_factor@restricted=factor  undecided@own=place  undecided@far=place
POST   /patients/<uuid:patient>/record/decide/                                coordinator fresh  shut_co=ok
GET    /patients/<uuid:patient>/record/file/<slug:kind>/                      sign
POST   /episodes/<str:episode>/invite/                                        arrange  ok=302
GET    /episodes/<str:episode>/invite/print/                                  arrange fresh
POST   /episodes/<str:episode>/invite/print/                                  arrange fresh  ok=302
GET    /proposals/                                                            treat
POST   /proposals/<uuid:public_id>/agree/                                     sign  ok=302  far_surgeon@moved=409  commuter_away@moved=409
POST   /proposals/<uuid:public_id>/refuse/                                    sign
GET    /trail/                                                                auditor
"""


@dataclass(frozen=True)
class Row:
    """One route. `expected` is an answer by kind of visitor."""

    name: str
    policy: str
    expected: dict[str, str]
    fresh: bool

    def answer(self, actor: str, whose: str) -> str:
        kind = KINDS[actor][whose]
        said = self._exception(actor, whose, kind) or self.expected.get(kind)
        return self._plain(said) if said else self._worked_out(kind, whose)

    def _exception(self, actor: str, whose: str, kind: str) -> str | None:
        """What does not follow from the kind of visitor alone."""
        if named := self.expected.get(f"{actor}@{whose}"):
            return named
        if actor == "program" and "/api/v1/" not in self.name:
            return self.expected.get("program", self.expected["out"])
        if kind in ("-", "guest") and self.expected["-"] == "role":
            return "404" if KINDS[actor]["here"] in ("patient", "paused") else "no"
        return None

    def _worked_out(self, kind: str, whose: str) -> str:
        """For kinds without a column: it follows from that of a colleague."""
        surgeon, physio = self.expected["surgeon"], self.expected["physio"]
        if kind in ("one factor", "undecided"):
            first = "factor" if kind == "one factor" else "place"
            return first if self._asks_staff(whose) else self._plain(physio)
        if kind == "stale":
            return "confirm" if self._lets_in(surgeon) and self.fresh else self._plain(surgeon)
        ways = {"shut co": lambda: self._plain(self.expected["shut"]), "nobody": self._nobody, "guest": self._guest}
        return ways[kind]() if kind in ways else self._program(surgeon)

    @property
    def open(self) -> bool:
        """Whether it shows no patient, so that a second factor is not asked for."""
        return self.policy in OPEN

    def _program(self, surgeon: str) -> str:
        """A token opens the API alone, and this one only to read."""
        writes = not self.name.startswith("GET ")
        return "scope" if writes and self._lets_in(surgeon) and not self.open else self._plain(surgeon)

    def _asks_staff(self, whose: str) -> bool:
        """Whether it first of all asks staff how they signed in and where they act, even those whose role is too small."""
        for_few = whose == "here" and self.policy.startswith(("coordinator", "auditor"))
        return not self.open and (for_few or self._lets_in(self.expected["physio"]))

    def _nobody(self) -> str:
        """Somebody who is signed in and has no place: not even the installation to run."""
        if self.name.split()[1].startswith("/admin/"):
            return self._plain(self.expected["patient"])
        return "403" if self.expected["patient"] == "no" else self._plain(self.expected["operator"])

    def _guest(self) -> str:
        """Reads, and nothing else."""
        if self.expected["-"] != "404" or self.open:
            return self._plain(self.expected["-"])
        return self.expected["ok"] if self.policy == "read" else "403"

    def _lets_in(self, answer: str) -> bool:
        return answer not in ("no", "404", "login")

    def _plain(self, answer: str) -> str:
        if answer == "ok":
            return self.expected["ok"]
        if answer == "login" and " /api/" in self.name and "/docs/" not in self.name:
            return "401"
        return "403" if answer == "no" else answer


OPEN = frozenset({"everybody", "signed in", "signs in", "account fresh", "nobody", "mine", "admin"})


def _grid(text: str) -> dict[str, dict[str, str]]:
    """A table by the names of its rows and columns, which stand at least two spaces apart."""
    head, *lines = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip())
    columns = head if head[0] == "out" else head[1:]
    return {name: dict(zip(columns, cells, strict=True)) for name, *cells in lines}


def _row(line: str) -> Row:
    method, rest = line.split(maxsplit=1)
    path, policy, *exceptions = re.split(r"\s{2,}", rest.strip())
    said = dict(each.split("=") for each in exceptions)
    expected = {**POLICY[policy], "ok": "200" if method == "GET" else "400"} | {
        kind.replace("_", " "): answer for kind, answer in said.items()
    }
    return Row(f"{method} {path}", policy, expected, expected.pop("step") == "fresh")


def _rows(*texts: str) -> dict[str, Row]:
    rows = [_row(line) for text in texts for line in text.strip().splitlines() if line]
    return {row.name: row for row in rows}


KINDS, POLICY = _grid(WHO_IS_WHAT), _grid(POLICIES)
ROWS = _rows(OUTSIDE, API, PATIENT_PAGES, STAFF_PAGES, RECORDS, ACCOUNTS, ADMIN)
