/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/admission-private.h"

#include "engine/base/limits-private.h"
#include "engine/connection/arrivals-private.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The half of an IPv6 address that names a network. */
#define ADMISSION_NETWORK_SIZE 8

/* What is left at its default is never more than a part of what the others leave. One address gets a quarter of the
 * connections. Handshakes get half of them, so that those who say nothing can't fill them; and an eighth of
 * these one address. */
#define ADMISSION_PEER_PART 4
#define ADMISSION_HANDSHAKES_PART 2
#define ADMISSION_PEER_HANDSHAKES_PART 8

/* ... which is no smaller than this: a browser alone opens several at once. */
#define ADMISSION_PART_MIN 4

struct _EnginePeer {
  struct in6_addr address;      /* of IPv4 as ::ffff:a.b.c.d */
  guint count;
  guint handshakes;
  EngineArrivals arrivals;
};

/* --- how many there may be; 0 is any number */

static guint
admission_least (guint one, guint other)
{
  if (one == 0 || other == 0)
    return MAX (one, other);

  return MIN (one, other);
}

static guint
admission_part (guint limit, guint default_limit, guint all, guint part)
{
  if (limit != default_limit || all == 0)
    return limit;

  return admission_least (limit, MAX (all / part, ADMISSION_PART_MIN));
}

static guint
admission_most (const EngineAdmission *admission, const EngineLimits *limits)
{
  return admission_least (limits->connections, admission->room);
}

static guint
admission_most_per_peer (const EngineAdmission *admission, const EngineLimits *limits)
{
  return admission_part (limits->connections_per_peer, ENGINE_CONNECTIONS_PER_PEER, admission_most (admission, limits),
                     ADMISSION_PEER_PART);
}

static guint
admission_most_handshakes (const EngineAdmission *admission, const EngineLimits *limits)
{
  return admission_part (limits->handshakes, ENGINE_HANDSHAKES, admission_most (admission, limits), ADMISSION_HANDSHAKES_PART);
}

static guint
admission_most_handshakes_per_peer (const EngineAdmission *admission, const EngineLimits *limits)
{
  return admission_part (limits->handshakes_per_peer, ENGINE_HANDSHAKES_PER_PEER, admission_most_handshakes (admission, limits),
                     ADMISSION_PEER_HANDSHAKES_PART);
}

/* --- addresses */

static guint
peer_hash (gconstpointer data)
{
  const EnginePeer *peer = data;
  guint32 words[4];

  memcpy (words, &peer->address, sizeof words);

  /* IPv4 differs in the last word, IPv6 in the first two. */
  return (words[0] * 31 + words[1]) * 31 + words[3];
}

static gboolean
peer_equal (gconstpointer one, gconstpointer other)
{
  return memcmp (&((const EnginePeer *) one)->address, &((const EnginePeer *) other)->address,
                 sizeof (struct in6_addr)) == 0;
}

/* FALSE if peers of that family have no addresses. */
static gboolean
peer_read (EnginePeer *peer, const struct sockaddr *address)
{
  *peer = (EnginePeer){ 0 };
  if (address->sa_family == AF_INET6)
    {
      memcpy (&peer->address, &((const struct sockaddr_in6 *) address)->sin6_addr, sizeof peer->address);
      return TRUE;
    }
  if (address->sa_family == AF_INET)
    {
      const guint8 *bytes = (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr;

      peer->address.s6_addr[10] = peer->address.s6_addr[11] = 0xff;
      memcpy (peer->address.s6_addr + 12, bytes, 4);
      return TRUE;
    }

  return FALSE;
}

static gboolean
peer_is_loopback (const EnginePeer *peer)
{
  return IN6_IS_ADDR_LOOPBACK (&peer->address) ||
         (IN6_IS_ADDR_V4MAPPED (&peer->address) && peer->address.s6_addr[12] == 127);
}

static EnginePeer *
admission_find (EngineAdmission *admission, const EnginePeer *key)
{
  EnginePeer *found;

  if (admission->peers == NULL)
    admission->peers = g_hash_table_new_full (peer_hash, peer_equal, g_free, NULL);
  found = g_hash_table_lookup (admission->peers, key);
  if (found == NULL)
    {
      found = g_memdup2 (key, sizeof *key);
      g_hash_table_add (admission->peers, found);
    }

  return found;
}

/* --- entering and leaving */

/* Is there no room for one more? */
static gboolean
admission_is_full (guint count, guint most)
{
  return most > 0 && count >= most;
}

gboolean
engine_admission_is_busy (const EngineAdmission *admission, const EngineLimits *limits)
{
  return admission_is_full (admission->handshakes, admission_most_handshakes (admission, limits));
}

gboolean
engine_admission_is_pressed (const EngineAdmission *admission, const EngineLimits *limits)
{
  const guint most = admission_most_handshakes (admission, limits);

  return most > 0 && admission->handshakes > most / 2;
}

static EngineAdmissionResult
admission_check_peer (const EngineAdmission *admission, const EngineLimits *limits, const EnginePeer *peer)
{
  if (admission_is_full (peer->count, admission_most_per_peer (admission, limits)))
    return ENGINE_ADMISSION_PEER_FULL;
  if (admission_is_full (peer->handshakes, admission_most_handshakes_per_peer (admission, limits)))
    return ENGINE_ADMISSION_PEER_BUSY;

  return ENGINE_ADMISSION_ADMITTED;
}

EngineAdmissionResult
engine_admission_admit (EngineAdmission *admission, const EngineLimits *limits, const struct sockaddr *address,
                    EnginePeer **peer)
{
  EnginePeer key;
  EngineAdmissionResult entry;

  *peer = NULL;
  if (admission_is_full (admission->count, admission_most (admission, limits)))
    return ENGINE_ADMISSION_FULL;

  if (peer_read (&key, address) && (limits->count_loopback || !peer_is_loopback (&key)))
    {
      if (!IN6_IS_ADDR_V4MAPPED (&key.address) && !IN6_IS_ADDR_LOOPBACK (&key.address))
        memset (key.address.s6_addr + ADMISSION_NETWORK_SIZE, 0, sizeof key.address - ADMISSION_NETWORK_SIZE);
      *peer = admission_find (admission, &key);
      entry = admission_check_peer (admission, limits, *peer);
      if (entry != ENGINE_ADMISSION_ADMITTED)
        return entry;
      (*peer)->count++;
      (*peer)->handshakes++;
    }
  admission->count++;
  admission->handshakes++;

  return ENGINE_ADMISSION_ADMITTED;
}

EngineArrivals *
engine_peer_arrivals (EnginePeer *peer)
{
  return peer != NULL ? &peer->arrivals : NULL;
}

void
engine_admission_handshake_done (EngineAdmission *admission, EnginePeer *peer)
{
  admission->handshakes--;
  if (peer != NULL)
    peer->handshakes--;
}

void
engine_admission_release (EngineAdmission *admission, EnginePeer *peer)
{
  admission->count--;
  if (peer != NULL && --peer->count == 0)
    g_hash_table_remove (admission->peers, peer);
}

void
engine_admission_clear (EngineAdmission *admission)
{
  g_clear_pointer (&admission->peers, g_hash_table_unref);
}
