#!/usr/bin/env python3
"""Thirteen simulated units at full rate: every frame that was sent must be stored once.

Starts `earshot simulate` with a journal and `earshot serve`, opens one viewer's WebSocket a unit,
waits, stops the simulator, and compares its journal with /history. Prints the service's CPU time
as a share of one core. Exit code 1 when a frame is missing, doubled or altered.
"""
import argparse, base64, json, os, signal, socket, subprocess, sys, tempfile, threading, time
import urllib.parse, urllib.request


def ready(process, word):
    """The value behind `word=` of the line that a program prints when it is ready."""
    for line in process.stdout:
        if line.startswith("ready "):
            return dict(part.split("=", 1) for part in line.split()[1:])[word]
    sys.exit("the program ended before it was ready")


def view(base, unit, token, stop):
    """A viewer: opens the unit's stream and reads on until told to stop."""
    host, port = urllib.parse.urlsplit(base).netloc.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /api/units/{unit}/stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode())
    head = connection.recv(4096)
    if b" 101 " not in head:
        print(f"the stream of {unit} was refused: {head[:200]!r}", flush=True)
        os._exit(1)
    connection.settimeout(1)
    spoke = time.time()
    while not stop.is_set():
        # A viewer that never says anything is taken for gone: an unasked pong (RFC 6455, 5.5.3).
        if time.time() - spoke > 15:
            connection.sendall(bytes([0x8A, 0x80, 0, 0, 0, 0]))
            spoke = time.time()
        try:
            if not connection.recv(65536):
                return
        except TimeoutError:
            pass


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def ask(base, token, path):
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"})
    return json.load(urllib.request.urlopen(request))


def stored_frames(base, token, unit):
    frames, cursor = [], None
    while True:
        query = {"resolution": "raw", "limit": 100000, "from": 0, "to": int(time.time() * 1000) + 60000}
        if cursor:
            query["cursor"] = cursor
        body = ask(base, token, f"/api/units/{unit}/history?{urllib.parse.urlencode(query)}")
        frames += zip(body["t"], body["lp"])
        cursor = body.get("next")
        if not cursor:
            return frames


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--units", type=int, default=13)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="earshot-soak-")
    journal, data = f"{folder}/journal", f"{folder}/data"
    start = lambda *words: subprocess.Popen(
        [options.binary, *words], stdout=subprocess.PIPE, text=True,
        stderr=open(f"{folder}/{words[0]}.log", "w"))
    simulator = start(
        "simulate", "--listen", "127.0.0.1:0", "--units", str(options.units), "--seed",
        str(options.seed), "--exact-cadence", "--journal", journal)
    upstream = ready(simulator, "upstream")
    token = subprocess.run(
        [options.binary, "token", "create", "--data", data, "--name", "soak"],
        check=True, capture_output=True, text=True).stdout.split()[-1]
    service = start(
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
    by_unit = {unit: {} for unit in units}
    for line in open(journal):
        unit, stamp, lp = line.strip().split(",")
        by_unit[unit][stamp] = float(lp)
    for unit in units:
        frames = stored_frames(base, token, unit)
        held = dict(frames)
        doubled += len(frames) - len(held)
        for stamp, lp in by_unit[unit].items():
            sent += 1
            # The upstream stamps one reading twice, some ms apart: in /status and in /monitor.
            # A reading that /status told first is stored under that stamp.
            moment = next((t for t in range(parse(stamp), parse(stamp) - 20, -1) if t in held), None)
            if moment is None:
                missing += 1
            elif abs(held[moment] - lp) > 1e-9:
                altered += 1
    stop.set()
    service.send_signal(signal.SIGTERM)
    service.wait(20)
    print(f"sent {sent}, missing {missing}, doubled {doubled}, altered {altered}, "
          f"service {share * 100:.2f} % of a core, {memory:.0f} MiB at the start, "
          f"{memory_end:.0f} MiB at the end, logs in {folder}")
    expected = options.units * options.seconds
    sys.exit(1 if missing or doubled or altered or sent < expected else 0)


def parse(stamp):
    """Unix milliseconds, cut off, of the upstream's UTC time without a zone."""
    import datetime
    fraction = stamp.split(".")[1] if "." in stamp else "0"
    whole = datetime.datetime.strptime(stamp.split(".")[0], "%Y-%m-%dT%H:%M:%S")
    seconds = int(whole.replace(tzinfo=datetime.timezone.utc).timestamp())
    return seconds * 1000 + int(fraction.ljust(6, "0")[:3])


main()
