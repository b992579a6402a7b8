"""Reading numbers one after the other, as `docs/format/segment.md` spells them."""


class FormatError(Exception):
    """The bytes are not what the documents say."""


class Cursor:
    """A place in bytes. Every read is checked against the end."""

    def __init__(self, data):
        self.data = data
        self.place = 0

    @property
    def rest(self):
        return len(self.data) - self.place

    def take(self, count):
        if count < 0 or count > self.rest:
            raise FormatError("bytes are cut off")
        self.place += count
        return self.data[self.place - count:self.place]

    def unsigned(self, width):
        return int.from_bytes(self.take(width), "little")

    def signed(self, width):
        return int.from_bytes(self.take(width), "little", signed=True)

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.unsigned(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise FormatError("a varint does not end")

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def text(self):
        return self.take(self.unsigned(1)).decode("utf-8")

    def run(self):
        """Start (None for none) and longest bridged hole, ms."""
        has_start, start, longest = self.unsigned(1), self.signed(8), self.unsigned(4)
        return (start if has_start else None), longest

    def end(self):
        if self.rest:
            raise FormatError(f"{self.rest} bytes are left over")


def wrap(value, bits):
    """`value` as a signed number of so many bits."""
    half = 1 << bits - 1
    return (value + half) % (1 << bits) - half
