import numpy as np
import pytest
import tifffile
from PIL import Image

from opsin import data


def _classes(folder, write):
    for name in ("a", "b"):
        (folder / name).mkdir()
        for at in range(3):
            write(folder / name / f"{at}.tif")
    return " ".join(data.read(folder).notes)


PIXELS = np.arange(5 * 16 * 16, dtype=np.uint16).reshape(5, 16, 16)


@pytest.mark.parametrize(
    "options",
    [{}, {"imagej": True, "metadata": {"axes": "CYX"}}, {"byteorder": ">"}, {"compression": "zlib"}],
    ids=["pages", "ImageJ", "big-endian", "compressed"],
)
def test_files_of_several_pages_are_named(tmp_path, options):
    notes = _classes(tmp_path, lambda path: tifffile.imwrite(path, PIXELS, **options))
    assert "6 TIFF files with several pages" in notes


def _with_thumbnail(path):
    with tifffile.TiffWriter(path) as file:
        file.write(PIXELS[0])
        file.write(PIXELS[0, ::2, ::2], subfiletype=1)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: tifffile.imwrite(path, PIXELS[0]),
        lambda path: Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path),
        _with_thumbnail,
        lambda path: path.write_bytes(b"II*\0\xff\xff\0\0"),
        lambda path: path.write_bytes(b"II*\0"),
    ],
    ids=["one", "Pillow", "thumbnail", "cut", "short"],
)
def test_one_page_thumbnails_and_damaged_files_are_not(tmp_path, write):
    assert "several pages" not in _classes(tmp_path, write)
