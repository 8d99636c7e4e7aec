//! A delivery of many alerts goes to the disk in parts, and others have their turn between them.

use super::Hooks;
use crate::{alert::Alert, incident::refusal::Refusal, journal::AlertReceipt};

/// Alerts of a delivery that go to the disk at once; of more, so many after each other.
pub const TOGETHER_MAX: usize = 4_000;

impl Hooks {
    /// All of them, each part on disk before the next; a receipt for each part, one at least.
    pub(super) async fn take_in_parts(
        &self,
        name: &str,
        alerts: Vec<Alert>,
    ) -> Result<(Vec<String>, AlertReceipt), Refusal> {
        let (mut receipts, mut all) = (Vec::new(), AlertReceipt::default());
        for part in parts(alerts, TOGETHER_MAX) {
            let _under_way = self.backlog.begin();
            let (receipt, taken) = match self.desk.take_alerts(part).await {
                Ok(taken) => taken,
                Err(refusal) if receipts.is_empty() => return Err(refusal),
                Err(Refusal { because, .. }) => {
                    let done = receipts.len() * TOGETHER_MAX;
                    return Err(Refusal {
                        because,
                        why: format!("The first {done} of its alerts are on disk, the rest is not."),
                        instead: "Send it again, whole. What was taken of it is known then.".to_owned(),
                    });
                }
            };
            receipts.push(receipt.to_string());
            self.metrics.alerts(name, taken.new + taken.changed + taken.repeated + taken.waiting);
            all.new += taken.new;
            all.changed += taken.changed;
            all.repeated += taken.repeated;
            all.waiting += taken.waiting;
        }
        Ok((receipts, all))
    }
}

/// The alerts in their order, at most so many together; where there are none, a part without any.
fn parts(mut alerts: Vec<Alert>, most: usize) -> Vec<Vec<Alert>> {
    let mut parts = Vec::new();
    while alerts.len() > most {
        let rest = alerts.split_off(most);
        parts.push(std::mem::replace(&mut alerts, rest));
    }
    parts.push(alerts);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::alert;

    #[test]
    fn a_delivery_of_many_alerts_goes_in_parts_and_none_of_them_is_left_out() {
        let alerts = |count: u32| (0..count).map(|n| alert(&n.to_string())).collect::<Vec<_>>();
        let lengths = |count| parts(alerts(count), 4).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!((lengths(0), lengths(4), lengths(9)), (vec![0], vec![4], vec![4, 4, 1]));
        assert_eq!(parts(alerts(9), 4).concat(), alerts(9));
    }
}
