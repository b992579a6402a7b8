#!/usr/bin/env python3
"""A thousand units over eighty upstreams, a third of which misbehave in every known way.

Simulates them in one process, provisions half of the units at full rate, runs `earshot serve`
beside them, lets viewers come and go, and at the end asks:

- has each healthy unit at least 99.9 % of the readings that its upstream took?
- was any upstream ever asked for more than it bears, or for what touches a device?
- did memory stay where it was before the faults began?
- was every unit back within 60 s after the faults ended?

Exit code 1 when any answer is no. The last line holds all figures.
"""
import argparse, json, os, random, signal, subprocess, sys, tempfile, threading, time
import urllib.request

from service import (
    Runs, ask, compare, cpu_seconds, read_journal, ready, rss_mib, stored_frames, view)

CONNECTION_LIMIT = 14
HEALTHY_SHARE = 0.999
BACK_SECONDS = 60
# Malloc keeps what a fault made it take; what must not happen is growth as long as faults last.
MEMORY_GROWTH = 1.25


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--upstreams", type=int, default=80)
    parser.add_argument("--misbehave", type=float, default=0.3)
    parser.add_argument("--settle", type=int, default=60, help="seconds before the faults")
    parser.add_argument("--seconds", type=int, default=300, help="how long the faults last")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Viewers:
    """Some people who look at a unit for a while, then at another."""

    def __init__(self, base, token, units, seed):
        self.base, self.token, self.units = base, token, units
        self.random, self.open = random.Random(seed), []

    def change(self):
        if len(self.open) >= 12:
            self.open.pop(0).set()
        stop = threading.Event()
        unit = self.random.choice(self.units)
        threading.Thread(
            target=view, args=(self.base, unit, self.token, stop), daemon=True).start()
        self.open.append(stop)

    def end(self):
        for stop in self.open:
            stop.set()


def provision(options, data, urls, folder):
    """All upstreams, and every second unit at full rate."""
    share, rest = divmod(options.units, options.upstreams)
    document, number = {"upstreams": [], "units": []}, 0
    for index, url in enumerate(urls):
        document["upstreams"].append({"id": f"u{index + 1:02d}", "url": url})
        for _ in range(share + (1 if index < rest else 0)):
            number += 1
            document["units"].append({
                "id": f"NL43-{number:04d}", "upstream": f"u{index + 1:02d}",
                "rate": "full" if number % 2 else "auto"})
    path = f"{folder}/provision.json"
    json.dump(document, open(path, "w"))
    subprocess.run(
        [options.binary, "provision", "--data", data, path], check=True, stdout=subprocess.DEVNULL)
    return [unit["id"] for unit in document["units"]]


def not_ok(base, token):
    return [unit["id"] for unit in ask(base, token, "/api/units")["units"]
            if unit["feed"] != "ok"]


def main():
    options = parse_options()
    folder = tempfile.mkdtemp(prefix="earshot-chaos-")
    data, journal = f"{folder}/data", f"{folder}/readings"
    runs = Runs(options.binary, folder)
    begin = options.settle
    simulator = runs.start(
        "simulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0",
        "--units", str(options.units), "--upstreams", str(options.upstreams),
        "--seed", str(options.seed), "--misbehave", str(options.misbehave),
        "--misbehave-span", f"{begin}s-{begin + options.seconds}s", "--readings-journal", journal)
    line = next(line for line in simulator.stdout if line.startswith("ready "))
    said = dict(part.split("=", 1) for part in line.split()[1:])
    urls, control = said["upstream"].split(","), said["control"]
    faults = json.load(urllib.request.urlopen(f"{control}/_simulator/faults"))
    began = time.time() - faults["elapsed"]
    # Faults pause between two kinds, so the last one ends before the span does.
    end = max(fault["to"] for fault in faults["faults"])
    units = provision(options, data, urls, folder)
    token = runs.token(data)
    service = runs.start(
        "serve", "--data", data, "--operator-listen", "127.0.0.1:0",
        "--portal-listen", "127.0.0.1:0")
    base = ready(service, "operator")
    viewers = Viewers(base, token, units, options.seed)
    waited = time.time()
    while not_ok(base, token):
        if time.time() - waited > options.settle - 15:
            sys.exit(f"not all units were read before the faults began; logs in {folder}")
        time.sleep(1)
    counted_from = time.time()
    print(f"all {len(units)} units read after {counted_from - waited:.0f} s", flush=True)
    while time.time() - began < begin:
        viewers.change()
        time.sleep(1)
    cpu, cpu_from, memory, memory_max = cpu_seconds(service.pid), time.time(), rss_mib(service.pid), 0
    third, memory_third = (end - begin) / 3, None
    while time.time() - began < end:
        viewers.change()
        memory_max = max(memory_max, rss_mib(service.pid))
        if memory_third is None and time.time() - began > begin + third:
            memory_third = memory_max
        time.sleep(1)
    share = (cpu_seconds(service.pid) - cpu) / (time.time() - cpu_from)
    memory_end = rss_mib(service.pid)
    ended = time.time()
    while (away := not_ok(base, token)) and time.time() - ended < BACK_SECONDS + 60:
        time.sleep(0.5)
    back = time.time() - ended
    time.sleep(10)
    counted_until = time.time()
    time.sleep(3)
    stats = json.load(urllib.request.urlopen(f"{control}/_simulator/stats"))
    viewers.end()
    simulator.send_signal(signal.SIGTERM)
    simulator.wait(20)
    time.sleep(3)
    faulty = set(stats["faulty_units"])
    healthy = [unit for unit in units if unit not in faulty]
    taken_by_unit, taken, missing, altered, doubled, worst = read_journal(journal), 0, 0, 0, 0, 1.0
    for unit in healthy:
        due = [reading for reading in taken_by_unit.get(unit, [])
               if counted_from * 1000 <= reading[0] <= counted_until * 1000]
        frames = stored_frames(base, token, unit)
        doubled += len(frames) - len(dict(frames))
        unit_missing, unit_altered = compare(due, frames)
        taken, missing, altered = taken + len(due), missing + unit_missing, altered + unit_altered
        worst = min(worst, 1 - unit_missing / max(1, len(due)))
    runs.end()
    upstreams = stats["upstreams"]
    most = max(upstream["watched_and_in_flight_max"] for upstream in upstreams)
    freezes = sum(upstream["freezes"] for upstream in upstreams)
    device_calls = sum(upstream["device_calls"] for upstream in upstreams)
    stored = 1 - missing / max(1, taken)
    wrong = [
        name for name, is_wrong in [
            ("healthy units", stored < HEALTHY_SHARE or altered or doubled),
            ("too little was measured", taken < len(healthy) * options.seconds / 12),
            ("nobody misbehaved", len(faulty) < options.units * options.misbehave * 0.8),
            ("upstream limits", most > CONNECTION_LIMIT or freezes or device_calls),
            ("memory", memory_end > MEMORY_GROWTH * (memory_third or memory)),
            ("not all units came back", bool(away) or back > BACK_SECONDS),
        ] if is_wrong]
    print(f"seed {options.seed}: {len(units)} units, {len(urls)} upstreams, {len(faulty)} units "
          f"misbehaved for {options.seconds} s; healthy {len(healthy)}: {taken} readings, "
          f"missing {missing} ({stored * 100:.3f} % stored, worst unit {worst * 100:.2f} %), "
          f"doubled {doubled}, altered {altered}; at most {most} connections, {freezes} freezes, "
          f"{device_calls} device calls; {memory:.0f} MiB before, {memory_third or 0:.0f} after a third, "
          f"{memory_end:.0f} at the end; {share * 100:.0f} % of a core; all back after {back:.0f} s; "
          f"{'wrong: ' + ', '.join(wrong) if wrong else 'all as it should be'}; logs in {folder}")
    sys.exit(1 if wrong else 0)


main()
