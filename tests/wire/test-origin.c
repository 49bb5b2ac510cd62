/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "wire/origin-private.h"

static void
test_valid (void)
{
  static const char *const good[] = {
    "http://a", "https://example.org", "HTTPS://Example.ORG:8443", "http://127.0.0.1:80", "http://[::1]",
    "http://[2001:db8::1]:8080", "null", "chrome-extension://abcdef", "moz-extension://0a-1b", "app+x://x",
    "https://*.example.org", "http://*.localhost:8080", "HTTPS://*.A.B", "http://a_b.c.",
    "https://xn--bcher-kva.example",
  };
  static const char *const bad[] = {
    "", "*", "example.org", "http:", "http:/", "http://", "http:///", "http://a/", "http://a/b", "http://a?b",
    "http://a#b", "http://a:99999", "http://a:b", "http://[::1", "http://::1", "http://u@a", "://a", "1http://a",
    "ht tp://a", "http://a b", "http://a http://b", "http://a,http://b", "http://a\r\n", "Null", "nulla", "file://",
    "http://\\a", "ws://a", "WSS://a", "http://a:0", "http://a:00", "http://a..b", "http://.a",
    "http://b\xc3\xbc.de", "http://%61", "http://a!b", "https://*", "https://*.", "https://*..a", "https://*.a.",
    "https://**.a", "https://*a.b", "https://a.*", "https://a.*.b", "https://*.*.a", "https://*.0.0.1",
    "https://*.[::1]", "*.example.org", "*://a",
    "https://*.example.org/", "https://*.example.org:*", "https://*.example.org:0",
    "http://a234567890123456789012345678901234567890123456789012345678901234.b",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    if (!wire_origin_pattern_is_valid (good[i]))
      g_error ("%s was refused", good[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (wire_origin_pattern_is_valid (bad[i]))
      g_error ("%s was taken for an origin", bad[i]);
}

static const struct {
  const char *one;
  const char *other;
  gboolean equal;
} pairs[] = {
  { "http://a", "http://a", TRUE },
  { "http://a", "HTTP://A", TRUE },
  { "http://a", "http://a:80", TRUE },
  { "http://a", "http://a:", TRUE },
  { "https://a", "https://a:443", TRUE },
  { "ws://a", "ws://a:80", TRUE },
  { "wss://a", "wss://a:443", TRUE },
  { "http://[::1]", "http://[0:0:0:0:0:0:0:1]:80", TRUE },
  { "http://[2001:DB8::a]", "http://[2001:db8::A]", TRUE },
  { "null", "null", TRUE },
  { "x://a", "x://a", TRUE },
  { "http://a", "https://a", FALSE },
  { "http://a:443", "https://a", FALSE },
  { "http://a", "http://a:8080", FALSE },
  { "https://a", "https://a:80", FALSE },
  { "x://a", "x://a:80", FALSE },
  { "http://a", "http://ab", FALSE },
  { "http://example.org", "http://evil-example.org", FALSE },
  { "http://example.org", "http://example.org.evil.net", FALSE },
  { "http://example.org", "http://www.example.org", FALSE },
  { "http://[::1]", "http://[::2]", FALSE },
  { "http://[::1]", "http://a", FALSE },
  { "null", "http://a", FALSE },
  { "http://null", "null", FALSE },
  { "nonsense", "nonsense", FALSE },
  { "http://a/", "http://a/", FALSE },
};

static void
test_equal (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      if (wire_origin_matches (pairs[i].one, pairs[i].other) != pairs[i].equal ||
          wire_origin_matches (pairs[i].other, pairs[i].one) != pairs[i].equal)
        g_error ("%s and %s: expected %d", pairs[i].one, pairs[i].other, pairs[i].equal);
    }
}

static void
test_below (void)
{
  static const char *const below[] = {
    "https://www.example.org", "https://a.b.example.org", "HTTPS://WWW.Example.Org:443", "https://x_y.example.org",
  };
  static const char *const others[] = {
    "https://example.org", "http://www.example.org", "https://www.example.org:8443", "https://.example.org",
    "https://wwwexample.org", "https://evil-example.org", "https://www.example.org.evil.net", "https://*.example.org",
    "https://evil.net/.example.org", "https://evil.net#.example.org", "https://evil!.example.org", "null", "",
    "https://a..example.org", "https://www.example.org.", "https://www.example.org/", "https://%61.example.org",
    "https://example.org.example.com", "https://[::1].example.org",
  };

  for (guint i = 0; i < G_N_ELEMENTS (below); i++)
    if (!wire_origin_matches ("https://*.example.org", below[i]))
      g_error ("%s was not allowed", below[i]);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (wire_origin_matches ("https://*.example.org", others[i]))
      g_error ("%s was allowed", others[i]);
  g_assert_true (wire_origin_matches ("http://*.localhost:8080", "http://a.localhost:8080"));
  g_assert_false (wire_origin_matches ("http://*.localhost:8080", "http://a.localhost"));
}

static const struct {
  const char *origin;
  const char *host;
  gboolean plain;               /* the same on a connection without TLS */
  gboolean secure;              /* ... and on one with */
} hosts[] = {
  { "http://a", "a", TRUE, FALSE },
  { "https://a", "a", TRUE, TRUE },
  { "http://a:8080", "A:8080", TRUE, FALSE },
  { "https://a:8443", "a:8443", TRUE, TRUE },
  { "http://a", "a:80", TRUE, FALSE },
  { "https://a", "a:443", TRUE, TRUE },
  { "https://[::1]:7681", "[0::1]:7681", TRUE, TRUE },
  { "http://127.0.0.1:7681", "127.0.0.1:7681", TRUE, FALSE },
  { "https://a", "a:80", FALSE, FALSE },
  { "http://a", "a:443", FALSE, FALSE },
  { "http://a:8080", "a:8081", FALSE, FALSE },
  { "https://a:8080", "a", FALSE, FALSE },
  { "https://b", "a", FALSE, FALSE },
  { "https://a.b", "a", FALSE, FALSE },
  { "https://a", "a.b", FALSE, FALSE },
  { "ws://a", "a", FALSE, FALSE },
  { "x://a", "a", FALSE, FALSE },
  { "null", "null", FALSE, FALSE },
  { "https://a", "", FALSE, FALSE },
  { "https://a/", "a", FALSE, FALSE },
  { "a", "a", FALSE, FALSE },
  { "", "a", FALSE, FALSE },
};

static void
test_of_host (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      if (wire_origin_is_of_host (hosts[i].origin, hosts[i].host, FALSE) != hosts[i].plain ||
          wire_origin_is_of_host (hosts[i].origin, hosts[i].host, TRUE) != hosts[i].secure)
        g_error ("%s at %s: expected %d and %d", hosts[i].origin, hosts[i].host, hosts[i].plain, hosts[i].secure);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/origin/valid", test_valid);
  g_test_add_func ("/wire/origin/equal", test_equal);
  g_test_add_func ("/wire/origin/below", test_below);
  g_test_add_func ("/wire/origin/of-host", test_of_host);

  return g_test_run ();
}
