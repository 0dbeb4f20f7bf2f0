"""Decisions before the first training step: inputs, network, recipe, time budget."""

from .flip_probe import FlipSamples as FlipSamples
from .flip_probe import flip_keeps_target as flip_keeps_target
from .downsample import downsample as downsample
from .object_crops import boxes_from_masks as boxes_from_masks
from .object_crops import crop_objects as crop_objects
from .recipe_defaults import TrainingSetup as TrainingSetup
from .recipe_defaults import default_recipe as default_recipe
from .time_budget import seconds_per_step as seconds_per_step
