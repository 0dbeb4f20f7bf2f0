"""Cells of tables in text files, as spreadsheets and scripts save them: any usual encoding, separator and header."""

import csv
import io
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import polars as pl

from opsin.core import DataError

from ..scan import IMAGE_EXTENSIONS
from .encodings import decode_regional

TABLE_EXTENSIONS = (".csv", ".tsv", ".jsonl")
MAX_BYTES = 2**31
FIRST_LINE = 2  # 1-based, below the header
_SEPARATORS = (",", ";", "\t", "|")
_HEAD_BYTES = 2**16
# German writes sharp s (0xdf) behind other letters beyond ASCII, as in "süß"
_HIGH = re.compile(rb"[\x80-\xff]+")
_MOST_RUNS = 0.1
"""Share of letters beyond ASCII that may touch another one in Western text."""


@dataclass(frozen=True)
class Cells:
    """The cells of a table as text.

    Attributes:
        frame: Columns of text.
        notes: Remarks on the encoding.
        decimal: Mark of decimals where both are possible: a comma in a file with semicolons.
    """

    frame: pl.DataFrame
    notes: tuple[str, ...] = ()
    decimal: str = "."


def read_cells(path: Path, bare_columns: tuple[str, ...], rows: int | None = None) -> pl.DataFrame:
    """Reads the cells of a table as `load_cells`, without the remarks."""
    return load_cells(path, bare_columns, rows).frame


def load_cells(path: Path, bare_columns: tuple[str, ...], rows: int | None = None) -> Cells:
    """Reads the cells of a CSV file as text: UTF-8, UTF-16 or Windows-1252; `,`, `;`, tab or `|` between cells.

    Args:
        path: The file.
        bare_columns: Names of the columns of a file without a header, the file of the image first; without any, they
            are column_1, column_2, ...
        rows: Maximum number of rows; None reads all.

    Returns:
        The cells.

    Raises:
        DataError: The file is too large, not a table, without rows, or without a header and of another width.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name} is larger than {MAX_BYTES:,} bytes. Expected a table with a row per image.")
        if path.suffix.lower() == ".jsonl":
            return Cells(_records(path, rows))
        content, notes = _as_utf8(path.read_bytes() if rows is None else _head(path), path.name)
        skipped = re.match(rb"sep=(.)\r?\n", content)  # the first line that Excel reads as its separator
        content = content[skipped.end() :] if skipped else content
        first = content.split(b"\n", 1)[0].decode().strip("\r")
        separator = skipped[1].decode() if skipped else separator_of(first)
        cells = next(csv.reader([first], delimiter=separator), [])
        bare = any(_is_image(cell) for cell in cells)
        frame = pl.read_csv(
            io.BytesIO(content), separator=separator, infer_schema=False, has_header=not bare, n_rows=rows
        )
    except (OSError, UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:150]
        if "more fields" in reason:
            reason = "a row has more cells than the header; quote cells with commas"
        raise DataError(f"{path.name} cannot be read as a table ({reason}). Expected CSV in UTF-8.") from error
    frame = _with_bare_names(frame, cells, bare_columns, path.name) if bare else _with_clean_names(frame)
    if rows is None and frame.is_empty():
        raise DataError(f"{path.name} has no rows. Expected one for each image.")
    return Cells(frame, notes, "," if separator == ";" else ".")


def _records(path: Path, rows: int | None) -> pl.DataFrame:
    """Returns the values of JSON lines as text; lists of text are labels."""
    records: list[dict[str, str | None]] = []
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or (rows is not None and len(records) == rows):
                continue
            try:
                found: Any = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise DataError(f"{path.name}: line {number} is no JSON object. Expected one for each image.")
            record = cast("dict[str, Any]", found)
            nested = [name for name, value in record.items() if isinstance(value, dict)]
            if nested:
                raise DataError(
                    f"{path.name} holds several values in {nested[0]}. Expected text. Fix: save boxes as COCO."
                )
            records.append({name: None if value is None else str(value) for name, value in record.items()})
    if rows is None and not records:
        raise DataError(f"{path.name} has no rows. Expected one for each image.")
    return pl.DataFrame(records, schema=dict.fromkeys((name for one in records for name in one), pl.Utf8))


def separator_of(line: str) -> str:
    """Returns the separator that gives the most cells of a line; separators within quotes do not count."""
    return max(_SEPARATORS, key=lambda one: len(next(csv.reader([line], delimiter=one), [])))


def _is_image(cell: str) -> bool:
    return os.path.splitext(cell.strip('" '))[1].lower() in IMAGE_EXTENSIONS


def _with_bare_names(frame: pl.DataFrame, first: list[str], names: tuple[str, ...], where: str) -> pl.DataFrame:
    """Names the columns of a file without a header; the image may be in the last of two columns."""
    names = names or tuple(f"column_{place + 1}" for place in range(frame.width))
    if frame.width != len(names):
        raise DataError(f"{where} has no header and {frame.width} columns. Fix: add the first line {','.join(names)}.")
    if len(names) == 2 and not _is_image(first[0]):
        names = names[::-1]
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def _with_clean_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Removes blanks around the names of columns, as in "filename, cat, dog"."""
    clean = [name.strip().strip("\ufeff") for name in frame.columns]
    return frame.rename(dict(zip(frame.columns, clean, strict=True))) if len(set(clean)) == len(clean) else frame


def _head(path: Path) -> bytes:
    """Returns the first lines of a file, the last of them whole."""
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
        return head + file.readline(_HEAD_BYTES) if len(head) == _HEAD_BYTES else head


def _as_utf8(content: bytes, where: str) -> tuple[bytes, tuple[str, ...]]:
    """Returns the text in UTF-8 without a byte order mark, and a note where the encoding is a guess."""
    if content[:3] == b"\xef\xbb\xbf":
        content = content[3:]
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content[:2] == mark:
            whole = content[: len(content) // 2 * 2]
            return whole.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").encode(), ()
    content = content if b"\n" in content or b"\r" not in content else content.replace(b"\r", b"\n")
    try:
        content.decode()
        return content, ()
    except UnicodeDecodeError:
        if b"\0" in content:
            raise
    regional = decode_regional(content)
    if regional is not None:
        return regional[0].encode(), (f"{where} is not in UTF-8 and was read as {regional[1]}",)
    runs = [len(run) for run in _HIGH.findall(content.replace(b"\xdf", b"s"))]
    if sum(length > 1 for length in runs) > _MOST_RUNS * len(runs):
        raise DataError(
            f"{where} is not in UTF-8, and its encoding is unknown. Expected CSV in UTF-8. "
            'Fix: save it from the spreadsheet as "CSV UTF-8".'
        )
    text = content.decode("cp1252", "replace")
    return text.encode(), (f"{where} is not in UTF-8 and was read as Windows-1252 (Western European)",)
