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
# Functions that take a text for people.
CALL = re.compile(r'\b(?:g_set_error|g_set_error_literal|g_error_new|g_error_new_literal|g_prefix_error|g_message|'
                  r'wire_refusal_set|wire_violation_set|\w+_abort|\w+_fail|\w+_refuse|\w+_failure) \(')


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


def arguments_of(text, start):
    """Those of a call whose opening parenthesis stands before @start."""
    depth, begin, i, arguments = 1, start, start, []
    while depth:
        if text[i] == '"':
            i += len(re.match(r'"(?:[^"\\]|\\.)*', text[i:])[0])
        depth += {'(': 1, ')': -1}.get(text[i], 0)
        if depth == 0 or (text[i] == ',' and depth == 1):
            arguments.append(text[begin:i].strip())
            begin = i + 1
        i += 1
    return arguments


def check_marked():
    """What becomes an error, or tells a person something, can be translated."""
    unmarked = []
    for path in sorted((ROOT / 'lws-glib').rglob('*.c')):
        text = path.read_text(encoding='utf-8')
        for call in CALL.finditer(text):
            for argument in arguments_of(text, call.end()):
                # Marked texts, then what has no words in it and names of functions, are taken out.
                left = re.sub(r'(?<![A-Za-z0-9_])N?_ ?\((?:\s*"(?:[^"\\]|\\.)*")+\)', '', argument)
                words = re.sub(r'%[-.*0-9l]*[a-z]|\w+_\w+', '', ' '.join(re.findall(r'"((?:[^"\\]|\\.)*)"', left)))
                if re.search(r'[A-Za-z]{3}', words):
                    unmarked.append(f'{path.relative_to(ROOT)}: {argument}')
    assert not unmarked, unmarked


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/po/potfiles/complete', check_complete),
        ('/po/potfiles/sorted', check_sorted),
        ('/po/literals', check_literals),
        ('/po/marked', check_marked),
    ]))
