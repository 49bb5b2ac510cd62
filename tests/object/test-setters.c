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
  duo_add_test ("/object/setters/properties", test_properties);
  duo_add_test ("/object/setters/limits", test_limits);
  duo_add_closed_test ("/object/setters/others", test_others);

  return g_test_run ();
}
