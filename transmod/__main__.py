"""The program: it starts and ends fast, as an account alone takes about a second."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from typing import Any

from transmod.later import load_later

# objects made before the search for garbage, and searches before one of all that is old: while
# libraries are loaded there is none, and to look for it took 0.1 s
_GARBAGE = (200_000, 20, 50)


def main() -> None:
    """Run the command that the command line asks for, and end the process."""
    gc.set_threshold(*_GARBAGE)
    load_later("pandas")
    # to look through all installed packages for plugins of pydantic took 0.05 s
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    load_later("importlib.metadata", calls=["entry_points"])  # which it would look with
    from transmod.cli import app

    _keep_asked(app, sys.argv[1:])
    try:
        app()
    except SystemExit as end:
        _leave(end)


def _keep_asked(app: Any, words: list[str]) -> None:
    """Keep only the command or group that is asked for, if one is: to build all takes 0.06 s."""
    asked = words[0] if words else ""
    commands = [
        command
        for command in app.registered_commands
        if command.callback and (command.name or command.callback.__name__) == asked
    ]
    groups = [group for group in app.registered_groups if group.name == asked]
    if commands or groups:
        app.registered_commands, app.registered_groups = commands, groups


def _leave(end: SystemExit) -> None:
    """
    End the process with what was said and what libraries do at their end, and no more.

    To take all objects apart one by one, which the system frees at once, took 0.1 s.
    """
    if not isinstance(end.code, int | None) or threading.active_count() > 1:
        raise end
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads the pipe any more: Python says so
        raise end from None
    os._exit(end.code or 0)


if __name__ == "__main__":
    main()
