/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells the time each second, to whoever listens.
 */

class Ticker : Object {
    private Lwsg.Context context = new Lwsg.Context ();
    private unowned Lwsg.Protocol ticks;

    public Ticker () throws Error {
        ticks = context.add_protocol ("ticker");
        ticks.opened.connect (on_opened);
        ticks.notify["n-connections"].connect (on_count);
        // Nobody has anything to say here: what comes is read, and that is all.
        ticks.message.connect (() => {});
        Timeout.add_seconds (1, on_second);
    }

    public uint listen (uint16 port) throws Error {
        return context.listen ("localhost", port);
    }

    public void stop () {
        context.close ();
    }

    private void on_opened (Lwsg.Connection connection) {
        // Who reads slowly misses a few seconds, and does not get them later.
        connection.slow_consumer_policy = DROP_OLDEST;
        connection.max_buffered_amount = 1024;
    }

    private void on_count () {
        stdout.printf ("%u listening\n", ticks.n_connections);
        stdout.flush ();
    }

    private bool on_second () {
        var now = new DateTime.now_local ();
        var tick = "{\"time\": \"%s\", \"listening\": %u}".printf (now.format ("%T"), ticks.n_connections);

        try {
            ticks.broadcast_text (tick);
        } catch (Error error) {
            warning ("%s", error.message);
        }
        return Source.CONTINUE;
    }
}

int port = 7681;

const OptionEntry[] entries = {
    { "port", 'p', 0, OptionArg.INT, ref port, "Port to listen on, 0 for any (default 7681)", "N" },
    { null }
};

int main (string[] args) {
    var loop = new MainLoop ();

    Intl.setlocale ();
    try {
        var options = new OptionContext ("- tells the time each second");
        options.add_main_entries (entries, null);
        options.parse (ref args);
        if (port < 0 || port > uint16.MAX)
            throw new OptionError.BAD_VALUE ("there is no port %d", port);
        if (args.length > 1)
            throw new OptionError.FAILED ("unexpected argument \"%s\"", args[1]);
        var ticker = new Ticker ();
        stdout.printf ("Listening on ws://127.0.0.1:%u/ (Ctrl-C ends it)\n", ticker.listen ((uint16) port));
        stdout.flush ();
        Unix.signal_add (Posix.Signal.INT, () => { loop.quit (); return Source.CONTINUE; });
        Unix.signal_add (Posix.Signal.TERM, () => { loop.quit (); return Source.CONTINUE; });
        loop.run ();
        ticker.stop ();
    } catch (Error error) {
        stderr.printf ("ticker: %s\n", error.message);
        return 1;
    }
    return 0;
}
