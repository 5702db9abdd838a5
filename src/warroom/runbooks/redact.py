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

# Shapes that are secrets wherever they stand. Group `v`, where there is one, is the part to hide.
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}KEY-----|\Z)"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}\b|\bgithub_pat_[A-Za-z0-9_]{20,255}\b"
    r"|\bglpat-[A-Za-z0-9_-]{16,255}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,255}"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}\b"
    r"|\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{4,8192}\.[A-Za-z0-9_-]{0,1024}"
    r"|(?i:\bhooks\.slack\.com/services/)(?P<v1>[A-Za-z0-9/]{10,200})"
    r"|(?i:\bauthorization\"?\s{0,3}[:=]\s{0,3}\"?(?:bearer|basic|token)\s{1,3})"
    r"(?P<v2>(?!\$)[^\s\"',;]{6,4096})"
    r"|://[^\s:/@$]{0,100}:(?P<v3>(?!\$)[^\s/@]{3,200})@"
    r"|(?i:(?<![a-z0-9])(?:[a-z0-9]{1,20}[_-]){0,3}"
    r"(?:password|passwd|secret|token|api_?key|access_?key|private_?key)[\"']?\s{0,3}[=:]\s{0,3})"
    r"[\"']?(?P<v4>(?![$<{(•\[])[^\s\"'&,;]{6,400})",
)


def secret_shapes(text: str) -> Iterator[tuple[int, str]]:
    """Offset and first characters of everything in a text that has the shape of a secret."""
    for match in _SHAPES.finditer(text):
        start, end = _hidden(match)
        yield start, text[start : min(end, start + 4)]


def redact_shapes(text: str) -> str:
    """The text with everything that has the shape of a secret hidden."""
    mark = MARK.decode()

    def hide(match: re.Match[str]) -> str:
        start, end = _hidden(match)
        return match[0][: start - match.start()] + mark + match[0][end - match.start() :]

    return _SHAPES.sub(hide, text)


def _hidden(match: re.Match[str]) -> tuple[int, int]:
    """The span of a match that is the secret itself."""
    return match.span(match.lastgroup) if match.lastgroup else match.span()


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
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


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
