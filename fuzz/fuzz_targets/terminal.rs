//! Any text on a terminal and in JSON: nothing in it acts on who reads it, and JSON keeps its value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_event::{Envelope, FORMAT_VERSION, LineKind, RunEvent, RunId};

fn is_shown(ch: char) -> bool {
    ch == '\t'
        || !(ch.is_control()
            || ('\u{2066}'..='\u{2069}').contains(&ch)
            || ('\u{202a}'..='\u{202e}').contains(&ch)
            || matches!(ch, '\u{2028}' | '\u{2029}'))
}

fuzz_target!(|text: &str| {
    let safe = stepwell_report::hostile(text);
    assert!(safe.chars().all(is_shown), "{safe:?}");
    assert_eq!(stepwell_report::hostile(&safe), safe, "it is safe already");

    let envelope = Envelope {
        v: FORMAT_VERSION,
        run: RunId::from_parts(0, 1),
        seq: 0,
        time_ms: 0,
        event: RunEvent::Line {
            job: text.into(),
            step: 0,
            source: LineKind::Stdout,
            text: text.into(),
        },
    };
    let line = stepwell_report::json_line(&envelope).expect("it is data");
    let line = line.strip_suffix('\n').unwrap_or(&line);
    assert!(line.chars().all(is_shown), "{line:?}");
    let read: Envelope = serde_json::from_str(line).expect("it is JSON");
    assert_eq!(read, envelope);
});
