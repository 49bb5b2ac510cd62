#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program outside of the project: a server and a client that say hello."""

import gi

gi.require_version('Lwsg', '1.0')
from gi.repository import GLib, Lwsg  # noqa: E402

loop = GLib.MainLoop()
context = Lwsg.Context(proxy_resolver=None)
received = []


def on_echo(connection, message):
    received.append(message.get_text())
    connection.close(Lwsg.CloseCode.NORMAL, None)


def on_connected(source, result):
    connection = source.connect_finish(result)
    connection.connect('message', on_echo)
    connection.connect('closed', lambda closed: loop.quit())
    connection.send_text('hello')


echo = context.add_protocol('echo')
echo.connect('message', lambda protocol, connection, message: connection.send_text(message.get_text()))
context.connect_async(f'ws://127.0.0.1:{context.listen("127.0.0.1", 0)}/', ['echo'], None, on_connected)
loop.run()
assert received == ['hello'], received
