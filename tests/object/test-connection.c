/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/limits-private.h"
#include "duo.h"

#include "../engine/raw-peer.h"

#include <string.h>
#include <sys/socket.h>

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

/* --- what it is */

static void
test_facts (Duo *duo, gconstpointer data)
{
  LwsgProtocol *protocol;
  gboolean is_client;
  g_autofree char *subprotocol = NULL;
  g_autofree char *target = NULL;

  g_assert_true (lwsg_connection_get_is_client (duo->connected));
  g_assert_false (lwsg_connection_get_is_client (duo->accepted));
  g_assert_true (lwsg_connection_get_protocol (duo->accepted) == duo->protocol);
  g_assert_null (lwsg_connection_get_protocol (duo->connected));
  g_assert_null (lwsg_connection_get_subprotocol (duo->accepted));
  g_assert_null (lwsg_connection_get_subprotocol (duo->connected));
  g_assert_cmpstr (lwsg_connection_get_target (duo->accepted), ==, "/");
  g_assert_null (lwsg_connection_get_target (duo->connected));
  g_assert_cmpint (lwsg_connection_get_state (duo->accepted), ==, LWSG_CONNECTION_OPEN);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, 0);
  g_assert_null (lwsg_connection_get_close_reason (duo->accepted));
  g_assert_true (G_IS_SOCKET_ADDRESS (lwsg_connection_get_remote_address (duo->accepted)));
  g_assert_true (G_IS_SOCKET_ADDRESS (lwsg_connection_get_remote_address (duo->connected)));

  g_object_get (duo->accepted, "is-client", &is_client, "subprotocol", &subprotocol, "target", &target,
                "protocol", &protocol, NULL);
  g_assert_false (is_client);
  g_assert_null (subprotocol);
  g_assert_cmpstr (target, ==, "/");
  g_assert_true (protocol == duo->protocol);
  g_object_unref (protocol);
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  Duo *duo = user_data;

  g_set_object (&duo->accepted, connection);
}

static void
test_subprotocol (Duo *duo, gconstpointer data)
{
  const char *const asked[] = { "other", "chat", NULL };
  LwsgProtocol *chat = lwsg_context_add_protocol (duo->server, "chat", NULL);

  g_signal_connect (chat, "opened", G_CALLBACK (on_opened), duo);
  duo->connected = duo_connect (duo, "/room?name=a%20b", asked);
  g_assert_cmpstr (lwsg_connection_get_subprotocol (duo->connected), ==, "chat");
  g_assert_cmpstr (lwsg_connection_get_subprotocol (duo->accepted), ==, "chat");
  g_assert_true (lwsg_connection_get_protocol (duo->accepted) == chat);
  g_assert_cmpstr (lwsg_connection_get_target (duo->accepted), ==, "/room?name=a%20b");
}

static void
test_remote_address (Duo *duo, gconstpointer data)
{
  GSocketAddress *address = lwsg_connection_get_remote_address (duo->connected);
  g_autoptr (GSocketAddress) same = NULL;

  if (duo->transport == DUO_TCP || duo->transport == DUO_TLS)
    {
      g_assert_true (G_IS_INET_SOCKET_ADDRESS (address));
      g_assert_cmpuint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)), ==, duo->port);
    }
  else
    g_assert_cmpint (g_socket_address_get_family (address), ==, G_SOCKET_FAMILY_UNIX);

  /* It is known after the end. */
  lwsg_context_close (duo->client);
  g_assert_cmpint (lwsg_connection_get_state (duo->connected), ==, LWSG_CONNECTION_CLOSED);
  g_object_get (duo->connected, "remote-address", &same, NULL);
  g_assert_true (same == address);
}

static void
test_socket (Duo *duo, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = lwsg_connection_get_socket (duo->connected, &error);

  g_assert_no_error (error);
  g_assert_cmpint (g_socket_get_socket_type (socket), ==, G_SOCKET_TYPE_STREAM);
  g_assert_true (g_socket_close (socket, NULL));
  /* That was a copy. */
  duo_round_trip (duo->connected);

  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_null (lwsg_connection_get_socket (duo->connected, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* Who keeps a copy does not keep the connection. */
static void
test_socket_kept (Duo *duo, gconstpointer data)
{
  g_autoptr (GSocket) ours = lwsg_connection_get_socket (duo->connected, NULL);
  g_autoptr (GSocket) theirs = lwsg_connection_get_socket (duo->accepted, NULL);
  g_autoptr (GError) error = NULL;
  char bytes[256];
  gssize length;

  lwsg_connection_pause (duo->connected);
  lwsg_context_close (duo->server);
  g_socket_set_blocking (ours, FALSE);
  do
    {
      DUO_UNTIL (g_socket_condition_check (ours, G_IO_IN) & G_IO_IN);
      length = g_socket_receive (ours, bytes, sizeof bytes, NULL, &error);
      g_assert_no_error (error);
    }
  while (length > 0);
  g_assert_false (g_socket_is_closed (theirs));
}

static void
test_statistics (Duo *duo, gconstpointer data)
{
  guint64 sent[2];
  guint64 received[2];
  guint notified = 0;

  g_signal_connect (duo->connected, "notify::messages-sent", G_CALLBACK (count_notify), &notified);
  g_signal_connect (duo->accepted, "notify::messages-received", G_CALLBACK (count_notify), &notified);
  g_signal_connect (duo->connected, "notify::bytes-sent", G_CALLBACK (count_notify), &notified);
  g_signal_connect (duo->accepted, "notify::bytes-received", G_CALLBACK (count_notify), &notified);
  duo_send (duo->connected, "12345");
  duo_send (duo->connected, "");
  duo_send (duo->connected, "67890");
  duo_round_trip (duo->connected);

  g_object_get (duo->connected, "messages-sent", &sent[0], "bytes-sent", &sent[1], NULL);
  g_object_get (duo->accepted, "messages-received", &received[0], "bytes-received", &received[1], NULL);
  g_assert_cmpuint (sent[0], ==, 3);
  g_assert_cmpuint (sent[1], ==, 10);
  g_assert_cmpuint (received[0], ==, 3);
  g_assert_cmpuint (received[1], ==, 10);
  g_assert_cmpuint (notified, ==, 12);

  g_object_get (duo->connected, "messages-received", &received[0], "bytes-received", &received[1], NULL);
  g_assert_cmpuint (received[0] + received[1], ==, 0);
}

/* --- pings */

static void
on_pong (LwsgConnection *connection, GBytes *payload, gpointer user_data)
{
  g_ptr_array_add (user_data, g_bytes_ref (payload));
}

static gint64
finish_ping (LwsgConnection *connection, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  gint64 round_trip = lwsg_connection_ping_finish (connection, result, &error);

  g_assert_no_error (error);

  return round_trip;
}

static void
test_ping (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) pongs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) payload = g_bytes_new_static ("are you there", 13);
  g_autoptr (GAsyncResult) result = NULL;
  gint64 start = g_get_monotonic_time ();
  gint64 round_trip;
  gint64 property;
  guint notified = 0;

  g_object_get (duo->connected, "round-trip-time", &property, NULL);
  g_assert_cmpint (property, ==, -1);
  g_signal_connect (duo->connected, "pong", G_CALLBACK (on_pong), pongs);
  g_signal_connect (duo->connected, "notify::round-trip-time", G_CALLBACK (count_notify), &notified);

  lwsg_connection_ping_async (duo->connected, payload, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  round_trip = finish_ping (duo->connected, result);
  g_assert_cmpint (round_trip, >=, 0);
  g_assert_cmpint (round_trip, <=, g_get_monotonic_time () - start);
  g_object_get (duo->connected, "round-trip-time", &property, NULL);
  g_assert_cmpint (property, ==, round_trip);
  g_assert_cmpuint (notified, ==, 1);
  g_assert_cmpuint (pongs->len, ==, 1);
  g_assert_true (g_bytes_equal (pongs->pdata[0], payload));
}

static void
test_pings (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) largest = g_bytes_new_take (g_malloc0 (125), 125);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  GBytes *payloads[] = { NULL, largest, empty, NULL, largest };
  GAsyncResult *results[G_N_ELEMENTS (payloads)] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    lwsg_connection_ping_async (duo->accepted, payloads[i], NULL, duo_store_result, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      DUO_UNTIL (results[i] != NULL);
      g_assert_cmpint (finish_ping (duo->accepted, results[i]), >=, 0);
      g_object_unref (results[i]);
    }
}

static void
expect_ping_error (LwsgConnection *connection, GAsyncResult **result, GQuark domain, int code)
{
  g_autoptr (GError) error = NULL;

  DUO_UNTIL (*result != NULL);
  g_assert_cmpint (lwsg_connection_ping_finish (connection, *result, &error), ==, -1);
  g_assert_error (error, domain, code);
  g_clear_object (result);
}

static void
test_ping_fails (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) too_long = g_bytes_new_take (g_malloc0 (126), 126);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GAsyncResult *result = NULL;
  GAsyncResult *other = NULL;

  lwsg_connection_ping_async (duo->connected, too_long, NULL, duo_store_result, &result);
  expect_ping_error (duo->connected, &result, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);

  /* Nobody answers while the server is paused. */
  lwsg_connection_pause (duo->accepted);
  lwsg_connection_ping_async (duo->connected, NULL, cancellable, duo_store_result, &result);
  lwsg_connection_ping_async (duo->connected, NULL, NULL, duo_store_result, &other);
  g_cancellable_cancel (cancellable);
  expect_ping_error (duo->connected, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (other);
  lwsg_connection_resume (duo->accepted);
  DUO_UNTIL (other != NULL);
  finish_ping (duo->connected, other);
  g_clear_object (&other);

  lwsg_connection_pause (duo->accepted);
  lwsg_connection_ping_async (duo->connected, NULL, NULL, duo_store_result, &result);
  lwsg_context_close (duo->server);
  expect_ping_error (duo->connected, &result, LWSG_ERROR, LWSG_ERROR_CLOSED);
  lwsg_connection_ping_async (duo->connected, NULL, NULL, duo_store_result, &result);
  expect_ping_error (duo->connected, &result, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* RFC 6455 section 5.5.3: only the last of several Pings need be answered, and Pongs come
 * that nobody asked for. */
static void
test_pongs (Duo *duo, gconstpointer data)
{
  g_autoptr (GPtrArray) pongs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) first = g_bytes_new_static ("first", 5);
  g_autoptr (GBytes) last = g_bytes_new_static ("last", 4);
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  GAsyncResult *results[2] = { NULL };

  lwsg_connection_pause (duo->connected);
  g_signal_connect (duo->accepted, "pong", G_CALLBACK (on_pong), pongs);
  lwsg_connection_ping_async (duo->accepted, first, NULL, duo_store_result, &results[0]);
  lwsg_connection_ping_async (duo->accepted, last, NULL, duo_store_result, &results[1]);
  raw_frame_append (frames, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "unasked", 7);
  raw_frame_append (frames, WIRE_FRAME_FIN | WIRE_OPCODE_PONG, "last", 4);
  duo_write_raw (duo->connected, frames->data, frames->len);
  for (guint i = 0; i < 2; i++)
    {
      DUO_UNTIL (results[i] != NULL);
      finish_ping (duo->accepted, results[i]);
      g_object_unref (results[i]);
    }
  g_assert_cmpuint (pongs->len, ==, 2);
  g_assert_cmpuint (g_bytes_get_size (pongs->pdata[0]), ==, 7);
}

/* --- the end */

static void
expect_end (LwsgConnection *connection, guint code, const char *reason)
{
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, code);
  g_assert_cmpstr (lwsg_connection_get_close_reason (connection), ==, reason);
}

static void
count_closed (LwsgConnection *connection, gpointer user_data)
{
  g_assert_cmpint (lwsg_connection_get_state (connection), ==, LWSG_CONNECTION_CLOSED);
  ++*(guint *) user_data;
}

static void
test_close (Duo *duo, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GError) error = NULL;
  guint closed = 0;
  guint notified = 0;

  g_signal_connect (duo->connected, "closed", G_CALLBACK (count_closed), &closed);
  g_signal_connect (duo->accepted, "closed", G_CALLBACK (count_closed), &closed);
  g_signal_connect (duo->connected, "notify::state", G_CALLBACK (count_notify), &notified);
  g_signal_connect (duo->accepted, "notify::close-code", G_CALLBACK (count_notify), &notified);

  duo_send (duo->connected, "before the end");
  lwsg_connection_close_async (duo->connected, 3000, "b\xc3\xa9", NULL, duo_store_result, &result);
  g_assert_cmpint (lwsg_connection_get_state (duo->connected), ==, LWSG_CONNECTION_CLOSING);
  g_assert_cmpuint (notified, ==, 1);
  lwsg_connection_close_async (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL, duo_store_result, &second);
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, &error));
  g_assert_no_error (error);

  DUO_UNTIL (result != NULL && second != NULL);
  g_assert_true (lwsg_connection_close_finish (duo->connected, result, &error));
  g_assert_true (lwsg_connection_close_finish (duo->connected, second, &error));
  g_assert_no_error (error);
  expect_end (duo->accepted, 3000, "b\xc3\xa9");
  expect_end (duo->connected, 3000, NULL);
  g_assert_cmpuint (closed, ==, 2);
  g_assert_cmpuint (notified, ==, 3);
  duo_expect (duo->accepted, "before the end");

  /* Who comes late is told the same. */
  lwsg_connection_close_async (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL, duo_store_result, &late);
  DUO_UNTIL (late != NULL);
  g_assert_true (lwsg_connection_close_finish (duo->connected, late, NULL));
  g_assert_true (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, "again", &error));
  g_assert_no_error (error);
  expect_end (duo->connected, 3000, NULL);
  g_assert_cmpuint (closed, ==, 2);
  /* What can't be sent is wrong at any time. */
  g_assert_false (lwsg_connection_close (duo->connected, 1, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
}

static void
test_close_by_server (Duo *duo, gconstpointer data)
{
  g_assert_true (lwsg_connection_close (duo->accepted, LWSG_CLOSE_NO_STATUS, NULL, NULL));
  expect_end (duo->connected, LWSG_CLOSE_NO_STATUS, NULL);
  expect_end (duo->accepted, LWSG_CLOSE_NO_STATUS, NULL);
}

static void
test_close_refused (Duo *duo, gconstpointer data)
{
  static const guint codes[] = { 0, 1, 999, 1004, 1006, 1015, 1016, 2000, 2999, 5000, 65536 + 1000, G_MAXUINT };
  g_autofree char *longest = g_strnfill (123, 'x');
  g_autofree char *too_long = g_strnfill (124, 'x');
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_assert_false (lwsg_connection_close (duo->connected, codes[i], NULL, &error));
      g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_false (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, too_long, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, "cut \xe2\x82", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (lwsg_connection_close (duo->connected, LWSG_CLOSE_NO_STATUS, "why", &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "1005"));
  g_clear_error (&error);
  lwsg_connection_close_async (duo->connected, 1, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_false (lwsg_connection_close_finish (duo->connected, result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT);

  /* It is as open as before. */
  duo_round_trip (duo->connected);
  g_assert_true (lwsg_connection_close (duo->connected, 4999, longest, NULL));
  expect_end (duo->accepted, 4999, longest);
}

static void
expect_unclean (LwsgConnection *connection, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (lwsg_connection_close_finish (connection, result, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (connection), ==, LWSG_CLOSE_ABNORMAL);
}

static void
test_close_unclean (Duo *duo, gconstpointer data)
{
  g_autoptr (GSocket) socket = lwsg_connection_get_socket (duo->connected, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  /* FIN, in the midst of our closing. */
  lwsg_connection_pause (duo->connected);
  lwsg_connection_close_async (duo->accepted, LWSG_CLOSE_NORMAL, NULL, NULL, duo_store_result, &result);
  g_assert_true (g_socket_shutdown (socket, FALSE, TRUE, NULL));
  DUO_UNTIL (result != NULL);
  expect_unclean (duo->accepted, result);
}

/* The peer never answers. The clock is ours. */
static void
test_close_timeout (Duo *duo, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  lwsg_connection_pause (duo->connected);
  lwsg_connection_close_async (duo->accepted, LWSG_CLOSE_NORMAL, NULL, NULL, duo_store_result, &result);
  lwsg_connection_close_async (duo->accepted, LWSG_CLOSE_NORMAL, NULL, cancellable, duo_store_result, &cancelled);
  g_cancellable_cancel (cancellable);
  DUO_UNTIL (cancelled != NULL);
  g_assert_false (lwsg_connection_close_finish (duo->accepted, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (result);

  duo->server->engine->wheel_start -= 7 * duo->server->engine->tick_microseconds;
  DUO_UNTIL (result != NULL);
  expect_unclean (duo->accepted, result);
}

static void
test_lost (Duo *duo, gconstpointer data)
{
  g_autoptr (GSocket) socket = lwsg_connection_get_socket (duo->connected, NULL);

  g_assert_true (g_socket_shutdown (socket, TRUE, TRUE, NULL));
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_ABNORMAL);
  g_assert_nonnull (lwsg_connection_get_close_reason (duo->accepted));
}

/* A reason that is no UTF-8, from a peer that breaks the protocol. */
static void
test_broken_close (Duo *duo, gconstpointer data)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  raw_frame_append (frame, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, "\x03\xe8\xff", 3);
  duo_write_raw (duo->connected, frame->data, frame->len);
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_INVALID_PAYLOAD);
  g_assert_true (g_utf8_validate (lwsg_connection_get_close_reason (duo->accepted), -1, NULL));
}

/* A silent peer is sent pings, and given up. */
static void
test_silence (Duo *duo, gconstpointer data)
{
  EngineContext *engine = duo->server->engine;
  guint notified = 0;

  g_signal_connect (duo->accepted, "pong", G_CALLBACK (count_closed), &notified);
  lwsg_connection_pause (duo->connected);
  engine->wheel_start -= (ENGINE_PING_TICKS + 2) * engine->tick_microseconds;
  DUO_UNTIL (duo->accepted->engine->ping_sent);
  lwsg_connection_resume (duo->connected);
  DUO_UNTIL (!duo->accepted->engine->ping_sent);
  /* The program hears nothing of that. */
  g_assert_cmpuint (notified, ==, 0);

  lwsg_connection_pause (duo->connected);
  engine->wheel_start -= (ENGINE_PING_TICKS + 2) * engine->tick_microseconds;
  DUO_UNTIL (duo->accepted->engine->ping_sent);
  engine->wheel_start -= (ENGINE_PONG_TICKS + 2) * engine->tick_microseconds;
  DUO_UNTIL (lwsg_connection_get_state (duo->accepted) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->accepted), ==, LWSG_CLOSE_ABNORMAL);
  g_assert_nonnull (strstr (lwsg_connection_get_close_reason (duo->accepted), "ping"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_test ("/object/connection/facts", test_facts);
  duo_add_closed_test ("/object/connection/subprotocol", test_subprotocol);
  duo_add_test ("/object/connection/remote-address", test_remote_address);
  duo_add_test ("/object/connection/socket", test_socket);
  duo_add_test ("/object/connection/socket-kept", test_socket_kept);
  duo_add_test ("/object/connection/statistics", test_statistics);
  duo_add_test ("/object/connection/ping", test_ping);
  duo_add_test ("/object/connection/pings", test_pings);
  duo_add_test ("/object/connection/ping-fails", test_ping_fails);
  duo_add_test ("/object/connection/pongs", test_pongs);
  duo_add_test ("/object/connection/close", test_close);
  duo_add_test ("/object/connection/close-by-server", test_close_by_server);
  duo_add_test ("/object/connection/close-refused", test_close_refused);
  duo_add_test ("/object/connection/close-unclean", test_close_unclean);
  duo_add_test ("/object/connection/close-timeout", test_close_timeout);
  duo_add_test ("/object/connection/lost", test_lost);
  duo_add_test ("/object/connection/broken-close", test_broken_close);
  duo_add_test ("/object/connection/silence", test_silence);

  return g_test_run ();
}
