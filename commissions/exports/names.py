"""Account names that beancount and hledger both take.

Decides how a role, a program's code and a partner's code make a name, and that two accounts
never share one. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from commissions.ledger import chart

_PLACES: Mapping[str, tuple[str, str]] = {
    chart.ACCRUED: ("Liabilities", "Accrued"),
    chart.PAYABLE: ("Liabilities", "Payable"),
    chart.IN_PAYOUT: ("Liabilities", "InPayout"),
    chart.EXPENSE_COMMISSION: ("Expenses", "Commission"),
    chart.EXPENSE_BONUS: ("Expenses", "Bonus"),
    "tax:withheld": ("Liabilities", "TaxWithheld"),
    "write_off": ("Expenses", "WriteOff"),
}
"""The first and the last part of an account's name, by its role."""


def account_name(program_code: str, role: str, *, partner_code: str | None = None) -> str:
    """Return an account's name in both formats; two accounts never share one.

    A role that has no place of its own is shown under Equity rather than left out.
    """
    root, leaf = _place(role)
    owner = () if partner_code is None else (f"Partner-{_spelled(partner_code)}",)
    return ":".join((root, f"Program-{_spelled(program_code)}", *owner, leaf))


def _place(role: str) -> tuple[str, str]:
    if role.startswith(chart.CASH):
        return ("Assets", f"Cash-{_spelled(role.removeprefix(chart.CASH))}")
    return _PLACES.get(role) or ("Equity", f"Role-{_spelled(role)}")


def _spelled(code: str) -> str:
    """Return any text in letters, digits and hyphens, so that it can be read back.

    Letters and digits stay, and so does a hyphen before one of them. Every other sign becomes
    its code point: ``--20-`` is a space. No hyphen that stays is followed by another, so two of
    them always begin a code point.
    """
    return "".join(
        sign if _stays(sign) or (sign == "-" and _stays(after)) else f"--{ord(sign):X}-"
        for sign, after in zip(code, f"{code[1:]} ", strict=False)
    )


def _stays(sign: str) -> bool:
    return sign.isalpha() or sign.isdecimal()
