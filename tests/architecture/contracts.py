"""What import-linter checks for us beyond its own kinds of contract."""

from __future__ import annotations

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Rooms(Contract):
    """The table of arrows: for each room of a package, the rooms that it may import, and no others.

    A room is a direct child of the package. One without a row breaks the contract, so the table stays whole.
    """

    type_name = "rooms"

    package = fields.StringField()
    arrows = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        package = cast("str", self.package)
        allowed = self.table()
        rooms = {child.removeprefix(f"{package}.") for child in graph.find_children(package)}
        broken = [f"{room} has no row in the table" for room in sorted(rooms - allowed.keys())]
        for importer in sorted(module for module in graph.modules if module.startswith(f"{package}.")):
            room = self.room(importer)
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if self.is_ours(imported) and self.room(imported) not in {room, *allowed.get(room, ())}:
                    lines = [
                        found["line_number"] for found in graph.get_import_details(importer=importer, imported=imported)
                    ]
                    broken.append(f"{importer} imports {imported} (line {', '.join(map(str, lines))})")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def table(self) -> dict[str, list[str]]:
        rows = (row.partition("->") for row in cast("list[str]", self.arrows))
        return {room.strip(): rooms.split() for room, _, rooms in rows}

    def is_ours(self, module: str) -> bool:
        return module.split(".")[0] in {self.package, "recovery"}

    def room(self, module: str) -> str:
        """`tracker.services.holds` is in the room `services`; all of `recovery` is one room."""
        parts = module.split(".")
        return parts[1] if parts[0] == self.package and len(parts) > 1 else parts[0]

    def render_broken_contract(self, check: ContractCheck) -> None:
        for sentence in check.metadata["broken"]:
            output.print_error(sentence)
