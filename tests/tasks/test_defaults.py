"""Default networks and augmentation, asked of the tasks."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin import zoo
from opsin.core import OutputSpec
from opsin.data import ImageStatistics
from opsin.tasks import Classify, Detect, Instances, MultiLabel, Regress, Segment

CLASSIFY = Classify(("a", "b"))


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 10**6))
def test_the_default_classifier_exists_and_fits(height, width, count):
    choice = CLASSIFY.default_network(ImageStatistics(height, width, True, 8), count, "cpu", None)
    assert choice.name in zoo.names() and "\n" not in choice.reason
    assert min(choice.size) >= 9 and max(choice.size) <= max(128, 9)
    if min(height, width) >= 9 and max(height, width) <= 64:
        assert choice.size == (height, width) and choice.name in ("resnet_small", "resnet_tiny")


def test_little_time_gives_few_filters_and_numbers_are_averaged():
    images = ImageStatistics(32, 32, True, 8)
    assert CLASSIFY.default_network(images, 50_000, "cpu", 120.0).name == "resnet_tiny"
    assert CLASSIFY.default_network(images, 50_000, "cpu", 3600.0).name == "resnet_small"
    assert CLASSIFY.default_network(images, 50_000, "cuda", 120.0).name == "resnet_small"
    regress = Regress(("count",), (0.0,), (1.0,))
    assert regress.default_network(images, 200, "cpu", None).name == "resnet_tiny_average"
    assert regress.default_network(images, 200, "cuda", None).name == "resnet_small"


@pytest.mark.parametrize("task", [Detect(("cell",)), Segment(("background", "cell")), Instances(("cell",))])
def test_spatial_networks_have_the_layout_of_the_task_and_larger_inputs_on_a_gpu(task):
    images = ImageStatistics(960, 1280, True, 8)
    sizes = {}
    for device in ("cpu", "cuda"):
        choice = task.default_network(images, 100, device, None)
        network = zoo.create(choice.name, (64, 96, 3), task.units, output=task.output, activation=None, seed=0)
        assert len(network.output_shape) == 3 and task.output.is_dense
        sizes[device] = choice.size
        assert choice.size[1] / choice.size[0] == pytest.approx(4 / 3, abs=0.01)
    assert max(sizes["cpu"]) < max(sizes["cuda"])


def test_small_images_are_not_blurred_and_numbers_keep_their_amount():
    small, large = (CLASSIFY.default_augmentation(side, hflip=True, rotate90=False, long=True) for side in (32, 224))
    assert small.rotate == small.scale == 0 < large.rotate and small.random_erasing > 0
    regress = Regress(("count",), (0.0,), (1.0,))
    numbers = regress.default_augmentation(224, hflip=False, rotate90=True, long=True)
    assert numbers.scale == numbers.random_erasing == 0 and numbers.rotate90 and not numbers.hflip
    assert not CLASSIFY.default_augmentation(224, hflip=True, rotate90=False, long=False).random_erasing


def test_boxes_are_not_rotated_by_small_angles_and_only_instances_change_the_lamp():
    boxes, masks, objects = (
        task.default_augmentation(256, hflip=True, rotate90=False, long=True)
        for task in (Detect(("cell",)), Segment(("background", "cell")), Instances(("cell",)))
    )
    assert boxes.rotate == 0 < masks.rotate == objects.rotate
    assert not masks.photometric.illumination and objects.photometric.illumination and not objects.brightness_contrast


def test_test_time_augmentation_suits_the_layout():
    assert [CLASSIFY.default_tta(True, side) for side in (32, 224)] == ["hflip_shift", "hflip"]
    assert [task.default_tta(True, 224) for task in (Detect(("a",)), Segment(("a", "b")))] == ["none", "hflip"]
    assert {task.default_tta(False, 32) for task in (CLASSIFY, Detect(("a",)), Segment(("a", "b")))} == {"none"}


def test_outputs_say_what_moves_with_the_image():
    assert CLASSIFY.output == OutputSpec("vector", ranks=(2, 3)) and MultiLabel(("a",)).output == OutputSpec("vector")
    assert Detect(("a",)).output == OutputSpec("grid", "boxes")
    assert Segment(("a", "b")).output == OutputSpec("map", "mask")
    assert Instances(("a",)).output == OutputSpec("map", "instances")
