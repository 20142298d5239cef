//! What the server sends. The texts are Socket.IO packets, without the `4` of Engine.IO.

use std::fmt::Write;

use serde_json::json;

use super::MAIN;

/// `0{"sid":".."}`: the client is in the namespace; with a `pid`, it may come back to what it had there.
pub fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> String {
    let body = match pid {
        Some(pid) => json!({"sid": sid, "pid": pid}),
        None => json!({"sid": sid}),
    };
    packet('0', 0, namespace, None, &body.to_string())
}

/// `4{"message":".."}`: it is not let in. `data` is JSON, given to the program beside the message.
pub fn connect_error(namespace: &str, message: &str, data: Option<&str>) -> String {
    let mut body = format!(r#"{{"message":{}"#, json!(message));
    if let Some(data) = data {
        body.push_str(r#","data":"#);
        body.push_str(data);
    }
    body.push('}');
    packet('4', 0, namespace, None, &body)
}

/// `1`: the server ends it, and the client does not come back by itself.
pub fn disconnect(namespace: &str) -> String {
    packet('1', 0, namespace, None, "")
}

/// `2["name",..]`, or `5<n>-[..]` with attachments. `payload` is a JSON array that begins with the event's name.
pub fn event(namespace: &str, id: Option<u64>, payload: &str, attachments: usize) -> String {
    packet(
        if attachments == 0 { '2' } else { '5' },
        attachments,
        namespace,
        id,
        payload,
    )
}

/// `3<id>[..]`, or `6<n>-<id>[..]` with attachments: the answer to an event that carried the id.
pub fn ack(namespace: &str, id: u64, payload: &str, attachments: usize) -> String {
    packet(
        if attachments == 0 { '3' } else { '6' },
        attachments,
        namespace,
        Some(id),
        payload,
    )
}

fn packet(kind: char, attachments: usize, namespace: &str, id: Option<u64>, payload: &str) -> String {
    let mut text = String::with_capacity(namespace.len() + payload.len() + 16);
    text.push(kind);
    // Writing to a `String` does not fail.
    if attachments > 0 {
        let _ = write!(text, "{attachments}-");
    }
    if namespace != MAIN {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = id {
        let _ = write!(text, "{id}");
    }
    text.push_str(payload);
    text
}
