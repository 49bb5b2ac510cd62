/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "payload.h"

#include <string.h>

/* Primes, so that neither repeats early. */
#define BINARY_STEP 131
#define JSON_STEP 7919

static const char *const kind_names[] = { "ascii", "cyrillic", "cjk", "json", "binary" };

static const char *const text_samples[] = {
  [PAYLOAD_ASCII] = "The quick brown fox jumps over the lazy dog. ",
  [PAYLOAD_CYRILLIC] = "Съешь ещё этих мягких французских булок. ",
  [PAYLOAD_CJK] = "色は匂へど散りぬるを我が世誰ぞ常ならむ",
};

gboolean
payload_kind_from_name (const char *name, PayloadKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    if (g_str_equal (name, kind_names[i]))
      {
        *kind = (PayloadKind) i;
        return TRUE;
      }

  return FALSE;
}

/* A character that doesn't fit any more is replaced by spaces. */
static void
append_text (GString *to, const char *sample, gsize size)
{
  const char *end;

  while (to->len < size)
    g_string_append (to, sample);
  to->str[size] = '\0';
  if (!g_utf8_validate (to->str, (gssize) size, &end))
    memset ((char *) end, ' ', size - (gsize) (end - to->str));
  g_string_set_size (to, size);
}

/* What a program tells its clients again and again: same keys, other values. */
static void
append_json (GString *to, gsize size, guint number)
{
  static const char *const symbols[] = { "GNOME", "GTK", "GLIB", "PANGO", "CAIRO" };

  g_string_append_c (to, '[');
  for (guint i = number; to->len < size; i++)
    g_string_append_printf (to, "{\"id\":%u,\"symbol\":\"%s\",\"price\":%u.%02u,\"volume\":%u,\"side\":\"%s\"},",
                            i + 100000, symbols[i % G_N_ELEMENTS (symbols)], 100 + i * JSON_STEP % 900,
                            i * JSON_STEP % 100, i * JSON_STEP % 9973, i % 3 == 0 ? "buy" : "sell");
  g_string_set_size (to, size);
}

/* `number` sets messages of one kind and size apart. */
GBytes *
payload_new (PayloadKind kind, gsize size, guint number)
{
  GString *payload = g_string_sized_new (size + 256);

  if (kind == PAYLOAD_BINARY)
    for (gsize i = 0; i < size; i++)
      g_string_append_c (payload, (char) ((i + number) * BINARY_STEP));
  else if (kind == PAYLOAD_JSON)
    append_json (payload, size, number);
  else
    append_text (payload, text_samples[kind], size);

  return g_string_free_to_bytes (payload);
}
