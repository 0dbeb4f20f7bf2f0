"""Architectures, written in the layer language."""

from .registry import create as create
from .registry import names as names
