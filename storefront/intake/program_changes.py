"""What applying a program file changes, as lines for a person and as JSON for a program.

Decides how changes are told. Which there are is decided in ``program_apply``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_FEW = 5

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Edit:
    """A term that changes, by its name in the file; None where there was or will be none."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The plan version of the file: its number, when it begins, and whether it is new."""

    number: int
    effective_from: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """A partner of the books whose terms change."""

    code: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """All that applying a program file changes; partners whom it doesn't name are no part of it."""

    program: str
    is_new: bool
    edits: tuple[Edit, ...]
    plan: PlanChange
    added: tuple[str, ...]
    changed: tuple[PartnerChange, ...]
    unchanged: int

    @property
    def none(self) -> bool:
        """Whether the books hold all that the file says."""
        return not (self.is_new or self.edits or self.plan.is_new or self.added or self.changed)

    def lines(self) -> list[str]:
        """Return a line for each change and a count of partners, or that nothing changes."""
        if self.none:
            return [f"Program {self.program} is as the file says: nothing changes."]
        return [*self._of_program(), *self._of_plan(), *self._of_partners()]

    def as_json(self) -> dict[str, Any]:
        """Return the changes as values that JSON has; times in ISO 8601 and UTC."""
        return {
            "program": {"code": self.program, "new": self.is_new, "changes": _edits(self.edits)},
            "plan": {
                "version": self.plan.number,
                "effective_from": self.plan.effective_from.isoformat(),
                "published": self.plan.is_new,
            },
            "partners": {
                "added": [*self.added],
                "changed": [
                    {"code": one.code, "changes": _edits(one.edits)} for one in self.changed
                ],
                "unchanged": self.unchanged,
            },
        }

    def _of_program(self) -> Iterator[str]:
        if self.is_new:
            yield f"Program {self.program} is new."
        for edit in self.edits:
            yield f"Program {self.program}, {_told(edit, alone=self.is_new)}"

    def _of_plan(self) -> Iterator[str]:
        news = "is published" if self.plan.is_new else "stays as it is"
        yield f"Plan version {self.plan.number} {news}, from {self.plan.effective_from.isoformat()}"

    def _of_partners(self) -> Iterator[str]:
        for one in self.changed:
            for edit in one.edits:
                yield f"Partner {one.code}, {_told(edit)}"
        counts = f"{len(self.added)} new, {len(self.changed)} changed, {self.unchanged} as they are"
        yield f"Partners: {counts}"
        if self.added:
            yield f"New partners: {_listed(self.added)}"


def _told(edit: Edit, *, alone: bool = False) -> str:
    new = "none" if edit.new is None else edit.new
    old = "none" if edit.old is None else edit.old
    return f"{edit.field}: {new}" if alone else f"{edit.field}: {old} → {new}"


def _listed(codes: tuple[str, ...]) -> str:
    more = len(codes) - _FEW
    return ", ".join(codes[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _edits(edits: tuple[Edit, ...]) -> list[dict[str, Value]]:
    return [{"field": edit.field, "old": edit.old, "new": edit.new} for edit in edits]
