/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../tls/identity.h"
#include "engine/base/poller-private.h"
#include "engine/client/handshake-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/server/handshake-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel passes on what it has and then takes a little more; never as much as this. */
#define FILL_BYTES (512 * 1024)

/* So many messages fill any buffer that the kernel may have. */
#define FILL_MAX 100000

static const char *const transport_names[DUO_N_TRANSPORTS] = { "tcp", "tls", "path", "pair" };

/* --- the loop */

static gboolean
wake_up (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* With a source that wakes up at times, so that waiting in vain comes to an end. */
void
duo_iterate (GMainContext *main_context, gint64 end, const char *condition)
{
  g_autoptr (GSource) alarm = g_timeout_source_new_seconds (1);

  if (g_get_monotonic_time () > end)
    g_error ("Waited in vain for: %s", condition);

  g_source_set_callback (alarm, wake_up, NULL, NULL);
  g_source_attach (alarm, main_context);
  g_main_context_iteration (main_context, TRUE);
  g_source_destroy (alarm);
}

void
duo_store_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

/* --- the fixture */

LwsgContext *
duo_new_client (const Duo *duo)
{
  g_autoptr (GTlsDatabase) database = duo->transport == DUO_TLS ? identity_trusting (IDENTITY_ROOT) : NULL;
  LwsgContext *context = lwsg_context_new ();

  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_set_tls_database (context, database);

  return context;
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  Duo *duo = user_data;

  g_set_object (&duo->accepted, connection);
}

static void
duo_listen (Duo *duo)
{
  g_autoptr (GError) error = NULL;

  switch (duo->transport)
    {
    case DUO_TLS:
      lwsg_context_set_tls_certificate (duo->server, identity_get_certificate (IDENTITY_SERVER), &error);
      g_assert_no_error (error);
      G_GNUC_FALLTHROUGH;
    case DUO_TCP:
      duo->port = lwsg_context_listen (duo->server, "127.0.0.1", 0, &error);
      g_assert_cmpuint (duo->port, >, 0);
      break;
    case DUO_PATH:
      duo->directory = g_dir_make_tmp ("lws-glib-XXXXXX", &error);
      g_assert_no_error (error);
      duo->path = g_build_filename (duo->directory, "socket", NULL);
      lwsg_context_listen_path (duo->server, duo->path, &error);
      break;
    case DUO_PAIR:
    default:
      break;
    }
  g_assert_no_error (error);
}

void
duo_own_main_context (void)
{
  gint64 end = g_get_monotonic_time () + DUO_PATIENCE;

  while (!g_main_context_acquire (NULL))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_thread_yield ();
    }
}

void
duo_set_up (Duo *duo, gconstpointer transport)
{
  duo->transport = (DuoTransport) GPOINTER_TO_INT (transport);
  duo->server = lwsg_context_new ();
  /* Tests count the bytes that are sent. */
  g_object_set (duo->server, "compression", FALSE, NULL);
  duo->client = duo_new_client (duo);
  if (duo->transport == DUO_TLS)
    duo_own_main_context ();
  duo->protocol = lwsg_context_add_protocol (duo->server, NULL, NULL);
  g_assert_nonnull (duo->protocol);
  g_signal_connect (duo->protocol, "opened", G_CALLBACK (on_opened), duo);
  duo_listen (duo);
}

static void
duo_set_up_open (Duo *duo, gconstpointer transport)
{
  duo_set_up (duo, transport);
  duo_open (duo);
}

void
duo_end (LwsgContext **context)
{
  if (*context != NULL)
    lwsg_context_close (*context);
  g_clear_object (context);
}

/* Whatever a test did, all objects come to their end. */
void
duo_tear_down (Duo *duo, gconstpointer transport)
{
  gpointer objects[] = { duo->server, duo->client, duo->protocol, duo->accepted, duo->connected };

  for (guint i = 0; i < G_N_ELEMENTS (objects); i++)
    if (objects[i] != NULL)
      g_object_add_weak_pointer (objects[i], &objects[i]);

  g_clear_object (&duo->accepted);
  g_clear_object (&duo->connected);
  if (duo->protocol != NULL && duo->server != NULL)
    g_signal_handlers_disconnect_by_data (duo->protocol, duo);
  duo_end (&duo->client);
  duo_end (&duo->server);
  for (guint i = 0; i < G_N_ELEMENTS (objects); i++)
    DUO_UNTIL (objects[i] == NULL);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (duo->transport == DUO_TLS)
    g_main_context_release (NULL);
  if (duo->path != NULL)
    g_unlink (duo->path);
  if (duo->directory != NULL)
    g_rmdir (duo->directory);
  g_free (duo->path);
  g_free (duo->directory);
}

static void
add_tests (const char *path, DuoFunc set_up, DuoFunc func)
{
  for (guint i = 0; i < DUO_N_TRANSPORTS; i++)
    {
      g_autofree char *full = g_strdup_printf ("%s/%s", path, transport_names[i]);

      g_test_add (full, Duo, GINT_TO_POINTER (i), set_up, func, duo_tear_down);
    }
}

void
duo_add_test (const char *path, DuoFunc func)
{
  add_tests (path, duo_set_up_open, func);
}

void
duo_add_closed_test (const char *path, DuoFunc func)
{
  add_tests (path, duo_set_up, func);
}

/* --- connecting */

char *
duo_uri (Duo *duo, const char *target)
{
  switch (duo->transport)
    {
    case DUO_TCP:
      return g_strdup_printf ("ws://127.0.0.1:%u%s", duo->port, target);
    case DUO_TLS:
      return g_strdup_printf ("wss://127.0.0.1:%u%s", duo->port, target);
    case DUO_PATH:
      return g_strdup_printf ("ws+unix:%s:%s", duo->path, target);
    case DUO_PAIR:
    default:
      return g_strdup_printf ("ws+unix:/nonexistent/socket:%s", target);
    }
}

/* Where a client would connect it is given one end of a pair, and the server the other.
 * What GIO says of the path that doesn't exist comes too late for anybody to listen. */
static void
duo_pair_up (Duo *duo)
{
  EngineConnection *dialing = duo->client->engine->last;
  int fds[2];

  g_assert_nonnull (dialing);
  g_assert_cmpint (dialing->state, ==, ENGINE_STATE_CONNECTING);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);

  engine_context_hold (duo->client->engine);
  engine_watch_init (&dialing->watch, ENGINE_WATCH_CONNECTION, fds[0]);
  engine_client_handshake_start (dialing);
  engine_context_release (duo->client->engine);
  engine_connection_new (duo->server->engine, WIRE_ROLE_SERVER, fds[1]);
}

void
duo_connect_async (Duo *duo, const char *target, const char *const *subprotocols, GCancellable *cancellable,
                   GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *uri = duo_uri (duo, target);

  lwsg_context_connect_async (duo->client, uri, subprotocols, cancellable, callback, user_data);
  if (duo->transport == DUO_PAIR)
    duo_pair_up (duo);
}

LwsgConnection *
duo_connect (Duo *duo, const char *target, const char *const *subprotocols)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection;

  g_clear_object (&duo->accepted);
  duo_connect_async (duo, target, subprotocols, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL && duo->accepted != NULL);
  connection = lwsg_context_connect_finish (duo->client, result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (connection);

  return connection;
}

void
duo_open (Duo *duo)
{
  duo->connected = duo_connect (duo, "/", NULL);
}

/* --- talking */

void
duo_round_trip (LwsgConnection *connection)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  lwsg_connection_ping_async (connection, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  g_assert_cmpint (lwsg_connection_ping_finish (connection, result, &error), >=, 0);
  g_assert_no_error (error);
}

void
duo_let_pass (Duo *duo)
{
  g_autoptr (LwsgConnection) accepted = g_steal_pointer (&duo->accepted);
  g_autoptr (LwsgConnection) other = duo_connect (duo, "/other", NULL);
  g_autoptr (LwsgConnection) accepted_other = g_steal_pointer (&duo->accepted);

  duo->accepted = g_steal_pointer (&accepted);
  duo_round_trip (other);
  g_assert_true (lwsg_connection_close (other, LWSG_CLOSE_NORMAL, NULL, NULL));
  DUO_UNTIL (lwsg_connection_get_state (other) == LWSG_CONNECTION_CLOSED);
  DUO_UNTIL (lwsg_connection_get_state (accepted_other) == LWSG_CONNECTION_CLOSED);
}

void
duo_send (LwsgConnection *connection, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_send_text (connection, text, &error));
  g_assert_no_error (error);
}

LwsgMessage *
duo_receive (LwsgConnection *connection)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LwsgMessage *message;

  lwsg_connection_receive_async (connection, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
  message = lwsg_connection_receive_finish (connection, result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (message);

  return message;
}

void
duo_expect (LwsgConnection *connection, const char *text)
{
  g_autoptr (LwsgMessage) message = duo_receive (connection);

  g_assert_cmpstr (lwsg_message_get_text (message), ==, text);
}

void
duo_shrink_buffers (Duo *duo)
{
  g_autoptr (GSocket) socket = lwsg_connection_get_socket (duo->accepted, NULL);

  /* Not that of the receiver: TCP would open its window rarely, and wait in between. */
  g_assert_true (g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, 4096, NULL));
}

guint
duo_fill (LwsgConnection *connection, GBytes *bytes)
{
  guint sent = 0;

  while (lwsg_connection_get_buffered_amount (connection) < FILL_BYTES)
    {
      g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_BINARY, bytes, NULL));
      sent++;
      g_assert_cmpuint (sent, <, FILL_MAX);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }

  return sent;
}

void
duo_write_raw (LwsgConnection *connection, const void *bytes, gsize length)
{
  EngineConnection *engine = connection->engine;
  const struct iovec part = { .iov_base = (void *) bytes, .iov_len = length };

  g_assert_cmpint (engine->transport->write (engine, &part, 1), ==, (gssize) length);
}

gboolean
duo_is_slow (void)
{
  /* How valgrind gets into a program. */
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}
