# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers to a client's opening handshake: wrong, endless, slow, or none."""

import time

import bounds
import wire
from scene import CLIENTS, Case

STEP = 1.0
ANSWER = b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
WRONG_ACCEPT = b'Sec-WebSocket-Accept: ' + b'A' * 27 + b'=\r\n'


def answered(*chunks):
    def attack(scene):
        scene.connect().send_all(chunks)
        return 'end' if scene.released() else 'is not let go of'
    return attack


def slow(scene):
    peer = scene.connect()
    for byte in ANSWER:
        peer.send_all([bytes([byte])])
        if scene.process.descriptors() <= scene.descriptors:
            return 'end'
        time.sleep(STEP)
    return 'is not let go of'


def wrong_extension(scene):
    scene.connect().welcome('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n')
    return 'end' if scene.released() else 'is not let go of'


CASES = tuple(Case(name, title, attack, 'end', bounds.BASE, CLIENTS, waits=name in ('answer-none', 'answer-slow'))
              for name, title, attack in (
    ('answer-endless', 'an answer with a header of 10 MiB', answered(ANSWER, b'X: ' + b'x' * (10 * wire.MIB))),
    ('answer-headers', 'one with 10000 headers', answered(ANSWER, b'X: x\r\n' * 10000 + b'\r\n')),
    ('answer-body', 'a page of 10 MiB', answered(b'HTTP/1.1 200 OK\r\n\r\n', bytes(10 * wire.MIB))),
    ('answer-accept', 'an answer to another key', answered(ANSWER, WRONG_ACCEPT, b'\r\n')),
    ('answer-extension', 'one with an impossible parameter of compression', wrong_extension),
    ('answer-none', 'no answer', answered()),
    ('answer-slow', 'a byte of an answer every second', slow),
))
