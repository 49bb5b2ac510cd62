// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// The other end of a conversation, on npm's ws.
//
//   peer.js client CONVERSATION PORT    connects to PORT
//   peer.js server CONVERSATION         prints "PORT CONNECTIONS SUBPROTOCOLS", serves that
//                                       many connections, until its input ends
//
// With CERTIFICATE KEY, two files, behind that, both do so over TLS, and these are the server's.
//
// Exit status: 0 if all was as it has to be, 77 if ws is not installed.
// What our end does for each subprotocol stands in protocols.h.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const https = require('node:https');

let WebSocket;
try {
  WebSocket = require('ws');
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND')
    throw error;
  process.exit(77);
}

const [role, name, ...parameters] = process.argv.slice(2);
const port = role === 'client' ? parameters.shift() : null;
const [certificate, key] = parameters.map(path => fs.readFileSync(path));
const EXCHANGED = Number(process.env.LWS_GLIB_TEST_MESSAGES ?? 300);
const LIMIT = 50000 + EXCHANGED * 50; // milliseconds, for one conversation: less than the test allows
const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20];
const CODES = [[1000, ''], [1000, 'Done.'], [3000, 'a'], [4999, 'ä'.repeat(61) + 'x']];
const CONTROL_MAX = 125;
const CROWD = 20;
const RANDOM_MESSAGES = Number(process.env.LWS_GLIB_TEST_RANDOM_MESSAGES || 1000); // fewer under valgrind
const RANDOM_SIZE_MAX = 256 << 10;
const MIXED = 'aé€😀'; // characters of 1, 2, 3 and 4 bytes

// Compression is on in both, with parameters of some conversations' own.
const DEFLATES = {
  'deflate-resets': { serverNoContextTakeover: true, clientNoContextTakeover: true },
  'deflate-small': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
};
const OPTIONS = { maxPayload: 0, perMessageDeflate: { threshold: 0, ...DEFLATES[name] } };

const random = max => crypto.randomInt(max + 1);

// Text of that many bytes in UTF-8.
function textOf(size) {
  const period = Buffer.byteLength(MIXED);

  return MIXED.repeat(Math.floor(size / period)) + 'x'.repeat(size % period);
}

// A connection whose messages and end can be awaited.
class Connection {
  #messages = [];
  #wake = null;

  constructor(socket) {
    this.socket = socket;
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.ended = true;
        this.#wake?.();
        resolve({ code, reason: reason.toString() });
      });
    });
    // What a loss is called differs; that it was one is seen by the code.
    socket.on('error', error => { this.error = error; });
    socket.on('message', (data, isBinary) => {
      this.#messages.push(isBinary ? data : data.toString());
      this.#wake?.();
    });
  }

  async receive() {
    while (this.#messages.length === 0) {
      assert.ok(!this.ended, `the connection has ended: ${this.error ?? 'without an error'}`);
      await new Promise(resolve => { this.#wake = resolve; });
      this.#wake = null;
    }
    return this.#messages.shift();
  }

  // The API of the other end knows no fragments: it answers each with a message.
  async receiveBytes(size) {
    const parts = [];

    for (let got = 0; got < size; got += parts.at(-1).length)
      parts.push(await this.receive());
    return Buffer.concat(parts);
  }

  // Settles when the kernel has taken all of it.
  send(data, options = {}) {
    return new Promise((resolve, reject) => {
      this.socket.send(data, options, error => error ? reject(error) : resolve());
    });
  }

  async sendFragments(pieces, binary) {
    for (const [index, piece] of pieces.entries())
      await this.send(piece, { binary, fin: index === pieces.length - 1 });
  }

  async echo(message) {
    this.socket.send(message);

    const answer = await this.receive();

    assert.equal(typeof answer, typeof message);
    assert.ok(Buffer.from(answer).equals(Buffer.from(message)),
              `${answer.length} other bytes came back for ${message.length}`);
  }

  async ping(payload) {
    this.socket.ping(payload);
    const [answer] = await once(this.socket, 'pong');
    assert.ok(answer.equals(payload));
  }
}

// Conversations: one function for each connection.

async function text(connection) {
  for (const size of SIZES)
    await connection.echo(textOf(size));
}

async function binary(connection) {
  for (const size of SIZES)
    await connection.echo(crypto.randomBytes(size));
}

async function fragments(connection) {
  const bytesOf = text => Array.from(Buffer.from(text), byte => Buffer.of(byte));

  for (const pieces of [['a', 'b'], ['', 'a', '', 'b', ''], ['x'.repeat(126), '', 'y'.repeat(70000)],
                        Array(1000).fill('z'), bytesOf(MIXED)]) {
    const buffers = pieces.map(piece => Buffer.from(piece));
    const whole = Buffer.concat(buffers);

    for (const isBinary of [true, false]) {
      await connection.sendFragments(buffers, isBinary);
      assert.ok((await connection.receiveBytes(whole.length)).equals(whole));
    }
  }
  await connection.echo(Buffer.from('the end'));
}

// Sends and receives at the same time, as fast as it gets.
async function randomStream(connection) {
  const block = crypto.randomBytes(2 * RANDOM_SIZE_MAX);
  const sizes = Array.from({ length: RANDOM_MESSAGES }, () => random(RANDOM_SIZE_MAX));
  const sent = crypto.createHash('sha256');
  const received = crypto.createHash('sha256');

  async function sendAll() {
    for (const size of sizes) {
      const start = random(block.length - size);
      const message = block.subarray(start, start + size);
      const cuts = Array.from({ length: [0, 0, 1, 5][random(3)] }, () => random(size)).sort((a, b) => a - b);

      sent.update(message);
      await connection.sendFragments([0, ...cuts].map((cut, i) => message.subarray(cut, cuts[i])), true);
    }
  }

  async function receiveAll() {
    let left = sizes.reduce((sum, size) => sum + size, 0);

    while (left > 0) {
      const message = await connection.receive();

      received.update(message);
      left -= message.length;
    }
    assert.equal(left, 0);
  }

  await Promise.all([sendAll(), receiveAll()]);
  assert.equal(received.digest('hex'), sent.digest('hex'));
}

// Sends and receives messages of all sizes; at last each side tells the sum of what it sent.
async function exchange(connection) {
  const binary = crypto.randomBytes(2 << 20);
  const text = Buffer.from(Array.from({ length: 1 << 19 }, () => [...MIXED][random(3)]).join(''));
  const sent = crypto.createHash('sha256');
  const received = crypto.createHash('sha256');

  function add(hash, message) {
    const payload = Buffer.from(message);
    const head = Buffer.alloc(9);

    head[0] = typeof message === 'string' ? 1 : 2;
    head.writeBigUInt64BE(BigInt(payload.length), 1);
    hash.update(head).update(payload);
  }

  // Where a character begins.
  function toCharacter(at) {
    while (at > 0 && at < text.length && (text[at] & 0xc0) === 0x80)
      at--;
    return at;
  }

  async function sendAll() {
    for (let i = 0; i < EXCHANGED; i++) {
      const size = Math.floor(2 ** (Math.random() * 20)) - 1;
      const isBinary = random(1) === 1;
      const block = isBinary ? binary : text;
      const start = random(block.length - size - 1);
      const message = isBinary ? block.subarray(start, start + size)
                               : block.subarray(toCharacter(start), toCharacter(start + size));
      const cuts = Array.from({ length: [0, 0, 1, 5][random(3)] }, () => random(message.length)).sort((a, b) => a - b);

      add(sent, isBinary ? message : message.toString());
      await connection.sendFragments([0, ...cuts].map((cut, i) => message.subarray(cut, cuts[i])), isBinary);
    }
    await connection.send(sent.digest('hex'));
  }

  async function receiveAll() {
    for (let i = 0; i < EXCHANGED; i++)
      add(received, await connection.receive());
    assert.equal(await connection.receive(), received.digest('hex'));
  }

  await Promise.all([sendAll(), receiveAll()]);
}

// Compressed messages of all sizes, whole and in fragments.
async function deflate(connection) {
  const words = Array.from({ length: 100 }, () => crypto.randomBytes(1 + random(30)));
  const take = count => Buffer.concat(Array.from({ length: count }, () => words[random(words.length - 1)]));

  for (let i = 0; i < 100; i++) {
    const message = take([0, 1, 10, 100, 1000, 5000][random(5)]);

    await connection.send(message);
    const answer = message.length > 0 ? await connection.receiveBytes(message.length) : await connection.receive();
    assert.ok(answer.equals(message));
  }
  for (const message of [Buffer.alloc(16 << 20), Buffer.from(textOf(1 << 20))]) {
    await connection.sendFragments([message.subarray(0, 1), message.subarray(1, 70000), Buffer.alloc(0),
                                    message.subarray(70000)], true);
    assert.ok((await connection.receiveBytes(message.length)).equals(message));
  }
}

async function pings(connection) {
  for (const payload of [Buffer.alloc(0), Buffer.from('x'), Buffer.from(Array(CONTROL_MAX).fill(255))])
    await connection.ping(payload);
  // Between the fragments of a message, too.
  await connection.send('a', { binary: true, fin: false });
  await connection.ping(Buffer.from('between'));
  await connection.send('b', { binary: true, fin: true });
  assert.equal((await connection.receiveBytes(2)).toString(), 'ab');
}

async function commandPings(connection) {
  for (const payload of ['', 'x', 'y'.repeat(CONTROL_MAX)]) {
    const pinged = once(connection.socket, 'ping');

    connection.socket.send(`ping ${payload}`);
    assert.equal((await pinged)[0].toString(), payload);
    assert.equal(await connection.receive(), `pong ${payload}`);
  }
}

async function commandSplits(connection) {
  const whole = MIXED.repeat(20);

  for (const size of [1, 2, 3, 7, 125, 126]) {
    connection.socket.send(`split ${size} ${whole}`);
    assert.equal(await connection.receive(), whole);
  }
}

// The answer repeats the code.
const closeWith = (code, reason) => async connection => {
  connection.socket.close(code, reason);
  assert.deepEqual(await connection.closed, { code, reason: '' });
};

const closeByCommand = (command, code, reason) => async connection => {
  connection.socket.send(command);
  assert.deepEqual(await connection.closed, { code, reason });
};

// A connection of TLS can't be reset; what it goes over can, but a client does not let us see it.
const LOSSES = ['between', 'in a frame', 'in an echo', ...certificate && role === 'client' ? [] : ['reset']];

const lose = how => async connection => {
  // The only way to do what no well-behaved peer does.
  const transport = connection.socket._socket;

  await connection.echo(Buffer.alloc(1000));
  switch (how) {
  case 'in a frame':
    // The header says 4096 bytes; a client's has a mask.
    transport.write(Buffer.from(role === 'client' ? '82fe1000' : '827e1000', 'hex'));
    transport.end();
    break;
  case 'in an echo':
    await connection.send(Buffer.alloc(1 << 20));
    connection.socket.terminate();
    break;
  case 'reset':
    (certificate ? transport._parent : transport).resetAndDestroy();
    break;
  default:
    connection.socket.terminate();
  }
  assert.equal((await connection.closed).code, 1006);
};

const crowdMember = number => async connection => {
  for (let i = 0; i < 50; i++)
    await connection.echo(`${number}: ${i} ${'x'.repeat(i * 100)}`);
};

// Each sends, all receive all of it, in one order.
function fanMembers() {
  const orders = [];
  let open;
  let arrived = 0;
  const gate = new Promise(resolve => { open = resolve; });

  return Array.from({ length: CROWD }, (_, number) => async connection => {
    const received = [];

    if (++arrived === CROWD)
      open();
    await gate;
    for (let i = 0; i < 20; i++)
      connection.socket.send(`${number} ${i}`);
    while (received.length < CROWD * 20)
      received.push(await connection.receive());
    orders.push(received);
    assert.deepEqual(received, orders[0]);
    for (let sender = 0; sender < CROWD; sender++) {
      assert.deepEqual(received.filter(message => message.startsWith(`${sender} `)),
                       Array.from({ length: 20 }, (_, i) => `${sender} ${i}`));
    }
  });
}

async function subprotocolsAsServer(connection, request) {
  assert.equal(connection.socket.protocol, 'text');
  assert.equal(request.headers.origin, 'http://origin.example');
  await connection.echo('text');
}

// The subprotocols to ask for, and a function for each connection.
function conversation(name) {
  const found = {
    'text': () => [['text'], [text]],
    'binary': () => [[], [binary]],
    'fragments': () => [['binary'], [fragments]],
    'random': () => [['binary'], [randomStream]],
    'exchange': () => [[], [exchange]],
    'deflate': () => [['binary'], [deflate]],
    'deflate-resets': () => [['binary'], [deflate]],
    'deflate-small': () => [['binary'], [deflate]],
    'pings': () => [['binary'], [pings]],
    'command-pings': () => [['command'], [commandPings]],
    'command-splits': () => [['command'], [commandSplits]],
    'closes': () => [['binary'], CODES.map(([code, reason]) => closeWith(code, reason))],
    'command-closes': () => [['command'], [
      ...CODES.map(([code, reason]) => closeByCommand(`close ${code} ${reason}`, code, reason)),
      closeByCommand('client-close', 1000, ''), closeByCommand('return', 1000, '')]],
    'losses': () => [['binary'], LOSSES.map(lose)],
    'crowd': () => [['text'], Array.from({ length: CROWD }, (_, number) => crowdMember(number))],
    'fan': () => [['fan'], fanMembers()],
    'subprotocols': () => [['unknown', 'text', 'binary'], [subprotocolsAsServer]],
  }[name];

  assert.ok(found, `there is no conversation ${name}`);
  return found();
}

function checkExtensions(socket) {
  assert.equal(socket.extensions, 'permessage-deflate');

  const { params } = socket._extensions['permessage-deflate'];

  if (name === 'deflate-resets')
    assert.ok(params.server_no_context_takeover && params.client_no_context_takeover);
  if (name === 'deflate-small')
    assert.deepEqual([params.server_max_window_bits, params.client_max_window_bits], [9, 9]);
}

// Client

function connect(port, subprotocols) {
  const scheme = certificate ? 'wss' : 'ws';

  return new WebSocket(`${scheme}://127.0.0.1:${port}/`, subprotocols, { ...OPTIONS, ca: certificate });
}

async function talkAsClient(port, subprotocols, talk) {
  const socket = connect(port, subprotocols);
  const connection = new Connection(socket);

  await once(socket, 'open');
  checkExtensions(socket);
  assert.equal(socket.protocol, subprotocols[0] ?? '');
  await talk(connection);
  socket.close();
  await connection.closed;
}

// The client's order decides.
async function subprotocolsAsClient(port) {
  for (const [asked, expected] of [[['text'], 'text'], [['unknown', 'binary', 'text'], 'binary'],
                                   [['command', 'text'], 'command'], [[], '']]) {
    const socket = connect(port, asked);

    await once(socket, 'open');
    assert.equal(socket.protocol, expected);
    socket.close();
    await once(socket, 'close');
  }
}

async function refusedSubprotocolAsClient(port) {
  const [, response] = await once(connect(port, ['unknown', 'Text']), 'unexpected-response');

  assert.equal(response.statusCode, 400);
  response.resume();
  await once(response, 'end');
}

async function beClient(name, port) {
  const special = { 'subprotocols': subprotocolsAsClient, 'refused-subprotocol': refusedSubprotocolAsClient };

  if (special[name])
    return special[name](port);

  const [subprotocols, talks] = conversation(name);

  await Promise.all(talks.map(talk => talkAsClient(port, subprotocols, talk)));
}

// Server

async function endOfInput() {
  process.stdin.resume();
  await once(process.stdin, 'end');
}

// Listens, and returns where.
async function listen(options) {
  if (!certificate) {
    const server = new WebSocket.Server({ ...OPTIONS, ...options, host: '127.0.0.1', port: 0 });

    await once(server, 'listening');
    return server;
  }

  const secure = https.createServer({ cert: certificate, key });
  const server = new WebSocket.Server({ ...OPTIONS, ...options, server: secure });

  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  return server;
}

function announce(server, connections, subprotocols) {
  process.stdout.write(`${server.address().port} ${connections} ${subprotocols.join() || '-'}\n`);
}

async function beServer(name) {
  const [subprotocols, talks] = conversation(name);
  const server = await listen({
    handleProtocols: asked => [...asked].find(subprotocol => subprotocol !== 'unknown'),
  });
  const waiting = [...talks];
  const done = new Promise((resolve, reject) => {
    let left = talks.length;

    server.on('connection', async (socket, request) => {
      const connection = new Connection(socket);

      try {
        checkExtensions(socket);
        await waiting.shift()(connection, request);
        socket.close();
        await connection.closed;
      } catch (error) {
        reject(error);
      }
      if (--left === 0)
        resolve();
    });
  });

  announce(server, talks.length, subprotocols);
  await done;
  await endOfInput();
}

// The path says how.
async function beRefusingServer() {
  const server = await listen({
    handleProtocols: (asked, request) => request.url === '/unasked-subprotocol' ? 'binary' : false,
    verifyClient: ({ req: { url } }, answer) => {
      const status = Number(url.slice(1));

      if (Number.isNaN(status))
        answer(true);
      else
        answer(false, status, 'No.\n', { Location: 'http://elsewhere.example/' });
    },
  });

  // Never reached.
  server.on('connection', socket => socket.close());
  announce(server, 1, ['text']);
  await endOfInput();
}

async function main() {
  if (role === 'client')
    await beClient(name, port);
  else if (name === 'refusal')
    await beRefusingServer();
  else
    await beServer(name);
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

setTimeout(() => fail(new Error('it takes too long')), LIMIT).unref();
// Without the exit, an end that is never seen would keep the servers up.
main().then(() => process.exit(0), fail);
