"""Keras's metrics."""

from .accuracies import Accuracy as Accuracy
from .accuracies import BinaryAccuracy as BinaryAccuracy
from .accuracies import CategoricalAccuracy as CategoricalAccuracy
from .accuracies import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from .accuracies import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from .accuracies import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from .accuracies import binary_accuracy as binary_accuracy
from .accuracies import categorical_accuracy as categorical_accuracy
from .accuracies import sparse_categorical_accuracy as sparse_categorical_accuracy
from .accuracies import sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy
from .accuracies import top_k_categorical_accuracy as top_k_categorical_accuracy
from .confusion import AUC as AUC
from .confusion import Precision as Precision
from .confusion import Recall as Recall
from .metric import Mean as Mean
from .metric import Metric as Metric
from .names import MeanAbsoluteError as MeanAbsoluteError
from .names import MeanSquaredError as MeanSquaredError
from .names import RootMeanSquaredError as RootMeanSquaredError
from .names import get as get
from ..missing import missing as _missing

__getattr__ = _missing(__name__)
