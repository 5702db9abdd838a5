"""Completion of the command line: the script that a shell reads."""

import click

from warroom.cli.common import say


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(*, shell: str) -> None:
    """Print the completion script for SHELL, to be kept where the shell looks for such scripts.

    As ~/.local/share/bash-completion/completions/warroom, ~/.zfunc/_warroom, or
    ~/.config/fish/completions/warroom.fish.
    """
    from click.shell_completion import get_completion_class

    from warroom.cli.main import root

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    made = found(root, {}, "warroom", "_WARROOM_COMPLETE")
    say(made.source_template % made.source_vars())
