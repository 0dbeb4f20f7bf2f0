"""nnU-Net's folders, in two dimensions: dataset.json, imagesTr/case_0000.png, labelsTr/case.png."""

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
_CHANNEL = "_0000"


def match_nnunet(listing: FolderListing) -> FormatMatches:
    """Each dataset.json with an imagesTr folder beside it."""
    matches: list[FormatMatch] = []
    reason = "no dataset.json beside imagesTr/ and labelsTr/"
    for path in listing.others:
        folder, _, name = path.rpartition("/")
        above = f"{folder}/" if folder else ""
        if name != "dataset.json" or not any(
            other.startswith(f"{above}imagesTr/") for other in (*listing.images, *listing.others)
        ):
            continue

        def read(origin: str, kind: TargetKind | None, path: str = path, above: str = above) -> Table:
            try:
                return _read(listing, path, above, origin)
            except DataError as error:
                raise DataError(f"{origin}: {error}") from error

        matches.append(FormatMatch(f"nnU-Net's {path}", (path,), (MASKS,), read))
    return matches, "" if matches else reason


def _read(listing: FolderListing, path: str, above: str, origin: str) -> Table:
    described = _load(listing.folder / path, path)
    ending = str(described.get("file_ending", ""))
    if not ending:
        ending = next((f".{name.split('.', 1)[1]}" for name in _below(listing, f"{above}labelsTr/")), "")
    if ending.lower() not in IMAGE_EXTENSIONS:
        raise DataError(
            f"{path} is of {ending or 'unknown'} files; only pictures (.png, .tif, .bmp) are read, not volumes"
        )
    encoding = _encoding(described, path)
    pairs: dict[str, str] = {}
    splits: dict[str, str | None] = {}
    notes = list(listing.notes)
    for images, labels, split in _PARTS:
        alone: list[str] = []
        for image in _below(listing, f"{above}{images}/"):
            case, channel = _case(image.rpartition("/")[2], ending)
            if case is None:
                continue
            if channel != _CHANNEL:
                raise DataError(f"{image} is a further channel; one picture a case is read, grey or in colour")
            mask = f"{above}{labels}/{case}{ending}"
            if mask in listing.images:
                pairs[image], splits[image] = mask, split
            else:
                alone.append(image)
        if alone:
            notes.append(f"{count(alone, 'image')} without a mask left out: {some(alone)}")
    if not pairs:
        raise DataError(f"{path}: no image of {above}imagesTr has a mask. Expected case_0000{ending} and case{ending}.")
    used = {*pairs, *pairs.values(), path}
    left = [name for name in (*listing.images, *listing.others) if name not in used and "/imagesT" not in f"/{name}"]
    if left:
        notes.append(f"{count(left, 'other file')} left out: {some(left)}")
    paths = {id: pairs[id] for id in sorted(pairs)}
    return mask_table(FileImages(listing.folder), paths, [splits[id] for id in paths], origin, encoding, notes)


def _load(path: Path, source: str) -> Mapping[str, Any]:
    found = load_json(path, source, MOST_BYTES)
    if not isinstance(found, Mapping):
        raise DataError(f"{source} holds {type(found).__name__}. Expected labels and channel_names.")
    return cast("Mapping[str, Any]", found)


def _encoding(described: Mapping[str, Any], path: str) -> MaskEncoding:
    """Labels as {name: id} or, as older files have them, {"0": name}; the one called ignore is IGNORED."""
    labels = described.get("labels")
    if not isinstance(labels, Mapping) or not labels:
        raise DataError(f"{path} has no labels. Expected such as {{'background': 0, 'tumour': 1}}.")
    names: dict[int, str] = {}
    for key, value in cast("Mapping[str, Any]", labels).items():
        if isinstance(value, list):
            raise DataError(f"{path} gives {key!r} as a region of several labels. Expected one id for each name.")
        id, name = (key, value) if isinstance(value, str) and key.isdigit() else (value, key)
        text = str(id)
        if isinstance(id, bool) or not (text.isascii() and text.isdigit()) or int(text) > IGNORED or int(text) in names:
            raise DataError(
                f"{path} has the label {str(key)[:40]!r}: {text[:40]}. Expected a different id from 0 to 255 each."
            )
        names[int(text)] = str(name)
    encoding = dense_encoding(names, "index")
    if len(encoding.names) < 2:
        raise DataError(f"{path} has only the class {list(encoding.names)}. Expected at least two.")
    return encoding


def _below(listing: FolderListing, folder: str) -> list[str]:
    return [path for path in (*listing.images, *listing.others) if path.startswith(folder)]


def _case(name: str, ending: str) -> tuple[str | None, str]:
    """ "case_0000.png" as "case" and "_0000"; None when it is no such name."""
    stem = name.removesuffix(ending)
    case, mark, channel = stem.rpartition("_")
    if stem == name or not mark or len(channel) != 4 or not channel.isdigit():
        return None, ""
    return case, f"_{channel}"
