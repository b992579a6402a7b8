"""VictoriaMetrics: eight series a unit, imported as JSON lines, asked with MetricsQL."""
import http.client, json, os, socket, subprocess, time, urllib.parse

import numpy

from . import METRICS, PERCENTS, folder_bytes

SAMPLES_A_LINE = 10_000
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".tools", "victoria")
PROGRAM = os.path.join(FOLDER, "usr", "bin", "victoria-metrics")


class Engine:
    name = "VictoriaMetrics"
    settings = ("eight series, /api/v1/import, flushed and merged; response cache off (nocache=1); "
                "energy mean by a subquery of 1 s, LN by quantile_over_time: neither is exact")
    # It resamples to whole seconds, so means and ranks are near, not equal.
    mean_tolerance_db, rank_tolerance_tenths = 0.2, 1.01

    def __init__(self, folder):
        self.folder = os.path.join(folder, "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(os.path.join(folder, "log"), "w")
        self.process = subprocess.Popen(
            [PROGRAM, f"-storageDataPath={self.folder}", f"-httpListenAddr=127.0.0.1:{self.port}",
             "-retentionPeriod=100y", "-search.maxPointsPerTimeseries=10000000",
             "-search.maxSamplesPerQuery=1000000000", "-import.maxLineLen=104857600",
             "-search.latencyOffset=0s"],
            stdout=self.log, stderr=self.log)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        for _ in range(200):
            try:
                self._get("/health")
                return
            except OSError:
                self.connection.close()
                time.sleep(0.05)
        raise SystemExit("VictoriaMetrics did not start")

    def version(self):
        """That of the Debian package, beside which `scripts/setup` wrote it."""
        return open(os.path.join(FOLDER, "version")).read().split("+")[0].strip()

    def prepare(self, file, frames):
        """The body, made before time is taken."""
        times = frames["t"].tolist()
        columns = {name: (frames[name] / 10).tolist() for name in METRICS}
        columns["state"] = frames["state"].tolist()
        lines = []
        for first in range(0, len(times), SAMPLES_A_LINE):
            part = slice(first, first + SAMPLES_A_LINE)
            stamps = json.dumps(times[part], separators=(",", ":"))
            for name, values in columns.items():
                numbers = json.dumps(values[part], separators=(",", ":"))
                lines.append(f'{{"metric":{{"__name__":"{name}","unit":"1"}},'
                             f'"values":{numbers},"timestamps":{stamps}}}\n')
        self.body = "".join(lines).encode()

    def ingest(self, file, frames):
        self.connection.request("POST", "/api/v1/import", self.body)
        self._answer()
        # Its answer does not promise that anything is on disk; this writes what is in memory.
        self._get("/internal/force_flush")

    def settle(self):
        self.body = None
        self._get("/internal/force_merge")
        before, since = None, time.time()
        while time.time() - since < 3:
            now = folder_bytes(self.folder)
            if now != before:
                before, since = now, time.time()
            time.sleep(0.1)

    def size_bytes(self):
        return folder_bytes(os.path.join(self.folder, "data"))

    def buckets(self, start, end, step_seconds, with_mean):
        questions = {"min": "min_over_time(lp[{0}])", "max": "max_over_time(lp[{0}])",
                     "lmax_max": "max_over_time(lmax[{0}])"}
        if with_mean:
            questions["mean"] = "10 * log10(avg_over_time((10 ^ (lp / 10))[{0}:1s]))"
        return self._ask(questions, start, end, step_seconds)

    def ranks(self, start, end):
        questions = {f"q{percent}": f"quantile_over_time({1 - percent / 100}, lp[{{0}}])"
                     for percent in PERCENTS}
        return self._ask(questions, start, end, 86_400)

    def _ask(self, questions, start, end, step_seconds):
        """Values at the last millisecond of each whole bucket, which (t - d, t] then is; of all of
        the range when it holds no whole bucket."""
        step = step_seconds * 1000
        first, last = (start + step - 1) // step * step, end // step * step
        window, bucket = step, first
        if first >= last:
            first, window, last, bucket = start, end - start, end, start // step * step
        union = ", ".join(f'alias({text.format(f"{window}ms")}, "{name}")'
                          for name, text in questions.items())
        return bucket, self._get("/api/v1/query_range?" + urllib.parse.urlencode({
            "query": f"union({union})", "start": (first + window - 1) / 1000,
            "end": (last - 1) / 1000, "step": step_seconds, "nocache": 1}))

    def read(self, answer):
        """Columns of an answer's bytes; not part of the time taken."""
        bucket, body = answer
        columns = {"ln": {}}
        for series in json.loads(body)["data"]["result"]:
            name, values = series["metric"]["__name__"], numpy.array(series["values"], float)
            times = numpy.round(values[:, 0] * 1000).astype(int)
            columns["t"] = bucket + times - times[0]
            if name.startswith("q"):
                columns["ln"][int(name[1:])] = values[:, 1] * 10
            else:
                columns[name] = values[:, 1] if name == "mean" else numpy.round(values[:, 1] * 10)
        return columns

    def _get(self, path):
        self.connection.request("GET", path)
        return self._answer()

    def _answer(self):
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"VictoriaMetrics answered {answer.status}: {body[:300]!r}")
        return body

    def cpu_seconds(self):
        return time.clock_gettime_ns((~self.process.pid << 3) | 2) / 1e9

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
