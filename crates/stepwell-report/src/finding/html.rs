//! A finding as one page that needs nothing else: no script, no other file, nothing from the web.
//!
//! Every text is escaped. If one were not, the page's own policy would still not let it run, load
//! or send anything.

use super::further::Chapter;
use super::mark::{Mark, percent, short, time, trials, why};
use super::picture::{MAX_ROWS, picture};
use super::story::{Piece, Story, Suspect, Tone};
use crate::hostile::hostile;
use crate::text::bytes;
use std::fmt::Write as _;
use stepwell_event::{Evidence, Finding, ProbeEnd};

/// The most suspects and judgements that are listed.
const MAX_LISTED: usize = 2_000;

/// The style of the page. Its hash is in [`POLICY`].
const STYLE: &str = include_str!("page.css");

/// What the page may do: have this style.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-0qj9XMRXd0WaCRrpx1k+o5kvDkQG6XYEYMq3yiVqq48='; \
    base-uri 'none'; form-action 'none'";

/// What was found, as one page of HTML with a picture of the search.
#[must_use]
pub fn finding_html(finding: &Finding) -> String {
    let story = Story::of(finding);
    let mut title = String::new();
    story
        .headline
        .iter()
        .for_each(|piece| title.push_str(piece.text()));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escape(&title)
    );
    let tone = match story.tone {
        Tone::Found => "bad",
        Tone::Cleared => "good",
        Tone::Open => "skip",
    };
    let _ = writeln!(
        page,
        "<h1 class=\"{tone}\">{}</h1>",
        sentence(&story.headline)
    );
    facts(
        &mut page,
        story
            .facts
            .iter()
            .map(|(label, value)| (*label, piece(value))),
    );
    suspects(&mut page, &story.suspects);
    further(&mut page, &story.further);
    figure(&mut page, finding);
    probes(&mut page, finding);
    let unverified = story.unverified.iter().map(|text| escape(text));
    list(&mut page, "Taken for granted, not run", unverified);
    list(
        &mut page,
        "What to do",
        story.next.iter().map(|next| sentence(next)),
    );
    if let Some(command) = &story.reproduce {
        let _ = writeln!(
            page,
            "<h2>To see it again</h2>\n<pre>{}</pre>",
            escape(command)
        );
    }
    page.push_str("<h2>What was asked</h2>\n");
    facts(&mut page, asked(finding).into_iter());
    let _ = writeln!(
        page,
        "<footer>{}. Search {}.</footer>\n</main>\n</body>\n</html>",
        escape(&story.cost),
        escape(&finding.search)
    );
    page
}

/// A text that is nothing else, in an element and in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for ch in hostile(text).chars() {
        match ch {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            ch => safe.push(ch),
        }
    }
    safe
}

fn sentence(pieces: &[Piece]) -> String {
    pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> String {
    let text = escape(piece.text());
    match piece {
        Piece::Word(_) => text,
        // What others wrote must not run into what is said of it, whichever way it is written.
        Piece::Text(_) => format!("<bdi>{text}</bdi>"),
        Piece::Command(_) => format!("<code>{text}</code>"),
    }
}

fn facts<'a>(page: &mut String, facts: impl ExactSizeIterator<Item = (&'a str, String)>) {
    if facts.len() == 0 {
        return;
    }
    page.push_str("<dl>\n");
    for (label, value) in facts {
        let _ = writeln!(page, "<dt>{label}</dt><dd>{value}</dd>");
    }
    page.push_str("</dl>\n");
}

fn list(page: &mut String, title: &str, items: impl ExactSizeIterator<Item = String>) {
    if items.len() == 0 {
        return;
    }
    let _ = writeln!(page, "<h2>{title}</h2>\n<ul>");
    for item in items {
        let _ = writeln!(page, "<li>{item}</li>");
    }
    page.push_str("</ul>\n");
}

fn more(page: &mut String, count: usize) {
    if let Some(more) = count.checked_sub(MAX_LISTED + 1) {
        let _ = writeln!(page, "<p>… and {} more</p>", more + 1);
    }
}

fn suspects(page: &mut String, suspects: &[Suspect]) {
    if suspects.is_empty() {
        return;
    }
    page.push_str("<h2>May be to blame</h2>\n<table>\n<tbody>\n");
    for suspect in suspects.iter().take(MAX_LISTED) {
        let weight = suspect.weight.map(|weight| {
            let text = percent(weight);
            format!("<meter value=\"{weight:.4}\">{text}</meter> {text}")
        });
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td>{}{}</td></tr>",
            escape(&suspect.id),
            escape(&suspect.subject),
            escape(&suspect.author),
            weight.unwrap_or_default(),
            suspect.note
        );
    }
    page.push_str("</tbody>\n</table>\n");
    more(page, suspects.len());
}

fn further(page: &mut String, chapters: &[Chapter]) {
    if chapters.is_empty() {
        return;
    }
    page.push_str("<h2>Other culprits</h2>\n");
    for chapter in chapters {
        let _ = writeln!(page, "<p>{}</p>", sentence(&chapter.headline));
        let known = chapter.facts.iter();
        facts(page, known.map(|(label, value)| (*label, piece(value))));
    }
}

fn figure(page: &mut String, finding: &Finding) {
    let picture = picture(finding);
    if picture.is_empty() {
        return;
    }
    let mut caption =
        "From left to right the commits, parents before children; from top to bottom \
        what was judged, in the order in which it began. ● is {old}, ■ {new}, ▲ cannot be judged, \
        × has no verdict."
            .replace("{old}", &escape(&finding.asked.terms.old))
            .replace("{new}", &escape(&finding.asked.terms.new));
    if finding.probes.len() > MAX_ROWS {
        let _ = write!(caption, " Only the first {MAX_ROWS} are shown.");
    }
    let _ = writeln!(
        page,
        "<figure>\n{picture}<figcaption>{caption}</figcaption>\n</figure>"
    );
}

fn probes(page: &mut String, finding: &Finding) {
    if finding.probes.is_empty() {
        return;
    }
    let terms = &finding.asked.terms;
    page.push_str(
        "<h2>What was judged</h2>\n<table>\n<thead><tr><th>#</th><th>Commit</th><th>Subject</th>\
         <th>Verdict</th><th>Trials</th><th>Time</th><th>Why</th></tr></thead>\n<tbody>\n",
    );
    for (number, probe) in (1usize..).zip(&finding.probes).take(MAX_LISTED) {
        let mark = Mark::of(&probe.end);
        let _ = writeln!(
            page,
            "<tr><td>{number}</td><td><code>{}</code></td><td><bdi>{}</bdi></td>\
             <td class=\"{}\">{} {}</td><td>{}</td><td>{}</td><td><bdi>{}</bdi>{}</td></tr>",
            escape(&short(&probe.version.id)),
            escape(&probe.version.subject),
            mark.class(),
            mark.sign(),
            escape(&mark.word(terms)),
            escape(&trials(&probe.end, terms)),
            time(probe),
            escape(&why(probe, terms)),
            kept(&probe.end)
        );
    }
    page.push_str("</tbody>\n</table>\n");
    more(page, finding.probes.len());
}

/// The files that were kept as evidence.
fn kept(end: &ProbeEnd) -> String {
    let ProbeEnd::Judged { observation, .. } = end else {
        return String::new();
    };
    let file = |evidence: &Evidence| {
        format!(
            "<br>kept: <bdi>{}</bdi>, {}, <code>{}</code>",
            escape(&evidence.name),
            bytes(evidence.size.into()),
            escape(&short(&evidence.digest))
        )
    };
    observation.evidence.iter().map(file).collect()
}

fn asked(finding: &Finding) -> Vec<(&'static str, String)> {
    let asked = &finding.asked;
    let code = |text: &str| format!("<code>{}</code>", escape(text));
    let good: Vec<String> = asked.good.iter().map(|good| code(&good.id)).collect();
    let mut facts = vec![
        ("Project", escape(&asked.project)),
        ("Old end", good.join(", ")),
        ("New end", code(&asked.bad.id)),
    ];
    if !asked.paths.is_empty() {
        let paths: Vec<String> = asked.paths.iter().map(|path| code(path)).collect();
        facts.push(("Paths", paths.join(", ")));
    }
    if asked.first_parent {
        facts.push(("Line", "first parents only".to_owned()));
    }
    facts.push(("Oracle", escape(&asked.oracle.name)));
    let digest = asked.oracle.digest.as_ref();
    facts.extend(digest.map(|digest| ("Component", code(&digest.to_string()))));
    if !matches!(&*asked.oracle.config, "" | "{}") {
        facts.push(("Configuration", code(&asked.oracle.config)));
    }
    facts.push(("Side by side", asked.jobs.to_string()));
    facts.push(("Command", code(&asked.command)));
    facts
}

#[cfg(test)]
mod tests {
    use super::{POLICY, STYLE};
    use sha2::{Digest as _, Sha256};

    fn base64(bytes: &[u8]) -> String {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let mut number = 0;
            for at in 0..3 {
                number = number << 8 | usize::from(*chunk.get(at).unwrap_or(&0));
            }
            for at in 0..4 {
                let digit = digits[number >> (18 - 6 * at) & 63];
                text.push(if at > chunk.len() { '=' } else { digit.into() });
            }
        }
        text
    }

    #[test]
    fn the_policy_names_the_style() {
        let hash = format!("'sha256-{}'", base64(&Sha256::digest(STYLE)));
        assert!(POLICY.contains(&hash), "{hash}");
    }
}
