/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/connection/state-private.h"
#include "../tls/tls-owner.h"

#include <string.h>
#include <sys/socket.h>

/* What a stranger may have a server compute and keep. */

#define ONLY(groups) "NORMAL:-GROUP-ALL:" groups

/* Diffie-Hellman in finite fields costs the server a hundred times what a curve does. */
static void
test_finite_fields (void)
{
  static const char *const refused[] = {
    ONLY ("+GROUP-FFDHE8192:-VERS-ALL:+VERS-TLS1.3"),
    ONLY ("+GROUP-FFDHE2048:-VERS-ALL:+VERS-TLS1.3"),
    ONLY ("+GROUP-FFDHE8192:-VERS-ALL:+VERS-TLS1.2"),
    "NORMAL:-KX-ALL:+DHE-RSA:-VERS-ALL:+VERS-TLS1.2",
  };
  static const char *const taken[] = {
    ONLY ("+GROUP-FFDHE8192:+GROUP-SECP256R1"),
    ONLY ("+GROUP-X25519"),
    "NORMAL:-KX-ALL:+DHE-RSA:+ECDHE-RSA:-VERS-ALL:+VERS-TLS1.2",
  };
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER_RSA);

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (RawPeer) peer = tls_owner_connect_silent (owner, refused[i], IDENTITY_N_KINDS);

      g_assert_cmpint (tls_peer_shake_hands (peer), <, 0);
      tls_peer_expect_alert (peer, GNUTLS_A_HANDSHAKE_FAILURE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (taken); i++)
    {
      g_autoptr (RawPeer) peer = tls_owner_connect_open (owner, taken[i]);

      g_assert_nonnull (owner->newest);
    }
}

#define RECORD 1024

/* A ClientHello of that many bytes but the last one, in records of 1 KiB each. How many were taken
 * before the server had enough of it. */
static gsize
send_hello (RawPeer *peer, gsize size)
{
  guint8 record[5 + RECORD] = { 0x16, 0x03, 0x01, RECORD >> 8, RECORD & 0xff,
                                0x01, (guint8) (size >> 16), (guint8) (size >> 8), (guint8) size };
  gsize sent = 0;

  while (sent + RECORD < size + 4 && !peer->ended && !peer->reset)
    {
      /* Whoever hung up may do so meanwhile. */
      if (send (peer->fd, record, sizeof record, MSG_NOSIGNAL) != sizeof record)
        break;
      memset (record + 5, 0, 4);
      sent += RECORD;
      raw_peer_pump (peer);
    }

  return sent;
}

/* Who announces a large message, and sends it but for its end, doesn't have it kept. */
static void
test_message_size (gconstpointer mode)
{
  const gsize most = GPOINTER_TO_INT (mode) == G_TLS_AUTHENTICATION_NONE ? 16 * 1024 : 48 * 1024;
  g_autoptr (Owner) owner = tls_owner_new (IDENTITY_SERVER);
  g_autoptr (RawPeer) small = NULL;
  g_autoptr (RawPeer) large = NULL;

  tls_owner_ask (owner, GPOINTER_TO_INT (mode));
  large = owner_connect (owner);
  g_assert_cmpuint (send_hello (large, 120 * 1024), <=, most + 4 * RECORD);
  raw_peer_expect_lost (large);
  owner_settle (owner);
  small = owner_connect (owner);
  g_assert_cmpuint (send_hello (small, 12 * 1024), ==, 12 * 1024);
  owner_settle (owner);
  g_assert_cmpint (owner->context->last->state, ==, ENGINE_STATE_TLS_HANDSHAKE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/tls-cost/finite-fields", test_finite_fields);
  g_test_add_data_func ("/engine/tls-cost/message-size/strangers", GINT_TO_POINTER (G_TLS_AUTHENTICATION_NONE),
                        test_message_size);
  g_test_add_data_func ("/engine/tls-cost/message-size/certificates",
                        GINT_TO_POINTER (G_TLS_AUTHENTICATION_REQUESTED), test_message_size);

  return g_test_run ();
}
