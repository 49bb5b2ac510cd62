/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "http-field-private.h"
#include "http-status-private.h"

/* Heads of HTTP/1.x requests and responses, RFC 9112, read strictly: CRLF line
 * ends only, no NUL, no obs-fold, no space before a colon. */

#define WIRE_HEAD_MAX_SIZE (16 * 1024)     /* as Apache and nginx allow */
#define WIRE_HEAD_MAX_HEADERS 100

typedef enum {
  WIRE_HEAD_REQUEST,
  WIRE_HEAD_RESPONSE,
} WireHeadKind;

typedef enum {
  WIRE_HEAD_COMPLETE,
  WIRE_HEAD_INCOMPLETE,
  WIRE_HEAD_ERROR,
} WireHeadResult;

typedef struct {
  const char *name;
  const char *value;            /* without the white space around it */
  guint16 name_length;
  guint16 value_length;
} WireHeader;

/* All strings stand in the bytes that were parsed and are NUL-terminated there. */
typedef struct {
  WireHeadKind kind;
  const char *method;           /* requests; case kept */
  const char *target;           /* requests; path and query, or "*" */
  const char *reason;           /* responses; may be empty */
  guint status;                 /* responses */
  guint minor_version;          /* HTTP/1.0 or 1.1 */
  guint n_headers;
  WireHeader headers[WIRE_HEAD_MAX_HEADERS];
} WireHead;

/* Looks for the end of a head. @scanned remembers how far an earlier call came
 * (0 at first), so that a head that comes byte by byte is read once. A byte that
 * no head may have is an error as soon as it is there, not when the head ends. On
 * WIRE_HEAD_COMPLETE @scanned is the size of the head, its empty line included;
 * on WIRE_HEAD_ERROR it is the place of the byte that was refused. One empty line
 * before a request is part of its head (RFC 9112 section 2.2). */
WireHeadResult wire_head_scan (WireHeadKind kind, const guint8 *data, gsize length, gsize *scanned,
                               WireRefusal *refusal);

/* Parses a head of exactly @length bytes, as found by wire_head_scan(). Writes
 * NULs into @data. Headers that would mean two things if they came twice are
 * refused (Host, Content-Length, Sec-WebSocket-Key ...), lists may be spread over
 * several headers. A request's target and Host are checked (wire_target_check(),
 * wire_host_is_valid()), and HTTP/1.1 must have a Host, which may be empty. Of a
 * target that is a whole URI the path and query are left: its host is that of Host. */
gboolean wire_head_parse (WireHead *head, WireHeadKind kind, char *data, gsize length, WireRefusal *refusal);

/* Does a request begin so that no answer to it may have a body, whatever is wrong with the
 * rest of it? (HEAD, RFC 9110 section 9.3.2) */
gboolean wire_head_wants_no_body (const guint8 *data, gsize length);

/* The index of the first header of that name at or after @from (case does not
 * matter), n_headers if there is none. */
guint wire_head_find (const WireHead *head, const char *name, guint from);

/* The value of the first header of that name (case does not matter), or NULL. */
const char *wire_head_get (const WireHead *head, const char *name);

/* Is @token an element of the comma-separated header(s) of that name? Case does
 * not matter. */
gboolean wire_head_has_token (const WireHead *head, const char *name, const char *token);

/* The length of the body that the head announces, -1 where there is no
 * Content-Length; *chunked tells of any Transfer-Encoding. FALSE with a refusal
 * for a Content-Length that is no number or stands beside Transfer-Encoding, and
 * for Transfer-Encoding in HTTP/1.0, which knows none (RFC 9112 section 6.1). */
gboolean wire_head_body (const WireHead *head, gint64 *length, gboolean *chunked, WireRefusal *refusal);

/* Does the connection stay open after this message? (RFC 9112 section 9.3) */
gboolean wire_head_keeps_alive (const WireHead *head);
