/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/**
 * LWSG_AVAILABLE_IN_1_0:
 *
 * Marks a function that is part of the library since version 1.0.
 * Everything without such a mark is hidden.
 *
 * Since: 1.0
 */
#if defined(__GNUC__)
#define LWSG_EXTERN __attribute__ ((visibility ("default"))) extern
#else
#define LWSG_EXTERN extern
#endif

#define LWSG_AVAILABLE_IN_1_0 LWSG_EXTERN
