"""When the process began: imported before anything slow, so that `--minutes` counts from there."""

import time

STARTED = time.monotonic()
