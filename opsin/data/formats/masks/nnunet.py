"""Reader of 2D nnU-Net data sets: dataset.json, imagesTr/case_0000.png, labelsTr/case.png."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError
from opsin.geometry import IGNORED

from ...images import FileImages
from ...table import Table
from ...targets import MASKS, TargetKind
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import IMAGE_EXTENSIONS, FolderListing, count, some
from .encoding import MaskEncoding, dense_encoding
from .mask_files import mask_table

MOST_BYTES = 1 << 24
_PARTS = (("imagesTr", "labelsTr", None), ("imagesTs", "labelsTs", "test"))
_VOLUMES = (".nii", ".nii.gz")
_CHANNEL = "_0000"


def match_nnunet(listing: FolderListing) -> FormatMatches:
    """Matches dataset.json files next to an imagesTr folder.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    reason = "no dataset.json next to imagesTr/ and labelsTr/"
    for path, prefix in _descriptions(listing):

        def read(origin: str, kind: TargetKind | None, path: str = path, prefix: str = prefix) -> Table:
            try:
                return _read(listing, path, prefix, origin)
            except DataError as error:
                raise DataError(f"{origin}: {error}") from error

        matches.append(FormatMatch(f"nnU-Net's {path}", (path,), (MASKS,), read))
    return matches, "" if matches else reason


def is_nnunet(listing: FolderListing) -> bool:
    """Returns True when there is a dataset.json next to an imagesTr folder.

    Args:
        listing: The files of the folder.
    """
    return bool(_descriptions(listing))


def _descriptions(listing: FolderListing) -> list[tuple[str, str]]:
    """Returns each dataset.json next to an imagesTr folder, and the start of the paths there."""
    found: list[tuple[str, str]] = []
    for path in listing.others:
        folder, _, name = path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        if name == "dataset.json" and any(
            other.startswith(f"{prefix}imagesTr/") for other in (*listing.images, *listing.others)
        ):
            volumes = any(
                other.startswith(f"{prefix}labelsTr/") and other.endswith(_VOLUMES) for other in listing.others
            )
            found += [] if volumes else [(path, prefix)]
    return found


def _read(listing: FolderListing, path: str, prefix: str, origin: str) -> Table:
    config = load_config(listing.folder / path, path)
    extension = str(config.get("file_ending", ""))
    if not extension:
        extension = next((f".{name.split('.', 1)[1]}" for name in _files_below(listing, f"{prefix}labelsTr/")), "")
    if extension.lower() not in IMAGE_EXTENSIONS:
        raise DataError(
            f"{path} has {extension or 'unknown'} files. Expected 2D images (.png, .tif, .bmp), not volumes."
        )
    encoding = encoding_of(config, path)
    pairs: dict[str, str] = {}
    splits: dict[str, str | None] = {}
    notes = list(listing.notes)
    for images, labels, split in _PARTS:
        unpaired: list[str] = []
        for image in _files_below(listing, f"{prefix}{images}/"):
            case, channel = _split_name(image.rpartition("/")[2], extension)
            if case is None:
                continue
            if channel != _CHANNEL:
                raise DataError(f"{image} is a further channel. Expected one image per case, grey or RGB.")
            mask = f"{prefix}{labels}/{case}{extension}"
            if mask in listing.images:
                pairs[image], splits[image] = mask, split
            else:
                unpaired.append(image)
        if unpaired:
            notes.append(f"{count(unpaired, 'image')} without a mask left out: {some(unpaired)}")
    if not pairs:
        raise DataError(
            f"{path}: no image of {prefix}imagesTr has a mask. Expected case_0000{extension} and case{extension}."
        )
    used = {*pairs, *pairs.values(), path}
    unused = [name for name in (*listing.images, *listing.others) if name not in used and "/imagesT" not in f"/{name}"]
    if unused:
        notes.append(f"{count(unused, 'other file')} left out: {some(unused)}")
    paths = {id: pairs[id] for id in sorted(pairs)}
    return mask_table(FileImages(listing.folder), paths, [splits[id] for id in paths], origin, encoding, notes)


def load_config(path: Path, source: str) -> Mapping[str, Any]:
    """Reads a dataset.json; raises DataError if it is no mapping."""
    found = load_json(path, source, MOST_BYTES)
    if not isinstance(found, Mapping):
        raise DataError(f"{source} holds {type(found).__name__}. Expected a mapping with labels and channel_names.")
    return cast("Mapping[str, Any]", found)


def encoding_of(config: Mapping[str, Any], path: str) -> MaskEncoding:
    """Builds the encoding from labels as {name: id} or, in older files, {"0": name}; the label "ignore" is IGNORED."""
    labels = config.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        raise DataError(f"{path} has no labels. Expected a mapping such as {{'background': 0, 'tumour': 1}}.")
    names: dict[int, str] = {}
    for key, value in cast("Mapping[str, Any]", labels).items():
        if isinstance(value, list):
            raise DataError(f"{path} gives {key!r} as a region of several labels. Expected one id for each name.")
        id, name = (key, value) if isinstance(value, str) and key.isdigit() else (value, key)
        text = str(id)
        if isinstance(id, bool) or not (text.isascii() and text.isdigit()) or int(text) > IGNORED or int(text) in names:
            raise DataError(f"{path} has the label {str(key)[:40]!r}: {text[:40]}. Expected unique ids from 0 to 255.")
        names[int(text)] = str(name)
    encoding = dense_encoding(names, "index")
    if len(encoding.names) < 2:
        raise DataError(f"{path} has only the class {list(encoding.names)}. Expected at least two.")
    return encoding


def _files_below(listing: FolderListing, folder: str) -> list[str]:
    return [path for path in (*listing.images, *listing.others) if path.startswith(folder)]


def _split_name(name: str, extension: str) -> tuple[str | None, str]:
    """Splits "case_0000.png" into "case" and "_0000"; None for other names."""
    stem = name.removesuffix(extension)
    case, separator, channel = stem.rpartition("_")
    if stem == name or not separator or len(channel) != 4 or not channel.isdigit():
        return None, ""
    return case, f"_{channel}"
