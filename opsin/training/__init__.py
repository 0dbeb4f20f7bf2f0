"""Training: recipe, loop, optimizer, schedule, weight averaging and checkpoints, in one or several processes."""

from .interrupt import Interrupted as Interrupted
from .loop import TrainJob as TrainJob
from .loop import Trainer as Trainer
from .recipe import Recipe as Recipe
from .time_limit import TimeLimit as TimeLimit
from .recipe import Regularization as Regularization
from .kernel_norms import rescale_kernels as rescale_kernels
from .output_bias import init_output_bias as init_output_bias
from .inference import predict_rows as predict_rows
from .patch_whitening import init_whitening_stem as init_whitening_stem
