/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "classic.h"

#include "visitor.h"

#include "engine/connection/context-private.h"
#include "engine/server/listener-private.h"

#include <glib/gstdio.h>
#include <string.h>

#define HELLO "hello"

#define STORM_VISITORS 20

#define SMALL_FILE 100

static Classic *stage;
static char *directory;         /* of the files */

static guint8 large[LWS_SEND_BUFFER_PRE_PADDING + CLASSIC_LARGE + LWS_SEND_BUFFER_POST_PADDING];

static void
classic_report (Classic *classic)
{
  run_report (classic->run);
  classic->failed = TRUE;
}

int
classic_write (Classic *classic, struct libwebsocket *wsi, const void *bytes, gsize length)
{
  int result;

  memcpy (large + LWS_SEND_BUFFER_PRE_PADDING, bytes, length);
  result = libwebsocket_write (wsi, large + LWS_SEND_BUFFER_PRE_PADDING, length, LWS_WRITE_BINARY);
  if (result < 0)
    classic_report (classic);

  return result;
}

static void
client_received (Classic *classic, gsize length)
{
  static const guint8 zeros[CLASSIC_LARGE];

  classic->received += length;
  if (classic->received == strlen (HELLO))
    classic_write (classic, classic->client, zeros, sizeof zeros);
  else if (classic->received == strlen (HELLO) + CLASSIC_LARGE)
    classic->run->done = TRUE;
}

static void
serve_file (Classic *classic, struct libwebsocket *wsi, const char *target)
{
  g_autofree char *path = g_build_filename (directory, target, NULL);

  if (libwebsockets_serve_http_file (wsi, path, "text/plain") != 0)
    classic_report (classic);
}

static int
callback_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
      classic_write (stage, wsi, in, len);
      return 0;
    case LWS_CALLBACK_BROADCAST:
      if (libwebsocket_write (wsi, in, len, LWS_WRITE_BINARY) < 0)
        classic_report (stage);
      return 0;
    case LWS_CALLBACK_ESTABLISHED:
      fault_free_shrink (libwebsocket_get_socket_fd (wsi));
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      fault_free_shrink (libwebsocket_get_socket_fd (wsi));
      classic_write (stage, wsi, HELLO, strlen (HELLO));
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      client_received (stage, len);
      return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED:
      classic_report (stage);
      return 0;
    case LWS_CALLBACK_HTTP:
      serve_file (stage, wsi, in);
      return 0;
    default:
      return 0;
    }
}

struct libwebsocket_protocols classic_protocols[] = {
  { .name = "echo", .callback = callback_echo },
  { .callback = NULL },
};

gboolean
classic_turn (gpointer data)
{
  Classic *classic = data;

  if (libwebsocket_service (classic->context, RUN_TURN_MS) == 0)
    return TRUE;

  classic_report (classic);

  return FALSE;
}

gboolean
classic_begin (Classic *classic, Run *run)
{
  GError *error = NULL;

  *classic = (Classic){ .run = run };
  stage = classic;
  classic->context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, classic_protocols, NULL, NULL, -1, -1);
  if (classic->context == NULL)
    {
      run_report (run);
      return FALSE;
    }

  classic->context->tick_microseconds = run_get_tick ();
  if (engine_listener_open (classic->context, 0, &error))
    classic->port = engine_listener_port (classic->context->listeners->pdata[0]);
  if (classic->port == 0)
    {
      run_report (run);
      g_clear_error (&error);
      libwebsocket_context_destroy (classic->context);
      return FALSE;
    }
  run->loop = TRUE;

  return TRUE;
}

void
classic_end (Classic *classic)
{
  classic->run->over = TRUE;
  run_check_rest (classic->run, classic_turn, classic);
  fault_lift ();
  run_check_serving (classic->run, classic_turn, classic, classic->port);
  libwebsocket_context_destroy (classic->context);
}

/* --- a server and a client that knows its name */

void
scenario_classic_echo (Run *run)
{
  Classic classic;

  if (!classic_begin (&classic, run))
    return;

  classic.client = libwebsocket_client_connect (classic.context, "localhost", classic.port, 0, "/", NULL, NULL, "echo");
  if (classic.client == NULL)
    classic_report (&classic);
  RUN_UNTIL (run, classic_turn, &classic, run->done || classic.failed || run_gives_up (run));
  classic_end (&classic);
}

/* --- many at once */

static gboolean
storm_is_over (Visitor **visitors, guint *lost)
{
  guint waiting = 0;

  *lost = 0;
  for (guint i = 0; i < STORM_VISITORS; i++)
    {
      waiting += visitor_step (visitors[i]) == VISITOR_WAITS;
      *lost += visitor_step (visitors[i]) == VISITOR_LOST;
    }

  return waiting == 0;
}

void
scenario_classic_storm (Run *run)
{
  Visitor *visitors[STORM_VISITORS];
  guint lost = 0;
  Classic classic;

  if (!classic_begin (&classic, run))
    return;

  for (guint i = 0; i < STORM_VISITORS; i++)
    visitors[i] = visitor_new_echo (classic.port);
  /* As long as nobody is accepted, all of them wait. */
  RUN_UNTIL (run, classic_turn, &classic, storm_is_over (visitors, &lost) || run_gives_up (run));
  run->done = storm_is_over (visitors, &lost) && lost == 0;
  for (guint i = 0; i < STORM_VISITORS; i++)
    visitor_free (visitors[i]);
  classic_end (&classic);
}

/* --- files */

static void
make_file (const char *name, gsize size)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *content = g_malloc0 (size);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, content, (gssize) size, &error);
  g_assert_no_error (error);
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_unlink (path);
}

static gboolean
fetch (Classic *classic, const char *path, gsize size)
{
  g_autoptr (Visitor) visitor = visitor_new_http (classic->port, path, size);

  RUN_UNTIL (classic->run, classic_turn, classic,
             visitor_step (visitor) != VISITOR_WAITS || run_gives_up (classic->run));

  return visitor_step (visitor) == VISITOR_SERVED;
}

void
scenario_classic_files (Run *run)
{
  Classic classic;

  directory = g_dir_make_tmp ("lws-glib-XXXXXX", NULL);
  g_assert_nonnull (directory);
  make_file ("small", SMALL_FILE);
  make_file ("large", CLASSIC_LARGE);

  if (classic_begin (&classic, run))
    {
      run->done = fetch (&classic, "/small", SMALL_FILE);
      run->done = fetch (&classic, "/large", CLASSIC_LARGE) && run->done;
      classic_end (&classic);
    }

  remove_file ("small");
  remove_file ("large");
  g_rmdir (directory);
  g_clear_pointer (&directory, g_free);
}
