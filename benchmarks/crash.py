#!/usr/bin/env python3
"""Kills the service again and again: what /history has answered must be there afterwards.

Starts `earshot simulate` and, as often as --kills says, `earshot serve` on the same data folder.
While it lives, a reader asks /history of all units for what is new; then comes `kill -9`, every
third time while it still starts. Simulated time runs fast and lies in a day that is over, so that
kills meet commits, seals and merges. After each start one unit is read as a whole, at the end all
are. Prints what was found; exit code 1 when a frame is lost, doubled or altered, or when too few
were answered to prove anything.
"""
import argparse, datetime, http.client, json, random, sys, tempfile
import threading, time, urllib.error, urllib.parse, urllib.request

from service import Runs, ready

COLUMNS = ["lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2", "state", "origin"]
FOREVER = 4_102_444_800_000


class Reader:
    """A client that remembers every frame it was answered."""

    def __init__(self, token, units):
        self.token, self.units = token, units
        self.answered = {unit: {} for unit in units}
        self.lost, self.doubled, self.altered = set(), set(), set()
        self.refusal = None

    def read(self, base, unit, since):
        """Frames by time, as answered; pages are followed."""
        frames, cursor = {}, None
        while True:
            query = {"resolution": "raw", "limit": 100_000}
            query.update({"cursor": cursor} if cursor else {"from": since, "to": FOREVER})
            request = urllib.request.Request(
                f"{base}/api/units/{unit}/history?{urllib.parse.urlencode(query)}",
                headers={"Authorization": f"Bearer {self.token}"})
            body = json.load(urllib.request.urlopen(request, timeout=30))
            for row in zip(body["t"], *(body[name] for name in COLUMNS)):
                moment, values = row[0], row[1:]
                if moment in frames:
                    self.doubled.add((unit, moment))
                if self.answered[unit].setdefault(moment, values) != values:
                    self.altered.add((unit, moment))
                frames[moment] = values
            cursor = body.get("next")
            if not cursor:
                return frames

    def read_all(self, base, unit):
        known = set(self.answered[unit])
        frames = self.read(base, unit, 0)
        self.lost |= {(unit, moment) for moment in known - frames.keys()}

    def follow(self, base, stop):
        """Reads what is new of all units, until told to stop or until nobody answers."""
        try:
            while not stop.is_set():
                for unit in self.units:
                    self.read(base, unit, max(self.answered[unit], default=0))
        except (OSError, http.client.HTTPException, ValueError) as failure:
            # Not known before the first roster is read: the next life tries again.
            if isinstance(failure, urllib.error.HTTPError) and failure.code != 404:
                self.refusal = f"{failure.url}: {failure.code}"

    @property
    def count(self):
        return sum(len(frames) for frames in self.answered.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--units", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="earshot-crash-")
    runs = Runs(options.binary, folder)
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=48)
    simulator = runs.start(
        "simulate", "--listen", "127.0.0.1:0", "--units", str(options.units), "--seed",
        str(options.seed), "--exact-cadence", "--speed", "50", "--start",
        begin.strftime("%Y-%m-%dT%H:%M:%SZ"))
    reader = run(options, chance, runs, ready(simulator, "upstream"))
    runs.end()
    print(f"kills {options.kills}, seed {options.seed}: {reader.count} frames answered, "
          f"lost {len(reader.lost)}, doubled {len(reader.doubled)}, "
          f"altered {len(reader.altered)}, data in {folder}")
    if reader.lost or reader.doubled or reader.altered:
        sys.exit(1)
    if reader.count < 5 * options.kills * options.units:
        sys.exit("too few frames were answered to prove anything")


def run(options, chance, runs, upstream):
    data = f"{runs.folder}/data"
    token = runs.token(data)
    units = [f"NL43-{number:04d}" for number in range(1, options.units + 1)]
    reader = Reader(token, units)
    serve = [
        "serve", "--data", data, "--upstream", upstream, "--poll-interval", "20ms",
        "--commit-interval", "20ms", "--operator-listen", "127.0.0.1:0",
        "--portal-listen", "127.0.0.1:0"]
    # How long a start took lately, so that kills fall into all of it.
    starting = 0.2
    for kill in range(options.kills):
        began = time.monotonic()
        service = runs.start(*serve)
        try:
            if kill % 3 == 2:
                time.sleep(chance.uniform(0, starting))
            else:
                base = ready(service, "operator")
                starting = time.monotonic() - began
                if reader.count > 0:
                    reader.read_all(base, units[kill % len(units)])
                stop = threading.Event()
                follower = threading.Thread(target=reader.follow, args=(base, stop))
                follower.start()
                time.sleep(chance.uniform(0.2, 1.2))
                service.kill()
                stop.set()
                follower.join()
        finally:
            service.kill()
            service.wait()
        if reader.lost or reader.doubled or reader.altered:
            print(f"kill {kill}: lost {sorted(reader.lost)[:5]}, "
                  f"doubled {sorted(reader.doubled)[:5]}, altered {sorted(reader.altered)[:5]}")
            return reader
        if reader.refusal:
            sys.exit(f"kill {kill}: {reader.refusal}")
        if kill % 20 == 19:
            print(f"{kill + 1} kills, {reader.count} frames answered", flush=True)
    service = runs.start(*serve)
    base = ready(service, "operator")
    for unit in units:
        reader.read_all(base, unit)
    service.terminate()
    if service.wait(20) != 0:
        print("the service did not stop as it should")
        sys.exit(1)
    return reader


main()
