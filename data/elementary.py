"""Truth for elementary functions at 100,000 arguments: data/elementary.bin. Usage: python3 data/elementary.py (mpmath; a minute).

Functions exp, ln, ln_1p, exp_m1 in this order, 25,000 arguments each: argument i of function f is made of the word
splitmix64(25000 f + i), see `argument`; the test in src/numeric/interval/tests.rs makes the same ones. For each the file
has two bytes, little endian: the low 16 bits of the largest double that is at most the value, by mpmath with 60 digits."""
import pathlib
import struct

from mpmath import exp, expm1, floor, frexp, ldexp, log, log1p, mp, mpf

mp.dps = 60
MASK = (1 << 64) - 1


def word(n):
    """splitmix64, Steele, Lea and Flood 2014."""
    z = (n + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def argument(function, bits):
    """exp: [-700, 700], or within 1 of 0; ln: every size; ln_1p and exp_m1: from 2^-40 on in size, both signs."""
    unit = (bits >> 11) * 2.0**-53
    if function == 0:
        return (unit - 0.5) * (1400.0 if bits & 1 else 2.0)
    if function == 1:
        return (1.0 + unit) * 2.0 ** (((bits & 0x7FF) % 2001) - 1000) if bits & 2 else 0.5 + unit
    x = (1.0 + unit) * 2.0 ** -((bits & 0x3F) % 41)
    return -0.49 * x if bits & 0x400 else x


def below(value):
    """The largest double that is at most `value`."""
    mantissa, exponent = frexp(value)
    return float(ldexp(floor(ldexp(mantissa, 53)), exponent - 53))


with open(pathlib.Path(__file__).with_suffix(".bin"), "wb") as out:
    for f, function in enumerate([exp, log, log1p, expm1]):
        for i in range(25_000):
            bits = struct.unpack("<Q", struct.pack("<d", below(function(mpf(argument(f, word(25_000 * f + i)))))))[0]
            out.write(struct.pack("<H", bits & 0xFFFF))
