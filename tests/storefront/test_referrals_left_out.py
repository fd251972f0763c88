"""An import without referrals: refused where they are used, told where nothing is attributed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from storefront.intake import importing, mapping_file
from storefront.intake.importing import ImportRequest
from storefront.intake.referrals import ReferralsMissing
from tests.storefront.running import Here
from tests.storefront.shop import HEADER, MAPPING, WRITTEN, Shop

NAMED = '[referrals]\nbuyer = "customer_id"\npartner = "partner_code"\n'
SALE = "2024-06-05,bob,ROSE,1,10.00"


class Desk:
    """Who imports: a shop's folder, and the command."""

    def __init__(self, url: str, engine: Engine, folder: Path) -> None:
        """Write a mapping that names no referrals."""
        self.here = Here(url)
        self.shop = Shop(engine, folder)
        self.folder = folder
        self.write("mapping.toml", WRITTEN)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, *more: str | Path, number: int = 1) -> tuple[str | Path, ...]:
        """Return the command that imports one sale of a number, which nobody brought."""
        orders = self.write(f"orders-{number}.csv", f"{HEADER}\nS{number},{SALE}\n")
        mapping = self.folder / "mapping.toml"
        return ("sales", "import", "--program", "roses", "--mapping", mapping, *more, orders)


@pytest.fixture
def desk(database_url: str, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(database_url, engine, tmp_path)


def test_new_sales_that_earn_nobody_anything_are_told(desk: Desk) -> None:
    told = "0 of 1 sales were attributed; "
    ran = desk.here(*desk.command())
    assert ran.code == 0
    assert ran.err.splitlines()[-1] == (
        f"Warning: {told}referrals must be given with the import, give --referrals."
        " What is booked so earns nobody anything, for good."
    )
    again = desk.here.data(*desk.command())
    assert (again["sales_new"], again["warning"]) == (0, None)
    referrals = desk.write("referrals.csv", "customer_id,partner_code\nann,mai\n")
    given = desk.here.data(*desk.command("--referrals", referrals, number=2))
    assert given["warning"].startswith(f"{told}none of their buyers stands in referrals.csv.")
    without = desk.here.data(*desk.command("--no-referrals", number=3))
    assert without["warning"].startswith(f"{told}they were imported with --no-referrals.")


def test_who_attributes_a_sale_is_warned_of_nothing(desk: Desk) -> None:
    referrals = desk.write("referrals.csv", "customer_id,partner_code\nbob,mai\n")
    ran = desk.here(*desk.command("--referrals", referrals))
    assert (ran.code, "Warning" in ran.err) == (0, False)
    told = desk.here.data(*desk.command("--referrals", referrals, number=2))
    assert (told["sales_new"], told["sales_attributed"], told["warning"]) == (1, 1, None)


def test_a_mapping_that_names_referrals_wants_them_or_a_word(desk: Desk) -> None:
    desk.write("mapping.toml", WRITTEN + NAMED)
    ran = desk.here(*desk.command())
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "hoahong: The mapping says how to read a referrals file, and sales that are imported"
        " without one earn nobody anything, for good: give the file by --referrals, or say"
        " --no-referrals.\n"
    )
    assert desk.shop.sales() == []
    assert desk.here.data(*desk.command("--no-referrals"))["sales_new"] == 1
    both = desk.here(*desk.command("--no-referrals", "--referrals", desk.folder / "mapping.toml"))
    assert (both.code, "not both" in both.err) == (2, True)


def test_a_program_whose_sales_were_brought_before_wants_referrals_or_a_word(desk: Desk) -> None:
    desk.shop.take("S9,2024-06-05,ann,ROSE,1,10.00")
    ran = desk.here(*desk.command(), "--json")
    assert (ran.code, ran.data["error"]) == (1, "ReferralsMissing")
    assert "Sales of program roses were attributed by referrals before" in ran.data["message"]
    assert desk.shop.sales() == ["S9"]
    assert desk.here.data(*desk.command("--no-referrals"))["sales_new"] == 1
    assert desk.here.data(*desk.command())["sales_new"] == 0, "the same import again is no new one"


def test_a_mapping_with_and_without_the_section_reads_the_same_import(tmp_path: Path) -> None:
    """Whoever adds the section that says what was so anyway hasn't changed the import."""
    path = tmp_path / "mapping.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    silent = mapping_file.read(path)
    path.write_text(WRITTEN + NAMED, encoding="utf-8")
    named = mapping_file.read(path)
    assert (silent.names_referrals, named.names_referrals) == (False, True)
    assert repr(silent) == repr(named)


def test_the_refusal_leaves_no_run_behind(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    shop.take("S9,2024-06-05,ann,ROSE,1,10.00")
    request = ImportRequest(shop.write(f"S1,{SALE}", name="more.csv"), MAPPING)
    with pytest.raises(ReferralsMissing):
        importing.run(engine, shop.code, request, actor="import")
    assert shop.runs() == ["done"]
