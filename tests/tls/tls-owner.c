/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-settings-private.h"
#include "tls-owner.h"

void
tls_owner_show (Owner *owner, IdentityKind shown)
{
  EngineTlsSettings *tls = &owner->context->tls;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&tls->credentials, engine_tls_credentials_unref);
  tls->credentials = engine_tls_credentials_new ();
  engine_tls_credentials_add (tls->credentials, identity_get_certificate (shown), &error);
  g_assert_no_error (error);
}

Owner *
tls_owner_new (IdentityKind shown)
{
  Owner *owner = owner_new ();

  tls_owner_show (owner, shown);

  return owner;
}

void
tls_owner_ask (Owner *owner, GTlsAuthenticationMode mode)
{
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);

  owner->context->tls.authentication_mode = mode;
  engine_tls_settings_set_database (&owner->context->tls, database);
}

RawPeer *
tls_owner_connect_silent (Owner *owner, const char *priority, IdentityKind shown)
{
  RawPeer *peer = owner_connect (owner);

  tls_peer_client (peer, priority, "localhost", shown);

  return peer;
}

RawPeer *
tls_owner_connect (Owner *owner, const char *priority)
{
  RawPeer *peer = tls_owner_connect_silent (owner, priority, IDENTITY_N_KINDS);

  tls_peer_secure (peer);

  return peer;
}

RawPeer *
tls_owner_connect_open (Owner *owner, const char *priority)
{
  RawPeer *peer = tls_owner_connect (owner, priority);

  raw_peer_upgrade (peer);

  return peer;
}
