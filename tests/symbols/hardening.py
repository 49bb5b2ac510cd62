#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the built library is hardened against mistakes in memory.

    hardening.py LIBRARY ARCHIVE CPU-FAMILY      (NM and READELF name the tools)
"""

import os
import re
import subprocess
import sys

import tap

LIBRARY, ARCHIVE, CPU_FAMILY = sys.argv[1:4]


def output_of(tool, *arguments):
    return subprocess.run([os.environ[tool], *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def segment(name):
    """The line of a program header, None if there is none."""
    found = re.search(rf'^\s*{name}\s.*$', output_of('READELF', '-l', '-W', LIBRARY), re.MULTILINE)
    return found[0] if found else None


def check_relro():
    """With BIND_NOW, relro covers the table of functions, too."""
    assert segment('GNU_RELRO')
    assert 'BIND_NOW' in output_of('READELF', '-d', '-W', LIBRARY)


def check_stack():
    stack = segment('GNU_STACK')
    assert stack and 'E' not in stack.split()[-2], stack


def check_text_relocations():
    assert 'TEXTREL' not in output_of('READELF', '-d', '-W', LIBRARY)


def check_canary():
    assert '__stack_chk_fail' in output_of('NM', '-D', '--undefined-only', LIBRARY)


def check_branches():
    """In our objects: the library has the note only if the start-up code of the C library has it."""
    expected = {'x86_64': ('IBT', 'SHSTK'), 'aarch64': ('BTI', 'PAC')}.get(CPU_FAMILY)
    if not expected:
        raise tap.Skip(f'nothing is known of {CPU_FAMILY}')
    objects = output_of('READELF', '-n', '-W', ARCHIVE).split('\nFile: ')[1:]
    assert objects
    bare = [text.splitlines()[0] for text in objects if not all(mark in text for mark in expected)]
    assert not bare, bare


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/hardening/relro', check_relro),
        ('/hardening/stack', check_stack),
        ('/hardening/text-relocations', check_text_relocations),
        ('/hardening/canary', check_canary),
        ('/hardening/branches', check_branches),
    ]))
