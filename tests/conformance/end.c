/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "end.h"

void
end_message_free (EndMessage *message)
{
  g_bytes_unref (message->payload);
  g_free (message);
}

End *
end_new (const EndFace *face, WireRole role)
{
  End *end = g_new0 (End, 1);

  end->face = face;
  end->role = role;
  end->payload = g_byte_array_new ();

  return end;
}

void
end_free (End *end)
{
  end->face->stop (end);
  g_queue_clear_full (&end->messages, (GDestroyNotify) end_message_free);
  g_queue_clear_full (&end->pongs, (GDestroyNotify) g_bytes_unref);
  g_byte_array_unref (end->payload);
  g_free (end);
}

void
end_turn (gpointer data)
{
  End *end = data;

  end->face->iteration (end);
}

void
end_take_piece (End *end, const void *payload, gsize length)
{
  if (length > 0)
    g_byte_array_append (end->payload, payload, (guint) length);
}

void
end_take_message (End *end, guint8 opcode, const void *payload, gsize length)
{
  EndMessage *message = g_new (EndMessage, 1);

  message->opcode = opcode;
  message->payload = g_bytes_new (payload, length);
  g_queue_push_tail (&end->messages, message);
  end_take_piece (end, payload, length);
}

void
end_take_pong (End *end, const void *payload, gsize length)
{
  g_queue_push_tail (&end->pongs, g_bytes_new (payload, length));
}
