# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests that are wrong, endless, slow, or far too many."""

import time

import bounds
import wire
from scene import Case

CROWD = 100
FEW = 20
SMALL_FILE, LARGE_FILE = ('small', wire.KIB), ('large', 8 * wire.MIB)
REQUEST = f'GET /{SMALL_FILE[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode()
REQUESTS = 20000
STEP = 1.0
PATIENCE = 0.1      # with a server that takes no more


def refused(*chunks):
    """What is answered to these bytes."""
    def attack(scene):
        peer = scene.connect()
        peer.send_all(chunks)
        return peer.status()
    return attack


def slow(scene):
    """A byte every second."""
    crowd = scene.crowd(CROWD)
    scene.wait_for_acceptance()
    for byte in REQUEST:
        for peer in crowd:
            peer.send_all([bytes([byte])])
        if scene.process.descriptors() <= scene.descriptors:
            return 'end'
        time.sleep(STEP)
    return 'is not let go of'


def almost_whole(scene):
    """As long as a head may be, but for its end."""
    head = REQUEST[:-2] + b'X: ' + bytes(bounds.HEAD * wire.KIB - len(REQUEST) - 3).replace(b'\0', b'x')
    for peer in scene.crowd(CROWD):
        peer.send_all([head])
    return 'end' if scene.released() else 'is not let go of'


def pipelined(scene):
    peer = scene.connect()
    return f'{peer.fetch(REQUEST, REQUESTS)} answers'


def pipelined_unread(scene):
    for peer in scene.crowd(FEW, receive_buffer=4 * wire.KIB):
        peer.pour([REQUEST * REQUESTS], reading=False, patience=PATIENCE)
    return 'end' if scene.released() else 'is not let go of'


def files_unread(scene):
    request = REQUEST.replace(SMALL_FILE[0].encode(), LARGE_FILE[0].encode())
    for peer in scene.crowd(CROWD, receive_buffer=4 * wire.KIB):
        peer.send_all([request])
    return 'end' if scene.released() else 'is not let go of'


def kept_alive(scene):
    """Who has had an answer, and asks for nothing more."""
    for peer in scene.crowd(CROWD):
        peer.fetch(REQUEST, 1)
    return 'end' if scene.released() else 'is not let go of'


ENDLESS = 10 * wire.MIB
MANY = b''.join(b'X-%d: x\r\n' % number for number in range(10000))
UPGRADE = (b'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')
LONG = 15 * wire.KIB

CASES = (
    Case('request-line', 'a request line of 1 MiB', refused(b'GET /', bytes(wire.MIB).replace(b'\0', b'x')),
         'HTTP 431', bounds.BASE),
    Case('head-endless', 'a header of 10 MiB', refused(REQUEST[:-2], b'X: ' + b'x' * ENDLESS), 'HTTP 431', bounds.BASE),
    Case('headers', '10000 headers', refused(REQUEST[:-2], MANY, b'\r\n'), 'HTTP 431', bounds.BASE),
    Case('empty-lines', '10 MiB of empty lines', refused(b'\r\n' * (ENDLESS // 2)), 'HTTP 400', bounds.BASE),
    Case('garbage', '1 MiB of bytes 0x80', refused(b'\x80' * wire.MIB), 'HTTP 400', bounds.BASE),
    Case('body', 'a request with a body of 1 TiB', refused(
        REQUEST[:-2].replace(b'GET', b'POST'), b'Content-Length: 1099511627776\r\n\r\n', bytes(wire.MIB)),
        {'classic': 'HTTP 405', 'object': 'HTTP 413'}, bounds.BASE),
    Case('smuggling', 'a body in chunks and of a length', refused(
        REQUEST[:-2], b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' + REQUEST),
        'HTTP 400', bounds.BASE),
    Case('subprotocols', 'an upgrade with 15 KiB of commas for subprotocols', refused(
        UPGRADE, b'Sec-WebSocket-Protocol: ' + b',' * LONG + b'\r\n\r\n'), 'HTTP 101', bounds.BASE),
    Case('extensions', 'an upgrade with 15 KiB of an unfinished quoted string for extensions', refused(
        UPGRADE, b'Sec-WebSocket-Extensions: a; b="' + b'\\"' * (LONG // 2) + b'\r\n\r\n'), 'HTTP 400', bounds.BASE),
    Case('pipelined', f'{REQUESTS} requests in one go', pipelined, f'{REQUESTS} answers', bounds.BASE),
    Case('pipelined-unread', f'{FEW} that send requests in one go and read no answer', pipelined_unread, 'end',
         bounds.crowd(FEW, 3 * bounds.HEAD), waits=True),
    Case('head-slow', f'{CROWD} that send a byte of a head every second', slow, 'end', bounds.crowd(CROWD), waits=True),
    Case('head-unfinished', f'{CROWD} that send the longest head, but for its end', almost_whole, 'end',
         bounds.crowd(CROWD, 2 * bounds.HEAD), waits=True),
    Case('files-unread', f'{CROWD} that ask for 8 MiB and read none of it', files_unread, 'end',
         bounds.crowd(CROWD, 64), waits=True),
    Case('kept-alive', f'{CROWD} that ask for nothing after an answer', kept_alive, 'end', bounds.crowd(CROWD),
         waits=True),
)
