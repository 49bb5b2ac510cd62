# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The limits that SECURITY.md and the manual tell are those of the sources.

   limits.py ROOT-OF-THE-SOURCES
"""

import pathlib
import re
import sys

import constants
import tap

ROOT = pathlib.Path(sys.argv[1])
SECONDS, KIB, MIB, GIB, PLAIN = '{} s', '{} KiB', '{} MiB', '{} GiB', '{}'

# Constant, how it is written, and what its rows begin with in SECURITY.md and limits.xml.
TOLD = (
    ('ENGINE_CONNECT_TICKS', SECONDS, "a client's connection", "a client's connection"),
    ('ENGINE_HANDSHAKE_TICKS', SECONDS, 'the opening handshake', 'the opening handshake'),
    ('ENGINE_INTERIM_ANSWERS', PLAIN, 'interim answers', 'interim answers'),
    ('WIRE_HEAD_MAX_SIZE', KIB, 'the head of a request', 'the head of an HTTP request'),
    ('WIRE_HEAD_MAX_HEADERS', '{} headers', 'the head of a request', 'the head of an HTTP request'),
    ('ENGINE_KEEP_ALIVE_TICKS', SECONDS, 'the next request', 'the next request'),
    ('ENGINE_RESPONSE_TICKS', SECONDS, 'progress of a reply', 'any progress of an HTTP reply'),
    ('ENGINE_ANSWER_TICKS', SECONDS, 'an answer that', 'an answer that'),
    ('ENGINE_PING_TICKS', SECONDS, 'silence before a Ping', 'silence on an open WebSocket'),
    ('ENGINE_PONG_TICKS', SECONDS, 'a sign of life', 'any sign of life'),
    ('ENGINE_FRAME_TICKS', '{} s, at most twice', 'the header of a frame', 'the header of a frame'),
    ('ENGINE_CLOSE_TICKS', SECONDS, 'the answer to a Close', 'the answer to a Close'),
    ('ENGINE_DRAIN_TICKS', SECONDS, 'output before a Close', 'the same, where the peer'),
    ('ENGINE_DEFLATE_IDLE_TICKS', SECONDS, 'memory for compression', None),
    ('ENGINE_DEFLATE_FRAGMENT_MAX', GIB, None, 'a fragment that is sent compressed'),
    ('ENGINE_LINGER_TICKS', SECONDS, 'bytes after the end', None),
    ('ENGINE_CONNECTIONS', PLAIN, 'connections of a server', 'connections of a server'),
    ('ENGINE_CONNECTIONS_PER_PEER', PLAIN, 'connections from one', 'connections from one'),
    ('ENGINE_HANDSHAKES', PLAIN, 'handshakes under way, in all', 'opening handshakes under way, in all'),
    ('ENGINE_HANDSHAKES_PER_PEER', PLAIN, 'handshakes under way from', 'opening handshakes under way from'),
    ('ENGINE_SILENT_TICKS', SECONDS, 'a first word', 'a first word'),
    ('ENGINE_SPEAKING_TICKS', SECONDS, 'a whole request', 'a whole request'),
    ('LISTENER_ACCEPTS', PLAIN, 'new connections in a turn', None),
    ('LWSG_CONTEXT_MAX_MESSAGE_SIZE', MIB, 'a message, object API', 'a message that is received, in the object API'),
    ('STORE_KEPT_MAX', MIB, None, 'memory of large messages'),
    ('RECEIVE_HELD_MAX', KIB, 'messages nobody', 'messages that nobody'),
    ('LOOK_STALL_SECONDS', SECONDS, None, 'a program that takes no messages'),
    ('ENGINE_OUTPUT_LIMIT', MIB, 'output that waits', 'output that waits for a slow reader, in the object API'),
    ('ENGINE_WHOLE_FRAME', '{} bytes', None, 'a piece, in the classic API'),
    ('ENGINE_BROADCAST_MAX', MIB, 'a broadcast', 'a broadcast of the classic API'),
    ('ENGINE_BROADCAST_WAIT_SECONDS', SECONDS, None, 'a service process that does not keep up'),
    ('ENGINE_ITERATION_FRAMES', '{} frames', 'a turn of the loop', None),
    ('ENGINE_ITERATION_MICROSECONDS', '{} ms', 'a turn of the loop', None),
)
# What nobody outside can make more of: how we compress, and tables.
NO_LIMITS = {'ENGINE_LIMITS_DEFAULT', 'ENGINE_DEFLATE_DEFAULT', 'ENGINE_DEFLATE_LEVEL', 'ENGINE_DEFLATE_MEMORY_LEVEL',
             'ENGINE_DEFLATE_THRESHOLD', 'ENGINE_DEFLATE_WINDOW_BITS'}
UNITS = {KIB: 1024, MIB: 1024 * 1024, GIB: 1024 * 1024 * 1024, '{} ms': 1000}


def rows_of_markdown():
    text = (ROOT / 'SECURITY.md').read_text(encoding='utf-8')
    return re.findall(r'^\| (.+?) \| (.+?) \|$', text, re.M)


def rows_of_manual():
    text = (ROOT / 'doc/limits.xml').read_text(encoding='utf-8')
    rows = re.findall(r'<row>\s*<entry>(.*?)</entry>\s*<entry>(.*?)</entry>', text, re.S)
    return [(' '.join(what.split()), ' '.join(limit.split())) for what, limit in rows]


def check(rows, column):
    values = constants.read(ROOT)
    told = [(entry[0], entry[1], entry[column]) for entry in TOLD if entry[column] is not None]
    for name, form, start in told:
        limits = [limit for what, limit in rows if what.startswith(start)]
        expected = form.format(values[name] // UNITS.get(form, 1))
        assert len(limits) == 1, f'{len(limits)} rows that begin with "{start}"'
        assert re.search(rf'(?<!\d){re.escape(expected)}(?!\w)', limits[0]), f'{name}: {expected}, not {limits[0]}'


def check_all_are_told():
    """A new limit of the engine is to be told, too."""
    header = (ROOT / 'lws-glib/engine/base/limits-private.h').read_text(encoding='utf-8')
    defined = set(re.findall(r'^#define (ENGINE_\w+) ', header, re.M)) - NO_LIMITS
    assert defined <= {entry[0] for entry in TOLD}, defined - {entry[0] for entry in TOLD}


CASES = (('security', lambda: check(rows_of_markdown(), 2)), ('manual', lambda: check(rows_of_manual(), 3)),
         ('all-are-told', check_all_are_told))

if __name__ == '__main__':
    sys.exit(tap.run((f'/limits/{name}', case) for name, case in CASES))
