#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Projects outside of this one that get it by other ways than cc and pkg-config, as the manual's chapter "Building"
says: each takes the samples there as they are.

    dependents.py SOURCE-ROOT BUILD-ROOT
"""

import configparser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tap

SOURCE_ROOT, BUILD_ROOT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
HERE = pathlib.Path(__file__).resolve().parent

sys.path.insert(0, str(SOURCE_ROOT / 'tests' / 'examples'))
import samples  # noqa: E402

CHAPTER = 'doc/building.xml'
LIMIT = 600                     # seconds for one command on a slow machine


def output_of(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=LIMIT, **options)
    assert done.returncode == 0, f'{command}: exit status {done.returncode}\n{done.stdout}'
    return done.stdout


def needs(program):
    if not shutil.which(program):
        raise tap.Skip(f'{program} is not installed')


def sample(language, text=''):
    chapter = (SOURCE_ROOT / CHAPTER).read_text(encoding='utf-8')
    found = [code for _, of, code in samples.of_text(CHAPTER, chapter) if of == language and text in code]
    assert len(found) == 1, f'{len(found)} samples of the chapter are {language} with {text!r}'
    return found[0]


def project_in(directory, name, description):
    """A project of one program, with this description of how to build it."""
    project = pathlib.Path(directory, 'project')
    project.mkdir()
    shutil.copy(HERE / 'outside-object.c', project / 'program.c')
    (project / name).write_text(description, encoding='utf-8')
    return project


def check_subproject():
    """Meson takes the library from subprojects/, as the wrap file says, though it may be installed as well."""
    wrap = sample('ini', '[provide]')
    parser = configparser.ConfigParser()
    parser.read_string(wrap)
    with tempfile.TemporaryDirectory(prefix='lws-glib-subproject-') as directory:
        project = project_in(directory, 'meson.build', "project('program', 'c')\n" + sample('meson', 'default_options'))
        subprojects = project / 'subprojects'
        subprojects.mkdir()
        (subprojects / 'lws-glib.wrap').write_text(wrap, encoding='utf-8')
        # Where the sources are already, nothing is fetched.
        (subprojects / parser['wrap-git']['directory']).symlink_to(SOURCE_ROOT)
        names = parser['provide']['dependency_names'].replace(' ', '')
        build = project / '_build'
        output_of(['meson', 'setup', '--wrap-mode=nodownload', f'--force-fallback-for={names}', '-Doptimization=0',
                   '-Ddebug=false', build, project])
        output_of(['ninja', '-C', build, 'program'])
        linked = output_of(['ldd', build / 'program'])
        assert str(build.resolve()) in re.search(r'liblws-glib-1\.0\.so\.0 => (\S+)', linked)[1], linked
        output_of([build / 'program'])


def install(root):
    output_of(['meson', 'install', '-C', BUILD_ROOT, '--no-rebuild', '--tags', 'devel,runtime', '--destdir', root])
    library = next(root.rglob('liblws-glib-1.0.so.0')).parent
    for description in root.rglob('lws-glib*-1.0.pc'):
        text = description.read_text(encoding='utf-8')
        prefix = re.search(r'^prefix=(.*)$', text, re.MULTILINE)[1]
        description.write_text(text.replace(f'prefix={prefix}', f'prefix={root}{prefix}'), encoding='utf-8')
    return library


def check_cmake():
    needs('cmake')
    with tempfile.TemporaryDirectory(prefix='lws-glib-cmake-') as directory:
        library = install(pathlib.Path(directory, 'root').resolve())
        project = project_in(directory, 'CMakeLists.txt', sample('cmake'))
        environment = dict(os.environ, LD_LIBRARY_PATH=str(library), PKG_CONFIG_PATH=str(library / 'pkgconfig'))
        build = project / '_build'
        output_of(['cmake', '-S', project, '-B', build], env=environment)
        output_of(['cmake', '--build', build], env=environment)
        output_of([build / 'program'], env=environment)


def check_flatpak():
    """The options of the module are options of this project."""
    module = json.loads(sample('json', 'buildsystem'))
    assert module['name'] == 'lws-glib' and module['buildsystem'] == 'meson'
    known = {option['name']: option for option in
             json.loads(output_of(['meson', 'introspect', '--buildoptions', BUILD_ROOT]))}
    for option in module['config-opts']:
        name, value = re.fullmatch(r'-D(\w+)=(\w+)', option).groups()
        assert name in known, f'there is no option {name}'
        choices = known[name].get('choices', ['true', 'false'])
        assert value in choices, f'{name} is none of {choices}'


# The tests run with the library of this build, which is not the one that a dependent is to find.
os.environ.pop('LD_LIBRARY_PATH', None)

if __name__ == '__main__':
    sys.exit(tap.run([
        ('/dependents/subproject', check_subproject),
        ('/dependents/cmake', check_cmake),
        ('/dependents/flatpak', check_flatpak),
    ]))
