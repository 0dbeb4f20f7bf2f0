import pytest

from opsin.core import did_you_mean

NETWORKS = ["simple", "resnet_small", "resnet18", "efficientnet_lite0"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("resnet-18", "resnet18"), ("ResNet18", "resnet18"), ("efficientnet", "efficientnet_lite0"), ("smiple", "simple")],
)
def test_the_most_similar_name_is_suggested(typed, meant):
    assert did_you_mean(typed, NETWORKS) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize("typed", ["", "vgg", "/a/b/c.py"])
def test_nothing_is_suggested_for_other_words(typed):
    assert did_you_mean(typed, NETWORKS) == ""
