"""Identity-balanced batches: several images of each of several identities, drawn from the seed and the step alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import Augmentation, Batches
from opsin.data.loading.sampling import IMAGES_PER_IDENTITY, rows_by_identity


def gallery(identities, size, seed=0, part=(0, 1)):
    """Batches whose images hold their own row."""
    rows = np.arange(len(identities))
    pixels = np.zeros((len(rows), 2, 2, 1), np.uint8)
    pixels[:, 0, 0, 0] = rows % 256
    targets = torch.tensor(identities)
    return Batches(pixels, rows, targets, size, Augmentation(), seed, part, sampler="identity-balanced")


people = st.lists(st.integers(0, 12), min_size=1, max_size=80)


@given(people, st.integers(1, 40), st.integers(0, 3), st.integers(0, 200))
@settings(max_examples=80, deadline=None)
def test_a_batch_is_p_identities_times_k_images(identities, size, seed, step):
    of = gallery(identities, size, seed)
    batch = of.batch(step)
    counts = {one: batch.targets.tolist().count(one) for one in batch.targets.tolist()}
    wanted = min(max(1, size // IMAGES_PER_IDENTITY), len(set(identities)))
    assert len(counts) == wanted and set(counts.values()) == {max(1, size // wanted)}
    for identity, count in counts.items():
        images = batch.images[batch.targets == identity][:, 0, 0, 0].tolist()
        assert all(identities[row] == identity for row in images)
        assert len(set(images)) == min(count, identities.count(identity))  # repeated only where there are too few
    again = replace(of).batch(step)
    assert torch.equal(again.images, batch.images) and torch.equal(again.targets, batch.targets)


@given(st.integers(4, 40), st.integers(1, 8), st.integers(1, 3), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_identities_come_equally_often_and_processes_do_not_share_them(count, identities_a_batch, world, seed):
    identities = [number % count for number in range(3 * count)]
    size = IMAGES_PER_IDENTITY * identities_a_batch
    parts = [gallery(identities, size, seed, (rank, world)) for rank in range(world)]
    in_a_batch = min(identities_a_batch, count // world)
    steps = max(1, count // (in_a_batch * world))
    for round_number in range(3):
        seen = []
        for step in range(round_number * steps, (round_number + 1) * steps):
            for part in parts:
                seen += set(part.batch(step).targets.tolist())
        assert len(seen) == len(set(seen)) == steps * in_a_batch * world


def test_every_image_is_drawn_in_the_end():
    of = gallery([0] * 20 + [1] * 5 + [2] * 3, 12)
    seen = {row for step in range(60) for row in of.batch(step).images[:, 0, 0, 0].tolist()}
    assert seen == set(range(28))
    assert [one.tolist() for one in rows_by_identity(torch.tensor([5, 2, 5, 9]))] == [[1], [0, 2], [3]]


def test_other_steps_and_seeds_give_other_batches():
    of = gallery([number % 30 for number in range(300)], 32)
    first = of.batch(0).images
    assert not torch.equal(first, of.batch(1).images)
    assert not torch.equal(first, replace(of, seed=1).batch(0).images)


def test_targets_must_name_one_identity_for_each_row():
    with pytest.raises(DataError, match="one identity for each row"):
        replace(gallery([0, 1], 2), targets=torch.zeros(2, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_volumes_are_gathered_as_they_are(dtype):
    pixels = np.random.default_rng(0).integers(0, 255, (9, 3, 4, 5, 2)).astype(dtype)
    of = Batches(pixels, np.arange(1, 9), torch.arange(1, 9), 4, Augmentation(), 0)
    for step in range(4):
        batch = of.batch(step)
        assert batch.images.dtype == torch.from_numpy(pixels).dtype
        np.testing.assert_array_equal(batch.images.numpy(), pixels[batch.targets.numpy()])
    with pytest.raises(DataError, match="augmentation is for images"):
        replace(of, augmentation=Augmentation(hflip=True))
