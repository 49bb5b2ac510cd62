#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tools/release.sh, in a repository of its own with the files that it looks at.

    test-release.py SOURCE-ROOT
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tap

ROOT = pathlib.Path(sys.argv[1])
SYMBOLS = 'packaging/debian/liblws-glib-1.0-0.symbols'
FILES = ['meson.build', 'NEWS', 'tools/release.sh', 'packaging/debian/changelog', SYMBOLS,
         'tests/symbols/lws-glib-1.0.symbols']
NOBODY = {'GIT_AUTHOR_NAME': 'Nobody', 'GIT_AUTHOR_EMAIL': 'nobody@localhost', 'GIT_COMMITTER_NAME': 'Nobody',
          'GIT_COMMITTER_EMAIL': 'nobody@localhost', 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_SYSTEM': os.devnull}
# Stands in for Meson, which would build everything: it leaves a tarball where it belongs.
MESON = '''#!/bin/sh
set -eu
echo "$@" >> "$MESON_LOG"
case "$1" in
  setup) mkdir -p "$2/meson-dist" ;;
  dist)
    cd "$3/meson-dist"
    echo sources > "$TARBALL"
    sha256sum "$TARBALL" > "$TARBALL.sha256sum"
    ;;
esac
'''


class Checkout:
    """A repository whose NEWS is ready for the release."""

    def __init__(self, directory):
        if not shutil.which('git'):
            raise tap.Skip('git is not installed')
        self.directory = pathlib.Path(directory)
        self.root = self.directory / 'checkout'
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')}
        self.environment.update(NOBODY)
        for name in FILES:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / '.gitignore').write_text('/_build*/\n', encoding='utf-8')
        self.version = re.search(r"^  version: '(.*)',$", self.read('meson.build'), re.MULTILINE)[1]
        self.change('NEWS', r'\A.*', f'lws-glib {self.version} (2026-12-31)')
        self.git('init', '--quiet')
        self.commit()

    def git(self, *arguments):
        return subprocess.run(['git', *arguments], cwd=self.root, env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def read(self, name):
        return (self.root / name).read_text(encoding='utf-8')

    def change(self, name, pattern, text):
        changed, number = re.subn(pattern, text, self.read(name), count=1)
        assert number == 1, f'{name} has no {pattern}'
        (self.root / name).write_text(changed, encoding='utf-8')

    def commit(self):
        self.git('add', '--all')
        self.git('commit', '--quiet', '--message', 'A commit')

    def release(self, *options):
        return subprocess.run(['sh', 'tools/release.sh', *options], cwd=self.root, env=self.environment, check=False,
                              capture_output=True, text=True)

    def check_refused(self, text):
        done = self.release('--really')
        assert done.returncode == 1 and text in done.stderr, done
        assert not (self.root / '_build-release').exists()


def in_checkout(check):
    def checked():
        with tempfile.TemporaryDirectory(prefix='lws-glib-release-') as directory:
            check(Checkout(directory))
    return checked


def check_ready(checkout):
    """Without --really it tells that all is well, as it is with what is here, and leaves everything as it was."""
    done = checkout.release()
    assert done.returncode == 0 and checkout.version in done.stdout, done
    assert checkout.git('tag') == '' and checkout.git('status', '--porcelain', '--ignored') == ''


def check_really(checkout):
    tarball = f'lws-glib-{checkout.version}.tar.xz'
    meson = checkout.directory / 'bin' / 'meson'
    meson.parent.mkdir()
    meson.write_text(MESON, encoding='utf-8')
    meson.chmod(0o755)
    log = checkout.directory / 'meson.log'
    checkout.environment.update(PATH=f'{meson.parent}:{os.environ["PATH"]}', TARBALL=tarball, MESON_LOG=str(log))
    done = checkout.release('--really')
    assert done.returncode == 0, done
    assert checkout.git('tag').split() == [checkout.version]
    assert [line.split()[0] for line in log.read_text(encoding='utf-8').splitlines()] == ['setup', 'dist']
    shutil.rmtree(checkout.root / '_build-release')
    checkout.check_refused('there is a tag')


def check_not_dated(checkout):
    checkout.change('NEWS', r'\(.*\)', '(not released yet)')
    checkout.commit()
    checkout.check_refused('has no date')


def check_other_version(checkout):
    checkout.change('meson.build', r"version: '.*'", "version: '99.0.0'")
    checkout.commit()
    checkout.check_refused('not with version 99.0.0')
    checkout.check_refused('changelog is of version')


def check_changes(checkout):
    (checkout.root / 'forgotten.c').touch()
    checkout.check_refused('not committed')


def check_symbols(checkout):
    checkout.change(SYMBOLS, r'\n lwsg_check_version@.*', '')
    checkout.commit()
    checkout.check_refused('different symbols')


def check_help(checkout):
    assert '--really' in checkout.release('--help').stdout
    assert checkout.release('--relly').returncode == 2


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/release/ready', in_checkout(check_ready)),
        ('/release/really', in_checkout(check_really)),
        ('/release/not-dated', in_checkout(check_not_dated)),
        ('/release/other-version', in_checkout(check_other_version)),
        ('/release/changes', in_checkout(check_changes)),
        ('/release/symbols', in_checkout(check_symbols)),
        ('/release/help', in_checkout(check_help)),
    ]))
