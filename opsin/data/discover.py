"""Image files by folder, glob pattern, file or list."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from opsin.core import DataError

from .formats.scan import IMAGE_EXTENSIONS, scan
from .formats.volumes.nifti import is_nifti


def find_images(source: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """Finds image files.

    Args:
        source: A folder (all images below it, sorted), a glob pattern, a file, a .txt file with a path on each line,
            relative to it or else to the working directory, or a list of these. Single files are not checked.

    Returns:
        The paths of the images.

    Raises:
        DataError: Nothing is found.
    """
    if not isinstance(source, (str, Path)):
        return tuple(path for entry in source for path in find_images(entry))
    path = Path(os.path.expanduser(source))
    if path.is_dir():
        listing = scan(path)
        images = tuple(listing.path(name) for name in listing.images)
        if not images:
            raise DataError(f"{source} contains no images. Expected files such as .jpg or .png.")
        return images
    if path.is_file():
        return _read_list(path) if path.suffix.lower() == ".txt" else (path,)
    if glob.has_magic(str(path)):
        found = sorted(glob.glob(str(path), recursive=True))
        images = tuple(Path(name) for name in found if os.path.splitext(name)[1].lower() in IMAGE_EXTENSIONS)
        if images:
            return images
        raise DataError(f"no image matches {source}. Fix: check the pattern (** descends into folders).")
    raise DataError(f"{source} does not exist. Expected an image, a folder, a glob pattern or a .txt list of paths.")


def find_volumes(source: str | Path) -> tuple[Path, ...]:
    """Finds volumes: NIfTI files, and folders with DICOM files.

    Args:
        source: A NIfTI or DICOM file; a folder of NIfTI files (all below it, sorted), else of DICOM files (every folder
            below it with files is one volume); or a glob pattern of these.

    Returns:
        The paths; single files and folders are not checked.

    Raises:
        DataError: Nothing is found.
    """
    path = Path(os.path.expanduser(source))
    if path.is_dir():
        listing = scan(path)
        names = [name for name in (*listing.images, *listing.others)]
        volumes = tuple(path / name for name in sorted(names) if is_nifti(name))
        folders = tuple(path / name for name in sorted({name.rpartition("/")[0] for name in names}))
        if volumes or folders:
            return volumes or folders
        raise DataError(f"{source} contains no volumes. Expected NIfTI files, or folders of DICOM files.")
    if path.is_file():
        return (path,)
    found = tuple(Path(name) for name in sorted(glob.glob(str(path), recursive=True)))
    if not found:
        raise DataError(f"{source} does not exist. Expected a NIfTI file, or a folder of DICOM or NIfTI files.")
    return found


def _read_list(path: Path) -> tuple[Path, ...]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a list of paths: {error}") from error
    named = [line for line in lines if line and not line.startswith("#")]
    if not named:
        raise DataError(f"{path} lists no image. Expected a path on each line.")
    return tuple(path.parent / line if (path.parent / line).exists() else Path(line) for line in named)
