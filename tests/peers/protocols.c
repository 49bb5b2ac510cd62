/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "protocols.h"

#include <string.h>

/* The longest text that is sent in answer to a command. */
#define ANSWER_MAX 256

PeerCounts peer_counts;

void
peer_counts_reset (void)
{
  g_free (peer_counts.failure);
  memset (&peer_counts, 0, sizeof peer_counts);
}

/* What all protocols do alike. */
static void
count (enum libwebsocket_callback_reasons reason, const char *in, size_t len)
{
  static gboolean failing;

  switch (reason)
    {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      peer_counts.established++;
      break;
    case LWS_CALLBACK_CLOSED:
      peer_counts.closed += failing ? 0 : 1;
      failing = FALSE;
      break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      /* LWS_CALLBACK_CLOSED follows at once. */
      failing = TRUE;
      peer_counts.failed++;
      g_free (peer_counts.failure);
      peer_counts.failure = g_strndup (in, len);
      break;
    default:
      break;
    }
}

/* --- echo */

/* A large frame comes in pieces, which go back as fragments. Nothing more is received
 * until they have left: who sends faster than it reads gets held up. */
static int
echo (struct libwebsocket *wsi, unsigned char *payload, size_t length, int type)
{
  gboolean more = libwebsockets_remaining_packet_payload (wsi) > 0;

  if (libwebsocket_write (wsi, payload, length, more ? type | LWS_WRITE_NO_FIN : type) < 0 ||
      libwebsocket_rx_flow_control (wsi, FALSE) < 0)
    return -1;

  return libwebsocket_callback_on_writable (wsi);
}

static int
on_echo (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *in, size_t len, int type)
{
  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      return echo (wsi, in, len, type);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return libwebsocket_rx_flow_control (wsi, TRUE);
    default:
      count (reason, in, len);
      return 0;
    }
}

static int
on_binary (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  return on_echo (wsi, reason, in, len, LWS_WRITE_BINARY);
}

static int
on_text (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  return on_echo (wsi, reason, in, len, LWS_WRITE_TEXT);
}

/* --- fan */

static int
on_fan (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      return libwebsockets_broadcast (libwebsockets_get_protocol (wsi), in, len);
    case LWS_CALLBACK_BROADCAST:
      return libwebsocket_write (wsi, in, len, LWS_WRITE_TEXT);
    default:
      count (reason, in, len);
      return 0;
    }
}

/* --- command */

static int
write_padded (struct libwebsocket *wsi, const void *payload, size_t length, int type)
{
  unsigned char buffer[LWS_SEND_BUFFER_PRE_PADDING + ANSWER_MAX + LWS_SEND_BUFFER_POST_PADDING];
  unsigned char *room = buffer + LWS_SEND_BUFFER_PRE_PADDING;

  g_assert_cmpuint (length, <=, ANSWER_MAX);
  memcpy (room, payload, length);

  return libwebsocket_write (wsi, room, length, type);
}

static int
command_split (struct libwebsocket *wsi, const char *argument)
{
  char *text;
  size_t size = g_ascii_strtoull (argument, &text, 10);
  size_t left = strlen (++text);
  int type = LWS_WRITE_TEXT;

  g_assert_cmpuint (size, >, 0);
  for (; left > size; left -= size, text += size, type = LWS_WRITE_CONTINUATION)
    {
      if (write_padded (wsi, text, size, type | LWS_WRITE_NO_FIN) < 0)
        return -1;
    }

  return write_padded (wsi, text, left, type);
}

static int
command_close (struct libwebsocket *wsi, const char *argument)
{
  char *reason;
  guint16 code = GUINT16_TO_BE ((guint16) g_ascii_strtoull (argument, &reason, 10));
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  reason++;
  g_byte_array_append (payload, (const guint8 *) &code, sizeof code);
  g_byte_array_append (payload, (const guint8 *) reason, (guint) strlen (reason));

  return write_padded (wsi, payload->data, payload->len, LWS_WRITE_CLOSE);
}

static int
command_run (struct libwebsocket *wsi, const char *command)
{
  g_auto (GStrv) words = g_strsplit (command, " ", 2);

  if (g_str_equal (words[0], "ping"))
    return write_padded (wsi, words[1], strlen (words[1]), LWS_WRITE_PING);
  if (g_str_equal (words[0], "split"))
    return command_split (wsi, words[1]);
  if (g_str_equal (words[0], "close"))
    return command_close (wsi, words[1]);
  if (g_str_equal (words[0], "client-close"))
    {
      libwebsocket_client_close (wsi);
      return 0;
    }
  g_assert_cmpstr (words[0], ==, "return");

  return 1;
}

static int
on_command (struct libwebsocket *wsi, enum libwebsocket_callback_reasons reason, void *user, void *in, size_t len)
{
  g_autofree char *answer = NULL;

  switch (reason)
    {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      return command_run (wsi, in);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      answer = g_strconcat ("pong ", (const char *) in, NULL);
      return write_padded (wsi, answer, strlen (answer), LWS_WRITE_TEXT);
    default:
      count (reason, in, len);
      return 0;
    }
}

struct libwebsocket_protocols peer_protocols[] = {
  { .name = "text", .callback = on_text },       { .name = "binary", .callback = on_binary },
  { .name = NULL, .callback = on_binary },       { .name = "fan", .callback = on_fan },
  { .name = "command", .callback = on_command }, { .callback = NULL },
};
