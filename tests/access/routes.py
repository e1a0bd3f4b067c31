"""Every route of the program, read from the URL configuration itself, with the methods that it knows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
ALTERNATIVES = re.compile(r"\(\?P<(\w+)>([^)]*)\)")


@dataclass(frozen=True)
class Route:
    """One leaf of the URL configuration. `path` is its address with `<name>` for each argument."""

    path: str
    methods: tuple[str, ...]

    def address(self, values: dict[str, str]) -> str:
        """The address with a value for each argument; an argument that has none is a KeyError."""
        return "/" + ARGUMENT.sub(lambda found: values[self.noun(found)], self.path)

    def noun(self, argument: re.Match[str]) -> str:
        """What an argument stands for: the word before it in the address, `facts` in `facts/<row>/`."""
        words = [word for word in self.path[: argument.start()].split("/") if word and not word.startswith("<")]
        return words[-1] if words else argument.group(1)

    def nouns(self) -> list[str]:
        """What each argument stands for."""
        return [self.noun(found) for found in ARGUMENT.finditer(self.path)]

    @property
    def takes_object(self) -> bool:
        return ARGUMENT.search(self.path) is not None


def routes() -> list[Route]:
    """Of two patterns for one address Django takes the first."""
    found = {
        path: Route(path, known(path, methods(callback))) for path, callback in reversed([*_leaves(get_resolver(), "")])
    }
    return [*reversed(found.values())]


def known(path: str, answered: tuple[str, ...]) -> tuple[str, ...]:
    """Forms of pages know GET and POST alone; the class behind one may know more."""
    return answered if path.startswith("api/") else tuple(method for method in answered if method in ("GET", "POST"))


def _leaves(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield path, entry.callback
        else:
            yield from _leaves(entry, path)


def _plain(pattern: str) -> str:
    """A pattern written as an expression: by its first alternative, or with its argument's name."""

    def argument(found: re.Match[str]) -> str:
        name, said = found.groups()
        return f"<{name}>" if "[" in said or "*" in said or "+" in said else said.split("|")[0]

    return ALTERNATIVES.sub(argument, pattern.strip("^$"))


def methods(callback: Callable[..., Any]) -> tuple[str, ...]:
    """The methods that a view answers; GET and POST for a plain function that does not say."""
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is not None:
        return tuple(method for method in METHODS if hasattr(view, method.lower()))
    said = _required(callback)
    return tuple(method for method in METHODS if method in (said or ("GET", "POST")))


def _required(callback: Callable[..., Any]) -> list[str] | None:
    """The methods that a `require_...` decorator around the function lets through."""
    layer: Any = callback
    while layer is not None:
        found = inspect.getclosurevars(layer).nonlocals if inspect.isfunction(layer) else {}
        if "request_method_list" in found:
            return list(found["request_method_list"])
        layer = getattr(layer, "__wrapped__", None)
    return None
