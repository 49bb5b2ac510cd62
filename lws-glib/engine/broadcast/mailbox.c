/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/broadcast/mailbox-private.h"

#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/poller-private.h"
#include "engine/connection/context-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* More than this waits for nobody: the sender does. */
#define MAILBOX_BYTES_MAX ENGINE_BROADCAST_MAX

/* In one iteration, so many and so much: what they made wait with the connections shall leave
 * before more comes. A burst must not make a quick reader look slow. */
#define MAILBOX_RECEIVES 256
#define MAILBOX_ITERATION_BYTES (1024 * 1024)

typedef struct {
  EngineCallFunc deliver;
  gpointer data;
  GDestroyNotify destroy;
  gsize bytes;
} MailboxCall;

static void
call_free (MailboxCall *call)
{
  call->destroy (call->data);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MailboxCall, call_free)

/* Many small calls cost more than what they carry. */
static gsize
letter_size (gsize bytes)
{
  return sizeof (MailboxCall) + bytes;
}

EngineMailbox *
engine_mailbox_new (GError **error)
{
  int fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  EngineMailbox *mailbox;

  if (fd < 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No eventfd for other threads: %s"), g_strerror (errno));
      return NULL;
    }

  mailbox = g_new0 (EngineMailbox, 1);
  g_atomic_ref_count_init (&mailbox->references);
  engine_watch_init (&mailbox->watch, ENGINE_WATCH_MAILBOX, fd);
  mailbox->reader = g_thread_self ();
  mailbox->generation = engine_fork_generation ();
  g_rec_mutex_init (&mailbox->handover);
  g_mutex_init (&mailbox->mutex);
  g_cond_init (&mailbox->room);
  g_queue_init (&mailbox->calls);
  g_queue_init (&mailbox->waiting);

  return mailbox;
}

EngineMailbox *
engine_mailbox_ref (EngineMailbox *mailbox)
{
  g_atomic_ref_count_inc (&mailbox->references);

  return mailbox;
}

void
engine_mailbox_unref (EngineMailbox *mailbox)
{
  if (!g_atomic_ref_count_dec (&mailbox->references))
    return;

  if (mailbox->watch.fd >= 0)
    {
      g_queue_clear_full (&mailbox->calls, (GDestroyNotify) call_free);
      g_mutex_clear (&mailbox->mutex);
      g_cond_clear (&mailbox->room);
      close (mailbox->watch.fd);
    }
  g_rec_mutex_clear (&mailbox->handover);
  g_free (mailbox);
}

void
engine_mailbox_abandon (EngineMailbox *mailbox)
{
  close (mailbox->watch.fd);
  mailbox->watch.fd = -1;
  engine_mailbox_unref (mailbox);
}

void
engine_mailbox_close (EngineMailbox *mailbox)
{
  GQueue calls = G_QUEUE_INIT;

  g_mutex_lock (&mailbox->mutex);
  mailbox->closed = TRUE;
  calls = mailbox->calls;
  g_queue_init (&mailbox->calls);
  g_cond_broadcast (&mailbox->room);
  g_mutex_unlock (&mailbox->mutex);

  /* What they free may well come back here. */
  g_queue_clear_full (&calls, (GDestroyNotify) call_free);
}

gboolean
engine_mailbox_is_read_here (EngineMailbox *mailbox)
{
  return g_atomic_pointer_get (&mailbox->reader) == g_thread_self ();
}

/* --- the thread of the loop */

/* Of the innermost iteration or claim on this thread. It is compared, and never followed. */
static _Thread_local const EngineMailbox *mailbox_innermost;

const EngineMailbox *
engine_mailbox_begin_iteration (EngineMailbox *mailbox)
{
  const EngineMailbox *outer = mailbox_innermost;

  if (!engine_mailbox_is_read_here (mailbox))
    {
      g_rec_mutex_lock (&mailbox->handover);
      g_atomic_pointer_set (&mailbox->reader, g_thread_self ());
      g_rec_mutex_unlock (&mailbox->handover);
    }
  mailbox_innermost = mailbox;

  return outer;
}

void
engine_mailbox_end_iteration (const EngineMailbox *outer)
{
  mailbox_innermost = outer;
}

gboolean
engine_mailbox_claim (EngineMailbox *mailbox, EngineClaim *claim)
{
  *claim = (EngineClaim){ NULL, NULL };
  if (!engine_mailbox_is_read_here (mailbox))
    return FALSE;
  if (mailbox_innermost == mailbox)
    return TRUE;

  g_rec_mutex_lock (&mailbox->handover);
  if (!engine_mailbox_is_read_here (mailbox))
    {
      g_rec_mutex_unlock (&mailbox->handover);
      return FALSE;
    }
  *claim = (EngineClaim){ engine_mailbox_ref (mailbox), mailbox_innermost };
  mailbox_innermost = mailbox;

  return TRUE;
}

void
engine_mailbox_unclaim (EngineClaim *claim)
{
  if (claim->mailbox == NULL)
    return;

  mailbox_innermost = claim->outer;
  g_rec_mutex_unlock (&claim->mailbox->handover);
  g_clear_pointer (&claim->mailbox, engine_mailbox_unref);
}

/* --- calls */

static gboolean
mailbox_has_room (const EngineMailbox *mailbox, gsize length)
{
  return mailbox->bytes == 0 || mailbox->bytes + letter_size (length) <= MAILBOX_BYTES_MAX;
}

/* With the mutex held. One after the other: a large call would never find room between small ones of others. */
static gboolean
mailbox_wait_for_room (EngineMailbox *mailbox, gsize length)
{
  const gint64 came = g_get_monotonic_time ();
  GList place = { 0 };
  gboolean in_time = TRUE;

  g_queue_push_tail_link (&mailbox->waiting, &place);
  while (in_time && !mailbox->closed && (mailbox->waiting.head != &place || !mailbox_has_room (mailbox, length)))
    /* As long as anything is taken the loop is alive, even if others get the room. */
    in_time = g_cond_wait_until (&mailbox->room, &mailbox->mutex,
                                 MAX (came, mailbox->taken) + ENGINE_BROADCAST_WAIT_SECONDS * G_TIME_SPAN_SECOND);
  g_queue_unlink (&mailbox->waiting, &place);
  /* For a smaller one there may be some left. */
  if (!g_queue_is_empty (&mailbox->waiting))
    g_cond_broadcast (&mailbox->room);

  return in_time && !mailbox->closed;
}

/* With the mutex held. The counter can't overflow: it is written to only when nobody has
 * done so since the last reading. */
static gboolean
mailbox_wake (EngineMailbox *mailbox)
{
  const guint64 one = 1;

  while (!mailbox->woken)
    if (write (mailbox->watch.fd, &one, sizeof one) >= 0)
      mailbox->woken = TRUE;
    else if (errno != EINTR)
      return FALSE;

  return TRUE;
}

/* With the mutex held: the eventfd tells nothing any more. */
static void
mailbox_fall_asleep (EngineMailbox *mailbox)
{
  guint64 counter;

  if (read (mailbox->watch.fd, &counter, sizeof counter) >= 0 || errno == EAGAIN)
    mailbox->woken = FALSE;
  else
    /* It goes on telling, and the next iteration tries again. */
    g_debug ("Reading the wake-up: %s", g_strerror (errno));
}

gboolean
engine_mailbox_post (EngineMailbox *mailbox, EngineCallFunc deliver, gpointer data, GDestroyNotify destroy, gsize bytes,
                   GError **error)
{
  g_autoptr (MailboxCall) call = g_new (MailboxCall, 1);
  g_autoptr (GMutexLocker) locker = NULL;

  *call = (MailboxCall){ deliver, data, destroy, bytes };
  /* The copy of a forked process has no reader, and perhaps a mutex that nobody gives back. */
  if (mailbox->generation != engine_fork_generation ())
    return engine_fork_refuse (error);

  locker = g_mutex_locker_new (&mailbox->mutex);
  if (!mailbox_wait_for_room (mailbox, bytes))
    {
      if (mailbox->closed)
        g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED, _("The context was destroyed"));
      else
        g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST,
                     _("The service loop took nothing from other threads within %d s"), ENGINE_BROADCAST_WAIT_SECONDS);
      return FALSE;
    }

  if (!mailbox_wake (mailbox))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_BROADCAST, _("The service loop could not be woken: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  mailbox->bytes += letter_size (bytes);
  g_queue_push_tail (&mailbox->calls, g_steal_pointer (&call));

  return TRUE;
}

static MailboxCall *
mailbox_take (EngineMailbox *mailbox)
{
  MailboxCall *call;

  g_mutex_lock (&mailbox->mutex);
  call = g_queue_pop_head (&mailbox->calls);
  if (call != NULL)
    mailbox->bytes -= letter_size (call->bytes);
  if (call != NULL && !g_queue_is_empty (&mailbox->waiting))
    {
      mailbox->taken = g_get_monotonic_time ();
      g_cond_broadcast (&mailbox->room);
    }
  g_mutex_unlock (&mailbox->mutex);

  return call;
}

/* How many calls lie here; the next one wakes. */
static guint
mailbox_begin (EngineMailbox *mailbox)
{
  guint count;

  g_mutex_lock (&mailbox->mutex);
  mailbox_fall_asleep (mailbox);
  count = g_queue_get_length (&mailbox->calls);
  g_mutex_unlock (&mailbox->mutex);

  return count;
}

/* What is left waits for the next iteration. */
static void
mailbox_end (EngineMailbox *mailbox)
{
  g_mutex_lock (&mailbox->mutex);
  if (!g_queue_is_empty (&mailbox->calls) && !mailbox_wake (mailbox))
    g_message (_("Calls of other threads wait for the next one: %s"), g_strerror (errno));
  g_mutex_unlock (&mailbox->mutex);
}

void
engine_mailbox_receive (EngineIteration *iteration)
{
  g_autoptr (EngineMailbox) mailbox = engine_mailbox_ref (iteration->context->mailbox);
  gsize taken = 0;

  mailbox->watch.told = FALSE;
  for (guint left = MIN (mailbox_begin (mailbox), MAILBOX_RECEIVES);
       left > 0 && taken < MAILBOX_ITERATION_BYTES && engine_iteration_has_time (iteration); left--)
    {
      g_autoptr (MailboxCall) call = mailbox_take (mailbox);

      if (call == NULL)
        return;
      taken += call->bytes;
      call->deliver (call->data);
      /* Who forked in there, and is the child, may have taken the service over, and has another mailbox. */
      if (mailbox->generation != engine_fork_generation ())
        return;
    }

  mailbox_end (mailbox);
}
