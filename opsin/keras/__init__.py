"""Keras-compatible API: a Sequential script runs when `tensorflow.keras` is replaced by `opsin.keras`."""

import sys

from . import activations as activations
from . import backend as backend
from . import callbacks as callbacks
from . import initializers as initializers
from . import layers as layers
from . import losses as losses
from . import metrics as metrics
from . import mixed_precision as mixed_precision
from . import models as models
from . import optimizers as optimizers
from . import preprocessing as preprocessing
from . import regularizers as regularizers
from . import utils as utils
from .layers.input import Input as Input
from .sequential import Sequential as Sequential
from .missing import MissingModules as _MissingModules
from .missing import missing as _missing

__getattr__ = _missing(__name__)
sys.meta_path.append(_MissingModules)
