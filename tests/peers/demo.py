#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo, over http and ws, https and wss: its page in headless Chromium, and its clients.

    demo.py CLASSIC-SERVER CLASSIC-CLIENT CLASSIC-PING PAGE-DIRECTORY CERTIFICATE-SCRIPT
"""

import base64
import contextlib
import hashlib
import json
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import ports
import tap

SERVER, CLIENT, PING, PAGE, CERTIFICATE_SCRIPT = sys.argv[1:]
LIMIT = 60                      # seconds, for each wait
PORT_TRIES = 5                  # somebody may take a port that was free a moment ago
BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
BROWSER_OPTIONS = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-breakpad',
    '--remote-debugging-pipe',
]

# Settles once LOOK returns something; it is called when the page changes.
WATCH = '''
new Promise(resolve => {
  const look = () => {
    const seen = (LOOK)();

    if (seen)
      resolve(seen);
  };

  new MutationObserver(look).observe(document.body,
                                     { subtree: true, childList: true, characterData: true, attributes: true });
  look();
})
'''
COUNT = "Number(document.querySelector('#counter .number').textContent.replace(/\\D/g, ''))"
STATES = "Array.from(document.querySelectorAll('.state'), element => element.dataset.state).join()"


def end(process):
    """Ends a process and its children; each has a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def read_some(descriptor, deadline):
    left = deadline - time.monotonic()
    assert left > 0 and select.select([descriptor], [], [], left)[0], 'it takes too long'
    return os.read(descriptor, 1 << 16)


@contextlib.contextmanager
def demo_server(*options):
    """The URL of a running server."""
    for _ in range(PORT_TRIES):
        process = subprocess.Popen([SERVER, '--port', str(ports.free_port()), '--resources', PAGE, *options],
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            # Empty if it could not listen.
            found = re.search(rb'https?://\S+', read_some(process.stdout.fileno(), time.monotonic() + LIMIT))
            if found:
                yield found[0].decode() + '/'
                process.send_signal(signal.SIGINT)
                assert process.wait(LIMIT) == 0, 'the server did not end well'
                return
        finally:
            end(process)
            process.stdout.close()
    raise AssertionError('the server does not start')


class Browser:
    """Chromium, with one page, over a pair of pipes: messages in JSON, ended by a 0."""

    def __init__(self, program, directory, *options):
        from_us, to_browser = os.pipe()
        from_browser, from_them = os.pipe()
        # It reads from 3 and writes to 4.
        self.process = subprocess.Popen(
            ['sh', '-c', f'exec "$@" 3<&{from_us} 4>&{from_them}', 'sh', program, *BROWSER_OPTIONS, *options,
             f'--user-data-dir={directory}', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[from_us, from_them], start_new_session=True)
        os.close(from_us)
        os.close(from_them)
        self.descriptors = to_browser, from_browser
        self.received = b''
        self.number = 0
        self.session = None
        self.loaded = False
        self.complaints = []

    def close(self):
        # The polite way first: it leaves nothing behind that still writes.
        with contextlib.suppress(OSError, AssertionError, subprocess.TimeoutExpired):
            self.session = None
            self.call('Browser.close')
            self.process.wait(LIMIT)
        for descriptor in self.descriptors:
            os.close(descriptor)
        end(self.process)

    def read_message(self, deadline):
        while b'\0' not in self.received:
            some = read_some(self.descriptors[1], deadline)
            assert some, 'the browser has ended'
            self.received += some
        message, self.received = self.received.split(b'\0', 1)
        return json.loads(message)

    def note(self, message):
        if message.get('method') == 'Page.loadEventFired':
            self.loaded = True
        elif message.get('method') == 'Runtime.exceptionThrown':
            self.complaints.append(message['params']['exceptionDetails'])
        elif message.get('method') == 'Log.entryAdded' and message['params']['entry']['level'] == 'error':
            self.complaints.append(message['params']['entry'])

    def call(self, method, **params):
        self.number += 1
        request = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            request['sessionId'] = self.session
        os.write(self.descriptors[0], json.dumps(request).encode() + b'\0')

        deadline = time.monotonic() + LIMIT
        while True:
            message = self.read_message(deadline)
            if message.get('id') == self.number:
                assert 'error' not in message, f'{method}: {message}'
                return message['result']
            self.note(message)

    def open(self, url):
        page = next(target for target in self.call('Target.getTargets')['targetInfos'] if target['type'] == 'page')
        attached = self.call('Target.attachToTarget', targetId=page['targetId'], flatten=True)
        self.session = attached['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self.call(f'{domain}.enable')
        self.loaded = False
        assert 'errorText' not in self.call('Page.navigate', url=url)
        deadline = time.monotonic() + LIMIT
        while not self.loaded:
            self.note(self.read_message(deadline))

    def evaluate(self, expression):
        answer = self.call('Runtime.evaluate', expression=expression, awaitPromise=True, returnByValue=True)
        assert 'exceptionDetails' not in answer, answer
        return answer['result'].get('value')

    def watch(self, look):
        return self.evaluate(WATCH.replace('LOOK', look))


def draw_line(browser):
    x, y = browser.evaluate('''{
      const canvas = document.querySelector('#canvas');

      canvas.scrollIntoView({ block: 'center', behavior: 'instant' });
      const box = canvas.getBoundingClientRect();
      [box.x + box.width / 2, box.y + box.height / 2];
    }''')
    for kind, step in (('mousePressed', 0), ('mouseMoved', 40), ('mouseReleased', 40)):
        browser.call('Input.dispatchMouseEvent', type=kind, x=x + step, y=y + step, button='left', clickCount=1)


def find_browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        raise tap.Skip('Chromium is not installed')
    return program


def openssl(*command):
    if not shutil.which('openssl'):
        raise tap.Skip('openssl is not installed')
    return subprocess.run(['openssl', *command], stdout=subprocess.PIPE, check=True).stdout


def make_certificate(directory):
    """The paths of certificate and key, as the demo makes them."""
    subprocess.run(['sh', CERTIFICATE_SCRIPT, directory], check=True)
    return os.path.join(directory, 'certificate.pem'), os.path.join(directory, 'key.pem')


def public_key_hash(key):
    """What Chromium calls a certificate's key by."""
    return base64.b64encode(hashlib.sha256(openssl('pkey', '-in', key, '-pubout', '-outform', 'DER')).digest()).decode()


@contextlib.contextmanager
def page(directory, server_options=(), browser_options=()):
    """The browser with the page of a server, which uses both its connections."""
    program = find_browser()
    with demo_server(*server_options) as url, \
            contextlib.closing(Browser(program, directory, *browser_options)) as browser:
        browser.open(url)
        # Both connections are up, and the counter counts.
        assert browser.watch(f"() => {STATES} === 'open,open' && {STATES}") == 'open,open'
        first = browser.watch(f'() => {COUNT}')
        assert browser.watch(f'() => {COUNT} > {first + 10} && {COUNT}') > first
        # What is drawn shows when it comes back from the server.
        draw_line(browser)
        assert browser.watch("() => document.querySelector('.paper').dataset.drawn === '' && 'drawn'") == 'drawn'
        assert not browser.complaints, browser.complaints
        yield browser


def temporary_directory():
    return tempfile.TemporaryDirectory(prefix='lws-glib-demo-', ignore_cleanup_errors=True)


def check_page():
    with temporary_directory() as directory, page(directory) as browser:
        assert browser.evaluate('location.protocol') == 'http:'


def check_page_by_tls():
    openssl('version')
    with temporary_directory() as directory:
        certificate, key = make_certificate(os.path.join(directory, 'demo-tls'))
        with page(os.path.join(directory, 'profile'), ['--certificate', certificate, '--key', key],
                  [f'--ignore-certificate-errors-spki-list={public_key_hash(key)}']) as browser:
            # A page that came by https may open nothing but wss.
            assert browser.evaluate('location.protocol') == 'https:'
            assert browser.evaluate('isSecureContext') is True


def run_client(program, url, *options):
    port = url.rstrip('/').rpartition(':')[2]
    return subprocess.run([program, '--port', port, '--count', '3', *options, 'localhost'], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LIMIT, check=False)


def check_talks(url, *options):
    client = run_client(CLIENT, url, *options)
    assert client.returncode == 0, client
    assert len(client.stdout.splitlines()) == 3 and client.stdout.replace('\n', '').isdigit(), client
    ping = run_client(PING, url, '--interval', '1', *options)
    assert ping.returncode == 0 and '3 received' in ping.stdout, ping


def check_clients():
    with demo_server() as url:
        check_talks(url)
        # It speaks no TLS.
        assert run_client(CLIENT, url, '--self-signed').returncode == 1


def check_clients_by_tls():
    openssl('version')
    with temporary_directory() as directory:
        certificate, key = make_certificate(directory)
        with demo_server('--certificate', certificate, '--key', key) as url:
            check_talks(url, '--self-signed')
            # No authority that the system trusts knows the certificate.
            for program in CLIENT, PING:
                refused = run_client(program, url, '--tls')
                assert refused.returncode == 1 and 'not trusted' in refused.stderr, refused
            assert run_client(CLIENT, url).returncode == 1


def check_certificate():
    openssl('version')
    with temporary_directory() as directory:
        paths = make_certificate(os.path.join(directory, 'a', 'b'))
        certificate, key = paths
        assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
        names = openssl('x509', '-in', certificate, '-noout', '-ext', 'subjectAltName').decode()
        for name in ('DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1'):
            assert name in names, names

        def contents():
            return [open(path, 'rb').read() for path in paths]

        # The second time it is the same one, unless it would not do.
        first = contents()
        make_certificate(os.path.dirname(key))
        assert contents() == first
        openssl('req', '-x509', '-key', key, '-days', '3', '-subj', '/CN=localhost', '-out', certificate)
        make_certificate(os.path.dirname(key))
        second = contents()
        assert second[0] != first[0]
        os.unlink(key)
        make_certificate(os.path.dirname(key))
        assert contents()[0] != second[0]
        assert stat.S_IMODE(os.stat(key).st_mode) == 0o600


if __name__ == '__main__':
    sys.exit(tap.run([('/peers/demo/page', check_page), ('/peers/demo/page-by-tls', check_page_by_tls),
                      ('/peers/demo/clients', check_clients), ('/peers/demo/clients-by-tls', check_clients_by_tls),
                      ('/peers/demo/certificate', check_certificate)]))
