/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../engine/raw-peer.h"

#include <string.h>

/* --- what is received */

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (lwsg_message_get_text (message)));
}

static void
on_protocol_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  g_assert_true (lwsg_connection_get_protocol (connection) == protocol);
  g_ptr_array_add (user_data, g_strdup_printf ("protocol: %s", lwsg_message_get_text (message)));
}

/* Texts that handlers of signals collect. */
static GPtrArray *
collection (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static void
expect_texts (GPtrArray *texts, const char *joined)
{
  g_autofree char *all = NULL;

  g_ptr_array_add (texts, NULL);
  all = g_strjoinv (", ", (char **) texts->pdata);
  g_assert_cmpstr (all, ==, joined);
  g_ptr_array_set_size (texts, 0);
}

static void
test_signals (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  g_signal_connect (duo->protocol, "message", G_CALLBACK (on_protocol_message), texts);
  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  DUO_UNTIL (texts->len == 4);
  expect_texts (texts, "one, protocol: one, two, protocol: two");
  g_signal_handlers_disconnect_by_data (duo->protocol, texts);
}

static void
expect_error (LwsgConnection *connection, GQuark domain, int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  lwsg_connection_receive_async (connection, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_null (lwsg_connection_receive_finish (connection, result, &error));
  g_assert_error (error, domain, code);
}

/* Never both by signals and one by one. */
static void
test_busy (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_BUSY);
  g_signal_handlers_disconnect_by_data (duo->accepted, texts);

  g_signal_connect (duo->protocol, "message", G_CALLBACK (on_protocol_message), texts);
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_BUSY);
  g_signal_handlers_disconnect_by_data (duo->protocol, texts);

  lwsg_connection_set_streaming (duo->accepted, TRUE);
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_BUSY);
  lwsg_connection_set_streaming (duo->accepted, FALSE);

  duo_send (duo->connected, "now");
  duo_expect (duo->accepted, "now");
}

static void
test_in_order (Duo *duo, gconstpointer data)
{
  GAsyncResult *results[3] = { NULL };
  static const char *const texts[] = { "first", "second", "third" };

  for (guint i = 0; i < 3; i++)
    lwsg_connection_receive_async (duo->accepted, NULL, duo_store_result, &results[i]);
  for (guint i = 0; i < 3; i++)
    duo_send (duo->connected, texts[i]);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (LwsgMessage) message = NULL;

      DUO_UNTIL (results[i] != NULL);
      message = lwsg_connection_receive_finish (duo->accepted, results[i], NULL);
      g_assert_cmpstr (lwsg_message_get_text (message), ==, texts[i]);
      g_object_unref (results[i]);
    }
}

/* --- cancelling */

static void
expect_cancelled (LwsgConnection *connection, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lwsg_connection_receive_finish (connection, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancelled (Duo *duo, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) waiting = NULL;
  g_autoptr (GAsyncResult) next = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (LwsgMessage) message = NULL;

  lwsg_connection_receive_async (duo->accepted, cancellable, duo_store_result, &waiting);
  lwsg_connection_receive_async (duo->accepted, NULL, duo_store_result, &next);
  g_cancellable_cancel (cancellable);
  DUO_UNTIL (waiting != NULL);
  expect_cancelled (duo->accepted, waiting);
  g_assert_null (next);

  lwsg_connection_receive_async (duo->accepted, cancellable, duo_store_result, &late);
  DUO_UNTIL (late != NULL);
  expect_cancelled (duo->accepted, late);

  duo_send (duo->connected, "for the next");
  DUO_UNTIL (next != NULL);
  message = lwsg_connection_receive_finish (duo->accepted, next, NULL);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "for the next");
}

/* A message is on its way to the callback when it is cancelled: it is not lost. */
static void
test_cancelled_late (Duo *duo, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (LwsgMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  duo_send (duo->connected, "kept");
  duo_round_trip (duo->connected);
  lwsg_connection_receive_async (duo->accepted, cancellable, duo_store_result, &result);
  g_cancellable_cancel (cancellable);
  DUO_UNTIL (result != NULL);
  message = lwsg_connection_receive_finish (duo->accepted, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "kept");
}

/* --- the flow */

#define FLOOD_MESSAGES 1000
#define FLOOD_SIZE (16 * 1024)

/* 16 MiB for somebody who doesn't ask for them stay with the sender. */
static void
test_flood (Duo *duo, gconstpointer data)
{
  guint64 received;

  lwsg_connection_set_max_buffered_amount (duo->connected, 2 * FLOOD_MESSAGES * FLOOD_SIZE);
  for (guint32 i = 0; i < FLOOD_MESSAGES; i++)
    {
      guint32 *content = g_malloc0 (FLOOD_SIZE);
      g_autoptr (GBytes) bytes = NULL;

      content[0] = i;
      bytes = g_bytes_new_take (content, FLOOD_SIZE);
      g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, bytes, NULL));
    }
  duo_let_pass (duo);
  g_object_get (duo->accepted, "bytes-received", &received, NULL);
  g_assert_cmpuint (received, <=, 64 * 1024 + FLOOD_SIZE);
  g_assert_cmpuint (lwsg_connection_get_buffered_amount (duo->connected), >, FLOOD_MESSAGES * FLOOD_SIZE / 4);

  for (guint32 i = 0; i < FLOOD_MESSAGES; i++)
    {
      g_autoptr (LwsgMessage) message = duo_receive (duo->accepted);

      g_assert_cmpuint (*(const guint32 *) g_bytes_get_data (lwsg_message_get_bytes (message), NULL), ==, i);
      if (i == FLOOD_MESSAGES / 2)
        {
          duo_let_pass (duo);
          g_object_get (duo->accepted, "bytes-received", &received, NULL);
          g_assert_cmpuint (received, <=, (i + 2) * FLOOD_SIZE + 64 * 1024);
        }
    }
}

static void
pause_after_first (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  on_message (connection, message, user_data);
  lwsg_connection_pause (connection);
}

static void
test_pause (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();
  g_autoptr (GAsyncResult) pong = NULL;
  gboolean paused;

  g_signal_connect (duo->accepted, "message", G_CALLBACK (pause_after_first), texts);
  /* These three come in one piece. */
  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  duo_send (duo->connected, "three");
  lwsg_connection_ping_async (duo->connected, NULL, NULL, duo_store_result, &pong);
  DUO_UNTIL (texts->len == 1);
  g_object_get (duo->accepted, "paused", &paused, NULL);
  g_assert_true (paused);
  duo_let_pass (duo);
  g_assert_cmpuint (texts->len, ==, 1);
  g_assert_null (pong);

  lwsg_connection_resume (duo->accepted);
  DUO_UNTIL (texts->len == 2);
  g_signal_handlers_disconnect_by_data (duo->accepted, texts);
  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  lwsg_connection_resume (duo->accepted);
  DUO_UNTIL (texts->len == 3 && pong != NULL);
  expect_texts (texts, "one, two, three");
}

/* While it is paused, asking waits as well. */
static void
test_pause_pull (Duo *duo, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (LwsgMessage) message = NULL;

  duo_send (duo->connected, "held");
  duo_round_trip (duo->connected);
  lwsg_connection_pause (duo->accepted);
  lwsg_connection_receive_async (duo->accepted, NULL, duo_store_result, &result);
  duo_let_pass (duo);
  g_assert_null (result);
  lwsg_connection_resume (duo->accepted);
  DUO_UNTIL (result != NULL);
  message = lwsg_connection_receive_finish (duo->accepted, result, NULL);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "held");
}

/* --- before anybody listens */

/* Handlers that come late, with no message after them. */
static void
test_held (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  duo_round_trip (duo->connected);
  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  g_assert_cmpuint (texts->len, ==, 0);
  DUO_UNTIL (texts->len == 2);
  expect_texts (texts, "one, two");

  duo_send (duo->accepted, "for the client");
  duo_round_trip (duo->accepted);
  g_signal_connect (duo->connected, "message", G_CALLBACK (on_message), texts);
  DUO_UNTIL (texts->len == 1);
  expect_texts (texts, "for the client");
}

/* They are looked for soon, and then less and less often. */
static void
test_held_looks (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgMessage) message = NULL;
  guint before;

  duo_send (duo->connected, "one");
  DUO_UNTIL (duo->accepted->looking != NULL);
  g_assert_cmpuint (duo->accepted->look_ms, <, 100);
  for (guint i = 0; i < 20; i++)
    {
      before = duo->accepted->look_ms;
      g_source_set_ready_time (duo->accepted->looking, 0);
      DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
      g_assert_cmpuint (duo->accepted->look_ms, >=, before);
      g_assert_cmpuint (duo->accepted->look_ms, <=, 1000);
      g_assert_cmpint (g_source_get_ready_time (duo->accepted->looking) - g_get_monotonic_time (), <=,
                       duo->accepted->look_ms * 1000);
    }
  g_assert_cmpuint (duo->accepted->look_ms, ==, 1000);
  message = duo_receive (duo->accepted);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "one");
}

/* Sends more than is kept for a program that may still ask. */
static void
flood_unasked (Duo *duo)
{
  g_autofree char *text = g_strnfill (1024, 'u');

  for (guint i = 0; i < 200; i++)
    g_assert_true (lwsg_connection_send_text (duo->connected, text, NULL));
}

static gboolean
is_closed (LwsgConnection *connection)
{
  return lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED;
}

/* A program that never asks for messages hears of Pings and of the end all the same; one
 * that asks late gets what comes from then on. */
static void
test_unwanted (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  flood_unasked (duo);
  DUO_UNTIL (duo->accepted->engine->paused);
  /* Until it has been so for long. */
  duo->accepted->stalled = G_MAXINT;
  duo_round_trip (duo->connected);
  g_assert_true (duo->accepted->unwanted);
  g_assert_cmpuint (duo->accepted->held_bytes, ==, 0);

  flood_unasked (duo);
  duo_round_trip (duo->connected);
  g_assert_cmpuint (duo->accepted->held_bytes, ==, 0);

  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  duo_send (duo->connected, "wanted");
  DUO_UNTIL (texts->len == 1);
  expect_texts (texts, "wanted");
}

static void
test_unwanted_end (Duo *duo, gconstpointer data)
{
  flood_unasked (duo);
  DUO_UNTIL (duo->accepted->engine->paused);
  duo->accepted->stalled = G_MAXINT;
  lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL);
  DUO_UNTIL (is_closed (duo->accepted));
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_NORMAL);
}

/* The program's own pause is its own affair. */
static void
test_unwanted_paused (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgMessage) message = NULL;

  duo_send (duo->connected, "first");
  flood_unasked (duo);
  DUO_UNTIL (duo->accepted->engine->paused);
  lwsg_connection_pause (duo->accepted);
  duo->accepted->stalled = G_MAXINT;
  /* It is looked at now. */
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
  g_assert_false (duo->accepted->unwanted);
  lwsg_connection_resume (duo->accepted);
  message = duo_receive (duo->accepted);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, "first");
}

static void
test_held_until_resume (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  duo_round_trip (duo->connected);
  g_signal_connect (duo->protocol, "message", G_CALLBACK (on_protocol_message), texts);
  lwsg_connection_resume (duo->accepted);
  expect_texts (texts, "protocol: one, protocol: two");
  g_signal_handlers_disconnect_by_data (duo->protocol, texts);
}

/* The peer has said all and gone before the first question. */
static void
test_held_after_the_end (Duo *duo, gconstpointer data)
{
  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  duo_expect (duo->accepted, "one");
  duo_expect (duo->accepted, "two");
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* Handlers that come after it has ended, and after all was looked through once. */
static void
test_held_late_handler (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  duo_send (duo->connected, "one");
  duo_send (duo->connected, "two");
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (is_closed (duo->accepted));
  for (guint i = 0; i < 3; i++)
    {
      g_source_set_ready_time (duo->accepted->looking, 0);
      DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
    }
  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (texts->len == 2);
  expect_texts (texts, "one, two");
  DUO_UNTIL (duo->accepted->looking == NULL);
}

/* What is kept after the end neither keeps the connection nor wakes the program for ever. */
static void
test_held_nobody_comes (Duo *duo, gconstpointer data)
{
  gpointer accepted = duo->accepted;

  duo_send (duo->connected, "one");
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (is_closed (accepted));
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
  duo->accepted->stalled = G_MAXINT;
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (duo->accepted->looking == NULL);
  duo_expect (duo->accepted, "one");

  g_object_add_weak_pointer (accepted, &accepted);
  g_clear_object (&duo->accepted);
  DUO_UNTIL (accepted == NULL);
}

/* Freed while it is still looked for handlers. */
static void
test_held_freed (Duo *duo, gconstpointer data)
{
  gpointer accepted = duo->accepted;

  duo_send (duo->connected, "one");
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (is_closed (accepted));
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
  g_object_add_weak_pointer (accepted, &accepted);
  g_clear_object (&duo->accepted);
  g_assert_null (accepted);
}

static void
welcome (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  duo_send (connection, "welcome");
}

/* What follows the handshake in one packet reaches handlers that are connected right
 * after connect_finish(). */
static void
test_welcome (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  g_signal_connect (duo->protocol, "opened", G_CALLBACK (welcome), NULL);
  duo_open (duo);
  g_signal_connect (duo->connected, "message", G_CALLBACK (on_message), texts);
  DUO_UNTIL (texts->len == 1);
  expect_texts (texts, "welcome");
}

/* --- streaming */

static void
on_fragment (LwsgConnection *connection, LwsgMessageType type, GBytes *bytes, gboolean last, gpointer user_data)
{
  gsize length;
  const char *piece = g_bytes_get_data (bytes, &length);

  g_ptr_array_add (user_data, g_strdup_printf ("%s%.*s%s", type == LWSG_MESSAGE_TEXT ? "text " : "binary ",
                                               (int) length, piece, last ? "." : ""));
}

static void
send_part (LwsgConnection *connection, const char *part, gboolean last)
{
  g_autoptr (GBytes) bytes = g_bytes_new (part, strlen (part));

  g_assert_true (lwsg_connection_send_fragment (connection, LWSG_MESSAGE_BINARY, bytes, last, NULL));
}

static void
test_streaming (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();
  guint64 messages;

  lwsg_connection_set_streaming (duo->accepted, TRUE);
  g_assert_true (lwsg_connection_get_streaming (duo->accepted));
  g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), texts);
  g_signal_connect (duo->accepted, "fragment", G_CALLBACK (on_fragment), texts);
  send_part (duo->connected, "ab", FALSE);
  duo_round_trip (duo->connected);
  /* It does not wait for the end. */
  expect_texts (texts, "binary ab");
  /* Nobody needs to hear of nothing. */
  send_part (duo->connected, "", FALSE);
  send_part (duo->connected, "c", TRUE);
  duo_send (duo->connected, "whole");
  duo_round_trip (duo->connected);
  expect_texts (texts, "binary c., text whole.");
  g_object_get (duo->accepted, "messages-received", &messages, NULL);
  g_assert_cmpuint (messages, ==, 2);

  lwsg_connection_set_streaming (duo->accepted, FALSE);
  send_part (duo->connected, "d", FALSE);
  send_part (duo->connected, "e", TRUE);
  duo_send (duo->connected, "again");
  duo_round_trip (duo->connected);
  g_assert_cmpuint (texts->len, ==, 2);
  g_assert_cmpstr (texts->pdata[1], ==, "again");
}

/* The peer is faster than the program, which finds a message and a half. */
static void
test_streaming_late (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) texts = collection ();

  duo_send (duo->connected, "early");
  send_part (duo->connected, "half ", FALSE);
  duo_round_trip (duo->connected);
  lwsg_connection_set_streaming (duo->accepted, TRUE);
  send_part (duo->connected, "and half", TRUE);
  send_part (duo->connected, "from", FALSE);
  send_part (duo->connected, "now on", TRUE);
  duo_round_trip (duo->connected);
  g_signal_connect (duo->accepted, "fragment", G_CALLBACK (on_fragment), texts);
  lwsg_connection_resume (duo->accepted);
  expect_texts (texts, "text early., binary half and half., binary from, binary now on.");
}

static void
test_streaming_large (Duo *duo, gconstpointer data)
{
  const gsize size = 3 * 1024 * 1024;
  char *content = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GPtrArray) texts = collection ();
  g_autoptr (GString) all = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    content[i] = (char) ('a' + i % 23);
  bytes = g_bytes_new_take (content, size);
  lwsg_connection_set_streaming (duo->accepted, TRUE);
  g_signal_connect (duo->accepted, "fragment", G_CALLBACK (on_fragment), texts);
  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, bytes, NULL));
  duo_round_trip (duo->connected);

  g_assert_cmpuint (texts->len, >, 3);
  for (guint i = 0; i < texts->len; i++)
    g_string_append (all, (char *) texts->pdata[i] + strlen ("binary "));
  g_assert_cmpmem (all->str, all->len - 1, content, size);
  g_assert_cmpint (all->str[all->len - 1], ==, '.');
}

/* --- what is refused */

static void
expect_closed_with (Duo *duo, guint code)
{
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, code);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->connected), ==, code);
  g_assert_nonnull (lwsg_connection_get_close_reason (duo->accepted));
  g_assert_cmpstr (lwsg_connection_get_close_reason (duo->connected), ==,
                   lwsg_connection_get_close_reason (duo->accepted));
}

static void
test_too_big (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) limit = g_bytes_new_take (g_malloc0 (1000), 1000);
  g_autoptr (GBytes) more = g_bytes_new_static ("m", 1);
  g_autoptr (LwsgMessage) message = NULL;

  g_object_set (duo->server, "max-message-size", (guint) 1000, NULL);
  duo_open (duo);
  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, limit, NULL));
  message = duo_receive (duo->accepted);
  g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), limit));

  /* All the fragments count. */
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_BINARY, limit, FALSE, NULL));
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_BINARY, more, TRUE, NULL));
  expect_closed_with (duo, LWSG_CLOSE_TOO_BIG);
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

static void
test_broken (Duo *duo, gconstpointer data)
{
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  raw_frame_append (frames, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "good", 4);
  raw_frame_append (frames, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "\xff", 1);
  raw_frame_append (frames, WIRE_FRAME_FIN | WIRE_OPCODE_TEXT, "after", 5);
  duo_write_raw (duo->connected, frames->data, frames->len);
  expect_closed_with (duo, LWSG_CLOSE_INVALID_PAYLOAD);
  /* What came before is there, what came after isn't. */
  duo_expect (duo->accepted, "good");
  expect_error (duo->accepted, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* --- LwsgMessage */

static gpointer
get_text (gpointer data)
{
  LwsgMessage *message = data;
  const char *text = lwsg_message_get_text (message);

  lwsg_message_unref (message);

  return (gpointer) text;
}

static void
test_message (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0x", 2);
  g_autoptr (LwsgMessage) binary = lwsg_message_new (LWSG_MESSAGE_BINARY, bytes);
  g_autoptr (LwsgMessage) text = lwsg_message_new_text ("hello");
  g_autoptr (LwsgMessage) copy = g_boxed_copy (LWSG_TYPE_MESSAGE, text);
  GThread *threads[4];

  g_assert_cmpint (lwsg_message_get_message_type (binary), ==, LWSG_MESSAGE_BINARY);
  g_assert_true (lwsg_message_get_bytes (binary) == bytes);
  g_assert_null (lwsg_message_get_text (binary));
  g_assert_true (copy == text);
  g_assert_cmpint (lwsg_message_get_message_type (text), ==, LWSG_MESSAGE_TEXT);
  g_assert_cmpuint (g_bytes_get_size (lwsg_message_get_bytes (text)), ==, 5);

  /* Whoever asks first, there is one text. */
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("asks", get_text, lwsg_message_ref (text));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_true (g_thread_join (threads[i]) == lwsg_message_get_text (text));
  g_assert_cmpstr (lwsg_message_get_text (text), ==, "hello");
}

/* Of a size whose last bytes come in one call of the kernel with what follows, or in one record of TLS. */
#define LARGE (300 * 1000)
#define LARGE_COUNT 20

static void
test_small_behind_large (Duo *duo, gconstpointer data)
{
  g_autofree guint8 *payload = g_malloc0 (LARGE);

  /* A sign of life would bring out what was forgotten. */
  g_object_set (duo->server, "ping-interval", 0, NULL);
  g_object_set (duo->client, "ping-interval", 0, NULL);
  duo_open (duo);
  lwsg_connection_pause (duo->connected);
  for (guint i = 0; i < LARGE_COUNT; i++)
    {
      g_autoptr (GBytes) large = g_bytes_new (payload, LARGE - i);

      g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_BINARY, large, NULL));
      duo_send (duo->accepted, "small");
    }
  lwsg_connection_resume (duo->connected);

  for (guint i = 0; i < LARGE_COUNT; i++)
    {
      g_autoptr (LwsgMessage) large = duo_receive (duo->connected);

      g_assert_cmpuint (g_bytes_get_size (lwsg_message_get_bytes (large)), ==, LARGE - i);
      duo_expect (duo->connected, "small");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object/receive/message", test_message);
  duo_add_test ("/object/receive/signals", test_signals);
  duo_add_test ("/object/receive/busy", test_busy);
  duo_add_closed_test ("/object/receive/small-behind-large", test_small_behind_large);
  duo_add_test ("/object/receive/in-order", test_in_order);
  duo_add_test ("/object/receive/cancelled", test_cancelled);
  duo_add_test ("/object/receive/cancelled-late", test_cancelled_late);
  duo_add_test ("/object/receive/flood", test_flood);
  duo_add_test ("/object/receive/pause", test_pause);
  duo_add_test ("/object/receive/pause-pull", test_pause_pull);
  duo_add_test ("/object/receive/held", test_held);
  duo_add_test ("/object/receive/unwanted", test_unwanted);
  duo_add_test ("/object/receive/unwanted-end", test_unwanted_end);
  duo_add_test ("/object/receive/unwanted-paused", test_unwanted_paused);
  duo_add_test ("/object/receive/held-looks", test_held_looks);
  duo_add_test ("/object/receive/held-until-resume", test_held_until_resume);
  duo_add_test ("/object/receive/held-after-the-end", test_held_after_the_end);
  duo_add_test ("/object/receive/held-late-handler", test_held_late_handler);
  duo_add_test ("/object/receive/held-nobody-comes", test_held_nobody_comes);
  duo_add_test ("/object/receive/held-freed", test_held_freed);
  duo_add_closed_test ("/object/receive/welcome", test_welcome);
  duo_add_test ("/object/receive/streaming", test_streaming);
  duo_add_test ("/object/receive/streaming-late", test_streaming_late);
  duo_add_test ("/object/receive/streaming-large", test_streaming_large);
  duo_add_closed_test ("/object/receive/too-big", test_too_big);
  duo_add_test ("/object/receive/broken", test_broken);

  return g_test_run ();
}
