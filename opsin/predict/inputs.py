"""Inputs of a prediction: image files, images from a URL or stdin, and parts of videos."""

import glob
import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from opsin.core import DataError
from opsin.data import VideoReader, decode, fetch_image, find_images, find_volumes, is_url, is_video

MAX_STDIN_BYTES = 2**28
MAX_FRAMES = 64
"""Maximum number of frames of a video in a chunk, the step of its progress."""


@dataclass(frozen=True)
class LoadedImage:
    """Encoded image that is no file, such as one from a URL or from stdin.

    Attributes:
        name: Name in the output.
        content: Bytes of the image.
    """

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class FrameRange:
    """Consecutive frames of a video.

    Attributes:
        path: Video file.
        start: First frame.
        stop: Frame after the last one; None for the end of the video.
        count: Expected number of frames.
    """

    path: Path
    start: int
    stop: int | None
    count: int


Image: TypeAlias = Path | LoadedImage
Chunk: TypeAlias = Sequence[Image] | FrameRange
"""Inputs that are predicted and stored together."""


def find_inputs(sources: Iterable[str], stdin: BinaryIO | None = None, *, volumes: bool = False) -> tuple[Image, ...]:
    """Finds images and videos, without duplicates, in the order of the sources.

    Args:
        sources: Files, folders, glob patterns, .txt lists of paths, http(s) URLs of images, or "-": on stdin an image,
            or one path per line.
        stdin: Binary stream for "-". Default: stdin of this process.
        volumes: Find volumes instead: files and folders of slices.

    Raises:
        DataError: A source does not exist or contains nothing.
    """
    if volumes:
        return tuple(dict.fromkeys(path for source in sources for path in find_volumes(source)))
    return tuple(dict.fromkeys(image for source in sources for image in _find(source, stdin or sys.stdin.buffer)))


def _find(source: str, stdin: BinaryIO) -> Sequence[Image]:
    if is_url(source):
        return [LoadedImage(source, fetch_image(source))]
    if source == "-":
        return _from_stdin(stdin)
    path = Path(source).expanduser()
    if path.is_file():
        return find_images(path)
    videos = _videos(source)
    try:
        return sorted({*find_images(source), *videos}) if videos else find_images(source)
    except DataError:
        if not videos:
            raise
        return videos


def _videos(source: str) -> list[Path]:
    """Returns the video files of a folder (not of its subfolders), or those that match a glob pattern."""
    path = Path(source).expanduser()
    if path.is_dir():
        return sorted(file for file in path.iterdir() if is_video(file) and file.name[0] != "." and file.is_file())
    return sorted(Path(name) for name in glob.glob(str(path), recursive=True) if is_video(name))


def _from_stdin(stdin: BinaryIO) -> Sequence[Image]:
    content = stdin.read(MAX_STDIN_BYTES + 1)
    if len(content) > MAX_STDIN_BYTES:
        raise DataError(f"stdin has more than {MAX_STDIN_BYTES:,} bytes. Expected an image or one path per line.")
    try:
        decode(content)
        return [LoadedImage("-", content)]
    except DataError as error:
        reason = str(error)
    try:
        lines = [line.strip() for line in content.decode().splitlines()]
    except UnicodeDecodeError:
        raise DataError(f"stdin {reason}. Expected an image or one path per line.") from None
    paths = [Path(line) for line in lines if line]
    if not paths or "\0" in content.decode():
        raise DataError("stdin is empty. Expected an image or one path per line.")
    return paths


def chunks_of(images: Sequence[Image], length: int) -> list[Chunk]:
    """Divides inputs into chunks of at most `length` images or frames.

    Args:
        images: Images and videos.
        length: Number of images in a chunk.
    """
    chunks: list[Chunk] = []
    pending: list[Image] = []
    for image in images:
        if len(pending) == length or (pending and is_video(image)):
            chunks.append(pending)
            pending = []
        if is_video(image):
            assert isinstance(image, Path)
            chunks += _ranges(image, min(length, MAX_FRAMES))
        else:
            pending.append(image)
    return [*chunks, pending] if pending else chunks


def _ranges(path: Path, length: int) -> list[FrameRange]:
    """Returns the parts of a video; one part where the number of its frames is not known."""
    try:
        reader = VideoReader(path)
    except DataError:
        return [FrameRange(path, 0, None, 1)]
    reader.close()
    starts = range(0, max(1, reader.count), length)
    stops = [*starts[1:], None]
    return [FrameRange(path, a, b, (reader.count if b is None else b) - a) for a, b in zip(starts, stops, strict=True)]


def count_of(chunk: Chunk) -> int:
    """Returns the number of images or expected frames of a chunk."""
    return chunk.count if isinstance(chunk, FrameRange) else len(chunk)


def content_of(image: Image) -> Path | bytes:
    """Returns an input as `Model.load_image` takes it."""
    return image.content if isinstance(image, LoadedImage) else image


def name_of(image: Image) -> str:
    """Returns the name of an input as valid UTF-8 text; other bytes become U+FFFD."""
    return image.name if isinstance(image, LoadedImage) else os.fsencode(image).decode("utf-8", "replace")


def key_of(chunk: Chunk) -> str:
    """Returns the key of a chunk: a digest of the names and contents, or of the paths, sizes and times of files."""
    digest = hashlib.blake2b(digest_size=16)
    for image in [chunk.path] if isinstance(chunk, FrameRange) else chunk:
        if isinstance(image, LoadedImage):
            digest.update(f"{image.name}\0".encode() + image.content)
            continue
        digest.update(os.fsencode(image))
        try:
            status = os.stat(image)
            digest.update(f"\0{status.st_size} {status.st_mtime_ns}\0".encode())
        except (OSError, ValueError):
            digest.update(b"\0missing\0")
    if isinstance(chunk, FrameRange):
        digest.update(f"frames {chunk.start} {chunk.stop}".encode())
    return digest.hexdigest()
