"""A process of its own that renews a grant: `python -m tests.store.renewing` with its settings.

Prints one line: the token it may use now, or the error.
"""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from runtime.credentials import Secrets
from runtime.sealing import Sealing
from schemas.errors import TicketsyncError
from store.database import open_store
from store.grants import Grants
from tests.oauth_server import ENVIRON, PLAN
from tests.trackers.stand_ins import a_source
from trackers.oauth import Granted


def main() -> None:
    """Waits for the starting shot, a file, so that all processes ask at one moment."""
    told = json.loads(sys.argv[1])
    store = open_store(told["database"], Path(told["folder"]))
    lease = timedelta(seconds=told["lease_seconds"])
    grants = Grants(store, Sealing(told["keys"], Path("unused")), lease_length=lease)
    source = a_source("gitlab", f"{told['server']}/group/project", auth="oauth")
    authority = Granted(told["server"], source, Secrets(ENVIRON, grants), PLAN)
    print("ready", flush=True)
    while not Path(told["shot"]).exists():
        time.sleep(0.005)
    try:
        print(authority.header(), flush=True)
    except TicketsyncError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
    store.close()


if __name__ == "__main__":
    main()
