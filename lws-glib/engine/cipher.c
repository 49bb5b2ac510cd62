/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cipher-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void
engine_cipher_init (EngineCipher *cipher, EngineCipherStock *stock)
{
  *cipher = (EngineCipher){ .stock = stock };
}

void
engine_cipher_clear (EngineCipher *cipher)
{
  g_clear_pointer (&cipher->buffer, g_free);
  g_clear_pointer (&cipher->kept, g_free);
  g_clear_pointer (&cipher->out, g_byte_array_unref);
  cipher->in_length = 0;
}

void
engine_cipher_stock_clear (EngineCipherStock *stock)
{
  g_clear_pointer (&stock->in, g_free);
  g_clear_pointer (&stock->out, g_byte_array_unref);
}

/* Who is idle holds none. */
static void
cipher_give_back (EngineCipher *cipher)
{
  if (cipher->stock->in == NULL)
    cipher->stock->in = g_steal_pointer (&cipher->buffer);
  g_clear_pointer (&cipher->buffer, g_free);
}

gssize
engine_cipher_receive (EngineCipher *cipher, int fd, gsize length)
{
  gssize got;

  if (cipher->in_length > 0)
    return (gssize) cipher->in_length;
  g_clear_pointer (&cipher->kept, g_free);
  if (cipher->ended)
    return 0;

  if (cipher->buffer == NULL)
    cipher->buffer = g_steal_pointer (&cipher->stock->in);
  if (cipher->buffer == NULL)
    cipher->buffer = g_malloc (ENGINE_CIPHER_RECEIVE);

  do
    got = recv (fd, cipher->buffer, MIN (length, ENGINE_CIPHER_RECEIVE), 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    {
      int failure = errno;

      cipher->ended = got == 0;
      cipher_give_back (cipher);
      return got < 0 ? -failure : 0;
    }

  cipher->in = cipher->buffer;
  cipher->in_length = (gsize) got;

  return got;
}

void
engine_cipher_keep (EngineCipher *cipher)
{
  if (cipher->buffer == NULL)
    return;

  if (cipher->in_length > 0)
    {
      cipher->kept = g_memdup2 (cipher->in, cipher->in_length);
      cipher->in = cipher->kept;
    }
  cipher_give_back (cipher);
}

gssize
engine_cipher_pull (EngineCipher *cipher, void *data, gsize length)
{
  gsize count = MIN (length, cipher->in_length);

  if (cipher->in_length == 0)
    return cipher->ended ? 0 : -EAGAIN;

  memcpy (data, cipher->in, count);
  cipher->in += count;
  cipher->in_length -= count;

  return (gssize) count;
}

void
engine_cipher_push (EngineCipher *cipher, const void *data, gsize length)
{
  if (cipher->out == NULL)
    cipher->out = g_steal_pointer (&cipher->stock->out);
  if (cipher->out == NULL)
    cipher->out = g_byte_array_new ();

  g_byte_array_append (cipher->out, data, (guint) length);
}

gsize
engine_cipher_waiting (const EngineCipher *cipher)
{
  return cipher->out != NULL ? cipher->out->len - cipher->out_sent : 0;
}

int
engine_cipher_flush (EngineCipher *cipher, int fd)
{
  while (engine_cipher_waiting (cipher) > 0)
    {
      gssize sent = send (fd, cipher->out->data + cipher->out_sent, engine_cipher_waiting (cipher), MSG_NOSIGNAL);

      if (sent < 0 && errno != EINTR)
        return -errno;
      cipher->out_sent += (gsize) MAX (sent, 0);
    }

  if (cipher->out == NULL)
    return 0;

  cipher->out_sent = 0;
  g_byte_array_set_size (cipher->out, 0);
  if (cipher->stock->out == NULL)
    cipher->stock->out = g_steal_pointer (&cipher->out);
  g_clear_pointer (&cipher->out, g_byte_array_unref);

  return 0;
}
