# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The limits that the sources name."""

import re

SOURCES = ('engine/base/limits-private.h', 'engine/server/listener.c', 'wire/http-head-private.h', 'object/lwsg-context-private.h',
           'object/lwsg-connection-look.c', 'object/lwsg-connection-receive.c', 'object/lwsg-store.c')


def read(root):
    """Names and values: numbers, and products of numbers."""
    found = {}
    for source in SOURCES:
        text = (root / 'lws-glib' / source).read_text(encoding='utf-8')
        for name, value in re.findall(r'^#define (\w+) \(?([\d *]+?)\)?(?: +/\*.*)?$', text, re.M):
            product = 1
            for factor in value.split('*'):
                product *= int(factor)
            found[name] = product
    return found
