# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What memory an attack may cost at most, in KiB, from the limits that the sources name."""

import pathlib

import constants

LIMITS = constants.read(pathlib.Path(__file__).parents[2])
KIB = 1024

MESSAGE = LIMITS['LWSG_CONTEXT_MAX_MESSAGE_SIZE'] // KIB
OUTPUT = LIMITS['ENGINE_OUTPUT_LIMIT'] // KIB
HEAD = LIMITS['WIRE_HEAD_MAX_SIZE'] // KIB

# Buffers of the context, tables, what the allocator rounds up and holds back.
BASE = 3 * KIB

# The same where it is of small messages: of the blocks that they are put together in some part
# stays empty, and the allocator has its own of each.
WAITING = OUTPUT * 5 // 4

# A connection, with the objects that belong to it.
CONNECTION = 4

# What an output has for each piece that waits elsewhere, in a list that doubles.
SPAN = 2 * 24 / KIB

# What grows as bytes arrive grows by half.
GROWTH = 1.5

# zlib's with the largest window that a peer may ask us to know, and our own (doc/limits.xml).
INFLATE, DEFLATE = 40, 38

# GnuTLS, in a handshake (limits-private.h).
TLS = 40


def crowd(number, each=0):
    return BASE + round(number * (CONNECTION + each))
