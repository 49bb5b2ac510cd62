# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What of the API is introspected, and what is not.

   test-api.py LIST-OF-SYMBOLS GIR FOLDER      (where the GIR files of GLib are)
"""

import keyword
import pathlib
import re
import sys

import gi
import gir
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import GObject, Lwsg  # noqa: E402

SYMBOLS, GIR, FOLDER = map(pathlib.Path, sys.argv[1:4])
LWSG = gir.Namespace(GIR)

# The classes, with their properties ("=" for those that can be set) and signals.
OBJECTS = {
    'Connection': (
        'buffered-amount bytes-received bytes-sent close-code close-reason compress= dropped-messages extensions '
        'is-client max-buffered-amount= messages-received messages-sent paused protocol remote-address '
        'round-trip-time slow-consumer-policy= state streaming= subprotocol target tls-ciphersuite-name '
        'tls-peer-certificate tls-peer-certificate-errors tls-protocol-version',
        'closed fragment message pong writable'),
    'Context': (
        'allowed-origins close-timeout= compression= compression-level= compression-memory-level= '
        'compression-takeover= compression-threshold= compression-window-bits= dispatch-budget= '
        'handshake-timeout= max-connections= max-connections-per-peer= max-handshakes= '
        'max-handshakes-per-peer= max-memory= max-message-size= ping-interval= '
        'pong-timeout= priority= proxy-resolver= tls-authentication-mode= tls-certificate= tls-database= tls-interaction=',
        'accept-certificate http-request'),
    'Protocol': ('context n-connections name', 'accept broadcast-request closed message opened'),
    'Request': ('method path query remote-address is-secure tls-peer-certificate tls-peer-certificate-errors', ''),
}
ENUMERATIONS = {
    'CloseCode': {'normal': 1000, 'going-away': 1001, 'protocol-error': 1002, 'unsupported-data': 1003,
                  'no-status': 1005, 'abnormal': 1006, 'invalid-payload': 1007, 'policy': 1008, 'too-big': 1009,
                  'extension-missing': 1010, 'internal-error': 1011,
                  'try-again-later': 1013},
    'ConnectionState': {'open': 0, 'closing': 1, 'closed': 2},
    'DirectoryFlags': {'none': 0, 'no-symlinks': 1},
    'Error': {'failed': 0, 'closed': 1, 'invalid-argument': 2, 'listen': 3, 'connect': 4, 'handshake': 5,
              'timed-out': 6, 'buffer-full': 7, 'busy': 8},
    'HttpError': {'moved-permanently': 301, 'found': 302, 'bad-request': 400, 'unauthorized': 401, 'forbidden': 403,
                  'not-found': 404, 'proxy-authentication-required': 407, 'upgrade-required': 426,
                  'too-many-requests': 429, 'internal-server-error': 500, 'bad-gateway': 502,
                  'service-unavailable': 503},
    'MessageType': {'text': 1, 'binary': 2},
    'SlowConsumerPolicy': {'close': 0, 'drop-oldest': 1, 'drop-newest': 2},
}
OTHERS = {'ConnectionFilterFunc', 'Message', 'error_quark', 'http_error_quark', 'check_version', 'get_major_version',
          'get_minor_version', 'get_micro_version', 'MAJOR_VERSION', 'MINOR_VERSION', 'MICRO_VERSION', 'VERSION_S'}

# Functions of the library that are not for other languages: types have no function of
# their own there, and the source is for the classic API.
HIDDEN = re.compile(r'lwsg_(source_\w+|\w+_get_type)$')

# An _async function without a _finish of its own name.
SHARED_FINISH = {'connect_full_async': 'connect_finish'}


def names_of(kind, namespace, name):
    return {element.get('name').replace('-', '_') for element in namespace.members(name, kind)}


# What stands beside each other in a class of another language. Constructors are not: each
# language has a way of its own to call them.
MEMBERS = ('method', 'property', 'signal', 'virtual-method', 'field')
# Words that a name can't be in JavaScript or Vala; keyword knows those of Python.
RESERVED = set('base case catch class const construct constructor default delegate delete do dynamic else enum export '
               'extends extern finally foreach function get if in inline instanceof interface internal lock namespace '
               'null out override owned params private protected prototype public ref set signal sizeof static '
               'super switch this throw throws typeof unlock unowned using value var virtual void volatile weak while '
               'with yield'.split())


def check_functions():
    exported = {line for line in SYMBOLS.read_text(encoding='utf-8').splitlines() if line.startswith('lwsg_')}
    expected = {symbol for symbol in exported if not HIDDEN.match(symbol)}
    found = set(LWSG.functions())
    assert found == expected, found ^ expected


def check_names():
    """These and no others: nothing of the classic API, of the layers below, of what is private."""
    classes = {f'{name}Class' for name in OBJECTS}
    expected = {*OBJECTS, *classes, *ENUMERATIONS, *OTHERS}
    assert LWSG.names() == expected, LWSG.names() ^ expected


def check_objects():
    for name, (properties, signals) in OBJECTS.items():
        gtype = getattr(Lwsg, name).__gtype__
        found = {spec.name + ('=' if spec.flags & GObject.ParamFlags.WRITABLE else '')
                 for spec in getattr(Lwsg, name).list_properties()}
        assert found == set(properties.split()), found ^ set(properties.split())
        assert set(GObject.signal_list_names(gtype)) == set(signals.split()), name
        assert gtype.parent == GObject.TYPE_OBJECT and not gtype.children
        # What is introspected knows what the type does.
        assert len(LWSG.members(name, 'property')) == len(properties.split())
        assert len(LWSG.members(name, 'signal')) == len(signals.split())


def check_names_do_not_clash():
    """In JavaScript and Python a method hides a property of its name; in Vala a call of a method may emit a signal."""
    above = gir.Namespace(FOLDER / 'GObject-2.0.gir')
    inherited = {kind: names_of(kind, above, 'Object') for kind in MEMBERS}
    for name in OBJECTS:
        taken = {}
        for kind in MEMBERS:
            for member in names_of(kind, LWSG, name):
                assert member not in taken, f'{name}.{member} is a {kind} and a {taken[member]}'
                assert not keyword.iskeyword(member) and member not in RESERVED, f'{name}.{member}'
                # What every object has; only a virtual function may be there to be overridden.
                assert not any(member in names for names in inherited.values()), f'{name}.{member}'
                taken[member] = kind


def check_types_do_not_clash():
    """A Vala program may say "using Lwsg;": it sees our names beside those of GLib."""
    ours = LWSG.names_of_types() - {f'{name}Class' for name in OBJECTS}
    known = set().union(*(gir.Namespace(FOLDER / f'{namespace}-2.0.gir').names()
                          for namespace in ('GLib', 'GObject', 'Gio')))
    # The one that Vala gets under another name, by Lwsg-1.0.metadata.
    assert ours & known == {'Error'}, ours & known


def check_enumerations():
    for name, expected in ENUMERATIONS.items():
        found = LWSG.values(name)
        assert found == expected, f'{name}: {found}'
        domain = LWSG.error_domain(name)
        assert domain == {'Error': 'lwsg-error-quark', 'HttpError': 'lwsg-http-error-quark'}.get(name)
        for nick, number in expected.items():
            assert int(getattr(getattr(Lwsg, name), nick.upper().replace('-', '_'))) == number


def check_async():
    found = LWSG.functions()
    begins = [symbol for symbol in found if symbol.endswith('_async')]
    assert len(begins) == 6, begins
    for symbol in begins:
        name = found[symbol].name
        finish = symbol[:-len(name)] + SHARED_FINISH.get(name, name.replace('_async', '_finish'))
        assert finish in found, finish
        assert not found[symbol].throws and found[finish].throws
        cancellable, callback = found[symbol].arguments[-3:-1]
        assert cancellable.name == 'cancellable' and cancellable.nullable
        assert callback.scope == 'async'


def check_nullable():
    found = LWSG.functions()
    for symbol in ('lwsg_connection_get_protocol', 'lwsg_connection_get_subprotocol', 'lwsg_connection_get_target',
                   'lwsg_connection_get_remote_address', 'lwsg_connection_get_close_reason', 'lwsg_message_get_text',
                   'lwsg_protocol_get_name', 'lwsg_protocol_get_context', 'lwsg_context_lookup_protocol',
                   'lwsg_connection_get_tls_peer_certificate', 'lwsg_connection_get_tls_ciphersuite_name',
                   'lwsg_context_get_tls_certificate', 'lwsg_context_get_tls_database',
                   'lwsg_context_get_tls_interaction', 'lwsg_context_get_proxy_resolver',
                   'lwsg_context_get_allowed_origins', 'lwsg_request_get_query', 'lwsg_request_get_header',
                   'lwsg_request_get_remote_address', 'lwsg_request_get_tls_peer_certificate'):
        assert found[symbol].result_nullable, symbol
    for symbol in ('lwsg_context_new', 'lwsg_request_get_method', 'lwsg_request_get_path', 'lwsg_message_get_bytes',
                   'lwsg_context_add_protocol', 'lwsg_context_connect_finish', 'lwsg_connection_receive_finish'):
        assert not found[symbol].result_nullable, symbol


def check_transfer():
    everything, nothing = 'full', 'none'
    found = LWSG.functions()
    for symbol, transfer in {
            'lwsg_context_new': everything, 'lwsg_context_connect_finish': everything,
            'lwsg_context_add_protocol': nothing, 'lwsg_context_lookup_protocol': nothing,
            'lwsg_connection_receive_finish': everything, 'lwsg_connection_get_socket': everything,
            'lwsg_context_get_tls_certificate': nothing, 'lwsg_connection_get_tls_peer_certificate': nothing,
            'lwsg_connection_get_remote_address': nothing, 'lwsg_message_get_bytes': nothing,
            'lwsg_message_get_text': nothing, 'lwsg_context_get_allowed_origins': nothing,
            'lwsg_request_get_tls_peer_certificate': nothing, 'lwsg_request_list_headers': everything,
            'lwsg_request_get_headers': everything}.items():
        assert found[symbol].transfer == transfer, symbol


CASES = (check_functions, check_names, check_objects, check_names_do_not_clash, check_types_do_not_clash,
         check_enumerations, check_async, check_nullable, check_transfer)

if __name__ == '__main__':
    sys.exit(tap.run((f'/introspection/api/{case.__name__.removeprefix("check_")}', case) for case in CASES))
