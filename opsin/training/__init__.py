"""Recipe, loop, optimizer, schedule, averaging, checkpoints; one process or many."""

from .interrupt import Interrupted as Interrupted
from .linear_probe import features_of as features_of
from .linear_probe import fit_last_layer as fit_last_layer
from .loop import Job as Job
from .loop import Trainer as Trainer
from .recipe import Recipe as Recipe
from .recipe import Regularization as Regularization
from .kernel_norms import settle_norms as settle_norms
from .inference import raw_over as raw_over
from .patch_whitening import whiten_stem as whiten_stem
