# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compiles or runs each sample of the manual, the README and the comments for the manual.

   test-samples.py ROOT-OF-THE-SOURCES ROOT-OF-THE-BUILD

A sample in C that is no whole program is compiled behind frame-object.h or frame-classic.h, which declare what it
leaves to its program, and behind the functions of the samples before it on its page. Its statements stand in a
function. All that is in JavaScript or Python is run: servers and clients meet each other. What is a part of a program
in JavaScript is run behind the frame below. What is for a shell, Meson, CMake or Flatpak is parsed.
"""

import configparser
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import ports
import samples
import tap

SOURCES, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
HERE = SOURCES / 'tests' / 'examples'
SAMPLES = list(samples.all_of(SOURCES))
LIMIT = 60  # seconds, for everything that is waited for

# The port that the samples speak of.
PORT = '7681'

# What a compiler may say of a part of a program.
PART_OPTIONS = ['-Wno-unused-parameter', '-Wno-unused-function', '-Wno-unused-variable', '-Wno-unused-const-variable',
                '-Wno-missing-field-initializers']

# What stands around a sample in JavaScript that is a part of a program.
JS_FRAMES = {
    'doc/sending.xml': '''
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';
Gio._promisify(Lwsg.Context.prototype, 'connect_async', 'connect_finish');
const context = new Lwsg.Context();
context.add_protocol(null);
const uri = `ws://127.0.0.1:${context.listen('127.0.0.1', 0)}/`;
const connection = await context.connect_async(uri, null, null);
const portions = [1, 2, 3].map(size => new Uint8Array(size));
''',
    'doc/servers.xml': '''
import Lwsg from 'gi://Lwsg?version=1.0';
const context = new Lwsg.Context();
const isTokenOfUser = header => header.startsWith('Bearer ');
''',
}


def name_of(sample):
    return f'{sample.path}:{sample.line}'


def find(path, language, text):
    """The one sample there that has this in it."""
    found = [sample for sample in SAMPLES
             if sample.path == path and sample.language == language and text in sample.text]
    assert len(found) == 1, f'{len(found)} samples in {path} have {text!r}'
    return found[0]


def output_of(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=LIMIT, check=False, **options)
    assert done.returncode == 0, f'{command}: {done.returncode}: {done.stdout}'
    return done.stdout


# --- C

def compiler():
    includes = [f'-I{folder}' for folder in (SOURCES / 'include', SOURCES / 'include' / 'classic', BUILD / 'include')]
    flags = output_of(['pkg-config', '--cflags', 'gio-2.0', 'gio-unix-2.0']).split()
    return [*shlex.split(os.environ.get('CC', 'cc')), '-std=gnu17', '-Wall', '-Wextra', '-Werror', *includes, *flags]


def libraries():
    return [f'-L{BUILD / "lws-glib"}', '-llws-glib-1.0', f'-Wl,-rpath,{BUILD / "lws-glib"}',
            # What a static library does not bring along.
            *output_of(['pkg-config', '--libs', 'gio-2.0', 'gnutls', 'zlib']).split()]


def is_program(sample):
    return bool(re.search(r'^main \(', sample.text, re.MULTILINE))


def is_classic(sample):
    return bool(re.search(r'\blibwebsocket|\blwsg_source_new\b', sample.text))


def placed(sample, text):
    return f'#line {sample.line} "{sample.path}"\n{text}\n'


def framed(sample):
    """The sample as a source that can be compiled."""
    frame = HERE / ('frame-classic.h' if is_classic(sample) else 'frame-object.h')
    source = f'#include "{frame}"\n'
    for other in SAMPLES:
        if other.path == sample.path and other.language == 'c' and other.line < sample.line and \
                is_classic(other) == is_classic(sample) and not is_program(other):
            source += placed(other, samples.parts_of(other)[0])
    outside, statements = samples.parts_of(sample)
    source += placed(sample, outside)
    if statements.strip():
        source += f'static int\nsample (void)\n{{\n{placed(sample, statements)}return 0;\n}}\n'
    return source


def check_c(sample):
    with tempfile.TemporaryDirectory(prefix='lws-glib-samples-') as directory:
        source = pathlib.Path(directory, 'sample.c')
        if is_program(sample):
            source.write_text(placed(sample, sample.text), encoding='utf-8')
            output_of([*compiler(), '-Wno-unused-parameter', '-Wno-missing-field-initializers', str(source), '-o',
                       f'{directory}/sample', *libraries()])
        else:
            source.write_text(framed(sample), encoding='utf-8')
            output_of([*compiler(), *PART_OPTIONS, '-fsyntax-only', str(source)])


def check_reconnect():
    """The client of the manual comes back to a server that was not there, and that closes."""
    sample, port = find('doc/clients.xml', 'c', 'LONGEST_DELAY'), str(ports.free_port())
    with tempfile.TemporaryDirectory(prefix='lws-glib-samples-') as directory:
        source, program = pathlib.Path(directory, 'sample.c'), f'{directory}/sample'
        rest = (HERE / 'reconnect.c').read_text(encoding='utf-8')
        source.write_text(f'#include "{HERE / "frame-object.h"}"\n{placed(sample, with_port(sample.text, port))}{rest}',
                          encoding='utf-8')
        output_of([*compiler(), *PART_OPTIONS, f'-DPORT={port}', str(source), '-o', program, *libraries()])
        output_of([program])


# --- JavaScript and Python

def with_port(text, port):
    assert PORT in text, f'no port {PORT}'
    # The name has two addresses, of which the test asks for one.
    return text.replace(PORT, port).replace('localhost', '127.0.0.1')


@contextlib.contextmanager
def script(sample, text):
    """How to run it, as a file of its own."""
    if subprocess.run([sys.executable, '-c', 'import gi; gi.require_version("Lwsg", "1.0")'], stderr=subprocess.DEVNULL,
                      check=False).returncode:
        raise tap.Skip('there is no typelib, or no python3-gi')
    if sample.language == 'js' and not shutil.which('gjs'):
        raise tap.Skip('gjs is not installed')
    suffix, command = {'js': ('.js', ['gjs']), 'python': ('.py', [sys.executable])}[sample.language]
    if re.search(r'^import .* from ', text, re.MULTILINE):
        command = [*command, '-m']
    with tempfile.NamedTemporaryFile('w', suffix=suffix, encoding='utf-8') as file:
        file.write(text)
        file.flush()
        yield [*command, file.name]


@contextlib.contextmanager
def server(sample, port):
    """The sample as a server that listens."""
    with script(sample, with_port(sample.text, port)) as command:
        with subprocess.Popen(command) as process:
            try:
                end = time.monotonic() + LIMIT
                while True:
                    assert process.poll() is None, f'{name_of(sample)} ended with {process.returncode}'
                    assert time.monotonic() < end, f'{name_of(sample)} does not listen'
                    with contextlib.suppress(ConnectionRefusedError):
                        socket.create_connection(('127.0.0.1', int(port)), LIMIT).close()
                        break
                    time.sleep(0.02)
                yield
            finally:
                process.kill()


def check_meeting(serving, asking, expected):
    port = str(ports.free_port())
    with server(serving, port), script(asking, with_port(asking.text, port)) as command:
        assert output_of(command).strip() == expected


def check_part(sample):
    with script(sample, JS_FRAMES[sample.path] + sample.text) as command:
        output_of(command)


# --- the rest

def check_sh(sample):
    output_of(['sh', '-n', '-c', sample.text])


def check_meson(sample):
    if not shutil.which('meson'):
        raise tap.Skip('meson is not installed')
    with tempfile.TemporaryDirectory(prefix='lws-glib-samples-') as directory:
        pathlib.Path(directory, 'meson.build').write_text(f"project('program', 'c')\n{sample.text}", encoding='utf-8')
        output_of(['meson', 'introspect', '--ast', f'{directory}/meson.build'])


def check_json(sample):
    json.loads(sample.text)


def check_ini(sample):
    configparser.ConfigParser().read_string(sample.text)


def check_cmake(sample):
    if not shutil.which('cmake'):
        raise tap.Skip('cmake is not installed')
    # tests/install/dependents.py builds with it.
    with tempfile.TemporaryDirectory(prefix='lws-glib-samples-') as directory:
        pathlib.Path(directory, 'sample.cmake').write_text('return()\n' + sample.text, encoding='utf-8')
        output_of(['cmake', '-P', f'{directory}/sample.cmake'])


CHECKS = {'c': check_c, 'sh': check_sh, 'meson': check_meson, 'json': check_json, 'ini': check_ini, 'cmake': check_cmake}

# Who meets whom, and what the client says then.
MEETINGS = (
    (('doc/servers.xml', 'js', 'broadcast_text'), ('doc/clients.xml', 'js', 'connect_async'), 'hello'),
    (('README.md', 'python', 'broadcast_text'), ('README.md', 'js', 'connect_async'), 'Hello'),
)


def cases():
    met = []
    for serving, asking, expected in MEETINGS:
        pair = find(*serving), find(*asking)
        met.extend(pair)
        yield f'/samples/meeting/{"+".join(name_of(sample) for sample in pair)}', \
            lambda pair=pair, expected=expected: check_meeting(*pair, expected)
    yield '/samples/reconnect', check_reconnect
    for sample in SAMPLES:
        if sample in met:
            continue
        check = check_part if sample.path in JS_FRAMES and sample.language == 'js' else CHECKS.get(sample.language)
        assert check, f'{name_of(sample)}: nothing is known about a sample in "{sample.language}"'
        yield f'/samples/{sample.language}/{name_of(sample)}', lambda sample=sample, check=check: check(sample)


if __name__ == '__main__':
    sys.exit(tap.run(cases()))
