/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../classic/stage.h"
#include "end.h"

#include <string.h>

/* The API gives callbacks no pointer of the program's own. */
static End *current;

/* LWS_CALLBACK_CLOSED follows, and tells of no connection that was open. */
static gboolean failing;

static int
on_event (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      current->opened++;
      current->connection = wsi;
      break;
    case LWS_CALLBACK_CLOSED:
      current->closed += failing ? 0 : 1;
      current->connection = NULL;
      failing = FALSE;
      break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      failing = TRUE;
      current->failed++;
      break;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      end_take_piece (current, in, len);
      break;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      end_take_pong (current, in, len);
      break;
    case LWS_CALLBACK_HTTP:
      return 1;
    default:
      break;
    }

  return 0;
}

static struct libwebsocket_protocols protocols[] = {
  { .name = END_SUBPROTOCOL_1, .callback = on_event },
  { .name = END_SUBPROTOCOL_2, .callback = on_event },
  { .name = NULL, .callback = on_event },
  { .callback = NULL },
};

static guint16
classic_listen (End *end)
{
  guint16 port;

  current = end;
  end->context = stage_listen (protocols, &port);

  return port;
}

static void
classic_dial (End *end, guint16 port, const char *subprotocols)
{
  current = end;
  if (end->context == NULL)
    end->context = libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, protocols, NULL, NULL, -1, -1);
  g_assert_nonnull (end->context);
  if (libwebsocket_client_connect (end->context, "127.0.0.1", port, 0, "/where?how", NULL, NULL, subprotocols) == NULL)
    end->failed++;
}

static void
classic_turn (End *end)
{
  g_assert_cmpint (libwebsocket_service (end->context, 0), ==, 0);
}

static int
classic_type (guint8 first_byte)
{
  int no_fin = first_byte & WIRE_FRAME_FIN ? 0 : LWS_WRITE_NO_FIN;

  switch (first_byte & WIRE_FRAME_OPCODE)
    {
    case WIRE_OPCODE_CONTINUATION:
      return LWS_WRITE_CONTINUATION | no_fin;
    case WIRE_OPCODE_TEXT:
      return LWS_WRITE_TEXT | no_fin;
    case WIRE_OPCODE_BINARY:
      return LWS_WRITE_BINARY | no_fin;
    case WIRE_OPCODE_CLOSE:
      return LWS_WRITE_CLOSE;
    case WIRE_OPCODE_PING:
      return LWS_WRITE_PING;
    default:
      return LWS_WRITE_PONG;
    }
}

static gboolean
classic_send (End *end, guint8 first_byte, const guint8 *payload, gsize length)
{
  const void *bytes = length > 0 ? (const void *) payload : "";

  return end->connection != NULL && stage_write (end->connection, bytes, length, classic_type (first_byte)) >= 0;
}

static void
classic_close (End *end, guint16 code, const char *reason)
{
  guint8 payload[WIRE_CONTROL_MAX];
  gsize length = wire_close_build (payload, code, reason, strlen (reason));

  g_assert_cmpint (stage_write (end->connection, payload, length, LWS_WRITE_CLOSE), >=, 0);
}

static void
classic_stop (End *end)
{
  if (end->context != NULL)
    libwebsocket_context_destroy (end->context);
  current = NULL;
}

const EndFace end_classic = {
  .name = "classic",
  .whole_messages = FALSE,
  .listen = classic_listen,
  .dial = classic_dial,
  .iteration = classic_turn,
  .send = classic_send,
  .close = classic_close,
  .stop = classic_stop,
};
