/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Which functions a program may use, and which ones it is warned of. This header is for
 * both APIs and includes nothing: the classic one needs no GLib. */

#if defined(__GNUC__)
#define LWSG_EXTERN __attribute__ ((visibility ("default"))) extern
#define LWSG_DEPRECATED_ATTRIBUTE __attribute__ ((deprecated))
#define LWSG_DEPRECATED_FOR_ATTRIBUTE(f) __attribute__ ((deprecated ("Use '" #f "' instead")))
#define LWSG_UNAVAILABLE_ATTRIBUTE(major, minor)                                                    \
  __attribute__ ((deprecated ("Not available before " #major "." #minor)))
#else
#define LWSG_EXTERN extern
#define LWSG_DEPRECATED_ATTRIBUTE
#define LWSG_DEPRECATED_FOR_ATTRIBUTE(f)
#define LWSG_UNAVAILABLE_ATTRIBUTE(major, minor)
#endif

#define LWSG_ENCODE_VERSION(major, minor) ((major) << 16 | (minor) << 8)

/**
 * LWSG_VERSION_1_0:
 *
 * Version 1.0, to compare with #LWSG_VERSION_MIN_REQUIRED and #LWSG_VERSION_MAX_ALLOWED.
 *
 * Since: 1.0
 */
#define LWSG_VERSION_1_0 (LWSG_ENCODE_VERSION (1, 0))

/* The stable version of this header or, while the next one is under way, that one. */
#define LWSG_VERSION_CURRENT LWSG_VERSION_1_0

/**
 * LWSG_VERSION_MIN_REQUIRED:
 *
 * What was deprecated in a newer version than this gives no warning. A program may define it before it includes
 * the headers, as #LWSG_VERSION_1_0 or the like. The default is the version of the headers.
 *
 * Since: 1.0
 */
#ifndef LWSG_VERSION_MIN_REQUIRED
#define LWSG_VERSION_MIN_REQUIRED LWSG_VERSION_CURRENT
#endif

/**
 * LWSG_VERSION_MAX_ALLOWED:
 *
 * What is newer than this gives a warning. A program may define it before it includes the headers, as
 * #LWSG_VERSION_1_0 or the like. The default is the version of the headers.
 *
 * Since: 1.0
 */
#ifndef LWSG_VERSION_MAX_ALLOWED
#define LWSG_VERSION_MAX_ALLOWED LWSG_VERSION_CURRENT
#endif

#if LWSG_VERSION_MAX_ALLOWED < LWSG_VERSION_MIN_REQUIRED
#error "LWSG_VERSION_MAX_ALLOWED must not be older than LWSG_VERSION_MIN_REQUIRED"
#endif
#if LWSG_VERSION_MIN_REQUIRED < LWSG_VERSION_1_0
#error "LWSG_VERSION_MIN_REQUIRED must be LWSG_VERSION_1_0 or newer"
#endif

/* One such group for each version that adds functions. */
#if LWSG_VERSION_MIN_REQUIRED >= LWSG_VERSION_1_0
#define LWSG_DEPRECATED_IN_1_0 LWSG_DEPRECATED_ATTRIBUTE LWSG_EXTERN
#define LWSG_DEPRECATED_IN_1_0_FOR(f) LWSG_DEPRECATED_FOR_ATTRIBUTE (f) LWSG_EXTERN
#else
#define LWSG_DEPRECATED_IN_1_0 LWSG_EXTERN
#define LWSG_DEPRECATED_IN_1_0_FOR(f) LWSG_EXTERN
#endif
#if LWSG_VERSION_MAX_ALLOWED < LWSG_VERSION_1_0
#define LWSG_AVAILABLE_IN_1_0 LWSG_UNAVAILABLE_ATTRIBUTE (1, 0) LWSG_EXTERN
#else
#define LWSG_AVAILABLE_IN_1_0 LWSG_EXTERN
#endif
