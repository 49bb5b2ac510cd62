/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-protocol-private.h"

#include "lwsg-context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-lend-private.h"
#include "lwsg-protocol-broadcast-private.h"

/**
 * SECTION:lwsg-protocol
 * @title: LwsgProtocol
 * @short_description: a subprotocol of a server, and its open connections
 *
 * A server has a protocol for each subprotocol that it speaks (RFC 6455 section 1.9),
 * and perhaps one without a name for clients that ask for none. It is a #GListModel of
 * its open connections, ready to be shown in a list.
 *
 * lwsg_protocol_broadcast() sends a message to all of them, from any thread. All else is
 * for the thread of the #LwsgContext.
 */

/**
 * LwsgProtocol:
 *
 * What a server speaks with those of its clients that asked for it.
 *
 * Since: 1.0
 */
enum {
  PROP_0,
  PROP_NAME,
  PROP_CONTEXT,
  PROP_N_CONNECTIONS,
  N_PROPS
};

enum {
  SIGNAL_ACCEPT,
  SIGNAL_OPENED,
  SIGNAL_CLOSED,
  SIGNAL_MESSAGE,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void protocol_list_model_init (GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LwsgProtocol, lwsg_protocol, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, protocol_list_model_init))

LwsgProtocol *
lwsg_protocol_new (LwsgContext *context, EngineProtocol *engine)
{
  LwsgProtocol *self = g_object_new (LWSG_TYPE_PROTOCOL, NULL);

  self->context = context;
  self->engine = engine;
  self->home = lwsg_home_ref (context->home);
  self->name = g_strdup (engine->name);

  return self;
}

EngineProtocol *
lwsg_protocol_get_engine (LwsgProtocol *self)
{
  return self->engine;
}

void
lwsg_protocol_detach (LwsgProtocol *self)
{
  self->context = NULL;
  self->engine = NULL;
}

static void
protocol_disconnect_all (LwsgProtocol *self, guint signal)
{
  gulong handler;

  while ((handler = g_signal_handler_find (self, G_SIGNAL_MATCH_ID, signal, 0, NULL, NULL, NULL)) != 0)
    g_signal_handler_disconnect (self, handler);
}

void
lwsg_protocol_end (LwsgProtocol *self)
{
  lwsg_protocol_detach (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTEXT]);
  /* Not those of ::notify and ::items-changed: a GBinding would miss its own. */
  for (guint i = 0; i < N_SIGNALS; i++)
    protocol_disconnect_all (self, signals[i]);
  protocol_disconnect_all (self, lwsg_protocol_broadcast_signal);
}

/* --- connections */

gboolean
lwsg_protocol_wants_request (LwsgProtocol *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_ACCEPT], 0, FALSE);
}

gboolean
lwsg_protocol_accepts (LwsgProtocol *self, LwsgRequest *request)
{
  gboolean accepted = TRUE;

  g_signal_emit (self, signals[SIGNAL_ACCEPT], 0, request, &accepted);

  return accepted;
}

static void
protocol_items_changed (LwsgProtocol *self, guint position, guint removed, guint added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
}

/* Handlers may close anything, and give up the last reference to it. */
void
lwsg_protocol_add (LwsgProtocol *self, LwsgConnection *connection)
{
  g_autoptr (LwsgProtocol) alive = g_object_ref (self);
  g_autoptr (LwsgConnection) connection_alive = g_object_ref (connection);

  g_ptr_array_add (self->connections, connection);
  protocol_items_changed (self, self->connections->len - 1, 0, 1);
  if (lwsg_connection_get_state (connection) != LWSG_CONNECTION_CLOSED)
    g_signal_emit (self, signals[SIGNAL_OPENED], 0, connection);
}

void
lwsg_protocol_remove (LwsgProtocol *self, LwsgConnection *connection)
{
  g_autoptr (LwsgProtocol) alive = g_object_ref (self);
  guint position;

  if (!g_ptr_array_find (self->connections, connection, &position))
    return;

  g_ptr_array_remove_index (self->connections, position);
  protocol_items_changed (self, position, 1, 0);
}

void
lwsg_protocol_emit_closed (LwsgProtocol *self, LwsgConnection *connection)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, connection);
}

gboolean
lwsg_protocol_has_listener (LwsgProtocol *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_MESSAGE], 0, FALSE);
}

void
lwsg_protocol_emit_message (LwsgProtocol *self, LwsgConnection *connection, LwsgMessage *message)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, connection, message);
}

/* --- the list model */

static GType
protocol_get_item_type (GListModel *model)
{
  return LWSG_TYPE_CONNECTION;
}

static guint
protocol_get_n_items (GListModel *model)
{
  LwsgProtocol *self = LWSG_PROTOCOL (model);

  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->connections->len;
}

static gpointer
protocol_get_item (GListModel *model, guint position)
{
  LwsgProtocol *self = LWSG_PROTOCOL (model);

  lwsg_return_val_if_elsewhere (self->home, NULL);

  return position < self->connections->len ? g_object_ref (self->connections->pdata[position]) : NULL;
}

static void
protocol_list_model_init (GListModelInterface *interface)
{
  interface->get_item_type = protocol_get_item_type;
  interface->get_n_items = protocol_get_n_items;
  interface->get_item = protocol_get_item;
}

/**
 * lwsg_protocol_get_name:
 * @self: a protocol
 *
 * Gets #LwsgProtocol:name.
 *
 * Returns: (transfer none) (nullable): the name, %NULL for the protocol of clients that ask
 *   for none
 *
 * Since: 1.0
 */
const char *
lwsg_protocol_get_name (LwsgProtocol *self)
{
  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), NULL);

  return self->name;
}

/**
 * lwsg_protocol_get_context:
 * @self: a protocol
 *
 * Gets #LwsgProtocol:context.
 *
 * Returns: (transfer none) (nullable): the context, %NULL once that was closed
 *
 * Since: 1.0
 */
LwsgContext *
lwsg_protocol_get_context (LwsgProtocol *self)
{
  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), NULL);
  lwsg_return_val_if_elsewhere (self->home, NULL);

  return self->context;
}

/**
 * lwsg_protocol_get_n_connections:
 * @self: a protocol
 *
 * Gets #LwsgProtocol:n-connections.
 *
 * Returns: the number of open connections
 *
 * Since: 1.0
 */
guint
lwsg_protocol_get_n_connections (LwsgProtocol *self)
{
  g_return_val_if_fail (LWSG_IS_PROTOCOL (self), 0);
  lwsg_return_val_if_elsewhere (self->home, 0);

  return self->connections->len;
}

/* --- GObject */

static void
lwsg_protocol_finalize (GObject *object)
{
  LwsgProtocol *self = LWSG_PROTOCOL (object);

  g_clear_pointer (&self->home, lwsg_home_unref);
  g_ptr_array_unref (self->connections);
  g_free (self->name);

  G_OBJECT_CLASS (lwsg_protocol_parent_class)->finalize (object);
}

static void
lwsg_protocol_get_property (GObject *object, guint property, GValue *value, GParamSpec *pspec)
{
  LwsgProtocol *self = LWSG_PROTOCOL (object);

  switch (property)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_CONTEXT:
      g_value_set_object (value, lwsg_protocol_get_context (self));
      break;
    case PROP_N_CONNECTIONS:
      g_value_set_uint (value, lwsg_protocol_get_n_connections (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

/* The first handler that refuses decides. */
static gboolean
accumulate_acceptance (GSignalInvocationHint *hint, GValue *accumulated, const GValue *returned, gpointer data)
{
  g_value_copy (returned, accumulated);

  return g_value_get_boolean (returned);
}

static gboolean
lwsg_protocol_accept_default (LwsgProtocol *self, LwsgRequest *request)
{
  return TRUE;
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * LwsgProtocol:name:
   *
   * The subprotocol, or %NULL for clients that ask for none.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);

  /**
   * LwsgProtocol:context:
   *
   * The context that serves the protocol, %NULL once that was closed.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] = g_param_spec_object ("context", NULL, NULL, LWSG_TYPE_CONTEXT, flags);

  /**
   * LwsgProtocol:n-connections:
   *
   * How many connections are open.
   *
   * Since: 1.0
   */
  properties[PROP_N_CONNECTIONS] = g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
install_connection_signals (void)
{
  /**
   * LwsgProtocol::accept:
   * @self: the protocol
   * @request: the client's handshake
   *
   * A client wants to open a connection. A handler that returns %FALSE refuses it with
   * 403; then no other handler is asked. lwsg_request_refuse() refuses it with another status,
   * whatever is returned. Headers that were added with lwsg_request_add_response_header(),
   * such as a cookie, go with the answer, which nothing can be added to afterwards.
   *
   * Returns: whether the client may come in
   *
   * Since: 1.0
   */
  signals[SIGNAL_ACCEPT] =
    g_signal_new_class_handler ("accept", LWSG_TYPE_PROTOCOL, G_SIGNAL_RUN_LAST,
                                G_CALLBACK (lwsg_protocol_accept_default), accumulate_acceptance, NULL, NULL,
                                G_TYPE_BOOLEAN, 1, LWSG_TYPE_REQUEST);

  /**
   * LwsgProtocol::opened:
   * @self: the protocol
   * @connection: the connection
   *
   * A connection has opened. Handlers that are connected to it now miss nothing.
   *
   * Since: 1.0
   */
  signals[SIGNAL_OPENED] = g_signal_new ("opened", LWSG_TYPE_PROTOCOL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, LWSG_TYPE_CONNECTION);

  /**
   * LwsgProtocol::closed:
   * @self: the protocol
   * @connection: the connection
   *
   * A connection has ended: see #LwsgConnection:close-code.
   *
   * Since: 1.0
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", LWSG_TYPE_PROTOCOL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, LWSG_TYPE_CONNECTION);
}

static void
install_message_signal (void)
{
  /**
   * LwsgProtocol::message:
   * @self: the protocol
   * @connection: where it came from
   * @message: what came
   *
   * A whole message came on any of the connections. A handler in C that keeps @message takes
   * a reference.
   *
   * Since: 1.0
   */
  signals[SIGNAL_MESSAGE] =
    g_signal_new ("message", LWSG_TYPE_PROTOCOL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, lwsg_lend_VOID__OBJECT_BOXED,
                  G_TYPE_NONE, 2, LWSG_TYPE_CONNECTION, LWSG_TYPE_MESSAGE);
  g_signal_set_va_marshaller (signals[SIGNAL_MESSAGE], LWSG_TYPE_PROTOCOL, lwsg_lend_VOID__OBJECT_BOXEDv);
}

static void
lwsg_protocol_class_init (LwsgProtocolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = lwsg_protocol_finalize;
  object_class->get_property = lwsg_protocol_get_property;
  install_properties (object_class);
  install_connection_signals ();
  install_message_signal ();
  lwsg_protocol_install_broadcast ();
}

static void
lwsg_protocol_init (LwsgProtocol *self)
{
  self->connections = g_ptr_array_new ();
}
