/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crowd-private.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The half of an IPv6 address that names a network. */
#define CROWD_NETWORK_SIZE 8

struct _EngineNeighbour {
  struct in6_addr address;      /* of IPv4 as ::ffff:a.b.c.d */
  guint count;
  guint handshakes;
};

static guint
neighbour_hash (gconstpointer data)
{
  const EngineNeighbour *neighbour = data;
  guint32 words[4];

  memcpy (words, &neighbour->address, sizeof words);

  /* IPv4 differs in the last word, IPv6 in the first two. */
  return (words[0] * 31 + words[1]) * 31 + words[3];
}

static gboolean
neighbour_equal (gconstpointer one, gconstpointer other)
{
  return memcmp (&((const EngineNeighbour *) one)->address, &((const EngineNeighbour *) other)->address,
                 sizeof (struct in6_addr)) == 0;
}

/* FALSE if peers of that family have no addresses. */
static gboolean
neighbour_read (EngineNeighbour *neighbour, const struct sockaddr *address)
{
  *neighbour = (EngineNeighbour){ 0 };
  if (address->sa_family == AF_INET6)
    {
      memcpy (&neighbour->address, &((const struct sockaddr_in6 *) address)->sin6_addr, sizeof neighbour->address);
      return TRUE;
    }
  if (address->sa_family == AF_INET)
    {
      const guint8 *bytes = (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr;

      neighbour->address.s6_addr[10] = neighbour->address.s6_addr[11] = 0xff;
      memcpy (neighbour->address.s6_addr + 12, bytes, 4);
      return TRUE;
    }

  return FALSE;
}

static gboolean
neighbour_is_loopback (const EngineNeighbour *neighbour)
{
  return IN6_IS_ADDR_LOOPBACK (&neighbour->address) ||
         (IN6_IS_ADDR_V4MAPPED (&neighbour->address) && neighbour->address.s6_addr[12] == 127);
}

static EngineNeighbour *
crowd_find (EngineCrowd *crowd, const EngineNeighbour *key)
{
  EngineNeighbour *found;

  if (crowd->neighbours == NULL)
    crowd->neighbours = g_hash_table_new_full (neighbour_hash, neighbour_equal, g_free, NULL);
  found = g_hash_table_lookup (crowd->neighbours, key);
  if (found == NULL)
    {
      found = g_memdup2 (key, sizeof *key);
      g_hash_table_add (crowd->neighbours, found);
    }

  return found;
}

static gboolean
crowd_has_room_for (const EngineNeighbour *neighbour, const EngineLimits *limits)
{
  return (limits->connections_per_peer == 0 || neighbour->count < limits->connections_per_peer) &&
         (limits->handshakes_per_peer == 0 || neighbour->handshakes < limits->handshakes_per_peer);
}

gboolean
engine_crowd_is_busy (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return limits->handshakes > 0 && crowd->handshakes >= limits->handshakes;
}

gboolean
engine_crowd_enter (EngineCrowd *crowd, const EngineLimits *limits, const struct sockaddr *address,
                    EngineNeighbour **neighbour)
{
  EngineNeighbour key;
  EngineNeighbour *found = NULL;

  if (limits->connections > 0 && crowd->count >= limits->connections)
    return FALSE;

  if (neighbour_read (&key, address) && (limits->count_loopback || !neighbour_is_loopback (&key)))
    {
      if (!IN6_IS_ADDR_V4MAPPED (&key.address) && !IN6_IS_ADDR_LOOPBACK (&key.address))
        memset (key.address.s6_addr + CROWD_NETWORK_SIZE, 0, sizeof key.address - CROWD_NETWORK_SIZE);
      found = crowd_find (crowd, &key);
      if (!crowd_has_room_for (found, limits))
        return FALSE;
      found->count++;
      found->handshakes++;
    }
  crowd->count++;
  crowd->handshakes++;
  *neighbour = found;

  return TRUE;
}

void
engine_crowd_settle (EngineCrowd *crowd, EngineNeighbour *neighbour)
{
  crowd->handshakes--;
  if (neighbour != NULL)
    neighbour->handshakes--;
}

void
engine_crowd_leave (EngineCrowd *crowd, EngineNeighbour *neighbour)
{
  crowd->count--;
  if (neighbour != NULL && --neighbour->count == 0)
    g_hash_table_remove (crowd->neighbours, neighbour);
}

void
engine_crowd_clear (EngineCrowd *crowd)
{
  g_clear_pointer (&crowd->neighbours, g_hash_table_unref);
}
