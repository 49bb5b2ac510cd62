// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// What becomes of objects that JavaScript lets go of. A process of its own: compiled code
// keeps what it has worked with for a while.

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Lwsg from 'gi://Lwsg?version=1.0';
import {gc} from 'system';

import {makePair} from './pair.js';
import {equal, run, turn, until} from './tap.js';

const Target = GObject.registerClass({
  Properties: {number: GObject.ParamSpec.uint('number', '', '', GObject.ParamFlags.READWRITE, 0, GLib.MAXUINT32, 0)},
}, class Target extends GObject.Object {});

// Tells whether the object in C is gone, not only what JavaScript had of it: a binding
// has no reference to its ends.
function watch(object, property) {
  const target = new Target();
  const binding = object.bind_property(property, target, 'number', GObject.BindingFlags.SYNC_CREATE);

  // The target must stay: the binding would let go of both ends without it.
  return () => target !== null && binding.dup_source() === null;
}

// To ask makes garbage again: what is asked for gets an object in JavaScript.
async function untilFreed(...watches) {
  do {
    for (let i = 0; i < 10; i++) {
      gc();
      await turn();
    }
  } while (!watches.every(isGone => isGone()));
}

async function closed() {
  // Apart, so that nothing of it stays in a variable.
  const make = async () => {
    const {context, protocol, client, server} = await makePair();
    const watches = [watch(context, 'close-timeout'), watch(protocol, 'n-connections'), watch(client, 'close-code'),
                     watch(server, 'close-code')];

    // Handlers that hold what they are connected to, and each other.
    client.connect('message', () => [context, client, server]);
    server.connect('closed', () => [client, server]);
    server.send_text('x');
    await client.close_async(Lwsg.CloseCode.NORMAL, null, null);
    await until(() => server.state === Lwsg.ConnectionState.CLOSED);
    context.close();

    return watches;
  };

  await untilFreed(...await make());
}

async function circles() {
  const make = async () => {
    const {context, protocol, client} = await makePair();
    const watches = [watch(context, 'close-timeout'), watch(protocol, 'n-connections'), watch(client, 'close-code')];

    context.connect('http-request', () => [context, protocol]);
    client.connect('closed', () => [context, client]);
    // Around in a circle, of which JavaScript does not see all: context, protocol, handler,
    // context.
    protocol.connect('message', () => [context, protocol, client]);
    context.close();

    return watches;
  };

  await untilFreed(...await make());
}

async function openConnectionsStay() {
  const {context, protocol, port} = await makePair();
  const received = [];

  // Nobody but its handler knows the connection.
  await (async () => {
    const connection = await context.connect_async(`ws://127.0.0.1:${port}/`, ['chat'], null);

    connection.connect('message', (_connection, message) => received.push(message.get_text()));
  })();
  await until(() => protocol.n_connections === 2);
  for (let i = 0; i < 5; i++) {
    gc();
    await turn();
  }
  protocol.broadcast_text('still there');
  await until(() => received.length === 1);
  equal(received, ['still there']);
  context.close();
}

async function collect() {
  for (let i = 0; i < 10; i++) {
    gc();
    await turn();
  }
}

// A context that was local to a function is held by the connection that it made.
async function localContext() {
  const {context, protocol, port} = await makePair();
  const told = [];
  const open = () => new Lwsg.Context({proxy_resolver: null}).connect_async(`ws://127.0.0.1:${port}/`, ['chat'], null);
  const connection = await open();
  const waiting = await open();
  const settled = waiting.receive_async(null).then(message => message.get_text(), error => error.message);

  connection.connect('closed', () => told.push(connection.close_code));
  await collect();
  equal([connection.state, waiting.state, told.length], [Lwsg.ConnectionState.OPEN, Lwsg.ConnectionState.OPEN, 0]);
  protocol.broadcast_text('still there');
  equal(await settled, 'still there');

  context.close();
  await until(() => told.length === 1);
  equal(told, [Lwsg.CloseCode.GOING_AWAY]);
}

// A server of which only the protocol is left goes on serving.
async function onlyProtocol() {
  const {protocol, port} = (() => {
    const context = new Lwsg.Context();

    return {protocol: context.add_protocol(null), port: context.listen('127.0.0.1', 0)};
  })();

  protocol.connect('message', (_protocol, connection, message) => connection.send_text(message.get_text()));
  await collect();
  const connection = await new Lwsg.Context().connect_async(`ws://127.0.0.1:${port}/`, null, null);

  await collect();
  connection.send_text('echo');
  equal((await connection.receive_async(null)).get_text(), 'echo');
  protocol.context.close();
  await until(() => connection.state === Lwsg.ConnectionState.CLOSED);
}

// What JavaScript lets go of before it is connected, or before it asks for the result.
async function letGo() {
  const {context, protocol, port} = await makePair(null);
  let closed = 0;

  protocol.connect('closed', () => closed++);
  for (let i = 0; i < 5; i++)
    new Lwsg.Context().connect_async(`ws://127.0.0.1:${port}/`, null, null, () => null);
  while (closed < 5)
    await collect();
  context.close();
}

run(Object.entries({closed, circles, openConnectionsStay, localContext, onlyProtocol, letGo})
  .map(([name, test]) => [`/introspection/gjs-garbage/${name}`, test]));
