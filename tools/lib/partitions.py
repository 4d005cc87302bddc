"""Which partition a key is of: the top ten bits of its CRC-32C, spread by Fibonacci hashing."""


def _table():
    entries = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        entries.append(byte)
    return entries


TABLE = _table()


def crc32c(data):
    checksum = 0xFFFFFFFF
    for byte in data:
        checksum = TABLE[(checksum ^ byte) & 0xFF] ^ checksum >> 8
    return checksum ^ 0xFFFFFFFF


def partition(key):
    return (crc32c(key.encode()) * 0x9E3779B1 & 0xFFFFFFFF) >> 22
