/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "input.h"
#include "wire/http-head-private.h"

/* A head of HTTP as it arrives: scanned whole, byte by byte and in random pieces,
 * which must give the same, and parsed. */
typedef struct {
  WireHeadResult result;        /* ERROR also where scanning went well and parsing did not */
  gsize scanned;
  WireRefusal refusal;
  WireHead head;                /* if COMPLETE */
  char *bytes;                  /* where its strings are */
} HeadArrival;

void head_arrival_run (HeadArrival *arrival, WireHeadKind kind, const FuzzInput *input);
void head_arrival_clear (HeadArrival *arrival);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HeadArrival, head_arrival_clear)

/* A refusal is fit for a log, and its status for an answer. */
void head_arrival_check_refusal (WireHeadKind kind, const WireRefusal *refusal);
