"""CRC32C (Castagnoli), eight bytes at a time by table: there is none in the standard library."""

POLYNOMIAL = 0x82F63B78


def _tables():
    first = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        first.append(byte)
    tables = [first]
    for _ in range(7):
        tables.append([first[value & 0xFF] ^ value >> 8 for value in tables[-1]])
    return tables


_T = _tables()


def crc32c(data, carried_on_from=0):
    """The checksum of `data`, carried on from that of what stood before."""
    register = carried_on_from ^ 0xFFFFFFFF
    whole = len(data) - len(data) % 8
    for place in range(0, whole, 8):
        low = register ^ int.from_bytes(data[place:place + 4], "little")
        register = (
            _T[7][low & 0xFF] ^ _T[6][low >> 8 & 0xFF] ^ _T[5][low >> 16 & 0xFF]
            ^ _T[4][low >> 24] ^ _T[3][data[place + 4]] ^ _T[2][data[place + 5]]
            ^ _T[1][data[place + 6]] ^ _T[0][data[place + 7]]
        )
    for byte in data[whole:]:
        register = _T[0][(register ^ byte) & 0xFF] ^ register >> 8
    return register ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283
