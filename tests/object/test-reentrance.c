/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../engine/raw-peer.h"

#include <string.h>

/* From inside every signal and every callback: to close a connection or a context, to give
 * up the last reference, to run a main loop. Afterwards every object has come to its end,
 * which duo_tear_down() checks. */

typedef enum {
  EVENT_REQUEST,
  EVENT_ACCEPT,
  EVENT_ITEM_ADDED,
  EVENT_N_CONNECTIONS,
  EVENT_OPENED,
  EVENT_CONNECTED,              /* the callback of connect_async() */
  EVENT_PROTOCOL_MESSAGE,
  EVENT_MESSAGE,
  EVENT_FRAGMENT,
  EVENT_RECEIVED,               /* of receive_async() */
  EVENT_SENT,                   /* of send_async() */
  EVENT_PONG,
  EVENT_PINGED,                 /* of ping_async() */
  EVENT_WRITABLE,
  EVENT_BROADCAST,
  EVENT_FILTER,
  EVENT_NOTIFY_BYTES_RECEIVED,
  EVENT_NOTIFY_BYTES_SENT,
  EVENT_NOTIFY_STATE,
  EVENT_ITEM_REMOVED,
  EVENT_CLOSED,
  EVENT_PROTOCOL_CLOSED,
  EVENT_CLOSE_DONE,             /* of close_async() */

  N_EVENTS
} Event;

static const char *const event_names[N_EVENTS] = {
  "request", "accept", "item-added", "n-connections", "opened", "connected", "protocol-message", "message",
  "fragment", "received", "sent", "pong", "pinged", "writable", "broadcast", "filter", "notify-bytes-received",
  "notify-bytes-sent", "notify-state", "item-removed", "closed", "protocol-closed", "close-done",
};

typedef enum {
  ACTION_CLOSE_CONNECTIONS,
  ACTION_CLOSE_SERVER,
  ACTION_CLOSE_CLIENT,
  ACTION_UNREF_SERVER,
  ACTION_UNREF_ALL,
  ACTION_NESTED_LOOP,

  N_ACTIONS
} Action;

static const char *const action_names[N_ACTIONS] = {
  "close-connections", "close-server", "close-client", "unref-server", "unref-all", "nested-loop",
};

typedef struct {
  Duo duo;
  Event event;
  Action action;
  gboolean reached;
  RawPeer *http;
} Play;

/* --- what is done */

static void
close_connections (Play *play)
{
  Duo *duo = &play->duo;
  GListModel *model = G_LIST_MODEL (duo->protocol);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (LwsgConnection) connection = g_list_model_get_item (model, i);

      lwsg_connection_close (connection, LWSG_CLOSE_NORMAL, NULL, NULL);
    }
  if (duo->connected != NULL)
    lwsg_connection_close (duo->connected, LWSG_CLOSE_NORMAL, NULL, NULL);
}

static void
unref_server (Play *play)
{
  Duo *duo = &play->duo;

  duo->protocol = NULL;
  g_clear_object (&duo->accepted);
  duo_end (&duo->server);
}

static void
nested_loop (Play *play)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", play->duo.port);

  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, NULL, NULL, duo_store_result, &result);
  DUO_UNTIL (result != NULL);
}

static void
reach (Play *play, Event event)
{
  if (event != play->event || play->reached)
    return;

  play->reached = TRUE;
  switch (play->action)
    {
    case ACTION_CLOSE_CONNECTIONS:
      close_connections (play);
      break;
    case ACTION_CLOSE_SERVER:
      lwsg_context_close (play->duo.server);
      break;
    case ACTION_CLOSE_CLIENT:
      lwsg_context_close (play->duo.client);
      break;
    case ACTION_UNREF_ALL:
      g_clear_object (&play->duo.connected);
      duo_end (&play->duo.client);
      unref_server (play);
      break;
    case ACTION_UNREF_SERVER:
      unref_server (play);
      break;
    case ACTION_NESTED_LOOP:
    default:
      nested_loop (play);
      break;
    }
}

/* --- the server */

static gboolean
on_request (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  reach (user_data, EVENT_REQUEST);
  lwsg_request_refuse (request, 404, NULL);

  return TRUE;
}

static gboolean
on_accept (LwsgProtocol *protocol, LwsgRequest *request, gpointer user_data)
{
  reach (user_data, EVENT_ACCEPT);

  return TRUE;
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  reach (user_data, added > 0 ? EVENT_ITEM_ADDED : EVENT_ITEM_REMOVED);
}

static void
on_n_connections (LwsgProtocol *protocol, GParamSpec *pspec, gpointer user_data)
{
  reach (user_data, EVENT_N_CONNECTIONS);
}

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  reach (user_data, EVENT_MESSAGE);
}

static void
on_fragment (LwsgConnection *connection, LwsgMessageType type, GBytes *bytes, gboolean last, gpointer user_data)
{
  reach (user_data, EVENT_FRAGMENT);
}

static void
on_pong (LwsgConnection *connection, GBytes *payload, gpointer user_data)
{
  reach (user_data, EVENT_PONG);
}

static void
on_writable (LwsgConnection *connection, gpointer user_data)
{
  reach (user_data, EVENT_WRITABLE);
}

static void
on_closed (LwsgConnection *connection, gpointer user_data)
{
  reach (user_data, EVENT_CLOSED);
}

static void
on_bytes_received (LwsgConnection *connection, GParamSpec *pspec, gpointer user_data)
{
  reach (user_data, EVENT_NOTIFY_BYTES_RECEIVED);
}

static void
on_bytes_sent (LwsgConnection *connection, GParamSpec *pspec, gpointer user_data)
{
  reach (user_data, EVENT_NOTIFY_BYTES_SENT);
}

static void
on_state (LwsgConnection *connection, GParamSpec *pspec, gpointer user_data)
{
  reach (user_data, EVENT_NOTIFY_STATE);
}

static void
on_pinged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  reach (user_data, EVENT_PINGED);
  lwsg_connection_ping_finish (LWSG_CONNECTION (source), result, NULL);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  reach (user_data, EVENT_SENT);
  lwsg_connection_send_finish (LWSG_CONNECTION (source), result, NULL);
}

static gboolean
filter (LwsgConnection *connection, gpointer user_data)
{
  reach (user_data, EVENT_FILTER);

  return TRUE;
}

/* Streaming and whole messages exclude each other. */
static void
connect_to_signals (Play *play, LwsgConnection *connection)
{
  lwsg_connection_set_streaming (connection, play->event == EVENT_FRAGMENT);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), play);
  g_signal_connect (connection, "fragment", G_CALLBACK (on_fragment), play);
  g_signal_connect (connection, "pong", G_CALLBACK (on_pong), play);
  g_signal_connect (connection, "writable", G_CALLBACK (on_writable), play);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), play);
  g_signal_connect (connection, "notify::bytes-received", G_CALLBACK (on_bytes_received), play);
  g_signal_connect (connection, "notify::bytes-sent", G_CALLBACK (on_bytes_sent), play);
  g_signal_connect (connection, "notify::state", G_CALLBACK (on_state), play);
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  Play *play = user_data;

  if (play->reached)
    return;
  connect_to_signals (play, connection);
  reach (play, EVENT_OPENED);
  if (lwsg_connection_get_state (connection) != LWSG_CONNECTION_OPEN)
    return;

  lwsg_connection_ping_async (connection, NULL, NULL, on_pinged, play);
  lwsg_connection_request_writable (connection);
}

static void
on_protocol_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer user_data)
{
  Play *play = user_data;
  GBytes *bytes = lwsg_message_get_bytes (message);

  reach (play, EVENT_PROTOCOL_MESSAGE);
  lwsg_connection_send_async (connection, LWSG_MESSAGE_TEXT, bytes, NULL, on_sent, play);
  lwsg_protocol_broadcast (protocol, LWSG_MESSAGE_TEXT, bytes, NULL);
  lwsg_protocol_broadcast_filtered (protocol, LWSG_MESSAGE_TEXT, bytes, filter, play, NULL);
}

static void
on_broadcast (LwsgProtocol *protocol, LwsgMessage *message, gpointer user_data)
{
  reach (user_data, EVENT_BROADCAST);
}

static void
on_protocol_closed (LwsgProtocol *protocol, LwsgConnection *connection, gpointer user_data)
{
  reach (user_data, EVENT_PROTOCOL_CLOSED);
}

/* --- the client */

static void
on_close_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  reach (user_data, EVENT_CLOSE_DONE);
  lwsg_connection_close_finish (LWSG_CONNECTION (source), result, NULL);
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LwsgConnection *connection = LWSG_CONNECTION (source);
  g_autoptr (LwsgMessage) message = lwsg_connection_receive_finish (connection, result, NULL);

  reach (user_data, EVENT_RECEIVED);
  lwsg_connection_close_async (connection, LWSG_CLOSE_NORMAL, NULL, NULL, on_close_done, user_data);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Play *play = user_data;
  g_autoptr (LwsgConnection) connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, NULL);

  if (connection == NULL)
    return;

  g_set_object (&play->duo.connected, connection);
  reach (play, EVENT_CONNECTED);
  lwsg_connection_receive_async (connection, NULL, on_received, play);
  /* A streaming server sends nothing back. */
  lwsg_connection_send_text (connection, "hello", NULL);
}

/* --- the play */

static void
iteration (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

static void
begin (Play *play)
{
  Duo *duo = &play->duo;

  duo_set_up (duo, GINT_TO_POINTER (DUO_TCP));
  g_signal_handlers_disconnect_by_data (duo->protocol, duo);
  g_signal_connect (duo->server, "http-request", G_CALLBACK (on_request), play);
  g_signal_connect (duo->protocol, "accept", G_CALLBACK (on_accept), play);
  g_signal_connect (duo->protocol, "items-changed", G_CALLBACK (on_items_changed), play);
  g_signal_connect (duo->protocol, "notify::n-connections", G_CALLBACK (on_n_connections), play);
  g_signal_connect (duo->protocol, "opened", G_CALLBACK (on_opened), play);
  g_signal_connect (duo->protocol, "closed", G_CALLBACK (on_protocol_closed), play);
  g_signal_connect (duo->protocol, "broadcast-request", G_CALLBACK (on_broadcast), play);
  if (play->event != EVENT_FRAGMENT)
    g_signal_connect (duo->protocol, "message", G_CALLBACK (on_protocol_message), play);

  if (play->event == EVENT_REQUEST)
    {
      play->http = raw_peer_connect ((guint16) duo->port, iteration, NULL);
      raw_peer_send_text (play->http, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
  duo_connect_async (duo, "/", NULL, NULL, on_connected, play);
}

static void
test_play (gconstpointer data)
{
  guint number = GPOINTER_TO_UINT (data);
  Play play = { .event = number / N_ACTIONS, .action = number % N_ACTIONS };

  begin (&play);
  DUO_UNTIL (play.reached);
  /* What is under way goes on for as long as it can. */
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);

  g_clear_pointer (&play.http, raw_peer_free);
  duo_tear_down (&play.duo, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_EVENTS * N_ACTIONS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/object/reentrance/%s/%s", event_names[i / N_ACTIONS],
                                               action_names[i % N_ACTIONS]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_play);
    }

  return g_test_run ();
}
