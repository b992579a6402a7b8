#!/usr/bin/env python3
"""Earshot beside what a user would pick instead, on the same data, in one run.

Each engine has a process of its own, one after the other. Every question is asked over different
ranges, after some others for warmth; answers are compared with numpy: Earshot's with means that
weigh by dwell, the others' with unweighted ones, which is all that they can say. A wrong answer
ends the run with exit code 1.
"""
import argparse, importlib, json, os, subprocess, sys, tempfile, time, zlib

import numpy

import oracle, queries, report, workload
from progress import Progress

ENGINES = {"earshot": "ours", "clickhouse": "click", "duckdb": "duck", "parquet": "parquet",
           "sqlite": "lite", "victoriametrics": "victoria"}
# Name, days, seconds a bucket, with the energy mean; None instead of seconds: LN by day.
QUESTIONS = [
    ("30 d → 1500, min and max", 29.5, 1800, False),
    ("30 d → 1500", 29.5, 1800, True),
    ("1 d → 1440", 1, 60, True),
    ("30 d in 60 s", 29.5, 60, True),
    ("30 d, LN by day", 29.5, None, False),
]
REAL_DAY = [("23 h → 1380", 23 / 24, 60, True), ("23 h, LN", 23 / 24, None, False)]
YEAR = [("365 d → 1500", 364, 21_600, True)]
VICTORIA = os.path.join(workload.HERE, "..", ".tools", "victoria", "version")
YEAR_ENGINES = ("earshot", "clickhouse", "duckdb", "parquet")


def measure(options):
    """One engine on one set: the child's part. Prints a line of JSON."""
    module = importlib.import_module("engines." + ENGINES[options.engine])
    if options.engine == "earshot":
        module.Engine.binary = options.binary
    file = os.path.abspath(workload.path(options.set, options.real_day))
    frames = workload.frames(file)
    reference = oracle.Oracle(frames)
    with tempfile.TemporaryDirectory(prefix="earshot-peer-") as folder:
        engine, found = ingest(module, file, frames, folder, 1 if options.set == "Y" else 3)
        engine.settle()
        found["bytes_a_frame"] = engine.size_bytes() / len(frames)
        found["questions"] = {}
        asked = {"S": QUESTIONS, "R": REAL_DAY, "Y": YEAR}[options.set]
        for question in asked:
            found["questions"][question[0]] = ask(engine, question, reference, options)
        found.update(name=engine.name, settings=engine.settings, version=engine.version())
        engine.close()
    print(json.dumps(found))


def ingest(module, file, frames, folder, rounds):
    """The last of so many engines that took all frames; rates and CPU are medians."""
    rates, cpus = [], []
    # The file is in the page cache for all alike.
    checksum = int(frames["lp"].sum(dtype=numpy.int64))
    for round_ in range(rounds):
        part = os.path.join(folder, str(round_))
        os.mkdir(part)
        engine = module.Engine(part)
        if hasattr(engine, "prepare"):
            engine.prepare(file, frames)
        cpu, began = engine.cpu_seconds(), time.perf_counter()
        engine.ingest(file, frames)
        rates.append(len(frames) / (time.perf_counter() - began))
        cpus.append((engine.cpu_seconds() - cpu) / len(frames) * 1e6)
        if round_ < rounds - 1:
            engine.close()
    return engine, {"frames_a_second": queries.median(rates), "checksum": checksum,
                    "cpu_s_a_million": queries.median(cpus), "rounds": rounds}


def ask(engine, question, reference, options):
    name, days, step, with_mean = question
    start, end = queries.span(reference.frames)

    def put(range_):
        if step is None:
            return engine.ranks(*range_)
        return engine.buckets(*range_, step, with_mean)

    for range_ in queries.ranges(start, end, days, 3, seed=1):
        put(range_)
    asked = queries.ranges(start, end, days, options.count)
    seconds, checksum, deadline = [], 0, time.time() + options.seconds
    # Spread over the set also when there is no time for all of them.
    order = sorted(range(len(asked)), key=lambda index: index * 7919 % 10_007)
    cpu = engine.cpu_seconds()
    for index in order:
        if len(seconds) >= 10 and time.time() > deadline:
            break
        began = time.perf_counter()
        answer = put(asked[index])
        seconds.append(time.perf_counter() - began)
    cpu = engine.cpu_seconds() - cpu
    worst = 0.0
    for index in (order[0], order[len(order) // 2], order[-1]):
        answer = put(asked[index])
        worst = max(worst, verify(engine, name, answer, reference, asked[index], step))
        checksum = zlib.crc32(repr(answer).encode(), checksum)
    if checksum == 0:
        raise SystemExit(f"{engine.name}, {name}: the checksum is 0")
    return {**queries.percentiles(seconds), "cpu_ms": cpu / len(seconds) * 1000,
            "queries": len(seconds), "checksum": f"{checksum:08x}", "off": round(worst, 4)}


def verify(engine, name, answer, reference, range_, step):
    """The largest difference from numpy that is allowed to be; ends the run for others."""
    percents = queries.LN_BY_DAY.percents if step is None else ()
    if hasattr(engine, "read"):
        answer = engine.read(answer)
    if hasattr(engine, "weighs"):
        expected = reference.buckets(*range_, step or 86_400, percents)
        wrong, off = oracle.differences(answer, expected, *range_)
    else:
        expected = reference.unweighted(*range_, step or 86_400, percents)
        wrong, off = compare(engine, answer, expected)
    if wrong:
        raise SystemExit(f"{engine.name}, {name}: wrong for {range_}:\n" + "\n".join(wrong))
    return off


def compare(engine, answer, expected):
    """As oracle.differences, of columns. A peer may leave out buckets at the edges."""
    at = numpy.searchsorted(expected["t"], answer["t"])
    if len(at) < len(expected["t"]) - 2 or not (expected["t"][at] == answer["t"]).all():
        return [f"{len(at)} buckets instead of {len(expected['t'])}"], 0.0
    wrong, worst = [], 0.0
    columns = [(key, expected[key][at], answer[key],
                getattr(engine, "mean_tolerance_db", 1e-6) if key == "mean" else 0)
               for key in ("min", "max", "lmax_max", "mean") if key in answer]
    columns += [(f"L{percent}", expected["ln"][percent][at], numpy.array(values, float),
                 getattr(engine, "rank_tolerance_tenths", 0))
                for percent, values in answer.get("ln", {}).items()]
    for key, wanted, found, tolerance in columns:
        off = numpy.abs(found.astype(float) - wanted)[~numpy.isnan(wanted)]
        # Where an engine resamples, single values may be far off; most must not be.
        judged = numpy.median(off) if tolerance > 1e-6 and len(off) else off.max(initial=0)
        if judged > tolerance:
            wrong.append(f"{key} is off by {judged}")
        worst = max(worst, float(off.max(initial=0)))
    return wrong, worst


def run_child(options, engine, set_):
    words = [sys.executable, os.path.abspath(__file__), "--engine", engine, "--set", set_,
             "--count", str(options.count), "--seconds", str(options.seconds), "--real-day",
             options.real_day, "--binary", options.binary]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{engine} on set {set_} ended with exit code {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def wanted(options):
    """Pairs of engine and set, ours first."""
    engines = list(options.engines)
    if "earshot" in engines and not os.path.exists(options.binary):
        print(f"peers: Earshot is left out, {options.binary} is not there: `make build` makes it",
              file=sys.stderr)
        engines.remove("earshot")
    if "victoriametrics" in engines and not os.path.exists(VICTORIA):
        print("peers: VictoriaMetrics is left out, Debian's package could not be had",
              file=sys.stderr)
        engines.remove("victoriametrics")
    sets = ["S", "R", "Y"]
    if not os.path.exists(options.real_day):
        print(f"peers: the real day is left out, {os.path.relpath(options.real_day)} is not on "
              "this machine (--real-day)", file=sys.stderr)
        sets.remove("R")
    return [(engine, set_) for set_ in sets if set_ in options.sets for engine in engines
            if set_ != "Y" or engine in YEAR_ENGINES]


def table(results):
    """A row an engine, for each set."""
    out = []
    for set_ in ("S", "R", "Y"):
        found = [result for result in results if result["set"] == set_]
        if not found:
            continue
        names = list(found[0]["questions"])
        out += [f"\n{TITLES[set_]}\n",
                "| | ingest, frames/s (CPU s per M) | B/frame | " + " | ".join(names) + " |",
                "|---|---:|---:|" + "---:|" * len(names)]
        for result in found:
            cells = [f"{number(result['frames_a_second'])} ({number(result['cpu_s_a_million'])})",
                     number(result["bytes_a_frame"])]
            cells += [f"{number(q['p50_ms'])} ms ({number(q['cpu_ms'])})"
                      for q in result["questions"].values()]
            out.append(f"| {result['name']} {result['version']} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


number = report.number
TITLES = {"S": "**Set S**, 1 unit, 30 d, 2,592,000 frames",
          "R": "**A real day**, 86,400 frames",
          "Y": "**Set Y**, 1 unit, 365 d, 31,536,000 frames"}


def panels(results):
    out = []
    for set_ in ("S", "Y", "R"):
        found = [result for result in results if result["set"] == set_]
        for question in (found[0]["questions"] if found else ()):
            out.append((f"{question} (set {set_}), p50", "ms", [
                (f"{r['name']} {r['version']}", r["questions"][question]["p50_ms"],
                 r["name"] == "Earshot", None) for r in found]))
        if set_ == "S" and found:
            for title, unit, key in (("Settled size", "bytes/frame", "bytes_a_frame"),
                                     ("Ingest until durable", "frames/s", "frames_a_second")):
                out.append((f"{title} (set S)", unit, [
                    (f"{r['name']} {r['version']}", r[key], r["name"] == "Earshot", None)
                    for r in found]))
    return out


NOTES = [
    "Times are medians over different ranges of one length, each asked once; in brackets CPU "
    "milliseconds a question. ClickHouse, DuckDB, Parquet and SQLite run inside Python and answer "
    "with arrays; Earshot and VictoriaMetrics answer through HTTP with JSON.",
    "Earshot's means and LN weigh each frame by its dwell and leave out stopped ones, and its "
    "answers hold coverage; the peers count every frame once. Earshot always computes the mean. "
    "Answers were compared with numpy, three ranges a question: peers' exactly (means within "
    "1e-6 dB), Earshot's exactly (means within 0.0056 dB). VictoriaMetrics resamples: its means had to "
    "be within 0.2 dB in the median, its LN within 0.1 dB; `off` in the JSON is the worst.",
    "LN of the SQL engines is exact, from counts by level.",
]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="Earshot, optimised")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(ENGINES),
                        help="some of " + ",".join(ENGINES))
    parser.add_argument("--sets", type=lambda text: text.split(","), default=["S", "R", "Y"],
                        help="some of S,R,Y")
    parser.add_argument("--real-day", default=workload.REAL_DAY, help="file of the real day")
    parser.add_argument("--count", type=int, default=200, help="ranges a question")
    parser.add_argument("--seconds", type=float, default=10, help="most time a question")
    parser.add_argument("--results", default=report.FOLDER, help="where results are written")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--set", choices=("S", "R", "Y"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        return measure(options)
    pairs = wanted(options)
    progress, results = Progress("peers", len(pairs)), []
    for set_ in {set_ for _, set_ in pairs}:
        workload.path(set_, options.real_day)
    for engine, set_ in pairs:
        progress.step(f"{engine}, set {set_}")
        results.append({"set": set_, "engine": engine, **run_child(options, engine, set_)})
    progress.end()
    settings = sorted({f"- {r['name']} {r['version']}: {r['settings']}" for r in results})
    report.write("peers", "Earshot beside other engines", "make bench-peers", results,
                 panels(results), ["\n".join(settings), *NOTES], folder=options.results,
                 table_=table(results))
    print(table(results), end="", flush=True)


if __name__ == "__main__":
    main()
