/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "wire/http-head-private.h"

/* A text with NULs in it, as two fields of a table. */
#define TEXT(text) (text), sizeof (text) - 1

/* What became of a head that was scanned and parsed. */
typedef struct {
  WireHeadResult scan;
  gsize scanned;
  gsize given;                  /* bytes that had come when the scan came to its result */
  gboolean parsed;
  WireRefusal refusal;          /* of the scan or of the parser */
  WireHead head;
  char *bytes;                  /* in which @head lies */
} HeadReading;

#define HEAD_READING_WHOLE G_MAXSIZE

/* Gives @step bytes more each time. */
void head_reading_run (HeadReading *reading, WireHeadKind kind, const char *text, gsize length, gsize step);
void head_reading_clear (HeadReading *reading);

/* Reads whole and byte by byte, asserts that both come to the same, and leaves the
 * first in @reading. */
void head_reading_run_twins (HeadReading *reading, WireHeadKind kind, const char *text, gsize length);

/* A copy of @text with a few bytes changed, put in, doubled or taken out. */
GByteArray *head_mutate (const char *text);

/* An upgrade as a browser sends it. */
extern const char head_of_browser[];
