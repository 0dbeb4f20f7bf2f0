"""The volumes of the demo: a data set to train on and a series to predict on, written once."""

import numpy as np
import pytest

import opsin
from opsin.cli import demo_volumes
from opsin.cli.progress import Lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_volumes, "COUNT", 4)
        yield demo_volumes.write_volumes(tmp_path_factory.mktemp("demo") / "data", Lines())


def test_they_are_a_data_set_and_a_study(folder):
    table = opsin.data.read(folder)
    assert table.target.names == ("background", "lesion") and len(table) == 4
    for id in table.rows["id"].to_list():
        volume, mask = table.images.read(id), table.masks.read(id)
        assert volume.spacing == pytest.approx(demo_volumes.SPACING) and 0.003 < mask.mean() < 0.3
    study = opsin.read_study(folder / demo_volumes.STUDY)
    assert study.shape == demo_volumes.SHAPE and study.spacing == pytest.approx(demo_volumes.SPACING)
    assert study.array.min() >= -1024 and study.array.max() > 100 and len(study.files) == demo_volumes.SHAPE[0]


def test_they_are_written_once(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert demo_volumes.write_volumes(folder, Lines()) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_number_gives_the_same_volume():
    slices = demo_volumes._sources()[1]
    one, other, third = (demo_volumes.compose(slices, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0], other[0])
    assert not np.array_equal(one[1], third[1])
