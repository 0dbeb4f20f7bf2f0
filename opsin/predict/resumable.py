"""A file or a folder that is made piece by piece: killed at any moment, it goes on where it was and ends the same.

Finished pieces stand in the folder `<output>.parts`, each whole or not there, named by what it was made from and how
many of its images have no answer; when all are there they become the output in one step. A small hidden file beside
the output says what made it.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from opsin.core import OpsinError, replacing, write_bytes, write_text

_PIECE = re.compile(r"\d+-[0-9a-f]+-\d+")
_OURS = re.compile(rf"\.?({_PIECE.pattern}|made-by|joined|empty)(\.\d+\.part)?")


@dataclass(frozen=True)
class ResumableOutput:
    """The `output` that `maker` makes of pieces with these hexadecimal `keys`, in order; a file, or a `folder`."""

    output: Path
    maker: str
    keys: Sequence[str]
    folder: bool = False

    def start(self) -> int | None:
        """Takes up earlier work; None when there is some to do.

        When the output is there already, made by the same from the same: how many of its images have no answer.
        Raises OpsinError when what is there was made by another model or not by Opsin.
        """
        if self.output.is_dir() and not self.folder:
            raise OpsinError(f"cannot write {self.output}: it is a folder; name a file in it")
        if self.output.is_file() and self.folder:
            raise OpsinError(f"cannot write {self.output}: it is a file; name a folder, or a file with another ending")
        unfinished, made = _read(self._parts / "made-by"), _read(self._mark)
        there = any(self.output.iterdir()) if self.output.is_dir() else _size(self.output) > 0
        mend = "delete it or name another output"
        if unfinished and unfinished != {"maker": self.maker}:
            raise OpsinError(f"{self._parts} holds unfinished predictions of another model; {mend}")
        if there and not unfinished and not made:
            raise OpsinError(f"{self.output} is there already and holds no finished predictions; {mend}")
        if there and not unfinished and made.get("maker") != self.maker:
            raise OpsinError(f"{self.output} was made by another model; {mend}")
        failed = made.pop("failed", None)
        if there and made == self._made() and isinstance(failed, int):
            self._clear()
            return failed
        write_text(self._parts / "made-by", json.dumps({"maker": self.maker}))
        return None

    def missing(self) -> list[int]:
        """The pieces that have still to be made."""
        kept = self._kept()
        return [number for number in range(len(self.keys)) if self._name(number) not in kept]

    def write_chunk(self, number: int, content: bytes, failed: int) -> None:
        """Keeps a piece, `failed` of whose images have no answer."""
        write_bytes(self._parts / f"{self._name(number)}-{failed}", content)

    def finalize(self, make: Callable[[Sequence[Path], Path], None]) -> int:
        """Has the output made of all pieces, then removes them; how many of all images have no answer.

        `make` is given the pieces and where to write: the folder itself, or a file that then becomes the output.
        """
        kept = self._kept()
        pieces = [kept[self._name(number)] for number in range(len(self.keys))]
        failed = sum(int(piece.name.rpartition("-")[2]) for piece in pieces)
        if self.folder:
            self.output.mkdir(parents=True, exist_ok=True)
            make(pieces, self.output)
        else:
            joined = self._parts / "joined"
            with replacing(joined) as temporary:
                make(pieces, temporary)
            try:
                os.replace(joined, self.output)
            except OSError as error:
                raise OpsinError(f"could not write {self.output}: {error.strerror}; choose another name") from error
        write_text(self._mark, json.dumps({**self._made(), "failed": failed}))
        self._clear()
        return failed

    @property
    def _parts(self) -> Path:
        return self.output.with_name(f"{self.output.name}.parts")

    @property
    def _mark(self) -> Path:
        return self.output.with_name(f".{self.output.name}.opsin")

    def _name(self, number: int) -> str:
        return f"{number}-{self.keys[number]}"

    def _kept(self) -> dict[str, Path]:
        """The pieces that are there, by number and key."""
        files = self._parts.iterdir() if self._parts.is_dir() else ()
        return {file.name.rpartition("-")[0]: file for file in files if _PIECE.fullmatch(file.name)}

    def _made(self) -> dict[str, object]:
        return {"maker": self.maker, "pieces": list(self.keys)}

    def _clear(self) -> None:
        """Removes what was put into the folder of pieces, and the folder when nothing else is in it."""
        if not self._parts.is_dir():
            return
        for file in self._parts.iterdir():
            if _OURS.fullmatch(file.name):
                file.unlink(missing_ok=True)
        if not any(self._parts.iterdir()):
            self._parts.rmdir()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path) -> dict[str, object]:
    """A small JSON object; empty when it is not there or not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
