/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-date-private.h"

#include <time.h>

/* 9999-12-31 23:59:59 */
#define LAST_SECOND G_GINT64_CONSTANT (253402300799)

/* Not by strftime(): the names must be English everywhere. */
static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

gboolean
wire_http_date (gint64 seconds, char text[WIRE_HTTP_DATE_SIZE])
{
  time_t time = (time_t) seconds;
  struct tm parts;

  text[0] = '\0';
  if (seconds < 0 || seconds > LAST_SECOND || (gint64) time != seconds || gmtime_r (&time, &parts) == NULL)
    return FALSE;

  g_snprintf (text, WIRE_HTTP_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday,
              months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);

  return TRUE;
}
