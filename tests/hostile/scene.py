# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One attack: a fresh process, an honest client beside the attacker if it is a server, and what
came of it."""

import contextlib
import dataclasses
import os
import socket
import subprocess
import sys
import time

import peer
import ports
import tap
import target

HERE = os.path.dirname(os.path.abspath(__file__))
ATTEMPTS = 3        # a port that the kernel has named may be taken before the server asks for it
LOOPBACK = '127.0.0.1'

QUIET_SECONDS = 1

# A process that nobody attacks any more takes less than this share of a processor, looked at
# for so many seconds.
IDLE_SHARE = 0.5
IDLE_SECONDS = 0.1

SERVERS = ('classic', 'object')
CLIENTS = ('classic client', 'object client')
ALL = SERVERS + CLIENTS


def api(name):
    return name.split()[0]


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    attack: callable        # given the scene; returns the outcome
    outcome: object         # that is expected: a text, or one for each API
    memory: object          # KiB that the process may take for it, likewise
    targets: tuple = SERVERS
    secure: bool = False
    waits: bool = False     # for deadlines, so that it may run beside others

    def of(self, field, name):
        value = getattr(self, field)
        return value[api(name)] if isinstance(value, dict) else value


@dataclasses.dataclass(frozen=True)
class Result:
    outcome: str
    seconds: float
    memory: int             # KiB, above what the process had before
    wait: float = None      # the longest of the honest client, in ms


class Scene:
    """What an attack sees."""

    def __init__(self, process, case, name, port=None, arrived=None):
        self.process = process
        self.api = api(name)
        self.secure = case.secure
        self.port = port
        self.arrived = arrived      # the socket of a client under attack
        self.peers = []
        # Without connections of the attacker.
        self.descriptors = process.descriptors() - (0 if arrived is None else 1)

    def connect(self, receive_buffer=None):
        """A connection as TCP makes it: to the server, or of the client."""
        if self.arrived is not None:
            sock = self.arrived
        else:
            sock = socket.socket()
            if receive_buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.settimeout(peer.WAIT)
            sock.connect((LOOPBACK, self.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peers.append(peer.Peer(sock, masked=self.arrived is None))
        return self.peers[-1]

    def crowd(self, number, **options):
        return [self.connect(**options) for _ in range(number)]

    def open(self, path='/', deflate=False, **options):
        """An open WebSocket."""
        return self.open_crowd(1, path, deflate, **options)[0]

    def open_crowd(self, number, path='/', deflate=False, **options):
        headers = peer.DEFLATE if deflate else ''
        crowd = self.crowd(number, **options)
        for one in crowd:
            if self.secure:
                one.secure()
        for one in crowd:
            if one.masked:
                one.ask(path, headers)
            else:
                one.welcome(headers)
        for one in crowd:
            if one.masked:
                one.hear_welcome()
        return crowd

    def quiet(self, crowd):
        """Whether nothing comes of any of them for a moment."""
        return all([one.listen(QUIET_SECONDS / len(crowd)) for one in crowd])

    def wait_for_acceptance(self):
        """Until the server has accepted all connections so far: it has, once it ends a later one."""
        if self.port is None:
            return
        with socket.create_connection((LOOPBACK, self.port), peer.WAIT) as last:
            last.sendall(b'?\r\n\r\n')
            with contextlib.suppress(ConnectionResetError):
                while last.recv(peer.CHUNK):
                    pass

    def released(self):
        """Waits until the process has let go of all connections of the attacker, who has not."""
        self.wait_for_acceptance()
        return self.process.wait_for_descriptors(self.descriptors)

    def close(self):
        for one in self.peers:
            one.close()


class Honest:
    def __init__(self, port, secure):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, 'honest.py'), str(port)]
                                        + (['tls'] if secure else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def is_ready(self):
        return self.process.stdout.readline() == 'ready\n'

    def end(self):
        """Its longest wait; the error if it was not served."""
        output, errors = self.process.communicate(timeout=target.LIMIT)
        assert self.process.returncode == 0, f'the honest client: {errors.strip()}'
        return float(output)


class Stage:
    """Where the programs are, and what they need."""

    def __init__(self, build, files, certificate, weighs):
        self.build = build
        self.files = files
        self.certificate = certificate
        self.weighs = weighs        # memory tells something in this build

    def _program(self, *path):
        return os.path.join(self.build, 'tests', *path)

    def _environment(self):
        return {'G_DEBUG': 'fatal-warnings,fatal-criticals', 'BENCH_FILES': self.files}

    def _start_server(self, name, secure):
        if secure and self.certificate is None:
            raise tap.Skip('openssl is not installed')
        for _ in range(ATTEMPTS):
            port = ports.free_port()
            command = [self._program('bench', f'server-{name}'), str(port), *(self.certificate if secure else ())]
            process = target.Target(command, self._environment())
            if target.wait_until(lambda: not process.runs() or _listens(port)) and process.runs():
                return process, port
            why = process.said()
        raise AssertionError(f'the server does not start: {why}')

    @contextlib.contextmanager
    def _server(self, case, name):
        process, port = self._start_server(name, case.secure)
        honest = Honest(port, case.secure)
        try:
            assert honest.is_ready(), f'the honest client: {honest.process.stderr.read()}'
            yield Scene(process, case, name, port), honest
        finally:
            honest.process.kill()
            honest.process.wait()
            process.process.kill()
            process.process.wait()

    @contextlib.contextmanager
    def _client(self, case, name):
        with socket.create_server((LOOPBACK, 0)) as listener:
            listener.settimeout(peer.WAIT)
            process = target.Target([self._program('hostile', f'client-{api(name)}'),
                                     str(listener.getsockname()[1])], self._environment())
            try:
                yield Scene(process, case, name, arrived=listener.accept()[0]), None
            finally:
                process.process.kill()
                process.process.wait()

    def run(self, case, name):
        """Plays a case against the server or the client of this name."""
        with (self._client if name in CLIENTS else self._server)(case, name) as (scene, honest):
            result = _play(scene, honest, case)
        _check(case, name, result, self.weighs)
        return result


def _listens(port):
    with socket.socket() as probe:
        # The kernel may give the probe the very port that it asks for, and connect it to itself.
        return probe.connect_ex((LOOPBACK, port)) == 0 and probe.getsockname() != probe.getpeername()


def _play(scene, honest, case):
    process = scene.process
    before = process.begin_peak()
    begin = time.monotonic()
    outcome = case.attack(scene)
    seconds = time.monotonic() - begin
    assert process.runs(), f'the process has ended: {process.said()}'
    scene.close()
    assert scene.released(), f'{process.descriptors()} descriptors are left, it had {scene.descriptors}'
    memory = max(0, process.peak() - before)
    wait = honest.end() if honest else None
    assert target.wait_until(lambda: _is_idle(process)), 'it is busy without an attacker'
    trouble = process.stop()
    assert trouble is None, trouble
    return Result(outcome, seconds, memory, wait)


def _is_idle(process):
    used = process.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    return process.cpu_seconds() - used < IDLE_SECONDS * IDLE_SHARE


def _check(case, name, result, weighs):
    expected = case.of('outcome', name)
    assert result.outcome == expected, f'{result.outcome}, not {expected}'
    bound = case.of('memory', name)
    assert not weighs or result.memory <= bound, f'{result.memory} KiB more at the peak, no more than {bound} expected'
