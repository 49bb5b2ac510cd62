# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases written in Python, reported as TAP."""

import sys
import traceback


class Skip(Exception):
    """Raised by a case that cannot run, with the reason."""


def comment(text):
    """Says something about the case that runs, on the stream that meson test shows for a failure."""
    print(text, file=sys.stderr, flush=True)


def run(cases):
    """Runs (name, function) pairs one after the other; the exit status for sys.exit()."""
    cases = list(cases)
    failed = 0
    print(f'1..{len(cases)}')
    for number, (name, function) in enumerate(cases, start=1):
        try:
            function()
            print(f'ok {number} {name}')
        except Skip as why:
            print(f'ok {number} {name} # SKIP {why}')
        except Exception:  # whatever it is, the next case shall still run
            failed += 1
            comment(f'{name}:\n{traceback.format_exc()}')
            print(f'not ok {number} {name}')
        sys.stdout.flush()
    return 1 if failed else 0
