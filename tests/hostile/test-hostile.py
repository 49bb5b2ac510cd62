# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile peers against whole processes: what becomes of them, and what memory that takes.

   test-hostile.py BUILD-FOLDER [--no-memory] [--only NAME] [--write FILE]
"""

import argparse
import concurrent.futures
import functools
import os
import sys
import tempfile

import answers
import bombs
import certificates
import crowds
import frames
import heads
import scene
import table
import tap
import target
import tls

GROUPS = (
    ('Compressed messages', bombs.CASES),
    ('Frames', frames.CASES),
    ('Requests', heads.CASES),
    ('Many connections', crowds.CASES),
    ('TLS', tls.CASES),
    ('Answers to a client', answers.CASES),
)
# Of cases that keep a processor busy.
AT_ONCE = 2

MARKS = '<!-- results -->\n', '<!-- end of results -->\n'


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--no-memory', action='store_true', help='memory tells nothing in this build')
    parser.add_argument('--only', help='cases whose path contains this')
    parser.add_argument('--write', metavar='FILE', help='put the table of results between the marks of this file')
    return parser.parse_args()


def make_files(folder):
    for name, size in (heads.SMALL_FILE, heads.LARGE_FILE):
        with open(os.path.join(folder, name), 'wb') as file:
            file.truncate(size)


def make_certificate(folder):
    try:
        return certificates.make(folder, 'server', ['localhost', scene.LOOPBACK])
    except FileNotFoundError:
        return None


def chosen(only):
    """Paths, cases and targets; those that wait come last."""
    found = [(f'/hostile/{case.name}/{name.replace(" ", "-")}', case, name)
             for _, cases in GROUPS for case in cases for name in case.targets]
    return sorted((entry for entry in found if only is None or only in entry[0]), key=lambda entry: entry[1].waits)


def write_table(path, results):
    with open(path, encoding='utf-8') as file:
        before, _, rest = file.read().partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(before + MARKS[0] + table.markdown(GROUPS, results) + '\n' + MARKS[1] + after)


def play(stage, entries, results):
    """Those that wait begin at once, beside one another and the rest."""
    def keep(case, name, future):
        try:
            results[case.name, name] = future.result()
        except Exception as why:
            results[case.name, name] = str(why)
            raise

    waiting = sum(case.waits for _, case, _ in entries)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool, \
            concurrent.futures.ThreadPoolExecutor(max(waiting, 1)) as waiting_pool:
        return tap.run([(path, functools.partial(keep, case, name, (waiting_pool if case.waits else pool).submit(
            stage.run, case, name))) for path, case, name in entries])


def main():
    options = parse()
    results = {}
    target.raise_descriptors()
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder)
        stage = scene.Stage(options.build, folder, make_certificate(folder), not options.no_memory)
        status = play(stage, chosen(options.only), results)
    if options.write:
        write_table(options.write, results)
    return status


if __name__ == '__main__':
    sys.exit(main())
