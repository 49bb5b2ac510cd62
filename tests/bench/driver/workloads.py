# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured: each workload with what the load is told, and the lines of its results."""

import dataclasses
import os

import servers

# Descriptors that a process has open beside its connections.
OTHER_FILES = 64

# The part of its connections that a workload can do without.
LEFT_OUT_MAX = 0.05

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Unit:
    name: str
    scale: float    # what the measured value is divided by
    digits: int     # significant ones


US = Unit('µs', 1, 3)
MS = Unit('ms', 1, 3)
KIB = Unit('KiB', 1024, 2)
RATE = Unit('/s', 1, 3)


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of a table, and a panel of a chart."""
    title: str
    metric: str
    unit: Unit


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    group: str
    load: str                   # the load's workload; 'client': our clients are the load
    options: dict
    lines: tuple
    needs: frozenset = frozenset()
    connections_all: int = 1
    headline: bool = False      # stands in the README

    @property
    def files(self):
        return self.connections_all + OTHER_FILES

    def fitted(self, files):
        """The same with fewer connections, if a process may open only so many files. None if that would be
        something else than what the workload is to show."""
        excess = self.files - files
        if excess <= 0:
            return self
        if excess > self.connections_all * LEFT_OUT_MAX:
            return None
        many = max('idle', 'connections', key=lambda name: self.options.get(name, 0))
        return dataclasses.replace(self, options={**self.options, many: self.options[many] - excess},
                                   connections_all=self.connections_all - excess)

    def suits(self, server):
        if self.load == 'client':
            return bool(server.client)
        if not self.needs <= server.abilities:
            return False
        return server.sockets or servers.FILES in self.needs


# Each group is a table and a chart.
GROUPS = {
    'echo': 'Echo, processor time for each message',
    'fan': 'Fan-out, processor time for each delivery',
    'crowd': 'Silent connections, and connecting',
    'wss': 'The same over wss',
    'deflate': 'Compressed JSON, processor time for each message',
    'files': 'Files over HTTP, processor time for each request',
    'latency': 'Latency',
    'client': 'Clients, beside a bare epoll server',
}


# What is to be known of a group's numbers.
REMARKS = {
    'deflate': 'The servers of lws-glib are as by default: messages of less than 256 bytes are not compressed.',
}


def _workload(name, group, load, options, *lines, needs=(), headline=False):
    connections = options.get('connections', 1) + options.get('idle', 0)
    return Workload(name, group, load, options, lines, frozenset(needs), connections, headline)


def _cost(title, metric='cpu_us_per_message'):
    return Line(title, metric, US)


def _echo(name, title, headline=False, group='echo', **options):
    return _workload(name, group, 'echo', options, _cost(title), headline=headline)


def _fan(name, title, headline=False, group='fan', **options):
    return _workload(name, group, 'fan', {'connections': 1000, 'path': '/fan', **options}, _cost(title),
                     headline=headline)


def _idle(count, headline=False):
    return _workload(f'idle-{count}', 'crowd', 'idle', {'connections': count},
                     Line(f'memory for a connection, {count:,} of them', 'memory_per_connection', KIB),
                     _cost(f'opening {count:,}, each', 'cpu_us_per_open'), headline=headline)


PLAIN = [
    _echo('echo-1', '64 B, 1 connection'),
    _echo('echo-64', '64 B, 64 connections', True, connections=64),
    _echo('echo-1000', '64 B, 1,000 connections', connections=1000),
    _echo('echo-flight', '64 B, 64 connections, 16 in flight', True, connections=64, in_flight=16),
    _echo('echo-4k', '4 KiB, 64 connections', connections=64, size=4096),
    _echo('echo-binary', '1 MiB of bytes, 8 connections', True, connections=8, size=MIB, payload='binary'),
    _echo('echo-ascii', '1 MiB of English', connections=8, size=MIB),
    _echo('echo-cyrillic', '1 MiB of Russian', connections=8, size=MIB, payload='cyrillic'),
    _echo('echo-cjk', '1 MiB of Japanese', connections=8, size=MIB, payload='cjk'),
    _fan('fan', '64 B to 1,000, one by one', True),
    _fan('fan-flight', '64 B to 1,000, 16 in flight', in_flight=16),
    _echo('beside-5000', '1 talks beside 5,000 silent', True, 'crowd', idle=5000),
    _echo('beside-20000', '1 talks beside 20,000 silent', group='crowd', idle=20000),
    _workload('upgrade', 'crowd', 'upgrade', {'connections': 32},
              _cost('a new connection', 'cpu_us_per_handshake')),
    _idle(5000, True),
    _idle(20000),
]


def _secure(workload):
    """The same with TLS, under another name and in another group."""
    return dataclasses.replace(workload, name=f'wss-{workload.name}', group='wss', headline=False,
                               options={**workload.options, 'tls': True}, needs=workload.needs | {servers.TLS})


# The rest differs from these by nothing that TLS has a part in.
SECURE_TOO = ('echo-1', 'echo-64', 'echo-1000', 'echo-flight', 'echo-4k', 'echo-binary', 'fan', 'fan-flight',
              'beside-5000', 'upgrade', 'idle-5000')


def _json(size, title, mode):
    return _echo(f'json-{size}-{mode}', title, group='deflate', connections=64, size=size, payload='json', deflate=mode)


DEFLATED = [
    _json(200, '200 B, windows kept', 'takeover'),
    _json(200, '200 B, each alone', 'reset'),
    _json(4096, '4 KiB, windows kept', 'takeover'),
    _json(4096, '4 KiB, each alone', 'reset'),
    _fan('json-fan', '200 B to 1,000, windows kept', group='deflate', size=200, payload='json', deflate='takeover'),
    _fan('json-fan-reset', '200 B to 1,000, each alone', group='deflate', size=200, payload='json', deflate='reset'),
]


def _files(name, title, file, connections):
    return _workload(name, 'files', 'fetch', {'connections': connections, 'path': f'/{file}'}, _cost(title),
                     needs=[servers.FILES])


FILE_SIZES = {'small.bin': 1024, 'large.bin': 10 * MIB}


def make_files(folder):
    os.mkdir(folder)
    for name, size in FILE_SIZES.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(bytes(range(256)) * (size // 256))


FETCHED = [
    _files('file-small', '1 KiB, 64 connections', 'small.bin', 64),
    _files('file-large', '10 MiB, 4 connections', 'large.bin', 4),
]

_PERCENTILES = (('half of all answers within', 'p50'), ('99 % within', 'p99'), ('99.9 % within', 'p999'))


def _percentiles(prefix):
    return tuple(Line(f'{prefix}{words}', f'latency_us_{name}', US) for words, name in _PERCENTILES)


DELAYS = [
    _workload('latency', 'latency', 'echo', {'connections': 1000, 'rate': 20000, 'latency': True},
              *_percentiles('20,000 messages a second on 1,000 connections: ')),
    _workload('tick', 'latency', 'echo', {'connections': 16, 'in_flight': 64},
              Line('the worst of ticks 16 ms apart, under a flood', 'worst_tick_ms', MS),
              Line('the worst of frames that GTK would draw', 'worst_frame_ms', MS), needs=[servers.TICK]),
]


def _client(name, title, **options):
    lines = (_cost(f'{title}: processor time for each message'),
             Line(f'{title}: messages a second', 'messages_per_second', RATE),
             *_percentiles(f'{title}: '))
    return _workload(name, 'client', 'client', options, *lines)


CLIENTS = [
    _client('client-1', '1 connection', connections=1),
    _client('client-64', '64 connections', connections=64),
    _client('client-flight', '64 connections, 16 in flight', connections=64, in_flight=16),
]

WORKLOADS = [
    *PLAIN,
    *(_secure(workload) for workload in PLAIN if workload.name in SECURE_TOO),
    *DEFLATED,
    *FETCHED,
    *DELAYS,
    *CLIENTS,
]
NAMES = [workload.name for workload in WORKLOADS]

# What a test of the tool itself asks for.
TINY = {'connections': 4, 'idle': 8, 'size': 64 * 1024, 'rate': 500, 'in_flight': 4}


def tiny(workload):
    options = {name: min(value, TINY.get(name, value)) if isinstance(value, (int, float)) else value
               for name, value in workload.options.items()}
    return dataclasses.replace(workload, options=options,
                               connections_all=options.get('connections', 1) + options.get('idle', 0))


def load_options(workload):
    """As the load takes them on its command line."""
    words = []
    for name, value in workload.options.items():
        option = '--' + name.replace('_', '-')
        words += [option] if value is True else [option, str(value)]
    return words
