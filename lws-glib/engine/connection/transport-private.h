/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/base/connection-queue-private.h"

#include <gio/gio.h>
#include <sys/types.h>
#include <sys/uio.h>

/* How the bytes of a connection reach the peer. All calls return at once; what
 * fails is a negative errno, and -EAGAIN is no failure. */

typedef enum {
  ENGINE_TLS_HANDSHAKE_MORE,         /* the peer's turn */
  ENGINE_TLS_HANDSHAKE_DONE,
  ENGINE_TLS_HANDSHAKE_FAILED,
} EngineTlsHandshakeStep;

/* The least that is asked of read(): a record of TLS that began before and what follows it have room. */
#define ENGINE_TRANSPORT_READ_MIN (20 * 1024)

/* What TLS found out; of a connection without it all are empty. */
typedef struct {
  GTlsCertificate *peer_certificate; /* owned */
  GTlsCertificateFlags peer_errors; /* what was wrong with it, and accepted nevertheless */
  GTlsProtocolVersion version;
  const char *ciphersuite;      /* interned; NULL without TLS */
} EngineTlsFacts;

typedef struct {
  /* One step of a handshake that comes before the first byte, when the peer has sent
   * something. NULL: there is none, or it goes on elsewhere. */
  EngineTlsHandshakeStep (*handshake) (EngineConnection *connection, GError **error);

  /* Bytes read, 0 at the end of the stream. @length is ENGINE_TRANSPORT_READ_MIN or more. */
  gssize (*read) (EngineConnection *connection, void *buffer, gsize length);

  /* Bytes taken, perhaps fewer than given. */
  gssize (*write) (EngineConnection *connection, const struct iovec *parts, int n_parts);

  /* Sends what write() took and the kernel did not: 0 once nothing is left of it. */
  int (*flush) (EngineConnection *connection);

  /* How much of it there is. */
  gsize (*waiting) (EngineConnection *connection);

  /* Bytes of a file taken, from *offset on, which is moved. 0: the file has ended. */
  gssize (*send_file) (EngineConnection *connection, int file, off_t *offset, gsize length);

  /* Is there input that the descriptor will not tell of? */
  gboolean (*pending) (EngineConnection *connection);

  /* Says that nothing more will be written; with @fin to TCP, too. -EAGAIN if that
   * has to wait for what was written before. */
  int (*shutdown) (EngineConnection *connection, gboolean fin);

  /* What a negative result means, for people. */
  const char *(*explain) (EngineConnection *connection, int failure);

  void (*get_facts) (EngineConnection *connection, EngineTlsFacts *facts);

  /* Gives back what the connection's `transport_data` is. */
  void (*free) (EngineConnection *connection);
} EngineTransport;

extern const EngineTransport engine_transport_plain;
/* For Unix sockets, whose peers may pass descriptors: see passed-descriptors-private.h. */
extern const EngineTransport engine_transport_unix;
extern const EngineTransport engine_transport_tls_server;
extern const EngineTransport engine_transport_tls_client;

void engine_tls_facts_clear (EngineTlsFacts *facts);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EngineTlsFacts, engine_tls_facts_clear)
