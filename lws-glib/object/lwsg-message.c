/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <lws-glib/lwsg-message.h>

#include <string.h>

/**
 * SECTION:lwsg-message
 * @title: LwsgMessage
 * @short_description: a whole message
 *
 * What a peer sent: text or bytes, put together from all its fragments. A handler of
 * #LwsgConnection::message that keeps it takes a reference, as languages with a garbage
 * collector do by themselves; lwsg_connection_receive_finish() gives one away.
 */

/**
 * LwsgMessage:
 *
 * A message, of one type and with its payload. It never changes, and may be handed to
 * other threads.
 *
 * Since: 1.0
 */
struct _LwsgMessage {
  gatomicrefcount references;
  LwsgMessageType type;
  GBytes *bytes;
  char *text;                   /* a terminated copy, made when first asked for */
};

G_DEFINE_BOXED_TYPE (LwsgMessage, lwsg_message, lwsg_message_ref, lwsg_message_unref)

/**
 * lwsg_message_new:
 * @type: the type
 * @bytes: the payload; for text, UTF-8, which is not checked here
 *
 * Makes a message. It holds a reference to @bytes.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
LwsgMessage *
lwsg_message_new (LwsgMessageType type, GBytes *bytes)
{
  LwsgMessage *message;

  g_return_val_if_fail (type == LWSG_MESSAGE_TEXT || type == LWSG_MESSAGE_BINARY, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  message = g_new (LwsgMessage, 1);
  g_atomic_ref_count_init (&message->references);
  message->type = type;
  message->bytes = g_bytes_ref (bytes);
  message->text = NULL;

  return message;
}

/**
 * lwsg_message_new_text:
 * @text: UTF-8, which is not checked here
 *
 * Makes a text message of a copy of @text.
 *
 * Returns: (transfer full): a text message
 *
 * Since: 1.0
 */
LwsgMessage *
lwsg_message_new_text (const char *text)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  bytes = g_bytes_new (text, strlen (text));

  return lwsg_message_new (LWSG_MESSAGE_TEXT, bytes);
}

/**
 * lwsg_message_ref:
 * @message: a message
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @message
 *
 * Since: 1.0
 */
LwsgMessage *
lwsg_message_ref (LwsgMessage *message)
{
  g_return_val_if_fail (message != NULL, NULL);

  g_atomic_ref_count_inc (&message->references);

  return message;
}

/**
 * lwsg_message_unref:
 * @message: (transfer full): a message
 *
 * Gives up a reference; the last one frees the message.
 *
 * Since: 1.0
 */
void
lwsg_message_unref (LwsgMessage *message)
{
  g_return_if_fail (message != NULL);

  if (!g_atomic_ref_count_dec (&message->references))
    return;

  g_bytes_unref (message->bytes);
  g_free (message->text);
  g_free (message);
}

/**
 * lwsg_message_get_message_type:
 * @message: a message
 *
 * Tells whether a message is text.
 *
 * Returns: the type
 *
 * Since: 1.0
 */
LwsgMessageType
lwsg_message_get_message_type (LwsgMessage *message)
{
  g_return_val_if_fail (message != NULL, LWSG_MESSAGE_BINARY);

  return message->type;
}

/**
 * lwsg_message_get_bytes:
 * @message: a message
 *
 * Gets the payload, of a message of either type.
 *
 * Returns: (transfer none): the payload, which belongs to the message
 *
 * Since: 1.0
 */
GBytes *
lwsg_message_get_bytes (LwsgMessage *message)
{
  g_return_val_if_fail (message != NULL, NULL);

  return message->bytes;
}

/**
 * lwsg_message_get_text:
 * @message: a message
 *
 * Gets the payload of a text message as a string. A message that was received is valid
 * UTF-8. It may have NUL characters in it: lwsg_message_get_bytes() tells what follows
 * them.
 *
 * Returns: (transfer none) (nullable): the text, which belongs to the message; %NULL for
 *   a binary one
 *
 * Since: 1.0
 */
const char *
lwsg_message_get_text (LwsgMessage *message)
{
  char *text;
  gsize length;
  const char *data;

  g_return_val_if_fail (message != NULL, NULL);

  if (message->type != LWSG_MESSAGE_TEXT)
    return NULL;

  text = g_atomic_pointer_get (&message->text);
  if (text != NULL)
    return text;

  data = g_bytes_get_data (message->bytes, &length);
  text = g_malloc (length + 1);
  if (length > 0)
    memcpy (text, data, length);
  text[length] = '\0';
  if (!g_atomic_pointer_compare_and_exchange (&message->text, NULL, text))
    g_free (text);

  return g_atomic_pointer_get (&message->text);
}
