#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the installed tests by gnome-desktop-testing-runner, and logs them for count-results.py.

    run-installed.py PREFIX LOG

PREFIX is where the project was installed. Ends with 1 if a program failed or was not run.
"""

import json
import pathlib
import re
import subprocess
import sys

PREFIX, LOG = map(pathlib.Path, sys.argv[1:3])
NAME = 'lws-glib-1.0'
DATA = PREFIX / 'share'
TIME_LIMIT = 600                # seconds for each program, on a slow machine


def main():
    described = sorted((DATA / 'installed-tests' / NAME).glob('*.test'))
    command = ['gnome-desktop-testing-runner', f'--dir={DATA}', f'--timeout={TIME_LIMIT}', NAME]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace') as runner:
        said = []
        for line in runner.stdout:
            print(line, end='', flush=True)
            said.append(line)
    output = ''.join(said)
    summary = re.search(r'SUMMARY.*: total=(\d+); passed=(\d+); skipped=(\d+); failed=(\d+)', output)
    # Those that are described, and no others.
    ran = summary is not None and int(summary[1]) == len(described) > 0
    good = ran and runner.returncode == 0
    LOG.write_text(json.dumps({'result': 'OK' if good else 'FAIL', 'stdout': output}) + '\n', encoding='utf-8')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
