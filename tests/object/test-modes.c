/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "duo.h"

#include <string.h>

/* Handlers that come and go between messages: none is lost, and none is told twice. */

static void
append (GString *log, LwsgMessage *message)
{
  g_string_append_printf (log, "%s ", lwsg_message_get_text (message));
}

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer log)
{
  append (log, message);
}

static void
on_protocol_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer log)
{
  append (log, message);
}

static void
on_fragment (LwsgConnection *connection, LwsgMessageType type, GBytes *bytes, gboolean last, gpointer log)
{
  gsize length;
  const char *piece = g_bytes_get_data (bytes, &length);

  g_string_append_len (log, piece, (gssize) length);
  if (last)
    g_string_append_c (log, ' ');
}

static void
send_three (LwsgConnection *connection, const char *first, const char *second, const char *third)
{
  duo_send (connection, first);
  duo_send (connection, second);
  duo_send (connection, third);
  duo_round_trip (connection);
}

/* The peer's messages have all come by now, and one more would have been told twice. */
static void
expect_log (Duo *duo, GString *log, const char *expected)
{
  DUO_UNTIL (log->len >= strlen (expected));
  duo_let_pass (duo);
  g_assert_cmpstr (log->str, ==, expected);
}

/* --- one handler */

typedef struct {
  const char *name;
  gboolean of_protocol;
  gboolean disconnects;
} AwayCase;

static const AwayCase away_cases[] = {
  { "blocked", FALSE, FALSE },
  { "disconnected", FALSE, TRUE },
  { "protocol-blocked", TRUE, FALSE },
  { "protocol-disconnected", TRUE, TRUE },
};

static gulong
away_connect (Duo *duo, const AwayCase *away, GString *log)
{
  if (away->of_protocol)
    return g_signal_connect (duo->protocol, "message", G_CALLBACK (on_protocol_message), log);

  return g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), log);
}

static void
check_away (Duo *duo, const AwayCase *away)
{
  gpointer instance = away->of_protocol ? (gpointer) duo->protocol : duo->accepted;
  g_autoptr (GString) log = g_string_new (NULL);
  gulong handler = away_connect (duo, away, log);

  duo_send (duo->connected, "1");
  expect_log (duo, log, "1 ");
  if (away->disconnects)
    g_signal_handler_disconnect (instance, handler);
  else
    g_signal_handler_block (instance, handler);
  send_three (duo->connected, "2", "3", "4");
  g_assert_cmpstr (log->str, ==, "1 ");

  if (away->disconnects)
    handler = away_connect (duo, away, log);
  else
    g_signal_handler_unblock (instance, handler);
  expect_log (duo, log, "1 2 3 4 ");
  send_three (duo->connected, "5", "6", "7");
  expect_log (duo, log, "1 2 3 4 5 6 7 ");
  g_signal_handler_disconnect (instance, handler);
}

static void
test_away (Duo *duo, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (away_cases); i++)
    {
      g_test_message ("%s", away_cases[i].name);
      check_away (duo, &away_cases[i]);
    }
}

/* --- handlers that leave by themselves */

static void
once (LwsgConnection *connection, LwsgMessage *message, gpointer log)
{
  append (log, message);
  g_signal_handlers_disconnect_by_data (connection, log);
}

/* What a binding makes: a closure with a marshaller of its own. */
static void
marshal_once (GClosure *closure, GValue *returned, guint n_values, const GValue *values, gpointer hint,
              gpointer marshal_data)
{
  gulong *handler = marshal_data;
  GString *log = closure->data;

  append (log, g_value_get_boxed (values + 1));
  if (*handler != 0)
    g_signal_handler_disconnect (g_value_get_object (values), *handler);
}

static gulong
connect_foreign (LwsgConnection *connection, GString *log, gulong *handler)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), log);

  g_closure_set_meta_marshal (closure, handler, marshal_once);

  return g_signal_connect_closure (connection, "message", closure, FALSE);
}

static void
test_once (Duo *duo, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);

  g_signal_connect (duo->accepted, "message", G_CALLBACK (once), log);
  send_three (duo->connected, "1", "2", "3");
  expect_log (duo, log, "1 ");
  /* Two of them, for the same message. */
  g_signal_connect (duo->accepted, "message", G_CALLBACK (once), log);
  g_signal_connect (duo->accepted, "message", G_CALLBACK (once), log);
  expect_log (duo, log, "1 2 ");
  g_signal_connect (duo->accepted, "message", G_CALLBACK (once), log);
  expect_log (duo, log, "1 2 3 ");
}

static void
test_once_foreign (Duo *duo, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  gulong stays = 0;
  gulong leaves = 0;
  gulong handler;

  leaves = connect_foreign (duo->accepted, log, &leaves);
  send_three (duo->connected, "1", "2", "3");
  expect_log (duo, log, "1 ");
  leaves = connect_foreign (duo->accepted, log, &leaves);
  expect_log (duo, log, "1 2 ");

  handler = connect_foreign (duo->accepted, log, &stays);
  expect_log (duo, log, "1 2 3 ");
  g_signal_handler_block (duo->accepted, handler);
  send_three (duo->connected, "4", "5", "6");
  g_assert_cmpstr (log->str, ==, "1 2 3 ");
  g_signal_handler_unblock (duo->accepted, handler);
  expect_log (duo, log, "1 2 3 4 5 6 ");
}

/* --- from one way of reading to the other */

static void
test_to_receive (Duo *duo, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);

  for (guint round = 0; round < 2; round++)
    {
      gulong handler = g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), log);

      g_string_truncate (log, 0);
      send_three (duo->connected, "1", "2", "3");
      expect_log (duo, log, "1 2 3 ");
      g_signal_handler_disconnect (duo->accepted, handler);

      send_three (duo->connected, "4", "5", "6");
      duo_expect (duo->accepted, "4");
      duo_expect (duo->accepted, "5");
      /* With one left, and nothing to come, the handlers are found. */
      handler = g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), log);
      expect_log (duo, log, "1 2 3 6 ");
      g_signal_handler_disconnect (duo->accepted, handler);
    }
}

/* --- how much is kept */

/* Who has asked before gets all, however long that takes, and the peer waits. */
static void
test_back_pressure (Duo *duo, gconstpointer data)
{
  g_autofree char *text = g_strnfill (1024, 'b');
  g_autoptr (GString) log = g_string_new (NULL);
  gulong handler = g_signal_connect (duo->accepted, "message", G_CALLBACK (on_message), log);

  duo_send (duo->connected, "1");
  expect_log (duo, log, "1 ");
  g_signal_handler_block (duo->accepted, handler);
  for (guint i = 0; i < 200; i++)
    duo_send (duo->connected, text);
  DUO_UNTIL (duo->accepted->engine->paused);
  g_assert_cmpuint (duo->accepted->held_bytes, <, 128 * 1024);
  duo->accepted->stalled = G_MAXINT;
  g_source_set_ready_time (duo->accepted->looking, 0);
  DUO_UNTIL (g_source_get_ready_time (duo->accepted->looking) > 0);
  g_assert_cmpuint (duo->accepted->held_bytes, >, 0);

  g_signal_handler_unblock (duo->accepted, handler);
  DUO_UNTIL (log->len == 2 + 200 * 1025);
  duo_round_trip (duo->connected);
}

/* --- pieces */

static void
test_fragments (Duo *duo, gconstpointer data)
{
  g_autoptr (GBytes) piece = g_bytes_new_static ("piece", 5);
  g_autoptr (GString) log = g_string_new (NULL);
  gulong handler = g_signal_connect (duo->accepted, "fragment", G_CALLBACK (on_fragment), log);

  lwsg_connection_set_streaming (duo->accepted, TRUE);
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_TEXT, piece, FALSE, NULL));
  expect_log (duo, log, "piece");
  g_signal_handler_block (duo->accepted, handler);
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_TEXT, piece, TRUE, NULL));
  duo_send (duo->connected, "2");
  duo_round_trip (duo->connected);
  g_assert_cmpstr (log->str, ==, "piece");
  g_signal_handler_unblock (duo->accepted, handler);
  expect_log (duo, log, "piecepiece 2 ");

  /* Half of one that nobody follows any more holds nothing up. */
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_TEXT, piece, FALSE, NULL));
  expect_log (duo, log, "piecepiece 2 piece");
  g_signal_handler_disconnect (duo->accepted, handler);
  lwsg_connection_set_streaming (duo->accepted, FALSE);
  g_assert_true (lwsg_connection_send_fragment (duo->connected, LWSG_MESSAGE_TEXT, piece, TRUE, NULL));
  duo_send (duo->connected, "whole");
  duo_expect (duo->accepted, "whole");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  duo_add_test ("/object/modes/away", test_away);
  duo_add_test ("/object/modes/once", test_once);
  duo_add_test ("/object/modes/once-foreign", test_once_foreign);
  duo_add_test ("/object/modes/to-receive", test_to_receive);
  duo_add_test ("/object/modes/back-pressure", test_back_pressure);
  duo_add_test ("/object/modes/fragments", test_fragments);

  return g_test_run ();
}
