#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Are the translations complete, and do they fit the texts of the sources?

    catalogues.py SOURCE-ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import tap

ROOT = pathlib.Path(sys.argv[1])
PO = ROOT / 'po'


def entries_of(name):
    lines = (PO / name).read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def output_of(*command):
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f'{command[0]}: {done.stdout}'
    return done.stdout


def check_linguas():
    assert entries_of('LINGUAS') == sorted(path.stem for path in PO.glob('*.po'))


def check_catalogue(language):
    """Merged with the texts of today, it has none that is missing, uncertain or left over."""
    for tool in ('xgettext', 'msgmerge', 'msgattrib', 'msgfmt'):
        if not shutil.which(tool):
            raise tap.Skip(f'{tool} is not installed')
    with tempfile.TemporaryDirectory(prefix='lws-glib-po-') as directory:
        template = f'{directory}/template.pot'
        merged = f'{directory}/merged.po'
        output_of('xgettext', '--from-code=UTF-8', '--keyword=_', '--keyword=N_', '--output', template,
                  *entries_of('POTFILES.in'))
        output_of('msgmerge', '--quiet', '--no-fuzzy-matching', '--output-file', merged, PO / f'{language}.po',
                  template)
        output_of('msgfmt', '--check', '--output-file=/dev/null', merged)
        for kind in ('untranslated', 'only-fuzzy', 'only-obsolete'):
            found = output_of('msgattrib', f'--{kind}', '--no-wrap', merged).splitlines()
            texts = [line for line in found if line.lstrip('#~ ').startswith('msgid "') and 'msgid ""' not in line]
            assert not texts, f'po/{language}.po, {kind}: {texts}'


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/po/linguas', check_linguas),
        *((f'/po/catalogue/{language}', lambda language=language: check_catalogue(language))
          for language in entries_of('LINGUAS')),
    ]))
