/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "http-head-private.h"
#include "http-target-private.h"

#include <string.h>

#define HEAD_END "\r\n\r\n"
#define HEAD_END_SIZE 4
#define LINE_END_SIZE 2

#define RESPONSE_START "HTTP/1."
#define RESPONSE_START_SIZE 7

/* A scan forgets which line it is in, so it looks for the first line end again
 * when a byte depends on it: only so far, to stay linear. A longer request line is
 * left to the parser. */
#define FIRST_LINE_LOOK 512

/* The first bytes of TLS records: alert and handshake. */
#define TLS_ALERT 0x15
#define TLS_HANDSHAKE 0x16

/* Headers that may stand once in a request, a response or both. A response may
 * name several versions (RFC 6455 section 11.3.5). */
static const struct {
  const char *name;
  gboolean once[2];             /* by WireHeadKind */
} single_headers[] = {
  { "Host", { TRUE, FALSE } },
  { "Origin", { TRUE, FALSE } },
  { "Content-Length", { TRUE, TRUE } },
  { "Sec-WebSocket-Key", { TRUE, FALSE } },
  { "Sec-WebSocket-Accept", { FALSE, TRUE } },
  { "Sec-WebSocket-Origin", { TRUE, FALSE } },
  { "Sec-WebSocket-Version", { TRUE, FALSE } },
};

/* No status of ours answers a response. Always returns FALSE. */
static gboolean
refused (WireHeadKind kind, WireRefusal *refusal)
{
  if (kind == WIRE_HEAD_RESPONSE)
    refusal->status = 0;

  return FALSE;
}

/* --- finding the end */

static gboolean
is_tls (guint8 byte)
{
  return byte == TLS_ALERT || byte == TLS_HANDSHAKE;
}

static gboolean
check_first_byte (guint8 byte, WireRefusal *refusal)
{
  if (is_tls (byte))
    return wire_refusal_set (refusal, 400, N_("expected HTTP, got TLS"));
  if (byte != '\r' && !wire_char_is ((char) byte, WIRE_CHAR_TOKEN))
    return wire_refusal_set (refusal, 400, N_("expected a method, got byte 0x%02x"), byte);

  return TRUE;
}

static gboolean
in_first_line (const guint8 *data, gsize i)
{
  gsize start = data[0] == '\r' ? LINE_END_SIZE : 0;

  return i < FIRST_LINE_LOOK && memchr (data + start, '\n', i - start) == NULL;
}

/* May the byte at @i follow what stands before it? */
static gboolean
check_byte (WireHeadKind kind, const guint8 *data, gsize i, WireRefusal *refusal)
{
  guint8 byte = data[i];
  guint8 before = i > 0 ? data[i - 1] : '\n';

  if (kind == WIRE_HEAD_RESPONSE && i == 0 && is_tls (byte))
    return wire_refusal_set (refusal, 400, N_("the server speaks TLS: try wss://"));

  if (kind == WIRE_HEAD_RESPONSE && i < RESPONSE_START_SIZE && byte != (guint8) RESPONSE_START[i])
    return wire_refusal_set (refusal, 400, N_("expected an answer that begins with %s, got byte 0x%02x for '%c'"),
                             RESPONSE_START, byte, RESPONSE_START[i]);

  if ((before == '\r') != (byte == '\n'))
    return wire_refusal_set (refusal, 400, N_("a lone %s"), byte == '\n' ? "LF" : "CR");

  if (i == 0)
    return check_first_byte (byte, refusal);

  if (byte == '\r' && i == LINE_END_SIZE && before == '\n')
    return wire_refusal_set (refusal, 400, N_("several empty lines before a request"));

  if (byte == '\n' || byte == '\r')
    return TRUE;

  if (!wire_char_is ((char) byte, WIRE_CHAR_VALUE))
    return wire_refusal_set (refusal, 400, N_("byte 0x%02x in a head"), byte);

  if (before == '\n' && !wire_char_is ((char) byte, WIRE_CHAR_TOKEN))
    return wire_refusal_set (refusal, 400,
                             i == LINE_END_SIZE ? N_("expected a method, got byte 0x%02x")
                                                : N_("expected the name of a header, got byte 0x%02x"), byte);

  if (byte >= 0x80 && kind == WIRE_HEAD_REQUEST && in_first_line (data, i))
    return wire_refusal_set (refusal, 400, N_("byte 0x%02x in a request line"), byte);

  return TRUE;
}

WireHeadResult
wire_head_scan (WireHeadKind kind, const guint8 *data, gsize length, gsize *scanned, WireRefusal *refusal)
{
  gsize end = MIN (length, WIRE_HEAD_MAX_SIZE);

  for (gsize i = *scanned; i < end; i++)
    {
      /* Nothing can be wrong with most bytes. */
      if (i > RESPONSE_START_SIZE && data[i] >= ' ' && data[i] < 0x7f && data[i - 1] >= ' ')
        continue;

      if (!check_byte (kind, data, i, refusal))
        {
          *scanned = i;
          refused (kind, refusal);
          return WIRE_HEAD_ERROR;
        }
      if (data[i] == '\n' && i > 1 && data[i - LINE_END_SIZE] == '\n')
        {
          *scanned = i + 1;
          return WIRE_HEAD_COMPLETE;
        }
    }

  *scanned = end;
  if (end == WIRE_HEAD_MAX_SIZE)
    {
      wire_refusal_set (refusal, 431, N_("a head of more than %d bytes"), WIRE_HEAD_MAX_SIZE);
      refused (kind, refusal);
      return WIRE_HEAD_ERROR;
    }

  return WIRE_HEAD_INCOMPLETE;
}

/* --- parsing; a head ends in HEAD_END, at which every loop over bytes stops */

/* The character after a word of that class and one space; NULL if that is not
 * what stands there. */
static char *
end_word (char *word, guint char_class)
{
  char *p = word;

  while (wire_char_is (*p, char_class))
    p++;
  if (p == word || *p != ' ')
    return NULL;
  *p = '\0';

  return p + 1;
}

/* Moves the cursor over a line end, which becomes a NUL. */
static gboolean
end_line (char **cursor)
{
  char *p = *cursor;

  if (p[0] != '\r' || p[1] != '\n')
    return FALSE;
  *p = '\0';
  *cursor = p + LINE_END_SIZE;

  return TRUE;
}

/* Stops at the first difference: strncmp() may read on, beyond the head. */
static gboolean
begins_with (const char *text, const char *beginning)
{
  while (*beginning != '\0' && *text == *beginning)
    {
      text++;
      beginning++;
    }

  return *beginning == '\0';
}

static gboolean
parse_version (WireHead *head, char **cursor, WireRefusal *refusal)
{
  const char *version = *cursor;

  if (!begins_with (version, "HTTP/") || !g_ascii_isdigit (version[5]) || version[6] != '.' ||
      !g_ascii_isdigit (version[7]) || wire_char_is (version[8], WIRE_CHAR_VISIBLE))
    return wire_refusal_set (refusal, 400, N_("expected a version such as HTTP/1.1"));
  if (version[5] != '1' || version[7] > '1')
    return wire_refusal_set (refusal, 505, N_("expected HTTP/1.1 or HTTP/1.0, got %.8s"), version);

  head->minor_version = (guint) g_ascii_digit_value (version[7]);
  *cursor += strlen ("HTTP/1.1");

  return TRUE;
}

static gboolean
parse_request_line (WireHead *head, char **cursor, char **target, WireRefusal *refusal)
{
  char *method = *cursor;
  char *version;

  *target = end_word (method, WIRE_CHAR_TOKEN);
  version = *target != NULL ? end_word (*target, WIRE_CHAR_VISIBLE) : NULL;

  if (version == NULL)
    return wire_refusal_set (refusal, 400, N_("expected a method, a target and a version with one space between them"));

  *cursor = version;
  if (!parse_version (head, cursor, refusal))
    return FALSE;
  if (!end_line (cursor))
    return wire_refusal_set (refusal, 400, N_("expected the end of the line after the version"));

  head->method = method;
  head->target = *target;

  return wire_target_check (method, *target, refusal);
}

/* A reason may be absent, and many leave out the space before it too. */
static gboolean
parse_status_line (WireHead *head, char **cursor, WireRefusal *refusal)
{
  char *status;
  char *reason;

  if (!parse_version (head, cursor, refusal))
    return FALSE;

  status = *cursor;
  if (status[0] != ' ' || status[1] < '1' || status[1] > '9' || !g_ascii_isdigit (status[2]) ||
      !g_ascii_isdigit (status[3]) || (status[4] != ' ' && status[4] != '\r'))
    return wire_refusal_set (refusal, 400, N_("expected a status of three digits after the version"));

  head->status = (guint) (g_ascii_digit_value (status[1]) * 100 + g_ascii_digit_value (status[2]) * 10 +
                          g_ascii_digit_value (status[3]));

  reason = status + (status[4] == ' ' ? 5 : 4);
  *cursor = reason;
  while (wire_char_is (**cursor, WIRE_CHAR_VALUE))
    (*cursor)++;
  if (!end_line (cursor))
    return wire_refusal_set (refusal, 400, N_("byte 0x%02x in the reason"), (guint8) **cursor);
  head->reason = reason;

  return TRUE;
}

static gboolean
refuse_name (const char *name, const char *end, WireRefusal *refusal)
{
  if (wire_char_is_blank (*name))
    return wire_refusal_set (refusal, 400, N_("a header folded over several lines"));
  if (*name == ':')
    return wire_refusal_set (refusal, 400, N_("a header without a name"));
  if (wire_char_is_blank (*end))
    return wire_refusal_set (refusal, 400, N_("white space after the name of the header %.*s"),
                             (int) MIN (end - name, 60), name);

  return wire_refusal_set (refusal, 400, N_("byte 0x%02x in the name of a header"), (guint8) *end);
}

static gboolean
parse_header (WireHeader *header, char **cursor, WireRefusal *refusal)
{
  char *name = *cursor;
  char *name_end = name;
  char *value;
  char *value_end;

  while (wire_char_is (*name_end, WIRE_CHAR_TOKEN))
    name_end++;
  if (name_end == name || *name_end != ':')
    return refuse_name (name, name_end, refusal);
  *name_end = '\0';

  value = name_end + 1;
  while (wire_char_is_blank (*value))
    value++;
  for (value_end = value; wire_char_is (*value_end, WIRE_CHAR_VALUE);)
    value_end++;

  *cursor = value_end;
  if (!end_line (cursor))
    return wire_refusal_set (refusal, 400, N_("byte 0x%02x in the header %.60s"), (guint8) *value_end, name);
  while (value_end > value && wire_char_is_blank (value_end[-1]))
    *--value_end = '\0';

  *header = (WireHeader) { name, value, (guint16) (name_end - name), (guint16) (value_end - value) };

  return TRUE;
}

static gboolean
parse_headers (WireHead *head, char *cursor, const char *end, WireRefusal *refusal)
{
  while (!end_line (&cursor))
    {
      if (head->n_headers == WIRE_HEAD_MAX_HEADERS)
        return wire_refusal_set (refusal, 431, N_("more than %d headers"), WIRE_HEAD_MAX_HEADERS);
      if (!parse_header (&head->headers[head->n_headers], &cursor, refusal))
        return FALSE;
      head->n_headers++;
    }

  if (cursor != end)
    return wire_refusal_set (refusal, 400, N_("bytes after the empty line of a head"));

  return TRUE;
}

static gboolean
check_single_headers (const WireHead *head, WireRefusal *refusal)
{
  for (gsize i = 0; i < G_N_ELEMENTS (single_headers); i++)
    {
      const char *name = single_headers[i].name;
      guint first = wire_head_find (head, name, 0);

      if (single_headers[i].once[head->kind] && first < head->n_headers &&
          wire_head_find (head, name, first + 1) < head->n_headers)
        return wire_refusal_set (refusal, 400, N_("the header %s came more than once"), name);
    }

  return TRUE;
}

static gboolean
check_host (const WireHead *head, WireRefusal *refusal)
{
  const char *host = wire_head_get (head, "Host");

  if (host == NULL && head->minor_version >= 1)
    return wire_refusal_set (refusal, 400, N_("the request has no header Host"));
  if (host != NULL && *host != '\0' && !wire_host_is_valid (host, strlen (host)))
    return wire_refusal_set (refusal, 400, N_("expected host[:port] in the header Host, got %.60s"), host);
  if (host != NULL && !wire_target_is_at (head->target, host))
    return wire_refusal_set (refusal, 400, N_("the header Host is %.60s, and the target is somewhere else"), host);

  return TRUE;
}

static gboolean
parse_request (WireHead *head, char *data, const char *end, WireRefusal *refusal)
{
  char *cursor = data;
  char *target;

  if (data[0] == '\r' && data[1] == '\n')
    cursor += LINE_END_SIZE;

  if (!parse_request_line (head, &cursor, &target, refusal) || !parse_headers (head, cursor, end, refusal) ||
      !check_single_headers (head, refusal) || !check_host (head, refusal))
    return FALSE;
  head->target = wire_target_strip (target);

  return TRUE;
}

static gboolean
parse_response (WireHead *head, char *data, const char *end, WireRefusal *refusal)
{
  char *cursor = data;

  return (parse_status_line (head, &cursor, refusal) && parse_headers (head, cursor, end, refusal) &&
          check_single_headers (head, refusal)) || refused (head->kind, refusal);
}

gboolean
wire_head_parse (WireHead *head, WireHeadKind kind, char *data, gsize length, WireRefusal *refusal)
{
  g_return_val_if_fail (length >= HEAD_END_SIZE && length <= WIRE_HEAD_MAX_SIZE, FALSE);
  g_return_val_if_fail (memcmp (data + length - HEAD_END_SIZE, HEAD_END, HEAD_END_SIZE) == 0, FALSE);

  head->kind = kind;
  head->method = NULL;
  head->target = NULL;
  head->reason = NULL;
  head->status = 0;
  head->minor_version = 0;
  head->n_headers = 0;

  return kind == WIRE_HEAD_REQUEST ? parse_request (head, data, data + length, refusal)
                                   : parse_response (head, data, data + length, refusal);
}

/* --- reading */

gboolean
wire_head_wants_no_body (const guint8 *data, gsize length)
{
  static const char method[] = "HEAD ";
  gsize start = length > LINE_END_SIZE && data[0] == '\r' && data[1] == '\n' ? LINE_END_SIZE : 0;

  return length - start >= strlen (method) && memcmp (data + start, method, strlen (method)) == 0;
}
