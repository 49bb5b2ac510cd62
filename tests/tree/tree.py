#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What holds for all files of the source tree, whatever they are about.

    tree.py SOURCE-ROOT
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import tap

ROOT = pathlib.Path(sys.argv[1])
LINE_MAX = 500                  # characters; who packages a file takes one with longer lines for generated
LICENCE_WITHIN = 5              # lines
LICENCE = 'SPDX-License-' 'Identifier: LGPL-2.1-or-later'  # in two parts, so that reuse does not read it as our own
HOLDER = 'The lws-glib contributors'
SAYS_LICENCE = {'.build', '.c', '.cpp', '.h', '.in', '.js', '.py', '.sh', '.toml', '.vala', '.xml', '.yml'}
# Written by tests/bench/run.sh.
WRITTEN = {'tests/bench/results/performance-results.xml', 'po/POTFILES.in'}
# What is beside the sources when a distributor builds them.
NO_SOURCES = re.compile(r'\.git$|_?build|obj-|debian$|\.pc$|__pycache__$|subprojects$')


def listed_by_git():
    try:
        done = subprocess.run(['git', '-C', ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return [ROOT / os.fsdecode(name) for name in done.stdout.split(b'\0') if name]


def walked():
    for folder, folders, names in os.walk(ROOT):
        if pathlib.Path(folder) == ROOT:
            folders[:] = [name for name in folders if not NO_SOURCES.match(name)]
        yield from (pathlib.Path(folder, name) for name in names)


def files():
    found = listed_by_git() if (ROOT / '.git').exists() else []
    return sorted(path for path in found or walked() if path.is_file() and not path.is_symlink())


def name_of(path):
    return str(path.relative_to(ROOT))


FILES = files()


def texts():
    """Path and text of each file that is one."""
    for path in FILES:
        if 'corpus' in path.parts:
            continue
        try:
            yield path, path.read_text(encoding='utf-8')
        except UnicodeDecodeError:
            pass


def first_line(path):
    with open(path, 'rb') as file:
        return file.readline(100)


def check_lines():
    too_long = [f'{name_of(path)}:{number}' for path, text in texts()
                for number, line in enumerate(text.splitlines(), start=1) if len(line) > LINE_MAX]
    assert not too_long, too_long


def check_licence():
    """The sources say their licence; REUSE.toml says it for everything, with the holder."""
    without = [name_of(path) for path, text in texts()
               if path.suffix in SAYS_LICENCE and name_of(path) not in WRITTEN
               and LICENCE not in '\n'.join(text.splitlines()[:LICENCE_WITHIN])]
    assert not without, without
    annotation = (ROOT / 'REUSE.toml').read_text(encoding='utf-8')
    assert 'path = "**"' in annotation and HOLDER in annotation
    assert (ROOT / 'LICENSES' / 'LGPL-2.1-or-later.txt').is_file()
    assert (ROOT / 'COPYING').read_bytes() == (ROOT / 'LICENSES' / 'LGPL-2.1-or-later.txt').read_bytes()


def check_holder():
    """Nobody else holds a copyright."""
    others = [f'{name_of(path)}: {line.strip()}' for path, text in texts() if path.parent.name != 'LICENSES'
              for line in text.splitlines()
              if re.search(r'(?:copyright \(c\)|copyright ?:|FileCopyrightText|\u00a9)', line, re.IGNORECASE)
              and HOLDER not in line and name_of(path) != 'tests/tree/tree.py']
    assert not others, others


def check_reuse():
    program = shutil.which('reuse')
    if not program or not (ROOT / '.git').exists():
        raise tap.Skip('reuse is not installed, or this is no checkout')
    version = subprocess.run([program, '--version'], check=True, capture_output=True, text=True).stdout
    if int(re.search(r'\d+', version)[0]) < 4:
        raise tap.Skip(f'{version.splitlines()[0]} does not know REUSE.toml, 4.0 does')
    done = subprocess.run([program, '--root', ROOT, 'lint', '--quiet'], check=False, capture_output=True, text=True)
    assert done.returncode == 0, 'reuse lint finds something'


def check_shell():
    scripts = [path for path in FILES if path.suffix == '.sh' or re.match(rb'#!.*\b(?:ba)?sh\b', first_line(path))]
    assert scripts
    for script in scripts:
        shell = 'bash' if b'bash' in first_line(script) else 'sh'
        done = subprocess.run([shell, '-n', script], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    if not shutil.which('shellcheck'):
        raise tap.Skip('shellcheck is not installed; the shell itself takes them all')
    done = subprocess.run(['shellcheck', *scripts], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def check_xml():
    """Drawings, descriptions and chapters are well-formed."""
    documents = [path for path in FILES if path.suffix in {'.xml', '.svg', '.doap'}]
    assert documents
    for document in documents:
        xml.etree.ElementTree.parse(document)


def check_yaml():
    documents = [path for path in FILES if path.suffix in {'.yml', '.yaml'}]
    assert documents
    try:
        import yaml
    except ImportError as error:
        raise tap.Skip('python3-yaml is not installed') from error

    class Loader(yaml.SafeLoader):
        """GitLab has tags of its own."""

    Loader.add_constructor('!reference', lambda loader, node: loader.construct_sequence(node))
    for document in documents:
        with open(document, encoding='utf-8') as file:
            assert isinstance(yaml.load(file, Loader), dict), name_of(document)


def check_ci():
    """The scripts that CI calls are there, and know the options and groups that it gives them."""
    calls = re.findall(r'^ +- sh (\S+)(.*)$', (ROOT / '.gitlab-ci.yml').read_text(encoding='utf-8'), re.MULTILINE)
    assert calls
    for script, arguments in calls:
        done = subprocess.run(['sh', ROOT / script, '--help'], check=False, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        told = re.findall(r'[-\w]+', done.stdout + done.stderr)
        assert 'Usage' in told, f'{script} --help tells nothing'
        unknown = [argument for argument in arguments.split() if argument not in told]
        assert not unknown, f'{script} does not know {unknown}'


if __name__ == '__main__':
    sys.exit(tap.run([
        ('/tree/lines', check_lines),
        ('/tree/licence', check_licence),
        ('/tree/holder', check_holder),
        ('/tree/reuse', check_reuse),
        ('/tree/shell', check_shell),
        ('/tree/xml', check_xml),
        ('/tree/yaml', check_yaml),
        ('/tree/ci', check_ci),
    ]))
