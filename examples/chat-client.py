#!/usr/bin/python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chats in a terminal with those in the room of chat-server.js."""

import argparse
import getpass
import json
import os
import signal
import sys
import urllib.parse

import gi

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, Lwsg  # noqa: E402


class Chat:
    def __init__(self, options):
        self.options = options
        self.loop = GLib.MainLoop()
        self.context = Lwsg.Context()
        self.said = 0
        self.failure = None

    def end(self, failure=None):
        if self.loop.is_running():
            self.failure = failure
            self.loop.quit()

    def run(self):
        scheme = 'wss' if self.options.tls else 'ws'
        uri = f'{scheme}://localhost:{self.options.port}/?{urllib.parse.quote(self.options.name)}'
        try:
            if self.options.trust:
                self.context.set_tls_database(Gio.TlsFileDatabase.new(os.path.abspath(self.options.trust)))
        except GLib.Error as error:
            return error.message
        self.context.connect_async(uri, ['chat'], None, self.on_connected)
        for number in signal.SIGINT, signal.SIGTERM:
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.end)
        self.loop.run()
        self.context.close()
        return self.failure

    def on_connected(self, context, result):
        try:
            connection = context.connect_finish(result)
        except GLib.Error as error:
            return self.end(error.message)
        connection.connect('message', self.on_message)
        connection.connect('closed', self.on_closed)
        if self.options.say:
            return connection.send_text(self.options.say)
        lines = Gio.DataInputStream.new(Gio.UnixInputStream.new(sys.stdin.fileno(), False))
        lines.read_line_async(GLib.PRIORITY_DEFAULT, None, self.on_line, connection)

    def on_line(self, lines, result, connection):
        try:
            line, _length = lines.read_line_finish_utf8(result)
            if line is None:
                return self.options.count or connection.close(Lwsg.CloseCode.NORMAL, None)
            connection.send_text(line)
        except GLib.Error as error:
            return self.end(error.message)
        lines.read_line_async(GLib.PRIORITY_DEFAULT, None, self.on_line, connection)

    def on_closed(self, connection):
        self.end(None if connection.get_close_code() == Lwsg.CloseCode.NORMAL else 'The server has gone.')

    def on_message(self, connection, message):
        told = json.loads(message.get_text())
        print(f'{told["name"]}: {told["text"]}' if 'text' in told else f'* {told["news"]}', flush=True)
        self.said += 'text' in told
        if self.said == self.options.count:
            self.end()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=7681, help='port of the server (default 7681)')
parser.add_argument('--tls', action='store_true', help='connect by wss://')
parser.add_argument('--trust', metavar='FILE', help='whose certificates are trusted (PEM; default: the system decides)')
parser.add_argument('--name', default=getpass.getuser(), help='how others see you')
parser.add_argument('--say', metavar='TEXT', help='say this instead of what is typed')
parser.add_argument('--count', metavar='N', type=int, help='leave when N things were said')
sys.exit(Chat(parser.parse_args()).run())
