"""Parameters: typed answers that reach a step as data, never as a piece of its text.

In the environment of a step a parameter has its own lower-case name: `release` is `"$release"`.
Names that steer a program rather than inform it are refused.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Parameter, ParameterType

ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "USER",
    "LOGNAME",
    "SSH_AUTH_SOCK",
    "KUBECONFIG",
    "AWS_PROFILE",
)
"""What a step inherits from the console's environment; nothing else does."""

FACTS = (
    "service",
    "incident",
    "release",
    "previous_release",
    "alertmanager",
    "alerts",
    "backend",
    "server",
    "route",
    "host",
    "upstream",
    "onset",
)
"""Names a default may mention as `${name}`; the room fills in those it knows."""

STATE_PREFIX = "state_"
"""What a step reported about the state before is in its undo's environment under this prefix."""

HIDDEN = "••••••"
"""What is shown in the place of a secret."""

SHORTEST_SECRET = 6
"""Characters; a shorter value cannot be hidden in output without hiding ordinary words."""
LONGEST_VALUE = 4096
"""Characters of any value."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_REFUSED_NAMES = frozenset(
    {
        "path",
        "ld_preload",
        "ld_library_path",
        "ifs",
        "env",
        "bash_env",
        "shellopts",
        "bashopts",
        "pythonpath",
        "http_proxy",
        "https_proxy",
        "ftp_proxy",
        "all_proxy",
        "no_proxy",
        "rsync_proxy",
    },
)
_REFUSED_PREFIXES = (STATE_PREFIX, "warroom_")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/@-]{0,199}")
_HOST = re.compile(
    r"(?=.{1,253}(?::\d{1,5})?\Z)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}))*(?::\d{1,5})?"
    r"|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?",
)
_FACT = re.compile(r"\$\{([a-z_][a-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Values:
    """Checked answers, ready for a step."""

    env: Mapping[str, str]
    """Name to value, secrets in clear: only a step's environment may have it."""
    shown: Mapping[str, str]
    """The same with secrets hidden."""
    secrets: Sequence[str]
    """The values that must not appear anywhere."""
    integers: frozenset[str] = frozenset()
    """Names whose value is a whole number (they stay numbers in JSON)."""


def check_name(name: str) -> str:
    """Why a parameter may not have this name, empty where it may."""
    folded = name.lower()
    if folded in _REFUSED_NAMES or folded.startswith(_REFUSED_PREFIXES):
        return "that name steers programs or belongs to warroom"
    if not _NAME.fullmatch(name):
        return "a name is lower-case letters, digits and _, beginning with a letter"
    return ""


def mentioned_facts(default: str) -> list[str]:
    """The facts that a default asks for."""
    return _FACT.findall(default)


def fill_defaults(params: Mapping[str, Parameter], facts: Mapping[str, str]) -> dict[str, str]:
    """The answers to offer; a default that needs an unknown fact offers nothing."""
    answers = {}
    for name, parameter in params.items():
        known = all(facts.get(fact) for fact in mentioned_facts(parameter.default))
        filled = _FACT.sub(lambda match: facts[match[1]], parameter.default) if known else ""
        answers[name] = filled
    return answers


def _wrong(parameter: Parameter, value: str) -> str:
    """Why a value is no answer to this parameter, empty where it is one."""
    if len(value) > LONGEST_VALUE:
        return f"longer than {LONGEST_VALUE} characters"
    if _CONTROL.search(value):
        return "it holds a control character or a line break"
    if parameter.type is ParameterType.INT:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            return "it must be a whole number"
        if parameter.minimum is not None and int(value) < parameter.minimum:
            return f"it must be at least {parameter.minimum}"
        if parameter.maximum is not None and int(value) > parameter.maximum:
            return f"it must be at most {parameter.maximum}"
        return ""
    if parameter.type is ParameterType.CHOICE and value not in parameter.choices:
        return f"it must be one of {', '.join(parameter.choices)}"
    if parameter.type is ParameterType.RELEASE and (not _RELEASE.fullmatch(value) or ".." in value):
        return "a release is letters, digits and . _ + / @ -, without .."
    if parameter.type is ParameterType.HOST and not _HOST.fullmatch(value):
        return "it must be a host name or address, with :port if need be"
    if value.startswith("-"):
        return "it may not begin with -: a program would take it for an option"
    if parameter.pattern and not re.fullmatch(parameter.pattern, value):
        return f"it must match {parameter.pattern}"
    return ""


def _secret(parameter: Parameter, environ: Mapping[str, str]) -> str:
    """The value of a secret by its name; raises RunbookError."""
    value = environ.get(parameter.env, "")
    if not value and parameter.optional:
        return ""
    if len(value) < SHORTEST_SECRET:
        raise RunbookError(
            "Secret missing",
            f"{parameter.name}: {parameter.env} is neither in the environment nor known to"
            f" secret_command, or is shorter than {SHORTEST_SECRET} characters and could not be"
            " hidden",
            f"Set {parameter.env} in the environment that starts warroom",
        )
    if "\0" in value:
        raise RunbookError("Secret unusable", f"{parameter.env} holds a NUL", "Set it again")
    return value


def resolve(
    params: Mapping[str, Parameter],
    given: Mapping[str, str],
    *,
    facts: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Values:
    """Check all answers and take secrets from the environment; raises RunbookError.

    Args:
        params: What the runbook asks for.
        given: The answers of the person; what is absent takes its default.
        facts: What the room knows, for defaults.
        environ: Where secrets are looked up; the console's own environment if None.
    """
    environ = os.environ if environ is None else environ
    unknown = sorted(set(given) - set(params))
    if unknown:
        raise RunbookError(
            "Unknown parameter",
            f"{unknown[0][:60]!r} is not asked for by this runbook",
            f"It asks for: {', '.join(params) or 'nothing'}",
        )
    answers = {**fill_defaults(params, facts or {}), **given}
    env: dict[str, str] = {}
    shown: dict[str, str] = {}
    secrets: list[str] = []
    for name, parameter in params.items():
        if parameter.type is ParameterType.SECRET:
            if given.get(name):
                raise RunbookError(
                    "Secret typed in",
                    f"{name} is only looked up, as {parameter.env}: in the environment or by"
                    " secret_command",
                    "Leave it empty: a secret that was typed would be recorded",
                )
            env[name] = _secret(parameter, environ)
            shown[name] = HIDDEN if env[name] else ""
            secrets += [env[name]] if env[name] else []
            continue
        value = answers[name]
        if not value and not parameter.optional:
            raise RunbookError(
                "Answer missing", f"{name}: {parameter.ask}", "Give it a value before the step runs"
            )
        why = _wrong(parameter, value) if value else ""
        if why:
            raise RunbookError("Answer refused", f"{name}: {why}", parameter.ask)
        env[name] = shown[name] = value
    integers = frozenset(n for n, p in params.items() if p.type is ParameterType.INT)
    return Values(env, shown, tuple(secrets), integers)


def step_environment(
    values: Values,
    *,
    state: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of a step: the allow-list, the parameters, the state before."""
    environ = os.environ if environ is None else environ
    inherited = {name: environ[name] for name in ENVIRONMENT if name in environ}
    before = {f"{STATE_PREFIX}{name}": value for name, value in (state or {}).items()}
    return {**inherited, "TERM": "dumb", **values.env, **before}
