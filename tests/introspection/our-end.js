// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// Our end of a conversation, in JavaScript: what our_end.py is in Python.
//
//   our-end.js server            prints its port, and serves until its input ends
//   our-end.js client PORT CONNECTIONS SUBPROTOCOLS PATH
//                                opens that many connections, and ends when they are
//                                closed; prints the domain and code of each failure
//   with CERTIFICATE KEY         behind that: over TLS; these files are the server's
//
// Both do what the subprotocol says:
//   text, none           echo; here with receive_async() and send_async()
//   binary               likewise, whatever comes as binary messages
//   fan                  broadcasts what comes
//   others               likewise, but not to the sender
//   command              ping PAYLOAD, split SIZE TEXT, close CODE REASON, client-close, return
// A server refuses /refuse/STATUS, and /refuse without saying why.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';
import {exit, programArgs} from 'system';

Gio._promisify(Lwsg.Context.prototype, 'connect_full_async', 'connect_finish');
for (const name of ['close', 'ping', 'receive', 'send'])
  Gio._promisify(Lwsg.Connection.prototype, `${name}_async`, `${name}_finish`);

const loop = new GLib.MainLoop(null, false);
const context = new Lwsg.Context();
let status = 0;

const bytesOf = text => new TextEncoder().encode(text);

// That a connection ends is no failure, anything else is.
async function untilClosed(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof GLib.Error && error.matches(Lwsg.Error, Lwsg.Error.CLOSED))
      return;
    printerr(`${error}\n${error.stack}`);
    status = 1;
    loop.quit();
  }
}

function echoType(connection, message) {
  return connection.subprotocol === 'binary' ? Lwsg.MessageType.BINARY : message.get_message_type();
}

async function echo(connection) {
  for (;;) {
    const message = await connection.receive_async(null);

    await connection.send_async(echoType(connection, message), message.get_bytes(), null);
  }
}

function split(connection, size, text) {
  const bytes = bytesOf(text);

  for (let start = 0; start < bytes.length; start += size)
    connection.send_fragment(Lwsg.MessageType.TEXT, bytes.slice(start, start + size), start + size >= bytes.length);
}

async function obey(connection, message) {
  const [, command, argument] = message.get_text().match(/^([a-z-]+) ?(.*)$/s);
  const [, number, text] = argument.match(/^(\d+) (.*)$/s) ?? [];

  if (command === 'ping') {
    await connection.ping_async(bytesOf(argument), null);
    connection.send_text(`pong ${argument}`);
  } else if (command === 'split') {
    split(connection, Number(number), text);
  } else if (command === 'close') {
    connection.close(Number(number), text);
  } else {
    await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
  }
}

function accept(_protocol, request) {
  if (!request.path.startsWith('/refuse'))
    return true;

  const refusal = Number(request.path.split('/')[2] ?? 0);

  if (refusal !== 0)
    request.refuse(refusal);
  return false;
}

function serve(certificate, key) {
  if (certificate)
    context.set_tls_certificate(Gio.TlsCertificate.new_from_files(certificate, key));

  const names = [null, 'text', 'binary', 'fan', 'others', 'command'];
  const protocols = new Map(names.map(name => [name, context.add_protocol(name)]));

  for (const name of [null, 'text', 'binary'])
    protocols.get(name).connect('opened', (_protocol, connection) => untilClosed(() => echo(connection)));
  protocols.get('fan').connect('message', (protocol, _connection, message) => {
    protocol.broadcast(message.get_message_type(), message.get_bytes());
  });
  protocols.get('others').connect('message', (protocol, sender, message) => {
    protocol.broadcast_filtered(message.get_message_type(), message.get_bytes(), other => other !== sender);
  });
  protocols.get('command').connect('message', (_protocol, connection, message) => {
    untilClosed(() => obey(connection, message));
  });
  for (const protocol of protocols.values())
    protocol.connect('accept', accept);

  print(context.listen('127.0.0.1', 0));
  GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP, () => loop.quit());
}

async function talk(uri, subprotocols) {
  let connection;

  try {
    connection = await context.connect_full_async(uri, subprotocols, 'http://origin.example', null, null);
  } catch (error) {
    print(GLib.quark_to_string(error.domain), error.code, error.message);
    return;
  }
  if (connection.subprotocol !== 'command') {
    await untilClosed(() => echo(connection));
    return;
  }
  connection.connect('message', (_connection, message) => untilClosed(() => obey(connection, message)));
  await new Promise(resolve => connection.connect('closed', resolve));
}

async function beClient(port, connections, subprotocols, path, certificate) {
  const asked = subprotocols === '-' ? null : subprotocols.split(',');
  const uri = `${certificate ? 'wss' : 'ws'}://127.0.0.1:${port}${path}`;

  if (certificate)
    context.tlsDatabase = Gio.TlsFileDatabase.new(certificate);
  await Promise.all(Array.from({length: Number(connections)}, () => talk(uri, asked)));
  loop.quit();
}

const [role, ...parameters] = programArgs;

if (role === 'server')
  serve(...parameters);
else
  beClient(...parameters);
loop.run();
context.close();
// What waits hears of the end. GJS crashes now and then if it is left while a call is under way.
while (GLib.MainContext.default().iteration(false));
exit(status);
