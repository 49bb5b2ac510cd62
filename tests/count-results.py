#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the test cases in what meson test logged (testlog*.json), over all files given,
and prints "N passed, N failed, N skipped". Exits with 1 if one failed or none passed."""

import json
import re
import sys

# What meson calls a program that did not end well. Its cases may all be "ok": it
# crashed before the next one, or a sanitizer complained at its end.
BAD_PROGRAM = {'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'}

CASE = re.compile(r'(?P<not>not )?ok\b(?:[^#]|#(?! ?(?:skip|todo)))*(?:# ?(?P<directive>skip|todo))?', re.IGNORECASE)
SKIPPED_PLAN = re.compile(r'1\.\.0\s+# ?skip', re.IGNORECASE)


def count_program(program):
    """The cases of one program: passed, failed, skipped."""
    passed = failed = skipped = 0
    for line in program.get('stdout', '').splitlines():
        case = CASE.match(line)
        directive = (case['directive'] or '').lower() if case else ''
        if not case:
            skipped += bool(SKIPPED_PLAN.match(line))
        elif directive:
            skipped += 1
        elif case['not']:
            failed += 1
        else:
            passed += 1

    if program['result'] in BAD_PROGRAM:
        failed = max(failed, 1)
    elif passed + failed + skipped == 0:
        # A test without TAP; or one with it that said nothing, which is "SKIP" to meson.
        passed, failed = (1, 0) if program['result'] == 'OK' else (0, 1)
    return passed, failed, skipped


def main(paths):
    totals = [0, 0, 0]
    for path in paths:
        try:
            with open(path, encoding='utf-8') as log:
                programs = [json.loads(line) for line in log]
        except FileNotFoundError as error:
            print(f'No tests were run: {error}', file=sys.stderr)
            totals[1] += 1
            continue
        for program in programs:
            totals = [total + n for total, n in zip(totals, count_program(program))]

    passed, failed, skipped = totals
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
