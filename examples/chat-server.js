#!/usr/bin/env -S gjs -m
// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A room to chat in: serves its page, and tells everybody what somebody says.
// A client connects to /?NAME with the subprotocol "chat" and sends plain text; what it
// gets is JSON, {"name": who, "text": what} or {"news": what, "present": number}.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Lwsg from 'gi://Lwsg?version=1.0';
import {exit, programArgs} from 'system';

// Newer versions of GLib have the functions for Unix in a library of their own.
let onSignal;
try {
    onSignal = (await import('gi://GLibUnix')).default.signal_add_full;
} catch {
    onSignal = GLib.unix_signal_add;
}

const PAGE = Gio.File.new_for_uri(import.meta.url).get_parent().resolve_relative_path('../data/chat');
const HISTORY_MAX = 50;

const loop = new GLib.MainLoop(null, false);
const context = new Lwsg.Context({max_message_size: 4096});
const chat = context.add_protocol('chat');
const history = [];
let scheme = 'http';

const tell = message => chat.broadcast_text(JSON.stringify(message));

function nameOf(connection) {
    const query = connection.target.split('?')[1] ?? '';
    return GLib.uri_unescape_string(query, null)?.trim().slice(0, 24) || 'Somebody';
}

// Pages of other sites stay outside; programs have no origin.
context.set_allowed_origins(['same-origin']);

chat.connect('opened', (_chat, connection) => {
    history.forEach(message => connection.send_text(JSON.stringify(message)));
    tell({news: `${nameOf(connection)} came in`, present: chat.n_connections});
});

chat.connect('closed', (_chat, connection) => {
    tell({news: `${nameOf(connection)} left`, present: chat.n_connections});
});

chat.connect('message', (_chat, connection, message) => {
    const text = message.get_text()?.trim();
    if (!text)
        return;
    history.push({name: nameOf(connection), text});
    history.splice(0, history.length - HISTORY_MAX);
    tell(history.at(-1));
});

// Both in PEM.
function useCertificate(certificate, key) {
    context.set_tls_certificate(Gio.TlsCertificate.new_from_files(certificate, key));
    scheme = 'https';
}

function optionsOf(words) {
    const options = {};
    for (let i = 0; i < words.length; i++) {
        const [, name, value] = words[i].match(/^--(port|certificate|key)(?:=(.*))?$/) ?? [];
        options[name ?? 'unknown'] = value ?? words[++i] ?? '';
    }
    if ('unknown' in options || !/^\d+$/.test(options.port ?? '0') || (!options.certificate && options.key))
        throw new Error('Usage: chat-server.js [--port N] [--certificate FILE [--key FILE]]');
    return options;
}

function start() {
    const {port, certificate, key} = optionsOf(programArgs);
    if (certificate)
        useCertificate(certificate, key ?? certificate);
    context.serve_directory('/', PAGE);
    return context.listen('localhost', Number(port ?? 7681));
}

try {
    const port = start();
    print(`Listening on ${scheme}://127.0.0.1:${port}/ (Ctrl-C ends it)`);
} catch (error) {
    printerr(`chat-server: ${error.message}`);
    exit(1);
}
for (const signal of [2, 15]) // SIGINT and SIGTERM
    onSignal(GLib.PRIORITY_DEFAULT, signal, () => loop.quit());
loop.run();
context.close();
