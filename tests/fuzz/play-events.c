/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "play.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/state-private.h"
#include "engine/http/http-response-private.h"
#include "engine/output/output-queue-private.h"
#include "engine/websocket/deflate-private.h"
#include "utf8-oracle.h"

#include <string.h>

/* The names of subprotocols in the scripts. */
#define SUBPROTOCOL "chat"

static Play *
play_of (EngineConnection *connection)
{
  return connection->context->owner;
}

static PlayPart *
part_of (EngineConnection *connection)
{
  PlayPart *part = connection->user;

  /* Nothing is told of what was released. */
  g_assert_true (part->connection == connection);
  g_assert_true (part->play == play_of (connection));

  return part;
}

/* The owner does what the script says. */
static void
react (PlayPart *part, const WirePiece *piece)
{
  Play *play = part->play;

  play->depth++;
  play_act (play, part, &play->callbacks, piece);
  play->depth--;
}

static void
on_request (EngineConnection *connection, const WireHead *head)
{
  PlayPart *part = part_of (connection);

  g_assert_cmpint (connection->state, ==, ENGINE_STATE_RESPONDING);
  g_assert_cmpint (head->kind, ==, WIRE_HEAD_REQUEST);
  g_assert_false (part->silenced);
  part->heads++;
  part->held = FALSE;
  react (part, NULL);
}

static void
on_unanswered (EngineConnection *connection)
{
  PlayPart *part = part_of (connection);

  g_assert_true (part->held && connection->response->held);
  part->held = FALSE;
  engine_http_response_release (connection);
}

/* Returns FALSE if the script has the owner refuse. */
static gboolean
agree (PlayPart *part, WireRefusal *refusal)
{
  Play *play = part->play;

  g_assert_false (part->told_opened || part->silenced);
  part->heads++;
  react (part, NULL);
  if (play->refuse)
    {
      play->refuse = FALSE;
      return wire_refusal_set (refusal, 403, "refused by the script");
    }
  engine_connection_bind (part->connection, play->protocol);

  return TRUE;
}

static gboolean
on_handshake (EngineConnection *connection, const WireHead *head, const WireServerHandshake *handshake,
              const char **subprotocol, char **headers, WireRefusal *refusal)
{
  WireOfferIter iter = { 0 };
  const char *token;
  gsize length;

  while (wire_offer_next (head, &iter, &token, &length))
    if (length == strlen (SUBPROTOCOL) && memcmp (token, SUBPROTOCOL, length) == 0)
      *subprotocol = SUBPROTOCOL;

  return agree (part_of (connection), refusal);
}

static gboolean
on_accepted (EngineConnection *connection, const char *subprotocol, WireRefusal *refusal)
{
  return agree (part_of (connection), refusal);
}

/* What was agreed on is checked elsewhere; here, that what is sent keeps to it. */
static void
allow_deflate (PlayPart *part)
{
  const EngineDeflate *deflate = part->connection->deflate;
  gboolean server = part->play->role == WIRE_ROLE_SERVER;
  guint bits;

  if (deflate == NULL)
    return;

  bits = server ? deflate->terms.server_bits : deflate->terms.client_bits;
  ear_allow_deflate (&part->ear, bits != 0 ? bits : WIRE_DEFLATE_BITS_MAX,
                     !(server ? deflate->terms.server_resets : deflate->terms.client_resets));
}

static void
on_opened (EngineConnection *connection, const char *target)
{
  PlayPart *part = part_of (connection);

  g_assert_false (part->told_opened || part->told_end || part->silenced);
  g_assert_cmpint (connection->state, ==, ENGINE_STATE_OPEN);
  g_assert_cmpint (target != NULL, ==, part->play->role == WIRE_ROLE_SERVER);
  part->told_opened = TRUE;
  allow_deflate (part);
  react (part, NULL);
}

/* Frames are told of an open connection only. */
static void
check_open (const PlayPart *part)
{
  g_assert_true (part->told_opened);
  g_assert_false (part->told_closing || part->told_end || part->silenced);
  g_assert_false (part->play->context->destroyed);
  g_assert_cmpint (part->connection->state, ==, ENGINE_STATE_OPEN);
}

static void
check_text (PlayPart *part, const WirePiece *piece)
{
  GByteArray *character = part->character;

  if (piece->opcode != WIRE_OPCODE_TEXT)
    return;

  g_byte_array_append (character, piece->data, (guint) piece->length);
  g_assert_true (utf8_oracle_may_begin (character->data, character->len));
  g_byte_array_remove_range (character, 0, (guint) utf8_oracle_valid_length (character->data, character->len));
  if (piece->message_end)
    g_assert_cmpuint (character->len, ==, 0);
}

static void
on_data (EngineConnection *connection, const WirePiece *piece)
{
  PlayPart *part = part_of (connection);
  guint8 behind = piece->data[piece->length];

  check_open (part);
  g_assert_false (connection->paused);
  g_assert_cmpint (piece->message_start, ==, !part->in_message);
  part->in_message = !piece->message_end;
  part->delivered += piece->length;
  part->messages += piece->message_end ? 1 : 0;
  part->message_length = piece->length + (piece->message_start ? 0 : part->message_length);
  g_assert_cmpuint (part->message_length, <=, connection->context->limits.message_limit);
  check_text (part, piece);

  /* As the classic API does. */
  piece->data[piece->length] = '\0';
  react (part, piece);
  piece->data[piece->length] = behind;
}

/* Whether the owner wants a piece here doesn't depend on the script, but varies. */
static guint8 *
on_room (EngineConnection *connection, gsize *length)
{
  PlayPart *part = part_of (connection);

  check_open (part);
  g_assert_false (connection->paused);
  *length = PLAY_ROOM;

  return part->delivered % 2 == 0 ? part->room : NULL;
}

static void
on_pong (EngineConnection *connection, guint8 *payload, gsize length)
{
  PlayPart *part = part_of (connection);

  check_open (part);
  g_assert_false (connection->paused);
  g_assert_cmpuint (length, <=, WIRE_CONTROL_MAX);
  react (part, NULL);
}

static void
on_writable (EngineConnection *connection)
{
  g_assert_true (connection->state == ENGINE_STATE_OPEN || connection->state == ENGINE_STATE_RESPONDING);
  part_of (connection)->wants_writable = FALSE;
  react (part_of (connection), NULL);
}

static void
on_sent (EngineConnection *connection)
{
  while (engine_output_queue_reached (&connection->output) != NULL)
    ;
  react (part_of (connection), NULL);
}

static void
on_closing (EngineConnection *connection)
{
  PlayPart *part = part_of (connection);

  g_assert_true (part->told_opened);
  g_assert_false (part->told_closing || part->told_end);
  part->told_closing = TRUE;
  react (part, NULL);
}

static void
on_closed (EngineConnection *connection, guint16 code, const char *reason)
{
  PlayPart *part = part_of (connection);

  g_assert_true (part->told_opened);
  g_assert_false (part->told_end);
  part->told_end = TRUE;
  if (reason != NULL)
    g_assert_true (g_utf8_validate (reason, -1, NULL));
  react (part, NULL);
}

static void
on_failed (EngineConnection *connection, const GError *error)
{
  PlayPart *part = part_of (connection);

  g_assert_cmpint (part->play->role, ==, WIRE_ROLE_CLIENT);
  g_assert_nonnull (error);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (part->told_opened || part->told_end);
  part->told_end = TRUE;
  react (part, NULL);
}

static void
on_released (EngineConnection *connection)
{
  PlayPart *part = part_of (connection);

  g_assert_cmpint (part->told_end, ==, part->told_opened || part->play->role == WIRE_ROLE_CLIENT);
  part->connection = NULL;
}

static void
on_broadcast (EngineProtocol *protocol, guint8 *payload, gsize length)
{
  Play *play = protocol->context->owner;

  for (guint i = 0; i < play->n_parts; i++)
    play_send (&play->parts[i], WIRE_OPCODE_BINARY, TRUE, payload, length);
}

static void
on_freed (gpointer data)
{
  Play *play = data;

  g_assert_cmpuint (play->depth, ==, 0);
  play->context = NULL;
}

const EngineEvents play_events = {
  .request = on_request,
  .unanswered = on_unanswered,
  .handshake = on_handshake,
  .accepted = on_accepted,
  .opened = on_opened,
  .data = on_data,
  .alloc = on_room,
  .pong = on_pong,
  .writable = on_writable,
  .sent = on_sent,
  .closing = on_closing,
  .closed = on_closed,
  .failed = on_failed,
  .released = on_released,
  .broadcast = on_broadcast,
  .freed = on_freed,
};
