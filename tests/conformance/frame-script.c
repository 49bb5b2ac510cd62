/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "frame-script.h"

#include "../wire/vectors.h"
#include "deflation.h"
#include "wire/mask-private.h"

#include <string.h>

/* Longer scripts say nothing new in single bytes, and each byte is a system call. */
#define BYTEWISE_MAX 2048

typedef struct {
  Scene *scene;
  GByteArray *unsent;           /* steps that follow each other leave at once */
  GByteArray *data;             /* all payload that the peer sent in data frames */
  guint32 key;                  /* of the frame under way, turned as far as it was used */
  gboolean data_frame;          /* its payload is no control frame's */
  gsize got;                    /* bytes of messages that were asked for */
  gboolean compressed;          /* the first message that the peer sent */
  gboolean ended;
} Play;

typedef void (*StepFunc) (Play *play, const char *rest);

static gboolean
peer_masks (const Play *play)
{
  return play->scene->setting->role == WIRE_ROLE_SERVER;
}

static void
flush (Play *play)
{
  scene_send (play->scene, play->unsent->data, play->unsent->len);
  g_byte_array_set_size (play->unsent, 0);
}

/* --- the handshake */

static void
step_opens (Play *play, const char *rest)
{
  scene_open_deflate (play->scene, rest);
}

/* --- the peer sends */

static void
append_header (Play *play, guint8 first_byte, guint bits, guint64 length, gboolean masked)
{
  static const guint8 key[] = { 0x37, 0xfa, 0x21, 0x3d };
  guint8 header[WIRE_FRAME_HEADER_MAX] = { first_byte, masked ? WIRE_FRAME_MASKED : 0 };
  guint size = bits == 7 ? 0 : bits / 8;

  g_assert_true (bits == 7 || bits == 16 || bits == 64);
  header[1] |= bits == 7 ? (guint8) length : bits == 16 ? WIRE_FRAME_LENGTH_16 : WIRE_FRAME_LENGTH_64;
  for (guint i = 0; i < size; i++)
    header[2 + i] = (guint8) (length >> 8 * (size - 1 - i));
  size += 2;
  if (masked)
    memcpy (header + size, key, sizeof key);
  g_byte_array_append (play->unsent, header, size + (masked ? (guint) sizeof key : 0));

  memcpy (&play->key, key, sizeof key);
  if (!masked)
    play->key = 0;
  play->data_frame = (first_byte & WIRE_OPCODE_CONTROL) == 0;
  if (play->data_frame && play->data->len == 0)
    play->compressed = (first_byte & WIRE_FRAME_RSV1) != 0;
}

static void
append_payload (Play *play, const GByteArray *payload)
{
  guint at = play->unsent->len;

  if (payload->len == 0)
    return;
  if (play->data_frame)
    g_byte_array_append (play->data, payload->data, payload->len);
  g_byte_array_append (play->unsent, payload->data, payload->len);
  play->key = wire_mask (play->unsent->data + at, payload->len, play->key);
}

/* XX BYTES */
static GByteArray *
read_frame (const char *rest, guint8 *first_byte)
{
  char *bytes;

  *first_byte = (guint8) g_ascii_strtoull (rest, &bytes, 16);

  return vectors_bytes (bytes);
}

static void
append_frame (Play *play, const char *rest, gboolean masked)
{
  guint8 first_byte;
  g_autoptr (GByteArray) payload = read_frame (rest, &first_byte);
  guint bits = payload->len <= WIRE_FRAME_LENGTH_7_MAX ? 7 : payload->len <= G_MAXUINT16 ? 16 : 64;

  append_header (play, first_byte, bits, payload->len, masked);
  append_payload (play, payload);
}

static void
step_frame (Play *play, const char *rest)
{
  append_frame (play, rest, peer_masks (play));
}

static void
step_wrong_mask (Play *play, const char *rest)
{
  append_frame (play, rest, !peer_masks (play));
}

static void
step_header (Play *play, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 3);

  g_assert_cmpuint (g_strv_length (words), ==, 3);
  append_header (play, (guint8) g_ascii_strtoull (words[0], NULL, 16),
                 (guint) g_ascii_strtoull (words[1], NULL, 10), g_ascii_strtoull (words[2], NULL, 16),
                 peer_masks (play));
}

static void
step_payload (Play *play, const char *rest)
{
  g_autoptr (GByteArray) payload = vectors_bytes (rest);

  append_payload (play, payload);
}

static void
step_raw (Play *play, const char *rest)
{
  g_autoptr (GByteArray) bytes = vectors_bytes (rest);

  g_byte_array_append (play->unsent, bytes->data, bytes->len);
}

/* --- the peer reads */

static void
step_expect (Play *play, const char *rest)
{
  guint8 first_byte;
  g_autoptr (GByteArray) payload = read_frame (rest, &first_byte);

  flush (play);
  scene_expect_frame (play->scene, first_byte, payload->data, payload->len);
}

static void
step_close (Play *play, const char *rest)
{
  guint64 code = g_ascii_strtoull (rest, NULL, 10);
  RawFrame frame;

  flush (play);
  scene_read_frame (play->scene, &frame);
  g_assert_cmphex (frame.first_byte, ==, WIRE_FRAME_FIN | WIRE_OPCODE_CLOSE);
  g_assert_cmpuint (frame.length, <=, WIRE_CONTROL_MAX);
  g_assert_cmpuint (frame.length >= 2 ? (guint) frame.payload[0] << 8 | frame.payload[1] : WIRE_CLOSE_NO_STATUS, ==,
                    code);
  g_assert_cmpuint (frame.length, !=, 1);
  if (frame.length > 2)
    g_assert_true (g_utf8_validate_len ((const char *) frame.payload + 2, frame.length - 2, NULL));
  raw_frame_clear (&frame);
}

/* --- our end */

static void
expect_message (Play *play, guint8 opcode, const GByteArray *payload)
{
  End *end = play->scene->end;
  EndMessage *message;

  END_UNTIL (end, end->messages.length > 0);
  message = g_queue_pop_head (&end->messages);
  g_assert_cmphex (message->opcode, ==, opcode);
  g_assert_cmpmem (g_bytes_get_data (message->payload, NULL), g_bytes_get_size (message->payload), payload->data,
                   payload->len);
  end_message_free (message);
}

static void
step_got (Play *play, const char *rest)
{
  gboolean text = g_str_has_prefix (rest, "text");
  g_autoptr (GByteArray) payload = vectors_bytes (rest + strcspn (rest, " "));
  End *end = play->scene->end;

  flush (play);
  if (end->face->whole_messages)
    expect_message (play, text ? WIRE_OPCODE_TEXT : WIRE_OPCODE_BINARY, payload);
  END_UNTIL (end, end->payload->len >= play->got + payload->len);
  /* Of an empty message there may be no data to point at. */
  if (payload->len > 0)
    g_assert_cmpmem (end->payload->data + play->got, payload->len, payload->data, payload->len);
  play->got += payload->len;
}

static void
step_got_pong (Play *play, const char *rest)
{
  g_autoptr (GByteArray) payload = vectors_bytes (rest);
  g_autoptr (GBytes) pong = NULL;
  End *end = play->scene->end;

  flush (play);
  END_UNTIL (end, end->pongs.length > 0);
  pong = g_queue_pop_head (&end->pongs);
  g_assert_cmpmem (g_bytes_get_data (pong, NULL), g_bytes_get_size (pong), payload->data, payload->len);
}

static gboolean
say (Play *play, const char *rest)
{
  guint8 first_byte;
  g_autoptr (GByteArray) payload = read_frame (rest, &first_byte);

  flush (play);

  return play->scene->end->face->send (play->scene->end, first_byte, payload->data, payload->len);
}

static void
step_say (Play *play, const char *rest)
{
  g_assert_true (say (play, rest));
}

static void
step_refuse (Play *play, const char *rest)
{
  g_assert_false (say (play, rest));
}

static void
step_leave (Play *play, const char *rest)
{
  char *reason;
  guint16 code = (guint16) g_ascii_strtoull (rest, &reason, 10);

  flush (play);
  play->scene->end->face->close (play->scene->end, code, g_strchug (reason));
}

/* --- both */

static void
step_end (Play *play, const char *rest)
{
  flush (play);
  scene_expect_end (play->scene, (guint) g_ascii_strtoull (rest, NULL, 10));
  play->ended = TRUE;
}

static void
step_fails (Play *play, const char *rest)
{
  step_close (play, rest);
  step_end (play, rest);
}

static void
step_lost (Play *play, const char *rest)
{
  End *end = play->scene->end;

  flush (play);
  if (g_str_equal (rest, "reset"))
    raw_peer_reset (play->scene->peer);
  else
    raw_peer_shutdown (play->scene->peer);
  END_UNTIL (end, end->closed > 0);
  g_assert_cmpuint (end->closed, ==, 1);
  if (end->close_code != 0)
    g_assert_cmpuint (end->close_code, ==, WIRE_CLOSE_ABNORMAL);
  play->ended = TRUE;
}

static const struct {
  const char *verb;
  StepFunc func;
} verbs[] = {
  { "frame", step_frame },       { "wrong-mask", step_wrong_mask },
  { "header", step_header },     { "payload", step_payload },
  { "raw", step_raw },           { "expect", step_expect },
  { "close", step_close },       { "got", step_got },
  { "got-pong", step_got_pong }, { "say", step_say },
  { "refuse", step_refuse },     { "leave", step_leave },
  { "end", step_end },           { "fails", step_fails },
  { "lost", step_lost },         { "opens", step_opens },
};

static void
play_step (Play *play, const ScriptStep *step)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (step->verb, verbs[i].verb))
      {
        verbs[i].func (play, step->rest);
        return;
      }
  g_error ("There is no step \"%s\"", step->verb);
}

/* Who gets messages in pieces may have got the good beginning of a bad one; who gets
 * whole ones got nothing of it. */
static void
check_rest (Play *play)
{
  End *end = play->scene->end;
  g_autoptr (GByteArray) sent = NULL;

  g_assert_cmpuint (end->opened, ==, 1);
  g_assert_cmpuint (end->failed, ==, 0);
  g_assert_cmpuint (end->messages.length, ==, 0);
  g_assert_cmpuint (end->pongs.length, ==, 0);
  if (end->payload->len == play->got)
    return;
  sent = play->compressed ? deflation_try (play->data) : g_byte_array_ref (play->data);
  g_assert_cmpuint (end->payload->len, <=, sent->len);
  g_assert_cmpmem (end->payload->data, end->payload->len, sent->data, end->payload->len);
}

void
frame_script_play (Scene *scene, gconstpointer data)
{
  const Script *script = data;
  g_autoptr (GByteArray) unsent = g_byte_array_new ();
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  Play play = { .scene = scene, .unsent = unsent, .data = payload };

  for (guint i = 0; i < script->steps->len; i++)
    play_step (&play, g_ptr_array_index (script->steps, i));
  flush (&play);
  if (!play.ended)
    {
      scene_part (scene);
      g_assert_cmpuint (play.got, ==, scene->end->payload->len);
    }
  check_rest (&play);
}

static gboolean
is_short (const Script *script)
{
  gsize length = 0;

  for (guint i = 0; i < script->steps->len; i++)
    {
      const ScriptStep *step = g_ptr_array_index (script->steps, i);

      /* Steps without bytes have none of these either. */
      if (strchr (step->rest, '*') != NULL)
        {
          const char *text = strchr (step->rest, ' ');
          g_autoptr (GByteArray) bytes = vectors_bytes (text != NULL ? text : step->rest);

          length += bytes->len;
        }
    }

  return length <= BYTEWISE_MAX;
}

void
frame_script_register (Script *script)
{
  gboolean bytewise = is_short (script);

  if (script->for_server)
    scene_add (script->name, WIRE_ROLE_SERVER, bytewise, frame_script_play, script);
  if (script->for_client)
    scene_add (script->name, WIRE_ROLE_CLIENT, bytewise, frame_script_play, script);
}
