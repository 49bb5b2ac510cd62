/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <sys/socket.h>

#include "owner.h"
#include "engine/base/limits-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/iteration-private.h"
#include "engine/connection/transport-private.h"
#include "engine/websocket/open-private.h"

/* What is received: pieces, pauses, and a fair share for everyone. */

#define TEXT_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_TEXT)
#define BINARY_FRAME (WIRE_FRAME_FIN | WIRE_OPCODE_BINARY)

#define MIB (1024 * 1024)

/* --- bytes */

/* TCP lets a byte overtake others; here it has the place where it was written. */
static void
test_urgent (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  raw_frame_append (frame, TEXT_FRAME, "urgent", 6);
  g_assert_cmpint (send (peer->fd, frame->data, frame->len, MSG_OOB | MSG_NOSIGNAL), ==, (int) frame->len);
  raw_peer_send_frame (peer, TEXT_FRAME, " and so on", 10);
  owner_wait (owner, OWNER_DATA, 2);
  g_assert_cmpmem (owner->received->data, owner->received->len, "urgent and so on", 16);
}

/* --- pieces */

static void
test_large_message (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  gsize length = 3 * MIB + 17;
  g_autofree guint8 *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i ^ i >> 8);
  raw_peer_send_frame (peer, BINARY_FRAME, bytes, length);
  while (owner->received->len < length)
    owner_turn (owner);

  g_assert_cmpmem (owner->received->data, owner->received->len, bytes, length);
  g_assert_null (owner->newest->unread);
}

static void
check_pieces (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  const WirePiece *piece = detail;
  guint *n_pieces = owner->hook_data;

  if (event != OWNER_DATA)
    return;

  (*n_pieces)++;
  g_assert_cmpuint (piece->frame_remaining, ==, 0);
  g_assert_true (piece->message_start);
  g_assert_true (piece->message_end);
}

/* Programs of the classic API count on it, however the frame was cut up. */
static void
test_whole_frames (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 payload[ENGINE_WHOLE_FRAME] = { 0 };
  guint n_pieces = 0;

  owner->hook = check_pieces;
  owner->hook_data = &n_pieces;
  for (guint i = 0; i < 200; i++)
    raw_frame_append (bytes, BINARY_FRAME, payload, sizeof payload - i % 3);
  for (guint at = 0; at < bytes->len; at += MIN (1021, bytes->len - at))
    {
      raw_peer_send (peer, bytes->data + at, MIN (1021, bytes->len - at));
      owner_turn (owner);
    }
  owner_wait (owner, OWNER_DATA, 200);

  g_assert_cmpuint (n_pieces, ==, 200);
}

/* What is kept of an unfinished frame is given back. */
static void
test_tail_bounded (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  g_autofree guint8 *zeros = g_malloc0 (MIB);

  raw_peer_send (peer, "\x82\xff\0\0\0\0\0\x10\0\0\0\0\0\0", 14);
  raw_peer_send (peer, zeros, MIB - 1);
  while (owner->received->len < MIB - 1)
    owner_turn (owner);
  g_assert_null (owner->newest->unread);
  raw_peer_send (peer, zeros, 1);
  while (owner->received->len < MIB)
    owner_turn (owner);
}

/* --- where the owner wants to have it */

#define ROOM_MESSAGE (3 * MIB + 17)

/* A connection, and where its message is put together. */
typedef struct {
  EngineConnection *connection;
  guint8 *place;
  gsize length;                 /* of what has come */
  gsize received_there;
  guint n_received_there;
} Room;

typedef struct {
  EngineEvents events;
  guint8 *message;
  gsize offer;                  /* how much is received at a time, at most */
  gboolean pauses;
  Room rooms[2];
} Rooms;

static Room *
rooms_find (Rooms *rooms, const EngineConnection *connection)
{
  return &rooms->rooms[rooms->rooms[1].connection == connection];
}

static guint8 *
rooms_give (EngineConnection *connection, gsize *length)
{
  const Owner *owner = connection->context->owner;
  Rooms *rooms = owner->hook_data;
  Room *room = rooms_find (rooms, connection);

  g_assert_cmpuint (room->length, >, 0);
  *length = MIN (rooms->offer, ROOM_MESSAGE - room->length);

  return room->place + room->length;
}

static void
rooms_take (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  const WirePiece *piece = detail;
  Rooms *rooms = owner->hook_data;
  Room *room = rooms_find (rooms, connection);

  if (event != OWNER_DATA)
    return;

  g_assert_cmpuint (piece->length, <=, ROOM_MESSAGE - room->length);
  if (piece->data == room->place + room->length)
    {
      g_assert_cmpuint (piece->length, <=, rooms->offer);
      room->received_there += piece->length;
      room->n_received_there++;
    }
  else
    memcpy (room->place + room->length, piece->data, piece->length);
  room->length += piece->length;
  if (rooms->pauses)
    engine_connection_pause (connection, TRUE);
}

/* Has each of @n_peers send the message, and checks that all of it comes. */
static void
rooms_receive (Rooms *rooms, Owner *owner, guint n_peers)
{
  const EngineEvents *usual = owner->context->events;
  RawPeer *peers[G_N_ELEMENTS (rooms->rooms)];

  rooms->events = *usual;
  rooms->events.alloc = rooms_give;
  rooms->message = g_malloc (ROOM_MESSAGE);
  for (gsize i = 0; i < ROOM_MESSAGE; i++)
    rooms->message[i] = (guint8) (i ^ i >> 8);
  owner->context->events = &rooms->events;
  owner->hook = rooms_take;
  owner->hook_data = rooms;
  for (guint i = 0; i < n_peers; i++)
    {
      peers[i] = owner_connect_open (owner);
      rooms->rooms[i] = (Room){ .connection = owner->newest, .place = g_malloc (ROOM_MESSAGE) };
    }
  for (guint i = 0; i < n_peers; i++)
    raw_peer_send_frame (peers[i], BINARY_FRAME, rooms->message, ROOM_MESSAGE);

  for (guint i = 0; i < n_peers; i++)
    {
      Room *room = &rooms->rooms[i];

      while (room->length < ROOM_MESSAGE)
        {
          owner_turn (owner);
          if (rooms->pauses)
            engine_connection_pause (room->connection, FALSE);
        }
      g_assert_cmpmem (room->place, room->length, rooms->message, ROOM_MESSAGE);
      g_free (room->place);
    }
  for (guint i = 0; i < n_peers; i++)
    raw_peer_free (peers[i]);
  g_free (rooms->message);
  owner->context->events = usual;
}

static void
test_room (void)
{
  const gsize offers[] = { ROOM_MESSAGE, ENGINE_TRANSPORT_READ_MIN };

  for (guint i = 0; i < G_N_ELEMENTS (offers); i++)
    {
      Rooms rooms = { .offer = offers[i] };
      g_autoptr (Owner) owner = owner_new ();

      rooms_receive (&rooms, owner, 1);

      /* All but what came together with the header. */
      g_assert_cmpuint (rooms.rooms[0].received_there, >=, ROOM_MESSAGE - ENGINE_RECEIVE_BUFFER);
    }
}

/* It isn't worth a call of the kernel for each piece. */
static void
test_room_too_small (void)
{
  Rooms rooms = { .offer = ENGINE_TRANSPORT_READ_MIN - 1 };
  g_autoptr (Owner) owner = owner_new ();

  rooms_receive (&rooms, owner, 1);

  g_assert_cmpuint (rooms.rooms[0].n_received_there, ==, 0);
}

static void
test_room_and_pauses (void)
{
  Rooms rooms = { .offer = ROOM_MESSAGE, .pauses = TRUE };
  g_autoptr (Owner) owner = owner_new ();

  rooms_receive (&rooms, owner, 1);
}

/* What the iteration has no time for any more is kept, and is no piece yet. */
static void
test_room_and_budget (void)
{
  Rooms rooms = { .offer = ROOM_MESSAGE };
  g_autoptr (Owner) owner = owner_new ();

  owner->context->limits.iteration_frames = 1;
  rooms_receive (&rooms, owner, G_N_ELEMENTS (rooms.rooms));
}

/* --- pauses */

static void
pause_once (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_DATA && owner->counts[OWNER_DATA] == 1)
    engine_connection_pause (connection, TRUE);
}

static void
send_counted (RawPeer *peer, guint count)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      raw_frame_append (bytes, TEXT_FRAME, text, strlen (text));
    }
  raw_peer_send (peer, bytes->data, bytes->len);
}

static void
expect_counted (Owner *owner, guint count)
{
  g_autoptr (GString) log = g_string_new ("opened /\n");

  for (guint i = 0; i < count; i++)
    g_string_append_printf (log, "text %u\n", i);
  g_assert_cmpstr (owner->log->str, ==, log->str);
}

/* Even of what was read already nothing is delivered, and nothing is lost. */
static void
test_pause (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->hook = pause_once;
  send_counted (peer, 10);
  owner_wait (owner, OWNER_DATA, 1);
  owner_settle (owner);
  raw_peer_send_frame (peer, TEXT_FRAME, "10", 2);
  owner_settle (owner);
  expect_counted (owner, 1);

  engine_connection_pause (owner->newest, FALSE);
  owner_wait (owner, OWNER_DATA, 11);
  expect_counted (owner, 11);
}

static void
pause_and_resume (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event != OWNER_DATA)
    return;

  engine_connection_pause (connection, TRUE);
  engine_loop_service (owner->context, 0);
  engine_connection_pause (connection, FALSE);
  engine_loop_service (owner->context, 0);
}

static void
test_pause_and_resume_inside (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->hook = pause_and_resume;
  send_counted (peer, 50);
  owner_wait (owner, OWNER_DATA, 50);

  expect_counted (owner, 50);
}

static void
pause_each (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_DATA)
    engine_connection_pause (connection, TRUE);
}

/* One message for each resume. */
static void
test_pause_each (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->hook = pause_each;
  send_counted (peer, 20);
  for (guint i = 1; i <= 20; i++)
    {
      owner_wait (owner, OWNER_DATA, i);
      owner_settle (owner);
      expect_counted (owner, i);
      engine_connection_pause (owner->newest, FALSE);
    }
}

static void
pause_opened (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  if (event == OWNER_OPENED)
    engine_connection_pause (connection, TRUE);
}

static void
test_pause_when_opened (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->hook = pause_opened;
  raw_peer_send_text (peer, raw_peer_upgrade_request);
  send_counted (peer, 3);
  owner_wait (owner, OWNER_OPENED, 1);
  owner_settle (owner);
  expect_counted (owner, 0);

  engine_connection_pause (owner->newest, FALSE);
  owner_wait (owner, OWNER_DATA, 3);
  expect_counted (owner, 3);
}

/* A flood stops in the kernel's buffers and the peer's. */
static void
test_pause_holds_a_flood (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_slow (owner);
  g_autofree guint8 *zeros = g_malloc0 (MIB);
  gsize sent = 0;

  engine_connection_pause (owner->newest, TRUE);
  raw_peer_send (peer, "\x82\xff\0\0\0\0\x04\x00\0\0\0\0\0\0", 14);
  for (guint idle = 0; idle < 20;)
    {
      gssize n = send (peer->fd, zeros, MIB, MSG_NOSIGNAL);

      idle = n > 0 ? 0 : idle + 1;
      sent += (gsize) MAX (n, 0);
      raw_peer_pump (peer);
    }
  g_assert_cmpuint (sent, <, 64 * MIB);
  g_assert_cmpuint (owner->counts[OWNER_DATA], ==, 0);

  engine_connection_pause (owner->newest, FALSE);
  while (owner->received->len < sent)
    owner_turn (owner);
  g_assert_cmpuint (owner->received->len, ==, sent);
}

/* The end of the stream stands behind data that the owner has not wanted yet. */
static void
test_pause_before_end (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  owner->hook = pause_once;
  send_counted (peer, 3);
  raw_peer_send_close (peer, WIRE_CLOSE_NORMAL);
  raw_peer_shutdown (peer);
  owner_wait (owner, OWNER_DATA, 1);
  owner_settle (owner);
  expect_counted (owner, 1);

  engine_connection_pause (owner->newest, FALSE);
  owner_wait (owner, OWNER_RELEASED, 1);
  g_assert_cmpstr (owner->log->str, ==, "opened /\ntext 0\ntext 1\ntext 2\nclosed 1000 -\n");
}

static void
test_pause_and_reset (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  engine_connection_pause (owner->newest, TRUE);
  raw_peer_reset (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpstr (owner->log->str, ==, "opened /\nclosed 1006 The connection was lost\n");
}

/* Silence is no wonder while nothing is read. */
static void
test_pause_outlives_pings (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect_open (owner);
  const EngineLimits *limits = &owner->context->limits;

  engine_connection_pause (owner->newest, TRUE);
  for (guint i = 0; i < 5; i++)
    owner_advance (owner, limits->ping_ticks + limits->pong_ticks);
  engine_connection_pause (owner->newest, FALSE);
  owner_pass_deadline (owner, 0, OWNER_CLOSED);

  g_assert_cmpuint (owner->counts[OWNER_CLOSED], ==, 0);
}

/* --- a fair share */

#define FLOOD_FRAMES 2000
#define LOOP_FRAMES 10

typedef struct {
  EngineConnection *connections[8];
  guint counts[8];
} Shares;

static void
count_shares (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Shares *shares = owner->hook_data;

  for (guint i = 0; event == OWNER_DATA && i < G_N_ELEMENTS (shares->counts); i++)
    shares->counts[i] += shares->connections[i] == connection;
}

/* The context as the test wants it: few frames, and as much time as it takes. */
static Owner *
owner_new_with_budget (Shares *shares)
{
  Owner *owner = owner_new ();

  owner->context->limits.iteration_frames = LOOP_FRAMES;
  owner->context->limits.iteration_microseconds = G_MAXINT;
  owner->hook = count_shares;
  owner->hook_data = shares;

  return owner;
}

static void
test_budget_of_frames (void)
{
  Shares shares = { 0 };
  g_autoptr (Owner) owner = owner_new_with_budget (&shares);
  g_autoptr (RawPeer) peer = owner_connect_open (owner);

  send_counted (peer, FLOOD_FRAMES);
  for (guint before = 0; owner->counts[OWNER_DATA] < FLOOD_FRAMES; before = owner->counts[OWNER_DATA])
    {
      owner_turn (owner);
      g_assert_cmpuint (owner->counts[OWNER_DATA] - before, <=, LOOP_FRAMES);
    }
  expect_counted (owner, FLOOD_FRAMES);
}

static void
waste_time (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  gint64 end = g_get_monotonic_time () + 200;

  while (event == OWNER_DATA && g_get_monotonic_time () < end)
    ;
}

/* Whatever is done for each frame, the iteration ends soon after its time. */
static void
test_budget_of_time (void)
{
  g_autoptr (Owner) owner = owner_new ();
  RawPeer *peers[40];
  guint turns = 0;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = owner_connect_open (owner);
  owner->hook = waste_time;
  owner->context->limits.iteration_microseconds = 1;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    send_counted (peers[i], 1);
  for (; owner->counts[OWNER_DATA] < G_N_ELEMENTS (peers); turns++)
    owner_turn (owner);

  g_assert_cmpuint (turns, >, 1);
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    raw_peer_free (peers[i]);
}

static void
test_flood_starves_nobody (void)
{
  Shares shares = { 0 };
  g_autoptr (Owner) owner = owner_new_with_budget (&shares);
  g_autoptr (RawPeer) flooding = owner_connect_open (owner);
  g_autoptr (RawPeer) quiet = NULL;
  guint before;

  shares.connections[0] = owner->newest;
  quiet = owner_connect_open (owner);
  shares.connections[1] = owner->newest;
  send_counted (flooding, FLOOD_FRAMES);
  while (shares.counts[0] < LOOP_FRAMES)
    owner_turn (owner);

  before = shares.counts[0];
  raw_peer_send_frame (quiet, TEXT_FRAME, "?", 1);
  while (shares.counts[1] == 0)
    owner_turn (owner);

  g_assert_cmpuint (shares.counts[0] - before, <=, 3 * LOOP_FRAMES);
}

static void
test_equal_shares (void)
{
  Shares shares = { 0 };
  g_autoptr (Owner) owner = owner_new_with_budget (&shares);
  RawPeer *peers[G_N_ELEMENTS (shares.connections)];
  guint least = G_MAXUINT;
  guint most = 0;

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      peers[i] = owner_connect_open (owner);
      shares.connections[i] = owner->newest;
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    send_counted (peers[i], FLOOD_FRAMES);
  for (guint i = 0; i < 50 * G_N_ELEMENTS (peers); i++)
    owner_turn (owner);

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      least = MIN (least, shares.counts[i]);
      most = MAX (most, shares.counts[i]);
      raw_peer_free (peers[i]);
    }
  g_assert_cmpuint (most, <, FLOOD_FRAMES);
  g_assert_cmpuint (least * 2, >, most);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/receive/bytes/urgent", test_urgent);
  g_test_add_func ("/engine/receive/large-message", test_large_message);
  g_test_add_func ("/engine/receive/whole-frames", test_whole_frames);
  g_test_add_func ("/engine/receive/tail-bounded", test_tail_bounded);
  g_test_add_func ("/engine/receive/room/given", test_room);
  g_test_add_func ("/engine/receive/room/too-small", test_room_too_small);
  g_test_add_func ("/engine/receive/room/pauses", test_room_and_pauses);
  g_test_add_func ("/engine/receive/room/budget", test_room_and_budget);
  g_test_add_func ("/engine/receive/pause/plain", test_pause);
  g_test_add_func ("/engine/receive/pause/resumed-inside", test_pause_and_resume_inside);
  g_test_add_func ("/engine/receive/pause/each-message", test_pause_each);
  g_test_add_func ("/engine/receive/pause/when-opened", test_pause_when_opened);
  g_test_add_func ("/engine/receive/pause/holds-a-flood", test_pause_holds_a_flood);
  g_test_add_func ("/engine/receive/pause/before-the-end", test_pause_before_end);
  g_test_add_func ("/engine/receive/pause/reset", test_pause_and_reset);
  g_test_add_func ("/engine/receive/pause/outlives-pings", test_pause_outlives_pings);
  g_test_add_func ("/engine/receive/budget/frames", test_budget_of_frames);
  g_test_add_func ("/engine/receive/budget/time", test_budget_of_time);
  g_test_add_func ("/engine/receive/share/flood-and-quiet", test_flood_starves_nobody);
  g_test_add_func ("/engine/receive/share/equal", test_equal_shares);

  return g_test_run ();
}
