/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object.h"

#include "object/lwsg-context-private.h"
#include "visitor.h"

#include <glib/gstdio.h>
#include <lws-glib/lws-glib.h>
#include <string.h>

#define HELLO "hello"
#define LARGE (300 * 1000)

typedef struct {
  Run *run;
  LwsgContext *context;
  GSource *alarm;               /* no wait takes longer */
  guint16 port;
  LwsgConnection *client;
  gsize received;               /* by the client */
  gboolean failed;
} Object;

static void
object_report (Object *object, GError *error)
{
  if (run_report_error (object->run, error))
    object->failed = TRUE;
}

static gboolean
wake_up (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
object_turn (gpointer data)
{
  Object *object = data;

  g_main_context_iteration (NULL, TRUE);

  /* A context whose source is gone serves no more; it said so. */
  return object->context->engine != NULL && !g_source_is_destroyed (object->context->source);
}

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  GError *error = NULL;

  lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), &error);
  object_report (data, error);
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer data)
{
  Object *object = data;
  GError *error = NULL;
  GSocketAddress *address = lwsg_connection_get_remote_address (connection);
  g_autoptr (GSocket) socket = lwsg_connection_get_socket (connection, &error);

  if (address == NULL)
    run_report (object->run);
  g_assert_true ((socket != NULL) == (error == NULL));
  if (socket != NULL)
    fault_free_shrink (g_socket_get_fd (socket));
  run_report_error (object->run, error);
}

static void
on_closed (LwsgProtocol *protocol, LwsgConnection *connection, gpointer data)
{
  Object *object = data;

  run_report (object->run);
  object->failed = TRUE;
}

/* Listens on a socket of its own, and on one that it is given. */
static void
object_listen (Object *object)
{
  g_autoptr (GSocket) given = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  GError *error = NULL;

  object->port = (guint16) lwsg_context_listen (object->context, "127.0.0.1", 0, &error);
  g_assert_true ((object->port != 0) == (error == NULL));
  object_report (object, error);

  error = NULL;
  g_assert_true (g_socket_listen (given, NULL));
  lwsg_context_listen_socket (object->context, given, &error);
  object_report (object, error);
}

static void
object_begin (Object *object, Run *run)
{
  LwsgProtocol *protocol;
  GError *error = NULL;

  *object = (Object){ .run = run };
  run->loop = TRUE;
  object->alarm = g_timeout_source_new (RUN_TURN_MS);
  g_source_set_callback (object->alarm, wake_up, NULL, NULL);
  g_source_attach (object->alarm, NULL);

  object->context = lwsg_context_new ();
  lwsg_context_set_proxy_resolver (object->context, NULL);
  if (object->context->engine != NULL)
    object->context->engine->tick_microseconds = run_get_tick ();
  protocol = lwsg_context_add_protocol (object->context, NULL, &error);
  object_report (object, error);
  if (protocol != NULL)
    {
      g_signal_connect (protocol, "message", G_CALLBACK (on_message), object);
      g_signal_connect (protocol, "opened", G_CALLBACK (on_opened), object);
      g_signal_connect (protocol, "closed", G_CALLBACK (on_closed), object);
    }
  object_listen (object);
}

/* Once the fault is lifted, what failed can be done. */
static void
object_end (Object *object)
{
  gpointer alive = object->context;

  object->run->over = TRUE;
  if (object->client != NULL)
    g_signal_handlers_disconnect_by_data (object->client, object);
  g_clear_object (&object->client);
  if (object->context->engine != NULL)
    run_check_rest (object->run, object_turn, object);
  fault_lift ();
  if (object->context->engine != NULL && object->run->loop)
    {
      LwsgProtocol *protocol = lwsg_context_lookup_protocol (object->context, NULL);

      if (protocol == NULL)
        protocol = lwsg_context_add_protocol (object->context, NULL, NULL);
      g_assert_nonnull (protocol);
      g_signal_handlers_disconnect_by_data (protocol, object);
      g_signal_connect (protocol, "message", G_CALLBACK (on_message), object);
      if (object->port == 0)
        object->port = (guint16) lwsg_context_listen (object->context, "127.0.0.1", 0, NULL);
      g_assert_cmpuint (object->port, !=, 0);
      run_check_serving (object->run, object_turn, object, object->port);
      g_signal_handlers_disconnect_by_data (protocol, object);
    }

  g_object_add_weak_pointer (G_OBJECT (object->context), &alive);
  lwsg_context_close (object->context);
  g_object_unref (object->context);
  while (alive != NULL || g_main_context_pending (NULL))
    g_main_context_iteration (NULL, TRUE);
  g_source_destroy (object->alarm);
  g_source_unref (object->alarm);
}

/* --- a server and a client that knows its name */

static void
on_answer (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  Object *object = data;

  object->received += g_bytes_get_size (lwsg_message_get_bytes (message));
  if (object->received == strlen (HELLO) + LARGE)
    object->run->done = TRUE;
}

static void
on_lost (LwsgConnection *connection, gpointer data)
{
  Object *object = data;

  run_report (object->run);
  object->failed = TRUE;
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Object *object = data;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (LARGE), LARGE);
  GError *error = NULL;

  object->client = lwsg_context_connect_finish (object->context, result, &error);
  object_report (object, error);
  /* It may come when nobody waits for it any more. */
  if (object->run->over)
    g_clear_object (&object->client);
  if (object->client == NULL)
    return;

  g_signal_connect (object->client, "message", G_CALLBACK (on_answer), object);
  g_signal_connect (object->client, "closed", G_CALLBACK (on_lost), object);
  error = NULL;
  lwsg_connection_send_text (object->client, HELLO, &error);
  object_report (object, error);
  error = NULL;
  lwsg_connection_send (object->client, LWSG_MESSAGE_BINARY, bytes, &error);
  object_report (object, error);
}

void
scenario_object_echo (Run *run)
{
  g_autofree char *uri = NULL;
  Object object;

  object_begin (&object, run);
  uri = g_strdup_printf ("ws://localhost:%u/", object.port != 0 ? object.port : 1);
  lwsg_context_connect_async (object.context, uri, NULL, NULL, on_connected, &object);
  RUN_UNTIL (run, object_turn, &object, run->done || object.failed || run_gives_up (run));
  object_end (&object);
}

/* --- files */

void
scenario_object_files (Run *run)
{
  g_autofree char *directory = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "file", NULL);
  g_autofree char *content = g_malloc0 (LARGE);
  g_autoptr (GFile) served = g_file_new_for_path (directory);
  g_autoptr (Visitor) visitor = NULL;
  GError *error = NULL;
  Object object;

  g_assert_true (g_file_set_contents (path, content, LARGE, NULL));
  object_begin (&object, run);
  lwsg_context_serve_directory (object.context, "/", served, &error);
  object_report (&object, error);
  visitor = visitor_new_http (object.port, "/file", LARGE);
  RUN_UNTIL (run, object_turn, &object, visitor_step (visitor) != VISITOR_WAITS || run_gives_up (run));
  run->done = visitor_step (visitor) == VISITOR_SERVED;
  if (visitor_is_refused (visitor))
    run_report (run);
  object_end (&object);
  g_unlink (path);
  g_rmdir (directory);
}
