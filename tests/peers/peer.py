#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other end of a conversation, on python3-websockets.

    peer.py client CONVERSATION PORT    connects to PORT
    peer.py server CONVERSATION         prints "PORT CONNECTIONS SUBPROTOCOLS", serves that
                                        many connections, until its input ends

With CERTIFICATE KEY, two files, behind that, both do so over TLS, and these are the server's.

Exit status: 0 if all was as it has to be, 77 if python3-websockets is not installed.
What our end does for each subprotocol stands in protocols.h.
"""

import asyncio
import hashlib
import http
import os
import random
import socket
import ssl
import struct
import sys
import traceback

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
    # What later versions have under the short names is another API.
    from websockets.legacy.client import connect
    from websockets.legacy.server import WebSocketServerProtocol, serve
except ImportError:
    sys.exit(77)

EXCHANGED = int(os.environ.get('LWS_GLIB_TEST_MESSAGES', 300))
LIMIT = 50 + EXCHANGED // 20    # seconds, for one conversation: less than the test allows
SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20]
CODES = [(1000, ''), (1000, 'Done.'), (3000, 'a'), (4999, 'ä' * 61 + 'x')]
CONTROL_MAX = 125
CROWD = 20
RANDOM_MESSAGES = int(os.environ.get('LWS_GLIB_TEST_RANDOM_MESSAGES', 1000))    # fewer under valgrind
RANDOM_SIZE_MAX = 256 << 10
MIXED = 'aé€😀'                 # characters of 1, 2, 3 and 4 bytes


def text_of(size):
    """Text of that many bytes in UTF-8."""
    period = len(MIXED.encode())
    return MIXED * (size // period) + 'x' * (size % period)


async def echo(connection, message):
    await connection.send(message)
    answer = await connection.recv()
    assert type(answer) is type(message), f'{type(answer)} came back for {type(message)}'
    assert answer == message, f'{len(answer)} other characters came back for {len(message)}'


async def receive_bytes(connection, size):
    """The API of the other end knows no fragments: it answers each with a message."""
    received = b''
    while len(received) < size:
        received += await connection.recv()
    return received


# Conversations: one function for each connection.

async def text(connection):
    for size in SIZES:
        await echo(connection, text_of(size))


async def binary(connection):
    for size in SIZES:
        await echo(connection, random.randbytes(size))


async def fragments(connection):
    for pieces in ([b'a', b'b'], [b'', b'a', b'', b'b', b''], [b'x' * 126, b'', b'y' * 70000], [b'z'] * 1000,
                   list(MIXED), ['', text_of(70000), 'x']):
        whole = b''.join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
        await connection.send(pieces)
        assert await receive_bytes(connection, len(whole)) == whole
    await echo(connection, b'the end')


async def random_stream(connection):
    """Sends and receives at the same time, as fast as it gets."""
    block = random.randbytes(2 * RANDOM_SIZE_MAX)
    sent, received = hashlib.sha256(), hashlib.sha256()
    sizes = [random.randrange(RANDOM_SIZE_MAX + 1) for _ in range(RANDOM_MESSAGES)]

    async def send(size):
        start = random.randrange(len(block) - size + 1)
        message = block[start:start + size]
        cuts = sorted(random.randrange(size + 1) for _ in range(random.choice([0, 0, 1, 5])))
        pieces = [message[a:b] for a, b in zip([0, *cuts], [*cuts, size])]
        sent.update(message)
        await connection.send(pieces if cuts else message)

    async def send_all():
        for size in sizes:
            await send(size)

    async def receive_all():
        left = sum(sizes)
        while left > 0:
            message = await connection.recv()
            received.update(message)
            left -= len(message)
        assert left == 0

    await asyncio.gather(send_all(), receive_all())
    assert received.digest() == sent.digest()


async def exchange(connection):
    """Sends and receives messages of all sizes; at last each side tells the sum of what it sent."""
    binary = random.randbytes(2 << 20)
    text = ''.join(random.choices(MIXED, k=1 << 20)).encode()
    sent, received = hashlib.sha256(), hashlib.sha256()

    def add(digest, message):
        payload = message.encode() if isinstance(message, str) else message
        digest.update(struct.pack('>BQ', 1 if isinstance(message, str) else 2, len(payload)) + payload)

    def draw():
        size = int(2 ** random.uniform(0, 20)) - 1
        block = random.choice([binary, text])
        start = random.randrange(len(block) - size)
        # Characters that the slice has cut are left out.
        return block[start:start + size] if block is binary else block[start:start + size].decode(errors='ignore')

    async def send_all():
        for _ in range(EXCHANGED):
            message = draw()
            cuts = sorted(random.randrange(len(message) + 1) for _ in range(random.choice([0, 0, 1, 5])))
            add(sent, message)
            await connection.send([message[a:b] for a, b in zip([0, *cuts], [*cuts, len(message)])]
                                  if cuts else message)
        await connection.send(sent.hexdigest())

    async def receive_all():
        for _ in range(EXCHANGED):
            add(received, await connection.recv())
        assert await connection.recv() == received.hexdigest()

    await asyncio.gather(send_all(), receive_all())


def deflate(**parameters):
    """Compressed messages of all sizes, whole and in fragments, with these parameters."""
    async def talk(connection):
        extension, = connection.extensions
        for name, value in parameters.items():
            assert getattr(extension, name) == value, (name, extension)
        words = [random.randbytes(random.randrange(1, 30)) for _ in range(100)]
        for _ in range(100):
            message = b''.join(random.choices(words, k=random.choice([0, 1, 10, 100, 1000, 5000])))
            await connection.send(message)
            assert await receive_bytes(connection, len(message)) == message if message else await connection.recv() == b''
        for message in (bytes(16 << 20), text_of(1 << 20).encode()):
            await connection.send([message[:1], message[1:70000], b'', message[70000:]])
            assert await receive_bytes(connection, len(message)) == message
    return talk


async def pings(connection):
    for payload in (b'', b'x', bytes(range(CONTROL_MAX))):
        await (await connection.ping(payload))
    # Between the fragments of a message, too.
    await connection.write_frame(False, websockets.frames.Opcode.BINARY, b'a')
    await (await connection.ping(b'between'))
    await connection.write_frame(True, websockets.frames.Opcode.CONT, b'b')
    assert await receive_bytes(connection, 2) == b'ab'


async def command_pings(connection):
    for payload in ('', 'x', 'y' * CONTROL_MAX):
        await connection.send(f'ping {payload}')
        assert await connection.recv() == f'pong {payload}'


async def command_splits(connection):
    for size in (1, 2, 3, 7, 125, 126):
        await connection.send(f'split {size} {MIXED * 20}')
        assert await connection.recv() == MIXED * 20


def close_with(code, reason):
    async def close(connection):
        await connection.close(code, reason)
        # The answer repeats the code.
        assert connection.close_rcvd == websockets.frames.Close(code, ''), connection.close_rcvd
        assert connection.close_rcvd_then_sent is False
    return close


def close_by_command(command, code, reason):
    async def closed(connection):
        await connection.send(command)
        try:
            await connection.recv()
        except websockets.ConnectionClosed:
            pass
        assert connection.close_rcvd == websockets.frames.Close(code, reason), connection.close_rcvd
        assert connection.close_rcvd_then_sent is True
    return closed


def lose(how):
    async def lost(connection):
        await echo(connection, b'x' * 1000)
        transport = connection.transport
        if how == 'in a frame':
            # The header says 4096 bytes; a client's has a mask.
            transport.write(b'\x82\xfe\x10\x00' if connection.is_client else b'\x82\x7e\x10\x00')
        if how == 'in an echo':
            await connection.send(b'x' * (1 << 20))
        if how == 'end of output':
            transport.write_eof()
        elif how == 'reset':
            transport.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        if how != 'end of output':
            transport.abort()
        await connection.wait_closed()
        assert connection.close_code == 1006
    return lost


def crowd_member(number):
    async def talk(connection):
        for i in range(50):
            await echo(connection, f'{number}: {i} ' + 'x' * (i * 100))
    return talk


def fan_members():
    """Each sends, all receive all of it, in one order."""
    gate = asyncio.Barrier(CROWD)
    orders = []

    def member(number):
        async def talk(connection):
            await gate.wait()
            for i in range(20):
                await connection.send(f'{number} {i}')
            received = [await connection.recv() for _ in range(CROWD * 20)]
            orders.append(received)
            assert received == orders[0]
            for sender in range(CROWD):
                assert [m for m in received if m.startswith(f'{sender} ')] == [f'{sender} {i}' for i in range(20)]
        return talk
    return [member(number) for number in range(CROWD)]


async def subprotocols_as_server(connection):
    assert connection.subprotocol == 'text'
    assert connection.request_headers['Origin'] == 'http://origin.example'
    await echo(connection, 'text')


def conversation(name):
    """The subprotocols to ask for, and a function for each connection."""
    return {
        'text': lambda: (['text'], [text]),
        'binary': lambda: ([], [binary]),
        'fragments': lambda: (['binary'], [fragments]),
        'random': lambda: (['binary'], [random_stream]),
        'exchange': lambda: ([], [exchange]),
        'deflate': lambda: (['binary'], [deflate(remote_no_context_takeover=False, local_no_context_takeover=False)]),
        'deflate-resets': lambda: (['binary'], [
            deflate(remote_no_context_takeover=True, local_no_context_takeover=True)]),
        'deflate-small': lambda: (['binary'], [deflate(remote_max_window_bits=9, local_max_window_bits=9)]),
        'pings': lambda: (['binary'], [pings]),
        'command-pings': lambda: (['command'], [command_pings]),
        'command-splits': lambda: (['command'], [command_splits]),
        'closes': lambda: (['binary'], [close_with(*close) for close in CODES]),
        'command-closes': lambda: (['command'], [
            *(close_by_command(f'close {code} {reason}', code, reason) for code, reason in CODES),
            close_by_command('client-close', 1000, ''), close_by_command('return', 1000, '')]),
        'losses': lambda: (['binary'], [lose(how) for how in losses('ssl' in OPTIONS)]),
        'crowd': lambda: (['text'], [crowd_member(number) for number in range(CROWD)]),
        'fan': lambda: (['fan'], fan_members()),
        'subprotocols': lambda: (['unknown', 'text', 'binary'], [subprotocols_as_server]),
    }[name]()


def losses(secure):
    """How connections are lost; TLS has no end of output alone."""
    return ('between', 'in a frame', 'in an echo', *(() if secure else ('end of output',)), 'reset')


# The options of both sides; compression is on in both.
OPTIONS = {'max_size': None, 'ping_interval': None, 'close_timeout': LIMIT}


def check_extensions(connection):
    assert [extension.name for extension in connection.extensions] == ['permessage-deflate'], connection.extensions


# Where the parameters of compression are not those by default.
DEFLATES = {
    'deflate-resets': {'server_no_context_takeover': True, 'client_no_context_takeover': True},
    'deflate-small': {'server_max_window_bits': 9, 'client_max_window_bits': 9},
}

def deflate_options(factory, name):
    return {'extensions': [factory(**DEFLATES[name])], 'compression': None} if name in DEFLATES else {}


# Client

def uri_of(port):
    return f'{"wss" if "ssl" in OPTIONS else "ws"}://127.0.0.1:{port}/'


async def talk_as_client(name, port, subprotocols, talk):
    async with connect(uri_of(port), subprotocols=subprotocols or None, open_timeout=LIMIT,
                       **deflate_options(ClientPerMessageDeflateFactory, name), **OPTIONS) as connection:
        check_extensions(connection)
        assert connection.subprotocol == (subprotocols[0] if subprotocols else None)
        await talk(connection)


async def subprotocols_as_client(port):
    """The client's order decides."""
    for asked, expected in ((['text'], 'text'), (['unknown', 'binary', 'text'], 'binary'),
                            (['command', 'text'], 'command'), (None, None)):
        async with connect(uri_of(port), subprotocols=asked, **OPTIONS) as connection:
            assert connection.subprotocol == expected, connection.subprotocol


async def refused_subprotocol_as_client(port):
    try:
        async with connect(uri_of(port), subprotocols=['unknown', 'Text'], **OPTIONS):
            raise AssertionError('an unknown subprotocol was accepted')
    except websockets.InvalidStatusCode as refusal:
        assert refusal.status_code == 400, refusal.status_code


async def be_client(name, port):
    special = {'subprotocols': subprotocols_as_client, 'refused-subprotocol': refused_subprotocol_as_client}
    if name in special:
        await special[name](port)
        return
    subprotocols, talks = conversation(name)
    await asyncio.gather(*(talk_as_client(name, port, subprotocols, talk) for talk in talks))


# Server

async def end_of_input():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def be_server(name):
    subprotocols, talks = conversation(name)
    results = asyncio.Queue()
    waiting = iter(talks)

    async def on_connection(connection):
        try:
            check_extensions(connection)
            await next(waiting)(connection)
            await results.put(None)
        except Exception as error:
            await results.put(error)
            raise

    served = [name for name in subprotocols if name != 'unknown']
    async with serve(on_connection, '127.0.0.1', 0, subprotocols=served or None,
                     **deflate_options(ServerPerMessageDeflateFactory, name), **OPTIONS) as server:
        announce(server, len(talks), subprotocols)
        for _ in talks:
            error = await results.get()
            if error:
                raise error
        await end_of_input()


def announce(server, connections, subprotocols):
    port = server.sockets[0].getsockname()[1]
    print(port, connections, ','.join(subprotocols) or '-', flush=True)


async def be_refusing_server():
    """The path says how."""
    async def refuse(path, headers):
        status = path[1:]
        if not status.isdigit():
            return None
        return http.HTTPStatus(int(status)), [('Location', 'http://elsewhere.example/')], b'No.\n'

    async def on_connection(connection):
        pass                    # never reached; if it were, the connection would close at once

    class Protocol(WebSocketServerProtocol):
        def select_subprotocol(self, client_subprotocols, server_subprotocols):
            return 'binary' if self.path == '/unasked-subprotocol' else None

    async with serve(on_connection, '127.0.0.1', 0, create_protocol=Protocol, process_request=refuse,
                     subprotocols=['text'], **OPTIONS) as server:
        announce(server, 1, ['text'])
        await end_of_input()


def use_tls(role, certificate, key):
    if role == 'client':
        OPTIONS['ssl'] = ssl.create_default_context(cafile=certificate)
    else:
        OPTIONS['ssl'] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        OPTIONS['ssl'].load_cert_chain(certificate, key)


def main(role, name, *parameters):
    port, files = (parameters[:1], parameters[1:]) if role == 'client' else ((), parameters)
    if files:
        use_tls(role, *files)
    if role == 'client':
        work = be_client(name, *port)
    elif name == 'refusal':
        work = be_refusing_server()
    else:
        work = be_server(name)
    try:
        asyncio.run(asyncio.wait_for(work, LIMIT))
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
