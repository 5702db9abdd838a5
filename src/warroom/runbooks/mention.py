"""How the text of a block mentions a parameter."""

import re
from collections.abc import Mapping

from warroom.runbooks.errors import RunbookError

NAME = re.compile(r"\$(?:\{([a-z][a-z0-9_]*)\}|([a-z][a-z0-9_]*))")
"""A parameter as it is mentioned in any language."""


def value_of(match: re.Match[str], env: Mapping[str, str]) -> str:
    """The value of a mentioned parameter; raises RunbookError for an unknown one."""
    name = match[1] or match[2]
    if name not in env:
        raise RunbookError(
            "Unknown parameter", f"${name} has no value here", "Declare it under params:"
        )
    return env[name]
