/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <string.h>

/* Messages from threads that are not the context's. */

#define THREADS 10
#define CONNECTIONS 50

/* Of each thread; few where each takes twenty times as long. */
#define MESSAGES 10000
#define MESSAGES_SLOW 500

/* Messages have several lengths: the shorter and the longer header of a frame. */
#define FILLER_MAX 197

typedef struct {
  guint32 sender;
  guint32 number;
} Stamp;

/* --- what is sent and what comes */

static GBytes *
make_message (guint sender, guint number)
{
  guint8 content[sizeof (Stamp) + FILLER_MAX];
  const Stamp stamp = { sender, number };
  gsize filler = (sender + number) % FILLER_MAX;

  memcpy (content, &stamp, sizeof stamp);
  memset (content + sizeof stamp, (int) (sender * 31 + number) & 0xff, filler);

  return g_bytes_new (content, sizeof stamp + filler);
}

typedef struct {
  LwsgConnection *near;         /* what the threads send with */
  LwsgConnection *far;          /* what it comes out of */
  guint next[THREADS];
  guint step;                   /* from one number of a sender to the next; 0: any that is higher */
  guint count;
  guint closed;                 /* as the near side tells */
} Line;

static void
line_on_message (LwsgConnection *connection, LwsgMessage *message, Line *line)
{
  GBytes *bytes = lwsg_message_get_bytes (message);
  g_autoptr (GBytes) expected = NULL;
  Stamp stamp;

  g_assert_cmpint (lwsg_message_get_message_type (message), ==, LWSG_MESSAGE_BINARY);
  g_assert_cmpuint (g_bytes_get_size (bytes), >=, sizeof stamp);
  memcpy (&stamp, g_bytes_get_data (bytes, NULL), sizeof stamp);
  g_assert_cmpuint (stamp.sender, <, THREADS);
  expected = make_message (stamp.sender, stamp.number);
  g_assert_true (g_bytes_equal (bytes, expected));

  if (line->step > 0)
    g_assert_cmpuint (stamp.number, ==, line->next[stamp.sender]);
  else
    g_assert_cmpuint (stamp.number, >=, line->next[stamp.sender]);
  line->next[stamp.sender] = stamp.number + MAX (line->step, 1);
  line->count++;
}

static void
line_on_closed (LwsgConnection *connection, Line *line)
{
  line->closed++;
}

static void
line_open (Line *line, Duo *duo, gboolean from_client)
{
  LwsgConnection *connected = duo_connect (duo, "/", NULL);
  LwsgConnection *accepted = g_steal_pointer (&duo->accepted);

  *line = (Line){ .near = from_client ? connected : accepted, .far = from_client ? accepted : connected };
  g_signal_connect (line->far, "message", G_CALLBACK (line_on_message), line);
  g_signal_connect (line->near, "closed", G_CALLBACK (line_on_closed), line);
}

static void
line_clear (Line *line)
{
  g_signal_handlers_disconnect_by_data (line->near, line);
  g_signal_handlers_disconnect_by_data (line->far, line);
  g_clear_object (&line->near);
  g_clear_object (&line->far);
}

/* --- a admission of threads and connections */

typedef struct {
  Line *lines;
  guint number;
  guint messages;
} Sender;

static gpointer
sender_run (gpointer data)
{
  const Sender *sender = data;

  for (guint i = 0; i < sender->messages; i++)
    {
      g_autoptr (GBytes) bytes = make_message (sender->number, i);
      g_autoptr (GError) error = NULL;

      g_assert_true (lwsg_connection_send (sender->lines[i % CONNECTIONS].near, LWSG_MESSAGE_BINARY, bytes, &error));
      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_all_arrive (Duo *duo, gconstpointer transport)
{
  const guint messages = duo_is_slow () ? MESSAGES_SLOW : MESSAGES;
  Line lines[CONNECTIONS];
  Sender senders[THREADS];
  GThread *threads[THREADS];

  for (guint i = 0; i < CONNECTIONS; i++)
    {
      /* From both sides: each context has its own way in. */
      line_open (&lines[i], duo, i % 2 == 1);
      lines[i].step = CONNECTIONS;
      for (guint j = 0; j < THREADS; j++)
        lines[i].next[j] = i;
    }
  for (guint i = 0; i < THREADS; i++)
    {
      senders[i] = (Sender){ lines, i, messages };
      threads[i] = g_thread_new ("sender", sender_run, &senders[i]);
    }

  for (guint i = 0; i < CONNECTIONS; i++)
    DUO_UNTIL (lines[i].count == THREADS * (messages / CONNECTIONS));
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);

  /* Neither anything twice. */
  for (guint i = 0; i < CONNECTIONS; i++)
    duo_round_trip (lines[i].near);
  for (guint i = 0; i < CONNECTIONS; i++)
    {
      g_assert_cmpuint (lines[i].count, ==, THREADS * (messages / CONNECTIONS));
      g_assert_cmpuint (lwsg_connection_get_buffered_amount (lines[i].near), ==, 0);
      line_clear (&lines[i]);
    }
}

/* --- broadcasts and messages of the same threads */

#define LISTENERS 5
#define CALLS 400

typedef struct {
  Line *lines;
  LwsgProtocol *protocol;
  guint number;
} Caller;

/* Every other message goes to all, the others to one. */
static gpointer
caller_run (gpointer data)
{
  const Caller *caller = data;

  for (guint i = 0; i < CALLS; i++)
    {
      g_autoptr (GBytes) bytes = make_message (caller->number, i);
      g_autoptr (GError) error = NULL;

      if (i % 2 == 0)
        lwsg_protocol_broadcast (caller->protocol, LWSG_MESSAGE_BINARY, bytes, &error);
      else
        lwsg_connection_send (caller->lines[i / 2 % LISTENERS].near, LWSG_MESSAGE_BINARY, bytes, &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_broadcasts (Duo *duo, gconstpointer transport)
{
  const guint expected = THREADS * (CALLS / 2 + CALLS / 2 / LISTENERS);
  Line lines[LISTENERS];
  Caller callers[THREADS];
  GThread *threads[THREADS];

  for (guint i = 0; i < LISTENERS; i++)
    line_open (&lines[i], duo, FALSE);
  for (guint i = 0; i < THREADS; i++)
    {
      callers[i] = (Caller){ lines, duo->protocol, i };
      threads[i] = g_thread_new ("caller", caller_run, &callers[i]);
    }
  for (guint i = 0; i < LISTENERS; i++)
    DUO_UNTIL (lines[i].count >= expected);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < LISTENERS; i++)
    {
      duo_round_trip (lines[i].near);
      g_assert_cmpuint (lines[i].count, ==, expected);
      line_clear (&lines[i]);
    }
}

/* --- the end comes while threads send */

typedef struct {
  LwsgConnection *connection;   /* references of the thread's own */
  LwsgProtocol *protocol;
  guint number;
  guint sent;
  GError *error;
} Stubborn;

/* Not so many at a time that the context takes no more and they have to wait for it. */
#define STUBBORN_MESSAGES 5000

/* How many messages of each thread are allowed. */
static struct {
  GMutex mutex;
  GCond changed;
  guint allowed;
} gate;

static void
gate_set (guint allowed)
{
  g_mutex_lock (&gate.mutex);
  gate.allowed = allowed;
  g_cond_broadcast (&gate.changed);
  g_mutex_unlock (&gate.mutex);
}

static void
gate_wait (guint sent)
{
  g_mutex_lock (&gate.mutex);
  while (sent >= gate.allowed)
    g_cond_wait (&gate.changed, &gate.mutex);
  g_mutex_unlock (&gate.mutex);
}

static gpointer
stubborn_run (gpointer data)
{
  Stubborn *stubborn = data;

  while (stubborn->error == NULL)
    {
      g_autoptr (GBytes) bytes = make_message (stubborn->number, stubborn->sent);

      if (stubborn->number % 2 == 0)
        lwsg_connection_send (stubborn->connection, LWSG_MESSAGE_BINARY, bytes, &stubborn->error);
      else
        lwsg_protocol_broadcast (stubborn->protocol, LWSG_MESSAGE_BINARY, bytes, &stubborn->error);
      if (++stubborn->sent % STUBBORN_MESSAGES == 0)
        gate_wait (stubborn->sent);
    }
  /* The last ones, perhaps. */
  g_clear_object (&stubborn->connection);
  g_clear_object (&stubborn->protocol);

  return NULL;
}

static void
stubborn_start (Stubborn *stubborn, GThread **threads, Line *line, LwsgProtocol *protocol)
{
  gate_set (STUBBORN_MESSAGES);
  for (guint i = 0; i < THREADS; i++)
    {
      stubborn[i] = (Stubborn){ g_object_ref (line->near), g_object_ref (protocol), i, 0, NULL };
      threads[i] = g_thread_new ("stubborn", stubborn_run, &stubborn[i]);
    }
}

static void
stubborn_end (Stubborn *stubborn, GThread **threads)
{
  gate_set (G_MAXUINT);
  for (guint i = 0; i < THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_error (stubborn[i].error, LWSG_ERROR, LWSG_ERROR_CLOSED);
      g_clear_error (&stubborn[i].error);
    }
}

/* A connection is closed: who sends with it learns of that, who broadcasts only when the
 * context is closed. */
static void
test_close_connection (Duo *duo, gconstpointer transport)
{
  Line line;
  Stubborn stubborn[THREADS];
  GThread *threads[THREADS];

  line_open (&line, duo, FALSE);
  lwsg_connection_set_max_buffered_amount (line.near, G_MAXSIZE);
  stubborn_start (stubborn, threads, &line, duo->protocol);
  DUO_UNTIL (line.count >= 1000);
  gate_set (2 * STUBBORN_MESSAGES);
  g_assert_true (lwsg_connection_close (line.near, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (line.closed == 1);
  g_assert_cmpuint (lwsg_connection_get_close_code (line.near), ==, LWSG_CLOSE_NORMAL);

  lwsg_context_close (duo->server);
  stubborn_end (stubborn, threads);
  g_assert_cmpuint (line.closed, ==, 1);
  line_clear (&line);
}

static void
test_close_context (Duo *duo, gconstpointer transport)
{
  Line line;
  Stubborn stubborn[THREADS];
  GThread *threads[THREADS];

  line_open (&line, duo, FALSE);
  lwsg_connection_set_max_buffered_amount (line.near, G_MAXSIZE);
  stubborn_start (stubborn, threads, &line, duo->protocol);
  DUO_UNTIL (line.count >= 1000);
  gate_set (G_MAXUINT);
  lwsg_context_close (duo->server);
  g_assert_cmpuint (line.closed, ==, 1);
  stubborn_end (stubborn, threads);
  /* What nobody took was given back. */
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (line.near), ==, 0);
  line_clear (&line);
}

/* The server is closed, and nobody but the threads holds anything of it; they free what is left. */
static void
test_unref_all (Duo *duo, gconstpointer transport)
{
  Line line;
  Stubborn stubborn[THREADS];
  GThread *threads[THREADS];
  gpointer connection;
  gpointer protocol = duo->protocol;

  line_open (&line, duo, FALSE);
  lwsg_connection_set_max_buffered_amount (line.near, G_MAXSIZE);
  connection = line.near;
  g_object_add_weak_pointer (connection, &connection);
  g_object_add_weak_pointer (protocol, &protocol);
  stubborn_start (stubborn, threads, &line, duo->protocol);
  DUO_UNTIL (line.count >= 1000);
  gate_set (G_MAXUINT);

  line_clear (&line);
  g_signal_handlers_disconnect_by_data (duo->protocol, duo);
  duo->protocol = NULL;
  duo_end (&duo->server);
  stubborn_end (stubborn, threads);
  g_assert_null (connection);
  g_assert_null (protocol);
}

/* --- between two fragments */

#define BETWEEN 20

static gpointer
between_run (gpointer data)
{
  const Sender *sender = data;

  for (guint i = 0; i < sender->messages; i++)
    {
      g_autoptr (GBytes) bytes = make_message (sender->number, i);
      g_autoptr (GError) error = NULL;

      g_assert_true (lwsg_connection_send (sender->lines->near, LWSG_MESSAGE_BINARY, bytes, &error));
      g_assert_no_error (error);
    }

  return NULL;
}

static void
send_between (Line *line)
{
  Sender senders[THREADS];
  GThread *threads[THREADS];

  for (guint i = 0; i < THREADS; i++)
    {
      senders[i] = (Sender){ line, i, BETWEEN };
      threads[i] = g_thread_new ("between", between_run, &senders[i]);
    }
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
}

static void
test_between_fragments (Duo *duo, gconstpointer transport)
{
  g_autoptr (GBytes) whole = make_message (0, 3);
  g_autoptr (GBytes) first = g_bytes_new_from_bytes (whole, 0, 5);
  g_autoptr (GBytes) second = g_bytes_new_from_bytes (whole, 5, 0);
  g_autoptr (GBytes) third = g_bytes_new_from_bytes (whole, 5, g_bytes_get_size (whole) - 5);
  g_autoptr (LwsgMessage) message = NULL;
  Line line;

  line_open (&line, duo, FALSE);
  /* The first of all is pulled, to tell it from what follows. */
  g_signal_handlers_disconnect_by_data (line.far, &line);
  line.step = 1;

  g_assert_true (lwsg_connection_send_fragment (line.near, LWSG_MESSAGE_BINARY, first, FALSE, NULL));
  send_between (&line);
  DUO_UNTIL (line.near->kept.length == THREADS * BETWEEN);
  duo_round_trip (line.near);
  g_assert_true (lwsg_connection_send_fragment (line.near, LWSG_MESSAGE_BINARY, second, FALSE, NULL));
  duo_round_trip (line.near);
  g_assert_cmpuint (line.near->kept.length, ==, THREADS * BETWEEN);
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (line.near), ==, line.near->kept_bytes);

  g_assert_true (lwsg_connection_send_fragment (line.near, LWSG_MESSAGE_BINARY, third, TRUE, NULL));
  g_assert_cmpuint (line.near->kept.length, ==, 0);
  message = duo_receive (line.far);
  g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), whole));
  for (guint i = 0; i < THREADS * BETWEEN; i++)
    {
      g_autoptr (LwsgMessage) next = duo_receive (line.far);

      line_on_message (line.far, next, &line);
    }
  line_clear (&line);
}

static void
add_test (const char *path, DuoFunc func)
{
  g_test_add (path, Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, func, duo_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("/object/threads/all-arrive", test_all_arrive);
  add_test ("/object/threads/broadcasts", test_broadcasts);
  add_test ("/object/threads/close-connection", test_close_connection);
  add_test ("/object/threads/close-context", test_close_context);
  add_test ("/object/threads/unref-all", test_unref_all);
  add_test ("/object/threads/between-fragments", test_between_fragments);

  return g_test_run ();
}
