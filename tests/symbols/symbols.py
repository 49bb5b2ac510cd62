#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the built library exports.

    symbols.py LIBRARY LIST      (NM and READELF name the tools)
"""

import os
import pathlib
import re
import subprocess
import sys

import tap

LIBRARY, LIST = map(pathlib.Path, sys.argv[1:3])
SONAME = 'liblws-glib-1.0.so.0'


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def exported_by(library):
    lines = output_of(os.environ['NM'], '-D', '--defined-only', library).splitlines()
    return {line.split()[-1].split('@')[0] for line in lines}


def check_list():
    expected = [line for line in LIST.read_text(encoding='utf-8').splitlines() if not line.startswith('#')]
    assert expected == sorted(expected), 'the list is not sorted'
    exported = exported_by(LIBRARY)
    for symbol in sorted(exported - set(expected)):
        tap.comment(f'exported, but not in the list: {symbol}')
    for symbol in sorted(set(expected) - exported):
        tap.comment(f'in the list, but not exported: {symbol}')
    assert exported == set(expected)


def check_prefix():
    """lws_... belongs to today's libwebsockets."""
    foreign = [symbol for symbol in exported_by(LIBRARY) if not re.match(r'(libwebsockets?|lwsg)_', symbol)]
    assert not foreign, foreign


def check_other_library():
    """Both libraries may be loaded into one process."""
    cache = output_of('/sbin/ldconfig', '-p')
    found = re.search(r'libwebsockets\.so\.\S+ .*=> (\S+)', cache)
    if not found:
        raise tap.Skip("the system's libwebsockets is not installed")
    tap.comment(found[1])
    theirs = exported_by(found[1])
    assert 'lws_create_context' in theirs
    assert not exported_by(LIBRARY) & theirs


def check_soname():
    dynamic = output_of(os.environ['READELF'], '-d', '-W', LIBRARY)
    assert f'[{SONAME}]' in dynamic, dynamic


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/symbols/list', check_list),
        ('/symbols/prefix', check_prefix),
        ('/symbols/libwebsockets', check_other_library),
        ('/symbols/soname', check_soname),
    ]))
