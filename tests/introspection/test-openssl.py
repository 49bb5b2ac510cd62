# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server by TLS, and what openssl s_client says of it."""

import shutil
import sys

import gi
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, Lwsg  # noqa: E402
from server import Server, authority  # noqa: E402
from waiting import until  # noqa: E402

REQUEST = b'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
ANSWERED = 'HTTP/1.1 404 '
VERSIONS = {'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3'}


class Client:
    """openssl s_client, of whose output all is kept."""

    def __init__(self, issuer, server, *options):
        if not shutil.which('openssl'):
            raise tap.Skip('openssl is not installed')
        self.process = Gio.Subprocess.new(
            ['openssl', 's_client', '-connect', f'127.0.0.1:{server.port}', '-CAfile', issuer.path,
             '-verify_return_error', '-nocommands' if '-ign_eof' in options else '-crlf', *options],
            Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE)
        self.said = ''
        self.ended = False
        self.read_on()

    def read_on(self):
        self.process.get_stdout_pipe().read_bytes_async(65536, GLib.PRIORITY_DEFAULT, None, self.on_read)

    def on_read(self, stream, result):
        data = stream.read_bytes_finish(result).get_data()
        self.said += data.decode(errors='replace')
        if data:
            self.read_on()
        else:
            self.ended = True

    def say(self, data):
        self.process.get_stdin_pipe().write_all(data, None)
        self.process.get_stdin_pipe().flush(None)

    def await_text(self, text):
        until(lambda: text in self.said or self.ended)
        assert text in self.said, self.said

    def finish(self):
        until(lambda: self.ended)
        self.process.wait(None)
        return self.said


def ask(issuer, server, *options, answered=True):
    """What s_client says about one request over a connection of its own."""
    client = Client(issuer, server, '-ign_eof', *options)
    client.say(REQUEST)
    said = client.finish()
    assert (ANSWERED in said) == answered, said
    return said


def check_versions():
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['localhost']))
        for version, option in VERSIONS.items():
            assert f'New, {version}, ' in ask(issuer, server, option, '-verify_hostname', 'localhost')
        # It would speak the old ones, if we did.
        for option in '-tls1_1', '-tls1':
            said = ask(issuer, server, option, '-cipher', 'DEFAULT@SECLEVEL=0', answered=False)
            assert 'alert protocol version' in said, said
        server.context.close()


def check_tickets(version):
    with authority() as issuer:
        certificate = issuer.certificate('here', ['localhost'])
        server = Server(certificate)
        session = issuer.file('session')
        option = VERSIONS[version]
        assert f'New, {version}, ' in ask(issuer, server, option, '-sess_out', session)
        for _ in range(2):
            # With a new ticket each time.
            said = ask(issuer, server, option, '-sess_in', session, '-sess_out', session)
            assert f'Reused, {version}, ' in said, said
        # Who gets another certificate is to see it.
        server.context.set_tls_certificate(certificate)
        assert f'New, {version}, ' in ask(issuer, server, option, '-sess_in', session, '-sess_out', session)
        assert f'Reused, {version}, ' in ask(issuer, server, option, '-sess_in', session)
        # Another context knows nothing of it.
        other = Server(certificate)
        assert f'New, {version}, ' in ask(issuer, other, option, '-sess_in', session)
        # Nor is a client resumed that is to show its certificate.
        server.context.set_tls_authentication_mode(Gio.TlsAuthenticationMode.REQUESTED)
        assert f'New, {version}, ' in ask(issuer, server, option, '-sess_in', session)
        for context in server.context, other.context:
            context.close()


def subject_of(said):
    return next(line for line in said.splitlines() if line.startswith('subject=')).rpartition('=')[2].strip()


def check_names():
    with authority() as issuer:
        server = Server(issuer.certificate('first', ['localhost']), issuer.certificate('a', ['a.example']),
                        issuer.certificate('stars', ['*.b.example', 'b.example']))
        for option in VERSIONS.values():
            for name, subject in (('localhost', 'first'), ('a.example', 'a'), ('A.Example', 'a'),
                                  ('b.example', 'stars'), ('www.b.example', 'stars'), ('x.www.b.example', 'first'),
                                  ('unknown.example', 'first')):
                said = ask(issuer, server, option, '-servername', name)
                assert subject_of(said) == subject, (name, said)
            assert subject_of(ask(issuer, server, option, '-noservername')) == 'first'
        server.context.close()


def check_kinds_of_keys():
    with authority() as issuer:
        server = Server(issuer.certificate('ec', ['localhost']), issuer.certificate('rsa', ['localhost'], 'rsa'),
                        issuer.certificate('other', ['other.example'], 'rsa'))
        for options, subject in ((['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], 'rsa'),
                                 (['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'], 'ec'),
                                 (['-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256'], 'rsa'),
                                 (['-tls1_3', '-sigalgs', 'ecdsa_secp256r1_sha256'], 'ec')):
            said = ask(issuer, server, '-servername', 'localhost', *options)
            assert subject_of(said) == subject, said
        server.context.close()


def check_alpn():
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['localhost']))
        for option in VERSIONS.values():
            assert 'No ALPN negotiated' in ask(issuer, server, option)
            for offered, chosen in ('http/1.1', 'http/1.1'), ('h2,http/1.1', 'http/1.1'), ('http/1.0', 'http/1.0'):
                assert f'ALPN protocol: {chosen}\n' in ask(issuer, server, option, '-alpn', offered)
            said = ask(issuer, server, option, '-alpn', 'h2,mqtt', answered=False)
            assert 'alert no application protocol' in said, said
        server.context.close()


def check_renegotiation():
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['localhost']))
        client = Client(issuer, server, '-tls1_2')
        client.await_text('Verify return code: 0')
        client.say(b'R\n')
        said = client.finish()
        assert 'RENEGOTIATING' in said and 'no renegotiation' in said, said
        # And nothing of it stays behind.
        ask(issuer, server)
        server.context.close()


def check_key_update():
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['localhost']))
        for command in b'K\n', b'k\n':
            client = Client(issuer, server, '-tls1_3')
            client.await_text('Verify return code: 0')
            for number in range(1, 4):
                client.say(command)
                until(lambda: client.said.count('KEYUPDATE') == number or client.ended)
            client.say(REQUEST.replace(b'\r\n', b'\n'))
            said = client.finish()
            assert said.count('KEYUPDATE') == 3 and ANSWERED in said, said
        server.context.close()


def check_client_certificate():
    with authority() as issuer, authority() as stranger:
        server = Server(issuer.certificate('here', ['localhost']), tls_database=issuer.database,
                        tls_authentication_mode=Gio.TlsAuthenticationMode.REQUIRED)
        known, unknown = ([word for pair in zip(('-cert', '-key'), authority_.issue('somebody')) for word in pair]
                          for authority_ in (issuer, stranger))
        for option in VERSIONS.values():
            ask(issuer, server, option, *known)
            ask(issuer, server, option, *unknown, answered=False)
            ask(issuer, server, option, answered=False)
        server.context.close()


CASES = [('versions', check_versions), *((f'tickets/{version}', lambda version=version: check_tickets(version))
                                         for version in VERSIONS),
         ('names', check_names), ('kinds-of-keys', check_kinds_of_keys), ('alpn', check_alpn),
         ('renegotiation', check_renegotiation), ('key-update', check_key_update),
         ('client-certificate', check_client_certificate)]

if __name__ == '__main__':
    sys.exit(tap.run((f'/introspection/openssl/{name}', case) for name, case in CASES))
