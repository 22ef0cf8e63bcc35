"""``python -m rig.zygote``: start services as forks of a process that has loaded them, so that a kill costs no import.

Reads one JSON line for each start (service, env, log) and answers with its pid; says when a child has died. What
runs in the child is the service's own main with settings of its own. Ends, and all children with it, when its
standard input ends.
"""

import asyncio
import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

import uvloop

from shared.runtime.logging import set_up_logging

SERVICES = ("intake", "decision", "notify")


def _become(service: str, env: dict[str, str], log: str) -> None:
    """Run a service in this fork until it ends."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(env)
    settings = import_module(f"services.{service}.settings").Settings()
    set_up_logging(service, settings.instance, settings.log_format)
    uvloop.run(import_module(f"services.{service}.main").run(settings))


def _start(asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        _become(asked["service"], asked["env"], asked["log"])
        code = 0
    except BaseException as error:  # noqa: BLE001 - a fork must never go back into its parent's code
        print(f"ended by {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _bury(children: set[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        children.discard(pid)
        _say(died=pid, code=os.waitstatus_to_exitcode(status))


def main() -> None:
    """Load everything, then start what is asked for."""
    for service in SERVICES:
        import_module(f"services.{service}.main")
    children: set[int] = set()
    # A plain pipe and plain signals: an event loop in the parent would live on in every fork.
    signal.signal(signal.SIGCHLD, lambda *_: _bury(children))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _say(ready=True)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = _start(asked)
        children.add(pid)
        _say(started=pid, name=asked["name"])
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    asyncio.set_event_loop(None)
    main()
