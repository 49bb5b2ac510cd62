/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "object/lwsg-connection-private.h"
#include "object/lwsg-context-private.h"

/* A server and a client in one main loop, and a connection between them: over TCP, over
 * TLS, over the path of a Unix socket, or over a pair of sockets that never had an address. */

typedef enum {
  DUO_TCP,
  DUO_TLS,
  DUO_PATH,
  DUO_PAIR,

  DUO_N_TRANSPORTS
} DuoTransport;

typedef struct {
  DuoTransport transport;
  LwsgContext *server;
  LwsgContext *client;
  LwsgProtocol *protocol;       /* of the server, without a name */
  guint port;                   /* DUO_TCP, DUO_TLS */
  char *directory;              /* DUO_PATH */
  char *path;
  LwsgConnection *accepted;     /* the server's side of what opened last */
  LwsgConnection *connected;    /* the client's side of what duo_open() made */
} Duo;

typedef void (*DuoFunc) (Duo *duo, gconstpointer data);

/* Nothing takes that long, unless it never comes. */
#define DUO_PATIENCE (60 * G_USEC_PER_SEC)

/* Runs the main loop until @condition holds. */
#define DUO_UNTIL(condition)                                                                                       \
  G_STMT_START                                                                                                     \
  {                                                                                                                \
    gint64 duo_end_ = g_get_monotonic_time () + DUO_PATIENCE;                                                      \
                                                                                                                   \
    while (!(condition))                                                                                           \
      duo_iterate (NULL, duo_end_, #condition);                                                                    \
  }                                                                                                                \
  G_STMT_END

void duo_iterate (GMainContext *main_context, gint64 end, const char *condition);

/* As in a program whose main loop runs: otherwise a thread of GIO's may take the main context,
 * and one that the test before has left behind may have it for a moment still. */
void duo_own_main_context (void);

/* Registers a test once for each transport, with an open connection or without. */
void duo_add_test (const char *path, DuoFunc func);
void duo_add_closed_test (const char *path, DuoFunc func);

void duo_set_up (Duo *duo, gconstpointer transport);
void duo_tear_down (Duo *duo, gconstpointer transport);

/* Closes a context, if there is one, and gives up the reference to it. */
void duo_end (LwsgContext **context);

/* Another client for the same server, which trusts it. */
LwsgContext *duo_new_client (const Duo *duo);

/* Where it is found. */
char *duo_uri (Duo *duo, const char *target);

/* Starts to connect; @callback gets the client's context. */
void duo_connect_async (Duo *duo, const char *target, const char *const *subprotocols, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data);

/* A client's connection; accepted is then the server's side. */
LwsgConnection *duo_connect (Duo *duo, const char *target, const char *const *subprotocols);
void duo_open (Duo *duo);

/* A GAsyncReadyCallback: stores a reference to the result at @user_data. */
void duo_store_result (GObject *source, GAsyncResult *result, gpointer user_data);

/* Everything that either side sent before has arrived. */
void duo_round_trip (LwsgConnection *connection);

/* Another connection opens, talks and closes: what would happen meanwhile has happened. */
void duo_let_pass (Duo *duo);

/* Sends one message, pulls one. */
void duo_send (LwsgConnection *connection, const char *text);
LwsgMessage *duo_receive (LwsgConnection *connection);
void duo_expect (LwsgConnection *connection, const char *text);

/* The kernel holds less of what the server sends to a client that does not read. */
void duo_shrink_buffers (Duo *duo);

/* Sends to a peer that does not read until messages wait; returns how many were sent. */
guint duo_fill (LwsgConnection *connection, GBytes *bytes);

/* Bytes that are no frame of ours, to the connection's peer. */
void duo_write_raw (LwsgConnection *connection, const void *bytes, gsize length);

/* Is this a run in which everything takes twenty times as long? */
gboolean duo_is_slow (void);
