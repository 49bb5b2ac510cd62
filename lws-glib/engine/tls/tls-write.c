/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/connection-private.h"
#include "engine/connection/transport-private.h"
#include "engine/tls/tls-buffer-private.h"
#include "engine/tls/tls-transport-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

G_STATIC_ASSERT (ENGINE_TRANSPORT_READ_MIN > ENGINE_TLS_BUFFER_RECORD_MAX);

/* The payload of a record (RFC 8446 section 5.1). */
#define TLS_RECORD_PAYLOAD 16384

/* Of a file, what is read at once. */
#define TLS_FILE_CHUNK (64 * 1024)

/* Where in a list of parts the next byte stands. */
typedef struct {
  const struct iovec *parts;
  int left;
  gsize offset;                 /* in the first of them */
} Place;

static gsize
place_left_in_part (const Place *place)
{
  return place->left > 0 ? place->parts->iov_len - place->offset : 0;
}

static void
place_advance (Place *place, gsize bytes)
{
  while (place->left > 0 && bytes >= place_left_in_part (place))
    {
      bytes -= place_left_in_part (place);
      place->parts++;
      place->left--;
      place->offset = 0;
    }
  place->offset += bytes;
}

/* The next record: where it lies, or put together in @room from several parts. */
static const guint8 *
place_next_record (Place place, guint8 *room, gsize *length)
{
  gsize done = 0;

  *length = place_left_in_part (&place);
  if (*length >= TLS_RECORD_PAYLOAD || place.left == 1)
    {
      *length = MIN (*length, TLS_RECORD_PAYLOAD);
      return (const guint8 *) place.parts->iov_base + place.offset;
    }

  while (done < TLS_RECORD_PAYLOAD && place.left > 0)
    {
      gsize count = MIN (place_left_in_part (&place), TLS_RECORD_PAYLOAD - done);

      memcpy (room + done, (const guint8 *) place.parts->iov_base + place.offset, count);
      done += count;
      place_advance (&place, count);
    }
  *length = done;

  return room;
}

gssize
engine_tls_write (EngineConnection *connection, EngineTlsBuffer *tls_buffer, EngineTlsEncrypt encrypt,
                  const struct iovec *parts, int n_parts)
{
  guint8 room[TLS_RECORD_PAYLOAD];
  Place place = { .parts = parts, .left = n_parts };
  gssize taken = 0;
  int result = engine_tls_buffer_flush (tls_buffer, connection->watch.fd);

  place_advance (&place, 0);
  while (place.left > 0 && result == 0)
    {
      gsize length;
      const guint8 *record = place_next_record (place, room, &length);
      gssize encrypted = encrypt (connection, record, length);

      if (encrypted < 0)
        return encrypted;
      taken += encrypted;
      place_advance (&place, (gsize) encrypted);
      if (place.left == 0 || engine_tls_buffer_waiting (tls_buffer) >= ENGINE_TLS_BUFFER_SEND)
        result = engine_tls_buffer_flush (tls_buffer, connection->watch.fd);
    }

  /* What was encrypted is taken, even if it waits; a failure is met again by the next flush. */
  return taken > 0 ? taken : result;
}

gssize
engine_tls_send_file (EngineConnection *connection, int file, off_t *offset, gsize length)
{
  g_autofree guint8 *chunk = g_malloc (TLS_FILE_CHUNK);
  struct iovec part = { .iov_base = chunk };
  gssize got;
  gssize taken;

  do
    got = pread (file, chunk, MIN (length, TLS_FILE_CHUNK), *offset);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    return got < 0 ? -errno : 0;

  part.iov_len = (gsize) got;
  taken = connection->transport->write (connection, &part, 1);
  if (taken > 0)
    *offset += taken;

  return taken;
}

void
engine_tls_facts_clear (EngineTlsFacts *facts)
{
  g_clear_object (&facts->peer_certificate);
}
