# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects that only the library can make, made by a program all the same: each method and each
property answers, with an error or with what is empty. They are taken from the GIR: one that is
added is called, too.

   test-bare.py GIR
"""

import os
import signal
import subprocess
import sys

import gi
import gir
import tap

gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, GObject, Lwsg  # noqa: E402
from waiting import fails, until  # noqa: E402

LWSG = gir.Namespace(sys.argv[1])
BARE = Lwsg.Connection, Lwsg.Protocol, Lwsg.Request

# Methods that have nothing to fail with, and nothing to do on a bare object.
WITHOUT_RESULT = {'pause', 'resume', 'request_writable', 'set_compress', 'set_max_buffered_amount',
                  'set_slow_consumer_policy', 'set_streaming'}

# What is closed already may be closed once more.
SUCCEED = {'close'}

# What a method gets for each kind of argument.
VALUES = {
    'GLib.Bytes': lambda: GLib.Bytes.new(b'text'),
    'Gio.Cancellable': lambda: None,
    'Gio.File': lambda: Gio.File.new_for_path('/etc/hostname'),
    'ConnectionFilterFunc': lambda: lambda *_parameters: True,
    'MessageType': lambda: Lwsg.MessageType.TEXT,
    'SlowConsumerPolicy': lambda: Lwsg.SlowConsumerPolicy.DROP_OLDEST,
    'gboolean': lambda: True,
    'guint': lambda: 404,
    'gsize': lambda: 1000,
    'guint64': lambda: 1000,
    'utf8': lambda: 'text',
}
# Where that would not do.
SPECIAL = {('close', 'code'): 1000, ('close_async', 'code'): 1000, ('redirect', 'status'): 301}


def parameters(method):
    """The arguments for a call, without those of a GAsyncReadyCallback."""
    return [SPECIAL[method.name, argument.name] if (method.name, argument.name) in SPECIAL
            else VALUES[argument.type]()
            for argument in method.arguments
            if argument.type != 'Gio.AsyncReadyCallback' and argument.name != 'user_data']


def call_async(bare, name, values):
    results = []
    getattr(bare, name)(*values, lambda _bare, result: results.append(result))
    until(lambda: results)
    return getattr(bare, name.replace('_async', '_finish'))(results[0])


def check_methods():
    for kind in BARE:
        for method in LWSG.methods(kind.__name__):
            name, bare = method.name, kind()
            if name.endswith('_finish'):
                continue
            values = parameters(method)
            if name.endswith('_async'):
                fails(Lwsg.Error, Lwsg.Error.CLOSED, call_async, bare, name, values)
            elif method.throws and name not in SUCCEED:
                fails(Lwsg.Error, Lwsg.Error.CLOSED, getattr(bare, name), *values)
            elif name in WITHOUT_RESULT or name in SUCCEED:
                getattr(bare, name)(*values)
            else:
                assert name.startswith(('get_', 'list_')), f'nobody knows what {name} shall do'
                getattr(bare, name)(*values)


def check_properties():
    for kind in BARE:
        for pspec in kind.list_properties():
            bare = kind()
            value = bare.get_property(pspec.name)
            if pspec.flags & GObject.ParamFlags.WRITABLE:
                bare.set_property(pspec.name, value)
            assert bare.get_property(pspec.name) == value, pspec.name
    assert Lwsg.Connection().get_state() == Lwsg.ConnectionState.CLOSED
    assert (Lwsg.Request().get_method(), Lwsg.Request().list_headers()) == ('', [])


def check_model():
    bare = Lwsg.Protocol()
    assert (bare.get_n_items(), bare.get_item(0), list(bare)) == (0, None, [])


def check_signals():
    """Emitted by whoever likes to."""
    for kind in BARE:
        for name in GObject.signal_list_names(kind):
            query = GObject.signal_query(name, kind)
            values = [{'LwsgMessage': lambda: Lwsg.Message.new_text('x'), 'LwsgConnection': Lwsg.Connection,
                       'LwsgRequest': Lwsg.Request, 'LwsgMessageType': lambda: Lwsg.MessageType.TEXT,
                       'GBytes': lambda: GLib.Bytes.new(b'x'), 'gboolean': lambda: True}[parameter.name]()
                      for parameter in query.param_types]
            kind().emit(name, *values)


# A result of another function: the program's mistake, and no more than that.
STRANGERS = """
import gi
gi.require_version('Lwsg', '1.0')
from gi.repository import Gio, GLib, Lwsg
bare, context = Lwsg.Connection(), Lwsg.Context()
results = {}
bare.ping_async(None, None, lambda source, result: results.setdefault('ping', result))
bare.close_async(1000, None, None, lambda source, result: results.setdefault('close', result))
context.connect_async('', None, None, lambda source, result: results.setdefault('connect', result))
while len(results) < 3:
    GLib.MainContext.default().iteration(True)
finish = {'ping': bare.ping_finish, 'close': bare.close_finish, 'receive': bare.receive_finish,
          'send': bare.send_finish, 'connect': context.connect_finish,
          'connect_full': context.connect_full_finish}
results['foreign'] = Gio.Task.new(bare, None, None, None)
for own, function in finish.items():
    for name, result in results.items():
        if not own.startswith(name):
            assert not function(result) or function(result) == -1, (own, name)
print('survived')
"""


def check_strangers():
    environment = {name: value for name, value in os.environ.items() if name != 'G_DEBUG'}
    child = subprocess.run([sys.executable, '-c', STRANGERS], env=environment, capture_output=True, text=True,
                           check=False)
    assert child.returncode == 0, f'{signal.Signals(-child.returncode).name if child.returncode < 0 else child.stderr}'
    assert child.stdout == 'survived\n'
    assert 'g_async_result_is_tagged' in child.stderr


CASES = (check_methods, check_properties, check_model, check_signals, check_strangers)

if __name__ == '__main__':
    sys.exit(tap.run((f'/introspection/bare/{case.__name__.removeprefix("check_")}', case) for case in CASES))
