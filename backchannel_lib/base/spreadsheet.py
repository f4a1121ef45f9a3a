"""Read tables that spreadsheets saved, and write CSV that every spreadsheet opens safely.

Input is what Excel, LibreOffice, Numbers and Google Sheets save or copy: CSV in any common encoding, with commas, semicolons or
tabs, and .xlsx. `backchannel_lib.model.case_table` decides what the cells mean.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import SheetError, SheetProblem
from backchannel_lib.base.texts import text

BOM: Final = "\ufeff"  # without it Excel assumes the country's own encoding instead of UTF-8
#: Most characters per row, on average and including blank rows, that a person would have typed.
ROW_CHARACTERS: Final = 2_000
#: How many rows above the header, such as a title, can be skipped.
MOST_TITLES: Final = 5
MOST_UNZIPPED: Final = 20_000_000  # bytes in an .xlsx, in addition to its rows; a small file can expand to gigabytes
XLSX: Final = b"PK\x03\x04"
XLS: Final = b"\xd0\xcf\x11\xe0"  # the file format of Excel up to 2003


class Sheet(NamedTuple):
    """A table's cells: a header, and the non-blank rows below it.

    Args:
        header: The table's own column names, without empty columns at the end.
        rows: For each row, its number in the spreadsheet (the first row is 1) and as many cells as the header has.
        header_row: Row number of the header.
        notes: How the table was read, as sentences for the reader.
        ragged: The rows with more or fewer cells than the header, if `read_sheet` kept going.
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
    r"""Read a table from a file's content.

    Args:
        source: The bytes of a CSV or .xlsx file, or text pasted from a spreadsheet.
        name: The table's name in error messages.
        known: Returns whether a cell names a known column; used to find the separator, the sheet, and a header below titles.
        most_rows: Largest number of rows allowed; a file that is far too long is rejected before it is read.
        keep_going: Leave out rows that don't fit the header, instead of rejecting the table.

    Returns:
        The table; a blank file has no header and no rows.

    Raises:
        SheetError: The content isn't a table or is too long, or a row doesn't fit the header.

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
    r"""Return the first rows of a file as cells, enough to include its header.

    Raises:
        SheetError: The content isn't a table.

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
    """Find the header and the rows that fit it."""
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
    """Remove spaces of all kinds and invisible characters around a cell's text.

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
    """Yield each row with its number, including blank rows."""
    lines = content.count("\n") + content.count("\r")
    if lines > 2 * (most_rows + 10_000):  # a line can end in two characters, and blank lines are common
        raise SheetError(name, [SheetProblem("sheet_too_many_rows", lines // 2, details={"most": most_rows})])
    marked = re.match(r"sep=(.)\r?\n", content, re.IGNORECASE)  # a line for Excel, which doesn't show it as a row
    separator = marked[1] if marked else find_separator(content, known)
    content = content[marked.end() :] if marked else content
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True, skipinitialspace=False)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [unguarded(cell) for cell in cells]
    except csv.Error:
        first = content.lstrip().partition("\n")[0]
        raise SheetError(name, [SheetProblem("not_csv", first, (number + 1,))]) from None


def find_separator(content: str, known: Callable[[str], bool] = bool) -> str:
    r"""Return the separator that gives the first rows the most known names or, if there is a tie, the most cells.

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

    # The order breaks ties: the least likely to occur inside a cell comes first.
    return max(("\t", ";", ","), key=fit)


# ---- decoding ----


def decode(content: bytes, notes: list[str] | None = None) -> str:
    r"""Decode bytes as UTF-8, UTF-16 or UTF-32, or else in a regional encoding.

    Args:
        content: The file's content.
        notes: A list to which a sentence is added if the encoding is a guess.

    Examples:
        >>> decode("Müller".encode("utf-16")), decode(b"name\nM\xfcller\n"), decode(b"name\nM\x9fller\n")
        ('Müller', 'name\nMüller\n', 'name\nMüller\n')
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").removeprefix(BOM)
    if content[1:2] == b"\0" or content[:1] == b"\0":  # no text contains NUL, and UTF-16 has one for every Latin letter
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = guess_encoding(content)
    decoded = content.decode(encoding, errors="replace")
    if notes is not None:
        name = text(f"sheet.encoding.{encoding}") if encoding in {"cp1252", "mac_roman"} else encoding
        word = next(iter(re.findall(r"\w*[^\W\x00-\x7f]\w*", decoded)), "")
        notes.append(text("sheet.note.encoding", encoding=name, word=word))
    return decoded


_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


#: Other regional encodings that spreadsheets still write.
_OTHERS: Final = ("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "gb18030", "big5", "cp932", "cp949")


def guess_encoding(content: bytes) -> str:
    r"""Guess the encoding of text that isn't UTF-8: Western European (Windows or Mac), or charset-normalizer's guess.

    Examples:
        >>> guess_encoding(b"Zo\xeb Nu\xf1ez"), guess_encoding(b"Zo\x91 Nu\x96ez")
        ('cp1252', 'mac_roman')
    """
    western = {encoding: _oddness(content, encoding) for encoding in ("cp1252", "mac_roman")}
    best = min(western, key=lambda encoding: western[encoding])
    if western[best]:  # both look odd
        try:
            from charset_normalizer import from_bytes
        except ImportError:
            return best
        found = from_bytes(content, cp_isolation=list(_OTHERS)).best()
        if found is not None and _oddness(content, found.encoding) < western[best]:
            return str(found.encoding)
    return best


#: Patterns that correctly decoded names rarely contain.
_ODD: Final = tuple(
    re.compile(pattern)
    for pattern in (
        "[\ufffd\x80-\x9f]",  # undefined bytes
        r"(?<=[^\W\d_])[^\w\s\x00-\x7f’](?=[^\W\d_])",  # a symbol inside a word
        r"(?<=[^\W\d_]{2})’(?=[^\W\d_])(?!(?:s|t|re|ve|ll|d|m)\b|[A-Z])",  # the same for an apostrophe
        r"(?<!\S)[^\w\s\x00-\x7f‘“«»„‚–—•…£€¿¡](?=[^\W\d_])|(?<=[^\W\d_])[‘“„‚«](?!\w)",  # a mark on the wrong side of a word
        r"(?<=[a-zß-öø-ÿ])[A-ZÀ-ÖØ-ÞŠŽŒŸ]|(?<=[^\W\d_])[À-ÖØ-ÞŠŽŒŸ](?=[a-zß-öø-ÿ])",  # a capital among lower-case letters
        r"(?<=[^\W\d_])[§¶¤¢¬±¦¨¯´¸](?!\w)",  # a symbol at the end of a word
        "[šžœŸƒ]",  # rare in Windows-1252 text; in Mac Roman they are ö, û, ú, ü and Ä
        "[À-ÖØ-öø-ɏ]{3,}",  # several accented letters in a row
    )
)


def _oddness(content: bytes, encoding: str) -> int:
    """Count matches of patterns that correctly decoded names rarely contain."""
    decoded = content.decode(encoding, errors="replace")
    return sum(len(pattern.findall(decoded)) for pattern in _ODD)


def _word_with(sign: str, content: str) -> str:
    return next((word for word in re.split(r"[\s,;]+", content) if sign in word), sign)


# ---- .xlsx ----


def _records_of_xlsx(
    content: bytes, name: str, known: Callable[[str], bool], most_rows: int, notes: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the sheet with the most known names."""
    import zipfile  # takes longer to import than all of our own modules that a case needs

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
            warnings.simplefilter("ignore")  # openpyxl warns about parts of a workbook that we don't read
            values, formulas = (
                openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=cached) for cached in (True, False)
            )
            tables = {sheet.title: _cells_of(sheet, formulas[sheet.title], most_rows) for sheet in values.worksheets}
    except SheetError:
        raise
    except Exception:  # noqa: BLE001 (a damaged file can raise anything in openpyxl)
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
    """Return the non-blank rows of one sheet; a formula without a stored value appears as written."""
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
    isoformat = getattr(value, "isoformat", None)  # a date or a time
    return str(isoformat()) if isoformat else unguarded(str(value))


# ---- writing ----

#: Where a formula can start: at the beginning of a cell, or after a character that some spreadsheets read as a separator.
_STARTS: Final = r"(?:^|(?<=[;\t\r\n]))"
_FORMULA: Final = r"(?='*[=+\-@\t\r\n＝＋－＠])"
_GUARD: Final = re.compile(_STARTS + _FORMULA)
_GUARDED: Final = re.compile(_STARTS + "'" + _FORMULA)
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def guarded(cell: str) -> str:
    """Put an apostrophe, which means "text" to spreadsheets, in front of anything that they would read as a formula.

    Examples:
        >>> guarded("=1+1"), guarded("Osei"), guarded("-5")
        ("'=1+1", 'Osei', '-5')
    """
    return cell if _PLAIN_NUMBER.fullmatch(cell) else _GUARD.sub("'", cell)


def unguarded(cell: str) -> str:
    """Reverse `guarded`.

    Examples:
        >>> unguarded("'=1+1"), unguarded("O'Neill")
        ('=1+1', "O'Neill")
    """
    return _GUARDED.sub("", cell) if "'" in cell else cell


def to_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    r"""Return a table as CSV that Excel and every other spreadsheet opens correctly, and that `read_sheet` can read.

    Flags become yes or no, several values are joined by ``|``, and None becomes a blank cell. The text starts with a BOM so
    that Excel recognizes UTF-8, and no cell in it can run as a formula.

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
