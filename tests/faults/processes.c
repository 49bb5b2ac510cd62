/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "processes.h"

#include "classic.h"
#include "visitor.h"

#include <sys/wait.h>
#include <unistd.h>

#define SMALL 5

/* --- broadcasts */

/* Returns how many of two could not be sent. */
static guint
broadcast_both (void)
{
  static guint8 bytes[LWS_SEND_BUFFER_PRE_PADDING + CLASSIC_LARGE + LWS_SEND_BUFFER_POST_PADDING];
  guint8 *payload = bytes + LWS_SEND_BUFFER_PRE_PADDING;
  guint failures = 0;

  failures += libwebsockets_broadcast (classic_protocols, payload, SMALL) != 0;
  failures += libwebsockets_broadcast (classic_protocols, payload, CLASSIC_LARGE) != 0;

  return failures;
}

static gpointer
broadcast_in_thread (gpointer data)
{
  return GUINT_TO_POINTER (broadcast_both ());
}

static void
listen_to_thread (Classic *classic, Visitor *visitor)
{
  GThread *thread = g_thread_new ("broadcaster", broadcast_in_thread, NULL);

  RUN_UNTIL (classic->run, classic_turn, classic,
             visitor_step (visitor) != VISITOR_WAITS || run_gives_up (classic->run));
  classic->run->reports += GPOINTER_TO_UINT (g_thread_join (thread));
}

static void
listen_to_process (Classic *classic, Visitor *visitor)
{
  pid_t child = fault_free_fork ();
  int status = 0;

  if (child == 0)
    _exit ((int) broadcast_both ());

  RUN_UNTIL (classic->run, classic_turn, classic,
             visitor_step (visitor) != VISITOR_WAITS || run_gives_up (classic->run));
  g_assert_cmpint (fault_free_waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  classic->run->reports += (guint) WEXITSTATUS (status);
}

static void
listen_to (Run *run, void (*listen) (Classic *classic, Visitor *visitor))
{
  g_autoptr (Visitor) visitor = NULL;
  Classic classic;

  if (!classic_begin (&classic, run))
    return;

  visitor = visitor_new_listener (classic.port, SMALL + CLASSIC_LARGE);
  RUN_UNTIL (run, classic_turn, &classic,
             visitor_step (visitor) != VISITOR_WAITS || visitor_is_open (visitor) || run_gives_up (run));
  if (visitor_is_open (visitor))
    listen (&classic, visitor);
  run->done = visitor_step (visitor) == VISITOR_SERVED;
  classic_end (&classic);
}

void
scenario_broadcast_thread (Run *run)
{
  listen_to (run, listen_to_thread);
}

void
scenario_broadcast_process (Run *run)
{
  listen_to (run, listen_to_process);
}

/* --- the loop in a process of its own */

static gboolean
loop_of_parent (gpointer visitor)
{
  visitor_wait (visitor, RUN_TURN_MS);

  return TRUE;
}

/* Its callback comes after the visitor saw the end of the connection. */
static void
let_child_tell (Run *run, Visitor *visitor)
{
  if (visitor_step (visitor) == VISITOR_LOST)
    RUN_UNTIL (run, loop_of_parent, visitor, run_is_told (run) || fault_get_notes () > 0);
  run_check_rest (run, loop_of_parent, visitor);
  run->over = TRUE;
}

static void
talk_to_child (Classic *classic)
{
  g_autoptr (Visitor) visitor = visitor_new_listener (classic->port, SMALL + CLASSIC_LARGE);
  Run *run = classic->run;

  RUN_UNTIL (run, loop_of_parent, visitor,
             visitor_step (visitor) != VISITOR_WAITS || visitor_is_open (visitor) || run_gives_up (run));
  run->reports += broadcast_both ();
  RUN_UNTIL (run, loop_of_parent, visitor, visitor_step (visitor) != VISITOR_WAITS || run_gives_up (run));
  run->done = visitor_step (visitor) == VISITOR_SERVED;

  let_child_tell (run, visitor);
  /* A loop that could not begin has ended, and said so. */
  if (run->done)
    {
      fault_lift ();
      run_check_serving (run, loop_of_parent, visitor, classic->port);
    }
}

/* Nothing but the end, under the same fault. */
static void
see_child (Classic *classic)
{
  g_autoptr (Visitor) visitor = visitor_new_echo (classic->port);

  RUN_UNTIL (classic->run, loop_of_parent, visitor,
             visitor_step (visitor) != VISITOR_WAITS || run_gives_up (classic->run));
  classic->run->done = visitor_step (visitor) == VISITOR_SERVED;
  let_child_tell (classic->run, visitor);
}

static void
fork_and (Run *run, void (*talk) (Classic *classic))
{
  Classic classic;

  if (!classic_begin (&classic, run))
    return;

  if (libwebsockets_fork_service_loop (classic.context) != 0)
    {
      run_report (run);
      classic_end (&classic);
      return;
    }

  talk (&classic);
  libwebsocket_context_destroy (classic.context);
  /* The fault may have kept it from that. */
  while (fault_free_waitpid (-1, NULL, 0) > 0)
    ;
}

void
scenario_fork_loop (Run *run)
{
  fork_and (run, talk_to_child);
}

void
scenario_fork_end (Run *run)
{
  fork_and (run, see_child);
}

/* --- privileges */

/* What is given up can't be had back. */
void
scenario_privileges (Run *run)
{
  pid_t child = fault_free_fork ();
  int status = 0;

  if (child == 0)
    _exit (libwebsocket_create_context (CONTEXT_PORT_NO_LISTEN, classic_protocols, NULL, NULL, (int) getgid (),
                                        (int) getuid ()) == NULL);

  g_assert_cmpint (fault_free_waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  run->done = WEXITSTATUS (status) == 0;
  run->reports += (guint) WEXITSTATUS (status);
}
