"""Tables from and for spreadsheets: a file into rows of cells, and rows into CSV that every spreadsheet opens safely.

Reading takes what Excel, LibreOffice, Numbers and Google Sheets save or copy: CSV in any usual encoding, with commas,
semicolons or tabs, and .xlsx. What the cells mean is the business of `backchannel_lib.model.case_table`.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import SheetError, SheetProblem
from backchannel_lib.base.texts import text

BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the encoding of the country
#: Characters to a row beyond which a file is no table that somebody typed; blank rows count too.
ROW_CHARACTERS: Final = 2_000
#: How many rows above the header, such as a title, are passed over.
MOST_TITLES: Final = 5
MOST_UNZIPPED: Final = 20_000_000  # bytes of an .xlsx beside its rows; a small one can unfold into gigabytes
XLSX: Final = b"PK\x03\x04"
XLS: Final = b"\xd0\xcf\x11\xe0"  # the format of Excel up to 2003


class Sheet(NamedTuple):
    """A table as its cells: a header, and the rows below it that are not blank.

    Args:
        header: The names of the columns as they stand there; trailing columns without any cell are left out.
        rows: For each row its number in the spreadsheet (the first row is 1) and as many cells as the header has.
        header_row: The number of the header's row.
        notes: What a reader should know about how it was read, one sentence each.
        ragged: The rows with more or fewer cells than the header, where these were to be left out.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    header_row: int = 1
    notes: tuple[str, ...] = ()
    ragged: tuple[SheetProblem, ...] = ()


def read_sheet(
    source: str | bytes,
    *,
    name: str = "",
    known: Callable[[str], bool] = bool,
    most_rows: int = 100_000,
    keep_going: bool = False,
) -> Sheet:
    r"""Read a table from the content of a file.

    Args:
        source: The bytes of a CSV or .xlsx file, or text as a spreadsheet copies it.
        name: The table's name in error messages.
        known: Tells whether a cell is the name of a known column; finds the separator, the sheet, and a header below titles.
        most_rows: More rows are refused; a file far too long for them is refused before it is read.
        keep_going: Whether to leave out a row that does not fit the header, in place of refusing the table.

    Returns:
        The table; a blank file has no header and no rows.

    Raises:
        SheetError: The file is no table, or too long, or a row does not fit the header.

    Examples:
        >>> read_sheet("\ufeffName;Score\n\nAvery;251\n").rows
        ((3, ('Avery', '251')),)
    """
    notes: list[str] = []
    if isinstance(source, bytes) and source.startswith((XLSX, XLS)):
        if source.startswith(XLS):
            raise SheetError(name, [SheetProblem("sheet_old_excel", None)])
        records = _records_of_xlsx(source, name, known, most_rows, notes)
    else:
        _refuse_too_long(len(source), name, most_rows)
        content = decode(source, notes) if isinstance(source, bytes) else source.removeprefix(BOM)
        if "\ufffd" in content:
            notes.append(text("sheet.note.lost", word=_word_with("\ufffd", content)))
        records = _records_of_csv(content, name, known, most_rows)
    sheet = _sheet(records, name, known, most_rows, notes)
    if sheet.ragged and not keep_going:
        raise SheetError(name, sheet.ragged)
    return sheet


def read_head(source: str | bytes, known: Callable[[str], bool] = bool) -> list[list[str]]:
    r"""Return the first few rows of a file as cells, wherever its header may stand among them.

    Raises:
        SheetError: The file is no table.

    Examples:
        >>> read_head("Class of 2027\n\nName;Score\n", str.istitle)
        [['Class of 2027'], ['Name', 'Score']]
    """
    if isinstance(source, bytes) and source.startswith(XLSX):
        records = _records_of_xlsx(source, "", known, 100, [])
    else:
        start = source[:20_000]
        content = decode(start) if isinstance(start, bytes) else start.removeprefix(BOM)
        records = ((0, row) for row in csv.reader(content.splitlines(), delimiter=find_separator(content, known)))
    filled = (cells for _, cells in records if any(map(squeeze, cells)))
    try:
        return list(itertools.islice(filled, MOST_TITLES + 1))
    except csv.Error:
        return []


def _refuse_too_long(length: int, name: str, most_rows: int) -> None:
    if length > (most_rows + 100) * ROW_CHARACTERS:
        raise SheetError(
            name, [SheetProblem("sheet_too_long", length, details={"most": f"{most_rows:,}", "size": f"{length:,}"})]
        )


def _sheet(
    records: Iterable[tuple[int, list[str]]], name: str, known: Callable[[str], bool], most_rows: int, notes: list[str]
) -> Sheet:
    """Find the header, and the rows that fit it."""
    filled = [(number, cells) for number, cells in records if any(map(squeeze, cells))]
    if not filled:
        return Sheet((), (), 1, tuple(notes))
    found = [sum(known(cell) for cell in cells) for _, cells in filled[: MOST_TITLES + 1]]
    at = found.index(max(found))
    if at:
        notes.append(text("sheet.note.titles", row=filled[at][0]))
    (top, cells), rows = filled[at], filled[at + 1 :]
    if len(rows) > most_rows:
        raise SheetError(name, [SheetProblem("sheet_too_many_rows", len(rows), details={"most": most_rows})])
    header = [" ".join(squeeze(cell).split()) for cell in cells]
    while header and not header[-1] and not any(len(row) >= len(header) and squeeze(row[len(header) - 1]) for _, row in rows):
        header.pop()
    count, fitted, ragged = len(header), [], []
    for number, row in rows:
        if len(row) < count or any(map(squeeze, row[count:])):
            ragged.append(SheetProblem("cell_count", len(row), (number,), details={"count": count}))
        else:
            fitted.append((number, tuple(row[:count])))
    return Sheet(tuple(header), tuple(fitted), top, tuple(notes), tuple(ragged))


def squeeze(cell: str) -> str:
    """Return a cell without the blanks around it, ordinary and not, and without marks that nobody sees.

    Examples:
        >>> squeeze(" \u00a0Range\u200b Low ")
        'Range Low'
    """
    return cell.translate(_UNSEEN).strip()


_UNSEEN: Final = {
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " "),
}

# ---- CSV ----


def _records_of_csv(content: str, name: str, known: Callable[[str], bool], most_rows: int) -> Iterator[tuple[int, list[str]]]:
    """Give each row and its number; blank rows count."""
    lines = content.count("\n") + content.count("\r")
    if lines > 2 * (most_rows + 10_000):  # a line may end in both signs, and blank lines are nothing unusual
        raise SheetError(name, [SheetProblem("sheet_too_many_rows", lines // 2, details={"most": most_rows})])
    told = re.match(r"sep=(.)\r?\n", content, re.IGNORECASE)  # a line for Excel, which shows no row for it
    separator = told[1] if told else find_separator(content, known)
    content = content[told.end() :] if told else content
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True, skipinitialspace=False)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first = content.lstrip().partition("\n")[0]
            raise SheetError(name, [SheetProblem("not_csv", first, (number,))]) from None
        yield number, [unguarded(cell) for cell in cells]


def find_separator(content: str, known: Callable[[str], bool] = bool) -> str:
    r"""Return the sign between the cells: the one with which the first rows have most known names, or else most cells.

    Examples:
        >>> find_separator("Smith, Jane;Score\n")
        ';'
    """
    head = [line for line in content[:20_000].splitlines() if line.strip()][: MOST_TITLES + 1]

    def fit(separator: str) -> tuple[int, int]:
        try:
            rows = list(csv.reader(head, delimiter=separator))
        except csv.Error:
            return 0, 0
        named = max((sum(known(cell) for cell in row) for row in rows), default=0)
        return named if known is not bool else 0, len(rows[0]) if rows else 0

    # Of two that are equal the one comes first which is least likely to stand inside a cell.
    return max(("\t", ";", ","), key=fit)


# ---- text out of bytes ----


def decode(content: bytes, notes: list[str] | None = None) -> str:
    r"""Return the text in some bytes: UTF-8, UTF-16 or UTF-32, or else an encoding of one part of the world.

    Args:
        content: The bytes.
        notes: Where to add a sentence if the encoding had to be guessed.

    Examples:
        >>> decode("Müller".encode("utf-16")), decode(b"name\nM\xfcller\n"), decode(b"name\nM\x9fller\n")
        ('Müller', 'name\nMüller\n', 'name\nMüller\n')
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").removeprefix(BOM)
    if content[1:2] == b"\0" or content[:1] == b"\0":  # no text has this sign, and UTF-16 has it at every Latin letter
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = guess_encoding(content)
    decoded = content.decode(encoding, errors="replace")
    if notes is not None:
        told = text(f"sheet.encoding.{encoding}") if encoding in {"cp1252", "mac_roman"} else encoding
        word = next(iter(re.findall(r"\w*[^\W\x00-\x7f]\w*", decoded)), "")
        notes.append(text("sheet.note.encoding", encoding=told, word=word))
    return decoded


_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


#: Encodings of the other parts of the world that spreadsheets still write.
_OTHERS: Final = ("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "gb18030", "big5", "cp932", "cp949")


def guess_encoding(content: bytes) -> str:
    r"""Guess the encoding of text that is not in UTF-8: Western Europe's on Windows or the Mac, or charset-normalizer's guess.

    Examples:
        >>> guess_encoding(b"Zo\xeb Nu\xf1ez"), guess_encoding(b"Zo\x91 Nu\x96ez")
        ('cp1252', 'mac_roman')
    """
    western = {encoding: _oddness(content, encoding) for encoding in ("cp1252", "mac_roman")}
    best = min(western, key=lambda encoding: western[encoding])
    if western[best]:  # something looks odd in both
        try:
            from charset_normalizer import from_bytes
        except ImportError:
            return best
        found = from_bytes(content, cp_isolation=list(_OTHERS)).best()
        if found is not None and _oddness(content, found.encoding) < western[best]:
            return str(found.encoding)
    return best


#: What names in a right decoding hardly have, as patterns.
_ODD: Final = tuple(
    re.compile(pattern)
    for pattern in (
        "[\ufffd\x80-\x9f]",  # bytes that mean nothing
        r"(?<=[^\W\d_])[^\w\s\x00-\x7f’](?=[^\W\d_])",  # a mark inside a word
        r"(?<=[^\W\d_]{2})’(?=[^\W\d_])(?!(?:s|t|re|ve|ll|d|m)\b|[A-Z])",  # the same, but for an apostrophe
        r"(?<!\S)[^\w\s\x00-\x7f‘“«»„‚–—•…£€¿¡](?=[^\W\d_])|(?<=[^\W\d_])[‘“„‚«](?!\w)",  # a mark on the wrong side of a word
        r"(?<=[a-zß-öø-ÿ])[A-ZÀ-ÖØ-ÞŠŽŒŸ]|(?<=[^\W\d_])[À-ÖØ-ÞŠŽŒŸ](?=[a-zß-öø-ÿ])",  # a capital amid small letters
        r"(?<=[^\W\d_])[§¶¤¢¬±¦¨¯´¸](?!\w)",  # a sign at the end of a word
        "[šžœŸƒ]",  # in Windows-1252, and rare where it is used; in Mac Roman they are ö, û, ú, ü and Ä
        "[À-ÖØ-öø-ɏ]{3,}",  # accents on letter after letter
    )
)


def _oddness(content: bytes, encoding: str) -> int:
    """Count what names in a right decoding hardly have."""
    decoded = content.decode(encoding, errors="replace")
    return sum(len(pattern.findall(decoded)) for pattern in _ODD)


def _word_with(sign: str, content: str) -> str:
    return next((word for word in re.split(r"[\s,;]+", content) if sign in word), sign)


# ---- .xlsx ----


def _records_of_xlsx(
    content: bytes, name: str, known: Callable[[str], bool], most_rows: int, notes: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of the sheet that has most known names."""
    try:
        import openpyxl
    except ImportError:
        raise SheetError(name, [SheetProblem("sheet_no_openpyxl", None)]) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_too_long(
                sum(part.file_size for part in archive.infolist()), name, most_rows + MOST_UNZIPPED // ROW_CHARACTERS
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what a table has besides its cells
            values, formulas = (
                openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=cached) for cached in (True, False)
            )
            tables = {sheet.title: _cells_of(sheet, formulas[sheet.title], most_rows) for sheet in values.worksheets}
    except SheetError:
        raise
    except Exception:  # noqa: BLE001 (a damaged file breaks openpyxl in any way)
        raise SheetError(name, [SheetProblem("sheet_broken", None)]) from None
    if not tables:
        return iter(())

    def names_in(title: str) -> int:
        return max((sum(map(known, cells)) for _, cells in tables[title][: MOST_TITLES + 1]), default=0)

    best = max(tables, key=names_in)
    if len([title for title, rows in tables.items() if rows]) > 1:
        notes.append(text("sheet.note.sheet", sheet=best))
    return iter(tables[best])


def _cells_of(sheet: Any, formulas: Any, most_rows: int) -> list[tuple[int, list[str]]]:
    """Give the rows of one sheet that are not blank; a formula that was never computed stands as it is written."""
    rows: list[tuple[int, list[str]]] = []
    both = zip(sheet.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False)
    for number, (values, written) in enumerate(both, start=1):
        cells = [_cell_text(formula if value is None else value) for value, formula in zip(values, written, strict=False)]
        if any(map(squeeze, cells)):
            rows.append((number, cells))
        if len(rows) > most_rows + MOST_TITLES + 1:
            break
    width = max((len(cells) for _, cells in rows), default=0)
    return [(number, cells + [""] * (width - len(cells))) for number, cells in rows]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    isoformat = getattr(value, "isoformat", None)  # a date or a time of day
    return str(isoformat()) if isoformat else unguarded(str(value))


# ---- writing ----

#: What makes a spreadsheet take a text for a formula, at the start of a cell or after a sign that some take for the next cell.
_STARTS: Final = r"(?:^|(?<=[;\t\r\n]))"
_FORMULA: Final = r"(?='*[=+\-@\t\r\n＝＋－＠])"
_GUARD: Final = re.compile(_STARTS + _FORMULA)
_GUARDED: Final = re.compile(_STARTS + "'" + _FORMULA)
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def guarded(cell: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe stands before it, which spreadsheets know as "text".

    Examples:
        >>> guarded("=1+1"), guarded("Osei"), guarded("-5")
        ("'=1+1", 'Osei', '-5')
    """
    return cell if _PLAIN_NUMBER.fullmatch(cell) else _GUARD.sub("'", cell)


def unguarded(cell: str) -> str:
    """Return what `guarded` was given.

    Examples:
        >>> unguarded("'=1+1"), unguarded("O'Neill")
        ('=1+1', "O'Neill")
    """
    return _GUARDED.sub("", cell) if "'" in cell else cell


def to_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    r"""Write a table that Excel and every other spreadsheet opens as it is meant, and that `read_sheet` reads back.

    A flag is written as yes or no, several values with ``|`` between them, and None as a blank cell. It begins with the mark
    by which Excel knows UTF-8, and no text in it can run as a formula.

    Examples:
        >>> to_csv(["name", "score"], [["Zoë", 240], ["=HYPERLINK()", None]])
        "\ufeffname,score\r\nZoë,240\r\n'=HYPERLINK(),\r\n"
    """
    out = io.StringIO(newline="")
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow(map(guarded, header))
    writer.writerows(map(_written, rows))
    return out.getvalue()


def _written(row: Iterable[object]) -> list[object]:
    cells: list[object] = []
    for value in row:
        if isinstance(value, bool):
            cells.append("yes" if value else "no")
        elif isinstance(value, (tuple, list)):
            cells.append(guarded("|".join(map(str, value))))
        else:
            cells.append(guarded(value) if isinstance(value, str) else value)
    return cells
