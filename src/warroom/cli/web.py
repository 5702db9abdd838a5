"""The console in a browser: for a display on the wall, and for people without a terminal."""

import importlib
import os
import shlex
import sys

import click

from warroom.cli.common import EXIT_FAILED, end, fail, say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8460, show_default=True, help="Port to listen on.")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="A log to show; repeatable.")
@click.option("--theme", default="quiet", show_default=True, help="Theme of the console.")
@click.option("--act", is_flag=True, help="Let whoever opens the page act, as you.")
def web(*, host: str, port: int, logs: tuple[str, ...], theme: str, act: bool) -> None:
    """Show the console in a browser; it only reads, unless --act says otherwise.

    The page asks nobody for a password: let it listen elsewhere than on this machine only behind
    something that does.
    """
    try:
        serving = importlib.import_module("textual_serve.server")
    except ImportError:
        fail(
            "the console in a browser needs the package textual-serve, which is not installed",
            "pip install 'warroom[web]'",
        )
        end(EXIT_FAILED)
    if not act:
        os.environ["WARROOM_READ_ONLY"] = "yes"
    words = [sys.executable, "-m", "warroom", "--theme", theme]
    words += [word for name in logs for word in ("--log", name)]
    if host not in ("127.0.0.1", "::1", "localhost"):
        fail(
            f"anybody who reaches {host}:{port} sees this console"
            + (" and can act in it, as you" if act else ""),
            "Put something that asks for a password in front of it.",
        )
    say(f"http://{host}:{port}")
    serving.Server(shlex.join(words), host=host, port=port, title="warroom").serve()
