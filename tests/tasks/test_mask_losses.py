"""Losses over masks, against closed forms."""

import math

import numpy as np
import pytest
import torch

from opsin.data import IGNORED
from opsin.tasks.mask_losses import class_loss, outline_loss, outlines

LOG3 = math.log(3)


def sure(classes, count=3):
    """Outputs that leave no doubt of these classes."""
    return torch.nn.functional.one_hot(classes, count).movedim(3, 1).float() * 60


def test_outputs_that_leave_no_doubt_lose_nothing():
    truth = torch.randint(0, 3, (2, 7, 9), generator=torch.Generator().manual_seed(0))
    assert class_loss(sure(truth), truth, IGNORED).item() == pytest.approx(0, abs=1e-3)


def test_outputs_that_say_nothing_lose_the_entropy_and_the_dice_of_chance():
    truth = torch.zeros(1, 8, 8, dtype=torch.int64)
    truth[:, :4] = 1
    # each class has 64 / 3 of the chances, 32 / 3 of them right; the third class has no pixels and no part
    dice = (2 * 32 / 3 + 1) / (64 / 3 + 32 + 1)
    assert class_loss(torch.zeros(1, 3, 8, 8), truth, IGNORED).item() == pytest.approx(LOG3 + 1 - dice)


def test_unknown_pixels_have_no_part():
    truth = torch.randint(0, 3, (2, 6, 5), generator=torch.Generator().manual_seed(1))
    raw = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(2), requires_grad=True)
    hidden = truth.clone()
    hidden[0, :2] = IGNORED
    loss = class_loss(raw, hidden, IGNORED)
    (gradient,) = torch.autograd.grad(loss, raw)
    assert (gradient[0, :, :2] == 0).all() and (gradient[0, :, 2:] != 0).all()
    nothing = class_loss(raw, torch.full_like(truth, IGNORED), IGNORED)
    nothing.backward()
    assert nothing.item() == 0 and (raw.grad == 0).all()


def test_weights_of_classes_count():
    truth = torch.tensor([[[0, 1]]])
    raw = torch.tensor([[[[0.0, 0.0]], [[0.0, 0.0]]]])
    raw[0, 0, 0, 0] = 2  # right of the first, and nothing of the second
    plain, second = (class_loss(raw, truth, IGNORED, weights=torch.tensor(w)) for w in ([1.0, 1.0], [1.0, 9.0]))
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
    assert outline_loss(right, codes).item() == pytest.approx(0, abs=1e-3)
    assert outline_loss(-right, codes).item() > 20
