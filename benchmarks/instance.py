"""An `earshot serve` of its own: started on a folder, asked, watched, started again."""
import json, os, shutil, signal, subprocess, tempfile, time

from connection import Connection
from service import Runs, ready, rss_mib

BATCH = "application/vnd.earshot.frames"
RECORD_BYTES = 28


class Instance:
    """The service on a data folder, which `remove` takes away with it."""

    def __init__(self, binary, units, folder=None):
        # Units to import must be known beforehand.
        self.folder = folder or tempfile.mkdtemp(prefix="earshot-bench-")
        self.data = os.path.join(self.folder, "data")
        self.runs = Runs(binary, self.folder)
        self.token = self.runs.token(self.data)
        self._provision(units)
        self.start()

    def _provision(self, units):
        """Units need an upstream. Nobody listens at this one's port: they only have a past."""
        file = os.path.join(self.folder, "site.json")
        with open(file, "w") as out:
            json.dump({"upstreams": [{"id": "none", "url": "http://127.0.0.1:9"}],
                       "units": [{"id": unit, "upstream": "none"} for unit in units]}, out)
        done = subprocess.run([self.runs.binary, "provision", "--data", self.data, file],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"the units could not be provisioned: {done.stderr}")

    def start(self):
        """Starts the program; returns seconds until it said that it is ready."""
        began = time.perf_counter()
        self.process = self.runs.start(
            "serve", "--data", self.data, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0")
        self.base = ready(self.process, "operator")
        seconds = time.perf_counter() - began
        self.connection = Connection(self.base, self.token)
        return seconds

    def connect(self):
        """A new connection: one that nobody used for a minute was closed."""
        self.connection.close()
        self.connection = Connection(self.base, self.token)

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    def cpu_seconds(self):
        """CPU time of all the process's threads, also ended ones, to the nanosecond."""
        return process_seconds(self.process.pid)

    def memory_mib(self):
        return rss_mib(self.process.pid)

    def most_memory_mib(self):
        """The most since the process started."""
        return rss_mib(self.process.pid, "VmHWM")

    def open_files(self):
        """Open files of the data folder, and all descriptors."""
        folder = f"/proc/{self.process.pid}/fd"
        stored = total = 0
        for number in os.listdir(folder):
            total += 1
            try:
                stored += os.readlink(f"{folder}/{number}").startswith(self.data)
            except FileNotFoundError:
                total -= 1
        return stored, total

    def import_frames(self, unit, file, first=0, count=None):
        """Sends records of a file as one batch: seconds until it is durable, and the answer."""
        if count is None:
            count = os.path.getsize(file) // RECORD_BYTES - first
        return self._imported(lambda path: self.connection.post_file(
            path, BATCH, file, batch_header(count), first * RECORD_BYTES, count * RECORD_BYTES),
            f"unit={unit}")

    def import_units(self, names, records):
        """Sends records whose unit numbers are keys of `names`, as one batch."""
        units = ",".join(f"{number}:{name}" for number, name in names.items())
        body = batch_header(len(records)) + records.tobytes()
        return self._imported(
            lambda path: self.connection.post(path, BATCH, body), f"units={units}")

    def import_text(self, unit, file, kind):
        return self._imported(
            lambda path: self.connection.post_file(path, kind, file), f"unit={unit}")

    def _imported(self, send, query):
        seconds, body = send(f"/api/import?{query}")
        answer = json.loads(body)
        if answer["rejected"] or answer["conflicts"] or answer["duplicates"]:
            raise SystemExit(f"the import was not taken as it was: {body[:500]!r}")
        return seconds, answer

    quiet_seconds = 2

    def settle(self, seconds=600):
        """Waits until the files of the store have not changed for some seconds."""
        before, since, deadline = None, time.time(), time.time() + seconds
        while time.time() < deadline:
            now = sorted(files(self.data + "/store"))
            if now != before:
                before, since = now, time.time()
            elif time.time() - since > self.quiet_seconds:
                return
            time.sleep(0.1)
        raise SystemExit(f"the store was not settled within {seconds} s")

    def compact(self):
        """Settles what is due at day's end at once; the service is started again."""
        self.stop()
        done = subprocess.run(
            [self.runs.binary, "store", "compact", "--data", self.data],
            capture_output=True, text=True)
        self.start()
        return done.returncode == 0

    def settled_bytes(self):
        """Bytes of the segments, and of the whole store without its reserve."""
        sizes = files(self.data + "/store")
        segments = sum(size for name, size in sizes if "/store/seg/" in name)
        return segments, sum(size for name, size in sizes if not name.endswith("/reserve"))

    def forget_pages(self):
        """Drops the folder's pages from the page cache, or all; says which. Call while stopped."""
        return forget_pages(self.data)


def batch_header(count):
    return b"ESFRAMES" + (1).to_bytes(4, "little") + count.to_bytes(4, "little")


def files(folder):
    """Pairs of path and size."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found.append((f"{parent}/{name}", os.path.getsize(f"{parent}/{name}")))
            except FileNotFoundError:
                pass
    return found


def process_seconds(pid):
    # The kernel's number of "the CPU clock of that process", clock_getcpuclockid(3).
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def forget_pages(folder):
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w") as control:
            control.write("3")
        return "the machine's page cache was dropped"
    except OSError:
        for name, _ in files(folder):
            with open(name, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return "the data folder's pages were dropped (the whole page cache may not be: no right)"
