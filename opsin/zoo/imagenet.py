"""What the 1,000 outputs of a network that was trained on ImageNet stand for."""

from functools import cache
from importlib.resources import files


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes in the order of a network's outputs, synonyms after commas.

    >>> imagenet_classes()[281]
    'tabby, tabby cat'
    """
    text = files("opsin.zoo").joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
