"""The image files that a person names: a folder, a pattern, a file, a list."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from opsin.core import DataError

from .formats.scan import IMAGE_ENDINGS, scan


def find_images(source: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The images that `source` names: a folder (all below it, sorted), a pattern, a file, a .txt of paths, or a list.

    Paths in a .txt are relative to it, or else to where the program runs. Files named one by one are not checked:
    reading them says what is wrong. Raises DataError when nothing is found.
    """
    if not isinstance(source, (str, Path)):
        return tuple(path for one in source for path in find_images(one))
    path = Path(source).expanduser()
    if path.is_dir():
        images = tuple(path / name for name in scan(path).images)
        if not images:
            raise DataError(f"{source} holds no images; expected files such as .jpg or .png")
        return images
    if path.is_file():
        return _listed(path) if path.suffix.lower() == ".txt" else (path,)
    if glob.has_magic(str(path)):
        found = sorted(glob.glob(str(path), recursive=True))
        images = tuple(Path(name) for name in found if os.path.splitext(name)[1].lower() in IMAGE_ENDINGS)
        if images:
            return images
        raise DataError(f"no image matches {source}; check the pattern (** goes into folders)")
    raise DataError(f"{source} is not there; expected an image, a folder, a pattern or a .txt list of paths")


def _listed(path: Path) -> tuple[Path, ...]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a list of paths: {error}") from error
    named = [line for line in lines if line and not line.startswith("#")]
    if not named:
        raise DataError(f"{path} names no image; expected a path on each line")
    return tuple(path.parent / line if (path.parent / line).exists() else Path(line) for line in named)
