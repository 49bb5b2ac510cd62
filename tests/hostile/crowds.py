# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many connections that do little, or nothing."""

import bounds
import wire
from scene import Case

CROWD = 1000
RESETS = 10000
HELD = 200          # at the same time
BROADCAST = 64 * wire.KIB
BROADCASTS = 200
SMALL = wire.KIB
SMALL_BROADCASTS = 6000
FEW = 20

FIN_TEXT = wire.FIN | wire.TEXT


def nothing(scene):
    return 'end' if scene.crowd(CROWD) and scene.released() else 'is not let go of'


def resets(scene):
    for _ in range(RESETS // HELD):
        for peer in scene.crowd(HELD):
            peer.reset()
        scene.peers.clear()
    return 'end' if scene.released() else 'is not let go of'


def resets_of_open(scene):
    """In the middle of a message, with an answer under way."""
    for _ in range(CROWD // HELD):
        crowd = scene.open_crowd(HELD)
        for peer in crowd:
            peer.send(FIN_TEXT, bytes(1000))
            peer.send(wire.TEXT, bytes(1000))
        for peer in crowd:
            peer.reset()
        scene.peers.clear()
    return 'end' if scene.released() else 'is not let go of'


def unfinished_messages(scene):
    """Of 64 KiB each, which is kept until the rest comes."""
    crowd = scene.open_crowd(CROWD)
    for peer in crowd:
        peer.send(wire.BINARY, bytes(64 * wire.KIB))
    states = {peer.state() for peer in crowd}
    return ' / '.join(sorted(states))


def subscribers(scene):
    """Nobody of whom reads what one of them sends to all."""
    speaker, *crowd = scene.open_crowd(CROWD + 1, '/fan', receive_buffer=4 * wire.KIB)
    for number in range(BROADCASTS):
        speaker.send(FIN_TEXT, bytes(BROADCAST))
        if not speaker.wait_for_messages(number + 1):
            return speaker.end()
    return 'stays' if len(crowd) == CROWD and speaker.state() == 'stays' else 'end'


def subscribers_small(scene):
    """One broadcast at a time: what waits of them is put together for each who doesn't read."""
    speaker, *_ = scene.open_crowd(FEW + 1, '/fan', receive_buffer=4 * wire.KIB)
    for number in range(SMALL_BROADCASTS):
        speaker.send(FIN_TEXT, bytes(SMALL))
        if not speaker.wait_for_messages(number + 1):
            return speaker.end()
    return speaker.state()


CASES = (
    Case('resets', f'{RESETS} connections that are reset at once', resets, 'end', bounds.crowd(HELD)),
    Case('resets-open', f'{CROWD} that are reset within a message', resets_of_open, 'end', bounds.crowd(HELD, 4)),
    Case('messages-unfinished', f'{CROWD} with 64 KiB of a message that goes on', unfinished_messages, 'stays',
         {'classic': bounds.crowd(CROWD), 'object': bounds.crowd(CROWD, bounds.GROWTH * 64)}),
    Case('subscribers-unread', f'{BROADCASTS} broadcasts of 64 KiB to {CROWD} that read none', subscribers, 'stays',
         bounds.crowd(CROWD, BROADCASTS * bounds.SPAN) + BROADCASTS * BROADCAST // wire.KIB),
    Case('subscribers-unread-1', f'{SMALL_BROADCASTS} of 1 KiB to {FEW} that read none', subscribers_small, 'stays',
         bounds.crowd(FEW, min(SMALL_BROADCASTS * SMALL // wire.KIB * 5 // 4, bounds.WAITING))),
    Case('nothing', f'{CROWD} connections on which nothing is sent', nothing, 'end', bounds.crowd(CROWD), waits=True),
)
