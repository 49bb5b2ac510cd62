# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results as tables, in Markdown and in DocBook."""

import math
import textwrap
from xml.sax.saxutils import escape

import machine
import servers
import workloads

NOTHING = '–'
WIDTH = 120


def number(value, digits):
    """With so many significant digits."""
    if value is None:
        return NOTHING
    if value <= 0:
        return '0'
    decimals = max(0, digits - 1 - math.floor(math.log10(value)))
    return f'{value:,.{decimals}f}'


def workloads_of(results, group):
    return [workload for workload in workloads.WORKLOADS if workload.group == group and workload.name in results.cells]


def columns_of(results, some):
    """The servers that any of the workloads has a result of."""
    return [server for server in servers.SERVERS
            if any(cell.values for workload in some
                   for name, cell in results.cells[workload.name].items() if name == server.name)]


def rows_of(results, some, columns):
    """A title and a text for each column."""
    for workload in some:
        for line in workload.lines:
            yield (f'{line.title} ({line.unit.name})',
                   [number(results.value(workload, server, line), line.unit.digits) for server in columns])


def notes_of(results, some):
    """Why cells are empty, each reason once, and what else is to be known."""
    reasons = {}
    for workload in some:
        for name, cell in results.cells[workload.name].items():
            if cell.word:
                reasons.setdefault((servers.by_name(name).title, cell.word), []).append(workload.name)
    remarks = {workloads.REMARKS[workload.group] for workload in some if workload.group in workloads.REMARKS}
    return [*sorted(remarks),
            *(f"{title}: {word} ({', '.join(names)})" for (title, word), names in reasons.items()),
            *(f'{results.notes[workload.name]} ({workload.name})'
              for workload in some if workload.name in results.notes)]


def _markdown(results, some):
    columns = columns_of(results, some)
    if not columns:
        return []
    titles = [f'**{server.title}**' if server.name in servers.OURS else server.title for server in columns]
    lines = [f"| | {' | '.join(titles)} |", f"|---|{'--:|' * len(columns)}"]
    lines += [f"| {title} | {' | '.join(texts)} |" for title, texts in rows_of(results, some, columns)]
    return [*lines, '']


def _introduction(results):
    how = f'Medians of {results.rounds} runs' if results.rounds > 1 else 'A single run'
    return (f'{how} of {results.seconds:g} s for each number. '
            f'{machine.sentence(results.machine)}. Less is better, if not said otherwise.')


def markdown(results, charts):
    """The whole report; charts are file names by group."""
    lines = ['# Benchmarks', '', *textwrap.wrap(_introduction(results), WIDTH), '']
    for group, title in workloads.GROUPS.items():
        some = workloads_of(results, group)
        if not some:
            continue
        lines += [f'## {title}', '']
        if group in charts:
            lines += [f'![{title}]({charts[group]})', '']
        lines += _markdown(results, some)
        lines += [f'- {note}' for note in notes_of(results, some)] + ['']
    packages = ', '.join(f'{name} {version}' for name, version in results.machine['packages'].items())
    return '\n'.join([*lines, f'Packages: {packages}.', '']).replace('\n\n\n', '\n\n')


def headline(results):
    """The lines for the README."""
    some = [workload for workload in workloads.WORKLOADS if workload.headline and workload.name in results.cells]
    return '\n'.join([*textwrap.wrap(_introduction(results), WIDTH), '', *_markdown(results, some)])


def _docbook_table(results, some):
    columns = columns_of(results, some)
    head = ''.join(f'<entry>{escape(server.title)}</entry>' for server in columns)
    lines = ['<informaltable>', f'<tgroup cols="{len(columns) + 1}">',
             f'<thead><row><entry></entry>{head}</row></thead>', '<tbody>']
    for title, texts in rows_of(results, some, columns):
        entries = ''.join(f'<entry>{escape(text)}</entry>' for text in texts)
        lines.append(f'<row><entry>{escape(title)}</entry>{entries}</row>')
    return [*lines, '</tbody>', '</tgroup>', '</informaltable>']


DOCBOOK_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- lws-glib: WebSockets for the GLib main loop
     SPDX-License-Identifier: LGPL-2.1-or-later
     Written by tests/bench/run.sh. -->
<!DOCTYPE refentry PUBLIC "-//OASIS//DTD DocBook XML V4.3//EN"
                          "http://www.oasis-open.org/docbook/xml/4.3/docbookx.dtd">
<refentry id="performance-results">
<refmeta>
<refentrytitle>Benchmarks</refentrytitle>
<manvolnum>3</manvolnum>
<refmiscinfo>lws-glib</refmiscinfo>
</refmeta>
<refnamediv>
<refname>Benchmarks</refname>
<refpurpose>this library beside others</refpurpose>
</refnamediv>
<refsect1 id="performance-results-machine">
<title>What was measured</title>"""


def _docbook_notes(results, some):
    items = [f'<listitem><para>{escape(note)}</para></listitem>' for note in notes_of(results, some)]
    return ['<itemizedlist>', *items, '</itemizedlist>'] if items else []


def _docbook_group(results, group, some, charts):
    title = escape(workloads.GROUPS[group])
    lines = [f'<refsect1 id="performance-results-{group}">', f'<title>{title}</title>']
    if group in charts:
        lines.append(f'<mediaobject><imageobject><imagedata fileref="{charts[group]}" format="SVG"/></imageobject>'
                     f'<textobject><phrase>{title}</phrase></textobject></mediaobject>')
    return [*lines, *_docbook_table(results, some), *_docbook_notes(results, some), '</refsect1>']


def docbook(results, charts):
    """A page of the manual."""
    lines = [DOCBOOK_HEAD, f'<para>{escape(_introduction(results))}</para>', '</refsect1>']
    for group in workloads.GROUPS:
        some = workloads_of(results, group)
        if columns_of(results, some):
            lines += _docbook_group(results, group, some, charts)
    return '\n'.join([*lines, '</refentry>', ''])
