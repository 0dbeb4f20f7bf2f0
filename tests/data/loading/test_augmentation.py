"""Images are moved, never invented: against NumPy's own padding and slicing."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.data import Augmentation

CHANNELS = st.sampled_from([1, 3])
SIDES = st.integers(1, 9)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def windows(image, shift):
    """Every whole-pixel shift of an image with reflected borders."""
    padded = np.pad(image, ((shift, shift), (shift, shift), (0, 0)), mode="reflect")
    height, width = image.shape[:2]
    return {padded[y : y + height, x : x + width].tobytes() for y in range(2 * shift + 1) for x in range(2 * shift + 1)}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), SIDES, SIDES, CHANNELS, st.integers(0, 4))
def test_shift_and_mirror_are_exact_gathers(seed, height, width, channels, shift):
    images = noise(seed, 5, height, width, channels)
    mirrored = torch.tensor([True, False, True, False, True])
    out = Augmentation(hflip=True, translate=shift)(images, generator(seed), mirrored)
    assert out.shape == images.shape and out.dtype == torch.uint8
    for before, after, flipped in zip(images.numpy(), out.numpy(), mirrored, strict=True):
        plain = np.ascontiguousarray(after[:, ::-1]) if flipped else after
        assert plain.tobytes() in windows(before, shift)


def test_every_shift_happens():
    image = torch.arange(49, dtype=torch.uint8).reshape(1, 7, 7, 1)
    out = Augmentation(translate=1)(image.repeat(400, 1, 1, 1), generator())
    assert {one.tobytes() for one in out.numpy()} == windows(image[0].numpy(), 1)


def test_mirror_alone_is_a_flip_of_those_that_are_named():
    images = noise(0, 4, 3, 5, 3)
    mirrored = torch.tensor([True, False, False, True])
    out = Augmentation(hflip=True)(images, generator(), mirrored)
    assert torch.equal(out[mirrored], images[mirrored].flip(2)) and torch.equal(out[~mirrored], images[~mirrored])
    assert torch.equal(Augmentation()(images, generator(), mirrored), images)


def test_mirror_without_names_flips_about_half():
    images = noise(0, 400, 2, 2, 1)
    out = Augmentation(hflip=True)(images, generator())
    moved = [(a != b).any() for a, b in zip(images, out, strict=True)]
    assert 130 < sum(map(int, moved)) < 270


def test_quarter_turns_are_numpys_and_all_happen():
    image = noise(1, 1, 4, 4, 3)
    out = Augmentation(rotate90=True)(image.repeat(80, 1, 1, 1), generator())
    turned = {np.ascontiguousarray(np.rot90(image[0].numpy(), k)).tobytes() for k in range(4)}
    assert {np.ascontiguousarray(one).tobytes() for one in out.numpy()} == turned
    wide = noise(1, 3, 4, 6, 3)
    assert torch.equal(Augmentation(rotate90=True)(wide, generator()), wide)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 16), st.integers(4, 16), st.integers(1, 6))
def test_erasing_covers_at_most_a_square_with_the_mean(seed, height, width, side):
    images = noise(seed, 8, height, width, 3)
    out = Augmentation(random_erasing=side)(images, generator(seed))
    for before, after in zip(images, out, strict=True):
        rows, columns, _ = torch.nonzero(before != after, as_tuple=True)
        if len(rows):
            assert int(rows.max() - rows.min()) < side and int(columns.max() - columns.min()) < side
            changed = (before != after).any(-1)
            mean = before.float().mean((0, 1)).to(torch.uint8)
            assert (after[changed] == mean).all()


def test_light_keeps_the_order_of_brightness():
    images = torch.arange(60, 160, dtype=torch.uint8).reshape(1, 10, 10, 1).repeat(20, 1, 1, 1)
    out = Augmentation(brightness_contrast=0.3)(images, generator()).int()
    assert (out.flatten(1).diff(dim=1) >= 0).all()
    assert len({tuple(one.flatten().tolist()) for one in out}) > 15
    assert (out.float().mean((1, 2, 3)) - images.float().mean()).abs().max() < 0.31 * 110 + 1


def test_rotation_and_zoom_keep_shapes_round_on_oblong_images():
    y, x = np.mgrid[:40, :80]
    disc = (((y - 19.5) ** 2 + (x - 39.5) ** 2) < 144).astype(np.uint8)[None, :, :, None] * 255
    out = Augmentation(rotate=45)(torch.from_numpy(disc).repeat(10, 1, 1, 1), generator()).float() / 255
    assert (out - torch.from_numpy(disc).float() / 255).abs().mean() < 0.01
    areas = (Augmentation(scale=0.2)(torch.from_numpy(disc).repeat(30, 1, 1, 1), generator()) > 127).sum((1, 2, 3))
    ratio = areas / float((disc > 0).sum())
    assert ratio.min() > np.exp(-0.42) and ratio.max() < np.exp(0.42) and ratio.max() > 1.1 > 0.9 > ratio.min()


@pytest.mark.parametrize(
    "name", ["translate", "rotate", "scale", "brightness_contrast", "random_erasing", "rotate90", "hflip"]
)
def test_one_seed_gives_one_picture_and_the_input_stays(name):
    images = noise(3, 6, 12, 12, 3)
    kept, change = images.clone(), Augmentation(**{name: {"scale": 0.2, "brightness_contrast": 0.3}.get(name, 2)})
    first, again = change(images, generator(5)), change(images, generator(5))
    assert torch.equal(first, again) and torch.equal(images, kept) and first.dtype == torch.uint8
    assert not torch.equal(first, images)
