"""Numbers that both PyTorch's side and the C++ tests compute, so that they need not be stored.

tests/models/training_formulas.h holds the same; integers only, so both give the same bits.
"""

import numpy


def noise(count, stream):
    """`count` values in [-1, 1): a hash of the index and of `stream`."""
    mask = numpy.uint64(0xFFFFFFFF)
    x = (numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(2654435761) +
         numpy.uint64(stream) * numpy.uint64(2246822519) + numpy.uint64(374761393)) & mask
    for multiplier in (0x7FEB352D, 0x846CA68B):
        x ^= x >> numpy.uint64(16)
        x = (x * numpy.uint64(multiplier)) & mask
    x ^= x >> numpy.uint64(16)
    return ((x >> numpy.uint64(8)).astype(numpy.float64) / 2**23 - 1.0).astype(numpy.float32)


def noise_of_shape(shape, stream, scale=1.0):
    values = noise(int(numpy.prod(shape)), stream) * numpy.float32(scale)
    return values.reshape(shape)


def name_stream(name):
    """A parameter's own stream: FNV-1a of its name, 32 bits."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    return state
