/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/random-private.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static gboolean
random_refill (EngineRandom *random)
{
  gsize got = 0;

  while (got < sizeof random->bytes)
    {
      gssize n = getrandom (random->bytes + got, sizeof random->bytes - got, 0);

      if (n > 0)
        got += (gsize) n;
      else if (n < 0 && errno != EINTR)
        return FALSE;
    }
  random->left = sizeof random->bytes;

  return TRUE;
}

gboolean
engine_random_draw (EngineRandom *random, void *out, gsize length)
{
  g_assert (length <= sizeof random->bytes);

  if (random->left < length && !random_refill (random))
    return FALSE;

  random->left -= length;
  memcpy (out, random->bytes + random->left, length);

  return TRUE;
}
