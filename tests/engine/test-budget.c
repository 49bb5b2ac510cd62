/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/budget-private.h"
#include "engine/base/error-private.h"
#include "engine/base/limits-private.h"
#include "engine/broadcast/broadcast-private.h"
#include "engine/broadcast/process-channel-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/end-private.h"
#include "engine/connection/scope-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/websocket/open-private.h"
#include "engine/websocket/send-private.h"
#include "owner.h"

/* An iteration ends in time, whatever it is that there is too much of, and each kind of work gets on. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)

/* So many want something at once. */
#define MANY 20

/* --- the budget alone */

static void
wait_until (gint64 time)
{
  while (g_get_monotonic_time () < time)
    ;
}

/* Longer than a tick of any kernel. */
static void
work_for_long (const EngineBudget *budget)
{
  wait_until (MAX (budget->end, g_get_monotonic_time () + 11 * G_TIME_SPAN_MILLISECOND));
}

static void
test_always_one (void)
{
  EngineBudget budget;

  engine_budget_start (&budget, g_get_monotonic_time () - G_USEC_PER_SEC, 0);
  g_assert_true (engine_budget_goes_on (&budget));
  g_assert_false (budget.over);
  g_assert_false (engine_budget_goes_on (&budget));
  g_assert_true (budget.over);
  g_assert_false (engine_budget_goes_on (&budget));
}

static void
test_time_enough (void)
{
  EngineBudget budget;

  engine_budget_start (&budget, g_get_monotonic_time (), G_MAXINT);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (engine_budget_goes_on (&budget));
}

/* One long piece of work after many short ones is noticed at once. */
static void
test_long_after_short (void)
{
  EngineBudget budget;

  for (guint n = 1; n < 100; n++)
    {
      engine_budget_start (&budget, g_get_monotonic_time (), 5 * G_USEC_PER_SEC);
      for (guint i = 0; i < n; i++)
        g_assert_true (engine_budget_goes_on (&budget));
      budget.end = g_get_monotonic_time ();
      work_for_long (&budget);
      g_assert_false (engine_budget_goes_on (&budget));
    }
}

/* --- many that want something */

typedef struct {
  Owner *owner;
  GPtrArray *peers;             /* RawPeer */
  EngineConnection *connections[MANY];
} Crowd;

static Crowd *
admission_new (void)
{
  Crowd *admission = g_new0 (Crowd, 1);

  admission->owner = owner_new ();
  admission->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  for (guint i = 0; i < MANY; i++)
    {
      g_ptr_array_add (admission->peers, owner_connect_open (admission->owner));
      admission->connections[i] = admission->owner->newest;
    }
  owner_settle (admission->owner);

  return admission;
}

static void
admission_free (Crowd *admission)
{
  g_ptr_array_unref (admission->peers);
  owner_free (admission->owner);
  g_free (admission);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crowd, admission_free)

/* A handler that takes all the time of the iteration. */
static void
be_slow (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == GPOINTER_TO_UINT (owner->hook_data) && owner->context->budget != NULL)
    work_for_long (owner->context->budget);
}

static void
make_slow (Owner *owner, OwnerEvent event)
{
  owner->context->limits.iteration_microseconds = ENGINE_ITERATION_MICROSECONDS;
  owner->hook = be_slow;
  owner->hook_data = GUINT_TO_POINTER (event);
}

/* No iteration has more than one of these, and all of them come, soon one after the other. */
static void
expect_one_by_one (Owner *owner, OwnerEvent event, guint count)
{
  guint before = owner->counts[event];

  for (guint turns = 0; owner->counts[event] < before + count; turns++)
    {
      guint counted = owner->counts[event];

      g_assert_cmpuint (turns, <, 3 * count + 10);
      engine_loop_service (owner->context, 10);
      g_assert_cmpuint (owner->counts[event], <=, counted + 1);
    }
}

static void
test_messages_of_one (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < MANY; i++)
    raw_frame_append (bytes, TEXT_FRAME, "slow", 4);
  make_slow (owner, OWNER_DATA);
  raw_peer_send (peer, bytes->data, bytes->len);
  expect_one_by_one (owner, OWNER_DATA, MANY);
}

static void
test_messages_of_many (void)
{
  g_autoptr (Crowd) admission = admission_new ();

  for (guint i = 0; i < MANY; i++)
    raw_peer_send_frame (admission->peers->pdata[i], TEXT_FRAME, "slow", 4);
  make_slow (admission->owner, OWNER_DATA);
  expect_one_by_one (admission->owner, OWNER_DATA, MANY);
}

static void
test_writable (void)
{
  g_autoptr (Crowd) admission = admission_new ();

  for (guint i = 0; i < MANY; i++)
    engine_connection_request_writable (admission->connections[i]);
  make_slow (admission->owner, OWNER_WRITABLE);
  expect_one_by_one (admission->owner, OWNER_WRITABLE, MANY);
}

static void
test_ends (void)
{
  g_autoptr (Crowd) admission = admission_new ();

  for (guint i = 0; i < MANY; i++)
    engine_connection_abort (admission->connections[i], ENGINE_ERROR_SYSTEM, "by the test");
  make_slow (admission->owner, OWNER_CLOSED);
  expect_one_by_one (admission->owner, OWNER_CLOSED, MANY);
}

/* What a connection held is given back likewise. */
static void
test_releases (void)
{
  g_autoptr (Crowd) admission = admission_new ();

  for (guint i = 0; i < MANY; i++)
    engine_connection_abort (admission->connections[i], ENGINE_ERROR_SYSTEM, "by the test");
  make_slow (admission->owner, OWNER_RELEASED);
  expect_one_by_one (admission->owner, OWNER_RELEASED, MANY);
}

static gpointer
broadcast_many (gpointer data)
{
  Owner *owner = data;

  for (guint i = 0; i < MANY; i++)
    g_assert_true (engine_protocol_post (owner->protocol, (const guint8 *) "all", 3, NULL));

  return NULL;
}

static void
test_broadcasts_of_threads (void)
{
  g_autoptr (Owner) owner = owner_new ();

  g_thread_join (g_thread_new ("broadcaster", broadcast_many, owner));
  make_slow (owner, OWNER_BROADCAST);
  expect_one_by_one (owner, OWNER_BROADCAST, MANY);
}

static void
test_broadcasts_of_processes (void)
{
  g_autoptr (Owner) owner = owner_new ();

  owner_turn (owner);
  for (guint i = 0; i < MANY; i++)
    g_assert_true (engine_process_channel_send (owner->protocol, (const guint8 *) "all", 3, NULL));
  make_slow (owner, OWNER_BROADCAST);
  expect_one_by_one (owner, OWNER_BROADCAST, MANY);
}

/* --- work of the engine itself */

/* Who connects while there is hardly any time is let in one by one. */
static void
test_accepts (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);

  for (guint i = 0; i < MANY; i++)
    g_ptr_array_add (peers, raw_peer_connect (owner->port, NULL, NULL));
  owner->context->limits.iteration_microseconds = 0;
  for (guint i = 1; i <= MANY; i++)
    {
      guint turns = 0;

      while (owner_n_connections (owner) < i)
        {
          owner_turn (owner);
          g_assert_cmpuint (++turns, <, 10);
        }
      g_assert_cmpuint (owner_n_connections (owner), ==, i);
    }
}

static gsize
sum_of_output (Crowd *admission)
{
  gsize sum = 0;

  for (guint i = 0; i < MANY; i++)
    sum += admission->connections[i]->output.bytes;

  return sum;
}

/* What is written is sent in parts, one connection after the other, and nothing more is read
 * meanwhile. */
static void
test_flush (void)
{
  const gsize size = 1024 * 1024;
  g_autoptr (Crowd) admission = admission_new ();
  EngineContext *context = admission->owner->context;
  g_autofree guint8 *bytes = g_malloc0 (size);
  guint turns = 0;

  context->limits.iteration_microseconds = 0;
  engine_context_hold (context);
  /* As in an iteration whose time is over. */
  context->budget = &(EngineBudget){ .over = TRUE };
  context->behind = TRUE;
  context->frame_cache.sharing++;
  for (guint i = 0; i < MANY; i++)
    engine_connection_send_data (admission->connections[i], WIRE_OPCODE_BINARY, TRUE, bytes, size, NULL);
  context->frame_cache.sharing--;
  engine_frame_cache_forget (&context->frame_cache);
  engine_context_release (context);
  raw_peer_send_frame (admission->peers->pdata[0], TEXT_FRAME, "later", 5);

  while (context->dirty.count > 0)
    {
      gsize before = sum_of_output (admission);

      g_assert_cmpuint (++turns, <, 20 * MANY);
      g_assert_cmpuint (admission->owner->counts[OWNER_DATA], ==, 0);
      owner_turn (admission->owner);
      g_assert_cmpuint (before - sum_of_output (admission), <=, size / 2);
    }
  g_assert_cmpuint (turns, >, MANY);
  for (guint i = 0; i < MANY; i++)
    g_assert_true (admission->connections[i]->output.bytes == 0 || admission->connections[i]->blocked);
  owner_wait (admission->owner, OWNER_DATA, 1);
}

/* --- fairness */

static void
ask_again (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_WRITABLE)
    engine_connection_request_writable (connection);
  if (event != OWNER_RELEASED && owner->context->budget != NULL)
    work_for_long (owner->context->budget);
}

/* Whatever fills whole iterations, the other kinds of work have theirs. */
static void
test_each_kind_gets_on (void)
{
  g_autoptr (Crowd) admission = admission_new ();
  Owner *owner = admission->owner;
  g_autoptr (RawPeer) late = NULL;
  g_autoptr (GByteArray) flood = g_byte_array_new ();

  for (guint i = 0; i < 100; i++)
    raw_frame_append (flood, TEXT_FRAME, "flood", 5);
  for (guint i = 0; i < MANY; i++)
    raw_peer_send (admission->peers->pdata[i], flood->data, flood->len);
  engine_connection_request_writable (admission->connections[0]);
  broadcast_many (owner);
  engine_connection_abort (admission->connections[1], ENGINE_ERROR_SYSTEM, "by the test");
  late = raw_peer_connect (owner->port, NULL, NULL);
  owner->context->limits.iteration_microseconds = ENGINE_ITERATION_MICROSECONDS;
  owner->hook = ask_again;
  for (guint i = 0; i < 60; i++)
    owner_turn (owner);

  g_assert_cmpuint (owner->counts[OWNER_DATA], >=, 10);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], >=, 10);
  g_assert_cmpuint (owner->counts[OWNER_BROADCAST], >=, 10);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 1);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
  g_assert_cmpuint (owner_n_connections (owner), ==, MANY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/budget/always-one", test_always_one);
  g_test_add_func ("/engine/budget/time-enough", test_time_enough);
  g_test_add_func ("/engine/budget/long-after-short", test_long_after_short);
  g_test_add_func ("/engine/budget/messages-of-one", test_messages_of_one);
  g_test_add_func ("/engine/budget/messages-of-many", test_messages_of_many);
  g_test_add_func ("/engine/budget/writable", test_writable);
  g_test_add_func ("/engine/budget/ends", test_ends);
  g_test_add_func ("/engine/budget/releases", test_releases);
  g_test_add_func ("/engine/budget/broadcasts-of-threads", test_broadcasts_of_threads);
  g_test_add_func ("/engine/budget/broadcasts-of-processes", test_broadcasts_of_processes);
  g_test_add_func ("/engine/budget/accepts", test_accepts);
  g_test_add_func ("/engine/budget/flush", test_flush);
  g_test_add_func ("/engine/budget/each-kind-gets-on", test_each_kind_gets_on);

  return g_test_run ();
}
