"""Run parts of tests in processes of their own: to be killed, or to be somebody else."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

NOBODY = 65534


def as_somebody_else(work: Callable[[], object]) -> object:
    """Return what `work` returns in a forked process that is not root; its exception is raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            result: object = work()
        except BaseException as error:
            result = error
        try:
            os.write(writing, pickle.dumps(result))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    result = pickle.loads(answer)
    if isinstance(result, BaseException):
        raise result
    return result


def forked(work: Callable[[], object]) -> int:
    """Start `work` in a forked process, which ends with status 0 if nothing went wrong."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return child


def ended_well(child: int) -> bool:
    """Wait for a forked process; returns whether it did all of its work."""
    return os.waitpid(child, 0)[1] == 0


def preloadable(source: str, folder: Path) -> Path:
    """Return the library made of a C file beside this one, to be put in front of a process."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip(f"no C compiler: {source} cannot be put in front of a process")
    library = folder / Path(source).with_suffix(".so")
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-Wall", "-o", library,
         Path(__file__).with_name(source), "-ldl"],
        check=True, timeout=60,
    )  # fmt: skip
    return library


def script(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start Python code that has this package and the tests at hand; arguments are in sys.argv."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment},
    )


def finish(process: subprocess.Popen[str], timeout: float = 60) -> tuple[str, str]:
    """Return what a process said once it has ended; kill it if it does not."""
    try:
        return process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise
