"""Keep secrets out of everything that is shown or stored, in a stream and in finished text."""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator

MARK = b"[REDACTED]"
_SHORTEST = 6
_B64_GROUP = 3

# Shapes that are secrets wherever they stand: a lower-case text that must occur before the
# expression is worth trying, and the expression. Group `v` is the part to hide, else all of it.
_ASSIGNED = r"(?i:HINT[\"']?\s{0,3}[=:]\s{0,3})[\"']?(?P<v>(?![$<{(•\[])[^\s\"'&,;]{6,400})"
_AUTHORIZATION = (
    r"(?i:authorization\"?\s{0,3}[:=]\s{0,3}\"?(?:bearer|basic|token)\s{1,3})"
    r"(?P<v>(?!\$)[^\s\"',;]{6,4096})"
)
_PEM = (
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----BEGIN)[\s\S]){0,8000}?"
    r"(?:-----END [A-Z ]{0,30}KEY-----|\Z)"
)
_SHAPES = tuple(
    (hint, re.compile(expression))
    for hint, expression in (
        ("private key-----", _PEM),
        ("akia", r"\bAKIA[0-9A-Z]{16}\b"),
        ("asia", r"\bASIA[0-9A-Z]{16}\b"),
        *((f"gh{kind}_", rf"\bgh{kind}_[A-Za-z0-9]{{20,255}}\b") for kind in "pousr"),
        ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20,255}\b"),
        ("glpat-", r"\bglpat-[A-Za-z0-9_-]{16,255}"),
        ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,255}"),
        ("k_live_", r"\b[rs]k_live_[A-Za-z0-9]{16,255}\b"),
        ("k_test_", r"\b[rs]k_test_[A-Za-z0-9]{16,255}\b"),
        (
            "eyj",
            r"\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{4,8192}\.[A-Za-z0-9_-]{0,1024}",
        ),
        (
            "hooks.slack.com/services/",
            r"(?i:hooks\.slack\.com/services/)(?P<v>[A-Za-z0-9/]{10,200})",
        ),
        ("authorization", _AUTHORIZATION),
        ("://", r"://[^\s:/@$]{0,100}:(?P<v>(?!\$)[^\s/@]{3,200})@"),
        *(
            (hint, _ASSIGNED.replace("HINT", hint))
            for hint in ("password", "passwd", "secret", "token", "apikey", "api_key", "accesskey")
        ),
        *((hint, _ASSIGNED.replace("HINT", hint)) for hint in ("access_key", "private_key")),
    )
)


def _shape_spans(text: str) -> list[tuple[int, int]]:
    """Where something has the shape of a secret, overlapping ones merged."""
    lower = text.lower()
    found = [
        match.span("v") if expression.groups else match.span()
        for hint, expression in _SHAPES
        if hint in lower
        for match in expression.finditer(text)
    ]
    return _merge(found)


def secret_shapes(text: str) -> Iterator[tuple[int, str]]:
    """Offset and first characters of everything in a text that has the shape of a secret."""
    for start, end in _shape_spans(text):
        yield start, text[start : min(end, start + 4)]


def redact_shapes(text: str) -> str:
    """The text with everything that has the shape of a secret hidden."""
    spans = _shape_spans(text)
    if not spans:
        return text
    parts = []
    position = 0
    for start, end in spans:
        parts += [text[position:start], MARK.decode()]
        position = end
    return "".join([*parts, text[position:]])


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, overlapping ones as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as it may be written: itself, quoted for a URL, JSON, HTML, a shell, or encoded."""
    for text in {secret, *secret.splitlines()}:
        if len(text) < _SHORTEST:
            continue
        raw = text.encode("utf-8", "surrogateescape")
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        quoted = (
            urllib.parse.quote(raw, safe=""),
            urllib.parse.quote(raw),
            urllib.parse.quote_plus(raw),
            urllib.parse.quote(raw, safe="").lower(),
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            html.escape(text),
            text.replace("'", "'\"'\"'"),
        )
        yield from (form.encode("utf-8", "surrogateescape") for form in quoted)
        # Within a longer base64 text a secret starts at one of three alignments; only the groups
        # that depend on it alone are constant.
        for shift in range(_B64_GROUP):
            padded = base64.b64encode(b"\0" * shift + raw)
            first = (0, 2, 3)[shift]
            last = (shift + len(raw)) * 8 // 6
            core = padded[first:last]
            yield core
            yield core.replace(b"+", b"-").replace(b"/", b"_")


class Redactor:
    """Hides known secrets in a stream of bytes, also those split between two pieces.

    Only what could still become a secret is held back, so that a prompt without a line break is
    shown at once.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        self._forms = sorted(forms, key=len, reverse=True)
        self._longest = len(self._forms[0]) if self._forms else 0
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What may be shown after this piece."""
        if not self._forms:
            return piece
        data = self._held + piece
        hold = self._open_end(data)
        spans = self._spans(data)
        crossing = [start for start, end in spans if start < hold < end]
        hold = min([hold, *crossing])  # it may go on as another secret: decide on it whole
        spans = [span for span in spans if span[0] < hold]
        shown, position = _hide(data, spans, hold)
        self._held = data[position:]
        return shown

    def finish(self) -> bytes:
        """What was held back, at the end of the stream."""
        data, self._held = self._held, b""
        shown, _ = _hide(data, self._spans(data), len(data))
        return shown

    def _open_end(self, data: bytes) -> int:
        """Where the earliest piece of the end starts that may be the beginning of a secret."""
        for start in range(max(0, len(data) - self._longest + 1), len(data)):
            rest = data[start:]
            if any(len(form) > len(rest) and form.startswith(rest) for form in self._forms):
                return start
        return len(data)

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, overlapping ones merged."""
        found = []
        for form in self._forms:
            start = data.find(form)
            while start >= 0:
                found.append((start, start + len(form)))
                start = data.find(form, start + 1)
        return _merge(found)


def _hide(data: bytes, spans: list[tuple[int, int]], until: int) -> tuple[bytes, int]:
    """The data up to `until` with the spans hidden, and how far that went."""
    shown = bytearray()
    position = 0
    for start, end in spans:
        shown += data[position:start] + MARK
        position = end
    if position < until:
        shown += data[position:until]
        position = until
    return bytes(shown), position


def redact(text: str, secrets: Iterable[str]) -> str:
    """A finished text without known secrets and without anything that has the shape of one."""
    redactor = Redactor(secrets)
    raw = text.encode("utf-8", "surrogateescape")
    shown = redactor.feed(raw) + redactor.finish()
    return redact_shapes(shown.decode("utf-8", "replace"))
