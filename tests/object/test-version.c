/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The version of the headers and that of the library that is loaded.
 */
#include <lws-glib/lws-glib.h>

static void
test_headers (void)
{
  g_autofree char *text = g_strdup_printf ("%d.%d.%d", LWSG_MAJOR_VERSION, LWSG_MINOR_VERSION, LWSG_MICRO_VERSION);

  g_assert_cmpstr (text, ==, LWSG_VERSION_S);
  g_assert_true (LWSG_CHECK_VERSION (LWSG_MAJOR_VERSION, LWSG_MINOR_VERSION, LWSG_MICRO_VERSION));
  g_assert_true (LWSG_CHECK_VERSION (1, 0, 0));
  g_assert_false (LWSG_CHECK_VERSION (LWSG_MAJOR_VERSION + 1, 0, 0));
  g_assert_false (LWSG_CHECK_VERSION (LWSG_MAJOR_VERSION, LWSG_MINOR_VERSION + 1, 0));
  g_assert_false (LWSG_CHECK_VERSION (LWSG_MAJOR_VERSION, LWSG_MINOR_VERSION, LWSG_MICRO_VERSION + 1));
}

/* The test runs with the library that it was built with. */
static void
test_loaded (void)
{
  const guint major = lwsg_get_major_version ();
  const guint minor = lwsg_get_minor_version ();
  const guint micro = lwsg_get_micro_version ();

  g_assert_cmpuint (major, ==, LWSG_MAJOR_VERSION);
  g_assert_cmpuint (minor, ==, LWSG_MINOR_VERSION);
  g_assert_cmpuint (micro, ==, LWSG_MICRO_VERSION);
  g_assert_true (lwsg_check_version (major, minor, micro));
  g_assert_true (lwsg_check_version (major - 1, minor + 1, micro + 1));
  g_assert_false (lwsg_check_version (major + 1, 0, 0));
  g_assert_false (lwsg_check_version (major, minor + 1, 0));
  g_assert_false (lwsg_check_version (major, minor, micro + 1));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/version/headers", test_headers);
  g_test_add_func ("/version/loaded", test_loaded);

  return g_test_run ();
}
