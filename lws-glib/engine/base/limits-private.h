/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The limits of a context and their defaults. Times are in ticks of the wheel,
 * which are seconds. */

/* A handshake is one packet each way; who needs longer is stalling. */
#define ENGINE_HANDSHAKE_TICKS 10

/* Answers such as 102 and 103 before the one to our handshake: a server sends one or two, or one
 * every few seconds while it is working. Each may be a head of full size. */
#define ENGINE_INTERIM_ANSWERS 16

/* A client's way to there: names, and SYNs that were lost and sent again. */
#define ENGINE_CONNECT_TICKS 30

/* For the peer's Close after ours. Browsers allow a few seconds, too. */
#define ENGINE_CLOSE_TICKS 5

/* What waits for a slow reader when a connection is to close, or behind our Close, may
 * take this long in all, as long as it becomes less. */
#define ENGINE_DRAIN_TICKS 60

/* How long we discard what still comes after our FIN, so that the Close frame
 * isn't overtaken by a reset. */
#define ENGINE_LINGER_TICKS 2

/* Between two requests on a kept-alive HTTP connection. */
#define ENGINE_KEEP_ALIVE_TICKS 15

/* A reply must make some progress in this time. */
#define ENGINE_RESPONSE_TICKS 30

/* For an owner that answers a request later: after that long browsers have given up. A peer
 * that has silently gone must not stay for as long as the owner thinks. */
#define ENGINE_ANSWER_TICKS 300

/* After this silence we send a Ping; without a sign of life in the second time
 * the peer is gone. Below the 60 s after which proxies cut idle connections. */
#define ENGINE_PING_TICKS 30
#define ENGINE_PONG_TICKS 20

/* The header of a frame, or a small frame that is passed on whole, may be on its way for
 * this long, and no longer than twice: by then it is no slow network. */
#define ENGINE_FRAME_TICKS 30

/* Connections to a server: what a machine of some size can hold, and what the largest
 * office or carrier behind one address may need. */
#define ENGINE_CONNECTIONS 65536
#define ENGINE_CONNECTIONS_PER_PEER 4096

/* Handshakes under way: each is up to 20 KiB of TLS and a signature to be made. Where there are
 * more, those go that have kept us waiting for the longest time; if there are none, others wait in the kernel's
 * backlog, and those of one address are refused. */
#define ENGINE_HANDSHAKES 2048
#define ENGINE_HANDSHAKES_PER_PEER 64

/* Once half of that is under way, who has said nothing for so long goes without being one too many:
 * a client sends its first bytes together with the end of TCP's own handshake. */
#define ENGINE_SILENT_TICKS 2

/* ... and who has begun to speak is left this time to end, however many there are: TLS and a request are three
 * round trips, a satellite's take 2 s. */
#define ENGINE_SPEAKING_TICKS 3

/* What may wait for a slow reader on one connection. */
#define ENGINE_OUTPUT_LIMIT (16 * 1024 * 1024)

/* A data frame of at most this size reaches the classic callback in one piece,
 * however it was cut up on its way; its programs count on that. */
#define ENGINE_WHOLE_FRAME 4096

/* One iteration stops for the other sources of a main loop after this much time or
 * this many frames: a frame of a 60 Hz screen has 16 ms. */
#define ENGINE_ITERATION_MICROSECONDS 4000
#define ENGINE_ITERATION_FRAMES 8192

/* For a broadcast, when the service process doesn't keep up. */
#define ENGINE_BROADCAST_WAIT_SECONDS 5

/* The largest broadcast that another process may hand in. */
#define ENGINE_BROADCAST_MAX (64 * 1024 * 1024)

/* Compression, RFC 7692. A window of 4 KiB and memory level 5: 38 KiB for a connection that
 * sends, 11 KiB for one that receives, instead of 262 and 40.
 * Measured with messages of half a kilobyte of JSON that are alike, 49 % is left of them; the
 * largest window would leave 40. */
#define ENGINE_DEFLATE_WINDOW_BITS 12
#define ENGINE_DEFLATE_MEMORY_LEVEL 5

/* The fastest. Level 6 took a quarter more time for these messages, and left 45 %. */
#define ENGINE_DEFLATE_LEVEL 1

/* What a shorter message could save is less than the headers of the packet it travels in. */
#define ENGINE_DEFLATE_THRESHOLD 256

/* What a fragment may be compressed to: it stands in a GByteArray, whose length is a guint and
 * which doubles as it grows. A message in one frame is sent as it is instead. */
#define ENGINE_DEFLATE_FRAGMENT_MAX (1024 * 1024 * 1024)

/* After this much time without use the memory for compression is given back. */
#define ENGINE_DEFLATE_IDLE_TICKS 30

typedef struct {
  guint handshake_ticks;
  guint connect_ticks;
  guint close_ticks;
  guint drain_ticks;
  guint linger_ticks;
  guint keep_alive_ticks;
  guint response_ticks;
  guint answer_ticks;
  guint ping_ticks;             /* 0: no pings of our own */
  guint pong_ticks;
  guint frame_ticks;
  guint connections;            /* 0: any number */
  guint connections_per_peer;   /* 0: any number */
  guint handshakes;             /* 0: any number */
  guint handshakes_per_peer;    /* 0: any number */
  gboolean count_loopback;      /* those of this machine are counted for each address, too */
  gsize output_limit;
  gsize fragment_limit;         /* of one that is sent compressed */
  guint64 message_limit;
  guint64 inflated_limit;       /* of one that came compressed, in addition */
  guint32 whole_frame;
  guint32 piece;                /* of a data frame, handed out at once */
  guint iteration_microseconds;
  guint iteration_frames;
} EngineLimits;

#define ENGINE_DEFLATE_DEFAULT                                                                                     \
  {                                                                                                                \
    .enabled = TRUE, .takeover = TRUE, .window_bits = ENGINE_DEFLATE_WINDOW_BITS, .level = ENGINE_DEFLATE_LEVEL,   \
    .memory_level = ENGINE_DEFLATE_MEMORY_LEVEL, .threshold = ENGINE_DEFLATE_THRESHOLD,                            \
  }

#define ENGINE_LIMITS_DEFAULT                                                                                      \
  {                                                                                                                \
    .handshake_ticks = ENGINE_HANDSHAKE_TICKS, .connect_ticks = ENGINE_CONNECT_TICKS,                              \
    .close_ticks = ENGINE_CLOSE_TICKS, .drain_ticks = ENGINE_DRAIN_TICKS,                                          \
    .linger_ticks = ENGINE_LINGER_TICKS, .keep_alive_ticks = ENGINE_KEEP_ALIVE_TICKS,                              \
    .response_ticks = ENGINE_RESPONSE_TICKS, .answer_ticks = ENGINE_ANSWER_TICKS,                                        \
    .ping_ticks = ENGINE_PING_TICKS, .pong_ticks = ENGINE_PONG_TICKS,                                              \
    .frame_ticks = ENGINE_FRAME_TICKS, .connections = ENGINE_CONNECTIONS,                                          \
    .connections_per_peer = ENGINE_CONNECTIONS_PER_PEER, .handshakes = ENGINE_HANDSHAKES,                          \
    .handshakes_per_peer = ENGINE_HANDSHAKES_PER_PEER,                                                             \
    .output_limit = ENGINE_OUTPUT_LIMIT, .fragment_limit = ENGINE_DEFLATE_FRAGMENT_MAX,                            \
    .message_limit = G_MAXUINT64, .inflated_limit = G_MAXUINT64, .whole_frame = ENGINE_WHOLE_FRAME,                \
    .piece = G_MAXUINT32,                                                                                          \
    .iteration_microseconds = ENGINE_ITERATION_MICROSECONDS, .iteration_frames = ENGINE_ITERATION_FRAMES,                              \
  }
