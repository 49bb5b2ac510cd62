/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-buffer-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void
engine_tls_buffer_init (EngineTlsBuffer *tls_buffer, EngineTlsBufferPool *pool)
{
  *tls_buffer = (EngineTlsBuffer){ .pool = pool };
}

void
engine_tls_buffer_clear (EngineTlsBuffer *tls_buffer)
{
  g_clear_pointer (&tls_buffer->buffer, g_free);
  g_clear_pointer (&tls_buffer->kept, g_free);
  g_clear_pointer (&tls_buffer->out, g_byte_array_unref);
  tls_buffer->in_length = 0;
}

void
engine_tls_buffer_pool_clear (EngineTlsBufferPool *pool)
{
  g_clear_pointer (&pool->in, g_free);
  g_clear_pointer (&pool->out, g_byte_array_unref);
}

/* Who is idle holds none. */
static void
tls_buffer_give_back (EngineTlsBuffer *tls_buffer)
{
  if (tls_buffer->pool->in == NULL)
    tls_buffer->pool->in = g_steal_pointer (&tls_buffer->buffer);
  g_clear_pointer (&tls_buffer->buffer, g_free);
}

gssize
engine_tls_buffer_receive (EngineTlsBuffer *tls_buffer, int fd, gsize length)
{
  gssize got;

  if (tls_buffer->in_length > 0)
    return (gssize) tls_buffer->in_length;
  g_clear_pointer (&tls_buffer->kept, g_free);
  if (tls_buffer->ended)
    return 0;

  if (tls_buffer->buffer == NULL)
    tls_buffer->buffer = g_steal_pointer (&tls_buffer->pool->in);
  if (tls_buffer->buffer == NULL)
    tls_buffer->buffer = g_malloc (ENGINE_TLS_BUFFER_RECEIVE);

  do
    got = recv (fd, tls_buffer->buffer, MIN (length, ENGINE_TLS_BUFFER_RECEIVE), 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    {
      int failure = errno;

      tls_buffer->ended = got == 0;
      tls_buffer_give_back (tls_buffer);
      return got < 0 ? -failure : 0;
    }

  tls_buffer->in = tls_buffer->buffer;
  tls_buffer->in_length = (gsize) got;

  return got;
}

void
engine_tls_buffer_keep (EngineTlsBuffer *tls_buffer)
{
  if (tls_buffer->buffer == NULL)
    return;

  if (tls_buffer->in_length > 0)
    {
      tls_buffer->kept = g_memdup2 (tls_buffer->in, tls_buffer->in_length);
      tls_buffer->in = tls_buffer->kept;
    }
  tls_buffer_give_back (tls_buffer);
}

gssize
engine_tls_buffer_pull (EngineTlsBuffer *tls_buffer, void *data, gsize length)
{
  gsize count = MIN (length, tls_buffer->in_length);

  if (tls_buffer->in_length == 0)
    return tls_buffer->ended ? 0 : -EAGAIN;

  memcpy (data, tls_buffer->in, count);
  tls_buffer->in += count;
  tls_buffer->in_length -= count;

  return (gssize) count;
}

void
engine_tls_buffer_push (EngineTlsBuffer *tls_buffer, const void *data, gsize length)
{
  if (tls_buffer->out == NULL)
    tls_buffer->out = g_steal_pointer (&tls_buffer->pool->out);
  if (tls_buffer->out == NULL)
    tls_buffer->out = g_byte_array_new ();

  g_byte_array_append (tls_buffer->out, data, (guint) length);
}

gsize
engine_tls_buffer_waiting (const EngineTlsBuffer *tls_buffer)
{
  return tls_buffer->out != NULL ? tls_buffer->out->len - tls_buffer->out_sent : 0;
}

int
engine_tls_buffer_flush (EngineTlsBuffer *tls_buffer, int fd)
{
  while (engine_tls_buffer_waiting (tls_buffer) > 0)
    {
      gssize sent = send (fd, tls_buffer->out->data + tls_buffer->out_sent, engine_tls_buffer_waiting (tls_buffer), MSG_NOSIGNAL);

      if (sent < 0 && errno != EINTR)
        return -errno;
      tls_buffer->out_sent += (gsize) MAX (sent, 0);
    }

  if (tls_buffer->out == NULL)
    return 0;

  tls_buffer->out_sent = 0;
  g_byte_array_set_size (tls_buffer->out, 0);
  if (tls_buffer->pool->out == NULL)
    tls_buffer->pool->out = g_steal_pointer (&tls_buffer->out);
  g_clear_pointer (&tls_buffer->out, g_byte_array_unref);

  return 0;
}
