"""Every kind of input is found: files, folders, patterns, videos, a URL, and what comes on stdin."""

import io
from pathlib import Path

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.predict import inputs
from opsin.predict.inputs import FrameRange, LoadedImage, chunks_of, find_inputs, key_of, name_of


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.png", "a/deep/2.png", "b/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "a" / "clip.mp4").write_bytes(b"a video")
    return tmp_path


def names(folder, found):
    return [path.relative_to(folder).as_posix() for path in found]


def test_files_folders_and_patterns_without_duplicates(folder):
    found = find_inputs([f"{folder}/b/3.png", str(folder / "a"), f"{folder}/**/*.png"])
    assert names(folder, found) == ["b/3.png", "a/1.png", "a/clip.mp4", "a/deep/2.png"]
    assert names(folder, find_inputs([f"{folder}/a/*.mp4"])) == ["a/clip.mp4"]
    with pytest.raises(DataError, match="no image matches"):
        find_inputs([f"{folder}/*.gif"])


def test_stdin_is_an_image_or_paths(folder):
    content = (folder / "a" / "1.png").read_bytes()
    assert find_inputs(["-"], io.BytesIO(content)) == (LoadedImage("-", content),)
    text = f"{folder}/a/1.png\n\n{folder}/b/3.png\n".encode()
    assert names(folder, find_inputs(["-"], io.BytesIO(text))) == ["a/1.png", "b/3.png"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x01", b"a\0b"])
def test_stdin_that_is_neither_is_refused(content):
    with pytest.raises(DataError, match="stdin"):
        find_inputs(["-"], io.BytesIO(content))


def test_stdin_is_bounded(monkeypatch):
    monkeypatch.setattr(inputs, "MAX_STDIN_BYTES", 10)
    with pytest.raises(DataError, match="more than 10 bytes"):
        find_inputs(["-"], io.BytesIO(b"x" * 11))


def test_only_a_typed_url_is_fetched(folder, monkeypatch):
    fetched = []
    monkeypatch.setattr(inputs, "fetch_image", lambda url: fetched.append(url) or b"image")
    assert find_inputs(["https://example.org/cat.png"]) == (LoadedImage("https://example.org/cat.png", b"image"),)
    (folder / "list.txt").write_text("https://example.org/dog.png\n")
    find_inputs([str(folder / "list.txt")])
    find_inputs(["-"], io.BytesIO(b"https://example.org/eel.png\n"))
    assert fetched == ["https://example.org/cat.png"]


def test_chunks_hold_every_image_in_order():
    images = [Path(f"{number}.png") for number in range(5)]
    assert chunks_of(images, 2) == [images[:2], images[2:4], images[4:]]
    mixed = chunks_of([images[0], Path("missing.mp4"), *images[1:3]], 2)
    assert mixed == [[images[0]], FrameRange(Path("missing.mp4"), 0, None, 1), images[1:3]]
    assert chunks_of([], 2) == []


def test_keys_change_with_names_contents_and_files(folder):
    images = [[LoadedImage("a", b"1")], [LoadedImage("b", b"1")], [LoadedImage("a", b"2")], [folder / "a" / "1.png"]]
    keys = [key_of(chunk) for chunk in images]
    assert len(set(keys)) == 4 and key_of(images[0]) == keys[0]
    (folder / "a" / "1.png").write_bytes(b"other")
    assert key_of(images[3]) != keys[3]
    assert key_of(FrameRange(folder, 0, 4, 4)) != key_of(FrameRange(folder, 4, 8, 4))
    assert name_of(images[0][0]) == "a"
