"""Where a shell text expands variables, and which of those a value could break out of.

No shell parser: it follows quotes, comments, here-documents and nested substitutions, which is
enough to tell `"$x"` from `$x`.
"""

import re
from dataclasses import dataclass

_NAME = re.compile(r"\$(?:\{[#!]?([A-Za-z_][A-Za-z0-9_]*|[@*])|([A-Za-z_][A-Za-z0-9_]*|[@*]))")
_ASSIGNS = re.compile(
    r"(?:^|[\s;&|(])(?:(?:export|local|readonly|declare|typeset)\s+)?([A-Za-z_][A-Za-z0-9_]*)\+?=",
    re.MULTILINE,
)
_LOOPS = re.compile(r"\bfor\s+([A-Za-z_]\w*)")
_READS = re.compile(r"\bread\b((?:\s+-[A-Za-z]+)*)((?:\s+[A-Za-z_]\w*)+)")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_ASSIGNMENT_HERE = re.compile(r"(?:^|[\s;&|(`])[A-Za-z_][A-Za-z0-9_]*\+?=[^\s;&|]*$")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One mention of a variable."""

    name: str
    line: int
    """From 0, within the text."""
    quoted: bool
    """Whether its value stays one word whatever it holds."""


def assigned(code: str) -> set[str]:
    """Variables that the text sets itself."""
    found = set(_ASSIGNS.findall(code)) | set(_LOOPS.findall(code))
    for match in _READS.finditer(code):
        found.update(match[2].split())
    return found


def expansions(code: str) -> list[Expansion]:
    """Every mention of a variable that the shell would expand."""
    found: list[Expansion] = []
    stack: list[str] = []  # of `"`, `(` for $( ), `=` for $(( )), `{` for ${ }
    position, line = 0, 0
    pending: list[tuple[str, bool]] = []  # here-documents announced on this line
    while position < len(code):
        char = code[position]
        inner = stack[-1] if stack else ""
        if char == "\n":
            line += 1
            position += 1
            for word, literal in pending:
                end = _heredoc_end(code, position, word)
                body = code[position:end]
                if not literal:
                    found += [
                        Expansion(m[1] or m[2], line + body[: m.start()].count("\n"), True)
                        for m in _NAME.finditer(body)
                    ]
                line += body.count("\n")
                position = end
            pending = []
            continue
        if char == "\\":
            line += code[position + 1 : position + 2] == "\n"
            position += 2
            continue
        if char == "'" and inner != '"':
            end = code.find("'", position + 1)
            end = len(code) if end < 0 else end
            line += code.count("\n", position, end)
            position = end + 1
            continue
        if char == "#" and inner != '"' and (position == 0 or code[position - 1] in " \t\n;("):
            end = code.find("\n", position)
            position = len(code) if end < 0 else end
            continue
        if char == '"':
            stack.pop() if inner == '"' else stack.append('"')
        elif code.startswith("$((", position):
            stack.append("=")
            position += 2
        elif code.startswith("$(", position):
            stack.append("(")
            position += 1
        elif char == "(" and inner in {"(", "="}:
            stack.append(inner)
        elif char == ")" and inner in {"(", "="}:
            stack.pop()
            position += inner == "=" and code.startswith("))", position)
        elif char == "}" and inner == "{":
            stack.pop()
        elif char == "$":
            match = _NAME.match(code, position)
            if match:
                before = code[max(0, position - 200) : position].rpartition("\n")[2]
                whole = inner in {'"', "="} or "{" in stack or bool(_ASSIGNMENT_HERE.search(before))
                found.append(Expansion(match[1] or match[2], line, whole))
                position = match.end() - 1
                if match[1]:
                    stack.append("{")
        else:
            here = _HEREDOC.match(code, position) if inner != '"' else None
            if here and not code.startswith("<<<", position):
                pending.append((here[2], bool(here[1])))
                position = here.end() - 1
        position += 1
    return found


def _heredoc_end(code: str, start: int, word: str) -> int:
    """Where the body that begins at `start` ends: at the line that is the word."""
    match = re.compile(rf"^\t*{re.escape(word)}$", re.MULTILINE).search(code, start)
    return match.start() if match else len(code)
