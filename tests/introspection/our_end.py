# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our end of a conversation, in Python: what our-end.js is in JavaScript, which tells how it is used.

Here, an echo is made of signals, and held up with pause() and resume()."""

import sys
import traceback

import gi

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, Lwsg  # noqa: E402

ENOUGH = 1 << 20  # bytes that wait to be sent, before nothing more is received

loop = GLib.MainLoop()
context = Lwsg.Context()
failures = []


def guarded(function):
    """A handler whose errors end the program; that a connection has ended is none."""
    def handler(*parameters):
        try:
            return function(*parameters)
        except GLib.Error as error:
            if error.matches(Lwsg.Error.quark(), Lwsg.Error.CLOSED):
                return None
            fail(error)
        except Exception as error:
            fail(error)
        return None
    return handler


def fail(error):
    traceback.print_exception(error)
    failures.append(error)
    loop.quit()


@guarded
def echo(connection, message):
    binary = connection.get_subprotocol() == 'binary'
    connection.send(Lwsg.MessageType.BINARY if binary else message.get_message_type(), message.get_bytes())
    if connection.get_buffered_amount() > ENOUGH:
        connection.pause()
        connection.request_writable()


def start_echo(connection):
    connection.connect('message', echo)
    connection.connect('writable', lambda connection: connection.resume())


def split(connection, size, text):
    payload = text.encode()
    for start in range(0, len(payload), size):
        connection.send_fragment(Lwsg.MessageType.TEXT, GLib.Bytes.new(payload[start:start + size]),
                                 start + size >= len(payload))


@guarded
def obey(connection, message):
    command, _, argument = message.get_text().partition(' ')
    number, _, text = argument.partition(' ')

    @guarded
    def on_pong(connection, result):
        connection.ping_finish(result)
        connection.send_text(f'pong {argument}')

    if command == 'ping':
        connection.ping_async(GLib.Bytes.new(argument.encode()), None, on_pong)
    elif command == 'split':
        split(connection, int(number), text)
    elif command == 'close':
        connection.close(int(number), text)
    else:
        connection.close(Lwsg.CloseCode.NORMAL, None)


@guarded
def fan(protocol, connection, message):
    protocol.broadcast(message.get_message_type(), message.get_bytes())


@guarded
def others(protocol, sender, message):
    protocol.broadcast_filtered(message.get_message_type(), message.get_bytes(), lambda other: other != sender)


def accept(protocol, request):
    path = request.get_path().split('/')
    if path[1] != 'refuse':
        return True
    if len(path) > 2:
        request.refuse(int(path[2]))
    return False


def serve(certificate=None, key=None):
    if certificate:
        context.set_tls_certificate(Gio.TlsCertificate.new_from_files(certificate, key))
    for name in (None, 'text', 'binary', 'fan', 'others', 'command'):
        protocol = context.add_protocol(name)
        protocol.connect('accept', accept)
        if name == 'fan':
            protocol.connect('message', fan)
        elif name == 'others':
            protocol.connect('message', others)
        elif name == 'command':
            protocol.connect('message', lambda protocol, connection, message: obey(connection, message))
        else:
            protocol.connect('opened', lambda protocol, connection: start_echo(connection))

    print(context.listen('127.0.0.1', 0), flush=True)
    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP,
                          lambda *_: loop.quit())


def be_client(port, connections, subprotocols, path, certificate=None, _key=None):
    left = int(connections)
    scheme = 'wss' if certificate else 'ws'
    if certificate:
        context.set_tls_database(Gio.TlsFileDatabase.new(certificate))

    def on_end(*_):
        nonlocal left
        left -= 1
        if left == 0:
            loop.quit()

    def on_connected(context, result):
        try:
            connection = context.connect_finish(result)
        except GLib.Error as error:
            print(error.domain, error.code, error.message, flush=True)
            on_end()
            return
        if connection.get_subprotocol() == 'command':
            connection.connect('message', obey)
        else:
            start_echo(connection)
        connection.connect('closed', on_end)

    asked = None if subprotocols == '-' else subprotocols.split(',')
    for _ in range(left):
        context.connect_full_async(f'{scheme}://127.0.0.1:{port}{path}', asked, 'http://origin.example', None, None,
                                   on_connected)


def main(role, *parameters):
    if role == 'server':
        serve(*parameters)
    else:
        be_client(*parameters)
    loop.run()
    context.close()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
