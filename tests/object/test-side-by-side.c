/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../tls/identity.h"
#include "duo.h"

/* Contexts know nothing of each other: several are at work at the same time, a server and
 * a client in each thread, with a main context of its own. */

#define THREADS 4

/* In each thread. */
#define CONNECTIONS 5
#define MESSAGES 20

typedef struct {
  GTlsCertificate *certificate; /* NULL without TLS */
  GTlsDatabase *database;
  GMainContext *main_context;
  LwsgContext *server;
  LwsgContext *client;
  char *uri;
} Side;

static void
side_wait (Side *side, GAsyncResult **result)
{
  gint64 end = g_get_monotonic_time () + DUO_PATIENCE;

  while (*result == NULL)
    duo_iterate (side->main_context, end, "an answer in a thread");
}

static void
echo (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  g_autoptr (GError) error = NULL;

  lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, lwsg_message_get_bytes (message), &error);
  g_assert_no_error (error);
}

static void
side_begin (Side *side)
{
  g_autoptr (GError) error = NULL;
  guint port;

  side->main_context = g_main_context_new ();
  g_main_context_push_thread_default (side->main_context);
  side->server = lwsg_context_new ();
  lwsg_context_set_tls_certificate (side->server, side->certificate, &error);
  g_assert_no_error (error);
  g_signal_connect (lwsg_context_add_protocol (side->server, NULL, NULL), "message", G_CALLBACK (echo), NULL);
  port = lwsg_context_listen (side->server, "127.0.0.1", 0, &error);
  g_assert_no_error (error);
  side->uri = g_strdup_printf ("%s://127.0.0.1:%u/", side->certificate != NULL ? "wss" : "ws", port);

  side->client = lwsg_context_new ();
  lwsg_context_set_proxy_resolver (side->client, NULL);
  lwsg_context_set_tls_database (side->client, side->database);
}

static void
side_end (Side *side)
{
  g_object_unref (side->client);
  g_object_unref (side->server);
  while (g_main_context_iteration (side->main_context, FALSE))
    ;
  g_main_context_pop_thread_default (side->main_context);
  g_main_context_unref (side->main_context);
  g_free (side->uri);
}

static LwsgConnection *
side_connect (Side *side)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection;

  lwsg_context_connect_async (side->client, side->uri, NULL, NULL, duo_store_result, &result);
  side_wait (side, &result);
  connection = lwsg_context_connect_finish (side->client, result, &error);
  g_assert_no_error (error);

  return connection;
}

static void
side_talk (Side *side, LwsgConnection *connection, const char *text)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (LwsgMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (lwsg_connection_send_text (connection, text, &error));
  lwsg_connection_receive_async (connection, NULL, duo_store_result, &result);
  side_wait (side, &result);
  message = lwsg_connection_receive_finish (connection, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, text);
}

static gpointer
side_run (gpointer data)
{
  Side *side = data;

  side_begin (side);
  for (guint i = 0; i < CONNECTIONS; i++)
    {
      g_autoptr (LwsgConnection) connection = side_connect (side);

      for (guint j = 0; j < MESSAGES; j++)
        {
          g_autofree char *text = g_strdup_printf ("%u of %u in %p", j, i, data);

          side_talk (side, connection, text);
        }
    }
  side_end (side);

  return NULL;
}

static void
test_side_by_side (gconstpointer secure)
{
  g_autoptr (GTlsDatabase) database = secure != NULL ? identity_trusting (IDENTITY_ROOT) : NULL;
  Side sides[THREADS];
  GThread *threads[THREADS];

  for (guint i = 0; i < THREADS; i++)
    {
      sides[i] = (Side){ .database = database };
      sides[i].certificate = secure != NULL ? identity_get_certificate (IDENTITY_SERVER) : NULL;
      threads[i] = g_thread_new ("side", side_run, &sides[i]);
    }
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/object/side-by-side/ws", NULL, test_side_by_side);
  g_test_add_data_func ("/object/side-by-side/wss", GINT_TO_POINTER (TRUE), test_side_by_side);

  return g_test_run ();
}
