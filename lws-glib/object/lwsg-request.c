/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-private.h"

#include "lwsg-context-private.h"
#include "lwsg-home-private.h"
#include "lwsg-request-response-private.h"
#include "lwsg-request-state-private.h"
#include "lwsg-request-tls-private.h"

#include "engine/connection/connection-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/transport-private.h"
#include "engine/http/http-response-private.h"

#include <string.h>

/**
 * SECTION:lwsg-request
 * @title: LwsgRequest
 * @short_description: an HTTP request to a server
 *
 * Plain HTTP requests come by #LwsgContext::http-request and are answered with
 * lwsg_request_respond(), lwsg_request_respond_file() or lwsg_request_redirect(), at once or
 * later. The requests that open WebSockets come by #LwsgProtocol::accept, and can only be
 * refused.
 *
 * A request that was to be answered later and is finalized without an answer is answered
 * with 500, and one that is not answered within 300 seconds with 503: an answer that comes
 * still later fails with %LWSG_ERROR_CLOSED.
 */

/**
 * LwsgRequest:
 *
 * A request, until it is answered and after that.
 *
 * Since: 1.0
 */

enum {
  PROP_0,
  PROP_METHOD,
  PROP_PATH,
  PROP_QUERY,
  PROP_REMOTE_ADDRESS,
  N_PROPS
};

G_STATIC_ASSERT ((int) N_PROPS == (int) LWSG_REQUEST_PROP_IS_SECURE);

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LwsgRequest, lwsg_request, G_TYPE_OBJECT)

static void
request_read_target (LwsgRequest *self, const char *target)
{
  const char *query = strchr (target, '?');

  self->path = query != NULL ? g_strndup (target, (gsize) (query - target)) : g_strdup (target);
  self->query = query != NULL ? g_strdup (query + 1) : NULL;
}

/* A value as text that every language can take. */
static char *
request_read_value (const WireHeader *header)
{
  GString *text;

  if (g_utf8_validate (header->value, header->value_length, NULL))
    return g_strndup (header->value, header->value_length);

  text = g_string_sized_new (header->value_length * 2u);
  for (guint i = 0; i < header->value_length; i++)
    g_string_append_unichar (text, (guint8) header->value[i]);

  return g_string_free (text, FALSE);
}

LwsgRequest *
lwsg_request_new (EngineConnection *engine, const WireHead *head, gboolean answerable)
{
  LwsgRequest *self = g_object_new (LWSG_TYPE_REQUEST, NULL);

  self->home = lwsg_home_ref (((LwsgContext *) engine->context->owner)->home);
  self->engine = answerable ? engine : NULL;
  self->opens = !answerable;
  self->state = LWSG_REQUEST_ASKING;
  self->remote_address = engine_connection_get_peer (engine);
  engine_connection_get_tls_facts (engine, &self->tls);
  self->method = g_strdup (head->method);
  request_read_target (self, head->target);
  self->names = g_new0 (char *, head->n_headers + 1);
  self->values = g_new0 (char *, head->n_headers + 1);
  for (guint i = 0; i < head->n_headers; i++)
    {
      self->names[i] = g_strdup (head->headers[i].name);
      self->values[i] = request_read_value (&head->headers[i]);
    }

  return self;
}

void
lwsg_request_give_up_waiting (LwsgRequest *self)
{
  self->state = LWSG_REQUEST_HELD;
  lwsg_request_refuse (self, 503, NULL);
}

/**
 * lwsg_request_get_method:
 * @self: a request
 *
 * Gets the method.
 *
 * Returns: (transfer none): the method, such as GET; case matters
 *
 * Since: 1.0
 */
const char *
lwsg_request_get_method (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->method != NULL ? self->method : "";
}

/**
 * lwsg_request_get_path:
 * @self: a request
 *
 * Gets the path. It has no segments "." or "..", written openly or with percent signs:
 * those are refused before.
 *
 * Returns: (transfer none): the path as it came, percent-encoded
 *
 * Since: 1.0
 */
const char *
lwsg_request_get_path (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->path != NULL ? self->path : "";
}

/**
 * lwsg_request_get_query:
 * @self: a request
 *
 * Gets the query.
 *
 * Returns: (transfer none) (nullable): what follows the question mark, percent-encoded;
 *   %NULL without one
 *
 * Since: 1.0
 */
const char *
lwsg_request_get_query (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->query;
}

/**
 * lwsg_request_get_remote_address:
 * @self: a request
 *
 * Gets the address of the client, or of a proxy in between.
 *
 * Returns: (transfer none) (nullable): the address, which belongs to the request; %NULL if
 *   the client had gone already
 *
 * Since: 1.0
 */
GSocketAddress *
lwsg_request_get_remote_address (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return self->remote_address;
}

/* --- GObject */

/* Whoever was to answer does not. */
static gboolean
request_give_up (gpointer data)
{
  LwsgRequest *self = data;

  if (self->state == LWSG_REQUEST_HELD)
    {
      engine_context_hold (self->engine->context);
      engine_http_response_error (self->engine, 500, self->response_headers->str);
      lwsg_request_end_answer (self);
    }
  lwsg_request_detach (self);

  return G_SOURCE_REMOVE;
}

/* Any thread may give up the last reference. As long as the engine knows the request, it is for
 * the context's to end it. */
static void
lwsg_request_dispose (GObject *object)
{
  LwsgRequest *self = LWSG_REQUEST (object);

  if (g_atomic_pointer_get (&self->engine) != NULL && !lwsg_home_is_here (self->home))
    {
      lwsg_home_run (self->home, request_give_up, g_object_ref (self), g_object_unref);
      return;
    }
  request_give_up (self);

  G_OBJECT_CLASS (lwsg_request_parent_class)->dispose (object);
}

static void
lwsg_request_finalize (GObject *object)
{
  LwsgRequest *self = LWSG_REQUEST (object);

  g_clear_pointer (&self->home, lwsg_home_unref);
  g_clear_object (&self->remote_address);
  engine_tls_facts_clear (&self->tls);
  g_string_free (self->response_headers, TRUE);
  g_strfreev (self->names);
  g_strfreev (self->values);
  g_free (self->method);
  g_free (self->path);
  g_free (self->query);

  G_OBJECT_CLASS (lwsg_request_parent_class)->finalize (object);
}

static void
lwsg_request_get_property (GObject *object, guint property, GValue *value, GParamSpec *pspec)
{
  LwsgRequest *self = LWSG_REQUEST (object);

  switch (property)
    {
    case PROP_METHOD:
      g_value_set_string (value, lwsg_request_get_method (self));
      break;
    case PROP_PATH:
      g_value_set_string (value, lwsg_request_get_path (self));
      break;
    case PROP_QUERY:
      g_value_set_string (value, self->query);
      break;
    case PROP_REMOTE_ADDRESS:
      g_value_set_object (value, self->remote_address);
      break;
    default:
      if (!lwsg_request_get_tls_property (self, property, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, pspec);
    }
}

static void
lwsg_request_class_init (LwsgRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = lwsg_request_dispose;
  object_class->finalize = lwsg_request_finalize;
  object_class->get_property = lwsg_request_get_property;

  /**
   * LwsgRequest:method:
   *
   * The method, such as GET.
   *
   * Since: 1.0
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * LwsgRequest:path:
   *
   * The path, percent-encoded.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);

  /**
   * LwsgRequest:query:
   *
   * The query, percent-encoded, or %NULL.
   *
   * Since: 1.0
   */
  properties[PROP_QUERY] = g_param_spec_string ("query", NULL, NULL, NULL, flags);

  /**
   * LwsgRequest:remote-address:
   *
   * The address of the client.
   *
   * Since: 1.0
   */
  properties[PROP_REMOTE_ADDRESS] =
    g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
  lwsg_request_install_tls (object_class, flags);
}

static void
lwsg_request_init (LwsgRequest *self)
{
  self->response_headers = g_string_new (NULL);
  self->state = LWSG_REQUEST_GONE;
}
