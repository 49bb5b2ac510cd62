/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "deflate-offer-private.h"
#include "extension-private.h"

#include <string.h>

#define DEFLATE_NAME "permessage-deflate"

typedef enum {
  SERVER_RESETS,
  CLIENT_RESETS,
  SERVER_BITS,
  CLIENT_BITS,
  N_PARAMETERS
} Parameter;

typedef enum {
  VALUE_NONE,
  VALUE_BITS,
  VALUE_BITS_OR_NONE,
} ValueKind;

static const char *const names[N_PARAMETERS] = {
  [SERVER_RESETS] = "server_no_context_takeover",
  [CLIENT_RESETS] = "client_no_context_takeover",
  [SERVER_BITS] = "server_max_window_bits",
  [CLIENT_BITS] = "client_max_window_bits",
};

static const ValueKind kinds_in_offer[N_PARAMETERS] = {
  [SERVER_RESETS] = VALUE_NONE,
  [CLIENT_RESETS] = VALUE_NONE,
  [SERVER_BITS] = VALUE_BITS,
  [CLIENT_BITS] = VALUE_BITS_OR_NONE,
};

static const ValueKind kinds_in_answer[N_PARAMETERS] = {
  [SERVER_RESETS] = VALUE_NONE,
  [CLIENT_RESETS] = VALUE_NONE,
  [SERVER_BITS] = VALUE_BITS,
  [CLIENT_BITS] = VALUE_BITS,
};

typedef struct {
  gboolean present;
  guint8 bits;                  /* 0 without a value */
} Given;

/* --- reading */

/* A number from 8 to 15 without leading zeros; 0 for anything else. */
static guint8
read_bits (const WireExtensionParameter *parameter)
{
  const char *value = parameter->value;

  if (parameter->value_length == 1 && (value[0] == '8' || value[0] == '9'))
    return (guint8) (value[0] - '0');
  if (parameter->value_length == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return (guint8) (10 + value[1] - '0');

  return 0;
}

static gboolean
read_parameter (const WireExtensionParameter *parameter, const ValueKind *kinds, Given given[N_PARAMETERS])
{
  guint i = 0;

  while (i < N_PARAMETERS && (strlen (names[i]) != parameter->name_length ||
                              memcmp (names[i], parameter->name, parameter->name_length) != 0))
    i++;
  if (i == N_PARAMETERS || given[i].present)
    return FALSE;

  given[i].present = TRUE;
  if (!parameter->has_value)
    return kinds[i] != VALUE_BITS;

  given[i].bits = read_bits (parameter);

  return kinds[i] != VALUE_NONE && given[i].bits != 0;
}

/* FALSE if a parameter is unknown, comes twice, or has no good value. */
static gboolean
read_parameters (const WireExtension *extension, const ValueKind *kinds, Given given[N_PARAMETERS])
{
  if (extension->n_parameters > WIRE_EXTENSION_PARAMETERS_MAX)
    return FALSE;

  for (guint i = 0; i < extension->n_parameters; i++)
    if (!read_parameter (&extension->parameters[i], kinds, given))
      return FALSE;

  return TRUE;
}

/* --- server */

static guint8
limit_bits (const Given *given, const WireDeflateSettings *settings)
{
  const guint8 bits = given->bits != 0 ? given->bits : WIRE_DEFLATE_BITS_MAX;

  return MIN (bits, settings->window_bits);
}

/* What can be granted always is, so any offer that can be read is accepted. A client that
 * does not name its window must not be told to use a smaller one. */
static gboolean
accept_offer (const WireExtension *extension, const WireDeflateSettings *settings, WireDeflateTerms *terms)
{
  Given given[N_PARAMETERS] = { 0 };

  if (!wire_extension_is (extension, DEFLATE_NAME) || !read_parameters (extension, kinds_in_offer, given))
    return FALSE;

  *terms = (WireDeflateTerms){
    .server_bits = given[SERVER_BITS].present ? limit_bits (&given[SERVER_BITS], settings) : 0,
    .client_bits = given[CLIENT_BITS].present ? limit_bits (&given[CLIENT_BITS], settings) : 0,
    .server_resets = given[SERVER_RESETS].present || !settings->takeover,
    .client_resets = given[CLIENT_RESETS].present || !settings->takeover,
  };

  return TRUE;
}

gboolean
wire_deflate_accept (const WireHead *head, const WireDeflateSettings *settings, gboolean *accepted,
                     WireDeflateTerms *terms, WireRefusal *refusal)
{
  WireExtensionIter iter = { 0 };
  WireExtension extension;
  WireExtensionResult result;

  *accepted = FALSE;
  while ((result = wire_extension_next (head, &iter, &extension)) == WIRE_EXTENSION_FOUND)
    if (settings->enabled && !*accepted)
      *accepted = accept_offer (&extension, settings, terms);

  if (result == WIRE_EXTENSION_MALFORMED)
    return wire_refusal_set (refusal, 400,
                             N_("expected a list of extensions in Sec-WebSocket-Extensions, got \"%.60s\""),
                             head->headers[iter.header - 1].value);

  return TRUE;
}

/* --- client */

void
wire_deflate_offer (GString *out, const WireDeflateSettings *settings)
{
  gboolean asks = !settings->takeover || settings->window_bits < WIRE_DEFLATE_BITS_MAX;

  if (asks)
    {
      g_string_append (out, DEFLATE_NAME);
      if (!settings->takeover)
        g_string_append_printf (out, "; %s; %s", names[SERVER_RESETS], names[CLIENT_RESETS]);
      if (settings->window_bits < WIRE_DEFLATE_BITS_MAX)
        g_string_append_printf (out, "; %s=%u", names[SERVER_BITS], settings->window_bits);
      g_string_append_printf (out, "; %s, ", names[CLIENT_BITS]);
    }
  g_string_append_printf (out, "%s; %s", DEFLATE_NAME, names[CLIENT_BITS]);
}

gboolean
wire_deflate_check (const WireHead *head, gboolean offered, gboolean *accepted, WireDeflateTerms *terms,
                    WireRefusal *refusal)
{
  guint header = wire_head_find (head, "Sec-WebSocket-Extensions", 0);
  const char *value = header < head->n_headers ? head->headers[header].value : NULL;
  WireExtensionIter iter = { 0 };
  WireExtension extension;
  Given given[N_PARAMETERS] = { 0 };

  *accepted = FALSE;
  if (value == NULL)
    return TRUE;
  if (!offered)
    return wire_refusal_set (refusal, 0, N_("the server chose the extension \"%.60s\", none was asked for"), value);
  if (wire_head_find (head, "Sec-WebSocket-Extensions", header + 1) < head->n_headers)
    return wire_refusal_set (refusal, 0, N_("the server's answer has several headers Sec-WebSocket-Extensions"));

  if (wire_extension_next (head, &iter, &extension) != WIRE_EXTENSION_FOUND ||
      !wire_extension_is (&extension, DEFLATE_NAME) || !read_parameters (&extension, kinds_in_answer, given) ||
      wire_extension_next (head, &iter, &extension) != WIRE_EXTENSION_END)
    return wire_refusal_set (refusal, 0, N_("the server chose the extension \"%.60s\", asked for was %s"),
                             value, DEFLATE_NAME);

  *accepted = TRUE;
  *terms = (WireDeflateTerms){
    .server_bits = given[SERVER_BITS].bits,
    .client_bits = given[CLIENT_BITS].bits,
    .server_resets = (guint8) given[SERVER_RESETS].present,
    .client_resets = (guint8) given[CLIENT_RESETS].present,
  };

  return TRUE;
}

/* --- both */

void
wire_deflate_format (GString *out, const WireDeflateTerms *terms)
{
  g_string_append (out, DEFLATE_NAME);
  if (terms->server_resets)
    g_string_append_printf (out, "; %s", names[SERVER_RESETS]);
  if (terms->client_resets)
    g_string_append_printf (out, "; %s", names[CLIENT_RESETS]);
  if (terms->server_bits != 0)
    g_string_append_printf (out, "; %s=%u", names[SERVER_BITS], terms->server_bits);
  if (terms->client_bits != 0)
    g_string_append_printf (out, "; %s=%u", names[CLIENT_BITS], terms->client_bits);
}
