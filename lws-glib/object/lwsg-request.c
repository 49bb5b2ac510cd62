/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lwsg-request-private.h"

#include "lwsg-error-private.h"
#include "lwsg-media-type-private.h"

#include "wire/http-field-private.h"
#include "wire/http-status-private.h"
#include "wire/http-target-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

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
 * with 500.
 */

/**
 * LwsgRequest:
 *
 * A request, until it is answered and after that.
 *
 * Since: 1.0
 */
struct _LwsgRequest {
  GObject parent_instance;

  EngineConnection *engine;     /* NULL when there is nothing left to answer */
  GSocketAddress *remote_address;
  EngineTlsFacts tls;           /* all 0 without TLS */
  char *method;
  char *path;
  char *query;
  char **names;                 /* of the headers, as they came */
  char **values;
  GString *response_headers;
  gboolean opens;               /* a WebSocket: it can only be refused */
  gboolean answered;
  gboolean held;
  guint refusal;
};

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
  const char *path = wire_target_path (target);
  const char *query = strchr (path, '?');

  self->path = query != NULL ? g_strndup (path, (gsize) (query - path)) : g_strdup (path);
  self->query = query != NULL ? g_strdup (query + 1) : NULL;
}

LwsgRequest *
lwsg_request_new (EngineConnection *engine, const WireHead *head, gboolean answerable)
{
  LwsgRequest *self = g_object_new (LWSG_TYPE_REQUEST, NULL);

  self->engine = answerable ? engine : NULL;
  self->opens = !answerable;
  self->remote_address = engine_connection_get_peer (engine);
  engine_connection_get_tls_facts (engine, &self->tls);
  self->method = g_strdup (head->method);
  request_read_target (self, head->target);
  self->names = g_new0 (char *, head->n_headers + 1);
  self->values = g_new0 (char *, head->n_headers + 1);
  for (guint i = 0; i < head->n_headers; i++)
    {
      self->names[i] = g_strdup (head->headers[i].name);
      self->values[i] = g_strdup (head->headers[i].value);
    }

  return self;
}

const EngineTlsFacts *
lwsg_request_get_tls_facts (LwsgRequest *self)
{
  return &self->tls;
}

gboolean
lwsg_request_is_answered (LwsgRequest *self)
{
  return self->answered;
}

guint
lwsg_request_get_refusal (LwsgRequest *self)
{
  return self->refusal;
}

void
lwsg_request_detach (LwsgRequest *self)
{
  if (self->engine != NULL && self->engine->user == self)
    self->engine->user = NULL;
  self->engine = NULL;
}

void
lwsg_request_hold (LwsgRequest *self)
{
  if (self->engine == NULL)
    return;

  self->held = TRUE;
  engine_reply_hold (self->engine);
}

/* --- answers */

static gboolean
request_begin_answer (LwsgRequest *self, guint status, GError **error)
{
  if (status < 200 || status > 599)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%u is no status to answer with: 200 to 599 are"),
                   status);
      return FALSE;
    }
  if (self->answered || self->engine == NULL)
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_CLOSED,
                           self->answered ? _("The request has been answered already")
                                          : _("Nobody waits for an answer to this request"));
      return FALSE;
    }

  return TRUE;
}

/* The connection is free for the next request, which may come while this one is still
 * held by the program. */
static void
request_end_answer (LwsgRequest *self)
{
  EngineConnection *engine = self->engine;

  self->answered = TRUE;
  lwsg_request_detach (self);
  if (self->held)
    engine_reply_release (engine);
  engine_context_release (engine->context);
}

static gboolean
request_write (LwsgRequest *self, const GString *head, GBytes *body, GError **error)
{
  GError *failure = NULL;
  gsize length = 0;
  const guint8 *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  gboolean written;

  engine_context_hold (self->engine->context);
  written = engine_reply_write (self->engine, (const guint8 *) head->str, head->len, &failure);
  if (written && length > 0 && strcmp (self->method, "HEAD") != 0)
    written = engine_reply_write (self->engine, data, length, &failure);
  request_end_answer (self);

  return written || lwsg_error_propagate (error, failure);
}

/* RFC 9110 sections 15.3.5 and 15.4.5. */
static gboolean
request_status_has_body (guint status)
{
  return status != 204 && status != 304;
}

static GString *
request_head (LwsgRequest *self, guint status, const char *content_type, gsize length)
{
  GString *head = g_string_sized_new (256);

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\n", status, wire_status_phrase (status));
  if (request_status_has_body (status))
    g_string_append_printf (head, "Content-Length: %zu\r\n", length);
  if (content_type != NULL)
    g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  g_string_append (head, "X-Content-Type-Options: nosniff\r\n");
  g_string_append_len (head, self->response_headers->str, (gssize) self->response_headers->len);
  g_string_append (head, "\r\n");

  return head;
}

static gboolean
request_check_field (const char *value, GError **error)
{
  if (value == NULL || wire_is_field_value (value))
    return TRUE;

  g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                       _("The value of a header must not have control characters"));
  return FALSE;
}

gboolean
lwsg_request_check_response_header (const char *name, const char *value, GError **error)
{
  static const char *const ours[] = { "Content-Length", "Content-Type", "Transfer-Encoding", "Connection",
                                      "X-Content-Type-Options" };

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    if (g_ascii_strcasecmp (name, ours[i]) == 0)
      {
        g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("The header %s is not the program's to set"),
                     ours[i]);
        return FALSE;
      }
  if (!wire_is_token (name, strlen (name)))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("The name of a header must be a token of letters, digits and a few signs"));
      return FALSE;
    }

  return request_check_field (value, error);
}

/**
 * lwsg_request_add_response_header:
 * @self: a request
 * @name: the name of a header
 * @value: its value
 * @error: return location for a #GError
 *
 * Adds a header to the answer that comes next, be it a body, a file or a redirection. Those
 * that frame the answer are not to be set: Content-Length, Content-Type, Transfer-Encoding
 * and Connection; nor is X-Content-Type-Options, which every answer has.
 *
 * Returns: %TRUE if the header can be sent; %FALSE with %LWSG_ERROR_INVALID_ARGUMENT if it
 *   is one of those, or has signs that no header may have
 *
 * Since: 1.0
 */
gboolean
lwsg_request_add_response_header (LwsgRequest *self, const char *name, const char *value, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (name != NULL && value != NULL, FALSE);

  if (!lwsg_request_check_response_header (name, value, error))
    return FALSE;
  g_string_append_printf (self->response_headers, "%s: %s\r\n", name, value);

  return TRUE;
}

/**
 * lwsg_request_respond:
 * @self: a request
 * @status: the HTTP status, 200 to 599
 * @content_type: (nullable): the media type of @body
 * @body: (nullable): the body; not sent to a HEAD request, nor with 204 and 304
 * @error: return location for a #GError
 *
 * Answers a request.
 *
 * Returns: %TRUE if the answer is on its way; %FALSE with %LWSG_ERROR_CLOSED if the client
 *   is gone or was answered already, or %LWSG_ERROR_INVALID_ARGUMENT
 *
 * Since: 1.0
 */
gboolean
lwsg_request_respond (LwsgRequest *self, guint status, const char *content_type, GBytes *body, GError **error)
{
  g_autoptr (GString) head = NULL;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);

  if (!request_begin_answer (self, status, error) || !request_check_field (content_type, error))
    return FALSE;

  if (!request_status_has_body (status))
    body = NULL;
  head = request_head (self, status, content_type, body != NULL ? g_bytes_get_size (body) : 0);

  return request_write (self, head, body, error);
}

static gboolean
request_is_redirection (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/**
 * lwsg_request_redirect:
 * @self: a request
 * @status: 301, 302, 303, 307 or 308
 * @location: where to, a URI or a path
 * @error: return location for a #GError
 *
 * Answers a request with a redirection.
 *
 * Returns: %TRUE if the answer is on its way; %FALSE with the errors of
 *   lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_redirect (LwsgRequest *self, guint status, const char *location, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (location != NULL, FALSE);

  if (!request_is_redirection (status) || !wire_is_visible (location))
    {
      g_set_error_literal (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT,
                           _("A redirection has a status of 301, 302, 303, 307 or 308, "
                             "and a location without spaces and controls"));
      return FALSE;
    }

  return request_begin_answer (self, status, error) &&
         lwsg_request_add_response_header (self, "Location", location, error) &&
         lwsg_request_respond (self, status, NULL, NULL, error);
}

/* --- files */

typedef struct {
  LwsgRequest *request;
  char *content_type;
} FileAnswer;

static gboolean
request_is_missing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
         g_error_matches (error, G_RESOURCE_ERROR, G_RESOURCE_ERROR_NOT_FOUND);
}

static void
request_on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  FileAnswer *answer = data;
  g_autoptr (LwsgRequest) request = answer->request;
  g_autofree char *content_type = answer->content_type;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (source), result, NULL, &error);

  g_free (answer);
  /* Loading was the answer so far. */
  request->answered = FALSE;
  if (bytes != NULL)
    lwsg_request_respond (request, 200, content_type, bytes, NULL);
  else
    lwsg_request_respond (request, request_is_missing (error) ? 404 : 500, NULL, NULL, NULL);
}

/* A file of some other place than this machine's file system. */
static void
request_load (LwsgRequest *self, GFile *file, const char *content_type)
{
  EngineContext *context = self->engine->context;
  GMainContext *main_context = context->driver->get_main_context (context->driver_data);
  FileAnswer *answer = g_new (FileAnswer, 1);

  *answer = (FileAnswer){ g_object_ref (self), g_strdup (content_type) };
  self->answered = TRUE;
  if (!self->held)
    lwsg_request_hold (self);

  /* The answer comes where the connection lives, wherever the program calls from. */
  g_main_context_push_thread_default (main_context);
  g_file_load_bytes_async (file, NULL, request_on_loaded, answer);
  g_main_context_pop_thread_default (main_context);
}

static char *
request_guess_type (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);

  return lwsg_media_type_of (name != NULL ? name : "");
}

gboolean
lwsg_request_respond_descriptor (LwsgRequest *self, int fd, const char *content_type)
{
  gboolean sent;

  if (!request_begin_answer (self, 200, NULL))
    {
      close (fd);
      return FALSE;
    }

  engine_context_hold (self->engine->context);
  sent = engine_reply_descriptor (self->engine, fd, content_type, self->response_headers->str, NULL);
  request_end_answer (self);

  return sent;
}

/**
 * lwsg_request_respond_file:
 * @self: a request
 * @file: a file
 * @content_type: (nullable): its media type; %NULL to guess it from the name, with UTF-8
 *   as the charset of text
 * @error: return location for a #GError
 *
 * Answers a request with a file. One of this machine's file system is sent while the main
 * loop runs, whatever its size, or with 304 if the client has that version of it; any other
 * is loaded first. It is always sent whole: ranges are not supported.
 *
 * The file is the program's choice: for one whose name comes from the request there is
 * lwsg_context_serve_directory(), which can't be led elsewhere.
 *
 * Returns: %TRUE if the file is on its way; %FALSE with %LWSG_ERROR_FAILED if it can't be
 *   read, and then the client was told so with 403, 404 or 500, or with the errors of
 *   lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_respond_file (LwsgRequest *self, GFile *file, const char *content_type, GError **error)
{
  g_autofree char *guessed = NULL;
  GError *failure = NULL;
  const char *path;
  gboolean sent;

  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);

  if (!request_begin_answer (self, 200, error) || !request_check_field (content_type, error))
    return FALSE;
  if (content_type == NULL)
    {
      guessed = request_guess_type (file);
      content_type = guessed;
    }

  path = g_file_peek_path (file);
  if (path == NULL)
    {
      request_load (self, file, content_type);
      return TRUE;
    }

  engine_context_hold (self->engine->context);
  sent = engine_reply_file (self->engine, path, content_type, self->response_headers->str, &failure);
  request_end_answer (self);

  return sent || lwsg_error_propagate (error, failure);
}

/**
 * lwsg_request_refuse:
 * @self: a request
 * @status: an HTTP status of 400 to 599
 * @error: return location for a #GError
 *
 * Refuses a request: a handshake inside of #LwsgProtocol::accept, whose handler has to
 * return %FALSE then, or a plain one, which is answered with a short text.
 *
 * Returns: %TRUE if it is refused; %FALSE with the errors of lwsg_request_respond()
 *
 * Since: 1.0
 */
gboolean
lwsg_request_refuse (LwsgRequest *self, guint status, GError **error)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), FALSE);

  if (status < 400 || status > 599)
    {
      g_set_error (error, LWSG_ERROR, LWSG_ERROR_INVALID_ARGUMENT, _("%u is no status to refuse with: 400 to 599 are"),
                   status);
      return FALSE;
    }
  if (self->opens)
    {
      self->refusal = status;
      return TRUE;
    }
  if (!request_begin_answer (self, status, error))
    return FALSE;

  engine_context_hold (self->engine->context);
  engine_reply_error (self->engine, status);
  request_end_answer (self);

  return TRUE;
}

/* --- what it asks for */

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

  return self->method;
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

  return self->path;
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
 * lwsg_request_get_header:
 * @self: a request
 * @name: the name of a header; case does not matter
 *
 * Gets a header of the request.
 *
 * Returns: (transfer none) (nullable): the value of the first header of that name, %NULL if
 *   there is none
 *
 * Since: 1.0
 */
const char *
lwsg_request_get_header (LwsgRequest *self, const char *name)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; self->names[i] != NULL; i++)
    if (g_ascii_strcasecmp (self->names[i], name) == 0)
      return self->values[i];

  return NULL;
}

/**
 * lwsg_request_list_headers:
 * @self: a request
 *
 * Lists the headers of the request.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, in order and as they came
 *
 * Since: 1.0
 */
char **
lwsg_request_list_headers (LwsgRequest *self)
{
  g_return_val_if_fail (LWSG_IS_REQUEST (self), NULL);

  return g_strdupv (self->names);
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

static void
lwsg_request_finalize (GObject *object)
{
  LwsgRequest *self = LWSG_REQUEST (object);

  if (self->engine != NULL && self->held)
    {
      engine_context_hold (self->engine->context);
      engine_reply_error (self->engine, 500);
      request_end_answer (self);
    }
  lwsg_request_detach (self);
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
      g_value_set_string (value, self->method);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
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
}
