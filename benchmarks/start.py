"""Start of the command line: `opsin --help`, Python alone, and the import of torch.

    python benchmarks/start.py [ROUNDS]

Prints the best of ROUNDS (7) in seconds, each in a process of its own.
"""

import subprocess
import sys
import time

HELP = "import sys; sys.argv = ['opsin', '--help']; from opsin.cli import main; main()"
PROGRAMS = {
    "python -c pass": "pass",
    "import opsin": "import opsin",
    "opsin --help": HELP,
    "import torch": "import torch",
}


def seconds(program: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for name, program in PROGRAMS.items():
        print(f"{name:16} {min(seconds(program) for _ in range(rounds)):.3f}")
