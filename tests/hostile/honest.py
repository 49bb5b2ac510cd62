# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""honest.py PORT [tls]: a client that sends a short message again and again, and waits for it
to come back; the first one before it says "ready". At the end of its input it closes, and prints its
longest wait in milliseconds. A process of its own, since the attacker is busy."""

import select
import socket
import sys
import time

import peer
import wire

PAUSE = 0.02    # seconds between an answer and the next message
TEXT = b'Is anybody there?'


def connect(port, secure):
    sock = socket.create_connection(('127.0.0.1', port), peer.WAIT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = peer.Peer(sock)
    if secure:
        client.secure()
    client.ask()
    client.hear_welcome()
    return client


def talk(client):
    """Seconds until the answer."""
    begin = time.monotonic()
    client.send(wire.FIN | wire.TEXT, TEXT)
    assert client.wait_for_messages(client.ear.messages + 1), 'the connection ended'
    return time.monotonic() - begin


def main(port, *options):
    client = connect(int(port), 'tls' in options)
    talk(client)
    print('ready', flush=True)
    waits = []
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        waits.append(talk(client))
    waits.append(talk(client))
    client.send(wire.FIN | wire.CLOSE, (1000).to_bytes(2, 'big'))
    assert client.end() == 'close 1000', 'the closing handshake failed'
    print(f'{max(waits) * 1000:.1f}')


if __name__ == '__main__':
    main(*sys.argv[1:])
