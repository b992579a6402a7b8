"""A segment file, from `docs/format/segment.md`."""
from collections import namedtuple

import zstandard

from crc32c import crc32c
from cursor import Cursor, FormatError, wrap

METRICS = ("lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2")
NONE = -32768
RAW_MAXIMUM = 16 << 20
BLOCK_BYTES, ROW_BYTES = 77, 80

Frame = namedtuple("Frame", "time levels state run")
Place = namedtuple("Place", "offset length")
Block = namedtuple("Block", "first last count run pages extremes")
Row = namedtuple("Row", "ref blocks first last frames directory rollups name")
ROLLUPS = ("hours", "minutes", "hour_histograms", "day_histogram")
ROLLUP_ROWS = {"hours": 24, "minutes": 288, "hour_histograms": 24, "day_histogram": 1}


def unpack_zstd(data, length):
    if length > RAW_MAXIMUM:
        raise FormatError("more than 16 MiB")
    payload = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    if len(payload) != length:
        raise FormatError("a zstd frame has another length")
    return payload


def checked(data, what):
    """`data` without the checksum at its end."""
    if len(data) < 4 or crc32c(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise FormatError(f"the checksum of {what} does not match")
    return data[:-4]


def place_of(packed):
    return Place(packed & (1 << 40) - 1, packed >> 40)


class Segment:
    def __init__(self, data):
        self.data = data
        self._header(Cursor(checked(data[:64], "the header")))
        if data[-8:] != b"1\nTOHSRE":
            raise FormatError("it does not end like a segment")
        self._footer(Cursor(checked(data[-64:-8], "the footer")))
        end = self.index_offset + self.index_length
        if end + 16 * self.replaced_count + 64 != len(data):
            raise FormatError("parts and size differ")
        self.replaced = [data[end + 16 * i:end + 16 * i + 16] for i in range(self.replaced_count)]

    def _header(self, at):
        if at.take(8) != b"EARSHOT\x01":
            raise FormatError("it does not begin like a segment")
        major, minor, length = at.unsigned(2), at.unsigned(2), at.unsigned(4)
        if major != 1 or minor < 1 or length != 64:
            raise FormatError(f"version {major}.{minor} is not known")
        self.uuid = at.take(16)
        self.level, flags = at.unsigned(1), at.unsigned(1)
        self.rollups_only = bool(flags & 1)
        at.take(2)
        self.first, self.last = at.signed(8), at.signed(8)

    def _footer(self, at):
        self.index_offset, self.index_length = at.unsigned(8), at.unsigned(4)
        self.index_crc = at.unsigned(4)
        self.frame_count, self.max_lsn = at.unsigned(8), at.unsigned(8)
        self.unit_count, self.replaced_count = at.unsigned(4), at.unsigned(4)
        self.names_length = at.unsigned(4)
        if at.take(8) != self.uuid[:8]:
            raise FormatError("the footer is another file's")

    # Index

    def rows(self):
        end = self.index_offset + self.index_length
        index = self.data[self.index_offset:end]
        if crc32c(index) != self.index_crc:
            raise FormatError("the checksum of the index does not match")
        names = index[len(index) - self.names_length:]
        rows = []
        for number in range(self.unit_count):
            place = number * ROW_BYTES
            at = Cursor(checked(index[place:place + ROW_BYTES], f"row {number}"))
            ref, blocks = at.unsigned(4), at.unsigned(4)
            first, last, frames = at.signed(8), at.signed(8), at.unsigned(8)
            directory = place_of(at.unsigned(8))
            rollups = {name: place_of(at.unsigned(8)) for name in ROLLUPS}
            name = Cursor(names[at.unsigned(4):]).text()
            at.end()
            if rows and rows[-1].ref >= ref:
                raise FormatError("units do not ascend")
            rows.append(Row(ref, blocks, first, last, frames, directory, rollups, name))
        return rows

    def blocks(self, row):
        if row.blocks == 0:
            return []
        if row.directory.length != row.blocks * BLOCK_BYTES + 4:
            raise FormatError("a directory has another length")
        at = Cursor(checked(self._bytes(row.directory), f"the directory of {row.name}"))
        blocks = []
        for _ in range(row.blocks):
            first = at.signed(8)
            last, count, run = first + at.unsigned(4), at.unsigned(4), at.run()
            pages, extremes = [], []
            for _ in range(4):
                pages.append(place_of(at.unsigned(8)))
                extremes.append((at.signed(2), at.signed(2)))
            if blocks and blocks[-1].last >= first:
                raise FormatError("blocks overlap")
            blocks.append(Block(first, last, count, run, pages, extremes))
        at.end()
        return blocks

    # Pages

    def _bytes(self, place):
        if place.offset + place.length > len(self.data):
            raise FormatError("a place lies outside")
        return self.data[place.offset:place.offset + place.length]

    def page(self, place, column):
        """The codec and the payload of a page."""
        if place.offset % 8 or place.offset + place.length > self.index_offset:
            raise FormatError("a page is not where pages are")
        at = Cursor(self._bytes(place))
        raw, stored, found = at.unsigned(4), at.unsigned(4), at.unsigned(1)
        codec, flags, crc = at.unsigned(1), at.unsigned(2), at.unsigned(4)
        payload = at.take(stored)
        at.end()
        if crc32c(payload, crc32c(at.data[:12])) != crc:
            raise FormatError(f"the checksum of a page of column {column} does not match")
        if found != column:
            raise FormatError(f"a page is of column {found} instead of {column}")
        return codec, Cursor(payload if flags & 1 else unpack_zstd(payload, raw))

    def frames(self, block):
        count = block.count
        times = decode_times(*self.page(block.pages[0], 0), count)
        levels = {"lp": decode_levels(*self.page(block.pages[1], 1), count, None)}
        levels["lpeak"] = decode_levels(*self.page(block.pages[2], 2), count, levels["lp"])
        codec, at = self.page(block.pages[3], 3)
        if codec != 6:
            raise FormatError("the slow page is not STEP")
        for name in ("leq", "lmax", "lmin", "ln1", "ln2"):
            levels[name] = steps(at, count)
        states = steps(at, count)
        at.end()
        return [
            Frame(times[i], tuple(levels[name][i] for name in METRICS), states[i], block.run)
            for i in range(count)
        ]

    def rollup_rows(self, row, name):
        """24 columns of a rollup, references added."""
        codec, at = self.page(row.rollups[name], 16)
        count, columns = at.unsigned(2), at.unsigned(1)
        if codec != 16 or count != ROLLUP_ROWS[name] or columns < 24:
            raise FormatError("a page is not the rows that it should be")
        found = []
        for column in range(columns):
            packed = Cursor(at.take(at.unsigned(2)))
            if column >= 24:
                continue
            values, value = [], 0
            for index in range(count):
                value = wrap(value + packed.zigzag(), 32)
                values.append(wrap(value + reference(column, index, found), 32))
            packed.end()
            found.append(values)
        at.end()
        return found

    def histograms(self, row, name):
        """Of each histogram the ticks by level in tenths."""
        codec, at = self.page(row.rollups[name], 16)
        if codec != 17 or at.unsigned(1) != ROLLUP_ROWS[name]:
            raise FormatError("a page is not the histograms that it should be")
        classes = []
        for number in range(ROLLUP_ROWS[name]):
            count = at.varint()
            first = at.zigzag() if count else 0
            classes += [(number, first + k) for k in range(count)]
        planes = [at.take(len(classes)) for _ in range(4)]
        at.end()
        found = [{} for _ in range(ROLLUP_ROWS[name])]
        for index, (number, level) in enumerate(classes):
            found[number][level] = sum(plane[index] << 8 * k for k, plane in enumerate(planes))
        return found


def reference(column, index, found):
    if column == 4:
        return found[3][index]
    if column == 5:
        return 0 if found[3][index] == NONE else 100 * found[3][index]
    if column >= 6 and column % 3:
        return found[column - column % 3][index]
    return 0


# Codecs


def e8(at, count, escape_width):
    escapes = at.unsigned(4)
    body = at.take(count)
    wide = [at.signed(escape_width) for _ in range(escapes)]
    if body.count(0) != escapes:
        raise FormatError("escapes do not match")
    rest = iter(wide)
    return [byte - 128 if byte else next(rest) for byte in body]


def decode_times(codec, at, count):
    start = at.signed(8)
    if codec == 2:
        median, times = at.signed(8), [start]
        for residual in e8(at, count - 1, 8):
            times.append(times[-1] + median + residual)
    elif codec == 1:
        period, bias, gap_count = at.signed(8), at.signed(4), at.unsigned(4)
        gaps, index = {}, 0
        for _ in range(gap_count):
            index += at.varint()
            gaps[index] = gaps.get(index, 0) + at.zigzag()
        times, skipped = [], 0
        for index, residual in enumerate(e8(at, count, 8)):
            skipped += gaps.get(index, 0)
            times.append(start + ((index + skipped) * period >> 32) + bias + residual)
    else:
        raise FormatError(f"codec {codec} is none of times")
    at.end()
    return times


def decode_levels(codec, at, count, lp):
    if codec == 4:
        values, value = [], 0
        for residual in e8(at, count, 2):
            value = wrap(value + residual, 16)
            values.append(value)
    elif codec == 5 and lp is not None:
        offset = at.signed(2)
        values = [wrap(lp[i] + offset + r, 16) for i, r in enumerate(e8(at, count, 2))]
    elif codec == 6:
        values = steps(at, count)
    elif codec == 7:
        values = [at.signed(2)] * count
    elif codec == 8:
        low, high = at.take(count), at.take(count)
        values = [wrap(low[i] | high[i] << 8, 16) for i in range(count)]
    else:
        raise FormatError(f"codec {codec} is none of this column")
    at.end()
    return values


def steps(at, count):
    value, changes = at.signed(2), at.unsigned(4)
    values = []
    for _ in range(changes):
        values += [value] * at.varint()
        value = wrap(value + at.zigzag(), 16)
    if changes and len(values) >= count:
        raise FormatError("a step lies outside")
    return values + [value] * (count - len(values))
