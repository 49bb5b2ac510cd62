// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// One WebSocket that comes back after a loss, and what went over it.

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15000;
// A connection counts as good after this time. One that the server drops at
// once must not be tried without a pause, again and again.
const GOOD_AFTER = 3000;

const encoder = new TextEncoder();

export class Link extends EventTarget {
  #protocol;
  #socket = null;
  #timer = 0;
  #delay = FIRST_DELAY;
  #openedAt = 0;

  state = 'connecting';
  received = { messages: 0, bytes: 0 };
  sent = { messages: 0, bytes: 0 };

  constructor(protocol) {
    super();
    this.#protocol = protocol;
    addEventListener('online', () => this.#tryNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.#tryNow());
    addEventListener('pagehide', () => this.#socket?.close());
  }

  connect() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/`, this.#protocol);

    this.#socket = socket;
    this.#enter('connecting');
    socket.addEventListener('open', () => this.#opened());
    socket.addEventListener('close', () => this.#closed());
    socket.addEventListener('message', event => this.#message(event.data));
  }

  get unsent() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(text) {
    if (this.state !== 'open')
      return false;
    this.#socket.send(text);
    count(this.sent, text);
    return true;
  }

  #enter(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#enter('open');
  }

  #closed() {
    if (this.state === 'open' && performance.now() - this.#openedAt > GOOD_AFTER)
      this.#delay = FIRST_DELAY;
    // Not all visitors of a restarted server come back in the same moment.
    this.#timer = setTimeout(() => this.connect(), this.#delay * (0.5 + Math.random() / 2));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
    this.#enter('waiting');
  }

  #message(data) {
    if (typeof data !== 'string')
      return;
    count(this.received, data);
    this.dispatchEvent(new CustomEvent('text', { detail: data }));
  }

  #tryNow() {
    if (this.state !== 'waiting')
      return;
    clearTimeout(this.#timer);
    this.connect();
  }
}

function count(total, text) {
  total.messages++;
  total.bytes += encoder.encode(text).length;
}
