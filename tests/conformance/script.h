/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Conversations that are kept as text, in files of data/:
 *
 *   [5.1/masked-by-server]       the section of the RFC, and what it is about
 *   roles: client                of our end; both without this line
 *   frame 81 "Hello"             what happens, a step a line
 *   fails 1002
 *
 * Lines that begin with # and empty ones mean nothing. */

typedef struct {
  char *verb;
  char *rest;                   /* what follows the verb */
} ScriptStep;

typedef struct {
  char *name;
  gboolean for_server;
  gboolean for_client;
  GPtrArray *steps;             /* of ScriptStep */
} Script;

Script *script_new (const char *name);
void script_add (Script *script, const char *verb, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Of Script. What can't be read fails the test. */
GPtrArray *script_load (const char *file);
void script_free (Script *script);
