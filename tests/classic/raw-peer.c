/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "raw-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The example of RFC 6455 section 1.3. */
#define RAW_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define RAW_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define RAW_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define RAW_CLOSE_NO_STATUS 1005

static const guint8 raw_mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

/* --- life */

/* A child that a test forks and that just exits has lost its copies of all local
 * variables; what they pointed to must not look leaked. */
static GSList *peers;

static RawPeer *
raw_peer_new (struct libwebsocket_context *context, int fd)
{
  RawPeer *peer = g_new0 (RawPeer, 1);
  const int one = 1;

  peer->context = context;
  peer->fd = fd;
  peer->input = g_byte_array_new ();
  peers = g_slist_prepend (peers, peer);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

  return peer;
}

RawPeer *
raw_peer_connect_to (struct libwebsocket_context *context, const char *address, guint16 port)
{
  struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons (port) };
  gboolean is_ipv6 = strchr (address, ':') != NULL;
  struct sockaddr *to = is_ipv6 ? (struct sockaddr *) &to6 : (struct sockaddr *) &to4;
  int fd = socket (is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  RawPeer *peer;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (inet_pton (to->sa_family, address, is_ipv6 ? (void *) &to6.sin6_addr : (void *) &to4.sin_addr), ==,
                   1);
  /* The kernel completes it, whether anybody accepts or not. */
  if (connect (fd, to, is_ipv6 ? sizeof to6 : sizeof to4) != 0)
    g_assert_cmpint (errno, ==, EINPROGRESS);

  peer = raw_peer_new (context, fd);
  peer->masks = TRUE;

  return peer;
}

RawPeer *
raw_peer_connect (struct libwebsocket_context *context, guint16 port)
{
  return raw_peer_connect_to (context, "127.0.0.1", port);
}

RawPeer *
raw_peer_open (struct libwebsocket_context *context, guint16 port, const char *subprotocols)
{
  RawPeer *peer = raw_peer_connect (context, port);
  g_autofree char *head = NULL;
  g_autofree char *accept = NULL;

  raw_peer_send_handshake (peer, subprotocols);
  head = raw_peer_read_head (peer);
  accept = raw_head_value (head, "Sec-WebSocket-Accept");
  g_assert_true (g_str_has_prefix (head, "HTTP/1.1 101 "));
  g_assert_cmpstr (accept, ==, RAW_ACCEPT);

  return peer;
}

void
raw_peer_free (RawPeer *peer)
{
  if (peer->fd >= 0)
    close (peer->fd);
  peers = g_slist_remove (peers, peer);
  g_byte_array_unref (peer->input);
  g_free (peer);
}

void
raw_peer_reset (RawPeer *peer)
{
  const struct linger at_once = { .l_onoff = 1 };

  g_assert_cmpint (setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), ==, 0);
  close (peer->fd);
  peer->fd = -1;
}

/* --- as a server */

int
raw_listen (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (fd, 16), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  *port = ntohs (address.sin_port);

  return fd;
}

RawPeer *
raw_peer_accept (struct libwebsocket_context *context, int listener)
{
  int fd = -1;

  STAGE_SERVE_UNTIL (context, (fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0);

  return raw_peer_new (context, fd);
}

char *
raw_accept_for_key (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) RAW_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);

  return g_base64_encode (digest, length);
}

char *
raw_head_value (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strdup (g_strstrip (lines[i] + length + 1));

  return NULL;
}

void
raw_peer_accept_handshake (RawPeer *peer, const char *fields)
{
  g_autofree char *head = raw_peer_read_head (peer);
  g_autofree char *key = raw_head_value (head, "Sec-WebSocket-Key");
  g_autofree char *accept = NULL;
  g_autofree char *answer = NULL;

  g_assert_nonnull (key);
  accept = raw_accept_for_key (key);
  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: %s\r\n%s\r\n", accept, fields != NULL ? fields : "");
  raw_peer_send_text (peer, answer);
}

/* --- waiting */

static void
raw_peer_wait (RawPeer *peer, short events, gint64 deadline)
{
  struct pollfd fd = { .fd = peer->fd, .events = events };

  if (peer->context != NULL)
    stage_turn (peer->context, deadline);
  else
    {
      g_assert_cmpint (poll (&fd, 1, STAGE_PATIENCE_SECONDS * 1000), >=, 0);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
}

gboolean
raw_peer_look (RawPeer *peer)
{
  guint8 bytes[64 * 1024];
  gssize n;

  if (peer->ended)
    return FALSE;

  n = recv (peer->fd, bytes, sizeof bytes, 0);
  if (n > 0)
    g_byte_array_append (peer->input, bytes, (guint) n);
  else if (n == 0)
    peer->ended = TRUE;
  else if (errno == ECONNRESET || errno == EPIPE)
    peer->ended = peer->reset = TRUE;
  else
    g_assert_true (errno == EAGAIN || errno == EINTR || errno == ENOTCONN);

  return n > 0;
}

gboolean
raw_peer_await (RawPeer *peer, gsize length)
{
  gint64 deadline = stage_deadline ();

  while (peer->input->len < length && !peer->ended)
    if (!raw_peer_look (peer) && !peer->ended)
      raw_peer_wait (peer, POLLIN, deadline);

  return peer->input->len >= length;
}

void
raw_peer_await_end (RawPeer *peer)
{
  g_assert_false (raw_peer_await (peer, G_MAXSIZE));
}

/* --- sending */

gsize
raw_peer_send_some (RawPeer *peer, const void *bytes, gsize length)
{
  gssize n = send (peer->fd, bytes, length, MSG_NOSIGNAL);

  if (n < 0 && errno != EAGAIN && errno != EINTR)
    {
      peer->ended = TRUE;
      return 0;
    }

  return (gsize) MAX (n, 0);
}

void
raw_peer_send (RawPeer *peer, const void *bytes, gsize length)
{
  gint64 deadline = stage_deadline ();
  const guint8 *rest = bytes;

  while (length > 0 && !peer->ended)
    {
      gsize sent = raw_peer_send_some (peer, rest, length);

      rest += sent;
      length -= sent;
      if (sent == 0)
        raw_peer_wait (peer, POLLOUT, deadline);
    }
}

void
raw_peer_send_text (RawPeer *peer, const char *text)
{
  raw_peer_send (peer, text, strlen (text));
}

void
raw_peer_send_handshake (RawPeer *peer, const char *subprotocols)
{
  g_autofree char *field = subprotocols != NULL ? g_strdup_printf ("Sec-WebSocket-Protocol: %s\r\n", subprotocols)
                                                : g_strdup ("");
  g_autofree char *request = g_strdup_printf ("GET /a/path?and=query HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                              "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                              "Sec-WebSocket-Key: " RAW_KEY "\r\nSec-WebSocket-Version: 13\r\n"
                                              "%s\r\n", field);

  raw_peer_send_text (peer, request);
}

void
raw_append_frame (GByteArray *out, gboolean masks, guint8 first_byte, const void *payload, gsize length)
{
  guint8 header[10] = { first_byte };
  guint size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  gsize start;

  header[1] = (guint8) (size == 2 ? length : size == 4 ? 126 : 127);
  for (guint i = 2; i < size; i++)
    header[i] = (guint8) ((guint64) length >> 8 * (size - 1 - i));
  if (masks)
    header[1] |= 0x80;
  g_byte_array_append (out, header, size);
  if (masks)
    g_byte_array_append (out, raw_mask, sizeof raw_mask);

  start = out->len;
  if (length > 0)
    g_byte_array_append (out, payload, (guint) length);
  if (masks)
    for (gsize i = 0; i < length; i++)
      out->data[start + i] ^= raw_mask[i % 4];
}

void
raw_peer_send_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  raw_append_frame (frame, peer->masks, first_byte, payload, length);
  raw_peer_send (peer, frame->data, frame->len);
}

void
raw_peer_send_message (RawPeer *peer, const char *text)
{
  raw_peer_send_frame (peer, RAW_FIN | RAW_TEXT, text, strlen (text));
}

void
raw_peer_send_close (RawPeer *peer, guint16 code)
{
  guint8 payload[2] = { (guint8) (code >> 8), (guint8) code };

  raw_peer_send_frame (peer, RAW_FIN | RAW_CLOSE, payload, sizeof payload);
}

/* --- reading */

char *
raw_peer_read_bytes (RawPeer *peer, gsize length)
{
  char *bytes;

  g_assert_true (raw_peer_await (peer, length));
  bytes = g_strndup ((const char *) peer->input->data, length);
  g_byte_array_remove_range (peer->input, 0, (guint) length);

  return bytes;
}

char *
raw_peer_read_head (RawPeer *peer)
{
  const char *end = NULL;

  for (;;)
    {
      gsize have = peer->input->len;

      if (have > 0)
        end = g_strstr_len ((const char *) peer->input->data, (gssize) have, "\r\n\r\n");
      if (end != NULL)
        break;
      g_assert_true (raw_peer_await (peer, have + 1));
    }

  return raw_peer_read_bytes (peer, (gsize) (end - (const char *) peer->input->data) + 4);
}

gboolean
raw_peer_read_frame (RawPeer *peer, RawFrame *frame)
{
  const guint8 *bytes;
  guint64 length;
  guint size;

  if (!raw_peer_await (peer, 2))
    return FALSE;

  length = peer->input->data[1] & 0x7f;
  size = length < 126 ? 2 : length == 126 ? 4 : 10;
  if (!raw_peer_await (peer, size))
    return FALSE;
  bytes = peer->input->data;
  if (size > 2)
    length = 0;
  for (guint i = 2; i < size; i++)
    length = length << 8 | bytes[i];
  frame->first_byte = bytes[0];
  frame->masked = (bytes[1] & 0x80) != 0;
  if (frame->masked)
    size += sizeof raw_mask;
  if (!raw_peer_await (peer, size + length))
    return FALSE;

  bytes = peer->input->data;
  frame->length = (gsize) length;
  frame->payload = g_malloc (frame->length + 1);
  for (gsize i = 0; i < frame->length; i++)
    frame->payload[i] = bytes[size + i] ^ (frame->masked ? bytes[size - 4 + i % 4] : 0);
  frame->payload[frame->length] = 0;
  g_byte_array_remove_range (peer->input, 0, (guint) (size + length));

  return TRUE;
}

void
raw_frame_clear (RawFrame *frame)
{
  g_clear_pointer (&frame->payload, g_free);
}

void
raw_peer_expect_frame (RawPeer *peer, guint8 first_byte, const void *payload, gsize length)
{
  g_auto (RawFrame) frame = { 0 };

  g_assert_true (raw_peer_read_frame (peer, &frame));
  g_assert_cmphex (frame.first_byte, ==, first_byte);
  g_assert_cmpint (frame.masked, ==, !peer->masks);
  g_assert_cmpmem (frame.payload, frame.length, payload, length);
}

void
raw_peer_expect_text (RawPeer *peer, const char *text)
{
  g_auto (RawFrame) frame = { 0 };

  g_assert_true (raw_peer_read_frame (peer, &frame));
  g_assert_cmpstr ((const char *) frame.payload, ==, text);
  g_assert_cmphex (frame.first_byte, ==, RAW_FIN | RAW_TEXT);
}

void
raw_peer_expect_close (RawPeer *peer, guint16 code)
{
  g_auto (RawFrame) frame = { 0 };
  guint found = RAW_CLOSE_NO_STATUS;

  g_assert_true (raw_peer_read_frame (peer, &frame));
  g_assert_cmphex (frame.first_byte, ==, RAW_FIN | RAW_CLOSE);
  if (frame.length >= 2)
    found = (guint) frame.payload[0] << 8 | frame.payload[1];
  g_assert_cmpuint (found, ==, code);
}

void
raw_peer_say_goodbye (RawPeer *peer)
{
  raw_peer_send_close (peer, 1000);
  raw_peer_expect_close (peer, 1000);
  raw_peer_await_end (peer);
}
