"""The curve of GB/T 32918.5, as far as keys need it: is a point on it, and which point belongs to a scalar.

Signing, verifying, encrypting and decrypting are the backends' work: this arithmetic is not constant in time and is
used once for each key that a process loads.
"""

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

Point = tuple[int, int] | None


def is_on_curve(x: int, y: int) -> bool:
    """Say whether (x, y) is a finite point of the curve."""
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def public_point(scalar: int) -> tuple[int, int]:
    """Return scalar times the base point, for 0 < scalar < N."""
    result: Point = None
    addend: Point = (GX, GY)
    while scalar:
        if scalar & 1:
            result = _add(result, addend)
        addend = _add(addend, addend)
        scalar >>= 1
    if result is None:
        raise RuntimeError("a scalar from 1 to N - 1 has a finite point")
    return result


def _add(first: Point, second: Point) -> Point:
    """Return the sum of two points in affine coordinates; None is the point at infinity."""
    if first is None:
        return second
    if second is None:
        return first
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if first == second else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P
