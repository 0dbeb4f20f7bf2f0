"""Losses over masks, against closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import generic_filter

from opsin.geometry import IGNORED
from opsin.tasks.segmentation.losses import GAP_WEIGHT, class_loss, gap_loss, gaps, outline_loss, outlines

LOG3 = math.log(3)


def sure(classes, count=3):
    """Outputs that leave no doubt of these classes."""
    return torch.nn.functional.one_hot(classes, count).movedim(3, 1).float() * 60


def test_outputs_that_leave_no_doubt_lose_nothing():
    truth = torch.randint(0, 3, (2, 7, 9), generator=torch.Generator().manual_seed(0))
    assert class_loss(sure(truth), truth, IGNORED).mean().item() == pytest.approx(0, abs=1e-3)


def test_outputs_that_say_nothing_lose_the_entropy_and_the_dice_of_chance():
    truth = torch.zeros(1, 8, 8, dtype=torch.int64)
    truth[:, :4] = 1
    # each class has 64 / 3 of the chances, 32 / 3 of them right; the third class has no pixels and no part
    dice = (2 * 32 / 3 + 1) / (64 / 3 + 32 + 1)
    assert class_loss(torch.zeros(1, 3, 8, 8), truth, IGNORED).mean().item() == pytest.approx(LOG3 + 1 - dice)


def test_unknown_pixels_have_no_part():
    truth = torch.randint(0, 3, (2, 6, 5), generator=torch.Generator().manual_seed(1))
    raw = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(2), requires_grad=True)
    hidden = truth.clone()
    hidden[0, :2] = IGNORED
    loss = class_loss(raw, hidden, IGNORED).mean()
    (gradient,) = torch.autograd.grad(loss, raw)
    assert (gradient[0, :, :2] == 0).all() and (gradient[0, :, 2:] != 0).all()
    nothing = class_loss(raw, torch.full_like(truth, IGNORED), IGNORED).mean()
    nothing.backward()
    assert nothing.item() == 0 and (raw.grad == 0).all()


def test_weights_of_classes_count():
    truth = torch.tensor([[[0, 1]]])
    raw = torch.tensor([[[[0.0, 0.0]], [[0.0, 0.0]]]])
    raw[0, 0, 0, 0] = 2  # right of the first, and nothing of the second
    plain, second = (class_loss(raw, truth, IGNORED, weights=torch.tensor(w)).mean() for w in ([1.0, 1.0], [1.0, 9.0]))
    first = math.log(1 + math.exp(-2))
    assert plain.item() - second.item() == pytest.approx((first + math.log(2)) / 2 - (first + 9 * math.log(2)) / 10)


def test_outlines_lie_on_both_sides_and_between_touching_objects():
    codes = torch.zeros(1, 6, 8, dtype=torch.int32)
    codes[0, 1:5, 1:4], codes[0, 1:5, 4:7] = 256, 512
    expected = np.ones((6, 8), bool)
    expected[2:4, 2], expected[2:4, 5] = False, False
    np.testing.assert_array_equal(outlines(codes)[0].numpy(), expected)
    assert not outlines(torch.full((1, 4, 4), 300)).any()


def test_the_loss_of_outlines_falls_to_nothing():
    codes = torch.zeros(2, 9, 9, dtype=torch.int32)
    codes[0, 3:6, 3:6] = 256
    right = torch.where(outlines(codes), 30.0, -30.0)
    assert outline_loss(right, codes).mean().item() == pytest.approx(0, abs=1e-3)
    assert outline_loss(-right, codes).mean().item() > 20


def scattered(seed):
    """A few small objects, some of which touch."""
    random = np.random.default_rng(seed)
    codes = np.zeros((24, 30), np.int32)
    for number, (y, x) in enumerate(random.integers(0, 22, (9, 2)), 1):
        codes[y : y + random.integers(1, 7), x : x + random.integers(1, 7)] = 256 * number
    return codes


@pytest.mark.parametrize("seed", range(4))
def test_gaps_are_where_two_objects_are_within_two_pixels(seed):
    codes = scattered(seed)
    there = generic_filter(codes, lambda seen: len(set(seen[seen > 0])) > 1, 5, mode="constant", output=bool)
    assert there.any() and not there.all()
    np.testing.assert_array_equal(gaps(torch.from_numpy(codes)[None])[0].numpy(), there)


def test_the_loss_of_gaps_is_of_their_pixels_alone():
    codes = torch.from_numpy(scattered(1))[None]
    raw = torch.zeros(1, 3, 24, 30, requires_grad=True)
    loss = gap_loss(raw, (codes > 0).long(), codes).mean()
    near = gaps(codes)
    assert loss.item() == pytest.approx(GAP_WEIGHT * 2 * math.log(2) * float(near.float().mean()), rel=1e-5)
    (gradient,) = torch.autograd.grad(loss, raw)
    assert torch.equal((gradient != 0).all(1), near) and torch.equal((gradient != 0).any(1), near)
    alone = torch.where(codes == codes.max(), codes, 0)
    assert gap_loss(raw, (alone > 0).long(), alone).mean().item() == 0
