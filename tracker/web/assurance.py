"""The product's own papers, for anybody: what it is for, how it is protected, what could go wrong, what it stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker.assurance import papers
from tracker.assurance.papers import Promise, Table
from tracker.web import shell

CHAPTERS = {
    1: "What is typed stays what it is",
    2: "What is checked, and how often something may be done",
    3: "What a browser may do",
    4: "Requests and answers",
    5: "Files",
    6: "Signing in",
    7: "Staying signed in, and signing out",
    8: "Who may do what",
    11: "Passwords and secrets",
    12: "On the way to other servers",
    13: "How it is set up",
    14: "What is kept, and where",
    15: "How it is built",
    16: "Logs and the trail",
}
PAGES = (
    ("about", "What it is for"),
    ("about-security", "Security"),
    ("about-safety", "Safety"),
    ("about-data", "Data"),
)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return _page(request, "about")


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    return _page(request, "security", chapters=list(_chapters()), counts=_counts(papers.promises()))


@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    return _page(request, "safety", hazards=papers.hazards())


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return _page(request, "data", tables=dictionary())


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    pages = [(route, label, route == request.resolver_match.url_name) for route, label in PAGES]  # type: ignore[union-attr]
    return shell.page(request, f"tracker/assurance/{name}.html", None, {"papers": pages, **context})


def _chapters() -> Iterator[tuple[str, list[Promise]]]:
    for number, rows in groupby(papers.promises(), key=lambda row: int(row.id.split(".")[0])):
        yield CHAPTERS[number], list(rows)


def _counts(rows: tuple[Promise, ...]) -> Mapping[str, int]:
    return {
        "rows": len(rows),
        "whole": sum(not (row.differs or row.not_here) for row in rows),
        "differs": sum(bool(row.differs) for row in rows),
        "not_here": sum(bool(row.not_here) for row in rows),
        "tests": len({test for row in rows for test in row.tests}),
    }


# --- What is stored -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str
    unit: str
    means: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A table as it stands in the database, with what is said of it."""

    name: str
    about: Table
    columns: list[Column]


def dictionary() -> list[Entry]:
    """Every table of the product, from the models themselves; a KeyError names what nobody has described."""
    words = papers.words()
    models = {model.__name__: model for model in apps.get_app_config("tracker").get_models()}
    return [Entry(name, about, _columns(models[name])) for name, about in words.tables.items()]


def _columns(model: type[Model]) -> list[Column]:
    words, name = papers.words(), model.__name__
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [
        Column(field.name, kind(field), words.unit(name, field.name), words.of(name, field.name)) for field in fields
    ]


def kind(field: Field[Any, Any]) -> str:
    """What can stand in the column, in a word that needs no programmer."""
    if isinstance(field, ForeignKey):
        return f"a row of {field.related_model.__name__}"
    return KINDS.get(field.get_internal_type(), "text")


KINDS = {
    "BigAutoField": "number",
    "IntegerField": "number",
    "BigIntegerField": "number",
    "PositiveIntegerField": "number",
    "PositiveBigIntegerField": "number",
    "SmallIntegerField": "number",
    "PositiveSmallIntegerField": "number",
    "DecimalField": "number",
    "FloatField": "number",
    "BooleanField": "yes or no",
    "DateField": "date",
    "DateTimeField": "time",
    "TimeField": "hour",
    "UUIDField": "random number",
    "JSONField": "list or table",
    "BinaryField": "bytes",
    "ManyToManyField": "several rows",
    "OneToOneField": "one row",
}
