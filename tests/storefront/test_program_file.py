"""What a program file may say, and the sentence for each way of saying it wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commissions.errors import Invalid
from commissions.partners import PartnerTerms
from commissions.programs import Terms
from commissions.rules import Plan, Rule
from commissions.tiers import Tier
from storefront.intake import program_file
from storefront.intake.documents import DocumentInvalid, Place
from storefront.intake.partner_file import GivenPartner
from storefront.intake.program_file import ProgramFile

DATA = Path(__file__).parents[1] / "data"
KEYS = [field.name.removesuffix("_minor") for field in fields(Terms)]
SOUND = (DATA / "roses.toml").read_text(encoding="utf-8")


def read(text: str) -> ProgramFile:
    return program_file.check(tomllib.loads(text), place=Place("program.toml"))


def faults_of(text: str) -> list[str]:
    with pytest.raises(DocumentInvalid) as refused:
        read(text)
    return [*refused.value.faults]


# What may be said.


def test_a_sound_file_becomes_the_values_of_the_engine() -> None:
    file = read(SOUND)
    assert file.terms == Terms(
        code="roses",
        name="Roses",
        currency="EUR",
        time_zone="Europe/Madrid",
        window_days=30,
        hold_days=14,
        minimum_payout_minor=1_000,
    )
    assert file.plan == Plan(
        rules=(
            Rule(1, "Gifts", ("8*",), ("gift*",), ("koc", "kol"), flat_minor=150),
            Rule(2, "All", rate_bps=1_250),
        ),
        tiers=(Tier("koc", 100_000, 100), Tier("koc", 500_000, 200)),
        override_bps=200,
    )
    assert file.effective_from == datetime(2024, 5, 31, 22, tzinfo=UTC)
    distributor, koc = file.partners
    assert distributor == GivenPartner(
        PartnerTerms("D1", "Yến Lê", "yen.le", "distributor"),
        frozenset({"code", "name", "handle", "kind"}),
    )
    assert (koc.terms.sponsor_code, koc.terms.account) == ("D1", None)
    assert "account" in koc.given


def test_the_retail_case_is_as_its_rules_say(data_dir: Path) -> None:
    file = program_file.read(
        DATA / "retail" / "program.toml", partners=data_dir / "online-retail-partners.csv"
    )
    assert file.terms == Terms(
        code="retail",
        name="Online retail",
        currency="GBP",
        time_zone="Europe/London",
        window_days=30,
        hold_days=30,
        minimum_payout_minor=1_000,
    )
    assert file.effective_from == datetime(2009, 12, 1, tzinfo=UTC)
    assert [(rule.stock_codes, rule.rate_bps) for rule in file.plan.rules] == [
        (("[!0-9]*",), 0),
        (("84*", "85*"), 1_200),
        ((), 800),
    ]
    assert file.plan.tiers == (
        Tier("koc", 100_000, 100),
        Tier("koc", 500_000, 200),
        Tier("koc", 2_000_000, 300),
        Tier("distributor", 500_000, 50),
        Tier("distributor", 2_500_000, 100),
        Tier("distributor", 10_000_000, 150),
    )
    assert file.plan.override_bps == 200
    assert len(file.partners) == 400
    assert sum(one.terms.kind == "distributor" for one in file.partners) == 40


@pytest.mark.parametrize(
    ("text", "bps"),
    [
        ('"0%"', 0),
        ('"0.5%"', 50),
        ('"0.01%"', 1),
        ('"12%"', 1_200),
        ('"12 %"', 1_200),
        ('"12.50%"', 1_250),
        ('"7.000%"', 700),
        ('"100%"', 10_000),
    ],
)
def test_a_percentage_is_taken_to_the_basis_point(text: str, bps: int) -> None:
    assert read(SOUND.replace('"2%"', text, 1)).plan.override_bps == bps


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Europe/Madrid", "2024-01-01", "2023-12-31T23:00:00+00:00"),
        ("Asia/Ho_Chi_Minh", "2024-01-01", "2023-12-31T17:00:00+00:00"),
        ("Europe/Madrid", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00"),
        ("Europe/Madrid", "2024-01-01 06:30:00.5+07:00", "2023-12-31T23:30:00.500000+00:00"),
        # The clock went from 24:00 to 01:00: the day begins when it does.
        ("America/Santiago", "2023-09-03", "2023-09-03T04:00:00+00:00"),
    ],
)
def test_a_date_is_the_first_instant_of_the_day_in_the_zone(
    zone: str, text: str, instant: str
) -> None:
    file = read(SOUND.replace("Europe/Madrid", zone).replace("2024-06-01", text))
    assert file.effective_from.isoformat() == instant


def test_money_has_the_decimals_of_the_currency() -> None:
    text = SOUND.replace('"EUR"', '"VND"').replace('"10.00"', '"200000"')
    text = text.replace('"1.50"', '"1500"').replace("000.00", "000000")
    file = read(text)
    assert (file.terms.minimum_payout_minor, file.plan.rules[0].flat_minor) == (200_000, 1_500)


def test_what_may_be_left_out_may_be_left_out() -> None:
    text = SOUND.partition("[[plan.tiers]]")[0].replace('override = "2%"', "")
    file = read(text)
    assert (file.plan.tiers, file.plan.override_bps, file.partners) == ((), 0, ())
    assert read(text.replace("[plan]", "close_after_days = 5\n[plan]")).terms.close_after_days == 5


# What may not.


def examples() -> Iterator[tuple[str, str, str]]:
    """Yield the table of faults: what is replaced, by what, and what is told."""
    for block in (DATA / "program_faults.txt").read_text(encoding="utf-8").split("\n\n"):
        if not block.startswith("#"):
            change, fault = block.strip().split("\n    ")
            old, new = (part.strip() for part in change.split("->"))
            new = re.sub(r"(.)\{(\d+)\}", lambda many: many[1] * int(many[2]), new)
            yield old, new.replace("⏎", "\n"), fault


@pytest.mark.parametrize(("old", "new", "fault"), [*examples()])
def test_a_fault_is_told_with_its_place_and_what_to_do(old: str, new: str, fault: str) -> None:
    assert faults_of(SOUND.replace(old, new, 1)) == [f"program.toml: {fault}"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["program: it is missing: add it", "plan: it is missing: add it"]),
        (
            "program = 1\nplan = []",
            ["program: it is no table: write it as one", "plan: it is no table: write it as one"],
        ),
        (
            SOUND.replace("[[plan.rules]]", "[plan.rules]", 1).partition("[[plan.rules]]")[0],
            ["plan.rules: it is no list: write [[plan.rules]] above each"],
        ),
        (
            SOUND.partition("[[plan.rules]]")[0] + "rules = [1]",
            ["plan.rules[1]: it is no table: write it as one"],
        ),
        (
            SOUND.partition("[[plan.rules]]")[0] + "rules = []",
            ["plan.rules: it is empty: fill it in or leave it out"],
        ),
        (
            'partners = "P1"\n' + SOUND.partition("[[partners]]")[0],
            ["partners: it is no list: write [[partners]] above each"],
        ),
        (
            SOUND + '[other]\n"odd \\u001b[0m" = 1\n',
            ["other: nobody knows this key: choose from program, plan, partners"],
        ),
        (
            SOUND.replace("[program]", '[program]\n"\\u001b[0m" = 1'),
            [
                f'program."\\u001b[0m": nobody knows this key: choose from {", ".join(KEYS)}',
            ],
        ),
    ],
)
def test_a_fault_of_shape_is_told_with_its_place(text: str, faults: list[str]) -> None:
    assert faults_of(text) == [f"program.toml: {fault}" for fault in faults]


def test_patterns_too_tangled_to_compare_are_refused() -> None:
    tangle = [f"*{sign}{'?' * 14}*" for sign in "abc"]
    (fault,) = faults_of(SOUND.replace('["8*"]', str(tangle)))
    assert fault.startswith("program.toml: plan.rules: The patterns of this plan are too tangled")


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    changes = {
        '"EUR"': '"EURO"',  # so nobody knows how many decimals a sum may have
        '"10.00"': "10",
        "2024-06-01": '"June"',
        '"1.50"': '"1.505"',
        '"12.5%"': '"12.5"\nnote = "?"',
        'rate = "2%"': 'rate = "200%"',
        'kind = "distributor"': 'kind = "koc"',
        '"zihan"': '"yen.le"',
    }
    text = SOUND
    for old, new in changes.items():
        text = text.replace(old, new)
    assert [fault.split(": ")[1] for fault in faults_of(text)] == [
        "program.currency",
        "program.minimum_payout",
        "plan.effective_from",
        "plan.rules[2].rate",
        "plan.rules[2].note",
        "plan.tiers[2].rate",
        "partners[2].handle",
        "partners[2].sponsor_code",
    ]


def test_rules_are_compared_although_a_rate_is_wrong() -> None:
    late = '\n[[plan.rules]]\nname = "Late"\nrate = "5"\n[[plan.tiers]]'
    wrong_rate, late_rule = faults_of(SOUND.replace("\n[[plan.tiers]]", late, 1))
    assert wrong_rate.endswith('plan.rules[3].rate: "5" is no percentage: write it like "5%"')
    assert late_rule.startswith("program.toml: plan.rules[3]: it can't win, the rules before it")


def test_the_error_is_a_refusal_whose_text_lists_the_faults() -> None:
    with pytest.raises(Invalid) as refused:
        read("")
    assert str(refused.value).splitlines() == [
        "program.toml: program: it is missing: add it",
        "program.toml: plan: it is missing: add it",
    ]
