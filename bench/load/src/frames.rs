/// RFC 6455, section 5.2.
const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// Cuts what a server sends into WebSocket frames.
#[derive(Default)]
pub struct Frames {
    /// The beginning of a frame whose end has not come yet.
    partial: Vec<u8>,
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text frame's payload.
    Text(&'a [u8]),
    /// It closed, with this payload.
    Close(&'a [u8]),
    /// A frame that no server here needs.
    Other,
}

impl Frames {
    /// Hands every frame that `bytes` complete to `visit`.
    pub fn push(&mut self, bytes: &[u8], mut visit: impl FnMut(Frame<'_>)) {
        if self.partial.is_empty() {
            let rest = cut(bytes, &mut visit);
            self.partial.extend_from_slice(rest);
        } else {
            self.partial.extend_from_slice(bytes);
            let rest = cut(&self.partial, &mut visit).len();
            self.partial.drain(..self.partial.len() - rest);
        }
    }
}

/// Visits the whole frames and returns what is left.
fn cut<'a>(mut bytes: &'a [u8], visit: &mut impl FnMut(Frame<'_>)) -> &'a [u8] {
    while let Some((first, payload, rest)) = next(bytes) {
        visit(match first {
            first if first == FIN | TEXT => Frame::Text(payload),
            first if first == FIN | CLOSE => Frame::Close(payload),
            _ => Frame::Other,
        });
        bytes = rest;
    }
    bytes
}

/// The first byte and the payload of the next frame, which is unmasked as a server's are, and what follows it.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first, payload, rest))
}

/// A client's text frame. Its mask is zero, which leaves the text as it is.
pub fn text(text: &str) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut frame = vec![FIN | TEXT];
    match text.len() {
        length @ 0..126 => frame.push(MASKED | length as u8),
        length @ 126..=0xffff => {
            frame.push(MASKED | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(MASKED | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// A client's close frame for code 1000.
pub const GOODBYE: [u8; 8] = [FIN | CLOSE, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

#[cfg(test)]
mod tests {
    use super::*;

    fn from_server(text: &str) -> Vec<u8> {
        let mut frame = vec![FIN | TEXT];
        match text.len() {
            length @ 0..126 => frame.push(length as u8),
            length @ 126..=0xffff => {
                frame.push(126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(text.as_bytes());
        frame
    }

    #[test]
    fn frames_of_every_length_survive_every_cut() {
        let texts = [
            "".to_owned(),
            "a".repeat(125),
            "b".repeat(126),
            "c".repeat(70_000),
            "d".to_owned(),
        ];
        let bytes: Vec<u8> = texts.iter().flat_map(|text| from_server(text)).collect();
        for piece in [1, 2, 3, 127, 4_096, bytes.len()] {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for part in bytes.chunks(piece) {
                frames.push(part, |frame| match frame {
                    Frame::Text(text) => seen.push(String::from_utf8(text.to_vec()).unwrap()),
                    other => panic!("{other:?}"),
                });
            }
            assert_eq!(seen, texts, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_close_is_told_from_a_text() {
        let mut seen = Vec::new();
        Frames::default().push(&[0x88, 2, 3, 232, 0x89, 0], |frame| {
            seen.push(matches!(frame, Frame::Close([3, 232])))
        });
        assert_eq!(seen, [true, false]);
    }
}
