"""Readers of data sets of volumes that a JSON file describes: nnU-Net's dataset.json and lists of images and labels."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, cast

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import VOLUME_MASKS, TargetKind
from ..masks.nnunet import MOST_BYTES, encoding_of, load_config
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .nifti import NIFTI_ENDINGS, is_nifti
from .volume_folders import Labels, volume_table

_PARTS = (("imagesTr", "labelsTr", None), ("imagesTs", "labelsTs", "test"))
_LISTS = {"training": None, "train": "train", "validation": "valid", "val": "valid", "test": "test", "testing": "test"}
"""Split of each list of a datalist; volumes of `training` are split at random where there is no validation."""


def match_nnunet_volumes(listing: FolderListing) -> FormatMatches:
    """Matches a dataset.json next to imagesTr/case_0000.nii.gz and labelsTr/case.nii.gz.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    for path in listing.others:
        prefix = path.removesuffix("dataset.json")
        if prefix == path or (prefix and not prefix.endswith("/")):
            continue
        if not any(name.startswith(f"{prefix}labelsTr/") and is_nifti(name) for name in listing.others):
            continue
        if _lists_of(listing, path):
            continue

        def read(origin: str, kind: TargetKind | None, path: str = path, prefix: str = prefix) -> Table:
            try:
                return _read_nnunet(listing, path, prefix, origin)
            except DataError as error:
                raise DataError(f"{origin}: {error}") from error

        matches.append(FormatMatch(f"nnU-Net's {path}", (path,), (VOLUME_MASKS,), read))
    return matches, "" if matches else "no dataset.json next to NIfTI files in imagesTr/ and labelsTr/"


def match_datalists(listing: FolderListing) -> FormatMatches:
    """Matches .json files with lists of {"image": ..., "label": ...}, as of MONAI and the MSD.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    for path in listing.others:
        if "/" in path or not path.endswith(".json") or not any(is_nifti(name) for name in listing.others):
            continue
        lists = _lists_of(listing, path)
        if lists:

            def read(origin: str, kind: TargetKind | None, path: str = path) -> Table:
                try:
                    return _read_datalist(listing, path, origin)
                except DataError as error:
                    raise DataError(f"{origin}: {error}") from error

            matches.append(FormatMatch(f"the list {path}", (path,), (VOLUME_MASKS,), read))
    return matches, "" if matches else "no .json with lists of images and labels of volumes"


def _read_nnunet(listing: FolderListing, path: str, prefix: str, origin: str) -> Table:
    encoding = encoding_of(load_config(listing.folder / path, path), path)
    channels: dict[str, list[str]] = {}
    masks: dict[str, str] = {}
    splits: dict[str, str | None] = {}
    notes, unpaired = list(listing.notes), list[str]()
    known = set(listing.others)
    for images, labels, split in _PARTS:
        for name in sorted(name for name in listing.others if name.startswith(f"{prefix}{images}/") and is_nifti(name)):
            case, ending = _without_ending(name.rpartition("/")[2])
            case, separator, channel = case.rpartition("_")
            if not separator or len(channel) != 4 or not channel.isdigit():
                continue
            id, mask = f"{prefix}{images}/{case}", f"{prefix}{labels}/{case}{ending}"
            if mask not in known:
                unpaired.append(name)
                continue
            channels.setdefault(id, []).append(name)
            masks[id], splits[id] = mask, split
    if not masks:
        raise DataError(f"{path}: no volume of {prefix}imagesTr has a mask. Expected case_0000.nii.gz and case.nii.gz.")
    if unpaired:
        notes.append(f"{count(unpaired, 'volume')} without a mask left out: {some(unpaired)}")
    numbers = {len(paths) for paths in channels.values()}
    if len(numbers) > 1:
        raise DataError(f"{path}: volumes have {min(numbers)} to {max(numbers)} channels. Expected one number.")
    return volume_table(
        FileImages(listing.folder), channels, masks, list(splits.values()), origin,
        Labels(encoding.names, encoding.classes), notes,
    )  # fmt: skip


def _read_datalist(listing: FolderListing, path: str, origin: str) -> Table:
    lists = _lists_of(listing, path)
    known, channels = set(listing.others), dict[str, list[str]]()
    masks, splits, unlabelled = dict[str, str](), dict[str, str | None](), 0
    for name, entries in lists.items():
        for entry in entries:
            images = entry["image"] if isinstance(entry["image"], list) else [entry["image"]]
            paths = [PurePosixPath(str(image)).as_posix() for image in cast("list[Any]", images)]
            if not isinstance(entry.get("label"), str):
                unlabelled += 1
                continue
            mask = PurePosixPath(str(entry["label"])).as_posix()
            missing = [one for one in (*paths, mask) if one not in known]
            if missing:
                raise DataError(f"{path} names {missing[0]}, which is not below its folder.")
            if paths[0] in masks:
                raise DataError(f"{path} names {paths[0]} twice. Expected each volume once.")
            channels[paths[0]], masks[paths[0]], splits[paths[0]] = paths, mask, _LISTS[name]
    if not masks:
        raise DataError(f"{path} names no volume with a label. Expected a path in `label`.")
    if "valid" in splits.values():
        splits = {id: split or "train" for id, split in splits.items()}
    notes = [*listing.notes, *([f"{unlabelled} volumes without a label left out"] if unlabelled else [])]
    config = load_config(listing.folder / path, path)
    labels = None
    if config.get("labels"):
        encoding = encoding_of(config, path)
        labels = Labels(encoding.names, encoding.classes)
    return volume_table(FileImages(listing.folder), channels, masks, list(splits.values()), origin, labels, notes)


def _lists_of(listing: FolderListing, path: str) -> dict[str, list[dict[str, Any]]]:
    """Returns the lists of records with an image in a .json file; empty for any other file."""
    try:
        found = load_json(listing.folder / path, path, MOST_BYTES)
    except DataError:
        return {}
    if not isinstance(found, Mapping):
        return {}
    lists: dict[str, list[dict[str, Any]]] = {}
    for name, value in cast("Mapping[str, Any]", found).items():
        if name in _LISTS and isinstance(value, list):
            entries = [one for one in cast("list[Any]", value) if isinstance(one, dict) and "image" in one]
            if entries:
                lists[name] = entries
    return lists


def _without_ending(name: str) -> tuple[str, str]:
    for ending in sorted(NIFTI_ENDINGS, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)], name[-len(ending) :]
    return name, ""
