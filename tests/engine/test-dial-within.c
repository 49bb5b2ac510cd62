/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/client/connector-private.h"
#include "engine/connection/state-private.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "owner.h"

/* A connection that is waited for within the call. */

/* For what has an outcome at once. */
#define PATIENCE_SECONDS 60

static EngineConnection *
dial (Owner *owner, const char *address, guint16 port, guint seconds, GError **error)
{
  const EngineDestination destination = { .address = address, .port = port, .target = "/where" };

  return engine_connector_dial_within (owner->context, &destination, seconds, error);
}

static void
test_connected (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GError) error = NULL;
  EngineConnection *connection = dial (owner, "localhost", owner->port, PATIENCE_SECONDS, &error);

  g_assert_no_error (error);
  g_assert_nonnull (connection);
  g_assert_cmpint (connection->state, ==, ENGINE_STATE_HANDSHAKE);
  g_assert_cmpint (connection->watch.fd, >=, 0);
  owner_wait (owner, OWNER_OPENED, 2);
}

/* Who asked was told; nobody else is, and nothing of it stays. */
static void
expect_silence (Owner *owner)
{
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpuint (owner->counts[OWNER_FAILED], ==, 0);
  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
  g_assert_null (owner->context->first);
}

static guint16
free_port (void)
{
  guint16 port;

  close (raw_listen (&port));

  return port;
}

static void
test_refused (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  g_assert_null (dial (owner, "127.0.0.1", free_port (), PATIENCE_SECONDS, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "127.0.0.1"));
  expect_silence (owner);
}

/* Takes one connection, and no more: the kernel drops further SYNs. */
static int
listen_without_room (guint16 *port, int clients[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (listener, 0), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      clients[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      connect (clients[i], (struct sockaddr *) &address, length);
    }
  *port = ntohs (address.sin_port);

  return listener;
}

static void
test_time_over (void)
{
  const guint seconds = 1;
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 begin = g_get_monotonic_time ();
  int clients[2];
  guint16 port;
  int listener = listen_without_room (&port, clients);

  g_assert_null (dial (owner, "127.0.0.1", port, seconds, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_TIMED_OUT);
  text = g_strdup_printf ("No connection to 127.0.0.1:%u within %u s", port, seconds);
  g_assert_cmpstr (error->message, ==, text);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, seconds * G_TIME_SPAN_SECOND / 2);
  expect_silence (owner);
  close (listener);
  close (clients[0]);
  close (clients[1]);
}

/* A main context needs one, too, for want of which GLib would end the program. */
static void
test_no_descriptors (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (GError) error = NULL;
  struct rlimit limit;
  rlim_t before;
  int next = dup (owner->context->epoll_fd);

  g_assert_cmpint (next, >=, 0);
  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  before = limit.rlim_cur;
  for (guint more = 0; more < 6; more++)
    {
      limit.rlim_cur = (rlim_t) next + more;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      if (dial (owner, "127.0.0.1", owner->port, PATIENCE_SECONDS, &error) == NULL)
        g_assert_nonnull (error);
      g_clear_error (&error);
    }
  limit.rlim_cur = before;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_nonnull (dial (owner, "127.0.0.1", owner->port, PATIENCE_SECONDS, NULL));
}

static void
test_invalid (void)
{
  g_autoptr (Owner) owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  g_assert_null (dial (owner, "127.0.0.1", 0, PATIENCE_SECONDS, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_assert_null (owner->context->first);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/dial-within/connected", test_connected);
  g_test_add_func ("/engine/dial-within/refused", test_refused);
  g_test_add_func ("/engine/dial-within/time-over", test_time_over);
  g_test_add_func ("/engine/dial-within/no-descriptors", test_no_descriptors);
  g_test_add_func ("/engine/dial-within/invalid", test_invalid);

  return g_test_run ();
}
