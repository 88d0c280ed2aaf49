"""What every door does when it cannot start."""

import sys
from typing import NoReturn

from schemas.errors import ConfigError


def refuse(error: ConfigError) -> NoReturn:
    """Ends the process: one line per fault on stderr, exit code 2, no traceback."""
    for fault in error.faults:
        sys.stderr.write(f"ticketsync: {fault}\n")
    sys.exit(2)
