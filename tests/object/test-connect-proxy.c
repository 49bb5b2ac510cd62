/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dial.h"

#include <string.h>

/* A client that goes through the proxy that its resolver names. The test is the proxy, and
 * then the server behind it. */

/* Only the proxy could know this name. */
#define FAR_URI "ws://far.invalid:8080/where"
#define FAR_NAME "far.invalid"

static void
use_resolver (Dial *dial, GProxyResolver *resolver)
{
  lwsg_context_set_proxy_resolver (dial->client, resolver);
  g_object_unref (resolver);
}

/* The listener is the proxy. */
static void
use_proxy (Dial *dial, const char *scheme)
{
  g_autofree char *proxy = g_strdup_printf ("%s://127.0.0.1:%u", scheme, dial->port);

  use_resolver (dial, g_simple_proxy_resolver_new (proxy, NULL));
  dial_set_uri (dial, FAR_URI);
}

/* The handshake goes to the server, not to the proxy. */
static void
expect_handshake (Dial *dial, const char *host)
{
  g_autofree char *header = g_strdup_printf ("\r\nHost: %s\r\n", host);
  g_autoptr (LwsgConnection) connection = NULL;

  dial_read_request (dial);
  g_assert_true (g_str_has_prefix (dial->request, "GET /where HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (dial->request, header));
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n\x81\x05" "hello");
  connection = dial_succeed (dial);
  duo_expect (connection, "hello");
}

/* --- HTTP */

static void
expect_connect (Dial *dial)
{
  dial_take_request (dial);
  g_assert_true (g_str_has_prefix (dial->request, "CONNECT " FAR_NAME ":8080 HTTP/1."));
  g_assert_null (strstr (dial->request, "Sec-WebSocket"));
}

static void
test_http (Dial *dial, gconstpointer data)
{
  use_proxy (dial, "http");
  dial_start (dial, NULL);
  expect_connect (dial);
  raw_peer_send_text (dial->peer, "HTTP/1.0 200 Connection established\r\n\r\n");
  expect_handshake (dial, FAR_NAME ":8080");
}

/* RFC 6455 section 4.1: of a desktop's proxies, the one for https. */
static void
test_asks_for_https (Dial *dial, gconstpointer data)
{
  GProxyResolver *resolver = g_simple_proxy_resolver_new ("socks5://127.0.0.1:1", NULL);
  g_autofree char *proxy = g_strdup_printf ("http://127.0.0.1:%u", dial->port);

  g_simple_proxy_resolver_set_uri_proxy (G_SIMPLE_PROXY_RESOLVER (resolver), "https", proxy);
  use_resolver (dial, resolver);
  dial_set_uri (dial, FAR_URI);
  dial_start (dial, NULL);
  expect_connect (dial);
  raw_peer_send_text (dial->peer, "HTTP/1.0 200 OK\r\n\r\n");
  expect_handshake (dial, FAR_NAME ":8080");
}

static void
expect_no_connection (Dial *dial)
{
  g_autoptr (GError) error = dial_fail (dial);

  /* GIO says why. */
  g_assert_true (error->domain == G_IO_ERROR);
  g_assert_cmpint (error->code, !=, G_IO_ERROR_FAILED);
  dial_expect_text (error, FAR_NAME ":8080 can't be reached: ");
}

static void
test_http_refuses (Dial *dial, gconstpointer data)
{
  use_proxy (dial, "http");
  dial_start (dial, NULL);
  expect_connect (dial);
  raw_peer_send_text (dial->peer, data);
  raw_peer_shutdown (dial->peer);
  expect_no_connection (dial);
  raw_peer_expect_lost (dial->peer);
}

/* One code for proxies of all kinds that want to know who asks. */
static void
test_http_asks (Dial *dial, gconstpointer credentials)
{
  g_autofree char *proxy = g_strdup_printf ("http://%s127.0.0.1:%u", (const char *) credentials, dial->port);
  g_autoptr (GError) error = NULL;

  use_resolver (dial, g_simple_proxy_resolver_new (proxy, NULL));
  dial_set_uri (dial, FAR_URI);
  dial_start (dial, NULL);
  expect_connect (dial);
  raw_peer_send_text (dial->peer, "HTTP/1.0 407 Proxy Authentication Required\r\n\r\n");
  raw_peer_shutdown (dial->peer);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_HTTP_ERROR, LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED);
}

/* --- SOCKS 5 (RFC 1928) */

#define SOCKS_VERSION 5
#define SOCKS_CONNECT 1
#define SOCKS_NAME 3

static void
expect_bytes (Dial *dial, const guint8 *expected, gsize length)
{
  g_autofree guint8 *bytes = g_malloc (length);

  raw_peer_read (dial->peer, length, bytes);
  g_assert_cmpmem (bytes, length, expected, length);
}

/* The methods that are offered; ours is to go without any. */
static void
socks_greet (Dial *dial)
{
  guint8 greeting[2];
  guint8 methods[G_MAXUINT8];

  dial_accept (dial);
  raw_peer_read (dial->peer, sizeof greeting, greeting);
  g_assert_cmpuint (greeting[0], ==, SOCKS_VERSION);
  raw_peer_read (dial->peer, greeting[1], methods);
  g_assert_nonnull (memchr (methods, 0, greeting[1]));
  raw_peer_send (dial->peer, "\x05\x00", 2);
}

static void
socks_expect_name (Dial *dial)
{
  static const guint8 start[] = { SOCKS_VERSION, SOCKS_CONNECT, 0, SOCKS_NAME, sizeof FAR_NAME - 1 };
  static const guint8 port[] = { 8080 >> 8, 8080 & 0xff };

  expect_bytes (dial, start, sizeof start);
  expect_bytes (dial, (const guint8 *) FAR_NAME, strlen (FAR_NAME));
  expect_bytes (dial, port, sizeof port);
}

static void
socks_reply (Dial *dial, guint8 status)
{
  const guint8 response[] = { SOCKS_VERSION, status, 0, 1, 0, 0, 0, 0, 0, 0 };

  raw_peer_send (dial->peer, response, sizeof response);
}

static void
test_socks (Dial *dial, gconstpointer data)
{
  use_proxy (dial, "socks5");
  dial_start (dial, NULL);
  socks_greet (dial);
  socks_expect_name (dial);
  socks_reply (dial, 0);
  expect_handshake (dial, FAR_NAME ":8080");
}

static void
test_socks_refuses (Dial *dial, gconstpointer data)
{
  const guint8 not_allowed = 2;

  use_proxy (dial, "socks5");
  dial_start (dial, NULL);
  socks_greet (dial);
  socks_expect_name (dial);
  socks_reply (dial, not_allowed);
  expect_no_connection (dial);
  raw_peer_expect_lost (dial->peer);
}

/* It takes none of the methods that were offered. */
static void
test_socks_asks (Dial *dial, gconstpointer data)
{
  guint8 greeting[3];
  g_autoptr (GError) error = NULL;

  use_proxy (dial, "socks5");
  dial_start (dial, NULL);
  dial_accept (dial);
  raw_peer_read (dial->peer, sizeof greeting, greeting);
  raw_peer_send (dial->peer, "\x05\x02", 2);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_HTTP_ERROR, LWSG_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED);
}

/* --- directly */

static void
expect_direct (Dial *dial)
{
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", dial->port);

  dial_start (dial, NULL);
  dial_accept (dial);
  expect_handshake (dial, host);
}

static void
test_direct (Dial *dial, gconstpointer data)
{
  use_resolver (dial, g_simple_proxy_resolver_new ("direct://", NULL));
  expect_direct (dial);
}

static void
test_ignored_host (Dial *dial, gconstpointer data)
{
  char network[] = "127.0.0.0/8";
  char *ignored[] = { network, NULL };

  use_resolver (dial, g_simple_proxy_resolver_new ("http://127.0.0.1:1", ignored));
  expect_direct (dial);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

/* As it is when the connect begins. */
static void
test_no_resolver (Dial *dial, gconstpointer data)
{
  GProxyResolver *resolver = g_simple_proxy_resolver_new ("http://127.0.0.1:1", NULL);
  guint notified = 0;

  g_signal_connect (dial->client, "notify::proxy-resolver", G_CALLBACK (count_notify), &notified);
  use_resolver (dial, resolver);
  g_assert_true (lwsg_context_get_proxy_resolver (dial->client) == resolver);
  lwsg_context_set_proxy_resolver (dial->client, resolver);
  g_assert_cmpuint (notified, ==, 1);
  lwsg_context_set_proxy_resolver (dial->client, NULL);
  g_assert_null (lwsg_context_get_proxy_resolver (dial->client));
  g_assert_cmpuint (notified, ==, 2);
  expect_direct (dial);
}

/* A socket of this machine needs no proxy. */
static void
test_unix (Duo *duo, gconstpointer data)
{
  GProxyResolver *resolver = g_simple_proxy_resolver_new ("http://127.0.0.1:1", NULL);

  lwsg_context_set_proxy_resolver (duo->client, resolver);
  g_object_unref (resolver);
  duo_open (duo);
  duo_round_trip (duo->connected);
}

/* --- proxies that are none */

static void
test_refused_port (Dial *dial, gconstpointer data)
{
  use_proxy (dial, data);
  dial_stop_listening (dial);
  dial_start (dial, NULL);
  expect_no_connection (dial);
}

static void
test_ends (Dial *dial, gconstpointer data)
{
  use_proxy (dial, data);
  dial_start (dial, NULL);
  dial_accept (dial);
  raw_peer_shutdown (dial->peer);
  expect_no_connection (dial);
}

static void
test_unknown_scheme (Dial *dial, gconstpointer data)
{
  use_proxy (dial, "pigeon");
  dial_start (dial, NULL);
  expect_no_connection (dial);
}

/* --- a proxy that says nothing */

static void
test_cancel (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  dial->cancellable = g_cancellable_new ();
  use_proxy (dial, data);
  dial_start (dial, NULL);
  dial_accept (dial);
  g_cancellable_cancel (dial->cancellable);
  error = dial_fail (dial);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  raw_peer_expect_lost (dial->peer);
  DUO_UNTIL (g_queue_is_empty (&dial->client->engine->dials));
}

static void
test_close_context (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  use_proxy (dial, data);
  dial_start (dial, NULL);
  dial_accept (dial);
  lwsg_context_close (dial->client);
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  raw_peer_expect_lost (dial->peer);
}

static void
test_silence (Dial *dial, gconstpointer data)
{
  const gint64 quick_tick = 1000;
  g_autoptr (GError) error = NULL;

  use_proxy (dial, data);
  dial_start (dial, NULL);
  dial_accept (dial);
  dial->client->engine->tick_microseconds = quick_tick;
  error = dial_fail (dial);
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_TIMED_OUT);
  dial_expect_text (error, FAR_NAME);
  raw_peer_expect_lost (dial->peer);
}

int
main (int argc, char **argv)
{
  static const char *const schemes[] = { "http", "socks5" };

  g_test_init (&argc, &argv, NULL);

  dial_add_case ("proxy", "http", NULL, test_http);
  dial_add_case ("proxy", "asks-for-https", NULL, test_asks_for_https);
  dial_add_case ("proxy/http", "403", "HTTP/1.0 403 Forbidden\r\n\r\n", test_http_refuses);
  dial_add_case ("proxy/http", "407", "", test_http_asks);
  dial_add_case ("proxy/http", "407-again", "user:wrong@", test_http_asks);
  dial_add_case ("proxy/socks5", "asks", NULL, test_socks_asks);
  dial_add_case ("proxy/http", "garbage", "220 ready\r\n\r\n", test_http_refuses);
  dial_add_case ("proxy", "socks5", NULL, test_socks);
  dial_add_case ("proxy/socks5", "refuses", NULL, test_socks_refuses);
  dial_add_case ("proxy", "direct", NULL, test_direct);
  dial_add_case ("proxy", "ignored-host", NULL, test_ignored_host);
  dial_add_case ("proxy", "no-resolver", NULL, test_no_resolver);
  dial_add_case ("proxy", "unknown-scheme", NULL, test_unknown_scheme);
  g_test_add ("/object/connect/proxy/unix", Duo, GINT_TO_POINTER (DUO_PATH), duo_set_up, test_unix, duo_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      g_autofree char *group = g_strconcat ("proxy/", schemes[i], NULL);

      dial_add_case (group, "refused-port", schemes[i], test_refused_port);
      dial_add_case (group, "ends", schemes[i], test_ends);
      dial_add_case (group, "cancel", schemes[i], test_cancel);
      dial_add_case (group, "close-context", schemes[i], test_close_context);
      dial_add_case (group, "silence", schemes[i], test_silence);
    }

  return g_test_run ();
}
