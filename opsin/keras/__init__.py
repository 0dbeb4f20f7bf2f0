"""Keras-compatible API: a Sequential script runs when `tensorflow.keras` is replaced by `opsin.keras`."""

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
