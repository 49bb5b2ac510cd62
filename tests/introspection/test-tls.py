# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS as Python has it: certificates, trust, decisions, and the way through proxies."""

import contextlib
import socket
import struct
import sys
import threading

import gi
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, Lwsg  # noqa: E402
from server import Server, authority, check_echo, connect, make_client  # noqa: E402
from waiting import Emissions, fails, until  # noqa: E402

FLAGS = Gio.TlsCertificateFlags
LIMIT = 60  # seconds


def refused(client, uri):
    """What a client says of a server that it does not trust."""
    error = fails(Gio.TlsError, Gio.TlsError.BAD_CERTIFICATE, connect, client, uri)
    return error.message


def check_defaults():
    context = Lwsg.Context()
    assert context.get_tls_certificate() is None and context.props.tls_certificate is None
    assert context.get_tls_database() is None and context.get_tls_interaction() is None
    assert context.get_tls_authentication_mode() == Gio.TlsAuthenticationMode.NONE
    context.close()


def check_properties():
    with authority() as issuer:
        certificate = issuer.certificate('here', ['localhost'])
        context = Lwsg.Context(tls_certificate=certificate, tls_database=issuer.database,
                               tls_authentication_mode=Gio.TlsAuthenticationMode.REQUIRED)
        assert context.props.tls_certificate == certificate and context.props.tls_database == issuer.database
        assert context.props.tls_authentication_mode == Gio.TlsAuthenticationMode.REQUIRED
        changed = Emissions(context, 'notify::tls-certificate')
        context.add_tls_certificate(issuer.certificate('also', ['also.example']))
        assert context.get_tls_certificate() == certificate
        context.set_tls_certificate(None)
        assert context.get_tls_certificate() is None
        assert len(changed) == 2
        # The authority's, without its key.
        without_key = Gio.TlsCertificate.new_from_file(issuer.path)
        fails(Gio.TlsError, Gio.TlsError.BAD_CERTIFICATE, context.set_tls_certificate, without_key)
        context.close()
        fails(Lwsg.Error, Lwsg.Error.CLOSED, context.set_tls_certificate, certificate)


def check_connection():
    with authority() as issuer:
        certificate = issuer.certificate('here', ['localhost', '127.0.0.1'])
        server, client = Server(certificate), make_client(issuer.database)
        decisions = Emissions(client, 'accept-certificate', answer=False)
        for host in ('localhost', '127.0.0.1'):
            connection = connect(client, server.uri(host))
            check_echo(connection)
            assert connection.get_tls_peer_certificate().props.certificate_pem == certificate.props.certificate_pem
            assert connection.get_tls_peer_certificate_errors() == 0
            assert connection.props.tls_protocol_version == Gio.TlsProtocolVersion.TLS_1_3
            assert connection.get_tls_ciphersuite_name()
            (served,) = server.opened.pop()
            assert served.get_tls_peer_certificate() is None
            assert served.props.tls_protocol_version == Gio.TlsProtocolVersion.TLS_1_3
            assert served.props.tls_ciphersuite_name
        # With a certificate that is in order, nobody is asked.
        assert not decisions
        client.close()
        # What TLS found out is known after the end, too.
        assert connection.get_tls_peer_certificate() is not None
        server.context.close()


def check_without_tls():
    server, client = Server(), make_client()
    connection = connect(client, f'ws://127.0.0.1:{server.port}/')
    assert connection.get_tls_peer_certificate() is None and connection.get_tls_ciphersuite_name() is None
    assert connection.get_tls_protocol_version() == Gio.TlsProtocolVersion.UNKNOWN
    client.close()
    server.context.close()


def check_decisions():
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['elsewhere.example']))
        client = make_client()
        assert 'not trusted' in refused(client, server.uri()) and 'another name' in refused(client, server.uri())
        client.set_tls_database(issuer.database)
        assert 'another name' in refused(client, server.uri())

        decisions = Emissions(client, 'accept-certificate', answer=False)
        refused(client, server.uri())
        ((host, certificate, errors),) = decisions
        assert host == 'localhost' and errors == FLAGS.BAD_IDENTITY
        assert isinstance(certificate, Gio.TlsCertificate)
        decisions.answer = True
        connection = connect(client, server.uri())
        assert connection.get_tls_peer_certificate_errors() == FLAGS.BAD_IDENTITY
        check_echo(connection)
        client.close()
        server.context.close()


def check_sessions_of_others():
    """GIO resumes the session of another context, which trusted the server; that one's trust is not ours."""
    with authority() as issuer:
        server = Server(issuer.certificate('here', ['localhost']))
        trusting, doubting = make_client(issuer.database), make_client()
        check_echo(connect(trusting, server.uri()))
        assert 'not trusted' in refused(doubting, server.uri())
        check_echo(connect(trusting, server.uri()))
        decisions = Emissions(doubting, 'accept-certificate', answer=True)
        check_echo(connect(doubting, server.uri()))
        ((host, _certificate, errors),) = decisions
        assert host == 'localhost' and errors == FLAGS.UNKNOWN_CA
        for context in trusting, doubting, server.context:
            context.close()


def check_renewal():
    with authority() as issuer:
        old, new = (issuer.certificate(name, ['localhost']) for name in ('old', 'new'))
        server, client = Server(old), make_client(issuer.database)
        before = connect(client, server.uri())
        server.context.set_tls_certificate(new)
        after = connect(client, server.uri())
        shown = [connection.get_tls_peer_certificate().get_subject_name() for connection in (before, after)]
        assert shown == ['CN=old', 'CN=new'], shown
        for connection in before, after:
            check_echo(connection)
        client.close()
        server.context.close()


class Wallet(Gio.TlsInteraction):
    """Shows a certificate to whoever asks for one."""

    def __init__(self, certificate):
        super().__init__()
        self.certificate = certificate
        self.asked = 0

    def do_request_certificate(self, connection, flags, cancellable):
        self.asked += 1
        connection.set_certificate(self.certificate)
        return Gio.TlsInteractionResult.HANDLED


def check_client_certificates():
    with authority() as issuer, authority() as stranger:
        server = Server(issuer.certificate('here', ['localhost']), tls_database=issuer.database,
                        tls_authentication_mode=Gio.TlsAuthenticationMode.REQUIRED)
        decisions = Emissions(server.context, 'accept-certificate', answer=False)
        client = make_client(issuer.database)

        wallet = Wallet(issuer.certificate('somebody'))
        client.set_tls_interaction(wallet)
        assert client.get_tls_interaction() == wallet
        check_echo(connect(client, server.uri()))
        (served,) = server.opened.pop()
        assert served.get_tls_peer_certificate().get_subject_name() == 'CN=somebody'
        assert wallet.asked == 1 and not decisions

        # Somebody whom another authority knows: the program decides.
        client.set_tls_interaction(Wallet(stranger.certificate('stranger')))
        with contextlib.suppress(GLib.Error):
            connect(client, server.uri())
            raise AssertionError('a stranger came in')
        ((host, certificate, errors),) = decisions
        assert host is None and certificate.get_subject_name() == 'CN=stranger'
        assert errors & FLAGS.UNKNOWN_CA
        decisions.answer = True
        check_echo(connect(client, server.uri()))
        (served,) = server.opened.pop()
        assert served.get_tls_peer_certificate_errors() == errors

        # Nobody comes in without one, unless it is only wished for.
        client.set_tls_interaction(None)
        with contextlib.suppress(GLib.Error):
            connect(client, server.uri())
            raise AssertionError('somebody without certificate came in')
        server.context.set_tls_authentication_mode(Gio.TlsAuthenticationMode.REQUESTED)
        check_echo(connect(client, server.uri()))
        (served,) = server.opened.pop()
        assert served.get_tls_peer_certificate() is None
        client.close()
        server.context.close()


# Proxies

def read_exactly(stream, length):
    data = stream.recv(length, socket.MSG_WAITALL)
    assert len(data) == length, data
    return data


def be_http_proxy(stream):
    """The host and port that are asked for, after the answer (RFC 9110 section 9.3.6)."""
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += read_exactly(stream, 1)
    method, target, _ = head.split(b' ', 2)
    assert method == b'CONNECT', head
    stream.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    host, _, port = target.decode().rpartition(':')
    return host, int(port)


def be_socks_proxy(stream):
    """The same in SOCKS 5 (RFC 1928), with a name as address."""
    version, methods = read_exactly(stream, 2)
    assert version == 5 and 0 in read_exactly(stream, methods)
    stream.sendall(b'\x05\x00')
    head = read_exactly(stream, 5)
    assert head[:4] == b'\x05\x01\x00\x03', head
    host = read_exactly(stream, head[4]).decode()
    (port,) = struct.unpack('>H', read_exactly(stream, 2))
    stream.sendall(b'\x05\x00\x00\x01' + bytes(6))
    return host, port


def pass_on(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class Proxy:
    """In threads of its own; wherever somebody wants to go, it leads to this port."""

    GREETINGS = {'http': be_http_proxy, 'socks5': be_socks_proxy}

    def __init__(self, scheme, port):
        self.port = port
        self.greet = self.GREETINGS[scheme]
        self.asked = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.uri = f'{scheme}://127.0.0.1:{self.listener.getsockname()[1]}'
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self.listener.accept()
                threading.Thread(target=self.lead, args=[stream], daemon=True).start()

    def lead(self, stream):
        with stream:
            self.asked.append(self.greet(stream))
            with socket.create_connection(('127.0.0.1', self.port)) as server:
                back = threading.Thread(target=pass_on, args=[server, stream], daemon=True)
                back.start()
                pass_on(stream, server)
                back.join(LIMIT)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(LIMIT)
        self.listener.close()


def check_proxy(scheme):
    """The certificate must be for the server that the URI names, not for the proxy."""
    with authority() as issuer:
        server = Server(issuer.certificate('far', ['far.example']))
        client = make_client(issuer.database)
        with contextlib.closing(Proxy(scheme, server.port)) as proxy:
            client.set_proxy_resolver(Gio.SimpleProxyResolver.new(proxy.uri, None))
            check_echo(connect(client, 'wss://far.example/'))
            assert proxy.asked == [('far.example', 443)], proxy.asked
            assert 'another name' in refused(client, 'wss://wrong.example:8443/')
            assert proxy.asked[1:] == [('wrong.example', 8443)], proxy.asked
            # With the certificate of the proxy's own name nobody is deceived either.
            server.context.set_tls_certificate(issuer.certificate('proxy', ['127.0.0.1', 'localhost']))
            assert 'another name' in refused(client, 'wss://far.example/')
            # Nor with the right name from an authority that nobody knows.
            client.set_tls_database(None)
            server.context.set_tls_certificate(issuer.certificate('again', ['far.example']))
            assert 'not trusted' in refused(client, 'wss://far.example/')
            assert len(server.opened) == 1
            client.close()
            until(lambda: server.protocol.props.n_connections == 0)
        server.context.close()


CASES = [(f'/introspection/tls/{case.__name__.removeprefix("check_")}', case) for case in (
    check_defaults, check_properties, check_connection, check_without_tls, check_decisions,
    check_sessions_of_others, check_renewal, check_client_certificates)]
CASES += [(f'/introspection/tls/proxy/{scheme}', lambda scheme=scheme: check_proxy(scheme))
          for scheme in Proxy.GREETINGS]

if __name__ == '__main__':
    sys.exit(tap.run(CASES))
