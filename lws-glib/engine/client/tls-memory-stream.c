/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/tls-memory-stream-private.h"

#include "engine/tls/tls-buffer-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

typedef enum {
  TLS_MEMORY_STREAM_SOCKET,
  TLS_MEMORY_STREAM_MEMORY,
  TLS_MEMORY_STREAM_FOREIGN,           /* memory, as other threads than the engine's see it */
  TLS_MEMORY_STREAM_DETACHED,
} TlsStreamMode;

/* What a server may begin with (RFC 8446 section 5.1). */
#define TLS_RECORD_ALERT 0x15
#define TLS_RECORD_HANDSHAKE 0x16

#define NOTHING_CAME (-1)

/* What a server may send before the handshake is done: more than 16 certificates of 2 KiB and the
 * names of all authorities that it knows. GnuTLS would take 128 KiB for each message. */
#define TLS_MEMORY_STREAM_HANDSHAKE_MAX (128 * 1024)

struct _EngineTlsMemoryStream {
  GSocketConnection parent_instance;

  gsize handshake_left;         /* so much of it may still come */

  gint mode;                    /* TlsStreamMode, for the thread of the handshake, too */
  gint first;                   /* the first byte of the handshake that came, NOTHING_CAME before */
  GThread *engine;              /* the thread that works on the memory */
  EngineTlsBuffer tls_buffer;
  GInputStream *input;
  GOutputStream *output;
};

G_DEFINE_FINAL_TYPE (EngineTlsMemoryStream, engine_tls_memory_stream, G_TYPE_SOCKET_CONNECTION)

static TlsStreamMode
stream_mode (EngineTlsMemoryStream *self)
{
  TlsStreamMode mode = (TlsStreamMode) g_atomic_int_get (&self->mode);

  return mode == TLS_MEMORY_STREAM_MEMORY && g_atomic_pointer_get (&self->engine) != g_thread_self () ? TLS_MEMORY_STREAM_FOREIGN
                                                                                                : mode;
}

static GSocket *
stream_socket (EngineTlsMemoryStream *self)
{
  return g_socket_connection_get_socket (G_SOCKET_CONNECTION (self));
}

/* In the handshake, perhaps in a thread of GIO's. */
static gssize
stream_receive (EngineTlsMemoryStream *self, void *buffer, gsize count, gboolean blocking, GCancellable *cancellable,
                GError **error)
{
  gssize got;

  if (self->handshake_left == 0)
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE,
                   _("The server sent more than %d bytes and was not done with the TLS handshake"),
                   TLS_MEMORY_STREAM_HANDSHAKE_MAX);
      return -1;
    }

  got = g_socket_receive_with_blocking (stream_socket (self), buffer, MIN (count, self->handshake_left), blocking,
                                        cancellable, error);
  if (got > 0)
    g_atomic_int_compare_and_exchange (&self->first, NOTHING_CAME, *(const guint8 *) buffer);
  self->handshake_left -= (gsize) MAX (got, 0);

  return got;
}

static gssize
stream_refuse (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The connection has ended"));
  return -1;
}

/* Behind epoll nobody waits: what would, such as a new handshake in TLS 1.2, is refused. It is
 * tried in a thread of GIO's, which must not touch the memory either; the engine is told by the
 * end of the socket. */
static gssize
stream_refuse_to_wait (EngineTlsMemoryStream *self, GError **error)
{
  g_socket_shutdown (stream_socket (self), TRUE, TRUE, NULL);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("Renegotiation is refused"));
  return -1;
}

/* For sources that nobody makes unless GIO changes. */
static GSource *
stream_source (EngineTlsMemoryStream *self, GObject *pollable, GIOCondition condition, GCancellable *cancellable)
{
  g_autoptr (GSource) source = g_socket_create_source (stream_socket (self), condition, cancellable);

  return g_pollable_source_new_full (pollable, source, cancellable);
}

/* --- input */

typedef struct {
  GInputStream parent_instance;

  EngineTlsMemoryStream *stream;      /* which it belongs to */
} EngineTlsInput;

typedef GInputStreamClass EngineTlsInputClass;

static void engine_tls_input_pollable_init (GPollableInputStreamInterface *iface);
GType engine_tls_input_get_type (void);

G_DEFINE_TYPE_WITH_CODE (EngineTlsInput, engine_tls_input, G_TYPE_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, engine_tls_input_pollable_init))

static EngineTlsMemoryStream *
input_stream (gpointer input)
{
  return ((EngineTlsInput *) input)->stream;
}

static gssize
input_read (GInputStream *input, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  EngineTlsMemoryStream *self = input_stream (input);

  switch (stream_mode (self))
    {
    case TLS_MEMORY_STREAM_SOCKET:
      return stream_receive (self, buffer, count, TRUE, cancellable, error);
    case TLS_MEMORY_STREAM_MEMORY:
    case TLS_MEMORY_STREAM_FOREIGN:
      return stream_refuse_to_wait (self, error);
    case TLS_MEMORY_STREAM_DETACHED:
    default:
      return stream_refuse (error);
    }
}

static gssize
input_read_nonblocking (GPollableInputStream *input, void *buffer, gsize count, GError **error)
{
  EngineTlsMemoryStream *self = input_stream (input);
  gssize got;

  switch (stream_mode (self))
    {
    case TLS_MEMORY_STREAM_SOCKET:
      return stream_receive (self, buffer, count, FALSE, NULL, error);
    case TLS_MEMORY_STREAM_MEMORY:
      got = engine_tls_buffer_pull (&self->tls_buffer, buffer, count);
      if (got < 0)
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "");
      return MAX (got, -1);
    case TLS_MEMORY_STREAM_FOREIGN:
      return stream_refuse_to_wait (self, error);
    case TLS_MEMORY_STREAM_DETACHED:
    default:
      return stream_refuse (error);
    }
}

static gboolean
input_is_readable (GPollableInputStream *input)
{
  EngineTlsMemoryStream *self = input_stream (input);

  switch (stream_mode (self))
    {
    case TLS_MEMORY_STREAM_SOCKET:
      return g_socket_condition_check (stream_socket (self), G_IO_IN) != 0;
    case TLS_MEMORY_STREAM_MEMORY:
      return self->tls_buffer.in_length > 0 || self->tls_buffer.ended;
    case TLS_MEMORY_STREAM_FOREIGN:
    case TLS_MEMORY_STREAM_DETACHED:
    default:
      /* To be told that it is no use. */
      return TRUE;
    }
}

static GSource *
input_create_source (GPollableInputStream *input, GCancellable *cancellable)
{
  return stream_source (input_stream (input), G_OBJECT (input), G_IO_IN, cancellable);
}

static void
engine_tls_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

static void
engine_tls_input_class_init (EngineTlsInputClass *klass)
{
  klass->read_fn = input_read;
}

static void
engine_tls_input_init (EngineTlsInput *self)
{
}

/* --- output */

typedef struct {
  GOutputStream parent_instance;

  EngineTlsMemoryStream *stream;      /* which it belongs to */
} EngineTlsOutput;

typedef GOutputStreamClass EngineTlsOutputClass;

static void engine_tls_output_pollable_init (GPollableOutputStreamInterface *iface);
GType engine_tls_output_get_type (void);

G_DEFINE_TYPE_WITH_CODE (EngineTlsOutput, engine_tls_output, G_TYPE_OUTPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, engine_tls_output_pollable_init))

static EngineTlsMemoryStream *
output_stream (gpointer output)
{
  return ((EngineTlsOutput *) output)->stream;
}

static gssize
output_write_with_blocking (EngineTlsMemoryStream *self, const void *bytes, gsize count, gboolean blocking,
                            GCancellable *cancellable, GError **error)
{
  switch (stream_mode (self))
    {
    case TLS_MEMORY_STREAM_SOCKET:
      return g_socket_send_with_blocking (stream_socket (self), bytes, count, blocking, cancellable, error);
    case TLS_MEMORY_STREAM_MEMORY:
      engine_tls_buffer_push (&self->tls_buffer, bytes, count);
      return (gssize) count;
    case TLS_MEMORY_STREAM_FOREIGN:
      return stream_refuse_to_wait (self, error);
    case TLS_MEMORY_STREAM_DETACHED:
    default:
      return stream_refuse (error);
    }
}

static gssize
output_write (GOutputStream *output, const void *bytes, gsize count, GCancellable *cancellable, GError **error)
{
  return output_write_with_blocking (output_stream (output), bytes, count, TRUE, cancellable, error);
}

static gssize
output_write_nonblocking (GPollableOutputStream *output, const void *bytes, gsize count, GError **error)
{
  return output_write_with_blocking (output_stream (output), bytes, count, FALSE, NULL, error);
}

static gboolean
output_is_writable (GPollableOutputStream *output)
{
  EngineTlsMemoryStream *self = output_stream (output);

  return stream_mode (self) != TLS_MEMORY_STREAM_SOCKET || g_socket_condition_check (stream_socket (self), G_IO_OUT) != 0;
}

static GSource *
output_create_source (GPollableOutputStream *output, GCancellable *cancellable)
{
  return stream_source (output_stream (output), G_OBJECT (output), G_IO_OUT, cancellable);
}

static void
engine_tls_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

static void
engine_tls_output_class_init (EngineTlsOutputClass *klass)
{
  klass->write_fn = output_write;
}

static void
engine_tls_output_init (EngineTlsOutput *self)
{
}

/* --- both */

static GInputStream *
stream_get_input (GIOStream *stream)
{
  return ENGINE_TLS_MEMORY_STREAM (stream)->input;
}

static GOutputStream *
stream_get_output (GIOStream *stream)
{
  return ENGINE_TLS_MEMORY_STREAM (stream)->output;
}

/* The socket is the engine's to close. */
static gboolean
stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
stream_finalize (GObject *object)
{
  EngineTlsMemoryStream *self = ENGINE_TLS_MEMORY_STREAM (object);

  g_object_unref (self->input);
  g_object_unref (self->output);
  engine_tls_buffer_clear (&self->tls_buffer);

  G_OBJECT_CLASS (engine_tls_memory_stream_parent_class)->finalize (object);
}

static void
engine_tls_memory_stream_class_init (EngineTlsMemoryStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = stream_finalize;
  stream_class->get_input_stream = stream_get_input;
  stream_class->get_output_stream = stream_get_output;
  stream_class->close_fn = stream_close;
}

static void
engine_tls_memory_stream_init (EngineTlsMemoryStream *self)
{
  self->first = NOTHING_CAME;
  self->handshake_left = TLS_MEMORY_STREAM_HANDSHAKE_MAX;
  self->input = g_object_new (engine_tls_input_get_type (), NULL);
  self->output = g_object_new (engine_tls_output_get_type (), NULL);
  ((EngineTlsInput *) self->input)->stream = self;
  ((EngineTlsOutput *) self->output)->stream = self;
}

EngineTlsMemoryStream *
engine_tls_memory_stream_new (GSocket *socket)
{
  return g_object_new (ENGINE_TYPE_TLS_MEMORY_STREAM, "socket", socket, NULL);
}

void
engine_tls_memory_stream_use_memory (EngineTlsMemoryStream *self, EngineTlsBufferPool *pool)
{
  engine_tls_buffer_init (&self->tls_buffer, pool);
  g_atomic_pointer_set (&self->engine, g_thread_self ());
  g_atomic_int_set (&self->mode, TLS_MEMORY_STREAM_MEMORY);
}

gboolean
engine_tls_memory_stream_hears_tls (EngineTlsMemoryStream *self)
{
  gint first = g_atomic_int_get (&self->first);

  return first == NOTHING_CAME || first == TLS_RECORD_ALERT || first == TLS_RECORD_HANDSHAKE;
}

EngineTlsBuffer *
engine_tls_memory_stream_get_buffer (EngineTlsMemoryStream *self)
{
  g_atomic_pointer_set (&self->engine, g_thread_self ());

  return &self->tls_buffer;
}

void
engine_tls_memory_stream_detach (EngineTlsMemoryStream *self)
{
  g_atomic_int_set (&self->mode, TLS_MEMORY_STREAM_DETACHED);
  engine_tls_buffer_clear (&self->tls_buffer);
}
