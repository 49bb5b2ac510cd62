/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "options.h"

#define SUMMARY \
  "Workloads: echo, fan, upgrade, idle, fetch. The server is on 127.0.0.1. What was measured\n" \
  "is printed as one JSON object. Status 77: the server cannot do what was asked for."

#define SIZE_MAX_BYTES (1 << 30)

static gboolean
parse_deflate (const char *name, DeflateMode *mode)
{
  static const char *const names[] = { "off", "reset", "takeover" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i]))
      {
        *mode = (DeflateMode) i;
        return TRUE;
      }

  return FALSE;
}

static gboolean
check (Options *self, GError **error)
{
  const char *wrong = NULL;

  if (self->connections < 1)
    wrong = "--connections";
  else if (self->idle < 0)
    wrong = "--idle";
  else if (self->in_flight < 1)
    wrong = "--in-flight";
  else if (self->size < 0 || self->size > SIZE_MAX_BYTES)
    wrong = "--size";
  else if (!(self->seconds > 0))
    wrong = "--seconds";
  else if (!(self->rate >= 0))
    wrong = "--rate";
  if (wrong == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "The value of %s is out of range", wrong);

  return FALSE;
}

static gboolean
take_arguments (Options *self, int argc, char **argv, GError **error)
{
  guint64 port;

  if (argc != 3)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "A workload and a port are needed");
      return FALSE;
    }
  if (!g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXUINT16, &port, error))
    return FALSE;
  self->workload = g_strdup (argv[1]);
  self->port = (guint16) port;

  return TRUE;
}

static gboolean
take_names (Options *self, const char *payload, const char *deflate, GError **error)
{
  if (payload != NULL && !payload_kind_from_name (payload, &self->payload))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "There is no payload \"%s\"", payload);
      return FALSE;
    }
  if (deflate != NULL && !parse_deflate (deflate, &self->deflate))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--deflate knows off, reset and takeover");
      return FALSE;
    }

  return TRUE;
}

gboolean
options_parse (Options *self, int argc, char **argv, GError **error)
{
  g_autofree char *payload = NULL;
  g_autofree char *deflate = NULL;
  const GOptionEntry entries[] = {
    { "connections", 'c', 0, G_OPTION_ARG_INT, &self->connections, "Connections that talk (1)", "N" },
    { "idle", 'i', 0, G_OPTION_ARG_INT, &self->idle, "Silent connections beside them (0)", "N" },
    { "in-flight", 'f', 0, G_OPTION_ARG_INT, &self->in_flight, "Messages on the way at a time (1)", "N" },
    { "size", 's', 0, G_OPTION_ARG_INT64, &self->size, "Bytes of a message (64)", "BYTES" },
    { "seconds", 't', 0, G_OPTION_ARG_DOUBLE, &self->seconds, "How long to measure (2)", "S" },
    { "rate", 'r', 0, G_OPTION_ARG_DOUBLE, &self->rate, "Messages a second, unasked", "N" },
    { "pid", 'p', 0, G_OPTION_ARG_INT, &self->pid, "The server's process", "PID" },
    { "path", 'u', 0, G_OPTION_ARG_STRING, &self->path, "What to ask for (/)", "PATH" },
    { "payload", 0, 0, G_OPTION_ARG_STRING, &payload, "ascii, cyrillic, cjk, json or binary", "KIND" },
    { "deflate", 0, 0, G_OPTION_ARG_STRING, &deflate, "off, reset or takeover", "MODE" },
    { "tls", 0, 0, G_OPTION_ARG_NONE, &self->tls, "Connect with TLS, whatever the certificate", NULL },
    { "latency", 0, 0, G_OPTION_ARG_NONE, &self->latency, "Measure the time of each answer", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("WORKLOAD PORT");

  self->connections = 1;
  self->in_flight = 1;
  self->size = 64;
  self->seconds = 2;
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, SUMMARY);
  if (!g_option_context_parse (context, &argc, &argv, error) || !take_arguments (self, argc, argv, error)
      || !take_names (self, payload, deflate, error))
    return FALSE;
  if (self->path == NULL)
    self->path = g_strdup ("/");

  return check (self, error);
}

void
options_clear (Options *self)
{
  g_clear_pointer (&self->workload, g_free);
  g_clear_pointer (&self->path, g_free);
}
