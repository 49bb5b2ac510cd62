/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-floor PORT: no server to use, but the least that one has to do: one epoll
 * descriptor, a receive and a send for each turn of a connection, payloads unmasked where
 * they lie. It checks nothing and trusts its clients.
 */
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define EVENTS 256
#define SHARED_SIZE (256 * 1024)
#define KEY_FIELD "Sec-WebSocket-Key: "
#define KEY_LENGTH 24
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define OPCODE_CLOSE 8
#define MASK_SIZE 4

typedef struct {
  int fd;
  guint fan_place;              /* its place among the fans, from 1 */
  gboolean open;
  guint8 *input;                /* a frame that has not come to its end */
  gsize input_length;
  gsize input_size;
  GByteArray *output;           /* what the socket didn't take */
} Guest;

/* As the compiler splits it up for the processor. */
typedef guint64 Block __attribute__ ((vector_size (32)));

static guint8 shared[SHARED_SIZE];
static GPtrArray *fans;
static int poll_fd;

static void
watch (Guest *guest, int operation, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = guest };

  epoll_ctl (poll_fd, operation, guest->fd, &event);
}

static void
part (Guest *guest)
{
  if (guest->fan_place > 0)
    {
      Guest *last = g_ptr_array_index (fans, fans->len - 1);

      last->fan_place = guest->fan_place;
      g_ptr_array_remove_index_fast (fans, guest->fan_place - 1);
    }
  close (guest->fd);
  g_free (guest->input);
  g_clear_pointer (&guest->output, g_byte_array_unref);
  g_free (guest);
}

static void
give (Guest *guest, const guint8 *data, gsize length)
{
  gssize sent = guest->output == NULL ? send (guest->fd, data, length, MSG_NOSIGNAL) : 0;

  sent = MAX (sent, 0);
  if ((gsize) sent == length)
    return;
  if (guest->output == NULL)
    {
      guest->output = g_byte_array_new ();
      watch (guest, EPOLL_CTL_MOD, EPOLLOUT);
    }
  g_byte_array_append (guest->output, data + sent, (guint) (length - (gsize) sent));
}

/* While output waits nothing is read. */
static gboolean
give_rest (Guest *guest)
{
  gssize sent = send (guest->fd, guest->output->data, guest->output->len, MSG_NOSIGNAL);

  if (sent < 0)
    return FALSE;
  g_byte_array_remove_range (guest->output, 0, (guint) sent);
  if (guest->output->len > 0)
    return TRUE;
  g_clear_pointer (&guest->output, g_byte_array_unref);
  watch (guest, EPOLL_CTL_MOD, EPOLLIN);

  return TRUE;
}

static void
give_all (Guest *guest, const guint8 *data, gsize length)
{
  if (guest->fan_place == 0)
    give (guest, data, length);
  else
    for (guint i = 0; i < fans->len; i++)
      give (g_ptr_array_index (fans, i), data, length);
}

/* `to` is not behind `from`. */
static void
unmask (guint8 *to, const guint8 *from, gsize length, const guint8 *mask)
{
  guint8 key[sizeof (Block)];
  Block block, keys;
  gsize done = 0;

  for (gsize i = 0; i < sizeof key; i++)
    key[i] = mask[i % MASK_SIZE];
  memcpy (&keys, key, sizeof keys);
  for (; done + sizeof block <= length; done += sizeof block)
    {
      memcpy (&block, from + done, sizeof block);
      block ^= keys;
      memcpy (to + done, &block, sizeof block);
    }
  for (; done < length; done++)
    to[done] = from[done] ^ key[done % MASK_SIZE];
}

/* The size of the head of a client's frame, and the payload's; 0: the head isn't complete. */
static gsize
frame_head (const guint8 *data, gsize length, gsize *payload)
{
  gsize size = length < 2 || (data[1] & 127) < 126 ? 2 : (data[1] & 127) == 126 ? 4 : 10;

  if (length < size + MASK_SIZE)
    return 0;
  *payload = size == 2 ? data[1] & 127 : 0;
  for (gsize i = 2; i < size; i++)
    *payload = *payload << 8 | data[i];

  return size + MASK_SIZE;
}

/* Makes a server's frame of a client's, which is longer by its mask. */
static gsize
turn_round (guint8 *to, guint8 *frame, gsize head, gsize payload)
{
  guint8 mask[MASK_SIZE];

  memcpy (mask, frame + head - MASK_SIZE, sizeof mask);
  memmove (to, frame, head - MASK_SIZE);
  to[1] &= 127;
  unmask (to + head - MASK_SIZE, frame + head, payload, mask);

  return head - MASK_SIZE + payload;
}

/* What is left of the input stays for the next turn, with room for the whole frame. A guest
 * that needed a buffer of its own keeps it. */
static void
keep (Guest *guest, const guint8 *data, gsize length, gsize frame)
{
  gsize size = MAX (length, frame);

  if (guest->input_size < size)
    {
      guint8 *input = g_malloc (size);

      memcpy (input, data, length);
      g_free (guest->input);
      guest->input = input;
      guest->input_size = size;
    }
  else
    memmove (guest->input, data, length);
  guest->input_length = length;
}

/* FALSE: the guest goes. */
static gboolean
serve_frames (Guest *guest, guint8 *data, gsize length)
{
  gsize from = 0, to = 0, head, payload = 0;

  while ((head = frame_head (data + from, length - from, &payload)) > 0 && length - from >= head + payload)
    {
      if ((data[from] & 15) == OPCODE_CLOSE)
        return FALSE;
      to += turn_round (data + to, data + from, head, payload);
      from += head + payload;
    }
  if (to > 0)
    give_all (guest, data, to);
  guest->input_length = 0;
  if (from < length)
    keep (guest, data + from, length - from, head > 0 ? head + payload : SHARED_SIZE);

  return TRUE;
}

static char *
answer_to (const char *key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *accept = NULL;
  guint8 digest[20];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) key, KEY_LENGTH);
  g_checksum_update (sum, (const guchar *) GUID, strlen (GUID));
  g_checksum_get_digest (sum, digest, &size);
  accept = g_base64_encode (digest, size);

  return g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
}

static gboolean
serve_head (Guest *guest, guint8 *data, gsize length)
{
  static const char end_mark[] = "\r\n\r\n";
  const guint8 *key = memmem (data, length, KEY_FIELD, strlen (KEY_FIELD));
  const guint8 *end = memmem (data, length, end_mark, strlen (end_mark));
  g_autofree char *answer = NULL;

  if (end == NULL)
    {
      keep (guest, data, length, SHARED_SIZE);
      return TRUE;
    }
  if (key == NULL)
    return FALSE;
  answer = answer_to ((const char *) key + strlen (KEY_FIELD));
  guest->open = TRUE;
  if (memcmp (data, "GET /fan ", strlen ("GET /fan ")) == 0)
    {
      g_ptr_array_add (fans, guest);
      guest->fan_place = fans->len;
    }
  give (guest, (const guint8 *) answer, strlen (answer));
  end += strlen (end_mark);

  return serve_frames (guest, data + (end - data), length - (gsize) (end - data));
}

static gboolean
serve (Guest *guest)
{
  guint8 *data = guest->input != NULL ? guest->input : shared;
  gsize size = guest->input != NULL ? guest->input_size : sizeof shared;
  gssize length = recv (guest->fd, data + guest->input_length, size - guest->input_length, 0);

  if (length <= 0)
    return length < 0 && errno == EAGAIN;
  length += (gssize) guest->input_length;

  return guest->open ? serve_frames (guest, data, (gsize) length) : serve_head (guest, data, (gsize) length);
}

static void
welcome (int listener)
{
  const int yes = 1;
  int fd;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    {
      Guest *guest = g_new0 (Guest, 1);

      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      guest->fd = fd;
      watch (guest, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int
listen_on (guint16 port)
{
  const struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  struct epoll_event event = { .events = EPOLLIN };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (const struct sockaddr *) &address, sizeof address) != 0 || listen (fd, BACKLOG) != 0)
    return -1;
  epoll_ctl (poll_fd, EPOLL_CTL_ADD, fd, &event);

  return fd;
}

int
main (int argc, char **argv)
{
  struct rlimit files = { 0 };
  int listener;

  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  fans = g_ptr_array_new ();
  poll_fd = epoll_create1 (EPOLL_CLOEXEC);
  listener = listen_on ((guint16) (argc == 2 ? atoi (argv[1]) : 0));
  if (argc != 2 || listener < 0)
    {
      g_printerr ("Usage: bench-floor PORT\n");
      return 2;
    }

  while (TRUE)
    {
      struct epoll_event events[EVENTS];
      int count = epoll_wait (poll_fd, events, EVENTS, -1);

      for (int i = 0; i < count; i++)
        {
          Guest *guest = events[i].data.ptr;

          if (guest == NULL)
            welcome (listener);
          else if (!(guest->output != NULL ? give_rest (guest) : serve (guest)))
            part (guest);
        }
    }
}
