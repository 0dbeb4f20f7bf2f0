"""Architectures, written in the layer language, and weights that were learned on ImageNet."""

from .hub import HubWeights as HubWeights
from .weights import imagenet_classes as imagenet_classes
from .packaged import PackagedWeights as PackagedWeights
from .registry import create as create
from .registry import create_grid as create_grid
from .registry import create_map as create_map
from .registry import grid_names as grid_names
from .registry import map_names as map_names
from .registry import names as names
from .weight_source import Weights as Weights
from .weight_source import WeightsError as WeightsError
from .weights import WEIGHTS as WEIGHTS
from .weights import expected_scale as expected_scale
from .weights import fill_encoder as fill_encoder
from .weights import pretrained as pretrained
