# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results as charts: SVG, which a browser shows light or dark as its reader prefers."""

from xml.sax.saxutils import escape

import machine
import servers
import table
import workloads

WIDTH = 880
MARGIN = 24
GUTTER = 40
COLUMNS = 2
TOP = 64
TITLE_HEIGHT = 26
BAR = 15
STEP = 21
PANEL_GAP = 22
LABEL = 118
VALUE = 74          # room for the number behind the longest bar
BAR_LEAST = 1.5

STYLE = """
text { font-family: Cantarell, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #241f31; }
.page { fill: #ffffff; stroke: #deddda; }
.heading { font-size: 18px; font-weight: 700; }
.machine { font-size: 11.5px; fill: #5e5c64; }
.title { font-size: 13px; font-weight: 700; }
.label { font-size: 12px; text-anchor: end; fill: #5e5c64; }
.value { font-size: 12px; fill: #3d3846; }
.ours { font-weight: 700; fill: #241f31; }
.axis { stroke: #c0bfbc; }
.other { fill: #c0bfbc; }
.floor { fill: #9a9996; }
.classic { fill: #1c71d8; }
.object { fill: #2ec27e; }
@media (prefers-color-scheme: dark) {
  text { fill: #f6f5f4; }
  .page { fill: #1e1e1e; stroke: #3d3846; }
  .machine, .label { fill: #b5b3ba; }
  .value { fill: #deddda; }
  .ours { fill: #ffffff; }
  .axis { stroke: #5e5c64; }
  .other { fill: #5e5c64; }
  .floor { fill: #77767b; }
  .classic { fill: #62a0ea; }
  .object { fill: #57e389; }
}
"""


def _text(x, y, kind, words):
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def _color(server):
    return server.name if server.name in (*servers.OURS, servers.FLOOR) else 'other'


class Panel:
    """The bars of one line of a table."""

    def __init__(self, line, values):
        self.line = line
        self.values = values    # (server, value) pairs

    @property
    def height(self):
        return TITLE_HEIGHT + len(self.values) * STEP

    def draw(self, x, y, width):
        most = max(value for _, value in self.values) or 1
        room = width - LABEL - VALUE
        parts = [_text(x, y + 12, 'title', f'{self.line.title} ({self.line.unit.name})')]
        start = x + LABEL
        y += TITLE_HEIGHT
        for server, value in self.values:
            ours = ' ours' if server.name in servers.OURS else ''
            length = max(BAR_LEAST, room * value / most)
            parts += [_text(start - 8, y + 12, f'label{ours}', server.title),
                      f'<rect x="{start:g}" y="{y:g}" width="{length:.1f}" height="{BAR}" rx="2" '
                      f'class="{_color(server)}"/>',
                      _text(start + length + 6, y + 12, f'value{ours}', table.number(value, self.line.unit.digits))]
            y += STEP
        top = y - len(self.values) * STEP - 3
        parts.append(f'<line x1="{start:g}" y1="{top:g}" x2="{start:g}" y2="{y - 3:g}" class="axis"/>')
        return parts


def _panels(results, group):
    for workload in table.workloads_of(results, group):
        for line in workload.lines:
            values = [(server, results.value(workload, server, line)) for server in servers.SERVERS]
            values = [(server, value) for server, value in values if value is not None]
            if values:
                yield Panel(line, values)


def draw(results, group):
    """The chart of a group, or None when it has no results."""
    panels = list(_panels(results, group))
    if not panels:
        return None
    width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
    parts = [_text(MARGIN, 34, 'heading', workloads.GROUPS[group]),
             _text(MARGIN, 52, 'machine', machine.sentence(results.machine))]
    y = TOP + 12
    for first in range(0, len(panels), COLUMNS):
        row = panels[first:first + COLUMNS]
        for column, panel in enumerate(row):
            parts += panel.draw(MARGIN + column * (width + GUTTER), y, width)
        y += max(panel.height for panel in row) + PANEL_GAP
    height = y - PANEL_GAP + MARGIN
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}" '
        f'role="img" aria-label="{escape(workloads.GROUPS[group])}">',
        f'<style>{STYLE}</style>',
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:g}" rx="10" class="page"/>',
        *parts, '</svg>', ''])
