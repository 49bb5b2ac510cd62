/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "client.h"

#include "clock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* A server that talks without an end must not keep the others waiting. */
#define READS_IN_TURN 4

/* No head of an answer is longer. */
#define HEAD_MAX 16384

/* Answered messages whose times are kept before the array is moved up. */
#define ANSWERED_KEPT 64

void
client_init (Client *self, Traffic *traffic, guint number)
{
  self->traffic = traffic;
  self->number = number;
  self->link = LINK_NONE;
  self->head = g_string_new (NULL);
  self->next = number;
  if (traffic->latency != NULL)
    self->sent = g_array_new (FALSE, FALSE, sizeof (gint64));
}

void
client_clear (Client *self)
{
  link_close (&self->link, TRUE);
  g_string_free (self->head, TRUE);
  g_clear_pointer (&self->deflater, deflater_free);
  g_clear_pointer (&self->deflated, g_byte_array_unref);
  g_clear_pointer (&self->pong, g_byte_array_unref);
  g_clear_pointer (&self->sent, g_array_unref);
}

static void
watch (Client *self, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = self };

  if (self->watched != events)
    epoll_ctl (self->traffic->epoll, self->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, self->link.fd, &event);
  self->watched = events;
}

static void
lose (Client *self, const char *why)
{
  Traffic *traffic = self->traffic;

  if (traffic->loss == NULL)
    traffic->loss = g_strdup (why);
  if (traffic->refused != NULL && self->state != CLIENT_OPEN)
    g_ptr_array_add (traffic->refused, self);
  else
    traffic->lost++;
  if (self->state == CLIENT_OPEN)
    traffic->open--;
  self->state = CLIENT_LOST;
  self->watched = 0;
  link_close (&self->link, TRUE);
}

void
client_start (Client *self)
{
  const Options *options = self->traffic->options;

  self->watched = 0;
  self->owes_pong = FALSE;
  self->reader = (FrameReader) { 0 };
  g_string_truncate (self->head, 0);
  if (!link_open (&self->link, options->port, self->number, options->tls))
    {
      lose (self, g_strerror (errno));
      return;
    }
  self->state = CLIENT_CONNECTING;
  watch (self, EPOLLOUT);
}

static void
restart (Client *self)
{
  link_close (&self->link, TRUE);
  client_start (self);
}

static void
ask (Client *self)
{
  gssize length = (gssize) strlen (self->traffic->request);

  if (link_write (&self->link, (const guint8 *) self->traffic->request, (gsize) length) != length)
    {
      lose (self, "the request could not be sent");
      return;
    }
  g_string_truncate (self->head, 0);
  self->state = CLIENT_ASKING;
  watch (self, EPOLLIN);
}

static void
secure (Client *self)
{
  if (link_handshake (&self->link))
    ask (self);
  else if (errno != EAGAIN)
    lose (self, "the TLS handshake failed");
  else
    watch (self, gnutls_record_get_direction (self->link.session) == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void
connected (Client *self)
{
  int error = link_error (&self->link);

  if (error != 0)
    {
      lose (self, g_strerror (error));
      return;
    }
  self->state = CLIENT_SECURING;
  secure (self);
}

static void
take_deflated (Client *self, guint count)
{
  g_byte_array_set_size (self->deflated, 0);
  for (guint i = 0; i < count; i++)
    batch_deflate (self->traffic->batch, self->deflater, self->next++, self->deflated);
  self->out = self->deflated->data;
  self->out_length = self->deflated->len;
}

static void
take_frames (Client *self)
{
  Traffic *traffic = self->traffic;
  guint most = (guint) traffic->options->in_flight;
  guint count = MIN (self->credits, most);

  self->credits -= count;
  if (self->deflater != NULL)
    take_deflated (self, count);
  else
    batch_frames (traffic->batch, self->next++ % (batch_messages (traffic->batch) - most + 1), count, &self->out,
                  &self->out_length);
}

/* A Ping that has come since the last one was answered takes its place (RFC 6455, section 5.5.3). */
static void
take_pong (Client *self)
{
  self->owes_pong = FALSE;
  if (self->pong == NULL)
    self->pong = g_byte_array_new ();
  g_byte_array_set_size (self->pong, 0);
  frame_append_pong (self->pong, &self->reader);
  self->out = self->pong->data;
  self->out_length = self->pong->len;
}

static void
pump (Client *self)
{
  while (self->out_length > 0 || self->owes_pong || self->credits > 0)
    {
      gssize written;

      if (self->out_length == 0 && self->owes_pong)
        take_pong (self);
      else if (self->out_length == 0)
        take_frames (self);
      written = link_write (&self->link, self->out, self->out_length);
      if (written < 0)
        {
          if (errno == EAGAIN)
            watch (self, EPOLLIN | EPOLLOUT);
          else
            lose (self, "the server takes nothing more");
          return;
        }
      self->out += written;
      self->out_length -= (gsize) written;
    }
  watch (self, EPOLLIN);
}

static void
note_time (Client *self, gint64 time)
{
  if (self->sent != NULL)
    g_array_append_val (self->sent, time);
}

/* Sends now, or as soon as the socket takes it. */
void
client_send (Client *self, guint messages)
{
  gint64 now = self->sent != NULL ? clock_now () : 0;

  for (guint i = 0; i < messages; i++)
    note_time (self, now);
  self->credits += messages;
  pump (self);
}

/* Sends one message that should have left at `time`. */
void
client_send_at (Client *self, gint64 time)
{
  note_time (self, time);
  self->credits++;
  pump (self);
}

static void
count_answer (Client *self)
{
  Traffic *traffic = self->traffic;

  if (self->sent == NULL || self->answered >= self->sent->len)
    return;
  histogram_add (traffic->latency, clock_now () - g_array_index (self->sent, gint64, self->answered));
  if (++self->answered < ANSWERED_KEPT)
    return;
  g_array_remove_range (self->sent, 0, self->answered);
  self->answered = 0;
}

static void
count_message (Client *self)
{
  Traffic *traffic = self->traffic;

  traffic->messages++;
  traffic->bytes += self->reader.message;
  if (traffic->options->deflate == DEFLATE_OFF && self->reader.message != (gsize) traffic->options->size)
    traffic->wrong++;
  self->reader.message = 0;
  count_answer (self);
}

/* The number of messages that ended in these bytes. */
static guint
read_frames (Client *self, const guint8 *data, gsize length)
{
  guint messages = 0;

  while (length > 0)
    switch (frame_reader_take (&self->reader, &data, &length))
      {
      case FRAME_ENDS_MESSAGE:
        count_message (self);
        messages++;
        break;
      case FRAME_PINGS:
        self->owes_pong = TRUE;
        break;
      case FRAME_CLOSES:
        lose (self, "the server closed it");
        return messages;
      case FRAME_IS_WRONG:
        lose (self, "the server sent a masked frame");
        return messages;
      case FRAME_NEEDS_MORE:
        break;
      }

  return messages;
}

static void
finish_fetch (Client *self)
{
  self->traffic->messages++;
  if (self->keeps_alive)
    ask (self);
  else
    restart (self);
}

static void
read_body (Client *self, gsize length)
{
  self->traffic->bytes += length;
  self->body -= MIN (self->body, length);
  if (self->body == 0)
    finish_fetch (self);
}

static const char *
refusal_of (const Options *options, const Answer *answer)
{
  if (options->deflate != DEFLATE_OFF && !answer->deflate)
    return "the server knows no permessage-deflate";
  if (options->deflate == DEFLATE_TAKEOVER && (answer->client_resets || answer->server_resets))
    return "the server keeps no window from message to message";
  if (options->deflate == DEFLATE_RESET && !answer->server_resets)
    return "the server does not start each message afresh";

  return NULL;
}

static void
open_up (Client *self, const Answer *answer, gsize head_length)
{
  Traffic *traffic = self->traffic;

  traffic->refusal = refusal_of (traffic->options, answer);
  traffic->handshakes++;
  if (traffic->reopens)
    {
      restart (self);
      return;
    }
  self->state = CLIENT_OPEN;
  traffic->open++;
  if (traffic->options->deflate == DEFLATE_TAKEOVER && self->number < (guint) traffic->options->connections)
    {
      self->deflater = deflater_new (TRUE);
      self->deflated = g_byte_array_new ();
    }
  read_frames (self, (const guint8 *) self->head->str + head_length, self->head->len - head_length);
}

static void
fetch_body (Client *self, const Answer *answer, gsize head_length)
{
  self->state = CLIENT_FETCHING;
  self->keeps_alive = answer->keeps_alive;
  self->body = answer->content_length;
  read_body (self, self->head->len - head_length);
}

static void
read_head (Client *self, const guint8 *data, gsize length)
{
  Answer answer = { 0 };
  gsize head_length;

  g_string_append_len (self->head, (const char *) data, (gssize) length);
  if (!answer_parse (&answer, self->head->str, &head_length))
    {
      if (self->head->len > HEAD_MAX)
        lose (self, "the head of the answer has no end");
      return;
    }
  if (answer.upgraded)
    open_up (self, &answer, head_length);
  else if (answer.status == 200 && g_str_equal (self->traffic->options->workload, "fetch"))
    fetch_body (self, &answer, head_length);
  else
    lose (self, "the server's answer is not what was asked for");
}

/* The number of messages that ended. */
static guint
take (Client *self, const guint8 *data, gsize length)
{
  if (self->state == CLIENT_OPEN)
    return read_frames (self, data, length);
  if (self->state == CLIENT_FETCHING)
    read_body (self, length);
  else
    read_head (self, data, length);

  return 0;
}

/* FALSE: nothing more is to be read now. */
static gboolean
read_once (Client *self, guint *messages)
{
  Traffic *traffic = self->traffic;
  ClientState state = self->state;
  gssize length = link_read (&self->link, traffic->buffer, READ_SIZE);

  if (length < 0 && errno == EAGAIN)
    return FALSE;
  if (length <= 0)
    {
      lose (self, length == 0 ? "the server ended it" : g_strerror (errno));
      return FALSE;
    }
  *messages += take (self, traffic->buffer, (gsize) length);
  if (self->state != state)
    return FALSE;

  return self->link.session != NULL || length == READ_SIZE;
}

/* GnuTLS may hold what epoll doesn't know of. */
static gboolean
holds_more (Client *self)
{
  return self->link.session != NULL && gnutls_record_check_pending (self->link.session) > 0;
}

static void
read_all (Client *self)
{
  guint messages = 0;
  guint reads = 1;

  while (read_once (self, &messages) && (reads < READS_IN_TURN || holds_more (self)))
    reads++;
  if (self->state == CLIENT_OPEN && self->traffic->refills && messages > 0)
    client_send (self, messages);
  else if (self->state == CLIENT_OPEN && self->owes_pong)
    pump (self);
}

void
client_ready (Client *self, guint32 events)
{
  if (self->state == CLIENT_CONNECTING)
    connected (self);
  else if (self->state == CLIENT_SECURING)
    secure (self);
  else if (self->state != CLIENT_LOST)
    {
      if ((events & ~(guint32) EPOLLOUT) != 0)
        read_all (self);
      if ((events & EPOLLOUT) != 0 && self->state == CLIENT_OPEN)
        pump (self);
    }
}
