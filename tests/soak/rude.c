/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rude.h"

#include <string.h>
#include <sys/socket.h>

/* How long one connection lasts, at most. */
#define LIFE_MAX_MS 6000

/* Between two things that it does. */
#define STEP_MAX_MS 1500

#define REQUEST                                                                                                    \
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                             \
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"                                   \
  "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

typedef enum {
  RUDE_SILENT,                  /* says nothing */
  RUDE_HALF_HEAD,               /* stalls in its handshake */
  RUDE_GARBAGE,
  RUDE_HTTP,
  RUDE_TALKER,                  /* sends messages, and reads */
  RUDE_DEAF,                    /* sends messages, and does not read */
  RUDE_HALF_FRAME,              /* announces much, and sends little */
  RUDE_PINGS,

  RUDE_N_KINDS
} RudeKind;

struct _Rude {
  guint16 port;
  guint64 *count;
  RudeKind kind;
  GSocket *socket;
  gboolean began;
  gint64 end;
  guint step;                   /* a GSource */
};

static void rude_schedule (Rude *rude);

/* Whatever the kernel takes: nobody waits for them. */
static void
rude_send (Rude *rude, const void *bytes, gsize length)
{
  g_socket_send (rude->socket, bytes, length, NULL, NULL);
}

static void
rude_read (Rude *rude)
{
  char bytes[4096];

  while (g_socket_receive (rude->socket, bytes, sizeof bytes, NULL, NULL) > 0)
    ;
}

/* Masked with zeros. @announced may be more than what is sent. */
static void
rude_send_frame (Rude *rude, guint8 first_byte, guint16 announced, guint16 length)
{
  g_autofree guint8 *frame = g_malloc0 (8 + (gsize) length);

  frame[0] = first_byte;
  if (announced < 126)
    {
      frame[1] = (guint8) (0x80 | announced);
      rude_send (rude, frame, 6 + (gsize) length);
      return;
    }
  frame[1] = 0x80 | 126;
  frame[2] = (guint8) (announced >> 8);
  frame[3] = (guint8) announced;
  rude_send (rude, frame, 8 + (gsize) length);
}

static void
rude_begin (Rude *rude)
{
  char garbage[512];

  rude->began = TRUE;
  switch (rude->kind)
    {
    case RUDE_SILENT:
      return;
    case RUDE_HALF_HEAD:
      rude_send (rude, REQUEST, (gsize) g_random_int_range (1, (gint32) strlen (REQUEST)));
      return;
    case RUDE_GARBAGE:
      for (gsize i = 0; i < sizeof garbage; i++)
        garbage[i] = (char) g_random_int_range (0, 256);
      rude_send (rude, garbage, sizeof garbage);
      return;
    case RUDE_HTTP:
      rude_send (rude, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 43);
      return;
    default:
      rude_send (rude, REQUEST, strlen (REQUEST));
      return;
    }
}

static void
rude_go_on (Rude *rude)
{
  guint16 length = (guint16) g_random_int_range (0, 20000);

  switch (rude->kind)
    {
    case RUDE_TALKER:
      rude_send_frame (rude, 0x82, length, length);
      rude_read (rude);
      return;
    case RUDE_DEAF:
      rude_send_frame (rude, 0x82, length, length);
      return;
    case RUDE_HALF_FRAME:
      rude_send_frame (rude, 0x82, 60000, 100);
      return;
    case RUDE_PINGS:
      for (guint i = 0; i < 100; i++)
        rude_send_frame (rude, 0x89, 10, 10);
      return;
    default:
      rude_read (rude);
      return;
    }
}

/* Half of them end with a reset. */
static void
rude_end (Rude *rude)
{
  const struct linger at_once = { .l_onoff = 1 };

  if (rude->socket == NULL)
    return;

  if (g_random_boolean ())
    setsockopt (g_socket_get_fd (rude->socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_clear_object (&rude->socket);
}

static void
rude_connect (Rude *rude)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, rude->port);

  rude->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_nonnull (rude->socket);
  g_socket_set_blocking (rude->socket, FALSE);
  g_socket_connect (rude->socket, address, NULL, NULL);
  rude->kind = (RudeKind) g_random_int_range (0, RUDE_N_KINDS);
  rude->began = FALSE;
  rude->end = g_get_monotonic_time () + g_random_int_range (0, LIFE_MAX_MS) * G_TIME_SPAN_MILLISECOND;
  (*rude->count)++;
}

static gboolean
on_step (gpointer data)
{
  Rude *rude = data;

  if (rude->socket == NULL)
    rude_connect (rude);
  else if (g_get_monotonic_time () >= rude->end)
    rude_end (rude);
  else if (!rude->began)
    rude_begin (rude);
  else
    rude_go_on (rude);
  rude_schedule (rude);

  return G_SOURCE_REMOVE;
}

static void
rude_schedule (Rude *rude)
{
  rude->step = g_timeout_add ((guint) g_random_int_range (0, STEP_MAX_MS), on_step, rude);
}

Rude *
rude_new (guint port, guint64 *count)
{
  Rude *rude = g_new0 (Rude, 1);

  rude->port = (guint16) port;
  rude->count = count;
  rude_schedule (rude);

  return rude;
}

void
rude_free (Rude *rude)
{
  g_source_remove (rude->step);
  rude_end (rude);
  g_free (rude);
}
