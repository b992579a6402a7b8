"""What the scripts here share: running the program, asking it, watching it."""
import atexit, base64, datetime, json, os, socket, subprocess, sys, time
import urllib.parse, urllib.request


class Runs:
    """Programs of one run, with their logs in one folder. Ends what it started."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.programs = binary, folder, []
        atexit.register(self.end)

    def start(self, *words):
        program = subprocess.Popen(
            [self.binary, *words], stdout=subprocess.PIPE, text=True,
            stderr=open(f"{self.folder}/{words[0]}.log", "a"))
        self.programs.append(program)
        return program

    def token(self, data):
        return subprocess.run(
            [self.binary, "token", "create", "--data", data, "--name", "benchmark"],
            check=True, capture_output=True, text=True).stdout.split()[-1]

    def end(self):
        for program in self.programs:
            if program.poll() is None:
                program.terminate()
                try:
                    program.wait(20)
                except subprocess.TimeoutExpired:
                    program.kill()


def ready(process, word):
    """The value behind `word=` of the line that a program prints when it is ready."""
    for line in process.stdout:
        if line.startswith("ready "):
            return dict(part.split("=", 1) for part in line.split()[1:])[word]
    sys.exit("the program ended before it was ready")


def open_stream(base, unit, token):
    """A viewer's socket; `None` when it was refused."""
    host, port = urllib.parse.urlsplit(base).netloc.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /api/units/{unit}/stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode())
    head = connection.recv(4096)
    if b" 101 " not in head:
        print(f"the stream of {unit} was refused: {head[:200]!r}", flush=True)
        connection.close()
        return None
    return connection


def view(base, unit, token, stop):
    """A viewer: opens the unit's stream and reads on until told to stop."""
    connection = open_stream(base, unit, token)
    if connection is None:
        raise SystemExit(1)
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
    connection.close()


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid, field="VmRSS"):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(field):
            return int(line.split()[1]) / 1024


def ask(base, token, path, timeout=30):
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"})
    return json.load(urllib.request.urlopen(request, timeout=timeout))


def stored_frames(base, token, unit):
    """Pairs of time in ms and Lp, all that `/history` has of the unit."""
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


def milliseconds(stamp):
    """Unix milliseconds, cut off, of the upstream's UTC time without a zone."""
    fraction = stamp.split(".")[1] if "." in stamp else "0"
    whole = datetime.datetime.strptime(stamp.split(".")[0], "%Y-%m-%dT%H:%M:%S")
    seconds = int(whole.replace(tzinfo=datetime.timezone.utc).timestamp())
    return seconds * 1000 + int(fraction.ljust(6, "0")[:3])


def compare(journal, frames):
    """How (missing, altered) of the journal's (ms, Lp) are in the stored frames.

    The upstream stamps one reading twice, some ms apart: in `/status` and in `/monitor`. It is
    stored under the stamp that was told first, which need not be the journal's.
    """
    held = dict(frames)
    missing = altered = 0
    for moment, lp in journal:
        found = next(
            (moment + apart for apart in sorted(range(-20, 21), key=abs) if moment + apart in held),
            None)
        if found is None:
            missing += 1
        elif lp is not None and held[found] is not None and abs(held[found] - lp) > 1e-9:
            altered += 1
    return missing, altered


def read_journal(path):
    """Lists of (ms, Lp) by unit."""
    units = {}
    for line in open(path):
        unit, stamp, lp = line.rstrip("\n").split(",")[:3]
        units.setdefault(unit, []).append((milliseconds(stamp), float(lp) if lp else None))
    return units
