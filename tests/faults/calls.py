#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the table of test-faults.c has a row for all that the library calls.

    calls.py ARCHIVE TEST-FAULTS EXEMPT      (NM names the tool)
"""

import fnmatch
import os
import pathlib
import subprocess
import sys

import tap

ARCHIVE, TEST, EXEMPT = sys.argv[1:4]


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def symbols_of(archive, option):
    lines = output_of(os.environ['NM'], option, archive).splitlines()
    return {line.split()[-1].split('@')[0] for line in lines if len(line.split()) > 1}


def calls_of_library():
    return symbols_of(ARCHIVE, '--undefined-only') - symbols_of(ARCHIVE, '--defined-only')


def plain_name(symbol):
    """The call, whether its arguments were checked by the compiler or not."""
    return symbol.removeprefix('__').removesuffix('_chk') if symbol.endswith('_chk') else symbol


def calls_of_rows():
    """The rows show in the paths of the test: /faults/CALL/FAILURE, where CALL may have a "-variant"."""
    # GLib writes them as comments since 2.80: "# /faults/..."
    return {path.split('/')[2].split('-')[0] for path in output_of(TEST, '-l').split() if path.startswith('/faults/')}


def exemptions():
    lines = pathlib.Path(EXEMPT).read_text(encoding='utf-8').splitlines()
    pairs = [line.split(': ', 1) for line in lines if line and not line.startswith('#')]
    without = [pair[0] for pair in pairs if len(pair) != 2]
    assert not without, f'no reason given: {without}'
    return [pair[0] for pair in pairs]


def check_complete():
    rows = calls_of_rows()
    patterns = exemptions()
    missing = [call for call in sorted(calls_of_library())
               if plain_name(call) not in rows and not any(fnmatch.fnmatchcase(call, each) for each in patterns)]
    assert not missing, f'neither a row of test-faults.c nor a line of exempt.txt: {missing}'


def check_rows():
    """Nor does a row speak of what is not called any more."""
    calls = {plain_name(call) for call in calls_of_library()}
    unknown = calls_of_rows() - calls - {'none'}
    assert not unknown, unknown


def check_checked():
    """The linker leads the plain symbol to the test, and no other."""
    rows = calls_of_rows()
    wraps = symbols_of(TEST, '--defined-only')
    checked = [call for call in calls_of_library()
               if call.endswith('_chk') and plain_name(call) in rows and f'__wrap_{call}' not in wraps]
    assert not checked, f'wraps.c does not stand in for these: {checked}'


sys.exit(tap.run([
    ('/faults/calls/complete', check_complete),
    ('/faults/calls/rows', check_rows),
    ('/faults/calls/checked', check_checked),
]))
