/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "histogram.h"

#include <math.h>
#include <string.h>

#define CLASS_BITS 6
#define CLASSES_IN_OCTAVE (1 << CLASS_BITS)
#define CLASSES ((64 - CLASS_BITS) * CLASSES_IN_OCTAVE)

struct _Histogram {
  guint64 count;
  guint64 classes[CLASSES];
};

Histogram *
histogram_new (void)
{
  return g_new0 (Histogram, 1);
}

void
histogram_free (Histogram *self)
{
  g_free (self);
}

void
histogram_clear (Histogram *self)
{
  memset (self, 0, sizeof *self);
}

/* Small values have a class each; above, an octave has CLASSES_IN_OCTAVE of them. */
static guint
class_of (guint64 value)
{
  guint shift;

  if (value < CLASSES_IN_OCTAVE)
    return (guint) value;
  shift = g_bit_storage (value) - 1 - CLASS_BITS;

  return (shift << CLASS_BITS) + (guint) (value >> shift);
}

static gint64
middle_of (guint index)
{
  guint shift = index >> CLASS_BITS;

  if (shift < 2)
    return index;
  shift--;

  return (((gint64) (index - (shift << CLASS_BITS))) << shift) + ((gint64) 1 << shift) / 2;
}

void
histogram_add (Histogram *self, gint64 value)
{
  guint index = class_of ((guint64) MAX (value, 0));

  self->classes[MIN (index, CLASSES - 1)]++;
  self->count++;
}

/* The value that the given part of all values doesn't exceed, 0 when there are none. */
gint64
histogram_quantile (Histogram *self, double quantile)
{
  guint64 rank = (guint64) ceil (quantile * (double) self->count);
  guint64 passed = 0;

  for (guint i = 0; i < CLASSES && self->count > 0; i++)
    {
      passed += self->classes[i];
      if (passed >= MAX (rank, 1))
        return middle_of (i);
    }

  return 0;
}
