/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-status-private.h"

#include <string.h>

static const struct {
  guint status;
  const char *phrase;
} phrases[] = {
  { 100, "Continue" },
  { 101, "Switching Protocols" },
  { 200, "OK" },
  { 201, "Created" },
  { 202, "Accepted" },
  { 203, "Non-Authoritative Information" },
  { 204, "No Content" },
  { 205, "Reset Content" },
  { 206, "Partial Content" },
  { 300, "Multiple Choices" },
  { 301, "Moved Permanently" },
  { 302, "Found" },
  { 303, "See Other" },
  { 304, "Not Modified" },
  { 307, "Temporary Redirect" },
  { 308, "Permanent Redirect" },
  { 400, "Bad Request" },
  { 401, "Unauthorized" },
  { 402, "Payment Required" },
  { 403, "Forbidden" },
  { 404, "Not Found" },
  { 405, "Method Not Allowed" },
  { 406, "Not Acceptable" },
  { 407, "Proxy Authentication Required" },
  { 408, "Request Timeout" },
  { 409, "Conflict" },
  { 410, "Gone" },
  { 411, "Length Required" },
  { 412, "Precondition Failed" },
  { 413, "Content Too Large" },
  { 414, "URI Too Long" },
  { 415, "Unsupported Media Type" },
  { 416, "Range Not Satisfiable" },
  { 417, "Expectation Failed" },
  { 421, "Misdirected Request" },
  { 422, "Unprocessable Content" },
  { 426, "Upgrade Required" },
  { 428, "Precondition Required" },
  { 429, "Too Many Requests" },
  { 431, "Request Header Fields Too Large" },
  { 451, "Unavailable For Legal Reasons" },
  { 500, "Internal Server Error" },
  { 501, "Not Implemented" },
  { 502, "Bad Gateway" },
  { 503, "Service Unavailable" },
  { 504, "Gateway Timeout" },
  { 505, "HTTP Version Not Supported" },
  { 511, "Network Authentication Required" },
};

gboolean
wire_refusal_set (WireRefusal *refusal, guint status, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  wire_text_set (&refusal->parts, format, args);
  va_end (args);

  text = wire_text_write (&refusal->parts, format);
  refusal->status = status;
  g_strlcpy (refusal->text, text, sizeof refusal->text);

  return FALSE;
}

gboolean
wire_status_is_interim (guint status)
{
  return status >= 100 && status < 200 && status != 101;
}

const char *
wire_status_phrase (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (phrases); i++)
    {
      if (phrases[i].status == status)
        return phrases[i].phrase;
    }

  return "Unknown";
}

void
wire_http_begin_reply (GString *out, guint status, const char *date)
{
  g_string_append_printf (out, "HTTP/1.1 %u %s\r\n", status, wire_status_phrase (status));
  if (date != NULL && date[0] != '\0')
    g_string_append_printf (out, "Date: %s\r\n", date);
  g_string_append (out, "X-Content-Type-Options: nosniff\r\n");
}

/* Is there such a line among others? */
static gboolean
names_header (const char *lines, const char *name)
{
  gsize length = strlen (name);

  while (lines != NULL && *lines != '\0')
    {
      const char *end = strchr (lines, '\n');

      if (g_ascii_strncasecmp (lines, name, length) == 0 && lines[length] == ':')
        return TRUE;
      lines = end != NULL ? end + 1 : NULL;
    }

  return FALSE;
}

void
wire_http_error_reply (GString *out, guint status, const char *date, const char *headers, gboolean head_only)
{
  const char *phrase = wire_status_phrase (status);
  gsize body_length = strlen ("NNN ") + strlen (phrase) + strlen ("\n");

  g_return_if_fail (status >= 400 && status <= 599);

  wire_http_begin_reply (out, status, date);
  g_string_append_printf (out, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n", body_length);

  /* An Upgrade must be named in Connection too (RFC 9110 section 7.8). */
  if (status == 426)
    g_string_append (out,
                     "Upgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\n"
                     "Connection: close, Upgrade\r\n");
  else
    g_string_append (out, "Connection: close\r\n");
  if (status == 405 && !names_header (headers, "Allow"))
    g_string_append (out, "Allow: GET, HEAD\r\n");
  if (headers != NULL)
    g_string_append (out, headers);

  g_string_append (out, "\r\n");
  if (!head_only)
    g_string_append_printf (out, "%u %s\n", status, phrase);
}
