"""A report as one HTML file: no script, no font, no picture from outside."""

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from warroom.core.chart import FENCE, read_chart
from warroom.reports.model import Report
from warroom.reports.printed import parser, printed
from warroom.reports.svg import chart_svg

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.5rem 3rem; color: #1b1d22;
  background: #fff; font: 10.5pt/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans",
  "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
header { border-bottom: 2px solid #1b1d22; margin-bottom: 1.2rem; padding-bottom: .9rem; }
.kicker { font-size: 8.5pt; letter-spacing: .08em; text-transform: uppercase; color: #5d636e; }
h1 { font-size: 19pt; line-height: 1.2; margin: .15rem 0 .8rem; }
h2 { font-size: 12.5pt; margin: 1.5rem 0 .45rem; padding-bottom: .15rem;
  border-bottom: .5pt solid #c3c8d0; break-after: avoid; }
h3 { font-size: 10.5pt; margin: .9rem 0 .25rem; break-after: avoid; }
p, ul, ol { margin: .35rem 0 .55rem; }
ul, ol { padding-left: 1.25rem; }
li { margin: .12rem 0; }
li::marker { color: #5d636e; }
dl { display: grid; grid-template-columns: 1fr 1fr; gap: .2rem 1.6rem; margin: 0;
  font-size: 9.5pt; }
dl div { display: grid; grid-template-columns: 5.2rem 1fr; }
dt { color: #5d636e; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 .8rem; font-size: 9.5pt; }
th, td { text-align: left; vertical-align: top; padding: .22rem .6rem .22rem 0;
  border-bottom: .5pt solid #d9dce1; }
th { color: #5d636e; font-weight: 600; border-bottom-color: #8a94a6; }
tr { break-inside: avoid; }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.entry { color: #5d636e; white-space: nowrap; width: 2.6rem; }
td.entry:target { background: #fff2c6; }
a { color: #1d4e89; text-decoration: none; }
a.entry { font-size: 9pt; color: #5d636e; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: 8.8pt; }
code { background: #f1f3f5; padding: 0 .2em; border-radius: 2px; }
pre { background: #f6f7f9; border: .5pt solid #d9dce1; padding: .6rem .7rem;
  white-space: pre-wrap; break-inside: avoid; }
pre code { background: none; padding: 0; }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 2pt solid #c3c8d0; color: #444a54; }
li.open { list-style: none; margin-left: -1.25rem; padding: .1rem .5rem;
  border-left: 2pt solid #b8860b; background: #fdf8e8; break-inside: avoid; }
figure { margin: .8rem 0; break-inside: avoid; }
figure svg { width: 100%; height: auto; display: block; }
footer { margin-top: 2rem; padding-top: .5rem; border-top: .5pt solid #c3c8d0; font-size: 8.5pt;
  color: #5d636e; }
@page { size: A4; margin: 17mm 18mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif;
    color: #5d636e; } }
@media print { body { max-width: none; padding: 0; } a { color: inherit; } }
"""

_CELL = re.compile(r"<td>T(\d{1,6})</td>")
_OPEN = re.compile(r"<li>(<p>)?<strong>Open:</strong>")
_TO_ENTRY = re.compile(r'<a href="#t')


def html(report: Report) -> str:
    """Return the whole document; everything foreign in it is escaped."""
    md = parser()
    md.add_render_rule("fence", _fence)
    body = md.render(printed(report.body))
    body = _CELL.sub(r'<td class="entry" id="t\1">T\1</td>', body)
    body = _OPEN.sub(r'<li class="open">\1<strong>Open:</strong>', body)
    body = _TO_ENTRY.sub('<a class="entry" href="#t', body)
    facts = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
        for label, value in report.facts
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(report.title)}</title><style>{_STYLE}</style></head>\n<body>"
        f'<header><div class="kicker">{escape(report.kicker)}</div>'
        f"<h1>{escape(report.title)}</h1><dl>{facts}</dl></header>\n"
        f"<main>\n{body}</main>\n<footer>{escape(report.note)}</footer></body></html>\n"
    )


def _fence(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    token = tokens[index]
    shown = read_chart(token.content) if token.info.strip() == FENCE else None
    if shown is None:
        return renderer.fence(tokens, index, options, env)
    return f"<figure>{chart_svg(shown)}</figure>\n"
