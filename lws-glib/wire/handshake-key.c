/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "handshake-private.h"

#include <string.h>

/* RFC 6455 section 1.3 */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define SHA1_SIZE 20

/* g_base64_encode_step() asks for this much room, and 4 bytes for the end. */
#define BASE64_ROOM(size) (((size) / 3 + 1) * 4 + 4)

static void
encode (char *out, gsize out_size, const guint8 *data, gsize length)
{
  char base64[BASE64_ROOM (SHA1_SIZE)];
  int state = 0;
  int save = 0;
  gsize written;

  written = g_base64_encode_step (data, length, FALSE, base64, &state, &save);
  written += g_base64_encode_close (FALSE, base64 + written, &state, &save);
  g_assert (written == out_size);

  memcpy (out, base64, written);
  out[written] = '\0';
}

gboolean
wire_key_is_valid (const char *key)
{
  gsize digits = WIRE_KEY_SIZE - strlen ("==");

  for (gsize i = 0; i < digits; i++)
    {
      if (!g_ascii_isalnum (key[i]) && key[i] != '+' && key[i] != '/')
        return FALSE;
    }

  /* The last digit carries two bits of the nonce, the other four are 0. */
  return strcmp (key + digits, "==") == 0 && strchr ("AQgw", key[digits - 1]) != NULL;
}

void
wire_accept_for_key (char accept[WIRE_ACCEPT_SIZE + 1], const char *key)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[SHA1_SIZE];
  gsize digest_size = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_GUID, strlen (ACCEPT_GUID));
  g_checksum_get_digest (checksum, digest, &digest_size);
  g_checksum_free (checksum);

  encode (accept, WIRE_ACCEPT_SIZE, digest, digest_size);
}

void
wire_client_handshake_set_key (WireClientHandshake *handshake, const guint8 nonce[WIRE_NONCE_SIZE])
{
  encode (handshake->key, WIRE_KEY_SIZE, nonce, WIRE_NONCE_SIZE);
}
