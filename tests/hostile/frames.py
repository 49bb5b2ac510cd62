# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames that are wrong, endless, or far too many."""

import concurrent.futures
import itertools

import bounds
import wire
from scene import ALL, Case

CROWD = 50
FLOOD = 200000          # small frames
BATCH = 1000            # ... in one go
SMALL = 64
READERS = 4             # who read nothing, at the same time
LARGE = 4 * wire.KIB
STEP = 7              # seconds between two bytes

FIN_TEXT, FIN_BINARY, FIN_PING = wire.FIN | wire.TEXT, wire.FIN | wire.BINARY, wire.FIN | wire.PING

# The classic API passes on what comes, and has no limit for it.
TOO_BIG = {'classic': 'stays', 'object': 'close 1009'}


def _crowd(scene, number):
    """A client under attack has one connection only."""
    return [scene.open()] if scene.arrived else scene.open_crowd(number)


def _flood(peer, frame, number, reading=True):
    return peer.pour(itertools.repeat(frame * BATCH, number // BATCH), reading)


# --- lengths

def announced(length, sent):
    def attack(scene):
        crowd = _crowd(scene, CROWD)
        for peer in crowd:
            peer.socket.sendall(wire.header(FIN_BINARY, length, peer.masked) + bytes(sent))
        # Whatever more comes is part of the payload: a Ping would be, too.
        if length <= bounds.MESSAGE * wire.KIB or scene.api == 'classic':
            return 'stays' if scene.quiet(crowd) else 'end'
        return ' / '.join(sorted({peer.end() for peer in crowd}))
    return attack


def impossible(scene):
    peer = scene.open()
    peer.socket.sendall(wire.header(FIN_BINARY, 1 << 63, peer.masked))
    return peer.end()


# --- many pieces

def small_fragments(scene):
    peer = scene.open()
    message = wire.fragments(wire.BINARY, bytes(bounds.MESSAGE * wire.KIB), SMALL, peer.masked)
    return 'answered' if peer.pour([message]) and peer.wait_for_messages(1) else peer.end()


def endless_fragments(scene):
    peer = scene.open()
    peer.send(wire.TEXT)
    return peer.state() if _flood(peer, wire.frame(wire.CONTINUATION, b'', peer.masked), FLOOD) else peer.end()


def small_messages(scene):
    peer = scene.open()
    message = wire.frame(FIN_TEXT, b'x', peer.masked)
    return 'answered' if _flood(peer, message, FLOOD) and peer.wait_for_messages(FLOOD) else peer.end()


def small_segments(scene):
    peer = scene.open()
    for byte in wire.frame(FIN_TEXT, bytes(LARGE), peer.masked):
        peer.socket.sendall(bytes([byte]))
    return 'answered' if peer.wait_for_messages(1) else peer.end()


def slow_header(scene):
    """One byte now and then."""
    peer = scene.open()
    for byte in wire.header(FIN_BINARY, 1 << 20, peer.masked):
        peer.send_all([bytes([byte])])
        if not peer.listen(STEP):
            break
    return peer.end()


# --- floods of frames that need no reading

def pings_unread(scene):
    peer = scene.open()
    return peer.state() if _flood(peer, wire.frame(FIN_PING, bytes(125), peer.masked), FLOOD // 2,
                                  reading=False) else peer.end()


def pongs(scene):
    peer = scene.open()
    return peer.state() if _flood(peer, wire.frame(wire.FIN | wire.PONG, bytes(125), peer.masked),
                                  FLOOD // 2) else peer.end()


def closes(scene):
    peer = scene.open()
    _flood(peer, wire.frame(wire.FIN | wire.CLOSE, (1000).to_bytes(2, 'big'), peer.masked), FLOOD)
    return peer.end()


def behind_close(scene):
    peer = scene.open()
    peer.send(wire.FIN | wire.CLOSE, (1001).to_bytes(2, 'big'))
    _flood(peer, wire.frame(FIN_BINARY, bytes(LARGE), peer.masked), 10 * BATCH)
    return peer.end()


def behind_error(scene):
    """Nobody waits for what this peer goes on to send, nor for its Close."""
    crowd = _crowd(scene, CROWD)
    for peer in crowd:
        peer.send(0x0f)
    return 'end' if scene.released() else 'is not let go of'


# --- echoes that nobody reads

def unread(size, number):
    """Messages that differ from one another: the same one again would wait once."""
    def attack(scene):
        crowd = _crowd(scene, number)
        batch = b''.join(wire.frame(FIN_BINARY, place.to_bytes(4, 'little')[:size].ljust(size, b'x'), crowd[0].masked)
                         for place in range(5 * BATCH))
        with concurrent.futures.ThreadPoolExecutor(len(crowd)) as pool:
            list(pool.map(lambda peer: peer.pour(itertools.repeat(batch), reading=False), crowd))
        return 'end' if scene.released() else 'is not let go of'
    return attack


# --- wrong bytes

def wrong_mask(scene):
    peer = scene.open()
    peer.socket.sendall(wire.frame(FIN_TEXT, b'Hello', not peer.masked))
    return peer.end()


def wrong_text(scene):
    """At the end of a message of the greatest length."""
    peer = scene.open()
    text = bytes(bounds.MESSAGE * wire.KIB - 1) + b'\xff'
    peer.pour([wire.frame(FIN_TEXT, text, peer.masked)])
    return peer.end()


def silence(scene):
    """Not even Pings are answered."""
    crowd = _crowd(scene, CROWD)
    return 'end' if crowd and scene.released() else 'is not let go of'


MESSAGE = {'classic': bounds.BASE, 'object': bounds.BASE + bounds.MESSAGE}
# Received, and what is sent of it.
ECHO = {'classic': bounds.BASE, 'object': bounds.BASE + 2 * bounds.MESSAGE}

CASES = (
    Case('length-2^63', 'a frame that announces 2^63 bytes', impossible, 'close 1002', bounds.BASE, ALL),
    Case('length-2^63-1', f'{CROWD} that announce 2^63 - 1', announced((1 << 63) - 1, 100), TOO_BIG,
         bounds.crowd(CROWD), ALL),
    Case('length-2^31', f'{CROWD} that announce 2^31', announced(1 << 31, 100), TOO_BIG, bounds.crowd(CROWD), ALL),
    Case('length-15-MiB', f'{CROWD} that announce 15 MiB, and 100 bytes of it', announced(15 * wire.MIB, 100), 'stays',
         bounds.crowd(CROWD), ALL),
    Case('fragments-64', '16 MiB in fragments of 64 bytes', small_fragments, 'answered', ECHO, ALL),
    Case('fragments-0', f'a message of {FLOOD} empty fragments that never ends', endless_fragments, 'stays',
         bounds.BASE, ALL),
    Case('messages-1', f'{FLOOD} messages of a byte', small_messages, 'answered', bounds.BASE, ALL),
    Case('segments-1', 'a message in TCP segments of a byte', small_segments, 'answered', bounds.BASE, ALL),
    Case('pings-unread', f'{FLOOD // 2} Pings; no answer is read', pings_unread, 'stays', bounds.BASE, ALL),
    Case('pongs', f'{FLOOD // 2} Pongs that nobody asked for', pongs, 'stays', bounds.BASE, ALL),
    Case('closes', f'{FLOOD} Close frames', closes, 'close 1000', bounds.BASE, ALL),
    Case('data-behind-close', '40 MiB behind a Close', behind_close, 'close 1001', bounds.BASE, ALL),
    Case('mask', 'a frame masked as the other side\'s must be', wrong_mask, 'close 1002', bounds.BASE, ALL),
    Case('text', '16 MiB of text with a wrong byte at its end', wrong_text, 'close 1007',
         ECHO | {'classic': bounds.BASE + bounds.OUTPUT}, ALL),
    Case('stays-behind-error', f'{CROWD} that send a reserved opcode and stay', behind_error, 'end',
         bounds.crowd(CROWD), ALL, waits=True),
    Case('echoes-unread', f'{READERS} that send 4 KiB again and again and read no answer', unread(LARGE, READERS),
         'end', bounds.crowd(READERS, bounds.WAITING), ALL, waits=True),
    Case('echoes-unread-1', 'one that sends a byte again and again and reads no answer', unread(1, 1), 'end',
         bounds.crowd(1, bounds.WAITING), ALL, waits=True),
    Case('echoes-unread-0', 'one that sends empty messages and reads no answer', unread(0, 1), 'end',
         bounds.crowd(1, bounds.WAITING), ALL, waits=True),
    Case('header-slow', f'a byte of a header every {STEP} s', slow_header, 'close 1008', bounds.BASE, ALL,
         waits=True),
    Case('silence', f'{CROWD} that never answer a Ping', silence, 'end', bounds.crowd(CROWD), ALL, waits=True),
)
