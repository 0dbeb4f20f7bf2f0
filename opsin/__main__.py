"""`python -m opsin`: the same as the command `opsin`."""

from opsin.cli import main

main()
