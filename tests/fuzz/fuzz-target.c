/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"
#include "target.h"
#include "wire/http-field-private.h"
#include "wire/http-target-private.h"

#include <string.h>

/* The target of a request and the value of Host.
 *
 * Input: the method, a newline, the target, a newline, a host. */

static void
check_segments (const char *path)
{
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);

  for (guint i = 0; segments[i] != NULL; i++)
    {
      g_assert_cmpstr (segments[i], !=, ".");
      g_assert_cmpstr (segments[i], !=, "..");
    }
}

/* A path that was let pass stays below the directory that it is appended to, for
 * programs that decode it as well as for others. */
static void
check_path (const char *target)
{
  g_autofree char *stripped = g_strdup (target);
  const char *path = wire_target_strip (stripped);
  g_autofree char *plain = g_strndup (path, strcspn (path, "?"));
  g_autofree char *decoded = g_uri_unescape_string (plain, NULL);

  g_assert_cmpint (path[0], ==, '/');
  /* GLib returns NULL for an escape that is malformed or stands for a NUL. */
  g_assert_nonnull (decoded);
  g_assert_null (strchr (decoded, '\\'));
  check_segments (plain);
  check_segments (decoded);
}

static void
check_target (const char *method, const char *target)
{
  WireRefusal refusal = { 0 };

  if (!wire_is_token (method, strlen (method)) || !wire_is_visible (target))
    return;

  if (!wire_target_check (method, target, &refusal))
    g_assert_cmpuint (refusal.status, ==, 400);
  else if (strcmp (target, "*") == 0)
    g_assert_cmpstr (method, ==, "OPTIONS");
  else
    check_path (target);
}

static void
check_host (const char *host, gsize length)
{
  g_autofree char *uri = g_strdup_printf ("http://%s/", host);
  const char *path;

  if (!wire_host_is_valid (host, length))
    return;

  g_assert_cmpuint (strlen (host), ==, length);
  g_assert_true (wire_is_visible (host));
  g_assert_null (strpbrk (host, "/?#@,\"<>\\^`{|}"));
  if (strchr (host, '[') != NULL)
    g_assert_cmpint (host[0], ==, '[');

  /* A URI with this host has a path that begins where the host ends. */
  path = wire_target_strip (uri);
  g_assert_true (path == uri + strlen ("http://") + length);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  FuzzInput method_input = fuzz_input_take_until (&input, '\n');
  FuzzInput target_input = fuzz_input_take_until (&input, '\n');
  g_autofree char *method = fuzz_input_text (&method_input);
  g_autofree char *target = fuzz_input_text (&target_input);
  g_autofree char *host = fuzz_input_text (&input);

  check_target (method, target);
  check_host (host, input.length);

  return 0;
}
