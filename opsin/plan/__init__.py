"""Decisions before the first training step: inputs, network, recipe, time budget."""

from .flip_probe import mirror_keeps_class as mirror_keeps_class
from .nearest_mean import balanced as balanced
from .nearest_mean import right_by_nearest_mean as right_by_nearest_mean
from .nearest_mean import shrunk as shrunk
from .network_defaults import Choice as Choice
from .network_defaults import choose_network as choose_network
from .network_defaults import choose_network_of_places as choose_network_of_places
from .object_crops import boxes_around as boxes_around
from .object_crops import cut_out as cut_out
from .recipe_defaults import Situation as Situation
from .recipe_defaults import choose_recipe as choose_recipe
from .time_budget import seconds_per_step as seconds_per_step
