// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// Mouse, pencil, fingers and arrow keys, all as lines in units of the board.

// Shorter moves are left out: they can't be seen, but would be sent.
const MOVE_MIN = 25;
const KEY_STEP = 200;
const KEY_STEP_SMALL = 25;

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Pens {
  #canvas;
  #marker;
  #board;
  #draw;
  // By pointer: each finger draws its own line.
  #pointers = new Map();
  #key;
  #keyDown = false;

  // draw (from, to) is called for each line.
  constructor(canvas, marker, board, draw) {
    this.#canvas = canvas;
    this.#marker = marker;
    this.#board = board;
    this.#draw = draw;
    this.#key = { x: board.width / 2, y: board.height / 2 };

    canvas.addEventListener('pointerdown', event => this.#down(event));
    canvas.addEventListener('pointermove', event => this.#move(event));
    for (const type of ['pointerup', 'pointercancel'])
      canvas.addEventListener(type, event => this.#pointers.delete(event.pointerId));
    canvas.addEventListener('keydown', event => this.#pressed(event));
    canvas.addEventListener('focus', () => this.#showMarker());
    canvas.addEventListener('blur', () => this.#showMarker());
  }

  #pointed(event) {
    const box = this.#canvas.getBoundingClientRect();

    return this.#inside((event.clientX - box.left) / box.width * this.#board.width,
                        (event.clientY - box.top) / box.height * this.#board.height);
  }

  #inside(x, y) {
    return {
      x: Math.round(Math.min(Math.max(x, 0), this.#board.width)),
      y: Math.round(Math.min(Math.max(y, 0), this.#board.height)),
    };
  }

  #down(event) {
    if (event.button !== 0)
      return;

    const at = this.#pointed(event);

    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, at);
    this.#draw(at, at);
  }

  #move(event) {
    // A fast hand makes more than one event a frame.
    const events = event.getCoalescedEvents?.() ?? [];

    if (!this.#pointers.has(event.pointerId))
      return;
    for (const step of events.length > 0 ? events : [event])
      this.#moveTo(event.pointerId, this.#pointed(step));
  }

  #moveTo(pointer, to) {
    const from = this.#pointers.get(pointer);

    if (Math.hypot(to.x - from.x, to.y - from.y) < MOVE_MIN)
      return;
    this.#draw(from, to);
    this.#pointers.set(pointer, to);
  }

  #pressed(event) {
    const arrow = ARROWS[event.key];

    if (event.ctrlKey || event.altKey || event.metaKey)
      return;
    if (arrow)
      this.#step(arrow, event.shiftKey ? KEY_STEP_SMALL : KEY_STEP);
    else if (event.key === ' ')
      this.#toggle(event.repeat);
    else
      return;
    event.preventDefault();
    this.#showMarker();
  }

  #step([right, down], length) {
    const from = this.#key;

    this.#key = this.#inside(from.x + right * length, from.y + down * length);
    if (this.#keyDown)
      this.#draw(from, this.#key);
  }

  #toggle(repeated) {
    if (repeated)
      return;
    this.#keyDown = !this.#keyDown;
    if (this.#keyDown)
      this.#draw(this.#key, this.#key);
  }

  // Only keyboards need it: a pointer shows itself.
  #showMarker() {
    this.#marker.hidden = !this.#canvas.matches(':focus-visible');
    this.#marker.toggleAttribute('data-down', this.#keyDown);
    this.#marker.style.left = `${this.#key.x / this.#board.width * 100}%`;
    this.#marker.style.top = `${this.#key.y / this.#board.height * 100}%`;
  }
}
