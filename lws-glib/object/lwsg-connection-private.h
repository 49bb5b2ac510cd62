/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/connection/context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-store-private.h"

#include <lws-glib/lws-glib.h>

/* A message, or a piece of one that is streamed. */
typedef struct {
  LwsgMessage *message;
  gboolean is_piece;
  gboolean last;                /* a piece: the end of its message */
} LwsgReceived;

struct _LwsgConnection {
  GObject parent_instance;

  EngineConnection *engine;     /* NULL once it has ended; the service thread's alone */
  LwsgHome *home;
  LwsgContext *context;         /* what is open keeps it; NULL once it has ended */
  LwsgProtocol *protocol;       /* of a server */
  GRefString *target;           /* path and query */
  char *subprotocol;
  GRefString *extensions;
  guint8 peer[28];              /* a sockaddr_in6, or something shorter; asked for, it becomes: */
  guint8 peer_length;
  GSocketAddress *remote_address;
  EngineTlsFacts *tls;          /* NULL without TLS */

  int state;                    /* LwsgConnectionState, for all threads */
  gboolean is_client;
  guint close_code;
  char *close_reason;
  gboolean peer_closed;         /* its Close came */

  /* sending */
  gsize max_buffered;
  gsize posted;                 /* bytes on their way from other threads */
  LwsgSlowConsumerPolicy policy;
  gboolean compress;
  guint dropped;
  gboolean dropping;            /* a message in fragments whose first one was dropped */
  gboolean watching_output;     /* for who wants to be notified of buffered-amount */
  GQueue sends;                 /* GTask of send_async() */
  GQueue kept;                  /* LwsgMessage that wait for the end of one in fragments */
  gsize kept_bytes;
  gsize kept_large;             /* the size of one above the limit among them, 0 if there is none */

  /* receiving */
  gboolean asked;               /* somebody was there for messages once: then none is dropped */
  gboolean heard_in_c;          /* the last message went to a handler in C: see lwsg_connection_deliver() */
  gboolean paused;              /* by the program */
  gboolean streaming;
  gboolean in_pieces;           /* the message that comes was begun while streaming */
  GSource *looking;             /* for handlers that were connected late */
  guint look_ms;                /* how long it waits */
  LwsgBlock *parts;             /* of a message that is not whole yet */
  GQueue held;                  /* LwsgReceived that nobody has wanted yet */
  gsize held_bytes;
  guint stalled;                /* for how many milliseconds more has been held than is kept ahead */
  gboolean unwanted;            /* nobody has asked for so long: what comes is dropped */
  GQueue receives;              /* GTask of receive_async() */

  /* pings and the end */
  GQueue pings;                 /* LwsgPing */
  guint64 last_ping;
  gint64 round_trip;            /* microseconds, -1 before the first */
  GQueue closes;                /* GTask of close_async() */

  guint64 messages_sent;
  guint64 messages_received;
  guint64 bytes_sent;
  guint64 bytes_received;
};

enum {
  LWSG_CONNECTION_PROP_0,
  LWSG_CONNECTION_PROP_STATE,
  LWSG_CONNECTION_PROP_PROTOCOL,
  LWSG_CONNECTION_PROP_SUBPROTOCOL,
  LWSG_CONNECTION_PROP_EXTENSIONS,
  LWSG_CONNECTION_PROP_TARGET,
  LWSG_CONNECTION_PROP_REMOTE_ADDRESS,
  LWSG_CONNECTION_PROP_IS_CLIENT,
  LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE,
  LWSG_CONNECTION_PROP_TLS_PEER_CERTIFICATE_ERRORS,
  LWSG_CONNECTION_PROP_TLS_PROTOCOL_VERSION,
  LWSG_CONNECTION_PROP_TLS_CIPHERSUITE_NAME,
  LWSG_CONNECTION_PROP_CLOSE_CODE,
  LWSG_CONNECTION_PROP_CLOSE_REASON,
  LWSG_CONNECTION_PROP_BUFFERED_AMOUNT,
  LWSG_CONNECTION_PROP_MAX_BUFFERED_AMOUNT,
  LWSG_CONNECTION_PROP_SLOW_CONSUMER_POLICY,
  LWSG_CONNECTION_PROP_DROPPED_MESSAGES,
  LWSG_CONNECTION_PROP_COMPRESS,
  LWSG_CONNECTION_PROP_STREAMING,
  LWSG_CONNECTION_PROP_PAUSED,
  LWSG_CONNECTION_PROP_ROUND_TRIP_TIME,
  LWSG_CONNECTION_PROP_MESSAGES_SENT,
  LWSG_CONNECTION_PROP_MESSAGES_RECEIVED,
  LWSG_CONNECTION_PROP_BYTES_SENT,
  LWSG_CONNECTION_PROP_BYTES_RECEIVED,
  LWSG_CONNECTION_N_PROPS
};

enum {
  LWSG_CONNECTION_SIGNAL_MESSAGE,
  LWSG_CONNECTION_SIGNAL_FRAGMENT,
  LWSG_CONNECTION_SIGNAL_PONG,
  LWSG_CONNECTION_SIGNAL_WRITABLE,
  LWSG_CONNECTION_SIGNAL_CLOSED,
  LWSG_CONNECTION_N_SIGNALS
};

extern guint lwsg_connection_signals[LWSG_CONNECTION_N_SIGNALS];

/* What may wait for the peer of one connection; then the policy decides. */
#define LWSG_CONNECTION_MAX_BUFFERED ENGINE_OUTPUT_LIMIT

/* --- lwsg-connection-properties.c */
void lwsg_connection_install_properties (GObjectClass *object_class);
void lwsg_connection_notify (LwsgConnection *self, guint property);

/* Is anybody there to be notified? */
gboolean lwsg_connection_is_watched (LwsgConnection *self, guint property);

/* --- lwsg-connection.c */

/* The object of an open connection, which keeps it alive until it has ended. */
LwsgConnection *lwsg_connection_new (EngineConnection *engine, LwsgProtocol *protocol, const char *subprotocol,
                                     const char *target);

/* Returns the task when its cancellable is cancelled. */
void lwsg_connection_watch_cancellable (GTask *task);

/* What the task waited for has come. FALSE: it was cancelled before. */
gboolean lwsg_connection_stop_waiting (GTask *task);

/* A GError for what can't be done any more; always returns FALSE. */
gboolean lwsg_connection_set_closed_error (LwsgConnection *self, GError **error);

/* The connection lives on in another process. */
void lwsg_connection_forget (LwsgConnection *self);

/* --- what the engine tells */
void lwsg_connection_on_piece (LwsgConnection *self, const WirePiece *piece);
guint8 *lwsg_connection_room (LwsgConnection *self, gsize *length);
void lwsg_connection_on_pong (LwsgConnection *self, const guint8 *payload, gsize length);
void lwsg_connection_on_writable (LwsgConnection *self);
void lwsg_connection_on_sent (LwsgConnection *self);
void lwsg_connection_on_closing (LwsgConnection *self);
void lwsg_connection_on_closed (LwsgConnection *self, guint code, const char *reason, gboolean peer_closed);

/* --- lwsg-connection-tls.c */
void lwsg_connection_note_tls (LwsgConnection *self);
void lwsg_connection_drop_tls (LwsgConnection *self);

/* --- lwsg-connection-send.c */

/* On the service thread, with arguments that were checked. */
gboolean lwsg_connection_send_here (LwsgConnection *self, LwsgMessageType type, gboolean last, const guint8 *payload,
                                    gsize length, GError **error);

/* For senders that can't be told to try again: between two fragments the message is kept
 * until the last one has been sent. */
gboolean lwsg_connection_send_or_keep (LwsgConnection *self, LwsgMessageType type, GBytes *bytes, GError **error);
void lwsg_connection_drop_kept (LwsgConnection *self);

gboolean lwsg_connection_check_message (LwsgMessageType type, GBytes *bytes, GError **error);

/* --- lwsg-connection-output.c */

/* Has buffered-amount notified when what waits now has left, if somebody wants to know. */
void lwsg_connection_watch_output (LwsgConnection *self);
void lwsg_connection_fail_sends (LwsgConnection *self);

/* --- lwsg-connection-deliver.c */

/* Is there a handler for messages, or for the pieces of those that are streamed? */
gboolean lwsg_connection_has_listener (LwsgConnection *self, gboolean for_pieces);

/* Emits what came. FALSE: there was no handler for it. */
gboolean lwsg_connection_deliver (LwsgConnection *self, const LwsgReceived *received);

/* Is this the payload of a text message for which handlers are being called in this thread?
 * Then it is known to be UTF-8. */
gboolean lwsg_connection_is_validated_text (GBytes *bytes);

/* --- lwsg-connection-receive.c */
void lwsg_connection_update_flow (LwsgConnection *self);
void lwsg_connection_fail_receives (LwsgConnection *self);
void lwsg_connection_drop_held (LwsgConnection *self);

/* There is no memory for what nobody has taken. */
void lwsg_connection_drop_received (LwsgConnection *self);

/* Messages that nobody wants go, now and from now on. */
void lwsg_connection_drop_unwanted (LwsgConnection *self);

/* Is more held for the program than is read ahead? */
gboolean lwsg_connection_holds_too_much (LwsgConnection *self);

/* Gives messages to whoever is there for them; at the end of the connection also those
 * that a pause kept back. */
void lwsg_connection_deliver_held (LwsgConnection *self);

/* --- lwsg-connection-look.c */

/* Nothing tells that a handler was connected. Where it comes late, and no other message
 * follows, somebody has to look. */
void lwsg_connection_look_for_handlers (LwsgConnection *self);

/* The connection has ended, and may be freed by any thread: who looks for handlers does so once
 * more with a reference, and for a while without one. */
void lwsg_connection_look_last (LwsgConnection *self);
void lwsg_connection_look_no_more (LwsgConnection *self);

/* --- lwsg-connection-close.c */
void lwsg_connection_finish_closes (LwsgConnection *self);
void lwsg_connection_fail_pings (LwsgConnection *self);
