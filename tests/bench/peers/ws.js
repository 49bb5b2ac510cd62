// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ws.js PORT [CERTIFICATE KEY]: npm's ws as a server of the benchmarks. On the path /fan
// each message goes to all connections on /fan, on any other it is echoed.
const fs = require('fs');
const http = require('http');
const https = require('https');

const BACKLOG = 4096;
const MESSAGE_MAX = 256 * 1024 * 1024;
const MISSING = 77;

let ws;
try {
    ws = require('ws');
} catch {
    console.error('node-ws is not installed');
    process.exit(MISSING);
}

const [port, certificate, key] = process.argv.slice(2);
const server = certificate
    ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
    : http.createServer();
// Unlike the other servers it compresses only when told to; small messages, too.
const sockets = new ws.WebSocketServer({
    server,
    maxPayload: MESSAGE_MAX,
    perMessageDeflate: { threshold: 0 },
});
const fans = new Set();

sockets.on('connection', (socket, request) => {
    const fan = request.url === '/fan';
    if (fan)
        fans.add(socket);
    socket.on('message', (data, binary) => {
        for (const other of fan ? fans : [socket])
            other.send(data, { binary });
    });
    socket.on('close', () => fans.delete(socket));
    socket.on('error', () => {});
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: BACKLOG });
