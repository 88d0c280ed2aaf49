"""`python -m reconciler`: the schedule, or with `--once` one run of every source (a CronJob)."""

import signal
import sys
from types import FrameType

from reconciler import app, schedule
from runtime.start import refuse
from schemas.errors import ConfigError


def main(arguments: list[str]) -> int:
    """Exit code 0, also after SIGTERM; 1 if a single run failed; 2 for a configuration fault."""
    try:
        parts, bell, telemetry = app.build()
    except ConfigError as error:
        refuse(error)
    try:
        if "--once" in arguments:
            went_well = [schedule.run_one(parts, source) for source in parts.sources.values()]
            return 0 if all(went_well) else 1
        _serve(schedule.Scheduler(parts))
    finally:
        bell.close()
        parts.store.close()
        telemetry.close()
    return 0


def _serve(scheduler: schedule.Scheduler) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        scheduler.end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    scheduler.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
