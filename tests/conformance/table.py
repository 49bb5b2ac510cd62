#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares a table of clauses with the tests that are registered.

    table.py TABLE PREFIX TEST...

TABLE is a file of Markdown with rows "| section | clause | role | shown by |". What stands
in backquotes in the last column are tests, or groups of them, without PREFIX and without
the API and role at their end. A row without any says why there is none.
"""

import re
import subprocess
import sys

import tap

ROLES = {'server': ['server'], 'client': ['client'], 'both': ['server', 'client'], 'neither': []}
APIS = ['classic', 'object']


def read_rows(path):
    """(section, clause, role, last column) of each row."""
    with open(path, encoding='utf-8') as file:
        lines = [line.strip() for line in file]
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines if line.startswith('|')]
    return [row for row in rows if row[0] != 'Section' and not set(row[0]) <= set('-:')]


def read_tests(programs, prefix):
    """Names without prefix -> set of "api-role"."""
    tests = {}
    for program in programs:
        listed = subprocess.run([program, '-l'], check=True, capture_output=True, text=True).stdout
        # GLib writes them as comments since 2.80.
        for path in re.findall(rf'^(?:# )?{re.escape(prefix)}/(\S+)$', listed, re.MULTILINE):
            name, end = re.fullmatch(r'(.+?)/((?:classic|object)-(?:server|client))(?:/bytewise)?', path).groups()
            tests.setdefault(name, set()).add(end)
    return tests


def covers(group, name):
    return name == group or name.startswith(group + '/')


def check_row(row, tests):
    assert len(row) == 4, f'a row of {len(row)} columns: {row}'
    section, clause, role, shown_by = row
    assert role in ROLES, f'{section}: the role is "{role}"'
    groups = re.findall('`([^`]+)`', shown_by)
    assert groups or len(shown_by) > 10, f'{section} {clause}: no test and no reason'
    assert groups or role == 'neither', f'{section} {clause}: no test, so the role is "neither"'
    for group in groups:
        found = set().union(*(ends for name, ends in tests.items() if covers(group, name)))
        assert found, f'{section} {clause}: there is no test {group}'
    found = set().union(*(ends for name, ends in tests.items() if any(covers(group, name) for group in groups)))
    for end in (f'{api}-{one}' for api in APIS for one in ROLES[role]):
        assert end in found, f'{section} {clause}: no test of {end}'


def main(table, prefix, *programs):
    rows = read_rows(table)
    tests = read_tests(programs, prefix)

    def every_row():
        assert len(rows) > 10, f'the table has {len(rows)} rows'
        for row in rows:
            check_row(row, tests)
        tap.comment(f'{len(rows)} clauses, {sum("`" in row[3] for row in rows)} with tests')

    def every_test():
        groups = {group for row in rows for group in re.findall('`([^`]+)`', row[3])}
        missing = [name for name in tests if not any(covers(group, name) for group in groups)]
        assert not missing, f'no clause names these tests: {missing}'

    return tap.run([('every clause of the table has its tests', every_row),
                    ('every test stands in the table', every_test)])


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
