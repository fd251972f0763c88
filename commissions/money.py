"""Money in minor units: currencies, exponents, basis points, rounding and splitting.

Decides how an amount is written, read, rounded and shared. Does not know who is paid or why.
An amount is an ``int`` of minor units (cents, pence, dong) beside a currency code; never a float.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from commissions.errors import AmountInvalid, CurrencyUnknown

BPS = 10_000
"""Basis points in a whole: 1 bp = 0.01 %."""

MAX_MINOR = 10**15
"""The largest single amount that the books take; sums of nine thousand of them fit a BIGINT."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

# ISO 4217: the active codes by their number of decimals.
_BY_EXPONENT: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
        "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT "
        "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN "
        "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
        "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES "
        "WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS = {code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()}
"""Decimals of each ISO 4217 currency, by code."""

_PLAIN_DECIMAL = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency, as people are shown it."""

    minor: int
    currency: str

    def __str__(self) -> str:
        """Return the amount in major units with its code: ``1,012.50 EUR``."""
        return f"{Decimal(to_major(self.minor, self.currency)):,f} {self.currency}"


def exponent(currency: str) -> int:
    """Return the decimals of a currency; raises CurrencyUnknown for a code ISO 4217 lacks."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        message = f"{currency!r} is no ISO 4217 currency: write a three-letter code such as EUR."
        raise CurrencyUnknown(message) from None


def to_major(minor: int, currency: str) -> str:
    """Return minor units as a plain decimal string in major units, without a code."""
    return f"{Decimal(minor).scaleb(-exponent(currency), _EXACT):f}"


def parse_decimal(text: str) -> Decimal:
    """Return a plain decimal (digits, one point, a sign); raises AmountInvalid for all else."""
    if not _PLAIN_DECIMAL.match(text):
        message = f"{text!r} is no plain decimal number: write it like 12.50."
        raise AmountInvalid(message)
    return Decimal(text)


def to_minor(text: str, currency: str) -> int:
    """Return major units written as text as minor units; raises AmountInvalid when not exact."""
    value = parse_decimal(text)
    scaled = value.scaleb(exponent(currency), _EXACT)
    if scaled != scaled.to_integral_value():
        message = f"{text} {currency} has too many decimals: {currency} has {exponent(currency)}."
        raise AmountInvalid(message)
    return check_size(int(scaled))


def check_size(minor: int) -> int:
    """Return the amount unchanged; raises AmountInvalid beyond what the books take."""
    if abs(minor) > MAX_MINOR:
        message = f"{minor} minor units is too large: the books take up to {MAX_MINOR}."
        raise AmountInvalid(message)
    return minor


def round_half_up(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest whole, halves away from zero; denominator > 0."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def share_of(base_minor: int, rate_bps: int) -> int:
    """Return a rate of a base: ``round_half_up(base × bps / 10 000)``."""
    return round_half_up(base_minor * rate_bps, BPS)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total by largest remainder, ties to the earlier weight; the parts add up to it.

    Weights are whole and not negative. Without any weight above zero the first part takes all.
    """
    whole = sum(weights)
    if not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    missing = abs(total) - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    for i in by_remainder[:missing]:
        shares[i] += 1
    return [sign * share for share in shares]
