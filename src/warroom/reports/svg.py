"""The 5xx chart as SVG: bars of the share, a light line of the volume, marks at what happened."""

from html import escape

from warroom.core import spell
from warroom.core.chart import Chart

WIDTH, HEIGHT = 720, 236
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 34, 26
_INK, _SOFT, _GRID, _BAR, _VOLUME = "#1b1d22", "#5d636e", "#d9dce1", "#b4232a", "#8a94a6"
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)


def chart_svg(shown: Chart, font: str = "system-ui, sans-serif") -> str:
    """Return the chart as a self-contained SVG for light paper; the words in it are escaped."""
    series = shown.series
    steps = len(series.total)
    high = next((top for top in _STEPS if series.peak <= top), 1.0)
    plot_width, plot_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    each = plot_width / steps
    floor = HEIGHT - _BOTTOM
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="{escape(font)}" font-size="11">'
        ),
        f"<title>{escape(_alt(shown))}</title>",
    ]
    for part in (0.0, 0.5, 1.0):
        y = floor - part * plot_height
        out.append(
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{_INK if not part else _GRID}" stroke-width="{1 if not part else 0.7}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 3.8:.1f}" text-anchor="end" fill="{_SOFT}">'
            f"{escape(_percent(part * high))}</text>"
        )
    most = max(series.total, default=0)
    if most:
        points = " ".join(
            f"{_LEFT + (n + 0.5) * each:.1f},{floor - 0.94 * plot_height * total / most:.1f}"
            for n, total in enumerate(series.total)
        )
        out.append(
            f'<polyline points="{points}" fill="none" stroke="{_VOLUME}" stroke-width="1.1" '
            f'stroke-dasharray="3 2"/>'
        )
    for n, (total, failed) in enumerate(zip(series.total, series.failed, strict=True)):
        if not failed or not total:
            continue
        height = max(plot_height * failed / total / high, 1.0)
        out.append(
            f'<rect x="{_LEFT + n * each + each * 0.1:.1f}" y="{floor - height:.1f}" '
            f'width="{each * 0.8:.1f}" height="{height:.1f}" fill="{_BAR}"/>'
        )
    out += _labels(shown, each, floor)
    out += _marks(shown, each, floor)
    out.append(
        f'<text x="{_LEFT}" y="11" fill="{_SOFT}">'
        f'<tspan fill="{_BAR}">■</tspan> 5xx, share of requests per {series.width} s'
        f'<tspan dx="14" fill="{_VOLUME}">- -</tspan> requests, at most {spell.count(most)}</text>'
    )
    return "".join([*out, "</svg>"])


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _alt(shown: Chart) -> str:
    failed, total = sum(shown.series.failed), sum(shown.series.total)
    return (
        f"5xx over time: {spell.count(failed)} of {spell.count(total)} requests, "
        f"at most {spell.share(shown.series.peak, 1)} in {shown.series.width} s"
    )


def _labels(shown: Chart, each: float, floor: float) -> list[str]:
    series = shown.series
    steps = len(series.total)
    gap = max(1, round(steps / 6))
    form = "%H:%M" if series.width >= 60 else "%H:%M:%S"
    return [
        f'<text x="{_LEFT + n * each:.1f}" y="{floor + 16:.1f}" fill="{_SOFT}" '
        f'text-anchor="middle">{series.at(n):{form}}</text>'
        f'<line x1="{_LEFT + n * each:.1f}" x2="{_LEFT + n * each:.1f}" y1="{floor}" '
        f'y2="{floor + 4}" stroke="{_INK}" stroke-width="0.8"/>'
        for n in range(0, steps, gap)
    ]


def _marks(shown: Chart, each: float, floor: float) -> list[str]:
    out = []
    free = [0.0, 0.0]
    """Right edge of the last word in each of two rows, so that close ones do not overlap."""
    for step, word in sorted(shown.marks.items()):
        x = _LEFT + (step + 0.5) * each
        words = word[:40]
        length = 6.0 * len(words)
        row = 0 if x - free[0] > 4 else 1
        at_end = x + length > WIDTH - _RIGHT
        free[row] = x + (4 if at_end else length)
        y = 24 if row == 0 else 34
        anchor, shift = ("end", -4) if at_end else ("start", 4)
        out.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8}" y2="{floor}" stroke="{_INK}" '
            f'stroke-width="0.9" stroke-dasharray="1.5 1.5"/>'
            f'<text x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}" fill="{_INK}">'
            f"{escape(words)}</text>"
        )
    return out
