// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// The API as JavaScript has it, server and client in one process.

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';

import {makePair} from './pair.js';
import {emission, equal, fails, ok, run, turn, until} from './tap.js';

Gio._promisify(Gio.SocketClient.prototype, 'connect_to_host_async', 'connect_to_host_finish');
Gio._promisify(Gio.OutputStream.prototype, 'splice_async', 'splice_finish');

const {BINARY, TEXT} = Lwsg.MessageType;
const bytesOf = text => new TextEncoder().encode(text);
const textOf = bytes => new TextDecoder().decode(bytes.toArray());

async function shownBy() {
  const line = "const c = await ctx.connect_async('ws://127.0.0.1:PORT/', ['chat'], null); " +
    "c.send_text('hi'); const m = await c.receive_async(null); print(m.get_text())";
  const AsyncFunction = shownBy.constructor;
  const ctx = new Lwsg.Context();
  const chat = ctx.add_protocol('chat');
  const printed = [];

  chat.connect('message', (_chat, connection, message) => connection.send_text(`${message.get_text()} yourself`));
  const port = ctx.listen('127.0.0.1', 0);
  await new AsyncFunction('ctx', 'print', line.replace('PORT', port))(ctx, text => printed.push(text));
  equal(printed, ['hi yourself']);
  ctx.close();
}

async function promises() {
  const {context, port, client} = await makePair();

  // Each returns a promise when there is no callback, also one that fails.
  for (const [object, begin, ...parameters] of [
    [context, 'connect_async', '', null, null],
    [context, 'connect_full_async', '', null, null, null, null],
    [client, 'close_async', 1, null, null],
    [client, 'ping_async', new Uint8Array(126), null],
    [client, 'send_async', TEXT, new Uint8Array([0xff]), null],
  ])
    await fails(() => object[begin](...parameters), Lwsg.Error, Lwsg.Error.INVALID_ARGUMENT);

  const full = await context.connect_full_async(`ws://localhost:${port}/`, ['chat'], null, ['Cookie: a=b'], null);

  equal(await full.close_async(Lwsg.CloseCode.NORMAL, 'bye', null), true);
  equal(await client.send_async(TEXT, bytesOf('x'), null), true);
  equal(typeof await client.ping_async(null, null), 'number');
  context.close();
}

async function errors() {
  const {context, protocol, port, client, server} = await makePair();
  const connect = (uri, subprotocols = null) => context.connect_async(uri, subprotocols, null);
  const {BUSY, CLOSED, INVALID_ARGUMENT} = Lwsg.Error;

  await fails(() => context.listen('127.0.0.1', port), Gio.IOErrorEnum, Gio.IOErrorEnum.ADDRESS_IN_USE);
  await fails(() => context.listen('nowhere.example', 0), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => context.add_protocol('a b'), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => context.add_protocol('chat'), Lwsg.Error, INVALID_ARGUMENT);
  for (const uri of ['', 'ws://', 'http://127.0.0.1/', 'ws://127.0.0.1:0/', 'ws://127.0.0.1/#a', 'ws://a:b@127.0.0.1/'])
    await fails(() => connect(uri), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => connect(`ws://127.0.0.1:${port}/`, ['a b']), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => connect('ws+unix:/nonexistent/socket'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);

  await fails(() => client.send(TEXT, new Uint8Array([0xff])), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => protocol.broadcast(TEXT, new Uint8Array([0xc0, 0x80])), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => client.close(1006, null), Lwsg.Error, INVALID_ARGUMENT);
  await fails(() => client.close(1000, 'x'.repeat(124)), Lwsg.Error, INVALID_ARGUMENT);
  client.send_fragment(TEXT, bytesOf('a'), false);
  await fails(() => client.send_text('between'), Lwsg.Error, BUSY);
  client.send_fragment(TEXT, bytesOf('b'), true);
  equal((await server.receive_async(null)).get_text(), 'ab');
  server.connect('message', () => {});
  await fails(() => server.receive_async(null), Lwsg.Error, BUSY);

  context.close();
  await fails(() => context.listen(null, 0), Lwsg.Error, CLOSED);
  await fails(() => context.add_protocol('late'), Lwsg.Error, CLOSED);
  await fails(() => connect(`ws://127.0.0.1:${port}/`), Lwsg.Error, CLOSED);
  await fails(() => client.get_socket(), Lwsg.Error, CLOSED);
}

async function cancelling() {
  const {context, client, server} = await makePair();
  const cancelled = new Gio.Cancellable();
  const later = new Gio.Cancellable();

  cancelled.cancel();
  await fails(() => client.receive_async(cancelled), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
  await fails(() => context.connect_async('ws://127.0.0.1:1/', null, cancelled),
              Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
  const receiving = client.receive_async(later);

  later.cancel();
  await fails(() => receiving, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
  server.send_text('for the next one');
  equal((await client.receive_async(null)).get_text(), 'for the next one');
  context.close();
}

async function payloads() {
  const {context, client, server} = await makePair(null);

  for (const [type, payload] of [[TEXT, new GLib.Bytes(bytesOf('a\0ü'))], [BINARY, new Uint8Array([0, 1, 255])],
                                 [TEXT, new GLib.Bytes([])], [BINARY, new Uint8Array(70000).fill(7)]]) {
    client.send(type, payload);
    const message = await server.receive_async(null);

    equal(message.get_message_type(), type);
    ok(message.get_bytes().equal(payload instanceof GLib.Bytes ? payload : new GLib.Bytes(payload)));
  }

  // A program makes messages only to hand them on.
  equal(Lwsg.Message.new_text('ü').get_bytes().get_size(), 2);
  equal(Lwsg.Message.new(BINARY, new GLib.Bytes([1])).get_text(), null);
  context.close();
}

async function properties() {
  const context = new Lwsg.Context({max_message_size: 100, ping_interval: 7});
  const changed = emission(context, 'notify::close-timeout');

  context.closeTimeout = 3;
  equal((await changed)[0].get_name(), 'close-timeout');
  equal([context.max_message_size, context.pingInterval, context.close_timeout], [100, 7, 3]);
  ok(context.proxy_resolver instanceof Gio.ProxyResolver);
  context.proxy_resolver = null;
  equal(context.get_proxy_resolver(), null);
  equal(context.get_allowed_origins(), null);
  ok(context.set_allowed_origins(['same-origin', 'https://example.org']));
  equal(context.allowed_origins, ['same-origin', 'https://example.org']);
  try {
    context.set_allowed_origins(['https://example.org/path']);
    ok(false);
  } catch (error) {
    ok(error.matches(Lwsg.Error, Lwsg.Error.INVALID_ARGUMENT));
  }
  context.max_connections = 1000;
  equal([context.max_connections, context.max_connections_per_peer], [1000, 4096]);
  context.close();
}

async function connections() {
  const {context, protocol, client, server} = await makePair();

  equal([client.is_client, server.is_client], [true, false]);
  equal([client.target, server.target, server.subprotocol], [null, '/?a=b', 'chat']);
  equal([client.protocol, server.protocol === protocol], [null, true]);
  equal(server.remote_address.get_address().to_string(), '127.0.0.1');
  ok(server.get_socket().is_connected());
  server.slow_consumer_policy = Lwsg.SlowConsumerPolicy.DROP_OLDEST;
  equal(server.get_slow_consumer_policy(), Lwsg.SlowConsumerPolicy.DROP_OLDEST);
  equal([server.state, server.close_code, server.dropped_messages], [Lwsg.ConnectionState.OPEN, 0, 0]);

  const writable = emission(client, 'writable');

  client.request_writable();
  await writable;
  client.pause();
  ok(client.paused);
  const messages = [];

  client.connect('message', (_client, message) => messages.push(message.get_text()));
  server.send_text('while it is paused');
  await server.send_async(TEXT, bytesOf('again'), null);
  await turn();
  equal(messages, []);
  client.resume();
  await until(() => messages.length === 2);
  context.close();
  // Both ends went at once.
  equal([client.state, client.close_code], [Lwsg.ConnectionState.CLOSED, Lwsg.CloseCode.GOING_AWAY]);
}

async function listModel() {
  const {context, protocol, port, client, server} = await makePair();
  const changes = [];
  const counts = [];

  ok(protocol instanceof Gio.ListModel);
  equal(protocol.get_item_type().name, 'LwsgConnection');
  protocol.connect('items-changed', (_protocol, ...change) => changes.push(change));
  protocol.connect('notify::n-connections', () => counts.push(protocol.n_connections));
  const second = await context.connect_async(`ws://127.0.0.1:${port}/`, ['chat'], null);

  await until(() => protocol.get_n_items() === 2);
  ok(protocol.get_item(0) === server, 'the first connection is not the first item');
  equal(protocol.get_item(1).is_client, false);
  equal(protocol.get_item(2), null);
  await client.close_async(Lwsg.CloseCode.NORMAL, null, null);
  await until(() => protocol.get_n_items() === 1);
  await second.close_async(Lwsg.CloseCode.NORMAL, null, null);
  await until(() => protocol.get_n_items() === 0);
  equal(changes, [[1, 0, 1], [0, 1, 0], [0, 1, 0]]);
  equal(counts, [2, 1, 0]);
  equal(context.lookup_protocol('chat') === protocol && context.lookup_protocol('other'), null);
  context.close();
}

async function broadcasts() {
  const {context, protocol, client} = await makePair();
  const id = protocol.connect('broadcast-request', (_protocol, message) => {
    // Instead of what was asked for.
    GObject.signal_stop_emission_by_name(protocol, 'broadcast-request');
    equal(protocol.broadcast_filtered(message.get_message_type(), bytesOf('another'), () => true), 1);
    equal(protocol.broadcast_filtered(TEXT, bytesOf('nobody gets this'), () => false), 0);
  });

  equal(protocol.broadcast_text('one'), true);
  equal((await client.receive_async(null)).get_text(), 'another');
  protocol.disconnect(id);
  protocol.broadcast(BINARY, new Uint8Array([1, 2]));
  equal((await client.receive_async(null)).get_bytes().get_size(), 2);
  context.close();
  await fails(() => protocol.broadcast_text('late'), Lwsg.Error, Lwsg.Error.CLOSED);
}

async function acceptance() {
  const context = new Lwsg.Context();
  const protocol = context.add_protocol('chat');
  const port = context.listen('127.0.0.1', 0);
  const seen = [];

  protocol.connect('accept', (_protocol, request) => {
    seen.push(request.method, request.path, request.query, request.get_header('origin'), request.get_header('X-None'),
              request.list_headers().includes('X-Mine'), request.remote_address.get_address().to_string());
    return request.get_header('X-Mine') === 'yes' || !request.refuse(429);
  });
  const connect = header => context.connect_full_async(`ws://127.0.0.1:${port}/a%20b?c`, ['chat'],
                                                       'http://origin.example', [`X-Mine: ${header}`], null);

  ok((await connect('yes')).subprotocol === 'chat');
  equal(seen, ['GET', '/a%20b', 'c', 'http://origin.example', null, true, '127.0.0.1']);
  await fails(() => connect('no'), Lwsg.HttpError, Lwsg.HttpError.TOO_MANY_REQUESTS);
  context.close();
}

const latinOf = text => Uint8Array.from(text, character => character.charCodeAt(0));

// The whole answer to a plain request.
async function get(port, path, header = '') {
  const connection = await new Gio.SocketClient().connect_to_host_async('127.0.0.1', port, null);
  const memory = Gio.MemoryOutputStream.new_resizable();

  connection.get_output_stream().write_all(
    latinOf(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${header}\r\n`), null);
  await memory.splice_async(connection.get_input_stream(), Gio.OutputStreamSpliceFlags.CLOSE_TARGET,
                            GLib.PRIORITY_DEFAULT, null);

  return textOf(memory.steal_as_bytes());
}

async function http() {
  const context = new Lwsg.Context();
  const port = context.listen('127.0.0.1', 0);
  const here = Gio.File.new_for_uri(import.meta.url);
  const answers = {
    '/bytes': request => request.respond(200, 'text/plain', bytesOf('ü')),
    '/header': request => request.add_response_header('X-Mine', 'yes') && request.respond(204, null, null),
    '/names': request => request.respond(200, null, bytesOf(request.get_headers('X-Name').join('|'))),
    '/moved': request => request.redirect(307, '/bytes'),
    '/refused': request => request.refuse(403),
    '/file': request => request.respond_file(here, 'text/javascript'),
    '/later': request => GLib.idle_add(GLib.PRIORITY_LOW, () => !request.respond(200, null, bytesOf('late'))),
  };

  context.connect('http-request', (_context, request) => {
    answers[request.path]?.(request);
    return request.path in answers;
  });
  context.serve_directory_full('/strict/', here.get_parent(), Lwsg.DirectoryFlags.NO_SYMLINKS, ['X-Mine: strict']);
  context.serve_directory('/files/', here.get_parent());

  ok(/^HTTP\/1.1 200 .*\r\n\r\nü$/s.test(await get(port, '/bytes')));
  ok(/^HTTP\/1.1 204 .*X-Mine: yes\r\n/s.test(await get(port, '/header')));
  // Those that are no UTF-8 came as ISO-8859-1.
  ok((await get(port, '/names', 'X-Name: Zo\xeb\r\nx-name: \xc3\xbc\r\n')).endsWith('\r\n\r\nZoë|ü'));
  ok(/^HTTP\/1.1 307 .*Location: \/bytes\r\n/s.test(await get(port, '/moved')));
  ok(/^HTTP\/1.1 403 /.test(await get(port, '/refused')));
  ok(/^HTTP\/1.1 200 .*lws-glib/s.test(await get(port, '/file')));
  ok(/^HTTP\/1.1 200 .*\r\n\r\nlate$/s.test(await get(port, '/later')));
  ok(/^HTTP\/1.1 200 .*lws-glib/s.test(await get(port, `/files/${here.get_basename()}`)));
  ok(/^HTTP\/1.1 200 .*X-Mine: strict\r\n/s.test(await get(port, `/strict/${here.get_basename()}`)));
  ok(/^HTTP\/1.1 404 /.test(await get(port, '/nothing')));
  context.close();
}

run(Object.entries({
  shownBy, promises, errors, cancelling, payloads, properties, connections, listModel, broadcasts, acceptance, http,
}).map(([name, test]) => [`/introspection/gjs/${name}`, test]));
