"""What is decided before the first step, and how that follows from the data and from what was asked."""

import numpy as np
import pytest

from opsin.core import DataError, NetworkError, silent
from opsin.plan.plan import MAX_VALIDATION, TrainOptions, make_plan


@pytest.fixture
def decide(tmp_path):
    """Prepares a run of these options that began `age` seconds ago."""

    def run(data, age=0.0, **options):
        options = TrainOptions(**{"device": "cpu", "epochs": 2, "model": "simple", **options})
        return make_plan(data, options, lambda task, origin: tmp_path / f"{task}-of", lambda: age, silent)

    return run


def test_the_network_fits_the_images_and_the_classes(decide, colours, tmp_path):
    prepared = decide(colours)
    model = prepared.job.model
    assert model.network.input_shape == (14, 14, 3) and model.network.output_shape == (3,)
    assert model.task.names == ("blue", "green", "red")
    assert prepared.job.folder == tmp_path / "classify-of"
    assert "simple at 14x14: requested" in prepared.reasons[0]


def test_splits_do_not_overlap_and_hold_every_image(decide, colours):
    source = decide(colours).dataset
    rows = [set(source.rows(split).tolist()) for split in ("train", "valid", "test")]
    assert sum(map(len, rows)) == len(set.union(*rows)) == 90
    assert min(map(len, rows)) >= 6


def test_validation_takes_no_more_images_than_it_needs(decide):
    generator = np.random.default_rng(0)
    count = 30_000
    images = generator.integers(0, 256, (count, 3, 3), np.uint8)
    source = decide((images, generator.integers(0, 2, count)), size=12).dataset
    assert len(source.rows("valid")) <= MAX_VALIDATION * 1.1
    assert len(source.rows("test")) > MAX_VALIDATION


def test_mirroring_is_what_was_asked_for(decide, colours):
    for asked in (True, False):
        prepared = decide(colours, hflip=asked)
        assert prepared.job.recipe.augmentation.hflip is asked
        assert (prepared.job.model.tta == "none") is not asked
        assert "requested" in prepared.reasons[1]


def test_the_same_seed_decides_the_same(decide, colours):
    first, again, other = (decide(colours, seed=seed) for seed in (3, 3, 4))
    splits = [run.dataset.table.rows["split"].to_list() for run in (first, again, other)]
    assert splits[0] == splits[1] != splits[2]
    weights = [next(run.job.model.network.parameters()).detach().numpy() for run in (first, again, other)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_minutes_leave_time_for_reading_and_for_the_report(decide, colours):
    soon, late = (decide(colours, epochs=None, minutes=1.0, age=age).job.limit.seconds for age in (0.0, 30.0))
    assert 40 < soon < 60
    assert soon - late == pytest.approx(30, abs=3)


def test_no_time_left_is_said_with_its_reasons(decide, colours):
    with pytest.raises(DataError, match=r"--minutes 1 leaves no time to train: reading took 59 s"):
        decide(colours, epochs=None, minutes=1.0, age=59.0)


def test_class_weights_are_for_classes(decide, draw):
    images = np.stack([np.asarray(draw("blue", i)) for i in range(12)])
    with pytest.raises(DataError, match="class-weights"):
        decide((images, np.linspace(0.5, 2, 12)), class_weights=True)


def test_an_unknown_network_lists_the_known(decide, colours):
    with pytest.raises(NetworkError, match="resnet18"):
        decide(colours, model="resnet_huge")
