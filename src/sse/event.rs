use std::fmt::Write;

/// Milliseconds after which a client connects again whose stream has ended.
const RETRY_MS: u32 = 3_000;

/// Writes how long a client waits before it comes back. Belongs to the event that follows.
pub fn retry(stream: &mut String) {
    let _ = writeln!(stream, "retry: {RETRY_MS}");
}

/// Writes one event. Without an `id` the client keeps the one it had.
///
/// Whatever `data` holds, the event is one: a line's end in it, of which there is none in the hub's JSON, begins another `data` line.
pub fn event(stream: &mut String, kind: &str, id: Option<&str>, data: &str) {
    stream.reserve(kind.len() + id.map_or(0, str::len) + data.len() + 24);
    stream.push_str("event: ");
    stream.extend(kind.chars().filter(|char| !is_line_end(*char)));
    if let Some(id) = id {
        stream.push_str("\nid: ");
        stream.push_str(id);
    }
    for line in data.split(is_line_end) {
        stream.push_str("\ndata: ");
        stream.push_str(line);
    }
    stream.push_str("\n\n");
}

const fn is_line_end(char: char) -> bool {
    matches!(char, '\n' | '\r')
}
