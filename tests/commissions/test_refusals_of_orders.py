"""Bad input from the shop, as tables: which named error refuses it, and what its sentence says.

Each step is tried in the program that ``refusing.world`` describes.
"""

# ruff: noqa: ANN401 -- what is changed is whatever the made thing has
from __future__ import annotations

from typing import Any

import pytest

from commissions import accrual, conversions, errors
from commissions.money import MAX_MINOR
from commissions.values import MAX_QUANTITY, Buyer, Completion, Refund, RefundLine, Touch
from tests.commissions.refusing import LATER, NAIVE, WHO, Refusal, Step, check, world
from tests.factories import make_line, make_refund, make_sale
from tests.story import Story

__all__ = ["world"]


def sell(**changes: Any) -> Step:
    """Record a sale, as it usually is but for what is changed."""
    return lambda w: w.record(make_sale("S-9", **changes))


def line(**changes: Any) -> Step:
    """Record a sale of one line, as it usually is but for what is changed."""
    return sell(lines=(make_line(**changes),))


SALES: list[Refusal] = [
    ("of nothing", errors.AmountInvalid, "give 1 to", line(amount_minor=0)),
    ("below nothing", errors.AmountInvalid, "amount of -1", line(amount_minor=-1)),
    ("too large", errors.AmountInvalid, "give 1 to", line(amount_minor=MAX_MINOR + 1)),
    (
        "too large in all",
        errors.AmountInvalid,
        "in all",
        sell(lines=(make_line(1, MAX_MINOR), make_line(2, 1))),
    ),
    ("of no piece", errors.AmountInvalid, "quantity of 0", line(quantity=0)),
    ("of minus a piece", errors.AmountInvalid, "quantity of -1", line(quantity=-1)),
    ("of too many pieces", errors.AmountInvalid, "pieces", line(quantity=MAX_QUANTITY + 1)),
    ("in another currency", errors.CurrencyMismatch, "is in USD", sell(currency="USD")),
    ("without a line", errors.SaleInvalid, "send at least one", sell(lines=())),
    ("with a line twice", errors.SaleInvalid, "twice", sell(lines=(make_line(), make_line()))),
    ("with a line number of none", errors.SaleInvalid, "from 1", line(line_no=0)),
    ("without a stock code", errors.SaleInvalid, "stock code", line(stock_code="")),
    ("with an endless stock code", errors.Invalid, "120", line(stock_code="x" * 121)),
    ("with half a sign", errors.Invalid, "ordinary signs", line(category="\ud800")),
    ("with an endless category", errors.Invalid, "category", line(category="x" * 121)),
    (
        "to an endless account",
        errors.Invalid,
        "account",
        lambda w: w.sell("S-9", buyer=Buyer(account="x" * 121)),
    ),
    ("without a reference", errors.Invalid, "printable", lambda w: w.sell("")),
    ("with an unprintable reference", errors.Invalid, "printable", lambda w: w.sell("S\n9")),
    ("with an endless reference", errors.Invalid, "1 to 120", lambda w: w.sell("S" * 121)),
    ("at no time of any zone", errors.TimeInvalid, "no time zone", sell(paid_at=NAIVE)),
    (
        "with a touch of no zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: w.sell("S-9", touches=(Touch(w.partner("mai").id, "click", NAIVE),)),
    ),
    (
        "before the first plan",
        errors.NoPlanInForce,
        "in force from 2024-01-01T00:00:00+00:00, and none was at 2023-12-31T00:00:00+00:00: leave",
        lambda w: w.sell("S-9", on="2023-12-31"),
    ),
    (
        "twice with other lines",
        errors.SaleConflict,
        "10 × ROSE = 10000]; given is 2024-02-05T00:00:00+00:00 to a guest [1: 10 × ROSE = 9999]",
        lambda w: w.sell("paid", on="2024-02-05", amount=99_99),
    ),
    (
        "twice with another category",
        errors.SaleConflict,
        "10 × ROSE (Garden) = 10000",
        lambda w: w.sell("paid", on="2024-02-05", lines=[make_line(category="Garden")]),
    ),
    (
        "twice with another mail",
        errors.SaleConflict,
        "another mail or phone of the buyer",
        lambda w: w.sell("paid", on="2024-02-05", buyer=Buyer(email="a@b.example")),
    ),
    (
        "twice at another time",
        errors.SaleConflict,
        "new reference",
        lambda w: w.sell("paid", on="2024-02-06"),
    ),
    (
        "twice in one batch with other content",
        errors.SaleConflict,
        "given twice",
        lambda w: conversions.record(
            w.session, w.program, [make_sale("S-9"), make_sale("S-9", paid_at=LATER)]
        ),
    ),
]

COMPLETIONS: list[Refusal] = [
    ("never paid", errors.SaleUnknown, "record it before", lambda w: w.complete("S-9")),
    (
        "before payment",
        errors.TimeInvalid,
        "paid at 2024-02-05",
        lambda w: w.complete("paid", on="2024-02-04 23:59"),
    ),
    ("cancelled", errors.StateConflict, "gone is cancelled", lambda w: w.complete("gone")),
    (
        "into a sealed month",
        errors.MonthSealed,
        "sealed month",
        lambda w: w.complete("late", on="2024-01-31"),
    ),
    (
        "at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: accrual.accrue(w.session, w.program, [Completion("paid", NAIVE)], actor="shop"),
    ),
    ("cancelled though unknown", errors.SaleUnknown, "S-9", lambda w: w.cancel("S-9")),
    ("cancelled though completed", errors.StateConflict, "held", lambda w: w.cancel("held")),
    (
        "cancelled at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: conversions.cancel(w.session, w.program, ["paid"], at=NAIVE, **WHO),
    ),
]

REFUNDS: list[Refusal] = [
    (
        "more than was sold",
        errors.RefundTooLarge,
        "10 were sold",
        lambda w: w.refund(11, of="held", on="2024-02-20"),
    ),
    (
        "more than is left",
        errors.RefundTooLarge,
        "10 came back",
        lambda w: w.refund(1, of="back", on="2024-02-20"),
    ),
    (
        "of no piece",
        errors.AmountInvalid,
        "give 1 or more",
        lambda w: w.refund(0, of="held", on="2024-02-20"),
    ),
    (
        "of minus a piece",
        errors.AmountInvalid,
        "1 or more",
        lambda w: w.refund(-1, of="back", on="2024-02-20"),
    ),
    (
        "of pieces of no line",
        errors.AmountInvalid,
        "name the line",
        lambda w: w.take_back(make_refund("R-9", RefundLine("held", None, 1), when="2024-02-20")),
    ),
    (
        "of a line not sold",
        errors.RefundTooLarge,
        "no line 7",
        lambda w: w.refund(1, of="held", line=7, on="2024-02-20"),
    ),
    (
        "of a sale never paid",
        errors.SaleUnknown,
        "never paid: record that sale first",
        lambda w: w.refund(of="S-9", on="2024-02-20"),
    ),
    (
        "of a cancelled sale",
        errors.StateConflict,
        "gone is cancelled",
        lambda w: w.refund(of="gone", on="2024-02-20"),
    ),
    (
        "older than its sale",
        errors.TimeInvalid,
        "older than its sale",
        lambda w: w.refund(of="held", on="2024-02-04"),
    ),
    (
        "for an endless reason",
        errors.Invalid,
        "up to 400",
        lambda w: w.refund(of="held", on="2024-02-20", reason="x" * 401),
    ),
    (
        "twice with other content",
        errors.RefundConflict,
        "recorded is return at 2024-02-11T00:00:00+00:00 [10 of back line 1]",
        lambda w: w.refund(3, of="back", on="2024-02-11", reference="all of it"),
    ),
    (
        "twice for another reason",
        errors.RefundConflict,
        "given is fraud at 2024-02-11T00:00:00+00:00 [all of back]",
        lambda w: w.refund(of="back", on="2024-02-11", reference="all of it", reason="fraud"),
    ),
    (
        "twice in one batch with other content",
        errors.RefundConflict,
        "given twice",
        lambda w: w.take_back(
            make_refund("R-9", RefundLine("held", 1, 1), when="2024-02-20"),
            make_refund("R-9", RefundLine("held", 1, 2), when="2024-02-20"),
        ),
    ),
    (
        "without a reference",
        errors.Invalid,
        "printable",
        lambda w: w.take_back(make_refund("", when="2024-02-20")),
    ),
    (
        "at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: w.take_back(Refund("R-9", NAIVE, (RefundLine("held"),), content="a document")),
    ),
]


@pytest.mark.parametrize(
    "refusals",
    [SALES, COMPLETIONS, REFUNDS],
    ids=["a sale", "a completion", "a refund"],
)
def test_bad_input_from_the_shop_is_refused_by_name(world: Story, refusals: list[Refusal]) -> None:
    check(world, refusals)
