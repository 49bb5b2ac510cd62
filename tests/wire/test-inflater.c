/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "vectors.h"
#include "wire/deflater-private.h"
#include "wire/inflater-private.h"

#define NO_LIMIT G_MAXUINT64
#define BUFFER_SIZE 4096

/* --- feeding an inflater */

typedef struct {
  WireInflater *inflater;
  gsize buffer_size;
  gsize step;                   /* of the input; 0: all at once */
  gboolean keep;                /* have the input copied after each call */
  GByteArray *received;
  guint messages;
  gboolean in_message;
  gboolean promised;            /* the last piece said that more of the frame follows */
  guint64 remaining;            /* ... and how much at most */
  gboolean failed;
  WireViolation violation;
} Reader;

static void
reader_init (Reader *reader, guint bits, gboolean takeover, guint64 limit)
{
  *reader = (Reader){
    .inflater = wire_inflater_new (bits, takeover, limit),
    .buffer_size = BUFFER_SIZE,
    .received = g_byte_array_new (),
  };
}

static void
reader_clear (Reader *reader)
{
  wire_inflater_free (reader->inflater);
  g_byte_array_unref (reader->received);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

/* What was promised at one piece holds until the frame ends. */
static void
reader_promise (Reader *reader, const WirePiece *piece)
{
  const guint64 remaining = wire_inflater_remaining (reader->inflater);

  g_assert_cmpint (remaining > 0, ==, piece->frame_remaining > 0);
  if (reader->promised)
    {
      g_assert_cmpuint (piece->length, <=, reader->remaining);
      reader->remaining = MIN (reader->remaining - piece->length, remaining);
    }
  else
    reader->remaining = remaining;
}

static void
reader_note (Reader *reader, const WirePiece *piece)
{
  g_assert_cmpint (piece->message_start, ==, !reader->in_message);
  if (reader->promised)
    g_assert_cmpuint (piece->length, >, 0);
  if (!piece->message_end)
    g_assert_cmpuint (piece->length, >, 0);
  else
    g_assert_cmpuint (piece->frame_remaining, ==, 0);

  g_byte_array_append (reader->received, piece->data, (guint) piece->length);
  reader_promise (reader, piece);
  reader->promised = piece->frame_remaining > 0;
  reader->in_message = !piece->message_end;
  reader->messages += piece->message_end ? 1 : 0;
}

static void
reader_read (Reader *reader)
{
  g_autofree guint8 *buffer = g_malloc (reader->buffer_size);
  WirePiece piece;

  for (;;)
    {
      switch (wire_inflater_next (reader->inflater, buffer, reader->buffer_size, &piece, &reader->violation))
        {
        case WIRE_INFLATE_PIECE:
          g_assert_cmpuint (piece.length, <=, reader->buffer_size);
          reader_note (reader, &piece);
          break;
        case WIRE_INFLATE_AGAIN:
          break;
        case WIRE_INFLATE_DONE:
          g_assert_false (wire_inflater_is_pending (reader->inflater));
          return;
        case WIRE_INFLATE_ERROR:
          reader->failed = TRUE;
          return;
        }
      if (reader->keep)
        wire_inflater_keep (reader->inflater);
    }
}

/* A frame of a message. */
static void
reader_feed (Reader *reader, guint8 opcode, const guint8 *data, gsize length, gboolean last)
{
  const gsize step = reader->step > 0 ? reader->step : MAX (length, 1);
  gsize done = 0;

  do
    {
      const gsize size = MIN (step, length - done);
      /* What the decoder hands out is gone when it goes on. */
      g_autofree guint8 *copy = g_malloc (MAX (size, 1));
      WirePiece piece = { .data = copy, .length = size, .opcode = opcode };

      if (size > 0)
        memcpy (copy, data + done, size);
      done += size;
      piece.frame_remaining = length - done;
      piece.message_end = last && done == length;
      wire_inflater_feed (reader->inflater, &piece);
      reader_read (reader);
    }
  while (done < length && !reader->failed);
}

static void
reader_expect (Reader *reader, const void *expected, gsize length, guint messages)
{
  if (reader->failed)
    g_test_message ("%u %s", reader->violation.close_code, reader->violation.text);
  g_assert_false (reader->failed);
  g_assert_cmpuint (reader->messages, ==, messages);
  g_assert_cmpmem (reader->received->data, reader->received->len, expected, length);
  g_byte_array_set_size (reader->received, 0);
  reader->messages = 0;
}

/* --- what RFC 7692 shows */

typedef struct {
  const char *name;
  const char *frames;           /* separated by '|'; messages by ';' */
  const char *expected;
  guint messages;
  gboolean takeover;
  guint16 violation;            /* 0: all is well */
} Vector;

static const Vector vectors[] = {
  { "7.2.3.1-one-block", "f2 48 cd c9 c9 07 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.1-fragments", "f2 48 cd|c9 c9 07 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.2-takeover", "f2 48 cd c9 c9 07 00;f2 00 11 00 00", "HelloHello", 2, TRUE, 0 },
  { "7.2.3.2-no-takeover", "f2 48 cd c9 c9 07 00;f2 00 11 00 00", NULL, 0, FALSE, 1007 },
  { "7.2.3.3-stored", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.4-final-block", "f3 48 cd c9 c9 07 00 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.4-final-block-nothing-behind", "f3 48 cd c9 c9 07 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.4-final-block-takeover", "f3 48 cd c9 c9 07 00 00;f2 00 11 00 00", "HelloHello", 2, TRUE, 0 },
  { "7.2.3.4-final-block-empty-fragment", "f3 48 cd c9 c9 07 00|", "Hello", 1, TRUE, 0 },
  { "7.2.3.5-two-blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello", 1, TRUE, 0 },
  { "7.2.3.6-empty", "00", "", 1, TRUE, 0 },
  { "7.2.3.6-empty-twice", "00;00", "", 2, FALSE, 0 },
  { "empty-last-fragment", "f2 48 cd c9 c9 07 00 00 00 ff ff|00", "Hello", 1, TRUE, 0 },
  { "empty-fragments", "|f2 48 cd||c9 c9 07 00", "Hello", 1, TRUE, 0 },
  { "final-blocks", "03 00 03 00 03 00", "", 1, TRUE, 0 },
  { "nothing", "", NULL, 0, TRUE, 1007 },
  { "reserved-block", "06", NULL, 0, TRUE, 1007 },
  { "truncated", "f2 48 cd", NULL, 0, TRUE, 1007 },
  { "stored-length-mismatch", "00 05 00 fa fe 48", NULL, 0, TRUE, 1007 },
  { "too-far-back", "f2 00 11 00 00", NULL, 0, TRUE, 1007 },
};

static void
feed_vector (Reader *reader, const Vector *vector)
{
  g_auto (GStrv) messages = g_strsplit (vector->frames, ";", 0);

  /* An empty string has no elements. */
  for (guint i = 0; !reader->failed && (i == 0 || messages[i] != NULL); i++)
    {
      g_auto (GStrv) frames = g_strsplit (messages[0] != NULL ? messages[i] : "", "|", 0);

      for (guint j = 0; !reader->failed && (j == 0 || frames[j] != NULL); j++)
        {
          g_autoptr (GByteArray) bytes = vectors_bytes (frames[0] != NULL ? frames[j] : "");

          reader_feed (reader, WIRE_OPCODE_TEXT, bytes->data, bytes->len, frames[0] == NULL || frames[j + 1] == NULL);
        }
      if (messages[0] == NULL)
        break;
    }
}

/* Each vector whole, byte by byte in, byte by byte out, and both. */
static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;

  for (guint way = 0; way < 8; way++)
    {
      g_auto (Reader) reader = { 0 };

      reader_init (&reader, 15, vector->takeover, NO_LIMIT);
      reader.step = way & 1 ? 1 : 0;
      reader.buffer_size = way & 2 ? WIRE_INFLATE_SIZE_MIN : BUFFER_SIZE;
      reader.keep = (way & 4) != 0;
      feed_vector (&reader, vector);
      if (vector->violation == 0)
        reader_expect (&reader, vector->expected, strlen (vector->expected), vector->messages);
      else
        {
          g_assert_true (reader.failed);
          g_assert_cmpuint (reader.violation.close_code, ==, vector->violation);
        }
    }
}

/* --- messages of our own */

static GByteArray *
deflate (WireDeflater *deflater, const void *data, gsize length)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_true (wire_deflater_run (deflater, data, length, TRUE, G_MAXSIZE, out));

  return g_steal_pointer (&out);
}

static void
test_rest (void)
{
  g_auto (Reader) reader = { 0 };
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 9, 8);
  const char text[] = "What was said before the pause is referred to after it.";
  gsize first = 0;

  reader_init (&reader, 15, TRUE, NO_LIMIT);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GByteArray) bytes = deflate (deflater, text, strlen (text));

      if (i == 0)
        first = bytes->len;
      else
        g_assert_cmpuint (bytes->len, <, first / 2);
      reader_feed (&reader, WIRE_OPCODE_TEXT, bytes->data, bytes->len, TRUE);
      reader_expect (&reader, text, strlen (text), 1);
      wire_inflater_rest (reader.inflater);
      wire_inflater_rest (reader.inflater);
    }
}

/* In the middle of a message nothing is given up. */
static void
test_rest_within_message (void)
{
  g_auto (Reader) reader = { 0 };
  const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };

  reader_init (&reader, 15, FALSE, NO_LIMIT);
  reader_feed (&reader, WIRE_OPCODE_TEXT, hello, 3, FALSE);
  wire_inflater_rest (reader.inflater);
  reader_feed (&reader, WIRE_OPCODE_TEXT, hello + 3, sizeof hello - 3, TRUE);
  reader_expect (&reader, "Hello", 5, 1);
}

/* Exactly the limit passes, a byte more does not, and no more than that is ever made. */
static void
test_limit (void)
{
  g_autofree guint8 *zeros = g_malloc0 (1000001);

  for (gsize size = 999999; size <= 1000001; size++)
    for (gsize buffer = 1000; buffer <= 2000000; buffer *= 1000)
      {
        g_auto (Reader) reader = { 0 };
        g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 9, 8);
        g_autoptr (GByteArray) bytes = deflate (deflater, zeros, size);

        reader_init (&reader, 15, TRUE, 1000000);
        reader.buffer_size = buffer;
        reader_feed (&reader, WIRE_OPCODE_BINARY, bytes->data, bytes->len, TRUE);
        if (size <= 1000000)
          reader_expect (&reader, zeros, size, 1);
        else
          {
            g_assert_true (reader.failed);
            g_assert_cmpuint (reader.violation.close_code, ==, 1009);
            g_assert_cmpuint (reader.received->len, <=, 1000000);
          }
      }
}

/* The limit holds for a message, not for its fragments, and begins anew with the next. */
static void
test_limit_of_fragments (void)
{
  g_auto (Reader) reader = { 0 };
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 9, 8);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint8 zeros[600] = { 0 };

  reader_init (&reader, 15, TRUE, 1000);
  for (guint i = 0; i < 5; i++)
    {
      g_assert_true (wire_deflater_run (deflater, zeros, sizeof zeros, TRUE, G_MAXSIZE, out));
      reader_feed (&reader, WIRE_OPCODE_BINARY, out->data, out->len, TRUE);
      reader_expect (&reader, zeros, sizeof zeros, 1);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (wire_deflater_run (deflater, zeros, sizeof zeros, FALSE, G_MAXSIZE, out));
      reader_feed (&reader, WIRE_OPCODE_BINARY, out->data, out->len, FALSE);
    }
  g_assert_true (reader.failed);
  g_assert_cmpuint (reader.violation.close_code, ==, 1009);
}

/* A peer that may use 256 bytes must not refer to more. */
static void
test_window (void)
{
  g_autofree guint8 *text = g_malloc (2000);

  for (guint i = 0; i < 2000; i++)
    text[i] = (guint8) (i < 1000 ? g_random_int_range (0, 256) : text[i - 1000]);

  for (guint bits = 8; bits <= 15; bits++)
    {
      g_auto (Reader) reader = { 0 };
      g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 9, 8);
      g_autoptr (GByteArray) bytes = deflate (deflater, text, 2000);

      reader_init (&reader, bits, TRUE, NO_LIMIT);
      /* Within one call zlib sees all of its output. */
      reader.buffer_size = 2;
      reader_feed (&reader, WIRE_OPCODE_BINARY, bytes->data, bytes->len, TRUE);
      if (bits >= 10)
        reader_expect (&reader, text, 2000, 1);
      else
        g_assert_cmpuint (reader.violation.close_code, ==, 1007);
    }
}

/* Text that ceases to be UTF-8 fails as soon as it is inflated. */
static void
test_text (void)
{
  static const struct {
    const char *text;
    guint pieces;               /* of two letters, that are fed before it fails */
  } bad[] = { { "ab\xff", 1 }, { "ab\xc3", 2 }, { "abcd\xed\xa0\x80", 2 } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (Reader) reader = { 0 };
      g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 1, 8);
      g_autoptr (GByteArray) out = g_byte_array_new ();
      const gsize length = strlen (bad[i].text);
      gsize at = 0;

      reader_init (&reader, 15, TRUE, NO_LIMIT);
      while (!reader.failed)
        {
          const gsize step = MIN (2, length - at);
          const guint8 *fragment = (const guint8 *) bad[i].text + at;

          g_assert_true (wire_deflater_run (deflater, fragment, step, step == 0, G_MAXSIZE, out));
          reader_feed (&reader, WIRE_OPCODE_TEXT, out->data, out->len, step == 0);
          at += step;
        }
      g_assert_cmpuint (reader.violation.close_code, ==, 1007);
      g_assert_cmpuint (reader.received->len, ==, i == 1 ? 3 : 2 * bad[i].pieces);
    }
}

/* A character across fragments and pieces, and one that is no text at all. */
static void
test_text_across (void)
{
  g_auto (Reader) reader = { 0 };
  g_autoptr (WireDeflater) deflater = wire_deflater_new (15, 1, 8);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const guint8 smile[] = { 0xf0, 0x9f, 0x98, 0x80 };

  reader_init (&reader, 15, TRUE, NO_LIMIT);
  for (guint i = 0; i < sizeof smile; i++)
    {
      g_assert_true (wire_deflater_run (deflater, smile + i, 1, i == 3, G_MAXSIZE, out));
      reader_feed (&reader, WIRE_OPCODE_TEXT, out->data, out->len, i == 3);
    }
  reader_expect (&reader, smile, sizeof smile, 1);

  g_assert_true (wire_deflater_run (deflater, smile, 2, TRUE, G_MAXSIZE, out));
  reader_feed (&reader, WIRE_OPCODE_BINARY, out->data, out->len, TRUE);
  reader_expect (&reader, smile, 2, 1);
}

/* What is dropped leaves nothing behind. */
static void
test_drop (void)
{
  g_auto (Reader) reader = { 0 };
  guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
  WirePiece piece = { .data = hello, .length = sizeof hello, .opcode = WIRE_OPCODE_TEXT, .message_end = TRUE };

  reader_init (&reader, 15, TRUE, NO_LIMIT);
  wire_inflater_feed (reader.inflater, &piece);
  g_assert_true (wire_inflater_is_pending (reader.inflater));
  wire_inflater_keep (reader.inflater);
  wire_inflater_drop (reader.inflater);
  g_assert_false (wire_inflater_is_pending (reader.inflater));
}

/* Whatever comes, it ends in a message or a violation, and within its bounds. */
static void
test_garbage (void)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_auto (Reader) reader = { 0 };
      guint8 bytes[64];

      for (guint j = 0; j < sizeof bytes; j++)
        bytes[j] = (guint8) g_random_int ();
      reader_init (&reader, (guint) g_random_int_range (8, 16), g_random_boolean (), 100000);
      reader.step = (gsize) g_random_int_range (0, 3);
      reader.buffer_size = (gsize) g_random_int_range (2, 300);
      reader_feed (&reader, WIRE_OPCODE_BINARY, bytes, (gsize) g_random_int_range (0, 65), TRUE);
      g_assert_cmpuint (reader.messages + (reader.failed ? 1 : 0), ==, 1);
      g_assert_cmpuint (reader.received->len, <=, 100000);
    }
}

/* What goes in comes out, whatever the parameters, cuts and fragments. */
static void
test_round_trip (void)
{
  for (guint round = 0; round < 200; round++)
    {
      const guint bits = (guint) g_random_int_range (9, 16);
      const gboolean takeover = g_random_boolean ();
      g_auto (Reader) reader = { 0 };
      g_autoptr (WireDeflater) deflater =
        wire_deflater_new (bits, (guint) g_random_int_range (1, 10), (guint) g_random_int_range (1, 10));
      g_autoptr (GByteArray) out = g_byte_array_new ();

      reader_init (&reader, bits, takeover, NO_LIMIT);
      reader.step = (gsize) g_random_int_range (0, 50);
      reader.buffer_size = (gsize) g_random_int_range (2, 5000);
      reader.keep = g_random_boolean ();
      for (guint message = 0; message < 10; message++)
        {
          g_autoptr (GByteArray) sent = g_byte_array_new ();
          gboolean last;

          do
            {
              guint8 fragment[3000];
              const gsize length = (gsize) g_random_int_range (0, sizeof fragment + 1);
              const int letters = g_random_boolean () ? 256 : 4;

              for (gsize i = 0; i < length; i++)
                fragment[i] = (guint8) g_random_int_range (0, letters);
              last = g_random_boolean ();
              g_byte_array_append (sent, fragment, (guint) length);
              g_assert_true (wire_deflater_run (deflater, fragment, length, last, G_MAXSIZE, out));
              reader_feed (&reader, WIRE_OPCODE_BINARY, out->data, out->len, last);
            }
          while (!last);
          reader_expect (&reader, sent->data, sent->len, 1);
          if (!takeover)
            wire_deflater_reset (deflater);
          if (g_random_boolean ())
            wire_inflater_rest (reader.inflater);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autofree char *path = g_strconcat ("/wire/inflater/vectors/", vectors[i].name, NULL);

      g_test_add_data_func (path, &vectors[i], test_vector);
    }
  g_test_add_func ("/wire/inflater/rest", test_rest);
  g_test_add_func ("/wire/inflater/rest-within-message", test_rest_within_message);
  g_test_add_func ("/wire/inflater/limit", test_limit);
  g_test_add_func ("/wire/inflater/limit-of-fragments", test_limit_of_fragments);
  g_test_add_func ("/wire/inflater/window", test_window);
  g_test_add_func ("/wire/inflater/text", test_text);
  g_test_add_func ("/wire/inflater/text-across", test_text_across);
  g_test_add_func ("/wire/inflater/drop", test_drop);
  g_test_add_func ("/wire/inflater/garbage", test_garbage);
  g_test_add_func ("/wire/inflater/round-trip", test_round_trip);

  return g_test_run ();
}
