// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// What handlers are given may be kept: put into an array, worked on in an idle callback,
// used after an await. Collections, and what comes after it, change nothing of it.

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';
import {gc} from 'system';

import {makePair} from './pair.js';
import {equal, ok, run, turn, until} from './tap.js';

Gio._promisify(Gio.SocketClient.prototype, 'connect_to_host_async', 'connect_to_host_finish');
Gio._promisify(Gio.OutputStream.prototype, 'splice_async', 'splice_finish');

const {BINARY, TEXT} = Lwsg.MessageType;
const MESSAGES = 200;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes.toArray());

// What an argument says, for as long as it is what it was.
function describe(value) {
  if (value instanceof Lwsg.Message)
    return [value.get_message_type(), value.get_text(), textOf(value.get_bytes())];
  if (value instanceof GLib.Bytes)
    return textOf(value);
  if (value instanceof Lwsg.Request)
    return [value.method, value.path, value.query, value.list_headers(), value.get_header('host')];
  if (value instanceof Lwsg.Connection)
    return [value.is_client, value.subprotocol, value.remote_address.get_port()];
  if (value instanceof GObject.ParamSpec)
    return value.get_name();
  ok(value === null || typeof value !== 'object', `nobody knows what ${value} says`);

  return value;
}

// All that the signals of an object have given.
class Keeper {
  constructor() {
    this.kept = [];
    this.signals = new Set();
  }

  keep(object, answers = {}) {
    for (const id of GObject.signal_list_ids(object.constructor.$gtype)) {
      const {signal_name: name} = GObject.signal_query(id);

      object.connect(name, (_object, ...parameters) => {
        this.signals.add(id);
        for (const value of parameters)
          this.kept.push([name, value, JSON.stringify(describe(value))]);

        return answers[name]?.(...parameters);
      });
    }
    object.connect('notify', (_object, pspec) => this.kept.push(['notify', pspec, JSON.stringify(pspec.get_name())]));
  }

  check() {
    for (const [name, value, description] of this.kept)
      equal([name, JSON.stringify(describe(value))], [name, description]);
  }
}

async function collect() {
  for (let i = 0; i < 10; i++) {
    gc();
    await turn();
  }
}

async function get(port, path) {
  const connection = await new Gio.SocketClient().connect_to_host_async('127.0.0.1', port, null);
  const answer = Gio.MemoryOutputStream.new_resizable();

  connection.get_output_stream().write_all(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, null);
  await answer.splice_async(connection.get_input_stream(), Gio.OutputStreamSpliceFlags.CLOSE_TARGET,
                            GLib.PRIORITY_DEFAULT, null);

  return textOf(answer.steal_as_bytes());
}

// Of the signals that have arguments, those that no keeper was given any of. What
// ::accept-certificate gives is kept in test-gjs-tls.js.
function missed(keeper) {
  return [Lwsg.Context, Lwsg.Protocol, Lwsg.Connection]
    .flatMap(type => GObject.signal_list_ids(type.$gtype).map(id => [id, GObject.signal_query(id)]))
    .filter(([id, query]) => query.n_params > 0 && !keeper.signals.has(id))
    .map(([, query]) => query.signal_name)
    .filter(name => name !== 'accept-certificate');
}

async function everySignal() {
  const keeper = new Keeper();
  const context = new Lwsg.Context();
  const protocol = context.add_protocol('chat');
  const port = context.listen('127.0.0.1', 0);
  const requests = [];

  keeper.keep(context, {'http-request': request => requests.push(request) > 0});
  keeper.keep(protocol, {accept: () => true, opened: connection => keeper.keep(connection)});
  const client = await context.connect_async(`ws://127.0.0.1:${port}/`, ['chat'], null);

  keeper.keep(client);
  for (let i = 0; i < MESSAGES; i++) {
    client.send_text(`to the server ${i}`);
    protocol.broadcast(i % 2 ? TEXT : BINARY, bytesOf(`to all ${i}`));
    await client.ping_async(bytesOf(`ping ${i}`), null);
    if (i % 20 === 0)
      await collect();
  }
  client.streaming = true;
  for (const text of ['one', 'two'])
    protocol.broadcast_text(text);
  const answered = get(port, '/later?a=b');

  await until(() => requests.length === 1);
  await collect();
  equal(requests[0].path, '/later');
  requests.pop().respond(200, 'text/plain', bytesOf('at last'));
  ok((await answered).endsWith('at last'));
  await client.close_async(Lwsg.CloseCode.NORMAL, null, null);
  await until(() => protocol.n_connections === 0);
  context.close();
  await collect();

  equal(missed(keeper), []);
  ok(keeper.kept.length > 5 * MESSAGES);
  keeper.check();
}

// As apps batch: an array, and an idle callback that works on it later.
async function batches() {
  const {context, protocol, client} = await makePair();
  const batch = [];
  const texts = [];

  client.connect('message', (_client, message) => batch.push(message));
  for (let i = 0; i < MESSAGES; i++) {
    protocol.broadcast_text(`message ${i}`);
    if (i % 20 === 19) {
      await until(() => batch.length === 20);
      await collect();
      texts.push(...batch.splice(0).map(message => message.get_text()));
    }
  }
  equal(texts, [...Array(MESSAGES).keys()].map(i => `message ${i}`));
  context.close();
}

// The message is gone, its payload is not.
async function payloads() {
  const {context, client, server} = await makePair();
  const received = [];

  server.connect('message', (_server, message) => received.push(message.get_bytes()));
  for (let i = 0; i < MESSAGES; i++)
    client.send(BINARY, bytesOf(`payload ${i}`));
  await until(() => received.length === MESSAGES);
  context.close();
  await collect();
  received.forEach((bytes, i) => equal(textOf(bytes), `payload ${i}`));
}

run(Object.entries({everySignal, batches, payloads})
  .map(([name, test]) => [`/introspection/gjs-kept/${name}`, test]));
