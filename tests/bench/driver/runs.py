# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One run: a server, a load, and what came of it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

import servers
import workloads

START_LIMIT = 20        # seconds until a server listens
RUN_LIMIT = 300         # seconds for a load beyond the time that it measures
SKIPPED = 77
USAGE = 2               # a server that was given more arguments than it knows
ATTEMPTS = 3            # a port that the kernel has named may be taken before the server asks for it


class Skip(Exception):
    """Why a workload cannot run with a server."""


class Failure(Exception):
    """What went wrong in a run."""


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1].removeprefix('bench-load: ') if lines else 'it says nothing'


class Bench:
    def __init__(self, build, scratch, certificate, seconds):
        self.build = build
        self.scratch = scratch
        self.certificate = certificate
        self.seconds = seconds
        cpus = sorted(os.sched_getaffinity(0))
        # Server and load on a processor each; with one there is nothing to choose.
        self.server_cpu, self.load_cpu = cpus[:2] if len(cpus) > 1 else (None, None)

    def _spawn(self, command, cpu, **more):
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        return subprocess.Popen(command, preexec_fn=pin, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **more)

    def _environment(self, workload):
        environment = {**os.environ, 'NODE_PATH': '/usr/share/nodejs'}
        if servers.FILES in workload.needs:
            environment['BENCH_FILES'] = os.path.join(self.scratch, 'files')
        if servers.TICK in workload.needs:
            environment['BENCH_TICK'] = '1'
        return environment

    @staticmethod
    def _listens(port, process):
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and process.poll() is None:
            with socket.socket() as probe:
                # The kernel may give the probe the very port that it asks for, and connect it to itself.
                if probe.connect_ex(('127.0.0.1', port)) == 0 and probe.getsockname() != probe.getpeername():
                    return True
            time.sleep(0.01)
        return False

    def _start(self, server, workload):
        secure = servers.TLS in workload.needs
        if secure and self.certificate is None:
            raise Skip('there is neither openssl nor certtool to make a certificate')
        for _ in range(ATTEMPTS):
            port = free_port()
            try:
                command = servers.server_command(server, self.build, port, self.scratch,
                                                 self.certificate if secure else None)
            except servers.Missing as why:
                raise Skip(str(why)) from None
            process = self._spawn(command, self.server_cpu, env=self._environment(workload))
            if self._listens(port, process):
                return process, port
            process.kill()
            _, errors = process.communicate()
            if process.returncode == USAGE and secure:
                raise Skip('knows no TLS')
            if process.returncode == SKIPPED:
                raise Skip(last_line(errors))
        raise Failure(f'the server does not start: {last_line(errors)}')

    @contextlib.contextmanager
    def _running(self, server, workload):
        process, port = self._start(server, workload)
        try:
            yield process, port
        finally:
            process.kill()
            process.communicate()

    def _finish(self, process, seconds):
        """What a load or a client printed."""
        try:
            output, errors = process.communicate(timeout=seconds + RUN_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure('the load never ended') from None
        if process.returncode == SKIPPED:
            raise Skip(last_line(errors))
        if process.returncode != 0:
            raise Failure(last_line(errors))
        return json.loads(output)

    def _serve(self, server, workload):
        try:
            command = servers.load_command(self.build)
        except servers.Missing as why:
            raise Skip(str(why)) from None
        with self._running(server, workload) as (process, port):
            load = self._spawn([*command, workload.load, str(port), '--pid', str(process.pid),
                                '--seconds', str(self.seconds), *workloads.load_options(workload)], self.load_cpu)
            results = self._finish(load, self.seconds)
            if servers.TICK in workload.needs:
                process.send_signal(signal.SIGTERM)
                results.update(self._finish(process, 0))
        return results

    def _connect(self, server, workload):
        try:
            command = servers.client_command(server, self.build)
        except servers.Missing as why:
            raise Skip(str(why)) from None
        with self._running(servers.by_name(servers.FLOOR), workload) as (_, port):
            options = workload.options
            client = self._spawn([*command, str(port), str(options.get('connections', 1)),
                                  str(options.get('in_flight', 1)), str(self.seconds)], self.load_cpu)
            return self._finish(client, self.seconds)

    def run(self, server, workload):
        """The numbers of one run, by name; raises Skip or Failure."""
        return (self._connect if workload.load == 'client' else self._serve)(server, workload)
