/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "vectors.h"
#include "wire/decoder-private.h"
#include "wire/mask-private.h"

#define MESSAGE_LIMIT (16 * 1024 * 1024)
#define WHOLE_LIMIT (64 * 1024)
#define NO_LIMIT G_MAXUINT64

/* --- a peer: what it is given is decoded and written down */

typedef struct {
  WireDecoder decoder;
  GByteArray *pending;
  GString *transcript;
  gboolean in_message;
  guint8 opcode;
  guint64 frame_remaining;
  gboolean failed;
  WireViolation violation;
} Peer;

static void
peer_init (Peer *peer, WireRole role, guint64 message_limit, guint32 whole_limit)
{
  memset (peer, 0, sizeof *peer);
  wire_decoder_init (&peer->decoder, role, message_limit, whole_limit);
  peer->pending = g_byte_array_new ();
  peer->transcript = g_string_new (NULL);
}

static void
peer_clear (Peer *peer)
{
  g_byte_array_unref (peer->pending);
  g_string_free (peer->transcript, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Peer, peer_clear)

static void
write_bytes (GString *transcript, const guint8 *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isprint (data[i]) && strchr ("\\<>[]", data[i]) == NULL)
      g_string_append_c (transcript, data[i]);
    else
      g_string_append_printf (transcript, "\\x%02x", data[i]);
}

static void
write_control (GString *transcript, const WirePiece *piece)
{
  g_assert_true (piece->opcode == WIRE_OPCODE_CLOSE || piece->opcode == WIRE_OPCODE_PING
                 || piece->opcode == WIRE_OPCODE_PONG);
  g_assert_true (piece->message_start && piece->message_end);
  g_assert_cmpuint (piece->frame_remaining, ==, 0);

  g_string_append (transcript, piece->opcode == WIRE_OPCODE_CLOSE ? "<close "
                               : piece->opcode == WIRE_OPCODE_PING ? "<ping " : "<pong ");
  write_bytes (transcript, piece->data, piece->length);
  g_string_append_c (transcript, '>');
}

static void
peer_note (Peer *peer, const WirePiece *piece)
{
  const guint64 remaining_before = peer->frame_remaining;

  if (piece->opcode & WIRE_OPCODE_CONTROL)
    {
      g_assert_cmpuint (remaining_before, ==, 0);
      write_control (peer->transcript, piece);
      return;
    }

  g_assert_cmpint (piece->message_start, ==, !peer->in_message);
  if (piece->message_start)
    {
      g_assert_true (piece->opcode == WIRE_OPCODE_TEXT || piece->opcode == WIRE_OPCODE_BINARY);
      g_string_append (peer->transcript, piece->opcode == WIRE_OPCODE_TEXT ? "text[" : "binary[");
      peer->opcode = piece->opcode;
    }
  g_assert_cmpuint (piece->opcode, ==, peer->opcode);
  if (remaining_before > 0)
    g_assert_cmpuint (piece->frame_remaining + piece->length, ==, remaining_before);
  if (piece->length == 0)
    g_assert_true (piece->message_start || piece->message_end);

  write_bytes (peer->transcript, piece->data, piece->length);
  if (piece->message_end)
    {
      g_assert_cmpuint (piece->frame_remaining, ==, 0);
      g_string_append_c (peer->transcript, ']');
    }
  peer->in_message = !piece->message_end;
  peer->frame_remaining = piece->frame_remaining;
}

/* Decodes one step from a block of exactly the pending bytes, so that a tool that
 * checks memory sees a look past them. */
static WireDecodeResult
peer_step (Peer *peer)
{
  const gsize length = peer->pending->len;
  g_autofree guint8 *block = g_memdup2 (peer->pending->data, length);
  WireDecoder before;
  WirePiece piece = { 0 };
  gsize consumed = G_MAXSIZE;
  WireDecodeResult result;

  memcpy (&before, &peer->decoder, sizeof before);
  result = wire_decoder_next (&peer->decoder, block, length, &consumed, &piece, &peer->violation);
  if (result == WIRE_DECODE_ERROR)
    return result;

  g_assert_cmpuint (consumed, <=, length);
  if (result == WIRE_DECODE_PIECE)
    {
      g_assert_cmpuint (consumed, >, 0);
      g_assert_true (piece.data + piece.length == block + consumed);
      peer_note (peer, &piece);
    }
  else if (length > 0)
    g_assert_true (memcmp (block + consumed, peer->pending->data + consumed, length - consumed) == 0);
  if (result == WIRE_DECODE_INCOMPLETE && consumed == 0)
    {
      /* The text that waits was looked at, nothing else. */
      before.checked = peer->decoder.checked;
      before.utf8 = peer->decoder.utf8;
      g_assert_cmpmem (&peer->decoder, sizeof before, &before, sizeof before);
    }

  if (consumed > 0)
    g_byte_array_remove_range (peer->pending, 0, consumed);
  return result;
}

static void
peer_give (Peer *peer, const guint8 *data, gsize length)
{
  WireDecodeResult result = WIRE_DECODE_PIECE;

  if (peer->failed)
    return;

  g_byte_array_append (peer->pending, data, length);
  while (result == WIRE_DECODE_PIECE)
    result = peer_step (peer);

  if (result == WIRE_DECODE_ERROR)
    {
      peer->failed = TRUE;
      g_assert_true (wire_close_code_is_valid (peer->violation.close_code));
      g_assert_cmpuint (strlen (peer->violation.text), >, 0);
      g_assert_true (g_str_is_ascii (peer->violation.text));
    }
}

/* Gives all of @bytes: the first @first at once, then @step at a time. */
static void
peer_give_in_steps (Peer *peer, const GByteArray *bytes, gsize first, gsize step)
{
  gsize given = MIN (first, bytes->len);

  peer_give (peer, bytes->data, given);
  while (given < bytes->len)
    {
      const gsize now = MIN (step, bytes->len - given);

      peer_give (peer, bytes->data + given, now);
      given += now;
    }
}

/* --- known vectors */

typedef struct {
  WireRole role;
  GByteArray *input;
  char *events;
  char *violation;              /* or NULL */
  guint64 message_limit;
} Vector;

static void
vector_free (gpointer data)
{
  Vector *vector = data;

  g_byte_array_unref (vector->input);
  g_free (vector->events);
  g_free (vector->violation);
  g_free (vector);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Vector, vector_free)

static Vector *
vector_load (GKeyFile *file, const char *group, WireRole role)
{
  const char *role_name = role == WIRE_ROLE_SERVER ? "server" : "client";
  g_autofree char *role_violation = g_strconcat ("violation-", role_name, NULL);
  Vector *vector = g_new0 (Vector, 1);

  vector->role = role;
  vector->input = vectors_get_bytes (file, group, role_name);
  vector->events = g_key_file_get_value (file, group, "events", NULL);
  vector->violation = g_key_file_get_value (file, group, "violation", NULL);
  if (vector->violation == NULL)
    vector->violation = g_key_file_get_value (file, group, role_violation, NULL);
  vector->message_limit = MESSAGE_LIMIT;
  if (g_key_file_has_key (file, group, "limit", NULL))
    vector->message_limit = g_key_file_get_uint64 (file, group, "limit", NULL);

  g_assert_nonnull (vector->input);
  g_assert_true (vector->events != NULL || vector->violation != NULL);
  if (vector->events == NULL)
    vector->events = g_strdup ("");

  return vector;
}

static void
check_outcome (const Vector *vector, const Peer *peer)
{
  g_assert_cmpint (peer->failed, ==, vector->violation != NULL);
  if (peer->failed)
    {
      g_autofree char *violation = g_strdup_printf ("%u %s", peer->violation.close_code, peer->violation.text);

      g_assert_cmpstr (violation, ==, vector->violation);
    }
}

/* Every frame in one piece. */
static void
check_whole (const Vector *vector, gsize first, gsize step)
{
  g_auto (Peer) peer;

  peer_init (&peer, vector->role, vector->message_limit, WHOLE_LIMIT);
  peer_give_in_steps (&peer, vector->input, first, step);
  g_assert_cmpstr (peer.transcript->str, ==, vector->events);
  check_outcome (vector, &peer);
}

/* Every frame in pieces. Of an invalid text more is handed out then. */
static void
check_streamed (const Vector *vector, gsize first, gsize step)
{
  g_auto (Peer) peer;

  peer_init (&peer, vector->role, vector->message_limit, 0);
  peer_give_in_steps (&peer, vector->input, first, step);
  check_outcome (vector, &peer);
  if (peer.failed && peer.violation.close_code == WIRE_CLOSE_INVALID_PAYLOAD)
    g_assert_true (g_str_has_prefix (peer.transcript->str, vector->events));
  else
    g_assert_cmpstr (peer.transcript->str, ==, vector->events);
}

static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;

  check_whole (vector, vector->input->len, 1);
  check_streamed (vector, vector->input->len, 1);
}

static void
test_vector_byte_at_a_time (gconstpointer data)
{
  const Vector *vector = data;

  for (gsize step = 1; step <= 3; step++)
    {
      check_whole (vector, step, step);
      check_streamed (vector, step, step);
    }
}

static void
test_vector_every_split (gconstpointer data)
{
  const Vector *vector = data;

  for (gsize first = 0; first < vector->input->len; first++)
    {
      check_whole (vector, first, vector->input->len);
      check_streamed (vector, first, vector->input->len);
    }
}

/* The violation is found with the last byte of the vector, and not before. */
static void
test_vector_proof (gconstpointer data)
{
  const Vector *vector = data;
  g_auto (Peer) peer;

  peer_init (&peer, vector->role, vector->message_limit, WHOLE_LIMIT);
  peer_give (&peer, vector->input->data, vector->input->len - 1);
  g_assert_false (peer.failed);
  g_assert_cmpstr (peer.transcript->str, ==, vector->events);
  peer_give (&peer, vector->input->data + vector->input->len - 1, 1);
  g_assert_true (peer.failed);
}

static void
add_vector (GKeyFile *file, const char *group, WireRole role, const char *twin, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/wire/decoder/vectors/%s/%s/%s", group,
                                           role == WIRE_ROLE_SERVER ? "server" : "client", twin);

  g_test_add_data_func_full (path, vector_load (file, group, role), test, vector_free);
}

static void
add_vectors (void)
{
  g_autoptr (GKeyFile) file = vectors_load ("decoder.ini");
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    for (WireRole role = WIRE_ROLE_SERVER; role <= WIRE_ROLE_CLIENT; role++)
      {
        g_autoptr (Vector) vector = vector_load (file, groups[i], role);

        add_vector (file, groups[i], role, "at-once", test_vector);
        add_vector (file, groups[i], role, "byte-at-a-time", test_vector_byte_at_a_time);
        add_vector (file, groups[i], role, "every-split", test_vector_every_split);
        if (vector->violation != NULL)
          add_vector (file, groups[i], role, "proof", test_vector_proof);
      }
}

/* --- frames that a test makes */

static const WireRole roles[] = { WIRE_ROLE_SERVER, WIRE_ROLE_CLIENT };

/* What a decoder of that role accepts; the key is used by a server alone. */
static void
append_frame (GByteArray *bytes, WireRole role, guint8 first_byte, const void *payload, gsize length, guint32 key)
{
  guint8 header[WIRE_FRAME_HEADER_MAX];
  gsize size = wire_frame_header (header, first_byte, length, role == WIRE_ROLE_SERVER ? &key : NULL);
  const gsize payload_at = bytes->len + size;

  g_byte_array_append (bytes, header, size);
  if (length > 0)
    g_byte_array_append (bytes, payload, length);
  if (role == WIRE_ROLE_SERVER)
    wire_mask (bytes->data + payload_at, length, key);
}

static GByteArray *
make_frame (WireRole role, guint8 first_byte, const void *payload, gsize length)
{
  GByteArray *bytes = g_byte_array_new ();

  append_frame (bytes, role, first_byte, payload, length, 0xdeadbeef);
  return bytes;
}

/* The header of a frame that announces @length. */
static gsize
make_header (guint8 header[WIRE_FRAME_HEADER_MAX], WireRole role, guint8 first_byte, guint64 length)
{
  const guint32 key = 0;

  return wire_frame_header (header, first_byte, length, role == WIRE_ROLE_SERVER ? &key : NULL);
}

#define FIN_BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)

/* --- every beginning of a frame, against the rules written down once more */

static gboolean
rules_allow (WireRole role, gboolean in_message, guint8 first, guint8 second)
{
  const guint opcode = first % 16;
  const gboolean fin = first >= 128;
  const guint length = second % 128;

  if ((second >= 128) != (role == WIRE_ROLE_SERVER) || first / 16 % 8 != 0)
    return FALSE;

  switch (opcode)
    {
    case 0:
      return in_message;
    case 1:
    case 2:
      return !in_message;
    case 8:
    case 9:
    case 10:
      return fin && length <= 125;
    default:
      return FALSE;
    }
}

static void
check_beginning (WireRole role, gboolean in_message, guint8 first, guint8 second)
{
  g_autoptr (GByteArray) bytes = make_frame (role, WIRE_OPCODE_TEXT, NULL, 0);
  guint8 beginning[2] = { first, second };
  WireViolation violation = { 0 };
  WireDecoder decoder;
  WirePiece piece;
  gsize consumed;
  WireDecodeResult result;

  wire_decoder_init (&decoder, role, MESSAGE_LIMIT, WHOLE_LIMIT);
  if (in_message)
    g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, bytes->len, &consumed, &piece, &violation), ==,
                     WIRE_DECODE_PIECE);

  result = wire_decoder_next (&decoder, beginning, 2, &consumed, &piece, &violation);
  if ((result != WIRE_DECODE_ERROR) != rules_allow (role, in_message, first, second))
    g_error ("role %u, in message %d: %02x %02x gave %d", role, in_message, first, second, result);
  if (result == WIRE_DECODE_ERROR)
    g_assert_cmpuint (violation.close_code, ==, WIRE_CLOSE_PROTOCOL_ERROR);
}

static void
test_every_beginning (void)
{
  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    for (guint i = 0; i < 2 * 65536; i++)
      check_beginning (roles[role], i >= 65536, i >> 8, i);
}

/* --- lengths */

static void
test_every_length_form (void)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 127, 256, 65535, 65536, 65537, 100000 };
  g_autofree guint8 *payload = g_malloc (100000);

  memset (payload, 'x', 100000);
  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
      for (gsize step = 1; step <= 4096; step += 4095)
        {
          g_autoptr (GByteArray) bytes = make_frame (roles[role], 0x81, payload, lengths[i]);
          g_auto (Peer) peer;

          peer_init (&peer, roles[role], NO_LIMIT, step == 1 ? 0 : G_MAXUINT32);
          peer_give_in_steps (&peer, bytes, 1, step);
          g_assert_false (peer.failed);
          g_assert_cmpuint (peer.transcript->len, ==, strlen ("text[]") + lengths[i]);
          g_assert_true (g_str_has_suffix (peer.transcript->str, "]"));
        }
}

/* A frame that announces more than there will ever be is handed out as it comes. */
static void
test_longest_frame_without_limit (void)
{
  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      guint8 bytes[WIRE_FRAME_HEADER_MAX + 3];
      gsize size = make_header (bytes, roles[role], FIN_BINARY, G_MAXINT64);
      WireViolation violation;
      WireDecoder decoder;
      WirePiece piece;
      gsize consumed;

      memcpy (bytes + size, "abc", 3);
      wire_decoder_init (&decoder, roles[role], NO_LIMIT, G_MAXUINT32);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes, size, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_INCOMPLETE);
      g_assert_cmpuint (consumed, ==, size);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes + size, 3, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_PIECE);
      g_assert_cmpmem (piece.data, piece.length, "abc", 3);
      g_assert_cmpuint (piece.frame_remaining, ==, (guint64) G_MAXINT64 - 3);
      g_assert_true (piece.message_start);
      g_assert_false (piece.message_end);
    }
}

/* Lengths that the type of the sum can't hold must not wrap around, and a length
 * that fits to the last byte must pass. */
static void
test_sum_of_lengths_does_not_wrap (void)
{
  static const struct {
    guint64 before, length;
    gboolean allowed;
  } sums[] = {
    { G_MAXUINT64 - 5, 5, TRUE },
    { G_MAXUINT64 - 5, 6, FALSE },
    { G_MAXUINT64, 0, TRUE },
    { G_MAXUINT64, 1, FALSE },
    { (guint64) G_MAXINT64 + 1, G_MAXINT64, TRUE },
    { (guint64) G_MAXINT64 + 2, G_MAXINT64, FALSE },
  };

  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    for (gsize i = 0; i < G_N_ELEMENTS (sums); i++)
      {
        guint8 header[WIRE_FRAME_HEADER_MAX];
        gsize size = make_header (header, roles[role], 0x80, sums[i].length);
        WireViolation violation;
        WireDecoder decoder;
        WirePiece piece;
        gsize consumed;
        WireDecodeResult result;

        /* No test can send that much: a message that has come so far. */
        wire_decoder_init (&decoder, roles[role], NO_LIMIT, 0);
        decoder.message_opcode = WIRE_OPCODE_BINARY;
        decoder.message_begun = TRUE;
        decoder.message_length = sums[i].before;

        result = wire_decoder_next (&decoder, header, size, &consumed, &piece, &violation);
        g_assert_cmpint (result != WIRE_DECODE_ERROR, ==, sums[i].allowed);
        if (!sums[i].allowed)
          g_assert_cmpuint (violation.close_code, ==, WIRE_CLOSE_TOO_BIG);
      }
}

/* --- whole frames and pieces */

static void
test_whole_limit (void)
{
  guint8 payload[] = "0123456789a";

  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      const gsize header_size = wire_frame_header_size (10, roles[role] == WIRE_ROLE_SERVER);
      g_autoptr (GByteArray) bytes = make_frame (roles[role], FIN_BINARY, payload, 10);
      WireDecoder decoder, fresh;
      WireViolation violation;
      WirePiece piece;
      gsize consumed;

      wire_decoder_init (&decoder, roles[role], MESSAGE_LIMIT, 10);
      memcpy (&fresh, &decoder, sizeof fresh);
      for (gsize length = 0; length < bytes->len; length++)
        {
          g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, length, &consumed, &piece, &violation), ==,
                           WIRE_DECODE_INCOMPLETE);
          g_assert_cmpuint (consumed, ==, 0);
          g_assert_cmpmem (&decoder, sizeof decoder, &fresh, sizeof fresh);
        }
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, bytes->len, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_PIECE);
      g_assert_cmpuint (consumed, ==, bytes->len);
      g_assert_cmpmem (piece.data, piece.length, payload, 10);
      g_assert_true (piece.data == bytes->data + header_size);
      g_assert_true (piece.message_start && piece.message_end);
    }
}

static void
test_pieces (void)
{
  static const guint8 payload[] = "0123456789a";

  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      const gsize header_size = wire_frame_header_size (11, roles[role] == WIRE_ROLE_SERVER);
      g_autoptr (GByteArray) bytes = make_frame (roles[role], FIN_BINARY, payload, 11);
      WireDecoder decoder;
      WireViolation violation;
      WirePiece piece;
      gsize consumed;

      wire_decoder_init (&decoder, roles[role], MESSAGE_LIMIT, 10);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, header_size, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_INCOMPLETE);
      g_assert_cmpuint (consumed, ==, header_size);

      for (gsize i = 0; i < 11; i++)
        {
          g_assert_cmpint (wire_decoder_next (&decoder, bytes->data + header_size + i, 1, &consumed, &piece,
                                              &violation), ==, WIRE_DECODE_PIECE);
          g_assert_cmpmem (piece.data, piece.length, payload + i, 1);
          g_assert_cmpuint (consumed, ==, 1);
          g_assert_cmpuint (piece.frame_remaining, ==, 10 - i);
          g_assert_cmpint (piece.message_start, ==, i == 0);
          g_assert_cmpint (piece.message_end, ==, i == 10);
        }
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, 0, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_INCOMPLETE);
    }
}

/* The text of a piece is checked when the piece is there, not when the frame is. */
static void
test_invalid_text_in_pieces (void)
{
  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      g_autoptr (GByteArray) bytes = make_frame (roles[role], 0x81, "ab\xff" "cd", 5);
      g_auto (Peer) peer;

      peer_init (&peer, roles[role], MESSAGE_LIMIT, 0);
      peer_give (&peer, bytes->data, bytes->len - 3);
      g_assert_false (peer.failed);
      g_assert_cmpstr (peer.transcript->str, ==, "text[ab");
      peer_give (&peer, bytes->data + bytes->len - 3, 1);
      g_assert_true (peer.failed);
      g_assert_cmpuint (peer.violation.close_code, ==, WIRE_CLOSE_INVALID_PAYLOAD);
      g_assert_cmpstr (peer.transcript->str, ==, "text[ab");
    }
}

/* Nor is it when the frame is handed out whole: the rest of it may never come. */
static void
test_invalid_text_in_whole_frame (void)
{
  g_autofree guint8 *text = g_malloc (1000);

  memset (text, 'a', 1000);
  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    for (gsize bad = 0; bad < 1000; bad += 111)
      {
        g_autoptr (GByteArray) bytes = NULL;
        gsize header_size = wire_frame_header_size (1000, roles[role] == WIRE_ROLE_SERVER);
        g_auto (Peer) peer;

        text[bad] = 0xff;
        bytes = make_frame (roles[role], 0x81, text, 1000);
        text[bad] = 'a';
        peer_init (&peer, roles[role], MESSAGE_LIMIT, 1000);
        for (gsize at = 0; at < header_size + bad; at += 7)
          peer_give (&peer, bytes->data + at, MIN (7, header_size + bad - at));
        g_assert_false (peer.failed);
        peer_give (&peer, bytes->data + header_size + bad, 1);
        g_assert_true (peer.failed);
        g_assert_cmpuint (peer.violation.close_code, ==, WIRE_CLOSE_INVALID_PAYLOAD);
        g_assert_cmpstr (peer.transcript->str, ==, "");
      }
}

/* --- many frames */

#define SMALL_FRAGMENT 64

/* Were each frame to cost more than itself, this one would not end. */
static void
test_many_small_fragments (void)
{
  const gsize n_fragments = MESSAGE_LIMIT / SMALL_FRAGMENT;
  const guint8 payload[SMALL_FRAGMENT] = "a fragment";

  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      g_autoptr (GByteArray) bytes = make_frame (roles[role], WIRE_OPCODE_BINARY, NULL, 0);
      WireDecoder decoder;
      WireViolation violation;
      WirePiece piece;
      gsize at = 0, consumed, n_pieces = 0;

      for (gsize i = 0; i < n_fragments; i++)
        append_frame (bytes, roles[role], i + 1 < n_fragments ? 0x00 : 0x80, payload, sizeof payload, i);

      wire_decoder_init (&decoder, roles[role], MESSAGE_LIMIT, WHOLE_LIMIT);
      for (; at < bytes->len; at += consumed, n_pieces++)
        {
          g_assert_cmpint (wire_decoder_next (&decoder, bytes->data + at, bytes->len - at, &consumed, &piece,
                                              &violation), ==, WIRE_DECODE_PIECE);
          g_assert_cmpint (piece.message_end, ==, n_pieces == n_fragments);
          if (n_pieces > 0)
            g_assert_cmpmem (piece.data, piece.length, payload, sizeof payload);
        }
      g_assert_cmpuint (n_pieces, ==, n_fragments + 1);
    }
}

/* Passed over in one call, without a stack that grows with their number. */
static void
test_many_empty_fragments (void)
{
  const gsize n_fragments = 1000000;

  for (gsize role = 0; role < G_N_ELEMENTS (roles); role++)
    {
      const gsize size = wire_frame_header_size (0, roles[role] == WIRE_ROLE_SERVER);
      g_autoptr (GByteArray) bytes = make_frame (roles[role], WIRE_OPCODE_BINARY, NULL, 0);
      WireDecoder decoder;
      WireViolation violation;
      WirePiece piece;
      gsize consumed;

      for (gsize i = 0; i < n_fragments; i++)
        append_frame (bytes, roles[role], 0x00, NULL, 0, 0);
      append_frame (bytes, roles[role], 0x80, "end", 3, 0);

      wire_decoder_init (&decoder, roles[role], MESSAGE_LIMIT, WHOLE_LIMIT);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data, size, &consumed, &piece, &violation), ==,
                       WIRE_DECODE_PIECE);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data + size, n_fragments * size + 1, &consumed, &piece,
                                          &violation), ==, WIRE_DECODE_INCOMPLETE);
      g_assert_cmpuint (consumed, ==, n_fragments * size);
      g_assert_cmpint (wire_decoder_next (&decoder, bytes->data + size, bytes->len - size, &consumed, &piece,
                                          &violation), ==, WIRE_DECODE_PIECE);
      g_assert_cmpuint (consumed, ==, bytes->len - size);
      g_assert_cmpmem (piece.data, piece.length, "end", 3);
    }
}

/* --- there and back */

static gsize
random_length (void)
{
  static const gint32 ends[] = { 2, 20, 130, 1000, 70000 };

  return g_test_rand_int_range (0, ends[g_test_rand_int_range (0, G_N_ELEMENTS (ends))]);
}

static void
append_random_control (GByteArray *bytes, GString *expected, WireRole role, const guint8 *payload)
{
  static const struct {
    guint8 opcode;
    const char *name;
  } kinds[] = {
    { WIRE_OPCODE_PING, "ping" },
    { WIRE_OPCODE_PONG, "pong" },
    { WIRE_OPCODE_CLOSE, "close" },
  };
  const gsize kind = g_test_rand_int_range (0, G_N_ELEMENTS (kinds));
  const gsize length = g_test_rand_int_range (0, 126);

  append_frame (bytes, role, WIRE_FRAME_FIN | kinds[kind].opcode, payload, length, g_test_rand_int ());
  g_string_append_printf (expected, "<%s %.*s>", kinds[kind].name, (int) length, (const char *) payload);
}

static void
append_random_message (GByteArray *bytes, GString *expected, WireRole role, const guint8 *payload)
{
  const guint n_fragments = g_test_rand_int_range (1, 5);
  guint8 opcode = g_test_rand_bit () ? WIRE_OPCODE_TEXT : WIRE_OPCODE_BINARY;

  g_string_append (expected, opcode == WIRE_OPCODE_TEXT ? "text[" : "binary[");
  for (guint i = 1; i <= n_fragments; i++)
    {
      const gsize length = random_length ();

      append_frame (bytes, role, i == n_fragments ? WIRE_FRAME_FIN | opcode : opcode, payload, length,
                    g_test_rand_int ());
      g_string_append_len (expected, (const char *) payload, length);
      opcode = WIRE_OPCODE_CONTINUATION;
      if (i < n_fragments && g_test_rand_bit ())
        append_random_control (bytes, expected, role, payload);
    }
  g_string_append_c (expected, ']');
}

static void
test_round_trip (gconstpointer data)
{
  const WireRole role = GPOINTER_TO_UINT (data);
  g_autofree guint8 *payload = g_malloc (70000);

  for (gsize i = 0; i < 70000; i++)
    payload[i] = 'a' + i % 26;

  for (guint round = 0; round < 40; round++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (GString) expected = g_string_new (NULL);
      g_auto (Peer) peer;
      gsize given = 0;

      for (guint i = 0; i < 5; i++)
        append_random_message (bytes, expected, role, payload);

      peer_init (&peer, role, MESSAGE_LIMIT, random_length ());
      while (given < bytes->len)
        {
          gsize now = 1 + random_length ();

          now = MIN (now, bytes->len - given);
          peer_give (&peer, bytes->data + given, now);
          given += now;
        }
      g_assert_false (peer.failed);
      g_assert_cmpuint (peer.pending->len, ==, 0);
      g_assert_true (g_str_equal (peer.transcript->str, expected->str));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_vectors ();
  g_test_add_func ("/wire/decoder/every-beginning", test_every_beginning);
  g_test_add_func ("/wire/decoder/every-length-form", test_every_length_form);
  g_test_add_func ("/wire/decoder/longest-frame-without-limit", test_longest_frame_without_limit);
  g_test_add_func ("/wire/decoder/sum-of-lengths-does-not-wrap", test_sum_of_lengths_does_not_wrap);
  g_test_add_func ("/wire/decoder/whole-limit", test_whole_limit);
  g_test_add_func ("/wire/decoder/invalid-text-in-whole-frame", test_invalid_text_in_whole_frame);
  g_test_add_func ("/wire/decoder/pieces", test_pieces);
  g_test_add_func ("/wire/decoder/invalid-text-in-pieces", test_invalid_text_in_pieces);
  g_test_add_func ("/wire/decoder/many-small-fragments", test_many_small_fragments);
  g_test_add_func ("/wire/decoder/many-empty-fragments", test_many_empty_fragments);
  g_test_add_data_func ("/wire/decoder/round-trip/server", GUINT_TO_POINTER (WIRE_ROLE_SERVER), test_round_trip);
  g_test_add_data_func ("/wire/decoder/round-trip/client", GUINT_TO_POINTER (WIRE_ROLE_CLIENT), test_round_trip);

  return g_test_run ();
}
