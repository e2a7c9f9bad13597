//! What is said of versions, as JSON.

use serde_json::{Value, json};
use stepwell_oracle::{Person, Release, Version};

/// The most characters of a version's identifier in a line for people.
const SHORT: usize = 12;

/// A version.
#[must_use]
pub fn version(version: &Version) -> Value {
    json!({
        "id": version.id,
        "parents": version.parents,
        "subject": version.subject,
        "author": person(&version.author),
        "authored-at": version.authored_at,
        "tree": version.tree,
    })
}

/// Somebody.
#[must_use]
pub fn person(person: &Person) -> Value {
    json!({ "name": person.name, "email": person.email })
}

/// The beginning of a version's identifier, for people.
#[must_use]
pub fn short(version: &Version) -> String {
    version.id.chars().take(SHORT).collect()
}

/// The newest good version. The key `text` is what chat programs show of it.
#[must_use]
pub fn release(release: &Release) -> Value {
    let Release {
        key,
        project,
        branch,
        version: good,
        // Which folder this component has means nothing to others.
        workspace: _,
        previous,
    } = release;
    let text = format!(
        "{project}: {} by {} is the newest good version of {branch}",
        short(good),
        good.author.name
    );
    json!({
        "v": 1,
        "type": "release",
        "key": key,
        "text": text,
        "project": project,
        "branch": branch,
        "version": version(good),
        "previous": previous,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_judging::script;

    #[test]
    fn a_release_says_what_is_good() {
        let mut hostile = script::release();
        let said = release(&hostile);
        assert_eq!(
            said["text"],
            "shop: 900d by Ada is the newest good version of main"
        );
        assert_eq!(said["version"]["author"]["email"], "ada@example.org");
        assert_eq!(
            (&said["v"], &said["type"], &said["key"], &said["branch"]),
            (
                &json!(1),
                &json!("release"),
                &json!("4e".repeat(32)),
                &json!("main")
            )
        );
        assert_eq!(said["previous"], "600d");
        hostile.version.subject = "\"}\u{0}\n".to_owned();
        hostile.previous = None;
        let text = release(&hostile).to_string();
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(said["version"]["subject"], "\"}\u{0}\n");
        assert!(said["previous"].is_null() && !text.contains('\n'));
    }
}
