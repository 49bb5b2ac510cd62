/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/output/output-queue-private.h"

#include "engine/connection/memory-private.h"
#include "engine/output/block-private.h"
#include "engine/output/output-marks-private.h"

#include "wire/decoder-private.h"

#include <string.h>

/* An output's own blocks: they start small for the many that wait for little, and
 * double. */
#define OUTPUT_BLOCK_MIN 1024
#define OUTPUT_BLOCK_MAX (64 * 1024)

/* Where there are more spans than this, small ones are copied together: they must not
 * hold large blocks for ever. The others stay as they are: a broadcast waits once for all who
 * don't read it, and what is copied takes twice its memory meanwhile. */
#define OUTPUT_SPANS_MAX 64
#define OUTPUT_SMALL_SPAN (OUTPUT_BLOCK_MAX / 16)

struct _EngineSpanList {
  guint first;
  guint end;
  guint size;
  EngineSpan spans[];
};

static guint
output_n_spans (const EngineOutputQueue *output)
{
  if (output->head.block == NULL)
    return 0;
  return 1 + (output->more != NULL ? output->more->end - output->more->first : 0);
}

gboolean
engine_output_queue_is_long (const EngineOutputQueue *output, guint n_spans)
{
  return output_n_spans (output) > n_spans;
}

static EngineSpan *
output_span (EngineOutputQueue *output, guint index)
{
  return index == 0 ? &output->head : &output->more->spans[output->more->first + index - 1];
}

static void
output_make_room (EngineOutputQueue *output)
{
  EngineSpanList *list = output->more;
  guint count = list != NULL ? list->end - list->first : 0;

  if (list != NULL && list->end < list->size)
    return;

  if (list != NULL && list->first > list->size / 2)
    memmove (list->spans, list->spans + list->first, count * sizeof (EngineSpan));
  else
    {
      guint size = MAX (4, count * 2);
      EngineSpanList *larger = g_malloc (sizeof (EngineSpanList) + size * sizeof (EngineSpan));

      if (list != NULL)
        memcpy (larger->spans, list->spans + list->first, count * sizeof (EngineSpan));
      g_free (list);
      larger->size = size;
      output->more = larger;
    }
  output->more->first = 0;
  output->more->end = count;
}

static void
output_insert (EngineOutputQueue *output, guint index, EngineSpan span)
{
  guint count = output_n_spans (output);

  if (count == 0)
    {
      output->head = span;
      return;
    }

  output_make_room (output);
  output->more->end++;
  for (guint i = count; i > index; i--)
    *output_span (output, i) = *output_span (output, i - 1);
  *output_span (output, index) = span;
}

static void
output_remove (EngineOutputQueue *output, guint index)
{
  guint last = output_n_spans (output) - 1;
  EngineSpan removed = *output_span (output, index);

  for (guint i = index; i < last; i++)
    *output_span (output, i) = *output_span (output, i + 1);
  if (last == 0)
    output->head = (EngineSpan){ 0 };
  else if (--output->more->end == output->more->first)
    g_clear_pointer (&output->more, g_free);
  engine_block_unref (removed.block);
}

static void
output_drop_first (EngineOutputQueue *output)
{
  EngineSpanList *list = output->more;

  engine_block_unref (output->head.block);
  output->head = (EngineSpan){ 0 };

  if (list == NULL)
    return;

  output->head = list->spans[list->first++];
  if (list->first == list->end)
    g_clear_pointer (&output->more, g_free);
}

void
engine_output_queue_append (EngineOutputQueue *output, EngineBlock *block, gsize offset, gsize length)
{
  guint count = output_n_spans (output);
  EngineSpan *last = count > 0 ? output_span (output, count - 1) : NULL;

  output->bytes += length;
  if (last != NULL && last->block == block && last->offset + last->length == offset)
    last->length += length;
  else
    output_insert (output, count, (EngineSpan){ engine_block_ref (block), offset, length });
}

void
engine_output_queue_overtake (EngineOutputQueue *output, EngineBlock *block, gsize offset, gsize length)
{
  EngineSpan span = { engine_block_ref (block), offset, length };
  EngineSpan *head = &output->head;

  output->bytes += length;
  if (output->marks != NULL)
    engine_output_marks_push (output->marks, length);
  if (output->unit_left == 0)
    {
      output_insert (output, 0, span);
      return;
    }

  if (head->length > output->unit_left)
    {
      EngineSpan rest = { engine_block_ref (head->block), head->offset + output->unit_left,
                          head->length - output->unit_left };

      head->length = output->unit_left;
      output_insert (output, 1, rest);
    }
  output_insert (output, 1, span);
}

int
engine_output_queue_parts (const EngineOutputQueue *output, struct iovec *parts, int max_parts)
{
  int count = MIN ((int) output_n_spans (output), max_parts);

  for (int i = 0; i < count; i++)
    {
      const EngineSpan *span = output_span ((EngineOutputQueue *) output, (guint) i);

      parts[i].iov_base = span->block->data + span->offset;
      parts[i].iov_len = span->length;
    }

  return count;
}

/* The size of the frame at @at of a span. The bytes are our own, so the header is
 * whole and true. */
static gsize
output_unit_size (const EngineSpan *span, gsize at)
{
  const guint8 *header = span->block->data + span->offset + at;
  guint code = header[1] & WIRE_FRAME_LENGTH;
  guint64 length = code;

  if (code == WIRE_FRAME_LENGTH_16)
    length = (guint64) header[2] << 8 | header[3];
  else if (code == WIRE_FRAME_LENGTH_64)
    {
      memcpy (&length, header + 2, sizeof length);
      length = GUINT64_FROM_BE (length);
    }

  return wire_frame_header_size (length, header[1] & WIRE_FRAME_MASKED) + (gsize) length;
}

/* Cuts a piece out of a span; returns how many spans are left of it. */
static guint
output_cut (EngineOutputQueue *output, guint index, gsize at, gsize length)
{
  EngineSpan *span = output_span (output, index);
  gsize behind = span->length - at - length;

  output->bytes -= length;
  if (at > 0 && behind > 0)
    {
      EngineSpan rest = { engine_block_ref (span->block), span->offset + at + length, behind };

      span->length = at;
      output_insert (output, index + 1, rest);
      return 2;
    }
  if (at > 0 || behind > 0)
    {
      span->offset += at == 0 ? length : 0;
      span->length -= length;
      return 1;
    }

  output_remove (output, index);
  return 0;
}

/* The first whole message at or behind @*at of a span. */
static gboolean
output_find_message (const EngineSpan *span, gboolean compressed, gsize *at, gsize *size)
{
  while (*at < span->length)
    {
      guint8 first = span->block->data[span->offset + *at];
      guint opcode = first & WIRE_FRAME_OPCODE;

      *size = output_unit_size (span, *at);
      if ((first & WIRE_FRAME_FIN) && (opcode == WIRE_OPCODE_TEXT || opcode == WIRE_OPCODE_BINARY) &&
          (compressed || !(first & WIRE_FRAME_RSV1)))
        return TRUE;
      *at += *size;
    }

  return FALSE;
}

void
engine_output_queue_truncate (EngineOutputQueue *output)
{
  gsize left = output->unit_left;
  guint keep = 0;

  while (left > 0)
    {
      EngineSpan *span = output_span (output, keep++);

      span->length = MIN (span->length, left);
      left -= span->length;
    }
  while (output_n_spans (output) > keep)
    output_remove (output, output_n_spans (output) - 1);
  output->bytes = output->unit_left;
  g_clear_pointer (&output->marks, engine_output_marks_free);
}

gsize
engine_output_queue_weight (const EngineOutputQueue *output)
{
  gsize weight = 0;

  for (guint i = 0; i < output_n_spans (output); i++)
    {
      const EngineBlock *block = output_span ((EngineOutputQueue *) output, i)->block;

      weight += block->capacity / block->references;
    }

  return weight;
}

guint
engine_output_queue_drop (EngineOutputQueue *output, gsize bytes, gboolean compressed)
{
  gsize before = 0;
  gsize dropped = 0;
  gsize at = output->unit_left;
  guint count = 0;

  for (guint index = 0; index < output_n_spans (output) && dropped < bytes;)
    {
      EngineSpan *span = output_span (output, index);
      gsize size;

      if (!output_find_message (span, compressed, &at, &size))
        {
          before += span->length;
          index++;
          at = 0;
          continue;
        }

      engine_output_queue_move_marks (output, before + at + size, size);
      dropped += size;
      count++;
      if (output_cut (output, index, at, size) == 2)
        {
          before += at;
          index++;
          at = 0;
        }
    }

  return count;
}

void
engine_output_queue_sent (EngineOutputQueue *output, gsize bytes)
{
  gboolean all = bytes == output->bytes;

  if (output->marks != NULL)
    engine_output_queue_move_marks (output, bytes, bytes);
  output->bytes -= bytes;
  while (bytes > 0)
    {
      EngineSpan *head = &output->head;
      gsize step = MIN (bytes, head->length);

      g_assert (head->block != NULL);
      /* Where frames begin matters only if something stays. */
      if (!all)
        {
          if (output->unit_left == 0)
            output->unit_left = output_unit_size (head, 0);
          step = MIN (step, output->unit_left);
          output->unit_left -= step;
        }
      bytes -= step;
      head->offset += step;
      head->length -= step;
      if (head->length == 0)
        output_drop_first (output);
    }
  if (all)
    output->unit_left = 0;
}

/* A place for @length bytes behind the span before @index: at the end of its
 * block, if that is ours alone, or in a new one. */
static guint8 *
output_own_room (EngineOutputQueue *output, guint index, EngineMemory *memory, gsize length)
{
  EngineSpan *before = index > 0 ? output_span (output, index - 1) : NULL;
  EngineBlock *block = before != NULL ? before->block : NULL;
  gsize capacity;
  EngineBlock *fresh;

  if (block != NULL && block->references == 1 && before->offset + before->length == block->used &&
      engine_block_room (block) >= length)
    {
      before->length += length;
      block->used += length;
      return block->data + block->used - length;
    }

  capacity = block != NULL ? MIN (block->capacity * 2, OUTPUT_BLOCK_MAX) : OUTPUT_BLOCK_MIN;
  /* Behind a span that isn't small much of a block might stay empty. */
  fresh = engine_block_new (memory, length < OUTPUT_SMALL_SPAN ? MAX (capacity, length) : length);
  fresh->used = length;
  output_insert (output, index, (EngineSpan){ fresh, 0, length });

  return fresh->data;
}

static void
output_copy_from (EngineOutputQueue *output, guint index)
{
  guint count = output_n_spans (output);
  g_autofree EngineSpan *spans = g_new (EngineSpan, count - index);
  gsize length = 0;
  guint8 *room;

  for (guint i = index; i < count; i++)
    {
      spans[i - index] = *output_span (output, i);
      length += spans[i - index].length;
    }
  if (index == 0)
    {
      output->head = (EngineSpan){ 0 };
      g_clear_pointer (&output->more, g_free);
    }
  else
    {
      output->more->end -= count - index;
      if (output->more->end == output->more->first)
        g_clear_pointer (&output->more, g_free);
      /* Without others only the head is left. */
      g_assert (output->more != NULL || index == 1);
    }

  room = output_own_room (output, index, spans[0].block->memory, length);
  for (guint i = 0; i < count - index; i++)
    {
      memcpy (room, spans[i].block->data + spans[i].offset, spans[i].length);
      room += spans[i].length;
      engine_block_unref (spans[i].block);
    }
}

/* The small spans at the end. */
static void
output_join (EngineOutputQueue *output)
{
  guint count = output_n_spans (output);
  guint index = count;

  while (index > 0 && output_span (output, index - 1)->length < OUTPUT_SMALL_SPAN)
    index--;
  if (index < count)
    output_copy_from (output, index);
}

void
engine_output_queue_queue_compact (EngineOutputQueue *output)
{
  const EngineBlock *counted = NULL;
  guint count;
  guint index;
  gsize length = 0;
  gsize share = 0;

  if (output_n_spans (output) > OUTPUT_SPANS_MAX)
    output_join (output);

  index = count = output_n_spans (output);
  while (index > 0 && output_span (output, index - 1)->block->gathers)
    {
      const EngineSpan *span = output_span (output, --index);

      length += span->length;
      if (span->block != counted)
        /* What would be ours of the block, were it divided among all who hold it. */
        share += span->block->capacity / span->block->references;
      counted = span->block;
    }

  if (index < count && length < share)
    output_copy_from (output, index);
}

void
engine_output_queue_clear (EngineOutputQueue *output)
{
  while (output->head.block != NULL)
    output_drop_first (output);
  output->bytes = 0;
  output->unit_left = 0;
  g_clear_pointer (&output->marks, engine_output_marks_free);
}
