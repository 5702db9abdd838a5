"""A report as PDF, set by typst; every foreign text is a string literal, never markup."""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from warroom.core.chart import FENCE, read_chart
from warroom.reports.model import Report, ReportError
from warroom.reports.printed import tokens
from warroom.reports.svg import chart_svg

_FONTS = '("Libertinus Serif", "Noto Sans CJK SC", "DejaVu Sans", "DejaVu Sans Mono")'
_PREAMBLE = f"""
#set page(paper: "a4", margin: (x: 21mm, top: 19mm, bottom: 20mm),
  footer: context [#set text(8pt, fill: luma(95)); #NOTE #h(1fr)
    #counter(page).display("1 / 1", both: true)])
#set text(font: {_FONTS}, size: 10.3pt, lang: "en", fill: rgb("#1b1d22"))
#set par(leading: 0.62em, spacing: 0.85em)
#set list(indent: 2pt, body-indent: 6pt, spacing: 0.62em, marker: text(fill: luma(95))[•])
#set enum(indent: 2pt, body-indent: 6pt, spacing: 0.62em)
#show heading.where(level: 2): it => block(above: 1.5em, below: 0.7em, sticky: true)[
  #text(13pt, it.body)#v(-0.55em)#line(length: 100%, stroke: 0.5pt + rgb("#c3c8d0"))]
#show heading.where(level: 3): it => block(above: 1.1em, below: 0.5em, sticky: true,
  text(10.8pt, it.body))
#show raw: set text(font: "DejaVu Sans Mono", size: 8pt)
#let code(body) = block(fill: rgb("#f6f7f9"), stroke: 0.5pt + rgb("#d9dce1"), inset: 6pt,
  width: 100%, raw(body, block: true))
#let quoted(body) = block(inset: (left: 8pt), stroke: (left: 2pt + rgb("#c3c8d0")), body)
#let open(body) = block(fill: rgb("#fdf8e8"), inset: (x: 6pt, y: 3.5pt), width: 100%,
  stroke: (left: 2pt + rgb("#b8860b")), body)
#let grid-table(columns, ..cells) = table(columns: columns, stroke: (x, y) => (
  bottom: 0.5pt + if y == 0 {{ rgb("#8a94a6") }} else {{ rgb("#d9dce1") }}),
  inset: (left: 0pt, right: 8pt, y: 3.6pt), align: left, ..cells)
"""
_HEADER = """
#block(below: 1.3em)[
  #text(8.5pt, tracking: 0.6pt, fill: luma(95), upper(KICKER))
  #v(-0.45em)
  #text(19pt, weight: "bold", par(leading: 0.4em, TITLE))
  #v(-0.1em)
  #set text(9.4pt)
  #grid(columns: (1fr, 1fr), column-gutter: 14pt, row-gutter: 5pt, FACTS)
  #v(-0.2em)
  #line(length: 100%, stroke: 1.4pt)
]
"""
_WRAPS = {"em": "emph", "strong": "strong", "s": "strike"}


def pdf(report: Report) -> bytes:
    """Return the report as PDF on A4.

    Raises:
        ReportError: typst is not installed, or could not set the text.
    """
    try:
        import typst  # noqa: PLC0415 - an extra of 30 MB that only this needs
    except ImportError:
        raise ReportError(
            "a PDF needs typst, which is not installed",
            "Install warroom[pdf], or make HTML and print it to PDF in a browser.",
        ) from None
    try:
        made = typst.compile(source(report).encode())
    except (typst.TypstError, RuntimeError) as error:
        raise ReportError(f"the PDF could not be set: {error}", "Make HTML instead.") from error
    if not isinstance(made, bytes):
        raise ReportError("the PDF could not be set: no single file came back")
    return made


def source(report: Report) -> str:
    """Return the report in typst's language."""
    facts = ", ".join(
        f"grid(columns: (4.6em, 1fr), text(fill: luma(95), {literal(label)}), {literal(value)})"
        for label, value in report.facts
    )
    head = _HEADER.replace("KICKER", literal(report.kicker)).replace("FACTS", facts or "[]")
    body = "\n".join(f"#{block}" for block in _blocks(list(tokens(report.body))))
    head = head.replace("TITLE", literal(report.title))
    document = f"#set document(title: {literal(report.title)})"
    return "\n".join([document, _PREAMBLE.replace("#NOTE", "#" + literal(report.note)), head, body])


def literal(text: str) -> str:
    """Return text as a string literal of typst."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + quoted.replace("\n", "\\n").replace("\r", "").replace("\t", "\\t") + '"'


def _blocks(found: Sequence[Token]) -> Iterator[str]:
    """Yield each block as an expression of typst's code mode."""
    place = 0
    while place < len(found):
        token = found[place]
        end = _closing(found, place)
        inner = found[place + 1 : end]
        match token.type:
            case "heading_open":
                yield f"heading(level: {max(2, int(token.tag[1]))}, {_inline(inner[0])})"
            case "paragraph_open":
                # A list whose items are one line each has no paragraphs: hidden ones are bare.
                words = _inline(inner[0])
                yield words if token.hidden else f"par({words})"
            case "bullet_list_open":
                yield from _list(inner, "list")
            case "ordered_list_open":
                yield from _list(inner, "enum")
            case "blockquote_open":
                yield f"quoted({_joined(inner)})"
            case "table_open":
                yield _table(inner)
            case "fence" | "code_block":
                yield _fence(token)
            case "hr":
                yield "line(length: 100%, stroke: 0.5pt)"
            case "inline":
                yield _inline(token)
            case _:
                pass  # link definitions and the like show nothing
        place = end + 1


def _closing(found: Sequence[Token], place: int) -> int:
    """Return the place of the token that closes the one at `place`; itself if it is alone."""
    depth = 0
    for index in range(place, len(found)):
        depth += found[index].nesting
        if depth == 0:
            return index
    return len(found) - 1


def _joined(found: Sequence[Token]) -> str:
    parts = list(_blocks(found))
    return "{" + "\n".join(parts) + "}" if parts else "[]"


def _list(inner: Sequence[Token], kind: str) -> Iterator[str]:
    items: list[str] = []
    place = 0
    while place < len(inner):
        end = _closing(inner, place)
        body = _joined(inner[place + 1 : end])
        if kind == "list" and _is_open(inner[place + 1 : end]):
            if items:
                yield f"{kind}({', '.join(items)})"
                items = []
            yield f"open({body})"
        else:
            items.append(body)
        place = end + 1
    if items:
        yield f"{kind}({', '.join(items)})"


def _is_open(item: Sequence[Token]) -> bool:
    return len(item) > 1 and item[1].content.startswith("**Open:**")


def _table(inner: Sequence[Token]) -> str:
    rows: list[list[str]] = []
    head = 0
    for token_place, token in enumerate(inner):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            words = _inline(inner[token_place + 1])
            heading = token.type == "th_open"
            head += heading
            rows[-1].append(f"text(fill: luma(95), strong({words}))" if heading else words)
    width = max((len(row) for row in rows), default=1)
    columns = "(" + "auto, " * (width - 1) + "1fr)"
    if width > 1 and rows and sum(len(cell) for row in rows for cell in row[-1:]) < 40 * len(rows):
        columns = "(" + "1fr, " * width + ")"
    cells = ", ".join(cell for row in rows for cell in row + ["[]"] * (width - len(row)))
    return f"grid-table({columns}, {cells})"


def _fence(token: Token) -> str:
    shown = read_chart(token.content) if token.info.strip() == FENCE else None
    if shown is None:
        return f"code({literal(token.content.rstrip())})"
    picture = literal(chart_svg(shown, font="DejaVu Sans Mono"))
    return f'block(image(bytes({picture}), format: "svg", width: 100%))'


def _inline(token: Token) -> str:
    parts: list[str] = []
    opened: list[str] = []
    for child in token.children or ():
        kind = child.type.removesuffix("_open").removesuffix("_close")
        if child.type == "text":
            parts.append(literal(child.content))
        elif child.type == "code_inline":
            parts.append(f"raw({literal(child.content)})")
        elif child.type == "softbreak":
            parts.append('" "')
        elif child.type == "hardbreak":
            parts.append("linebreak()")
        elif kind in _WRAPS or kind == "link":
            if child.nesting > 0:
                opened.append(kind)
                parts.append(_start(child, kind))
            elif opened:
                opened.pop()
                parts.append("})")
    text = "\n".join(parts)
    return "{" + text + "}" if parts else "[]"


def _start(child: Token, kind: str) -> str:
    if kind in _WRAPS:
        return f"{_WRAPS[kind]}({{"
    target = str(child.attrGet("href") or "")
    if target.startswith(("https://", "http://", "mailto:")):
        return f"link({literal(target)}, {{"
    return "text(size: 0.9em, fill: luma(95), {"
