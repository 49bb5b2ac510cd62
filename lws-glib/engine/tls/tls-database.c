/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-database-private.h"

#include "engine/tls/tls-chain-private.h"

/* Hands everything on to the database that it stands for, but what takes too long to verify. */

struct _EngineTlsDatabase {
  GTlsDatabase parent_instance;

  GTlsDatabase *shared;
};

G_DEFINE_FINAL_TYPE (EngineTlsDatabase, engine_tls_database, G_TYPE_TLS_DATABASE)

static GTlsCertificateFlags
database_verify_chain (GTlsDatabase *database, GTlsCertificate *chain, const char *purpose,
                       GSocketConnectable *identity, GTlsInteraction *interaction, GTlsDatabaseVerifyFlags flags,
                       GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) too_large = NULL;

  /* It may be the thread of the main context that verifies. */
  if (!engine_tls_chain_check (chain, &too_large))
    return G_TLS_CERTIFICATE_INSECURE;

  return g_tls_database_verify_chain (ENGINE_TLS_DATABASE (database)->shared, chain, purpose, identity, interaction,
                                      flags, cancellable, error);
}

static char *
database_create_handle (GTlsDatabase *database, GTlsCertificate *certificate)
{
  return g_tls_database_create_certificate_handle (ENGINE_TLS_DATABASE (database)->shared, certificate);
}

static GTlsCertificate *
database_lookup_handle (GTlsDatabase *database, const char *handle, GTlsInteraction *interaction,
                        GTlsDatabaseLookupFlags flags, GCancellable *cancellable, GError **error)
{
  return g_tls_database_lookup_certificate_for_handle (ENGINE_TLS_DATABASE (database)->shared, handle, interaction,
                                                       flags, cancellable, error);
}

static GTlsCertificate *
database_lookup_issuer (GTlsDatabase *database, GTlsCertificate *certificate, GTlsInteraction *interaction,
                        GTlsDatabaseLookupFlags flags, GCancellable *cancellable, GError **error)
{
  return g_tls_database_lookup_certificate_issuer (ENGINE_TLS_DATABASE (database)->shared, certificate, interaction,
                                                   flags, cancellable, error);
}

static GList *
database_lookup_issued_by (GTlsDatabase *database, GByteArray *issuer, GTlsInteraction *interaction,
                           GTlsDatabaseLookupFlags flags, GCancellable *cancellable, GError **error)
{
  return g_tls_database_lookup_certificates_issued_by (ENGINE_TLS_DATABASE (database)->shared, issuer, interaction,
                                                       flags, cancellable, error);
}

static void
database_finalize (GObject *object)
{
  g_object_unref (ENGINE_TLS_DATABASE (object)->shared);

  G_OBJECT_CLASS (engine_tls_database_parent_class)->finalize (object);
}

static void
engine_tls_database_class_init (EngineTlsDatabaseClass *klass)
{
  GTlsDatabaseClass *database_class = G_TLS_DATABASE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = database_finalize;
  database_class->verify_chain = database_verify_chain;
  database_class->create_certificate_handle = database_create_handle;
  database_class->lookup_certificate_for_handle = database_lookup_handle;
  database_class->lookup_certificate_issuer = database_lookup_issuer;
  database_class->lookup_certificates_issued_by = database_lookup_issued_by;
}

static void
engine_tls_database_init (EngineTlsDatabase *self)
{
}

GTlsDatabase *
engine_tls_database_new (GTlsDatabase *shared)
{
  EngineTlsDatabase *self = g_object_new (ENGINE_TYPE_TLS_DATABASE, NULL);

  self->shared = g_object_ref (shared);

  return G_TLS_DATABASE (self);
}
