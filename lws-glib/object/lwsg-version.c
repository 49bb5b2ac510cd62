/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <lws-glib/lwsg-version.h>

/* The version of the library that is loaded, which may be newer than the headers that a
 * program was built with. */

/**
 * lwsg_get_major_version:
 *
 * Tells the version of the library that is loaded; #LWSG_MAJOR_VERSION is that of the headers.
 *
 * Returns: the first number: 1 of 1.2.3
 *
 * Since: 1.0
 */
guint
lwsg_get_major_version (void)
{
  return LWSG_MAJOR_VERSION;
}

/**
 * lwsg_get_minor_version:
 *
 * Tells the version of the library that is loaded; #LWSG_MINOR_VERSION is that of the headers.
 *
 * Returns: the second number: 2 of 1.2.3
 *
 * Since: 1.0
 */
guint
lwsg_get_minor_version (void)
{
  return LWSG_MINOR_VERSION;
}

/**
 * lwsg_get_micro_version:
 *
 * Tells the version of the library that is loaded; #LWSG_MICRO_VERSION is that of the headers.
 *
 * Returns: the third number: 3 of 1.2.3
 *
 * Since: 1.0
 */
guint
lwsg_get_micro_version (void)
{
  return LWSG_MICRO_VERSION;
}

/**
 * lwsg_check_version:
 * @major: the first number
 * @minor: the second number
 * @micro: the third number
 *
 * Is the library that is loaded of version @major.@minor.@micro or newer? LWSG_CHECK_VERSION() asks that of the
 * headers.
 *
 * Returns: %TRUE if it is
 *
 * Since: 1.0
 */
gboolean
lwsg_check_version (guint major, guint minor, guint micro)
{
  const guint loaded[] = { LWSG_MAJOR_VERSION, LWSG_MINOR_VERSION, LWSG_MICRO_VERSION };
  const guint wanted[] = { major, minor, micro };

  for (guint i = 0; i < G_N_ELEMENTS (loaded); i++)
    if (wanted[i] != loaded[i])
      return wanted[i] < loaded[i];

  return TRUE;
}
