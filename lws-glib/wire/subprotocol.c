/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "subprotocol-private.h"
#include "http-field-private.h"

#include <string.h>

/* How much of a peer's name goes into a text. */
#define SHOWN_MAX 60

gboolean
wire_subprotocols_contain (const WireSubprotocols *subprotocols, const char *name, gsize length)
{
  for (guint i = 0; i < subprotocols->n; i++)
    {
      if (subprotocols->list[i].length == length && memcmp (subprotocols->list[i].name, name, length) == 0)
        return TRUE;
    }

  return FALSE;
}

gboolean
wire_subprotocols_add (WireSubprotocols *subprotocols, const char *list, WireRefusal *refusal)
{
  const char *name;
  gsize length;

  while (wire_token_next (&list, &name, &length))
    {
      const int shown = (int) MIN (length, SHOWN_MAX);

      if (!wire_is_token (name, length))
        return wire_refusal_set (refusal, 400, N_("expected a token as subprotocol, got \"%.*s\""), shown, name);
      if (wire_subprotocols_contain (subprotocols, name, length))
        return wire_refusal_set (refusal, 400, N_("the subprotocol \"%.*s\" is named twice"), shown, name);
      if (subprotocols->n == WIRE_SUBPROTOCOLS_MAX)
        return wire_refusal_set (refusal, 400, N_("more than %d subprotocols"), WIRE_SUBPROTOCOLS_MAX);

      subprotocols->list[subprotocols->n].name = name;
      subprotocols->list[subprotocols->n].length = length;
      subprotocols->n++;
    }

  return TRUE;
}
