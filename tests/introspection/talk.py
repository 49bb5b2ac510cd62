# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client in Python that talks with one of our ends, in whatever language that is.

   talk.py COMMAND-OF-OUR-END...
"""

import subprocess
import sys

import gi
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import GLib, Lwsg  # noqa: E402
from waiting import LIMIT, Emissions, fails, result_of  # noqa: E402

SIZES = (0, 1, 125, 126, 65535, 65536, 1 << 20)
TEXT, BINARY = Lwsg.MessageType.TEXT, Lwsg.MessageType.BINARY


class Talk:
    def __init__(self, server):
        self.server = server
        self.port = int(server.stdout.readline())
        self.context = Lwsg.Context()

    def connect(self, subprotocols=None, path='/'):
        return result_of(self.context, 'connect', f'ws://127.0.0.1:{self.port}{path}', subprotocols)

    @staticmethod
    def close(connection):
        assert result_of(connection, 'close', Lwsg.CloseCode.NORMAL, None)

    def text(self):
        connection = self.connect(['text'])
        assert connection.get_subprotocol() == 'text'
        for size in SIZES:
            sent = '€' * (size // 3) + 'x' * (size % 3)
            connection.send_text(sent)
            assert result_of(connection, 'receive').get_text() == sent
        self.close(connection)

    def text_with_nuls(self):
        """A string ends at a NUL when it goes through C; the bytes tell all of it."""
        connection = self.connect()
        sent = b'a\0b\0\0c'
        assert result_of(connection, 'send', TEXT, GLib.Bytes.new(sent))
        message = result_of(connection, 'receive')
        assert message.get_message_type() == TEXT
        assert message.get_bytes().get_data() == sent
        assert message.get_text() == 'a'
        self.close(connection)

    def binary(self):
        connection = self.connect(['binary'])
        for size in SIZES:
            sent = bytes((i * 7 ^ i >> 8) & 255 for i in range(size))
            connection.send(BINARY, GLib.Bytes.new(sent))
            message = result_of(connection, 'receive')
            assert message.get_message_type() == BINARY
            assert message.get_text() is None
            assert (message.get_bytes().get_data() or b'') == sent, f'{size} bytes came back as others'
        assert connection.props.messages_received == len(SIZES)
        assert connection.props.bytes_sent == sum(SIZES)
        self.close(connection)

    def streaming(self):
        connection = self.connect(['command'])
        connection.set_streaming(True)
        fragments = Emissions(connection, 'fragment')
        connection.send_text('split 2 äöü')
        while not fragments or not fragments[-1][2]:
            fragments.wait(len(fragments) + 1)
        assert {fragment[0] for fragment in fragments} == {TEXT}
        assert b''.join(fragment[1].get_data() or b'' for fragment in fragments).decode() == 'äöü'
        self.close(connection)

    def pings(self):
        connection = self.connect()
        pongs = Emissions(connection, 'pong')
        assert connection.props.round_trip_time == -1
        time = result_of(connection, 'ping', GLib.Bytes.new(b'payload'))
        assert pongs.wait()[0][0].get_data() == b'payload'
        assert connection.props.round_trip_time == time >= 0
        assert result_of(connection, 'ping', None) >= 0
        self.close(connection)

    def closes(self):
        for code, reason in ((1000, ''), (3000, 'a'), (4999, 'ä' * 61)):
            connection = self.connect(['command'])
            closed = Emissions(connection, 'closed')
            connection.send_text(f'close {code} {reason}')
            closed.wait()
            assert connection.get_state() == Lwsg.ConnectionState.CLOSED
            assert (connection.get_close_code(), connection.get_close_reason() or '') == (code, reason)
            fails(Lwsg.Error, Lwsg.Error.CLOSED, connection.send_text, 'late')
            fails(Lwsg.Error, Lwsg.Error.CLOSED, result_of, connection, 'receive')

    def refusals(self):
        fails(Lwsg.HttpError, Lwsg.HttpError.BAD_REQUEST, self.connect, ['unknown'])
        fails(Lwsg.HttpError, Lwsg.HttpError.FORBIDDEN, self.connect, None, '/refuse')
        fails(Lwsg.HttpError, Lwsg.HttpError.SERVICE_UNAVAILABLE, self.connect, None, '/refuse/503')
        # A status that the enumeration does not name.
        fails(Lwsg.HttpError, 418, self.connect, None, '/refuse/418')

    def broadcasts(self):
        for subprotocol, to_sender in (('fan', True), ('others', False)):
            connections = [self.connect([subprotocol]) for _ in range(3)]
            connections[0].send_text('to whom it may concern')
            for connection in connections[0 if to_sender else 1:]:
                assert result_of(connection, 'receive').get_text() == 'to whom it may concern'
            connections[1].send(BINARY, GLib.Bytes.new(b'\0\xff'))
            # Whoever was left out before has got nothing before this.
            assert result_of(connections[0], 'receive').get_bytes().get_data() == b'\0\xff'
            for connection in connections:
                self.close(connection)

    def stop(self):
        connection = self.connect()
        closed = Emissions(connection, 'closed')
        self.server.stdin.close()
        closed.wait()
        assert connection.get_close_code() == Lwsg.CloseCode.GOING_AWAY
        assert self.server.wait(LIMIT) == 0


def main(*our_end):
    with subprocess.Popen([*our_end, 'server'], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        talk = Talk(server)
        cases = (talk.text, talk.text_with_nuls, talk.binary, talk.streaming, talk.pings, talk.closes, talk.refusals,
                 talk.broadcasts, talk.stop)
        return tap.run((f'/introspection/talk/python/{case.__name__}', case) for case in cases)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
