"""Keras's callbacks."""

from .callback import Callback as Callback
from .callback import LambdaCallback as LambdaCallback
from .callback_list import CallbackList as CallbackList
from .checkpoint import ModelCheckpoint as ModelCheckpoint
from .history import History as History
from .monitor import EarlyStopping as EarlyStopping
from .monitor import ReduceLROnPlateau as ReduceLROnPlateau
from .simple import CSVLogger as CSVLogger
from .simple import LearningRateScheduler as LearningRateScheduler
from .simple import TerminateOnNaN as TerminateOnNaN
from ..missing import missing as _missing

__getattr__ = _missing(__name__)
