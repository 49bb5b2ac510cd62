#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Can the texts be translated, and is each source that has some in po/POTFILES.in?

    potfiles.py SOURCE-ROOT
"""

import pathlib
import re
import sys

import tap

ROOT = pathlib.Path(sys.argv[1])
TEXT = re.compile(r'(?<![A-Za-z0-9_])(?:_|N_|C_|NC_|g_dgettext|g_dngettext) ?\(')


def listed():
    lines = (ROOT / 'po' / 'POTFILES.in').read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def check_complete():
    sources = (path for folder in ('include', 'lws-glib') for path in (ROOT / folder).rglob('*.[ch]'))
    with_texts = {str(path.relative_to(ROOT)) for path in sources if TEXT.search(path.read_text(encoding='utf-8'))}
    assert with_texts, 'no source has a text to translate'
    assert with_texts == set(listed()), sorted(with_texts ^ set(listed()))


def check_sorted():
    assert listed() == sorted(set(listed()))


def check_literals():
    """A macro inside of a text (G_GSIZE_FORMAT) is unknown to xgettext, which stops there."""
    broken = re.compile(r'(?<![A-Za-z0-9_])N?_ ?\(\s*"(?:[^"\\]|\\.)*"\s*(?:"(?:[^"\\]|\\.)*"\s*)*[A-Z]')
    for source in listed():
        found = broken.search((ROOT / source).read_text(encoding='utf-8'))
        assert not found, f'{source}: {found[0]}'


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/po/potfiles/complete', check_complete),
        ('/po/potfiles/sorted', check_sorted),
        ('/po/literals', check_literals),
    ]))
