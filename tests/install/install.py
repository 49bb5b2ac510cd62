#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs the built project into an empty directory and builds programs against that
copy, as somebody outside of the project would.

    install.py SOURCE-ROOT BUILD-ROOT [FEATURE...]

CC and CXX name the compilers; the features are what the build has beside the library:
introspection, vapi, and which kinds of library it has: shared, static.
"""

import asyncio
import itertools
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import certificates
import tap

SOURCE_ROOT, BUILD_ROOT = map(pathlib.Path, sys.argv[1:3])
FEATURES = sys.argv[3:]
HERE = pathlib.Path(__file__).parent
PACKAGE = 'lws-glib-1.0'
CLASSIC = 'lws-glib-classic-1.0'
SHARED = 'liblws-glib-1.0.so.0'
STATIC = 'liblws-glib-1.0.a'
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
        output_of(['meson', 'install', '-C', BUILD_ROOT, '--no-rebuild', '--tags', 'devel,runtime,typelib',
                   '--destdir', self.root])
        self.include = self.find('lws-glib.h').parent.parent
        self.classic_include = self.find('libwebsockets.h').parent
        self.library = self.find(SHARED if 'shared' in FEATURES else STATIC).parent
        self.environment = dict(os.environ, LD_LIBRARY_PATH=str(self.library))

    def find(self, name):
        found = sorted(self.root.rglob(name))
        assert len(found) == 1, f'{name} is installed {len(found)} times'
        return found[0]

    def pkg_config(self, *options, package=CLASSIC):
        # The sysroot goes in front of the paths of GLib too, which is not in there:
        # its own, real flags follow.
        ours = dict(os.environ, PKG_CONFIG_PATH=str(self.find(f'{PACKAGE}.pc').parent),
                    PKG_CONFIG_SYSROOT_DIR=str(self.root))
        return shlex.split(output_of(['pkg-config', *options, package], env=ours)
                           + output_of(['pkg-config', *options, 'gio-2.0']))

    def build(self, compiler, source, flags, name='program'):
        program = self.directory / name
        output_of([*compiler, *flags, *WARNINGS, source, '-x', 'none', '-o', program,
                   *self.pkg_config('--cflags'), *self.pkg_config('--libs')])
        return program

    def check_headers(self, compiler, flags):
        headers = sorted(path.relative_to(folder) for folder in (self.include, self.classic_include)
                         for path in folder.rglob('*.h'))
        assert headers
        for header in headers:
            source = self.directory / 'header.c'
            source.write_text(f'#include <{header}>\nint lws_glib_no_empty_file;\n', encoding='utf-8')
            output_of([*compiler, *flags, *WARNINGS, '-fsyntax-only', source, *self.pkg_config('--cflags')])

    def check_both_apis(self, compiler, flags):
        """Both headers in one file, in either order."""
        for headers in itertools.permutations(['libwebsockets.h', 'lws-glib/lws-glib.h']):
            source = self.directory / 'both.c'
            source.write_text(''.join(f'#include <{header}>\n' for header in headers)
                              + 'void *lws_glib_functions[] = { (void *) lwsg_source_new, '
                              '(void *) libwebsocket_service };\n', encoding='utf-8')
            output_of([*compiler, *flags, *WARNINGS, '-Wno-pedantic', '-fsyntax-only', source,
                       *self.pkg_config('--cflags')])

    def check_objects_alone(self):
        """Who asks for the objects gets no libwebsockets.h, which would hide that of today's libwebsockets."""
        assert self.include != self.classic_include
        flags = self.pkg_config('--cflags', package=PACKAGE)
        assert f'-I{self.include}' in flags, flags
        assert f'-I{self.classic_include}' not in flags, flags

    def check_with_libwebsockets(self, compiler):
        """One program, linked with today's libwebsockets and our objects."""
        found = subprocess.run(['pkg-config', '--cflags', '--libs', 'libwebsockets'], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, check=False)
        if found.returncode != 0:
            raise tap.Skip("the headers of today's libwebsockets are not installed")
        program = self.directory / 'outside-both'
        output_of([*compiler, '-std=gnu17', HERE / 'outside-both.c', '-o', program,
                   *self.pkg_config('--cflags', '--libs', package=PACKAGE), *shlex.split(found.stdout)])
        output_of([program], env=self.environment)

    def check_umbrella(self):
        """lws-glib.h brings all headers of the object API."""
        umbrella = (self.include / 'lws-glib' / 'lws-glib.h').read_text(encoding='utf-8')
        brought = re.findall(r'^#include <lws-glib/(\S+)>$', umbrella, re.MULTILINE)
        there = sorted(path.name for path in (self.include / 'lws-glib').glob('*.h') if path.name != 'lws-glib.h')
        assert brought == there, f'{brought} are included, {there} installed'

    def check_program(self, compiler, name, flags):
        output_of([self.build(compiler, HERE / name, flags)], env=self.environment)

    def check_static(self, compiler):
        """A program that has the library in itself."""
        needs('static')
        program = self.directory / 'outside-static'
        # Where there is the shared library, too, the linker would take that one.
        libraries = [self.find(STATIC) if flag == f'-l{PACKAGE}' else flag for flag in self.pkg_config('--libs')]
        libraries += shlex.split(output_of(['pkg-config', '--libs', 'gnutls', 'zlib']))
        output_of([*compiler, '-std=c99', *WARNINGS, HERE / 'outside-object.c', '-o', program,
                   *self.pkg_config('--cflags'), *libraries])
        assert SHARED not in output_of(['ldd', program])
        output_of([program])

    def check_typelib(self):
        """A program in Python serves and connects with what was installed."""
        needs('introspection')
        try:
            import gi  # noqa: F401
        except ImportError as error:
            raise tap.Skip('python3-gi is not installed') from error
        self.find('Lwsg-1.0.gir')
        typelib = self.find('Lwsg-1.0.typelib')
        output_of([sys.executable, HERE / 'outside.py'],
                  env=dict(self.environment, GI_TYPELIB_PATH=str(typelib.parent)))

    def check_vapi(self):
        """A program in Vala does."""
        needs('vapi')
        vapi = self.find(f'{PACKAGE}.vapi')
        if not shutil.which('valac'):
            raise tap.Skip('valac is not installed')
        program = self.directory / 'outside-vala'
        flags = [option for flag in [*self.pkg_config('--cflags'), *self.pkg_config('--libs'), '-w']
                 for option in ('-X', flag)]
        # The file that says what the package needs has no tag by which Meson would install it.
        # And valac asks pkg-config, too.
        output_of(['valac', '--vapidir', vapi.parent, '--pkg', 'gio-2.0', '--pkg', PACKAGE, '-o', program, *flags,
                   HERE / 'outside.vala'],
                  env=dict(os.environ, PKG_CONFIG_PATH=str(self.find(f'{PACKAGE}.pc').parent)),
                  cwd=self.directory)
        output_of([program], env=self.environment)

    def check_version(self):
        version = output_of(['pkg-config', '--modversion', self.find(f'{PACKAGE}.pc')]).strip()
        introspected = output_of(['meson', 'introspect', '--projectinfo', BUILD_ROOT])
        assert f'"version": "{version}"' in introspected, f'{version} is not in {introspected}'

    def build_readme(self, compiler, tls):
        """The C programs in README.md, as they stand there."""
        built = []
        readme = (SOURCE_ROOT / 'README.md').read_text(encoding='utf-8')
        blocks = re.findall(r'^```c\n(.*?)^```$', readme, re.MULTILINE | re.DOTALL)
        assert blocks, 'README.md has no C program'
        for number, block in enumerate(blocks):
            if ('tls' in block) != tls:
                continue
            source = self.directory / f'readme-{number}.c'
            source.write_text(block, encoding='utf-8')
            built.append(self.build(compiler, source, ['-Wno-unused-parameter', '-Wno-missing-field-initializers'],
                                    f'readme-{number}'))
        assert built, 'README.md has no such program'
        return built

    def check_readme_example(self, compiler):
        for program in self.build_readme(compiler, tls=False):
            self.check_echoes(program)

    def check_readme_tls(self, compiler):
        """A server that echoes, and a client that says by what it is connected."""
        if not shutil.which('openssl'):
            raise tap.Skip('openssl is not installed')
        server, client = self.build_readme(compiler, tls=True)
        certificate, key = certificates.make(self.directory, 'machine', ['localhost', '127.0.0.1'])

        def check_client(port):
            command = [client, f'wss://localhost:{port}/']
            assert 'Connected by TLS' in output_of([*command, certificate], env=self.environment)
            # The system does not know this authority.
            assert 'not trusted' in output_of(command, env=self.environment)

        self.check_echoes(server, (certificate, key), check_client)

    def check_echoes(self, program, identity=(), check=None):
        for _ in range(PORT_TRIES):
            if echoes(program, self.environment, identity, check):
                return
        raise AssertionError(f'{program} ends before anybody connects')


def needs(feature):
    if feature not in FEATURES:
        raise tap.Skip(f'this build has no {feature}')


def echoes(program, environment, identity, check):
    """Does it serve on a free port, by TLS if there is an identity? False if it ended early."""
    try:
        import websockets
    except ImportError as error:
        raise tap.Skip('python3-websockets is not installed') from error

    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]

    uri, options = f'ws://127.0.0.1:{port}/', {}
    if identity:
        uri, options = f'wss://127.0.0.1:{port}/', {'ssl': ssl.create_default_context(cafile=identity[0])}

    async def talk():
        async with websockets.connect(uri, subprotocols=['echo'], **options) as connection:
            assert connection.subprotocol == 'echo'
            await connection.send('h\u00e9llo')
            assert await connection.recv() == 'h\u00e9llo'

    deadline = time.monotonic() + START_LIMIT
    with subprocess.Popen([program, str(port), *identity], env=environment) as server:
        try:
            while server.poll() is None:
                try:
                    asyncio.run(asyncio.wait_for(talk(), START_LIMIT))
                    if check:
                        check(port)
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
            ('/install/headers/umbrella', installed.check_umbrella),
            ('/install/headers/objects-alone', installed.check_objects_alone),
            ('/install/headers/both/c', lambda: installed.check_both_apis(cc, C99)),
            ('/install/headers/both/c++', lambda: in_cxx(installed.check_both_apis, CXX11)),
            ('/install/program/c', lambda: installed.check_program(cc, 'outside.c', C99)),
            ('/install/program/c++', lambda: in_cxx(installed.check_program, 'outside.c', CXX11)),
            ('/install/object-program/c', lambda: installed.check_program(cc, 'outside-object.c', C99)),
            ('/install/object-program/c++', lambda: in_cxx(installed.check_program, 'outside-object.c', CXX11)),
            ('/install/object-program/static', lambda: installed.check_static(cc)),
            ('/install/object-program/libwebsockets', lambda: installed.check_with_libwebsockets(cc)),
            ('/install/object-program/python', installed.check_typelib),
            ('/install/object-program/vala', installed.check_vapi),
            ('/install/readme-example', lambda: installed.check_readme_example(cc)),
            ('/install/readme-tls', lambda: installed.check_readme_tls(cc)),
        ])


if __name__ == '__main__':
    sys.exit(main())
