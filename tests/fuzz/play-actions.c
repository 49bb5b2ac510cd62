/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "play.h"

#include "engine/base/error-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/control-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include "kernel.h"

#include <string.h>

/* Nested iterations and what they call. */
#define DEPTH_MAX 4

/* What a broadcast's payload has in front of it. */
#define PADDING 16

#define LETTERS 23

/* The longest payload that an action can name. */
#define PAYLOAD_MAX G_MAXUINT16

/* A sixth of a second: several budgets of an iteration. */
#define MOMENT_MICROSECONDS 166667

typedef void (*Action) (PlayPart *part, FuzzInput *input, const WirePiece *piece);

void
play_make_room (Play *play)
{
  play->payload = g_malloc (PADDING + PAYLOAD_MAX + 1);
}

/* Letters, so that it may be text; other ones each time, in the place of the last. */
static guint8 *
make_payload (Play *play, gsize length)
{
  static guint8 calls[PAYLOAD_MAX + LETTERS];
  guint8 *payload = play->payload + PADDING;

  if (calls[0] == 0)
    for (gsize i = 0; i < sizeof calls; i++)
      calls[i] = (guint8) ('a' + i % LETTERS);

  play->n_payloads++;
  memcpy (payload, calls + play->n_payloads % LETTERS, length);

  return payload;
}

void
play_send (PlayPart *part, WireOpcode opcode, gboolean last, const guint8 *payload, gsize length)
{
  guint8 begun = part->ear.sending;

  if (part->connection == NULL)
    return;

  /* Before it is sent: the peer may hear it at once. */
  if (part->connection->state == ENGINE_STATE_OPEN && engine_write_check_room (part->connection, length, NULL))
    ear_expect (&part->ear, begun != 0 ? begun : opcode, last, payload, length);
  engine_connection_send_data (part->connection, opcode, last, payload, length, NULL);
}

static void
send_made (PlayPart *part, WireOpcode opcode, gboolean last, gsize length)
{
  play_send (part, opcode, last, make_payload (part->play, length), length);
}

static void
do_nothing (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
}

static void
do_send_text (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  send_made (part, WIRE_OPCODE_TEXT, TRUE, fuzz_input_byte (input));
}

static void
do_send_fragment (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  send_made (part, WIRE_OPCODE_BINARY, FALSE, fuzz_input_byte (input));
}

static void
do_send_large (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  send_made (part, WIRE_OPCODE_BINARY, TRUE, fuzz_input_short (input));
}

/* From where it lies. */
static void
do_echo (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (piece != NULL)
    play_send (part, WIRE_OPCODE_BINARY, piece->message_end, piece->data, piece->length);
}

static void
do_ping (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  FuzzInput payload = fuzz_input_take (input, fuzz_input_byte (input) % 8);

  if (part->connection != NULL)
    engine_connection_send_control (part->connection, WIRE_OPCODE_PING, payload.data, payload.length, NULL);
}

static void
do_pong (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  gsize length = fuzz_input_byte (input) % (WIRE_CONTROL_MAX + 2);
  const guint8 *payload = make_payload (part->play, length);

  if (part->connection != NULL)
    engine_connection_send_control (part->connection, WIRE_OPCODE_PONG, payload, length, NULL);
}

static void
do_close (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  static const guint16 codes[] = { WIRE_CLOSE_NORMAL, WIRE_CLOSE_NO_STATUS, WIRE_CLOSE_POLICY, 4999 };
  guint8 choice = fuzz_input_byte (input);
  const guint8 *reason = make_payload (part->play, choice);

  if (part->connection == NULL)
    return;
  /* A request is answered to its end, and it may not be the last that was read. */
  part->silenced |= part->connection->state != ENGINE_STATE_RESPONDING;
  part->held = FALSE;
  engine_connection_close (part->connection, codes[choice % G_N_ELEMENTS (codes)], (const char *) reason, choice / 2);
}

static void
do_abort (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (part->connection == NULL)
    return;
  part->silenced = TRUE;
  engine_connection_abort (part->connection, ENGINE_ERROR_CLOSED, "aborted by the script");
}

static void
do_destroy (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  engine_context_destroy (part->play->context);
}

static void
do_pause (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (part->connection != NULL && part->connection->state == ENGINE_STATE_OPEN)
    engine_connection_pause (part->connection, TRUE);
}

static void
do_resume (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (part->connection != NULL && part->connection->state == ENGINE_STATE_OPEN)
    engine_connection_pause (part->connection, FALSE);
}

static void
do_request_writable (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (part->connection == NULL)
    return;
  part->wants_writable |= part->connection->state == ENGINE_STATE_OPEN;
  engine_connection_request_writable (part->connection);
}

static void
do_mark (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (part->connection != NULL && part->connection->state == ENGINE_STATE_OPEN)
    engine_connection_mark (part->connection, part);
}

static void
do_turn (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  engine_loop_service (part->play->context, 0);
}

static void
do_broadcast (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  gsize length = fuzz_input_byte (input) * 50;
  guint8 *payload = make_payload (part->play, length);

  if (!part->play->context->destroyed)
    engine_protocol_broadcast (part->play->protocol, payload, length, NULL);
}

static void
do_post (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  gsize length = fuzz_input_byte (input);
  const guint8 *payload = make_payload (part->play, length);

  if (!part->play->context->destroyed)
    engine_protocol_post (part->play->protocol, payload, length, NULL);
}

static void
do_wait (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  kernel_advance (MOMENT_MICROSECONDS);
}

static void
do_look_away (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  Play *play = part->play;

  /* What follows is done to another connection. */
  play_act (play, &play->parts[(guint) (part - play->parts + 1) % play->n_parts], input, NULL);
}

static void
do_add (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  play_add_part (part->play);
}

static void
do_refuse (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  part->play->refuse = part->play->depth > 0;
}

static gboolean
is_replying (const PlayPart *part)
{
  return part->connection != NULL && part->connection->state == ENGINE_STATE_RESPONDING;
}

static void
do_reply_text (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  static const char *const answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n",
    "and more",
    "HTTP/1.1 200 OK\r\nContent-Le",
    "\n",
  };
  const char *answer = answers[fuzz_input_byte (input) % G_N_ELEMENTS (answers)];

  if (is_replying (part))
    engine_http_response_write (part->connection, (const guint8 *) answer, strlen (answer), NULL);
}

static void
do_reply_file (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", part->play->file);

  if (is_replying (part))
    engine_http_response_file (part->connection, fuzz_input_byte (input) & 1 ? "/nothing/there" : path, "text/plain",
                       NULL, NULL);
}

static void
do_hold (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (!is_replying (part))
    return;
  engine_http_response_hold (part->connection);
  part->held = TRUE;
}

static void
do_release (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  if (!is_replying (part) || !part->held)
    return;
  part->held = FALSE;
  engine_http_response_release (part->connection);
}

/* As a program does that wants no compression for a while, or to drop messages. */
static void
do_compress (PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  guint8 choice = fuzz_input_byte (input);

  if (part->connection == NULL || part->connection->deflate == NULL)
    return;
  part->connection->deflate->off = choice & 1;
  engine_deflate_set_independent (part->connection, (choice & 2) != 0);
}

static const Action actions[] = {
  do_nothing, do_send_text, do_send_fragment, do_send_large, do_echo, do_ping, do_pong, do_close, do_abort,
  do_destroy, do_pause, do_resume, do_request_writable, do_mark, do_turn, do_broadcast, do_post, do_wait,
  do_look_away, do_add, do_refuse, do_reply_text, do_reply_file, do_hold, do_release, do_compress,
};

void
play_act (Play *play, PlayPart *part, FuzzInput *input, const WirePiece *piece)
{
  guint action = fuzz_input_byte (input) % G_N_ELEMENTS (actions);

  if (play->context != NULL && play->depth <= DEPTH_MAX)
    actions[action] (part, input, piece);
}
