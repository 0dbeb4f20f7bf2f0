"""Loading of image files."""

from . import image as image
