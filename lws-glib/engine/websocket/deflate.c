/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/deflate-private.h"

#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/connection/activity-private.h"
#include "engine/connection/clock-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/memory-private.h"

#include "wire/frame-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A buffer that a large message made larger than this is given back as soon as that has been sent: to
 * take it anew costs little beside compressing so much. */
#define DEFLATE_KEEP_MAX (256 * 1024)

/* --- life */

static guint
deflate_bits (guint8 agreed)
{
  return agreed != 0 ? agreed : WIRE_DEFLATE_BITS_MAX;
}

EngineDeflate *
engine_deflate_new (EngineContext *context, WireRole role, const WireDeflateTerms *terms)
{
  EngineDeflate *deflate = g_new0 (EngineDeflate, 1);
  const gboolean server = role == WIRE_ROLE_SERVER;
  const gboolean resets = server ? terms->server_resets : terms->client_resets;
  const guint bits = deflate_bits (server ? terms->server_bits : terms->client_bits);

  deflate->terms = *terms;
  deflate->settings = context->deflate;
  deflate->inflated_limit = context->limits.inflated_limit;
  deflate->settings.window_bits = (guint8) MIN (deflate->settings.window_bits, bits);
  deflate->settings.takeover = deflate->settings.takeover && !resets;
  deflate->independent = !deflate->settings.takeover;

  return deflate;
}

gsize
engine_deflate_get_memory (const EngineDeflate *deflate)
{
  return deflate != NULL ? deflate->counted : 0;
}

void
engine_deflate_count (EngineConnection *connection)
{
  EngineDeflate *deflate = connection->deflate;
  EngineMemory *memory = &connection->context->memory;
  gsize bytes = 0;

  if (deflate->inflater != NULL)
    bytes += wire_inflater_get_memory (deflate->inflater);
  if (deflate->deflater != NULL)
    bytes += wire_deflater_get_memory (deflate->deflater);
  if (bytes == deflate->counted)
    return;

  engine_memory_give (memory, deflate->counted);
  deflate->counted = bytes;
  engine_memory_take (memory, bytes);
}

void
engine_deflate_clear (EngineConnection *connection)
{
  EngineDeflate *deflate = g_steal_pointer (&connection->deflate);

  if (deflate == NULL)
    return;

  engine_memory_give (&connection->context->memory, deflate->counted);
  g_clear_pointer (&deflate->inflater, wire_inflater_free);
  g_clear_pointer (&deflate->deflater, wire_deflater_free);
  g_free (deflate);
}

char *
engine_deflate_describe (const EngineDeflate *deflate)
{
  GString *text;

  if (deflate == NULL)
    return NULL;

  text = g_string_new (NULL);
  wire_deflate_format (text, &deflate->terms);

  return g_string_free (text, FALSE);
}

/* Notes that a codec has work; without pings, or with rare ones, nothing else looks after its memory. */
static void
deflate_use (EngineConnection *connection)
{
  connection->deflate->used = engine_context_now (connection->context);
  engine_connection_ensure_deadline (connection, ENGINE_DEFLATE_IDLE_TICKS);
}

/* Have some fragments of a compressed message been sent, and not the last? */
static gboolean
deflate_is_within_message (const EngineConnection *connection)
{
  return connection->sending_message && connection->deflate->in_fragments;
}

gboolean
engine_deflate_rest (EngineConnection *connection)
{
  EngineDeflate *deflate = connection->deflate;

  if (deflate == NULL || (deflate->inflater == NULL && deflate->deflater == NULL))
    return FALSE;
  if (connection->context->tick - deflate->used < ENGINE_DEFLATE_IDLE_TICKS)
    return TRUE;

  /* Between messages a sender may forget what it likes; what the peer refers to is kept. Within one
   * both stay until it goes on, which is noted as use. */
  if (!deflate_is_within_message (connection))
    g_clear_pointer (&deflate->deflater, wire_deflater_free);
  if (deflate->inflater != NULL)
    wire_inflater_rest (deflate->inflater);
  engine_deflate_count (connection);

  return FALSE;
}

/* --- receiving */

WireInflater *
engine_deflate_inflater (EngineConnection *connection)
{
  EngineDeflate *deflate = connection->deflate;
  const WireDeflateTerms *terms = &deflate->terms;
  const gboolean server = connection->role == WIRE_ROLE_SERVER;

  deflate_use (connection);
  if (deflate->inflater == NULL)
    deflate->inflater = wire_inflater_new (deflate_bits (server ? terms->client_bits : terms->server_bits),
                                           !(server ? terms->client_resets : terms->server_resets),
                                           MIN (connection->decoder.message_limit, deflate->inflated_limit));

  return deflate->inflater;
}

gboolean
engine_deflate_is_pending (const EngineDeflate *deflate)
{
  return deflate != NULL && deflate->inflater != NULL && wire_inflater_is_pending (deflate->inflater);
}

/* --- the shared deflater */

static EngineDeflateShare *
share_of (EngineConnection *connection)
{
  return &connection->context
            ->deflate_shares[connection->deflate->settings.window_bits - WIRE_DEFLATE_BITS_SENDER_MIN];
}

void
engine_deflate_clear_shared (EngineContext *context)
{
  for (guint i = 0; i < ENGINE_DEFLATE_N_SHARES; i++)
    {
      EngineDeflateShare *share = &context->deflate_shares[i];

      g_clear_pointer (&share->deflater, wire_deflater_free);
      g_clear_pointer (&share->out, g_byte_array_unref);
      g_clear_pointer (&share->source, g_byte_array_unref);
    }
}

static void
share_forget (EngineDeflateShare *share)
{
  g_clear_pointer (&share->source, g_byte_array_unref);
  if (share->out != NULL && share->out->len > DEFLATE_KEEP_MAX)
    g_clear_pointer (&share->out, g_byte_array_unref);
}

void
engine_deflate_forget_shared (EngineContext *context)
{
  for (guint i = 0; i < ENGINE_DEFLATE_N_SHARES; i++)
    share_forget (&context->deflate_shares[i]);
}

static gboolean
share_fits (const EngineDeflateShare *share, const WireDeflateSettings *settings)
{
  return share->deflater != NULL && share->level == settings->level && share->memory_level == settings->memory_level;
}

static gboolean
share_repeats (const EngineDeflateShare *share, const WireDeflateSettings *settings, const EngineFrame *frame)
{
  return share->source != NULL && share->source->len == frame->length && share_fits (share, settings) &&
         memcmp (share->source->data, frame->payload, frame->length) == 0;
}

static void
share_prepare (EngineDeflateShare *share, const WireDeflateSettings *settings)
{
  if (share_fits (share, settings))
    {
      wire_deflater_reset (share->deflater);
      return;
    }

  g_clear_pointer (&share->deflater, wire_deflater_free);
  share->deflater = wire_deflater_new (settings->window_bits, settings->level, settings->memory_level);
  share->level = settings->level;
  share->memory_level = settings->memory_level;
}

/* What the compressor writes to: what was there is gone. */
static GByteArray *
share_take_out (EngineDeflateShare *share)
{
  share_forget (share);
  if (share->out == NULL)
    share->out = g_byte_array_new ();

  return share->out;
}

static gboolean
share_run (EngineConnection *connection, const EngineFrame *frame)
{
  EngineDeflateShare *share = share_of (connection);
  const WireDeflateSettings *settings = &connection->deflate->settings;
  GByteArray *out;

  if (share_repeats (share, settings, frame))
    return !share->grew;

  out = share_take_out (share);
  share_prepare (share, settings);
  share->grew = !wire_deflater_run (share->deflater, frame->payload, frame->length, TRUE, frame->length - 1, out);
  if (connection->context->frame_cache.sharing > 0 && frame->length <= G_MAXUINT)
    {
      share->source = g_byte_array_sized_new ((guint) frame->length);
      g_byte_array_append (share->source, frame->payload, (guint) frame->length);
    }

  return !share->grew;
}

/* --- sending */

static WireDeflater *
deflate_own (EngineConnection *connection)
{
  EngineDeflate *deflate = connection->deflate;
  const WireDeflateSettings *settings = &deflate->settings;

  deflate_use (connection);
  deflate->linked |= !deflate->independent;
  if (deflate->deflater == NULL)
    {
      deflate->deflater = wire_deflater_new (settings->window_bits, settings->level, settings->memory_level);
      engine_deflate_count (connection);
    }
  else if (deflate->stale)
    wire_deflater_reset (deflate->deflater);
  deflate->stale = FALSE;

  return deflate->deflater;
}

static void
deflate_replace (EngineConnection *connection, EngineFrame *frame)
{
  const GByteArray *out = share_of (connection)->out;

  frame->payload = out->data;
  frame->length = out->len;
}

/* A message in one frame: as it is, if it gets no shorter. */
static void
deflate_message (EngineConnection *connection, EngineFrame *frame)
{
  EngineDeflate *deflate = connection->deflate;
  gboolean shorter;

  if (deflate->independent || connection->context->frame_cache.sharing > 0)
    {
      shorter = share_run (connection, frame);
      /* The peer's window has moved on without our own. */
      if (shorter)
        deflate->stale = TRUE;
    }
  else
    {
      WireDeflater *own = deflate_own (connection);

      shorter = wire_deflater_run (own, frame->payload, frame->length, TRUE, frame->length - 1,
                                   share_take_out (share_of (connection)));
      deflate->stale = !shorter;
    }
  if (!shorter)
    return;

  deflate_replace (connection, frame);
  frame->first_byte |= WIRE_FRAME_RSV1;
}

/* How much is still to come isn't known: all messages in fragments are compressed. */
static gboolean
deflate_fragment (EngineConnection *connection, EngineFrame *frame, gboolean first, gboolean last, GError **error)
{
  EngineDeflate *deflate = connection->deflate;
  const gsize limit = connection->context->limits.fragment_limit;
  WireDeflater *own;

  deflate->stale |= first && deflate->independent;
  own = deflate_own (connection);
  if (!wire_deflater_run (own, frame->payload, frame->length, last, limit, share_take_out (share_of (connection))))
    {
      engine_deflate_lose (connection);
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _("A fragment was not sent: compressed it has more than %zu bytes"), limit);
      return FALSE;
    }

  deflate_replace (connection, frame);
  if (first)
    frame->first_byte |= WIRE_FRAME_RSV1;

  return TRUE;
}

static gboolean
deflate_wants (const EngineDeflate *deflate, const EngineFrame *frame, gboolean last)
{
  return !deflate->off && deflate->settings.window_bits >= WIRE_DEFLATE_BITS_SENDER_MIN &&
         (!last || frame->length >= MAX (deflate->settings.threshold, 1));
}

gboolean
engine_deflate_frame (EngineConnection *connection, EngineFrame *frame, GError **error)
{
  EngineDeflate *deflate = connection->deflate;
  const gboolean first = !connection->sending_message;
  const gboolean last = (frame->first_byte & WIRE_FRAME_FIN) != 0;

  if (connection->output.bytes == 0)
    deflate->linked = FALSE;
  if (first)
    deflate->in_fragments = !last && deflate_wants (deflate, frame, last);
  if (deflate->in_fragments)
    return deflate_fragment (connection, frame, first, last, error);

  if (first && deflate_wants (deflate, frame, last))
    deflate_message (connection, frame);

  return TRUE;
}

void
engine_deflate_lose (EngineConnection *connection)
{
  connection->deflate->stale = TRUE;
}

void
engine_deflate_release (EngineConnection *connection)
{
  const gboolean sends = connection->deflate->settings.window_bits >= WIRE_DEFLATE_BITS_SENDER_MIN;

  /* During a broadcast the same bytes may be sent once more. */
  if (sends && connection->context->frame_cache.sharing == 0)
    share_forget (share_of (connection));
}

void
engine_deflate_set_independent (EngineConnection *connection, gboolean independent)
{
  EngineDeflate *deflate = connection->deflate;

  deflate->independent = independent || !deflate->settings.takeover;
  if (deflate->independent)
    deflate->stale = TRUE;
}

gboolean
engine_deflate_may_drop (const EngineConnection *connection)
{
  const EngineDeflate *deflate = connection->deflate;

  return deflate == NULL || (deflate->independent && !deflate->linked);
}
