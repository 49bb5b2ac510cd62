# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting in tests, while the main loop runs."""

from gi.repository import Gio, GLib

LIMIT = 60  # seconds


def until(condition):
    expired = []
    source = GLib.timeout_add_seconds(LIMIT, lambda: expired.append(True) or GLib.SOURCE_CONTINUE)
    try:
        while not condition():
            assert not expired, 'it takes too long'
            GLib.MainContext.default().iteration(True)
    finally:
        GLib.source_remove(source)


def result_of(source, name, *parameters, cancellable=None, finish=None):
    """What source.NAME_async() comes to."""
    results = []
    getattr(source, f'{name}_async')(*parameters, cancellable, lambda _source, result: results.append(result))
    until(lambda: results)
    return getattr(source, finish or f'{name}_finish')(results[0])


def fails(domain, code, function, *parameters, **named):
    """The error that a call ends with."""
    try:
        function(*parameters, **named)
    except GLib.Error as error:
        quark = Gio.io_error_quark() if domain is Gio.IOErrorEnum else domain.quark()
        assert error.matches(quark, code), f'{error.domain} {error.code}: {error.message}'
        assert error.message
        return error
    raise AssertionError('it did not fail')


class Emissions(list):
    """The arguments of each emission of a signal, without its object."""

    def __init__(self, source, signal, answer=None):
        super().__init__()
        source.connect(signal, self.on_emission)
        self.answer = answer

    def on_emission(self, _source, *parameters):
        self.append(parameters)
        return self.answer

    def wait(self, number=1):
        until(lambda: len(self) >= number)
        return self
