//! What a secret looks like: one rule per format that its issuer documents, and two that go by
//! context, for passwords in addresses and for values that are given the name of a secret.
//!
//! A rule is looked for only in files that hold one of its keywords, so a keyword is either part
//! of every match or a word without which a match would mean nothing.

use crate::entropy::{bits_per_character, looks_random};
use crate::placeholder::{is_placeholder, is_template, reads_as_words};

/// How a kind of secret is found.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name in reports and in waivers.
    pub id: &'static str,
    /// What it finds, with its article.
    pub what: &'static str,
    /// Texts of which a file holds one, in any case.
    pub keywords: &'static [&'static str],
    /// The format, over bytes. The first group that takes part in a match is the secret; without
    /// groups it is the whole match.
    pub pattern: &'static str,
    /// Whether a match is a secret rather than an example of one.
    pub accepts: fn(&Candidate<'_>) -> bool,
}

/// A match of a rule's pattern.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// All that matched.
    pub whole: &'a [u8],
    /// The part that is secret.
    pub secret: &'a [u8],
    /// What the user wants of a text without a known format, in bits per character.
    pub entropy: f64,
}

/// All rules. Where two find the same text, the earlier one counts.
pub const RULES: [Rule; 22] = [
    Rule {
        id: "aws-access-key-id",
        what: "an AWS access key ID",
        keywords: &["AKIA", "ASIA"],
        pattern: r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
        accepts: formatted,
    },
    Rule {
        id: "aws-secret-access-key",
        what: "an AWS secret access key",
        keywords: &["AKIA", "ASIA", "aws"],
        pattern: concat!(
            r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b[\s\S]{0,200}?",
            r"[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)",
            r"|(?i:aws)[^\n]{0,30}(?i:secret|sk)[^\n]{0,30}?",
            r"[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)",
        ),
        accepts: mixed,
    },
    Rule {
        id: "github-token",
        what: "a GitHub token",
        keywords: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        pattern: r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
        accepts: formatted,
    },
    Rule {
        id: "github-fine-grained-token",
        what: "a fine-grained GitHub token",
        keywords: &["github_pat_"],
        pattern: r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
        accepts: formatted,
    },
    Rule {
        id: "gitlab-token",
        what: "a GitLab token",
        keywords: &["glpat-"],
        pattern: r"\bglpat-[A-Za-z0-9_-]{20,64}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?",
        accepts: formatted,
    },
    Rule {
        id: "slack-token",
        what: "a Slack token",
        keywords: &["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"],
        pattern: r"\bxox[abprs]-(?:[0-9]{1,4}-)?[0-9]{8,}-[A-Za-z0-9-]{16,}",
        accepts: formatted,
    },
    Rule {
        id: "slack-webhook",
        what: "a Slack webhook address",
        keywords: &["hooks.slack.com"],
        pattern: concat!(
            r"hooks\.slack\.com/(?:services|workflows|triggers)/",
            r"[A-Z0-9]{8,}/[A-Z0-9]{8,}/([A-Za-z0-9]{20,})",
        ),
        accepts: formatted,
    },
    Rule {
        id: "stripe-key",
        what: "a live Stripe key",
        keywords: &["sk_live_", "rk_live_"],
        pattern: r"\b[sr]k_live_[A-Za-z0-9]{20,247}\b",
        accepts: formatted,
    },
    Rule {
        id: "google-api-key",
        what: "a Google API key",
        keywords: &["AIza"],
        pattern: r"\bAIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)",
        accepts: formatted,
    },
    Rule {
        id: "gcp-service-account",
        what: "the private key of a Google Cloud service account",
        keywords: &["private_key"],
        pattern: concat!(
            r#""private_key"\s*:\s*"(-----BEGIN (?:RSA )?PRIVATE KEY-----"#,
            r"(?:\\n|\s)*[A-Za-z0-9+/=]{40,})",
        ),
        accepts: key_block,
    },
    Rule {
        id: "azure-storage-key",
        what: "an Azure account key",
        keywords: &["AccountKey=", "SharedAccessKey="],
        pattern: r"(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{42,86}={1,2})",
        accepts: mixed,
    },
    Rule {
        id: "npm-token",
        what: "an npm token",
        keywords: &["npm_"],
        pattern: r"\bnpm_[A-Za-z0-9]{36}\b",
        accepts: formatted,
    },
    Rule {
        id: "pypi-token",
        what: "a PyPI token",
        keywords: &["pypi-AgEI"],
        pattern: r"\bpypi-AgEI[A-Za-z0-9_-]{50,}",
        accepts: formatted,
    },
    Rule {
        id: "crates-io-token",
        what: "a crates.io token",
        keywords: &["cio"],
        pattern: r"\bcio[A-Za-z0-9]{32}\b",
        accepts: mixed,
    },
    Rule {
        id: "anthropic-key",
        what: "an Anthropic key",
        keywords: &["sk-ant-"],
        pattern: r"\bsk-ant-[a-z]{3,8}[0-9]{2}-[A-Za-z0-9_-]{60,}",
        accepts: formatted,
    },
    Rule {
        id: "openai-key",
        what: "an OpenAI key",
        keywords: &["sk-"],
        pattern: concat!(
            r"\bsk-(?:(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{32,}",
            r"|[A-Za-z0-9]{32,64}\b)",
        ),
        accepts: formatted,
    },
    Rule {
        id: "sendgrid-key",
        what: "a SendGrid key",
        keywords: &["SG."],
        pattern: r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        accepts: formatted,
    },
    Rule {
        id: "twilio-key",
        what: "a Twilio key",
        keywords: &["twilio"],
        pattern: r"\bSK[0-9a-f]{32}\b|(?i:twilio)[^\n]{0,60}?\b([0-9a-f]{32})\b",
        accepts: formatted,
    },
    Rule {
        id: "private-key",
        what: "a private key",
        keywords: &["PRIVATE KEY"],
        pattern: concat!(
            r"(-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----",
            r#"(?:\\[nrt]|[\s"'`+,>#*|()]|[A-Z][A-Za-z-]+: [^\n\\]{0,80})*"#,
            r"[A-Za-z0-9+/=]{40,})",
        ),
        accepts: key_block,
    },
    Rule {
        id: "jwt",
        what: "a JSON web token",
        keywords: &["eyJ"],
        pattern: r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
        accepts: formatted,
    },
    Rule {
        id: "url-password",
        what: "a password in an address",
        keywords: &["://"],
        pattern: concat!(
            r#"://[^\s/:@"'<>`\\]{0,100}:([^\s/@"'<>`\\]{3,200})@"#,
            r"(?:[A-Za-z0-9.-]{1,200}|\[[0-9A-Fa-f:.]{2,45}\])",
        ),
        accepts: address,
    },
    Rule {
        id: "generic-secret",
        what: "a random-looking value with the name of a secret",
        keywords: &[
            "passw",
            "passphrase",
            "pwd",
            "secret",
            "token",
            "apikey",
            "api_key",
            "api-key",
            "authkey",
            "auth_key",
            "auth-key",
            "accesskey",
            "access_key",
            "access-key",
            "accountkey",
            "account_key",
            "account-key",
            "credential",
        ],
        pattern: concat!(
            r"(?i:passw(?:or)?d|passphrase|pwd|secret|token|credential",
            r"|(?:api|auth|access|account)[_-]?key)[\w.-]{0,24}",
            r#"["'`\])]{0,3}[\t ]{0,8}(?::[\t ]{0,4}&?(?:'static )?[A-Za-z]\w{0,20}[\t ]{0,4})?"#,
            r"(?::=|=>|[=:,(])[\t ]{0,8}",
            r#"(?:"([^"\s]{8,200})"|'([^'\s]{8,200})'|`([^`\s]{8,200})`"#,
            r#"|([A-Za-z0-9+/=_.~-]{12,200})[\t ]{0,8}(?:[;&"'\n\r]|$))"#,
        ),
        accepts: assigned,
    },
];

/// Below this even a well-formed token was typed by a person.
const FLOOR: f64 = 3.0;

/// A text in a format that nothing else has.
fn formatted(candidate: &Candidate<'_>) -> bool {
    !is_placeholder(candidate.secret) && bits_per_character(candidate.secret) >= FLOOR
}

/// A text whose format digests, paths and identifiers have as well: it must be random and of mixed
/// characters, as base64 is.
fn mixed(candidate: &Candidate<'_>) -> bool {
    let has = |class: fn(&u8) -> bool| candidate.secret.iter().any(class);
    formatted(candidate)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

/// A key with its first line of base64. Rows of one character are common in real keys, so only
/// the randomness of the line tells an example.
fn key_block(candidate: &Candidate<'_>) -> bool {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let body = candidate
        .secret
        .rsplit(|byte| !is_base64(byte))
        .next()
        .unwrap_or_default();
    bits_per_character(body) >= FLOOR
}

/// Passwords that stand in every example of an address.
const EXAMPLE_PASSWORDS: [&str; 9] = [
    "password", "passwd", "pass", "pwd", "secret", "token", "user", "hunter2", "***",
];

/// Hosts that nobody else reaches, and those that are set apart for examples.
const PRIVATE_HOSTS: [&str; 10] = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0.0.0.0",
    "host",
    "hostname",
    "example.com",
    "example.org",
    "example.net",
    "example",
];

fn address(candidate: &Candidate<'_>) -> bool {
    let whole = String::from_utf8_lossy(candidate.whole).to_ascii_lowercase();
    let password = String::from_utf8_lossy(candidate.secret);
    let host = whole.rsplit('@').next().unwrap_or_default();
    let user = whole
        .trim_start_matches("://")
        .split(':')
        .next()
        .unwrap_or_default();
    let is_private = PRIVATE_HOSTS
        .iter()
        .any(|private| host == *private || host.ends_with(&format!(".{private}")))
        || [".test", ".invalid", ".localhost"]
            .iter()
            .any(|domain| host.ends_with(domain));
    !is_private
        && !is_placeholder(candidate.secret)
        && !is_template(&password)
        && !password.starts_with(['$', '{', '%'])
        && password.to_ascii_lowercase() != user
        && !EXAMPLE_PASSWORDS.contains(&password.to_ascii_lowercase().as_str())
}

/// Digests are random and public.
const DIGESTS: [&str; 6] = [
    "sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "sha512:",
];

fn assigned(candidate: &Candidate<'_>) -> bool {
    let secret = candidate.secret;
    let has_letter = secret.iter().any(u8::is_ascii_alphabetic);
    let has_digit = secret.iter().any(u8::is_ascii_digit);
    has_letter
        && has_digit
        && !secret.contains(&b'(')
        && !DIGESTS
            .iter()
            .any(|name| secret.starts_with(name.as_bytes()))
        && !is_placeholder(secret)
        && !reads_as_words(secret)
        && looks_random(secret, candidate.entropy)
}

#[cfg(test)]
mod tests;
