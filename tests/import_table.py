"""Check the table of imports in pyproject.toml, as a contract of import-linter (`lint-imports`).

A row names a package, the libraries that it may import beside the standard library, and the packages of the product
that it may import. Those must have rows below its own, so that imports go one way. A row without the last column is
of a module inside a package: it adds libraries that no other module of the package may import. Names stand without
`watcher.` in front.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_TOP_LEVEL = ("watcher", "flows", "snapshots")


@dataclass(frozen=True, slots=True)
class Row:
    """A package or a module with what it may import."""

    name: str
    libraries: frozenset[str]
    packages: frozenset[str] | None


def parse_rows(table: str) -> list[Row]:
    """Read the rows of a table, in its order."""
    rows = []
    for line in filter(str.strip, table.splitlines()):
        name, libraries, *packages = (cell.split() for cell in line.split("|"))
        imports = frozenset(map(full_name, packages[0])) if packages else None
        rows.append(Row(full_name(*name), frozenset(libraries), imports))
    return rows


def full_name(name: str) -> str:
    """Put `watcher.` in front of a name of the table, unless it is a top-level package."""
    return name if name.split(".", maxsplit=1)[0] in _TOP_LEVEL else f"watcher.{name}"


class ImportTable(Contract):  # type: ignore[misc]
    """Fail if a module imports something that neither the row of its package nor its own row allows."""

    table = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  import-linter calls it so
        """Check every import of every module, including those inside functions."""
        rows = parse_rows(str(self.table))
        violations = [*upward_imports(rows), *forbidden_imports(rows, graph)]
        return ContractCheck(kept=not violations, metadata={"violations": violations})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line for each violation."""
        for violation in check.metadata["violations"]:
            output.print_error(violation)


def upward_imports(rows: list[Row]) -> Iterator[str]:
    """Name the packages in a row that have no row below it."""
    below: set[str] = set()
    for row in reversed(rows):
        if row.packages is not None:
            yield from (f"the row of {row.name} names {name}, no row below it" for name in sorted(row.packages - below))
            below.add(row.name)


def forbidden_imports(rows: list[Row], graph: ImportGraph) -> Iterator[str]:
    """Name the imports that no row allows, with their lines."""
    packages = {row.name: row.packages for row in rows if row.packages is not None}
    for module in sorted(graph.modules):
        package = package_of(module, packages)
        if package is None:
            if module.startswith("watcher."):
                yield f"{module} is in no row"
            continue
        libraries = sys.stdlib_module_names.union(*(row.libraries for row in rows if is_inside(module, row.name)))
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            target = package_of(imported, packages)
            if imported not in libraries and target != package and target not in packages[package]:
                (line, *_) = (at["line_number"] for at in graph.get_import_details(importer=module, imported=imported))
                yield f"{module}:{line} imports {imported}: the row of {package} does not name it"


def is_inside(module: str, package: str) -> bool:
    """Whether a module is a package or in it; `watcher` is only the module itself."""
    return module == package or (package != "watcher" and module.startswith(f"{package}."))


def package_of(module: str, packages: dict[str, frozenset[str]]) -> str | None:
    """The package whose row applies to a module of the product, None for a library."""
    return max((name for name in packages if is_inside(module, name)), key=len, default=None)
