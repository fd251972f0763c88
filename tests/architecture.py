"""The shape of the code, read from its syntax trees.

Each checker takes sources and yields one line for each fault: where, and what. The tables at the
top are the decisions; to add a module to the engine is to say of what kind it is.
``test_architecture.py`` applies them to the project, and plants faults to see that they are found.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ENGINE = "commissions"

KIND_OF: Mapping[str, str] = {
    module: kind
    for kind, modules in {
        # The rail is the shape that payouts know; the rails themselves are handed in.
        "words": "money errors states periods identity values patterns progress providers.rail",
        "decisions": "attribution repeats rules tiers teams risk refunds",
        "records": "models",
        "plumbing": "sets",
        "lookups": "plans returns",
        "books": "ledger",
        "bookings": "booking claims refund_records",
        "verbs": "partners clicks conversions accrual approval bonuses payouts settling clawbacks"
        " closing programs",
        "reading": "statements exports trail earnings",
        "rails": "providers",
    }.items()
    for module in modules.split()
}
MAY_IMPORT: Mapping[str, str] = {
    "words": "words",
    # A plan holds tiers, and tiers know distributors: decisions may stand on each other, one way.
    "decisions": "words decisions",
    "records": "words",
    "plumbing": "words records",
    "lookups": "words records plumbing decisions",
    "books": "words records plumbing",
    "bookings": "words records plumbing books bookings decisions",
    "verbs": "words records plumbing lookups books bookings decisions",
    "reading": "words records plumbing lookups books decisions",
    "rails": "words",
}
# An import for types alone makes no decision query anything.
TYPES_ARE_FREE = frozenset({"decisions"})

# What the engine needs besides the standard library; above all no web, no screen, no command line.
PACKAGES = frozenset({ENGINE, "sqlalchemy", "phonenumbers"})
PACKAGES_OF_KIND: Mapping[str, frozenset[str]] = {"rails": frozenset({"stripe"})}

TRANSACTION_ENDS = frozenset({"commit", "rollback", "begin"})  # `with begin()` commits too
TRANSACTION_KEEPER = "storefront.database"

BOOKS = f"{ENGINE}.ledger"
BOOK_TABLES: Mapping[str, str] = {
    "Account": "accounts",
    "Transfer": "transfers",
    "Entry": "entries",
    "Seal": "seals",
    "SealBalance": "seal_balances",
}
WRITING = re.compile(r"^(insert|update|delete|bulk|upsert|merge|copy)")
WRITING_SQL = re.compile(
    rf"\b(insert\s+into|update|delete\s+from|truncate(\s+table)?|copy)\s+\"?"
    rf"({'|'.join(BOOK_TABLES.values())})\b",
    re.IGNORECASE,
)

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
MOST_POSITIONAL = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its text and the tree of it."""

    module: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def is_engine(self) -> bool:
        """Whether the module belongs to the engine."""
        return within(self.module, ENGINE)

    @property
    def part(self) -> str:
        """The part of its package that it belongs to: ``ledger`` of commissions.ledger.posting."""
        return part_of(self.module)

    def at(self, node: ast.stmt | ast.expr | ast.arg, fault: str) -> str:
        """Return a fault with its place."""
        return f"{self.module}:{node.lineno} {fault}"


@dataclass(frozen=True)
class Import:
    """One thing that a module imports, its own name for it, and whether it is for types alone."""

    target: str
    bound: str
    node: ast.stmt
    for_types: bool


def read(root: Path, *packages: str) -> list[Source]:
    """Return every module of some packages that lie in a folder."""
    return [
        Source(_dotted(path.relative_to(root)), path.read_text(encoding="utf-8"))
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    ]


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, package: str) -> bool:
    """Tell whether a module is a package or lies in it."""
    return module == package or module.startswith(package + ".")


def part_of(module: str) -> str:
    """Return the part of a package that a module belongs to; "" for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def kind_of(module: str) -> str | None:
    """Return the kind of an engine's module, or of the nearest package around it."""
    inner = module.removeprefix(ENGINE).removeprefix(".") if within(module, ENGINE) else ""
    while inner and inner not in KIND_OF:
        inner = inner.rpartition(".")[0]
    return KIND_OF.get(inner)


def imports(source: Source) -> Iterator[Import]:
    """Yield what a module imports; of ``from a import b`` it is ``a.b``, module or not."""
    for_types = {
        id(inner)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                bound = alias.asname or alias.name
                yield Import(prefix + alias.name, bound, node, id(node) in for_types)


def functions(source: Source) -> Iterator[Function]:
    """Yield every function and method, those inside others too."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield node


def calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the last name of what is called."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield _last_name(node.func), node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# Who may import whom.


def unclassified_modules(sources: Iterable[Source]) -> Iterator[str]:
    """Find modules of the engine of which nobody has said what kind they are."""
    for source in sources:
        if source.is_engine and source.part and kind_of(source.module) is None:
            yield f"{source.module}: of what kind is it? Say so in KIND_OF of tests/architecture.py"


def forbidden_packages(sources: Iterable[Source]) -> Iterator[str]:
    """Find modules of the engine that need more than the engine may."""
    for source in sources:
        if not source.is_engine:
            continue
        more = PACKAGES_OF_KIND.get(kind_of(source.module) or "", frozenset())
        allowed = sys.stdlib_module_names | PACKAGES | more
        for found in imports(source):
            if found.target.partition(".")[0] not in allowed:
                yield source.at(found.node, f"the engine doesn't know {found.target}")


def forbidden_directions(sources: Iterable[Source]) -> Iterator[str]:
    """Find modules of the engine that import a kind of module which theirs may not."""
    for source in sources:
        kind = kind_of(source.module)
        if kind is None:
            continue
        for found in imports(source):
            other = kind_of(found.target)
            if other is None or other in MAY_IMPORT[kind].split():
                continue
            free = found.for_types and kind in TYPES_ARE_FREE
            if part_of(found.target) != source.part and not free:
                yield source.at(found.node, f"{kind} don't import {other}: {found.target}")


def dead_modules(sources: Sequence[Source], entry_points: Iterable[str]) -> Iterator[str]:
    """Find modules that no entry point leads to; importing a module imports its packages."""
    by_name = {source.module: source for source in sources}
    alive: set[str] = set()
    to_visit = [package for entry in entry_points for package in _with_packages(entry)]
    while to_visit:
        module = to_visit.pop()
        if module in by_name and module not in alive:
            alive.add(module)
            for found in imports(by_name[module]):
                to_visit += _with_packages(found.target)
    for module in by_name.keys() - alive:
        yield f"{module}: nothing that runs imports it"


def _with_packages(module: str) -> list[str]:
    """Return a module and the packages it lies in: a, a.b, a.b.c."""
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


# Transactions, the books, the clock.


def ended_transactions(sources: Iterable[Source]) -> Iterator[str]:
    """Find commits and rollbacks outside of the one module that ends transactions."""
    for source in sources:
        if source.module == TRANSACTION_KEEPER:
            continue
        for name, call in calls(source):
            if name in TRANSACTION_ENDS and isinstance(call.func, ast.Attribute):
                yield source.at(call, f"{name}() belongs into {TRANSACTION_KEEPER}")


def foreign_writers(sources: Iterable[Source]) -> Iterator[str]:
    """Find modules besides the ledger's that write its tables, through SQLAlchemy or in SQL."""
    for source in sources:
        if within(source.module, BOOKS):
            continue
        bound = _bound_from_models(source)
        for name, call in calls(source):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            written = WRITING.match(name) and any(_is_book_table(arg, bound) for arg in given)
            if written or _is_book_table(call.func, bound):
                yield source.at(call, "only the ledger writes the books")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and WRITING_SQL.search(str(node.value)):
                yield source.at(node, "only the ledger writes the books, in SQL too")


def _bound_from_models(source: Source) -> Mapping[str, str]:
    """Return what a module has from the engine's tables: its own name for it, and the real one."""
    return {
        found.bound: found.target
        for found in imports(source)
        if within(found.target, f"{ENGINE}.models")
    }


def _is_book_table(node: ast.expr, bound: Mapping[str, str]) -> bool:
    spelled = ast.unparse(node)
    return any(
        (spelled == name or spelled.startswith(name + "."))
        and (target + spelled[len(name) :]).rpartition(".")[2] in BOOK_TABLES
        for name, target in bound.items()
    )


def read_clocks(sources: Iterable[Source]) -> Iterator[str]:
    """Find code that asks what time it is; below the edge, time is an argument."""
    for source in sources:
        for name, call in calls(source):
            of_time = isinstance(call.func, ast.Attribute) and _last_name(call.func.value) == "time"
            if name in {"now", "utcnow", "today", "time_ns"} or (name == "time" and of_time):
                yield source.at(call, f"{name}() reads the clock: take `now` as an argument")
        for found in imports(source):
            if found.target in {"time.time", "time.time_ns"}:
                yield source.at(found.node, "reads the clock: take `now` as an argument")


# Signatures.


def misplaced_sessions(sources: Iterable[Source]) -> Iterator[str]:
    """Find functions that take a session anywhere but first."""
    for source in sources:
        for function in functions(source):
            names = [arg.arg for arg in _positional(function)]
            named = {arg.arg for arg in function.args.kwonlyargs}
            if "session" in names[1:] or "session" in named:
                yield source.at(function, f"{function.name} takes `session` first")


def positional_booleans(sources: Iterable[Source]) -> Iterator[str]:
    """Find booleans that a call could pass without naming them."""
    for source in sources:
        for function in functions(source):
            arguments = _positional(function)
            defaults = [None] * len(arguments) + list(function.args.defaults)
            for argument, default in zip(arguments, defaults[-len(arguments) :], strict=False):
                if _is_boolean(argument, default):
                    yield source.at(argument, f"{function.name} takes `{argument.arg}` by name")


def _is_boolean(argument: ast.arg, default: ast.expr | None) -> bool:
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        return True
    return argument.annotation is not None and any(
        isinstance(node, ast.Name) and node.id == "bool" for node in ast.walk(argument.annotation)
    )


def many_positional(sources: Iterable[Source]) -> Iterator[str]:
    """Find public functions whose calls can't be read without looking them up."""
    for source in sources:
        for function in functions(source):
            count = len(_positional(function))
            if count > MOST_POSITIONAL and not function.name.startswith("_"):
                yield source.at(function, f"{function.name} takes {count} arguments by position")


def _positional(function: Function) -> list[ast.arg]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return arguments[1:] if arguments and arguments[0].arg in {"self", "cls"} else arguments


def floats(sources: Iterable[Source]) -> Iterator[str]:
    """Find floats in any guise: as a type, as a call, as a number."""
    for source in sources:
        for node in ast.walk(source.tree):
            if (isinstance(node, ast.Name) and node.id == "float") or (
                isinstance(node, ast.Constant) and isinstance(node.value, float)
            ):
                yield source.at(node, "money is never a float")


# Sizes.


def long_functions(sources: Iterable[Source]) -> Iterator[str]:
    """Find functions over the limit, counted from ``def`` to the end, docstring and all."""
    for source in sources:
        for function in functions(source):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield source.at(function, f"{function.name} has {lines} lines")


def long_files(sources: Iterable[Source]) -> Iterator[str]:
    """Find files over the limit."""
    for source in sources:
        lines = source.text.count("\n")
        if lines > LONGEST_FILE:
            yield f"{source.module} has {lines} lines"


def function_lengths(sources: Iterable[Source]) -> list[int]:
    """Return each function's lines: signature and body, without docstring, sorted."""
    return sorted(_length(function) for source in sources for function in functions(source))


def _length(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines
