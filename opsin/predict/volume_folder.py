"""Predictions for volumes as NIfTI files on the grid of their source, and a table of millilitres."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from opsin.core import DataError, write_bytes, write_text
from opsin.data import Volume
from opsin.data.formats.volumes.nifti import NIFTI_ENDINGS, write_nifti
from opsin.drawing.volume_page import volume_page
from opsin.tasks import Task

from .dicom_objects import DISCLAIMER, SegmentedSeries, write_seg_and_sr
from .folders import ERRORS, write_errors
from .inputs import Image
from .prediction import FilePrediction
from .tables import encoded, image_rows


@dataclass(frozen=True)
class VolumeFolder:
    """Writer of `<name>.nii.gz` with class indices, `<name>.html`, `volumes.csv` with millilitres, and `classes.txt`.

    A DICOM series also gets `<name>.seg.dcm` and `<name>.sr.dcm`.

    Attributes:
        task: Task that was predicted.
        ids: Name in the output by source.
        output: Folder to write to.
        model: Fingerprint of the model, for DICOM.
    """

    task: Task
    ids: Mapping[Image, str]
    output: Path
    model: str = ""

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
            if one.prediction is not None and one.volume is not None:
                self._write(volume_name(self.ids[one.path]), one.volume, one.prediction)
            yield one

    def _write(self, name: str, volume: Volume, prediction: np.ndarray) -> None:
        """Writes the files of one volume: NIfTI, a page, and DICOM objects where the source is a DICOM series."""
        mask = np.ascontiguousarray(prediction[..., 0])
        if volume.affine is not None:
            write_nifti(self.output / f"{name}.nii.gz", mask, volume.affine)
        own: Any = self.task
        row = {key: values[0] for key, values in own.with_spacing(volume.spacing).to_columns([prediction]).items()}
        page = volume_page(volume, mask, self.task.names, row, name, DISCLAIMER)
        write_text(self.output / f"{name}.html", page)
        if not volume.files:
            return
        voxel_ml = float(np.prod(volume.spacing or (1.0, 1.0, 1.0))) / 1000
        series = SegmentedSeries(volume.files, mask, self.task.names, voxel_ml, self.model)
        try:
            write_seg_and_sr(series, self.output / f"{name}.seg.dcm", self.output / f"{name}.sr.dcm")
        except DataError as error:
            write_text(self.output / f"{name}.no-seg.txt", f"{name} {error}\n")


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
