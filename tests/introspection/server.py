# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server by TLS for tests in Python, and the certificates for it."""

import contextlib
import os
import shutil
import tempfile

import certificates
import gi
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, Lwsg  # noqa: E402
from waiting import Emissions, result_of  # noqa: E402


class Authority:
    """Issues certificates, in a directory that goes with it."""

    def __init__(self, directory):
        self.directory = directory
        self.path, _ = certificates.make(directory, 'authority', [])
        self.database = Gio.TlsFileDatabase.new(self.path)

    def issue(self, name, hosts=(), kind='ec'):
        """Of a certificate with its key, the paths."""
        return certificates.make(self.directory, name, hosts, 'authority', kind)

    def certificate(self, name, hosts=(), kind='ec'):
        return Gio.TlsCertificate.new_from_files(*self.issue(name, hosts, kind))

    def file(self, name):
        return os.path.join(self.directory, name)


@contextlib.contextmanager
def authority():
    if not shutil.which('openssl'):
        raise tap.Skip('openssl is not installed')
    with tempfile.TemporaryDirectory(prefix='lws-glib-tls-') as directory:
        yield Authority(directory)


class Server:
    """With one protocol that echoes, and these certificates."""

    def __init__(self, *certificates_of_it, **properties):
        self.context = Lwsg.Context(**properties)
        for certificate in certificates_of_it:
            assert self.context.add_tls_certificate(certificate)
        self.protocol = self.context.add_protocol('echo')
        self.protocol.connect('message', lambda _protocol, connection, message:
                              connection.send_text(message.get_text()))
        self.opened = Emissions(self.protocol, 'opened')
        self.port = self.context.listen('127.0.0.1', 0)

    def uri(self, host='localhost'):
        return f'wss://{host}:{self.port}/'


def make_client(database=None):
    client = Lwsg.Context()
    client.set_proxy_resolver(None)
    client.set_tls_database(database)
    return client


def connect(client, uri):
    return result_of(client, 'connect', uri, ['echo'])


def check_echo(connection, text='through TLS'):
    messages = Emissions(connection, 'message')
    connection.send_text(text)
    messages.wait()
    assert messages[0][0].get_text() == text
