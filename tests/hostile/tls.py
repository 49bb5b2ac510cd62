# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks on and below TLS."""

import ssl
import subprocess
import time

import bounds
import frames
import wire
from scene import Case, LOOPBACK

CROWD = 500
FEW = 50
STEP = 0.2
COMMANDS = 1000
HANDSHAKE, APPLICATION = 22, 23
RECORD_MAX = 0xffff


def _hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(incoming, outgoing, server_hostname='localhost').do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def _record(kind, payload, length=None):
    return bytes([kind, 3, 3]) + (len(payload) if length is None else length).to_bytes(2, 'big') + payload


def sent_by(number, *chunks):
    """So many connections, each of which sends these bytes and then nothing."""
    def attack(scene):
        for peer in scene.crowd(number):
            peer.send_all(chunks)
        return 'end' if scene.released() else 'is not let go of'
    return attack


def hello_slow(scene):
    crowd = scene.crowd(FEW)
    scene.wait_for_acceptance()
    for byte in _hello():
        for peer in crowd:
            peer.send_all([bytes([byte])])
        if scene.process.descriptors() <= scene.descriptors:
            return 'end'
        time.sleep(STEP)
    return 'end' if scene.released() else 'is not let go of'


def small_records(scene):
    peer = scene.open()
    for byte in wire.frame(wire.FIN | wire.TEXT, bytes(4 * wire.KIB)):
        peer.socket.sendall(bytes([byte]))
    return 'answered' if peer.wait_for_messages(1) else peer.end()


def garbage_inside(scene):
    """After the handshake, below TLS."""
    crowd = scene.open_crowd(FEW)
    for peer in crowd:
        peer.bare().sendall(_record(APPLICATION, bytes(1000)))
    return 'end' if scene.released() else 'is not let go of'


def commanded(version, command):
    """OpenSSL's own client has commands for what Python can't do."""
    def attack(scene):
        done = subprocess.run(['openssl', 's_client', '-connect', f'{LOOPBACK}:{scene.port}', version],
                              input=f'{command}\n'.encode() * COMMANDS, capture_output=True, timeout=60, check=False)
        assert b'CONNECTED' in done.stdout, done.stderr
        return 'end' if scene.released() else 'is not let go of'
    return attack


CASES = (
    Case('tls-hello', f'{CROWD} ClientHellos and nothing more', sent_by(CROWD, _hello()), 'end',
         bounds.crowd(CROWD, bounds.TLS), secure=True, waits=True),
    Case('tls-hello-slow', f'{FEW} that send a byte of a ClientHello every {STEP} s', hello_slow, 'end',
         bounds.crowd(FEW, bounds.TLS), secure=True, waits=True),
    Case('tls-garbage', f'{FEW} that send 1 MiB of bytes 0x80', sent_by(FEW, b'\x80' * wire.MIB), 'end',
         bounds.crowd(FEW, bounds.TLS), secure=True),
    Case('tls-record', f'{FEW} that announce a record of 64 KiB', sent_by(
        FEW, _record(HANDSHAKE, bytes(RECORD_MAX), RECORD_MAX)), 'end', bounds.crowd(FEW, bounds.TLS), secure=True),
    Case('tls-http', f'{FEW} that send a request without TLS', sent_by(FEW, b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
         'end', bounds.crowd(FEW, bounds.TLS), secure=True),
    Case('tls-garbage-inside', f'{FEW} with a record that nobody encrypted, after the handshake', garbage_inside, 'end',
         bounds.crowd(FEW, bounds.TLS), secure=True),
    Case('tls-records-1', 'a message in TLS records of a byte', small_records, 'answered', bounds.BASE, secure=True),
    Case('tls-renegotiation', 'renegotiation, again and again', commanded('-tls1_2', 'R'), 'end',
         bounds.crowd(1, bounds.TLS), secure=True),
    Case('tls-key-updates', f'{COMMANDS} key updates', commanded('-tls1_3', 'K'), 'end', bounds.crowd(1, bounds.TLS),
         secure=True),
    Case('tls-echoes-unread', f'{frames.READERS} that send 4 KiB again and again and read no answer',
         frames.unread(frames.LARGE, frames.READERS), 'end', bounds.crowd(frames.READERS, bounds.WAITING + bounds.TLS),
         secure=True, waits=True),
)
