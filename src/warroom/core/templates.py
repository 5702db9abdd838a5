"""Templates of postmortems: sections and questions that a client or a category wants."""

from collections.abc import Iterable, Mapping

from warroom.core.postmortem import QUESTION


def apply_template(text: str, template: str) -> str:
    """Return a postmortem with everything a template asks for; nothing that is there is lost.

    A section of the template that is missing is put behind the one that precedes it there. Of one
    that is there, the questions that were never in the text are added at its end. Applied twice,
    the second time changes nothing.

    Args:
        text: The postmortem, drafted or already written.
        template: Markdown with headings of level two.
    """
    head, sections = _split(text)
    _, wanted = _split(template)
    place = len(sections)
    for name, lines in wanted:
        known = next((n for n, (other, _) in enumerate(sections) if other == name), None)
        if known is None:
            sections.insert(place, (name, ["", *_trimmed(lines), ""]))
        else:
            place = known
            missing = [line for line in lines if line.startswith(QUESTION) and line not in text]
            if missing:
                body = _trimmed(sections[known][1], start=False)
                sections[known] = (name, [*body, *missing, ""])
        place += 1
    parts = [*head, *(line for name, body in sections for line in (f"## {name}", *body))]
    return "\n".join(parts).rstrip("\n") + "\n"


def what_it_adds(text: str, template: str) -> str:
    """Return in words what applying a template to a postmortem would add."""
    known = {name for name, _ in _split(text)[1]}
    sections = [name for name, _ in _split(template)[1] if name not in known]
    before, after = (
        sum(line.startswith(QUESTION) for line in one.split("\n"))
        for one in (text, apply_template(text, template))
    )
    parts = [f"sections {', '.join(sections)}"] if sections else []
    asked = after - before
    parts += [f"{asked} {'question' if asked == 1 else 'questions'}"] if asked else []
    return f"adds {' and '.join(parts)}" if parts else "adds nothing that is not there"


def template_for(names: Iterable[str], client: str, category: str) -> str | None:
    """Return which of these templates is for an incident: its client's, its category's, any.

    Args:
        names: As `client-acme`, `category-security`, `default`.
        client: The client of the incident; empty: none.
        category: Its category.
    """
    known = {name.casefold(): name for name in names}
    for wanted in (f"client-{client}", f"category-{category}", "default"):
        found = known.get(wanted.casefold().replace(" ", "-"))
        if found is not None:
            return found
    return None


def with_template(text: str, templates: Mapping[str, str], client: str, category: str) -> str:
    """Return a fresh draft with what the template for its incident asks for, if there is one.

    Args:
        text: The draft.
        templates: Their texts by name.
        client: The client of the incident; empty: none.
        category: Its category.
    """
    name = template_for(templates, client, category)
    return text if name is None else apply_template(text, templates[name])


def _split(text: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    head: list[str] = []
    found: list[tuple[str, list[str]]] = []
    current = head
    inside = False
    for line in text.rstrip("\n").split("\n"):
        inside ^= line.lstrip().startswith(("```", "~~~"))
        if line.startswith("## ") and not inside:
            current = []
            found.append((line[3:].strip(), current))
        else:
            current.append(line)
    return head, [
        (name, [*lines, ""] if not lines or lines[-1] else lines) for name, lines in found
    ]


def _trimmed(lines: list[str], *, start: bool = True) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    while start and kept and not kept[0].strip():
        kept.pop(0)
    return kept
