"""A reader of the files on disk that shares nothing with the program: written from docs/format.

    .tools/bench-venv/bin/python Tests/FormatReader/read.py [STORE] [--csv]

Reads a store, Tests/Fixtures/store-v1 unless another is named, and checks what can be checked from
the files alone: every checksum, the order of times, rows and histograms against the frames. Of the
fixture it knows the frames too. Prints `N passed, 0 failed`; exit code 1 when one failed. `--csv`
prints the frames instead.
"""
import argparse
import hashlib
import sys
from pathlib import Path

from acoustics import Day
from crc32c import crc32c
from segment import METRICS, NONE, Segment
from store import LogFile, Manifest, frames_of, units_of

FIXTURE = Path(__file__).resolve().parent.parent / "Fixtures" / "store-v1"
FIXTURE_FRAMES = 2000
MEAN_TOLERANCE_DB = 0.001


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, is_so, what):
        if is_so:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}")
        return is_so

    def run(self, what, read, *arguments):
        """What `read` gives; None, and a failure, when it does not."""
        try:
            result = read(*arguments)
        except Exception as error:  # Whatever goes wrong with a file is a finding about it.
            self.that(False, f"{what}: {type(error).__name__}: {error}")
            return None
        self.passed += 1
        return result


class Store:
    """All frames of a store by unit, and what is wrong with it."""

    def __init__(self, folder, checks):
        self.folder, self.checks = folder, checks
        self.frames, self.names = {}, {}
        self.manifest = checks.run(
            "MANIFEST", lambda: Manifest((folder / "MANIFEST").read_bytes()))
        if self.manifest is None:
            return
        self.names = {unit.ref: unit.name for unit in self.manifest.units}
        for entry in self.manifest.segments:
            self._segment(entry)
        self._log()

    def _segment(self, entry):
        data = (self.folder / entry.name).read_bytes()
        segment = self.checks.run(entry.name, Segment, data)
        if segment is None:
            return
        that = self.checks.that
        that(len(data) == entry.size, f"{entry.name}: size")
        that(crc32c(data[-64:-12]) == entry.footer_crc, f"{entry.name}: footer in MANIFEST")
        that((segment.level, segment.first, segment.last, segment.max_lsn)
             == (entry.level, entry.first, entry.last, entry.max_lsn), f"{entry.name}: header")
        rows = self.checks.run(f"{entry.name}: index", segment.rows) or []
        that(sum(row.frames for row in rows) == segment.frame_count, f"{entry.name}: frames")
        for row in rows:
            what = f"{entry.name}: {row.name}"
            that(self.names.get(row.ref) == row.name, f"{what}: name")
            frames = self.checks.run(what, self._frames, segment, row, what)
            if segment.level > 0:
                self.checks.run(f"{what}: rollups", self._rollups, segment, row, frames, what)
            for frame in frames or []:
                if not self._is_deleted(row.ref, frame.time, entry):
                    self._keep(row.ref, frame)

    def _frames(self, segment, row, what):
        found = []
        for block in segment.blocks(row):
            frames = segment.frames(block)
            self.checks.that(
                (frames[0].time, frames[-1].time) == (block.first, block.last),
                f"{what}: a block's times")
            for column, metric in ((1, "lp"), (2, "lpeak")):
                values = [frame.levels[METRICS.index(metric)] for frame in frames]
                self.checks.that(
                    (min(values), max(values)) == block.extremes[column],
                    f"{what}: a block's least and highest {metric}")
            found += frames
        self.checks.that(ascends(found), f"{what}: times ascend")
        if found:
            self.checks.that(
                (len(found), found[0].time, found[-1].time) == (row.frames, row.first, row.last),
                f"{what}: row of the index")
        return found

    def _rollups(self, segment, row, frames, what):
        """Reads all four pages; compares them when the frames are there."""
        found = {name: segment.rollup_rows(row, name) for name in ("hours", "minutes")}
        histograms = {name: segment.histograms(row, name)
                      for name in ("hour_histograms", "day_histogram")}
        if not frames:
            return
        for name, step in (("hours", 3_600_000), ("minutes", 300_000)):
            self._compare(found[name], Day(frames, step), f"{what}: {name}")
        hours = Day(frames, 3_600_000)
        for number, histogram in enumerate(histograms["hour_histograms"]):
            self.checks.that(
                without_zeros(histogram) == hours.histograms[number],
                f"{what}: histogram of hour {number}")
        whole = Day(frames, 86_400_000)
        self.checks.that(
            without_zeros(histograms["day_histogram"][0]) == whole.histograms[0],
            f"{what}: histogram of the day")

    def _compare(self, rows, day, what):
        for number, expected in enumerate(day.columns()):
            if expected is not None:
                self.checks.that(rows[number] == expected, f"{what}: column {number}")
        for place, stored in enumerate(rows[5]):
            mean = day.mean(place)
            is_near = stored == 0 if mean is None else abs(mean - stored / 1000) <= MEAN_TOLERANCE_DB
            self.checks.that(is_near, f"{what}: mean {place}, {stored} for {mean}")

    def _log(self):
        files = []
        for path in sorted((self.folder / "wal").glob("*.wal")):
            file = self.checks.run(path.name, LogFile, path.read_bytes())
            if file is not None:
                files.append(file)
                self.checks.that(int(path.stem, 16) == file.first_lsn, f"{path.name}: first LSN")
        for number, file in enumerate(files):
            # What a later file has written anew is void; of these files all commits are whole.
            void = min([later.supersedes_from for later in files[number + 1:]], default=1 << 64)
            for record in file.records:
                if record.lsn < void:
                    self.checks.run(f"record {record.lsn}", self._record, record)

    def _record(self, record):
        if record.type == 2:
            self.names.update(units_of(record.payload))
        elif record.type == 1 and record.lsn > self.manifest.flushed_lsn:
            for ref, frame in frames_of(record.payload, record.frames):
                self._keep(ref, frame)

    def _keep(self, ref, frame):
        """The first publication wins."""
        self.frames.setdefault(ref, {}).setdefault(frame.time, frame)

    def _is_deleted(self, ref, time, entry):
        generation = int(entry.name.removesuffix(".esg").split("-")[-1], 16)
        return any(
            tombstone.ref == ref and tombstone.start <= time < tombstone.end
            and generation < tombstone.generation
            for tombstone in self.manifest.tombstones)

    def lines(self):
        """All frames as text: unit, time, run, seven levels in tenths, state."""
        for ref in sorted(self.frames):
            for time in sorted(self.frames[ref]):
                frame = self.frames[ref][time]
                start, longest = frame.run
                values = ["" if value == NONE else str(value) for value in frame.levels]
                yield ",".join([self.names[ref], str(time), "" if start is None else str(start),
                                str(longest), *values, str(frame.state)])


def ascends(frames):
    return all(a.time < b.time for a, b in zip(frames, frames[1:]))


def without_zeros(histogram):
    return {level: ticks for level, ticks in histogram.items() if ticks}


def main():
    parser = argparse.ArgumentParser(description="Reads a store as docs/format says.")
    parser.add_argument("store", nargs="?", type=Path, default=FIXTURE)
    parser.add_argument("--csv", action="store_true", help="print the frames")
    arguments = parser.parse_args()
    checks = Checks()
    store = Store(arguments.store, checks)
    lines = list(store.lines())
    if arguments.csv:
        print(*lines, sep="\n")
        return 1 if checks.failed else 0
    if arguments.store.resolve() == FIXTURE:
        checks.that(len(lines) == FIXTURE_FRAMES, f"{len(lines)} frames")
        expected = (Path(__file__).parent / "store-v1.sha256").read_text().split()[0]
        found = hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
        checks.that(found == expected, f"the frames are others: {found}")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
