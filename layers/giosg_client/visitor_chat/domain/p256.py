"""The curve P-256, as far as handing out a public key takes it: without a compiled library, a few milliseconds once.

Parameters and sizes: https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-186.pdf, section 3.2.1.3.
Nothing is signed or decrypted with this: how long it takes depends on the numbers.
"""

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
NUMBER_BYTES = 32
UNCOMPRESSED = 4
"""First byte of a point of which both coordinates are given."""

_Point = tuple[int, int, int]
"""In Jacobian coordinates: (X / Z^2, Y / Z^3), and Z is 0 for the point at infinity."""


def public_key(secret_scalar: int) -> bytes:
    """Return the public key of a private one, as an uncompressed point."""
    x, y = _multiplied(secret_scalar)
    return bytes([UNCOMPRESSED]) + x.to_bytes(NUMBER_BYTES) + y.to_bytes(NUMBER_BYTES)


def is_public_key(raw: bytes) -> bool:
    """Tell whether these bytes are an uncompressed point of the curve."""
    if len(raw) != 1 + 2 * NUMBER_BYTES or raw[0] != UNCOMPRESSED:
        return False
    x, y = int.from_bytes(raw[1 : 1 + NUMBER_BYTES]), int.from_bytes(raw[1 + NUMBER_BYTES :])
    return max(x, y) < PRIME and (y * y - (x * x * x - 3 * x + B)) % PRIME == 0


def _multiplied(scalar: int) -> tuple[int, int]:
    """Return the generator, taken `scalar` times: each bit costs a doubling and an addition, whatever it is."""
    generator: _Point = (*GENERATOR, 1)
    result: _Point = (1, 1, 0)
    for place in reversed(range(ORDER.bit_length())):
        result = _doubled(result)
        added = _added(result, generator)
        result = added if scalar >> place & 1 else result
    x, y, z = result
    inverse = pow(z, -1, PRIME)
    return x * inverse**2 % PRIME, y * inverse**3 % PRIME


def _doubled(point: _Point) -> _Point:
    """Add a point to itself (https://www.hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-3.html#doubling-dbl-2001-b)."""
    x, y, z = point
    delta, gamma = z * z, y * y
    beta = x * gamma
    alpha = 3 * (x - delta) * (x + delta)
    x3 = (alpha * alpha - 8 * beta) % PRIME
    y3 = (alpha * (4 * beta - x3) - 8 * gamma * gamma) % PRIME
    return x3, y3, 2 * y * z % PRIME


def _added(one: _Point, other: _Point) -> _Point:
    """Add two unlike points (https://www.hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-3.html#addition-add-1998-cmo-2)."""
    if not one[2]:
        return other
    (x1, y1, z1), (x2, y2, z2) = one, other
    u1, u2 = x1 * z2 * z2 % PRIME, x2 * z1 * z1 % PRIME
    s1, s2 = y1 * z2**3 % PRIME, y2 * z1**3 % PRIME
    h, r = u2 - u1, s2 - s1
    h2, h3 = h * h % PRIME, h**3 % PRIME
    x3 = (r * r - h3 - 2 * u1 * h2) % PRIME
    return x3, (r * (u1 * h2 - x3) - s1 * h3) % PRIME, h * z1 * z2 % PRIME
