"""Warped pixels beside torch's own affine sampling, and what OpenCV is asked to leave alone."""

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from opsin.data.loading.warp import warp_affine, warp_masks

SIZE = (24, 36)


def smooth(count, channels):
    """Slowly changing images."""
    coarse = torch.rand(count, channels, 4, 5, generator=torch.Generator().manual_seed(0)) * 255
    return F.interpolate(coarse, SIZE, mode="bicubic").clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def maps(seed, count):
    draw = np.random.default_rng(seed)
    angle, scale, flip = draw.uniform(-3.2, 3.2, count), draw.uniform(0.7, 1.4, count), draw.choice([-1, 1], count)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    shift = draw.uniform(-9, 9, (2, count))
    rows = [[cosine * flip, -sine, shift[0]], [sine * flip, cosine, shift[1]]]
    return torch.from_numpy(np.array(rows).transpose(2, 0, 1).copy())


def grid(forward):
    """What torch wants: where the pixels of the moved image come from, from -1 to 1."""
    back = torch.linalg.inv(torch.cat([forward, torch.tensor([[[0.0, 0, 1]]]).double().expand(len(forward), 1, 3)], 1))
    half = torch.tensor([SIZE[1] / 2, SIZE[0] / 2]).double()
    linear = back[:, :2, :2] * half / half[:, None]
    theta = torch.cat([linear, (back[:, :2, 2] / half)[:, :, None]], 2)
    return F.affine_grid(theta, [len(forward), 1, *SIZE], align_corners=False).float()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3]))
def test_pixels_are_torchs_within_rounding(seed, channels):
    images, forward = smooth(4, channels), maps(seed, 4)
    planes, where = images.permute(0, 3, 1, 2).float(), grid(forward)
    reflected = F.grid_sample(planes, where, padding_mode="reflection", align_corners=False)
    assert (warp_affine(images, forward).permute(0, 3, 1, 2) - reflected).abs().max() <= 1
    mean = images.float().mean((1, 2))
    lifted = planes - mean[:, :, None, None]
    filled = F.grid_sample(lifted, where, padding_mode="zeros", align_corners=False) + mean[:, :, None, None]
    assert (warp_affine(images, forward, mean).permute(0, 3, 1, 2) - filled).abs().max() <= 1


@pytest.mark.parametrize(("kind", "outside"), [(torch.uint8, 255), (torch.int32, 0)])
def test_masks_take_the_nearest_value_and_keep_large_codes(kind, outside):
    drawn = np.random.default_rng(0).integers(0, 200, (4, SIZE[0] // 6, SIZE[1] // 6))
    blocks = torch.from_numpy(drawn).to(kind)
    if kind == torch.int32:
        blocks = blocks * 256 + 65_000
    masks, forward = blocks.repeat_interleave(6, 1).repeat_interleave(6, 2), maps(3, 4)
    found = warp_masks(masks, forward, outside)
    lifted = (masks.float() - outside)[:, None]
    expected = F.grid_sample(lifted, grid(forward), mode="nearest", align_corners=False)[:, 0] + outside
    assert found.dtype == kind and (found == expected.to(kind)).float().mean() > 0.97  # else half-way between two
    assert set(found.unique().tolist()) <= {outside, *masks.unique().tolist()}


def test_the_owners_number_of_threads_stays():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        warp_affine(smooth(1, 3), maps(0, 1))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
