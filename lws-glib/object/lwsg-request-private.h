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

/* The answer has been put off for too long. What is still being loaded for it is of no use any more. */
void lwsg_request_give_up_waiting (LwsgRequest *self);
