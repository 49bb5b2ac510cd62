/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/connection-private.h"

/* Our side as a client: everything up to a TCP connection. */

typedef struct {
  const char *address;          /* a name or an address; with @connectable, for the texts only */
  guint16 port;
  gboolean secure;              /* wss:// */
  gboolean accept_self_signed;  /* whatever else is wrong with a certificate counts nevertheless */
  GSocketConnectable *connectable; /* NULL: made of address and port */
  const char *target;
  const char *host;             /* the header; NULL: made of address and port */
  const char *origin;           /* or NULL */
  const char *subprotocols;     /* comma-separated, or NULL */
  const char *const *headers;   /* more headers, each "Name: value"; or NULL */
  GProxyResolver *proxy_resolver; /* NULL: no proxy */
  gpointer user;                /* the owner's, for the connection */
} EngineDestination;

struct _EngineDial {
  EngineConnection *connection; /* NULL once that is gone */
  EngineContext *context;       /* NULL once that is gone */
  GQueue *queue;                /* while running: the context's, that of its orphans, or NULL */
  GList link;                   /* in it */
  gboolean on_gio;              /* counted as one of the context's jobs */
  GCancellable *cancellable;
  gboolean running;             /* GIO is at work; its answer frees what was released */
  gboolean in_thread;           /* ... in a thread of its own */
  WireClientHandshake handshake; /* points to the strings below */
  GString *request;
  GMainContext *main_context;   /* where GIO answers */
  GThread *thread;              /* ... and which thread runs that */
  gboolean secure;
  gboolean accept_self_signed;
  GTlsCertificateFlags certificate_errors; /* for which the server's was refused */
  gboolean certificate_accepted; /* in spite of what is wrong with it */
  GError *certificate_too_large; /* nobody was asked about it */
  char *address;
  char *place;                  /* with its port, or the path of a Unix socket */
  guint16 port;                 /* 0: a Unix socket */
  char *target;
  char *host;
  char *origin;
  char *subprotocols;
  GError *error;                /* why it failed */
  guint status;                 /* of a server that answered, but not with 101 */
  guint n_interim;              /* answers 1xx so far */
};

/* Until there is a TCP connection. */
extern const EnginePhase engine_phase_connecting;

/* Never waits. NULL for a destination that can't be: what fails later is told by
 * the event failed. */
EngineConnection *engine_connector_dial (EngineContext *context, const EngineDestination *destination, GError **error);

/* The same, but waits for up to @seconds until there is a TCP connection: NULL, too, if none comes
 * about, and then nobody is told. The handshakes follow in iterations. */
EngineConnection *engine_connector_dial_within (EngineContext *context, const EngineDestination *destination,
                                                guint seconds, GError **error);

/* --- the steps of both */

GSocketClient *engine_connector_client (const EngineDestination *destination);
GSocketConnectable *engine_connector_connectable (EngineDial *dial, const EngineDestination *destination);

/* NULL with errno if there is no descriptor for it. */
GMainContext *engine_connector_new_main_context (void);

/* Where the answers of GIO are to come to. FALSE, and the connection has failed, if there can be no
 * such place. */
gboolean engine_connector_choose_context (EngineContext *context, EngineDial *dial);

/* GIO's answer: @stream, or @error. */
void engine_connector_take_over (EngineConnection *connection, GSocketConnection *stream, const GError *error);

/* --- others */

/* The same up to where GIO would be asked for a TCP connection: for whoever brings
 * another transport and goes on with engine_client_handshake_start(). */
EngineConnection *engine_connector_prepare (EngineContext *context, const EngineDestination *destination,
                                            GError **error);

/* The context is gone: what is still running will find nobody. The answers that would come to
 * its own main context are fetched elsewhere if @serve, and nobody waits for them. */
void engine_connector_forget (EngineContext *context, gboolean serve);

/* The context goes on in a forked process, which has no thread that was at work. */
void engine_connector_lose_threads (EngineContext *context);

/* A job of GIO begins, between the two. FALSE, and the connection has failed, if another thread
 * keeps the main context in which GIO would answer. */
gboolean engine_connector_begin_job (EngineDial *dial);
void engine_connector_begun_job (EngineDial *dial);

/* ... and has ended. FALSE if nobody waits for it any more: then the dial is freed. */
gboolean engine_connector_end_job (EngineDial *dial);

/* The connection does not come about. */
void engine_connector_fail (EngineConnection *connection, const GError *error);

/* Why it does not, unless that is known already; and the owner is told so. */
void engine_connector_note_failure (EngineConnection *connection, EngineError code, const char *text);
void engine_connector_announce_failure (EngineConnection *connection);

/* The connection does not need its dial any more. */
void engine_connector_release (EngineConnection *connection);
