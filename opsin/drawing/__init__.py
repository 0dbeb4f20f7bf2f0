"""Pictures of predictions: boxes, masks and charts as data."""

from .charts import Chart as Chart
from .charts import Curve as Curve
from .charts import Histogram as Histogram
from .legend import Key as Key
from .charts import Lines as Lines
from .charts import Matrix as Matrix
from .charts import Points as Points
