/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "batch.h"

#include "frame.h"

/* With compression one message repeated again and again would show nothing. */
#define VARIETY 64

struct _Batch {
  gboolean binary;
  GPtrArray *messages;          /* GBytes */
  GByteArray *frames;           /* one behind the other */
  GArray *ends;                 /* gsize: where each of them ends */
  GByteArray *deflated;         /* for one message */
};

static void
append_frame (Batch *self, gboolean compressed, const guint8 *payload, gsize length)
{
  gsize end;

  frame_append (self->frames, self->binary, compressed, payload, length);
  end = self->frames->len;
  g_array_append_val (self->ends, end);
}

static void
make_frames (Batch *self, DeflateMode mode)
{
  g_autoptr (Deflater) deflater = deflater_new (FALSE);

  for (guint i = 0; i < self->messages->len; i++)
    {
      GBytes *message = g_ptr_array_index (self->messages, i);
      gsize length;
      const guint8 *data = g_bytes_get_data (message, &length);

      if (mode == DEFLATE_OFF)
        {
          append_frame (self, FALSE, data, length);
          continue;
        }
      g_byte_array_set_size (self->deflated, 0);
      deflater_append (deflater, self->deflated, message);
      append_frame (self, TRUE, self->deflated->data, self->deflated->len);
    }
}

Batch *
batch_new (const Options *options)
{
  Batch *self = g_new0 (Batch, 1);
  guint count = (guint) options->in_flight + (options->deflate != DEFLATE_OFF ? VARIETY : 0);

  self->binary = options->payload == PAYLOAD_BINARY;
  self->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->frames = g_byte_array_new ();
  self->ends = g_array_new (FALSE, FALSE, sizeof (gsize));
  self->deflated = g_byte_array_new ();
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (self->messages, payload_new (options->payload, (gsize) options->size, i));
  if (options->deflate != DEFLATE_TAKEOVER)
    make_frames (self, options->deflate);

  return self;
}

void
batch_free (Batch *self)
{
  g_ptr_array_unref (self->messages);
  g_byte_array_unref (self->frames);
  g_array_unref (self->ends);
  g_byte_array_unref (self->deflated);
  g_free (self);
}

guint
batch_messages (Batch *self)
{
  return self->messages->len;
}

void
batch_frames (Batch *self, guint first, guint count, const guint8 **data, gsize *length)
{
  gsize start = first > 0 ? g_array_index (self->ends, gsize, first - 1) : 0;

  *data = self->frames->data + start;
  *length = g_array_index (self->ends, gsize, first + count - 1) - start;
}

void
batch_deflate (Batch *self, Deflater *deflater, guint number, GByteArray *to)
{
  g_byte_array_set_size (self->deflated, 0);
  deflater_append (deflater, self->deflated, g_ptr_array_index (self->messages, number % self->messages->len));
  frame_append (to, self->binary, TRUE, self->deflated->data, self->deflated->len);
}
