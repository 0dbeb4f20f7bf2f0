import pytest
import torch
from torch import Tensor

from opsin.model import TTA_MODES
from opsin.model.test_time_augmentation import tta_average


def averaged(answer, images: Tensor, tta: str) -> Tensor:
    """For (n, channels, height, width)."""
    return tta_average(lambda pixels: answer(pixels.permute(0, 3, 1, 2)), images.permute(0, 2, 3, 1), tta)


def corner_sensitive(images: Tensor) -> Tensor:
    """Not symmetric in any way, so that a wrong flip or shift shows."""
    weights = torch.arange(images[0].numel(), dtype=torch.float32).reshape(images.shape[1:])
    return (images * weights).sum((1, 2, 3), keepdim=False)[:, None] ** 2


def reference(images: Tensor, tta: str) -> Tensor:
    """airbench's infer_mirror and infer_mirror_translate, spelled out pixel by pixel."""
    mirrored = torch.stack([images[..., width] for width in reversed(range(images.shape[3]))], -1)
    mirror = 0.5 * corner_sensitive(images) + 0.5 * corner_sensitive(mirrored)
    if tta == "hflip":
        return mirror
    moved = []
    for step in (-1, 1):  # content moves down-right when the crop starts up-left
        rows = [
            abs(i) if i < images.shape[2] else 2 * images.shape[2] - 2 - i for i in step + torch.arange(images.shape[2])
        ]
        columns = [
            abs(i) if i < images.shape[3] else 2 * images.shape[3] - 2 - i for i in step + torch.arange(images.shape[3])
        ]
        moved.append(reference(images[:, :, rows][:, :, :, columns], "hflip"))
    return 0.5 * mirror + 0.5 * torch.stack(moved).mean(0)


@pytest.mark.parametrize("tta", ["hflip", "hflip_shift"])
def test_averages_as_airbench_does(tta: str):
    images = torch.rand(3, 2, 5, 4)
    torch.testing.assert_close(averaged(corner_sensitive, images, tta), reference(images, tta))


def test_one_view_is_the_plain_answer():
    images = torch.rand(3, 2, 5, 4)
    assert torch.equal(averaged(corner_sensitive, images, "none"), corner_sensitive(images))


@pytest.mark.parametrize("tta", TTA_MODES)
def test_looks_as_often_as_it_says(tta: str):
    looks = []
    averaged(lambda x: looks.append(1) or corner_sensitive(x), torch.rand(1, 1, 3, 3), tta)
    assert len(looks) == TTA_MODES[tta]


def test_a_mirrored_image_answers_the_same():
    images = torch.rand(3, 2, 6, 6)
    both = [averaged(corner_sensitive, x, "hflip") for x in (images, images.flip(3))]
    torch.testing.assert_close(*both)


@pytest.mark.parametrize("tta", TTA_MODES)
def test_whole_numbers_stay_whole(tta: str):
    pixels = torch.randint(0, 256, (2, 5, 4, 3), dtype=torch.uint8)
    kinds = []
    tta_average(lambda x: kinds.append((x.dtype, x.shape)) or x.float().mean((1, 2)), pixels, tta)
    assert set(kinds) == {(torch.uint8, pixels.shape)}
