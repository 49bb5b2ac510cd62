/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-context-private.h"

#include "lwsg-context-life-private.h"
#include "lwsg-context-properties-private.h"
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

/* Memory of large messages is kept for so long for others of a burst. */
#define CONTEXT_STORE_SECONDS 10

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

  self->engine->limits.message_limit = LWSG_CONTEXT_MAX_MESSAGE_SIZE;
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

static void
lwsg_context_class_init (LwsgContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = lwsg_context_constructed;
  object_class->dispose = lwsg_context_dispose;
  object_class->finalize = lwsg_context_finalize;

  lwsg_context_install_properties (object_class);
  lwsg_context_install_accept_certificate ();
  lwsg_context_install_http_request ();
}

static void
lwsg_context_init (LwsgContext *self)
{
  self->protocols = g_ptr_array_new_with_free_func (g_object_unref);
  self->directories = g_ptr_array_new_with_free_func ((GDestroyNotify) lwsg_directory_free);
  self->limits = (EngineLimits) ENGINE_LIMITS_DEFAULT;
  self->limits.message_limit = LWSG_CONTEXT_MAX_MESSAGE_SIZE;
  self->max_memory = engine_memory_default ();
  self->compression = (WireDeflateSettings) ENGINE_DEFLATE_DEFAULT;
}
