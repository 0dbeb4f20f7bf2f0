"""Architectures, written in the layer language."""

from .registry import create as create
from .registry import names as names
from .weights import WEIGHTS as WEIGHTS
from .weights import Weights as Weights
from .weights import pretrained as pretrained
