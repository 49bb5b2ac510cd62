/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "wire/http-date-private.h"

#include <locale.h>

static const struct {
  gint64 seconds;
  const char *text;             /* "": none */
} dates[] = {
  { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
  { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
  { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
  { 4102444799, "Thu, 31 Dec 2099 23:59:59 GMT" },
  { 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
  { 253402300800, "" },
  { -1, "" },
  { G_MAXINT64, "" },
  { G_MININT64, "" },
};

static void
test_dates (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dates); i++)
    {
      char text[WIRE_HTTP_DATE_SIZE] = "before";

      g_assert_cmpint (wire_http_date (dates[i].seconds, text), ==, dates[i].text[0] != '\0');
      g_assert_cmpstr (text, ==, dates[i].text);
    }
}

int
main (int argc, char **argv)
{
  /* Whatever the language and the place. */
  g_assert_true (g_setenv ("TZ", "Asia/Kolkata", TRUE));
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http-date/dates", test_dates);

  return g_test_run ();
}
