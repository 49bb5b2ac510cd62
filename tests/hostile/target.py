# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The process that is attacked, and what the kernel tells of it."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import time

LIMIT = 120     # seconds until it is gone
STEP = 0.02

# Written to clear_refs: the peak begins anew (proc(5)).
RESET_PEAK = '5'


def wait_until(condition, limit=LIMIT):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(STEP)
    return True


class Target:
    def __init__(self, command, environment):
        self.messages = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                                        stdout=self.messages, stderr=self.messages)

    def runs(self):
        return self.process.poll() is None

    def said(self):
        self.messages.seek(0)
        return self.messages.read().strip()

    def _status(self, field):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(rf'^{field}:\s*(\d+) kB$', file.read(), re.M)[1])

    def begin_peak(self):
        """What it occupies, in KiB; the peak is that from now on."""
        with open(f'/proc/{self.process.pid}/clear_refs', 'w', encoding='ascii') as file:
            file.write(RESET_PEAK)
        return self._status('VmRSS')

    def peak(self):
        return self._status('VmHWM')

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def wait_for_descriptors(self, number):
        return wait_until(lambda: not self.runs() or self.descriptors() <= number) and self.runs()

    def cpu_seconds(self):
        with open(f'/proc/{self.process.pid}/stat', encoding='ascii') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def stop(self):
        """Ends it as a user would, and tells how that went if not well."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f'it did not end by itself: {self.said()}'
        return f'exit status {status}: {self.said()}' if status != 0 else None


def raise_descriptors():
    """Thousands of connections are held here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
