/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"
#include "wire/http-date-private.h"

/* The answer to a plain HTTP request, on the server. */

struct _EngineHttpResponse {
  int file;                     /* -1: no file */
  off_t offset;
  gint64 left;                  /* of the body; -1 while it isn't known */
  guint keep_alive : 1;         /* the request allows it */
  guint begun : 1;              /* the owner has answered something */
  guint head_done : 1;          /* the head of the answer has ended */
  guint bodiless : 1;           /* no body may follow the head of a raw answer */
  guint complete : 1;           /* nothing more will be added */
  guint held : 1;               /* the owner answers later */
  GString *head;                /* of a raw answer, until it ends */
  char known[WIRE_HTTP_DATE_SIZE];              /* If-Modified-Since, if it is a date as ours are; or "" */
};

/* While a request is answered. */
extern const EnginePhase engine_phase_responding;

/* A request was read: asks the owner for an answer. */
void engine_http_response_start (EngineConnection *connection, const WireHead *head);

/* An answer that is known as a whole. @headers are lines that each end with CRLF, or NULL. */
typedef struct {
  guint status;
  const char *content_type;     /* or NULL */
  const char *headers;
  const void *body;             /* not sent to HEAD, nor with a status that has none */
  gsize length;
} EngineAnswer;

gboolean engine_http_response_answer (EngineConnection *connection, const EngineAnswer *answer, GError **error);

/* Bytes that the owner has made: a status line, headers and a body. What is written behind
 * the head of an answer that has no body is left out. */
gboolean engine_http_response_write (EngineConnection *connection, const guint8 *bytes, gsize length, GError **error);

/* Sends a file with its head, or only says that it has not changed. @headers are lines
 * that each end with CRLF, or NULL. A file that can't be sent is answered as an error, and
 * FALSE is returned. */
gboolean engine_http_response_file (EngineConnection *connection, const char *path, const char *content_type,
                            const char *headers, GError **error);

/* The same with a file that was opened; the descriptor is closed. */
gboolean engine_http_response_descriptor (EngineConnection *connection, int fd, const char *content_type,
                                  const char *headers, GError **error);

/* The status that tells of a file that can't be opened, from its errno. */
guint engine_http_response_status_of (int failure);

/* An answer of the engine's own; the connection ends after it. @headers as above. */
void engine_http_response_error (EngineConnection *connection, guint status, const char *headers);

/* The owner will answer after its callback has returned; it has to settle then, or when it is
 * told of a request that is unanswered. */
void engine_http_response_hold (EngineConnection *connection);
void engine_http_response_release (EngineConnection *connection);

/* The owner has returned from a callback: is the answer complete? */
void engine_http_response_finish (EngineConnection *connection);

void engine_http_response_free (EngineHttpResponse *response);

/* --- between the sources of replies */

/* FALSE if nobody waits for an answer, or if it is one with 500 since the type is impossible. */
gboolean engine_http_response_can_begin (EngineConnection *connection, const char *content_type, const char *headers,
                                 GError **error);

/* All of a head but the length of the body and the empty line. */
GString *engine_http_response_begin_head (EngineHttpResponse *response, guint status, const char *content_type, const char *headers);

/* Returns TRUE once all of the file has been handed to the kernel. */
gboolean engine_http_response_send_file (EngineConnection *connection);
