#!/usr/bin/env python3
"""Thirteen simulated units at full rate: every frame that was sent must be stored once.

Starts `earshot simulate` with a journal and `earshot serve`, opens one viewer's WebSocket a unit,
waits, stops the simulator, and compares its journal with /history. Prints the service's CPU time
as a share of one core. Exit code 1 when a frame is missing, doubled or altered.
"""
import argparse, signal, sys, tempfile, threading, time

from service import (
    Runs, ask, compare, cpu_seconds, read_journal, ready, rss_mib, stored_frames, view)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--units", type=int, default=13)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="earshot-soak-")
    journal, data = f"{folder}/journal", f"{folder}/data"
    runs = Runs(options.binary, folder)
    simulator = runs.start(
        "simulate", "--listen", "127.0.0.1:0", "--units", str(options.units), "--seed",
        str(options.seed), "--exact-cadence", "--journal", journal)
    upstream = ready(simulator, "upstream")
    token = runs.token(data)
    service = runs.start(
        "serve", "--data", data, "--upstream", upstream, "--operator-listen", "127.0.0.1:0",
        "--portal-listen", "127.0.0.1:0")
    base = ready(service, "operator")
    units = [f"NL43-{number:04d}" for number in range(1, options.units + 1)]
    stop = threading.Event()
    while len(ask(base, token, "/api/units")["units"]) < len(units):
        time.sleep(0.1)
    for unit in units:
        threading.Thread(target=view, args=(base, unit, token, stop), daemon=True).start()
    time.sleep(10)
    cpu, began, memory = cpu_seconds(service.pid), time.time(), rss_mib(service.pid)
    time.sleep(options.seconds)
    share = (cpu_seconds(service.pid) - cpu) / (time.time() - began)
    memory_end = rss_mib(service.pid)
    simulator.send_signal(signal.SIGTERM)
    simulator.wait(20)
    time.sleep(3)
    missing = doubled = altered = sent = 0
    sent_by_unit = read_journal(journal)
    for unit in units:
        frames = stored_frames(base, token, unit)
        doubled += len(frames) - len(dict(frames))
        sent += len(sent_by_unit[unit])
        unit_missing, unit_altered = compare(sent_by_unit[unit], frames)
        missing += unit_missing
        altered += unit_altered
    stop.set()
    runs.end()
    print(f"sent {sent}, missing {missing}, doubled {doubled}, altered {altered}, "
          f"service {share * 100:.2f} % of a core, {memory:.0f} MiB at the start, "
          f"{memory_end:.0f} MiB at the end, logs in {folder}")
    expected = options.units * options.seconds
    sys.exit(1 if missing or doubled or altered or sent < expected else 0)


main()
