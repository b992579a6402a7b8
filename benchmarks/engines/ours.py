"""Earshot, through its own HTTP. Means and LN weigh by dwell; metrics are always all computed."""
import json, subprocess

from instance import Instance

UNIT = "NL43-0001"


class Engine:
    name = "Earshot"
    settings = "defaults, empty data folder, binary import, questions through HTTP as JSON"
    binary = None  # set by who runs it
    weighs = True

    def __init__(self, folder):
        self.service = Instance(self.binary, [UNIT], folder)

    def version(self):
        return subprocess.run([self.binary, "version"], capture_output=True,
                              text=True).stdout.split()[-1]

    def ingest(self, file, frames):
        self.service.import_frames(UNIT, file)

    def settle(self):
        self.service.settle()

    def size_bytes(self):
        return self.service.settled_bytes()[0]

    def request(self, start, end, parameters):
        return (f"/api/units/{UNIT}/history?from={start}&to={end}&metrics=lp,lmax&{parameters}")

    def buckets(self, start, end, step_seconds, with_mean):
        """The bytes of the answer: reading them is the checker's."""
        return self.service.connection.get(self.request(start, end, f"step={step_seconds}"))[1]

    def ranks(self, start, end):
        return self.service.connection.get(
            self.request(start, end, "step=86400&ln=10,50,90"))[1]

    def read(self, body):
        return json.loads(body)

    def cpu_seconds(self):
        return self.service.cpu_seconds()

    def close(self):
        self.service.stop()
