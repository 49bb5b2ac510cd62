// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// The drawing of lws-mirror-protocol. It shows what comes from the server and
// nothing else, one's own lines too: all visitors see the same, in one order.

import { Pens } from './pens.js';

const BOARD = { width: 10000, height: 7500 };
// As many as the server keeps. Older ones stay visible until the next resize.
const SHAPES_MAX = 16384;
// The server stops reading while others are slow. Then we wait, too.
const UNSENT_MAX = 16384;
const ECHOES_MAX = 1024;

const COMMANDS = {
  line: /^l (#[0-9a-f]{6}) (\d{1,3}) (\d{1,5}) (\d{1,5}) (\d{1,5}) (\d{1,5})$/,
  circle: /^o (#[0-9a-f]{6}) (\d{1,3}) (\d{1,5}) (\d{1,5}) (\d{1,5})$/,
  clear: /^c$/,
  visitors: /^v (\d{1,9})$/,
};

const dark = matchMedia('(prefers-color-scheme: dark)');

export class Board {
  #link;
  #paper;
  #canvas;
  #context;
  #visitors;
  #section;
  #shapes = [];
  #unsent = [];
  #echoes = [];
  #frame = 0;

  roundTrip = null;

  constructor(section, link) {
    const clear = section.querySelector('#clear');

    this.#link = link;
    this.#section = section;
    this.#paper = section.querySelector('.paper');
    this.#canvas = section.querySelector('#canvas');
    this.#context = this.#canvas.getContext('2d');
    this.#visitors = section.querySelector('.visitors');

    clear.addEventListener('click', () => this.#send('c;'));
    link.addEventListener('text', event => this.#received(event.detail));
    link.addEventListener('state', () => {
      clear.disabled = link.state !== 'open';
      this.#stateChanged();
    });
    dark.addEventListener('change', () => this.#redraw());
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
    new Pens(this.#canvas, section.querySelector('.pen'), BOARD, (from, to) => this.#line(from, to));
    this.#showInks();
  }

  #showInks() {
    for (const input of this.#section.querySelectorAll('[name=colour]'))
      input.style.setProperty('--ink', inkOnPaper(input.value));
  }

  // Whoever comes back is sent the drawing again.
  #stateChanged() {
    this.#paper.dataset.state = this.#link.state;
    this.#unsent = [];
    this.#echoes = [];
    if (this.#link.state === 'open')
      this.#erase();
    else
      this.#visitors.textContent = '';
  }

  #line(from, to) {
    const colour = this.#section.querySelector('[name=colour]:checked').value;
    const width = this.#section.querySelector('#width').value;

    if (this.#link.state !== 'open')
      return;
    this.#unsent.push(`l ${colour} ${width} ${from.x} ${from.y} ${to.x} ${to.y};`);
    this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    this.#frame = 0;
    while (this.#unsent.length > 0 && this.#link.unsent < UNSENT_MAX)
      this.#send(this.#unsent.shift());
    if (this.#unsent.length > 0)
      this.#frame = requestAnimationFrame(() => this.#flush());
  }

  #send(command) {
    if (this.#link.send(command) && this.#echoes.length < ECHOES_MAX)
      this.#echoes.push({ command: command.slice(0, -1), time: performance.now() });
  }

  #received(text) {
    for (const command of text.split(';')) {
      this.#measure(command);
      this.#run(command);
    }
  }

  // The server keeps the order of what one visitor sends, so the oldest of ours
  // is the next of ours to come back.
  #measure(command) {
    if (this.#echoes[0]?.command === command)
      this.roundTrip = performance.now() - this.#echoes.shift().time;
  }

  #run(command) {
    for (const [name, pattern] of Object.entries(COMMANDS)) {
      const match = pattern.exec(command);

      if (match)
        return this.#runAs(name, match[1], match.slice(2).map(Number));
    }
  }

  #runAs(name, first, numbers) {
    switch (name) {
    case 'clear':
      this.#erase();
      break;

    case 'visitors':
      this.#visitors.textContent = first === '1' ? 'Only you here' : `${Number(first).toLocaleString('en')} here now`;
      break;

    default:
      this.#add({ name, colour: first, numbers });
    }
  }

  #add(shape) {
    this.#shapes.push(shape);
    if (this.#shapes.length > 2 * SHAPES_MAX)
      this.#shapes.splice(0, SHAPES_MAX);
    this.#paper.dataset.drawn = '';
    this.#paint(shape);
  }

  #erase() {
    this.#shapes = [];
    delete this.#paper.dataset.drawn;
    this.#redraw();
  }

  #resize() {
    this.#canvas.width = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * devicePixelRatio);
    this.#redraw();
  }

  #redraw() {
    this.#showInks();
    this.#context.resetTransform();
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#context.scale(this.#canvas.width / BOARD.width, this.#canvas.height / BOARD.height);
    this.#context.lineCap = 'round';
    for (const shape of this.#shapes)
      this.#paint(shape);
  }

  #paint({ name, colour, numbers: [width, x, y, ...rest] }) {
    const context = this.#context;

    context.beginPath();
    context.lineWidth = width;
    context.strokeStyle = context.fillStyle = inkOnPaper(colour);
    if (name === 'circle') {
      context.arc(x, y, rest[0], 0, 2 * Math.PI);
      context.stroke();
    } else if (x === rest[0] && y === rest[1]) {
      // A line without length is a dot, which canvases don't agree on.
      context.arc(x, y, width / 2, 0, 2 * Math.PI);
      context.fill();
    } else {
      context.moveTo(x, y);
      context.lineTo(...rest);
      context.stroke();
    }
  }
}

// Black ink can't be seen on a dark board, nor white ink on a light one. Such
// colours are shown turned over.
function inkOnPaper(colour) {
  const value = parseInt(colour.slice(1), 16);
  const [red, green, blue] = [value >> 16, value >> 8 & 255, value & 255];
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const visible = dark.matches ? luma > 48 : luma < 216;

  return visible ? colour : `#${(0xffffff - value).toString(16).padStart(6, '0')}`;
}
