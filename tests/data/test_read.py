import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import IDENTITIES, LABELS, read


@pytest.fixture
def folder(tmp_path):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    return tmp_path


def test_several_fitting_formats_are_refused(folder):
    (folder / "labels.csv").write_text("path,label\ncat/1.png,x\ndog/1.png,y\n")
    np.savez(folder / "set.npz", images=np.zeros((4, 4, 4)), labels=np.arange(4) % 2)
    with pytest.raises(
        DataError,
        match=r"fits 3 formats: class folders, the table labels.csv, set.npz\. Expected one\. Fix: name one file, such",
    ):
        read(folder)
    assert len(read(folder / "labels.csv")) == 2  # named, it is clear


def test_a_csv_without_targets_or_files_is_not_a_match(folder):
    (folder / "statistics.csv").write_text("name,mean\ncat,1\n")
    (folder / "broken.csv").write_bytes(b"\xff\xfe\x00")
    assert read(folder).target.names == ("cat", "dog")


@pytest.mark.parametrize("source", ["nowhere", "file.xyz", 5, None, (1, 2, 3), np.zeros((4, 4))])
def test_sources_that_are_not_data_sets(tmp_path, source):
    (tmp_path / "file.xyz").touch()
    with pytest.raises(DataError, match="Expected") as error:
        read(tmp_path / source if isinstance(source, str) else source)
    assert "\n" not in str(error.value)


def test_the_kind_is_passed_on_and_checked(folder):
    assert read(folder, LABELS).target.kind is LABELS
    assert read(folder, "identities").target.kind is IDENTITIES
    with pytest.raises(DataError, match="'guess' is unknown"):
        read(folder, "guess")
