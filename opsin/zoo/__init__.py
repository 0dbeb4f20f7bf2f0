"""Architectures, written in the layer language, and weights that were learned on ImageNet."""

from .hub import HubWeights as HubWeights
from .weights import imagenet_classes as imagenet_classes
from .packaged import PackagedWeights as PackagedWeights
from .registry import create as create
from .registry import create_detector as create_detector
from .registry import create_unet as create_unet
from .registry import detector_names as detector_names
from .registry import unet_names as unet_names
from .registry import names as names
from .weight_source import Weights as Weights
from .weight_source import WeightsError as WeightsError
from .weights import WEIGHTS as WEIGHTS
from .weights import expected_scale as expected_scale
from .weights import load_encoder as load_encoder
from .weights import pretrained as pretrained
