"""Servers by name or address, and the tokens to use them with: where each comes from."""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class RemoteError(ValueError):
    """A server cannot be used as it is written; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """One server."""

    url: str
    token_env: str = "WARROOM_TOKEN"  # noqa: S105 - the name of a variable
    """Which variable of the environment holds the token."""
    token_file: str = ""
    """Or which file, that only its user can read."""
    ca: str = ""
    """The certificates to trust, if not the system's."""

    @property
    def where(self) -> str:
        """Return how the header calls it."""
        return urlsplit(self.url).netloc

    def folder(self, data: Path, person: str) -> Path:
        """Return where the copy of its journal is, and the outbox of somebody at this machine."""
        return data / "remotes" / _plain(self.url.partition("://")[2]) / _plain(person)

    def check(self) -> None:
        """Raise RemoteError for an address at which the token would cross a network readable."""
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError as error:
            raise RemoteError(f"{self.url!r} is no address: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
            raise RemoteError(f"{self.url!r} is no address such as https://warroom.example")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise RemoteError("the address of a server holds neither a password nor a query")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise RemoteError(
                f"{self.url} is not encrypted: anybody on the way could read the token; use https"
            )

    def token(self, environment: Mapping[str, str] = os.environ) -> str:
        """Return the token.

        Raises:
            RemoteError: There is none, or others could read it.
        """
        if not self.token_file:
            found = environment.get(self.token_env, "").strip()
            if not found:
                raise RemoteError(f"the variable {self.token_env} holds no token for {self.where}")
            return found
        path = Path(self.token_file).expanduser()
        try:
            with path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise RemoteError(f"{path}: others can read the token; chmod 600 {path}")
                return file.read(200).decode("ascii", "replace").strip()
        except OSError as error:
            raise RemoteError(f"{path}: the token cannot be read: {error.strerror}") from None


def _plain(text: str) -> str:
    found = re.sub(r"[^A-Za-z0-9.-]+", "-", text)
    # What two names have in common after this must not bring them together.
    same = found == text and not found.startswith(".")
    return found if same else f"{found.lstrip('.')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def find_remote(text: str, profiles: Mapping[str, Remote]) -> Remote:
    """Return the server that a person named: a profile, or an address.

    Raises:
        RemoteError: It is neither.
    """
    if text in profiles:
        found = profiles[text]
    elif "://" in text:
        found = Remote(url=text.rstrip("/"))
    else:
        known = ", ".join(sorted(profiles)) or "none; write them under [remotes.NAME]"
        raise RemoteError(f"no server is called {text!r}; there are: {known}")
    found.check()
    return found
