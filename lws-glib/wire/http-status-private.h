/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "text-private.h"

/* HTTP statuses: why something was refused, and the replies that say so. */

/* Why a head or a handshake was refused. @status is what a server answers. On the
 * client's side it is the status that the server answered with, 0 where that was
 * not the reason. The text is for our side alone: in English for the log, and in parts to be
 * translated. */
typedef struct {
  guint status;
  char text[160];
  WireText parts;
} WireRefusal;

/* Fills @refusal; always returns FALSE, for use in a return statement. What of
 * the text is not printable ASCII is written as \xNN, so it is fit for a log. */
gboolean wire_refusal_set (WireRefusal *refusal, guint status, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Does another answer follow this one (RFC 9110 section 15.2)? 101 is the last in HTTP. */
gboolean wire_status_is_interim (guint status);

/* The usual phrase for a status, "Unknown" where there is none. */
const char *wire_status_phrase (guint status);

/* The lines that every reply begins with. @date is of wire_http_date(); where it is
 * not known there is none, as RFC 9110 section 6.6.1 allows. */
void wire_http_begin_reply (GString *out, guint status, const char *date);

/* A complete reply of an error with a short text/plain body and
 * "Connection: close". @headers are lines that each end with CRLF, or NULL.
 * @head_only leaves the body out (HEAD). Echoes nothing of the request. 405 names the
 * methods that are allowed, unless @headers do, 426 the version of WebSocket that is
 * understood. */
void wire_http_error_reply (GString *out, guint status, const char *date, const char *headers, gboolean head_only);
