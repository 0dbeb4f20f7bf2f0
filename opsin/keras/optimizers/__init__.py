"""Keras's optimizers and learning rate schedules."""

from . import schedules as schedules
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .names import get as get
from .optimizer import Optimizer as Optimizer
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD
from ..missing import missing as _missing

__getattr__ = _missing(__name__)
