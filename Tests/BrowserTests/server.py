"""The program under test: started, its lines read, stopped."""

import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urldefrag

READY = re.compile(r"^ready operator=(\S+) portal=(\S+)")
OPEN = re.compile(r"^open (\S+#\S+)")
#: What the demo says when its two weeks of history are there.
PAST = "the made-up past is there"


class Server:
    """`earshot demo` on ports of its own, with a data folder of its own."""

    #: Of a street map; nothing answers there, and no test asks it.
    tiles = "http://127.0.0.1:9"

    def __init__(self, binary, start_seconds=300):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory(prefix="earshot-browser-")
        self.data = str(Path(self.folder.name, "data"))
        self.log = open(Path(self.folder.name, "log.txt"), "w+b")
        self.process = subprocess.Popen(
            [
                binary, "demo", "--units", "8", "--operator-listen", "127.0.0.1:0",
                "--portal-listen", "127.0.0.1:0", "--data", self.data,
                "--map-tiles", self.tiles + "/{z}/{x}/{y}.png", "--map-attribution", "Maps of <us>",
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # Tests sign in more often than people.
            env={**os.environ, "EARSHOT_LIMIT_SIGN_INS_PER_MINUTE": "1000"})
        self.has_past = threading.Event()
        self.keeper = threading.Thread(target=self._keep, daemon=True)
        self.keeper.start()
        lines = queue.Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        deadline = time.monotonic() + start_seconds
        self.url = self.portal = sign_in = None
        while not (self.url and sign_in):
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                self.process.kill()
                raise SystemExit(f"the program did not become ready:\n{self.tail()}")
            if match := READY.match(line):
                self.url, self.portal = match[1], match[2]
            if match := OPEN.match(line):
                sign_in = match[1]
        self.token = urldefrag(sign_in).fragment
        if not self.has_past.wait(max(0.0, deadline - time.monotonic())):
            self.process.kill()
            raise SystemExit(f"the program did not make its history:\n{self.tail()}")

    def _read(self, lines):
        for line in self.process.stdout:
            lines.put(line)
        lines.put(None)

    def _keep(self):
        for line in self.process.stderr:
            self.log.write(line.encode())
            self.log.flush()
            if PAST in line:
                self.has_past.set()

    def tail(self):
        """The end of what the program said on stderr."""
        return Path(self.log.name).read_text(errors="replace")[-4000:]

    def stop(self):
        """Stops as systemd would. Returns the exit code, or a word when it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not stop within 60 s"
        finally:
            self.keeper.join(timeout=10)
            self.log.close()
            self.folder.cleanup()


class Running:
    """A server that somebody else started: its operators' pages only."""

    portal = None

    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.token = token

    def tail(self):
        return ""

    def stop(self):
        return 0
