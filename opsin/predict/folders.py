"""Predictions as folders of images: masks that can be trained on, and overlays to look at."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from PIL import Image as Picture

from opsin.core import DataError, write_bytes, write_text
from opsin.data import Intensity
from opsin.data.writers.masks import write_mask, write_objects
from opsin.model.inputs import read_image
from opsin.tasks import Task

from .inputs import Image, content_of, name_of
from .prediction import FilePrediction
from .tables import OBJECT_SCHEMA, encoded, object_table

QUALITY = 90
ERRORS = "errors.csv"


def ids_of(images: Sequence[Image]) -> dict[Image, str]:
    """Names each image in an output by its path below the common folder, with `/` as separator, or by its URL.

    Args:
        images: Image files.

    Examples:
        >>> list(ids_of([Path("/a/b/1.png"), Path("/a/c/1.png")]).values())
        ['b/1.png', 'c/1.png']
    """
    files = [path for path in images if isinstance(path, Path)]
    folders = [path.absolute().parent.parts for path in files]
    common = 0
    while folders and all(len(parts) > common and parts[common] == folders[0][common] for parts in folders):
        common += 1
    return {
        path: PurePosixPath(name_of(Path(*path.absolute().parts[common:]))).as_posix()
        if isinstance(path, Path)
        else _file_name(path.name)
        for path in images
    }


def _file_name(name: str) -> str:
    """Returns a file name for the last part of a URL, or for stdin.

    Examples:
        >>> _file_name("https://example.org/a/cat%20.jpg?size=3"), _file_name("https://example.org"), _file_name("-")
        ('cat_20.jpg', 'example.org', 'stdin')
    """
    last = PurePosixPath(name.partition("?")[0].partition("#")[0]).name
    return re.sub(r"[^\w.]+", "_", last).strip("._") or "stdin"


def unique_names(ids: Mapping[Image, str]) -> dict[Image, str]:
    """Makes names unique that differ only in their suffix.

    Args:
        ids: Names by image file.

    Examples:
        >>> list(unique_names({Path("a.png"): "a.png", Path("a.jpg"): "a.jpg", Path("b.jpg"): "b.jpg"}).values())
        ['a-png.png', 'a-jpg.jpg', 'b.jpg']
    """
    stems = Counter(str(PurePosixPath(id).with_suffix("")) for id in ids.values())
    found: dict[Image, str] = {}
    for path, id in ids.items():
        whole = PurePosixPath(id)
        clash = stems[str(whole.with_suffix(""))] > 1
        found[path] = str(whole.with_name(f"{whole.stem}-{whole.suffix[1:]}{whole.suffix}")) if clash else id
    return found


@dataclass(frozen=True)
class Folder:
    """Base of the writers that write one image file per input.

    Attributes:
        task: Task that was predicted.
        ids: Name in the output by image file.
        output: Folder to write to.
        intensity: Intensity scale of images with more than 8 bits.
    """

    task: Task
    ids: Mapping[Image, str]
    output: Path
    intensity: Intensity | None

    @property
    def errors(self) -> Path:
        """File that lists the images without a prediction."""
        return self.output / ERRORS

    def file(self, kind: str, path: Image, suffix: str) -> Path:
        """Path of one output file of an image.

        Args:
            kind: Subfolder, for example "masks".
            path: Image file.
            suffix: Suffix of the output file, with the dot.
        """
        return self.output / kind / PurePosixPath(self.ids[path]).with_suffix(suffix)

    def draw(self, kind: str, one: FilePrediction) -> None:
        """Writes the image with its prediction drawn on it as JPEG.

        Args:
            kind: Subfolder to write to.
            one: Prediction for the image.
        """
        assert one.prediction is not None
        try:
            picture = self.task.overlay(read_image(content_of(one.path), None, self.intensity), one.prediction)
        except DataError:  # deleted since the prediction
            return
        buffer = io.BytesIO()
        Picture.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
        write_bytes(self.file(kind, one.path, ".jpg"), buffer.getvalue())


@dataclass(frozen=True)
class MaskFolder(Folder):
    """Writer of `masks/*.png` with class indices and a palette, `overlays/*.jpg`, and `classes.txt`."""

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Writes masks and overlays, and encodes the list of images without a prediction.

        Args:
            images: Predictions of a chunk.
        """
        failed: list[tuple[str, str | None]] = []
        for one in images:
            if one.prediction is None:
                failed.append((name_of(one.path), one.error))
                continue
            write_mask(self.file("masks", one.path, ".png"), one.prediction[..., 0], self.task.names)
            self.draw("overlays", one)
        return _errors_frame(failed).write_csv(include_header=False).encode()

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes the class names and the list of images without a prediction.

        Args:
            chunks: Encoded chunks.
            output: Folder to write to.
        """
        write_text(output / "classes.txt", "\n".join(self.task.names) + "\n")
        write_errors(self.errors, _read_all(chunks, {"path": pl.String(), "error": pl.String()}))


@dataclass(frozen=True)
class ObjectFolder(Folder):
    """Writer of `masks/*.png` with 16-bit object numbers, `overlays/*.jpg`, and `objects.csv` (a row per object)."""

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Writes masks and overlays, and encodes the rows of the objects.

        Args:
            images: Predictions of a chunk.
        """
        return encoded(object_table(self.task.names, self._written(images)), ".csv")

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes the table of all objects and the list of images without a prediction.

        Args:
            chunks: Encoded chunks.
            output: Folder to write to.
        """
        rows = _read_all(chunks, OBJECT_SCHEMA)
        failed = rows.filter(pl.col("error").is_not_null())
        write_bytes(output / "objects.csv", rows.filter(pl.col("error").is_null()).drop("error").write_csv().encode())
        write_errors(self.errors, failed.select("path", "error"))

    def _written(self, images: Iterable[FilePrediction]) -> Iterable[FilePrediction]:
        for one in images:
            if one.prediction is not None:
                write_objects(self.file("masks", one.path, ".png"), np.asarray(one.prediction[..., 0]))
                self.draw("overlays", one)
            yield one


def write_errors(path: Path, failed: pl.DataFrame | Iterable[tuple[str, str]]) -> None:
    """Writes path and error of the images without a prediction as .csv; removes the file if there are none.

    Args:
        path: File to write.
        failed: Path and error per image.
    """
    rows = failed if isinstance(failed, pl.DataFrame) else _errors_frame(failed)
    if len(rows):
        write_bytes(path, rows.write_csv().encode())
    else:
        path.unlink(missing_ok=True)


def _errors_frame(failed: Iterable[tuple[str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(list(failed), schema={"path": pl.String(), "error": pl.String()}, orient="row")


def _read_all(chunks: Sequence[Path], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    frames = [pl.read_csv(chunk, schema=dict(schema), has_header=False) for chunk in chunks if chunk.stat().st_size]
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict(schema))
