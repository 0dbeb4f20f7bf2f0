"""Architectures, written in the layer language, and weights pretrained on ImageNet."""

from .architecture import Architecture as Architecture
from .hub import HubWeights as HubWeights
from .packaged import PackagedWeights as PackagedWeights
from .registry import create as create
from .registry import encoder_name as encoder_name
from .registry import names as names
from .weight_source import Weights as Weights
from .weight_source import WeightsError as WeightsError
from .weights import WEIGHTS as WEIGHTS
from .weights import expected_scale as expected_scale
from .weights import imagenet_classes as imagenet_classes
from .weights import load_encoder as load_encoder
from .weights import pretrained as pretrained
