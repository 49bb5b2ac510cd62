/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/connector-private.h"
#include "engine/connection/state-private.h"
#include "engine/tls/tls-settings-private.h"
#include "../tls/tls-owner.h"

#include <glib/gstdio.h>

/* A context goes while GIO is at work for it, and can't be interrupted. */

/* Trusts nobody, and takes its time over it. */
typedef GTlsDatabase SlowDatabase;
typedef GTlsDatabaseClass SlowDatabaseClass;

GType slow_database_get_type (void);
G_DEFINE_TYPE (SlowDatabase, slow_database, G_TYPE_TLS_DATABASE)

static GMutex mutex;
static GCond cond;
static gboolean asked;
static gboolean may_answer;
static gboolean gone;

static void
wait_for (gboolean *what)
{
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  g_mutex_lock (&mutex);
  while (!*what)
    if (!g_cond_wait_until (&cond, &mutex, end))
      g_error ("Waited in vain for another thread");
  g_mutex_unlock (&mutex);
}

static void
tell (gboolean *what)
{
  g_mutex_lock (&mutex);
  *what = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
}

static gboolean
is_told (const gboolean *what)
{
  gboolean told;

  g_mutex_lock (&mutex);
  told = *what;
  g_mutex_unlock (&mutex);

  return told;
}

static GTlsCertificateFlags
slow_verify_chain (GTlsDatabase *database, GTlsCertificate *chain, const char *purpose, GSocketConnectable *identity,
                   GTlsInteraction *interaction, GTlsDatabaseVerifyFlags flags, GCancellable *cancellable,
                   GError **error)
{
  tell (&asked);
  wait_for (&may_answer);

  return G_TLS_CERTIFICATE_UNKNOWN_CA;
}

static void
slow_finalize (GObject *object)
{
  tell (&gone);
  G_OBJECT_CLASS (slow_database_parent_class)->finalize (object);
}

static void
slow_database_class_init (SlowDatabaseClass *klass)
{
  klass->verify_chain = slow_verify_chain;
  G_OBJECT_CLASS (klass)->finalize = slow_finalize;
}

static void
slow_database_init (SlowDatabase *self)
{
}

static Owner *
dial_slowly (guint16 port)
{
  g_autoptr (GTlsDatabase) database = g_object_new (slow_database_get_type (), NULL);
  EngineDestination destination = { .address = "127.0.0.1", .port = port, .secure = TRUE };
  Owner *owner = owner_new_deaf ();
  g_autoptr (GError) error = NULL;

  engine_tls_settings_set_database (&owner->context->tls, database);
  engine_connector_dial (owner->context, &destination, &error);
  g_assert_no_error (error);

  return owner;
}

/* Until GIO's thread has something to be verified, which it leaves to the main context: an iteration would
 * do so, and there is none. */
static void
shake_hands (Owner *client, RawPeer *peer)
{
  EngineContext *context = client->context;
  gint64 end = g_get_monotonic_time () + RAW_PEER_PATIENCE;

  while (context->first->state != ENGINE_STATE_TLS_HANDSHAKE || !g_main_context_pending (context->gio))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      if (context->first->state != ENGINE_STATE_TLS_HANDSHAKE)
        owner_turn (client);
      tls_peer_step (peer);
      g_usleep (1000);
    }
}

static void
test_destroyed (void)
{
  guint16 port;
  int listener = raw_listen (&port);
  Owner *client = dial_slowly (port);
  g_autoptr (RawPeer) peer = raw_accept (listener, owner_turn, client);

  tls_peer_server (peer, NULL, IDENTITY_SERVER);
  shake_hands (client, peer);

  /* Nobody answers yet: who waited for that would wait for ever. */
  owner_free (client);
  peer->iteration = NULL;
  wait_for (&asked);
  g_assert_false (is_told (&gone));

  /* And in the end nothing is left of it. */
  tell (&may_answer);
  wait_for (&gone);
  g_close (listener, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/orphans/destroyed", test_destroyed);

  return g_test_run ();
}
