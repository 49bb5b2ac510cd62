/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/state-private.h"
#include "dial.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
dial_turn (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

/* --- the fixture */

static void
dial_set_up (Dial *dial, gconstpointer data)
{
  duo_own_main_context ();
  dial->client = lwsg_context_new ();
  lwsg_context_set_proxy_resolver (dial->client, NULL);
  dial->listener = raw_listen (&dial->port);
  dial->uri = g_strdup_printf ("ws://127.0.0.1:%u/where", dial->port);
  for (guint i = 0; i < G_N_ELEMENTS (dial->fillers); i++)
    dial->fillers[i] = -1;
}

static void
dial_tear_down (Dial *dial, gconstpointer data)
{
  g_clear_object (&dial->result);
  g_clear_pointer (&dial->peer, raw_peer_free);
  g_object_add_weak_pointer (G_OBJECT (dial->client), (gpointer *) &dial->client);
  g_object_unref (dial->client);
  DUO_UNTIL (dial->client == NULL);
  /* What GIO still has to say to nobody. */
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_main_context_release (NULL);
  g_clear_object (&dial->cancellable);
  dial_stop_listening (dial);
  for (guint i = 0; i < G_N_ELEMENTS (dial->fillers); i++)
    if (dial->fillers[i] >= 0)
      close (dial->fillers[i]);
  g_free (dial->uri);
  g_free (dial->request);
}

void
dial_add_case (const char *group, const char *name, gconstpointer data, DialFunc func)
{
  g_autofree char *path = g_strdup_printf ("/object/connect/%s/%s", group, name);

  g_test_add (path, Dial, data, dial_set_up, func, dial_tear_down);
}

void
dial_set_uri (Dial *dial, const char *uri)
{
  g_free (dial->uri);
  dial->uri = g_strdup (uri);
}

void
dial_stop_listening (Dial *dial)
{
  if (dial->listener >= 0)
    close (dial->listener);
  dial->listener = -1;
}

/* --- connecting */

void
dial_start (Dial *dial, const char *const *subprotocols)
{
  lwsg_context_connect_async (dial->client, dial->uri, subprotocols, dial->cancellable, duo_store_result,
                              &dial->result);
}

void
dial_start_stuck (Dial *dial)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (dial->port) };

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  /* Room for one; who comes later is to try again. */
  g_assert_cmpint (listen (dial->listener, 0), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (dial->fillers); i++)
    {
      dial->fillers[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      g_assert_cmpint (dial->fillers[i], >=, 0);
      connect (dial->fillers[i], (struct sockaddr *) &address, sizeof address);
    }

  dial_start (dial, NULL);
  for (guint i = 0; i < 20; i++)
    dial_turn (NULL);
  g_assert_nonnull (dial->client->engine->first);
  g_assert_cmpint (dial->client->engine->first->state, ==, ENGINE_STATE_CONNECTING);
}

void
dial_accept (Dial *dial)
{
  g_assert_null (dial->peer);
  dial->peer = raw_accept (dial->listener, dial_turn, NULL);
}

void
dial_read_request (Dial *dial)
{
  g_free (dial->request);
  dial->request = raw_peer_read_head (dial->peer);
}

void
dial_take_request (Dial *dial)
{
  dial_accept (dial);
  dial_read_request (dial);
}

void
dial_serve (Dial *dial, const char *const *subprotocols)
{
  dial_start (dial, subprotocols);
  dial_take_request (dial);
}

void
dial_answer (Dial *dial, const char *answer)
{
  g_autofree char *text = raw_peer_fill_in_accept (dial->request, answer);

  raw_peer_send_text (dial->peer, text);
}

/* --- the result */

LwsgConnection *
dial_succeed (Dial *dial)
{
  g_autoptr (GError) error = NULL;
  LwsgConnection *connection;

  DUO_UNTIL (dial->result != NULL);
  connection = lwsg_context_connect_finish (dial->client, dial->result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (connection);

  return connection;
}

GError *
dial_fail (Dial *dial)
{
  GError *error = NULL;

  DUO_UNTIL (dial->result != NULL);
  g_assert_null (lwsg_context_connect_finish (dial->client, dial->result, &error));
  g_assert_nonnull (error);

  return error;
}

void
dial_expect_text (const GError *error, const char *part)
{
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
}
