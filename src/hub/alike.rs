use std::collections::BTreeMap;
use std::rc::Rc;

use super::ConnId;
use crate::protocol::Dialect;

/// The frames of one message: subscribers who chose differently what they get of a channel may get the same one.
#[derive(Default)]
pub(super) struct Alike {
    frames: Vec<(String, Vec<Rc<[ConnId]>>)>,
    /// Where the frame is, by what it shows of a channel's spelling.
    places: BTreeMap<(Dialect, Box<str>), usize>,
}

impl Alike {
    /// Adds receivers of a frame that is the same for all whose spelling of the channel it `shows` the same of; `None`: for
    /// nobody else.
    pub fn add(
        &mut self,
        dialect: Dialect,
        shows: Option<&str>,
        to: &Rc<[ConnId]>,
        frame: impl FnOnce() -> String,
    ) {
        let next = self.frames.len();
        let at = match shows {
            Some(shown) => *self.places.entry((dialect, shown.into())).or_insert(next),
            None => next,
        };
        match self.frames.get_mut(at) {
            Some((_, receivers)) => receivers.push(Rc::clone(to)),
            None => self.frames.push((frame(), vec![Rc::clone(to)])),
        }
    }

    /// Each frame once, and all who get it.
    pub fn into_frames(self) -> impl Iterator<Item = (String, Rc<[ConnId]>)> {
        self.frames.into_iter().map(|(text, receivers)| {
            let to = match receivers.as_slice() {
                [one] => Rc::clone(one),
                many => many.iter().flat_map(|some| some.iter().copied()).collect(),
            };
            (text, to)
        })
    }
}
