/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The API as Vala has it, in a program that does not write the namespace: none of its names may
 * be one of GLib's, too.
 */
using Lwsg;

abstract class Case {
    protected Context context = new Context ();
    protected unowned Protocol chat;
    protected uint port;

    protected Case () {
        try {
            chat = context.add_protocol ("chat");
            port = context.listen ("127.0.0.1", 0);
        } catch (Error error) {
            assert_no_error (error);
        }
        chat.message.connect (echo);
        chat.accept.connect (accept);
    }

    private void echo (Connection connection, Message message) {
        try {
            connection.send_text ("echo: " + message.get_text ());
        } catch (Error error) {
            assert_no_error (error);
        }
    }

    private bool accept (Request request) {
        try {
            return request.query != "no" || !request.refuse (418);
        } catch (Error error) {
            assert_no_error (error);
            return false;
        }
    }

    protected async Connection connect (string query = "yes") throws Error {
        return yield context.connect_async (@"ws://127.0.0.1:$port/?$query", { "chat" });
    }

    protected abstract async void talk () throws Error;

    public void run () {
        var loop = new MainLoop ();

        talk.begin ((_source, result) => {
            try {
                talk.end (result);
            } catch (Error error) {
                assert_no_error (error);
            }
            loop.quit ();
        });
        loop.run ();
    }
}

class Messages : Case {
    protected override async void talk () throws Error {
        var connection = yield connect ();

        assert_cmpstr (connection.subprotocol, EQ, "chat");
        assert_true (connection.is_client);
        assert_null (connection.target);
        connection.send_text ("hi");
        var message = yield connection.receive_async ();
        assert_true (message.get_message_type () == TEXT);
        assert_cmpstr (message.get_text (), EQ, "echo: hi");
        yield connection.send_async (TEXT, new Bytes ("again".data));
        assert_cmpstr ((yield connection.receive_async ()).get_text (), EQ, "echo: again");
        assert_cmpint ((int) yield connection.ping_async (), GE, 0);
        assert_true (yield connection.close_async (CloseCode.NORMAL, "bye"));
        assert_cmpuint (connection.close_code, EQ, CloseCode.NORMAL);
        assert_true (connection.state == CLOSED);
    }
}

class Headers : Case {
    protected override async void talk () throws Error {
        var origin = "";

        chat.accept.connect ((request) => {
            origin = request.get_header ("Origin") + request.get_header ("X-Mine");
            return true;
        });
        var connection = yield context.connect_full_async (@"ws://127.0.0.1:$port/", { "chat" },
                                                            "http://a.example", { "X-Mine: yes" });
        assert_cmpstr (origin, EQ, "http://a.exampleyes");
        yield connection.close_async (CloseCode.NO_STATUS);
    }
}

class Broadcasts : Case {
    protected override async void talk () throws Error {
        var first = yield connect ();
        var second = yield connect ();
        var count = 0;

        while (chat.n_connections < 2)
            MainContext.default ().iteration (true);
        for (var i = 0; i < chat.get_n_items (); i++)
            assert_false (((Connection) chat.get_item (i)).is_client);
        chat.broadcast_request.connect (() => count++);
        chat.broadcast_text ("all");
        assert_true (chat.broadcast (BINARY, new Bytes ({ 1, 2 })));
        assert_cmpuint (chat.broadcast_filtered (TEXT, new Bytes ("one".data),
                                                  connection => connection == chat.get_item (0)), EQ, 1);
        foreach (unowned var connection in new Connection[] { first, second }) {
            assert_cmpstr ((yield connection.receive_async ()).get_text (), EQ, "all");
            assert_cmpuint ((uint) (yield connection.receive_async ()).get_bytes ().get_size (), EQ, 2);
        }
        assert_cmpstr ((yield first.receive_async ()).get_text (), EQ, "one");
        assert_cmpint (count, EQ, 2);
    }
}

class Errors : Case {
    protected override async void talk () throws Error {
        var connection = yield connect ();

        try {
            yield connect ("no");
            assert_not_reached ();
        } catch (HttpError error) {
            assert_cmpint (error.code, EQ, 418);
        }
        try {
            context.add_protocol ("chat");
            assert_not_reached ();
        } catch (WebSocketError.INVALID_ARGUMENT error) {
            assert_cmpint ((int) error.domain, EQ, (int) WebSocketError.quark ());
        }
        try {
            chat.broadcast (TEXT, new Bytes ({ 0xff }));
            assert_not_reached ();
        } catch (WebSocketError.INVALID_ARGUMENT error) {
            assert_cmpstr (error.message, NE, "");
        }
        context.close ();
        try {
            connection.send (BINARY, new Bytes ({ 0 }));
            assert_not_reached ();
        } catch (WebSocketError.CLOSED error) {
            assert_cmpstr (error.message, NE, "");
        }
    }
}

int main (string[] args) {
    Test.init (ref args);

    Test.add_func ("/introspection/vala/messages", () => new Messages ().run ());
    Test.add_func ("/introspection/vala/headers", () => new Headers ().run ());
    Test.add_func ("/introspection/vala/broadcasts", () => new Broadcasts ().run ());
    Test.add_func ("/introspection/vala/errors", () => new Errors ().run ());

    return Test.run ();
}
