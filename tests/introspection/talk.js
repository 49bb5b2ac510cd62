// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// A client in JavaScript that talks with one of our ends, in whatever language that is.
//
//   talk.js COMMAND-OF-OUR-END...

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';
import {programArgs} from 'system';

import {emission, equal, fails, ok, run} from './tap.js';

Gio._promisify(Lwsg.Context.prototype, 'connect_async', 'connect_finish');
for (const name of ['close', 'ping', 'receive', 'send'])
  Gio._promisify(Lwsg.Connection.prototype, `${name}_async`, `${name}_finish`);
Gio._promisify(Gio.Subprocess.prototype, 'wait_async', 'wait_finish');
Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');

const {BINARY, TEXT} = Lwsg.MessageType;
const SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20];

const context = new Lwsg.Context();
const server = Gio.Subprocess.new([...programArgs, 'server'],
                                  Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE);
let port = null;

const connect = (subprotocols = null, path = '/') =>
  context.connect_async(`ws://127.0.0.1:${port}${path}`, subprotocols, null);

async function start() {
  const output = new Gio.DataInputStream({base_stream: server.get_stdout_pipe()});

  port = (await output.read_line_async(GLib.PRIORITY_DEFAULT, null))[0];
  ok(Number(port) > 0);
}

async function text() {
  const connection = await connect(['text']);

  equal(connection.subprotocol, 'text');
  for (const size of SIZES) {
    const sent = '€'.repeat(size / 3) + 'x'.repeat(size % 3);

    connection.send_text(sent);
    equal((await connection.receive_async(null)).get_text(), sent);
  }
  await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
}

// A string ends at a NUL when it goes through C; the bytes tell all of it.
async function textWithNuls() {
  const connection = await connect();
  const sent = 'a\0b\0\0c';

  await connection.send_async(TEXT, new TextEncoder().encode(sent), null);
  const message = await connection.receive_async(null);

  equal(message.get_message_type(), TEXT);
  equal(new TextDecoder().decode(message.get_bytes().toArray()), sent);
  equal(message.get_text(), 'a');
  await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
}

async function binary() {
  const connection = await connect(['binary']);

  for (const size of SIZES) {
    const sent = Uint8Array.from({length: size}, (_, i) => i * 7 ^ i >> 8);

    await connection.send_async(BINARY, new GLib.Bytes(sent), null);
    const message = await connection.receive_async(null);

    equal(message.get_message_type(), BINARY);
    equal(message.get_text(), null);
    ok(message.get_bytes().equal(new GLib.Bytes(sent)), `${size} bytes came back as others`);
  }
  equal(connection.messages_received, SIZES.length);
  equal(connection.bytes_sent, SIZES.reduce((sum, size) => sum + size));
  await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
}

async function streaming() {
  const connection = await connect(['command']);
  const pieces = [];

  connection.streaming = true;
  connection.send_text('split 2 äöü');
  await new Promise(resolve => connection.connect('fragment', (_connection, type, bytes, last) => {
    equal(type, TEXT);
    pieces.push(...bytes.toArray());
    if (last)
      resolve();
  }));
  equal(new TextDecoder().decode(Uint8Array.from(pieces)), 'äöü');
  await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
}

async function pings() {
  const connection = await connect();

  equal(connection.round_trip_time, -1);
  const pong = emission(connection, 'pong');
  const time = await connection.ping_async(new TextEncoder().encode('payload'), null);
  const [payload] = await pong;

  equal(new TextDecoder().decode(payload.toArray()), 'payload');
  ok(time >= 0 && connection.round_trip_time === time, `it took ${time} µs`);
  ok(await connection.ping_async(null, null) >= 0);
  await connection.close_async(Lwsg.CloseCode.NORMAL, null, null);
}

async function closes() {
  for (const [code, reason] of [[1000, ''], [3000, 'a'], [4999, 'ä'.repeat(61)]]) {
    const connection = await connect(['command']);
    const closed = emission(connection, 'closed');

    connection.send_text(`close ${code} ${reason}`);
    await closed;
    equal(connection.state, Lwsg.ConnectionState.CLOSED);
    equal([connection.close_code, connection.close_reason ?? ''], [code, reason]);
    await fails(() => connection.send_text('late'), Lwsg.Error, Lwsg.Error.CLOSED);
    await fails(() => connection.receive_async(null), Lwsg.Error, Lwsg.Error.CLOSED);
  }
}

async function refusals() {
  await fails(() => connect(['unknown']), Lwsg.HttpError, Lwsg.HttpError.BAD_REQUEST);
  await fails(() => connect(null, '/refuse'), Lwsg.HttpError, Lwsg.HttpError.FORBIDDEN);
  await fails(() => connect(null, '/refuse/503'), Lwsg.HttpError, Lwsg.HttpError.SERVICE_UNAVAILABLE);
  // A status that the enumeration does not name.
  await fails(() => connect(null, '/refuse/418'), Lwsg.HttpError, 418);
}

async function broadcasts() {
  for (const [subprotocol, toSender] of [['fan', true], ['others', false]]) {
    const connections = await Promise.all(Array.from({length: 3}, () => connect([subprotocol])));
    const receivers = toSender ? connections : connections.slice(1);

    connections[0].send_text('to whom it may concern');
    for (const message of await Promise.all(receivers.map(connection => connection.receive_async(null))))
      equal(message.get_text(), 'to whom it may concern');
    connections[1].send(BINARY, new Uint8Array([0, 255]));
    // Whoever was left out before has got nothing before this.
    equal([...(await connections[0].receive_async(null)).get_bytes().toArray()], [0, 255]);
    await Promise.all(connections.map(connection => connection.close_async(Lwsg.CloseCode.NORMAL, null, null)));
  }
}

async function stop() {
  const connection = await connect();
  const closed = emission(connection, 'closed');

  server.get_stdin_pipe().close(null);
  await closed;
  equal(connection.close_code, Lwsg.CloseCode.GOING_AWAY);
  await server.wait_async(null);
  ok(server.get_successful(), `the server ended with status ${server.get_status()}`);
}

run(Object.entries({start, text, textWithNuls, binary, streaming, pings, closes, refusals, broadcasts, stop})
  .map(([name, test]) => [`/introspection/talk/js/${name}`, test]));
