/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "vectors.h"
#include "wire/frame-private.h"

typedef struct {
  const char *name;
  guint8 first_byte;
  guint64 length;
  gboolean masked;              /* with the key 37 fa 21 3d of RFC 6455 section 5.7 */
  const char *header;           /* as vectors.h tells */
} HeaderCase;

#define FIN_TEXT (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define FIN_BINARY (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)

static const HeaderCase header_cases[] = {
  { "rfc-unmasked-text", FIN_TEXT, 5, FALSE, "81 05" },
  { "rfc-masked-text", FIN_TEXT, 5, TRUE, "81 85 37 fa 21 3d" },
  { "rfc-first-fragment", WIRE_OPCODE_TEXT, 3, FALSE, "01 03" },
  { "rfc-last-fragment", WIRE_FRAME_FIN | WIRE_OPCODE_CONTINUATION, 2, FALSE, "80 02" },
  { "rfc-ping", WIRE_FRAME_FIN | WIRE_OPCODE_PING, 5, FALSE, "89 05" },
  { "rfc-pong", WIRE_FRAME_FIN | WIRE_OPCODE_PONG, 5, TRUE, "8a 85 37 fa 21 3d" },
  { "rfc-256-bytes", FIN_BINARY, 256, FALSE, "82 7e 01 00" },
  { "rfc-64-kib", FIN_BINARY, 65536, FALSE, "82 7f 00 00 00 00 00 01 00 00" },
  { "empty", FIN_BINARY, 0, FALSE, "82 00" },
  { "empty-masked", FIN_BINARY, 0, TRUE, "82 80 37 fa 21 3d" },
  { "longest-in-7-bits", FIN_BINARY, 125, FALSE, "82 7d" },
  { "longest-in-7-bits-masked", FIN_BINARY, 125, TRUE, "82 fd 37 fa 21 3d" },
  { "shortest-in-16-bits", FIN_BINARY, 126, FALSE, "82 7e 00 7e" },
  { "shortest-in-16-bits-masked", FIN_BINARY, 126, TRUE, "82 fe 00 7e 37 fa 21 3d" },
  { "longest-in-16-bits", FIN_BINARY, 65535, FALSE, "82 7e ff ff" },
  { "shortest-in-64-bits-masked", FIN_BINARY, 65536, TRUE, "82 ff 00 00 00 00 00 01 00 00 37 fa 21 3d" },
  { "every-byte-of-the-length", FIN_BINARY, G_GUINT64_CONSTANT (0x0123456789abcdef), FALSE,
    "82 7f 01 23 45 67 89 ab cd ef" },
  { "longest-in-64-bits", FIN_BINARY, G_MAXINT64, TRUE, "82 ff 7f ff ff ff ff ff ff ff 37 fa 21 3d" },
  { "reserved-bits-are-the-callers", 0xc1, 1, FALSE, "c1 01" },
};

static void
test_header (gconstpointer data)
{
  const HeaderCase *test = data;
  g_autoptr (GByteArray) expected = vectors_bytes (test->header);
  const guint8 key_bytes[4] = { 0x37, 0xfa, 0x21, 0x3d };
  guint8 out[WIRE_FRAME_HEADER_MAX];
  guint32 key;
  gsize size;

  memcpy (&key, key_bytes, sizeof key);
  memset (out, 0xa5, sizeof out);
  size = wire_frame_header (out, test->first_byte, test->length, test->masked ? &key : NULL);

  g_assert_cmpmem (out, size, expected->data, expected->len);
  g_assert_cmpuint (wire_frame_header_size (test->length, test->masked), ==, size);
  for (gsize i = size; i < sizeof out; i++)
    g_assert_cmpuint (out[i], ==, 0xa5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (header_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/wire/frame/header/", header_cases[i].name, NULL);

      g_test_add_data_func (path, &header_cases[i], test_header);
    }

  return g_test_run ();
}
