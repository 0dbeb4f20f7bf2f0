"""An output file or folder that is written in chunks, so that a killed process can resume with the same result.

Finished chunks are files in the folder `<output>.parts`. Each is written atomically; its name holds a key of its input
and the number of images without a prediction. When all chunks exist, they replace the output in one step. A small
hidden file next to the output records the model and the keys.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from opsin.core import OpsinError, replacing, write_bytes, write_text

_CHUNK = re.compile(r"\d+-[0-9a-f]+-\d+")
_OURS = re.compile(rf"\.?({_CHUNK.pattern}|made-by|joined|empty)(\.\d+\.part)?")


@dataclass(frozen=True)
class ResumableOutput:
    """An output in chunks.

    Attributes:
        output: File or folder to write.
        fingerprint: Fingerprint of the model and its options.
        keys: Hexadecimal key of the input of each chunk, in order.
        folder: True if `output` is a folder.
    """

    output: Path
    fingerprint: str
    keys: Sequence[str]
    folder: bool = False

    def start(self) -> int | None:
        """Starts, or resumes earlier work.

        Returns:
            None if there is work to do. If the same model already wrote the output from the same input, the number of
            images without a prediction.

        Raises:
            OpsinError: The output was made by another model, or not by Opsin.
        """
        if self.output.is_dir() and not self.folder:
            raise OpsinError(f"cannot write {self.output}: it is a folder; name a file in it")
        if self.output.is_file() and self.folder:
            raise OpsinError(f"cannot write {self.output}: it is a file; name a folder, or a file with another ending")
        unfinished, made = _read(self._parts / "made-by"), _read(self._mark)
        there = any(self.output.iterdir()) if self.output.is_dir() else _size(self.output) > 0
        mend = "delete it or name another output"
        if unfinished and unfinished != {"fingerprint": self.fingerprint}:
            raise OpsinError(f"{self._parts} holds unfinished predictions of another model; {mend}")
        if there and not unfinished and not made:
            raise OpsinError(f"{self.output} is there already and holds no finished predictions; {mend}")
        if there and not unfinished and made.get("fingerprint") != self.fingerprint:
            raise OpsinError(f"{self.output} was made by another model; {mend}")
        failed = made.pop("failed", None)
        if there and made == self._made() and isinstance(failed, int):
            self._clear()
            return failed
        write_text(self._parts / "made-by", json.dumps({"fingerprint": self.fingerprint}))
        return None

    def missing(self) -> list[int]:
        """Numbers of the chunks that are not yet written."""
        stored = self._stored()
        return [number for number in range(len(self.keys)) if self._name(number) not in stored]

    def write_chunk(self, number: int, content: bytes, failed: int) -> None:
        """Stores a chunk.

        Args:
            number: Index of the chunk.
            content: Encoded chunk.
            failed: Number of its images without a prediction.
        """
        write_bytes(self._parts / f"{self._name(number)}-{failed}", content)

    def finalize(self, make: Callable[[Sequence[Path], Path], None]) -> int:
        """Makes the output from all chunks, then removes them.

        Args:
            make: Writes the output. It gets the files of the chunks and the path to write to: the folder itself, or
                a temporary file that then replaces the output.

        Returns:
            Number of images without a prediction.
        """
        stored = self._stored()
        chunks = [stored[self._name(number)] for number in range(len(self.keys))]
        failed = sum(int(chunk.name.rpartition("-")[2]) for chunk in chunks)
        if self.folder:
            self.output.mkdir(parents=True, exist_ok=True)
            make(chunks, self.output)
        else:
            joined = self._parts / "joined"
            with replacing(joined) as temporary:
                make(chunks, temporary)
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

    def _stored(self) -> dict[str, Path]:
        """Stored chunks by number and key."""
        files = self._parts.iterdir() if self._parts.is_dir() else ()
        return {file.name.rpartition("-")[0]: file for file in files if _CHUNK.fullmatch(file.name)}

    def _made(self) -> dict[str, object]:
        return {"fingerprint": self.fingerprint, "chunks": list(self.keys)}

    def _clear(self) -> None:
        """Removes the stored chunks, and their folder if it is then empty."""
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
    """Reads a JSON object; returns an empty one if the file is missing or invalid."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
