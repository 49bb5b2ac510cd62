# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Few compressed bytes that stand for many."""

import itertools

import bounds
import wire
from scene import ALL, Case

CUT_UP = 64 * wire.MIB
CUT = 1000          # bytes of a fragment
REPEATS = 10
UNREAD = 100
CROWD = 1000
WINDOW = 32 * wire.KIB

FIRST_AND_LAST = wire.FIN | wire.RSV1 | wire.BINARY

TOO_BIG = {'classic': 'answered', 'object': 'close 1009'}


def _pour(scene, make, number=1):
    """Sends a message so many times, and takes the answers."""
    peer = scene.open(deflate=True)
    message = make(peer.masked)
    if peer.pour(itertools.repeat(message, number)) and peer.wait_for_messages(number):
        return 'answered'
    return peer.end()


def in_one_frame(scene):
    return _pour(scene, lambda masked: wire.frame(FIRST_AND_LAST, wire.zeros(wire.GIB), masked))


def in_fragments(scene):
    return _pour(scene, lambda masked: wire.fragments(wire.BINARY, wire.zeros(CUT_UP), CUT, masked, rsv1=True))


def up_to_the_limit(scene):
    size = bounds.MESSAGE * wire.KIB
    return _pour(scene, lambda masked: wire.frame(FIRST_AND_LAST, wire.zeros(size), masked), REPEATS)


def one_byte_over(scene):
    size = bounds.MESSAGE * wire.KIB
    over = wire.zeros(size) + wire.TAIL + b'\0\1\0\xfe\xff\0' + b'\0'
    return _pour(scene, lambda masked: wire.frame(FIRST_AND_LAST, over, masked))


def never_read(scene):
    """The echo of a megabyte is a kilobyte; nobody reads it."""
    peer = scene.open(deflate=True)
    message = wire.frame(FIRST_AND_LAST, wire.zeros(wire.MIB), peer.masked)
    return 'all taken' if peer.pour(itertools.repeat(message, UNREAD), reading=False) else 'end'


def in_a_ping(scene):
    peer = scene.open(deflate=True)
    peer.send(wire.FIN | wire.RSV1 | wire.PING, wire.zeros(wire.MIB)[:100])
    return peer.end()


def not_negotiated(scene):
    peer = scene.open()
    peer.send(FIRST_AND_LAST, wire.zeros(wire.MIB))
    return peer.end()


def state_of_many(scene):
    """Each has a window to refer to, and one that is written to."""
    crowd = scene.open_crowd(CROWD, deflate=True)
    message = wire.deflated(bytes(WINDOW))
    for peer in crowd:
        peer.send(FIRST_AND_LAST, message)
    served = sum(peer.wait_for_messages(1) for peer in crowd)
    return 'answered' if served == CROWD else f'{served} of {CROWD} answered'


# The message, compressed again when it is sent back, and what the store of the object API keeps.
ECHO = {'classic': bounds.BASE, 'object': bounds.BASE + 2 * bounds.MESSAGE}

CASES = (
    # The classic API passes on what is inflated to 64 MiB.
    Case('bomb', 'a message of 1 MiB that inflates to 1 GiB', in_one_frame, 'close 1009',
         {'classic': bounds.BASE, 'object': bounds.BASE + bounds.MESSAGE}, ALL),
    Case('bomb-fragments', 'one that inflates to 64 MiB, in fragments of 1000 bytes', in_fragments, TOO_BIG,
         {'classic': bounds.BASE, 'object': bounds.BASE + bounds.MESSAGE}, ALL),
    Case('bombs-at-limit', f'{REPEATS} messages of 16 KiB that inflate to 16 MiB each', up_to_the_limit, 'answered',
         ECHO, ALL),
    Case('bomb-over-limit', 'one that inflates to a byte more than 16 MiB', one_byte_over, TOO_BIG, ECHO, ALL),
    Case('bombs-unread', f'{UNREAD} messages of 1 KiB that inflate to 1 MiB each; no answer is read', never_read,
         'all taken', bounds.BASE + 2 * bounds.KIB, ALL),
    Case('bomb-ping', 'a compressed Ping', in_a_ping, 'close 1002', bounds.BASE, ALL),
    Case('bomb-unasked', 'a compressed message where no compression was agreed on', not_negotiated, 'close 1002',
         bounds.BASE, ALL),
    Case('bomb-states', f'{CROWD} connections that compress with the largest window, and have filled it',
         state_of_many, 'answered',
         bounds.crowd(CROWD, bounds.INFLATE + bounds.DEFLATE)),
)
