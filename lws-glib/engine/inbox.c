/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "broadcast-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* More than this waits for nobody: the sender does. */
#define INBOX_BYTES_MAX ENGINE_BROADCAST_MAX

/* In one turn. */
#define INBOX_RECEIVES 64

typedef struct {
  EngineProtocol *protocol;
  gsize length;
  guint8 bytes[];               /* padding, the payload, a 0 */
} InboxLetter;

static guint8 *
letter_payload (InboxLetter *letter)
{
  return letter->bytes + WIRE_FRAME_HEADER_MAX;
}

/* What a letter costs: many small ones are more than their payload. */
static gsize
letter_size (gsize length)
{
  return sizeof (InboxLetter) + WIRE_FRAME_HEADER_MAX + length + 1;
}

static InboxLetter *
letter_new (EngineProtocol *protocol, const guint8 *payload, gsize length)
{
  InboxLetter *letter = g_malloc (letter_size (length));

  letter->protocol = protocol;
  letter->length = length;
  if (length > 0)
    memcpy (letter_payload (letter), payload, length);
  letter_payload (letter)[length] = 0;

  return letter;
}

gboolean
engine_inbox_open (EngineInbox *inbox, GError **error)
{
  int fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);

  g_mutex_init (&inbox->mutex);
  g_cond_init (&inbox->taken);
  g_queue_init (&inbox->letters);
  inbox->bytes = 0;
  inbox->closed = FALSE;
  engine_watch_init (&inbox->watch, ENGINE_WATCH_INBOX, fd);

  if (fd < 0)
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No eventfd for other threads: %s"), g_strerror (errno));

  return fd >= 0;
}

void
engine_inbox_close (EngineInbox *inbox)
{
  g_mutex_lock (&inbox->mutex);
  inbox->closed = TRUE;
  g_cond_broadcast (&inbox->taken);
  g_queue_clear_full (&inbox->letters, g_free);
  g_mutex_unlock (&inbox->mutex);

  if (inbox->watch.fd >= 0)
    close (inbox->watch.fd);
  g_mutex_clear (&inbox->mutex);
  g_cond_clear (&inbox->taken);
}

static gboolean
inbox_wait_for_room (EngineInbox *inbox, gsize length)
{
  gint64 end = g_get_monotonic_time () + ENGINE_BROADCAST_WAIT_SECONDS * G_TIME_SPAN_SECOND;

  while (!inbox->closed && inbox->bytes > 0 && inbox->bytes + letter_size (length) > INBOX_BYTES_MAX)
    if (!g_cond_wait_until (&inbox->taken, &inbox->mutex, end))
      return FALSE;

  return !inbox->closed;
}

/* The counter can't overflow, which would be the only reason to fail: it is written
 * to only when nobody has done so since the last reading. */
static void
inbox_wake (EngineInbox *inbox)
{
  const guint64 one = 1;

  if (write (inbox->watch.fd, &one, sizeof one) < 0)
    g_debug ("Waking the service loop: %s", g_strerror (errno));
}

gboolean
engine_inbox_post (EngineProtocol *protocol, const guint8 *payload, gsize length, GError **error)
{
  EngineInbox *inbox = &protocol->context->inbox;
  g_autofree InboxLetter *letter = letter_new (protocol, payload, length);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&inbox->mutex);

  if (!inbox_wait_for_room (inbox, length))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST,
                   _("The service loop did not take a broadcast within %d s"), ENGINE_BROADCAST_WAIT_SECONDS);
      return FALSE;
    }

  inbox->bytes += letter_size (length);
  g_queue_push_tail (&inbox->letters, g_steal_pointer (&letter));
  if (g_queue_get_length (&inbox->letters) == 1)
    inbox_wake (inbox);

  return TRUE;
}

static InboxLetter *
inbox_take (EngineInbox *inbox)
{
  InboxLetter *letter;

  g_mutex_lock (&inbox->mutex);
  letter = g_queue_pop_head (&inbox->letters);
  if (letter != NULL)
    {
      inbox->bytes -= letter_size (letter->length);
      g_cond_broadcast (&inbox->taken);
    }
  g_mutex_unlock (&inbox->mutex);

  return letter;
}

/* How many letters lie here. */
static guint
inbox_count (EngineInbox *inbox)
{
  guint count;

  g_mutex_lock (&inbox->mutex);
  count = g_queue_get_length (&inbox->letters);
  g_mutex_unlock (&inbox->mutex);

  return count;
}

void
engine_inbox_receive (EngineContext *context)
{
  EngineInbox *inbox = &context->inbox;
  guint64 counter;

  if (read (inbox->watch.fd, &counter, sizeof counter) < 0 && errno != EAGAIN)
    g_debug ("Reading the wake-up: %s", g_strerror (errno));

  for (guint left = MIN (inbox_count (inbox), INBOX_RECEIVES); left > 0 && !context->destroyed; left--)
    {
      g_autofree InboxLetter *letter = inbox_take (inbox);

      if (letter == NULL)
        return;
      engine_protocol_deliver (letter->protocol, letter_payload (letter), letter->length);
    }

  /* The others wait for the next turn. */
  if (inbox_count (inbox) > 0)
    inbox_wake (inbox);
}
