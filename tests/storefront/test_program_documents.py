"""Files that can't be read, tables of partners, and whatever else people may hand in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.intake import program_file
from storefront.intake.documents import DocumentInvalid, Place, Row, attempt
from storefront.intake.partner_file import COLUMNS
from storefront.intake.program_file import ProgramFile

SOUND = (Path(__file__).parents[1] / "data" / "roses.toml").read_text(encoding="utf-8")
HEADER = "code,name,handle,kind,sponsor_code,country\n"
ROW = "P3,Olivia,olivia,koc,D1,GB\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a sound program file."""
    (tmp_path / "program.toml").write_text(SOUND, encoding="utf-8")
    return tmp_path


def read(folder: Path, table: bytes | None = None) -> ProgramFile:
    """Read the program file of a folder, with a table of partners written beside it."""
    if table is None:
        return program_file.read(folder / "program.toml")
    (folder / "partners.csv").write_bytes(table)
    return program_file.read(folder / "program.toml", partners=folder / "partners.csv")


def faults_of(folder: Path, table: bytes | None = None) -> list[str]:
    with pytest.raises(DocumentInvalid) as refused:
        read(folder, table)
    return [*refused.value.faults]


# Files.


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[program", "it is no TOML, correct it: "),
        (b"a = 1\na = 2\n", "it is no TOML, correct it: "),
        (b"a = " + b"[" * 50_000, "it is nested too deeply: no program needs that"),
        (b"a = " + b"9" * 5_000, "it is no TOML, correct it: Exceeds the limit"),
        (b"a = 1\nb = '\xe9'\n", "line 2 isn't UTF-8: save it as UTF-8 text"),
        ("[program]".encode("utf-16"), "line 1 isn't UTF-8: save it as UTF-8 text"),
        (b"\x7fELF\0\0", "it is no text: save it as UTF-8 text"),
        (b"#" * 1_000_001, "it has more than 1000000 bytes: is it the right file?"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(folder: Path, content: bytes, fault: str) -> None:
    (folder / "program.toml").write_bytes(content)
    (found,) = faults_of(folder)
    assert found.startswith(f"program.toml: {fault}")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("none.toml", "none.toml: there is no such file: check its path"),
        (".", "it is a folder: name a file in it"),
        ("program.toml/deeper", "deeper: it can't be opened (Not a directory): check its path and"),
        (
            "a\0b",
            r"a\u0000b: it can't be opened (no such path): check its path and who may read it",
        ),
        ("n" * 300, "it can't be opened (File name too long): check its path and who may read it"),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused(folder: Path, name: str, fault: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        program_file.read(folder / name)
    assert fault in str(refused.value)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="only some systems have a file so long")
def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(DocumentInvalid, match="zero: it has more than 1000000 bytes"):
        program_file.read(Path("/dev/zero"))


def test_a_mark_at_the_beginning_and_other_line_ends_are_no_fault(folder: Path) -> None:
    plain = read(folder)
    (folder / "program.toml").write_bytes(SOUND.replace("\n", "\r\n").encode("utf-8-sig"))
    assert read(folder) == plain


def test_faults_of_both_files_are_told_together(folder: Path) -> None:
    (folder / "program.toml").write_text(SOUND.replace("GBP", "").replace('"2%"', '"2"', 1))
    assert faults_of(folder, b"code\n") == [
        "partners.csv: column name is missing: add it",
        "partners.csv: column handle is missing: add it",
        "partners.csv: column kind is missing: add it",
        'program.toml: plan.override: "2" is no percentage: write it like "2%"',
    ]
    (folder / "program.toml").write_text("?")
    (unread, bad_row) = faults_of(folder, (HEADER + ROW.replace("koc", "cok")).encode())
    assert unread.startswith("program.toml: it is no TOML")
    assert bad_row.startswith("partners.csv row 2, kind: ")


# Tables of partners.


def test_partners_of_the_table_come_after_those_of_the_program_file(folder: Path) -> None:
    table = f"{HEADER}{ROW}\n,,,,,\nP4,Long,long,koc,,\n".encode("utf-8-sig")
    file = read(folder, table)
    assert [one.terms.code for one in file.partners] == ["D1", "K1", "P3", "P4"]
    assert (file.partners[2].terms.sponsor_code, file.partners[3].terms.sponsor_code) == (
        "D1",
        None,
    )


def test_a_column_that_is_not_there_is_not_given_and_an_empty_cell_is(folder: Path) -> None:
    file = read(folder, b'code,name,handle,kind,country\r\nP3,"Roses, red",olivia,koc,\r\n')
    olivia = file.partners[-1]
    assert olivia.terms.name == "Roses, red"
    assert olivia.given == {"code", "name", "handle", "kind", "country"}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("", "partners.csv: column code is missing: add it"),
        (
            "code,name,handle,kind,mail\n",
            'partners.csv: nobody knows column "mail": choose from code, name, handle, kind,',
        ),
        ("code,name,handle,kind,code\n", "partners.csv: column code is there twice: keep one"),
        (f"{HEADER}P3,Olivia\n", "partners.csv row 2: it hasn't as many cells as the header: put"),
        (f"{HEADER}\n{ROW.strip()},more\n", "partners.csv row 3: it hasn't as many cells as the"),
        (f'{HEADER}P3,"Olivia,olivia,koc,,\n', "partners.csv: it is no CSV, correct it: unexpect"),
        (f"{HEADER}P3,{'x' * 140_000},o,koc,,\n", "partners.csv: it is no CSV, correct it: field"),
        (f"{HEADER}P3,,olivia,koc,,\n", "partners.csv row 2, name: it is empty: fill it in"),
        (
            f"{HEADER}P3,Olivia,olivia,cok,,\n",
            'partners.csv row 2, kind: "cok" won\'t do: choose koc, distributor or kol',
        ),
        (
            f"{HEADER}P3, Olivia,olivia,koc,,\n",
            'partners.csv row 2, name: " Olivia" begins or ends with a space: take it away',
        ),
        (
            f"{HEADER}{ROW}{ROW.replace('olivia', 'liv')}",
            'partners.csv row 3, code: "P3" is also in partners.csv row 2: change one',
        ),
        (
            HEADER + ROW.replace("P3", "K1"),
            'partners.csv row 2, code: "K1" is also in program.toml: partners[2]: change one',
        ),
        (
            HEADER + ROW.replace("olivia", "zihan"),
            'partners.csv row 2, handle: "zihan" is also in program.toml: partners[2]: change one',
        ),
        (
            HEADER + ROW.replace("D1", "K1"),
            (
                "partners.csv row 2, sponsor_code: Partner P3 names sponsor K1, who is no"
                " distributor: name one, or none"
            ),
        ),
        (
            f"{HEADER}D2,Ana,ana,distributor,D1,\n{ROW.replace('D1', 'D2')}",
            "partners.csv row 3, sponsor_code: Partner P3 would be a third level: sponsor D2 has",
        ),
    ],
)
def test_a_fault_in_the_table_is_told_with_its_row(folder: Path, table: str, fault: str) -> None:
    assert faults_of(folder, table.encode())[0].startswith(fault)


def test_each_row_tells_all_its_faults(folder: Path) -> None:
    found = faults_of(folder, f"{HEADER}P3,,a b,cok,,gb\nP4,Long,long,,,\n".encode())
    assert [fault.split(": ")[0] for fault in found] == [
        "partners.csv row 2, name",
        "partners.csv row 2, handle",
        "partners.csv row 2, kind",
        "partners.csv row 2, country",
        "partners.csv row 3, kind",
    ]


def test_a_sponsor_who_is_not_in_the_files_may_be_in_the_books(folder: Path) -> None:
    file = read(folder, (HEADER + ROW.replace("D1", "D9")).encode())
    assert file.partners[-1].terms.sponsor_code == "D9"


# Anything at all: taken, or refused by name.

SCALARS = (
    st.text()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(["1%", "12.50", "EUR", "VND", "UTC", "koc", "[a", "*", "", "1e5", "٣%", "²"])
)
KEYS = st.text(max_size=5) | st.sampled_from(["program", "plan", "partners", "rules", "_schema"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def take_or_refuse(document: dict[str, Any]) -> None:
    """Read a document; what it is refused for can be shown on one line each."""
    refused: list[str] = []
    attempt(lambda: program_file.check(document, place=Place("program.toml")), refused)
    assert all(fault.isprintable() for fault in refused)


@given(st.dictionaries(KEYS, VALUES))
def test_any_document_is_taken_or_refused_by_name(document: dict[str, Any]) -> None:
    take_or_refuse(document)


def places(part: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  # reason: a table or a list
    """Yield each place in a document: what it is in, and its key or index there."""
    for key in range(len(part)) if isinstance(part, list) else [*part]:
        yield part, key
        if isinstance(part[key], dict | list):
            yield from places(part[key])


@given(st.data(), VALUES, KEYS)
def test_a_sound_document_with_anything_in_it_is_taken_or_refused(
    data: st.DataObject, value: object, key: str
) -> None:
    document = tomllib.loads(SOUND)
    part, place = data.draw(st.sampled_from([*places(document)]))
    if data.draw(st.booleans()) and isinstance(part, dict):
        part[key] = value
    else:
        part[place] = value
    take_or_refuse(document)


@given(
    program=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")),
    table=st.binary(max_size=200)
    | st.text(alphabet='ab,"\n\r\0\ufeff\u0301D1koc\u2028', max_size=60).map(
        lambda text: (HEADER + text).encode("utf-8")
    ),
)
def test_any_bytes_are_taken_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, program: bytes, table: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "program.toml").write_bytes(program)
    with pytest.raises(DocumentInvalid):
        read(folder, table)
    (folder / "program.toml").write_text(SOUND, encoding="utf-8")
    with suppress(DocumentInvalid):
        read(folder, table)


@given(st.lists(st.lists(st.text(max_size=8), min_size=11, max_size=11), max_size=3))
def test_any_cells_are_taken_or_refused_by_name(rows: list[list[str]]) -> None:
    listed = [
        Row(Place(f"partners.csv row {n}", ", "), dict(zip(COLUMNS, row, strict=True)))
        for n, row in enumerate(rows, 2)
    ]
    with suppress(DocumentInvalid):
        program_file.check(tomllib.loads(SOUND), place=Place("program.toml"), rows=listed)
