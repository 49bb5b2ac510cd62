# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A certificate for the time of the run."""

import os
import shutil
import subprocess

TEMPLATE = 'cn = "localhost"\ndns_name = "localhost"\nip_address = "127.0.0.1"\ntls_www_server\nexpiration_days = 2\n'


def _with_openssl(certificate, key):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                    '-keyout', key, '-out', certificate], check=True, capture_output=True)


def _with_certtool(certificate, key):
    template = certificate + '.template'
    with open(template, 'w', encoding='utf-8') as file:
        file.write(TEMPLATE)
    subprocess.run(['certtool', '--generate-privkey', '--key-type', 'ecdsa', '--curve', 'secp256r1', '--outfile', key],
                   check=True, capture_output=True)
    subprocess.run(['certtool', '--generate-self-signed', '--load-privkey', key, '--template', template,
                    '--outfile', certificate], check=True, capture_output=True)


def make(folder):
    """The files of an ECDSA P-256 certificate and its key, or None without a tool to make them."""
    pair = [os.path.join(folder, 'certificate.pem'), os.path.join(folder, 'key.pem')]
    if shutil.which('openssl'):
        _with_openssl(*pair)
    elif shutil.which('certtool'):
        _with_certtool(*pair)
    else:
        return None
    return pair
