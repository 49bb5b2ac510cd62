# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine and the versions that results belong to."""

import datetime
import os
import platform
import subprocess


def _field(file, name):
    try:
        with open(file, encoding='utf-8') as lines:
            for line in lines:
                key, _, value = line.partition(':' if ':' in line else '=')
                if key.strip() == name:
                    return value.strip().strip('"')
    except OSError:
        pass
    return None


# What is compared, and what it stands on; some have other names in newer Debians.
PACKAGES = ['libglib2.0-0', 'libglib2.0-0t64', 'libsoup-3.0-0', 'libwebsockets17', 'libwebsockets19t64',
            'libqt6websockets6', 'node-ws', 'nginx', 'libgnutls30', 'libgnutls30t64', 'libssl3', 'libssl3t64']


def _versions(packages):
    """Of those packages that are installed."""
    try:
        output = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${Version} ${db:Status-Status}\n', *packages],
                                capture_output=True, text=True, check=False).stdout
    except OSError:
        return {}
    rows = (line.split() for line in output.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[2] == 'installed'}


def describe():
    memory = _field('/proc/meminfo', 'MemTotal') or '0 kB'
    return {
        'date': datetime.date.today().isoformat(),
        'processor': _field('/proc/cpuinfo', 'model name') or platform.machine(),
        'processors': len(os.sched_getaffinity(0)),
        'memory_gib': round(int(memory.split()[0]) / 1024 / 1024, 1),
        'kernel': platform.release().split('-')[0],
        'system': _field('/etc/os-release', 'PRETTY_NAME') or platform.system(),
        'packages': _versions(PACKAGES),
    }


def sentence(machine):
    return (f"{machine['processor']}, {machine['processors']} processors, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}, {machine['system']}, {machine['date']}")
