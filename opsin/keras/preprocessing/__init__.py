"""Loading of image files."""

from . import image as image
from ..missing import missing as _missing

__getattr__ = _missing(__name__)
