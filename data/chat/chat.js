// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

const FIRST_WAIT = 500; // milliseconds until it connects again; doubles each time
const LAST_WAIT = 8000;
const LINES_MAX = 500;
const TEXT_MAX = 1000; // characters: the server takes 4096 bytes
const scheme = location.protocol === 'https:' ? 'wss' : 'ws';

const [state, room, form, input] = ['state', 'room', 'form', 'input'].map(id => document.getElementById(id));
const button = form.querySelector('button');
let name = null;
let socket = null;
let wait = FIRST_WAIT;

function addLine(line) {
  const atEnd = room.scrollTop + room.clientHeight >= room.scrollHeight - 8;

  room.append(line);
  while (room.childElementCount > LINES_MAX)
    room.firstElementChild.remove();
  if (atEnd)
    room.scrollTop = room.scrollHeight;
}

function show(message) {
  const line = document.createElement('li');

  if (message.text === undefined) {
    line.className = 'news';
    line.textContent = message.news;
    state.textContent = `${message.present} here`;
  } else {
    const who = document.createElement('b');

    who.textContent = message.name;
    line.className = message.name === name ? 'said own' : 'said';
    line.append(who, message.text);
  }
  addLine(line);
}

function connect() {
  socket = new WebSocket(`${scheme}://${location.host}/?${encodeURIComponent(name)}`, 'chat');
  socket.onopen = () => {
    wait = FIRST_WAIT;
    // The server begins with what was said lately.
    room.replaceChildren();
    state.dataset.open = '';
    button.disabled = false;
  };
  socket.onmessage = event => show(JSON.parse(event.data));
  socket.onclose = () => {
    delete state.dataset.open;
    state.textContent = 'Connecting …';
    button.disabled = true;
    setTimeout(connect, wait);
    wait = Math.min(2 * wait, LAST_WAIT);
  };
}

function comeIn(wanted) {
  if (!wanted)
    return;
  name = wanted;
  input.value = '';
  input.maxLength = TEXT_MAX;
  input.placeholder = 'Say something';
  input.setAttribute('aria-label', 'What to say');
  button.textContent = 'Send';
  connect();
}

form.onsubmit = event => {
  event.preventDefault();
  if (name === null) {
    comeIn(input.value.trim());
  } else if (socket.readyState === WebSocket.OPEN) {
    socket.send(input.value);
    input.value = '';
  }
};
