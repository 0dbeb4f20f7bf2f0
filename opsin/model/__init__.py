"""The trained thing: network, task and preparation in one file; predicting from files."""

from .load import load as load
from .model import Model as Model
from .model import check_ends as check_ends
from .test_time_augmentation import VIEWS as VIEWS
