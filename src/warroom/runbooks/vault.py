"""Secrets by name: from the environment of warroom, else from a command such as a keyring's."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from warroom.runbooks.errors import RunbookError

NAME = "{name}"
"""Stands in the command for the name of the secret."""
PATIENCE = 10.0
"""Seconds that the command may take: a locked keyring waits for somebody who is not there."""


class Vault(Mapping[str, str]):
    """An environment that asks a command for what it lacks.

    The command is started without a shell, without a terminal and with an empty standard input; the
    first line that it prints is the secret. A status other than 0 means that it knows none.
    """

    def __init__(
        self,
        command: Sequence[str] = (),
        environ: Mapping[str, str] = os.environ,
        patience: float = PATIENCE,
    ) -> None:
        """Ask `command`, in which `{name}` stands for the name; empty: only the environment."""
        self._command = tuple(command)
        self._environ = environ
        self._patience = patience

    def __getitem__(self, name: str) -> str:
        """Return a secret.

        Raises:
            KeyError: Neither the environment nor the command knows it.
            RunbookError: The command cannot be started, or does not end.
        """
        if self._environ.get(name):
            return self._environ[name]
        if not self._command:
            raise KeyError(name)
        return self._asked(name)

    def __iter__(self) -> Iterator[str]:
        """Return the names of the environment: a command does not list what it has."""
        return iter(self._environ)

    def __len__(self) -> int:
        """Return how many names the environment has."""
        return len(self._environ)

    def _asked(self, name: str) -> str:
        program = self._command[0]
        try:
            done = subprocess.run(
                [part.replace(NAME, name) for part in self._command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._patience,
                start_new_session=True,  # it cannot ask on the terminal that the console draws on
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunbookError(
                "Secret not read",
                f"{program} did not say {name} within {self._patience:g} s",
                f"Unlock it, or set {name} in the environment that starts warroom",
            ) from None
        except OSError as error:
            raise RunbookError(
                "Secret not read",
                f"{program} of secret_command cannot be started: {error.strerror}",
                f"Install it, or set {name} in the environment that starts warroom",
            ) from None
        if done.returncode != 0:
            raise KeyError(name)
        return done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
