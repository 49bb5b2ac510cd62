# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers and clients that are compared, and how each is started."""

import dataclasses
import os
import shutil

TLS, FILES, TICK = 'tls', 'files', 'tick'

NGINX = """
daemon off;
master_process off;
pid {scratch}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path {scratch}/nginx-body;
  fastcgi_temp_path {scratch}/nginx-fastcgi;
  proxy_temp_path {scratch}/nginx-proxy;
  scgi_temp_path {scratch}/nginx-scgi;
  uwsgi_temp_path {scratch}/nginx-uwsgi;
  server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""


class Missing(Exception):
    """Why there is no such program here."""


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    title: str
    program: str            # in the build folder, or in the path
    abilities: frozenset
    package: str = ''       # Debian's, if the program is not always built
    client: str = ''        # the program that makes a client of the same library
    sockets: bool = True    # knows WebSockets


def _server(name, title, program, *abilities, **more):
    return Server(name, title, program, frozenset(abilities), **more)


SERVERS = [
    _server('floor', 'bare epoll', 'peers/bench-floor'),
    _server('classic', 'lws-glib classic', 'server-classic', TLS, FILES, client='client-classic'),
    _server('object', 'lws-glib object', 'server-object', TLS, FILES, TICK, client='client-object'),
    _server('lws', 'libwebsockets', 'peers/bench-lws', TLS, package='libwebsockets-dev'),
    _server('soup', 'libsoup', 'peers/bench-soup', TLS, FILES, TICK, package='libsoup-3.0-dev',
            client='peers/bench-soup-client'),
    _server('qt', 'Qt', 'peers/bench-qt', TLS, package='qt6-websockets-dev'),
    _server('ws', 'npm ws', 'node', TLS, package='node-ws'),
    _server('nginx', 'nginx', 'nginx', FILES, package='nginx-light', sockets=False),
]
OURS = ('classic', 'object')
FLOOR = 'floor'


def by_name(name):
    return next(server for server in SERVERS if server.name == name)


def _built(build, program, package):
    path = os.path.join(build, 'tests', 'bench', program)
    if not os.access(path, os.X_OK):
        raise Missing(f'{package or os.path.basename(program)} was not there when the build was configured')
    return path


def _found(program, package):
    path = shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin')
    if not path:
        raise Missing(f'{package} is not installed')
    return path


def server_command(server, build, port, scratch, certificate=None):
    """The command line; the certificate is a pair of files."""
    if server.name == 'nginx':
        path = _found(server.program, server.package)
        configuration = os.path.join(scratch, f'nginx-{port}.conf')
        with open(configuration, 'w', encoding='utf-8') as file:
            file.write(NGINX.format(scratch=scratch, port=port, files=os.path.join(scratch, 'files')))
        return [path, '-c', configuration, '-p', scratch]
    if server.name == 'ws':
        here = os.path.dirname(os.path.abspath(__file__))
        command = [_found(server.program, 'nodejs'), os.path.join(here, '..', 'peers', 'ws.js')]
    else:
        command = [_built(build, server.program, server.package)]
    return [*command, str(port), *(certificate or [])]


def client_command(server, build):
    return [_built(build, server.client, server.package)]


def load_command(build):
    return [_built(build, 'load/bench-load', 'zlib1g-dev')]
