"""From predictions to scores with intervals."""

from .predictions import Predictions as Predictions
from .score import Score as Score
from .score import replicates_for as replicates_for
from .score import score as score
