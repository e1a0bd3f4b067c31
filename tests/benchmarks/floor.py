"""The Django floor: the least that a Django program can do for each of our requests, in one file and one process more.

    /full        cookie session, CSRF, signed-in user, checked model, one INSERT in a transaction
    /drf         bearer-like token, serializer, one INSERT
    /dash/<n>    the ideal statement for a list of the n-th clinic, rendered by a Django template

It knows nothing of the product. `python floor.py CLINIC:PEOPLE:DAYS ...` makes its tables and rows in the database
DATABASE_URL and prints what a client needs as JSON; `gunicorn floor` serves it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django
import environ
from django.conf import settings

settings.configure(
    SECRET_KEY="of a program that keeps nothing",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {
            **environ.Env.db_url_config(os.environ["DATABASE_URL"]),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    },
)
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 - as below: needs settings
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.middleware.csrf import _get_new_csrf_string  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402
from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402

# --- What is stored -------------------------------------------------------------------------------------------------

TABLES = """
CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, clinic int NOT NULL, name text NOT NULL, kind smallint NOT NULL,
    operated_on date NOT NULL, active boolean NOT NULL DEFAULT true);
CREATE TABLE report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES person, day date NOT NULL,
    pain smallint NOT NULL, swelling smallint NOT NULL, flexion smallint NOT NULL, load smallint NOT NULL,
    steps int NOT NULL, note text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE warning (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES person, closed_at timestamptz);
CREATE TABLE expected (
    kind smallint, day smallint, pain smallint, flexion smallint, load smallint, PRIMARY KEY (kind, day));
CREATE INDEX person_by_clinic ON person (clinic, name) WHERE active;
CREATE INDEX report_by_day ON report (person_id, day DESC) INCLUDE (pain, flexion, load);
CREATE INDEX warning_open ON warning (person_id) WHERE closed_at IS NULL;
INSERT INTO expected SELECT k, d, greatest(0, 8 - d / 12), least(130, 60 + d), least(100, d * 2)
FROM generate_series(1, 6) k, generate_series(0, 800) d;
"""
CLINIC = """
INSERT INTO person (clinic, name, kind, operated_on)
SELECT %(clinic)s, 'Person ' || lpad(n::text, 6, '0'), 1 + n %% 6, current_date - %(days)s
FROM generate_series(1, %(people)s) n;
INSERT INTO report (person_id, day, pain, swelling, flexion, load, steps, note, created_at)
SELECT id, operated_on + d, greatest(0, 8 - d / 12 + (id + d) %% 3), 1, least(135, 60 + d), least(100, d * 2), 40 * d, '', now()
FROM person, generate_series(1, %(days)s) d WHERE clinic = %(clinic)s;
INSERT INTO warning (person_id, closed_at)
SELECT id, CASE WHEN id %% 10 > 0 THEN now() END FROM person WHERE clinic = %(clinic)s AND id %% 3 = 0;
"""


class Report(models.Model):
    person_id = models.BigIntegerField()
    day = models.DateField()
    pain = models.SmallIntegerField()
    swelling = models.SmallIntegerField(default=1)
    flexion = models.SmallIntegerField(default=90)
    load = models.SmallIntegerField(default=50)
    steps = models.IntegerField(default=0)
    note = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        app_label = "floor"
        db_table = "report"

    def __str__(self) -> str:
        return str(self.day)


# --- A form's way in ------------------------------------------------------------------------------------------------


def full(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    said = json.loads(request.body)
    with transaction.atomic():
        row = Report(
            person_id=int(said["person_id"]), day=said["day"], pain=int(said["pain"]), steps=int(said["steps"])
        )
        row.clean_fields()
        row.save(force_insert=True)
    return JsonResponse({"id": row.pk}, status=201)


# --- A program's way in ---------------------------------------------------------------------------------------------


class ReportShape(serializers.ModelSerializer[Report]):
    person_id = serializers.IntegerField()
    pain = serializers.IntegerField(min_value=0, max_value=10)

    class Meta:
        model = Report
        fields = ["id", "person_id", "day", "pain", "swelling", "flexion", "load", "steps", "note"]


class Reports(generics.CreateAPIView[Report]):
    queryset = Report.objects.all()
    serializer_class = ReportShape
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]


# --- A list ---------------------------------------------------------------------------------------------------------

LIST = """
SELECT p.id, p.name, p.operated_on, r.last, r.line, r.pain, r.flexion, e.pain,
       (SELECT count(*) FROM warning w WHERE w.person_id = p.id AND w.closed_at IS NULL)
FROM person p
LEFT JOIN LATERAL (
    SELECT max(day) AS last, array_agg(pain ORDER BY day) AS line, (array_agg(pain ORDER BY day DESC))[1] AS pain,
           (array_agg(flexion ORDER BY day DESC))[1] AS flexion
    FROM (SELECT day, pain, flexion, load FROM report WHERE person_id = p.id ORDER BY day DESC LIMIT 14) lately) r ON true
LEFT JOIN expected e ON e.kind = p.kind AND e.day = current_date - p.operated_on
WHERE p.clinic = %s AND p.active ORDER BY p.name
"""
PAGE = Engine(autoescape=True).from_string(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>List</title></head><body>
<table><thead><tr><th>Name<th>Day<th>Last<th>Pain<th>Flexion<th>Status<th>Warnings<th>Trend</thead><tbody>
{% for r in rows %}<tr><td><a href="/p/{{ r.id }}">{{ r.name }}</a><td>{{ r.day }}<td>{{ r.last|date:"j M" }}<td>{{ r.pain }}<td>{{ r.flexion }}<td class="{{ r.status }}">{{ r.status }}<td>{% if r.warnings %}<b>{{ r.warnings }}</b>{% endif %}<td><svg width="70" height="20" role="img" aria-label="pain, 14 days"><polyline fill="none" stroke="currentColor" points="{{ r.points }}"/></svg>
{% endfor %}</tbody></table></body></html>"""
)


def dash(request: HttpRequest, clinic: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(LIST, [clinic])
        return HttpResponse(PAGE.render(Context({"rows": [_shown(*row) for row in cursor.fetchall()]})))


def _shown(
    key: int, name: str, operated_on: Any, last: Any, line: Any, pain: int, bend: int, usual: int, warnings: int
) -> Any:
    return {
        "id": key,
        "name": name,
        "day": (last - operated_on).days if last else 0,
        "last": last,
        "pain": pain,
        "flexion": bend,
        "status": "behind" if pain is not None and usual is not None and pain > usual + 2 else "on track",
        "warnings": warnings,
        "points": " ".join(f"{5 * at},{20 - 2 * score}" for at, score in enumerate(line or ())),
    }


urlpatterns = [path("full", full), path("drf", Reports.as_view()), path("dash/<int:clinic>", dash)]
application = get_wsgi_application()


def make(clinics: list[tuple[int, int, int]]) -> dict[str, str]:
    """Tables, rows (clinic, people, days) and one user; gives the user's token, session and CSRF secret."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for clinic, people, days in clinics:
            for statement in filter(str.strip, CLINIC.split(";\n")):
                cursor.execute(statement, {"clinic": clinic, "people": people, "days": days})
        cursor.execute("ANALYZE")
    user = User.objects.create_user("bench")
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.create()
    token = Token.objects.create(user=user)
    return {"token": token.key, "session": str(store.session_key), "csrf": _get_new_csrf_string()}


if __name__ == "__main__":
    asked = [tuple(map(int, each.split(":"))) for each in sys.argv[1:]]
    print(json.dumps(make([(clinic, people, days) for clinic, people, days in asked])))
