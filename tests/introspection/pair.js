// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';

import {emission} from './tap.js';

const ASYNC = [
  [Lwsg.Context, 'connect_async', 'connect_finish'],
  [Lwsg.Context, 'connect_full_async', 'connect_finish'],
  [Lwsg.Connection, 'close_async', 'close_finish'],
  [Lwsg.Connection, 'ping_async', 'ping_finish'],
  [Lwsg.Connection, 'receive_async', 'receive_finish'],
  [Lwsg.Connection, 'send_async', 'send_finish'],
];

for (const [type, begin, finish] of ASYNC)
  Gio._promisify(type.prototype, begin, finish);

// A server with one protocol, and a client's and its own end of a connection.
export async function makePair(name = 'chat') {
  const context = new Lwsg.Context();
  const protocol = context.add_protocol(name);
  const port = context.listen('127.0.0.1', 0);
  const opened = emission(protocol, 'opened');
  const client = await context.connect_async(`ws://127.0.0.1:${port}/?a=b`, name ? [name] : null, null);
  const [server] = await opened;

  return {context, protocol, port, client, server};
}
