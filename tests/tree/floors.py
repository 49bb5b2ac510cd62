#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does each file of the engine include from its own floor and those below it, and from no other?

    floors.py SOURCE-ROOT
"""

import pathlib
import re
import sys

import tap

SOURCES = pathlib.Path(sys.argv[1]) / 'lws-glib'
INCLUDE = re.compile(r'^#include "((?:wire|engine|classic|object)/[^"]+)"', re.M)

# From the ground up; what stands in one line does not know each other.
FLOORS = [
    {'wire'},
    {'engine/base'},
    {'engine/output'},
    {'engine/connection'},
    {'engine/tls', 'engine/broadcast'},
    {'engine/websocket'},
    {'engine/http'},
    {'engine/server', 'engine/client'},
    {'engine'},
    {'classic', 'object'},
]

# What still points upwards: the context shows its parts, and TLS the dial.
UPWARDS = {
    ('engine/connection/context-private.h', 'engine/broadcast/mailbox-private.h'),
    ('engine/connection/context-private.h', 'engine/broadcast/process-channel-private.h'),
    ('engine/connection/context-private.h', 'engine/server/listener-private.h'),
    ('engine/connection/context-private.h', 'engine/tls/tls-settings-private.h'),
    ('engine/connection/context-private.h', 'engine/websocket/deflate-private.h'),
    ('engine/output/block-private.h', 'engine/connection/memory-private.h'),
    ('engine/output/block.c', 'engine/connection/memory-private.h'),
    ('engine/output/output-queue.c', 'engine/connection/memory-private.h'),
    ('engine/tls/tls-transport-private.h', 'engine/client/connector-private.h'),
}


def includes():
    for path in sorted(SOURCES.rglob('*.[ch]')):
        name = str(path.relative_to(SOURCES))
        for included in INCLUDE.findall(path.read_text(encoding='utf-8')):
            yield name, included


def floor_of(name):
    folder = name.rpartition('/')[0]
    floors = [height for height, folders in enumerate(FLOORS) if folder in folders]
    assert floors, f'{name} stands on no floor'
    return folder, floors[0]


def goes_up(name, included):
    folder, height = floor_of(name)
    other, above = floor_of(included)
    return above > height or (above == height and other != folder)


def check_floors():
    engine = [pair for pair in includes() if pair[0].startswith(('wire/', 'engine/'))]
    assert len(engine) > 100, 'the includes were not found'
    found = {pair for pair in engine if goes_up(*pair)}
    new = sorted(found - UPWARDS)
    assert not new, 'includes upwards: ' + ', '.join(f'{name} -> {included}' for name, included in new)
    gone = sorted(UPWARDS - found)
    assert not gone, f'these point upwards no more, and need not be listed: {gone}'


def check_exists():
    missing = sorted(included for _, included in includes() if not (SOURCES / included).exists())
    assert not missing, missing


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/floors/includes', check_floors),
        ('/floors/files', check_exists),
    ]))
