import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.data import Augmentation
from opsin.data.loading.joint import NO_BOX, UNCLEAR, move

SIZE = (40, 60)


def scene(count=6):
    """Images with one bright rectangle each, its box and its mask."""
    generator = np.random.default_rng(0)
    images = torch.zeros(count, *SIZE, 1, dtype=torch.uint8)
    boxes = torch.full((count, 3, 5), float(NO_BOX))
    masks = torch.zeros(count, *SIZE, dtype=torch.int32)
    for row in range(count):
        top, left = generator.integers(5, 20), generator.integers(5, 35)
        high, wide = generator.integers(8, 14), generator.integers(8, 18)
        images[row, top : top + high, left : left + wide] = 250
        masks[row, top : top + high, left : left + wide] = 3 * 256 + 1
        boxes[row, 0] = torch.tensor([left, top, left + wide, top + high, 2.0])
    return images, boxes, masks


def moved(augmentation, what, places, seed=0):
    images = scene()[0]
    return move(augmentation, images, what, places, torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=30)
@given(st.booleans(), st.integers(0, 8), st.sampled_from([0.0, 0.3]), st.integers(0, 1000))
def test_image_box_and_mask_move_alike(mirror, shift, zoom, seed):
    augmentation = Augmentation(hflip=mirror, translate=shift, scale=zoom)
    _, boxes, masks = scene()
    images, new_boxes = moved(augmentation, boxes, "boxes", seed)
    again, new_masks = moved(augmentation, masks, "mask", seed)
    assert (images == again).all()
    for row in range(len(images)):
        box, cells = new_boxes[row, 0], (new_masks[row] == 3 * 256 + 1).nonzero()
        assert set(new_masks[row].unique().tolist()) <= {0, 3 * 256 + 1}
        if len(cells) and box[4] == 2:
            (top, left), (bottom, right) = cells.amin(0).tolist(), (cells.amax(0) + 1).tolist()
            found = torch.tensor([left, top, right, bottom])
            assert (box[:4] - found).abs().max() <= 1.0  # a mask has whole pixels
            bright = (images[row, :, :, 0] > 125).nonzero()
            assert (bright.amin(0) - cells.amin(0)).abs().max() <= 1
        assert (new_boxes[row, 1:, 4] == NO_BOX).all()


def test_nothing_asked_nothing_changed():
    images, boxes, _ = scene()
    same, same_boxes = moved(Augmentation(), boxes, "boxes")
    assert (same == images).all() and (same_boxes == boxes).all()


def test_a_mirror_is_exact():
    images, boxes, masks = scene()
    every = torch.ones(len(images), dtype=torch.bool)
    flipped, flipped_masks = move(Augmentation(hflip=True), images, masks, "mask", torch.Generator(), every)
    assert (flipped == images.flip(2)).all() and (flipped_masks == masks.flip(2)).all()
    _, flipped_boxes = move(Augmentation(hflip=True), images, boxes, "boxes", torch.Generator(), every)
    assert torch.allclose(flipped_boxes[:, 0, 0], SIZE[1] - boxes[:, 0, 2], atol=1e-4)


def test_quarter_turns_of_a_square_keep_every_pixel():
    masks = torch.randint(0, 9, (16, 24, 24), dtype=torch.uint8)
    images = masks[..., None].clone()
    turned, turned_masks = move(Augmentation(rotate90=True), images, masks, "mask", torch.Generator().manual_seed(0))
    seen = set()
    for row in range(16):
        quarter = next(k for k in range(4) if (torch.rot90(masks[row], k) == turned_masks[row]).all())
        assert (turned[row, :, :, 0] == turned_masks[row]).all()
        seen.add(quarter)
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize(("box", "kind"), [([-5.0, 0, 60, 10], 2.0), ([58.0, 0, 60, 10], NO_BOX), ([50, 0, 60, 9], 2)])
def test_what_leaves_the_view_is_no_box_and_what_hardly_shows_is_unclear(box, kind):
    images = torch.zeros(200, *SIZE, 1, dtype=torch.uint8)
    boxes = torch.tensor([[[*box, 2.0]]]).repeat(200, 1, 1)
    _, found = move(Augmentation(translate=30), images, boxes, "boxes", torch.Generator().manual_seed(0))
    inside = found[found[:, 0, 4] >= 0][:, 0]
    assert (inside[:, 2] > inside[:, 0]).all() and (inside[:, :4] >= 0).all() and (inside[:, 2] <= SIZE[1]).all()
    assert {NO_BOX, UNCLEAR} & set(found[:, 0, 4].tolist())
    unclear = found[found[:, 0, 4] == UNCLEAR][:, 0]
    whole = (box[2] - box[0]) * (box[3] - box[1])
    assert ((unclear[:, 2] - unclear[:, 0]) * (unclear[:, 3] - unclear[:, 1]) <= 0.25 * whole + 1e-3).all()


def test_unknown_mask_values_come_from_outside():
    masks = torch.ones(8, *SIZE, dtype=torch.uint8)
    images = torch.zeros(8, *SIZE, 1, dtype=torch.uint8)
    _, found = move(Augmentation(translate=20), images, masks, "mask", torch.Generator().manual_seed(0))
    assert set(found.unique().tolist()) == {1, 255}
