# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the examples of the object API.

   test-examples.py FOLDER-OF-SOURCES FOLDER-OF-PROGRAMS
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import certificates
import tap

try:
    import websockets
except ImportError:
    websockets = None

SOURCES, PROGRAMS = sys.argv[1:]
LIMIT = 60  # seconds, for everything that is waited for


def command_of(name):
    """How an example is started."""
    if name.endswith('.js'):
        program = [shutil.which('gjs'), '-m', os.path.join(SOURCES, name)]
    elif name.endswith('.py'):
        program = [sys.executable, os.path.join(SOURCES, name)]
    else:
        program = [os.path.join(PROGRAMS, name)]
    if not program[0] or not os.path.exists(program[0]):
        raise tap.Skip(f'what {name} needs is not there')
    return program


def need_typelib():
    if subprocess.run([sys.executable, '-c', 'import gi; gi.require_version("Lwsg", "1.0")'],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        raise tap.Skip('there is no typelib, or no python3-gi')


def need_websockets():
    if not websockets:
        raise tap.Skip('python3-websockets is not installed')


@contextlib.contextmanager
def identity():
    """A certificate for this machine that is its own authority, and its key: two files."""
    if not shutil.which('openssl'):
        raise tap.Skip('openssl is not installed')
    with tempfile.TemporaryDirectory(prefix='lws-glib-examples-') as directory:
        yield certificates.make(directory, 'machine', ['localhost', '127.0.0.1'])


@contextlib.contextmanager
def server(name, stop=signal.SIGTERM, options=()):
    """A running server, and its port. It must end well when it is told to."""
    process = subprocess.Popen([*command_of(name), '--port', '0', *options], stdout=subprocess.PIPE, text=True)
    try:
        greeting = process.stdout.readline()
        port = re.search(r'(\w+)://127\.0\.0\.1:(\d+)/', greeting)
        assert port, f'{name} says {greeting!r}'
        assert (port[1] in ('https', 'wss')) == bool(options), greeting
        yield process, int(port[2])
        process.send_signal(stop)
        assert process.wait(LIMIT) == 0, f'{name} ended with {process.returncode}'
    finally:
        process.kill()
        process.communicate()


def talk(port, function, **options):
    async def connect():
        scheme = 'wss' if 'ssl' in options else 'ws'
        async with websockets.connect(f'{scheme}://127.0.0.1:{port}/', **options) as connection:
            return await function(connection)

    return asyncio.run(asyncio.wait_for(connect(), LIMIT))


def status_of(refusal):
    """What the answer to a handshake was: websockets 14 and later keep all of it."""
    return refusal.response.status_code if hasattr(refusal, 'response') else refusal.status_code


async def echo(connection):
    for message in ('', 'text €', b'', bytes(range(256)), 'x' * 100000):
        await connection.send(message)
        assert await connection.recv() == message


def check_echo():
    need_websockets()
    for stop in (signal.SIGTERM, signal.SIGINT):
        with server('echo-server', stop) as (_, port):
            talk(port, echo)


def check_echo_by_tls():
    need_websockets()
    with identity() as (certificate, key), tempfile.NamedTemporaryFile() as both:
        trusting = ssl.create_default_context(cafile=certificate)
        with server('echo-server', options=['--certificate', certificate, '--key', key]) as (_, port):
            talk(port, echo, ssl=trusting)
        # The key may stand in the same file.
        for path in key, certificate:
            with open(path, 'rb') as file:
                both.write(file.read())
        both.flush()
        with server('echo-server', options=['--certificate', both.name]) as (_, port):
            talk(port, echo, ssl=trusting)


def check_bad_certificates(name):
    if name.endswith('.js'):
        need_typelib()
    with identity() as (certificate, key), identity() as (_, other_key):
        for options in (['--key', key], ['--certificate', '/nonexistent'], ['--certificate', certificate],
                        ['--certificate', certificate, '--key', other_key]):
            result = subprocess.run([*command_of(name), '--port', '0', *options], capture_output=True, text=True,
                                    timeout=LIMIT, check=False)
            assert result.returncode == 1 and result.stderr, f'{name} {options}: {result}'
            assert 'Listening' not in result.stdout


def check_bad_options(name):
    if name.endswith('.js'):
        need_typelib()
    with server('echo-server') as (_, port):
        for option in ('--port=-1', '--port=65536', '--port=x', '--unknown', f'--port={port}', 'unexpected'):
            result = subprocess.run([*command_of(name), option], capture_output=True, text=True, timeout=LIMIT,
                                    check=False)
            assert result.returncode == 1 and result.stderr, f'{name} {option}: {result}'
            assert 'Listening' not in result.stdout


def check_ticker():
    need_websockets()

    async def listen(connection):
        await connection.send('Nobody reads this.')
        return [json.loads(await connection.recv()) for _ in range(2)]

    with server('ticker') as (process, port):
        ticks = talk(port, listen, subprotocols=['ticker'])
        assert [tick['listening'] for tick in ticks] == [1, 1]
        assert all(re.fullmatch(r'\d\d:\d\d:\d\d', tick['time']) for tick in ticks), ticks
        assert [process.stdout.readline() for _ in range(2)] == ['1 listening\n', '0 listening\n']


def chat_client(port, *options):
    return subprocess.Popen([*command_of('chat-client.py'), '--port', str(port), *options],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_chat():
    need_typelib()
    with server('chat-server.js') as (_, port):
        with chat_client(port, '--name', 'Änn', '--count', '4') as ann:
            assert ann.stdout.readline() == '* Änn came in\n'
            with chat_client(port, '--name', 'Bob', '--say', 'Hi all.', '--count', '1') as bob:
                assert bob.communicate(timeout=LIMIT)[0] == '* Bob came in\nBob: Hi all.\n'
                assert bob.returncode == 0
            # All of it, before there is more to come.
            news = [ann.stdout.readline() for _ in range(3)]
            assert news == ['* Bob came in\n', 'Bob: Hi all.\n', '* Bob left\n'], news
            output, _ = ann.communicate('first\n\n  second €\nthird\n', timeout=LIMIT)
            assert output.splitlines() == ['Änn: first', 'Änn: second €', 'Änn: third'], output
            assert ann.returncode == 0
        # What was typed last is said before the end of the input is the end.
        with chat_client(port, '--name', 'Eve') as eve:
            eve.communicate('In passing.\n', timeout=LIMIT)
            assert eve.returncode == 0
        # Whoever comes later reads what was said.
        with chat_client(port, '--name', 'Cid', '--say', 'Late.', '--count', '6') as cid:
            output, _ = cid.communicate(timeout=LIMIT)
            said = [line for line in output.splitlines() if not line.startswith('* ')]
            assert said[0] == 'Bob: Hi all.' and said[-2:] == ['Eve: In passing.', 'Cid: Late.'], output


def knock(port, trusting, origin):
    """With what status a page of this origin is refused, None if it is not."""
    async def come_in(_connection):
        return None

    try:
        return talk(port, come_in, subprotocols=['chat'], origin=origin, ssl=trusting)
    except websockets.InvalidHandshake as refusal:
        return status_of(refusal)


def check_chat_by_tls():
    need_typelib()
    with identity() as (certificate, key):
        with server('chat-server.js', options=['--certificate', certificate, '--key', key]) as (_, port):
            with chat_client(port, '--tls', '--trust', certificate, '--name', 'Ann', '--say', 'Hush.',
                             '--count', '1') as ann:
                assert ann.communicate(timeout=LIMIT)[0] == '* Ann came in\nAnn: Hush.\n'
            trusting = ssl.create_default_context(cafile=certificate)
            page = urllib.request.urlopen(f'https://127.0.0.1:{port}/', timeout=LIMIT, context=trusting)
            assert b'chat.js' in page.read()
            # Its own pages are those that came by https.
            if websockets:
                for scheme, status in ('https', None), ('http', 403):
                    assert knock(port, trusting, f'{scheme}://127.0.0.1:{port}') == status
            # Nobody but itself vouches for it.
            with chat_client(port, '--tls') as doubting:
                _, complaint = doubting.communicate(timeout=LIMIT)
                assert doubting.returncode == 1 and 'not trusted' in complaint, complaint


def check_chat_ends():
    need_typelib()
    with contextlib.ExitStack() as stack:
        with server('chat-server.js') as (_, port):
            client = stack.enter_context(chat_client(port, '--name', 'Dora'))
            assert client.stdout.readline() == '* Dora came in\n'
        # The server has gone, with a client there.
        assert client.wait(LIMIT) == 1
        assert client.stderr.read() == 'The server has gone.\n'
        with chat_client(port) as lost:
            assert lost.wait(LIMIT) == 1 and lost.stderr.read()


def check_chat_page():
    need_typelib()
    with server('chat-server.js', signal.SIGINT) as (_, port):
        page = urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=LIMIT).read().decode()
        for name in re.findall(r'(?:href|src)="([^":]+)"', page):
            assert urllib.request.urlopen(f'http://127.0.0.1:{port}/{name}', timeout=LIMIT).read()
        assert 'chat.css' in page and 'chat.js' in page
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/nothing', timeout=LIMIT)
            raise AssertionError('there is something')
        except urllib.error.HTTPError as error:
            assert error.code == 404


def check_chat_origin():
    need_typelib()
    need_websockets()

    async def read(connection):
        return json.loads(await connection.recv())

    with server('chat-server.js') as (_, port):
        own = talk(port, read, subprotocols=['chat'], origin=f'http://127.0.0.1:{port}')
        assert own == {'news': 'Somebody came in', 'present': 1}
        try:
            talk(port, read, subprotocols=['chat'], origin='http://elsewhere.example')
            raise AssertionError('a page from elsewhere came in')
        except websockets.InvalidHandshake as refusal:
            assert status_of(refusal) == 403


def cases():
    for name in ('echo-server', 'ticker', 'chat-server.js'):
        yield f'/examples/bad-options/{name}', lambda name=name: check_bad_options(name)
    for name in ('echo-server', 'chat-server.js'):
        yield f'/examples/bad-certificates/{name}', lambda name=name: check_bad_certificates(name)
    for case in (check_echo, check_echo_by_tls, check_ticker, check_chat, check_chat_by_tls,
                 check_chat_ends, check_chat_page, check_chat_origin):
        yield f'/examples/{case.__name__.removeprefix("check_")}', case


if __name__ == '__main__':
    sys.exit(tap.run(cases()))
