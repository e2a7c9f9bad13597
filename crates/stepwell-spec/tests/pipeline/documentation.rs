//! What the documentation says of limits is what is read.

use stepwell_event::{LIMITS, LimitKind, Unit};
use stepwell_spec::{count, size};

#[test]
fn every_limit_is_documented_with_its_default_and_range() {
    let text = include_str!("../../../../docs/pipeline.md");
    for spec in LIMITS {
        let shown = |value| match spec.unit {
            Unit::Bytes => format!("`{}`", size::format(value)),
            Unit::Count => format!("`{}`", count::format(value)),
        };
        let (default, most) = match spec.kind {
            LimitKind::Fuel => ("none".to_owned(), "any".to_owned()),
            _ => (shown(spec.default), shown(spec.most)),
        };
        let (key, what, least) = (spec.key, spec.what, shown(spec.least));
        let row = format!("| `limits.{key}` | {what} | {default} | {least} | {most} |\n");
        assert!(text.contains(&row), "docs/pipeline.md has not: {row}");
    }
}
