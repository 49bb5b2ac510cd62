/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include "wire/handshake-private.h"
#include "wire/http-status-private.h"
#include "wire/mask-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a pump waits when nothing is there. */
#define PUMP_MILLISECONDS 1

const char raw_peer_upgrade_request[] =
  "GET / HTTP/1.1\r\n"
  "Host: localhost\r\n"
  "Upgrade: websocket\r\n"
  "Connection: Upgrade\r\n"
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
  "Sec-WebSocket-Version: 13\r\n"
  "\r\n";

RawPeer *
raw_peer_new (int fd, RawPeerTurn iteration, gpointer loop_data)
{
  RawPeer *peer = g_new0 (RawPeer, 1);
  const int one = 1;

  g_assert_cmpint (fcntl (fd, F_SETFL, O_NONBLOCK), ==, 0);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  peer->fd = fd;
  peer->iteration = iteration;
  peer->loop_data = loop_data;
  peer->input = g_byte_array_new ();

  return peer;
}

RawPeer *
raw_peer_connect_small (guint16 port, int receive_buffer, RawPeerTurn iteration, gpointer loop_data)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  if (receive_buffer > 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  /* The kernel answers for the listener: no iteration is needed. */
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);

  return raw_peer_new (fd, iteration, loop_data);
}

RawPeer *
raw_peer_connect (guint16 port, RawPeerTurn iteration, gpointer loop_data)
{
  return raw_peer_connect_small (port, 0, iteration, loop_data);
}

void
raw_peer_free (RawPeer *peer)
{
  if (peer->layer != NULL)
    peer->layer->free (peer);
  if (peer->fd >= 0)
    close (peer->fd);
  g_byte_array_unref (peer->input);
  g_free (peer);
}

int
raw_listen (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 16), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  *port = ntohs (address.sin_port);

  return fd;
}

static gint64
patience (void)
{
  return g_get_monotonic_time () + RAW_PEER_PATIENCE;
}

static void
check_patience (gint64 end, const char *what)
{
  if (g_get_monotonic_time () > end)
    g_error ("Waited in vain for %s", what);
}

RawPeer *
raw_accept (int listener, RawPeerTurn iteration, gpointer loop_data)
{
  gint64 end = patience ();
  int fd;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
    {
      g_assert_cmpint (errno, ==, EAGAIN);
      check_patience (end, "a connection");
      iteration (loop_data);
      g_poll (&(GPollFD){ .fd = listener, .events = G_IO_IN }, 1, PUMP_MILLISECONDS);
    }

  return raw_peer_new (fd, iteration, loop_data);
}

/* --- reading */

static gssize
peer_receive (RawPeer *peer, void *buffer, gsize length)
{
  return peer->layer != NULL ? peer->layer->receive (peer, buffer, length) : recv (peer->fd, buffer, length, 0);
}

static void
peer_take_input (RawPeer *peer)
{
  guint8 buffer[64 * 1024];
  gssize n;

  if (peer->ended || peer->reset)
    return;

  while ((n = peer_receive (peer, buffer, sizeof buffer)) > 0)
    g_byte_array_append (peer->input, buffer, (guint) n);
  if (n == 0)
    peer->ended = TRUE;
  else if (errno != EAGAIN)
    peer->reset = TRUE;
}

void
raw_peer_pump (RawPeer *peer)
{
  GPollFD poll_fd = { .fd = peer->fd, .events = G_IO_IN };

  if (peer->iteration != NULL)
    peer->iteration (peer->loop_data);
  if (!peer->ended && !peer->reset)
    g_poll (&poll_fd, 1, PUMP_MILLISECONDS);
  peer_take_input (peer);
}

static void
peer_wait_for (RawPeer *peer, gsize length, const char *what)
{
  gint64 end = patience ();

  while (peer->input->len < length)
    {
      if (peer->ended || peer->reset)
        g_error ("The connection was %s instead of %s", peer->ended ? "closed" : "reset", what);
      check_patience (end, what);
      raw_peer_pump (peer);
    }
}

void
raw_peer_read (RawPeer *peer, gsize length, guint8 *out)
{
  if (length == 0)
    return;

  peer_wait_for (peer, length, "so many bytes");
  memcpy (out, peer->input->data, length);
  g_byte_array_remove_range (peer->input, 0, (guint) length);
}

char *
raw_peer_read_head (RawPeer *peer)
{
  const char *found;
  char *head;

  for (gsize wanted = 1;; wanted = peer->input->len + 1)
    {
      peer_wait_for (peer, wanted, "a head");
      found = memmem (peer->input->data, peer->input->len, "\r\n\r\n", 4);
      if (found != NULL)
        break;
    }
  head = g_strndup ((const char *) peer->input->data, (gsize) (found + 4 - (const char *) peer->input->data));
  g_byte_array_remove_range (peer->input, 0, (guint) strlen (head));

  return head;
}

void
raw_peer_read_frame (RawPeer *peer, RawFrame *frame)
{
  guint8 start[2];
  guint8 extended[8];
  guint length_size;
  guint32 key = 0;

  raw_peer_read (peer, sizeof start, start);
  frame->first_byte = start[0];
  frame->masked = (start[1] & WIRE_FRAME_MASKED) != 0;
  frame->length = start[1] & WIRE_FRAME_LENGTH;
  length_size = frame->length == WIRE_FRAME_LENGTH_16 ? 2 : frame->length == WIRE_FRAME_LENGTH_64 ? 8 : 0;
  if (length_size > 0)
    {
      raw_peer_read (peer, length_size, extended);
      frame->length = 0;
      for (guint i = 0; i < length_size; i++)
        frame->length = frame->length << 8 | extended[i];
    }
  if (frame->masked)
    raw_peer_read (peer, sizeof key, (guint8 *) &key);
  frame->payload = g_malloc (frame->length + 1);
  raw_peer_read (peer, frame->length, frame->payload);
  if (frame->masked)
    wire_mask (frame->payload, frame->length, key);
}

void
raw_frame_clear (RawFrame *frame)
{
  g_clear_pointer (&frame->payload, g_free);
}

void
raw_peer_expect_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length)
{
  RawFrame frame;

  raw_peer_read_frame (peer, &frame);
  g_assert_cmphex (frame.first_byte, ==, first_byte);
  g_assert_cmpmem (frame.payload, frame.length, payload, length);
  raw_frame_clear (&frame);
}

void
raw_peer_expect_close (RawPeer *peer, guint16 code)
{
  RawFrame frame;

  raw_peer_read_frame (peer, &frame);
  g_assert_cmphex (frame.first_byte, ==, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE);
  if (code == WIRE_CLOSE_NO_STATUS)
    g_assert_cmpuint (frame.length, ==, 0);
  else
    {
      g_assert_cmpuint (frame.length, >=, 2);
      g_assert_cmpuint (frame.payload[0] << 8 | frame.payload[1], ==, code);
    }
  raw_frame_clear (&frame);
}

void
raw_peer_expect_end (RawPeer *peer)
{
  gint64 end = patience ();

  while (!peer->ended)
    {
      check_patience (end, "the end");
      g_assert_false (peer->reset);
      raw_peer_pump (peer);
    }
  g_assert_cmpuint (peer->input->len, ==, 0);
}

void
raw_peer_expect_lost (RawPeer *peer)
{
  gint64 end = patience ();

  while (!peer->reset && !peer->ended)
    {
      check_patience (end, "the end in any way");
      raw_peer_pump (peer);
    }
  g_byte_array_set_size (peer->input, 0);
}

void
raw_peer_expect_refusal (RawPeer *peer, guint status)
{
  g_autofree char *head = raw_peer_read_head (peer);
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %u %s\r\n", status, wire_status_phrase (status));

  g_assert_cmpstr (strstr (head, line), ==, head);
  raw_peer_expect_lost (peer);
  g_assert_false (peer->reset);
}

/* --- writing */

static gssize
peer_send (RawPeer *peer, const void *bytes, gsize length)
{
  return peer->layer != NULL ? peer->layer->send (peer, bytes, length) : send (peer->fd, bytes, length, MSG_NOSIGNAL);
}

void
raw_peer_send (RawPeer *peer, const void *bytes, gsize length)
{
  const guint8 *cursor = bytes;
  gint64 end = patience ();

  while (length > 0)
    {
      gssize n = peer_send (peer, cursor, length);

      if (n > 0)
        {
          cursor += n;
          length -= (gsize) n;
          continue;
        }
      g_assert_cmpint (errno, ==, EAGAIN);
      check_patience (end, "room to send");
      raw_peer_pump (peer);
    }
}

void
raw_peer_send_text (RawPeer *peer, const char *text)
{
  raw_peer_send (peer, text, strlen (text));
}

void
raw_frame_append (GByteArray *to, guint8 first_byte, const void *payload, gsize length)
{
  const guint32 key = 0x3d21fa37;
  guint8 header[WIRE_FRAME_HEADER_MAX];
  gsize header_size = wire_frame_header (header, first_byte, length, &key);
  guint at;

  g_byte_array_append (to, header, (guint) header_size);
  at = to->len;
  if (length == 0)
    return;
  g_byte_array_append (to, payload, (guint) length);
  wire_mask (to->data + at, length, key);
}

void
raw_peer_send_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  raw_frame_append (frame, first_byte, payload, length);
  raw_peer_send (peer, frame->data, frame->len);
}

void
raw_peer_send_close (RawPeer *peer, guint16 code)
{
  const guint8 payload[] = { (guint8) (code >> 8), (guint8) code };

  raw_peer_send_frame (peer, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE, payload,
                       code == WIRE_CLOSE_NO_STATUS ? 0 : sizeof payload);
}

/* Of a request, the method. */
#define BEGINNING 4

static void
raw_peer_expect_switching (RawPeer *peer)
{
  g_autofree char *head = raw_peer_read_head (peer);

  g_assert_cmpstr (strstr (head, "HTTP/1.1 101 "), ==, head);
  /* RFC 6455 section 1.3 has the answer to this key. */
  g_assert_nonnull (strstr (head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
}

void
raw_peer_upgrade (RawPeer *peer)
{
  raw_peer_send_text (peer, raw_peer_upgrade_request);
  raw_peer_expect_switching (peer);
}

void
raw_peer_begin_upgrade (RawPeer *peer)
{
  raw_peer_send (peer, raw_peer_upgrade_request, BEGINNING);
}

void
raw_peer_finish_upgrade (RawPeer *peer)
{
  raw_peer_send_text (peer, raw_peer_upgrade_request + BEGINNING);
  raw_peer_expect_switching (peer);
}

char *
raw_peer_fill_in_accept (const char *request, const char *answer)
{
  static const char header[] = "\r\nSec-WebSocket-Key: ";
  const char *found = strstr (request, header);
  g_auto (GStrv) parts = g_strsplit (answer, "%s", -1);
  g_autofree char *key = NULL;
  char accept[WIRE_ACCEPT_SIZE + 1];

  g_assert_nonnull (found);
  key = g_strndup (found + strlen (header), WIRE_KEY_SIZE);
  wire_accept_for_key (accept, key);

  return g_strjoinv (accept, parts);
}

void
raw_peer_shutdown (RawPeer *peer)
{
  g_assert_cmpint (shutdown (peer->fd, SHUT_WR), ==, 0);
}

void
raw_peer_reset (RawPeer *peer)
{
  const struct linger at_once = { .l_onoff = 1 };

  setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (peer->fd);
  peer->fd = -1;
}
