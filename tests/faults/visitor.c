/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "visitor.h"

#include <string.h>

#define VISITOR_BUFFER (64 * 1024)

struct _Visitor {
  GSocket *socket;              /* NULL once it is over */
  VisitorState state;
  char *request;                /* NULL once it was sent */
  gboolean upgrade;
  gboolean open;
  gboolean talks;
  gboolean refused;
  gsize expected;
  GByteArray *input;
};

/* A masking key of zeros leaves the payload as it is. */
static const guint8 hello_frame[] = { 0x81, 0x85, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

#define HELLO_LENGTH 5

static Visitor *
visitor_new (guint16 port, char *request, gsize expected)
{
  Visitor *visitor = g_new0 (Visitor, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, port);
  g_autoptr (GError) error = NULL;

  visitor->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (visitor->socket, FALSE);
  if (!g_socket_connect (visitor->socket, address, NULL, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING))
    visitor->state = VISITOR_LOST;
  visitor->request = request;
  visitor->expected = expected;
  visitor->input = g_byte_array_new ();

  return visitor;
}

static Visitor *
visitor_new_upgrade (guint16 port, gsize expected)
{
  Visitor *visitor = visitor_new (port,
                                  g_strdup ("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
                                  expected);

  visitor->upgrade = TRUE;

  return visitor;
}

Visitor *
visitor_new_echo (guint16 port)
{
  Visitor *visitor = visitor_new_upgrade (port, HELLO_LENGTH);

  visitor->talks = TRUE;

  return visitor;
}

Visitor *
visitor_new_listener (guint16 port, gsize expected)
{
  return visitor_new_upgrade (port, expected);
}

Visitor *
visitor_new_http (guint16 port, const char *path, gsize expected)
{
  return visitor_new (port,
                      g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path),
                      expected);
}

gboolean
visitor_is_open (Visitor *visitor)
{
  return visitor->open;
}

gboolean
visitor_is_refused (Visitor *visitor)
{
  return visitor->refused;
}

void
visitor_wait (Visitor *visitor, guint milliseconds)
{
  g_socket_condition_timed_wait (visitor->socket, G_IO_IN, milliseconds * G_TIME_SPAN_MILLISECOND, NULL, NULL);
}

static void
visitor_refuse (Visitor *visitor)
{
  visitor->state = VISITOR_LOST;
  visitor->refused = TRUE;
}

static void
visitor_send (Visitor *visitor, const void *bytes, gsize length)
{
  /* As little as this fits into any socket's buffer. */
  if (g_socket_send (visitor->socket, bytes, length, NULL, NULL) != (gssize) length)
    visitor->state = VISITOR_LOST;
}

/* The end of the head, 0 while there is none. */
static gsize
visitor_head_size (Visitor *visitor)
{
  const char *end = memmem (visitor->input->data, visitor->input->len, "\r\n\r\n", 4);

  return end != NULL ? (gsize) (end - (const char *) visitor->input->data) + 4 : 0;
}

/* Sums up the payload of all whole messages; the server sends each as one frame. */
static gsize
visitor_count_payload (Visitor *visitor)
{
  const guint8 *data = visitor->input->data;
  gsize left = visitor->input->len;
  gsize sum = 0;

  while (left >= 2)
    {
      gsize length = data[1] & 0x7f;
      gsize header = length < 126 ? 2 : length == 126 ? 4 : 10;

      if (left < header)
        break;
      if (header > 2)
        for (gsize i = length = 0; i < header - 2; i++)
          length = length << 8 | data[2 + i];
      if (left - header < length)
        break;
      if ((data[0] & 0x0f) == 1 || (data[0] & 0x0f) == 2)
        sum += length;
      data += header + length;
      left -= header + length;
    }

  return sum;
}

static void
visitor_look_at_head (Visitor *visitor)
{
  gsize head = visitor_head_size (visitor);

  if (head == 0)
    return;

  if (memcmp (visitor->input->data, "HTTP/1.1 101", 12) != 0)
    {
      visitor_refuse (visitor);
      return;
    }
  visitor->open = TRUE;
  g_byte_array_remove_range (visitor->input, 0, (guint) head);
  if (visitor->talks)
    visitor_send (visitor, hello_frame, sizeof hello_frame);
}

static void
visitor_look_at_input (Visitor *visitor)
{
  gsize head;

  if (visitor->upgrade && !visitor->open)
    visitor_look_at_head (visitor);
  if (visitor->open && visitor_count_payload (visitor) >= visitor->expected)
    visitor->state = VISITOR_SERVED;
  if (visitor->upgrade || visitor->state != VISITOR_WAITS)
    return;

  head = visitor_head_size (visitor);
  if (head > 0 && memcmp (visitor->input->data, "HTTP/1.1 200", 12) != 0)
    visitor_refuse (visitor);
  else if (head > 0 && visitor->input->len - head == visitor->expected)
    visitor->state = VISITOR_SERVED;
}

static void
visitor_receive (Visitor *visitor)
{
  g_autofree char *bytes = g_malloc (VISITOR_BUFFER);

  while (visitor->state == VISITOR_WAITS)
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_socket_receive (visitor->socket, bytes, VISITOR_BUFFER, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return;
      if (n > 0)
        {
          g_byte_array_append (visitor->input, (guint8 *) bytes, (guint) n);
          visitor_look_at_input (visitor);
        }
      else
        visitor->state = VISITOR_LOST;
    }
}

VisitorState
visitor_step (Visitor *visitor)
{
  GIOCondition condition;

  if (visitor->state != VISITOR_WAITS)
    return visitor->state;

  condition = g_socket_condition_check (visitor->socket, G_IO_IN | G_IO_OUT | G_IO_HUP | G_IO_ERR);
  if (visitor->request != NULL && condition & G_IO_OUT)
    {
      if (g_socket_check_connect_result (visitor->socket, NULL))
        visitor_send (visitor, visitor->request, strlen (visitor->request));
      else
        visitor->state = VISITOR_LOST;
      g_clear_pointer (&visitor->request, g_free);
    }
  if (visitor->state == VISITOR_WAITS && condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
    visitor_receive (visitor);

  return visitor->state;
}

void
visitor_free (Visitor *visitor)
{
  g_clear_object (&visitor->socket);
  g_byte_array_unref (visitor->input);
  g_free (visitor->request);
  g_free (visitor);
}
