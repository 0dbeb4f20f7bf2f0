"""Start time of the process. Imported before any slow module, so that `--minutes` includes the imports."""

import time

STARTED = time.monotonic()
