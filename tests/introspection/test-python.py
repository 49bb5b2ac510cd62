# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API as Python has it, server and client in one process."""

import gc
import socket
import sys
import threading

import gi
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, GObject, Lwsg  # noqa: E402
from waiting import Emissions, fails, result_of, until  # noqa: E402

TEXT, BINARY = Lwsg.MessageType.TEXT, Lwsg.MessageType.BINARY


class Pair:
    """A server with one protocol, and a client's and its own end of a connection."""

    def __init__(self, name='chat'):
        self.context = Lwsg.Context()
        self.protocol = self.context.add_protocol(name)
        self.port = self.context.listen('127.0.0.1', 0)
        self.subprotocols = [name] if name else None
        opened = Emissions(self.protocol, 'opened')
        self.client = self.connect()
        (self.server,) = opened.wait().pop()

    def connect(self):
        return result_of(self.context, 'connect', f'ws://127.0.0.1:{self.port}/?a=b', self.subprotocols)


def check_errors():
    pair = Pair()
    error, context, client = Lwsg.Error, pair.context, pair.client
    assert error.quark() == Lwsg.error_quark() == GLib.quark_from_string('lwsg-error-quark')
    assert Lwsg.HttpError.quark() == Lwsg.http_error_quark() == GLib.quark_from_string('lwsg-http-error-quark')

    fails(Gio.IOErrorEnum, Gio.IOErrorEnum.ADDRESS_IN_USE, context.listen, '127.0.0.1', pair.port)
    fails(error, error.INVALID_ARGUMENT, context.listen, 'nowhere.example', 0)
    fails(error, error.INVALID_ARGUMENT, context.add_protocol, 'a b')
    fails(error, error.INVALID_ARGUMENT, context.add_protocol, 'chat')
    for uri in ('', 'ws://', 'http://127.0.0.1/', 'ws://127.0.0.1:0/', 'ws://127.0.0.1/#a', 'ws://a:b@127.0.0.1/'):
        fails(error, error.INVALID_ARGUMENT, result_of, context, 'connect', uri, None)
    fails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, result_of, context, 'connect', 'ws+unix:/nonexistent/socket',
          None)
    fails(error, error.INVALID_ARGUMENT, client.send, TEXT, GLib.Bytes.new(b'\xff'))
    fails(error, error.INVALID_ARGUMENT, result_of, client, 'ping', GLib.Bytes.new(bytes(126)))
    fails(error, error.INVALID_ARGUMENT, client.close, Lwsg.CloseCode.ABNORMAL, None)
    context.close()
    fails(error, error.CLOSED, context.listen, None, 0)
    fails(error, error.CLOSED, pair.protocol.broadcast_text, 'late')


def check_cancelling():
    pair = Pair()
    cancellable = Gio.Cancellable()
    cancelled = []

    def on_message(connection, result):
        cancelled.append(fails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, connection.receive_finish, result))

    pair.client.receive_async(cancellable, on_message)
    cancellable.cancel()
    until(lambda: cancelled)
    pair.server.send_text('for the next one')
    assert result_of(pair.client, 'receive').get_text() == 'for the next one'
    pair.context.close()


def check_reading_modes():
    pair = Pair()
    got = []

    def on_message(connection, message):
        got.append(message.get_text())
        if message.get_text() == 'once':
            connection.disconnect(handler)

    handler = pair.client.connect('message', on_message)
    pair.server.send_text('first')
    until(lambda: got == ['first'])
    with pair.client.handler_block(handler):
        pair.server.send_text('blocked')
        result_of(pair.server, 'ping', None)
        assert got == ['first']
    for text in ('once', 'pulled', 'last'):
        pair.server.send_text(text)
    until(lambda: len(got) == 3)
    assert result_of(pair.client, 'receive').get_text() == 'pulled'
    handler = pair.client.connect('message', on_message)
    until(lambda: len(got) == 4)
    assert got == ['first', 'blocked', 'once', 'last']
    pair.context.close()


def check_properties():
    context = Lwsg.Context(max_message_size=100, ping_interval=7)
    changed = Emissions(context, 'notify::close-timeout')
    context.props.close_timeout = 3
    assert changed[0][0].name == 'close-timeout'
    assert (context.props.max_message_size, context.props.ping_interval, context.props.close_timeout) == (100, 7, 3)
    assert context.set_allowed_origins(['same-origin', 'null'])
    assert context.get_allowed_origins() == context.props.allowed_origins == ['same-origin', 'null']
    context.set_allowed_origins(None)
    # PyGObject makes no difference between no list and an empty one.
    assert not context.get_allowed_origins()
    assert Lwsg.Context(max_connections=5).props.max_connections_per_peer == 4096
    context.set_proxy_resolver(None)
    assert context.get_proxy_resolver() is None

    pair = Pair()
    assert pair.client.get_is_client() and pair.client.props.is_client
    assert not pair.server.get_is_client() and not pair.server.props.is_client
    assert pair.client.get_target() is None and pair.server.get_target() == '/?a=b'
    assert pair.client.get_protocol() is None and pair.server.get_protocol() == pair.protocol
    assert pair.server.get_remote_address().get_address().get_is_loopback()
    assert pair.server.get_socket().is_connected()
    assert pair.protocol.get_context() == pair.context
    pair.context.close()
    assert pair.protocol.get_context() is None
    assert pair.server.get_state() == Lwsg.ConnectionState.CLOSED


def check_list_model():
    pair = Pair()
    changes = Emissions(pair.protocol, 'items-changed')
    assert isinstance(pair.protocol, Gio.ListModel)
    assert pair.protocol.get_item_type() == Lwsg.Connection.__gtype__
    assert len(pair.protocol) == 1 and pair.protocol[0] == pair.server and list(pair.protocol) == [pair.server]
    second = pair.connect()
    changes.wait()
    assert [connection.get_is_client() for connection in pair.protocol] == [False, False]
    assert result_of(pair.client, 'close', Lwsg.CloseCode.NORMAL, 'bye')
    changes.wait(2)
    assert result_of(second, 'close', Lwsg.CloseCode.NORMAL, None)
    changes.wait(3)
    assert changes == [(1, 0, 1), (0, 1, 0), (0, 1, 0)], changes
    assert len(pair.protocol) == 0 and pair.protocol.props.n_connections == 0
    assert pair.context.lookup_protocol('chat') == pair.protocol and pair.context.lookup_protocol('other') is None
    pair.context.close()


def check_broadcasts():
    pair = Pair()

    def instead(protocol, message):
        GObject.signal_stop_emission_by_name(protocol, 'broadcast-request')
        assert protocol.broadcast_filtered(TEXT, GLib.Bytes.new(b'another'), lambda connection: True) == 1
        assert protocol.broadcast_filtered(TEXT, GLib.Bytes.new(b'nobody gets this'), lambda connection: False) == 0

    handler = pair.protocol.connect('broadcast-request', instead)
    pair.protocol.broadcast_text('one')
    assert result_of(pair.client, 'receive').get_text() == 'another'
    pair.protocol.disconnect(handler)
    pair.protocol.broadcast(BINARY, GLib.Bytes.new(b'\1\2'))
    assert result_of(pair.client, 'receive').get_bytes().get_data() == b'\1\2'
    pair.context.close()


def check_threads():
    """Both kinds of sending, from threads of Python's."""
    pair = Pair()
    number = 200

    def send(name):
        for i in range(number):
            pair.server.send_text(f'{name} {i}')
            pair.protocol.broadcast_text(f'all {name} {i}')

    messages = Emissions(pair.client, 'message')
    threads = [threading.Thread(target=send, args=(name,)) for name in 'abc']
    for thread in threads:
        thread.start()
    messages.wait(len(threads) * number * 2)
    for thread in threads:
        thread.join()
    texts = [message.get_text() for message, in messages]
    for name in 'abc':
        assert [text for text in texts if text.startswith(f'{name} ')] == [f'{name} {i}' for i in range(number)]
        assert [text for text in texts if text.startswith(f'all {name} ')] == [f'all {name} {i}' for i in range(number)]
    pair.context.close()


def check_kept_messages():
    """A message that is kept outlives its signal, and its connection."""
    pair = Pair()
    messages = Emissions(pair.server, 'message')
    pair.client.send_text('kept')
    echoes = Emissions(pair.client, 'message')
    broadcasts = Emissions(pair.protocol, 'broadcast-request')
    pair.protocol.broadcast_text('to all')
    messages.wait()
    echoes.wait()
    payload = echoes[0][0].get_bytes()
    text = echoes.pop()[0].get_text()
    pair.context.close()
    del pair
    gc.collect()
    assert messages[0][0].get_text() == 'kept'
    assert broadcasts[0][0].get_text() == text == 'to all'
    assert payload.get_data() == b'to all'


def answer_to(port, request):
    """The bytes that a request of bytes is answered with, up to the end of the head."""
    received = bytearray()
    with socket.create_connection(('127.0.0.1', port)) as peer:
        peer.sendall(request)
        peer.setblocking(False)

        def has_head():
            try:
                received.extend(peer.recv(4096))
            except BlockingIOError:
                pass
            return b'\r\n\r\n' in received

        # Keeps the loop turning: the socket is none of its sources.
        source = GLib.timeout_add(1, lambda: GLib.SOURCE_CONTINUE)
        until(has_head)
        GLib.source_remove(source)
    return bytes(received)


def check_handshake_headers():
    context = Lwsg.Context()
    protocol, port = context.add_protocol(None), context.listen('127.0.0.1', 0)
    seen, kept = [], []

    def on_accept(_protocol, request):
        kept.append(request)
        seen.append((request.get_header('X-Name'), request.get_headers('x-name'), request.get_headers('X-None')))
        request.add_response_header('Set-Cookie', 'sid=1')
        return len(kept) == 1

    protocol.connect('accept', on_accept)
    request = (b'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
               b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n'
               b'X-Name: Zo\xeb\r\nX-Name: \xc3\xbc\r\nX-Name: \xff\xfe\r\n\r\n')
    for status in (b'HTTP/1.1 101 ', b'HTTP/1.1 403 '):
        answer = answer_to(port, request)
        assert answer.startswith(status) and b'\r\nSet-Cookie: sid=1\r\n' in answer, answer
    names = ['Zo\xeb', '\xfc', '\xff\xfe']
    assert seen == 2 * [(names[0], names, [])], seen
    for gone in kept:
        fails(Lwsg.Error, Lwsg.Error.CLOSED, gone.refuse, 403)
        fails(Lwsg.Error, Lwsg.Error.CLOSED, gone.add_response_header, 'X-Late', '1')


def check_references():
    gone = set()

    def use():
        pair = Pair()
        for name in ('context', 'protocol', 'client', 'server'):
            getattr(pair, name).weak_ref(gone.add, name)
        closed = Emissions(pair.server, 'closed')
        pair.client.send_text('never read')
        assert result_of(pair.client, 'close', Lwsg.CloseCode.NORMAL, None)
        closed.wait()
        pair.context.close()

    use()

    def all_gone():
        gc.collect()
        GLib.idle_add(lambda: GLib.SOURCE_REMOVE)
        return gone == {'context', 'protocol', 'client', 'server'}

    until(all_gone)


def echo(_protocol, connection, message):
    connection.send_text(message.get_text())


def check_local_contexts():
    """A server is kept by its listener, a client by its connection; neither by variables."""

    def serve():
        context = Lwsg.Context()
        protocol = context.add_protocol(None)
        protocol.connect('message', echo)
        return protocol, context.listen('127.0.0.1', 0)

    protocol, port = serve()
    gc.collect()
    connections = []
    for _ in range(2):
        connections.append(result_of(Lwsg.Context(proxy_resolver=None), 'connect', f'ws://127.0.0.1:{port}/', None))
        gc.collect()
    closed = [Emissions(connection, 'closed') for connection in connections]
    for connection in connections:
        connection.send_text('still there')
        assert result_of(connection, 'receive').get_text() == 'still there'
    assert not any(closed)
    protocol.get_context().close()
    for emissions in closed:
        emissions.wait()
    assert {connection.get_close_code() for connection in connections} == {Lwsg.CloseCode.GOING_AWAY}


def check_circles():
    """Handlers that hold the context, which holds the protocol, end with it."""
    gone = []

    def serve():
        context = Lwsg.Context()
        for signal in 'accept', 'opened', 'message', 'closed', 'broadcast-request':
            context.add_protocol(signal).connect(signal, lambda *_parameters: context)
        context.weak_ref(gone.append, True)
        context.listen('127.0.0.1', 0)
        context.close()

    serve()
    gc.collect()
    assert gone


CASES = (check_errors, check_cancelling, check_reading_modes, check_properties, check_list_model, check_broadcasts,
         check_threads, check_kept_messages, check_handshake_headers, check_references, check_local_contexts,
         check_circles)

if __name__ == '__main__':
    sys.exit(tap.run((f'/introspection/python/{case.__name__.removeprefix("check_")}', case) for case in CASES))
