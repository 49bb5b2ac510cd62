/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

#include "lwsg-context-compression-private.h"
#include "lwsg-context-life-private.h"
#include "lwsg-context-memory-private.h"
#include "lwsg-context-serve-private.h"
#include "lwsg-context-tls-private.h"
#include "lwsg-directory-private.h"
#include "lwsg-error-private.h"
#include "lwsg-events-private.h"
#include "lwsg-home-private.h"
#include "lwsg-protocol-private.h"
#include "lwsg-request-private.h"
#include "lwsg-store-private.h"

#include "engine/base/limits-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/memory-private.h"

#include "wire/http-field-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * SECTION:lwsg-context
 * @title: LwsgContext
 * @short_description: servers and clients on a main context
 *
 * A context holds everything: listening sockets, protocols, and all connections of servers
 * and clients. It works on the thread-default #GMainContext of the thread that made it, and
 * emits all its signals there.
 *
 * A server adds its protocols, connects to their signals and listens:
 * |[<!-- language="C" -->
 * static void
 * on_message (LwsgProtocol *echo, LwsgConnection *connection, LwsgMessage *message)
 * {
 *   lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), NULL);
 * }
 *
 * g_autoptr (LwsgContext) context = lwsg_context_new ();
 * LwsgProtocol *echo = lwsg_context_add_protocol (context, NULL, NULL);
 *
 * g_signal_connect (echo, "message", G_CALLBACK (on_message), NULL);
 * lwsg_context_listen (context, NULL, 7681, &error);
 * ]|
 *
 * A client calls lwsg_context_connect_async(). One context can be both.
 *
 * With a certificate, see lwsg_context_set_tls_certificate(), the ports are served by TLS, as
 * wss:// and https://. #LwsgContext:tls-database says whom clients trust, and servers that ask
 * for certificates; #LwsgContext::accept-certificate what is wrong with those of peers.
 *
 * What is open keeps its context: a context that listens, connects or has connections is there
 * until that has ended, or until lwsg_context_close(), whoever holds a reference to it.
 *
 * Each function is for the thread that made the context. #LwsgContext:max-message-size and
 * the deadlines hold for all its connections; a change of the deadlines holds from the next
 * time that one is set.
 */

/**
 * LwsgContext:
 *
 * Listening sockets, protocols and connections, on one main context.
 *
 * Since: 1.0
 */

/* What a message may have by default: fragments are put together up to here. */
#define CONTEXT_MAX_MESSAGE_SIZE (16 * 1024 * 1024)

/* Memory of large messages is kept for so long for others of a burst. */
#define CONTEXT_STORE_SECONDS 10

static GParamSpec *properties[LWSG_CONTEXT_PROP_TLS_CERTIFICATE];

G_DEFINE_FINAL_TYPE (LwsgContext, lwsg_context, G_TYPE_OBJECT)

/**
 * lwsg_context_new:
 *
 * Makes a context on the thread-default #GMainContext of the calling thread. If the process
 * has no descriptors left, the context is made, and all that is tried with it fails with
 * %LWSG_ERROR_CLOSED.
 *
 * Returns: (transfer full): a context
 *
 * Since: 1.0
 */
LwsgContext *
lwsg_context_new (void)
{
  return g_object_new (LWSG_TYPE_CONTEXT, NULL);
}

/* --- protocols */

/**
 * lwsg_context_add_protocol:
 * @self: a context
 * @name: (nullable): the subprotocol, a token as in the header Sec-WebSocket-Protocol;
 *   %NULL for clients that ask for none
 * @error: return location for a #GError
 *
 * Serves a protocol. Clients get the first of the subprotocols they ask for that is served;
 * who asks for none gets the protocol without a name, or else the one that was added first.
 *
 * Returns: (transfer none): the protocol, which belongs to the context; %NULL with
 *   %LWSG_ERROR_INVALID_ARGUMENT if the name is no token or is served already, or
 *   %LWSG_ERROR_CLOSED
 *
 * Since: 1.0
 */
LwsgProtocol *
lwsg_context_add_protocol (LwsgContext *self, const char *name, GError **error)
{
  EngineProtocol *engine;
  LwsgProtocol *protocol;
  GError *failure = NULL;

  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  if (!lwsg_context_check_open (self, error))
    return NULL;
  if (name != NULL && !wire_is_token (name, strlen (name)))
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                   _("\"%s\" can't stand in a Sec-WebSocket-Protocol header"), name);
      return NULL;
    }
  if (lwsg_context_lookup_protocol (self, name) != NULL)
    {
      if (name != NULL)
        g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("The protocol %s is served already"), name);
      else
        g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                             _("A protocol without a name is served already"));
      return NULL;
    }

  engine = engine_context_add_protocol (self->engine, name, NULL, &failure);
  if (engine == NULL)
    {
      lwsg_error_propagate (error, failure);
      return NULL;
    }
  protocol = lwsg_protocol_new (self, engine);
  engine->owner = protocol;
  g_ptr_array_add (self->protocols, protocol);

  return protocol;
}

/**
 * lwsg_context_lookup_protocol:
 * @self: a context
 * @name: (nullable): a name that was given to lwsg_context_add_protocol()
 *
 * Finds a protocol by its name.
 *
 * Returns: (transfer none) (nullable): the protocol, which belongs to the context; %NULL if
 *   there is none of that name
 *
 * Since: 1.0
 */
LwsgProtocol *
lwsg_context_lookup_protocol (LwsgContext *self, const char *name)
{
  g_return_val_if_fail (LWSG_IS_CONTEXT (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  for (guint i = 0; i < self->protocols->len; i++)
    if (g_strcmp0 (lwsg_protocol_get_name (self->protocols->pdata[i]), name) == 0)
      return self->protocols->pdata[i];

  return NULL;
}

/* --- GObject */

/* The loop can't go on, which the log tells. What is under way would wait for ever. The source
 * may be the last to hear of the context's end: it knows it weakly. */
static void
context_source_gone (gpointer data)
{
  g_autofree GWeakRef *reference = data;
  g_autoptr (LwsgContext) self = g_weak_ref_get (reference);

  g_weak_ref_clear (reference);
  if (self != NULL)
    lwsg_context_close (self);
}

static GSource *
context_make_source (LwsgContext *self)
{
  GSource *source = lwsg_source_new (self->engine);
  GWeakRef *reference = g_new0 (GWeakRef, 1);

  g_weak_ref_init (reference, self);
  g_source_set_callback (source, NULL, reference, context_source_gone);

  return source;
}

static void
lwsg_context_constructed (GObject *object)
{
  LwsgContext *self = LWSG_CONTEXT (object);
  g_autoptr (GError) error = NULL;

  G_OBJECT_CLASS (lwsg_context_parent_class)->constructed (object);

  self->main_context = g_main_context_ref_thread_default ();
  self->store = lwsg_store_new (self->main_context, CONTEXT_STORE_SECONDS);
  self->engine = engine_context_new (&lwsg_events, self, &error);
  self->home = lwsg_home_new (self->engine != NULL ? self->engine->mailbox : NULL, self->main_context);
  if (self->engine == NULL)
    {
      /* Out of descriptors: everything that is tried with it says that it is closed. */
      g_message ("%s", error->message);
      return;
    }

  self->engine->limits.message_limit = CONTEXT_MAX_MESSAGE_SIZE;
  /* Each connection has a limit of its own. */
  self->engine->limits.output_limit = G_MAXSIZE;
  self->source = context_make_source (self);
  g_source_set_priority (self->source, self->priority);
  g_source_attach (self->source, self->main_context);
}

static void
lwsg_context_dispose (GObject *object)
{
  if (lwsg_context_may_go (LWSG_CONTEXT (object)))
    G_OBJECT_CLASS (lwsg_context_parent_class)->dispose (object);
}

static void
lwsg_context_finalize (GObject *object)
{
  LwsgContext *self = LWSG_CONTEXT (object);

  g_ptr_array_unref (self->protocols);
  g_ptr_array_unref (self->directories);
  g_strfreev (self->allowed_origins);
  g_clear_object (&self->proxy_resolver);
  lwsg_home_unref (self->home);
  g_main_context_unref (self->main_context);
  lwsg_store_close (self->store);

  G_OBJECT_CLASS (lwsg_context_parent_class)->finalize (object);
}

/* Where the number of a property is kept, all of them limits of the engine as long as there is one. */
static guint *
context_limit (LwsgContext *self, guint property)
{
  EngineLimits *limits = self->engine != NULL ? &self->engine->limits : &self->limits;

  switch (property)
    {
    case LWSG_CONTEXT_PROP_HANDSHAKE_TIMEOUT:
      return &limits->handshake_ticks;
    case LWSG_CONTEXT_PROP_CLOSE_TIMEOUT:
      return &limits->close_ticks;
    case LWSG_CONTEXT_PROP_PING_INTERVAL:
      return &limits->ping_ticks;
    case LWSG_CONTEXT_PROP_PONG_TIMEOUT:
      return &limits->pong_ticks;
    case LWSG_CONTEXT_PROP_DISPATCH_BUDGET:
      return &limits->iteration_microseconds;
    case LWSG_CONTEXT_PROP_MAX_CONNECTIONS:
      return &limits->connections;
    case LWSG_CONTEXT_PROP_MAX_CONNECTIONS_PER_PEER:
      return &limits->connections_per_peer;
    case LWSG_CONTEXT_PROP_MAX_HANDSHAKES:
      return &limits->handshakes;
    case LWSG_CONTEXT_PROP_MAX_HANDSHAKES_PER_PEER:
      return &limits->handshakes_per_peer;
    default:
      return NULL;
    }
}

static void
lwsg_context_get_property (GObject *object, guint property, GValue *value, GParamSpec *pspec)
{
  LwsgContext *self = LWSG_CONTEXT (object);
  const guint *limit;

  lwsg_return_if_elsewhere (self->home);

  limit = context_limit (self, property);
  if (limit != NULL)
    g_value_set_uint (value, *limit);
  else if (lwsg_context_get_tls_property (self, property, value))
    return;
  else if (property == LWSG_CONTEXT_PROP_MAX_MESSAGE_SIZE)
    g_value_set_uint64 (value, self->max_message_size);
  else if (property == LWSG_CONTEXT_PROP_MAX_MEMORY)
    g_value_set_uint64 (value, self->max_memory);
  else if (property == LWSG_CONTEXT_PROP_PRIORITY)
    g_value_set_int (value, self->priority);
  else if (property == LWSG_CONTEXT_PROP_PROXY_RESOLVER)
    g_value_set_object (value, lwsg_context_get_proxy_resolver (self));
  else if (property == LWSG_CONTEXT_PROP_ALLOWED_ORIGINS)
    g_value_set_boxed (value, self->allowed_origins);
  else if (!lwsg_context_get_compression (self, property, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
}

static void
context_set_max_message_size (LwsgContext *self, guint64 size)
{
  if (self->max_message_size == size)
    return;

  self->max_message_size = size;
  if (self->engine != NULL)
    self->engine->limits.message_limit = size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[LWSG_CONTEXT_PROP_MAX_MESSAGE_SIZE]);
}

static void
lwsg_context_set_property (GObject *object, guint property, const GValue *value, GParamSpec *pspec)
{
  LwsgContext *self = LWSG_CONTEXT (object);
  guint *limit;

  lwsg_return_if_elsewhere (self->home);

  limit = context_limit (self, property);
  if (lwsg_context_set_compression (self, property, value, pspec))
    return;
  if (limit != NULL && *limit != g_value_get_uint (value))
    {
      *limit = g_value_get_uint (value);
      g_object_notify_by_pspec (object, pspec);
    }
  else if (lwsg_context_set_tls_property (self, property, value))
    return;
  else if (property == LWSG_CONTEXT_PROP_MAX_MESSAGE_SIZE)
    context_set_max_message_size (self, g_value_get_uint64 (value));
  else if (property == LWSG_CONTEXT_PROP_MAX_MEMORY)
    lwsg_context_set_max_memory (self, g_value_get_uint64 (value));
  else if (property == LWSG_CONTEXT_PROP_PRIORITY)
    lwsg_context_set_priority (self, g_value_get_int (value));
  else if (property == LWSG_CONTEXT_PROP_PROXY_RESOLVER)
    lwsg_context_set_proxy_resolver (self, g_value_get_object (value));
}

static void
install_limits (GParamFlags flags)
{
  /**
   * LwsgContext:max-message-size:
   *
   * What a message may have, all its fragments together and after decompression, in bytes:
   * 16 MiB by default. A peer that sends more is closed with %LWSG_CLOSE_TOO_BIG. Holds for
   * connections that open later, those with #LwsgConnection:streaming included.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint64 ("max-message-size", NULL, NULL, 1, G_MAXUINT32, CONTEXT_MAX_MESSAGE_SIZE, flags);

  /**
   * LwsgContext:dispatch-budget:
   *
   * How long one dispatch in the main loop shall take at most, in microseconds: 4000 by
   * default, a quarter of a frame at 60 Hz. What is left then is done in the next one.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_DISPATCH_BUDGET] =
    g_param_spec_uint ("dispatch-budget", NULL, NULL, 1, G_MAXUINT, ENGINE_ITERATION_MICROSECONDS, flags);

  /**
   * LwsgContext:priority:
   *
   * The priority of the context's #GSource in the main loop: %G_PRIORITY_DEFAULT by default.
   *
   * A flood of messages does not starve what has a lower priority. When the context has
   * worked for #LwsgContext:dispatch-budget without a break, everything up to the priority of GTK's
   * drawing (120) that is ready runs before it goes on, and every fourth time all that is
   * ready, down to %G_PRIORITY_LOW; it waits for four iterations of the main loop at the longest.
   *
   * With a priority above the default, which is a negative number, it goes before others and
   * waits for none of them.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_PRIORITY] =
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT, flags);
}

static void
install_crowd (GParamFlags flags)
{
  /**
   * LwsgContext:max-connections:
   *
   * How many connections a server has at most, in all: 65536 by default, 0 for any number. A
   * client that is one too many is turned away without an answer; so is one that would take the
   * last descriptors of the process, which are left to the program.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_MAX_CONNECTIONS] =
    g_param_spec_uint ("max-connections", NULL, NULL, 0, G_MAXUINT, ENGINE_CONNECTIONS, flags);

  /**
   * LwsgContext:max-connections-per-peer:
   *
   * How many of them may come from one address: 4096 by default, and a quarter of all
   * as long as that is not changed; 0 for any number. With IPv6
   * a network of 64 bits counts as one address. Unix sockets and the loopback interface are
   * not counted, since a proxy of this machine speaks for many.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_MAX_CONNECTIONS_PER_PEER] =
    g_param_spec_uint ("max-connections-per-peer", NULL, NULL, 0, G_MAXUINT, ENGINE_CONNECTIONS_PER_PEER, flags);

  /**
   * LwsgContext:max-handshakes:
   *
   * How many of a server's connections may be in their opening handshake, TLS included: 2048 by
   * default, and half of all connections as long as that is not changed; 0 for any number. Where
   * there are more, clients that have said nothing for the longest time have to go, or else
   * others wait in the kernel's backlog.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_MAX_HANDSHAKES] =
    g_param_spec_uint ("max-handshakes", NULL, NULL, 0, G_MAXUINT, ENGINE_HANDSHAKES, flags);

  /**
   * LwsgContext:max-handshakes-per-peer:
   *
   * How many of those may come from one address, counted as for
   * #LwsgContext:max-connections-per-peer: 64 by default, and an eighth of those as long
   * as that is not changed; 0 for any number. Where there are more, clients of that address that
   * have said nothing for the longest time have to go, or else others are turned away without an
   * answer.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_MAX_HANDSHAKES_PER_PEER] =
    g_param_spec_uint ("max-handshakes-per-peer", NULL, NULL, 0, G_MAXUINT, ENGINE_HANDSHAKES_PER_PEER, flags);
}

static void
install_timeouts (GParamFlags flags)
{
  /**
   * LwsgContext:handshake-timeout:
   *
   * How long the opening handshake may take, in seconds: 10 by default. A server answers
   * with 408 then, a client fails with %LWSG_ERROR_TIMED_OUT.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_HANDSHAKE_TIMEOUT] =
    g_param_spec_uint ("handshake-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_HANDSHAKE_TICKS, flags);

  /**
   * LwsgContext:close-timeout:
   *
   * How long the peer's Close is waited for, in seconds: 5 by default. Then the connection
   * ends with %LWSG_CLOSE_ABNORMAL.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_CLOSE_TIMEOUT] =
    g_param_spec_uint ("close-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_CLOSE_TICKS, flags);

  /**
   * LwsgContext:ping-interval:
   *
   * After how much silence a peer is sent a Ping, in seconds: 30 by default, 0 for never. It may be
   * sent up to one second before that, and while a peer does nothing but answer there is one in each
   * interval, whatever #LwsgContext:pong-timeout is.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_PING_INTERVAL] =
    g_param_spec_uint ("ping-interval", NULL, NULL, 0, G_MAXINT, ENGINE_PING_TICKS, flags);

  /**
   * LwsgContext:pong-timeout:
   *
   * How long any sign of life is waited for after that Ping, in seconds: 20 by default. Then
   * the connection ends with %LWSG_CLOSE_ABNORMAL.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_PONG_TIMEOUT] =
    g_param_spec_uint ("pong-timeout", NULL, NULL, 1, G_MAXINT, ENGINE_PONG_TICKS, flags);
}

static void
lwsg_context_class_init (LwsgContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->constructed = lwsg_context_constructed;
  object_class->dispose = lwsg_context_dispose;
  object_class->finalize = lwsg_context_finalize;
  object_class->get_property = lwsg_context_get_property;
  object_class->set_property = lwsg_context_set_property;

  install_limits (flags);
  install_timeouts (flags);
  install_crowd (flags);

  /**
   * LwsgContext:proxy-resolver:
   *
   * Tells which proxies clients go through: those of the desktop by default, see
   * g_proxy_resolver_get_default(). %NULL to connect directly. It is asked about
   * `https://host:port`, since resolvers know no WebSockets.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_PROXY_RESOLVER] =
    g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, flags);

  /**
   * LwsgContext:allowed-origins:
   *
   * The origins whose pages may connect, see lwsg_context_set_allowed_origins(). %NULL, the
   * default, allows all.
   *
   * Since: 1.0
   */
  properties[LWSG_CONTEXT_PROP_ALLOWED_ORIGINS] =
    g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
  lwsg_context_install_tls (object_class, flags);
  lwsg_context_install_compression (object_class, flags);
  lwsg_context_install_memory (object_class, flags);
  lwsg_context_install_http_request ();
}

static void
lwsg_context_init (LwsgContext *self)
{
  self->protocols = g_ptr_array_new_with_free_func (g_object_unref);
  self->directories = g_ptr_array_new_with_free_func ((GDestroyNotify) lwsg_directory_free);
  self->limits = (EngineLimits) ENGINE_LIMITS_DEFAULT;
  self->max_message_size = CONTEXT_MAX_MESSAGE_SIZE;
  self->max_memory = engine_memory_default ();
  self->compression = (WireDeflateSettings) ENGINE_DEFLATE_DEFAULT;
}
