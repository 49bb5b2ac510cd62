/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frame.h"

#include <string.h>

#define FIN 0x80
#define RSV1 0x40
#define MASKED 0x80
#define OPCODE 0x0f
#define OPCODE_TEXT 1
#define OPCODE_BINARY 2
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define OPCODE_PONG 10
#define LENGTH_16 126
#define LENGTH_64 127

/* Any will do: the load has no proxies to protect. */
static const guint8 mask[4] = { 0xa5, 0x3c, 0x96, 0x0f };

static void
append_length (GByteArray *to, gsize length)
{
  guint8 bytes[9];

  if (length < LENGTH_16)
    {
      bytes[0] = (guint8) (MASKED | length);
      g_byte_array_append (to, bytes, 1);
    }
  else if (length <= G_MAXUINT16)
    {
      guint16 wire = GUINT16_TO_BE ((guint16) length);

      bytes[0] = MASKED | LENGTH_16;
      memcpy (bytes + 1, &wire, sizeof wire);
      g_byte_array_append (to, bytes, 1 + sizeof wire);
    }
  else
    {
      guint64 wire = GUINT64_TO_BE ((guint64) length);

      bytes[0] = MASKED | LENGTH_64;
      memcpy (bytes + 1, &wire, sizeof wire);
      g_byte_array_append (to, bytes, 1 + sizeof wire);
    }
}

static void
append_frame (GByteArray *to, guint8 first, const guint8 *payload, gsize length)
{
  guint start;

  g_byte_array_append (to, &first, 1);
  append_length (to, length);
  g_byte_array_append (to, mask, sizeof mask);
  start = to->len;
  g_byte_array_append (to, payload, (guint) length);
  for (gsize i = 0; i < length; i++)
    to->data[start + i] ^= mask[i % sizeof mask];
}

void
frame_append (GByteArray *to, gboolean binary, gboolean compressed, const guint8 *payload, gsize length)
{
  append_frame (to, FIN | (compressed ? RSV1 : 0) | (binary ? OPCODE_BINARY : OPCODE_TEXT), payload, length);
}

/* The answer to the Ping that `ping` has just read. */
void
frame_append_pong (GByteArray *to, const FrameReader *ping)
{
  append_frame (to, FIN | OPCODE_PONG, ping->ping, ping->ping_length);
}

/* Bytes of the head as far as it is known, at least two. */
static guint
head_size (const guint8 *head, guint length)
{
  if (length < 2 || (head[1] & ~MASKED) < LENGTH_16)
    return 2;

  return (head[1] & ~MASKED) == LENGTH_16 ? 4 : 10;
}

static guint64
payload_length (const guint8 *head)
{
  guint64 length = 0;
  guint size = head_size (head, 2);

  if (size == 2)
    return head[1];
  for (guint i = 2; i < size; i++)
    length = length << 8 | head[i];

  return length;
}

static gboolean
take_head (FrameReader *self, const guint8 **data, gsize *length)
{
  while (*length > 0 && self->head_length < head_size (self->head, self->head_length))
    {
      self->head[self->head_length++] = **data;
      (*data)++;
      (*length)--;
    }
  if (self->head_length < head_size (self->head, self->head_length))
    return FALSE;
  self->in_payload = TRUE;
  self->missing = payload_length (self->head);
  if ((self->head[0] & OPCODE) == OPCODE_PING)
    self->ping_length = 0;

  return TRUE;
}

static void
take_payload (FrameReader *self, const guint8 *data, gsize length)
{
  guint opcode = self->head[0] & OPCODE;

  self->missing -= length;
  if (opcode < OPCODE_CLOSE)
    self->message += length;
  if (opcode != OPCODE_PING)
    return;

  length = MIN (length, sizeof self->ping - self->ping_length);
  if (length > 0)
    memcpy (self->ping + self->ping_length, data, length);
  self->ping_length += length;
}

static FrameResult
end_frame (FrameReader *self)
{
  guint opcode = self->head[0] & OPCODE;
  gboolean final = (self->head[0] & FIN) != 0;

  self->head_length = 0;
  self->in_payload = FALSE;
  if (opcode == OPCODE_CLOSE)
    return FRAME_CLOSES;
  if (opcode == OPCODE_PING)
    return FRAME_PINGS;

  return final && opcode < OPCODE_CLOSE ? FRAME_ENDS_MESSAGE : FRAME_NEEDS_MORE;
}

/* Takes bytes up to the end of the next message, or of a Ping. The message's length is then
 * in `message`, which the caller sets back to 0. */
FrameResult
frame_reader_take (FrameReader *self, const guint8 **data, gsize *length)
{
  while (*length > 0)
    {
      gsize part;
      FrameResult result;

      if (!self->in_payload && !take_head (self, data, length))
        return FRAME_NEEDS_MORE;
      if ((self->head[1] & MASKED) != 0)
        return FRAME_IS_WRONG;

      part = MIN (self->missing, *length);
      take_payload (self, *data, part);
      *data += part;
      *length -= part;
      if (self->missing > 0)
        return FRAME_NEEDS_MORE;
      result = end_frame (self);
      if (result != FRAME_NEEDS_MORE)
        return result;
    }

  return FRAME_NEEDS_MORE;
}
