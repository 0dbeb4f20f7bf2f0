"""The trained thing: network, task and preprocessing in one file; predicting from files."""

from .file import Part as Part
from .load import load as load
from .model import Model as Model
from .head import check_head as check_head
from .provenance import Provenance as Provenance
from .test_time_augmentation import TTA_MODES as TTA_MODES
