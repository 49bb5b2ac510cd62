/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <zlib.h>

/* What a peer does with zlib: DEFLATE as RFC 7692 has it, without a unread input. */

typedef struct {
  z_stream deflating;
  z_stream inflating;
} Deflation;

/* @out_bits is the window of what it compresses, @in_bits that of what comes. */
Deflation *deflation_new (guint out_bits, guint in_bits);
void deflation_free (Deflation *deflation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deflation, deflation_free)

/* A message; the next one may refer to it. */
GByteArray *deflation_compress (Deflation *deflation, const guint8 *bytes, gsize length);

/* What a message was; one that is not as section 7.2.1 has it fails the test. A reference
 * that goes farther back than the window reaches is seen. */
GByteArray *deflation_inflate (Deflation *deflation, const guint8 *bytes, gsize length);

/* No message refers to one before. */
void deflation_reset (Deflation *deflation);

/* As far as these bytes can be inflated. */
GByteArray *deflation_try (const GByteArray *bytes);
