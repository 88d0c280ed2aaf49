"""`ticketsync …`, also `python -m cli …`."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Runs one command and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a title may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        from cli.app import app

        app(prog_name="ticketsync")
    except KeyboardInterrupt:  # before a command began
        sys.stderr.write("ticketsync: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
