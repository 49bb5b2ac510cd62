#!/usr/bin/env python3
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the inputs that fuzzing begins with to corpus/. What a fuzzer found is
added there by hand, under a name that tells what it was."""

import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).parent / 'corpus'

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xa
FIN = 0x80

KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

UPGRADE = ('GET /chat HTTP/1.1\r\n'
           'Host: server.example.com\r\n'
           'Upgrade: websocket\r\n'
           'Connection: keep-alive, Upgrade\r\n'
           f'Sec-WebSocket-Key: {KEY}\r\n'
           'Origin: http://example.com\r\n'
           'Sec-WebSocket-Protocol: chat, superchat\r\n'
           'Sec-WebSocket-Version: 13\r\n')

SWITCHING = ('HTTP/1.1 101 Switching Protocols\r\n'
             'Upgrade: websocket\r\n'
             'Connection: Upgrade\r\n'
             f'Sec-WebSocket-Accept: {ACCEPT}\r\n')


def frame(first, payload=b'', key=None, length=None):
    """A frame; @length lies about its payload."""
    length = len(payload) if length is None else length
    mask = 0x80 if key else 0
    if length < 126:
        head = struct.pack('!BB', first, mask | length)
    elif length < 65536:
        head = struct.pack('!BBH', first, mask | 126, length)
    else:
        head = struct.pack('!BBQ', first, mask | 127, length)
    if key:
        head += key
        payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    return head + payload


def close(code, reason=b''):
    return struct.pack('!H', code) + reason


def streams():
    """Name, frames as (first byte, payload, lie about the length)."""
    yield 'hello', [(FIN | TEXT, b'Hello')]
    yield 'empty', [(FIN | BINARY, b''), (FIN | TEXT, b'')]
    yield 'fragments', [(TEXT, 'gr\u00fc'.encode()[:3]), (FIN | PING, b'?'), (0, 'gr\u00fc'.encode()[3:]), (0, b''),
                        (FIN, '\u00df'.encode())]
    yield 'close', [(FIN | CLOSE, close(1000, b'bye'))]
    yield 'close-empty', [(FIN | CLOSE, b'')]
    yield 'close-one-byte', [(FIN | CLOSE, b'\x03')]
    yield 'close-bad-code', [(FIN | CLOSE, close(1005))]
    yield 'after-close', [(FIN | CLOSE, close(1001)), (FIN | TEXT, b'late')]
    yield 'pongs', [(FIN | PONG, b''), (FIN | PING, bytes(125)), (FIN | PONG, b'1234567')]
    yield 'length-16', [(FIN | BINARY, bytes(range(200)))]
    yield 'length-64-lie', [(FIN | BINARY, b'abc', (1 << 63) - 1)]
    yield 'length-top-bit', [(FIN | BINARY, b'abc', 1 << 63)]
    yield 'too-long-ping', [(FIN | PING, bytes(126))]
    yield 'fragmented-ping', [(PING, b'x')]
    yield 'unknown-opcode', [(FIN | 0x3, b'x')]
    yield 'reserved-bit', [(FIN | 0x40 | TEXT, b'x')]
    yield 'stray-continuation', [(FIN, b'x')]
    yield 'message-in-message', [(TEXT, b'x'), (FIN | TEXT, b'y')]
    yield 'bad-utf8', [(TEXT, b'a\xc3'), (FIN, b'\xc3')]
    yield 'cut-utf8', [(FIN | TEXT, b'\xf0\x9f\x98')]
    yield 'surrogate', [(FIN | TEXT, b'\xed\xa0\x80')]


def encode(frames, key):
    return b''.join(frame(first, payload, key, *lie) for first, payload, *lie in frames)


def decoder():
    for name, frames in streams():
        yield name + '-server', b'\x00\x12\x34' + encode(frames, b'\x37\xfa\x21\x3d')
        yield name + '-client', b'\x05\x12\x34' + encode(frames, None)
    yield 'not-shortest', b'\x01\x00\x00\x82\x7e\x00\x05Hello'
    yield 'not-masked', b'\x00\x00\x00\x81\x05Hello'


def utf8():
    for name, text in {
            'ascii': b'The quick brown fox jumps over the lazy dog. ' * 2,
            'borders': '\x00\x7f\u0080\u07ff\u0800\ud7fb\ue000\uffff\U00010000\U0010ffff'.encode(),
            'mixed': ('K\u00f6ln \u20ac 5 \U0001f600 ' * 6).encode(),
            'overlong': b'a\xc0\xaf', 'overlong-3': b'\xe0\x9f\xbf', 'overlong-4': b'\xf0\x8f\xbf\xbf',
            'surrogate': b'ok\xed\xa0\x80', 'too-high': b'\xf4\x90\x80\x80', 'cut': b'\xf4\x8f\xbf', 'tail': b'\xbf',
            'late': b'x' * 63 + b'\xff'}.items():
        yield name, b'\x01\x02' + text


def mask():
    for length in 0, 1, 3, 4, 7, 8, 15, 16, 17, 63, 64, 65, 200:
        yield f'bytes-{length}', b'\x37\xfa\x21\x3d\x00\x07' + bytes(i & 0xff for i in range(length))


def heads():
    """Name, kind, text."""
    yield 'upgrade', 0, UPGRADE + '\r\n'
    yield 'get', 0, 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n'
    yield 'empty-line-first', 0, '\r\nGET / HTTP/1.0\r\n\r\n'
    yield 'absolute', 0, 'GET http://[::1]:8080/a%20b?q HTTP/1.1\r\nHost: [::1]:8080\r\nAccept:\t*/* \r\n\r\n'
    yield 'options', 0, 'OPTIONS * HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'
    yield 'body', 0, 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello'
    yield 'smuggling', 0, ('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'
                           '0\r\n\r\n')
    yield 'two-hosts', 0, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'
    yield 'lone-lf', 0, 'GET / HTTP/1.1\nHost: a\n\n'
    yield 'folded', 0, 'GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n'
    yield 'space-before-colon', 0, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'
    yield 'nul', 0, 'GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n'
    yield 'http2', 0, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    yield 'tls', 0, '\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03'
    yield 'switching', 1, SWITCHING + 'Sec-WebSocket-Protocol: chat\r\n\r\n\x01'
    yield 'redirect', 1, 'HTTP/1.1 301 Moved Permanently\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n'
    yield 'no-reason', 1, 'HTTP/1.0 200\r\nConnection: keep-alive\r\n\r\n'
    yield 'not-http', 1, 'SSH-2.0-OpenSSH_9.2\r\n'


def head():
    for name, kind, text in heads():
        yield name, bytes([kind]) + text.encode('latin-1')


def target():
    for name, fields in {
            'path': ('GET', '/a/b.c?d=e', 'example.com'), 'encoded': ('GET', '/%7Euser/%41', 'a:80'),
            'dots': ('GET', '/a/../b', '192.0.2.1:8080'), 'encoded-dots': ('GET', '/%2e%2e/x', '[2001:db8::1]:443'),
            'uri': ('GET', 'http://a.b:80/c', '[::ffff:192.0.2.1]'), 'uri-query': ('GET', 'ws://a?b=/c', 'a:'),
            'uri-bare': ('GET', 'wss://[::1]', 'x%20y'), 'star': ('OPTIONS', '*', 'a:65536'),
            'nul': ('GET', '/%00', '[::1'), 'backslash': ('GET', '/%5c..%5C', 'a,b'),
            'encoded-slash': ('GET', '/a%2f..%2fb', '-._~'), 'fragment': ('GET', '/a#b', '[v1.x]')}.items():
        yield name, '\n'.join(fields).encode()


def field():
    for name, value in {
            'tokens': 'chat, superchat', 'commas': ',, a ,,\tb\t,', 'spaces': ' ' * 40 + 'x' + ' ' * 40, 'twice': 'a,b,a',
            'quoted': 'permessage-deflate; client_max_window_bits="15"', 'characters': "!#$%&'*+-.^_`|~09azAZ",
            'no-token': 'a b, (c)', 'many': ','.join(f'p{i}' for i in range(101)), 'controls': 'a\x01b\x7f'}.items():
        yield name, value.encode()


def server_handshake():
    for name, kind, text in heads():
        if kind == 0:
            yield name, text.encode('latin-1')
    minimal = (f'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
               f'Sec-WebSocket-Key: {KEY}\r\n')
    yield 'version-8', (minimal + 'Sec-WebSocket-Version: 8\r\nSec-WebSocket-Origin: http://a\r\n\r\n').encode()
    yield 'version-12', (minimal + 'Sec-WebSocket-Version: 12\r\n\r\n').encode()
    yield 'offers', (minimal + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a\r\n'
                     'Sec-WebSocket-Protocol: b, c\r\n\r\n').encode()
    yield 'short-key', UPGRADE.replace(KEY, KEY[4:]).encode() + b'\r\n'


def client_handshake():
    fields = '/chat\nserver.example.com\nhttp://example.com\nchat, superchat\nX-Name: value\n'
    for name, answer in {
            'accepted': SWITCHING + 'Sec-WebSocket-Protocol: superchat\r\n\r\n',
            'not-asked-for': SWITCHING + 'Sec-WebSocket-Protocol: other\r\n\r\n', 'none-chosen': SWITCHING + '\r\n',
            'extension': SWITCHING + 'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n',
            'bad-accept': SWITCHING.replace('s3p', 'S3P') + '\r\n',
            'http-1.0': SWITCHING.replace('1.1', '1.0') + '\r\n',
            'refused': 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n',
            'redirect': 'HTTP/1.1 302 Found\r\nLocation: ws://other/\r\n\r\n'}.items():
        yield name, (fields + answer).encode()
    yield 'bare', ('\n\n\n\n\n' + SWITCHING + '\r\n').encode()
    yield 'bad-header', ('/\na\n\n\nUpgrade: x\n' + SWITCHING + '\r\n').encode()
    yield 'bad-host', ('/\na b\n\n\n\n' + SWITCHING + '\r\n').encode()


TAKEOVER, SHORT_LIMIT, AS_TEXT, KEEP, REST = 0x08, 0x10, 0x20, 0x40, 0x80


def inflate():
    def messages(options, *compressed, buffer=16):
        return bytes([options, buffer]) + b'\x12\x34' + b''.join(struct.pack('!H', len(m)) + m for m in compressed)

    def compress(*parts, bits=15, level=9):
        deflater = zlib.compressobj(level, zlib.DEFLATED, -bits)
        return [(deflater.compress(part) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4] for part in parts]

    hello = bytes.fromhex('f248cdc9c90700')
    again = bytes.fromhex('f200110000')
    yield 'hello', messages(7 | TAKEOVER | AS_TEXT, hello, again)
    yield 'no-takeover', messages(7, hello, hello)
    yield 'takeover-missing', messages(7, hello, again)
    yield 'stored', messages(7, bytes.fromhex('000500faff48656c6c6f00'))
    yield 'final-block', messages(7 | TAKEOVER, bytes.fromhex('f348cdc9c9070000'), again)
    yield 'two-blocks', messages(7, bytes.fromhex('f248050000') + bytes.fromhex('00ffffcac9c90700'))
    yield 'empty', messages(7, b'\0', b'', hello)
    yield 'bomb', messages(7 | SHORT_LIMIT, *compress(bytes(60000)))
    yield 'large', messages(7 | KEEP, *compress(bytes(60000)), buffer=255)
    yield 'small-buffer', messages(7 | REST | TAKEOVER, *compress(b'abc' * 50, b'abc' * 9, b'cab' * 7), buffer=0)
    yield 'window-8', messages(0 | TAKEOVER, *compress(bytes(range(256)) * 3, bits=9))
    yield 'text', messages(7 | AS_TEXT, *compress('K\u00f6ln \u20ac \U0001f600'.encode() * 9), buffer=1)
    yield 'bad-text', messages(7 | AS_TEXT, *compress(b'abc\xff'))
    yield 'huffman', messages(7 | TAKEOVER | REST, *compress(UPGRADE.encode(), SWITCHING.encode()))
    yield 'cut', messages(7, hello[:-2], hello)
    yield 'bad', messages(7, b'\xff\xff\xff', hello)


def deflate_offer():
    name = 'permessage-deflate'
    for title, value in {
            'plain': name, 'client-bits': f'{name}; client_max_window_bits', 'three': f'x, {name}; a, {name}',
            'all': f'{name}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; '
                   'client_max_window_bits=15', 'quoted': f'{name}; server_max_window_bits="9"',
            'eight': f'{name};server_max_window_bits=8', 'twice': f'{name}; client_no_context_takeover;'
            'client_no_context_takeover', 'too-many-bits': f'{name}; server_max_window_bits=16', 'zero': f'{name}; '
            'client_max_window_bits=08', 'unknown': f'{name}; other="a\\"b"', 'malformed': f'{name};;=', 'empty': '',
            'commas': ',' * 50, 'open-quote': f'{name}; a="'}.items():
        for settings in 1, 3:
            yield f'{title}-{settings}', bytes([settings, 6]) + value.encode()
    yield 'off', bytes([2, 0]) + name.encode()


# The steps and actions of play.c and play-actions.c, in their order.
(NOTHING, BYTES, FRAME, LARGE_FRAME, HEAD, CHUNK, ROOM, ENDLESS_ROOM, FINISH, RESET, FAIL, BUFFERED, CONNECT, TIME, ACT,
 NEXT_PART, SETTLE, COMPRESSED, BOMB) = range(19)
(DO_NOTHING, SEND_TEXT, SEND_FRAGMENT, SEND_LARGE, ECHO, DO_PING, DO_PONG, DO_CLOSE, ABORT, DESTROY, PAUSE, RESUME,
 WRITABLE, MARK, TURN, BROADCAST, POST, WAIT, LOOK_AWAY, ADD, REFUSE, REPLY_TEXT, REPLY_FILE, HOLD, RELEASE,
 DO_COMPRESS) = range(26)
NO_TURN = 0x80
(FEW_FRAMES, SHORT_MESSAGES, SHORT_OUTPUT, NO_WHOLE_FRAMES, FINISH_ALL, WAIT_ALL, COMPRESS_ALL,
 NO_TAKEOVER) = (1 << i for i in range(8))


def play(steps, callbacks=(), options=0):
    return bytes([options, len(callbacks), *callbacks]) + b''.join(
        bytes(step) if isinstance(step, (tuple, list)) else step for step in steps)


def send_frame(first, payload=b'', step=FRAME):
    return bytes([step, first, len(payload)]) + payload


HELLO = send_frame(FIN | TEXT, b'Hello')
BYE = send_frame(FIN | CLOSE, close(1000))
DATA = [send_frame(FIN | BINARY, bytes(range(60)))] * 4


def talks(begin):
    """What both roles have in common, after the handshake; name, script."""
    yield 'hello', play([begin, HELLO, BYE, [FINISH]], [DO_NOTHING, ECHO])
    yield 'all-at-once', play([begin[:-2], [HEAD | NO_TURN, 0], send_frame(FIN | TEXT, b'one', FRAME | NO_TURN),
                               send_frame(FIN | PING, b'two', FRAME | NO_TURN), HELLO])
    yield 'byte-by-byte', play([[CHUNK, 1], begin, [SETTLE], HELLO, [SETTLE], BYE, [SETTLE]])
    for name, frames in streams():
        raw = b''.join(send_frame(first, payload[:125]) for first, payload, *_ in frames)
        yield f'frames-{name}', play([begin, raw])
    yield 'large', play([begin, [LARGE_FRAME, FIN | BINARY, 0x40, 0], [SETTLE], [LARGE_FRAME, FIN | TEXT, 0x90, 0]],
                        [DO_NOTHING, ECHO, ECHO, ECHO, ECHO])
    yield 'slow-reader', play([begin, [ROOM, 0, 9], [ACT, SEND_LARGE, 0x30, 0], [ACT, DO_PING, 2, 1, 2],
                               send_frame(FIN | PING, b'x'), [ACT, MARK], [ROOM, 1, 0], [ACT, WRITABLE], [ENDLESS_ROOM]],
                              [DO_NOTHING, SEND_TEXT, 9])
    yield 'full', play([begin, [ROOM, 0, 0], [ACT, SEND_LARGE, 8, 0], [ACT, SEND_LARGE, 8, 0], [ENDLESS_ROOM]],
                       options=SHORT_OUTPUT)
    yield 'paused', play([begin, HELLO, HELLO, [ACT, RESUME], [FINISH]], [DO_NOTHING, PAUSE, DO_NOTHING, DESTROY])
    yield 'paused-with-more', play([begin, send_frame(FIN | TEXT, b'one', FRAME | NO_TURN), HELLO, [ACT, RESUME]],
                                   [DO_NOTHING, DO_NOTHING, PAUSE])
    for room in 1, 3, 9, 60:
        yield f'cut-{room}', play([begin, [ROOM, 0, room], [ACT, SEND_LARGE, 0xb0, 0], send_frame(FIN | PING, b'x'),
                                   [ACT, DO_PING, 2, 1, 2], [ACT, WRITABLE], [ENDLESS_ROOM]])
    yield 'same-place', play([begin, [ACT, SEND_TEXT, 9], [ACT, SEND_TEXT, 9], HELLO],
                             [DO_NOTHING, DO_NOTHING, LOOK_AWAY, SEND_TEXT, 9, SEND_TEXT, 9])
    yield 'buffered', play([[BUFFERED], [CHUNK, 3], begin, HELLO, [SETTLE], *DATA, [SETTLE], BYE], [0, PAUSE, RESUME])
    yield 'budget', play([begin, *DATA, *DATA], [0, WAIT, TURN, WAIT], FEW_FRAMES)
    yield 'too-long', play([begin, [LARGE_FRAME, BINARY, 1, 0], [LARGE_FRAME, FIN, 2, 0], HELLO], options=SHORT_MESSAGES)
    yield 'pieces', play([begin, [CHUNK, 50], [LARGE_FRAME, FIN | TEXT, 1, 0], [SETTLE]], options=NO_WHOLE_FRAMES)
    yield 'close-first', play([begin, [ACT, DO_CLOSE, 12], HELLO, BYE], [0, 0, SEND_TEXT, 4])
    yield 'close-in-data', play([begin, HELLO, HELLO], [DO_NOTHING, DO_CLOSE, 4, SEND_TEXT, 3])
    yield 'abort-in-data', play([begin, HELLO, HELLO], [DO_NOTHING, ABORT])
    yield 'destroy-in-data', play([begin, HELLO, HELLO], [DO_NOTHING, DESTROY, SEND_TEXT, 1])
    yield 'destroy-in-closed', play([begin, BYE, [FINISH]], [DO_NOTHING, DO_NOTHING, DESTROY])
    yield 'destroy-with-output', play([begin, [ROOM, 0, 3], [ACT, SEND_TEXT, 20], [ACT, DESTROY]])
    yield 'reset', play([begin, HELLO, [RESET]], [DO_NOTHING, DO_NOTHING, WRITABLE])
    yield 'failures', play([begin, [FAIL, 0], HELLO, [FAIL, 3], [ACT, SEND_TEXT, 3], [FAIL, 4], HELLO])
    yield 'silent', play([begin], options=WAIT_ALL)
    yield 'pongs', play([begin, [TIME, 31], send_frame(FIN | PONG, b'?'), [TIME, 31], [TIME, 31]], options=WAIT_ALL)
    yield 'no-answer-to-close', play([begin, [ACT, DO_CLOSE, 0], [TIME, 7]], options=WAIT_ALL | FINISH_ALL)
    yield 'three', play([[ACT, ADD], [ACT, ADD], begin, [NEXT_PART], begin, [NEXT_PART], begin, HELLO,
                         [ACT, BROADCAST, 9], [ACT, POST, 3], [ACT, LOOK_AWAY, ABORT], HELLO],
                        [0, 0, 0, LOOK_AWAY, DO_CLOSE, 1])
    yield 'fragments-out', play([begin, [ACT, SEND_FRAGMENT, 3], [ACT, DO_PING, 0], [ACT, SEND_TEXT, 3],
                                 [ACT, SEND_TEXT, 3]])
    yield 'refused', play([begin, HELLO], [REFUSE])
    yield 'raw', play([begin, bytes([BYTES, 11]) + bytes.fromhex('818537fa213d7f9f4d5158'),
                       bytes([BYTES, 7]) + b'\x81\x05Hello'])


def send_compressed(first, payload, cut=0, step=COMPRESSED):
    return bytes([step, first, cut, len(payload)]) + payload


RSV1 = 0x40
RESETS = 0x80


def compressed_talks(begin):
    """With permessage-deflate, whatever else was agreed on."""
    text = 'K\u00f6ln \u20ac '.encode() * 9
    hello = send_compressed(FIN | TEXT, text)
    yield 'hello', play([begin, hello, hello, HELLO, hello, BYE], [DO_NOTHING, ECHO, ECHO], COMPRESS_ALL)
    yield 'resets', play([begin, *[send_compressed(FIN | TEXT, text, RESETS)] * 3, [ACT, SEND_TEXT, 90],
                          [ACT, SEND_TEXT, 90]], options=NO_TAKEOVER | COMPRESS_ALL)
    yield 'cut', play([begin, send_compressed(FIN | TEXT, text, 5), send_frame(FIN | PING, b'x'),
                       send_compressed(TEXT, text, 9), send_compressed(FIN, text)], [DO_NOTHING, ECHO, ECHO, ECHO])
    yield 'byte-by-byte', play([begin, [CHUNK, 1], hello, [SETTLE], hello, [SETTLE], BYE, [SETTLE]])
    for name, options in ('bomb', 0), ('bomb-few-frames', FEW_FRAMES), ('bomb-short', SHORT_MESSAGES):
        yield name, play([begin, [BOMB, FIN | TEXT, 0x80, 0], [SETTLE], HELLO, [BOMB, FIN | BINARY, 0xff, 0xff]],
                         [DO_NOTHING, DO_NOTHING, WAIT], options)
    yield 'bomb-paused', play([begin, [BOMB, FIN | BINARY, 0x80, 0], HELLO, [ACT, RESUME], [SETTLE]],
                              [DO_NOTHING, DO_NOTHING, PAUSE], FEW_FRAMES)
    yield 'bomb-closed', play([begin, [BOMB, FIN | BINARY, 0x80, 0], HELLO, BYE], [DO_NOTHING, DO_NOTHING, DO_CLOSE, 0])
    yield 'bomb-aborted', play([begin, [BOMB, FIN | BINARY, 0x80, 0]], [DO_NOTHING, DO_NOTHING, ABORT])
    yield 'bomb-destroyed', play([begin, [BOMB, FIN | BINARY, 0x80, 0]], [DO_NOTHING, DO_NOTHING, DESTROY])
    yield 'bomb-nested', play([begin, [BOMB, FIN | BINARY, 0x80, 0]], [DO_NOTHING, DO_NOTHING, TURN, ECHO, ECHO])
    yield 'idle', play([begin, hello, [TIME, 31], hello, [TIME, 31], send_frame(FIN | PONG), [TIME, 31], hello])
    yield 'bad', play([begin, send_frame(FIN | RSV1 | BINARY, b'\xff\xff\xff')])
    yield 'rsv1-of-ping', play([begin, send_frame(FIN | RSV1 | PING)])
    yield 'final-block', play([begin, send_frame(FIN | RSV1 | TEXT, bytes.fromhex('f348cdc9c9070000')), hello])
    yield 'out', play([begin, [ACT, SEND_LARGE, 0x40, 0], [ACT, SEND_FRAGMENT, 90], [ACT, SEND_FRAGMENT, 0],
                       [ACT, DO_PING, 0], [ACT, SEND_TEXT, 90], [ACT, SEND_LARGE, 0x40, 0], [ACT, BROADCAST, 20], [ACT, BROADCAST, 20]],
                      options=COMPRESS_ALL)
    yield 'slow-reader', play([begin, [BUFFERED], [ROOM, 0, 9], [ACT, SEND_LARGE, 0x30, 0], [ACT, SEND_LARGE, 0x30, 0],
                               hello, [ROOM, 1, 0], [ENDLESS_ROOM], BYE], [DO_NOTHING, ECHO])
    yield 'switched', play([begin, [ACT, SEND_TEXT, 90], [ACT, DO_COMPRESS, 1], [ACT, SEND_TEXT, 90],
                            [ACT, DO_COMPRESS, 2], [ACT, SEND_TEXT, 90], [ACT, DO_COMPRESS, 0], [ACT, SEND_TEXT, 90]], options=COMPRESS_ALL)
    yield 'broadcast', play([[ACT, ADD], [ACT, ADD], begin, [NEXT_PART], begin, [NEXT_PART], begin,
                             *[[ACT, BROADCAST, 40]] * 3, [ACT, SEND_LARGE, 1, 0], [ACT, BROADCAST, 40]])


def varied_talks(begin):
    """Some of them with other parameters, too: @begin (i) is the handshake with the ith."""
    for variety in range(4):
        for name, script in compressed_talks(begin(variety)):
            if variety == 0:
                yield f'compressed-{name}', script
            elif name in ('hello', 'cut', 'out', 'broadcast'):
                yield f'compressed-{variety}-{name}', script


def server():
    yield from talks(bytes([HEAD, 0]))
    yield from varied_talks(lambda variety: bytes([HEAD, 6 + variety]))
    yield 'waits-in-transport', play([[BUFFERED], [ROOM, 0, 50], [HEAD, 0], [ROOM, 1, 0], [ACT, SEND_LARGE, 1, 0], BYE,
                                      [ROOM, 0, 200], [ROOM, 0, 9], [ROOM, 0, 9], [ENDLESS_ROOM], [FINISH]])
    yield 'requests', play([[HEAD | NO_TURN, 2], [HEAD | NO_TURN, 2], [HEAD, 0], HELLO],
                           [REPLY_TEXT, 0, REPLY_FILE, 0, DO_NOTHING])
    yield 'not-found', play([[HEAD, 2], [HEAD, 4]], options=WAIT_ALL)
    yield 'reply-in-parts', play([[HEAD, 2], [ACT, REPLY_TEXT, 4], [ACT, RELEASE]], [HOLD])
    yield 'held', play([[HEAD, 2]], [HOLD], WAIT_ALL)
    yield 'file-slowly', play([[ROOM, 1, 0], [HEAD, 2], [ROOM, 16, 0], [TIME, 9], [ENDLESS_ROOM]], [REPLY_FILE, 0])
    yield 'file-to-nobody', play([[ROOM, 0, 0], [HEAD, 2]], [REPLY_FILE, 0], FINISH_ALL)
    yield 'head-request', play([[HEAD, 3], [HEAD, 2]], [REPLY_FILE, 0])
    yield 'bad-upgrade', play([[HEAD, 5], [HEAD, 0]])
    yield 'subprotocol', play([[HEAD, 1], HELLO])
    yield 'half-a-head', play([b'\x01\x09GET / HTT'], options=WAIT_ALL)
    for name, kind, text in heads():
        if kind == 0:
            yield f'head-{name}', play([bytes([BYTES, min(len(text), 255)]) + text.encode('latin-1')[:255]])


def client():
    yield from talks(bytes([CONNECT, HEAD, 0]))
    yield from varied_talks(lambda variety: bytes([CONNECT, HEAD, 2 * (1 + variety)]))
    yield 'never-connected', play([[ACT, DO_CLOSE, 0], [ACT, SEND_TEXT, 1]])
    yield 'connect-timeout', play([], options=WAIT_ALL)
    yield 'subprotocol', play([[ACT, ADD], [NEXT_PART], [CONNECT], [HEAD, 0], HELLO])
    yield 'subprotocol-missing', play([[CONNECT], [HEAD, 1], HELLO])
    yield 'no-answer', play([[CONNECT], [FINISH]])
    for name, kind, text in heads():
        if kind == 1:
            yield f'head-{name}', play([[CONNECT], bytes([BYTES, min(len(text), 255)]) + text.encode('latin-1')[:255]])


TARGETS = {
    'client': client,
    'client-handshake': client_handshake,
    'decoder': decoder,
    'deflate-offer': deflate_offer,
    'field': field,
    'head': head,
    'inflate': inflate,
    'mask': mask,
    'server': server,
    'server-handshake': server_handshake,
    'target': target,
    'utf8': utf8,
}


def main():
    for name, inputs in TARGETS.items():
        directory = CORPUS / name
        directory.mkdir(parents=True, exist_ok=True)
        for file_name, contents in inputs():
            (directory / file_name).write_bytes(contents)


if __name__ == '__main__':
    main()
