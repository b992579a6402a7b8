"""MANIFEST and log files, from `docs/format/manifest.md` and `log.md`."""
from collections import namedtuple

from crc32c import crc32c
from cursor import Cursor, FormatError, wrap
from segment import METRICS, Frame, checked, unpack_zstd

Entry = namedtuple("Entry", "name size footer_crc level first last max_lsn")
Unit = namedtuple("Unit", "ref name newest")
Tombstone = namedtuple("Tombstone", "ref start end generation")
Record = namedtuple("Record", "lsn type place more frames payload")


class Manifest:
    def __init__(self, data):
        at = Cursor(checked(data, "MANIFEST"))
        if at.take(8) != b"ESMANIF\x02":
            raise FormatError("it is no MANIFEST of version 2")
        self.version, self.flushed_lsn = at.unsigned(8), at.unsigned(8)
        self.segments = [
            Entry(at.text(), at.unsigned(8), at.unsigned(4), at.unsigned(1), at.signed(8),
                  at.signed(8), at.unsigned(8))
            for _ in range(at.unsigned(4))
        ]
        self.units = []
        for _ in range(at.unsigned(4)):
            ref, name, has_newest, newest = (
                at.unsigned(4), at.text(), at.unsigned(1), at.signed(8))
            self.units.append(Unit(ref, name, newest if has_newest else None))
        self.tombstones = [
            Tombstone(at.unsigned(4), at.signed(8), at.signed(8), at.unsigned(8))
            for _ in range(at.unsigned(4))
        ]
        self.leftovers = [at.text() for _ in range(at.unsigned(4))] if at.rest else []
        at.end()


class LogFile:
    """A log file of which nothing is damaged: all of it must be records, each the next one."""

    def __init__(self, data):
        at = Cursor(checked(data[:36], "the header"))
        if at.take(8) != b"ESWAL\0\0\x01":
            raise FormatError("it is no log file of version 1")
        salt, self.first_lsn, self.supersedes_from = (
            at.unsigned(8), at.unsigned(8), at.unsigned(8))
        seed = (salt ^ salt >> 32) & 0xFFFFFFFF
        at = Cursor(data)
        at.take(36)
        self.records = []
        while at.rest:
            self.records.append(record(at, seed))
            if self.records[-1].lsn != self.first_lsn + len(self.records) - 1:
                raise FormatError("a record is not the next one")


def record(at, seed):
    length, crc = at.unsigned(4), at.unsigned(4)
    start = at.place
    lsn, kind, codec = at.unsigned(8), at.unsigned(1), at.unsigned(1)
    place, frames = at.unsigned(2), at.unsigned(4)
    payload = at.take(length)
    if crc32c(at.data[start:at.place], seed) != crc:
        raise FormatError(f"the checksum of record {lsn} does not match")
    if codec == 1:
        payload = unpack_zstd(payload[4:], int.from_bytes(payload[:4], "little"))
    return Record(lsn, kind, place & 0x7FFF, bool(place & 0x8000), frames, payload)


def units_of(payload):
    at = Cursor(payload)
    names = {}
    while at.rest:
        ref = at.unsigned(4)
        names[ref] = at.text()
    return names


def frames_of(payload, count):
    """Pairs of a unit's number and a frame, in the order of the record."""
    at = Cursor(payload)
    runs = [at.run() for _ in range(at.varint())]
    base = at.signed(8)
    units, unit = [], 0
    for _ in range(count):
        unit += at.zigzag()
        units.append(unit)
    run_numbers = [at.varint() for _ in range(count)]
    same = [i > 0 and units[i - 1] == units[i] for i in range(count)]
    times = []
    for i in range(count):
        times.append((times[i - 1] if same[i] else base) + at.zigzag())
    levels = [[] for _ in range(count)]
    for metric, name in enumerate(METRICS):
        low, high = at.take(count), at.take(count)
        for i in range(count):
            if same[i]:
                before = levels[i - 1][metric]
            elif name in ("lp", "leq"):
                before = 0
            else:
                before = levels[i][0 if name == "lpeak" else 1]
            levels[i].append(wrap(before + (low[i] | high[i] << 8), 16))
    states = at.take(count)
    at.end()
    return [
        (units[i], Frame(times[i], tuple(levels[i]), states[i], runs[run_numbers[i]]))
        for i in range(count)
    ]
