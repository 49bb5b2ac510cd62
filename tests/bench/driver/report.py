# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes what has been measured: numbers, tables and charts."""

import os
import pathlib
import re

import chart
import table
import workloads

NUMBERS = 'results.json'
MARKS = ('<!-- Written by tests/bench/run.sh --publish. -->', '<!-- Up to here. -->')


def _write(folder, name, text):
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        file.write(text)


def write(results, folder):
    os.makedirs(folder, exist_ok=True)
    results.save(os.path.join(folder, NUMBERS))
    charts = {}
    for group in workloads.GROUPS:
        name = f'performance-{group}.svg'
        drawing = chart.draw(results, group)
        if drawing:
            charts[group] = name
            _write(folder, name, drawing)
        else:
            pathlib.Path(folder, name).unlink(missing_ok=True)
    _write(folder, 'results.md', table.markdown(results, charts))
    _write(folder, 'performance-results.xml', table.docbook(results, charts))


def write_readme(results, path):
    """Puts the lines between the marks; everything else stays."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    start, end = (re.escape(mark) for mark in MARKS)
    section = f'{MARKS[0]}\n{table.headline(results)}{MARKS[1]}'
    text, count = re.subn(f'{start}.*?{end}', lambda _: section, text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f'{path}: the marks of the benchmarks are missing')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
