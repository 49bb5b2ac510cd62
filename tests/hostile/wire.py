# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames and messages as bytes, right and wrong ones."""

import zlib

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN, RSV1 = 0x80, 0x40
MASKED = 0x80

# The lengths that a header of 2 bytes can't tell.
LENGTH_16, LENGTH_64 = 126, 127

# Any key will do. With this one the payload stays as it is.
KEY = bytes(4)

TAIL = b'\0\0\xff\xff'


def header(first, length, masked=True):
    """The header of a frame that announces so many bytes."""
    mask = MASKED if masked else 0
    if length < LENGTH_16:
        head = bytes([first, mask | length])
    elif length < 1 << 16:
        head = bytes([first, mask | LENGTH_16]) + length.to_bytes(2, 'big')
    else:
        head = bytes([first, mask | LENGTH_64]) + length.to_bytes(8, 'big')
    return head + (KEY if masked else b'')


def frame(first, payload=b'', masked=True):
    return header(first, len(payload), masked) + payload


def fragments(opcode, payload, size, masked=True, rsv1=False):
    """A message in frames of @size bytes."""
    pieces = [payload[at:at + size] for at in range(0, len(payload), size)]
    frames = []
    for number, piece in enumerate(pieces):
        first = CONTINUATION if number else opcode | (RSV1 if rsv1 else 0)
        frames.append(frame(first | (FIN if number == len(pieces) - 1 else 0), piece, masked))
    return b''.join(frames)


def deflated(data):
    """As permessage-deflate has it. Nothing in it refers to what was before."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(data) + deflater.flush(zlib.Z_FULL_FLUSH)).removesuffix(TAIL)


def zeros(size):
    """@size bytes 0, a multiple of 1 MiB: a thousandth of it."""
    return TAIL.join([deflated(bytes(MIB))] * (size // MIB))
