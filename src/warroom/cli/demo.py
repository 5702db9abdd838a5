"""The demo on the command line."""

import click

from warroom.cli.common import end, settings


@click.command()
@click.option("--script", is_flag=True, help="Play it without a person and print the transcript.")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the traffic.")
def demo(*, script: bool, seed: int) -> None:
    """Open the console on a small service that really fails, with a store of its own.

    After half a minute a new release breaks checkout. Declare it, contain it, watch it recover.
    """
    from warroom.demo.run import run_demo

    end(run_demo(settings(), seed=seed, script=script))
