/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fault.h"

#include <string.h>

#define FAULT_CALL_MAX 32
#define FAULT_MESSAGE_MAX 256
#define FAULT_TALLIES_MAX 64

typedef struct {
  char call[FAULT_CALL_MAX];
  gint count;
} FaultTally;

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

/* Of all calls that are tallied; the rest of the array has no names. */
static FaultTally *
fault_get_tallies (void)
{
  static FaultTally *tallies;

  if (tallies == NULL)
    tallies = fault_free_share (FAULT_TALLIES_MAX * sizeof *tallies);

  return tallies;
}

/* The tally of a call, or the first that has no name yet. */
static FaultTally *
fault_find_tally (const char *call)
{
  FaultTally *tally = fault_get_tallies ();

  while (tally->call[0] != '\0' && strcmp (tally->call, call) != 0)
    tally++;

  return tally;
}

void
fault_tally (const char *call)
{
  FaultTally *tally = fault_find_tally (call);

  /* One without a name stays behind. */
  g_assert_cmpint (tally - fault_get_tallies (), <, FAULT_TALLIES_MAX - 1);
  g_strlcpy (tally->call, call, FAULT_CALL_MAX);
}

guint
fault_get_tally (const char *call)
{
  return (guint) g_atomic_int_get (&fault_find_tally (call)->count);
}

void
fault_set (const char *call, int failure, guint nth, FaultDuration duration)
{
  Fault *fault = fault_get ();

  memset (fault, 0, sizeof *fault);
  for (FaultTally *tally = fault_get_tallies (); tally->call[0] != '\0'; tally++)
    g_atomic_int_set (&tally->count, 0);
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
fault_is_set (void)
{
  return g_atomic_int_get (&fault_get ()->set);
}

gboolean
fault_strikes (const char *call, int *failure)
{
  Fault *fault = fault_get ();
  gint occurrence;

  g_atomic_int_inc (&fault_find_tally (call)->count);
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
  g_log_set_handler ("lws-glib", G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG, fault_note_message, NULL);
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
