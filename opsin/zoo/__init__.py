"""Architectures, written in the layer language, and weights that were learned on ImageNet."""

from .hub import HubWeights as HubWeights
from .imagenet import imagenet_classes as imagenet_classes
from .packaged import PackagedWeights as PackagedWeights
from .registry import create as create
from .registry import names as names
from .source import Weights as Weights
from .source import WeightsError as WeightsError
from .weights import WEIGHTS as WEIGHTS
from .weights import expected_scale as expected_scale
from .weights import pretrained as pretrained
