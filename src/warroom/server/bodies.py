"""What the body of each command looks like: checked strictly, and described in the document."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.json_schema import JsonSchemaValue

from warroom.core import commands as c
from warroom.core.commanding import COMMANDS
from warroom.server.problems import Refused

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

Name = Annotated[str, Field(pattern=r"^[ -~]{1,64}$")]
"""Printable ASCII: what people call an incident, and the id that a client gives a command."""


class _Body(BaseModel):
    """What every command carries besides its facts."""

    model_config = ConfigDict(extra="forbid", strict=True)

    command_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{8,64}$")] | None = None
    """Sent again, the command happens once; by default the server makes one up."""
    actor: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] | (
        None
    ) = None
    """Under whose name, if not the token's: a program (`git`), or anybody for an admin."""
    device: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] | (
        None
    ) = None
    """The machine it comes from."""


def _model(name: str, kind: type[c.Command]) -> type[_Body]:
    title = "".join(part.title() for part in name.split("-"))
    more: dict[str, Any] = {"command": (kind, ...)}
    if kind is not c.Declare:
        more["incident"] = (Name, ...)
    return create_model(f"{title}Body", __base__=_Body, **more)


BODIES: Mapping[str, type[_Body]] = {name: _model(name, kind) for name, kind in COMMANDS.items()}
"""The form of a body by the name of its command."""


def read_body(name: str, raw: bytes) -> _Body:
    """Return a body that has the form of its command.

    Raises:
        Refused: 422 with the first place that is wrong.
    """
    try:
        body = BODIES[name].model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refused(
            422, f"{where}: {first['msg']}", "The document at /v1/openapi.json has the form."
        ) from None
    for where, at in _instants(body.command, "command"):  # type: ignore[attr-defined]
        if at.tzinfo is None or not _FIRST <= at < _LAST:
            raise Refused(422, f"{where}: an instant has a zone and a year from 1970 to 9998")
    return body


def _instants(value: object, where: str) -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield where, value
    elif is_dataclass(value):
        for one in fields(value):
            yield from _instants(getattr(value, one.name), f"{where}.{one.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _instants(item, f"{where}[{index}]")


def settled(command: c.Command) -> c.Command:
    """Return a command without what only the server may say: the terms that were agreed."""
    if isinstance(command, c.Declare) and command.facts.terms is not None:
        return c.Declare(facts=replace(command.facts, terms=None))
    if isinstance(command, c.Qualify) and command.facts.terms is not None:
        return c.Qualify(facts=replace(command.facts, terms=None))
    return command


def schemas() -> tuple[Mapping[str, JsonSchemaValue], JsonSchemaValue]:
    """Return the reference of each command's body, and the definitions that they lead to."""
    inputs: list[Any] = [(name, "validation", TypeAdapter(body)) for name, body in BODIES.items()]
    found, definitions = TypeAdapter.json_schemas(
        inputs, ref_template="#/components/schemas/{model}"
    )
    references = {name: found[name, "validation"] for name in BODIES}
    return references, definitions.get("$defs", {})
