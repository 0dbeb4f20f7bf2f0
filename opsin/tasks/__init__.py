"""Tasks: frozen records of target, loss, decoding, scores and drawings."""

from .registry import choose as choose
from .registry import names as names
from .registry import register as register
from .registry import target_kind as target_kind
from .registry import task_from_json as task_from_json
from .classification.classify import Classify as Classify
from .detection.detect import Detect as Detect
from .embedding import Embed as Embed
from .segmentation.instances import Instances as Instances
from .classification.multilabel import MultiLabel as MultiLabel
from .regression import Regress as Regress
from .segmentation.segment import Segment as Segment
from .task import NetworkChoice as NetworkChoice
from .task import Scorer as Scorer
from .task import Task as Task
