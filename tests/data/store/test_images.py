import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import ImagePreprocessing, Intensity, cache_folder, open_store, read, read_array
from opsin.data.store import images

SMALL = ImagePreprocessing.of_size((9, 7, 3))

RNG = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    for number in range(20):
        path = tmp_path / "data" / f"class{number % 2}" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (9, 7, 3), np.uint8)).save(path)
    return tmp_path / "data"


def entries():
    folder = cache_folder() / "images"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_pixels_digests_and_order(folder):
    table = read(folder)
    opened = open_store(table, SMALL)
    assert opened.pixels.shape == (20, 9, 7, 3) and opened.pixels.dtype == np.uint8
    assert not opened.pixels.flags.writeable and isinstance(opened.pixels, np.memmap)
    for row, id in enumerate(table.rows["id"]):
        expected = np.asarray(Image.open(folder / id))
        np.testing.assert_array_equal(opened.pixels[row], expected)
        np.testing.assert_array_equal(read_array(table.images, id, SMALL), expected)
        digest = hashlib.blake2b(expected.tobytes(), digest_size=8).digest()
        assert int(opened.pixel_hashes[row]) == int.from_bytes(digest, "little")
    assert opened.errors == {} and opened.notes == ()
    other = open_store(table, ImagePreprocessing.of_size((4, 4, 1)))
    assert other.pixels.shape == (20, 4, 4, 1)
    turned = table.select(np.arange(20)[::-1])
    np.testing.assert_array_equal(open_store(turned, SMALL).pixels, opened.pixels[::-1])


def test_the_second_time_nothing_is_decoded(folder, monkeypatch):
    table = read(folder)
    first = open_store(table, SMALL)

    def never(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr(images, "_decode_chunk", never)
    again = open_store(read(folder), SMALL)
    np.testing.assert_array_equal(again.pixels, first.pixels)
    np.testing.assert_array_equal(again.pixel_hashes, first.pixel_hashes)


def test_another_scale_is_another_entry():
    table = read((np.full((2, 4, 4), 500, np.uint16), [0, 1]))
    assert open_store(table, ImagePreprocessing.of_size((4, 4, 1), Intensity(1023))).pixels.max() == 125
    assert open_store(table, ImagePreprocessing.of_size((4, 4, 1), Intensity(4095))).pixels.max() == 31
    again = open_store(table, ImagePreprocessing.of_size((4, 4, 1), Intensity(1023)))
    assert again.pixels.max() == 125 and again.preprocessing.intensity == Intensity(1023)
    assert read_array(table.images, "image/1", ImagePreprocessing.of_size((4, 4, 1), Intensity(4095))).max() == 31


def test_a_changed_file_is_seen(folder):
    open_store(read(folder), SMALL)
    path = folder / "class0" / "00.png"
    Image.new("RGB", (7, 9), (1, 2, 3)).save(path)
    assert open_store(read(folder), SMALL).pixels[0, 0, 0].tolist() == [1, 2, 3]
    assert len(entries()) == 2


def test_the_cache_may_be_deleted_at_any_time(folder):
    table = read(folder)
    opened = open_store(table, SMALL)
    before = np.array(opened.pixels)
    shutil.rmtree(cache_folder())
    np.testing.assert_array_equal(opened.pixels, before)
    np.testing.assert_array_equal(open_store(table, SMALL).pixels, before)


def test_an_entry_that_was_damaged_is_made_again(folder):
    table = read(folder)
    before = np.array(open_store(table, SMALL).pixels)
    (entry,) = entries()
    for name in ("pixels.npy", "digests.npy", "errors.json"):
        (entry / name).write_bytes((entry / name).read_bytes()[:-1] if name != "errors.json" else b"{")
        np.testing.assert_array_equal(open_store(table, SMALL).pixels, before)
        again = open_store(table, SMALL)
        assert len(again.pixel_hashes) == 20 and again.notes == () and isinstance(again.pixels, np.memmap)


def test_broken_images_are_named_and_the_others_read(folder):
    (folder / "class0" / "empty.jpg").touch()
    (folder / "class0" / "text.jpg").write_text("not an image at all")
    whole = (folder / "class0" / "00.png").read_bytes()
    (folder / "class1" / "cut.png").write_bytes(whole[:45])
    table = read(folder)
    for _ in range(2):  # fresh, and from the cache
        opened = open_store(table, SMALL)
        lines = sorted(opened.errors.values())
        assert [line.split()[0] for line in lines] == ["class0/empty.jpg", "class0/text.jpg", "class1/cut.png"]
        assert "is empty (0 bytes)" in lines[0] and "is not an image" in lines[1] and "cut short" in lines[2]
        for row in opened.errors:
            assert opened.pixel_hashes[row] == 0 and not opened.pixels[row].any()
        assert (np.delete(opened.pixel_hashes, list(opened.errors)) != 0).all()


def test_images_that_are_cut_short_are_read_with_a_note(folder):
    whole = (folder / "class0" / "00.png").read_bytes()
    (folder / "class0" / "00.png").write_bytes(whole[:-20])
    (folder / "class1" / "cut.png").write_bytes(whole[: len(whole) // 2])
    for _ in range(2):  # fresh, and from the cache
        opened = open_store(read(folder), SMALL)
        assert not opened.errors
        assert opened.notes == ("2 images are cut short and read as far as possible: class0/00.png, class1/cut.png",)


def test_a_file_that_went_missing_is_an_error_of_its_row(folder):
    table = read(folder)
    (folder / "class0" / "00.png").unlink()
    opened = open_store(table, SMALL)
    assert list(opened.errors) == [0] and "class0/00.png cannot be read: no such file" in opened.errors[0]


def test_nothing_readable_is_a_data_error(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"no")
    with pytest.raises(DataError, match=r"none of 2 images can be read; the first: a/1.png is not an image"):
        open_store(read(tmp_path), ImagePreprocessing.of_size((8, 8, 3)))
    table = read((np.zeros((2, 4, 4), np.uint8), [0, 1]))
    with pytest.raises(DataError, match="no image to read"):
        open_store(table.select(np.array([], int)), ImagePreprocessing.of_size((8, 8, 3)))


def test_memory_is_used_when_the_folder_cannot_be_written(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    opened = open_store(read(folder), SMALL, cache=tmp_path / "file")
    assert "kept in memory" in opened.notes[0] and len(opened.pixels) == 20 and not opened.pixels.flags.writeable
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    full = open_store(read(folder), SMALL)
    assert "not enough space left" in full.notes[0] and entries() == []
    np.testing.assert_array_equal(full.pixels, opened.pixels)


def test_a_disk_that_fills_up_in_the_midst(folder, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    opened = open_store(read(folder), SMALL)
    assert "no space left on device" in opened.notes[0] and len(opened.pixels) == 20 and entries() == []


def test_the_limit_keeps_the_store_in_use(folder, monkeypatch):
    monkeypatch.setenv("OPSIN_CACHE_GIB", str(4500 / 2**30))
    table = read(folder)
    first = open_store(table, SMALL)  # 3,780 bytes of pixels
    second = open_store(table, ImagePreprocessing.of_size((8, 8, 3)))
    assert len(entries()) == 2  # both are in use
    first = np.array(first.pixels)  # lets go
    open_store(table, ImagePreprocessing.of_size((7, 9, 3)))
    assert len(entries()) == 2
    np.testing.assert_array_equal(open_store(table, SMALL).pixels, first)
    assert len(second.pixels) == 20


def test_progress_is_told_and_ends_at_all(folder):
    told: list[tuple[float, float]] = []
    open_store(read(folder), SMALL, progress=lambda stage, done, total, note="": told.append((done, total)))
    assert told[-1] == (20, 20) and told == sorted(told)


def test_two_threads_and_two_processes_at_once(folder):
    table = read(folder)
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(open_store(table, SMALL))) for _ in range(4)]
    script = (
        "import sys; from opsin.data import ImagePreprocessing, open_store, read\n"
        "print(int(open_store(read(sys.argv[1]), ImagePreprocessing.of_size((9, 7, 3))).pixels.sum()))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = int(opened[0].pixels.sum())
    assert all(int(one.pixels.sum()) == total for one in opened)
    assert [int(process.communicate()[0]) for process in processes] == [total, total]
    assert len(entries()) == 1


@pytest.mark.slow
def test_fifty_thousand_images_open_at_once():
    source = Path(os.environ.get("OPSIN_DATA", "")) / "cifar10_jpeg"
    if not os.environ.get("OPSIN_DATA") or not source.exists():
        pytest.skip("OPSIN_DATA names no folder with cifar10_jpeg")
    table = read(source).split("train")
    assert len(open_store(table, ImagePreprocessing.of_size((32, 32, 3))).errors) == 0
    begun = time.process_time()
    again = open_store(table, ImagePreprocessing.of_size((32, 32, 3)))
    assert time.process_time() - begun < 2 and len(again.pixels) == 50_000
