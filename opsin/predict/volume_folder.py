"""Predictions for volumes as NIfTI files on the grid of their source, and a table of millilitres."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import write_bytes, write_text
from opsin.data.formats.volumes.nifti import NIFTI_ENDINGS, write_nifti
from opsin.tasks import Task

from .folders import ERRORS, write_errors
from .inputs import Image
from .prediction import FilePrediction
from .tables import encoded, image_rows

DISCLAIMER = "Not a medical device: for research only, not for diagnosis or treatment."


@dataclass(frozen=True)
class VolumeFolder:
    """Writer of `<name>.nii.gz` with class indices, `volumes.csv` with millilitres, and `classes.txt`.

    Attributes:
        task: Task that was predicted.
        ids: Name in the output by source.
        output: Folder to write to.
    """

    task: Task
    ids: Mapping[Image, str]
    output: Path

    @property
    def errors(self) -> Path:
        """File that lists the volumes without a prediction."""
        return self.output / ERRORS

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Writes the masks of a chunk, and encodes its rows of the table.

        Args:
            images: Predictions of a chunk.
        """
        return encoded(image_rows(self.task).make(self._written(images)), ".csv")

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes the table, the class names and the list of volumes without a prediction.

        Args:
            chunks: Encoded chunks.
            output: Folder to write to.
        """
        schema = image_rows(self.task).schema
        frames = [pl.read_csv(one, schema=schema, has_header=False) for one in chunks if one.stat().st_size]
        rows = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
        failed = rows.filter(pl.col("error").is_not_null())
        good = rows.filter(pl.col("error").is_null()).drop("error")
        write_bytes(output / "volumes.csv", good.write_csv().encode())
        write_text(output / "classes.txt", "\n".join(self.task.names) + "\n")
        write_text(output / "NOTICE.txt", f"{DISCLAIMER}\n")
        write_errors(self.errors, failed.select("path", "error"))

    def _written(self, images: Iterable[FilePrediction]) -> Iterable[FilePrediction]:
        for one in images:
            if one.prediction is not None and one.affine is not None:
                place = self.output / f"{volume_name(self.ids[one.path])}.nii.gz"
                write_nifti(place, np.asarray(one.prediction[..., 0]), one.affine)
            yield one


def volume_name(id: str) -> str:
    """Returns the name of a source without its ending.

    Examples:
        >>> volume_name("a/scan.nii.gz"), volume_name("a/series.1")
        ('a/scan', 'a/series.1')
    """
    for ending in sorted((*NIFTI_ENDINGS, ".dcm"), key=len, reverse=True):
        if id.lower().endswith(ending):
            return id[: -len(ending)]
    return id
