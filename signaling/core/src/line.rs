//! A line in one word (web-client.md section 5.8): worse at once, better only after it has stayed better.

use sfu_control::LineReport;
use signaling_protocol::LineQuality;

/// Better reports in a row before a better word is shown; a report covers two seconds.
const BETTER_REPORTS: u8 = 3;

/// What is shown of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    shown: LineQuality,
    better: u8,
}

impl Default for Line {
    fn default() -> Self {
        Self { shown: LineQuality::Unknown, better: 0 }
    }
}

impl Line {
    /// The word.
    pub(crate) fn shown(&self) -> LineQuality {
        self.shown
    }

    /// Takes a report; the new word if it is another one.
    pub(crate) fn on_report(&mut self, report: &LineReport) -> Option<LineQuality> {
        let measured = judge(report);
        if rank(measured) >= rank(self.shown) {
            self.better = 0;
        } else {
            self.better = self.better.saturating_add(1);
            if self.better < BETTER_REPORTS {
                return None;
            }
        }
        self.show(measured)
    }

    /// A transport stands, after whatever was before: a line that was lost is there and not measured yet.
    pub(crate) fn on_connected(&mut self) -> Option<LineQuality> {
        if self.shown == LineQuality::Lost { self.show(LineQuality::Unknown) } else { None }
    }

    /// Nothing is heard any more.
    pub(crate) fn on_lost(&mut self) -> Option<LineQuality> {
        self.show(LineQuality::Lost)
    }

    fn show(&mut self, quality: LineQuality) -> Option<LineQuality> {
        self.better = 0;
        let changed = self.shown != quality;
        self.shown = quality;
        changed.then_some(quality)
    }
}

/// Worse is higher. An unknown or lost line ranks lowest: the first report proves that it is there and is shown at once.
fn rank(quality: LineQuality) -> u8 {
    match quality {
        LineQuality::Unknown | LineQuality::Lost => 0,
        LineQuality::Good => 1,
        LineQuality::Fair => 2,
        LineQuality::Poor => 3,
    }
}

fn judge(report: &LineReport) -> LineQuality {
    let loss = report.up_loss_permille.max(report.down_loss_permille);
    match (loss, report.rtt_ms) {
        (0..20, 0..200) => LineQuality::Good,
        (0..50, 0..400) => LineQuality::Fair,
        _worse => LineQuality::Poor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(loss: u16, rtt: u32) -> LineReport {
        LineReport {
            up_kbps: 0,
            down_kbps: 0,
            down_estimate_kbps: 0,
            rtt_ms: rtt,
            up_loss_permille: loss,
            down_loss_permille: 0,
        }
    }

    #[test]
    fn worse_at_once_better_after_three_reports() {
        let mut line = Line::default();
        assert_eq!(line.on_report(&report(0, 20)), Some(LineQuality::Good));
        assert_eq!(line.on_report(&report(60, 20)), Some(LineQuality::Poor));
        assert_eq!(line.on_report(&report(0, 20)), None);
        assert_eq!(line.on_report(&report(0, 20)), None);
        assert_eq!(line.on_report(&report(30, 20)), Some(LineQuality::Fair));
        assert_eq!(line.on_report(&report(30, 399)), None);
        assert_eq!(line.on_lost(), Some(LineQuality::Lost));
    }

    #[test]
    fn a_lost_line_that_is_there_again_is_not_called_lost() {
        let mut line = Line::default();
        assert_eq!(line.on_connected(), None, "unknown it was before");
        line.on_lost();
        assert_eq!(line.on_connected(), Some(LineQuality::Unknown));
        line.on_lost();
        assert_eq!(line.on_report(&report(0, 20)), Some(LineQuality::Good), "without waiting for more");
        assert_eq!(line.on_connected(), None, "what is known stays");
    }
}
