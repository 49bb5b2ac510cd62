/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "play.h"

#include "engine/base/limits-private.h"
#include "engine/base/poller-private.h"
#include "engine/client/connector-private.h"
#include "engine/client/handshake-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/state-private.h"
#include "engine/server/handshake-private.h"
#include "engine/websocket/deflate-private.h"
#include "kernel.h"
#include "wire/mask-private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Far more iterations than it takes to come to rest when all has been read, at least a byte
 * in two iterations; who needs more never would. */
#define TURNS_MAX 2000

/* Longer than all deadlines of the default limits in a row. */
#define WAIT_TICKS 100

#define FILE_SIZE 20000
#define FRAME_PAYLOAD_MAX 70000

/* What the largest bomb inflates to is a little more than messages may have. */
#define BOMB_UNIT 16

#define CUT_RESETS 0x80

#define HEAD_END "\r\n\r\n"

static const guint8 mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

typedef void (*Step) (PlayPart *part, FuzzInput *input);

/* --- life */

static EngineConnection *
new_client (Play *play, PlayPart *part)
{
  const EngineDestination destination = {
    .address = "peer.example",
    .port = 80,
    .target = "/chat",
    .subprotocols = play->n_parts % 2 == 0 ? NULL : "chat, superchat",
    .user = part,
  };

  return engine_connector_prepare (play->context, &destination, NULL);
}

void
play_add_part (Play *play)
{
  PlayPart *part = &play->parts[play->n_parts];

  if (play->n_parts == PLAY_PARTS_MAX || play->context->destroyed)
    return;

  play->n_parts++;
  part->play = play;
  part->character = g_byte_array_new ();
  ear_init (&part->ear, play->role);
  memory_peer_init (&part->peer, ear_hear, &part->ear);
  part->connection = play->role == WIRE_ROLE_SERVER
                         ? engine_connection_new (play->context, WIRE_ROLE_SERVER, memory_peer_open (&part->peer))
                         : new_client (play, part);
  part->connection->transport = &memory_peer_transport;
  part->connection->user = part;
}

static void
part_clear (PlayPart *part)
{
  g_assert_null (part->connection);
  memory_peer_clear (&part->peer);
  ear_clear (&part->ear);
  if (part->deflates)
    deflateEnd (&part->deflating);
  g_byte_array_unref (part->character);
}

static void
play_init (Play *play, WireRole role, FuzzInput *input)
{
  EngineLimits *limits;

  *play = (Play) { .role = role, .options = fuzz_input_byte (input) };
  play->callbacks = fuzz_input_take (input, fuzz_input_byte (input));
  play->context = engine_context_new (&play_events, play, NULL);
  play->protocol = engine_context_add_protocol (play->context, "chat", NULL, NULL);
  play_make_room (play);
  play->file = memfd_create ("file", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (play->file, FILE_SIZE), ==, 0);

  limits = &play->context->limits;
  if (play->options & PLAY_OPTION_FEW_FRAMES)
    limits->iteration_frames = 3;
  limits->message_limit = play->options & PLAY_OPTION_SHORT_MESSAGES ? 1000 : 1000000;
  if (play->options & PLAY_OPTION_SHORT_OUTPUT)
    limits->output_limit = 2000;
  if (play->options & PLAY_OPTION_NO_WHOLE_FRAMES)
    limits->whole_frame = 0;
  play->context->deflate.takeover = (play->options & PLAY_OPTION_NO_TAKEOVER) == 0;
  if (play->options & PLAY_OPTION_COMPRESS_ALL)
    {
      play->context->deflate.threshold = 0;
      play->context->deflate.window_bits = WIRE_DEFLATE_BITS_SENDER_MIN;
      play->context->deflate.memory_level = 1;
    }

  play_add_part (play);
}

/* --- iterations */

static void
iteration (Play *play)
{
  if (play->context != NULL)
    engine_loop_service (play->context, 0);
}

static gsize
turns_allowed (const Play *play)
{
  gsize turns = TURNS_MAX;

  for (guint i = 0; i < play->n_parts; i++)
    turns += 2 * memory_peer_unread (&play->parts[i].peer);

  return turns;
}

/* Turns until nothing is left to be done; it must come to that. */
static void
settle (Play *play)
{
  gsize allowed = turns_allowed (play);
  gsize turns = 0;

  while (play->context != NULL && (kernel_has_events () || engine_loop_has_work (play->context)))
    {
      g_assert_cmpuint (turns++, <, allowed);
      iteration (play);
    }
}

/* --- steps of the script: what the peer does */

static void
send_bytes (PlayPart *part, FuzzInput *input)
{
  FuzzInput bytes = fuzz_input_take (input, fuzz_input_byte (input));

  memory_peer_send (&part->peer, bytes.data, bytes.length);
}

static void
send_frame (PlayPart *part, guint8 first_byte, const guint8 *payload, gsize length)
{
  gboolean masked = part->play->role == WIRE_ROLE_SERVER;
  guint8 header[WIRE_FRAME_HEADER_MAX];
  g_autofree guint8 *body = g_memdup2 (payload, length);
  guint32 key;

  memcpy (&key, mask, sizeof key);
  if (masked && length > 0)
    wire_mask (body, length, key);
  memory_peer_send (&part->peer, header, wire_frame_header (header, first_byte, length, masked ? &key : NULL));
  memory_peer_send (&part->peer, body, length);
}

static void
step_frame (PlayPart *part, FuzzInput *input)
{
  guint8 first_byte = fuzz_input_byte (input);
  FuzzInput payload = fuzz_input_take (input, fuzz_input_byte (input));

  send_frame (part, first_byte, payload.data, payload.length);
}

static void
step_large_frame (PlayPart *part, FuzzInput *input)
{
  guint8 first_byte = fuzz_input_byte (input);
  gsize length = MIN (fuzz_input_short (input) * 2, FRAME_PAYLOAD_MAX);
  g_autofree char *payload = g_strnfill (length, 'x');

  send_frame (part, first_byte, (const guint8 *) payload, length);
}

/* --- ... compressed */

/* One more message of the part's peer, without the unread input. */
static GByteArray *
compress_message (PlayPart *part, const guint8 *payload, gsize length, gboolean reset)
{
  z_stream *stream = &part->deflating;
  GByteArray *out;

  if (!part->deflates)
    g_assert_cmpint (deflateInit2 (stream, 1, Z_DEFLATED, -WIRE_DEFLATE_BITS_MAX, 1, Z_DEFAULT_STRATEGY), ==, Z_OK);
  else if (reset)
    deflateReset (stream);
  part->deflates = TRUE;

  out = g_byte_array_new ();
  g_byte_array_set_size (out, (guint) deflateBound (stream, length) + 16);
  stream->next_in = payload;
  stream->avail_in = (uInt) length;
  stream->next_out = out->data;
  stream->avail_out = out->len;
  deflate (stream, Z_SYNC_FLUSH);
  g_assert_cmpuint (stream->avail_out, >, 0);
  /* Without anything new there is no second empty block. */
  g_byte_array_set_size (out, out->len - stream->avail_out);
  g_byte_array_set_size (out, out->len - MIN (out->len, WIRE_ZLIB_TAIL_SIZE));

  return out;
}

/* In two frames, if it is to be cut and long enough. */
static void
send_compressed (PlayPart *part, guint8 first_byte, const guint8 *payload, gsize length, guint8 cut)
{
  g_autoptr (GByteArray) bytes = compress_message (part, payload, length, (cut & CUT_RESETS) != 0);
  gsize first = cut & ~CUT_RESETS;

  first_byte |= WIRE_FRAME_RSV1;
  if (first == 0 || first >= bytes->len)
    {
      send_frame (part, first_byte, bytes->data, bytes->len);
      return;
    }

  send_frame (part, first_byte & (guint8) ~WIRE_FRAME_FIN, bytes->data, first);
  send_frame (part, (first_byte & WIRE_FRAME_FIN) | WIRE_OPCODE_CONTINUATION, bytes->data + first, bytes->len - first);
}

static void
step_compressed (PlayPart *part, FuzzInput *input)
{
  guint8 first_byte = fuzz_input_byte (input);
  guint8 cut = fuzz_input_byte (input);
  FuzzInput payload = fuzz_input_take (input, fuzz_input_byte (input));

  send_compressed (part, first_byte, payload.data, payload.length, cut);
}

static void
step_bomb (PlayPart *part, FuzzInput *input)
{
  guint8 first_byte = fuzz_input_byte (input);
  gsize length = (gsize) fuzz_input_short (input) * BOMB_UNIT;
  g_autofree char *payload = g_strnfill (length, 'x');

  send_compressed (part, first_byte, (const guint8 *) payload, length, 0);
}

/* --- ... heads */

static void
send_text (PlayPart *part, const char *text)
{
  memory_peer_send (&part->peer, text, strlen (text));
}

#define UPGRADE                                                                                                    \
  "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                                  \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate"

static void
step_request (PlayPart *part, FuzzInput *input)
{
  static const char *const requests[] = {
    UPGRADE "\r\n",
    UPGRADE "Sec-WebSocket-Protocol: chat\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    UPGRADE DEFLATE "; client_max_window_bits\r\n\r\n",
    UPGRADE DEFLATE "; server_no_context_takeover\r\n\r\n",
    UPGRADE DEFLATE "; client_no_context_takeover; server_max_window_bits=9\r\n\r\n",
    UPGRADE DEFLATE "; server_max_window_bits=8; client_max_window_bits=8\r\n\r\n",
  };

  send_text (part, requests[fuzz_input_byte (input) % G_N_ELEMENTS (requests)]);
}

static void
step_answer (PlayPart *part, FuzzInput *input)
{
  static const char *const extensions[] = {
    "",
    DEFLATE "\r\n",
    DEFLATE "; client_no_context_takeover; server_max_window_bits=9\r\n",
    DEFLATE "; server_no_context_takeover; client_max_window_bits=8\r\n",
    DEFLATE "; client_no_context_takeover; server_no_context_takeover\r\n",
  };
  guint8 choice = fuzz_input_byte (input);
  gboolean wrongly = choice & 1;
  char accept[WIRE_ACCEPT_SIZE + 1];
  gboolean named;

  if (part->connection == NULL || part->connection->dial == NULL)
    return;

  /* It names a subprotocol if one was asked for, or wrongly the other way round. */
  named = wrongly == (part->connection->dial->subprotocols == NULL);
  wire_accept_for_key (accept, part->connection->dial->handshake.key);
  send_text (part, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: ");
  send_text (part, accept);
  send_text (part, named ? "\r\nSec-WebSocket-Protocol: chat\r\n" : "\r\n");
  send_text (part, extensions[choice / 2 % G_N_ELEMENTS (extensions)]);
  send_text (part, "\r\n");
}

static void
step_head (PlayPart *part, FuzzInput *input)
{
  if (part->play->role == WIRE_ROLE_SERVER)
    step_request (part, input);
  else
    step_answer (part, input);
}

static void
step_chunk (PlayPart *part, FuzzInput *input)
{
  part->peer.chunk = fuzz_input_byte (input);
}

static void
step_room (PlayPart *part, FuzzInput *input)
{
  part->peer.room = fuzz_input_short (input);
}

static void
step_endless_room (PlayPart *part, FuzzInput *input)
{
  part->peer.room = G_MAXSIZE;
}

static void
step_finish (PlayPart *part, FuzzInput *input)
{
  memory_peer_finish (&part->peer);
}

static void
step_reset (PlayPart *part, FuzzInput *input)
{
  memory_peer_reset (&part->peer);
}

static void
step_fail (PlayPart *part, FuzzInput *input)
{
  static const int failures[] = { EAGAIN, ENOBUFS, ETIMEDOUT, EHOSTUNREACH };
  guint8 choice = fuzz_input_byte (input);
  int failure = failures[choice / 2 % G_N_ELEMENTS (failures)];

  /* ENOBUFS is of writing alone. */
  if (choice & 1)
    part->peer.write_error = failure;
  else if (failure != ENOBUFS)
    part->peer.read_error = failure;
}

static void
step_buffered (PlayPart *part, FuzzInput *input)
{
  part->peer.buffered = TRUE;
  part->peer.fresh = memory_peer_unread (&part->peer) > 0;
}

/* TCP stands, for a client. */
static void
step_connect (PlayPart *part, FuzzInput *input)
{
  EngineConnection *connection = part->connection;

  if (connection == NULL || connection->state != ENGINE_STATE_CONNECTING)
    return;

  engine_watch_init (&connection->watch, ENGINE_WATCH_CONNECTION, memory_peer_open (&part->peer));
  engine_client_handshake_start (connection);
}

/* --- ... and everything else */

static void
step_nothing (PlayPart *part, FuzzInput *input)
{
}

static void
step_time (PlayPart *part, FuzzInput *input)
{
  kernel_advance (fuzz_input_byte (input) * ENGINE_TICK_MICROSECONDS);
}

static void
step_act (PlayPart *part, FuzzInput *input)
{
  play_act (part->play, part, input, NULL);
}

static void
step_next_part (PlayPart *part, FuzzInput *input)
{
  part->play->current = (part->play->current + 1) % part->play->n_parts;
}

static void
step_settle (PlayPart *part, FuzzInput *input)
{
  settle (part->play);
}

static const Step steps[] = {
  step_nothing, send_bytes, step_frame, step_large_frame, step_head, step_chunk, step_room, step_endless_room,
  step_finish, step_reset, step_fail, step_buffered, step_connect, step_time, step_act, step_next_part, step_settle,
  step_compressed, step_bomb,
};

/* A step is followed by an iteration, unless its byte has this bit. */
#define STEP_NO_TURN 0x80

static void
play_script (Play *play, FuzzInput *input)
{
  while (input->length > 0 && play->context != NULL)
    {
      guint8 byte = fuzz_input_byte (input);

      steps[(byte & ~STEP_NO_TURN) % G_N_ELEMENTS (steps)] (&play->parts[play->current], input);
      if (!(byte & STEP_NO_TURN))
        iteration (play);
    }
}

/* --- the end */

/* Where the frames begin: behind the last of the heads that were read. */
static FuzzInput
find_frames (const PlayPart *part)
{
  FuzzInput input = { part->peer.inbound->data, part->peer.inbound->len };

  for (guint i = 0; i < part->heads; i++)
    {
      const guint8 *end = memmem (input.data, input.length, HEAD_END, strlen (HEAD_END));

      g_assert_nonnull (end);
      fuzz_input_take (&input, (gsize) (end - input.data) + strlen (HEAD_END));
    }

  return input;
}

typedef struct {
  gsize bytes;
  guint messages;
} Delivery;

static void
count_piece (Delivery *delivery, const WirePiece *piece)
{
  delivery->bytes += piece->length;
  delivery->messages += piece->message_end ? 1 : 0;
}

static void
count_inflated (Delivery *delivery, WireInflater *inflater, const WirePiece *piece)
{
  guint8 buffer[4096];
  WireInflateResult result;

  wire_inflater_feed (inflater, piece);
  do
    {
      WirePiece inflated;
      WireViolation violation;

      result = wire_inflater_next (inflater, buffer, sizeof buffer, &inflated, &violation);
      g_assert_cmpint (result, !=, WIRE_INFLATE_ERROR);
      if (result == WIRE_INFLATE_PIECE)
        count_piece (delivery, &inflated);
    }
  while (result != WIRE_INFLATE_DONE);
}

/* With the largest window there is: zlib takes references beyond a smaller one as long as
 * they stay in what a call puts out, and which they are depends on how the bytes came. */
static WireInflater *
make_inflater (const PlayPart *part)
{
  const EngineDeflate *deflate = part->connection->deflate;
  gboolean server = part->play->role == WIRE_ROLE_SERVER;
  gboolean resets = deflate != NULL && (server ? deflate->terms.client_resets : deflate->terms.server_resets);

  return wire_inflater_new (WIRE_DEFLATE_BITS_MAX, !resets, part->connection->context->limits.message_limit);
}

/* While a connection is open all that its peer has sent can be decoded, and was delivered. */
static void
check_delivered (const PlayPart *part)
{
  g_autoptr (WireInflater) inflater = make_inflater (part);
  const EngineLimits *limits = &part->connection->context->limits;
  FuzzInput frames = find_frames (part);
  g_autofree guint8 *bytes = fuzz_input_copy (&frames);
  gsize used = 0;
  Delivery delivery = { 0 };
  WireDecoder decoder;
  WireDecodeResult result;
  WirePiece piece;

  wire_decoder_init (&decoder, part->play->role, limits->message_limit, limits->whole_frame);
  decoder.deflates = part->connection->deflate != NULL;
  do
    {
      WireViolation violation;
      gsize consumed;

      result = wire_decoder_next (&decoder, bytes + used, frames.length - used, &consumed, &piece, &violation);
      g_assert_cmpint (result, !=, WIRE_DECODE_ERROR);
      used += consumed;
      if (result != WIRE_DECODE_PIECE || piece.opcode & WIRE_OPCODE_CONTROL)
        continue;
      if (piece.compressed)
        count_inflated (&delivery, inflater, &piece);
      else
        count_piece (&delivery, &piece);
    }
  while (result == WIRE_DECODE_PIECE);

  g_assert_cmpuint (part->delivered, ==, delivery.bytes);
  g_assert_cmpuint (part->messages, ==, delivery.messages);
}

/* At rest, with a peer that takes everything, nothing may have been left lying. */
static void
check_rest (const PlayPart *part)
{
  const EngineConnection *connection = part->connection;

  if (connection == NULL || connection->watch.fd < 0)
    return;

  g_assert_false (connection->busy);
  g_assert_cmpuint (connection->output.bytes, ==, 0);
  g_assert_cmpuint (part->peer.unsent->len, ==, 0);
  if (part->held)
    g_assert_cmpint (connection->state, !=, ENGINE_STATE_HANDSHAKE);
  if (engine_connection_reads (connection))
    g_assert_cmpuint (memory_peer_unread (&part->peer), ==, 0);
  /* To a peer that takes nothing more nothing arrives. */
  if (connection->state != ENGINE_STATE_OPEN || connection->cut)
    return;

  g_assert_true (ear_is_satisfied (&part->ear));
  g_assert_false (part->wants_writable);
  if (!connection->paused)
    check_delivered (part);
}

/* The script of the callbacks may go on here. */
static void
take_everything (Play *play)
{
  for (guint i = 0; i < play->n_parts; i++)
    {
      MemoryPeer *peer = &play->parts[i].peer;

      peer->room = G_MAXSIZE;
      peer->chunk = 0;
      peer->read_error = 0;
      peer->write_error = 0;
      if (play->options & PLAY_OPTION_FINISH)
        memory_peer_finish (peer);
    }
}

/* Who is still there although nothing was heard for so long is not to blame. */
static void
check_patience (const PlayPart *part)
{
  const EngineConnection *connection = part->connection;

  if (connection != NULL)
    g_assert_true ((connection->state == ENGINE_STATE_OPEN && connection->paused) ||
                   (connection->state == ENGINE_STATE_RESPONDING && part->held));
}

static void
wait_for_all (Play *play)
{
  for (guint i = 0; i < WAIT_TICKS && play->context != NULL; i++)
    {
      kernel_advance (ENGINE_TICK_MICROSECONDS);
      iteration (play);
      settle (play);
    }
  for (guint i = 0; i < play->n_parts && play->context != NULL; i++)
    check_patience (&play->parts[i]);
}

static void
play_end (Play *play)
{
  take_everything (play);
  settle (play);
  /* After ENOBUFS the engine tries again a tick later, rounded up. */
  kernel_advance (2 * ENGINE_TICK_MICROSECONDS);
  iteration (play);
  settle (play);
  for (guint i = 0; i < play->n_parts && play->context != NULL; i++)
    check_rest (&play->parts[i]);
  if (play->options & PLAY_OPTION_WAIT)
    wait_for_all (play);

  if (play->context != NULL)
    engine_context_destroy (play->context);
  g_assert_null (play->context);
  g_assert_false (kernel_watches_anything ());
  for (guint i = 0; i < play->n_parts; i++)
    part_clear (&play->parts[i]);
  close (play->file);
  g_free (play->payload);
}

void
play_run (WireRole role, const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  int descriptor = kernel_next_descriptor ();
  Play play;

  kernel_reset ();
  play_init (&play, role, &input);
  play_script (&play, &input);
  play_end (&play);
  g_assert_cmpint (kernel_next_descriptor (), ==, descriptor);
}
