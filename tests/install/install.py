#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs the built project into an empty directory and builds programs against that
copy, as somebody outside of the project would.

    install.py SOURCE-ROOT BUILD-ROOT      (CC and CXX name the compilers)
"""

import asyncio
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap

SOURCE_ROOT, BUILD_ROOT = map(pathlib.Path, sys.argv[1:3])
HERE = pathlib.Path(__file__).parent
PACKAGE = 'lws-glib-1.0'
C99 = ['-std=c99', '-pedantic']
CXX11 = ['-x', 'c++', '-std=c++11', '-pedantic']
WARNINGS = ['-Wall', '-Wextra', '-Werror']
START_LIMIT = 30                # seconds, for a slow machine
PORT_TRIES = 5                  # somebody may take a port that was free a moment ago


def output_of(command, **options):
    """The standard output of a command that must succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f'{shlex.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}')
    return done.stdout


class Installation:
    """The project in a directory of its own."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.root = self.directory / 'root'
        # Installing the manual would build it once more, under the eyes of its own test.
        output_of(['meson', 'install', '-C', BUILD_ROOT, '--no-rebuild', '--tags', 'devel,runtime',
                   '--destdir', self.root])
        self.include = self.find('libwebsockets.h').parent
        self.library = self.find('liblws-glib-1.0.so.0').parent
        self.environment = dict(os.environ, LD_LIBRARY_PATH=str(self.library))

    def find(self, name):
        found = sorted(self.root.rglob(name))
        assert len(found) == 1, f'{name} is installed {len(found)} times'
        return found[0]

    def pkg_config(self, *options):
        # The sysroot goes in front of the paths of GLib too, which is not in there:
        # its own, real flags follow.
        ours = dict(os.environ, PKG_CONFIG_PATH=str(self.find(f'{PACKAGE}.pc').parent),
                    PKG_CONFIG_SYSROOT_DIR=str(self.root))
        return shlex.split(output_of(['pkg-config', *options, PACKAGE], env=ours)
                           + output_of(['pkg-config', *options, 'gio-2.0']))

    def build(self, compiler, source, flags):
        program = self.directory / 'program'
        output_of([*compiler, *flags, *WARNINGS, source, '-x', 'none', '-o', program,
                   *self.pkg_config('--cflags'), *self.pkg_config('--libs')])
        return program

    def check_headers(self, compiler, flags):
        headers = sorted(path.relative_to(self.include) for path in self.include.rglob('*.h'))
        assert headers
        for header in headers:
            source = self.directory / 'header.c'
            source.write_text(f'#include <{header}>\nint lws_glib_no_empty_file;\n', encoding='utf-8')
            output_of([*compiler, *flags, *WARNINGS, '-fsyntax-only', source, *self.pkg_config('--cflags')])

    def check_program(self, compiler, flags):
        output_of([self.build(compiler, HERE / 'outside.c', flags)], env=self.environment)

    def check_version(self):
        version = output_of(['pkg-config', '--modversion', self.find(f'{PACKAGE}.pc')]).strip()
        introspected = output_of(['meson', 'introspect', '--projectinfo', BUILD_ROOT])
        assert f'"version": "{version}"' in introspected, f'{version} is not in {introspected}'

    def check_readme_example(self, compiler):
        """The program in README.md builds as it stands there, and echoes."""
        readme = (SOURCE_ROOT / 'README.md').read_text(encoding='utf-8')
        blocks = re.findall(r'^```c\n(.*?)^```$', readme, re.MULTILINE | re.DOTALL)
        assert len(blocks) == 1, f'README.md has {len(blocks)} C programs'
        source = self.directory / 'readme.c'
        source.write_text(blocks[0], encoding='utf-8')
        program = self.build(compiler, source, ['-Wno-unused-parameter', '-Wno-missing-field-initializers'])
        for _ in range(PORT_TRIES):
            if echoes(program, self.environment):
                return
        raise AssertionError('the program of README.md ends before anybody connects')


def echoes(program, environment):
    """Does it serve on a free port? False if it ended early."""
    try:
        import websockets
    except ImportError as error:
        raise tap.Skip('python3-websockets is not installed') from error

    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]

    async def talk():
        async with websockets.connect(f'ws://127.0.0.1:{port}/', subprotocols=['echo']) as connection:
            assert connection.subprotocol == 'echo'
            await connection.send('h\u00e9llo')
            assert await connection.recv() == 'h\u00e9llo'

    deadline = time.monotonic() + START_LIMIT
    with subprocess.Popen([program, str(port)], env=environment) as server:
        try:
            while server.poll() is None:
                try:
                    asyncio.run(asyncio.wait_for(talk(), START_LIMIT))
                    return True
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline, 'the program of README.md does not listen'
                    time.sleep(0.02)
            return False
        finally:
            server.send_signal(signal.SIGTERM)


def main():
    cc = shlex.split(os.environ['CC'])
    cxx = shlex.split(os.environ.get('CXX', ''))

    def in_cxx(check, *arguments):
        if not cxx:
            raise tap.Skip('there is no C++ compiler')
        check(cxx, *arguments)

    with tempfile.TemporaryDirectory(prefix='lws-glib-install-') as directory:
        installed = Installation(directory)
        return tap.run([
            ('/install/version', installed.check_version),
            ('/install/headers/c', lambda: installed.check_headers(cc, C99)),
            ('/install/headers/c++', lambda: in_cxx(installed.check_headers, CXX11)),
            ('/install/program/c', lambda: installed.check_program(cc, C99)),
            ('/install/program/c++', lambda: in_cxx(installed.check_program, CXX11)),
            ('/install/readme-example', lambda: installed.check_readme_example(cc)),
        ])


if __name__ == '__main__':
    sys.exit(main())
