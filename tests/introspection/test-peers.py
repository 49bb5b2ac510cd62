# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our ends in JavaScript and Python, with other libraries at the other end.

   test-peers.py FOLDER-OF-THE-PEERS COMMAND-OF-OUR-END...
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import certificates
import tap

PEERS, *OUR_END = sys.argv[1:]
LIMIT = 60  # seconds, for one conversation
MISSING = 77  # the status of a peer whose library is not installed

LIBRARIES = {
    'python3-websockets': ([sys.executable], 'peer.py'),
    'node-ws': (['node'], 'peer.js'),
}
BOTH_ROLES = ('text', 'binary', 'fragments', 'random', 'deflate', 'pings', 'command-pings', 'command-splits', 'closes',
              'command-closes', 'losses', 'crowd', 'subprotocols')

# Over TLS, those in which it could make a difference.
SECURE = ('text', 'fragments', 'random', 'command-pings', 'command-closes', 'losses', 'crowd')

# The path, and what our client says of it.
REFUSALS = {
    '/302': 'lwsg-http-error-quark 302 ',
    '/401': 'lwsg-http-error-quark 401 ',
    '/unasked-subprotocol': 'lwsg-error-quark 5 ',
}


@contextlib.contextmanager
def running(command):
    """A process that gets an end of its input when it is no longer needed."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def peer(library, *parameters):
    interpreter, script = LIBRARIES[library]
    if not shutil.which(interpreter[0]):
        raise tap.Skip(f'there is no {interpreter[0]}')
    return running([*interpreter, os.path.join(PEERS, script), *parameters])


def finish(process):
    """Its last output, after it has ended well."""
    output, _ = process.communicate(timeout=LIMIT)
    if process.returncode == MISSING:
        raise tap.Skip('the library is not installed')
    assert process.returncode == 0, f'{process.args}: status {process.returncode}'
    return output


def check_server(library, conversation, identity=()):
    with running([*OUR_END, 'server', *identity]) as server:
        port = server.stdout.readline().strip()
        with peer(library, 'client', conversation, port, *identity) as client:
            finish(client)
        finish(server)


def check_client(library, conversation, path='/', expected='', identity=()):
    with peer(library, 'server', conversation, *identity) as server:
        plan = server.stdout.readline().split()
        if not plan:
            finish(server)
        with running([*OUR_END, 'client', *plan, path, *identity]) as client:
            output = finish(client)
        assert output.startswith(expected) and bool(output) == bool(expected), output
        finish(server)


def by_tls(check, library, conversation):
    """With files for the server that are its own authority."""
    if not shutil.which('openssl'):
        raise tap.Skip('openssl is not installed')
    with tempfile.TemporaryDirectory(prefix='lws-glib-peers-') as directory:
        check(library, conversation, identity=certificates.make(directory, 'machine', ['127.0.0.1']))


def cases():
    for library in LIBRARIES:
        for conversation in (*BOTH_ROLES, 'fan', 'refused-subprotocol'):
            yield (f'/introspection/peers/server/{library}/{conversation}',
                   lambda library=library, conversation=conversation: check_server(library, conversation))
        for conversation in BOTH_ROLES:
            yield (f'/introspection/peers/client/{library}/{conversation}',
                   lambda library=library, conversation=conversation: check_client(library, conversation))
        for role, check in ('server', check_server), ('client', check_client):
            for conversation in SECURE:
                yield (f'/introspection/peers/{role}/wss/{library}/{conversation}',
                       lambda check=check, library=library, conversation=conversation:
                       by_tls(check, library, conversation))
        for path, expected in REFUSALS.items():
            yield (f'/introspection/peers/client/{library}/refusal{path}',
                   lambda library=library, path=path, expected=expected:
                   check_client(library, 'refusal', path, expected))


if __name__ == '__main__':
    sys.exit(tap.run(cases()))
