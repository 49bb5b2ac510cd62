# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The results as tables of Markdown."""

from scene import ALL

HEAD = ('What is tried', *(f'{name} {"" if " " in name else "server"}'.strip() for name in ALL),
        'longest wait of the honest client')

KIB = 1024


def _mebibytes(kib):
    return f'{kib / KIB:.1f}'


def _cell(case, name, result):
    if name not in case.targets:
        return ''
    if not hasattr(result, 'outcome'):
        return str(result or '')
    after = f' after {result.seconds:.0f} s' if case.waits else ''
    return f'{result.outcome}{after}, {_mebibytes(result.memory)} of {_mebibytes(case.of("memory", name))}'


def _row(case, results):
    cells = [_cell(case, name, results.get((case.name, name))) for name in ALL]
    waits = [result.wait for (of, _), result in results.items()
             if of == case.name and getattr(result, 'wait', None) is not None]
    return [case.title, *cells, f'{max(waits):.0f} ms' if waits else '']


def _line(cells):
    return f'| {" | ".join(cells)} |'


def markdown(groups, results):
    """@groups: titles and their cases; @results by the names of case and target."""
    lines = []
    for title, cases in groups:
        lines += ['', f'### {title}', '', _line(HEAD), _line(['---'] * len(HEAD))]
        lines += [_line(_row(case, results)) for case in cases]
    return '\n'.join(lines) + '\n'
