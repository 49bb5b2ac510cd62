/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tls-peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TlsPeer *
tls_peer_of (RawPeer *peer)
{
  g_assert_nonnull (peer->layer_data);

  return peer->layer_data;
}

static void
check (int code)
{
  if (code < 0)
    g_error ("GnuTLS, for a test: %s", gnutls_strerror (code));
}

/* --- what GnuTLS calls */

static gssize
peer_pull (gnutls_transport_ptr_t data, void *buffer, gsize length)
{
  RawPeer *peer = data;
  gssize got = recv (peer->fd, buffer, length, 0);

  if (got < 0)
    gnutls_transport_set_errno (tls_peer_of (peer)->session, errno);

  return got;
}

static gssize
peer_push (gnutls_transport_ptr_t data, const void *bytes, gsize length)
{
  g_byte_array_append (tls_peer_of (data)->out, bytes, (guint) length);

  return (gssize) length;
}

/* The end of a handshake that asks for certificates: whatever is shown is taken. */
static int
peer_accept_all (gnutls_session_t session)
{
  return 0;
}

/* --- the layer */

static void
peer_send_piece (RawPeer *peer, const guint8 *bytes, gsize length)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  while (length > 0)
    {
      gssize n = send (peer->fd, bytes, length, MSG_NOSIGNAL);

      if (n > 0)
        {
          bytes += n;
          length -= (gsize) n;
          continue;
        }
      /* The other side has gone: what it sent before can still be read. */
      if (errno == EPIPE || errno == ECONNRESET)
        return;
      g_assert_cmpint (errno, ==, EAGAIN);
      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain for room to send");
      raw_peer_pump (peer);
    }
}

void
tls_peer_flush (RawPeer *peer)
{
  TlsPeer *self = tls_peer_of (peer);
  g_autoptr (GByteArray) out = g_steal_pointer (&self->out);
  gsize piece = self->piece > 0 ? self->piece : MAX (1, out->len);

  self->out = g_byte_array_new ();
  for (gsize done = 0; done < out->len; done += piece)
    {
      peer_send_piece (peer, out->data + done, MIN (piece, out->len - done));
      if (self->piece > 0 && peer->iteration != NULL)
        peer->iteration (peer->loop_data);
    }
}

static void
peer_flush_unless_held (RawPeer *peer)
{
  if (!tls_peer_of (peer)->hold && tls_peer_of (peer)->out->len > 0)
    tls_peer_flush (peer);
}

static void
peer_note_alert (TlsPeer *self, int code)
{
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED)
    self->alert = (int) gnutls_alert_get (self->session);
}

static gssize
layer_receive (RawPeer *peer, void *buffer, gsize length)
{
  TlsPeer *self = tls_peer_of (peer);
  gssize got;

  do
    {
      got = gnutls_record_recv (self->session, buffer, length);
      peer_note_alert (self, (int) got);
    }
  while (got < 0 && !gnutls_error_is_fatal ((int) got) && got != GNUTLS_E_AGAIN && got != GNUTLS_E_REHANDSHAKE);
  peer_flush_unless_held (peer);

  if (got > 0)
    return got;
  errno = got == GNUTLS_E_AGAIN || got == GNUTLS_E_REHANDSHAKE ? EAGAIN : ECONNRESET;
  self->closed |= got == 0;
  self->truncated |= got == GNUTLS_E_PREMATURE_TERMINATION;

  return got == 0 || got == GNUTLS_E_PREMATURE_TERMINATION ? 0 : -1;
}

static gssize
layer_send (RawPeer *peer, const void *bytes, gsize length)
{
  gssize taken = gnutls_record_send (tls_peer_of (peer)->session, bytes, length);

  g_assert_cmpint (taken, >, 0);
  peer_flush_unless_held (peer);

  return taken;
}

static void
layer_free (RawPeer *peer)
{
  TlsPeer *self = tls_peer_of (peer);

  gnutls_deinit (self->session);
  gnutls_certificate_free_credentials (self->credentials);
  g_byte_array_unref (self->out);
  gnutls_free (self->ticket_key.data);
  g_free (self);
}

static const RawPeerLayer tls_layer = { .receive = layer_receive, .send = layer_send, .free = layer_free };

/* --- life */

static TlsPeer *
peer_new (RawPeer *peer, guint flags, const char *priority, IdentityKind shown)
{
  TlsPeer *self = g_new0 (TlsPeer, 1);

  self->out = g_byte_array_new ();
  self->alert = -1;
  if (shown != IDENTITY_N_KINDS)
    self->credentials = identity_credentials (shown);
  else
    check (gnutls_certificate_allocate_credentials (&self->credentials));
  check (gnutls_init (&self->session, flags | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL));
  check (gnutls_priority_set_direct (self->session, priority != NULL ? priority : "NORMAL", NULL));
  check (gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials));
  gnutls_session_set_verify_function (self->session, peer_accept_all);
  gnutls_transport_set_ptr (self->session, peer);
  gnutls_transport_set_pull_function (self->session, peer_pull);
  gnutls_transport_set_push_function (self->session, peer_push);
  peer->layer = &tls_layer;
  peer->layer_data = self;

  return self;
}

TlsPeer *
tls_peer_client (RawPeer *peer, const char *priority, const char *server_name, IdentityKind shown)
{
  TlsPeer *self = peer_new (peer, GNUTLS_CLIENT, priority, shown);

  if (server_name != NULL)
    check (gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, server_name, strlen (server_name)));

  return self;
}

TlsPeer *
tls_peer_server (RawPeer *peer, const char *priority, IdentityKind shown)
{
  return peer_new (peer, GNUTLS_SERVER, priority, shown);
}

/* --- the handshake */

int
tls_peer_step (RawPeer *peer)
{
  TlsPeer *self = tls_peer_of (peer);
  int code;

  do
    {
      code = gnutls_handshake (self->session);
      peer_note_alert (self, code);
    }
  while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal (code));
  if (code < 0 && gnutls_error_is_fatal (code))
    gnutls_alert_send_appropriate (self->session, code);
  peer_flush_unless_held (peer);

  return code;
}

int
tls_peer_shake_hands (RawPeer *peer)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;
  int code;

  while ((code = tls_peer_step (peer)) == GNUTLS_E_AGAIN)
    {
      GPollFD poll_fd = { .fd = peer->fd, .events = G_IO_IN };

      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain for a TLS handshake");
      peer->iteration (peer->loop_data);
      g_poll (&poll_fd, 1, 1);
    }

  return code;
}

void
tls_peer_secure (RawPeer *peer)
{
  int code = tls_peer_shake_hands (peer);

  if (code != 0)
    g_error ("The TLS handshake failed: %s", gnutls_strerror (code));
}

/* --- the end */

void
tls_peer_bye (RawPeer *peer)
{
  check (gnutls_bye (tls_peer_of (peer)->session, GNUTLS_SHUT_WR));
  peer_flush_unless_held (peer);
}

void
tls_peer_expect_bye (RawPeer *peer)
{
  raw_peer_expect_end (peer);
  g_assert_true (tls_peer_of (peer)->closed);
  g_assert_false (tls_peer_of (peer)->truncated);
}

void
tls_peer_expect_alert (RawPeer *peer, gnutls_alert_description_t alert)
{
  raw_peer_expect_lost (peer);
  g_assert_cmpstr (gnutls_alert_get_name ((gnutls_alert_description_t) tls_peer_of (peer)->alert), ==,
                   gnutls_alert_get_name (alert));
}

gboolean
tls_peer_was_shown (RawPeer *peer, IdentityKind kind)
{
  guint length = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (tls_peer_of (peer)->session, &length);
  g_autoptr (GByteArray) der = NULL;

  if (chain == NULL)
    return FALSE;
  g_object_get (identity_get_certificate (kind), "certificate", &der, NULL);

  return der->len == chain->size && memcmp (der->data, chain->data, chain->size) == 0;
}

void
tls_peer_get_session (RawPeer *peer, gnutls_datum_t *session)
{
  check (gnutls_session_get_data2 (tls_peer_of (peer)->session, session));
}
