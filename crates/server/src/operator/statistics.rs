//! `statistics`: what was counted, a line for each protocol and part of the time, for other programs.

use challenge::officers::Officer;
use protocols::management::acts::statistics::{self, Range};
use protocols::management::shapes::statistics::{CountsShown, PointShown, ProtocolShown};
use serde_json::json;

use super::desk::tenants;
use crate::cli::{Failure, StatisticsArguments};
use crate::operator::Desk;

/// The columns of the table.
const HEAD: &str =
    "protocol,from,seconds,issued,right,wrong,locked,refused,requests,p50_ms,p95_ms,p99_ms\r\n";

/// `statistics`
pub async fn run(desk: &Desk, arguments: &StatisticsArguments) -> Result<(), Failure> {
    let range = Range::ALL
        .into_iter()
        .find(|range| range.name() == arguments.range);
    let range = range.ok_or_else(|| Failure::new("--range: choose hour, day or month"))?;
    let management = desk.management().await?;
    let tenant = arguments.tenant.as_deref();
    if tenant.is_some() {
        // Says which tenants there are, where there is none of this name.
        tenants(&**management.verifier.store(), tenant).await?;
    }
    let counted = statistics::show(&management, &Officer::command_line(), tenant, range).await;
    let counted = counted.map_err(|refusal| Failure::new(refusal.to_wire().detail))?;
    let mut text = String::new();
    if arguments.form.csv {
        text += HEAD;
    }
    for protocol in &counted.protocols {
        for point in &protocol.points {
            text += &if arguments.form.csv {
                cells(protocol, point, counted.point_s)
            } else {
                line(protocol, point, counted.point_s)
            };
        }
    }
    desk.output.document(text.as_bytes())
}

fn line(protocol: &ProtocolShown, point: &PointShown, seconds: u32) -> String {
    let mut line = json!(point);
    line["protocol"] = protocol.protocol.as_str().into();
    line["seconds"] = seconds.into();
    format!("{line}\n")
}

/// A line of the table: names of protocols and numbers alone, so that nothing has to be quoted.
fn cells(protocol: &ProtocolShown, point: &PointShown, seconds: u32) -> String {
    let CountsShown {
        issued,
        right,
        wrong,
        locked,
        refused,
        requests,
        p50_ms,
        p95_ms,
        p99_ms,
    } = point.counts;
    let counts = [issued, right, wrong, locked, refused, requests].map(|count| count.to_string());
    let told = |ms: Option<f64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
    let latency = [p50_ms, p95_ms, p99_ms].map(told);
    let (name, from) = (&protocol.protocol, &point.from);
    let counts = counts.join(",");
    format!("{name},{from},{seconds},{counts},{}\r\n", latency.join(","))
}
