"""Bounded readers of the serialization of dlib (http://dlib.net, `serialize.h`): no pickle, no dlib."""

from .layers import NetworkLayer as NetworkLayer
from .layers import read_network as read_network
from .trees import Cascade as Cascade
from .trees import TreeCascades as TreeCascades
from .trees import read_trees as read_trees
