/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whom ssl_connection trusts, of servers that are their own authority. One context is both ends.
 */
#include "child.h"

#include <string.h>

/* What ssl_connection may be. */
enum {
  OPEN,
  SECURE,
  SELF_SIGNED,
};

/* What came of the last attempt to connect. The API gives callbacks no pointer of the
 * program's own, hence the variables. */
static gboolean established;
static char *failure;

static int
on_event (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
    established = TRUE;
  else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
    failure = g_strndup (in, len);

  return 0;
}

static struct libwebsocket_protocols protocols[] = { { .name = "trust", .callback = on_event }, { .callback = NULL } };

typedef struct {
  PeerIdentity *identity;
  struct libwebsocket_context *context;
  guint16 port;
} Fixture;

static void
dial (Fixture *fixture, const char *address, int ssl_connection)
{
  gint64 deadline = peer_deadline ();

  established = FALSE;
  g_clear_pointer (&failure, g_free);
  g_assert_nonnull (libwebsocket_client_connect (fixture->context, address, fixture->port, ssl_connection, "/", NULL,
                                                 NULL, "trust"));
  while (!established && failure == NULL)
    peer_turn (fixture->context, deadline);
}

static void
expect_trust (Fixture *fixture, const char *address, int ssl_connection)
{
  dial (fixture, address, ssl_connection);
  g_assert_cmpstr (failure, ==, NULL);
}

static void
expect_failure (Fixture *fixture, const char *address, int ssl_connection, const char *text)
{
  dial (fixture, address, ssl_connection);
  g_assert_false (established);
  g_test_message ("%s", failure);
  g_assert_nonnull (strstr (failure, text));
}

static void
test_open (Fixture *fixture)
{
  dial (fixture, "127.0.0.1", OPEN);
  g_assert_false (established);
}

static void
test_unknown_authority (Fixture *fixture)
{
  expect_failure (fixture, "127.0.0.1", SECURE, "its authority is not trusted");
}

static void
test_self_signed (Fixture *fixture)
{
  expect_trust (fixture, "127.0.0.1", SELF_SIGNED);
  expect_trust (fixture, "localhost", SELF_SIGNED);
}

/* The identity is for 127.0.0.1; the server listens on all addresses. */
static void
test_other_name (Fixture *fixture)
{
  expect_failure (fixture, "127.0.0.2", SELF_SIGNED, "it is for another name");
  expect_failure (fixture, "127.0.0.2", SECURE, "it is for another name");
}

/* One who was content with less does not speak for the next one. */
static void
test_in_turn (Fixture *fixture)
{
  for (guint i = 0; i < 2; i++)
    {
      expect_trust (fixture, "127.0.0.1", SELF_SIGNED);
      expect_failure (fixture, "127.0.0.1", SECURE, "its authority is not trusted");
    }
}

static void
test_with_server (gconstpointer data)
{
  Fixture fixture = { .identity = peer_identity_new () };
  void (*test) (Fixture *fixture) = (void (*) (Fixture *)) data;

  if (fixture.identity == NULL)
    return;

  fixture.context = peer_listen (protocols, fixture.identity, &fixture.port);
  test (&fixture);
  libwebsocket_context_destroy (fixture.context);
  g_clear_pointer (&failure, g_free);
  peer_identity_free (fixture.identity);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/peers/trust/open", test_open, test_with_server);
  g_test_add_data_func ("/peers/trust/unknown-authority", test_unknown_authority, test_with_server);
  g_test_add_data_func ("/peers/trust/self-signed", test_self_signed, test_with_server);
  g_test_add_data_func ("/peers/trust/other-name", test_other_name, test_with_server);
  g_test_add_data_func ("/peers/trust/in-turn", test_in_turn, test_with_server);

  return g_test_run ();
}
