use std::fmt::{Display, Write};

use super::seconds;
use crate::hub::stats::Histogram;

/// Stands before every name.
const PREFIX: &str = "cryptointel_";

/// What a family's numbers are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Only ever grows.
    Counter,
    /// As it is now.
    Gauge,
}

/// Families of metrics, one after the other. Writing to a string cannot fail.
#[derive(Debug, Default)]
pub(super) struct Text {
    written: String,
    /// The name of the family that samples belong to.
    family: String,
}

impl Text {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.begin(name, kind, help);
    }

    /// One number of the family.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.line("", labels, value);
    }

    /// A family of one number.
    pub fn one(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(&[], value);
    }

    /// A family of one histogram: how many values are at most as large as each bound.
    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.begin(name, "histogram", help);
        let mut upto = 0;
        for (bound, count) in histogram.buckets() {
            upto += count;
            self.line("_bucket", &[("le", &seconds(bound).to_string())], upto);
        }
        let count = histogram.count();
        self.line("_bucket", &[("le", "+Inf")], count);
        self.line("_sum", &[], seconds(histogram.sum()));
        self.line("_count", &[], count);
    }

    /// All that was written.
    pub fn finish(self) -> String {
        self.written
    }

    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        self.family = format!("{PREFIX}{name}");
        let _ = writeln!(
            self.written,
            "# HELP {} {help}\n# TYPE {} {kind}",
            self.family, self.family
        );
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.written, "{}{suffix}", self.family);
        for (n, (name, label)) in labels.iter().enumerate() {
            let before = if n == 0 { '{' } else { ',' };
            let _ = write!(self.written, "{before}{name}=\"{}\"", escaped(label));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.written, "{after} {value}");
    }
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}
