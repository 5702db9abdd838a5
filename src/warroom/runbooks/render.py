"""The exact text that a block's executor gets: parameters bound as that language binds data.

A shell gets its text unchanged and the parameters in its environment. The other languages have no
environment: a URL gets a parameter percent-encoded, a JSON body as a JSON string, a HAProxy command
only where it is one harmless word, SQL as a bound parameter (its text stays as it is).
"""

import re
from collections.abc import Mapping

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.mention import NAME, value_of
from warroom.runbooks.model import Block, Language

_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=-]{1,255}")


def render(block: Block, env: Mapping[str, str], integers: frozenset[str] = frozenset()) -> str:
    """What will be executed, secrets in clear; raises RunbookError where a value does not fit."""
    if block.language is Language.HAPROXY:
        return NAME.sub(lambda match: _word(match, env), block.code)
    if block.language is Language.HTTP:
        from warroom.runbooks.httptext import request_text  # noqa: PLC0415 - only for such steps

        return request_text(block, env, integers)
    return block.code


def _word(match: re.Match[str], env: Mapping[str, str]) -> str:
    value = value_of(match, env)
    if not _WORD.fullmatch(value):
        raise RunbookError(
            "Answer refused",
            f"{match[0]}: a HAProxy command takes one word of letters, digits and . _ / : @ % -",
            "Choose a value without spaces or ;",
        )
    return value
