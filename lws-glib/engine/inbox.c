/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "broadcast-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* More than this waits for nobody: the sender does. */
#define INBOX_BYTES_MAX ENGINE_BROADCAST_MAX

/* In one turn, so many and so much: what they made wait with the connections shall leave
 * before more comes. A burst must not make a quick reader look slow. */
#define INBOX_RECEIVES 256
#define INBOX_TURN_BYTES (1024 * 1024)

typedef struct {
  EngineLetterFunc deliver;
  gpointer data;
  GDestroyNotify destroy;
  gsize bytes;
} InboxLetter;

static void
letter_free (InboxLetter *letter)
{
  letter->destroy (letter->data);
  g_free (letter);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (InboxLetter, letter_free)

/* Many small letters cost more than what they carry. */
static gsize
letter_size (gsize bytes)
{
  return sizeof (InboxLetter) + bytes;
}

EngineInbox *
engine_inbox_new (GError **error)
{
  int fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  EngineInbox *inbox;

  if (fd < 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No eventfd for other threads: %s"), g_strerror (errno));
      return NULL;
    }

  inbox = g_new0 (EngineInbox, 1);
  g_atomic_ref_count_init (&inbox->references);
  engine_watch_init (&inbox->watch, ENGINE_WATCH_INBOX, fd);
  inbox->reader = g_thread_self ();
  inbox->generation = engine_fork_generation ();
  g_rec_mutex_init (&inbox->handover);
  g_mutex_init (&inbox->mutex);
  g_cond_init (&inbox->taken);
  g_queue_init (&inbox->letters);

  return inbox;
}

EngineInbox *
engine_inbox_ref (EngineInbox *inbox)
{
  g_atomic_ref_count_inc (&inbox->references);

  return inbox;
}

void
engine_inbox_unref (EngineInbox *inbox)
{
  if (!g_atomic_ref_count_dec (&inbox->references))
    return;

  if (inbox->watch.fd >= 0)
    {
      g_queue_clear_full (&inbox->letters, (GDestroyNotify) letter_free);
      g_mutex_clear (&inbox->mutex);
      g_cond_clear (&inbox->taken);
      close (inbox->watch.fd);
    }
  g_rec_mutex_clear (&inbox->handover);
  g_free (inbox);
}

void
engine_inbox_abandon (EngineInbox *inbox)
{
  close (inbox->watch.fd);
  inbox->watch.fd = -1;
  engine_inbox_unref (inbox);
}

void
engine_inbox_close (EngineInbox *inbox)
{
  GQueue letters = G_QUEUE_INIT;

  g_mutex_lock (&inbox->mutex);
  inbox->closed = TRUE;
  letters = inbox->letters;
  g_queue_init (&inbox->letters);
  g_cond_broadcast (&inbox->taken);
  g_mutex_unlock (&inbox->mutex);

  /* What they free may well come back here. */
  g_queue_clear_full (&letters, (GDestroyNotify) letter_free);
}

gboolean
engine_inbox_is_read_here (EngineInbox *inbox)
{
  return g_atomic_pointer_get (&inbox->reader) == g_thread_self ();
}

/* --- the thread of the loop */

/* Of the innermost turn or claim on this thread. It is compared, and never followed. */
static _Thread_local const EngineInbox *inbox_innermost;

const EngineInbox *
engine_inbox_begin_turn (EngineInbox *inbox)
{
  const EngineInbox *outer = inbox_innermost;

  if (!engine_inbox_is_read_here (inbox))
    {
      g_rec_mutex_lock (&inbox->handover);
      g_atomic_pointer_set (&inbox->reader, g_thread_self ());
      g_rec_mutex_unlock (&inbox->handover);
    }
  inbox_innermost = inbox;

  return outer;
}

void
engine_inbox_end_turn (const EngineInbox *outer)
{
  inbox_innermost = outer;
}

gboolean
engine_inbox_claim (EngineInbox *inbox, EngineClaim *claim)
{
  *claim = (EngineClaim){ NULL, NULL };
  if (!engine_inbox_is_read_here (inbox))
    return FALSE;
  if (inbox_innermost == inbox)
    return TRUE;

  g_rec_mutex_lock (&inbox->handover);
  if (!engine_inbox_is_read_here (inbox))
    {
      g_rec_mutex_unlock (&inbox->handover);
      return FALSE;
    }
  *claim = (EngineClaim){ engine_inbox_ref (inbox), inbox_innermost };
  inbox_innermost = inbox;

  return TRUE;
}

void
engine_inbox_unclaim (EngineClaim *claim)
{
  if (claim->inbox == NULL)
    return;

  inbox_innermost = claim->outer;
  g_rec_mutex_unlock (&claim->inbox->handover);
  g_clear_pointer (&claim->inbox, engine_inbox_unref);
}

/* --- letters */

static gboolean
inbox_wait_for_room (EngineInbox *inbox, gsize length)
{
  while (!inbox->closed && inbox->bytes > 0 && inbox->bytes + letter_size (length) > INBOX_BYTES_MAX)
    {
      /* As long as anything is taken the loop is alive, even if others get the room. */
      gint64 end = g_get_monotonic_time () + ENGINE_BROADCAST_WAIT_SECONDS * G_TIME_SPAN_SECOND;

      if (!g_cond_wait_until (&inbox->taken, &inbox->mutex, end))
        return FALSE;
    }

  return !inbox->closed;
}

/* With the mutex held. The counter can't overflow: it is written to only when nobody has
 * done so since the last reading. */
static gboolean
inbox_wake (EngineInbox *inbox)
{
  const guint64 one = 1;

  while (!inbox->woken)
    if (write (inbox->watch.fd, &one, sizeof one) >= 0)
      inbox->woken = TRUE;
    else if (errno != EINTR)
      return FALSE;

  return TRUE;
}

/* With the mutex held: the eventfd tells nothing any more. */
static void
inbox_fall_asleep (EngineInbox *inbox)
{
  guint64 counter;

  if (read (inbox->watch.fd, &counter, sizeof counter) >= 0 || errno == EAGAIN)
    inbox->woken = FALSE;
  else
    /* It goes on telling, and the next turn tries again. */
    g_debug ("Reading the wake-up: %s", g_strerror (errno));
}

gboolean
engine_inbox_post (EngineInbox *inbox, EngineLetterFunc deliver, gpointer data, GDestroyNotify destroy, gsize bytes,
                   GError **error)
{
  g_autoptr (InboxLetter) letter = g_new (InboxLetter, 1);
  g_autoptr (GMutexLocker) locker = NULL;

  *letter = (InboxLetter){ deliver, data, destroy, bytes };
  /* The copy of a forked process has no reader, and perhaps a mutex that nobody gives back. */
  if (inbox->generation != engine_fork_generation ())
    return engine_fork_refuse (error);

  locker = g_mutex_locker_new (&inbox->mutex);
  if (!inbox_wait_for_room (inbox, bytes))
    {
      if (inbox->closed)
        g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The context was destroyed"));
      else
        g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST,
                     _("The service loop took nothing from other threads within %d s"), ENGINE_BROADCAST_WAIT_SECONDS);
      return FALSE;
    }

  if (!inbox_wake (inbox))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST, _("The service loop could not be woken: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  inbox->bytes += letter_size (bytes);
  g_queue_push_tail (&inbox->letters, g_steal_pointer (&letter));

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
      inbox->bytes -= letter_size (letter->bytes);
      g_cond_broadcast (&inbox->taken);
    }
  g_mutex_unlock (&inbox->mutex);

  return letter;
}

/* How many letters lie here; the next one wakes. */
static guint
inbox_begin (EngineInbox *inbox)
{
  guint count;

  g_mutex_lock (&inbox->mutex);
  inbox_fall_asleep (inbox);
  count = g_queue_get_length (&inbox->letters);
  g_mutex_unlock (&inbox->mutex);

  return count;
}

/* What is left waits for the next turn. */
static void
inbox_end (EngineInbox *inbox)
{
  g_mutex_lock (&inbox->mutex);
  if (!g_queue_is_empty (&inbox->letters) && !inbox_wake (inbox))
    g_message (_("Calls of other threads wait for the next one: %s"), g_strerror (errno));
  g_mutex_unlock (&inbox->mutex);
}

void
engine_inbox_receive (EngineTurn *turn)
{
  EngineInbox *inbox = turn->context->inbox;
  gsize taken = 0;

  inbox->watch.told = FALSE;
  for (guint left = MIN (inbox_begin (inbox), INBOX_RECEIVES);
       left > 0 && taken < INBOX_TURN_BYTES && engine_turn_has_time (turn); left--)
    {
      g_autoptr (InboxLetter) letter = inbox_take (inbox);

      if (letter == NULL)
        return;
      taken += letter->bytes;
      letter->deliver (letter->data);
    }

  inbox_end (inbox);
}
