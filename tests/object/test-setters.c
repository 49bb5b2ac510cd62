/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include "../tls/identity.h"

/* Setters that are given what a getter has returned, which belongs to the object. */

static const char *const origins[] = { "https://example.org", "http://localhost:8080", "same-origin", NULL };

static void
fill (LwsgContext *context)
{
  g_autoptr (GTlsDatabase) database = identity_trusting (IDENTITY_ROOT);
  g_autoptr (GTlsInteraction) interaction = g_object_new (G_TYPE_TLS_INTERACTION, NULL);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new ("http://localhost:3128", NULL);

  g_assert_true (lwsg_context_set_allowed_origins (context, origins, NULL));
  g_assert_true (lwsg_context_set_tls_certificate (context, identity_get_certificate (IDENTITY_SERVER), NULL));
  lwsg_context_set_tls_database (context, database);
  lwsg_context_set_tls_interaction (context, interaction);
  lwsg_context_set_proxy_resolver (context, resolver);
}

static void
check_filled (LwsgContext *context)
{
  g_assert_cmpstrv (lwsg_context_get_allowed_origins (context), origins);
  g_assert_true (lwsg_context_get_tls_certificate (context) == identity_get_certificate (IDENTITY_SERVER));
  g_assert_true (G_IS_TLS_DATABASE (lwsg_context_get_tls_database (context)));
  g_assert_true (G_IS_TLS_INTERACTION (lwsg_context_get_tls_interaction (context)));
  g_assert_true (G_IS_SIMPLE_PROXY_RESOLVER (lwsg_context_get_proxy_resolver (context)));
}

static void
test_functions (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (GError) error = NULL;

  fill (context);
  g_assert_true (lwsg_context_set_allowed_origins (context, lwsg_context_get_allowed_origins (context), &error));
  g_assert_true (lwsg_context_set_tls_certificate (context, lwsg_context_get_tls_certificate (context), &error));
  lwsg_context_set_tls_database (context, lwsg_context_get_tls_database (context));
  lwsg_context_set_tls_interaction (context, lwsg_context_get_tls_interaction (context));
  lwsg_context_set_proxy_resolver (context, lwsg_context_get_proxy_resolver (context));
  g_assert_no_error (error);
  check_filled (context);

  /* The rest of what there is. */
  g_assert_true (lwsg_context_set_allowed_origins (context, lwsg_context_get_allowed_origins (context) + 1, &error));
  g_assert_cmpstrv (lwsg_context_get_allowed_origins (context), origins + 1);
}

#define NUMBER(id, name) { name, lwsg_context_get_##id, lwsg_context_set_##id, 7 }

/* The properties that are a number, their functions and another value. */
static const struct {
  const char *name;
  guint (*get) (LwsgContext *context);
  void (*set) (LwsgContext *context, guint number);
  guint other;
} numbers[] = {
  NUMBER (max_message_size, "max-message-size"),
  NUMBER (max_connections, "max-connections"),
  NUMBER (max_connections_per_peer, "max-connections-per-peer"),
  NUMBER (max_handshakes, "max-handshakes"),
  NUMBER (max_handshakes_per_peer, "max-handshakes-per-peer"),
  NUMBER (handshake_timeout, "handshake-timeout"),
  NUMBER (close_timeout, "close-timeout"),
  NUMBER (ping_interval, "ping-interval"),
  NUMBER (pong_timeout, "pong-timeout"),
  NUMBER (dispatch_budget, "dispatch-budget"),
  NUMBER (compression_level, "compression-level"),
  NUMBER (compression_threshold, "compression-threshold"),
  NUMBER (compression_memory_level, "compression-memory-level"),
  { "compression-window-bits", lwsg_context_get_compression_window_bits, lwsg_context_set_compression_window_bits, 13 },
};

static void
on_notify (LwsgContext *context, GParamSpec *pspec, guint *notified)
{
  ++*notified;
}

/* A function and a property are two ways to the same number, also after the end. */
static void
test_numbers (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *signal = g_strconcat ("notify::", numbers[i].name, NULL);
      guint notified = 0;
      guint value = 0;

      g_signal_connect (context, signal, G_CALLBACK (on_notify), &notified);
      g_object_get (context, numbers[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, numbers[i].get (context));
      g_assert_cmpuint (value, !=, numbers[i].other);
      numbers[i].set (context, numbers[i].other);
      numbers[i].set (context, numbers[i].other);
      g_assert_cmpuint (notified, ==, 1);
      g_object_get (context, numbers[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, numbers[i].other);
      g_object_set (context, numbers[i].name, numbers[i].other + 1, NULL);
      g_assert_cmpuint (numbers[i].get (context), ==, numbers[i].other + 1);
      g_assert_cmpuint (notified, ==, 2);
    }

  lwsg_context_close (context);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_cmpuint (numbers[i].get (context), ==, numbers[i].other + 1);
}

static void
test_switches (void)
{
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  gboolean compression = TRUE;
  gboolean takeover = TRUE;

  g_assert_true (lwsg_context_get_compression (context));
  g_assert_true (lwsg_context_get_compression_takeover (context));
  lwsg_context_set_compression (context, FALSE);
  lwsg_context_set_compression_takeover (context, FALSE);
  g_object_get (context, "compression", &compression, "compression-takeover", &takeover, NULL);
  g_assert_false (compression);
  g_assert_false (takeover);
}

/* Gets each property and sets it, with what g_object_get_property() has not copied. */
static void
copy_properties (GObject *object)
{
  g_autofree GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), NULL);

  for (guint i = 0; specs[i] != NULL; i++)
    {
      g_auto (GValue) before = G_VALUE_INIT;
      g_auto (GValue) after = G_VALUE_INIT;

      if ((specs[i]->flags & G_PARAM_READWRITE) != G_PARAM_READWRITE)
        continue;
      g_object_get_property (object, specs[i]->name, &before);
      g_object_set_property (object, specs[i]->name, &before);
      g_object_get_property (object, specs[i]->name, &after);
      g_assert_cmpint (g_param_values_cmp (specs[i], &before, &after), ==, 0);
    }
}

static void
test_properties (Duo *duo, gconstpointer transport)
{
  fill (duo->server);
  copy_properties (G_OBJECT (duo->server));
  check_filled (duo->server);
  copy_properties (G_OBJECT (duo->accepted));
  copy_properties (G_OBJECT (duo->connected));
  duo_round_trip (duo->connected);
}

/* What one object returned, for another. */
static void
test_others (Duo *duo, gconstpointer transport)
{
  g_autoptr (LwsgContext) other = lwsg_context_new ();
  LwsgProtocol *named = lwsg_context_add_protocol (duo->server, "name", NULL);
  LwsgProtocol *copy = lwsg_context_add_protocol (other, lwsg_protocol_get_name (named), NULL);

  lwsg_context_close (duo->server);
  g_clear_object (&duo->server);
  duo->protocol = NULL;
  g_assert_cmpstr (lwsg_protocol_get_name (copy), ==, "name");
  g_assert_true (lwsg_context_lookup_protocol (other, lwsg_protocol_get_name (copy)) == copy);
}

/* A limit beyond what the machine can hold is none; it does not start again at 0. */
static void
test_limits (Duo *duo, gconstpointer transport)
{
  for (guint bits = 0; bits < 64; bits++)
    {
      const guint64 limit = G_GUINT64_CONSTANT (1) << bits;
      guint64 buffered, memory;

      g_object_set (duo->accepted, "max-buffered-amount", limit, NULL);
      g_object_get (duo->accepted, "max-buffered-amount", &buffered, NULL);
      g_assert_cmpuint (buffered, ==, MIN (limit, G_MAXSIZE));
      g_object_set (duo->server, "max-memory", limit, NULL);
      g_object_get (duo->server, "max-memory", &memory, NULL);
      g_assert_cmpuint (memory, ==, limit);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object/setters/functions", test_functions);
  g_test_add_func ("/object/setters/numbers", test_numbers);
  g_test_add_func ("/object/setters/switches", test_switches);
  duo_add_test ("/object/setters/properties", test_properties);
  duo_add_test ("/object/setters/limits", test_limits);
  duo_add_closed_test ("/object/setters/others", test_others);

  return g_test_run ();
}
