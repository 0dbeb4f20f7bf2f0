import pytest
import torch
from torch import Tensor

from opsin.model import VIEWS
from opsin.model.test_time_augmentation import average_views


def averaged(answer, images: Tensor, views: str) -> Tensor:
    """For (n, channels, height, width)."""
    return average_views(lambda pixels: answer(pixels.permute(0, 3, 1, 2)), images.permute(0, 2, 3, 1), views)


def corner_sensitive(images: Tensor) -> Tensor:
    """Not symmetric in any way, so that a wrong flip or shift shows."""
    weights = torch.arange(images[0].numel(), dtype=torch.float32).reshape(images.shape[1:])
    return (images * weights).sum((1, 2, 3), keepdim=False)[:, None] ** 2


def reference(images: Tensor, views: str) -> Tensor:
    """airbench's infer_mirror and infer_mirror_translate, spelled out pixel by pixel."""
    mirrored = torch.stack([images[..., width] for width in reversed(range(images.shape[3]))], -1)
    mirror = 0.5 * corner_sensitive(images) + 0.5 * corner_sensitive(mirrored)
    if views == "mirror":
        return mirror
    moved = []
    for step in (-1, 1):  # content moves down-right when the crop starts up-left
        rows = [
            abs(i) if i < images.shape[2] else 2 * images.shape[2] - 2 - i for i in step + torch.arange(images.shape[2])
        ]
        columns = [
            abs(i) if i < images.shape[3] else 2 * images.shape[3] - 2 - i for i in step + torch.arange(images.shape[3])
        ]
        moved.append(reference(images[:, :, rows][:, :, :, columns], "mirror"))
    return 0.5 * mirror + 0.5 * torch.stack(moved).mean(0)


@pytest.mark.parametrize("views", ["mirror", "mirror_shift"])
def test_averages_as_airbench_does(views: str):
    images = torch.rand(3, 2, 5, 4)
    torch.testing.assert_close(averaged(corner_sensitive, images, views), reference(images, views))


def test_one_view_is_the_plain_answer():
    images = torch.rand(3, 2, 5, 4)
    assert torch.equal(averaged(corner_sensitive, images, "one"), corner_sensitive(images))


@pytest.mark.parametrize("views", VIEWS)
def test_looks_as_often_as_it_says(views: str):
    looks = []
    averaged(lambda x: looks.append(1) or corner_sensitive(x), torch.rand(1, 1, 3, 3), views)
    assert len(looks) == VIEWS[views]


def test_a_mirrored_image_answers_the_same():
    images = torch.rand(3, 2, 6, 6)
    both = [averaged(corner_sensitive, x, "mirror") for x in (images, images.flip(3))]
    torch.testing.assert_close(*both)


@pytest.mark.parametrize("views", VIEWS)
def test_whole_numbers_stay_whole(views: str):
    pixels = torch.randint(0, 256, (2, 5, 4, 3), dtype=torch.uint8)
    kinds = []
    average_views(lambda x: kinds.append((x.dtype, x.shape)) or x.float().mean((1, 2)), pixels, views)
    assert set(kinds) == {(torch.uint8, pixels.shape)}
