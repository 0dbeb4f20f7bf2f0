"""Measurements on a trained network: local connectivity, sharing, hierarchy, invariance, and checked saliency maps."""

from .explanation import Explanation as Explanation
from .explanation import explain_image as explain_image
from .hierarchy import Depth as Depth
from .hierarchy import Patches as Patches
from .invariance import Curve as Curve
from .saliency import Saliency as Saliency
from .windows import LayerWindow as LayerWindow
