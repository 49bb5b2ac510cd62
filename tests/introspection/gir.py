# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a GIR file says of a namespace.

It is the same for every version of GLib, while the library that reads typelibs is called
GIRepository 2.0 before GLib 2.80 and has other functions, as 3.0, from there on.
"""

import dataclasses
import xml.etree.ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

# What stands in a namespace, beside what is of use in C only: aliases, boxed types of
# others, macros with arguments.
TYPES = {'class', 'interface', 'record', 'union', 'enumeration', 'bitfield', 'callback'}
PLACED = TYPES | {'function', 'constant'}
CALLS = ('constructor', 'method', 'function')


def kind_of(element):
    return element.tag.rpartition('}')[2]


def is_true(element, name):
    return element.get(name) == '1'


@dataclasses.dataclass
class Argument:
    """One of a function, without the object that it is called on."""
    name: str
    type: str
    nullable: bool
    scope: str


@dataclasses.dataclass
class Function:
    """A function, method or constructor."""
    name: str
    symbol: str
    throws: bool
    arguments: list
    transfer: str
    result_nullable: bool


def read_argument(element):
    of_type = element.find(f'{CORE}type')
    return Argument(element.get('name'), None if of_type is None else of_type.get('name'),
                    is_true(element, 'nullable'), element.get('scope'))


def read_function(element):
    result = element.find(f'{CORE}return-value')
    arguments = element.findall(f'{CORE}parameters/{CORE}parameter')
    return Function(element.get('name'), element.get(f'{C}identifier'), is_true(element, 'throws'),
                    [read_argument(argument) for argument in arguments], result.get('transfer-ownership'),
                    is_true(result, 'nullable'))


class Namespace:
    """What is in the file of a namespace, for other languages."""

    def __init__(self, path):
        namespace = xml.etree.ElementTree.parse(path).getroot().find(f'{CORE}namespace')
        self.placed = [element for element in namespace
                       if kind_of(element) in PLACED and element.get('introspectable') != '0']

    def names(self):
        return {element.get('name') for element in self.placed}

    def names_of_types(self):
        return {element.get('name') for element in self.placed if kind_of(element) in TYPES}

    def find(self, name):
        found, = (element for element in self.placed if element.get('name') == name)
        return found

    def members(self, name, kind):
        """The children of a type: of kind "method", "property", "virtual-method", "field" or glib's "signal"."""
        space = GLIB if kind == 'signal' else CORE
        return [element for element in self.find(name).findall(f'{space}{kind}')
                if element.get('introspectable') != '0']

    def methods(self, name):
        return [read_function(element) for element in self.members(name, 'method')]

    def functions(self):
        """All of them, with methods and constructors, by their symbols."""
        found = [element for element in self.placed if kind_of(element) == 'function']
        for element in self.placed:
            if kind_of(element) in TYPES:
                found += [call for kind in CALLS for call in self.members(element.get('name'), kind)]
        return {function.symbol: function for function in map(read_function, found)}

    def values(self, name):
        """What the members of an enumeration are called and stand for."""
        return {element.get('name').replace('_', '-'): int(element.get('value'))
                for element in self.find(name).findall(f'{CORE}member')}

    def error_domain(self, name):
        return self.find(name).get(f'{GLIB}error-domain')
