/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "honest.h"

#define MESSAGE_MAX (32 * 1024)

/* Under way at the same time, for each connection. */
#define MESSAGES_AHEAD 3

/* On one connection, at most. */
#define MESSAGES 200

/* Between two answers and what is sent next. */
#define PAUSE_MAX_MS 500

struct _Honest {
  LwsgContext *context;
  HonestCount *count;
  char *uri;
  LwsgConnection *connection;
  GQueue hashes;                /* of what is under way */
  guint left;                   /* messages to send on this connection */
  guint pause;                  /* a GSource */
  gboolean finishing;
  gboolean finished;
};

static void honest_connect (Honest *honest);

static GBytes *
random_message (void)
{
  /* Small ones are far more common. */
  gsize length = (gsize) g_random_int_range (0, 1 << g_random_int_range (1, 16)) % (MESSAGE_MAX + 1);
  guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    data[i] = (guint8) g_random_int_range (0, i % 8 == 0 ? 256 : 4);

  return g_bytes_new_take (data, length);
}

static void
honest_send (Honest *honest)
{
  while (honest->left > 0 && !honest->finishing && g_queue_get_length (&honest->hashes) < MESSAGES_AHEAD)
    {
      g_autoptr (GBytes) message = random_message ();

      if (!lwsg_connection_send (honest->connection, LWSG_MESSAGE_BINARY, message, NULL))
        return;
      g_queue_push_tail (&honest->hashes, g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message));
      honest->left--;
      honest->count->sent++;
    }
  if (g_queue_is_empty (&honest->hashes))
    lwsg_connection_close (honest->connection, LWSG_CLOSE_NORMAL, NULL, NULL);
}

static gboolean
on_pause_over (gpointer data)
{
  Honest *honest = data;

  honest->pause = 0;
  honest_send (honest);

  return G_SOURCE_REMOVE;
}

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  Honest *honest = data;
  g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, lwsg_message_get_bytes (message));
  g_autofree char *expected = g_queue_pop_head (&honest->hashes);

  honest->count->received++;
  if (g_strcmp0 (hash, expected) != 0)
    honest->count->wrong++;
  if (honest->pause == 0)
    honest->pause = g_timeout_add ((guint) g_random_int_range (0, PAUSE_MAX_MS), on_pause_over, honest);
}

static void
honest_drop (Honest *honest)
{
  if (honest->pause != 0)
    g_source_remove (honest->pause);
  honest->pause = 0;
  honest->count->lost += g_queue_get_length (&honest->hashes);
  g_queue_clear_full (&honest->hashes, g_free);
  if (honest->connection != NULL)
    g_signal_handlers_disconnect_by_data (honest->connection, honest);
  g_clear_object (&honest->connection);
}

static void
honest_go_on (Honest *honest)
{
  if (honest->finishing)
    honest->finished = TRUE;
  else
    honest_connect (honest);
}

static void
on_closed (LwsgConnection *connection, gpointer data)
{
  Honest *honest = data;

  if (lwsg_connection_get_close_code (connection) != LWSG_CLOSE_NORMAL)
    honest->count->failed++;
  honest_drop (honest);
  honest_go_on (honest);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Honest *honest = data;
  g_autoptr (GError) error = NULL;

  honest->connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);
  if (honest->connection == NULL)
    {
      g_printerr ("An honest client could not connect: %s\n", error->message);
      honest->count->failed++;
      honest->finished = TRUE;
      return;
    }

  honest->left = (guint) g_random_int_range (1, MESSAGES + 1);
  g_signal_connect (honest->connection, "message", G_CALLBACK (on_message), honest);
  g_signal_connect (honest->connection, "closed", G_CALLBACK (on_closed), honest);
  honest_send (honest);
}

static void
honest_connect (Honest *honest)
{
  lwsg_context_connect_async (honest->context, honest->uri, NULL, NULL, on_connected, honest);
}

Honest *
honest_new (LwsgContext *context, gboolean secure, guint port, HonestCount *count)
{
  Honest *honest = g_new0 (Honest, 1);

  honest->context = context;
  honest->count = count;
  honest->uri = g_strdup_printf ("%s://127.0.0.1:%u/", secure ? "wss" : "ws", port);
  g_queue_init (&honest->hashes);
  honest_connect (honest);

  return honest;
}

void
honest_finish (Honest *honest)
{
  honest->finishing = TRUE;
  if (honest->connection != NULL && honest->pause == 0 && g_queue_is_empty (&honest->hashes))
    honest_send (honest);
}

gboolean
honest_is_finished (Honest *honest)
{
  return honest->finished;
}

void
honest_free (Honest *honest)
{
  honest_drop (honest);
  g_free (honest->uri);
  g_free (honest);
}
