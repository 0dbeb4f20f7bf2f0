import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import ImageStatistics, image_statistics, read


def test_medians_of_readable_images(tmp_path):
    for number, (width, height) in enumerate([(10, 20), (30, 40), (50, 90), (30, 40)]):
        folder = tmp_path / f"class{number % 2}"
        folder.mkdir(exist_ok=True)
        Image.new("L", (width, height)).save(folder / f"{number}.png")
    (tmp_path / "class0" / "broken.png").write_bytes(b"no")
    assert image_statistics(read(tmp_path)) == ImageStatistics(40, 30, False, 4)
    Image.new("RGB", (30, 40)).save(tmp_path / "class1" / "colour.png")
    assert image_statistics(read(tmp_path)) == ImageStatistics(40, 30, True, 5)


def test_only_a_sample_is_inspected():
    table = read((np.zeros((1000, 5, 4, 1), np.uint8), [0, 1] * 500))
    assert image_statistics(table, sample=16) == ImageStatistics(5, 4, False, 16)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.uint16, np.int64, np.float32])
def test_deep_images_are_detected(dtype, tmp_path):
    deep = dtype not in (np.uint8, np.bool_)
    assert image_statistics(read((np.ones((4, 5, 4), dtype), [0, 1] * 2))).deep == deep
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("L", (4, 5)).save(tmp_path / name / "1.png")
    if dtype != np.int64:  # no file has these
        Image.fromarray(np.ones((5, 4), dtype)).save(tmp_path / "b" / "2.tif")
        assert image_statistics(read(tmp_path)).deep == deep


def test_no_readable_image_is_an_error(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(b"text")
    with pytest.raises(DataError, match=r"no image can be read\. Last error: b/1.jpg is not an image"):
        image_statistics(read(tmp_path))
