/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <string.h>

#define BLOCK (64 * 1024)
#define NUMBERED 1024           /* the size of a message with a number */

static GBytes *
block_of (gsize length)
{
  return g_bytes_new_take (g_malloc0 (length), length);
}

/* --- what is sent */

static void
check_message (LwsgConnection *from, LwsgConnection *to, LwsgMessageType type, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgMessage) message = NULL;

  g_assert_true (lwsg_connection_send (from, type, bytes, &error));
  g_assert_no_error (error);
  message = duo_receive (to);
  g_assert_cmpint (lwsg_message_get_message_type (message), ==, type);
  g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), bytes));
}

static void
test_text (Duo *duo, gconstpointer data)
{
  static const char with_nul[] = "before\0behind";
  g_autoptr (GBytes) bytes = g_bytes_new_static (with_nul, sizeof with_nul - 1);
  g_autoptr (LwsgMessage) message = NULL;

  duo_send (duo->connected, "to the server: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  duo_expect (duo->accepted, "to the server: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  duo_send (duo->accepted, "to the client");
  duo_expect (duo->connected, "to the client");
  duo_send (duo->connected, "");
  duo_expect (duo->accepted, "");

  check_message (duo->connected, duo->accepted, LWSG_MESSAGE_TEXT, bytes);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, bytes, NULL));
  message = duo_receive (duo->connected);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "before");
}

static void
test_binary (Duo *duo, gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 125, 126, 65535, 65536, 1024 * 1024 + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *content = g_malloc (sizes[i] + 1);
      g_autoptr (GBytes) bytes = NULL;

      for (gsize k = 0; k < sizes[i]; k++)
        content[k] = (guint8) (k * 31 + i);
      bytes = g_bytes_new_take (content, sizes[i]);
      check_message (duo->connected, duo->accepted, LWSG_MESSAGE_BINARY, bytes);
      check_message (duo->accepted, duo->connected, LWSG_MESSAGE_BINARY, bytes);
    }
}

static void
expect_refused (LwsgConnection *connection, LwsgMessageType type, const char *payload, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (payload, length);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_connection_send (connection, type, bytes, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  lwsg_connection_send_async (connection, type, bytes, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_false (lwsg_connection_send_finish (connection, result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
}

static void
test_refused (Duo *duo, gconstpointer data)
{
  static const char *const not_utf8[] = { "\x80", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "cut \xe2\x82" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (not_utf8); i++)
    {
      expect_refused (duo->connected, LWSG_MESSAGE_TEXT, not_utf8[i], strlen (not_utf8[i]));
      g_assert_false (lwsg_connection_send_text (duo->connected, not_utf8[i], &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  expect_refused (duo->connected, (LwsgMessageType) 0, "x", 1);
  expect_refused (duo->connected, (LwsgMessageType) 8, "x", 1);

  /* Nothing of it left, and the connection is as good as before. */
  duo_send (duo->connected, "good");
  duo_expect (duo->accepted, "good");
}

/* Passes on what it is given as text, and sends bytes of its own that are none. */
static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer refused)
{
  g_autoptr (GBytes) no_text = g_bytes_new_static ("\xff", 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, no_text, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  if (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, lwsg_message_get_bytes (message), &error))
    return;

  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  (*(guint *) refused)++;
}

/* That the payload of a text was checked already says nothing of any other. */
static void
test_passed_on (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) no_text = g_bytes_new_static ("\xfe", 1);
  guint refused = 0;

  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), &refused);
  duo_send (duo->connected, "caf\xc3\xa9");
  duo_expect (duo->connected, "caf\xc3\xa9");
  g_assert_cmpuint (refused, ==, 0);

  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, no_text, NULL));
  DUO_UNTIL (refused == 1);
  duo_send (duo->connected, "end");
  duo_expect (duo->connected, "end");
  g_assert_cmpuint (refused, ==, 1);
}

static void
send_part (LwsgConnection *connection, LwsgMessageType type, const char *part, gsize length, gboolean last)
{
  g_autoptr (GBytes) bytes = g_bytes_new (part, length);
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_send_fragment (connection, type, bytes, last, &error));
  g_assert_no_error (error);
}

static void
test_fragments (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) other = g_bytes_new_static ("other", 5);
  g_autoptr (GError) error = NULL;

  /* Cut within a character. */
  send_part (duo->connected, LWSG_MESSAGE_TEXT, "5 \xe2\x82", 4, FALSE);
  g_assert_false (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, other, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_false (lwsg_connection_send_text (duo->connected, "other", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_BUSY);
  send_part (duo->connected, LWSG_MESSAGE_TEXT, "", 0, FALSE);
  /* A ping may come in between. */
  duo_round_trip (duo->connected);
  send_part (duo->connected, LWSG_MESSAGE_TEXT, "\xac", 1, TRUE);
  duo_send (duo->connected, "next");

  duo_expect (duo->accepted, "5 \xe2\x82\xac");
  duo_expect (duo->accepted, "next");
}

/* --- send_async() */

static void
expect_sent (LwsgConnection *connection, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_send_finish (connection, result, &error));
  g_assert_no_error (error);
}

static void
test_async (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("hello", 5);
  g_autoptr (GAsyncResult) result = NULL;

  lwsg_connection_send_async (duo->connected, LWSG_MESSAGE_TEXT, bytes, NULL, duo_store_result, &result);
  g_assert_null (result);
  DUO_UNTIL (result != NULL);
  expect_sent (duo->connected, result);
  duo_expect (duo->accepted, "hello");
}

static guint n_completed;

static void
on_completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_send_finish (LWSG_CONNECTION (source), result, &error));
  g_assert_no_error (error);
  /* In the order of the calls. */
  g_assert_cmpuint (GPOINTER_TO_UINT (user_data), ==, n_completed);
  n_completed++;
}

static void
let_go (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
}

/* From now on it takes all that comes. Its peer may hear that the last message has left after that has arrived. */
static void
resume_taking (LwsgConnection *connection)
{
  g_signal_connect (connection, "message", G_CALLBACK (let_go), NULL);
  lwsg_connection_resume (connection);
}

/* It is done when the kernel has the message, and that takes none while nobody reads. */
static void
test_async_waits (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);

  n_completed = 0;
  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);

  for (guint i = 0; i < 5; i++)
    lwsg_connection_send_async (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL, on_completed, GUINT_TO_POINTER (i));
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), >, 5 * BLOCK);
  duo_let_pass (duo);
  g_assert_cmpuint (n_completed, ==, 0);

  resume_taking (duo->connected);
  DUO_UNTIL (n_completed == 5);
}

static void
test_async_cancelled (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("stays", 5);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint sent;

  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  sent = duo_fill (duo->accepted, block);
  lwsg_connection_send_async (duo->accepted, LWSG_MESSAGE_TEXT, bytes, cancellable, duo_store_result, &result);
  g_cancellable_cancel (cancellable);
  DUO_UNTIL (result != NULL);
  g_assert_false (lwsg_connection_send_finish (duo->accepted, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  lwsg_connection_resume (duo->connected);
  for (guint i = 0; i < sent; i++)
    lwsg_message_unref (duo_receive (duo->connected));
  duo_expect (duo->connected, "stays");
}

static void
test_async_lost (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  lwsg_connection_send_async (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL, duo_store_result, &result);
  lwsg_context_close (duo->client);
  DUO_UNTIL (result != NULL);
  g_assert_false (lwsg_connection_send_finish (duo->accepted, result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* --- what waits */

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_buffered_amount (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  guint notified = 0;
  guint64 amount = 1;
  gsize before;

  g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), ==, 0);
  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  before = lwsg_connection_get_buffered_amount (duo->accepted);
  /* Ten bytes of header. */
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL));
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), ==, before + 10 + BLOCK);

  g_signal_connect (duo->accepted, "notify::buffered-amount", G_CALLBACK (count_notify), &notified);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL));
  g_assert_cmpuint (notified, >=, 1);

  notified = 0;
  lwsg_connection_resume (duo->connected);
  while (lwsg_connection_get_buffered_amount (duo->accepted) > 0)
    lwsg_message_unref (duo_receive (duo->connected));
  DUO_UNTIL (notified > 0);
  g_object_get (duo->accepted, "buffered-amount", &amount, NULL);
  g_assert_cmpuint (amount, ==, 0);
}

static void
count_signal (LwsgConnection *connection, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_writable (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  guint writable = 0;

  g_signal_connect (duo->accepted, "writable", G_CALLBACK (count_signal), &writable);
  lwsg_connection_request_writable (duo->accepted);
  lwsg_connection_request_writable (duo->accepted);
  g_assert_cmpuint (writable, ==, 0);
  DUO_UNTIL (writable == 1);
  duo_round_trip (duo->connected);
  g_assert_cmpuint (writable, ==, 1);

  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  lwsg_connection_request_writable (duo->accepted);
  duo_let_pass (duo);
  g_assert_cmpuint (writable, ==, 1);

  resume_taking (duo->connected);
  DUO_UNTIL (writable == 2);
}

/* --- slow consumers */

static void
send_number (LwsgConnection *connection, guint32 number)
{
  guint32 *content = g_malloc0 (NUMBERED);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  content[0] = number;
  bytes = g_bytes_new_take (content, NUMBERED);
  g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_BINARY, bytes, &error));
  g_assert_no_error (error);
}

static void
collect_number (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  gsize length;
  const guint32 *content = g_bytes_get_data (lwsg_message_get_bytes (message), &length);

  g_assert_cmpuint (length, ==, NUMBERED);
  g_array_append_val ((GArray *) user_data, content[0]);
}

static guint
n_dropped (LwsgConnection *connection)
{
  guint dropped;

  g_object_get (connection, "dropped-messages", &dropped, NULL);

  return dropped;
}

/* Sends 4,000 numbers, with room for 100, to a client that reads only afterwards. */
static GArray *
numbers_that_arrive (Duo *duo, LwsgSlowConsumerPolicy policy)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint notified = 0;

  duo_shrink_buffers (duo);
  lwsg_connection_set_slow_consumer_policy (duo->accepted, policy);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 100 * NUMBERED);
  g_signal_connect (duo->accepted, "notify::dropped-messages", G_CALLBACK (count_notify), &notified);
  g_signal_connect (duo->connected, "message", G_CALLBACK (collect_number), numbers);
  lwsg_connection_pause (duo->connected);

  for (guint32 i = 0; i < 4000; i++)
    {
      send_number (duo->accepted, i);
      g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), <=, 100 * NUMBERED);
      if (i % 64 == 0)
        while (g_main_context_iteration (NULL, FALSE))
          ;
    }
  g_assert_cmpuint (n_dropped (duo->accepted), >, 1000);
  g_assert_cmpuint (notified, >, 0);

  lwsg_connection_resume (duo->connected);
  DUO_UNTIL (numbers->len + n_dropped (duo->accepted) == 4000);
  duo_round_trip (duo->connected);
  g_assert_cmpuint (numbers->len + n_dropped (duo->accepted), ==, 4000);
  for (guint i = 1; i < numbers->len; i++)
    g_assert_cmpuint (g_array_index (numbers, guint32, i), >, g_array_index (numbers, guint32, i - 1));
  g_signal_handlers_disconnect_by_data (duo->connected, numbers);
  g_signal_handlers_disconnect_by_data (duo->accepted, &notified);

  return numbers;
}

static void
test_drop_oldest (Duo *duo, gconstpointer data)
{
  g_autoptr (GArray) numbers = numbers_that_arrive (duo, LWSG_SLOW_CONSUMER_DROP_OLDEST);

  g_assert_cmpuint (g_array_index (numbers, guint32, numbers->len - 1), ==, 3999);
  g_assert_cmpuint (g_array_index (numbers, guint32, numbers->len - 90), ==, 3910);
}

static void
test_drop_newest (Duo *duo, gconstpointer data)
{
  g_autoptr (GArray) numbers = numbers_that_arrive (duo, LWSG_SLOW_CONSUMER_DROP_NEWEST);

  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (g_array_index (numbers, guint32, i), ==, i);
  g_assert_cmpuint (g_array_index (numbers, guint32, numbers->len - 90), <, 3900);
}

static void
begin_another (LwsgConnection *connection, GParamSpec *pspec, gpointer user_data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("be", 2);
  guint *begun = user_data;

  if (++*begun == 1)
    g_assert_true (lwsg_connection_send_fragment (connection, LWSG_MESSAGE_TEXT, bytes, FALSE, NULL));
}

/* Who hears of what was dropped begins a message in fragments: the one that others had to go for is not taken for a
 * part of it. */
static void
test_drop_begins_another (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GBytes) rest = g_bytes_new_static ("gun", 3);
  guint begun = 0;

  duo_shrink_buffers (duo);
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_DROP_OLDEST);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  for (guint i = 0; i < 3; i++)
    g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL));
  g_signal_connect (duo->accepted, "notify::dropped-messages", G_CALLBACK (begin_another), &begun);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 2 * BLOCK + 100);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL));
  g_assert_cmpuint (begun, >=, 1);
  g_assert_true (lwsg_connection_send_fragment (duo->accepted, LWSG_MESSAGE_TEXT, rest, TRUE, NULL));

  lwsg_connection_resume (duo->connected);
  for (;;)
    {
      g_autoptr (LwsgMessage) message = duo_receive (duo->connected);

      if (lwsg_message_get_message_type (message) == LWSG_MESSAGE_TEXT)
        {
          g_assert_cmpstr (lwsg_message_get_text (message), ==, "begun");
          break;
        }
      g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), block));
    }
  g_signal_handlers_disconnect_by_data (duo->accepted, &begun);
}

/* Who waited for a message that was dropped need not wait any longer. */
static void
test_drop_completes (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GAsyncResult) result = NULL;

  duo_shrink_buffers (duo);
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_DROP_OLDEST);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  lwsg_connection_send_async (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL, duo_store_result, &result);
  duo_let_pass (duo);
  g_assert_null (result);

  lwsg_connection_set_max_buffered_amount (duo->accepted, 2 * BLOCK + 100);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, NULL));
  g_assert_cmpuint (n_dropped (duo->accepted), >=, 3);
  resume_taking (duo->connected);
  DUO_UNTIL (result != NULL);
  expect_sent (duo->accepted, result);
}

static void
test_too_slow (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GError) error = NULL;
  guint received = 0;

  g_assert_cmpint (lwsg_connection_get_slow_consumer_policy (duo->accepted), ==, LWSG_SLOW_CONSUMER_CLOSE);
  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  duo_fill (duo->accepted, block);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 20 * BLOCK);
  while (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, &error))
    g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), <=, 20 * BLOCK);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_BUFFER_FULL);
  g_assert_cmpint (lwsg_connection_get_state (duo->accepted), ==, LWSG_CONNECTION_CLOSING);
  g_assert_cmpuint (n_dropped (duo->accepted), ==, 0);
  g_clear_error (&error);
  g_assert_false (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);

  g_signal_connect_swapped (duo->connected, "message", G_CALLBACK (g_atomic_int_inc), &received);
  lwsg_connection_resume (duo->connected);
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->connected), ==, LWSG_CLOSE_POLICY);
  g_assert_cmpstr (lwsg_connection_get_close_reason (duo->connected), ==, "too slow");
  g_assert_cmpuint (received, >, 0);
}

/* A peer that is at a message above the limit, which was allowed, takes what follows in its turn. */
static void
check_behind_large (Duo *duo, LwsgSlowConsumerPolicy policy)
{
  g_autoptr (GBytes) large = block_of (64 * BLOCK);
  g_autoptr (GBytes) block = block_of (BLOCK);
  g_autoptr (GError) error = NULL;

  lwsg_connection_set_slow_consumer_policy (duo->accepted, policy);
  g_assert_true (lwsg_connection_send_text (duo->accepted, "first", &error));
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, large, &error));
  g_assert_true (lwsg_connection_send_text (duo->accepted, "small", &error));
  g_assert_no_error (error);
  duo_let_pass (duo);
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->accepted), >, 10 * BLOCK);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, block, &error));
  g_assert_no_error (error);

  duo_expect (duo->connected, "first");
  lwsg_message_unref (duo_receive (duo->connected));
  duo_expect (duo->connected, "small");
  lwsg_message_unref (duo_receive (duo->connected));
  g_assert_cmpint (lwsg_connection_get_state (duo->accepted), ==, LWSG_CONNECTION_OPEN);
  g_assert_cmpuint (n_dropped (duo->accepted), ==, 0);
}

static void
test_behind_large (Duo *duo, gconstpointer data)
{
  duo_shrink_buffers (duo);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 2 * BLOCK);
  check_behind_large (duo, LWSG_SLOW_CONSUMER_CLOSE);
  check_behind_large (duo, LWSG_SLOW_CONSUMER_DROP_NEWEST);
}

/* ... up to the limit. */
static void
test_behind_large_limit (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) large = block_of (64 * BLOCK);
  g_autoptr (GError) error = NULL;

  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 2 * BLOCK);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, large, NULL));
  g_assert_false (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, large, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_BUFFER_FULL);
}

/* Another thread's messages that wait for the end of one in fragments wait for this program. */
static void
test_large_kept (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) part = g_bytes_new_static ("part", 4);
  g_autoptr (GBytes) large = block_of (3 * BLOCK);
  g_autoptr (GBytes) small = g_bytes_new_static ("small", 5);

  lwsg_connection_set_max_buffered_amount (duo->accepted, 2 * BLOCK);
  g_assert_true (lwsg_connection_send_fragment (duo->accepted, LWSG_MESSAGE_TEXT, part, FALSE, NULL));
  g_assert_true (lwsg_protocol_broadcast (duo->protocol, LWSG_MESSAGE_BINARY, large, NULL));
  g_assert_true (lwsg_protocol_broadcast (duo->protocol, LWSG_MESSAGE_TEXT, small, NULL));
  g_assert_true (lwsg_connection_send_fragment (duo->accepted, LWSG_MESSAGE_TEXT, part, TRUE, NULL));
  duo_expect (duo->connected, "partpart");
  lwsg_message_unref (duo_receive (duo->connected));
  duo_expect (duo->connected, "small");
}

/* A message in fragments comes whole or not at all. */
static void
test_drop_fragments (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) part = g_bytes_new_static ("part", 4);
  g_autoptr (LwsgMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  duo_shrink_buffers (duo);
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_DROP_NEWEST);
  lwsg_connection_pause (duo->connected);
  send_part (duo->accepted, LWSG_MESSAGE_TEXT, "begun, ", 7, FALSE);
  while (lwsg_connection_get_buffered_amount (duo->accepted) < BLOCK)
    g_assert_true (lwsg_connection_send_fragment (duo->accepted, LWSG_MESSAGE_TEXT, part, FALSE, NULL));
  lwsg_connection_set_max_buffered_amount (duo->accepted, 1);

  send_part (duo->accepted, LWSG_MESSAGE_TEXT, "and ended", 9, TRUE);
  g_assert_cmpuint (n_dropped (duo->accepted), ==, 0);

  /* No room for the beginning: the rest is dropped with it, even if it would fit. */
  send_part (duo->accepted, LWSG_MESSAGE_TEXT, "dropped", 7, FALSE);
  g_assert_cmpuint (n_dropped (duo->accepted), ==, 1);
  lwsg_connection_set_max_buffered_amount (duo->accepted, 1024 * BLOCK);
  g_assert_false (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, part, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_BUSY);
  send_part (duo->accepted, LWSG_MESSAGE_TEXT, "dropped", 7, FALSE);
  send_part (duo->accepted, LWSG_MESSAGE_TEXT, "dropped", 7, TRUE);
  g_assert_cmpuint (n_dropped (duo->accepted), ==, 1);
  duo_send (duo->accepted, "next");

  lwsg_connection_resume (duo->connected);
  message = duo_receive (duo->connected);
  g_assert_true (g_str_has_prefix (lwsg_message_get_text (message), "begun, part"));
  g_assert_true (g_str_has_suffix (lwsg_message_get_text (message), "partand ended"));
  duo_expect (duo->connected, "next");
}

/* --- the end */

static void
test_closed (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("late", 4);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (lwsg_connection_send (duo->connected, LWSG_MESSAGE_TEXT, bytes, &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
      g_clear_error (&error);
      g_assert_false (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_TEXT, bytes, TRUE, &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
      g_clear_error (&error);
      DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
    }

  lwsg_connection_request_writable (duo->connected);
  lwsg_connection_send_async (duo->connected, LWSG_MESSAGE_TEXT, bytes, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_false (lwsg_connection_send_finish (duo->connected, result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_test ("/object/send/text", test_text);
  duo_add_test ("/object/send/binary", test_binary);
  duo_add_test ("/object/send/refused", test_refused);
  duo_add_test ("/object/send/passed-on", test_passed_on);
  duo_add_test ("/object/send/fragments", test_fragments);
  duo_add_test ("/object/send/async", test_async);
  duo_add_test ("/object/send/async-waits", test_async_waits);
  duo_add_test ("/object/send/async-cancelled", test_async_cancelled);
  duo_add_test ("/object/send/async-lost", test_async_lost);
  duo_add_test ("/object/send/buffered-amount", test_buffered_amount);
  duo_add_test ("/object/send/writable", test_writable);
  duo_add_test ("/object/send/drop-oldest", test_drop_oldest);
  duo_add_test ("/object/send/drop-newest", test_drop_newest);
  duo_add_test ("/object/send/drop-completes", test_drop_completes);
  duo_add_test ("/object/send/drop-begins-another", test_drop_begins_another);
  duo_add_test ("/object/send/drop-fragments", test_drop_fragments);
  duo_add_test ("/object/send/too-slow", test_too_slow);
  duo_add_test ("/object/send/behind-large", test_behind_large);
  duo_add_test ("/object/send/behind-large/limit", test_behind_large_limit);
  duo_add_test ("/object/send/large-kept", test_large_kept);
  duo_add_test ("/object/send/closed", test_closed);

  return g_test_run ();
}
