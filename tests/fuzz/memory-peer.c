/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "memory-peer.h"

#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Small chunks of much input would need too many iterations. */
#define CHUNKS_MAX 512

/* Of a file, what one call takes. */
#define FILE_CHUNK 4096

/* What a transport takes at a time, and the size of its last words: those of TLS. */
#define RECORD_MAX 16384
#define BYE_SIZE 24

gsize
memory_peer_unread (const MemoryPeer *peer)
{
  return peer->inbound->len - peer->arrived;
}

static guint32
peer_ready (gpointer data)
{
  const MemoryPeer *peer = data;
  gboolean readable = peer->buffered ? peer->fresh : memory_peer_unread (peer) > 0;
  guint32 events = 0;

  if (peer->was_reset)
    return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;

  if (readable || peer->finished)
    events |= EPOLLIN;
  if (peer->room > 0)
    events |= EPOLLOUT;
  if (peer->finished && peer->shut)
    events |= EPOLLHUP;

  return events;
}

void
memory_peer_init (MemoryPeer *peer, MemoryPeerHear hear, gpointer data)
{
  *peer = (MemoryPeer) { .room = G_MAXSIZE, .bye_left = BYE_SIZE, .hear = hear, .hear_data = data };
  peer->inbound = g_byte_array_new ();
  peer->unsent = g_byte_array_new ();
}

int
memory_peer_open (MemoryPeer *peer)
{
  return kernel_attach (peer_ready, peer);
}

void
memory_peer_clear (MemoryPeer *peer)
{
  g_clear_pointer (&peer->inbound, g_byte_array_unref);
  g_clear_pointer (&peer->unsent, g_byte_array_unref);
}

void
memory_peer_send (MemoryPeer *peer, const void *bytes, gsize length)
{
  if (peer->finished || peer->was_reset || length == 0)
    return;

  g_byte_array_append (peer->inbound, bytes, (guint) length);
  peer->fresh = TRUE;
}

void
memory_peer_finish (MemoryPeer *peer)
{
  peer->finished = TRUE;
}

void
memory_peer_reset (MemoryPeer *peer)
{
  peer->was_reset = TRUE;
}

/* --- as a transport */

static MemoryPeer *
peer_of (EngineConnection *connection)
{
  g_assert_cmpint (connection->watch.fd, >=, 0);

  return connection->user;
}

static gssize
peer_read (EngineConnection *connection, void *buffer, gsize length)
{
  MemoryPeer *peer = peer_of (connection);
  gsize unread = memory_peer_unread (peer);
  gsize chunk = peer->chunk > 0 ? MAX (peer->chunk, unread / CHUNKS_MAX) : G_MAXSIZE;
  gsize taken = MIN (MIN (length, unread), chunk);
  int failure = peer->was_reset ? ECONNRESET : peer->read_error;

  g_assert_cmpuint (length, >, 0);
  peer->read_error = 0;
  if (failure != 0)
    return -failure;

  peer->fresh = FALSE;
  if (taken == 0)
    return peer->finished ? 0 : -EAGAIN;
  memcpy (buffer, peer->inbound->data + peer->arrived, taken);
  peer->arrived += taken;

  return (gssize) taken;
}

/* How much may be written? 0 or a failure if nothing. */
static gssize
peer_take (MemoryPeer *peer)
{
  int failure = peer->was_reset ? EPIPE : peer->write_error;

  g_assert_false (peer->shut);
  peer->write_error = 0;
  if (failure != 0)
    return -failure;

  return peer->room > 0 ? (gssize) MIN (peer->room, G_MAXSSIZE) : -EAGAIN;
}

static void
peer_use_room (MemoryPeer *peer, gsize length)
{
  if (peer->room != G_MAXSIZE)
    peer->room -= length;
}

static void
peer_hear (MemoryPeer *peer, const guint8 *bytes, gsize length)
{
  peer_use_room (peer, length);
  peer->hear (peer->hear_data, bytes, length);
}

static int
peer_flush (EngineConnection *connection)
{
  MemoryPeer *peer = peer_of (connection);
  gssize room;
  guint length;

  if (peer->unsent->len == 0)
    return 0;
  room = peer_take (peer);
  if (room < 0)
    return (int) room;

  length = (guint) MIN (peer->unsent->len, (gsize) room);
  peer_hear (peer, peer->unsent->data, length);
  g_byte_array_remove_range (peer->unsent, 0, length);

  return peer->unsent->len == 0 ? 0 : -EAGAIN;
}

static gsize
peer_waiting (EngineConnection *connection)
{
  return peer_of (connection)->unsent->len;
}

/* Takes records whole, once what was taken before has left. */
static gssize
peer_write_records (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  MemoryPeer *peer = peer_of (connection);
  gssize taken = 0;
  int result = peer_flush (connection);

  for (int i = 0; i < n_parts && result == 0; i++)
    for (gsize at = 0; at < parts[i].iov_len && result == 0;)
      {
        gsize length = MIN (parts[i].iov_len - at, RECORD_MAX);

        g_byte_array_append (peer->unsent, (const guint8 *) parts[i].iov_base + at, (guint) length);
        at += length;
        taken += (gssize) length;
        result = peer_flush (connection);
      }

  return taken > 0 ? taken : result;
}

static gssize
peer_write_through (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  MemoryPeer *peer = peer_of (connection);
  gssize room = peer_take (peer);
  gssize taken = 0;

  if (room < 0)
    return room;

  for (int i = 0; i < n_parts && taken < room; i++)
    {
      gsize length = MIN (parts[i].iov_len, (gsize) (room - taken));

      peer_hear (peer, parts[i].iov_base, length);
      taken += (gssize) length;
    }

  return taken;
}

static gssize
peer_write (EngineConnection *connection, const struct iovec *parts, int n_parts)
{
  /* What waits is sent first, whatever the script has changed since. */
  if (peer_of (connection)->buffered || peer_of (connection)->unsent->len > 0)
    return peer_write_records (connection, parts, n_parts);

  return peer_write_through (connection, parts, n_parts);
}

static gssize
peer_send_file (EngineConnection *connection, int file, off_t *offset, gsize length)
{
  guint8 bytes[FILE_CHUNK];
  gssize n = pread (file, bytes, MIN (length, sizeof bytes), *offset);
  struct iovec part = { bytes, (gsize) MAX (n, 0) };

  if (n < 0)
    return -errno;
  if (n > 0)
    n = peer_write (connection, &part, 1);
  *offset += MAX (n, 0);

  return n;
}

static gboolean
peer_pending (EngineConnection *connection)
{
  MemoryPeer *peer = peer_of (connection);

  return peer->buffered && memory_peer_unread (peer) > 0;
}

static int
peer_say_bye (MemoryPeer *peer)
{
  while (peer->bye_left > 0)
    {
      gssize room = peer_take (peer);
      gsize length = MIN (peer->bye_left, (gsize) MAX (room, 0));

      if (room < 0)
        return (int) room;
      peer_use_room (peer, length);
      peer->bye_left -= length;
    }

  return 0;
}

static int
peer_shutdown (EngineConnection *connection, gboolean fin)
{
  MemoryPeer *peer = peer_of (connection);
  int result = peer_flush (connection);

  g_assert_false (peer->shut);
  if (result == 0 && peer->buffered)
    result = peer_say_bye (peer);
  if (result == 0)
    peer->shut = fin;

  return result;
}

static const char *
peer_explain (EngineConnection *connection, int failure)
{
  return g_strerror (-failure);
}

static void
peer_get_facts (EngineConnection *connection, EngineTlsFacts *facts)
{
  *facts = (EngineTlsFacts) { 0 };
}

/* It is the script's. */
static void
peer_free (EngineConnection *connection)
{
}

const EngineTransport memory_peer_transport = {
  .read = peer_read,
  .write = peer_write,
  .flush = peer_flush,
  .waiting = peer_waiting,
  .send_file = peer_send_file,
  .pending = peer_pending,
  .shutdown = peer_shutdown,
  .explain = peer_explain,
  .get_facts = peer_get_facts,
  .free = peer_free,
};
