"""Recipe, loop, optimizer, schedule, averaging, checkpoints; one process or many."""

from .interrupt import Interrupted as Interrupted
from .last_layer import features_of as features_of
from .last_layer import fit_last_layer as fit_last_layer
from .defaults import Choice as Choice
from .defaults import choose_network as choose_network
from .defaults import choose_network_of_places as choose_network_of_places
from .loop import Job as Job
from .loop import Trainer as Trainer
from .pace import seconds_per_step as seconds_per_step
from .recipe import Recipe as Recipe
from .recipe import Regularization as Regularization
from .recipe import Situation as Situation
from .recipe import choose_recipe as choose_recipe
from .settling import settle_norms as settle_norms
from .validate import raw_over as raw_over
from .whitening import whiten_stem as whiten_stem
