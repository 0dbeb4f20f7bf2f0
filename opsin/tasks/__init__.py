"""The uses: each one frozen record of target, loss, answer, scores and drawings."""

from .charts import Chart as Chart
from .charts import Curve as Curve
from .charts import Histogram as Histogram
from .charts import Lines as Lines
from .charts import Matrix as Matrix
from .charts import Points as Points
from .choose import choose as choose
from .choose import task_from_json as task_from_json
from .classify import Classify as Classify
from .detect import Detect as Detect
from .instances import Instances as Instances
from .multilabel import MultiLabel as MultiLabel
from .regress import Regress as Regress
from .segment import Segment as Segment
from .task import Scorer as Scorer
from .task import Task as Task
