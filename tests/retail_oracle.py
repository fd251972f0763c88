"""The retail case computed a second time, from its rules alone.

It follows rules 1 to 10 of "The retail case" in the README of the data folder, without a database
and without anything of the project, so that an agreement of the two means something.
Money is in pence, instants are in UTC, a month is 'YYYY-MM' in London, a rate is in basis points.
"""

import argparse
import csv
import gzip
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

DATA_DIR = Path(os.environ.get("HOAHONG_DATA") or Path(__file__).parents[2] / "shared" / "data")
LONDON = ZoneInfo("Europe/London")
HOLD = timedelta(seconds=30 * 86_400)
AS_OF = datetime(2010, 12, 31, tzinfo=UTC)
CLOSED_MONTHS = ("2009-12", *(f"2010-{number:02}" for number in range(1, 12)))
HIGH_RATE, USUAL_RATE, OVERRIDE_RATE, WHOLE = 1_200, 800, 200, 10_000
# Rule 9: the volume to reach in pence and the rate that it brings, the highest step first.
BONUS_STEPS = {
    "koc": ((2_000_000, 300), (500_000, 200), (100_000, 100)),
    "distributor": ((10_000_000, 150), (2_500_000, 100), (500_000, 50)),
}
STATEMENTS = "partner_code,month,sale_minor,override_minor,bonus_minor,reversed_minor,net_minor"
REJECTS = "row,reason,left_over_quantity"

Totals = dict[str, int | dict[str, int]]
StatementRow = tuple[str, str, int, int, int, int, int]
RejectRow = tuple[int, str, int | None]


@dataclass(frozen=True)
class Oracle:
    """What the import must come to; the lists have the columns STATEMENTS and REJECTS."""

    totals: Totals
    statements: list[StatementRow]
    rejects: list[RejectRow]
    payable: dict[str, int]
    accrued: dict[str, int]


class Row(NamedTuple):
    """One row of the order file, with its row number there and its line amount."""

    number: int
    invoice: str
    is_return: bool
    stock_code: str
    quantity: int
    unit_price: Decimal
    amount: int
    invoice_date: str
    customer_id: str


class Invoice:
    """The accepted rows of an invoice, and the time and customer of its first row (rule 1)."""

    def __init__(self, first_row: Row) -> None:
        """Open the invoice at its first row, accepted or not; the file's times are local."""
        local = datetime.fromisoformat(first_row.invoice_date).replace(tzinfo=LONDON)
        self.made_at = local.astimezone(UTC)
        self.month = local.strftime("%Y-%m")
        self.customer_id = first_row.customer_id
        self.is_return = first_row.is_return
        self.turn = (self.made_at, self.is_return, first_row.number)
        self.rows: list[Row] = []


@dataclass(eq=False, slots=True)
class SaleLine:
    """A line of a sale; `earner` is the partner who earns on it, empty where nobody does."""

    earner: str
    rate: int
    quantity: int
    amount: int
    returned: int = 0
    groups: list["Group"] = field(default_factory=list)

    @property
    def refunded_base(self) -> int:
        """Give the part of the amount that has come back (rule 7)."""
        return round_half_up(self.amount * self.returned, self.quantity)


@dataclass(eq=False)
class Group:
    """One kind, one beneficiary and one rate on one sale (rule 8)."""

    kind: str
    beneficiary: str
    rate: int
    due_at: datetime
    lines: list[SaleLine]
    reversed: int = 0

    def __post_init__(self) -> None:
        """Compute what the lines earn together, rounded once, and tell them of it."""
        self.base = sum(line.amount for line in self.lines)
        self.amount = round_half_up(self.base * self.rate, WHOLE)
        for line in self.lines:
            line.groups.append(self)


@dataclass
class Book:
    """What is noted while the invoices are taken one after the other.

    Kinds and sponsors are by partner code, volumes (net bases) and sums (by kind) by partner code
    and month, lines in stock by customer and stock code, the latest last.
    """

    kinds: dict[str, str]
    sponsors: dict[str, str]
    referrals: dict[str, str]
    counts: Counter[str] = field(default_factory=Counter)
    rejects: list[RejectRow] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    stock: dict[tuple[str, str], list[SaleLine]] = field(default_factory=lambda: defaultdict(list))
    volumes: Counter[tuple[str, str]] = field(default_factory=Counter)
    sums: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    payable: Counter[str] = field(default_factory=Counter)
    accrued: Counter[str] = field(default_factory=Counter)


def round_half_up(numerator: int, denominator: int) -> int:
    """Divide two whole numbers, neither below zero, and round a half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a small file with a header line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_book(data_dir: Path) -> Book:
    """Open a book with the partners, and who of them brought which customer (rule 4)."""
    partners = read_table(data_dir / "online-retail-partners.csv")
    referrals = read_table(data_dir / "online-retail-referrals.csv")
    return Book(
        kinds={row["code"]: row["kind"] for row in partners},
        sponsors={row["code"]: row["sponsor_code"] for row in partners},
        referrals={row["customer_id"]: row["partner_code"] for row in referrals},
    )


def read_row(number: int, record: list[str]) -> Row:
    """Read one row and compute its line amount in exact decimals (rule 3)."""
    invoice, code, _, quantity, date, price, customer, _ = record
    pieces, unit_price = int(quantity), Decimal(price)
    amount = int((abs(pieces) * unit_price * 100).quantize(Decimal(1), ROUND_HALF_UP))
    is_return = invoice.startswith("C")
    return Row(number, invoice, is_return, code, pieces, unit_price, amount, date, customer)


def read_rows(data_dir: Path) -> Iterator[Row]:
    """Read the order lines in the order of the file; the first after the header is row 2."""
    path = data_dir / "online-retail-2009-2010.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for number, record in enumerate(csv.reader(file), start=1):
            if number > 1:
                yield read_row(number, record)


def reason_to_reject(row: Row) -> str | None:
    """Give the first reason that holds, in the order of rule 2; none for an accepted row."""
    tests = (
        ("adjustment", row.invoice.startswith("A")),
        ("no price", row.unit_price <= 0),
        ("no quantity", row.quantity == 0),
        ("negative quantity on a sale", row.quantity < 0 and not row.is_return),
        ("positive quantity on a return", row.quantity > 0 and row.is_return),
        ("rounds to nothing", row.amount == 0),
    )
    return next((reason for reason, holds in tests if holds), None)


def collect_invoices(book: Book, rows: Iterable[Row]) -> list[Invoice]:
    """Gather the accepted rows by invoice, in order of booking; report the others (rules 1, 2)."""
    invoices: dict[str, Invoice] = {}
    for row in rows:
        book.counts["rows"] += 1
        if row.invoice not in invoices:
            invoices[row.invoice] = Invoice(first_row=row)
        if reason := reason_to_reject(row):
            book.rejects.append((row.number, reason, None))
        else:
            invoices[row.invoice].rows.append(row)
    return sorted((one for one in invoices.values() if one.rows), key=lambda one: one.turn)


def rate_of(stock_code: str) -> int:
    """Give the seller's rate for a stock code (rule 8)."""
    if not stock_code.startswith(tuple("0123456789")):
        return 0
    return HIGH_RATE if stock_code.startswith(("84", "85")) else USUAL_RATE


def book_sale_line(book: Book, row: Row, invoice: Invoice) -> SaleLine:
    """Store one line of a sale, whether it earns or not (rules 4, 6, 9)."""
    rate = rate_of(row.stock_code)
    earner = book.referrals.get(invoice.customer_id, "") if rate else ""
    line = SaleLine(earner, rate, row.quantity, row.amount)
    book.stock[invoice.customer_id, row.stock_code].append(line)
    book.volumes[earner, invoice.month] += line.amount
    book.counts["sales_lines_accepted"] += 1
    book.counts["sales_amount_minor"] += line.amount
    return line


def earned_groups(seller: str, sponsor: str, sale: Invoice, lines: list[SaleLine]) -> list[Group]:
    """Split a sale into a sale group for each rate and an override over all (rules 5, 8)."""
    due_at, groups = sale.made_at + HOLD, []
    earning = [line for line in lines if line.rate]
    for rate in sorted({line.rate for line in earning}):
        same_rate = [line for line in earning if line.rate == rate]
        groups.append(Group("sale", seller, rate, due_at, same_rate))
    if sponsor and earning:
        groups.append(Group("override", sponsor, OVERRIDE_RATE, due_at, earning))
    return groups


def book_sale(book: Book, sale: Invoice) -> None:
    """Store a sale; credit what it earns, on hold, when its customer was referred (rule 4)."""
    lines = [book_sale_line(book, row, sale) for row in sale.rows]
    book.counts["sales"] += 1
    if seller := book.referrals.get(sale.customer_id):
        book.counts["attributed_sales"] += 1
        for group in earned_groups(seller, book.sponsors[seller], sale, lines):
            book.groups.append(group)
            book.sums[group.beneficiary, sale.month][group.kind] += group.amount
            book.counts["transfers"] += group.amount > 0


def take_back(book: Book, line: SaleLine, pieces: int, month: str) -> None:
    """Set pieces that come back against one sale line (rules 6, 7, 9)."""
    before = line.refunded_base
    line.returned += pieces
    book.volumes[line.earner, month] -= line.refunded_base - before
    book.counts["refunded_base_minor"] += line.refunded_base - before
    book.counts["return_quantity_matched"] += pieces


def match_return_row(book: Book, row: Row, invoice: Invoice) -> list[SaleLine]:
    """Set a row against the sale lines with quantity left, the latest first (rule 6)."""
    left, found = -row.quantity, []
    stock = book.stock[invoice.customer_id, row.stock_code] if invoice.customer_id else []
    for line in reversed(stock):
        pieces = min(left, line.quantity - line.returned)
        if pieces:
            take_back(book, line, pieces, invoice.month)
            found.append(line)
            left -= pieces
    if left:
        book.rejects.append((row.number, "unmatched return", left))
    book.counts["return_rows_matched"] += bool(found)
    return found


def reverse(book: Book, group: Group, invoice: Invoice) -> None:
    """Bring a group's reversal up to date, on hold or ready as the group is (rules 5, 8, 10)."""
    refunded_base = sum(line.refunded_base for line in group.lines)
    amount = round_half_up(group.amount * refunded_base, group.base) - group.reversed
    state = "payable" if group.due_at <= invoice.made_at else "accrued"
    group.reversed += amount
    book.sums[group.beneficiary, invoice.month]["reversed"] += amount
    book.counts["reversal_transfers"] += amount > 0
    book.counts[f"reversed_from_{state}_minor"] += amount
    book.counts[f"reversed_{group.kind}_minor"] += amount


def book_return(book: Book, invoice: Invoice) -> None:
    """Match all rows of a return, then reverse each group that they touch once (rules 6, 8)."""
    book.counts["returns"] += 1
    found = [line for row in invoice.rows for line in match_return_row(book, row, invoice)]
    for group in dict.fromkeys(group for line in found for group in line.groups):
        reverse(book, group, invoice)


def volume_of(book: Book, partner: str, month: str) -> int:
    """Give the own volume, with the team's for a distributor, floored once (rule 9)."""
    counted = [partner]
    if book.kinds[partner] == "distributor":
        counted += [code for code, sponsor in book.sponsors.items() if sponsor == partner]
    return max(0, sum(book.volumes[code, month] for code in counted))


def bonus_of(book: Book, partner: str, month: str) -> int:
    """Give the bonus of the highest step that the volume reaches (rule 9)."""
    volume = volume_of(book, partner, month)
    rates = [rate for least, rate in BONUS_STEPS[book.kinds[partner]] if volume >= least]
    return round_half_up(volume * rates[0], WHOLE) if rates else 0


def settle(book: Book, partner: str, amount: int, due_at: datetime) -> None:
    """Put a sum where it stands at the end: ready to be paid, or on hold (rules 5, 10)."""
    balances = book.payable if due_at <= AS_OF else book.accrued
    balances[partner] += amount


def close_month(book: Book, month: str) -> None:
    """Book the bonuses of a month, effective at its last instant (rule 9, design §4)."""
    next_month = (datetime.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1)
    last_instant = next_month.replace(tzinfo=LONDON).astimezone(UTC) - timedelta(microseconds=1)
    for partner in book.kinds:
        bonus = bonus_of(book, partner, month)
        book.sums[partner, month]["bonus"] += bonus
        book.counts["bonus_months_partners"] += bonus > 0
        settle(book, partner, bonus, last_instant + HOLD)


def list_statements(book: Book) -> list[StatementRow]:
    """List what each partner earned in each month, without the rows that are all zero."""
    rows: list[StatementRow] = []
    for (code, month), sums in sorted(book.sums.items()):
        sale, override, bonus = sums["sale"], sums["override"], sums["bonus"]
        net = sale + override + bonus - sums["reversed"]
        if any(sums.values()):
            rows.append((code, month, sale, override, bonus, sums["reversed"], net))
    return rows


def sum_up(book: Book, statements: list[StatementRow]) -> Totals:
    """Give the totals under the keys of the expected file."""
    reasons = Counter(reason for _, reason, left in book.rejects if left is None)
    unmatched = [left for _, _, left in book.rejects if left is not None]
    return {
        **book.counts,
        "rejected_by_reason": dict(reasons),
        "rejected_total": reasons.total(),
        "unmatched_return_rows": len(unmatched),
        "unmatched_return_quantity": sum(unmatched),
        "commission_sale_minor": sum(row[2] for row in statements),
        "commission_override_minor": sum(row[3] for row in statements),
        "bonus_minor": sum(row[4] for row in statements),
        "net_minor": sum(row[6] for row in statements),
        "payable_total_minor": book.payable.total(),
        "accrued_total_minor": book.accrued.total(),
    }


def compute(data_dir: Path) -> Oracle:
    """Compute the retail case from the files of the data folder."""
    book = open_book(data_dir)
    for invoice in collect_invoices(book, read_rows(data_dir)):
        take = book_return if invoice.is_return else book_sale
        take(book, invoice)
    for month in CLOSED_MONTHS:
        close_month(book, month)
    for group in book.groups:
        settle(book, group.beneficiary, group.amount - group.reversed, group.due_at)
    statements, rejects = list_statements(book), sorted(book.rejects, key=lambda row: row[0])
    payable = {code: book.payable[code] for code in book.kinds}
    accrued = {code: book.accrued[code] for code in book.kinds}
    return Oracle(sum_up(book, statements), statements, rejects, payable, accrued)


def write_table(path: Path, header: str, rows: Iterable[Sequence[str | int | None]]) -> None:
    """Write a CSV file in UTF-8 without BOM, each line ended by a line feed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        csv.writer(file, lineterminator="\n").writerows(rows)


def main() -> int:
    """Print the totals and whether they agree with the expected file: 0 if so, 1 if not."""
    parser = argparse.ArgumentParser(description="Compute the retail case from its rules alone.")
    parser.add_argument("data_dir", nargs="?", type=Path, default=DATA_DIR)
    parser.add_argument("--out", type=Path, help="folder for statements.csv and rejects.csv")
    options = parser.parse_args()
    oracle = compute(options.data_dir)
    expected = json.loads((options.data_dir / "online-retail-expected.json").read_bytes())
    verdict = "agree with" if oracle.totals == expected else "DIFFER from"
    totals = json.dumps(oracle.totals, indent=1, sort_keys=True)
    sys.stdout.write(f"{totals}\nThey {verdict} the expected totals.\n")
    if options.out:
        write_table(options.out / "statements.csv", STATEMENTS, oracle.statements)
        write_table(options.out / "rejects.csv", REJECTS, oracle.rejects)
    return 0 if oracle.totals == expected else 1


if __name__ == "__main__":
    sys.exit(main())
