#!/usr/bin/env python3
"""What rules cost: a step in process, and through HTTP back-tests of 30 and of 365 days.

Runs `benchmarks --only rule/`, then `earshot serve` with the sets of workload.py, and asks for
previews. The readings judged are counted, and events of a limit on lp are checked against numpy. A
wrong answer ends the run with exit code 1. CPU time is that of the service's process.
"""
import argparse, json, os, subprocess, sys, tempfile, time, urllib.request
from datetime import datetime

import report, workload
from instance import Instance
from progress import Progress

UNIT = "NL43-0001"
RULES = {
    "lp for 5 s": {"metric": "lp", "threshold_db": 75, "duration_s": 5},
    "lmax": {"metric": "lmax", "threshold_db": 85},
    "LAeq,15min by the clock": {"threshold_db": 60},
    "LAeq,15min sliding": {"threshold_db": 60, "averaging": {"mode": "sliding", "seconds": 900}},
}
SETS = {"S": ("30 d", 100), "Y": ("365 d", 800)}


def measure_steps(options):
    """In process: what one rule costs for one frame."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rules.json")
        command = [options.benchmarks, "--only", "rule/", "--json", file]
        done = subprocess.run(command + ["--smoke"] * options.smoke, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"the benchmarks failed: {done.stdout[-500:]}{done.stderr[-500:]}")
        with open(file) as results:
            for one in json.load(results):
                wall, cpu = (one[key] / one["operations"] for key in ("wallSeconds", "cpuSeconds"))
                known = {"checksum": f"{one['checksum'] & 0xFFFFFFFF:08x}", "operations": one["operations"]}
                if one["name"] == "rule/step":
                    yield {"name": "ten rules in process", "value": 1 / wall, "unit": "steps/s",
                           "target": 1e8, "better": "more", "cpu_ns": cpu * 1e9, **known}
                else:
                    yield {"name": f"in process, {one['name'].removeprefix('rule/')}",
                           "value": wall * 1e9, "unit": f"ns a {one['unit']}", "cpu_ns": cpu * 1e9, **known}


def preview(instance, rule):
    request = urllib.request.Request(
        f"{instance.base}/api/units/{UNIT}/rules/preview?days=731",
        data=json.dumps({"name": "Limit", **rule}).encode(),
        headers={"Authorization": f"Bearer {instance.token}", "Content-Type": "application/json"})
    cpu, began = instance.cpu_seconds(), time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
    return time.perf_counter() - began, instance.cpu_seconds() - cpu, json.loads(body)


def milliseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def verify(events, frames, threshold):
    """Events of a limit on lp: the onset exceeds it, and the peak is the largest from there on."""
    times, levels = frames["t"], frames["lp"]
    for event in events[:200]:
        first, onset, end = (
            times.searchsorted(milliseconds(event[key])) for key in
            ("first_exceeded_at", "onset_at", "cleared_at"))
        if not (levels[first:onset + 1] > threshold * 10).all():
            raise SystemExit(f"not all is above the limit up to the onset: {event}")
        if round(event["peak_value"] * 10) != levels[onset:end + 1].max():
            raise SystemExit(f"the peak is another one: {event}")


def measure_previews(options, progress):
    for name, (days, target) in SETS.items():
        file = workload.path("S1" if options.smoke else name)
        frames = workload.frames(file)
        instance = Instance(options.binary, [UNIT])
        try:
            progress.step(f"a store with {days}")
            instance.import_frames(UNIT, file)
            instance.settle()
            for what, rule in RULES.items():
                progress.step(f"{what}, {days}")
                rounds = sorted(
                    (preview(instance, rule) for _ in range(1 if options.smoke else 5)),
                    key=lambda round_: round_[0])
                wall, cpu, answer = rounds[len(rounds) // 2]
                if answer["readings"] != len(frames):
                    raise SystemExit(f"{answer['readings']} readings of {len(frames)} were judged")
                if what == "lp for 5 s":
                    verify([e for e in answer["events"] if e["cleared_at"]], frames, 75)
                figure = {"name": f"{what}, {days}", "value": wall * 1000, "unit": "ms"}
                if not options.smoke:
                    figure["target"] = target
                yield {**figure, "cpu_ms": cpu * 1000, "alarms": answer["alarms"],
                       "readings": answer["readings"], "rounds": len(rounds)}
        finally:
            instance.remove()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the program, optimised")
    parser.add_argument("--benchmarks", required=True, help="the benchmarks, optimised")
    parser.add_argument("--smoke", action="store_true", help="small sizes; writes no results")
    parser.add_argument("--results", default=report.FOLDER, help="where results are written")
    options = parser.parse_args()
    if options.smoke:
        Instance.quiet_seconds = 0.3
    progress = Progress("rules", len(SETS) * (len(RULES) + 1) + 1)
    progress.step("steps in process")
    figures = [*measure_steps(options), *measure_previews(options, progress)]
    progress.end()
    print(report.table(figures), end="", flush=True)
    if not options.smoke:
        report.write(
            "rules", "Earshot's rules", "make bench", figures,
            [("Back-test through HTTP", "ms",
              [(f["name"], f["value"], True, f.get("target")) for f in figures if f["unit"] == "ms"]),
             ("A rule and a frame, in process", "steps/s",
              [(f["name"], f["value"], True, f.get("target")) for f in figures if f["unit"] == "steps/s"])],
            folder=options.results)


if __name__ == "__main__":
    main()
