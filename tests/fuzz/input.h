/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What is left of the bytes that a target was given. Once they are used up every
 * number is 0 and every block is empty. */
typedef struct {
  const guint8 *data;
  gsize length;
} FuzzInput;

guint8 fuzz_input_byte (FuzzInput *input);
guint16 fuzz_input_short (FuzzInput *input);

/* Up to @length bytes, as an input of their own. */
FuzzInput fuzz_input_take (FuzzInput *input, gsize length);

/* Everything up to the next @separator, which is passed over; or up to the end. */
FuzzInput fuzz_input_take_until (FuzzInput *input, guint8 separator);

/* A copy of what is left, of exactly that size: a read beyond it is seen. Never NULL. */
guint8 *fuzz_input_copy (const FuzzInput *input);

/* The same with a NUL at its end. */
char *fuzz_input_text (const FuzzInput *input);

/* Does it hold a NUL? Then no string can stand for it. */
gboolean fuzz_input_has_nul (const FuzzInput *input);

/* How an input arrives: whole, byte by byte, or cut up at places that the state decides. */
typedef enum {
  FUZZ_CUT_NOWHERE,
  FUZZ_CUT_EVERYWHERE,
  FUZZ_CUT_AT_RANDOM,

  FUZZ_N_CUTS
} FuzzCutKind;

typedef struct {
  FuzzCutKind kind;
  guint32 state;                /* not 0 */
} FuzzCut;

/* The number of bytes that come next, of @left that have not come: 1 or more of them. */
gsize fuzz_cut_next (FuzzCut *cut, gsize left);
