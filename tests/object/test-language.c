/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dial.h"

#include <libintl.h>
#include <locale.h>
#include <string.h>

/* Errors are in the language of the reader from their first word to their last; what goes to a
 * peer is English. */

#define CATALOGUES "../../po"

/* In the folder of the build; in that of the system if the test itself is installed. */
static char *
find_catalogues (void)
{
  g_autofree char *built = g_test_build_filename (G_TEST_BUILT, CATALOGUES, NULL);

  return g_file_test (built, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&built) : g_strdup (LOCALEDIR);
}

static gboolean
speak_german (void)
{
  g_autofree char *folder = find_catalogues ();
  g_autofree char *catalogue = g_build_filename (folder, "de", "LC_MESSAGES", GETTEXT_PACKAGE ".mo", NULL);
  /* The library binds its texts to where they will be installed, when it is first used. */
  g_autoptr (LwsgContext) context = lwsg_context_new ();

  if (!g_file_test (catalogue, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the catalogues are not built");
      return FALSE;
    }
  g_assert_nonnull (context);
  g_assert_nonnull (bindtextdomain (GETTEXT_PACKAGE, folder));

  return TRUE;
}

static void
test_refused (Dial *dial, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!speak_german ())
    return;

  dial_serve (dial, NULL);
  dial_answer (dial, "HTTP/1.1 401 Unauthorized\r\n\r\n");
  error = dial_fail (dial);
  g_assert_cmpstr (error->message, ==,
                   "Der Verbindungsaufbau mit 127.0.0.1 ist gescheitert: der Server antwortete 401 Unauthorized "
                   "statt 101 Switching Protocols");
}

static void
test_argument (Dial *dial, gconstpointer data)
{
  static const char *const twice[] = { "a", "a", NULL };
  g_autoptr (GError) error = NULL;

  if (!speak_german ())
    return;

  dial_start (dial, twice);
  error = dial_fail (dial);
  g_assert_cmpstr (error->message, ==, "das Unterprotokoll »a« ist zweimal genannt");
}

static void
test_violation (Dial *dial, gconstpointer data)
{
  g_autoptr (LwsgConnection) connection = NULL;
  RawFrame frame;

  if (!speak_german ())
    return;

  dial_serve (dial, NULL);
  dial_answer (dial, RAW_PEER_SWITCHING "\r\n");
  connection = dial_succeed (dial);
  raw_peer_send (dial->peer, "\x83\x00", 2);
  raw_peer_read_frame (dial->peer, &frame);
  g_assert_cmpmem (frame.payload + 2, frame.length - 2, "reserved opcode 0x3", strlen ("reserved opcode 0x3"));
  raw_frame_clear (&frame);
  raw_peer_shutdown (dial->peer);
  DUO_UNTIL (lwsg_connection_get_state (connection) == LWSG_CONNECTION_CLOSED);
  g_assert_cmpstr (lwsg_connection_get_close_reason (connection), ==, "reservierter Opcode 0x3");
}

int
main (int argc, char *argv[])
{
  g_setenv ("LANGUAGE", "de", TRUE);
  g_test_init (&argc, &argv, NULL);
  /* In any locale but "C" the variable counts. */
  setlocale (LC_ALL, "C.UTF-8");

  dial_add_case ("language", "refused", NULL, test_refused);
  dial_add_case ("language", "argument", NULL, test_argument);
  dial_add_case ("language", "violation", NULL, test_violation);

  return g_test_run ();
}
