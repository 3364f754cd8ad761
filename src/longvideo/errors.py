"""The one error that users see: a line that says what was expected, what was found and what to do."""

import sys
from collections.abc import Callable

USAGE_EXIT_STATUS = 2


class UserError(Exception):
    """A wrong call, file or value; its message is one line for the user."""


def report(message: str) -> None:
    """Print the message of an error as one line on stderr."""
    print(f"longvideo: {' '.join(message.split())}", file=sys.stderr, flush=True)


def run_main(main: Callable[[], int | None]) -> None:
    """Run a command's main function; a `UserError` becomes one line on stderr and exit status 2."""
    try:
        status = main()
    except UserError as error:
        report(str(error))
        sys.exit(USAGE_EXIT_STATUS)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status or 0)
