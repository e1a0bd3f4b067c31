"""The trail in plain words: what a page is called, what somebody did, why they were refused."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "account": "their own account",
    "alerts": "the list of alerts",
    "api:export": "a copy of the record, by a program",
    "api:proposals": "what waits for a second clinician, by a program",
    "call": "an entry of the call list",
    "calls": "the call list",
    "caregivers": "who helps the patient",
    "check-in": "the check-in",
    "check-in-amend": "a check-in",
    "check-in-done": "a check-in",
    "consent": "the text of the consent",
    "episode-invite-print": "an invite to print",
    "own-record": "the page to copy or delete the record",
    "own-record-file": "a copy of the record",
    "record": "the page to copy, restrict or delete a record",
    "record-file": "a copy of the record",
    "records": "the records to decide on",
    "team-settings": "the clinic's settings",
    "transfer": "the page to move a patient to another clinic",
    "emergency-access": "the page for emergency access",
    "enrolment": "the page for enrolling a patient",
    "episode": "the episode page",
    "episode-check-in": "the check-in that staff enter",
    "episode-invite": "the patient's invite",
    "operations": "the messages that did not arrive",
    "patients": "the list of patients",
    "plan": "the plan",
    "progress": "the progress page",
    "proposals": "what waits for a second clinician",
    "reminders": "the patient's reminders",
    "settings": "the patient's settings",
    "team": "the team",
    "today": "today's page",
    "trail": "the trail",
    "transfers": "the transfers",
    "who-looked": "who looked at the record",
    "worklist": "the worklist",
}
READ_BY_PROGRAM: Mapping[str, str] = {
    "api:alerts": "the list of alerts",
    "api:assessment": "the assessment",
    "api:check-in": "a check-in",
    "api:check-ins": "the check-ins",
    "api:clearances": "the decisions at gates",
    "api:closings": "the closings of the recovery",
    "api:episode": "the episode",
    "api:episodes": "the list of episodes",
    "api:facts": "the facts of the plan",
    "api:holds": "the holds",
    "api:measurements": "the measurements",
    "api:milestones": "the milestones",
    "api:restrictions": "the orders",
    "api:today": "what is allowed today",
    "api:worklist": "the worklist",
}
"""What a program asks for by the API, or a browser by it."""

DEEDS: Mapping[str, str] = {
    "account_deactivated": "deactivated an account",
    "alert acknowledged": "took on an alert",
    "alert closed": "closed an alert",
    "alert handed_over": "handed over an alert",
    "call no_answer": "called, without an answer",
    "call reached": "spoke to the patient",
    "call settled": "settled a call",
    "caregiver_ended": "ended a helper's access",
    "caregiver_invited": "invited a helper",
    "check-in": "entered a check-in",
    "check-in amended": "amended a check-in",
    "consent_given": "gave consent",
    "consent_withdrawn": "took consent back",
    "deletion_asked": "asked for the record to be deleted",
    "deletion_declined": "declined to delete the record",
    "details changed": "changed contact or descriptive details",
    "emergency": "opened the record in an emergency",
    "enrolled": "enrolled the patient",
    "exported": "made a copy of the record",
    "fact recorded": "recorded a fact of the plan",
    "fact withdrawn": "withdrew a fact of the plan",
    "gate cleared": "cleared a gate",
    "gate refused": "refused a gate",
    "hold released": "released a hold",
    "invite_made": "made an invite",
    "measurement": "entered a measurement",
    "message replayed": "had a message sent again",
    "message sent": "sent a message",
    "milestone confirmed": "confirmed a milestone",
    "milestone reached": "recorded a milestone",
    "milestone withdrawn": "withdrew a milestone",
    "order signed": "signed an order",
    "place chosen": "chose where to work",
    "plan signed": "signed the plan",
    "proposal agreed": "agreed as the second clinician",
    "proposal refused": "refused as the second clinician",
    "proposed": "asked a second clinician",
    "reassessed": "worked the assessments out anew",
    "recovery closed": "closed the recovery",
    "recovery reopened": "reopened the recovery",
    "record_decided": "decided about the deletion of the record",
    "restriction seen": "confirmed having seen the order",
    "review booked": "booked a review",
    "review done": "recorded a review",
    "second_factors_reset": "reset somebody's second step",
    "sending opened": "opened sending again",
    "sessions_ended": "signed browsers out",
    "sign_in": "signed in",
    "sign_out": "signed out",
    "token_ended": "ended a program's token",
    "token_made": "made a token for a program",
}
WHY: Mapping[str, str] = {
    "forbidden": "their role does not allow it",
    "locked": "the browser was locked",
    "not_found": "there is no such record for them",
    "place": "they had not said where they work",
    "scope": "the token's scopes do not allow it",
    "second_factor": "no second step was shown",
    "step_up": "they had to confirm first who they are",
}


def page_called(route: str) -> str:
    """A page as a sentence names it."""
    known = PAGES.get(route) or READ_BY_PROGRAM.get(route)
    return known or f"the page “{route.removeprefix('api:') or 'unknown'}”"


def done(action: str) -> str:
    """What somebody did, after their name."""
    return DEEDS.get(action) or f"did this: {action.replace('_', ' ')}"


def why(code: str) -> str:
    return WHY.get(code, code.replace("_", " "))


TO_PATIENT: Mapping[str, str] = {
    "alert acknowledged": "took up a warning about your knee",
    "alert closed": "dealt with a warning about your knee",
    "alert handed_over": "passed a warning about your knee on to a colleague",
    "call no_answer": "tried to call you",
    "call reached": "called you",
    "call settled": "dealt with a call",
    "caregiver_ended": "ended a helper's access",
    "check-in": "entered a check-in for you",
    "check-in amended": "changed a check-in",
    "deletion_declined": "said no to deleting your record",
    "details changed": "changed your details",
    "enrolled": "started your record",
    "exported": "made a copy of your record",
    "fact recorded": "wrote down something your plan rests on",
    "fact withdrawn": "took back something your plan rested on",
    "gate cleared": "decided that you may take the next step",
    "gate refused": "decided that the next step has to wait",
    "hold released": "ended a stop on putting on more weight",
    "invite_made": "sent or printed an invite",
    "measurement": "entered a measurement",
    "message replayed": "had a message sent to you again",
    "milestone confirmed": "confirmed a goal you reached",
    "milestone reached": "wrote down a goal you reached",
    "milestone withdrawn": "took back a goal",
    "order signed": "signed how much weight you may put on",
    "plan signed": "signed your plan",
    "proposal agreed": "agreed to a colleague's decision",
    "proposal refused": "did not agree to a colleague's decision",
    "proposed": "asked a colleague to agree to a decision",
    "recovery closed": "closed your recovery",
    "recovery reopened": "opened your recovery again",
    "record_decided": "decided about deleting your record",
    "review booked": "booked an appointment for you",
    "review done": "wrote down an appointment",
}


def to_patient(action: str) -> str:
    """What somebody did, as the patient reads it."""
    return TO_PATIENT.get(action) or "changed something in your record"
