"""Applying a program file: what it would change, what it changes, and that twice is once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from commissions import partners, plans, programs
from commissions.errors import Conflict, HoahongError, PartnerInvalid, PlanConflict, ProgramUnknown
from commissions.models import Partner, PlanVersion
from storefront import database
from storefront.intake import program_apply, program_file
from storefront.intake.documents import Place
from storefront.intake.program_changes import Changes
from storefront.intake.program_file import ProgramFile

DATA = Path(__file__).parents[1] / "data"
SOUND = (DATA / "roses.toml").read_text(encoding="utf-8")
NEW_SPONSOR = [('"D1"', '"D7"'), ('"yen.le"', '"seven"')]
BEGIN = datetime(2024, 5, 31, 22, tzinfo=UTC)


def roses(*changes: tuple[str, str]) -> ProgramFile:
    """Return the sound program file with some texts replaced."""
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return program_file.check(tomllib.loads(text), place=Place("program.toml"))


def partner_named(session: Session, code: str) -> Partner:
    return partners.find(session, programs.find(session, "roses"), code)


@contextmanager
def writes(session: Session) -> Iterator[list[str]]:
    """Give the list of statements that write while the block runs."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            found.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)


# What there was not.


def test_a_new_program_is_made_with_its_plan_and_partners(session: Session) -> None:
    changes = program_apply.apply(session, roses())
    program = programs.find(session, "roses")
    assert (program.currency, program.minimum_payout_minor) == ("EUR", 1_000)
    plan = plans.Plans(session, program).in_force(BEGIN)
    assert [rule.name for rule in plan.rules] == ["Gifts", "All"]
    zihan = partner_named(session, "K1")
    assert zihan.sponsor_id == partner_named(session, "D1").id
    assert (zihan.phone, zihan.email) == ("+8613800138000", "zihan@example.com")
    assert changes.lines() == [
        "Program roses is new.",
        "Program roses, name: Roses",
        "Program roses, currency: EUR",
        "Program roses, time_zone: Europe/Madrid",
        "Program roses, window_days: 30",
        "Program roses, hold_days: 14",
        "Program roses, minimum_payout: 10.00",
        "Plan version 1 is published, from 2024-05-31T22:00:00+00:00",
        "Partners: 2 new, 0 changed, 0 as they are",
        "New partners: D1, K1",
    ]


def test_the_same_file_again_changes_nothing_and_writes_nothing(session: Session) -> None:
    program_apply.apply(session, roses())
    with writes(session) as written:
        changes = program_apply.apply(session, roses())
    assert not written
    assert changes.none
    assert changes.unchanged == 2
    assert changes.lines() == ["Program roses is as the file says: nothing changes."]


def test_the_retail_case_is_applied_once(session: Session, data_dir: Path) -> None:
    path = DATA / "retail" / "program.toml"
    file = program_file.read(path, partners=data_dir / "online-retail-partners.csv")
    first = program_apply.apply(session, file)
    assert first.lines()[-2:] == [
        "Partners: 400 new, 0 changed, 0 as they are",
        "New partners: P001, P002, P003, P004, P005 and 395 more",
    ]
    session.expire_all()
    assert program_apply.apply(session, file).none
    assert session.scalar(select(func.count()).where(Partner.sponsor_id.is_not(None))) == 226


# What differs.


def test_changed_terms_are_told_from_old_to_new(session: Session) -> None:
    program_apply.apply(session, roses())
    changed = roses(
        ('"Roses"', '"Roses & more"'),
        ("hold_days = 14", "hold_days = 30\nclose_after_days = 5"),
        ('"10.00"', '"12.5"'),
    )
    assert program_apply.apply(session, changed).lines() == [
        "Program roses, name: Roses → Roses & more",
        "Program roses, hold_days: 14 → 30",
        "Program roses, minimum_payout: 10.00 → 12.50",
        "Program roses, close_after_days: none → 5",
        "Plan version 1 stays as it is, from 2024-05-31T22:00:00+00:00",
        "Partners: 0 new, 0 changed, 2 as they are",
    ]
    assert programs.find(session, "roses").hold_days == 30
    assert program_apply.apply(session, changed).none


def test_a_later_plan_becomes_the_next_version(session: Session) -> None:
    program_apply.apply(session, roses())
    later = roses(("2024-06-01", "2024-07-01"), ('"12.5%"', '"13%"'))
    changes = program_apply.apply(session, later)
    assert changes.lines()[0] == "Plan version 2 is published, from 2024-06-30T22:00:00+00:00"
    assert program_apply.apply(session, later).none
    in_force = plans.Plans(session, programs.find(session, "roses")).in_force
    assert [in_force(at).rules[-1].rate_bps for at in (BEGIN, changes.plan.effective_from)] == [
        1_250,
        1_300,
    ]


def test_partners_change_and_those_who_are_not_named_are_left_alone(session: Session) -> None:
    program_apply.apply(session, roses())
    new = '[[partners]]\ncode = "D2"\nname = "Ana"\nhandle = "ana"\nkind = "distributor"\n\n'
    without_d1 = (
        SOUND.partition("[[partners]]")[0] + new + "[[partners]]" + SOUND.split("[[partners]]")[2]
    )
    text = without_d1.replace('sponsor_code = "D1"', 'sponsor_code = "D2"').replace(
        '"zihan@example.com"', '""'
    )
    file = program_file.check(tomllib.loads(text), place=Place("program.toml"))
    changes = program_apply.apply(session, file)
    assert changes.lines()[1:] == [
        "Partner K1, sponsor_code: D1 → D2",
        "Partner K1, email: zihan@example.com → none",
        "Partners: 1 new, 1 changed, 0 as they are",
        "New partners: D2",
    ]
    assert partner_named(session, "D1").name == "Yến Lê"
    assert partner_named(session, "K1").sponsor_id == partner_named(session, "D2").id
    assert program_apply.apply(session, file).none


def test_terms_that_the_file_does_not_name_stay_as_they_are(session: Session) -> None:
    rail = 'payout_rail = "manual"\npayout_destination = "GB33 BUKB 2020"\n'
    program_apply.apply(session, roses(('account = ""\n', rail)))
    changes = program_apply.apply(session, roses(('"李子涵"', '"Lý Tử Hàm"')))
    assert changes.lines()[1] == "Partner K1, name: 李子涵 → Lý Tử Hàm"
    assert partner_named(session, "K1").payout_destination == "GB33 BUKB 2020"


def test_the_same_address_spelt_otherwise_is_no_change(session: Session) -> None:
    program_apply.apply(session, roses())
    spelt = roses(
        ('"zihan@example.com"', '"ZiHan+shop@Example.com"'), ('"138 0013 8000"', '"+8613800138000"')
    )
    assert program_apply.apply(session, spelt).none


def test_two_partners_may_swap_their_handles(session: Session) -> None:
    program_apply.apply(session, roses())
    swapped = roses(('"zihan"', '"?"'), ('"yen.le"', '"zihan"'), ('"?"', '"yen.le"'))
    program_apply.apply(session, swapped)
    assert partner_named(session, "D1").handle == "zihan"
    assert program_apply.apply(session, swapped).none


def test_a_new_partner_may_take_a_handle_that_another_gives_up(session: Session) -> None:
    program_apply.apply(session, roses())
    new = '[[partners]]\ncode = "D2"\nname = "Ana"\nhandle = "yen.le"\nkind = "distributor"\n'
    taken = roses(('"yen.le"', '"yen"'), ('account = ""\n', new))
    program_apply.apply(session, taken)
    assert partner_named(session, "D2").handle == "yen.le"


# What is only shown.


def test_what_would_change_is_shown_and_not_done(session: Session) -> None:
    shown = program_apply.plan_changes(session, roses())
    with pytest.raises(ProgramUnknown):
        programs.find(session, "roses")
    assert shown == program_apply.apply(session, roses())
    assert program_apply.plan_changes(session, roses()).none


def test_what_would_change_of_an_existing_program_is_not_done(session: Session) -> None:
    program_apply.apply(session, roses())
    later = roses(("2024-06-01", "2024-07-01"), ('"Roses"', '"Lilies"'), *NEW_SPONSOR)
    assert program_apply.plan_changes(session, later).added == ("D7",)
    assert programs.find(session, "roses").name == "Roses"
    assert session.scalar(select(func.count(PlanVersion.id))) == 1
    assert partner_named(session, "K1").sponsor_id == partner_named(session, "D1").id


REFUSED: list[tuple[list[tuple[str, str]], type[HoahongError], str]] = [
    ([('"12.5%"', '"13%"')], PlanConflict, "a published version is never edited"),
    ([("2024-06-01", "2024-05-01")], PlanConflict, "give changed rules a later effective_from"),
    ([("Europe/Madrid", "Europe/Paris")], Conflict, "a program's time zone never changes"),
    ([('"K1"', '"K2"')], PartnerInvalid, "Partners K1 and K2 share handle zihan: change one"),
    ([('sponsor_code = "D1"', 'sponsor_code = "D9"')], PartnerInvalid, "whom nobody knows"),
    (
        [
            ('code = "K1"', 'code = "D2"'),
            ('"zihan"', '"ana"'),
            ('kind = "koc"\nsponsor_code = "D1"', 'kind = "distributor"'),
            ('"yen.le"', '"yen.le"\nsponsor_code = "D2"'),
        ],
        PartnerInvalid,
        "Partner K1 would be a third level: sponsor D1 has a sponsor",
    ),
]


@pytest.mark.parametrize(("changes", "error", "text"), REFUSED)
def test_what_the_books_contradict_is_refused_when_shown_and_when_done(
    session: Session, changes: list[tuple[str, str]], error: type[HoahongError], text: str
) -> None:
    program_apply.apply(session, roses())
    for attempt in (program_apply.plan_changes, program_apply.apply):
        with pytest.raises(error, match=text), session.begin_nested():
            attempt(session, roses(*changes))
    assert program_apply.plan_changes(session, roses()).none


# For programs, and for good.


def test_changes_have_a_form_for_programs(session: Session) -> None:
    program_apply.apply(session, roses())
    changed = program_apply.plan_changes(session, roses(('"zihan"', '"zi"')))
    assert json.loads(json.dumps(changed.as_json())) == {
        "program": {"code": "roses", "new": False, "changes": []},
        "plan": {"version": 1, "effective_from": "2024-05-31T22:00:00+00:00", "published": False},
        "partners": {
            "added": [],
            "changed": [
                {"code": "K1", "changes": [{"field": "handle", "old": "zihan", "new": "zi"}]}
            ],
            "unchanged": 1,
        },
    }


def test_what_is_shown_and_done_survives_real_transactions(engine: Engine) -> None:
    def run(*, done: bool) -> Changes:
        with database.transaction(engine) as session:
            return (program_apply.apply if done else program_apply.plan_changes)(session, roses())

    assert run(done=False) == run(done=True)
    assert run(done=False).none
