"""Every row once an epoch, in an order that the seed alone decides, on one process or several."""

import itertools
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.data import Augmentation, Batches


def batches(count=24, size=4, augmentation=None, seed=0, part=(0, 1), side=3):
    """Rows 5, 7, 9, ... of a store whose pixel values tell the row; targets are the rows too."""
    rows = 5 + 2 * np.arange(count)
    pixels = np.random.default_rng(1).integers(0, 255, (count * 2 + 6, side, side, 1), dtype=np.uint8)
    pixels[:, 0, 0, 0] = np.arange(len(pixels)) % 256
    return Batches(pixels, rows, torch.from_numpy(rows), size, augmentation or Augmentation(), seed, part)


def epoch(of, number):
    return [of.batch(number * of.per_epoch + position) for position in range(of.per_epoch)]


def seen(of, number):
    return torch.cat([batch.targets for batch in epoch(of, number)]).tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 9))
def test_every_row_at_most_once_and_all_but_a_rest(count, size, seed):
    of = batches(count, size, seed=seed)
    rows = seen(of, 3)
    assert len(set(rows)) == len(rows) and set(rows) <= set(of.rows.tolist())
    assert len(rows) == (count // size * size if count >= size else count)


def test_images_and_targets_belong_together():
    for batch in epoch(batches(), 0):
        assert batch.images[:, 0, 0, 0].tolist() == batch.targets.tolist()
        assert batch.images.dtype == torch.uint8 and batch.images.shape == (4, 3, 3, 1)


def test_orders_differ_by_epoch_and_seed():
    of = batches()
    assert sorted(seen(of, 0)) == sorted(seen(of, 1)) == of.rows.tolist()
    assert seen(of, 0) != seen(of, 1) and seen(of, 0) != seen(replace(of, seed=1), 0)


def test_a_step_can_be_drawn_again_whatever_was_drawn_before():
    of = batches(augmentation=Augmentation(hflip=True, translate=1, brightness_contrast=0.2, random_erasing=1))
    torch.manual_seed(1)
    first = of.batch(17)
    torch.manual_seed(2)
    of.batch(3)
    again = of.batch(17)
    assert torch.equal(first.images, again.images) and torch.equal(first.targets, again.targets)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_stream_is_the_steps_in_order(workers):
    of = batches(augmentation=Augmentation(hflip=True, translate=1))
    with closing(of.stream(4, workers)) as stream:
        for step in range(4, 15):
            batch, expected = next(stream), of.batch(step)
            assert torch.equal(batch.images, expected.images) and torch.equal(batch.targets, expected.targets)


def test_an_image_is_mirrored_in_one_of_two_epochs():
    of = batches(augmentation=Augmentation(hflip=True))
    plain = {int(row): torch.from_numpy(of.pixels[row]) for row in of.rows}
    counts = Counter()
    for number in (0, 1, 2, 3):
        for batch in epoch(of, number):
            for image, row in zip(batch.images, batch.targets.tolist(), strict=True):
                flipped = torch.equal(image, plain[row].flip(1))
                assert flipped or torch.equal(image, plain[row])
                counts[row, number] = int(flipped)
    for row in of.rows.tolist():
        assert [counts[row, n] for n in range(4)] in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert 4 < sum(counts[row, 0] for row in of.rows.tolist()) < 20


@pytest.mark.parametrize("world", [2, 3])
def test_ranks_share_an_epoch(world):
    parts = [batches(part=(rank, world)) for rank in range(world)]
    assert len({part.per_epoch for part in parts}) == 1
    rows = [seen(part, 2) for part in parts]
    assert sorted(itertools.chain(*rows)) == parts[0].rows.tolist()


def test_an_error_of_the_thread_reaches_who_waits_and_the_thread_ends():
    class Broken(np.ndarray):
        def __getitem__(self, index):
            raise OSError("the disk is gone")

    of = batches()
    with (
        pytest.raises(OSError, match="disk is gone"),
        closing(replace(of, pixels=of.pixels.view(Broken)).stream(0)) as s,
    ):
        next(s)
    assert not [t for t in threading.enumerate() if t.name.startswith("opsin-batches")]


def test_a_stream_that_is_left_ends_its_thread():
    stream = batches().stream(0)
    next(stream)
    assert [t for t in threading.enumerate() if t.name.startswith("opsin-batches")]
    stream.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("opsin-batches")]
