/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/connection/context-private.h"
#include "owner.h"

#include <sys/wait.h>
#include <unistd.h>

/* Broadcasts from other threads of the service process. */

#define THREADS 4
#define LETTERS 5000

typedef struct {
  Owner *owner;
  guint32 number;
  GThread *thread;
} Writer;

static gpointer
write_letters (gpointer data)
{
  const Writer *writer = data;

  for (guint32 i = 0; i < LETTERS; i++)
    {
      guint32 call[] = { writer->number, i };
      g_autoptr (GError) error = NULL;

      engine_protocol_broadcast (writer->owner->protocol, (guint8 *) call, sizeof call, &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  Writer writers[THREADS];
  guint32 next[THREADS] = { 0 };
  const guint32 *call;

  for (guint32 i = 0; i < THREADS; i++)
    {
      writers[i] = (Writer){ .owner = owner, .number = i };
      writers[i].thread = g_thread_new ("writer", write_letters, &writers[i]);
    }
  owner_wait (owner, OWNER_BROADCAST, THREADS * LETTERS);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (writers[i].thread);

  call = (const guint32 *) (gpointer) owner->received->data;
  for (guint n = 0; n < THREADS * LETTERS; n++, call += 2)
    {
      g_assert_cmpuint (call[0], <, THREADS);
      g_assert_cmpuint (call[1], ==, next[call[0]]);
      next[call[0]]++;
    }
}

/* A sleeping loop wakes up. */
static gpointer
write_one (gpointer data)
{
  Owner *owner = data;

  g_assert_true (engine_protocol_post (owner->protocol, (const guint8 *) "wake up", 7, NULL));

  return NULL;
}

static void
test_wakes (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  GThread *thread = g_thread_new ("writer", write_one, owner);

  while (owner->counts[OWNER_BROADCAST] == 0)
    g_assert_true (engine_loop_service (owner->context, -1));
  g_thread_join (thread);
  g_assert_cmpstr (owner->log->str, ==, "broadcast wake up\n");
}

/* From the thread of the loop there is no detour. */
static void
test_at_once (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  guint8 bytes[WIRE_FRAME_HEADER_MAX + 4] = { [WIRE_FRAME_HEADER_MAX] = 'n', 'o', 'w' };

  owner_turn (owner);
  g_assert_true (engine_protocol_broadcast (owner->protocol, bytes + WIRE_FRAME_HEADER_MAX, 3, NULL));
  g_assert_cmpstr (owner->log->str, ==, "broadcast now\n");
}

static void
post_another (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_BROADCAST)
    engine_protocol_post (owner->protocol, (const guint8 *) "more", 4, NULL);
}

/* Letters that beget calls take iterations, and the loop does not go to sleep on them. */
static void
test_one_begets_another (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  engine_protocol_post (owner->protocol, (const guint8 *) "first", 5, NULL);
  owner->hook = post_another;
  for (guint i = 1; i <= 5; i++)
    {
      g_assert_true (engine_loop_service (owner->context, -1));
      g_assert_cmpuint (owner->counts[OWNER_BROADCAST], ==, i);
    }
}

static void
destroy (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  engine_context_destroy (owner->context);
}

/* What nobody reads any more is freed. */
static void
test_destroyed_with_letters (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  for (guint i = 0; i < 3; i++)
    engine_protocol_post (owner->protocol, (const guint8 *) "unread", 6, NULL);
  owner->hook = destroy;
  g_assert_false (engine_loop_service (owner->context, -1));
  g_assert_null (owner->context);
  g_assert_cmpuint (owner->counts[OWNER_BROADCAST], ==, 1);
}

static void
count_free (gpointer data)
{
  ++*(guint *) data;
}

/* Others may hold the mailbox longer than there is somebody who reads it. */
static void
test_outlives_its_context (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  EngineMailbox *mailbox = engine_mailbox_ref (owner->context->mailbox);
  g_autoptr (GError) error = NULL;
  guint freed = 0;

  g_assert_true (engine_mailbox_is_read_here (mailbox));
  g_assert_true (engine_mailbox_post (mailbox, count_free, &freed, count_free, 1, NULL));
  engine_context_destroy (g_steal_pointer (&owner->context));
  g_assert_cmpuint (freed, ==, 1);

  g_assert_false (engine_mailbox_post (mailbox, count_free, &freed, count_free, 1, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_CLOSED);
  g_assert_cmpuint (freed, ==, 2);
  engine_mailbox_unref (mailbox);
}

/* --- no room */

/* With it there is room for nothing more. */
#define CALL_LARGE ENGINE_BROADCAST_MAX

typedef struct {
  EngineMailbox *mailbox;
  const char *name;
  gsize bytes;
  GString *log;                 /* of the thread that serves */
} Post;

static void
note_post (gpointer data)
{
  const Post *post = data;

  g_string_append (post->log, post->name);
}

static void
leave_post (gpointer data)
{
}

static gpointer
write_post (gpointer data)
{
  Post *post = data;
  g_autoptr (GError) error = NULL;

  engine_mailbox_post (post->mailbox, note_post, post, leave_post, post->bytes, &error);
  g_assert_no_error (error);

  return NULL;
}

/* Until so many threads wait for room. */
static void
wait_for_waiting (EngineMailbox *mailbox, guint count)
{
  const gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  guint waiting;

  do
    {
      g_mutex_lock (&mailbox->mutex);
      waiting = g_queue_get_length (&mailbox->waiting);
      g_mutex_unlock (&mailbox->mutex);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
  while (waiting < count);
}

/* A large call waits for what lies there; small ones that come later, for which there is room, don't keep it
 * waiting. */
static void
test_one_after_the_other (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  EngineMailbox *mailbox = owner->context->mailbox;
  g_autoptr (GString) log = g_string_new (NULL);
  Post posts[] = {
    { mailbox, "first ", 1, log },
    { mailbox, "large ", CALL_LARGE, log },
    { mailbox, "small ", 1, log },
    { mailbox, "last", 1, log },
  };
  GThread *threads[G_N_ELEMENTS (posts)];

  write_post (&posts[0]);
  for (guint i = 1; i < G_N_ELEMENTS (posts); i++)
    {
      threads[i] = g_thread_new ("writer", write_post, &posts[i]);
      wait_for_waiting (mailbox, i);
    }
  while (!g_str_has_suffix (log->str, "last"))
    g_assert_true (engine_loop_service (owner->context, -1));
  g_assert_cmpstr (log->str, ==, "first large small last");
  for (guint i = 1; i < G_N_ELEMENTS (posts); i++)
    g_thread_join (threads[i]);
}

/* --- the thread that serves */

typedef struct {
  Owner *owner;
  GMutex mutex;
  GCond cond;
  GThread *thread;
  gboolean begun;
  gboolean served;
  gboolean overlapped;
} Takeover;

static gpointer
take_over (gpointer data)
{
  Takeover *takeover = data;

  g_mutex_lock (&takeover->mutex);
  takeover->begun = TRUE;
  g_cond_broadcast (&takeover->cond);
  g_mutex_unlock (&takeover->mutex);
  g_assert_true (engine_loop_service (takeover->owner->context, 0));
  g_mutex_lock (&takeover->mutex);
  takeover->served = TRUE;
  g_cond_broadcast (&takeover->cond);
  g_mutex_unlock (&takeover->mutex);

  return NULL;
}

/* While a broadcast is delivered on the thread that made the context, another one begins its first iteration: that
 * does not happen at the same time. It has some time for doing so wrongly. */
static void
be_overtaken (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Takeover *takeover = owner->hook_data;
  const gint64 end = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 10;

  if (event != OWNER_BROADCAST || takeover->thread != NULL)
    return;

  takeover->thread = g_thread_new ("loop", take_over, takeover);
  g_mutex_lock (&takeover->mutex);
  while (!takeover->begun)
    g_cond_wait (&takeover->cond, &takeover->mutex);
  while (!takeover->served && g_cond_wait_until (&takeover->cond, &takeover->mutex, end))
    ;
  takeover->overlapped = takeover->served;
  g_mutex_unlock (&takeover->mutex);
  /* Within the claim there may be others. */
  if (owner->counts[OWNER_BROADCAST] == 1)
    g_assert_true (engine_protocol_broadcast (owner->protocol, (guint8 *) "inner", 5, NULL));
}

static void
test_first_turn (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  Takeover takeover = { .owner = owner };

  g_mutex_init (&takeover.mutex);
  g_cond_init (&takeover.cond);
  owner->hook = be_overtaken;
  owner->hook_data = &takeover;
  g_assert_true (engine_protocol_broadcast (owner->protocol, (guint8 *) "outer", 5, NULL));
  g_assert_cmpuint (owner->counts[OWNER_BROADCAST], ==, 2);
  g_thread_join (takeover.thread);
  g_assert_false (takeover.overlapped);
  g_assert_true (takeover.served);
  g_assert_cmpuint (owner->context->depth, ==, 0);

  /* The loop is that thread's now. */
  g_assert_true (engine_protocol_broadcast (owner->protocol, (guint8 *) "later", 5, NULL));
  g_assert_cmpuint (owner->counts[OWNER_BROADCAST], ==, 2);
  owner_wait (owner, OWNER_BROADCAST, 3);
  g_mutex_clear (&takeover.mutex);
  g_cond_clear (&takeover.cond);
}

/* A claim is given back after what it was made for is gone. */
static void
destroy_inside (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_BROADCAST)
    engine_context_destroy (owner->context);
}

static void
test_destroyed_in_claim (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();

  owner->hook = destroy_inside;
  g_assert_true (engine_protocol_broadcast (owner->protocol, (guint8 *) "the last", 8, NULL));
  g_assert_null (owner->context);
}

/* --- forked in the middle of it */

/* A child that waits for a lock is ended by this. */
#define CHILD_SECONDS 20

typedef struct {
  Owner *owner;
  gboolean serves;              /* the child takes the loop over, and then returns */
  GThread *thread;
  GMutex mutex;
  GCond cond;
  gboolean locked;
  gboolean over;
  pid_t child;
} Fork;

static void
fork_tell (Fork *self, gboolean *what)
{
  g_mutex_lock (&self->mutex);
  *what = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static void
fork_wait (Fork *self, const gboolean *what)
{
  g_mutex_lock (&self->mutex);
  while (!*what)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

/* As a thread that is about to post something. */
static gpointer
hold_mailbox (gpointer data)
{
  Fork *self = data;
  EngineMailbox *mailbox = self->owner->context->mailbox;

  g_mutex_lock (&mailbox->mutex);
  fork_tell (self, &self->locked);
  fork_wait (self, &self->over);
  g_mutex_unlock (&mailbox->mutex);

  return NULL;
}

static void
fork_inside (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Fork *self = owner->hook_data;

  if (event != OWNER_BROADCAST || self->thread != NULL)
    return;

  self->thread = g_thread_new ("poster", hold_mailbox, self);
  fork_wait (self, &self->locked);
  self->child = fork ();
  g_assert_cmpint (self->child, >=, 0);
  if (self->child > 0)
    {
      fork_tell (self, &self->over);
      return;
    }

  alarm (CHILD_SECONDS);
  if (self->serves && (!engine_context_adopt (owner->context) || !engine_loop_service (owner->context, 0)))
    _exit (1);
}

/* Both processes return from the callback. The child has but the one call, and does not wait for the thread. */
static void
test_forked_inside (gconstpointer serves)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  Fork self = { .owner = owner, .serves = GPOINTER_TO_INT (serves), .child = -1 };
  int status;

  g_mutex_init (&self.mutex);
  g_cond_init (&self.cond);
  owner->hook = fork_inside;
  owner->hook_data = &self;
  for (guint i = 0; i < 2; i++)
    g_assert_true (engine_protocol_post (owner->protocol, (const guint8 *) "twice", 5, NULL));
  engine_loop_service (owner->context, -1);
  if (self.child == 0)
    _exit (owner->counts[OWNER_BROADCAST] == 1 ? 0 : 1);

  g_assert_cmpint (waitpid (self.child, &status, 0), ==, self.child);
  g_assert_cmpint (status, ==, 0);
  g_thread_join (self.thread);
  if (!self.serves)
    owner_wait (owner, OWNER_BROADCAST, 2);
  g_mutex_clear (&self.mutex);
  g_cond_clear (&self.cond);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/inbox/threads", test_threads);
  g_test_add_func ("/engine/inbox/first-turn", test_first_turn);
  g_test_add_func ("/engine/inbox/destroyed-in-claim", test_destroyed_in_claim);
  g_test_add_func ("/engine/inbox/wakes", test_wakes);
  g_test_add_func ("/engine/inbox/at-once", test_at_once);
  g_test_add_func ("/engine/inbox/one-after-the-other", test_one_after_the_other);
  g_test_add_func ("/engine/inbox/one-begets-another", test_one_begets_another);
  g_test_add_func ("/engine/inbox/destroyed-with-letters", test_destroyed_with_letters);

  g_test_add_func ("/engine/inbox/outlives-its-context", test_outlives_its_context);
  g_test_add_data_func ("/engine/inbox/forked-inside/returns", GINT_TO_POINTER (FALSE), test_forked_inside);
  g_test_add_data_func ("/engine/inbox/forked-inside/serves", GINT_TO_POINTER (TRUE), test_forked_inside);

  return g_test_run ();
}
