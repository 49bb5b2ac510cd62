# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The samples of the manual, the README and the comments for the manual, as they stand there."""

import collections
import html
import re

# Where a sample begins is told by its file, as a path from the root of the sources, and its first line.
Sample = collections.namedtuple('Sample', 'path line language text')

FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LISTING = re.compile(r'<programlisting(?: language="(\w+)")?>(.*?)</programlisting>', re.DOTALL)
LITERAL = re.compile(r'^<!\[CDATA\[\n(.*)\]\]>$', re.DOTALL)
COMMENT = re.compile(r'\|\[(?:<!-- language="(\w+)" -->)?\n(.*?)^ \* \]\|', re.MULTILINE | re.DOTALL)


def of_text(path, text):
    if path.endswith('.md'):
        for found in FENCE.finditer(text):
            yield found.start(2), found[1], found[2]
    elif path.endswith('.xml'):
        for found in LISTING.finditer(text):
            literal = LITERAL.match(found[2])
            text = literal[1] if literal else html.unescape(found[2])
            yield found.start(2) + (literal.start(1) if literal else 0), found[1] or '', text
    else:
        for found in COMMENT.finditer(text):
            yield found.start(2), found[1] or '', re.sub(r'^ \* ?', '', found[2], flags=re.MULTILINE)


def all_of(root):
    paths = [root / 'README.md', root / 'CONTRIBUTING.md', root / 'SECURITY.md', *sorted((root / 'doc').glob('*.xml')),
             *sorted(path for folder in ('lws-glib', 'include') for path in (root / folder).rglob('*.[ch]'))]
    for path in paths:
        name, text = str(path.relative_to(root)), path.read_text(encoding='utf-8')
        for start, language, sample in of_text(name, text):
            yield Sample(name, text[:start].count('\n') + 1, language.lower(), sample)


def parts_of(sample):
    """A sample in C: what stands outside of functions, and the statements that a program has somewhere in one.
    Both keep their lines."""
    outside, statements = [], []
    part, ends = None, ''
    for line in sample.text.splitlines():
        if part is None:
            begins = re.match(r'#|(?:static|typedef|extern|int|void|gboolean|gpointer)\b', line)
            part = outside if begins and not re.match(r'int \w+ = ', line) else statements
            # One line, or up to a brace that stands where the beginning does.
            ends = '' if part is statements or line.startswith('#') or line.endswith(';') else '}'
        for other in (outside, statements):
            other.append(line if other is part else '')
        if not ends or line.startswith(ends):
            part = None
    return '\n'.join(outside), '\n'.join(statements)
