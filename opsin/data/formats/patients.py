"""Patients of images and volumes from a patients.csv at the top of a data set."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import polars as pl

from opsin.core import DataError

PATIENTS = "patients.csv"


def patients_of(folder: Path, ids: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """Returns the patient of each image, and a note; None for all, without a note, where there is no patients.csv.

    Args:
        folder: Folder of the data set; its patients.csv has the columns `path` (or `id`) and `patient`. A path may be
            the whole path, the name of the file, or the name without endings.
        ids: Paths of the images within the folder.

    Raises:
        DataError: The file cannot be read or lacks an image.
    """
    if not (folder / PATIENTS).is_file():
        return [None] * len(ids), []
    try:
        table = pl.read_csv(folder / PATIENTS, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{PATIENTS} cannot be read ({' '.join(str(error).split())[:120]}).") from error
    column = next((name for name in ("path", "id", "file") if name in table.columns), None)
    if column is None or "patient" not in table.columns:
        raise DataError(f"{PATIENTS} has the columns {', '.join(table.columns)}. Expected path and patient.")
    known = dict(zip(table[column].to_list(), table["patient"].to_list(), strict=True))
    names = [(id, PurePosixPath(id).name, PurePosixPath(id).name.partition(".")[0]) for id in ids]
    found = [next((known[name] for name in some if known.get(name)), None) for some in names]
    missing = [id for id, patient in zip(ids, found, strict=True) if patient is None]
    if missing:
        raise DataError(f"{PATIENTS} does not name the patient of {missing[0]}. Expected every image.")
    return found, [f"patients come from {PATIENTS}: each is in one split"]
