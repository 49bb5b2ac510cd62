// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

import { Board } from './board.js';
import { Counter } from './counter.js';
import { Link } from './link.js';

// Faster than this, figures can't be read.
const FIGURES_PERIOD = 250;

const STATE_TEXTS = {
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Reconnecting',
};

// While attempts follow each other, the text stays: a screen reader reads each
// change of it.
function showState(section, link) {
  const element = section.querySelector('.state');
  const text = element.querySelector('.state-text');
  let before = 'connecting';

  link.addEventListener('state', () => {
    const shown = link.state === 'connecting' && before !== 'connecting' ? 'waiting' : link.state;

    before = link.state;
    element.dataset.state = shown;
    if (text.textContent !== STATE_TEXTS[shown])
      text.textContent = STATE_TEXTS[shown];
  });
}

function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = count < 1024 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);

  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function showFigure(section, name, value, detail) {
  const element = section.querySelector(`[data-figure=${name}]`);
  const small = document.createElement('small');

  small.textContent = detail;
  element.replaceChildren(value, small);
}

function showTraffic(section, link) {
  for (const name of ['received', 'sent'])
    showFigure(section, name, link[name].messages.toLocaleString('en'), bytes(link[name].bytes));
}

function start() {
  const counterSection = document.querySelector('#counter');
  const boardSection = document.querySelector('#board');
  const counterLink = new Link('dumb-increment-protocol');
  const boardLink = new Link('lws-mirror-protocol');
  const counter = new Counter(counterSection, counterLink);
  const board = new Board(boardSection, boardLink);

  showState(counterSection, counterLink);
  showState(boardSection, boardLink);
  setInterval(() => {
    showFigure(counterSection, 'rate', counter.rate?.toFixed(1) ?? '–', 'a second');
    showFigure(boardSection, 'roundtrip', board.roundTrip?.toFixed(1) ?? '–', 'ms');
    showTraffic(counterSection, counterLink);
    showTraffic(boardSection, boardLink);
  }, FIGURES_PERIOD);

  counterLink.connect();
  boardLink.connect();
}

start();
