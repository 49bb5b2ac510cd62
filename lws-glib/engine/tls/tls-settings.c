/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tls/tls-settings-private.h"

#include "engine/tls/tls-buffer-private.h"
#include "engine/tls/tls-credentials-private.h"
#include "engine/tls/tls-database-private.h"

#include <glib/gi18n-lib.h>

/* TLS 1.2 and 1.3 with the ciphers that the system's policy allows, but never Diffie-Hellman in
 * finite fields: a client that offers nothing but the group of 8192 bits costs us 290 ms, and each
 * that knows TLS 1.2 knows curves. */
#define SETTINGS_PRIORITY                                                                                          \
  "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-DHE-RSA:-GROUP-FFDHE2048:-GROUP-FFDHE3072:-GROUP-FFDHE4096:"               \
  "-GROUP-FFDHE6144:-GROUP-FFDHE8192"

/* Half a day. GnuTLS derives the keys that are used from this one, and changes them
 * more often (see gnutls_db_set_cache_expiration()); but who learns this one could open
 * all tickets made with it. */
#define SETTINGS_TICKET_KEY_TICKS (12 * 60 * 60)

/* How long a session can be resumed, in seconds. */
#define SETTINGS_TICKET_LIFE (2 * 60 * 60)

static void
settings_drop_ticket_key (EngineTlsSettings *settings)
{
  if (settings->ticket_key.data != NULL)
    gnutls_memset (settings->ticket_key.data, 0, settings->ticket_key.size);
  g_clear_pointer (&settings->ticket_key.data, gnutls_free);
}

void
engine_tls_settings_clear (EngineTlsSettings *settings)
{
  g_clear_pointer (&settings->credentials, engine_tls_credentials_unref);
  g_clear_object (&settings->database);
  g_clear_object (&settings->client_database);
  g_clear_object (&settings->interaction);
  g_clear_pointer (&settings->priority, gnutls_priority_deinit);
  settings_drop_ticket_key (settings);
  engine_tls_buffer_pool_clear (&settings->pool);
}

void
engine_tls_settings_take_credentials (EngineTlsSettings *settings, EngineTlsCredentials *credentials)
{
  g_clear_pointer (&settings->credentials, engine_tls_credentials_unref);
  settings->credentials = credentials;
  settings_drop_ticket_key (settings);
}

GTlsDatabase *
engine_tls_settings_get_database (EngineTlsSettings *settings, GError **error)
{
  GTlsDatabase *database;

  if (settings->database != NULL)
    return g_object_ref (settings->database);

  database = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  if (database == NULL)
    g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE,
                         _("The system has no list of trusted certificate authorities"));

  return database;
}

GTlsDatabase *
engine_tls_settings_get_client_database (EngineTlsSettings *settings, GError **error)
{
  g_autoptr (GTlsDatabase) database = NULL;

  if (settings->client_database != NULL)
    return settings->client_database;

  database = engine_tls_settings_get_database (settings, error);
  if (database != NULL)
    settings->client_database = engine_tls_database_new (database);

  return settings->client_database;
}

void
engine_tls_settings_set_database (EngineTlsSettings *settings, GTlsDatabase *database)
{
  if (g_set_object (&settings->database, database))
    g_clear_object (&settings->client_database);
}

static int
settings_make_ticket_key (EngineTlsSettings *settings, guint32 tick)
{
  gnutls_datum_t fresh;
  int code;

  if (settings->ticket_key.data != NULL && tick - settings->ticket_key_tick < SETTINGS_TICKET_KEY_TICKS)
    return 0;

  code = gnutls_session_ticket_key_generate (&fresh);
  if (code != 0)
    return code;
  settings_drop_ticket_key (settings);
  settings->ticket_key = fresh;
  settings->ticket_key_tick = tick;

  return 0;
}

int
engine_tls_settings_apply (EngineTlsSettings *settings, gnutls_session_t session, guint32 tick)
{
  int code = 0;

  if (settings->priority == NULL)
    code = gnutls_priority_init2 (&settings->priority, SETTINGS_PRIORITY, NULL, GNUTLS_PRIORITY_INIT_DEF_APPEND);
  if (code == 0)
    code = gnutls_priority_set (session, settings->priority);
  /* A session that is resumed shows no certificate: clients that must show one begin anew. */
  if (code != 0 || settings->authentication_mode != G_TLS_AUTHENTICATION_NONE)
    return code;

  code = settings_make_ticket_key (settings, tick);
  if (code == 0)
    code = gnutls_session_ticket_enable_server (session, &settings->ticket_key);
  gnutls_db_set_cache_expiration (session, SETTINGS_TICKET_LIFE);

  return code;
}

char *
engine_tls_describe_errors (GTlsCertificateFlags errors)
{
  static const struct {
    GTlsCertificateFlags flag;
    const char *text;
  } texts[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, N_("its authority is not trusted") },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, N_("it is for another name") },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, N_("it is not valid yet") },
    { G_TLS_CERTIFICATE_EXPIRED, N_("it has expired") },
    { G_TLS_CERTIFICATE_REVOKED, N_("it was revoked") },
    { G_TLS_CERTIFICATE_INSECURE, N_("its algorithm is not secure") },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, N_("it could not be verified") },
  };
  GString *description = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (errors & texts[i].flag)
      g_string_append_printf (description, "%s%s", description->len > 0 ? ", " : "", _(texts[i].text));

  return g_string_free (description, FALSE);
}
