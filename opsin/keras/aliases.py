"""The module path of Keras that has another file name here, so that `from opsin.keras.utils import ...` works."""

import sys

from . import tools

utils = tools
sys.modules[f"{__package__}.utils"] = tools
