/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"
#include "http-peer.h"

#include <string.h>

/* Every request is answered once and as a whole, whatever its handler does. */

#define MIB (1024 * 1024)
#define RESOURCE "resource:///lws-glib/"

typedef enum {
  DO_NOTHING,
  RESPOND,
  RESPOND_IMPOSSIBLY,
  REDIRECT,
  REFUSE,
  RESPOND_LOCAL_FILE,
  RESPOND_MISSING_FILE,
  RESPOND_LOADED_FILE,
  RESPOND_MISSING_LOADED_FILE,
  LOAD_AND_RESPOND,
  N_ACTIONS
} Action;

static const struct {
  const char *name;
  guint status;                 /* 0: as the handler's return value says */
} actions[N_ACTIONS] = {
  [DO_NOTHING] = { "nothing", 0 },
  [RESPOND] = { "respond", 200 },
  [RESPOND_IMPOSSIBLY] = { "respond-impossibly", 0 },
  [REDIRECT] = { "redirect", 302 },
  [REFUSE] = { "refuse", 429 },
  [RESPOND_LOCAL_FILE] = { "local-file", 200 },
  [RESPOND_MISSING_FILE] = { "missing-file", 404 },
  [RESPOND_LOADED_FILE] = { "loaded-file", 200 },
  [RESPOND_MISSING_LOADED_FILE] = { "missing-loaded-file", 404 },
  [LOAD_AND_RESPOND] = { "load-and-respond", 200 },
};

typedef struct {
  Action action;
  gboolean returns;
  gboolean keeps;               /* a reference to the request, beyond the handler */
  LwsgRequest *kept;
} Plan;

static void
respond_file (LwsgRequest *request, const char *uri, gboolean works)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  g_assert_cmpint (lwsg_request_respond_file (request, file, NULL, NULL), ==, works);
}

static void
act (LwsgRequest *request, Action action)
{
  g_autofree char *uri = g_filename_to_uri (g_test_get_filename (G_TEST_DIST, "page.txt", NULL), NULL, NULL);

  switch (action)
    {
    case RESPOND:
      g_assert_true (lwsg_request_respond (request, 200, NULL, NULL, NULL));
      break;
    case RESPOND_IMPOSSIBLY:
      g_assert_false (lwsg_request_respond (request, 99, NULL, NULL, NULL));
      g_assert_false (lwsg_request_respond (request, 200, "a\r\nb", NULL, NULL));
      break;
    case REDIRECT:
      g_assert_true (lwsg_request_redirect (request, 302, "/", NULL));
      break;
    case REFUSE:
      g_assert_true (lwsg_request_refuse (request, 429, NULL));
      break;
    case RESPOND_LOCAL_FILE:
      respond_file (request, uri, TRUE);
      break;
    case RESPOND_MISSING_FILE:
      respond_file (request, "file:///nonexistent/file", FALSE);
      break;
    case RESPOND_LOADED_FILE:
      respond_file (request, RESOURCE "page.txt", TRUE);
      break;
    case RESPOND_MISSING_LOADED_FILE:
      respond_file (request, RESOURCE "missing.txt", TRUE);
      break;
    case LOAD_AND_RESPOND:
      respond_file (request, RESOURCE "page.txt", TRUE);
      respond_file (request, RESOURCE "page.txt", FALSE);
      g_assert_false (lwsg_request_respond (request, 201, NULL, NULL, NULL));
      g_assert_false (lwsg_request_refuse (request, 500, NULL));
      g_assert_false (lwsg_request_add_response_header (request, "X-Late", "1", NULL));
      break;
    case DO_NOTHING:
    case N_ACTIONS:
      break;
    }
}

static gboolean
follow_plan (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  Plan *plan = user_data;

  g_assert_true (lwsg_request_add_response_header (request, "X-Mine", "1", NULL));
  act (request, plan->action);
  if (plan->keeps)
    g_set_object (&plan->kept, request);

  return plan->returns;
}

/* Two requests at once: the second one is answered only if the first one's answer has a clear
 * end, or the connection ends with it. */
static void
run_plan (Duo *duo, Plan *plan)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };
  g_autofree char *mine = NULL;
  guint status = actions[plan->action].status;

  if (status == 0)
    status = plan->returns ? 500 : 404;
  g_test_message ("%s, returns %d, keeps %d", actions[plan->action].name, plan->returns, plan->keeps);
  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  if (plan->keeps && plan->returns && actions[plan->action].status == 0)
    {
      /* Nothing is said before the program does, or gives it up. */
      DUO_UNTIL (plan->kept != NULL);
      duo_let_pass (duo);
      g_assert_cmpuint (peer->input->len, ==, 0);
      g_clear_object (&plan->kept);
    }
  http_ask (peer, NULL, &response);
  g_assert_cmpuint (response.status, ==, status);
  mine = http_header (&response, "X-Mine");
  g_assert_cmpstr (mine, ==, "1");
  g_assert_null (strstr (response.head, "X-Late"));
  if (plan->action == RESPOND_LOADED_FILE || plan->action == LOAD_AND_RESPOND)
    g_assert_cmpstr (response.body, ==, "A page in the program.\n");
  g_clear_object (&plan->kept);
  raw_peer_shutdown (peer);
  raw_peer_expect_end (peer);
}

static void
test_every_request_ends (Duo *duo, gconstpointer data)
{
  Plan plan = { 0 };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (follow_plan), &plan);
  for (guint i = 0; i < 4 * N_ACTIONS; i++)
    {
      plan.action = i / 4;
      plan.returns = i % 2 == 1;
      plan.keeps = i % 4 >= 2;
      run_plan (duo, &plan);
    }
}

static gboolean
respond_later (gpointer user_data)
{
  Plan *plan = user_data;

  act (plan->kept, plan->action);
  g_clear_object (&plan->kept);

  return G_SOURCE_REMOVE;
}

static gboolean
keep_for_later (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  Plan *plan = user_data;

  g_set_object (&plan->kept, request);
  g_idle_add (respond_later, plan);

  return TRUE;
}

static void
test_later (Duo *duo, gconstpointer data)
{
  Plan plan = { 0 };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (keep_for_later), &plan);
  for (plan.action = 0; plan.action < N_ACTIONS; plan.action++)
    {
      g_autoptr (RawPeer) peer = http_connect (duo->port);
      g_auto (HttpReply) response = { 0 };
      guint status = actions[plan.action].status;

      http_ask (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
      g_assert_cmpuint (response.status, ==, status != 0 ? status : 500);
    }
}

static gboolean
keep_only (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_set_object ((LwsgRequest **) user_data, request);

  return TRUE;
}

/* No client waits for ever, and none that has silently gone is kept. */
static void
test_never (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (LwsgRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (HttpReply) response = { 0 };

  duo->server->engine->limits.answer_ticks = 0;
  g_signal_connect (duo->server, "http-request", G_CALLBACK (keep_only), &request);
  http_ask (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", &response);
  g_assert_cmpuint (response.status, ==, 503);
  raw_peer_expect_end (peer);
  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
  g_assert_false (lwsg_request_refuse (request, 500, NULL));
}

/* The client goes, or the context, while the file is being loaded. */
static gboolean
load_and_close (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  act (request, RESPOND_LOADED_FILE);
  lwsg_context_close (context);
  g_set_object ((LwsgRequest **) user_data, request);

  return FALSE;
}

static void
test_closed_while_loading (Duo *duo, gconstpointer data)
{
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_autoptr (LwsgRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (duo->server, "http-request", G_CALLBACK (load_and_close), &request);
  raw_peer_send_text (peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  raw_peer_expect_lost (peer);
  DUO_UNTIL (request != NULL);
  /* Whoever loads holds a reference until it is done. */
  DUO_UNTIL (G_OBJECT (request)->ref_count == 1);
  g_assert_false (lwsg_request_respond (request, 200, NULL, NULL, &error));
  g_assert_error (error, LWSG_ERROR, LWSG_ERROR_CLOSED);
}

/* --- what every answer says */

static gboolean
respond_body (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  const char *path = lwsg_request_get_path (request);

  g_assert_true (
    lwsg_request_respond (request, (guint) g_ascii_strtoull (path + 1, NULL, 10), NULL, user_data, NULL));

  return TRUE;
}

static void
expect_header (const HttpReply *response, const char *name, const char *value)
{
  g_autofree char *got = http_header (response, name);

  g_assert_cmpstr (got, ==, value);
}

static void
test_connection_header (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *request;
    const char *says;
  } cases[] = {
    { "GET /200 HTTP/1.1\r\nHost: a\r\n\r\n", "keep-alive" },
    { "GET /200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close" },
    { "GET /200 HTTP/1.0\r\nHost: a\r\n\r\n", "close" },
    { "GET /200 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "keep-alive" },
    { "HEAD /200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close" },
  };
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);

  g_signal_connect (duo->server, "http-request", G_CALLBACK (respond_body), body);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = http_connect (duo->port);
      g_auto (HttpReply) response = { 0 };

      http_ask (peer, cases[i].request, &response);
      expect_header (&response, "Connection", cases[i].says);
      expect_header (&response, "X-Content-Type-Options", "nosniff");
      g_assert_nonnull (strstr (response.head, "\r\nDate: "));
      if (strcmp (cases[i].says, "close") == 0)
        raw_peer_expect_end (peer);
      else
        http_ask (peer, cases[i].request, &response);
    }
}

/* RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5: what follows their heads is the next answer. */
static void
test_without_body (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *target;
    const char *length;
  } cases[] = { { "/204", NULL }, { "/205", "0" }, { "/304", NULL } };
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
  g_autoptr (RawPeer) peer = http_connect (duo->port);
  g_auto (HttpReply) response = { 0 };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (respond_body), body);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].target);

      http_ask (peer, request, &response);
      expect_header (&response, "Content-Length", cases[i].length);
    }
  http_ask (peer, "GET /200 HTTP/1.1\r\nHost: a\r\n\r\n", &response);
  g_assert_cmpstr (response.body, ==, "hello");
}

/* A body is one thing: the limit is for those that pile up. */
static void
test_body_above_limit (Duo *duo, gconstpointer data)
{
  const gsize size = duo->server->limits.output_limit + MIB;
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (size), size);
  g_auto (HttpReply) response = { 0 };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (respond_body), body);
  http_get (duo->port, "/200", &response);
  g_assert_cmpuint (response.length, ==, size);
}

/* --- headers of the request */

static gboolean
tell_header (LwsgContext *context, LwsgRequest *request, gpointer user_data)
{
  g_auto (GStrv) values = lwsg_request_get_headers (request, "x-forwarded-FOR");
  g_auto (GStrv) none = lwsg_request_get_headers (request, "X-Absent");
  g_autofree char *text = g_strjoinv ("|", values);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_cmpstr (lwsg_request_get_header (request, "X-Forwarded-For"), ==, values[0]);
  for (guint i = 0; values[i] != NULL; i++)
    g_assert_true (g_utf8_validate (values[i], -1, NULL));
  g_assert_true (lwsg_request_respond (request, 200, NULL, body, NULL));

  return TRUE;
}

static void
test_header_values (Duo *duo, gconstpointer data)
{
  static const struct {
    const char *headers;
    const char *values;
  } cases[] = {
    { "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 10.0.0.1, 10.0.0.2\r\n", "6.6.6.6|10.0.0.1, 10.0.0.2" },
    { "X-Forwarded-For:\r\nX-Other: 1\r\nX-Forwarded-For: a\r\n", "|a" },
    { "X-Forwarded-For: Zo\xc3\xab\r\n", "Zo\xc3\xab" },
    /* Not UTF-8: ISO-8859-1, of which nothing is lost. */
    { "X-Forwarded-For: Zo\xeb\r\n", "Zo\xc3\xab" },
    { "X-Forwarded-For: \x80\xff\r\n", "\xc2\x80\xc3\xbf" },
    { "X-Forwarded-For: \xed\xa0\x80\r\n", "\xc3\xad\xc2\xa0\xc2\x80" },
    { "X-Forwarded-For: \xc0\xaf\r\n", "\xc3\x80\xc2\xaf" },
  };

  g_signal_connect (duo->server, "http-request", G_CALLBACK (tell_header), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = http_connect (duo->port);
      g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", cases[i].headers);
      g_auto (HttpReply) response = { 0 };

      http_ask (peer, request, &response);
      g_assert_cmpstr (response.body, ==, cases[i].values);
    }
}

static void
add_test (const char *path, DuoFunc func)
{
  g_test_add (path, Duo, GINT_TO_POINTER (DUO_TCP), duo_set_up, func, duo_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("/object/request-answer/every-request-ends", test_every_request_ends);
  add_test ("/object/request-answer/later", test_later);
  add_test ("/object/request-answer/never", test_never);
  add_test ("/object/request-answer/closed-while-loading", test_closed_while_loading);
  add_test ("/object/request-answer/connection-header", test_connection_header);
  add_test ("/object/request-answer/without-body", test_without_body);
  add_test ("/object/request-answer/body-above-limit", test_body_above_limit);
  add_test ("/object/request-answer/header-values", test_header_values);

  return g_test_run ();
}
