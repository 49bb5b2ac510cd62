/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-arrival.h"

#include <string.h>

/* Cuts an input that has nothing to say about where. */
#define CUT_STATE 0x9e3779b9

static WireHeadResult
scan_arriving (WireHeadKind kind, const FuzzInput *input, FuzzCut cut, gsize *scanned, WireRefusal *refusal)
{
  WireHeadResult result = WIRE_HEAD_INCOMPLETE;
  gsize given = 0;

  *scanned = 0;
  while (result == WIRE_HEAD_INCOMPLETE && given < input->length)
    {
      g_autofree guint8 *bytes = NULL;

      given += fuzz_cut_next (&cut, input->length - given);
      bytes = g_memdup2 (input->data, given);
      result = wire_head_scan (kind, bytes, given, scanned, refusal);
      g_assert_cmpuint (*scanned, <=, given);
    }

  return result;
}

static void
check_arriving (const HeadArrival *whole, WireHeadKind kind, const FuzzInput *input, FuzzCut cut)
{
  WireRefusal refusal = { 0 };
  gsize scanned;

  g_assert_cmpint (scan_arriving (kind, input, cut, &scanned, &refusal), ==, whole->result);
  g_assert_cmpuint (scanned, ==, whole->scanned);
  if (whole->result == WIRE_HEAD_ERROR)
    {
      g_assert_cmpuint (refusal.status, ==, whole->refusal.status);
      g_assert_cmpstr (refusal.text, ==, whole->refusal.text);
    }
}

void
head_arrival_check_refusal (WireHeadKind kind, const WireRefusal *refusal)
{
  if (kind == WIRE_HEAD_RESPONSE)
    g_assert_cmpuint (refusal->status, ==, 0);
  else
    g_assert_cmpstr (wire_status_phrase (refusal->status), !=, "Unknown");

  g_assert_cmpuint (strlen (refusal->text), >, 0);
  for (const char *c = refusal->text; *c != '\0'; c++)
    g_assert_true (g_ascii_isprint (*c));
}

void
head_arrival_run (HeadArrival *arrival, WireHeadKind kind, const FuzzInput *input)
{
  *arrival = (HeadArrival) { 0 };
  arrival->result = scan_arriving (kind, input, (FuzzCut) { FUZZ_CUT_NOWHERE, CUT_STATE }, &arrival->scanned,
                                   &arrival->refusal);
  for (guint cut = FUZZ_CUT_EVERYWHERE; cut < FUZZ_N_CUTS; cut++)
    check_arriving (arrival, kind, input, (FuzzCut) { cut, CUT_STATE });

  if (arrival->result == WIRE_HEAD_COMPLETE)
    {
      arrival->bytes = g_memdup2 (input->data, arrival->scanned);
      if (!wire_head_parse (&arrival->head, kind, arrival->bytes, arrival->scanned, &arrival->refusal))
        arrival->result = WIRE_HEAD_ERROR;
    }
  if (arrival->result == WIRE_HEAD_ERROR)
    head_arrival_check_refusal (kind, &arrival->refusal);
}

void
head_arrival_clear (HeadArrival *arrival)
{
  g_clear_pointer (&arrival->bytes, g_free);
}
