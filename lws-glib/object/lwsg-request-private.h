/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/http/http-response-private.h"
#include "lwsg-home-private.h"

#include <lws-glib/lws-glib.h>

typedef enum {
  LWSG_REQUEST_ASKING,          /* its handlers run: what they leave is answered when they return */
  LWSG_REQUEST_HELD,            /* they have returned; somebody answers later */
  LWSG_REQUEST_LOADING,         /* held as well, until the file has come that is the answer */
  LWSG_REQUEST_ANSWERED,
  LWSG_REQUEST_GONE,            /* nobody waits for an answer */
} LwsgRequestState;

struct _LwsgRequest {
  GObject parent_instance;

  EngineConnection *engine;     /* NULL when there is nothing left to answer */
  LwsgHome *home;
  GSocketAddress *remote_address;
  EngineTlsFacts tls;           /* all 0 without TLS */
  char *method;
  char *path;
  char *query;
  char **names;                 /* of the headers, as they came */
  char **values;
  GString *response_headers;    /* lines that each end with CRLF */
  LwsgRequestState state;
  gboolean opens;               /* a WebSocket: it can only be refused */
  guint refusal;                /* the status it was refused with, or 0 */
};

/* The properties of TLS follow the others. */
enum {
  LWSG_REQUEST_PROP_IS_SECURE = 5,
  LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE,
  LWSG_REQUEST_PROP_TLS_PEER_CERTIFICATE_ERRORS
};

/* A request as its head came. Without a connection it can only be refused. */
LwsgRequest *lwsg_request_new (EngineConnection *engine, const WireHead *head, gboolean answerable);

/* Do its handlers run, and none of them has answered yet? */
gboolean lwsg_request_is_asking (LwsgRequest *self);

/* The handlers of a handshake have returned: nothing more can be said to the client by
 * this object. Returns the status that it was refused with, or 0; *headers are those that were
 * added, or NULL. */
guint lwsg_request_decide (LwsgRequest *self, char **headers);

/* The connection is gone. */
void lwsg_request_detach (LwsgRequest *self);

/* The handlers have returned: whoever will answer does it later. */
void lwsg_request_hold (LwsgRequest *self);

/* The answer has been put off for too long. What is still being loaded for it is of no use any more. */
void lwsg_request_give_up_waiting (LwsgRequest *self);

/* --- headers (lwsg-request-headers.c) */

/* Can it be the value of a header? NULL is none. */
gboolean lwsg_request_check_field (const char *value, GError **error);

/* May the program send this header? */
gboolean lwsg_request_check_response_header (const char *name, const char *value, GError **error);

/* --- the answer (lwsg-request-response.c) */

/* Does anybody wait for an answer? */
gboolean lwsg_request_check_waiting (LwsgRequest *self, GError **error);

/* ... and can it have that status? */
gboolean lwsg_request_begin_answer (LwsgRequest *self, guint status, GError **error);

/* It is on its way. Gives up the hold on the engine's context that the caller took before. */
void lwsg_request_end_answer (LwsgRequest *self);

/* --- files (lwsg-request-file.c) */

/* Answers with an open file, and closes the descriptor; with 403 and FALSE if it is none
 * that has contents. FALSE, too, if nobody waits for an answer. */
gboolean lwsg_request_respond_descriptor (LwsgRequest *self, int fd, const char *content_type);

/* --- TLS (lwsg-request-tls.c) */

/* What TLS found out about the client; all 0 without it. */
const EngineTlsFacts *lwsg_request_get_tls_facts (LwsgRequest *self);

/* FALSE if the property is not one of TLS. */
gboolean lwsg_request_get_tls_property (LwsgRequest *self, guint property, GValue *value);
void lwsg_request_install_tls (GObjectClass *klass, GParamFlags flags);
