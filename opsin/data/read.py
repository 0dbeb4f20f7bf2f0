"""From what a person names to a Table: the format is told by the files."""

from pathlib import Path
from typing import Any

from opsin.core import DataError

from .formats import read_arrays, read_class_folders, read_npz, scan
from .table import Table


def read(source: str | Path | tuple[Any, Any], task: str | None = None) -> Table:
    """A folder, a .csv or .npz file, or (images, targets) as one Table.

    `task` ("classify", "multilabel" or "regress") overrules what the targets look like.
    Raises DataError when no format fits, or more than one.
    """
    if not isinstance(source, (str, Path)):
        return read_arrays({"image": source}, "arrays", task)
    path, origin = Path(source), str(source)
    if path.is_dir():
        return read_class_folders(scan(path), origin)
    if path.suffix == ".npz":
        return read_npz(path, origin, task)
    raise DataError(f"{origin} is neither a folder nor a .csv or .npz file; check the name")
