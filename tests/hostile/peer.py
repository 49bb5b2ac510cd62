# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The attacker's end of a connection."""

import base64
import hashlib
import os
import re
import select
import socket
import ssl

import wire

# Whatever is waited for comes much sooner, unless it never does.
WAIT = 120

CHUNK = 256 * wire.KIB
KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
GONE = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)


class Ear:
    """Counts the frames that come, and keeps no payload but those of control frames."""

    def __init__(self):
        self.messages = 0       # whose last frame has begun
        self.control = []       # opcodes and payloads
        self.left = 0           # of the payload that is coming
        self.buffer = bytearray()

    def hear(self, data):
        self.buffer += data
        at = 0
        while at is not None:
            skipped = min(self.left, len(self.buffer) - at)
            self.left -= skipped
            done, at = at + skipped, self._frame(at + skipped) if self.left == 0 else None
        del self.buffer[:done]

    def _frame(self, at):
        """Where the header ends that begins there, None if it is not all there."""
        size = 2
        if len(self.buffer) < at + size:
            return None
        first, length = self.buffer[at], self.buffer[at + 1] & ~wire.MASKED
        masked = self.buffer[at + 1] & wire.MASKED
        if length >= wire.LENGTH_16:
            size += 2 if length == wire.LENGTH_16 else 8
            length = int.from_bytes(self.buffer[at + 2:at + size], 'big')
        size += 4 if masked else 0
        control = (first & 0x0f) >= wire.CLOSE
        if len(self.buffer) < at + size + (length if control else 0):
            return None
        if control:
            self._control(first, self.buffer[at + size:at + size + length], self.buffer[at + size - 4:at + size]
                          if masked else wire.KEY)
            return at + size + length
        self.messages += bool(first & wire.FIN)
        self.left = length
        return at + size

    def _control(self, first, payload, key):
        plain = bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))
        self.control.append((first & 0x0f, plain))


class Reader:
    """Counts the answers to requests that succeed."""

    BEGIN = b'HTTP/1.1 200 '

    def __init__(self):
        self.answers = 0
        self.buffer = b''

    def hear(self, data):
        self.buffer += data
        self.answers += self.buffer.count(self.BEGIN)
        # The beginning of another one may be at the end.
        self.buffer = self.buffer[self.buffer.rfind(self.BEGIN) + 1:][-len(self.BEGIN) + 1:]


class Peer:
    def __init__(self, sock, masked=True):
        self.socket = sock
        self.socket.settimeout(WAIT)
        self.masked = masked            # the role of a client
        self.ear = Ear()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.socket.close()

    # --- the opening handshake

    def _head(self):
        head = b''
        while b'\r\n\r\n' not in head:
            got = self.socket.recv(CHUNK)
            assert got, f'the connection ended behind {head!r}'
            head += got
        head, _, rest = head.partition(b'\r\n\r\n')
        self.ear.hear(rest)
        return head

    def ask(self, path='/', headers=''):
        self.socket.sendall((f'GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                             f'Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n').encode())

    def hear_welcome(self):
        head = self._head()
        assert head.startswith(b'HTTP/1.1 101 '), head

    def welcome(self, headers=''):
        """Answers the request of a client."""
        head = self._head()
        key = re.search(rb'^Sec-WebSocket-Key: (\S+)', head, re.M | re.I)[1]
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        self.socket.sendall(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                             f'Sec-WebSocket-Accept: {accept}\r\n{headers}\r\n').encode())

    # --- sending

    def send(self, first, payload=b''):
        self.socket.sendall(wire.frame(first, payload, self.masked))

    def send_all(self, chunks):
        """Whatever the other side makes of it."""
        try:
            for chunk in chunks:
                self.socket.sendall(chunk)
        except GONE:
            pass

    def bare(self):
        """What is below TLS."""
        return socket.socket(fileno=os.dup(self.socket.fileno()))

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def _hear(self):
        """FALSE at the end of the connection."""
        try:
            got = self.socket.recv(CHUNK)
        except AGAIN:
            return True
        except GONE:
            return False
        self.ear.hear(got)
        return bool(got)

    def _pour(self, chunk, reading, patience):
        poller = select.poll()
        poller.register(self.socket, select.POLLOUT | (select.POLLIN if reading else 0))
        left = memoryview(chunk)
        while left:
            events = poller.poll(patience * 1000)
            if not events:
                return False
            if events[0][1] & select.POLLIN and not self._hear():
                return False
            if not events[0][1] & ~select.POLLIN:
                continue
            try:
                left = left[self.socket.send(left[:CHUNK]):]
            except AGAIN:
                continue
            except GONE:
                return False
        return True

    def pour(self, chunks, reading=True, patience=WAIT):
        """Sends them all, and reads at the same time what comes, or nothing. FALSE if the
        connection ended before, or if nothing was taken for so many seconds."""
        self.socket.setblocking(False)
        done = all(self._pour(chunk, reading, patience) for chunk in chunks)
        self.socket.settimeout(WAIT)
        return done

    def fetch(self, request, number):
        """Asks so many times; how often that was answered well."""
        self.ear = Reader()
        self.pour([request * number])
        while self.ear.answers < number and self._hear():
            pass
        return self.ear.answers

    # --- what became of it

    def wait_for_messages(self, number):
        while self.ear.messages < number or self.ear.left > 0:
            if not self._hear():
                return False
        return True

    def _close_code(self):
        for opcode, payload in self.ear.control:
            if opcode == wire.CLOSE:
                return f'close {int.from_bytes(payload[:2], "big")}' if payload else 'close'
        return None

    def listen(self, seconds):
        """FALSE if a Close or the end has come by then."""
        poller = select.poll()
        poller.register(self.socket, select.POLLIN)
        return (not poller.poll(seconds * 1000) or self._hear()) and self._close_code() is None

    def end(self):
        """Reads to the end: the code of the Close that came, or that there was none. The server
        ends the connection, so the client waits for it to do so."""
        while (self.masked or self._close_code() is None) and self._hear():
            pass
        return self._close_code() or 'end'

    def status(self):
        """Of a reply that is not followed by another one, unless it opens a WebSocket."""
        heard = b''
        try:
            while not heard.startswith(b'HTTP/1.1 101 ') and (got := self.socket.recv(CHUNK)):
                heard += got
        except GONE:
            pass
        statuses = re.findall(rb'^HTTP/1.1 (\d+) ', heard, re.M)
        return f'HTTP {b", ".join(statuses).decode()}' if statuses else 'end'

    def state(self):
        """Whether the connection is still served: a Ping is answered."""
        try:
            self.send(wire.FIN | wire.PING, b'well?')
        except GONE:
            return self.end()
        while (wire.PONG, b'well?') not in self.ear.control:
            if self._close_code() or not self._hear():
                return self.end()
        return 'stays'
