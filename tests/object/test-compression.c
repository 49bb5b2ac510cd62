/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/websocket/deflate-private.h"
#include <string.h>

#include "duo.h"

#define TEXT_SIZE 20000

static void
open_compressed (Duo *duo)
{
  g_object_set (duo->server, "compression", TRUE, NULL);
  duo_open (duo);
}

static GBytes *
text_of (gsize length)
{
  g_autofree char *text = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    text[i] = "{\"name\": \"value\"}, "[i % 19];

  return g_bytes_new_take (g_steal_pointer (&text), length);
}

/* What waits for the kernel when a message was sent while nobody reads. */
static gsize
cost_of (LwsgConnection *connection, GBytes *bytes)
{
  const gsize before = lwsg_connection_get_buffered_amount (connection);

  g_assert_true (lwsg_connection_send (connection, LWSG_MESSAGE_TEXT, bytes, NULL));

  return lwsg_connection_get_buffered_amount (connection) - before;
}

/* Of what fills the buffers nothing shall get shorter. */
static void
block_output (Duo *duo)
{
  g_autoptr (GBytes) block = text_of (65536);

  duo_shrink_buffers (duo);
  lwsg_connection_pause (duo->connected);
  lwsg_connection_set_compress (duo->accepted, FALSE);
  duo_fill (duo->accepted, block);
  lwsg_connection_set_compress (duo->accepted, TRUE);
}

static void
expect_bytes (LwsgConnection *connection, GBytes *expected)
{
  g_autoptr (LwsgMessage) message = duo_receive (connection);

  g_assert_true (g_bytes_equal (lwsg_message_get_bytes (message), expected));
}

static void
test_negotiated (Duo *duo, gconstpointer data)
{
  g_autofree char *extensions = NULL;

  open_compressed (duo);
  g_assert_cmpstr (lwsg_connection_get_extensions (duo->accepted), ==,
                   "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12");
  g_object_get (duo->connected, "extensions", &extensions, NULL);
  g_assert_cmpstr (extensions, ==, lwsg_connection_get_extensions (duo->accepted));
}

/* Each side may not want it. */
static void
test_off (Duo *duo, gconstpointer data)
{
  g_autoptr (LwsgConnection) first = NULL;

  g_object_set (duo->server, "compression", FALSE, NULL);
  first = duo_connect (duo, "/", NULL);
  g_assert_null (lwsg_connection_get_extensions (first));
  g_assert_null (lwsg_connection_get_extensions (duo->accepted));

  g_object_set (duo->server, "compression", TRUE, NULL);
  g_object_set (duo->client, "compression", FALSE, NULL);
  duo_open (duo);
  g_assert_null (lwsg_connection_get_extensions (duo->connected));
  g_assert_null (lwsg_connection_get_extensions (duo->accepted));
}

static void
test_settings (Duo *duo, gconstpointer data)
{
  g_object_set (duo->server, "compression-takeover", FALSE, "compression-window-bits", 10, NULL);
  open_compressed (duo);
  g_assert_cmpstr (lwsg_connection_get_extensions (duo->connected), ==,
                   "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                   "server_max_window_bits=10; client_max_window_bits=10");
}

static void
test_talk (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = text_of (TEXT_SIZE);
  guint64 received;

  open_compressed (duo);
  for (guint i = 0; i < 5; i++)
    {
      g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, bytes, NULL));
      g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_BINARY, bytes, NULL));
      expect_bytes (duo->connected, bytes);
      expect_bytes (duo->accepted, bytes);
    }
  g_object_get (duo->accepted, "bytes-received", &received, NULL);
  g_assert_cmpuint (received, ==, 5 * TEXT_SIZE);
}

/* Less waits in the output; and a message may be left out. */
static void
test_compress (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = text_of (TEXT_SIZE);

  open_compressed (duo);
  block_output (duo);
  g_assert_true (lwsg_connection_get_compress (duo->accepted));
  g_assert_cmpuint (cost_of (duo->accepted, bytes), <, TEXT_SIZE / 20);
  lwsg_connection_set_compress (duo->accepted, FALSE);
  g_assert_cmpuint (cost_of (duo->accepted, bytes), ==, TEXT_SIZE + 4);
  lwsg_connection_set_compress (duo->accepted, TRUE);
  g_assert_cmpuint (cost_of (duo->accepted, bytes), <, TEXT_SIZE / 20);
}

static void
test_threshold (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) below = text_of (999);
  g_autoptr (GBytes) at = text_of (1000);

  g_object_set (duo->server, "compression-threshold", 1000, NULL);
  open_compressed (duo);
  block_output (duo);
  g_assert_cmpuint (cost_of (duo->accepted, below), ==, 999 + 4);
  g_assert_cmpuint (cost_of (duo->accepted, at), <, 500);
}

/* Old messages are dropped, and what is left can still be read. */
static void
test_drop_oldest (Duo *duo, gconstpointer data)
{
  guint dropped = 0;
  guint expected = 0;

  open_compressed (duo);
  block_output (duo);
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_DROP_OLDEST);
  /* One block that has begun to leave, and some of the messages. */
  lwsg_connection_set_max_buffered_amount (duo->accepted, 100000);
  for (guint i = 0; i < 200; i++)
    {
      char text[1001];
      g_autoptr (GError) error = NULL;

      for (guint j = 0; j < 1000; j++)
        text[j] = (char) g_random_int_range ('@', 0x7f);
      text[1000] = '\0';
      memcpy (text, text + 500, 100);
      g_snprintf (text, 5, "%04u", i);
      text[4] = ' ';
      g_assert_true (lwsg_connection_send_text (duo->accepted, text, &error));
      g_assert_no_error (error);
    }
  g_object_get (duo->accepted, "dropped-messages", &dropped, NULL);
  /* Not only the blocks. */
  g_assert_cmpuint (dropped, >, 50);

  lwsg_connection_resume (duo->connected);
  while (expected < 200)
    {
      g_autoptr (LwsgMessage) message = duo_receive (duo->connected);
      const char *text = lwsg_message_get_text (message);
      guint number;

      if (g_bytes_get_size (lwsg_message_get_bytes (message)) != 1000)
        continue;
      number = (guint) g_ascii_strtoull (text, NULL, 10);
      g_assert_cmpuint (number, >=, expected);
      g_assert_cmpmem (text + 5, 95, text + 505, 95);
      expected = number + 1;
    }
}

/* Messages that refer to each other are not dropped once some are on their way. */
static void
test_drop_late (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = text_of (TEXT_SIZE);

  open_compressed (duo);
  block_output (duo);
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, bytes, NULL));
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, bytes, NULL));
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_DROP_OLDEST);
  g_assert_false (engine_deflate_may_drop (duo->accepted->engine));
  lwsg_connection_resume (duo->connected);
  while (lwsg_connection_get_buffered_amount (duo->accepted) > 0)
    lwsg_message_unref (duo_receive (duo->connected));
  g_assert_true (lwsg_connection_send (duo->accepted, LWSG_MESSAGE_TEXT, bytes, NULL));
  g_assert_true (engine_deflate_may_drop (duo->accepted->engine));
  lwsg_connection_set_slow_consumer_policy (duo->accepted, LWSG_SLOW_CONSUMER_CLOSE);
  g_assert_false (engine_deflate_may_drop (duo->accepted->engine));
}

/* The limit holds for what comes out. */
static void
test_limit (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) bytes = text_of (TEXT_SIZE);

  g_object_set (duo->server, "max-message-size", (guint) TEXT_SIZE - 1, NULL);
  open_compressed (duo);
  g_assert_true (lwsg_connection_send (duo->connected, LWSG_MESSAGE_TEXT, bytes, NULL));
  DUO_UNTIL (lwsg_connection_get_state (duo->connected) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpuint (lwsg_connection_get_close_code (duo->connected), ==, LWSG_CLOSE_TOO_BIG);
}

/* --- the properties of a context */

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer count)
{
  ++*(guint *) count;
}

static void
test_properties (void)
{
  static const struct {
    const char *name;
    guint initial;
    guint other;
  } numbers[] = {
    { "compression", 1, 0 },           { "compression-takeover", 1, 0 },     { "compression-level", 1, 9 },
    { "compression-threshold", 256, 0 }, { "compression-memory-level", 5, 8 }, { "compression-window-bits", 12, 15 },
  };
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  guint notified = 0;

  g_signal_connect (context, "notify", G_CALLBACK (count_notify), &notified);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      guint value = 99;

      g_object_get (context, numbers[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, numbers[i].initial);
      notified = 0;
      g_object_set (context, numbers[i].name, numbers[i].initial, NULL);
      g_assert_cmpuint (notified, ==, 0);
      g_object_set (context, numbers[i].name, numbers[i].other, NULL);
      g_assert_cmpuint (notified, ==, 1);
      g_object_get (context, numbers[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, numbers[i].other);
    }
  /* Closed, it still knows. */
  lwsg_context_close (context);
  g_object_set (context, "compression-level", 3, NULL);
  g_assert_cmpuint (notified, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_closed_test ("/object/compression/negotiated", test_negotiated);
  duo_add_closed_test ("/object/compression/off", test_off);
  duo_add_closed_test ("/object/compression/settings", test_settings);
  duo_add_closed_test ("/object/compression/talk", test_talk);
  duo_add_closed_test ("/object/compression/compress", test_compress);
  duo_add_closed_test ("/object/compression/threshold", test_threshold);
  duo_add_closed_test ("/object/compression/drop-oldest", test_drop_oldest);
  duo_add_closed_test ("/object/compression/drop-late", test_drop_late);
  duo_add_closed_test ("/object/compression/limit", test_limit);
  g_test_add_func ("/object/compression/properties", test_properties);

  return g_test_run ();
}
