//! The Prometheus text form, as much of it as is needed.

use std::fmt::Write;

/// The content type of the text form.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text being written.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

impl Exposition {
    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// A figure that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.header(name, help, "counter");
        self.sample(name, &[], value);
    }

    /// A figure of now.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.header(name, help, "gauge");
        self.sample(name, &[], value);
    }

    /// Figures that only grow, told apart by one label.
    pub fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'a str, u64)>,
    ) {
        self.header(name, help, "counter");
        for (value, count) in values {
            self.sample(name, &[(label, value)], count);
        }
    }

    /// What stands before the samples of a name.
    pub fn header(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// One sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels = label_text(labels);
        self.line(format_args!("{name}{labels} {value}"));
    }

    /// One sample in seconds.
    pub fn seconds(&mut self, name: &str, labels: &[(&str, &str)], microseconds: u64) {
        let labels = label_text(labels);
        let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
        self.line(format_args!("{name}{labels} {seconds}.{rest:06}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }
}

fn label_text(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pair = |(name, value): &(&str, &str)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    };
    format!("{{{}}}", labels.iter().map(pair).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_text_that_prometheus_reads() {
        let mut out = Exposition::default();
        out.counter("a_total", "All a.", 3);
        out.counters("b_total", "All b.", "kind", [("x", 1), ("say \"y\"\\", 2)].into_iter());
        out.seconds("c_sum", &[], 1_000_042);
        expect![[r#"
            # HELP a_total All a.
            # TYPE a_total counter
            a_total 3
            # HELP b_total All b.
            # TYPE b_total counter
            b_total{kind="x"} 1
            b_total{kind="say \"y\"\\"} 2
            c_sum 1.000042
        "#]]
        .assert_eq(&out.into_text());
    }
}
