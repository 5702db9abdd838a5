"""Measure the analysis on seeded incidents and write docs/benchmarks-analysis.md.

    python scripts/bench_analysis.py              a few minutes: 3 seeds, 30 days of watch
    python scripts/bench_analysis.py --seeds 10 --days 100 --write

Log files in three formats go into a temporary directory, are read back, and every answer is
compared with the truth. Nothing is downloaded; a public log is used where WARROOM_REAL_LOGS names
its folder.
"""

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from incidents import formats, public, routes, shapes, simulate
from incidents.judge import Judged, judge
from incidents.simulate import Replay

from warroom.logs.analysis.templates import Routes

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks-analysis.md"
WATCHED = [name for name in shapes.names() if name != "silence"]


def _judge(job: tuple[str, int, bool, int]) -> Judged:
    shape, seed, hard, requests = job
    with tempfile.TemporaryDirectory(prefix="warroom-bench-") as folder:
        path = Path(folder) / "access.log"
        form = formats.FORMATS[seed % 3]
        return judge(shape, seed, form, path, hard=hard, requests=requests)


def _replay(job: tuple[str, int, bool]) -> Replay:
    shape, seed, hard = job
    return simulate.replay(shape, seed, hard=hard, requests=60_000)


def spread(values: Sequence[float]) -> str:
    """Median and 95th percentile."""
    if not values:
        return "–"
    median, high = simulate.middle(list(values))
    return f"{median:.0f} / {high:.0f}"


def of(own: Sequence[Judged], name: str) -> list[Judged]:
    return [one for one in own if one.shape == name]


def shape_table(normal: list[Judged], hard: list[Judged], replays: list[Replay]) -> list[str]:
    out = [
        (
            "| shape | found | first boundary right | all causes | onset s | truth in interval "
            "| end s | end in interval | watch: offered, after s | hard: found, right |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    ran = {one.shape for one in normal}
    for name in (one for one in shapes.incidents() if one in ran):
        own, weak = of(normal, name), of(hard, name)
        found = [one for one in own if one.found]
        delays = [one.delay for one in replays if one.shape == name and one.delay is not None]
        seen = sum(one.shape == name for one in replays)
        watch = f"{len(delays)}/{seen}, {statistics.median(delays):.0f}" if delays else f"0/{seen}"
        spoke = [one for one in weak if one.found]
        out.append(
            f"| {name} | {len(found)}/{len(own)} | {sum(o.first_right for o in found)} "
            f"| {sum(o.all_right for o in found)} "
            f"| {spread([o.onset_error for o in found if o.onset_error is not None])} "
            f"| {sum(o.onset_held for o in found)} "
            f"| {spread([o.end_error for o in found if o.end_error is not None])} "
            f"| {sum(o.end_held for o in found)} | {watch if name in WATCHED else 'not watched'} "
            f"| {len(spoke)}/{len(weak)}, {sum(o.first_right for o in spoke)} |"
        )
    for name in (one for one in shapes.quiet() if one in ran):
        own, weak = of(normal, name), of(hard, name)
        rung = sum(one.false for one in replays if one.shape == name)
        out.append(
            f"| {name} | {sum(o.spoke for o in own)} findings in {len(own)} | | | | | | "
            f"| {rung} offers | {sum(o.spoke for o in weak)} findings in {len(weak)} |"
        )
    return out


def summary(normal: list[Judged], hard: list[Judged]) -> list[str]:
    out = ["| | normal | hard |", "|---|---|---|"]
    rows: list[tuple[str, list[str]]] = [(name, []) for name in (
        "incidents found", "first boundary right when named", "every cause named",
        "onset error, median / 95th percentile, s", "truth in the printed interval",
        "end error, median / 95th percentile, s", "end in its interval",
        "findings on quiet days", "false further findings",
    )]  # fmt: skip
    for judged in (normal, hard):
        days = [one for one in judged if not one.shape.startswith("none_")]
        quiet = [one for one in judged if one.shape.startswith("none_")]
        found = [one for one in days if one.found]
        values = [
            f"{len(found)} of {len(days)}",
            part(sum(o.first_right for o in found), len(found)),
            part(sum(o.all_right for o in found), len(found)),
            spread([o.onset_error for o in found if o.onset_error is not None]),
            part(sum(o.onset_held for o in found), len(found)),
            spread([o.end_error for o in found if o.end_error is not None]),
            part(sum(o.end_held for o in found), len(found)),
            f"{sum(o.spoke for o in quiet)} in {len(quiet)}",
            f"{sum(o.spoke and not o.found for o in days)}",
        ]
        for (_, cells), value in zip(rows, values, strict=True):
            cells.append(value)
    return out + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]


def part(some: int, whole: int) -> str:
    return f"{some} of {whole} ({100 * some / max(whole, 1):.1f} %)"


def watch_part(days: int) -> list[str]:
    out = [
        "| requests a second | offers on quiet days | all fail | +20 % | +5 % | +2 % |",
        "|---|---|---|---|---|---|",
    ]
    quiet = simulate.false_alarms(days)
    for rate in simulate.RATES:
        cells = []
        for extra in (1.0, 0.2, 0.05, 0.02):
            delays = simulate.delays(rate, extra)
            rung = [one for one in delays if one < float("inf")]
            missed = "" if len(rung) == len(delays) else f" ({part(len(rung), len(delays))})"
            cells.append(spread(rung) + (" s" if rung else "") + missed)
        offers, simulated = quiet[rate]
        out.append(f"| {rate:.0f} | {offers} in {simulated} days | {' | '.join(cells)} |")
    out.append("\nA new release that fails from its first request, at 10 requests/s in all:\n")
    out += ["| part of the traffic | 30 % of it fail | 60 % of it fail |", "|---|---|---|"]
    for portion in (0.005, 0.01, 0.02, 0.05):
        cells = []
        for share in (0.3, 0.6):
            delays = simulate.canary_delays(portion, share)
            rung = [one for one in delays if one < float("inf")]
            cells.append(f"{part(len(rung), len(delays))}, {spread(rung)} s")
        out.append(f"| {100 * portion:.1f} % | {' | '.join(cells)} |")
    return out


def effect_part() -> list[str]:
    out = [
        "| noise (variation, memory) | truth in interval | claims when nothing changed |",
        "|---|---|---|",
    ]
    for cv, memory in ((0.0, 0.0), (0.1, 0.5), (0.15, 0.8), (0.25, 0.8)):
        held, claims = simulate.coverage(cv, memory), simulate.false_claims(cv, memory)
        out.append(f"| {cv}, {memory} | {100 * held:.0f} % | {100 * claims:.1f} % |")
    out.append(
        "\nCrash loop, action at the top of a burst, nothing changed: "
        f"{100 * simulate.placebo():.1f} % claims."
    )
    return out


def template_part() -> str:
    rights, merges = [], 0
    for seed in range(6):
        pairs = routes.asked(seed)
        counts = Counter(path for path, _ in pairs)
        learnt = Routes(counts.items())
        right, merged = routes.score(pairs, {path: learnt(path)[0] for path in counts})
        rights.append(right)
        merges += merged
    return (
        f"Six adversarial sites of 20 000 requests: {100 * statistics.mean(rights):.1f} % of the "
        f"requests have exactly the true route (lowest {100 * min(rights):.1f} %), "
        f"{merges} endpoints merged."
    )


def public_part() -> str:
    where = public.folder()
    if where is None:
        return "The public log was not there: not measured."
    frame = public.frame_of(where)
    trials = [public.trial(frame, seed) for seed in range(100)]
    return (
        f"100 injections into a public access log of {len(frame.at)} lines (routes, networks, "
        f"clients, pairs; 30 to 95 % failures): {sum(found for found, _ in trials)} found, "
        f"{sum(right for _, right in trials)} named right."
    )


def time_part() -> str:
    spent = simulate.seconds_for_a_million()
    return (
        "A million requests, thinned to 100 000 rows and every failure, as codes in memory: "
        f"{spent:.2f} s of processor time (one thread, best of three) for routes, fields, every "
        "outcome, boundary, edges and changes."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=60_000)
    parser.add_argument("--days", type=int, default=30, help="days of watch at each rate")
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name}")
    parser.add_argument("shapes", nargs="*", help="only these shapes")
    args = parser.parse_args()
    began = time.perf_counter()
    names = args.shapes or shapes.names()
    seeds = range(args.seeds)
    with multiprocessing.Pool(2) as pool:
        normal = pool.map(_judge, [(n, s, False, args.requests) for n in names for s in seeds], 2)
        hard = pool.map(_judge, [(n, s, True, args.requests) for n in names for s in seeds], 2)
        watched = [name for name in names if name in WATCHED]
        played_seeds = range(min(3, args.seeds))
        replays = pool.map(_replay, [(n, s, False) for n in watched for s in played_seeds], 2)
        weak = pool.map(_replay, [(n, s, True) for n in watched for s in played_seeds], 2)
    played = [*replays, *weak]
    false = sum(one.false for one in played)
    text = "\n".join(
        [
            HEAD.format(shapes=len(names), seeds=args.seeds, lines=args.requests),
            *summary(normal, hard),
            "\n## Each shape\n",
            (
                "Onset and end: absolute error, median / 95th percentile. Hard: failures a third "
                "as likely, a third of the traffic, four times the background.\n"
            ),
            *shape_table(normal, hard, replays),
            "\n## Spike watch\n",
            (
                "Quiet days have a daily curve, a wandering share of 0.05, 0.5 or 2 % and ten "
                "restarts of one host in twenty. Delays at 0.2 % background: median / 95th "
                "percentile.\n"
            ),
            *watch_part(args.days),
            (
                f"\nWith slices, on {len(played)} days of the shapes above (half of them hard): "
                f"{false} offers outside an incident.\n"
            ),
            "## Effect of an action\n",
            *effect_part(),
            "\n## Routes, a public log, time\n",
            template_part(),
            "",
            public_part(),
            "",
            time_part(),
            LIMITS,
        ]
    )
    print(text)
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    if args.write:
        TARGET.write_text(text + "\n", encoding="utf-8")


HEAD = """# Benchmarks: the analysis

Made by `python scripts/bench_analysis.py`. {shapes} shapes x {seeds} seeds, written as log files of
about {lines} lines (combined with fields, JSON, HAProxy in turn), read back and compared with the
truth. The generator knows nothing of the analysis, but both have the same authors: how easy the
shapes are is our doing. The hard set and the public log lean against that.

A boundary is right when the rows it names and the true rows overlap by more than 95 %: another name
for the same requests counts, a parent or a part of them does not.
"""

LIMITS = """
## What a log cannot say

- The cause. It shows a boundary and a coincidence; a flag and a deploy in the same minute cannot be
  told apart.
- Failures that never reach it: DNS, TLS, the balancer in front, a client that gave up, a 200 with
  an error inside. Silence is only *missing* requests.
- The onset before the first request of the slice: with one request in 30 s nobody knows better than
  30 s, and the interval says so.
- A clock error that all hosts share; whether a stamp is the start or the end of a request.
- A boundary along a field that is not logged, or one that goes hand in hand with another field.
- What is ordinary, when the log starts inside the incident: it says that there is no before.
- People: a network or a client version stands for them badly, and a retry is not another person.
- Whether an action caused an improvement: chance, peak-picking and the pauses of a crash loop are
  excluded, a coincident event is not.
- Services that fail by 2 % on any day: the watch prints from how many points on it sees."""


if __name__ == "__main__":
    main()
