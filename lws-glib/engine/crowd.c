/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crowd-private.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The half of an IPv6 address that names a network. */
#define CROWD_NETWORK_SIZE 8

/* What is left at its default is never more than a part of what the others leave. One address gets a quarter of the
 * connections. Handshakes get half of them, so that those who say nothing can't fill them; and an eighth of
 * these one address. */
#define CROWD_PEER_PART 4
#define CROWD_HANDSHAKES_PART 2
#define CROWD_PEER_HANDSHAKES_PART 8

/* ... which is no smaller than this: a browser alone opens several at once. */
#define CROWD_PART_MIN 4

struct _EngineNeighbour {
  struct in6_addr address;      /* of IPv4 as ::ffff:a.b.c.d */
  guint count;
  guint handshakes;
  EngineArrivals arrivals;
};

/* --- how many there may be; 0 is any number */

static guint
crowd_least (guint one, guint other)
{
  if (one == 0 || other == 0)
    return MAX (one, other);

  return MIN (one, other);
}

static guint
crowd_part (guint limit, guint default_limit, guint all, guint part)
{
  if (limit != default_limit || all == 0)
    return limit;

  return crowd_least (limit, MAX (all / part, CROWD_PART_MIN));
}

static guint
crowd_most (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return crowd_least (limits->connections, crowd->room);
}

static guint
crowd_most_per_peer (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return crowd_part (limits->connections_per_peer, ENGINE_CONNECTIONS_PER_PEER, crowd_most (crowd, limits),
                     CROWD_PEER_PART);
}

static guint
crowd_most_handshakes (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return crowd_part (limits->handshakes, ENGINE_HANDSHAKES, crowd_most (crowd, limits), CROWD_HANDSHAKES_PART);
}

static guint
crowd_most_handshakes_per_peer (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return crowd_part (limits->handshakes_per_peer, ENGINE_HANDSHAKES_PER_PEER, crowd_most_handshakes (crowd, limits),
                     CROWD_PEER_HANDSHAKES_PART);
}

/* --- addresses */

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

/* --- entering and leaving */

/* Is there no room for one more? */
static gboolean
crowd_is_full (guint count, guint most)
{
  return most > 0 && count >= most;
}

gboolean
engine_crowd_is_busy (const EngineCrowd *crowd, const EngineLimits *limits)
{
  return crowd_is_full (crowd->handshakes, crowd_most_handshakes (crowd, limits));
}

gboolean
engine_crowd_is_pressed (const EngineCrowd *crowd, const EngineLimits *limits)
{
  const guint most = crowd_most_handshakes (crowd, limits);

  return most > 0 && crowd->handshakes > most / 2;
}

static EngineCrowdEntry
crowd_look_near (const EngineCrowd *crowd, const EngineLimits *limits, const EngineNeighbour *neighbour)
{
  if (crowd_is_full (neighbour->count, crowd_most_per_peer (crowd, limits)))
    return ENGINE_CROWD_NEAR_FULL;
  if (crowd_is_full (neighbour->handshakes, crowd_most_handshakes_per_peer (crowd, limits)))
    return ENGINE_CROWD_NEAR_BUSY;

  return ENGINE_CROWD_ROOM;
}

EngineCrowdEntry
engine_crowd_enter (EngineCrowd *crowd, const EngineLimits *limits, const struct sockaddr *address,
                    EngineNeighbour **neighbour)
{
  EngineNeighbour key;
  EngineCrowdEntry entry;

  *neighbour = NULL;
  if (crowd_is_full (crowd->count, crowd_most (crowd, limits)))
    return ENGINE_CROWD_FULL;

  if (neighbour_read (&key, address) && (limits->count_loopback || !neighbour_is_loopback (&key)))
    {
      if (!IN6_IS_ADDR_V4MAPPED (&key.address) && !IN6_IS_ADDR_LOOPBACK (&key.address))
        memset (key.address.s6_addr + CROWD_NETWORK_SIZE, 0, sizeof key.address - CROWD_NETWORK_SIZE);
      *neighbour = crowd_find (crowd, &key);
      entry = crowd_look_near (crowd, limits, *neighbour);
      if (entry != ENGINE_CROWD_ROOM)
        return entry;
      (*neighbour)->count++;
      (*neighbour)->handshakes++;
    }
  crowd->count++;
  crowd->handshakes++;

  return ENGINE_CROWD_ROOM;
}

EngineArrivals *
engine_neighbour_arrivals (EngineNeighbour *neighbour)
{
  return neighbour != NULL ? &neighbour->arrivals : NULL;
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
