"""A table file that is made piece by piece: killed at any moment, it goes on where it was and ends the same.

Finished pieces stand in the folder `<output>.parts`, each whole or not there and named by what it was made from; when
all are there they become the output in one step. A small hidden file beside the output says what made it.
"""

import io
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import polars as pl

from opsin.core import OpsinError, replacing, write_bytes, write_text

SUFFIXES = (".csv", ".jsonl", ".parquet")
_OURS = re.compile(r"\.?(\d+-[0-9a-f]+|made-by|joined|empty)(\.\d+\.part)?")


@dataclass(frozen=True)
class PieceFile:
    """The `output` (.csv, .jsonl or .parquet) that `maker` makes of pieces with these hexadecimal `keys`, in order."""

    output: Path
    maker: str
    keys: Sequence[str]

    def start(self) -> bool:
        """Takes up earlier work; True when the output is there already, made by the same from the same.

        Raises OpsinError when the ending is unknown, or what is there was made by another model or not by Opsin.
        """
        if self._suffix not in SUFFIXES:
            raise OpsinError(f"cannot write {self.output.name!r}: expected a name that ends in {', '.join(SUFFIXES)}")
        if self.output.is_dir():
            raise OpsinError(f"cannot write {self.output}: it is a folder; name a file in it")
        unfinished, made = _read(self._parts / "made-by"), _read(self._mark)
        there = self.output.exists() and self.output.stat().st_size > 0
        mend = "delete it or name another output"
        if unfinished and unfinished != {"maker": self.maker}:
            raise OpsinError(f"{self._parts} holds unfinished predictions of another model; {mend}")
        if there and not unfinished and not made:
            raise OpsinError(f"{self.output} is there already and holds no finished predictions; {mend}")
        if there and not unfinished and made.get("maker") != self.maker:
            raise OpsinError(f"{self.output} was made by another model; {mend}")
        if there and made == self._made():
            self._clear()
            return True
        write_text(self._parts / "made-by", json.dumps({"maker": self.maker}))
        return False

    def missing(self) -> list[int]:
        """The pieces that have still to be made."""
        return [number for number in range(len(self.keys)) if not self._piece(number).exists()]

    def write(self, number: int, rows: pl.DataFrame) -> None:
        """Keeps a piece, in the output's own format."""
        write_bytes(self._piece(number), self._encoded(rows))

    def finish(self, empty: pl.DataFrame) -> None:
        """Makes the output of all pieces, then removes them; `empty` has the columns and no rows."""
        joined, first = self._parts / "joined", self._parts / "empty"
        head = empty.write_csv().encode() if self._suffix == ".csv" else self._encoded(empty)
        write_bytes(first, head)
        pieces = [first, *(self._piece(number) for number in range(len(self.keys)))]
        with replacing(joined) as temporary:
            if self._suffix == ".parquet":
                _join_parquet(pieces, temporary)
            else:
                with open(temporary, "wb") as file:
                    for piece in pieces:
                        with open(piece, "rb") as content:
                            shutil.copyfileobj(content, file)
        try:
            os.replace(joined, self.output)
        except OSError as error:
            raise OpsinError(f"could not write {self.output}: {error.strerror}; choose another name") from error
        write_text(self._mark, json.dumps(self._made()))
        self._clear()

    @property
    def _suffix(self) -> str:
        return self.output.suffix.lower()

    @property
    def _parts(self) -> Path:
        return self.output.with_name(f"{self.output.name}.parts")

    @property
    def _mark(self) -> Path:
        return self.output.with_name(f".{self.output.name}.opsin")

    def _piece(self, number: int) -> Path:
        return self._parts / f"{number}-{self.keys[number]}"

    def _made(self) -> dict[str, object]:
        return {"maker": self.maker, "pieces": list(self.keys)}

    def _encoded(self, rows: pl.DataFrame) -> bytes:
        buffer = io.BytesIO()
        if self._suffix == ".csv":
            rows.write_csv(buffer, include_header=False)
        elif self._suffix == ".jsonl":
            rows.write_ndjson(buffer)
        else:
            rows.write_parquet(buffer)
        return buffer.getvalue()

    def _clear(self) -> None:
        """Removes what was put into the folder of pieces, and the folder when nothing else is in it."""
        if not self._parts.is_dir():
            return
        for file in self._parts.iterdir():
            if _OURS.fullmatch(file.name):
                file.unlink(missing_ok=True)
        if not any(self._parts.iterdir()):
            self._parts.rmdir()


def _join_parquet(pieces: list[Path], output: Path) -> None:
    try:
        pl.scan_parquet(pieces).sink_parquet(output)
    except pl.exceptions.PolarsError as error:
        raise OSError(0, " ".join(str(error).split())[:200]) from error


def _read(path: Path) -> dict[str, object]:
    """A small JSON object; empty when it is not there or not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
