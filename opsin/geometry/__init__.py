"""Coordinates: boxes, placement of an image in the network's input, tiles, polygons and run-length encoded masks."""

from .layout import BOX_COLUMNS as BOX_COLUMNS
from .layout import IGNORED as IGNORED
from .orientation import Orientation as Orientation
from .orientation import orientation_of as orientation_of
from .placement import Placement as Placement
