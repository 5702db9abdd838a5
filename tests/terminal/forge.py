"""A process with everything imported that forks a program per request: starting costs no imports.

Run as a script by `driver.Forge`. It reads one JSON request a line and answers with one JSON line
for each birth and each end. What it forks is the real command line with its own terminal or
files, environment and working folder; only the loading of modules is shared.
"""

import fcntl
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import termios
import threading
from typing import Any


def load() -> None:
    """Import everything that a console or a command ever imports."""
    import warroom

    for module in pkgutil.walk_packages(warroom.__path__, "warroom."):
        if module.name.endswith("__main__") or ".migrations." in module.name:
            continue  # one starts the program, the others are loaded by Alembic
        importlib.import_module(module.name)
    for name in (
        "numpy",
        "importlib.readers",
        "sqlalchemy.dialects.sqlite",
        "textual.drivers.linux_driver",
    ):
        importlib.import_module(name)
    assert threading.active_count() == 1, "a fork of threads is a fork of their locks"
    gc.collect()
    gc.freeze()


def _streams(request: dict[str, Any]) -> tuple[int, int, int]:
    """Open what the program reads from and writes to: its terminal, else files."""
    if not request.get("terminal"):
        written = (request["stdout"], request["stderr"])
        out, err = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in written)
        return os.open(request["stdin"], os.O_RDONLY), out, err
    terminal = os.open(request["terminal"], os.O_RDWR)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    stdin = os.open(request["stdin"], os.O_RDONLY) if request.get("stdin") else terminal
    return stdin, terminal, terminal


def become(request: dict[str, Any]) -> int:
    """Turn this fork into the program that was asked for; return its exit status."""
    os.setsid()
    for target, source in enumerate(_streams(request)):
        os.dup2(source, target)
    os.closerange(3, 256)
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = open(  # noqa: SIM115 - it stays open as long as the process lives
            number, mode, buffering=1, closefd=False, encoding="utf-8", errors="surrogateescape"
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)  # where the console's driver looks
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    if request.get("user"):
        os.setgroups([])
        os.setgid(request["user"])
        os.setuid(request["user"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request.get("program"):
        scope: dict[str, Any] = {"__name__": "forged"}
        exec(compile(request["program"], "<program>", "exec"), scope)
        return int(scope["main"](request["arguments"]))
    from warroom.cli.main import run

    return run(request["arguments"])


def fork(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = become(request)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def tell(**facts: object) -> None:
    os.write(1, (json.dumps(facts) + "\n").encode())


def reap(alive: set[int]) -> None:
    for pid in tuple(alive):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            alive.discard(pid)
            tell(ended=pid, status=os.waitstatus_to_exitcode(status))


def main() -> None:
    """Serve until the requests end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load()
    tell(ready=True)
    alive: set[int] = set()
    buffer = b""
    while True:
        if select.select([0], [], [], 0.02 if alive else None)[0]:
            data = os.read(0, 65536)
            if not data:
                break
            buffer += data
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                request = json.loads(line)
                pid = fork(request)
                alive.add(pid)
                tell(born=pid, request=request["id"])
        reap(alive)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
