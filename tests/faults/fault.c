/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fault.h"

#include <string.h>

#define FAULT_CALL_MAX 32
#define FAULT_MESSAGE_MAX 256

typedef struct {
  gint set;
  char call[FAULT_CALL_MAX];
  int failure;
  gint nth;
  gboolean lasting;
  gint occurrences;
  gint strikes;
  gint turns;
  gint messages;
  gint notes;
  char last_message[FAULT_MESSAGE_MAX];
} Fault;

static Fault *
fault_get (void)
{
  static Fault *fault;

  if (fault == NULL)
    fault = fault_free_share (sizeof *fault);

  return fault;
}

void
fault_set (const char *call, int failure, guint nth, FaultDuration duration)
{
  Fault *fault = fault_get ();

  memset (fault, 0, sizeof *fault);
  g_strlcpy (fault->call, call, sizeof fault->call);
  fault->failure = failure;
  fault->nth = (gint) nth;
  fault->lasting = duration == FAULT_LASTING;
  g_atomic_int_set (&fault->set, TRUE);
}

void
fault_lift (void)
{
  g_atomic_int_set (&fault_get ()->set, FALSE);
}

gboolean
fault_strikes (const char *call, int *failure)
{
  Fault *fault = fault_get ();
  gint occurrence;

  if (!g_atomic_int_get (&fault->set) || strcmp (fault->call, call) != 0)
    return FALSE;

  occurrence = g_atomic_int_add (&fault->occurrences, 1);
  if (occurrence < fault->nth || (occurrence > fault->nth && !fault->lasting))
    return FALSE;

  g_atomic_int_inc (&fault->strikes);
  *failure = fault->failure;

  return TRUE;
}

guint
fault_get_strikes (void)
{
  return (guint) g_atomic_int_get (&fault_get ()->strikes);
}

void
fault_count_turn (void)
{
  g_atomic_int_inc (&fault_get ()->turns);
}

guint
fault_get_turns (void)
{
  return (guint) g_atomic_int_get (&fault_get ()->turns);
}

/* --- the log */

static void
fault_note_message (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  Fault *fault = fault_get ();

  if (level & G_LOG_LEVEL_DEBUG)
    {
      g_atomic_int_inc (&fault->notes);
      return;
    }

  g_strlcpy (fault->last_message, message, sizeof fault->last_message);
  g_atomic_int_inc (&fault->messages);
}

void
fault_watch_log (void)
{
  g_log_set_handler ("lws-glib", G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_DEBUG, fault_note_message, NULL);
}

guint
fault_get_messages (void)
{
  return (guint) g_atomic_int_get (&fault_get ()->messages);
}

guint
fault_get_notes (void)
{
  return (guint) g_atomic_int_get (&fault_get ()->notes);
}

const char *
fault_get_last_message (void)
{
  return fault_get ()->last_message;
}
