#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates for tests, made by openssl when they are needed.

    certificates.py DIRECTORY NAME HOST...

writes a certificate for these hosts that is its own authority, and its key, as
DIRECTORY/NAME.pem and DIRECTORY/NAME.key. Exit status: 77 if there is no openssl.
"""

import ipaddress
import os
import subprocess
import sys

DAYS = '2'
KINDS = {
    'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    'rsa': ['-newkey', 'rsa:2048'],
}
MISSING = 77


def alternative_name(host):
    try:
        return f'IP:{ipaddress.ip_address(host)}'
    except ValueError:
        return f'DNS:{host}'


def make(directory, name, hosts, issuer=None, kind='ec'):
    """The paths of a new certificate and its key; @issuer is another's NAME, its own by default."""
    certificate, key = (os.path.join(directory, f'{name}.{suffix}') for suffix in ('pem', 'key'))
    command = ['openssl', 'req', '-x509', *KINDS[kind], '-nodes', '-days', DAYS, '-subj', f'/CN={name}',
               '-out', certificate, '-keyout', key]
    if hosts:
        command += ['-addext', f'subjectAltName={",".join(map(alternative_name, hosts))}']
    if issuer:
        command += ['-CA', os.path.join(directory, f'{issuer}.pem'), '-CAkey', os.path.join(directory, f'{issuer}.key'),
                    '-addext', 'basicConstraints=critical,CA:FALSE']
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return certificate, key


def main(directory, name, *hosts):
    try:
        make(directory, name, hosts)
    except FileNotFoundError:
        return MISSING
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
