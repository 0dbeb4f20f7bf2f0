"""Keras's losses."""

from .crossentropy import BinaryCrossentropy as BinaryCrossentropy
from .crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from .crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from .crossentropy import binary_crossentropy as binary_crossentropy
from .crossentropy import categorical_crossentropy as categorical_crossentropy
from .crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from .margins import Hinge as Hinge
from .regression import Huber as Huber
from .regression import KLDivergence as KLDivergence
from .regression import LogCosh as LogCosh
from .regression import MeanAbsoluteError as MeanAbsoluteError
from .regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from .regression import MeanSquaredError as MeanSquaredError
from .regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from .regression import Poisson as Poisson
from .margins import SquaredHinge as SquaredHinge
from .margins import hinge as hinge
from .regression import huber as huber
from .regression import kl_divergence as kl_divergence
from .regression import log_cosh as log_cosh
from .regression import mean_absolute_error as mean_absolute_error
from .regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from .regression import mean_squared_error as mean_squared_error
from .regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from .regression import poisson as poisson
from .margins import squared_hinge as squared_hinge
from .loss import Loss as Loss
from .names import get as get
from ..missing import missing as _missing

__getattr__ = _missing(__name__)
